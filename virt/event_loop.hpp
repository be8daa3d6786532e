// SPDX-License-Identifier: Apache-2.0
// One thread that waits for descriptors, for I/O and for points in time.
#pragma once

#include "virt/event_loop/backend.hpp"
#include "virt/event_loop/fresh_signals.hpp"
#include "virt/event_loop/timer_queue.hpp"
#include "virt/expected.hpp"
#include "virt/fd.hpp"
#include "virt/inline_function.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace virt {

class Timer;

/// Threads. `post`, `call`, `wake` and `stop` are for any thread. Everything else is for the one that owns the loop:
/// the thread inside `run`; that of a `call` while nobody runs it; before and after `run` also whoever made it, if
/// there is no other. `run` is always called by the same thread.
///
/// Callbacks are called by that thread, out of `run`, one after the other. They must not block. They may do anything
/// to the loop but `run` it: cancel themselves, or others whose event has been seen already (which are not called
/// then), start others, destroy what owns them. Nothing allocates while the number of operations, timers and
/// posts that are pending stays below what it once was.
///
/// What is started before `run` is under way when `run` is; while nobody runs the loop, the kernel holds none of its
/// descriptors and buffers.
class EventLoop {
public:
    using Clock = event_loop::TimerQueue::Clock;
    enum class Backend : std::uint8_t { best, ring, epoll };

    /// Names an operation until its last callback; then it is stale, and naming nothing is harmless.
    struct Operation {
        std::uint32_t index = 0;
        std::uint32_t generation = 0; ///< of live ones: odd
    };
    /// A result as io_uring gives it: not negative, or a negated errno.
    using Done = InlineFunction<void(int result)>;

    /// `best` is io_uring, or epoll with a line in the log that says why. `ring` fails where io_uring is refused.
    static expected<std::unique_ptr<EventLoop>> create(Backend backend = Backend::best);
    /// After `run`, with no other thread inside a member.
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    /// "io_uring" or "epoll".
    [[nodiscard]] const char* backend_name() const { return backend_->name(); }
    /// That the backend has made since it was set up. On the loop's thread.
    [[nodiscard]] std::uint64_t system_calls() const { return backend_->system_calls; }

    /// Calls `ready` while `fd` is readable, hung up or broken, until `ignore`, up to which it must stay open. Files
    /// that cannot be waited for (regular ones, /dev/null) are always readable. Each descriptor has one watch at most.
    void watch(int fd, InlineFunction<void()> ready);
    void ignore(int fd);

    /// Whether a count that is there when an eventfd's consumption begins is a signal.
    enum class Pending : std::uint8_t { deliver, leave };
    struct Consumption {
        Operation operation;
        bool pending; ///< there was a count, which was left
    };
    /// Consumes an eventfd: each time it is signalled, takes the count and calls back with it; 1 at a time from an
    /// EFD_SEMAPHORE one. It may be a blocking one. Nobody else may read it, and it must stay open until `cancel`.
    ///
    /// Pending::leave is KVM's rule for an irqfd (irqfd_assign: pending is an interrupt at once, the count stays): a
    /// count that is there is reported, and neither taken nor called back until the next signal, which takes it all.
    /// A signal that races with the start is reported, called back, or both, never lost. Errors of epoll_ctl(2).
    ///
    /// Reads::one_per_signal is that rule for an EFD_SEMAPHORE one, which gives 1 however much there is: the rest stays
    /// until the next signals. Only with Pending::leave.
    enum class Reads : std::uint8_t { all, one_per_signal };
    expected<Consumption> consume(int eventfd, Pending pending, InlineFunction<void(std::uint64_t count)> signalled,
                                  Reads reads = Reads::all);
    /// Adds 1 to an eventfd in the system call with which the loop waits next; at once while nobody runs the loop. It
    /// must stay open until the callback that did this has returned and the loop has waited, or until `flush`. A full
    /// one is signalled already.
    void signal(int eventfd);
    /// Sends the signals at once, for who is about to close an eventfd.
    void flush() { backend_->flush(); }

    /// I/O at a position in a file, or of a stream with `stream` as position. What `vectors` (1 .. IOV_MAX) and the
    /// message point to, themselves included, belong to the operation until it is done or cancelled. `done` is called
    /// once, with bytes, 0 at the end of the file, or an error; never by the call that starts it. Operations that are
    /// under way at the same time have no order. With epoll, files block the loop while they work.
    static constexpr std::uint64_t stream = ~std::uint64_t{0};
    Operation readv(int fd, std::span<const iovec> vectors, std::uint64_t offset, Done done);
    Operation writev(int fd, std::span<const iovec> vectors, std::uint64_t offset, Done done);
    enum class Sync : std::uint8_t { all, data };
    Operation fsync(int fd, Sync sync, Done done);
    /// `mode` as of fallocate(2).
    Operation fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t length, Done done);
    /// `flags` as of recvmsg(2) and sendmsg(2), without MSG_DONTWAIT and MSG_WAITALL. Both may be short.
    Operation recvmsg(int fd, msghdr& message, int flags, Done done);
    Operation sendmsg(int fd, msghdr& message, int flags, Done done);
    /// One connection: its descriptor (close-on-exec) belongs to the callback.
    Operation accept(int fd, Done done);

    /// When this returns, the callback will not be called any more and the kernel holds neither descriptor nor buffer.
    /// I/O that cannot be taken back (a file's, once it works) is waited for. Returns what had been consumed of an
    /// eventfd without being called back, else 0: who hands the eventfd on has that to deliver.
    std::uint64_t cancel(Operation operation);

    /// Runs `task` soon, on the loop's thread, in the order of the posts of each thread. What was not run before
    /// `stop` is run by the next `call`, or not at all.
    void post(InlineFunction<void()> task);
    /// The same, and returns when it and everything posted before it has run. At once, without what was posted, on the
    /// loop's own thread; here, when nobody runs the loop.
    template <class Task>
    std::invoke_result_t<Task&> call(Task task);

    /// What `wake` makes the loop call.
    void set_wake_callback(InlineFunction<void()> woken) { woken_ = std::move(woken); }
    /// The loop calls the wake callback soon; wakes that come before it has done so are one. Unlike posts, they need
    /// no room however many they are.
    void wake();

    /// Returns after `stop`, at once if that was before.
    expected<void> run();
    void stop();

private:
    friend class Timer;
    using Slot = event_loop::Slot;

    explicit EventLoop(std::unique_ptr<event_loop::Backend> backend, Fd wakeup);

    [[nodiscard]] bool is_owner() const { return owner_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }
    void assert_owned() const;

    Slot& obtain(Slot::Kind kind, int fd);
    Operation queue(Slot& slot, Done done);
    void release(Slot& slot);
    [[nodiscard]] Slot* find(Operation operation);
    expected<bool> add_fresh(Slot& slot);
    void start_fresh();
    void wait_for_next(Slot& slot);

    void post_and_wait(InlineFunction<void()> task);
    void rouse();
    void run_posts();
    void run_wake_callback();
    void dispatch(Slot& slot);
    void run_due_timers();
    [[nodiscard]] std::optional<std::chrono::nanoseconds> limit() const;
    expected<void> turn();

    std::unique_ptr<event_loop::Backend> backend_;
    std::deque<Slot> slots_; // stable addresses
    std::vector<Slot*> free_;
    std::vector<Operation> watches_; // by descriptor
    event_loop::TimerQueue timers_;
    Timer* due_ = nullptr; // whose callback runs, until it destroys itself
    std::optional<event_loop::FreshSignals> fresh_;
    InlineFunction<void()> woken_;
    std::vector<InlineFunction<void()>> running_posts_;

    Fd wakeup_; // an eventfd
    std::atomic<bool> stopped_ = false;
    std::atomic<bool> woken_up_ = false;
    std::atomic<std::thread::id> owner_; // changed with the mutex held, by the owner

    std::mutex mutex_; // guards the next two
    std::vector<InlineFunction<void()>> posts_;
    bool asleep_ = false; // and needs the eventfd to wake up
    std::condition_variable changed_; // the owner, or that a call is done
};

/// Calls back once, after a time. Belongs to the loop's thread, and to the object that it is a member of: its
/// destruction cancels it. Setting it again allocates nothing, and no setting makes a system call.
class Timer final : public event_loop::TimerEntry {
public:
    Timer(EventLoop& loop, InlineFunction<void()> due) : loop_(loop), due_(std::move(due)) {}
    ~Timer() {
        cancel();
        if (loop_.due_ == this)
            loop_.due_ = nullptr;
    }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    /// Replaces what was set. A time that is not positive is the loop's next turn.
    void set(EventLoop::Clock::duration delay) { set(EventLoop::Clock::now() + delay); }
    void set(EventLoop::Clock::time_point due) { loop_.timers_.set(*this, due); }
    void cancel() { loop_.timers_.remove(*this); }

private:
    friend class EventLoop;
    EventLoop& loop_;
    InlineFunction<void()> due_;
};

template <class Task>
std::invoke_result_t<Task&> EventLoop::call(Task task) {
    using Result = std::invoke_result_t<Task&>;
    if (is_owner())
        return task();
    if constexpr (std::is_void_v<Result>) {
        post_and_wait([&task] { task(); });
    } else {
        std::optional<Result> result;
        post_and_wait([&task, &result] { result.emplace(task()); });
        return *std::move(result);
    }
}

} // namespace virt

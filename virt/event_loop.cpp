// SPDX-License-Identifier: Apache-2.0
// Callbacks, timers and posts; the kernel is asked by a backend.
#include "virt/event_loop.hpp"

#include "virt/log.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

namespace virt {

using event_loop::Slot;

expected<std::unique_ptr<EventLoop>> EventLoop::create(Backend backend) {
    Fd wakeup(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wakeup)
        return system_failure("create an eventfd");
    auto made = backend == Backend::epoll ? event_loop::make_epoll() : event_loop::make_ring();
    if (!made && backend == Backend::best) {
        log::info("{}. Using epoll instead", made.error().sentence());
        made = event_loop::make_epoll();
    }
    VIRT_TRY(made);
    return std::unique_ptr<EventLoop>(new EventLoop(*std::move(made), std::move(wakeup)));
}

EventLoop::EventLoop(std::unique_ptr<event_loop::Backend> backend, Fd wakeup)
    : backend_(std::move(backend)), wakeup_(std::move(wakeup)) {
    // How many come in one turn is up to other threads, and a turn that is busier than those before must not allocate.
    constexpr std::size_t usual_posts = 64;
    posts_.reserve(usual_posts);
    running_posts_.reserve(usual_posts);
    auto& slot = obtain(Slot::Kind::eventfd, wakeup_.get());
    slot.callback = InlineFunction<void(std::uint64_t)>([](std::uint64_t) {}); // waking up is all
    backend_->queued.push_back(slot, Slot::State::queued);
}

EventLoop::~EventLoop() {
    assert_owned();
    posts_.clear(); // what these own may still use the loop
    for (auto& slot : slots_)
        slot.callback = {};
}

void EventLoop::assert_owned() const {
    VIRT_ASSERT(is_owner() || owner_.load(std::memory_order_relaxed) == std::thread::id(),
                "an event loop is used by its own thread; others post or call");
}

Slot& EventLoop::obtain(Slot::Kind kind, int fd) {
    assert_owned();
    if (free_.empty()) {
        auto& added = slots_.emplace_back();
        added.index = static_cast<std::uint32_t>(slots_.size() - 1);
        if (free_.capacity() < slots_.size()) // giving back never allocates
            free_.reserve(2 * slots_.size());
        free_.push_back(&added);
    }
    auto& slot = *free_.back();
    free_.pop_back();
    slot.kind = kind;
    slot.fd = fd;
    slot.flags = 0;
    slot.offset = 0;
    ++slot.generation;
    return slot;
}

void EventLoop::release(Slot& slot) {
    backend_->forget(slot);
    slot.callback = {};
    slot.kind = Slot::Kind::free;
    slot.fresh = slot.stays_fresh = slot.again = false;
    ++slot.generation;
    free_.push_back(&slot);
}

Slot* EventLoop::find(Operation operation) {
    const bool live = operation.generation % 2 != 0 && operation.index < slots_.size() &&
                      slots_[operation.index].generation == operation.generation;
    return live ? &slots_[operation.index] : nullptr;
}

void EventLoop::watch(int fd, InlineFunction<void()> ready) {
    VIRT_ASSERT(fd >= 0, "who watches has a descriptor");
    auto& slot = obtain(Slot::Kind::readable, fd);
    slot.callback = std::move(ready);
    const auto index = static_cast<std::size_t>(fd);
    if (index >= watches_.size())
        watches_.resize(index + 1);
    VIRT_ASSERT(find(watches_[index]) == nullptr, "a descriptor is watched once");
    watches_[index] = {slot.index, slot.generation};
    backend_->queued.push_back(slot, Slot::State::queued);
}

void EventLoop::ignore(int fd) {
    if (static_cast<std::size_t>(fd) < watches_.size())
        cancel(watches_[static_cast<std::size_t>(fd)]);
}

expected<EventLoop::Consumption> EventLoop::consume(int eventfd, Pending pending,
                                                    InlineFunction<void(std::uint64_t)> signalled, Reads reads) {
    VIRT_ASSERT(pending == Pending::leave || reads == Reads::all, "one read per signal begins with the next signal");
    auto& slot = obtain(Slot::Kind::eventfd, eventfd);
    slot.callback = std::move(signalled);
    Consumption consumption{{slot.index, slot.generation}, false};
    if (pending == Pending::deliver) {
        backend_->queued.push_back(slot, Slot::State::queued);
        return consumption;
    }
    slot.stays_fresh = reads == Reads::one_per_signal;
    const auto found = add_fresh(slot);
    if (!found) {
        release(slot);
        return unexpected(found.error());
    }
    consumption.pending = *found;
    return consumption;
}

expected<bool> EventLoop::add_fresh(Slot& slot) {
    if (!fresh_) {
        auto made = event_loop::FreshSignals::create();
        VIRT_TRY(made);
        fresh_ = *std::move(made);
        watch(fresh_->fd(), [this] { start_fresh(); });
    }
    const auto pending = fresh_->add(slot.fd, std::uint64_t{slot.generation} << 32 | slot.index);
    VIRT_TRY(pending);
    slot.fresh = true;
    start_fresh(); // what was found on the way is not reported again
    return *pending;
}

void EventLoop::start_fresh() {
    for (const auto key : fresh_->take()) {
        auto* const slot = find({static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)});
        if (slot == nullptr || !slot->fresh)
            continue;
        if (slot->stays_fresh && slot->state != Slot::State::idle) {
            slot->again = true;
            continue;
        }
        if (!slot->stays_fresh) {
            slot->fresh = false;
            fresh_->remove(slot->fd);
        }
        backend_->queued.push_back(*slot, Slot::State::queued);
    }
}

void EventLoop::wait_for_next(Slot& slot) {
    if (!slot.stays_fresh || std::exchange(slot.again, false))
        backend_->queued.push_back(slot, Slot::State::queued);
}

void EventLoop::signal(int eventfd) {
    assert_owned();
    backend_->signal(eventfd);
}

EventLoop::Operation EventLoop::queue(Slot& slot, Done done) {
    slot.callback = std::move(done);
    backend_->queued.push_back(slot, Slot::State::queued);
    return {slot.index, slot.generation};
}

EventLoop::Operation EventLoop::readv(int fd, std::span<const iovec> vectors, std::uint64_t offset, Done done) {
    auto& slot = obtain(Slot::Kind::readv, fd);
    slot.vector = vectors.data();
    slot.vectors = static_cast<std::uint32_t>(vectors.size());
    slot.offset = offset;
    return queue(slot, std::move(done));
}

EventLoop::Operation EventLoop::writev(int fd, std::span<const iovec> vectors, std::uint64_t offset, Done done) {
    auto& slot = obtain(Slot::Kind::writev, fd);
    slot.vector = vectors.data();
    slot.vectors = static_cast<std::uint32_t>(vectors.size());
    slot.offset = offset;
    return queue(slot, std::move(done));
}

EventLoop::Operation EventLoop::fsync(int fd, Sync sync, Done done) {
    auto& slot = obtain(Slot::Kind::fsync, fd);
    slot.flags = sync == Sync::data ? event_loop::data_only : 0;
    return queue(slot, std::move(done));
}

EventLoop::Operation EventLoop::fallocate(int fd, int mode, std::uint64_t offset, std::uint64_t length, Done done) {
    auto& slot = obtain(Slot::Kind::fallocate, fd);
    slot.flags = mode;
    slot.offset = offset;
    slot.count = length;
    return queue(slot, std::move(done));
}

EventLoop::Operation EventLoop::recvmsg(int fd, msghdr& message, int flags, Done done) {
    auto& slot = obtain(Slot::Kind::recvmsg, fd);
    slot.message = &message;
    slot.flags = flags;
    return queue(slot, std::move(done));
}

EventLoop::Operation EventLoop::sendmsg(int fd, msghdr& message, int flags, Done done) {
    auto& slot = obtain(Slot::Kind::sendmsg, fd);
    slot.message = &message;
    slot.flags = flags;
    return queue(slot, std::move(done));
}

EventLoop::Operation EventLoop::accept(int fd, Done done) {
    return queue(obtain(Slot::Kind::accept, fd), std::move(done));
}

std::uint64_t EventLoop::cancel(Operation operation) {
    assert_owned();
    auto* const slot = find(operation);
    if (slot == nullptr)
        return 0;
    if (slot->state == Slot::State::queued)
        backend_->queued.remove(*slot);
    if (slot->state == Slot::State::started)
        backend_->cancel(*slot);
    std::uint64_t undelivered = 0;
    if (slot->state == Slot::State::done) { // and not dispatched
        backend_->done.remove(*slot);
        if (slot->kind == Slot::Kind::eventfd && slot->result > 0)
            undelivered = slot->count;
        if (slot->kind == Slot::Kind::accept && slot->result >= 0)
            ::close(slot->result);
    }
    if (slot->fresh)
        fresh_->remove(slot->fd);
    release(*slot);
    return undelivered;
}

void EventLoop::dispatch(Slot& slot) {
    if (auto* stored = std::get_if<Done>(&slot.callback)) {
        auto done = std::move(*stored);
        const int result = slot.result;
        release(slot);
        done(result);
        return;
    }
    // The callback may cancel its own operation, so it is held here meanwhile.
    const auto generation = slot.generation;
    const auto put_back = [&](auto& callback) {
        if (slot.generation != generation)
            return;
        slot.callback = std::move(callback);
        wait_for_next(slot);
    };
    if (auto* stored = std::get_if<InlineFunction<void()>>(&slot.callback)) {
        auto ready = std::move(*stored);
        ready(); // with an error too: its next read says which
        put_back(ready);
        return;
    }
    auto signalled = std::move(std::get<InlineFunction<void(std::uint64_t)>>(slot.callback));
    if (slot.result > 0) {
        signalled(slot.count);
    } else if (slot.result != -EINTR) {
        log::warning("{}", Error{-slot.result, "read an eventfd"}.sentence());
        slot.callback = std::move(signalled);
        return;
    }
    put_back(signalled);
}

void EventLoop::run_due_timers() {
    const auto now = Clock::now();
    const auto ticket = timers_.ticket(); // what a callback sets for "at once" is for the next turn
    while (!stopped_.load(std::memory_order_relaxed)) {
        auto* const timer = static_cast<Timer*>(timers_.pop(now, ticket));
        if (timer == nullptr)
            return;
        auto callback = std::move(timer->due_); // which may destroy the timer
        due_ = timer;
        callback();
        if (due_ != nullptr)
            timer->due_ = std::move(callback);
        due_ = nullptr;
    }
}

std::optional<std::chrono::nanoseconds> EventLoop::limit() const {
    if (timers_.empty())
        return std::nullopt;
    return std::max(timers_.next() - Clock::now(), Clock::duration::zero());
}

void EventLoop::rouse() {
    if (!asleep_)
        return;
    asleep_ = false;
    const std::uint64_t one = 1;
    // It is read before the loop sleeps again, so there is room.
    [[maybe_unused]] const auto written = ::write(wakeup_.get(), &one, sizeof one);
}

void EventLoop::post(InlineFunction<void()> task) {
    const std::scoped_lock lock(mutex_);
    posts_.push_back(std::move(task));
    rouse();
}

void EventLoop::wake() {
    if (woken_up_.exchange(true))
        return;
    const std::scoped_lock lock(mutex_);
    rouse();
}

void EventLoop::stop() {
    stopped_.store(true);
    const std::scoped_lock lock(mutex_);
    rouse();
}

void EventLoop::run_posts() {
    {
        const std::scoped_lock lock(mutex_);
        asleep_ = false;
        running_posts_.swap(posts_);
    }
    for (auto& task : running_posts_)
        task();
    running_posts_.clear();
}

void EventLoop::run_wake_callback() {
    if (!woken_up_.exchange(false) || !woken_)
        return;
    auto woken = std::move(woken_); // it may set another
    woken();
    if (!woken_)
        woken_ = std::move(woken);
}

void EventLoop::post_and_wait(InlineFunction<void()> task) {
    bool done = false;
    std::unique_lock lock(mutex_);
    posts_.emplace_back([this, &task, &done] {
        task();
        const std::scoped_lock finished(mutex_);
        done = true;
        changed_.notify_all();
    });
    rouse();
    while (!done) {
        if (owner_.load() != std::thread::id()) {
            changed_.wait(lock);
            continue;
        }
        owner_.store(std::this_thread::get_id()); // nobody runs the loop: its turn is ours
        lock.unlock();
        run_posts();
        lock.lock();
        owner_.store(std::thread::id());
        changed_.notify_all();
    }
}

expected<void> EventLoop::turn() {
    bool idle = false;
    {
        const std::scoped_lock lock(mutex_);
        idle = posts_.empty() && !woken_up_.load() && !stopped_.load();
        asleep_ = idle;
    }
    const auto waited = backend_->wait(idle ? limit() : std::chrono::nanoseconds::zero());
    run_posts();
    VIRT_TRY(waited);
    run_wake_callback();
    while (!stopped_.load(std::memory_order_relaxed)) {
        auto* const slot = backend_->done.pop_front();
        if (slot == nullptr)
            break;
        dispatch(*slot);
    }
    run_due_timers();
    return {};
}

expected<void> EventLoop::run() {
    VIRT_ASSERT(!is_owner(), "an event loop does not run within itself");
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return owner_.load() == std::thread::id(); });
        owner_.store(std::this_thread::get_id());
    }
    auto result = stopped_.load() ? expected<void>() : backend_->enter();
    while (result && !stopped_.load())
        result = turn();
    backend_->leave();
    {
        const std::scoped_lock lock(mutex_);
        owner_.store(std::thread::id());
        changed_.notify_all();
    }
    return result;
}

} // namespace virt

// SPDX-License-Identifier: Apache-2.0
// The event loop on io_uring(7). Needs Linux 6.1, for completions that wait until we ask (IORING_SETUP_DEFER_TASKRUN).
#include "virt/assert.hpp"
#include "virt/event_loop/backend.hpp"
#include "virt/log.hpp"

#include <liburing.h>
#include <poll.h>

#include <array>
#include <bit>
#include <cerrno>
#include <thread>
#include <utility>
#include <vector>

namespace virt::event_loop {
namespace {

using namespace std::chrono_literals;

// What a turn submits is more often than not a handful, and a full queue is only one more system call. Completions
// that find no room wait in the kernel (IORING_FEAT_NODROP).
constexpr unsigned submissions = 64;
constexpr unsigned completions = 256;

constexpr unsigned setup_flags = IORING_SETUP_R_DISABLED      // made by one thread, used by another
                                 | IORING_SETUP_SINGLE_ISSUER // which is the only one
                                 | IORING_SETUP_DEFER_TASKRUN // completions come in batches, when we wait
                                 | IORING_SETUP_TASKRUN_FLAG  // so that liburing knows of those that did not yet
                                 | IORING_SETUP_SUBMIT_ALL    // one bad operation does not hold up those behind it
                                 | IORING_SETUP_CQSIZE;
constexpr unsigned needed_features = IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG | IORING_FEAT_CQE_SKIP |
                                     IORING_FEAT_FAST_POLL | IORING_FEAT_RW_CUR_POS | IORING_FEAT_SUBMIT_STABLE;

constexpr std::uint64_t one = 1;

// user_data is the slot's address, or one of these in its low bits.
constexpr std::uint64_t tag_mask = 7;
constexpr std::uint64_t tag_cancel = 1;
constexpr std::uint64_t tag_signal = 2; // the descriptor above
constexpr unsigned tag_bits = 3;

static_assert(alignof(Slot) > tag_mask);
static_assert(data_only == IORING_FSYNC_DATASYNC);

// Of a signal: nobody waits for its result.
void report(int code) {
    if (code != 0)
        log::warning("{}", Error{code, "signal an eventfd"}.sentence());
}

class Ring final : public Backend {
public:
    static expected<std::unique_ptr<Backend>> make();
    ~Ring() override {
        if (ring_.ring_fd >= 0)
            ::io_uring_queue_exit(&ring_);
    }

    [[nodiscard]] const char* name() const override { return "io_uring"; }
    expected<void> enter() override;
    void leave() override;
    expected<void> wait(std::optional<std::chrono::nanoseconds> limit) override;
    void flush() override;
    void signal(int fd) override;
    void cancel(Slot& slot) override;
    void forget(Slot& /*slot*/) override {} // a file belongs to its request

private:
    Ring() { ring_.ring_fd = -1; }
    io_uring_sqe* next_sqe();
    expected<void> submit(std::optional<std::chrono::nanoseconds> limit);
    void start(Slot& slot);
    void start_signals();
    void harvest();
    void complete(const io_uring_cqe& completion);
    template <class Condition>
    void cancel_until(std::uint64_t target, unsigned flags, Condition finished);

    io_uring ring_{};
    std::thread::id thread_; // that the kernel takes submissions from
    std::size_t started_ = 0;
    bool running_ = false; // between enter and leave
    bool leaving_ = false;
    std::vector<int> signals_;
    int error_ = 0; // what the kernel refused behind a caller that cannot return it
};

expected<std::unique_ptr<Backend>> Ring::make() {
    std::unique_ptr<Ring> made(new Ring);
    io_uring_params parameters{};
    parameters.flags = setup_flags;
    parameters.cq_entries = completions;
    constexpr auto attempt = "set up an io_uring";
    if (const int refused = ::io_uring_queue_init_params(submissions, &made->ring_, &parameters); refused < 0) {
        made->ring_.ring_fd = -1;
        switch (-refused) {
        case EINVAL: return failure(EINVAL, attempt, "it needs Linux 6.1 or later");
        case EPERM: return failure(EPERM, attempt, "see the sysctl kernel.io_uring_disabled");
        default: return failure(-refused, attempt);
        }
    }
    if ((parameters.features & needed_features) != needed_features)
        return failure(EOPNOTSUPP, attempt, "it needs Linux 6.1 or later");
    return made;
}

expected<void> Ring::enter() {
    const auto present = std::this_thread::get_id();
    if (thread_ == std::thread::id()) {
        thread_ = present;
        ++system_calls;
        if (const int refused = ::io_uring_enable_rings(&ring_); refused < 0)
            return failure(-refused, "enable the io_uring");
    }
    VIRT_ASSERT(thread_ == present, "an event loop runs in one thread all its life");
    running_ = true;
    return {};
}

io_uring_sqe* Ring::next_sqe() {
    for (;;) {
        if (auto* sqe = ::io_uring_get_sqe(&ring_))
            return sqe;
        ++system_calls;
        const int submitted = ::io_uring_submit_and_get_events(&ring_);
        // EBUSY and EAGAIN: the kernel is short of memory or we are behind with completions, and neither lasts.
        if (submitted < 0 && submitted != -EBUSY && submitted != -EAGAIN && submitted != -EINTR) {
            error_ = -submitted;
            return nullptr;
        }
        harvest();
    }
}

void Ring::start(Slot& slot) {
    auto* sqe = next_sqe();
    if (sqe == nullptr) {
        queued.push_back(slot, Slot::State::queued);
        return;
    }
    switch (slot.kind) {
    case Slot::Kind::readable:
        // Once, and armed again after the callback: the kernel looks again then, so what is left unread counts.
        ::io_uring_prep_poll_add(sqe, slot.fd, POLLIN);
        break;
    case Slot::Kind::eventfd:
        ::io_uring_prep_read(sqe, slot.fd, &slot.count, sizeof slot.count, std::uint64_t(-1));
        break;
    case Slot::Kind::readv: ::io_uring_prep_readv(sqe, slot.fd, slot.vector, slot.vectors, slot.offset); break;
    case Slot::Kind::writev: ::io_uring_prep_writev(sqe, slot.fd, slot.vector, slot.vectors, slot.offset); break;
    case Slot::Kind::fsync: ::io_uring_prep_fsync(sqe, slot.fd, static_cast<unsigned>(slot.flags)); break;
    case Slot::Kind::fallocate:
        ::io_uring_prep_fallocate(sqe, slot.fd, slot.flags, static_cast<off_t>(slot.offset),
                                  static_cast<off_t>(slot.count));
        break;
    case Slot::Kind::recvmsg:
        ::io_uring_prep_recvmsg(sqe, slot.fd, slot.message, static_cast<unsigned>(slot.flags));
        break;
    case Slot::Kind::sendmsg:
        ::io_uring_prep_sendmsg(sqe, slot.fd, slot.message, static_cast<unsigned>(slot.flags));
        break;
    case Slot::Kind::accept: ::io_uring_prep_accept(sqe, slot.fd, nullptr, nullptr, SOCK_CLOEXEC); break;
    case Slot::Kind::free: VIRT_ASSERT(false, "a free slot is in no queue");
    }
    ::io_uring_sqe_set_data(sqe, &slot);
    slot.state = Slot::State::started;
    ++started_;
}

// Without RWF_NOWAIT a full eventfd would keep the write waiting, and a blocking one would take a worker thread for it.
// A success is nothing that we would want to hear of.
void Ring::start_signals() {
    for (const int fd : signals_) {
        auto* sqe = next_sqe();
        if (sqe == nullptr)
            break;
        ::io_uring_prep_write(sqe, fd, &one, sizeof one, std::uint64_t(-1));
        sqe->rw_flags = RWF_NOWAIT;
        sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
        ::io_uring_sqe_set_data64(sqe, std::uint64_t{static_cast<unsigned>(fd)} << tag_bits | tag_signal);
    }
    signals_.clear();
}

void Ring::complete(const io_uring_cqe& completion) {
    const auto tag = completion.user_data & tag_mask;
    if (tag == tag_cancel)
        return;
    if (tag == tag_signal) {
        // A full eventfd and a blocking one have the same answer to RWF_NOWAIT; the second only wants another call.
        const auto fd = static_cast<int>(completion.user_data >> tag_bits);
        int code = -completion.res;
        if (code == EAGAIN) {
            system_calls += 2;
            code = signal_now(fd);
        }
        report(code);
        return;
    }
    auto& slot = *std::bit_cast<Slot*>(static_cast<std::uintptr_t>(completion.user_data));
    VIRT_ASSERT(slot.state == Slot::State::started, "a completion is for an operation that was started");
    --started_;
    if (leaving_ && (completion.res == -ECANCELED || completion.res == -EINTR)) {
        queued.push_back(slot, Slot::State::queued);
        return;
    }
    slot.result = completion.res;
    done.push_back(slot, Slot::State::done);
}

void Ring::harvest() {
    unsigned head = 0;
    unsigned taken = 0;
    io_uring_cqe* completion = nullptr;
    io_uring_for_each_cqe(&ring_, head, completion) { // NOLINT(*-avoid-do-while,*-pointer-arithmetic)
        complete(*completion);
        ++taken;
    }
    ::io_uring_cq_advance(&ring_, taken);
}

expected<void> Ring::submit(std::optional<std::chrono::nanoseconds> limit) {
    constexpr auto attempt = "wait for events";
    ++system_calls;
    int answer = 0;
    if (limit == 0ns) {
        answer = ::io_uring_submit_and_get_events(&ring_);
    } else {
        io_uring_cqe* completion = nullptr;
        __kernel_timespec time{};
        if (limit) {
            const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*limit);
            time = {.tv_sec = seconds.count(), .tv_nsec = (*limit - seconds).count()};
        }
        answer = ::io_uring_submit_and_wait_timeout(&ring_, &completion, 1, limit ? &time : nullptr, nullptr);
    }
    harvest();
    if (const int refused = std::exchange(error_, 0); refused != 0)
        return failure(refused, attempt);
    if (answer < 0 && answer != -ETIME && answer != -EINTR && answer != -EBUSY && answer != -EAGAIN)
        return failure(-answer, attempt);
    // The kernel had no memory to keep a completion in: an operation that never ends.
    if (*ring_.cq.koverflow != 0)
        return failure(ENOMEM, attempt, "the kernel has lost some");
    return {};
}

expected<void> Ring::wait(std::optional<std::chrono::nanoseconds> limit) {
    start_signals();
    while (error_ == 0) {
        auto* slot = queued.pop_front();
        if (slot == nullptr)
            break;
        start(*slot);
    }
    return submit(done.empty() ? limit : 0ns);
}

void Ring::signal(int fd) {
    if (running_)
        signals_.push_back(fd);
    else
        report(signal_now(fd));
}

void Ring::flush() {
    if (signals_.empty())
        return;
    start_signals();
    if (const auto submitted = submit(0ns); !submitted)
        error_ = submitted.error().code;
}

// Asked again, as an operation that a worker thread is about to take up can be missed.
template <class Condition>
void Ring::cancel_until(std::uint64_t target, unsigned flags, Condition finished) {
    while (!finished()) {
        auto* sqe = next_sqe();
        if (sqe == nullptr)
            return;
        ::io_uring_prep_cancel64(sqe, target, static_cast<int>(flags));
        ::io_uring_sqe_set_data64(sqe, tag_cancel);
        if (const auto submitted = submit(0ns); !submitted) {
            error_ = submitted.error().code;
            return;
        }
        if (!finished()) {
            if (const auto waited = submit(20ms); !waited) {
                error_ = waited.error().code;
                return;
            }
        }
    }
}

void Ring::cancel(Slot& slot) {
    VIRT_ASSERT(thread_ == std::this_thread::get_id(), "what is started belongs to the thread that runs the loop");
    cancel_until(std::bit_cast<std::uintptr_t>(&slot), 0, [&] { return slot.state != Slot::State::started; });
    VIRT_ASSERT(slot.state != Slot::State::started, "the kernel gives back what it was given");
}

void Ring::leave() {
    flush();
    leaving_ = true;
    cancel_until(0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL, [this] { return started_ == 0; });
    VIRT_ASSERT(started_ == 0, "the kernel gives back what it was given");
    leaving_ = false;
    running_ = false;
}

} // namespace

expected<std::unique_ptr<Backend>> make_ring() { return Ring::make(); }

} // namespace virt::event_loop

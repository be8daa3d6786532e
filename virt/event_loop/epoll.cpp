// SPDX-License-Identifier: Apache-2.0
// The event loop where io_uring is switched off: epoll(7), and the operation itself when its descriptor is ready.
//
// Not poll(2), whose cost grows with what is watched, and which cannot tell a new signal of an eventfd from an old
// one that nobody has read; epoll's edge trigger can (fresh_signals.hpp).
//
// I/O at an offset, fsync and fallocate are done at once and block the loop: a regular file is always ready.
#include "virt/event_loop/backend.hpp"
#include "virt/fd.hpp"
#include "virt/log.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>
#include <vector>

namespace virt::event_loop {
namespace {

using namespace std::chrono_literals;
using Kind = Slot::Kind;

constexpr std::uint64_t present_position = ~std::uint64_t{0};
constexpr std::size_t events_at_once = 64;

class Epoll final : public Backend {
public:
    explicit Epoll(Fd epoll) : epoll_(std::move(epoll)) {}

    [[nodiscard]] const char* name() const override { return "epoll"; }
    expected<void> enter() override { return {}; }
    void leave() override {}
    expected<void> wait(std::optional<std::chrono::nanoseconds> limit) override;
    void flush() override {}
    void signal(int fd) override;
    void cancel(Slot& slot) override;
    void forget(Slot& slot) override { drop(slot); }

private:
    /// What of a descriptor is wanted; epoll takes each descriptor once.
    struct Interest {
        SlotList waiting;
        unsigned inputs = 0;
        unsigned outputs = 0;
        std::uint32_t events = 0; // as epoll has them
        bool always_ready = false;
    };

    void start(Slot& slot);
    void finish(Slot& slot, std::int64_t result);
    void wait_for(Slot& slot);
    int add(Slot& slot);
    void drop(Slot& slot);
    int apply(int fd, Interest& interest);
    void serve(int fd, std::uint32_t events);

    Fd epoll_;
    std::vector<Interest> interests_; // by descriptor
    std::vector<int> always_ready_;   // watched, but of a kind that epoll does not take
    std::vector<int> serving_;
};

// The answer of a call that reported its failure in errno.
std::int64_t answer(ssize_t returned) { return returned < 0 ? -errno : returned; }

// Streams were seen ready. Who shares one with another reader may be late, and must not block for it: preadv2 and
// pwritev2 can say so where the file knows how, and nothing can where it does not.
template <class Nowait, class Plain>
std::int64_t stream(Nowait nowait, Plain plain) {
    const auto result = answer(nowait());
    return result == -EOPNOTSUPP || result == -ENOSYS || result == -EINVAL ? answer(plain()) : result;
}

std::int64_t read_eventfd(Slot& slot) {
    iovec vector{&slot.count, sizeof slot.count};
    return stream([&] { return ::preadv2(slot.fd, &vector, 1, -1, RWF_NOWAIT); },
                  [&] { return ::read(slot.fd, &slot.count, sizeof slot.count); });
}

std::int64_t transfer(const Slot& slot) {
    const auto vectors = static_cast<int>(slot.vectors);
    const auto offset = static_cast<off_t>(slot.offset);
    if (slot.kind == Kind::readv) {
        if (slot.offset != present_position)
            return answer(::preadv(slot.fd, slot.vector, vectors, offset));
        return stream([&] { return ::preadv2(slot.fd, slot.vector, vectors, -1, RWF_NOWAIT); },
                      [&] { return ::readv(slot.fd, slot.vector, vectors); });
    }
    if (slot.offset != present_position)
        return answer(::pwritev(slot.fd, slot.vector, vectors, offset));
    return stream([&] { return ::pwritev2(slot.fd, slot.vector, vectors, -1, RWF_NOWAIT); },
                  [&] { return ::writev(slot.fd, slot.vector, vectors); });
}

bool is_not_ready(std::int64_t result) { return result == -EAGAIN || result == -EINTR; }

std::int64_t perform(Slot& slot) {
    switch (slot.kind) {
    case Kind::readable: return POLLIN;
    case Kind::eventfd: return read_eventfd(slot);
    case Kind::readv:
    case Kind::writev: return transfer(slot);
    case Kind::fsync: return answer(slot.flags != 0 ? ::fdatasync(slot.fd) : ::fsync(slot.fd));
    case Kind::fallocate:
        return answer(
            ::fallocate(slot.fd, slot.flags, static_cast<off_t>(slot.offset), static_cast<off_t>(slot.count)));
    case Kind::recvmsg: return answer(::recvmsg(slot.fd, slot.message, slot.flags | MSG_DONTWAIT));
    case Kind::sendmsg: return answer(::sendmsg(slot.fd, slot.message, slot.flags | MSG_DONTWAIT));
    case Kind::accept: return answer(::accept4(slot.fd, nullptr, nullptr, SOCK_CLOEXEC));
    case Kind::free: break;
    }
    VIRT_ASSERT(false, "a free slot is in no queue");
}

// Has nothing to wait for, or can be tried without blocking.
bool is_tried_first(const Slot& slot) {
    switch (slot.kind) {
    case Kind::readv:
    case Kind::writev: return slot.offset != present_position;
    case Kind::fsync:
    case Kind::fallocate:
    case Kind::recvmsg:
    case Kind::sendmsg: return true;
    default: return false;
    }
}

void Epoll::finish(Slot& slot, std::int64_t result) {
    slot.result = static_cast<std::int32_t>(result);
    done.push_back(slot, Slot::State::done);
}

void Epoll::wait_for(Slot& slot) {
    if (const int code = add(slot); code != 0)
        finish(slot, -code);
    else
        interests_[static_cast<std::size_t>(slot.fd)].waiting.push_back(slot, Slot::State::started);
}

void Epoll::start(Slot& slot) {
    if (is_tried_first(slot)) {
        ++system_calls;
        if (const auto result = perform(slot); !is_not_ready(result)) {
            finish(slot, result);
            return;
        }
    }
    wait_for(slot);
}

int Epoll::add(Slot& slot) {
    if (slot.registered)
        return 0;
    if (slot.fd < 0)
        return EBADF;
    const auto index = static_cast<std::size_t>(slot.fd);
    if (index >= interests_.size())
        interests_.resize(index + 1);
    auto& interest = interests_[index];
    ++(slot.wants_output() ? interest.outputs : interest.inputs);
    slot.registered = true;
    const int code = apply(slot.fd, interest);
    if (code != 0)
        drop(slot);
    return code;
}

void Epoll::drop(Slot& slot) {
    if (!std::exchange(slot.registered, false))
        return;
    auto& interest = interests_[static_cast<std::size_t>(slot.fd)];
    --(slot.wants_output() ? interest.outputs : interest.inputs);
    // It fails if the descriptor was closed, which has the same effect.
    [[maybe_unused]] const int code = apply(slot.fd, interest);
}

int Epoll::apply(int fd, Interest& interest) {
    const std::uint32_t wanted = (interest.inputs != 0 ? EPOLLIN : 0U) | (interest.outputs != 0 ? EPOLLOUT : 0U);
    if (wanted == interest.events)
        return 0;
    const int change = interest.events == 0 ? EPOLL_CTL_ADD : wanted == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    interest.events = wanted;
    if (interest.always_ready) {
        interest.always_ready = wanted != 0;
        if (wanted == 0)
            std::erase(always_ready_, fd);
        return 0;
    }
    epoll_event event{.events = wanted, .data = {.fd = fd}};
    ++system_calls;
    if (::epoll_ctl(epoll_.get(), change, fd, &event) == 0)
        return 0;
    if (errno == EPERM) { // a regular file, or /dev/null
        interest.always_ready = true;
        always_ready_.push_back(fd);
        return 0;
    }
    return errno;
}

void Epoll::serve(int fd, std::uint32_t events) {
    constexpr std::uint32_t either = EPOLLHUP | EPOLLERR;
    auto& interest = interests_[static_cast<std::size_t>(fd)];
    for (auto* slot = interest.waiting.first(); slot != nullptr;) {
        auto* const next = slot->next;
        if ((events & ((slot->wants_output() ? EPOLLOUT : EPOLLIN) | either)) != 0) {
            system_calls += slot->kind == Kind::readable ? 0 : 1;
            if (const auto result = perform(*slot); !is_not_ready(result)) {
                interest.waiting.remove(*slot);
                finish(*slot, result);
            }
        }
        slot = next;
    }
}

expected<void> Epoll::wait(std::optional<std::chrono::nanoseconds> limit) {
    while (auto* slot = queued.pop_front())
        start(*slot);
    if (!done.empty() || !always_ready_.empty())
        limit = 0ns;
    // epoll_wait counts in milliseconds.
    if (limit && *limit != 0ns) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*limit);
        const timespec time{seconds.count(), (*limit - seconds).count()};
        pollfd polled{.fd = epoll_.get(), .events = POLLIN, .revents = 0};
        ++system_calls;
        if (::ppoll(&polled, 1, &time, nullptr) < 0 && errno != EINTR)
            return system_failure("wait for events");
    }
    std::array<epoll_event, events_at_once> events{};
    ++system_calls;
    const int count = ::epoll_wait(epoll_.get(), events.data(), events_at_once, limit ? 0 : -1);
    if (count < 0 && errno != EINTR)
        return system_failure("wait for events");
    for (int n = 0; n < count; ++n)
        serve(events[static_cast<std::size_t>(n)].data.fd, events[static_cast<std::size_t>(n)].events);
    serving_ = always_ready_;
    for (const int fd : serving_)
        serve(fd, EPOLLIN | EPOLLOUT);
    return {};
}

void Epoll::signal(int fd) {
    system_calls += 2;
    if (const int code = signal_now(fd); code != 0)
        log::warning("{}", Error{code, "signal an eventfd"}.sentence());
}

void Epoll::cancel(Slot& slot) {
    interests_[static_cast<std::size_t>(slot.fd)].waiting.remove(slot);
    drop(slot);
}

} // namespace

expected<std::unique_ptr<Backend>> make_epoll() {
    Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll)
        return system_failure("create an epoll instance");
    return std::make_unique<Epoll>(std::move(epoll));
}

} // namespace virt::event_loop

// SPDX-License-Identifier: Apache-2.0
// The loop on poll(2).
#include "virt/event_loop.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

namespace virt {

expected<EventLoop> EventLoop::create() {
    Fd wakeup(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wakeup)
        return system_failure("create an eventfd");
    return EventLoop(std::move(wakeup));
}

void EventLoop::watch(int fd, std::function<void()> ready) { watches_.push_back({fd, std::move(ready)}); }

void EventLoop::ignore(int fd) {
    std::erase_if(watches_, [fd](const Watch& watch) { return watch.fd == fd; });
}

void EventLoop::after(const void* owner, Clock::duration delay, std::function<void()> due) {
    cancel(owner);
    timers_.push_back({owner, Clock::now() + delay, std::move(due)});
}

void EventLoop::cancel(const void* owner) {
    std::erase_if(timers_, [owner](const Timer& timer) { return timer.owner == owner; });
}

void EventLoop::wake() {
    const std::uint64_t one = 1;
    // It can only fail because a wake is pending already.
    [[maybe_unused]] const auto written = ::write(wakeup_.get(), &one, sizeof one);
}

void EventLoop::stop() {
    stopped_->store(true);
    wake();
}

void EventLoop::run_due_timers() {
    const auto now = Clock::now(); // what a callback sets for "at once" is for the next turn
    for (;;) {
        const auto next = std::ranges::min_element(timers_, {}, &Timer::due);
        if (next == timers_.end() || next->due > now)
            return;
        const auto call = std::move(next->call);
        timers_.erase(next);
        call();
    }
}

expected<void> EventLoop::run() {
    while (!stopped_->load()) {
        std::vector<pollfd> polled{{.fd = wakeup_.get(), .events = POLLIN, .revents = 0}};
        for (const auto& watch : watches_)
            polled.push_back({.fd = watch.fd, .events = POLLIN, .revents = 0});

        std::optional<timespec> timeout;
        if (const auto next = std::ranges::min_element(timers_, {}, &Timer::due); next != timers_.end()) {
            const auto wait = std::max(next->due - Clock::now(), Clock::duration::zero());
            const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
            timeout = timespec{seconds.count(), std::chrono::nanoseconds(wait - seconds).count()};
        }
        if (::ppoll(polled.data(), polled.size(), timeout ? &*timeout : nullptr, nullptr) < 0 && errno != EINTR)
            return system_failure("wait for events");

        if (polled[0].revents != 0) {
            std::uint64_t count = 0;
            [[maybe_unused]] const auto got = ::read(wakeup_.get(), &count, sizeof count);
            if (woken_)
                woken_();
        }
        for (std::size_t n = 1; n < polled.size(); ++n) {
            if (polled[n].revents == 0 || stopped_->load())
                continue;
            // A callback before this one may have ignored it.
            const auto watch = std::ranges::find(watches_, polled[n].fd, &Watch::fd);
            if (watch != watches_.end()) {
                const auto ready = watch->ready; // it may ignore itself
                ready();
            }
        }
        if (!stopped_->load())
            run_due_timers();
    }
    return {};
}

} // namespace virt

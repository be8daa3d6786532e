// SPDX-License-Identifier: Apache-2.0
// What a new member reports at once is old; so is what epoll has to say of the others meanwhile, but not for them.
#include "virt/event_loop/fresh_signals.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>

namespace virt::event_loop {

expected<FreshSignals> FreshSignals::create() {
    Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll)
        return system_failure("create an epoll instance");
    return FreshSignals(std::move(epoll));
}

expected<bool> FreshSignals::add(int eventfd, std::uint64_t key) {
    epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = key}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, eventfd, &event) != 0)
        return system_failure("watch an eventfd");
    collect();
    return std::erase(found_, key) != 0;
}

void FreshSignals::remove(int eventfd) {
    // It fails if the eventfd is no member any more.
    [[maybe_unused]] const int removed = ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, eventfd, nullptr);
}

const std::vector<std::uint64_t>& FreshSignals::take() {
    collect();
    taken_.swap(found_);
    found_.clear();
    return taken_;
}

void FreshSignals::collect() {
    std::array<epoll_event, 64> events{};
    for (;;) {
        const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), 0);
        for (int n = 0; n < count; ++n) {
            const auto key = events[static_cast<std::size_t>(n)].data.u64; // by value: the struct is packed
            found_.push_back(key);
        }
        if (count < static_cast<int>(events.size()))
            return;
    }
}

} // namespace virt::event_loop

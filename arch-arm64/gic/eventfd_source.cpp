// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/gic/eventfd_source.hpp"

#include <cerrno>
#include <utility>

namespace arm64::gic {

EventfdSource::EventfdSource(Gic& gic, Interrupt& one, virt::EventLoop& loop, virt::Eventfd eventfd,
                             virt::Eventfd resample)
    : gic_(gic), interrupt_(one), loop_(loop), eventfd_(std::move(eventfd)), resample_(std::move(resample)) {}

virt::expected<std::unique_ptr<EventfdSource>> EventfdSource::map(Gic& gic, Interrupt& one, virt::EventLoop& loop,
                                                                  int eventfd, int resample) {
    constexpr auto attempted = "forward an interrupt";
    auto signal = virt::Eventfd::share(eventfd, attempted);
    VIRT_TRY(signal);
    auto unmask = virt::Eventfd::share(resample, attempted);
    VIRT_TRY(unmask);
    std::unique_ptr<EventfdSource> made(new EventfdSource(gic, one, loop, *std::move(signal), *std::move(unmask)));
    if (!Gic::map(one, *made))
        return virt::failure(EBUSY, attempted);
    made->mapped_ = true;
    VIRT_TRY(made->listen());
    return made;
}

virt::expected<void> EventfdSource::listen() {
    return loop_.call([this]() -> virt::expected<void> {
        const auto started = loop_.consume(eventfd_.fd(), virt::EventLoop::Pending::deliver, [this](std::uint64_t) {
            state_.fetch_or(asserted | masked);
            Gic::sample(interrupt_);
        });
        VIRT_TRY(started);
        listening_ = started->operation;
        return {};
    });
}

EventfdSource::~EventfdSource() {
    loop_.call([this] {
        if (loop_.cancel(listening_) != 0)
            state_.fetch_or(asserted | masked); // signalled, and masked at the host
    });
    if (mapped_)
        gic_.unmap(interrupt_);
}

void EventfdSource::set_active(bool active) {
    if (active)
        state_.fetch_or(masked);
    else if (!Redistributor::inspect(interrupt_, [](const Interrupt& found) { return found.line; }))
        arm();
}

void EventfdSource::arm() {
    const auto before = state_.exchange(0);
    Gic::sample(interrupt_);
    if ((before & masked) != 0)
        resample_.signal();
}

} // namespace arm64::gic

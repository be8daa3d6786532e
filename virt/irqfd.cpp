// SPDX-License-Identifier: Apache-2.0
#include "virt/irqfd.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace virt {

struct Irqfds::Binding {
    Binding(Gsi to, Eventfd signal, std::optional<Eventfd> deactivation)
        : gsi(to), eventfd(std::move(signal)), resample(std::move(deactivation)) {}

    Gsi gsi;
    Eventfd eventfd;
    std::optional<Eventfd> resample;
    EventLoop::Operation operation{};
};

Irqfds::Irqfds(IrqRouter& router, EventLoop& loop) : router_(router), loop_(loop) {
    router_.irqchip().set_listener(*this);
}

Irqfds::~Irqfds() {
    loop_.call([this] {
        while (!bindings_.empty())
            drop(*bindings_.back());
    });
    delete resamplers_.load();
}

expected<void> Irqfds::assign(const Irqfd& wanted) {
    return loop_.call([&] { return assign_on_loop(wanted); });
}

expected<void> Irqfds::assign_on_loop(const Irqfd& wanted) {
    constexpr auto attempted = "assign an irqfd";
    if (!router_.irqchip().initialised())
        return failure(EAGAIN, attempted);
    auto eventfd = Eventfd::share(wanted.eventfd, attempted);
    VIRT_TRY(eventfd);
    std::optional<Eventfd> resample;
    if (wanted.resample) {
        auto shared = Eventfd::share(*wanted.resample, attempted);
        VIRT_TRY(shared);
        resample = *std::move(shared);
    }
    const auto same = [&](const auto& other) { return other->eventfd.id() == eventfd->id(); };
    if (std::ranges::any_of(bindings_, same)) {
        // In the kernel it was resampled for a moment, and its end lowers the line.
        if (resample)
            lower_unless_resampled(wanted.gsi);
        return failure(EBUSY, attempted);
    }

    const Gsi gsi = wanted.gsi;
    auto binding = std::make_unique<Binding>(gsi, *std::move(eventfd), std::move(resample));
    const auto reads = binding->eventfd.semaphore() ? EventLoop::Reads::one_per_signal : EventLoop::Reads::all;
    const auto consumption = loop_.consume(
        binding->eventfd.fd(), EventLoop::Pending::leave, [this, gsi](std::uint64_t) { router_.raise(gsi); }, reads);
    VIRT_TRY(consumption);
    binding->operation = consumption->operation;
    const bool resamples = binding->resample.has_value();
    bindings_.push_back(std::move(binding));
    if (resamples)
        publish_resamplers();
    if (consumption->pending) {
        router_.raise(gsi);
        if (!resamples)
            router_.lower(gsi);
    }
    return {};
}

expected<void> Irqfds::deassign(const Irqfd& wanted) {
    const auto eventfd = Eventfd::share(wanted.eventfd, "deassign an irqfd");
    VIRT_TRY(eventfd);
    loop_.call([&] {
        const auto same = [&](const auto& other) {
            return other->eventfd.id() == eventfd->id() && other->gsi == wanted.gsi;
        };
        if (const auto found = std::ranges::find_if(bindings_, same); found != bindings_.end())
            drop(**found);
    });
    return {};
}

// In the kernel's order: no more signals, what is pending is lost, then the line.
void Irqfds::drop(Binding& binding) {
    loop_.cancel(binding.operation);
    binding.eventfd.take();
    const auto found = std::ranges::find(bindings_, &binding, &std::unique_ptr<Binding>::get);
    const auto dropped = std::move(*found); // until no deactivation signals it
    bindings_.erase(found);
    if (!dropped->resample)
        return;
    publish_resamplers();
    lower_unless_resampled(dropped->gsi);
}

void Irqfds::lower_unless_resampled(Gsi gsi) {
    const auto resampled = [&](const auto& binding) { return binding->resample && binding->gsi == gsi; };
    if (std::ranges::none_of(bindings_, resampled))
        router_.lower(gsi);
}

void Irqfds::publish_resamplers() {
    auto next = std::make_unique<Resamplers>();
    for (const auto& binding : bindings_) {
        if (!binding->resample)
            continue;
        auto resampler = std::ranges::find(*next, binding->gsi, &Resampler::gsi);
        if (resampler == next->end())
            resampler = next->insert(next->end(), Resampler{.gsi = binding->gsi, .eventfds = {}});
        resampler->eventfds.push_back(&*binding->resample);
    }
    const std::unique_ptr<const Resamplers> old(resamplers_.exchange(next.release()));
    resampling_.wait();
}

void Irqfds::deactivated(Pin pin) {
    const auto gsi = router_.gsi_of(pin);
    if (!gsi)
        return;
    const GracePeriod::Reader reader(resampling_);
    const auto& resamplers = *resamplers_.load();
    const auto found = std::ranges::find(resamplers, *gsi, &Resampler::gsi);
    if (found == resamplers.end())
        return;
    // Once for all of them; whoever still asserts raises it again when he is told.
    router_.lower(*gsi);
    for (const auto* eventfd : found->eventfds)
        eventfd->signal();
}

} // namespace virt

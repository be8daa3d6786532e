// SPDX-License-Identifier: Apache-2.0
// From a guest's store to the event loop: ioeventfd, wake-up, callback.
#include "virt/event_loop.hpp"
#include "vmm/bench/clock.hpp"
#include "vmm/bench/measurement.hpp"
#include "vmm/bench/probe.hpp"

#include <fmt/core.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <chrono>
#include <utility>
#include <vector>

namespace vmm::bench {
namespace {

using virt::expected;

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::milliseconds look_again{20}; // at the guest, while nothing rings
constexpr std::chrono::milliseconds lead{2};        // of the first ring before the loop waits for it
constexpr std::uint32_t warmup_rate = 500;

/// What the loop's callback saw.
struct Arrival {
    std::uint64_t time;  ///< ticks
    std::uint64_t rings; ///< since the one before
};

class Listener {
public:
    Listener(const Clock& clock, Probe& probe, int doorbell) : clock_(clock), probe_(probe), doorbell_(doorbell) {}

    /// Has the guest ring so often, and listens until it has heard all, or no more come.
    expected<void> batch(std::uint32_t rings, std::uint32_t rate);

    /// Of the last batch, in ticks.
    [[nodiscard]] const std::vector<std::uint64_t>& latencies() const { return latencies_; }
    [[nodiscard]] const std::vector<std::uint64_t>& lateness() const { return lateness_; }
    [[nodiscard]] std::uint64_t heard() const { return heard_; }
    [[nodiscard]] std::uint64_t calls() const { return arrivals_.size(); }

private:
    void hear(std::uint64_t rings);
    void match(std::uint32_t rings);

    const Clock& clock_;
    Probe& probe_;
    int doorbell_;
    std::vector<Arrival> arrivals_;
    std::uint64_t heard_ = 0;
    std::uint64_t earlier_ = 0; ///< rings of the batches before
    std::vector<std::uint64_t> latencies_;
    std::vector<std::uint64_t> lateness_;
};

void Listener::hear(std::uint64_t rings) {
    arrivals_.push_back({clock_.now(), rings});
    heard_ += rings;
}

expected<void> Listener::batch(std::uint32_t rings, std::uint32_t rate) {
    arrivals_.clear();
    arrivals_.reserve(rings);
    heard_ = 0;
    const auto created = virt::EventLoop::create();
    VIRT_TRY(created);
    auto& loop = **created;
    const auto listening =
        loop.consume(doorbell_, virt::EventLoop::Pending::deliver, [this, &loop, rings](std::uint64_t count) {
            hear(count);
            if (heard_ >= rings)
                loop.stop();
        });
    VIRT_TRY(listening);
    const auto first = clock_.now() + clock_.to_ticks(lead);
    const auto interval = clock_.frequency() / rate;
    const auto deadline = first + interval * rings + clock_.to_ticks(patience);
    // A guest that failed, or whose rings were lost, would never end the loop.
    virt::Timer look(loop, [&] {
        if (probe_.ended() || clock_.now() > deadline)
            loop.stop();
        else
            look.set(look_again);
    });
    look.set(look_again);
    probe_.ring(first, interval, rings);
    const auto looped = loop.run();
    loop.cancel(listening->operation);
    VIRT_TRY(looped);
    if (auto why = probe_.ended())
        return virt::unexpected(*std::move(why));
    const auto end = clock_.now() + clock_.to_ticks(patience);
    while (!probe_.rang_all()) {
        if (clock_.now() > end)
            return virt::failure(ETIMEDOUT, "wait for the guest to ring its doorbell");
        clock_.pause();
    }
    match(rings);
    return {};
}

void Listener::match(std::uint32_t rings) {
    latencies_.clear();
    lateness_.clear();
    std::uint32_t next = 0;
    for (const auto& arrival : arrivals_)
        for (std::uint64_t n = 0; n < arrival.rings && next < rings; ++n, ++next)
            latencies_.push_back(arrival.time - probe_.rung(earlier_ + next).due);
    for (std::uint32_t n = 0; n < rings; ++n) {
        const auto ring = probe_.rung(earlier_ + n);
        lateness_.push_back(ring.rung - ring.due);
    }
    earlier_ += rings;
}

} // namespace

expected<Measurement> measure_doorbell(arm64::System& system, const Plan& plan) {
    const Clock clock(system);
    const auto probe = Probe::create(system, plan.path, plan.state, std::uint64_t{plan.warmup} + plan.count);
    VIRT_TRY(probe);
    if (auto why = missing((*probe)->vm(), plan.path))
        return Measurement{.plan = plan, .status = Measurement::Status::skipped, .reason = *std::move(why)};
    const virt::Fd eventfd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!eventfd)
        return virt::system_failure("create an eventfd");
    VIRT_TRY((*probe)->vm().assign(
        virt::Ioeventfd{.eventfd = eventfd.get(), .address = Probe::doorbell, .length = Probe::doorbell_bytes}));
    Listener listener(clock, **probe, eventfd.get());
    VIRT_TRY((*probe)->start(clock));
    VIRT_TRY(listener.batch(plan.warmup, plan.rate.value_or(warmup_rate)));
    const auto median = clock.to_ns(Percentiles::of(listener.latencies()).p50);
    Measurement seen{.plan = plan, .rate = plan.rate.value_or(sensible_rate(median))};
    VIRT_TRY(listener.batch(plan.count, seen.rate));
    (*probe)->stop();

    seen.sent = plan.count;
    seen.received = listener.calls();
    if (listener.heard() != seen.sent) {
        seen.status = Measurement::Status::failed;
        seen.reason = fmt::format("{} rings were heard of {}", listener.heard(), seen.sent);
    } else {
        seen.coalesced = seen.sent - seen.received;
    }
    seen.latency = Percentiles::of(listener.latencies());
    seen.lateness = Percentiles::of(listener.lateness());
    return seen;
}

} // namespace vmm::bench

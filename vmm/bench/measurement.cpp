// SPDX-License-Identifier: Apache-2.0
// Sending in an open loop: the next interrupt is due when it is due, and a late one is late since then.
#include "vmm/bench/measurement.hpp"

#include "vmm/bench/clock.hpp"
#include "vmm/bench/matching.hpp"
#include "vmm/bench/probe.hpp"
#include "vmm/bench/source.hpp"

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

namespace vmm::bench {
namespace {

using virt::expected;

constexpr std::chrono::seconds patience{10}; // guard against hanging: milliseconds are much
constexpr int patience_ms = 10'000;
// Between an acknowledge and the next send of the warm-up: long enough for a guest to be back in WFI.
constexpr std::chrono::microseconds warmup_pause{100};
// After which nothing that was sent can still be on its way to a guest that has answered since.
constexpr std::chrono::milliseconds settle{50};
constexpr std::uint64_t surplus = 1024; // of the log: interrupts too many are counted, up to here

class Sender {
public:
    Sender(const Clock& clock, Probe& probe, Source source, const Plan& plan)
        : clock_(clock), probe_(probe), source_(std::move(source)), plan_(plan), resampled_(is_resampled(plan.path)) {}

    /// One at a time; answers the median of their latencies in ns.
    expected<std::uint64_t> warm_up();
    expected<void> send_all(std::uint32_t rate);
    [[nodiscard]] Measurement result(std::uint32_t rate) const;

private:
    expected<Send> send(std::uint64_t intended);
    expected<void> wait_for_resample();
    expected<void> wait_for_acknowledges(std::uint64_t number);
    expected<void> wait_until_settled();
    [[nodiscard]] std::string mismatch(const Measurement& seen, const Matching& matching, std::uint64_t strange) const;

    const Clock& clock_;
    Probe& probe_;
    Source source_;
    const Plan& plan_;
    bool resampled_;
    std::vector<Send> sends_;
    std::uint64_t before_ = 0; ///< acknowledges of the warm-up
    std::uint64_t resamples_ = 0;
    std::uint64_t wrong_resamples_ = 0; ///< assertions that were not answered by exactly one
};

expected<Send> Sender::send(std::uint64_t intended) {
    clock_.wait_until(intended);
    Send send{.intended = intended, .begin = clock_.now(), .end = 0};
    VIRT_TRY(source_.send());
    send.end = clock_.now();
    return send;
}

expected<void> Sender::wait_for_resample() {
    const auto signalled = source_.wait_for_resample(patience_ms);
    VIRT_TRY(signalled);
    if (*signalled == 0) {
        if (auto why = probe_.ended())
            return virt::unexpected(*std::move(why));
        return virt::failure(ETIMEDOUT, "wait for a resamplefd");
    }
    resamples_ += *signalled;
    wrong_resamples_ += *signalled == 1 ? 0U : 1U;
    return {};
}

expected<void> Sender::wait_for_acknowledges(std::uint64_t number) {
    const auto deadline = clock_.now() + clock_.to_ticks(patience);
    while (probe_.acknowledged() < number) {
        if (auto why = probe_.ended())
            return virt::unexpected(*std::move(why));
        if (clock_.now() > deadline)
            return virt::failure(ETIMEDOUT, "wait for the guest's acknowledge");
        clock_.pause();
    }
    return {};
}

expected<std::uint64_t> Sender::warm_up() {
    std::vector<std::uint64_t> latencies;
    latencies.reserve(plan_.warmup);
    for (std::uint32_t n = 0; n < plan_.warmup; ++n) {
        const auto sent = send(clock_.now());
        VIRT_TRY(sent);
        VIRT_TRY(wait_for_acknowledges(n + 1));
        if (resampled_)
            VIRT_TRY(wait_for_resample());
        latencies.push_back(probe_.acknowledge(n).time - sent->intended);
        std::this_thread::sleep_for(warmup_pause);
    }
    before_ = plan_.warmup;
    resamples_ = wrong_resamples_ = 0;
    return clock_.to_ns(Percentiles::of(std::move(latencies)).p50);
}

expected<void> Sender::send_all(std::uint32_t rate) {
    sends_.reserve(plan_.count);
    const auto start = clock_.now() + clock_.to_ticks(std::chrono::milliseconds(1));
    for (std::uint32_t n = 0; n < plan_.count; ++n) {
        const auto sent = send(start + clock_.frequency() * n / rate);
        VIRT_TRY(sent);
        sends_.push_back(*sent);
        if (resampled_) // the line cannot rise again before
            VIRT_TRY(wait_for_resample());
    }
    return wait_until_settled();
}

expected<void> Sender::wait_until_settled() {
    const auto deadline = clock_.now() + clock_.to_ticks(patience);
    const auto all_answered = [this] {
        const auto number = probe_.acknowledged();
        return number == before_ + sends_.size() ||
               (number > before_ && probe_.acknowledge(number - 1).time >= sends_.back().end);
    };
    while (!all_answered() && clock_.now() < deadline) {
        if (auto why = probe_.ended())
            return virt::unexpected(*std::move(why));
        clock_.pause();
    }
    std::this_thread::sleep_for(settle);
    if (resampled_) {
        const auto signalled = source_.wait_for_resample(0);
        VIRT_TRY(signalled);
        resamples_ += *signalled;
        wrong_resamples_ += *signalled;
    }
    if (auto why = probe_.ended())
        return virt::unexpected(*std::move(why));
    return {};
}

Measurement Sender::result(std::uint32_t rate) const {
    Measurement seen{.plan = plan_, .rate = rate};
    std::vector<std::uint64_t> times;
    std::uint64_t strange = 0;
    for (auto n = before_; n < probe_.acknowledged(); ++n) {
        const auto entry = probe_.acknowledge(n);
        times.push_back(entry.time);
        strange += entry.intid == source_.intid().value ? 0U : 1U;
    }
    std::vector<std::uint64_t> late;
    late.reserve(sends_.size());
    for (const auto& send : sends_)
        late.push_back(send.begin - send.intended);
    auto matching = match(sends_, times);
    seen.sent = sends_.size();
    seen.received = times.size();
    seen.coalesced = matching.coalesced;
    if (resampled_)
        seen.resampled = resamples_;
    seen.reason = mismatch(seen, matching, strange);
    if (!seen.reason.empty())
        seen.status = Measurement::Status::failed;
    seen.latency = Percentiles::of(std::move(matching.latencies));
    seen.lateness = Percentiles::of(std::move(late));
    return seen;
}

std::string Sender::mismatch(const Measurement& seen, const Matching& matching, std::uint64_t strange) const {
    if (strange != 0)
        return fmt::format("{} acknowledges had another INTID than {}", strange, source_.intid().value);
    if (matching.lost != 0)
        return fmt::format("{} of {} interrupts never arrived", matching.lost, seen.sent);
    if (matching.unasked != 0)
        return fmt::format("{} interrupts arrived that nobody sent", matching.unasked);
    if (resampled_ && (seen.received != seen.sent || resamples_ != seen.sent || wrong_resamples_ != 0))
        return fmt::format("{} assertions made {} acknowledges and {} signals of the resamplefd, not one each",
                           seen.sent, seen.received, resamples_);
    return {};
}

} // namespace

std::uint32_t sensible_rate(std::uint64_t median) {
    constexpr std::array<std::uint32_t, 13> rates{10'000, 5'000, 2'000, 1'000, 500, 200, 100, 50, 20, 10, 5, 2, 1};
    for (const auto rate : rates)
        if (std::uint64_t{1'000'000'000} / rate >= 10 * median)
            return rate;
    return rates.back();
}

expected<Measurement> measure(arm64::System& system, const Plan& plan) {
    if (plan.path == Path::doorbell)
        return measure_doorbell(system, plan);
    const Clock clock(system);
    const std::uint64_t entries = std::uint64_t{plan.warmup} + plan.count + surplus;
    const auto probe = Probe::create(system, plan.path, plan.state, entries);
    VIRT_TRY(probe);
    if (auto why = missing((*probe)->vm(), plan.path))
        return Measurement{.plan = plan, .status = Measurement::Status::skipped, .reason = *std::move(why)};
    auto source = Source::connect(**probe, plan.path);
    VIRT_TRY(source);
    Sender sender(clock, **probe, *std::move(source), plan);
    VIRT_TRY((*probe)->start(clock));
    const auto median = sender.warm_up();
    VIRT_TRY(median);
    const auto rate = plan.rate.value_or(sensible_rate(*median));
    VIRT_TRY(sender.send_all(rate));
    (*probe)->stop();
    return sender.result(rate);
}

} // namespace vmm::bench

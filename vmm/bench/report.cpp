// SPDX-License-Identifier: Apache-2.0
// The table.
#include "vmm/bench/report.hpp"

#include "vmm/bench/clock.hpp"

#include <fmt/core.h>

namespace vmm::bench {

Percentiles ticks_to_ns(const Percentiles& ticks, std::uint64_t frequency) {
    const auto ns = [frequency](std::uint64_t value) { return ticks_to_ns(value, frequency); };
    return {.count = ticks.count,
            .min = ns(ticks.min),
            .p50 = ns(ticks.p50),
            .p90 = ns(ticks.p90),
            .p99 = ns(ticks.p99),
            .p99_9 = ns(ticks.p99_9),
            .max = ns(ticks.max)};
}

std::string as_table(const Report& report) {
    std::string text = fmt::format("itsy {}, Linux {}, {} on {}, {} CPUs", report.version, report.kernel,
                                   report.irqchip, report.backend, report.cpus);
    if (report.halt_poll_ns)
        text += fmt::format(", halt_poll_ns {}", *report.halt_poll_ns);
    text += fmt::format("\nns from intended send to acknowledge; {} Hz, a tick is {:.3g} ns\n\n",
                        report.counter_frequency, 1e9 / static_cast<double>(report.counter_frequency));
    text += fmt::format("{:<17} {:<8} {:>6} {:>7} {:>8} {:>9} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9}\n", "path", "vCPU",
                        "rate/s", "sent", "received", "coalesced", "p50", "p90", "p99", "p99.9", "max", "late p50");
    for (const auto& seen : report.measurements) {
        text += fmt::format("{:<17} {:<8} ", name_of(seen.plan.path), name_of(seen.plan.state));
        if (seen.status == Measurement::Status::skipped) {
            text += fmt::format("skipped: {}\n", seen.reason);
            continue;
        }
        const auto latency = ticks_to_ns(seen.latency, report.counter_frequency);
        text += fmt::format("{:>6} {:>7} {:>8} {:>9} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9}", seen.rate, seen.sent,
                            seen.received, seen.coalesced, latency.p50, latency.p90, latency.p99, latency.p99_9,
                            latency.max, ticks_to_ns(seen.lateness.p50, report.counter_frequency));
        if (seen.resampled)
            text += fmt::format("  resampled {}", *seen.resampled);
        if (seen.status == Measurement::Status::failed)
            text += "  FAILED: " + seen.reason;
        text += '\n';
    }
    return text;
}

} // namespace vmm::bench

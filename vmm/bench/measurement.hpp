// SPDX-License-Identifier: Apache-2.0
// One path in one vCPU state, measured.
#pragma once

#include "arch-arm64/kvm.hpp"
#include "virt/expected.hpp"
#include "vmm/bench/paths.hpp"
#include "vmm/bench/percentiles.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace vmm::bench {

struct Plan {
    Path path;
    VcpuState state;
    std::uint32_t count;  ///< sent, at `rate`; not 0
    std::uint32_t warmup; ///< sent before, one after the other, and not counted; not 0
    std::optional<std::uint32_t> rate; ///< per second; default: as the warm-up suggests
};

struct Measurement {
    enum class Status : std::uint8_t {
        measured,
        skipped, ///< KVM lacks something
        failed,  ///< the counts are wrong
    };

    Plan plan;
    Status status = Status::measured;
    std::string reason = {};  ///< of what was skipped or failed: a clause
    std::uint32_t rate = 0; ///< per second, as sent
    std::uint64_t sent = 0;
    std::uint64_t received = 0;  ///< acknowledges in the guest; doorbell: calls of the event loop
    std::uint64_t coalesced = 0; ///< sends that were received together with an earlier one
    std::optional<std::uint64_t> resampled = {}; ///< signals of the resamplefd
    Percentiles latency = {};  ///< ticks: received - intended send
    Percentiles lateness = {}; ///< ticks of the latency that are the sender's own: sent - intended send
};

/// Builds a virtual machine of its own. An error is the host's; a guest that got other interrupts than were sent is a
/// measurement that failed.
virt::expected<Measurement> measure(arm64::System& system, const Plan& plan);

/// The doorbell, for which `measure` calls it: the guest sends.
virt::expected<Measurement> measure_doorbell(arm64::System& system, const Plan& plan);

/// Per second, from 10,000 downwards in steps of 1, 2, 5: the highest that leaves ten times the median latency of the
/// warm-up (ns) between two sends, so that an interrupt is normally over when the next one comes. The median, because
/// on a shared machine few of a short warm-up decide about the higher percentiles.
[[nodiscard]] std::uint32_t sensible_rate(std::uint64_t median);

} // namespace vmm::bench

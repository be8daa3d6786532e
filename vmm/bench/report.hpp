// SPDX-License-Identifier: Apache-2.0
// What `itsy bench irq` prints.
#pragma once

#include "vmm/bench/measurement.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vmm::bench {

struct Report {
    std::string version; ///< of itsy
    std::string kernel;  ///< release of the host's
    unsigned cpus;       ///< that this process may use
    std::optional<std::uint64_t> halt_poll_ns; ///< how long KVM spins before a vCPU in WFI sleeps, if the host tells
    std::string backend;
    std::string irqchip;             ///< gicv3-its, gicv3
    std::uint64_t counter_frequency; ///< Hz
    std::vector<Measurement> measurements;
};

/// For people: one line a measurement, latencies in ns.
[[nodiscard]] std::string as_table(const Report& report);
/// For programs: one document, latencies in ns and in ticks. Ends with a newline.
[[nodiscard]] std::string as_json(const Report& report);

/// Each of them, from ticks to ns; the count stays.
[[nodiscard]] Percentiles ticks_to_ns(const Percentiles& ticks, std::uint64_t frequency);

} // namespace vmm::bench

// SPDX-License-Identifier: Apache-2.0
// The few numbers that stand for many samples.
#pragma once

#include <cstdint>
#include <vector>

namespace vmm::bench {

/// Percentiles are samples, the smallest that at least so many per cent of all are not above (nearest rank): exact, no
/// buckets. All 0 if there are no samples.
struct Percentiles {
    std::uint64_t count = 0;
    std::uint64_t min = 0;
    std::uint64_t p50 = 0;
    std::uint64_t p90 = 0;
    std::uint64_t p99 = 0;
    std::uint64_t p99_9 = 0;
    std::uint64_t max = 0;

    [[nodiscard]] static Percentiles of(std::vector<std::uint64_t> samples);
};

/// The sample at `per_mille` of `sorted`, which is not empty; 1..1000.
[[nodiscard]] std::uint64_t nearest_rank(const std::vector<std::uint64_t>& sorted, unsigned per_mille);

} // namespace vmm::bench

// SPDX-License-Identifier: Apache-2.0
// Sorting, and looking up.
#include "vmm/bench/percentiles.hpp"

#include <algorithm>

namespace vmm::bench {

std::uint64_t nearest_rank(const std::vector<std::uint64_t>& sorted, unsigned per_mille) {
    const std::size_t rank = (sorted.size() * per_mille + 999) / 1000;
    return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

Percentiles Percentiles::of(std::vector<std::uint64_t> samples) {
    if (samples.empty())
        return {};
    std::ranges::sort(samples);
    return {.count = samples.size(),
            .min = samples.front(),
            .p50 = nearest_rank(samples, 500),
            .p90 = nearest_rank(samples, 900),
            .p99 = nearest_rank(samples, 990),
            .p99_9 = nearest_rank(samples, 999),
            .max = samples.back()};
}

} // namespace vmm::bench

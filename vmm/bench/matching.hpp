// SPDX-License-Identifier: Apache-2.0
// Which acknowledge answers which interrupt, where several sent ones may become one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace vmm::bench {

/// One sent interrupt, in ticks of the clock. `begin` .. `end` is the call that sent it; it became pending in between.
struct Send {
    std::uint64_t intended;
    std::uint64_t begin;
    std::uint64_t end;
};

struct Matching {
    std::vector<std::uint64_t> latencies; ///< acknowledged - intended, of every send that was answered
    std::uint64_t coalesced = 0; ///< sends that share an acknowledge with an earlier one; they have a latency too
    std::uint64_t lost = 0; ///< sends after which no acknowledge came
    std::uint64_t unasked = 0; ///< acknowledges that no send explains
};

/// Both in the order of time. An acknowledge answers every send before it that has none, but leaves one for each
/// acknowledge after it: one edge may be pending behind another that the guest was given but has not acknowledged yet.
/// As many acknowledges as sends therefore answer one each.
[[nodiscard]] Matching match(std::span<const Send> sends, std::span<const std::uint64_t> acknowledged);

} // namespace vmm::bench

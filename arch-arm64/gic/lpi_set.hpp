// SPDX-License-Identifier: Apache-2.0
// A set of LPIs, a bit for each INTID: those that go to one redistributor.
#pragma once

#include "arch-arm64/intid.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace arm64::gic {

/// 7 KB. Visiting costs what is in it, and a look at 896 words: INVALL of one vCPU's LPIs does not pay for those of
/// the others. Not thread-safe: guarded by the lock of Lpis.
class LpiSet {
public:
    static constexpr std::uint32_t group = 64; ///< neighbours that are visited together

    void insert(Intid lpi) { word_of(lpi) |= bit_of(lpi); }
    void remove(Intid lpi) { word_of(lpi) &= ~bit_of(lpi); }

    /// Calls `visit(first, which)` for each group that has any, in ascending order: bit n is INTID first + n.
    template <class Visit>
    void each_group(Visit visit) const {
        for (std::uint32_t n = 0; n < words_.size(); ++n)
            if (words_[n] != 0)
                visit(Intid{first_lpi + n * group}, words_[n]);
    }

private:
    static std::uint64_t bit_of(Intid lpi) { return std::uint64_t{1} << (lpi.value - first_lpi) % group; }
    std::uint64_t& word_of(Intid lpi) { return words_[(lpi.value - first_lpi) / group]; }

    std::array<std::uint64_t, (65536 - first_lpi) / group> words_{};
};

} // namespace arm64::gic

// SPDX-License-Identifier: Apache-2.0
// Which translations of more than 4 KiB a TLB of 4 KiB entries has been filled from.
#pragma once

#include <array>
#include <cstdint>

namespace arm64::cpu {

/// Invalidating one address of a block or a large page forgets all of it (Arm DDI 0487, D8.13.5), hence all the 4 KiB
/// entries that were made of it. Whether there may be some is known here, by a filter for each size: it may say yes for
/// no reason, never no. Belongs to one CPU's thread.
class LargePages {
public:
    /// A translation of 2^bits bytes, 13 to 30, at `va` was cached.
    void note(std::uint64_t va, unsigned bits) {
        sizes_ |= 1U << bits;
        filters_[bits] |= bit(va, bits);
    }
    /// Calls `visit(bits)` for each size of which one may be cached that has `va` in it.
    template <class Visit>
    void each(std::uint64_t va, Visit visit) const {
        for (auto sizes = sizes_; sizes != 0; sizes &= sizes - 1)
            if (const auto bits = static_cast<unsigned>(__builtin_ctz(sizes)); (filters_[bits] & bit(va, bits)) != 0)
                visit(bits);
    }
    void clear() { *this = {}; }

private:
    // The tag byte is no part of the address.
    static std::uint64_t bit(std::uint64_t va, unsigned bits) {
        return std::uint64_t{1} << ((va << 8 >> 8 >> bits) * 0x9E37'79B9'7F4A'7C15 >> 58);
    }

    std::uint32_t sizes_ = 0;
    std::array<std::uint64_t, 31> filters_{};
};

} // namespace arm64::cpu

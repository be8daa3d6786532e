// SPDX-License-Identifier: Apache-2.0
// Numbers for what a TLB's tags hold beside an address: an ASID, and since which invalidation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace arm64::cpu {

/// Belongs to one CPU's thread. A number is given once, until `restart`: what is forgotten gets another one, and
/// nothing in a TLB matches it. Global translations are cached under each ASID's number again, except in the upper
/// half, which has one number for all ASIDs until a translation there belongs to one: a kernel stays in the TLB while
/// processes change.
class Contexts {
public:
    using Number = std::uint64_t;
    static constexpr Number last = 0xFFE; ///< of 12 bits, less those of Tlb::nothing

    /// Of the lower and the upper half of the address space.
    using Pair = std::array<Number, 2>;

    /// The numbers under that ASID. There is `room`.
    [[nodiscard]] Pair select(std::uint16_t asid);
    /// Of addresses that are not translated.
    [[nodiscard]] Pair select_flat();
    /// Whether there are numbers for the next `select`; otherwise TLBs are cleared and this restarts.
    [[nodiscard]] bool room() const { return next_ < last; }
    void restart() { *this = {}; }

    /// A translation in the upper half belongs to an ASID: from now on each has its number there. True: until now it
    /// had not.
    bool separate_upper() { return std::exchange(upper_is_shared_, false); }

    // Forgotten numbers are current until the next `select`.
    void forget(std::uint16_t asid);
    void forget_all();

private:
    /// ASIDs that have a number; one that does not find room takes another's.
    static constexpr std::size_t known = 64;
    struct Known {
        std::uint16_t asid = 0;
        Number number = 0; // 0: none
    };
    using Table = std::array<Known, known>;

    [[nodiscard]] Number number(Table& table, std::uint16_t asid);
    [[nodiscard]] Number number(Number& one) { return one != 0 ? one : one = next_++; }

    Table lower_{}, upper_{};
    Number shared_upper_ = 0;
    Number flat_ = 0;
    Number next_ = 1;
    bool upper_is_shared_ = true;
};

} // namespace arm64::cpu

// SPDX-License-Identifier: Apache-2.0
// Builds translation tables as software does, by the figures of Arm DDI 0487, D8.2: it shares nothing with the walker.
#pragma once

#include "arch-arm64/walk/walk.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <ostream>
#include <unordered_map>
#include <vector>

namespace arm64::walk {

inline void PrintTo(const Fault& fault, std::ostream* out) {
    *out << "fault " << static_cast<unsigned>(fault.kind) << " at level " << static_cast<unsigned>(fault.level);
}
inline void PrintTo(const Result& result, std::ostream* out) {
    if (result)
        *out << std::hex << result->address << std::dec << " by level " << static_cast<unsigned>(result->level);
    else
        PrintTo(result.error(), out);
}

/// One of the granules: the lowest bit of the index at each level, which is the size of what an entry there maps.
struct Granule {
    const char* name;
    unsigned bits;
    std::uint64_t TG0, TG1;
    std::array<unsigned, 4> shift;        // by level; 0: there is no such level
    std::array<unsigned, 4> most_TxSZ;    // by level: the largest TxSZ with which a walk starts there
    std::vector<unsigned> leaf_levels;    // blocks and pages
    [[nodiscard]] unsigned start(unsigned TxSZ) const {
        unsigned level = 0;
        while (TxSZ > most_TxSZ.at(level))
            ++level;
        return level;
    }
};

inline const std::array<Granule, 3> granules{{
    {"4 KiB", 12, 0b00, 0b10, {39, 30, 21, 12}, {24, 33, 39, 0}, {1, 2, 3}},
    {"16 KiB", 14, 0b10, 0b01, {47, 36, 25, 14}, {16, 27, 38, 39}, {2, 3}},
    {"64 KiB", 16, 0b01, 0b11, {0, 42, 29, 16}, {0, 21, 34, 39}, {2, 3}},
}};

enum class Half : std::uint8_t { lower, upper };

inline constexpr std::uint64_t AF = std::uint64_t{1} << 10;

/// Tables of one half, and the memory they are in.
class Tables {
public:
    /// `base`: where the first table is, the others behind it.
    Tables(const Granule& granule, unsigned TxSZ, Half half = Half::lower, std::uint64_t base = 0x4000'0000)
        : granule_(granule), TxSZ_(TxSZ), half_(half), base_(base), next_(base), root_(allocate()) {}

    [[nodiscard]] unsigned start() const { return granule_.start(TxSZ_); }
    [[nodiscard]] std::uint64_t root() const { return root_; }
    /// The lowest address of the half.
    [[nodiscard]] std::uint64_t first() const { return half_ == Half::lower ? 0 : ~std::uint64_t{0} << (64 - TxSZ_); }
    [[nodiscard]] std::uint64_t last() const { return first() + ((std::uint64_t{1} << (64 - TxSZ_)) - 1); }

    /// Registers for these tables alone: the other half has none.
    [[nodiscard]] Regime regime() const {
        Regime regime;
        regime.sctlr = SCTLR_EL1{5};
        const auto size = [&](Half half) { return half == half_ ? TxSZ_ : 16; };
        regime.tcr = TCR_EL1{std::uint64_t{5} << 32 | granule_.TG1 << 30 | granule_.TG0 << 14 |
                             std::uint64_t{size(Half::upper)} << 16 | size(Half::lower) |
                             (half_ == Half::lower ? 1U << 23 : 1U << 7)};
        (half_ == Half::lower ? regime.ttbr0 : regime.ttbr1) = TTBR_EL1{root_};
        regime.mair = 0xFF;
        return regime;
    }

    /// The entry for the address at a level; tables above it are made, with `bits` for what they restrict.
    std::uint64_t& entry(std::uint64_t address, unsigned level, std::uint64_t bits = 0) {
        auto table = root_;
        for (auto at = start();; ++at) {
            const auto below_root = at == start() ? 64 - TxSZ_ : granule_.shift.at(at - 1);
            const auto index = (address & ((std::uint64_t{1} << below_root) - 1)) >> granule_.shift.at(at);
            auto& entry = memory_[table + index * 8];
            if (at == level)
                return entry;
            if (entry == 0)
                entry = allocate() | 0b11;
            entry |= bits;
            table = entry & 0xFFFF'FFFF'F000;
        }
    }
    void map(std::uint64_t address, std::uint64_t physical, unsigned level, std::uint64_t bits = AF) {
        entry(address, level) = physical | bits | (level == 3 ? 0b11 : 0b01);
    }
    /// What is not 0, by its address.
    [[nodiscard]] const std::unordered_map<Gpa, std::uint64_t>& entries() const { return memory_; }
    /// Like a PE's read: of an entry that was never written it is 0, and outside of tables there is no memory.
    [[nodiscard]] std::optional<std::uint64_t> read(Gpa address) const {
        ++reads;
        if (address < base_ || address >= next_ || address % 8 != 0)
            return std::nullopt;
        const auto found = memory_.find(address);
        return found == memory_.end() ? 0 : found->second;
    }
    [[nodiscard]] Result walk(const Regime& regime, std::uint64_t address) const {
        return arm64::walk::walk(regime, address, [this](Gpa at) { return read(at); });
    }
    [[nodiscard]] Result walk(std::uint64_t address) const { return walk(regime(), address); }

    mutable unsigned reads = 0;

private:
    std::uint64_t allocate() {
        const auto table = next_;
        next_ += std::uint64_t{1} << granule_.bits;
        return table;
    }

    const Granule& granule_;
    unsigned TxSZ_;
    Half half_;
    std::unordered_map<Gpa, std::uint64_t> memory_;
    std::uint64_t base_;
    std::uint64_t next_;
    std::uint64_t root_;
};

} // namespace arm64::walk

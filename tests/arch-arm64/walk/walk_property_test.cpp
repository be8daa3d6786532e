// SPDX-License-Identifier: Apache-2.0
// Random maps: what software put into tables is what the walker finds, and nothing else.
#include "arch-arm64/walk/walk.hpp"
#include "tests/arch-arm64/walk/tables.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <random>
#include <vector>

namespace arm64::walk {
namespace {

struct Mapping {
    std::uint64_t size, physical, bits;
    unsigned level;
};

class RandomMap {
public:
    RandomMap(std::mt19937_64& random, const Granule& granule, unsigned TxSZ, Half half)
        : random_(random), granule_(granule), tables_(granule, TxSZ, half) {
        const auto start = tables_.start();
        // The regions of a level-2 entry are either blocks or tables of pages, so that neither overwrites the other.
        std::vector<unsigned> levels;
        for (const auto level : granule.leaf_levels)
            if (level >= start)
                levels.push_back(level);
        for (unsigned n = 0; n < 24; ++n)
            add(levels[below(levels.size())]);
    }

    void compare() {
        for (unsigned n = 0; n < 200; ++n)
            compare(somewhere());
        for (const auto& [address, mapping] : mappings_)
            for (const auto probe :
                 {address, address + mapping.size - 1, address - 1, address + mapping.size, address + mapping.size / 2})
                compare(probe);
    }

private:
    std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
    /// In the half, near its ends more often than anywhere.
    std::uint64_t somewhere() {
        const auto size = tables_.last() - tables_.first() + 1;
        switch (below(3)) {
        case 0: return tables_.first() + below(std::min(size, std::uint64_t{1} << 24));
        case 1: return tables_.last() - below(std::min(size, std::uint64_t{1} << 24));
        default: return tables_.first() + below(size);
        }
    }
    void add(unsigned level) {
        const auto size = std::uint64_t{1} << granule_.shift.at(level);
        const auto address = somewhere() & ~(size - 1);
        const auto next = mappings_.upper_bound(address + (size - 1));
        if (next != mappings_.begin()) {
            const auto& [at, before] = *std::prev(next);
            if (at >= address || address - at < before.size)
                return; // taken
        }
        constexpr std::uint64_t free = 0x0060'0000'0000'0FDC; // UXN PXN nG AF SH AP AttrIndx
        const Mapping mapping{size, below(std::uint64_t{1} << 44) & ~(size - 1),
                              (random_() & free) | (below(8) != 0) * AF, level};
        // A table may be there although no page of it was mapped: then this stays unmapped.
        if (level < 3 && (tables_.entry(address, level) & 0b11) != 0)
            return;
        tables_.map(address, mapping.physical, level, mapping.bits);
        mappings_.emplace(address, mapping);
    }
    void compare(std::uint64_t address) {
        const auto found = tables_.walk(regime(), address);
        auto next = mappings_.upper_bound(address);
        if (next == mappings_.begin() || address - std::prev(next)->first >= std::prev(next)->second.size) {
            ASSERT_FALSE(found) << std::hex << address;
            EXPECT_EQ(found.error().kind, Fault::Kind::Translation) << std::hex << address;
            return;
        }
        const auto& [base, mapping] = *std::prev(next);
        if ((mapping.bits & AF) == 0) {
            EXPECT_EQ(found, tl::unexpected(Fault{Fault::Kind::AccessFlag, static_cast<std::uint8_t>(mapping.level)}));
            return;
        }
        ASSERT_TRUE(found) << std::hex << address;
        EXPECT_EQ(found->address, mapping.physical + (address - base));
        EXPECT_EQ(std::uint64_t{1} << found->page_bits, mapping.size);
        EXPECT_EQ(found->level, mapping.level);
        EXPECT_EQ(found->attributes, 0x11 * (mapping.bits >> 2 & 7));
        EXPECT_EQ(found->shareability, mapping.bits >> 8 & 3);
        EXPECT_EQ(found->global, (mapping.bits >> 11 & 1) == 0);
        EXPECT_EQ(found->el1.write, (mapping.bits >> 7 & 1) == 0);
        EXPECT_EQ(found->el0.read, (mapping.bits >> 6 & 1) != 0);
        EXPECT_EQ(found->el0.execute, (mapping.bits >> 54 & 1) == 0);
    }
    [[nodiscard]] Regime regime() const {
        auto regime = tables_.regime();
        regime.mair = 0x7766'5544'3322'1100;
        return regime;
    }

    std::mt19937_64& random_;
    const Granule& granule_;
    Tables tables_;
    std::map<std::uint64_t, Mapping> mappings_;
};

TEST(WalkProperty, WhatATableBuilderMappedIsWhatTheWalkerFinds) {
    constexpr std::uint64_t seed = 20'240'501;
    std::mt19937_64 random(seed);
    for (unsigned n = 0; n < 300; ++n) {
        const auto& granule = granules[random() % granules.size()];
        const auto size = static_cast<unsigned>(16 + random() % 24);
        const auto half = random() % 2 == 0 ? Half::lower : Half::upper;
        SCOPED_TRACE(testing::Message() << "seed " << seed << ", map " << n << ", " << granule.name << ", TxSZ "
                                        << size);
        RandomMap map(random, granule, size, half);
        map.compare();
        if (testing::Test::HasFailure())
            return;
    }
}

TEST(WalkProperty, RandomRegistersAndTablesEndInAtMostFourReadsInsideTheAddressSpace) {
    std::mt19937_64 random(7);
    for (unsigned n = 0; n < 200'000; ++n) {
        Regime regime{SCTLR_EL1{random()}, TCR_EL1{random()}, TTBR_EL1{random()}, TTBR_EL1{random()}, random()};
        constexpr std::array<unsigned, 6> sizes{32, 36, 40, 42, 44, 48};
        regime.pa_bits = sizes.at(random() % sizes.size());
        regime.tcr = regime.tcr.with(TCR_EL1::T0SZ, 14 + random() % 28);
        if (random() % 2 == 0)
            regime.tcr = regime.tcr.with(TCR_EL1::IPS, 5);
        unsigned reads = 0;
        const auto address = random() & (random() % 2 == 0 ? ~std::uint64_t{0} : 0xFFFF'FFFF'FFFF >> random() % 24);
        const auto found = walk(regime, address, [&](Gpa at) -> std::optional<std::uint64_t> {
            ++reads;
            EXPECT_EQ(at % 8, 0U);
            EXPECT_EQ(at >> regime.pa_bits, 0U);
            // Mostly valid, and often within the address size.
            const auto mask = random() % 4 == 0 ? ~std::uint64_t{0} : ~(std::uint64_t{0xFFFF} << 32);
            return random() % 64 == 0 ? std::optional<std::uint64_t>() : (random() & mask) | (random() % 8 != 0);
        });
        ASSERT_LE(reads, 4U);
        if (found)
            ASSERT_EQ(found->address >> regime.pa_bits, 0U);
        else
            ASSERT_LE(found.error().level, 3);
        if (HasFailure())
            return;
    }
}

} // namespace
} // namespace arm64::walk

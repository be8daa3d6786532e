// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/walk/walk.hpp"
#include "tests/arch-arm64/walk/tables.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace arm64::walk {
namespace {

constexpr std::uint64_t bit(unsigned n) { return std::uint64_t{1} << n; }
constexpr Fault translation_fault{Fault::Kind::Translation, 0};

TEST(Walk, StartsAtTheLevelThatTheSizeAndTheGranuleSayAndReachesTheWholeHalf) {
    for (const auto& granule : granules)
        for (const auto half : {Half::lower, Half::upper})
            for (unsigned size = 16; size <= 39; ++size) {
                SCOPED_TRACE(testing::Message() << granule.name << ", half " << int(half) << ", TxSZ " << size);
                Tables tables(granule, size, half);
                for (const auto address : {tables.first(), tables.last()}) {
                    tables.map(address, 0x1234'0000, 3);
                    tables.reads = 0;
                    const auto found = tables.walk(address);
                    ASSERT_TRUE(found) << found.error().status();
                    EXPECT_EQ(found->address, 0x1234'0000 | (address & (bit(granule.bits) - 1)));
                    EXPECT_EQ(found->page_bits, granule.bits);
                    EXPECT_EQ(found->level, 3);
                    EXPECT_EQ(tables.reads, 4 - granule.start(size));
                }
                EXPECT_EQ(tables.walk(half == Half::lower ? tables.last() + 1 : tables.first() - 1),
                          tl::unexpected(translation_fault));
                EXPECT_EQ(tables.walk(half == Half::lower ? tables.first() - 1 : tables.last() + 1),
                          tl::unexpected(translation_fault))
                    << "the other half's walks are off";
            }
}

TEST(Walk, SizesBeyondTheLimitsFaultAtLevel0) {
    for (const auto half : {Half::lower, Half::upper}) {
        Tables tables(granules[0], 16, half);
        tables.map(tables.first(), 0, 3);
        ASSERT_TRUE(tables.walk(tables.first()));
        for (const unsigned size : {0U, 1U, 15U, 40U, 47U, 48U, 63U}) {
            auto regime = tables.regime();
            regime.tcr =
                half == Half::lower ? regime.tcr.with(TCR_EL1::T0SZ, size) : regime.tcr.with(TCR_EL1::T1SZ, size);
            EXPECT_EQ(tables.walk(regime, tables.first()), tl::unexpected(translation_fault)) << size;
        }
    }
}

TEST(Walk, EachHalfHasItsOwnTableSizeAndGranule) {
    Tables low(granules[2], 25, Half::lower), high(granules[1], 17, Half::upper);
    low.map(0x1'2345'0000, 0xABCD'0000, 3);
    high.map(high.first() + 0x8000, 0x7777'8000, 3);
    auto regime = low.regime();
    regime.tcr = TCR_EL1{std::uint64_t{5} << 32 | granules[1].TG1 << 30 | granules[2].TG0 << 14 | 17U << 16 | 25U};
    regime.ttbr1 = TTBR_EL1{high.root()};
    EXPECT_EQ(low.walk(regime, 0x1'2345'1234)->address, 0xABCD'1234U);
    EXPECT_EQ(high.walk(regime, high.first() + 0x8004)->address, 0x7777'8004U);
}

TEST(Walk, NothingIsReadOfAHalfWhoseWalksAreOff) {
    for (const auto half : {Half::lower, Half::upper}) {
        Tables tables(granules[0], 16, half);
        tables.map(tables.first(), 0, 3);
        auto regime = tables.regime();
        regime.tcr = regime.tcr.with(TCR_EL1::EPD0, 1).with(TCR_EL1::EPD1, 1);
        tables.reads = 0;
        EXPECT_EQ(tables.walk(regime, tables.first()), tl::unexpected(translation_fault));
        EXPECT_EQ(tables.reads, 0U);
    }
}

TEST(Walk, AReservedGranuleIs4KiB) {
    Tables tables(granules[0], 25);
    tables.map(0x5000, 0x9000, 3);
    auto regime = tables.regime();
    regime.tcr = regime.tcr.with(TCR_EL1::TG0, 0b11);
    EXPECT_EQ(tables.walk(regime, 0x5008)->address, 0x9008U);

    Tables high(granules[0], 25, Half::upper);
    high.map(high.first() + 0x5000, 0x9000, 3);
    regime = high.regime();
    regime.tcr = regime.tcr.with(TCR_EL1::TG1, 0b00);
    EXPECT_EQ(high.walk(regime, high.first() + 0x5008)->address, 0x9008U);
}

TEST(Walk, BlocksMapAsMuchAsTheirLevel) {
    for (const auto& granule : granules)
        for (const auto level : granule.leaf_levels) {
            SCOPED_TRACE(testing::Message() << granule.name << ", level " << level);
            Tables tables(granule, 16);
            const auto size = bit(granule.shift.at(level));
            tables.map(5 * size, 3 * size, level);
            for (const auto offset : {std::uint64_t{0}, std::uint64_t{8}, size / 2, size - 1}) {
                const auto found = tables.walk(5 * size + offset);
                ASSERT_TRUE(found);
                EXPECT_EQ(found->address, 3 * size + offset);
                EXPECT_EQ(found->page_bits, granule.shift.at(level));
                EXPECT_EQ(found->level, level);
            }
        }
}

TEST(Walk, TheTopByteIsIgnoredWhereTBISays) {
    for (const auto half : {Half::lower, Half::upper}) {
        Tables tables(granules[0], 25, half);
        tables.map(tables.first(), 0x1000, 3);
        const auto ours = half == Half::lower ? TCR_EL1::TBI0.mask : TCR_EL1::TBI1.mask;
        const auto other = half == Half::lower ? TCR_EL1::TBI1.mask : TCR_EL1::TBI0.mask;
        auto with = tables.regime(), without = tables.regime();
        with.tcr.value |= ours;
        without.tcr.value |= other;
        for (std::uint64_t top = 0; top < 256; ++top) {
            const auto address = (tables.first() & (bit(56) - 1)) | top << 56 | 4;
            EXPECT_EQ(tables.walk(with, address)->address, 0x1004U);
            EXPECT_EQ(tables.walk(without, address).has_value(), top == (half == Half::lower ? 0U : 255U)) << top;
        }
        for (unsigned n = 39; n <= 55; ++n)
            EXPECT_FALSE(tables.walk(with, tables.first() ^ bit(n))) << "bit " << n << " counts";
    }
}

TEST(Walk, AddrTopFollowsTheHalfOfBit55) {
    const TCR_EL1 low{TCR_EL1::TBI0.mask}, high{TCR_EL1::TBI1.mask};
    EXPECT_EQ(addr_top(low, 0xFF7F'FFFF'FFFF'FFFF), 55U);
    EXPECT_EQ(addr_top(low, 0x0080'0000'0000'0000), 63U);
    EXPECT_EQ(addr_top(high, 0x0080'0000'0000'0000), 55U);
    EXPECT_EQ(addr_top(high, 0xFF7F'FFFF'FFFF'FFFF), 63U);
}

TEST(Walk, BitsWithoutMeaningAreIgnored) {
    Tables tables(granules[0], 25); // its first table is a whole page
    constexpr auto contiguous = bit(52), DBM = bit(51), beyond = bit(48) | bit(49) | bit(50),
                   software = bit(55) | bit(58);
    tables.map(0x5000, 0x9000, 3, AF | contiguous | DBM | beyond | software | bit(63));
    tables.entry(0x5000, 1) |= beyond | DBM | contiguous | 0xFFC;
    tables.map(0x4000'0000, 0x8000'0000, 2, AF | bit(16) | 0x1FF000); // bits of the address below the block's size
    auto regime = tables.regime();
    regime.ttbr0 = TTBR_EL1{regime.ttbr0.value | 0xFFF | bit(48)}; // CnP, RES0, and the ASID
    EXPECT_EQ(tables.walk(regime, 0x5010)->address, 0x9010U);
    EXPECT_EQ(tables.walk(regime, 0x4000'0010)->address, 0x8000'0010U);
    regime.tcr.value |= bit(39) | bit(40) | bit(41) | bit(42) | bit(43) | bit(50) | bit(59) | bit(6); // HA, HD, HPD...
    tables.entry(0x5000, 1) |= bit(60) | bit(59);
    const auto restricted = tables.walk(regime, 0x5010);
    EXPECT_FALSE(restricted->el0.execute) << "hierarchical permissions are not disabled by HPD0: it is RES0";
    EXPECT_FALSE(restricted->el1.execute);
}

TEST(Walk, ASmallFirstTableIsAlignedToItsSizeOnly) {
    Tables tables(granules[0], 39); // 16 entries at level 2: 128 bytes
    tables.map(0, 0x1000, 3);
    const auto first = tables.entry(0, 2);
    tables.entry(0, 2) = 0;
    auto regime = tables.regime();
    constexpr std::uint64_t offset = 128 * 3;
    regime.ttbr0 = TTBR_EL1{tables.root() + offset + 126};
    const auto found = walk(regime, 0x10, [&](Gpa at) -> std::optional<std::uint64_t> {
        return at == tables.root() + offset ? first : tables.read(at);
    });
    ASSERT_TRUE(found);
    EXPECT_EQ(found->address, 0x1010U);
}

TEST(Walk, AttributesShareabilityAndNonGlobalAreTheDescriptors) {
    for (std::uint64_t index = 0; index < 8; ++index)
        for (std::uint64_t shareability = 0; shareability < 4; ++shareability)
            for (std::uint64_t nG = 0; nG < 2; ++nG) {
                Tables tables(granules[0], 25);
                tables.map(0, 0, 3, AF | index << 2 | shareability << 8 | nG << 11);
                auto regime = tables.regime();
                regime.mair = 0x0400'44FF'0C88'BB08;
                const auto found = tables.walk(regime, 0);
                EXPECT_EQ(found->attributes, regime.mair >> (8 * index) & 0xFF);
                EXPECT_EQ(found->device(), index == 0 || index == 3 || index == 6 || index == 7);
                EXPECT_EQ(found->shareability, shareability);
                EXPECT_EQ(found->global, nG == 0);
            }
}

TEST(Walk, TheAsidIsOfTheTableThatA1NamesAndHas8Or16Bits) {
    Regime regime;
    regime.ttbr0 = TTBR_EL1{0x1234'0000'0000'0000};
    regime.ttbr1 = TTBR_EL1{0xABCD'0000'0000'0000};
    EXPECT_EQ(regime.asid(), 0x34);
    regime.tcr = TCR_EL1{TCR_EL1::A1.mask};
    EXPECT_EQ(regime.asid(), 0xCD);
    regime.tcr = TCR_EL1{TCR_EL1::AS.mask};
    EXPECT_EQ(regime.asid(), 0x1234);
    regime.tcr = TCR_EL1{TCR_EL1::A1.mask | TCR_EL1::AS.mask};
    EXPECT_EQ(regime.asid(), 0xABCD);
}

TEST(Walk, WithoutTranslationAddressesAreWhatTheySayAndDataIsDevice) {
    const Tables tables(granules[0], 25);
    auto regime = tables.regime();
    regime.sctlr = SCTLR_EL1{SCTLR_EL1::WXN.mask | SCTLR_EL1::C.mask | SCTLR_EL1::I.mask};
    regime.mair = ~std::uint64_t{0};
    constexpr Rights all{.read = true, .write = true, .execute = true};
    for (const std::uint64_t address : {std::uint64_t{0}, std::uint64_t{0x4000'1234}, bit(48) - 1}) {
        const auto found = tables.walk(regime, address);
        ASSERT_TRUE(found);
        EXPECT_EQ(*found, (Translation{.address = address, .el0 = all, .el1 = all}));
        EXPECT_TRUE(found->device());
    }
    EXPECT_EQ(tables.reads, 0U);
}

TEST(Walk, WithoutTranslationAnAddressBeyondThePhysicalIsAnAddressSizeFault) {
    const Tables tables(granules[0], 25);
    auto regime = tables.regime();
    regime.sctlr = SCTLR_EL1{};
    regime.tcr = TCR_EL1{}; // IPS has no say
    const tl::unexpected fault(Fault{Fault::Kind::AddressSize, 0});
    for (unsigned n = 48; n < 64; ++n)
        EXPECT_EQ(tables.walk(regime, bit(n)), fault);
    regime.pa_bits = 40;
    EXPECT_EQ(tables.walk(regime, bit(40)), fault);
    EXPECT_EQ(tables.walk(regime, bit(39))->address, bit(39));

    regime.tcr = TCR_EL1{TCR_EL1::TBI0.mask};
    EXPECT_EQ(tables.walk(regime, 0xAB00'0000'0000'1234)->address, 0x1234U);
    EXPECT_EQ(tables.walk(regime, 0xAB40'0000'0000'1234), fault);
    EXPECT_EQ(tables.walk(regime, 0xAB80'0000'0000'1234), fault) << "the upper half has its own TBI";
    regime.tcr = TCR_EL1{TCR_EL1::TBI1.mask};
    EXPECT_EQ(tables.walk(regime, 0xAB80'0000'0000'1234), fault) << "bit 55 itself is beyond";
}

} // namespace
} // namespace arm64::walk

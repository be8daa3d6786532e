// SPDX-License-Identifier: Apache-2.0
// Every fault of a walk, at every level where it exists, for every granule.
#include "arch-arm64/walk/walk.hpp"
#include "tests/arch-arm64/walk/tables.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace arm64::walk {
namespace {

constexpr std::uint64_t bit(unsigned n) { return std::uint64_t{1} << n; }

tl::unexpected<Fault> fault(Fault::Kind kind, unsigned level) {
    return tl::unexpected(Fault{kind, static_cast<std::uint8_t>(level)});
}

/// The walks of all levels: for each granule and half, the largest size, and the address that the test concerns.
template <class Visit>
void each_level(Visit visit) {
    for (const auto& granule : granules)
        for (const auto half : {Half::lower, Half::upper})
            for (unsigned level = granule.start(16); level <= 3; ++level) {
                SCOPED_TRACE(testing::Message() << granule.name << ", half " << int(half) << ", level " << level);
                Tables tables(granule, 16, half);
                visit(tables, granule, level, tables.first() + 0x0123'4567'89AB % bit(47));
            }
}

bool leaf_allowed(const Granule& granule, unsigned level) {
    return std::ranges::find(granule.leaf_levels, level) != granule.leaf_levels.end();
}

TEST(WalkFault, AnInvalidDescriptorIsATranslationFaultAtItsLevel) {
    each_level([](Tables& tables, const Granule&, unsigned level, std::uint64_t address) {
        for (const std::uint64_t invalid : {std::uint64_t{0}, std::uint64_t{0b10}, ~std::uint64_t{1}}) {
            tables.entry(address, level) = invalid;
            EXPECT_EQ(tables.walk(address), fault(Fault::Kind::Translation, level));
        }
    });
}

TEST(WalkFault, ABlockWhereNoneMayBeIsATranslationFault) {
    each_level([](Tables& tables, const Granule& granule, unsigned level, std::uint64_t address) {
        tables.entry(address, level) = AF | 0b01;
        if (leaf_allowed(granule, level) && level < 3)
            EXPECT_TRUE(tables.walk(address));
        else
            EXPECT_EQ(tables.walk(address), fault(Fault::Kind::Translation, level));
    });
}

TEST(WalkFault, ATableThatIsInNoMemoryIsAnExternalAbortAtTheLevelOfTheRead) {
    each_level([](Tables& tables, const Granule&, unsigned level, std::uint64_t address) {
        auto regime = tables.regime();
        constexpr std::uint64_t nowhere = 0x1'0000;
        if (level == tables.start())
            (address >> 63 != 0 ? regime.ttbr1 : regime.ttbr0) = TTBR_EL1{nowhere};
        else
            tables.entry(address, level - 1) = nowhere | 0b11;
        EXPECT_EQ(tables.walk(regime, address), fault(Fault::Kind::ExternalOnWalk, level));
    });
}

TEST(WalkFault, AnAddressBeyondIPSIsAnAddressSizeFaultAtTheLevelOfTheDescriptor) {
    constexpr std::array<unsigned, 5> limits{32, 36, 40, 42, 44};
    each_level([&](Tables& tables, const Granule& granule, unsigned level, std::uint64_t address) {
        auto regime = tables.regime();
        for (std::uint64_t IPS = 0; IPS < limits.size(); ++IPS)
            for (unsigned n = limits.at(IPS); n < 48; ++n) {
                regime.tcr = regime.tcr.with(TCR_EL1::IPS, IPS);
                if (level < 3) {
                    tables.entry(address, level) = bit(n) | 0b11;
                    EXPECT_EQ(tables.walk(regime, address), fault(Fault::Kind::AddressSize, level)) << n;
                }
                if (leaf_allowed(granule, level)) {
                    tables.map(address, bit(n), level, 0);
                    EXPECT_EQ(tables.walk(regime, address), fault(Fault::Kind::AddressSize, level))
                        << n << ", and before the access flag";
                }
            }
        if (leaf_allowed(granule, level))
            for (std::uint64_t IPS = 0; IPS < limits.size(); ++IPS) {
                regime.tcr = regime.tcr.with(TCR_EL1::IPS, IPS);
                const auto size = bit(granule.shift.at(level)), highest = bit(limits.at(IPS)) - size;
                tables.map(address, highest, level);
                const auto found = tables.walk(regime, address);
                ASSERT_TRUE(found);
                EXPECT_EQ(found->address, highest + (address & (size - 1)));
            }
    });
}

TEST(WalkFault, ABaseBeyondIPSIsAnAddressSizeFaultAtLevel0) {
    for (const auto& granule : granules)
        for (const auto half : {Half::lower, Half::upper})
            for (const unsigned size : {16U, 30U, 39U}) {
                Tables tables(granule, size, half);
                auto regime = tables.regime();
                regime.tcr = regime.tcr.with(TCR_EL1::IPS, 0);
                (half == Half::lower ? regime.ttbr0 : regime.ttbr1) = TTBR_EL1{bit(32)};
                EXPECT_EQ(tables.walk(regime, tables.first()), fault(Fault::Kind::AddressSize, 0));
                EXPECT_EQ(tables.reads, 0U);
            }
}

TEST(WalkFault, IPSBeyondWhatTheCpuHasMeansWhatItHas) {
    Tables tables(granules[0], 16);
    auto regime = tables.regime();
    regime.pa_bits = 40;
    for (const std::uint64_t IPS : {2U, 3U, 4U, 5U, 6U, 7U}) {
        regime.tcr = regime.tcr.with(TCR_EL1::IPS, IPS);
        tables.map(0, bit(39), 3);
        EXPECT_TRUE(tables.walk(regime, 0)) << IPS;
        tables.map(0, bit(40), 3);
        EXPECT_EQ(tables.walk(regime, 0), fault(Fault::Kind::AddressSize, 3)) << IPS;
    }
    regime.pa_bits = 48;
    for (const std::uint64_t IPS : {5U, 6U, 7U}) {
        regime.tcr = regime.tcr.with(TCR_EL1::IPS, IPS);
        tables.map(0, bit(47), 3);
        EXPECT_TRUE(tables.walk(regime, 0)) << IPS;
    }
}

TEST(WalkFault, APageOrBlockWithoutTheAccessFlagFaultsAtItsLevel) {
    each_level([](Tables& tables, const Granule& granule, unsigned level, std::uint64_t address) {
        if (!leaf_allowed(granule, level))
            return;
        tables.map(address, 0, level, 0);
        EXPECT_EQ(tables.walk(address), fault(Fault::Kind::AccessFlag, level));
    });
}

TEST(WalkFault, AccessThatIsNotPermittedFaultsAtTheLevelOfTheDescriptor) {
    each_level([](Tables& tables, const Granule& granule, unsigned level, std::uint64_t address) {
        if (!leaf_allowed(granule, level))
            return;
        tables.map(address, 0, level, AF | bit(7));
        const auto found = tables.walk(address);
        ASSERT_TRUE(found);
        EXPECT_EQ(check(*found, Who::el1, Access::read), std::nullopt);
        EXPECT_EQ(check(*found, Who::el1, Access::write), (Fault{Fault::Kind::Permission, found->level}));
        EXPECT_EQ(check(*found, Who::el0, Access::read), (Fault{Fault::Kind::Permission, found->level}));
        EXPECT_EQ(found->level, level);
    });
}

TEST(WalkFault, StatusCodesAreThoseOfTheSyndromes) {
    const auto status = [](Fault::Kind kind, unsigned level) {
        return Fault{kind, static_cast<std::uint8_t>(level)}.status();
    };
    EXPECT_EQ(status(Fault::Kind::AddressSize, 0), 0b000000U);
    EXPECT_EQ(status(Fault::Kind::AddressSize, 3), 0b000011U);
    EXPECT_EQ(status(Fault::Kind::Translation, 0), 0b000100U);
    EXPECT_EQ(status(Fault::Kind::Translation, 3), 0b000111U);
    EXPECT_EQ(status(Fault::Kind::AccessFlag, 1), 0b001001U);
    EXPECT_EQ(status(Fault::Kind::Permission, 2), 0b001110U);
    EXPECT_EQ(status(Fault::Kind::ExternalOnWalk, 0), 0b010100U);
    EXPECT_EQ(status(Fault::Kind::ExternalOnWalk, 3), 0b010111U);
}

} // namespace
} // namespace arm64::walk

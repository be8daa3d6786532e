// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/walk/translation.hpp"
#include "tests/arch-arm64/walk/tables.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace arm64::walk {
namespace {

std::string text(Rights rights) {
    return std::string(rights.read ? "r" : "-") + (rights.write ? "w" : "-") + (rights.execute ? "x" : "-");
}

struct Bits {
    std::uint64_t AP, UXN, PXN, APTable, UXNTable, PXNTable, WXN;
};

/// The whole cross of what grants and denies; APTable and its kind at `table_level`.
template <class Visit>
void each_combination(Visit visit) {
    for (std::uint64_t n = 0; n < 512; ++n)
        visit(Bits{n & 3, n >> 2 & 1, n >> 3 & 1, n >> 4 & 3, n >> 6 & 1, n >> 7 & 1, n >> 8 & 1});
}

Translation translate(const Bits& bits, unsigned table_level) {
    Tables tables(granules[0], 16);
    tables.map(0, 0, 3, AF | bits.AP << 6 | bits.UXN << 54 | bits.PXN << 53);
    tables.entry(0, table_level) |= bits.APTable << 61 | bits.UXNTable << 60 | bits.PXNTable << 59;
    auto regime = tables.regime();
    regime.sctlr = regime.sctlr.with(SCTLR_EL1::WXN, bits.WXN);
    return *tables.walk(regime, 0);
}

TEST(Translation, WhoMayDoWhatIsAsTheTablesOfTheManualSay) {
    // Data, by AP[2:1] (D8.4.1, table "Data access permissions"), and then what APTable takes away.
    struct Data {
        std::string el1, el0;
    };
    const Data by_AP[]{{"rw", "--"}, {"rw", "rw"}, {"r-", "--"}, {"r-", "r-"}};
    for (unsigned level = 0; level < 3; ++level)
        each_combination([&](const Bits& bits) {
            auto data = by_AP[bits.AP];
            if ((bits.APTable & 1) != 0)
                data.el0 = "--";
            if ((bits.APTable & 2) != 0)
                data.el1[1] = data.el0[1] = '-';
            const auto writable = [](const std::string& who) { return who[1] == 'w'; };
            const bool no_el1 =
                bits.PXN == 1 || bits.PXNTable == 1 || writable(data.el0) || (bits.WXN == 1 && writable(data.el1));
            const bool no_el0 = bits.UXN == 1 || bits.UXNTable == 1 || (bits.WXN == 1 && writable(data.el0));
            const auto found = translate(bits, level);
            EXPECT_EQ(text(found.rights(Who::el1)), data.el1 + (no_el1 ? '-' : 'x'));
            EXPECT_EQ(text(found.rights(Who::el0)), data.el0 + (no_el0 ? '-' : 'x'));
            const auto pan = data.el0[0] == 'r' ? "--" : data.el1;
            EXPECT_EQ(text(found.rights(Who::el1_pan)), pan + (no_el1 ? '-' : 'x'));
        });
}

TEST(Translation, RestrictionsOfAllTablesAddUp) {
    Tables tables(granules[0], 16);
    tables.map(0, 0, 3, AF | 1 << 6);
    const auto rights = [&](Who who) { return text(tables.walk(0)->rights(who)); };
    EXPECT_EQ(rights(Who::el1), "rw-") << "as EL0 can write it";
    EXPECT_EQ(rights(Who::el0), "rwx");
    tables.entry(0, 0) |= std::uint64_t{1} << 62;
    EXPECT_EQ(rights(Who::el1), "r-x");
    EXPECT_EQ(rights(Who::el0), "r-x");
    tables.entry(0, 1) |= std::uint64_t{1} << 60;
    EXPECT_EQ(rights(Who::el0), "r--");
    tables.entry(0, 2) |= std::uint64_t{1} << 59 | std::uint64_t{1} << 61;
    EXPECT_EQ(rights(Who::el1), "r--");
    EXPECT_EQ(rights(Who::el0), "---");
}

TEST(Translation, AnAtomicAccessReadsAndWrites) {
    const Translation read_only{.level = 3, .el1 = {.read = true}};
    const Translation both{.level = 3, .el1 = {.read = true, .write = true}};
    EXPECT_TRUE(check(read_only, Who::el1, Access::read_write));
    EXPECT_FALSE((Rights{.write = true}.allow(Access::read_write)));
    EXPECT_FALSE(check(both, Who::el1, Access::read_write));
    EXPECT_TRUE(check(both, Who::el1, Access::execute));
    EXPECT_TRUE(check(both, Who::el0, Access::read_write));
}

TEST(Translation, ParTellsPhysicalAddressAttributesAndShareability) {
    const SCTLR_EL1 cached{SCTLR_EL1::C.mask | SCTLR_EL1::M.mask};
    const Translation normal{.address = 0x1234'5678'9ABC, .attributes = 0xFF, .shareability = 0b11};
    EXPECT_EQ(par(normal, cached).value, 0xFF00'1234'5678'9980);
    Translation device = normal;
    device.attributes = 0x04;
    EXPECT_EQ(par(device, cached).value, 0x0400'1234'5678'9900) << "Device is Outer Shareable";
    Translation uncached = normal;
    uncached.attributes = 0x44;
    EXPECT_EQ(par(uncached, cached).value, 0x4400'1234'5678'9900);
    uncached.attributes = 0x4F;
    EXPECT_EQ(par(uncached, cached).value, 0x4F00'1234'5678'9980) << "only outer Non-cacheable";
    EXPECT_EQ(par(normal, SCTLR_EL1{SCTLR_EL1::M.mask}).value, 0x4400'1234'5678'9900) << "SCTLR_EL1.C is 0";
    EXPECT_EQ(par(Translation{.address = 0x8000'0FFF}, SCTLR_EL1{}).value, 0x8000'0900U) << "no translation";
}

TEST(Translation, ParTellsTheFault) {
    EXPECT_EQ(par(Fault{Fault::Kind::Translation, 0}).value, 0x809U);
    EXPECT_EQ(par(Fault{Fault::Kind::AddressSize, 0}).value, 0x801U);
    EXPECT_EQ(par(Fault{Fault::Kind::AccessFlag, 3}).value, 0x817U);
    EXPECT_EQ(par(Fault{Fault::Kind::Permission, 2}).value, 0x81DU);
}

} // namespace
} // namespace arm64::walk

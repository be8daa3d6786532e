// SPDX-License-Identifier: Apache-2.0
// What device and collection tables can hold, flat and in two levels, and what becomes of it when they go. Source: Arm
// IHI 0069, 5.2, 12.19.1.
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/its.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
constexpr std::uint64_t page = 0x1'0000;
constexpr virt::Gpa end_of_RAM = layout::RAM + layout::RAM_size;

/// Whether that device can be mapped: an event of it then is, too.
bool maps(LpiMachine& m, std::uint32_t DeviceID) {
    m.map_device(DeviceID);
    m.its.run({MAPTI(DeviceID, 1, 8192, 0)});
    const bool mapped = m.delivers(DeviceID, 1);
    m.its.run({MAPD(DeviceID, 4, 0, Valid::no)});
    return mapped;
}

/// The same of a collection, as ITS 0 of a machine sees it that has device 0.
bool maps_collection(LpiMachine& m, std::uint32_t ICID) {
    const auto rdbase = m.machine.rdbase(0);
    m.map_device(0);
    m.its.run({MAPC(ICID, rdbase), MAPTI(0, 1, 8192, ICID)});
    const bool mapped = m.delivers(0, 1);
    m.its.run({MAPC(ICID, rdbase, Valid::no)});
    return mapped;
}

void use_device_table(LpiMachine& m, std::uint64_t BASER0) {
    m.its.disable();
    m.its.set_BASER0(BASER0);
    m.its.enable();
}

TEST(ItsTables, AFlatPageHolds8192Devices) {
    LpiMachine m;
    EXPECT_TRUE(maps(m, 0));
    EXPECT_TRUE(maps(m, 8191));
    EXPECT_FALSE(maps(m, 8192));
    EXPECT_FALSE(maps(m, 0xFFFF'FFFF));
    use_device_table(m, baser(m.machine.allocate(3 * page, page), 3));
    EXPECT_TRUE(maps(m, 8192));
    EXPECT_TRUE(maps(m, 3 * 8192 - 1));
    EXPECT_FALSE(maps(m, 3 * 8192));
}

TEST(ItsTables, ADeviceHas16Bits) {
    LpiMachine m;
    use_device_table(m, baser(m.machine.allocate(9 * page, page), 9));
    EXPECT_TRUE(maps(m, 65535));
    EXPECT_FALSE(maps(m, 65536)) << "though the table is large enough";
}

TEST(ItsTables, AnEntryMustBeInRam) {
    LpiMachine m;
    use_device_table(m, baser(end_of_RAM - page, 2));
    EXPECT_TRUE(maps(m, 8191));
    EXPECT_FALSE(maps(m, 8192));
    use_device_table(m, baser(layout::nowhere, 1));
    EXPECT_FALSE(maps(m, 0));
}

TEST(ItsTables, ACollectionIsCheckedLikeADevice) {
    LpiMachine m;
    EXPECT_TRUE(maps_collection(m, 8191));
    EXPECT_FALSE(maps_collection(m, 8192));
    m.its.disable();
    m.its.set_BASER1(baser(m.machine.allocate(8 * page, page), 8));
    m.its.enable();
    EXPECT_TRUE(maps_collection(m, 65535));
    m.its.disable();
    m.its.set_BASER1(baser(end_of_RAM - page, 2));
    m.its.enable();
    EXPECT_TRUE(maps_collection(m, 8190));
    EXPECT_FALSE(maps_collection(m, 8193));
}

TEST(ItsTables, MaptiOfACollectionThatDoesNotFitFails) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 8192), MAPTI(0, 1, 8193, 8191)});
    EXPECT_ERRNO(EINVAL, m.machine.set_spi(8192, false)) << "there is no LPI";
    EXPECT_OK(m.machine.set_spi(8193, false));
    m.its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_TRUE(m.delivers(0, 0)) << "the event was free";
}

TEST(ItsTables, TwoLevelsNeedAValidFirst) {
    LpiMachine m;
    const auto level_1 = m.machine.allocate(page, page);
    const auto level_2 = m.machine.allocate(page, page);
    use_device_table(m, baser(level_1, 1) | GITS_BASER_Indirect);
    EXPECT_FALSE(maps(m, 0));
    EXPECT_FALSE(maps(m, 8192));
    m.machine.set_ram(level_1 + 8, level_1_entry(level_2));
    EXPECT_FALSE(maps(m, 0));
    EXPECT_TRUE(maps(m, 8192)) << "it is looked up for each MAPD";
    EXPECT_TRUE(maps(m, 16383));
    EXPECT_FALSE(maps(m, 16384));
    m.machine.set_ram(level_1 + 7 * 8, level_1_entry(level_2));
    m.machine.set_ram(level_1 + 8 * 8, level_1_entry(level_2));
    EXPECT_TRUE(maps(m, 65535));
    EXPECT_FALSE(maps(m, 65536));
}

TEST(ItsTables, TheSecondLevelMustBeInRam) {
    LpiMachine m;
    const auto level_1 = m.machine.allocate(page, page);
    use_device_table(m, baser(level_1, 1) | GITS_BASER_Indirect);
    m.machine.set_ram(level_1, level_1_entry(layout::nowhere));
    EXPECT_FALSE(maps(m, 0));
    // 51:16 are the address, 63 is valid: the rest means nothing.
    m.machine.set_ram(level_1, level_1_entry(m.machine.allocate(page, page)) | 0x7FF0'0000'0000'FFFF);
    EXPECT_TRUE(maps(m, 1));
    use_device_table(m, baser(layout::nowhere, 1) | GITS_BASER_Indirect);
    EXPECT_FALSE(maps(m, 0));
}

TEST(ItsTables, UnmappingZeroesTheEntryInTheSecondLevel) {
    pitfalls({34});
    LpiMachine m;
    const auto level_1 = m.machine.allocate(page, page);
    const auto level_2 = m.machine.allocate(page, page);
    use_device_table(m, baser(level_1, 1) | GITS_BASER_Indirect);
    m.machine.set_ram(level_1 + 8, level_1_entry(level_2));
    m.machine.set_ram(level_2 + 5 * 8, ~std::uint64_t{0});
    m.machine.set_ram(level_2 + 6 * 8, ~std::uint64_t{0});
    m.its.run({MAPD(8192 + 5, 1, 0, Valid::no), MAPD(5, 1, 0, Valid::no)});
    EXPECT_VALUE(0, m.machine.ram<std::uint64_t>(level_2 + 5 * 8));
    EXPECT_VALUE(~std::uint64_t{0}, m.machine.ram<std::uint64_t>(level_2 + 6 * 8));
    EXPECT_VALUE(level_1_entry(level_2), m.machine.ram<std::uint64_t>(level_1 + 8));
}

TEST(ItsTables, UnmappingADeviceThatCannotBeStoredFails) {
    LpiMachine m;
    const auto level_1 = m.machine.allocate(page, page);
    m.machine.set_ram(level_1, level_1_entry(m.machine.allocate(page, page)));
    use_device_table(m, baser(level_1, 1) | GITS_BASER_Indirect);
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    m.machine.set_ram(level_1, std::uint64_t{0});
    m.its.run({MAPD(0, 4, 0, Valid::no)});
    EXPECT_TRUE(m.delivers(0, 0)) << "still mapped";
}

TEST(ItsTables, AddressesHave52Bits) {
    // 15:12 are bits 51:48 of the address, also of pages of 64 KiB: there is no RAM, so nothing can be stored.
    LpiMachine m;
    use_device_table(m, m.its.BASER0() | 0x1000);
    EXPECT_FALSE(maps(m, 0));
    use_device_table(m, m.its.BASER0() & ~std::uint64_t{0x1000});
    EXPECT_TRUE(maps(m, 0));
}

TEST(ItsTables, AnInvalidDeviceTableForgetsItsDevices) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    m.its.disable();
    m.its.write(GITS_BASER0, m.its.BASER0() & ~GITS_BASER_Valid);
    EXPECT_ERRNO(EINVAL, m.machine.set_spi(8192, false)) << "the LPI is gone";
    m.its.enable();
    EXPECT_FALSE(m.delivers(0, 0));
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8193, 0)});
    EXPECT_TRUE(m.delivers(0, 0)) << "collections are another table's";
}

TEST(ItsTables, AnInvalidCollectionTableForgetsItsCollections) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    m.its.disable();
    m.its.write(GITS_BASER1, m.its.BASER1() & ~GITS_BASER_Valid);
    m.its.enable();
    EXPECT_OK(m.machine.set_spi(8192, false)) << "the LPI is there";
    EXPECT_FALSE(m.delivers(0, 0));
    m.its.run({MAPC(0, m.machine.rdbase(0)), INT(0, 0)});
    EXPECT_FALSE(m.delivers(0, 0)) << "and lost its collection";
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_TRUE(m.delivers(0, 0));
}

/// Whether the mapping of an event outlives a value in a GITS_BASER.
bool survives(std::uint64_t offset, std::uint64_t (*change)(std::uint64_t)) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    m.its.disable();
    m.its.write(offset, change(m.its.read(offset)));
    m.its.write(GITS_CTLR, GITS_CTLR_Enabled);
    return m.delivers(0, 0);
}

TEST(ItsTables, AnotherTableMayForgetWhatTheFirstMapped) {
    for (const auto offset : {GITS_BASER0, GITS_BASER1}) {
        EXPECT_TRUE(survives(offset, [](std::uint64_t value) { return value; }));
        EXPECT_TRUE(survives(offset, [](std::uint64_t value) { return value & ~std::uint64_t{0x300}; }))
            << "4 KiB pages are 64 KiB again";
        const bool forgets = facts().changing_baser_forgets_mappings;
        EXPECT_EQ(!forgets, survives(offset, [](std::uint64_t value) { return value + page; }));
        EXPECT_EQ(!forgets, survives(offset, [](std::uint64_t value) { return value + 1; })); // pages
        EXPECT_EQ(!forgets, survives(offset, [](std::uint64_t value) { return value ^ 0x400; })); // shareability
    }
}

TEST(ItsTables, SuspendAndResumeAsLinuxDoes) {
    LpiMachine m({0, 1});
    auto& guest = m.guest(0);
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 1)});
    // its_save_disable, its_restore_enable: no MAPC again, for HCC is 0.
    const virt::Gpa frame = layout::ITS;
    guest.run({store32(frame + GITS_CTLR, 0), store64(frame + GITS_CBASER, m.its.CBASER()),
               store64(frame + GITS_CWRITER, 0), store64(frame + GITS_BASER0, m.its.BASER0()),
               store64(frame + GITS_BASER1, m.its.BASER1()), store32(frame + GITS_CTLR, GITS_CTLR_Enabled)});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_TRUE(m.delivers(0, 1));
    EXPECT_EQ(m.guest(0).take(), Intids{8192});
    EXPECT_EQ(m.guest(1).take(), Intids{8193});
}

} // namespace
} // namespace conformance

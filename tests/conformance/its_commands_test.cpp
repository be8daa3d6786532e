// SPDX-License-Identifier: Apache-2.0
// ITS commands, one by one: what they check and what they do. Mappings that change: its_mapping_test.cpp. Source: Arm
// IHI 0069, 5.3.
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/its.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
constexpr std::uint8_t disabled = 0xA0;

TEST(ItsCommands, AGuestMapsAnEventAndTakesIt) {
    Machine machine(Bricks{.its = 1});
    auto& guest = machine.puppet();
    Lpis lpis(machine);
    lpis.configure(8195);
    guest.run(open_gic() + lpis.enable_from_guest(0));
    Its its(machine, 0, &guest);
    its.enable();
    its.run({MAPD(7, 4, its.ITT(4)), MAPC(2, machine.rdbase(0)), MAPTI(7, 3, 8195, 2), SYNC(machine.rdbase(0))});
    EXPECT_EQ(guest.poll(), Intids{});
    its.run({INT(7, 3)});
    EXPECT_EQ(guest.take(), Intids{8195});
    EXPECT_TRUE(must(machine.vm().signal(its.msi(7, 3))));
    EXPECT_EQ(guest.take(), Intids{8195});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(ItsCommands, WrongOnesAreSkippedSilently) {
    pitfalls({28});
    LpiMachine m;
    auto& guest = m.guest();
    const auto ITT = m.its.ITT(1);
    m.its.run({RAW({0x77}), RAW({0}), MAPD(1, 1, ITT), RAW({0xFF}), MAPTI(2, 0, 8192, 0), // no such device
               MAPC(0, 0xFFFF), MOVI(1, 0, 0), DISCARD(1, 0), INT(1, 0), CLEAR(1, 0), INV(1, 0), INVALL(99),
               MOVALL(0, 0xFFFF), RAW({0x77}), MAPTI(1, 0, 8192, 0)});
    EXPECT_VALUE(GITS_CTLR_Quiescent | GITS_CTLR_Enabled, m.its.read(GITS_CTLR));
    EXPECT_VALUE(m.its.read(GITS_CWRITER), m.its.CREADR()) << "neither Stalled nor behind";
    EXPECT_TRUE(m.delivers(1, 0));
    EXPECT_FALSE(m.delivers(1, 1));
    EXPECT_EQ(guest.take(), Intids{8192});
}

TEST(ItsCommands, FieldsThatNobodyReadsMayBeAnything) {
    LpiMachine m;
    const auto ITT = m.its.ITT(4);
    constexpr std::uint64_t junk = 0xAAAA'AA00;
    auto mapd = MAPD(0, 4, ITT);
    mapd.words[0] |= junk;
    mapd.words[1] |= 0xFFFF'FFE0;
    mapd.words[3] = ~std::uint64_t{0};
    auto mapti = MAPTI(0, 3, 8192, 0);
    mapti.words[0] |= junk;
    mapti.words[2] |= 0xFFFF'FFFF'FFFF'0000;
    mapti.words[3] = ~std::uint64_t{0};
    m.its.run({mapd, mapti});
    EXPECT_TRUE(m.delivers(0, 3));
    EXPECT_EQ(m.guest().take(), Intids{8192});
}

TEST(ItsCommands, MapdRefusesMoreEventBitsThanThereAre) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 1, 8192, 0), MAPD(0, 17, m.its.ITT(4)), MAPD(0, 32, m.its.ITT(4))});
    EXPECT_TRUE(m.delivers(0, 1)) << "the mapping before is still there";
    m.its.run({MAPD(0, 32, 0, Valid::no)});
    EXPECT_FALSE(m.delivers(0, 1)) << "which does not matter without V";
    m.its.run({MAPD(0, 16, m.its.ITT(16)), MAPTI(0, 65535, 8192, 0)});
    EXPECT_TRUE(m.delivers(0, 65535));
}

TEST(ItsCommands, MapdDoesNotLookAtTheTranslationTable) {
    LpiMachine m;
    const auto ITT = m.its.ITT(4);
    for (std::uint32_t n = 0; n < 16; ++n)
        m.machine.set_ram(ITT + n * 8, ITE(1, 8192 + n, 0));
    m.its.run({MAPD(0, 4, ITT)});
    EXPECT_FALSE(m.delivers(0, 0));
    EXPECT_VALUE(ITE(1, 8192, 0), m.machine.ram<std::uint64_t>(ITT)) << "and leaves it alone";
    // It need not be in RAM at all, only an event's entry must.
    m.its.run({MAPD(1, 4, layout::nowhere), MAPTI(1, 0, 8192, 0)});
    EXPECT_FALSE(m.delivers(1, 0));
    // RAM ends after 32 entries.
    const virt::Gpa end = layout::RAM + layout::RAM_size;
    m.its.run({MAPD(1, 6, end - 0x100), MAPTI(1, 31, 8192, 0), MAPTI(1, 32, 8193, 0)});
    EXPECT_TRUE(m.delivers(1, 31));
    EXPECT_FALSE(m.delivers(1, 32));
}

TEST(ItsCommands, MaptiChecksDeviceEventAndIntid) {
    LpiMachine m;
    m.map_device(0, 3);
    m.its.run({MAPTI(1, 0, 8192, 0), MAPTI(0, 8, 8192, 0), MAPTI(0, 0x1'0000, 8192, 0), MAPTI(0, 0, 8191, 0),
               MAPTI(0, 1, 65536, 0), MAPTI(0, 2, 0, 0), MAPTI(0, 3, 40, 0)});
    EXPECT_FALSE(m.delivers(1, 0));
    for (const std::uint32_t event : {0U, 1U, 2U, 3U, 8U})
        EXPECT_FALSE(m.delivers(0, event)) << event;
    m.its.run({MAPTI(0, 7, 65535, 0)});
    EXPECT_TRUE(m.delivers(0, 7));
}

TEST(ItsCommands, MaptiOfAMappedEventChangesNothing) {
    pitfalls({32});
    LpiMachine m({0, 1});
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPTI(0, 0, 8193, 1)});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest(0).take(), Intids{8192});
    EXPECT_EQ(m.guest(1).poll(), Intids{});
    EXPECT_ERRNO(EINVAL, m.machine.set_spi(8193, false)) << "there is no such LPI";
}

TEST(ItsCommands, MapiTakesTheEventForTheIntid) {
    LpiMachine m;
    m.map_device(0, 14);
    m.its.run({MAPI(0, 8200, 0), MAPI(0, 8191, 0), MAPI(0, 16384, 0)});
    EXPECT_TRUE(m.delivers(0, 8200));
    EXPECT_FALSE(m.delivers(0, 8191)) << "no LPI";
    EXPECT_FALSE(m.delivers(0, 16384)) << "no event of that device";
    EXPECT_EQ(m.guest().take(), Intids{8200});
}

TEST(ItsCommands, IntIsAMessage) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0), INT(0, 0), INT(0, 0), INT(0, 1)});
    EXPECT_EQ(m.guest().take(), Intids{8192});
    EXPECT_EQ(m.guest().poll(), Intids{});
    must(m.machine.set_gicr(0, GICR_CTLR, 0));
    m.its.run({INT(0, 0)});
    must(m.machine.set_gicr(0, GICR_CTLR, GICR_CTLR_EnableLPIs));
    EXPECT_EQ(m.guest().poll(), Intids{}) << "LPIs were disabled";
}

TEST(ItsCommands, ClearTakesBackWhatNoVcpuHas) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 0), INT(0, 0), INT(0, 1), CLEAR(0, 0), CLEAR(0, 2)});
    EXPECT_EQ(m.guest().take(), Intids{8193});
    EXPECT_EQ(m.guest().poll(), Intids{});
    m.its.run({INT(0, 0)});
    EXPECT_EQ(m.guest().take(), Intids{8192});
}

TEST(ItsCommands, InvReloadsOneLpi) {
    LpiMachine m;
    m.map_device(0);
    m.lpis.configure(8192, disabled);
    m.lpis.configure(8193, disabled);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 0), INT(0, 0), INT(0, 1)});
    m.lpis.configure(8192);
    m.lpis.configure(8193);
    m.its.run({INV(0, 5), INV(0, 1)});
    EXPECT_EQ(m.guest().take(), Intids{8193});
    EXPECT_EQ(m.guest().poll(), Intids{});
}

TEST(ItsCommands, InvWorksWithoutACollection) {
    pitfalls({35});
    LpiMachine m;
    m.map_device(0);
    m.lpis.configure(8192, disabled);
    m.its.run({MAPTI(0, 0, 8192, 0), INT(0, 0), MAPC(0, m.machine.rdbase(0), Valid::no)});
    m.lpis.configure(8192);
    m.its.run({INV(0, 0)});
    EXPECT_EQ(m.guest().take(), Intids{8192}) << "the LPI still has its target";
}

TEST(ItsCommands, InvallReloadsThoseOfTheCollectionsVcpu) {
    pitfalls({35});
    LpiMachine m({0, 1});
    m.map_device(0);
    m.its.run({MAPC(5, m.machine.rdbase(0)), MAPC(6, m.machine.rdbase(1)), MAPTI(0, 0, 8192, 0)});
    m.lpis.configure(8192, disabled);
    m.its.run({INVALL(1), INVALL(6), INVALL(99)}); // another vCPU's, and one that is not mapped
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest(0).take(), Intids{8192}) << "still enabled";
    m.its.run({INVALL(5)}); // another collection of the same vCPU
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest(0).poll(), Intids{});
    m.lpis.configure(8192);
    m.its.run({INVALL(0)});
    EXPECT_EQ(m.guest(0).take(), Intids{8192});
}

TEST(ItsCommands, SyncMayNameAnybody) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({SYNC(0), SYNC(0xFFFF'FFFF), MAPTI(0, 0, 8192, 0)});
    EXPECT_TRUE(m.delivers(0, 0));
}

TEST(ItsCommands, LongListsAreDoneWhenTheStoreIs) {
    LpiMachine m;
    auto& guest = m.guest();
    m.map_device(0, 8);
    std::uint64_t tail = m.its.read(GITS_CWRITER);
    for (std::uint32_t event = 0; event < 256; ++event, tail += sizeof(ItsCommand))
        m.machine.set_ram(m.its.queue_base() + tail, MAPTI(0, event, 8192 + event, 0));
    const auto result = guest.run({store32(layout::ITS + GITS_CWRITER, tail), load32(layout::ITS + GITS_CREADR)});
    EXPECT_VALUE(tail, result[1].value);
    for (const std::uint32_t event : {0U, 128U, 255U})
        EXPECT_TRUE(m.delivers(0, event)) << event;
}

} // namespace
} // namespace conformance

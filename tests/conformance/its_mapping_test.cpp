// SPDX-License-Identifier: Apache-2.0
// Mappings that change while interrupts are on their way: MAPD, MAPC, MOVI, MOVALL, DISCARD. Source: Arm IHI 0069, 5.3.
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
constexpr std::uint64_t poison = 0xDEAD'BEEF'DEAD'BEEF;

TEST(ItsMapping, MapdAgainForgetsTheEvents) {
    pitfalls({29});
    LpiMachine m;
    const auto ITT = m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPD(0, 4, ITT), INT(0, 0)});
    EXPECT_FALSE(m.delivers(0, 0));
    EXPECT_EQ(m.guest().poll(), Intids{});
    EXPECT_ERRNO(EINVAL, m.machine.set_spi(8192, true)) << "the LPI is gone";
    m.its.run({MAPTI(0, 0, 8193, 0), INT(0, 0)});
    EXPECT_EQ(m.guest().take(), Intids{8193});
}

TEST(ItsMapping, WhatIsOnItsWayOutlivesItsMapping) {
    for (const auto& unmap : {MAPD(0, 4, 0, Valid::no), DISCARD(0, 0)}) {
        LpiMachine m;
        m.map_device(0);
        m.its.run({MAPTI(0, 0, 8192, 0), INT(0, 0), unmap});
        EXPECT_OK(m.machine.set_spi(8192, false)) << "the vCPU's list holds the LPI";
        EXPECT_FALSE(m.delivers(0, 0));
        EXPECT_EQ(m.guest().take(), Intids{8192});
        EXPECT_EQ(m.guest().poll(), Intids{});
        EXPECT_ERRNO(EINVAL, m.machine.set_spi(8192, false));
    }
}

TEST(ItsMapping, ALatchDoesNotOutliveItsMapping) {
    LpiMachine m;
    m.map_device(0);
    m.lpis.configure(8192, 0xA0); // disabled: on no vCPU's list
    m.its.run({MAPTI(0, 0, 8192, 0), INT(0, 0), MAPD(0, 4, 0, Valid::no)});
    EXPECT_ERRNO(EINVAL, m.machine.set_spi(8192, false));
    m.lpis.configure(8192);
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_EQ(m.guest().poll(), Intids{});
}

TEST(ItsMapping, UnmappingADeviceZeroesItsEntry) {
    pitfalls({34});
    LpiMachine m;
    m.map_device(3);
    const auto entry = m.its.device_table() + 3 * 8;
    for (const virt::Gpa address : {entry - 8, entry, entry + 8})
        m.machine.set_ram(address, poison);
    m.its.run({MAPD(3, 4, m.its.ITT(4))});
    EXPECT_VALUE(poison, m.machine.ram<std::uint64_t>(entry)) << "mapping writes nothing";
    m.its.run({MAPD(3, 1, 0, Valid::no)});
    EXPECT_VALUE(0, m.machine.ram<std::uint64_t>(entry));
    EXPECT_VALUE(poison, m.machine.ram<std::uint64_t>(entry - 8));
    EXPECT_VALUE(poison, m.machine.ram<std::uint64_t>(entry + 8));
    m.its.run({MAPD(4, 1, 0, Valid::no)});
    EXPECT_VALUE(0, m.machine.ram<std::uint64_t>(entry + 8)) << "of a device that was not mapped, too";
}

TEST(ItsMapping, DiscardZeroesTheEventsEntry) {
    pitfalls({34});
    LpiMachine m;
    const auto ITT = m.map_device(0);
    for (std::uint32_t n = 0; n < 4; ++n)
        m.machine.set_ram(ITT + n * 8, poison);
    m.its.run({MAPTI(0, 1, 8192, 0), DISCARD(0, 2)});
    for (std::uint32_t n = 0; n < 4; ++n)
        EXPECT_VALUE(poison, m.machine.ram<std::uint64_t>(ITT + n * 8)) << n;
    m.its.run({DISCARD(0, 1)});
    EXPECT_VALUE(poison, m.machine.ram<std::uint64_t>(ITT));
    EXPECT_VALUE(0, m.machine.ram<std::uint64_t>(ITT + 8));
    EXPECT_VALUE(poison, m.machine.ram<std::uint64_t>(ITT + 16));
    EXPECT_FALSE(m.delivers(0, 1));
}

TEST(ItsMapping, DiscardDropsWhatIsPending) {
    LpiMachine m;
    m.map_device(0);
    m.lpis.configure(8192, 0xA0);
    m.its.run({MAPTI(0, 0, 8192, 0), INT(0, 0), DISCARD(0, 0)});
    m.lpis.configure(8192);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_EQ(m.guest().poll(), Intids{});
    EXPECT_FALSE(m.latched(0, 8192));
}

TEST(ItsMapping, DiscardNeedsAMappedCollection) {
    pitfalls({33});
    LpiMachine m;
    const auto ITT = m.map_device(0);
    m.machine.set_ram(ITT, poison);
    m.its.run({MAPTI(0, 0, 8192, 9), DISCARD(0, 0)});
    EXPECT_VALUE(poison, m.machine.ram<std::uint64_t>(ITT));
    m.its.run({MAPC(9, m.machine.rdbase(0)), INT(0, 0)});
    EXPECT_EQ(m.guest().take(), Intids{8192});
}

TEST(ItsMapping, MaptiMayComeBeforeMapc) {
    LpiMachine m({0, 1});
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 9)});
    EXPECT_FALSE(m.delivers(0, 0));
    m.its.run({MAPC(9, m.machine.rdbase(1))});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest(1).take(), Intids{8192});
}

TEST(ItsMapping, MapcOfAnUnknownRedistributorIsSkipped) {
    LpiMachine m({0, 1});
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 9), MAPC(9, 2), MAPC(9, 0x1'0000), MAPC(9, 0xFFFF'FFFF)});
    EXPECT_FALSE(m.delivers(0, 0));
    m.its.run({MAPC(9, m.machine.rdbase(1)), MAPC(9, 2)});
    EXPECT_TRUE(m.delivers(0, 0)) << "what was mapped stays";
    EXPECT_EQ(m.guest(1).take(), Intids{8192});
}

TEST(ItsMapping, MapcAgainMovesTheCollectionsLpis) {
    LpiMachine m({0, 1});
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 5), MAPC(5, m.machine.rdbase(0)), INT(0, 0), INT(0, 1)});
    m.its.run({MAPC(0, m.machine.rdbase(1))}); // what is on vCPU 0's list migrates when it looks
    EXPECT_EQ(m.guest(0).take(), Intids{8193});
    EXPECT_EQ(m.guest(0).poll(), Intids{});
    EXPECT_EQ(m.guest(1).take(), Intids{8192});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest(1).take(), Intids{8192});
    EXPECT_EQ(m.guest(0).poll(), Intids{});
}

TEST(ItsMapping, EventsOutliveTheirCollectionButDoNotComeBack) {
    pitfalls({30});
    LpiMachine m;
    m.map_device(0);
    const auto rdbase = m.machine.rdbase(0);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPC(0, rdbase, Valid::no)});
    EXPECT_FALSE(m.delivers(0, 0));
    EXPECT_OK(m.machine.set_spi(8192, false)) << "the LPI is there";
    m.its.run({MAPC(0, rdbase), MAPC(5, rdbase), INT(0, 0), MAPTI(0, 0, 8193, 0), MOVI(0, 0, 5), DISCARD(0, 0),
               MAPTI(0, 0, 8193, 0), INT(0, 0)});
    EXPECT_FALSE(m.delivers(0, 0)) << "mapping, moving, discarding: all in vain";
    EXPECT_EQ(m.guest().poll(), Intids{});
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8193, 0), INT(0, 0)});
    EXPECT_EQ(m.guest().take(), Intids{8193});
}

TEST(ItsMapping, UnmappingACollectionMayCheckItsRedistributor) {
    pitfalls({31});
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPC(0, 0xFFFF, Valid::no)});
    EXPECT_EQ(m.delivers(0, 0), facts().unmapping_mapc_checks_rdbase);
    m.its.run({MAPC(0, m.machine.rdbase(0), Valid::no)});
    EXPECT_FALSE(m.delivers(0, 0));
}

TEST(ItsMapping, UnmappingAnUnknownCollectionIsFine) {
    LpiMachine m;
    m.map_device(0);
    m.its.run(
        {MAPTI(0, 0, 8192, 0), MAPC(77, m.machine.rdbase(0), Valid::no), MAPC(0xFFFF, m.machine.rdbase(0), Valid::no)});
    EXPECT_TRUE(m.delivers(0, 0));
}

TEST(ItsMapping, AnUnmappedCollectionLeavesWhatIsPending) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0), INT(0, 0), MAPC(0, m.machine.rdbase(0), Valid::no)});
    EXPECT_EQ(m.guest().take(), Intids{8192});
}

TEST(ItsMapping, MoviRetargetsAndTakesPendingAlong) {
    LpiMachine m({0, 1});
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0), INT(0, 0), MOVI(0, 0, 1)});
    EXPECT_EQ(m.guest(0).poll(), Intids{}); // here it changes lists
    EXPECT_EQ(m.guest(1).take(), Intids{8192});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest(1).take(), Intids{8192});
    EXPECT_EQ(m.guest(0).poll(), Intids{});
    m.its.run({MAPC(0, m.machine.rdbase(1)), MAPC(1, m.machine.rdbase(0))}); // it belongs to collection 1 now
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest(0).take(), Intids{8192});
}

TEST(ItsMapping, MoviNeedsAnEventAndTwoMappedCollections) {
    LpiMachine m({0, 1});
    m.map_device(0);
    m.its.run(
        {MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 9), MOVI(0, 0, 99), MOVI(0, 0, 9), MOVI(0, 2, 1), MOVI(0, 1, 1)});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest(0).take(), Intids{8192}) << "not moved";
    EXPECT_FALSE(m.delivers(0, 1)) << "from a collection without vCPU nothing moves away";
    EXPECT_FALSE(m.delivers(0, 2));
}

TEST(ItsMapping, MovallMovesLpisAndNotCollections) {
    LpiMachine m({0, 1});
    m.map_device(0);
    const auto vcpu0 = m.machine.rdbase(0);
    const auto vcpu1 = m.machine.rdbase(1);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 1), INT(0, 0), INT(0, 1), MOVALL(vcpu0, vcpu1)});
    EXPECT_EQ(m.guest(0).poll(), Intids{});
    EXPECT_EQ(m.guest(1).take(2), (Intids{8193, 8192})) << "the order in which they reached it";
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest(1).take(), Intids{8192});
    m.its.run({MAPTI(0, 2, 8194, 0), INT(0, 2)}); // collection 0 still is vCPU 0
    EXPECT_EQ(m.guest(0).take(), Intids{8194});
    m.its.run({MAPC(0, vcpu0), INT(0, 0)});
    EXPECT_EQ(m.guest(0).take(), Intids{8192});
}

TEST(ItsMapping, MovallChecksBothRedistributors) {
    LpiMachine m({0, 1});
    m.map_device(0);
    const auto vcpu0 = m.machine.rdbase(0);
    m.its.run({MAPTI(0, 0, 8192, 0), MOVALL(vcpu0, 2), MOVALL(2, vcpu0), MOVALL(vcpu0, 0xFFFF'FFFF),
               MOVALL(vcpu0, vcpu0), INT(0, 0)});
    EXPECT_EQ(m.guest(0).take(), Intids{8192});
}

TEST(ItsMapping, WithoutLpisAtTheTargetAMoveStillCounts) {
    LpiMachine m({0, 1});
    m.map_device(0);
    must(m.machine.set_gicr(1, GICR_CTLR, 0));
    m.its.run({MAPTI(0, 0, 8192, 0), MOVI(0, 0, 1)});
    EXPECT_ERRNO(EBUSY, m.signal(0, 0));
    must(m.machine.set_gicr(1, GICR_CTLR, GICR_CTLR_EnableLPIs));
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest(1).take(), Intids{8192});
}

TEST(ItsMapping, RemappingAHotpluggedCpusCollectionIsWhatLinuxDoes) {
    LpiMachine m({0, 1});
    auto& guest = m.guest(0);
    m.map_device(0);
    for (unsigned cpu = 0; cpu < 2; ++cpu) { // its_cpu_init: RDbase is GICR_TYPER.Processor_Number
        const auto number = guest.load64(layout::gicr(cpu) + GICR_TYPER) >> 8 & 0xFFFF;
        m.its.run({MAPC(cpu, number), SYNC(number), INVALL(cpu), SYNC(number)});
        m.its.run({MAPC(cpu, number), SYNC(number), INVALL(cpu), SYNC(number)});
    }
    m.its.run({MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 1), INT(0, 0), INT(0, 1)});
    EXPECT_EQ(m.guest(0).take(), Intids{8192});
    EXPECT_EQ(m.guest(1).take(), Intids{8193});
}

} // namespace
} // namespace conformance

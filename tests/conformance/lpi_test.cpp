// SPDX-License-Identifier: Apache-2.0
// LPIs: configuration and pending tables, and the registers of a redistributor that are about them. Source: Arm IHI
// 0069, 5.1, 12.11.
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/its.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
constexpr virt::Gpa frame = layout::GICR;
constexpr std::uint64_t PTZ = std::uint64_t{1} << 62;
constexpr std::uint8_t disabled = 0xA0;
constexpr std::uint32_t CES_IR = 6; // GICR_CTLR: EnableLPIs can be cleared, INVLPIR exists

std::uint64_t propbaser(Machine& machine, unsigned vcpu) {
    return must(machine.gicr(vcpu, GICR_PROPBASER)) | std::uint64_t{must(machine.gicr(vcpu, GICR_PROPBASER + 4))} << 32;
}

TEST(Lpi, OnlyAnItsBringsThem) {
    Machine machine(Bricks{});
    EXPECT_VALUE(9, must(machine.gicd(GICD_TYPER)) >> 19 & 0x1F);
    EXPECT_VALUE(0, must(machine.gicd(GICD_TYPER)) >> 17 & 1);
    EXPECT_VALUE(0, must(machine.gicr(0, GICR_TYPER)) & 1);
    EXPECT_VALUE(0, propbaser(machine, 0));
    EXPECT_OK(machine.set_gicr(0, GICR_CTLR, GICR_CTLR_EnableLPIs));
    EXPECT_VALUE(CES_IR, machine.gicr(0, GICR_CTLR)) << "there is nothing to enable";
    ASSERT_OK(machine.create_its());
    EXPECT_VALUE(15, must(machine.gicd(GICD_TYPER)) >> 19 & 0x1F);
    EXPECT_VALUE(1, must(machine.gicd(GICD_TYPER)) >> 17 & 1);
    EXPECT_VALUE(1, must(machine.gicr(0, GICR_TYPER)) & 1);
    EXPECT_VALUE(0x580, propbaser(machine, 0));
    EXPECT_VALUE(0x580, machine.gicr(0, GICR_PENDBASER));
    EXPECT_OK(machine.set_gicr(0, GICR_CTLR, GICR_CTLR_EnableLPIs));
    EXPECT_VALUE(CES_IR | GICR_CTLR_EnableLPIs, machine.gicr(0, GICR_CTLR));
}

TEST(Lpi, CreatingAnItsResetsPropbaser) {
    Machine machine(Bricks{.its = 1});
    Lpis lpis(machine);
    lpis.enable(0);
    EXPECT_VALUE(lpis.PROPBASER(), propbaser(machine, 0));
    ASSERT_OK(machine.create_its());
    EXPECT_VALUE(0x580, propbaser(machine, 0)) << "even while LPIs are enabled";
}

TEST(Lpi, ThereIsOnePropbaserAndAPendbaserForEachVcpu) {
    pitfalls({40});
    Machine machine(Bricks{.vcpus = {0, 1}, .its = 1});
    Lpis lpis(machine);
    auto& guest = machine.puppet(0);
    guest.store64(layout::gicr(0) + GICR_PROPBASER, lpis.PROPBASER());
    guest.store64(layout::gicr(0) + GICR_PENDBASER, lpis.PENDBASER(0));
    EXPECT_VALUE(lpis.PROPBASER(), guest.load64(layout::gicr(1) + GICR_PROPBASER));
    EXPECT_VALUE(0x580, guest.load64(layout::gicr(1) + GICR_PENDBASER));
    guest.store64(layout::gicr(1) + GICR_PROPBASER, lpis.PROPBASER() + 0x1000);
    EXPECT_VALUE(lpis.PROPBASER() + 0x1000, guest.load64(layout::gicr(0) + GICR_PROPBASER));
}

TEST(Lpi, TablesAreFixedWhileLpisAreEnabled) {
    pitfalls({41});
    Machine machine(Bricks{.vcpus = {0, 1}, .its = 1});
    Lpis lpis(machine);
    auto& guest = machine.puppet(0);
    guest.run(lpis.enable_from_guest(0));
    guest.store64(layout::gicr(0) + GICR_PROPBASER, 0);
    guest.store64(layout::gicr(0) + GICR_PENDBASER, 0);
    EXPECT_OK(machine.set_gicr(0, GICR_PROPBASER, 0));
    EXPECT_OK(machine.set_gicr(0, GICR_PENDBASER, 0));
    EXPECT_VALUE(lpis.PROPBASER(), guest.load64(layout::gicr(0) + GICR_PROPBASER));
    EXPECT_VALUE(lpis.PENDBASER(0), guest.load64(layout::gicr(0) + GICR_PENDBASER));
    // A redistributor without LPIs changes what all of them use.
    guest.store64(layout::gicr(1) + GICR_PROPBASER, lpis.PROPBASER() - 1);
    EXPECT_VALUE(lpis.PROPBASER() - 1, guest.load64(layout::gicr(0) + GICR_PROPBASER));
}

TEST(Lpi, TableRegistersAreSanitised) {
    pitfalls({42});
    Machine machine(Bricks{.its = 1});
    auto& guest = machine.puppet();
    struct Row {
        std::uint64_t offset, written, read;
    };
    constexpr std::uint64_t all = ~std::uint64_t{0};
    for (const auto& [offset, written, read] : std::to_array<Row>({
             {GICR_PROPBASER, all, 0x000F'FFFF'FFFF'FF9F}, // outer as inner; 51:12
             {GICR_PENDBASER, all, 0x000F'FFFF'FFFF'0F80}, // 51:16, and no PTZ
             {GICR_PENDBASER, PTZ, 0x180},
             {GICR_PROPBASER, 0, 0x180},                         // from Device-nGnRnE to RaWb
             {GICR_PROPBASER, 1 << 7, 0x180},                    // from Non-cacheable to RaWb
             {GICR_PROPBASER, 7 << 7, 7 << 7},                   // RaWaWb stays
             {GICR_PROPBASER, 2 << 10 | 7 << 7, 1 << 10 | 7 << 7}, // outer to inner shareable
             {GICR_PENDBASER, 2 << 10 | 7 << 7, 1 << 10 | 7 << 7},
             {GICR_PROPBASER, std::uint64_t{1} << 56 | 7 << 7, std::uint64_t{1} << 56 | 7 << 7}, // outer Non-cacheable
             {GICR_PENDBASER, std::uint64_t{2} << 56 | 7 << 7, 7 << 7},
             {GICR_PROPBASER, 0x8080'178F, 0x8080'178F}, // as Linux writes them
             {GICR_PENDBASER, 0x8081'0780, 0x8081'0780},
         })) {
        guest.store64(frame + offset, written);
        EXPECT_VALUE(read, guest.load64(frame + offset)) << std::hex << offset << " = " << written;
        EXPECT_VALUE(read >> 32, guest.load32(frame + offset + 4));
        EXPECT_OK(machine.set_gicr(0, offset, static_cast<std::uint32_t>(written)));
        EXPECT_OK(machine.set_gicr(0, offset + 4, static_cast<std::uint32_t>(written >> 32)));
        EXPECT_VALUE(read & 0xFFFF'FFFF, machine.gicr(0, offset));
    }
}

TEST(Lpi, TableRegistersHaveHalves) {
    Machine machine(Bricks{.its = 1});
    auto& guest = machine.puppet();
    for (const auto offset : {GICR_PROPBASER, GICR_PENDBASER}) {
        guest.store32(frame + offset, 0x8081'0780);
        guest.store32(frame + offset + 4, 0x5);
        EXPECT_VALUE(0x5'8081'0780, guest.load64(frame + offset)) << std::hex << offset;
        guest.store32(frame + offset, 0x8082'0780);
        EXPECT_VALUE(0x5'8082'0780, guest.load64(frame + offset)) << std::hex << offset;
    }
}

TEST(Lpi, ConfigurationIsReadWhenMappedAndNotAtDelivery) {
    pitfalls({36});
    LpiMachine m;
    m.map_device(0);
    m.lpis.configure(8193, disabled);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 0)});
    m.lpis.configure(8192, disabled);
    m.lpis.configure(8193);
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_TRUE(m.delivers(0, 1)) << "latched, but disabled";
    EXPECT_EQ(m.guest().take(), Intids{8192});
    EXPECT_EQ(m.guest().poll(), Intids{});
    m.its.run({INV(0, 0), INV(0, 1)});
    EXPECT_EQ(m.guest().take(), Intids{8193});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest().poll(), Intids{});
}

TEST(Lpi, BitOneOfTheConfigurationMeansNothing) {
    LpiMachine m;
    m.map_device(0);
    m.lpis.configure(8192, 0xA2); // Linux's default
    m.lpis.configure(8193, 0xA3);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 0)});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_TRUE(m.delivers(0, 1));
    EXPECT_EQ(m.guest().take(), Intids{8193});
    EXPECT_EQ(m.guest().poll(), Intids{});
}

TEST(Lpi, PriorityHasSixBits) {
    pitfalls({37});
    LpiMachine m;
    m.map_device(0, 5);
    // So many that KVM has to sort them: a virtual CPU interface with 5 bits of priority cannot tell 0xA4 from 0xA0.
    constexpr std::uint32_t n = 24;
    for (std::uint32_t event = 0; event < n; ++event) {
        m.lpis.configure(8192 + event, event + 1 < n ? 0xA5 : 0xA1);
        m.its.run({MAPTI(0, event, 8192 + event, 0), INT(0, event)});
    }
    const auto taken = m.guest().take(n);
    ASSERT_EQ(taken.size(), n);
    EXPECT_EQ(taken[0], 8192 + n - 1) << "it came last";
}

TEST(Lpi, PriorityMasksThem) {
    LpiMachine m;
    m.map_device(0);
    m.lpis.configure(8192, 0xF1);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    m.guest().msr(ICC_PMR_EL1, 0xF0);
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest().poll(), Intids{});
    m.lpis.configure(8192, 0xE1);
    m.its.run({INV(0, 0)});
    EXPECT_EQ(m.guest().take(), Intids{8192});
}

TEST(Lpi, HasNoActiveState) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    m.guest().msr(ICC_CTLR_EL1, ICC_CTLR_EL1_EOImode); // the handler drops priority and deactivates nothing
    for (int n = 0; n < 2; ++n) {
        EXPECT_TRUE(m.delivers(0, 0));
        EXPECT_EQ(m.guest().take(), Intids{8192});
    }
    EXPECT_EQ(m.guest().poll(), Intids{});
    EXPECT_VALUE(0xFF, m.guest().mrs(ICC_RPR_EL1));
}

TEST(Lpi, TwoMessagesBeforeTheAcknowledgeAreOneInterrupt) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest().take(), Intids{8192});
    EXPECT_EQ(m.guest().poll(), Intids{});
}

TEST(Lpi, PendingBitMovesOutOfTheTableWhenMapped) {
    pitfalls({38});
    LpiMachine m;
    m.map_device(0);
    m.lpis.set_pending(0, 8193, true);
    m.lpis.set_pending(0, 8194, true); // its neighbour in the byte
    m.its.run({MAPTI(0, 0, 8193, 0)});
    EXPECT_FALSE(m.lpis.pending(0, 8193));
    EXPECT_TRUE(m.lpis.pending(0, 8194));
    EXPECT_EQ(m.guest().take(), Intids{8193});
    EXPECT_EQ(m.guest().poll(), Intids{});
}

TEST(Lpi, PendingBitOfAnLpiWithoutTargetStays) {
    LpiMachine m;
    m.map_device(0);
    m.lpis.set_pending(0, 8192, true);
    m.its.run({MAPTI(0, 0, 8192, 7), MAPC(7, m.machine.rdbase(0))}); // the collection comes too late
    EXPECT_TRUE(m.lpis.pending(0, 8192));
    EXPECT_EQ(m.guest().poll(), Intids{});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest().take(), Intids{8192});
}

TEST(Lpi, EnablingReadsThePendingTable) {
    Machine machine(Bricks{.its = 1});
    Lpis lpis(machine);
    lpis.configure(8192);
    lpis.configure(8193);
    Its its(machine, 0);
    its.enable();
    EXPECT_OK(machine.set_gicr(0, GICR_PROPBASER, static_cast<std::uint32_t>(lpis.PROPBASER())));
    EXPECT_OK(machine.set_gicr(0, GICR_PENDBASER, static_cast<std::uint32_t>(lpis.PENDBASER(0))));
    its.run({MAPC(0, machine.rdbase(0)), MAPD(0, 4, its.ITT(4)), MAPTI(0, 0, 8192, 0)});
    lpis.set_pending(0, 8192, true);
    lpis.set_pending(0, 8193, true); // is not mapped
    auto& guest = machine.puppet();
    guest.run(open_gic() + lpis.enable_from_guest(0));
    EXPECT_TRUE(lpis.pending(0, 8192)) << "read, and not cleared";
    EXPECT_EQ(guest.take(), Intids{8192});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Lpi, EnablingWithPtzReadsNothing) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_OK(m.machine.set_gicr(0, GICR_CTLR, 0));
    m.lpis.set_pending(0, 8192, true);
    EXPECT_OK(m.machine.set_gicr(0, GICR_PENDBASER + 4, static_cast<std::uint32_t>(PTZ >> 32)));
    EXPECT_OK(m.machine.set_gicr(0, GICR_CTLR, GICR_CTLR_EnableLPIs));
    EXPECT_EQ(m.guest().poll(), Intids{});
    // Without, the latch follows the table in both directions.
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_OK(m.machine.set_gicr(0, GICR_CTLR, 0));
    m.lpis.set_pending(0, 8192, true);
    EXPECT_OK(m.machine.set_gicr(0, GICR_PENDBASER + 4, 0));
    EXPECT_OK(m.machine.set_gicr(0, GICR_CTLR, GICR_CTLR_EnableLPIs));
    EXPECT_EQ(m.guest().take(), Intids{8192});
}

TEST(Lpi, DisablingDropsWhatIsOnItsWay) {
    LpiMachine m({0, 1});
    m.map_device(0);
    m.lpis.configure(8193, disabled);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 0), MAPTI(0, 2, 8194, 1)});
    for (const std::uint32_t event : {0U, 1U, 2U})
        EXPECT_TRUE(m.delivers(0, event));
    m.guest(0).store32(frame + GICR_CTLR, 0);
    EXPECT_VALUE(CES_IR, m.guest(0).load32(frame + GICR_CTLR)) << "no RWP: it is done";
    EXPECT_FALSE(m.latched(0, 8192));
    EXPECT_TRUE(m.latched(0, 8193)) << "disabled, it is on no vCPU's list and keeps its latch";
    EXPECT_TRUE(m.latched(1, 8194)) << "another redistributor's";
    EXPECT_ERRNO(EBUSY, m.signal(0, 0));
    EXPECT_EQ(m.guest(1).take(), Intids{8194});
}

TEST(Lpi, WritingOneAgainDoesNotReadTheTable) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 0)});
    EXPECT_TRUE(m.delivers(0, 0));
    m.lpis.set_pending(0, 8193, true);
    m.guest().store32(frame + GICR_CTLR, GICR_CTLR_EnableLPIs);
    EXPECT_EQ(m.guest().take(), Intids{8192});
    EXPECT_EQ(m.guest().poll(), Intids{});
}

TEST(Lpi, SavingWritesLatchesOfMappedLpis) {
    LpiMachine m({0, 1});
    m.map_device(0);
    m.lpis.configure(8194, disabled);
    m.its.run(
        {MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 1), MAPTI(0, 2, 8194, 0), MAPTI(0, 3, 8195, 0), MAPTI(0, 4, 8196, 9)});
    for (const std::uint32_t event : {0U, 1U, 2U})
        EXPECT_TRUE(m.delivers(0, event));
    EXPECT_FALSE(m.delivers(0, 4)) << "has no target";
    m.lpis.set_pending(0, 8195, true); // stale
    m.lpis.set_pending(0, 8200, true); // of no LPI
    m.machine.set_ram(m.lpis.pending_table(0) + 1023, std::uint8_t{0x55});
    ASSERT_OK(m.machine.save_pending_tables());
    EXPECT_TRUE(m.lpis.pending(0, 8192));
    EXPECT_TRUE(m.lpis.pending(1, 8193));
    EXPECT_FALSE(m.lpis.pending(0, 8193));
    EXPECT_TRUE(m.lpis.pending(0, 8194));
    EXPECT_FALSE(m.lpis.pending(0, 8195));
    EXPECT_FALSE(m.lpis.pending(0, 8196));
    EXPECT_TRUE(m.lpis.pending(0, 8200));
    EXPECT_VALUE(0x55, m.machine.ram<std::uint8_t>(m.lpis.pending_table(0) + 1023));
    EXPECT_EQ(m.guest(0).take(), Intids{8192}) << "saving changes nothing";
}

TEST(Lpi, SavingErrors) {
    Machine early;
    ASSERT_OK(early.create_vcpu(0));
    ASSERT_OK(early.init_vcpu(0));
    ASSERT_OK(early.create_gic());
    EXPECT_ERRNO(ENXIO, early.save_pending_tables()) << "not initialised";

    Machine machine(Bricks{.its = 1});
    EXPECT_OK(machine.save_pending_tables()) << "nothing to write";
    Lpis lpis(machine);
    Its its(machine, 0);
    its.enable();
    EXPECT_OK(machine.set_gicr(0, GICR_PROPBASER, static_cast<std::uint32_t>(lpis.PROPBASER())));
    EXPECT_OK(machine.set_gicr(0, GICR_PENDBASER, static_cast<std::uint32_t>(lpis.PENDBASER(0))));
    its.run({MAPC(0, machine.rdbase(0)), MAPD(0, 4, its.ITT(4)), MAPTI(0, 0, 8192, 0)});
    EXPECT_OK(machine.save_pending_tables()) << "LPIs need not be enabled";
    EXPECT_OK(machine.set_gicr(0, GICR_PENDBASER, layout::nowhere));
    EXPECT_ERRNO(EFAULT, machine.save_pending_tables());
}

TEST(Lpi, InvlpirReloadsAnyLpi) {
    pitfalls({35});
    LpiMachine m({0, 1});
    m.map_device(0);
    m.lpis.configure(8192, disabled);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_TRUE(m.delivers(0, 0));
    m.lpis.configure(8192);
    auto& guest = m.guest(0);
    guest.store64(layout::gicr(1) + GICR_INVLPIR, 8193); // another, which is none
    guest.store64(layout::gicr(1) + GICR_INVLPIR, 40); // no LPI
    guest.store32(layout::gicr(1) + GICR_INVLPIR + 4, 8192);
    EXPECT_EQ(guest.poll(), Intids{});
    guest.store32(layout::gicr(1) + GICR_INVLPIR, 8192); // at a redistributor that it does not target
    EXPECT_EQ(guest.take(), Intids{8192});
    const auto result =
        guest.run({load64(frame + GICR_INVLPIR), load64(frame + GICR_INVALLR), load32(frame + GICR_SYNCR)});
    for (std::size_t n = 0; n < 3; ++n)
        EXPECT_VALUE(0, result[n].value) << n;
}

TEST(Lpi, InvallrReloadsThoseOfItsVcpu) {
    pitfalls({35});
    LpiMachine m({0, 1});
    m.map_device(0);
    m.lpis.configure(8192, disabled);
    m.lpis.configure(8193, disabled);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 0)});
    m.lpis.configure(8192);
    m.lpis.configure(8193);
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_TRUE(m.delivers(0, 1));
    auto& guest = m.guest(0);
    guest.store64(layout::gicr(1) + GICR_INVALLR, 0);
    guest.store32(layout::gicr(0) + GICR_INVALLR + 4, 0);
    EXPECT_EQ(guest.poll(), Intids{});
    guest.store32(layout::gicr(0) + GICR_INVALLR, 0);
    EXPECT_EQ(guest.take(2), (Intids{8192, 8193}));
}

TEST(Lpi, InvalidationRegistersNeedEnabledLpis) {
    LpiMachine m({0, 1});
    m.map_device(0);
    m.lpis.configure(8192, disabled);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_TRUE(m.delivers(0, 0));
    m.lpis.configure(8192);
    auto& guest = m.guest(0);
    guest.store32(layout::gicr(1) + GICR_CTLR, 0);
    guest.store64(layout::gicr(1) + GICR_INVLPIR, 8192);
    EXPECT_EQ(guest.poll(), Intids{});
    guest.store64(layout::gicr(0) + GICR_INVLPIR, 8192);
    EXPECT_EQ(guest.take(), Intids{8192});
}

TEST(Lpi, SetlpirAndClrlpirDoNotExist) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    m.guest().store64(frame + GICR_SETLPIR, 8192);
    EXPECT_FALSE(m.latched(0, 8192));
    EXPECT_TRUE(m.delivers(0, 0));
    m.guest().store64(frame + GICR_CLRLPIR, 8192);
    EXPECT_TRUE(m.latched(0, 8192));
    EXPECT_VALUE(0, m.guest().load64(frame + GICR_SETLPIR));
}

TEST(Lpi, PropbaserBoundsWhatCanBeMapped) {
    struct Row {
        std::uint32_t IDbits; // GICR_PROPBASER.IDbits: one less
        std::uint32_t last; // 0: none
    };
    for (const auto [IDbits, last] : std::to_array<Row>({{12, 0}, {13, 16383}, {15, 65535}, {31, 65535}})) {
        Machine machine(Bricks{.its = 1});
        Lpis lpis(machine);
        Its its(machine, 0);
        its.enable();
        const auto PROPBASER = static_cast<std::uint32_t>((lpis.PROPBASER() & ~std::uint64_t{0x1F}) | IDbits);
        EXPECT_OK(machine.set_gicr(0, GICR_PROPBASER, PROPBASER));
        EXPECT_OK(machine.set_gicr(0, GICR_PENDBASER, static_cast<std::uint32_t>(lpis.PENDBASER(0))));
        its.run({MAPC(0, machine.rdbase(0)), MAPD(0, 4, its.ITT(4)), MAPTI(0, 0, 8191, 0), MAPTI(0, 1, 8192, 0),
                 MAPTI(0, 2, last, 0), MAPTI(0, 3, last == 0 ? 8193 : last + 1, 0)});
        EXPECT_FALSE(must(machine.vm().signal(its.msi(0, 0)))) << IDbits;
        if (last == 0) {
            EXPECT_FALSE(must(machine.vm().signal(its.msi(0, 1)))) << IDbits;
        } else {
            EXPECT_ERRNO(EBUSY, machine.vm().signal(its.msi(0, 1))) << IDbits; // is mapped, LPIs are disabled
            EXPECT_ERRNO(EBUSY, machine.vm().signal(its.msi(0, 2))) << IDbits;
        }
        EXPECT_FALSE(must(machine.vm().signal(its.msi(0, 3)))) << IDbits;
    }
}

TEST(Lpi, AnUnreadablePendingTableFailsTheMapping) {
    Machine machine(Bricks{.its = 1});
    Lpis lpis(machine);
    Its its(machine, 0);
    its.enable();
    EXPECT_OK(machine.set_gicr(0, GICR_PROPBASER, static_cast<std::uint32_t>(lpis.PROPBASER())));
    EXPECT_OK(machine.set_gicr(0, GICR_PENDBASER, layout::nowhere));
    its.run({MAPC(0, machine.rdbase(0)), MAPD(0, 4, its.ITT(4)), MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 9)});
    EXPECT_ERRNO(EINVAL, machine.set_spi(8192, true));
    EXPECT_OK(machine.set_spi(8193, true)) << "without a target there is no table to read";
}

TEST(Lpi, AnUnreadableConfigurationFailsTheMapping) {
    Machine machine(Bricks{.its = 1});
    Lpis lpis(machine);
    Its its(machine, 0);
    its.enable();
    EXPECT_OK(machine.set_gicr(0, GICR_PROPBASER, layout::nowhere | 15));
    its.run({MAPC(0, machine.rdbase(0)), MAPD(0, 4, its.ITT(4)), MAPTI(0, 0, 8192, 0)});
    EXPECT_FALSE(must(machine.vm().signal(its.msi(0, 0))));
    EXPECT_ERRNO(EINVAL, machine.set_spi(8192, true));
    lpis.configure(8192);
    lpis.enable(0);
    its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_TRUE(must(machine.vm().signal(its.msi(0, 0))));
}

TEST(Lpi, IsOneObjectWhoeverMapsIt) {
    LpiMachine m({0, 1});
    m.map_device(0);
    m.map_device(1);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    m.lpis.configure(8192, disabled);
    m.its.run({MAPTI(1, 5, 8192, 1)}); // neither a new target nor a new configuration
    EXPECT_TRUE(m.delivers(1, 5));
    EXPECT_TRUE(m.latched(0, 8192));
    EXPECT_EQ(m.guest(0).take(), Intids{8192});
    EXPECT_EQ(m.guest(1).poll(), Intids{});
    m.its.run({MOVI(0, 0, 1)}); // moves it for both
    EXPECT_TRUE(m.delivers(1, 5));
    EXPECT_EQ(m.guest(1).take(), Intids{8192});
    m.its.run({DISCARD(0, 0)});
    EXPECT_TRUE(m.delivers(1, 5)) << "the last reference keeps it";
    EXPECT_EQ(m.guest(1).take(), Intids{8192});
    EXPECT_OK(m.machine.set_spi(8192, false));
    m.its.run({DISCARD(1, 5)});
    EXPECT_ERRNO(EINVAL, m.machine.set_spi(8192, false));
}

TEST(Lpi, KvmIrqLineCanRaiseIt) {
    LpiMachine m;
    m.map_device(0);
    EXPECT_ERRNO(EINVAL, m.machine.set_spi(8192, true));
    m.its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_OK(m.machine.set_spi(8192, false));
    EXPECT_EQ(m.guest().poll(), Intids{});
    EXPECT_OK(m.machine.set_spi(8192, true));
    EXPECT_EQ(m.guest().take(), Intids{8192});
    EXPECT_EQ(m.guest().poll(), Intids{});
}

} // namespace
} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
// State that leaves one VM and enters another. Source: Documentation/virt/kvm/devices/arm-vgic-v3.rst,
// arm-vgic-its.rst.
#include "tests/conformance/arch_timer.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/its.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"
#include "tests/conformance/state.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
using Texts = std::vector<std::string>;

Intids sorted(Intids intids) {
    std::ranges::sort(intids);
    return intids;
}

TEST(SaveRestore, CollectionsAreAPackedListWithATerminator) {
    pitfalls({47});
    Machine machine(Bricks{.its = 1});
    Its its(machine, 0);
    its.enable();
    machine.set_ram(its.collection_table() + 16, ~std::uint64_t{0}); // where the terminator goes
    its.run({MAPC(5, machine.rdbase(0)), MAPC(2, machine.rdbase(0))});
    ASSERT_OK(machine.save_its_tables(0));
    std::vector<std::uint64_t> icids;
    for (const virt::Gpa entry : {its.collection_table(), its.collection_table() + 8}) {
        const auto CTE = machine.ram<std::uint64_t>(entry);
        EXPECT_EQ(CTE >> 63, 1U);
        icids.push_back(CTE & 0xFFFF);
    }
    EXPECT_EQ(icids, (std::vector<std::uint64_t>{5, 2})) << "in the order of their mapping";
    EXPECT_VALUE(0, machine.ram<std::uint64_t>(its.collection_table() + 16));
}

TEST(SaveRestore, WhatComesOutOfTheSecondVmIsWhatWentIn) {
    const Bricks bricks{.vcpus = {0, 1}, .its = 1};
    Machine from(bricks);
    auto& first = from.puppet(0);
    auto& second = from.puppet(1);
    Lpis lpis(from);
    Its its(from, 0, &first);
    first.set_handler(Handler::acknowledge);
    first.run(open_gic(EOImode::drop) + enable_spi(40, Trigger::edge, 0, 0x58) + lpis.enable_from_guest(0) +
              lpis.enable_from_guest(1));
    second.run(open_cpu_interface() + enable_private(1, 20, 0x48) +
               List{msr(ICC_PMR_EL1, 0xB0), msr(ICC_BPR0_EL1, 4), msr(ICC_BPR1_EL1, 5), msr(ICC_IGRPEN0_EL1, 1)});
    ASSERT_OK(from.set_spi(40, true));
    ASSERT_EQ(first.take(), Intids{40}); // and is active
    ASSERT_OK(from.set_spi(40, true));   // and pending
    first.run(enable_spi(72, Trigger::level, 1, 0x80) + // its line, a latch, a disabled one, another group
              List{store32(layout::GICD + GICD_ISPENDR + 8, bit_of(73)),
                   store32(layout::GICD + GICD_IGROUPR + 12, 0xFFFF'0000), msr(ICC_SGI1R_EL1, 4 << 24 | 2)});
    ASSERT_OK(from.set_spi(72, true));
    ASSERT_OK(from.set_spi(100, true));
    ASSERT_OK(from.set_ppi(20, 1, true));
    its.enable();
    for (const std::uint32_t lpi : {8200U, 8202U})
        lpis.configure(lpi, 0x61);
    its.run({MAPD(7, 4, its.ITT(4)), MAPD(9, 2, its.ITT(2)), MAPC(1, from.rdbase(1)), MAPC(0, from.rdbase(0)),
             MAPTI(7, 0, 8200, 0), MAPTI(7, 9, 8201, 1), MAPTI(9, 3, 8202, 5)});
    ASSERT_TRUE(must(from.vm().signal(its.msi(7, 0))));
    ASSERT_TRUE(must(from.vm().signal(its.msi(7, 9)))); // disabled
    ASSERT_FALSE(must(from.vm().signal(its.msi(9, 3)))); // no such collection
    if (provider().executes_code())
        second.run({msr(CNTV_CVAL_EL0, 0x1234'5678'9ABC'DEF0), msr(CNTV_CTL_EL0, CTL_ENABLE), msr(TPIDR_EL0, 77),
                    msr(CNTKCTL_EL1, 3)});

    const auto state = save(from);
    Machine to(bricks);
    restore(state, to);
    EXPECT_EQ(differences(state, save(to)), Texts{});
}

TEST(SaveRestore, WhatIsPendingIsTakenOnceInTheOtherVm) {
    Machine from(Bricks{});
    const auto GICD = layout::GICD;
    from.puppet().run(open_gic() + enable_spi(40, Trigger::edge) + enable_spi(64, Trigger::level) +
                      enable_spi(65, Trigger::level) + enable_private(0, 3) + enable_private(0, 20) +
                      List{store32(GICD + GICD_ISPENDR + 8, bit_of(65)), msr(ICC_SGI1R_EL1, 3 << 24 | 1)});
    ASSERT_OK(from.set_spi(40, true));
    ASSERT_OK(from.set_spi(64, true));
    ASSERT_OK(from.set_ppi(20, 0, true));
    const auto state = save(from);

    Machine to(Bricks{});
    restore(state, to);
    auto& guest = to.puppet();
    guest.on_interrupt([&](std::uint32_t intid) { // the devices that the lines belong to
        if (intid == 64) {
            EXPECT_OK(to.set_spi(64, false));
        }
        if (intid == 20) {
            EXPECT_OK(to.set_ppi(20, 0, false));
        }
    });
    EXPECT_EQ(sorted(guest.take(5)), (Intids{3, 20, 40, 64, 65}));
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(SaveRestore, NestedActiveInterruptsUnwindInTheOtherVm) {
    Machine from(Bricks{});
    {
        auto& guest = from.puppet();
        guest.set_handler(Handler::acknowledge);
        guest.run(open_gic() + enable_spi(40, Trigger::edge, 0, 0x40) + enable_spi(41, Trigger::edge, 0, 0xA0) +
                  enable_spi(42, Trigger::edge, 0, 0x80));
        for (const std::uint32_t intid : {41U, 40U}) {
            ASSERT_OK(from.set_spi(intid, true));
            ASSERT_EQ(guest.take(), Intids{intid});
        }
        ASSERT_OK(from.set_spi(42, true));
    }
    const auto state = save(from);

    Machine to(Bricks{});
    restore(state, to);
    auto& guest = to.puppet();
    EXPECT_VALUE(0x40, guest.mrs(ICC_RPR_EL1));
    EXPECT_EQ(guest.poll(), Intids{}); // 42 has to wait for 40, and not for 41
    guest.msr(ICC_EOIR1_EL1, 40);
    EXPECT_VALUE(0xA0, guest.mrs(ICC_RPR_EL1));
    EXPECT_EQ(guest.take(), Intids{42});
    EXPECT_VALUE(0x80, guest.mrs(ICC_RPR_EL1));
    guest.run({msr(ICC_EOIR1_EL1, 42), msr(ICC_EOIR1_EL1, 41)});
    EXPECT_VALUE(0xFF, guest.mrs(ICC_RPR_EL1));
    EXPECT_VALUE(0, to.gicd(word_of(GICD_ISACTIVER, 40)));
    EXPECT_OK(to.set_spi(40, true));
    EXPECT_EQ(guest.take(), Intids{40});
}

TEST(SaveRestore, AnActiveSpiGoesOnInAnotherVm) {
    Machine from(Bricks{});
    from.puppet().set_handler(Handler::acknowledge);
    from.puppet().run(open_gic() + enable_spi(40, Trigger::edge));
    ASSERT_OK(from.set_spi(40, true));
    ASSERT_EQ(from.puppet().take(), Intids{40});
    const auto state = save(from);

    Machine to(Bricks{});
    restore(state, to);
    EXPECT_VALUE(bit_of(40), to.gicd(word_of(GICD_ISACTIVER, 40)));
    auto& guest = to.puppet();
    EXPECT_VALUE(0xA0, guest.mrs(ICC_RPR_EL1));
    EXPECT_OK(to.set_spi(40, true));
    EXPECT_EQ(guest.poll(), Intids{}); // active, and nothing of that priority gets through
    guest.msr(ICC_EOIR1_EL1, 40);
    EXPECT_EQ(guest.take(), Intids{40});
}

/// A guest that takes interrupts on one vCPU, with an ITS: device 7, LPIs 8200 (enabled) and 8201, and an old INT.
struct WithIts {
    explicit WithIts(Machine& machine) : lpis(machine), its(machine, 0), itt(its.ITT(4)) {}

    void begin(Machine& machine) {
        machine.puppet().run(open_gic() + lpis.enable_from_guest(0));
        lpis.configure(8200);
        its.enable();
        its.run({MAPD(7, 4, itt), MAPC(2, machine.rdbase(0)), MAPTI(7, 0, 8200, 2), MAPTI(7, 1, 8201, 2), INT(7, 0)});
        ASSERT_EQ(machine.puppet().take(), Intids{8200});
    }

    Lpis lpis;
    Its its;
    virt::Gpa itt;
};

TEST(SaveRestore, PendingLpisGoThroughThePendingTable) {
    pitfalls({38});
    Machine from(Bricks{.its = 1});
    WithIts theirs(from);
    theirs.begin(from);
    for (const std::uint32_t event : {0U, 1U})
        ASSERT_TRUE(must(from.vm().signal(theirs.its.msi(7, event))));
    EXPECT_FALSE(theirs.lpis.pending(0, 8200)) << "not before it is saved";
    const auto state = save(from);
    EXPECT_TRUE(theirs.lpis.pending(0, 8200));
    EXPECT_TRUE(theirs.lpis.pending(0, 8201)) << "disabled, and pending all the same";

    Machine to(Bricks{.its = 1});
    WithIts ours(to);
    restore(state, to);
    EXPECT_FALSE(ours.lpis.pending(0, 8200)) << "taken out of the table";
    EXPECT_FALSE(ours.lpis.pending(0, 8201));
    EXPECT_EQ(to.puppet().take(), Intids{8200});
    EXPECT_EQ(to.puppet().poll(), Intids{});
    ours.its.adopt();
    ours.lpis.configure(8201);
    ours.its.run({INV(7, 1)});
    EXPECT_EQ(to.puppet().take(), Intids{8201});
    EXPECT_EQ(to.puppet().poll(), Intids{});
}

TEST(SaveRestore, SavingPendingTablesSparesTheirFirstKibibyteAndOtherBits) {
    Machine machine(Bricks{.its = 1});
    WithIts with(machine);
    with.begin(machine);
    const auto table = with.lpis.pending_table(0);
    machine.set_ram<std::uint8_t>(table, 0x5A);
    machine.set_ram<std::uint8_t>(table + 1023, 0xA5);
    with.lpis.set_pending(0, 8207, true);  // not mapped
    with.lpis.set_pending(0, 8200, true);  // mapped, and not pending
    ASSERT_TRUE(must(machine.vm().signal(with.its.msi(7, 1))));
    EXPECT_OK(machine.save_pending_tables());
    EXPECT_VALUE(0x5A, machine.ram<std::uint8_t>(table));
    EXPECT_VALUE(0xA5, machine.ram<std::uint8_t>(table + 1023));
    EXPECT_TRUE(with.lpis.pending(0, 8207));
    EXPECT_FALSE(with.lpis.pending(0, 8200));
    EXPECT_TRUE(with.lpis.pending(0, 8201));
    EXPECT_EQ(machine.puppet().poll(), Intids{}) << "8201 is disabled; saving changes nothing else";
}

TEST(SaveRestore, AnItsGoesOnWhereItWas) {
    Machine from(Bricks{.its = 1});
    WithIts theirs(from);
    theirs.begin(from);
    const auto state = save(from);

    Machine to(Bricks{.its = 1});
    WithIts ours(to);
    restore(state, to);
    ours.its.adopt();
    EXPECT_EQ(to.puppet().poll(), Intids{}) << "the old INT is not executed again";
    EXPECT_EQ(ours.its.CREADR(), theirs.its.CREADR());
    EXPECT_TRUE(must(to.vm().signal(ours.its.msi(7, 0))));
    EXPECT_EQ(to.puppet().take(), Intids{8200});
    ours.lpis.configure(8203);
    ours.its.run({MAPTI(7, 3, 8203, 2), INT(7, 3)});
    EXPECT_EQ(to.puppet().take(), Intids{8203});
    EXPECT_TRUE(must(from.vm().signal(theirs.its.msi(7, 0)))) << "the first VM goes on, too";
    EXPECT_EQ(from.puppet().take(), Intids{8200});
}

TEST(SaveRestore, QueuedCommandsOfADisabledItsWaitInTheOtherVm) {
    Machine from(Bricks{.its = 1});
    WithIts theirs(from);
    theirs.begin(from);
    theirs.its.disable();
    theirs.its.queue({INT(7, 0)});
    const auto state = save(from);

    Machine to(Bricks{.its = 1});
    WithIts ours(to);
    restore(state, to);
    EXPECT_EQ(to.puppet().poll(), Intids{});
    ours.its.write(GITS_CTLR, GITS_CTLR_Enabled);
    EXPECT_EQ(to.puppet().take(), Intids{8200});
}

TEST(SaveRestore, BinaryPointOfGroup1IsLostBehindCbpr) {
    Machine from(Bricks{});
    from.puppet().run({msr(ICC_BPR0_EL1, 3), msr(ICC_BPR1_EL1, 6), msr(ICC_CTLR_EL1, ICC_CTLR_EL1_CBPR)});
    EXPECT_VALUE(4, from.icc(0, ICC_BPR1_EL1)) << "what it amounts to";
    const auto state = save(from);
    EXPECT_OK(from.set_icc(0, ICC_CTLR_EL1, must(from.icc(0, ICC_CTLR_EL1)) & ~ICC_CTLR_EL1_CBPR));
    EXPECT_VALUE(6, from.icc(0, ICC_BPR1_EL1)) << "it was there";

    Machine to(Bricks{});
    restore(state, to);
    EXPECT_VALUE(ICC_CTLR_EL1_CBPR, must(to.icc(0, ICC_CTLR_EL1)) & ICC_CTLR_EL1_CBPR);
    EXPECT_OK(to.set_icc(0, ICC_CTLR_EL1, must(to.icc(0, ICC_CTLR_EL1)) & ~ICC_CTLR_EL1_CBPR));
    EXPECT_VALUE(4, to.icc(0, ICC_BPR1_EL1));
}

TEST(SaveRestore, NeedsEveryVcpuToBeOutsideTheGuest) {
    Machine machine(Bricks{.vcpus = {0, 1}, .its = 1});
    auto& guest = machine.puppet(1);
    guest.run(open_gic() + enable_spi(40, Trigger::edge, 1));
    guest.start(take(1));
    const auto guard = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (machine.gicd(GICD_CTLR) && std::chrono::steady_clock::now() < guard) // until it has entered; it stays there
        std::this_thread::yield();
    EXPECT_ERRNO(EBUSY, machine.gicd(GICD_CTLR));
    EXPECT_ERRNO(EBUSY, machine.set_gicd(GICD_CTLR, 0));
    EXPECT_ERRNO(EBUSY, machine.gicr(0, GICR_CTLR)) << "of another vCPU";
    EXPECT_ERRNO(EBUSY, machine.icc(0, ICC_PMR_EL1));
    EXPECT_ERRNO(EBUSY, machine.line_level(32));
    EXPECT_ERRNO(EBUSY, machine.save_pending_tables());
    EXPECT_ERRNO(EBUSY, machine.gits(0, GITS_CTLR));
    EXPECT_ERRNO(EBUSY, machine.save_its_tables(0));
    EXPECT_ERRNO(EBUSY, machine.restore_its_tables(0));
    EXPECT_ERRNO(EBUSY, machine.reset_its(0));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_EQ(guest.wait().interrupts(), Intids{40});
}

} // namespace
} // namespace conformance

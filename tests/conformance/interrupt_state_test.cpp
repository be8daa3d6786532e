// SPDX-License-Identifier: Apache-2.0
// The life of an interrupt: line, latch, enable, active, group, priority. Source: Arm IHI 0069, 4.1.2, 4.8.
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <thread>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
constexpr std::uint32_t spi = 40;
constexpr auto bit = bit_of(spi);
constexpr auto at(std::uint64_t array) { return layout::GICD + word_of(array, spi); }
constexpr auto edge = Trigger::edge;
constexpr auto level = Trigger::level;

/// A machine with one vCPU that takes one SPI.
struct Fixture : Machine {
    explicit Fixture(Trigger trigger, EOImode mode = EOImode::drop_and_deactivate)
        : Machine(Bricks{}), guest(puppet()) {
        guest.run(open_gic(mode) + enable_spi(spi, trigger));
    }
    Puppet& guest;
};

TEST(InterruptState, TwoEdgesBeforeTheAcknowledgeAreOne) {
    pitfalls({12});
    Fixture machine(edge);
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(machine.guest.take(), Intids{spi});
    EXPECT_EQ(machine.guest.poll(), Intids{});
}

TEST(InterruptState, AFallingEdgeIsNothing) {
    Fixture machine(edge);
    EXPECT_OK(machine.set_spi(spi, false));
    EXPECT_EQ(machine.guest.poll(), Intids{});
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_OK(machine.set_spi(spi, false));
    EXPECT_VALUE(bit, machine.gicd(word_of(GICD_ISPENDR, spi)));
    EXPECT_EQ(machine.guest.take(), Intids{spi});
    EXPECT_EQ(machine.guest.poll(), Intids{});
}

TEST(InterruptState, ALineThatFallsAgainBeforeTheVcpuRunsIsNotTaken) {
    Fixture machine(level);
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_VALUE(bit, machine.guest.load32(at(GICD_ISPENDR)));
    EXPECT_OK(machine.set_spi(spi, false));
    EXPECT_VALUE(0, machine.guest.load32(at(GICD_ISPENDR)));
    EXPECT_EQ(machine.guest.poll(), Intids{});
}

TEST(InterruptState, TheLineOfALevelInterruptIsOneBit) {
    Fixture machine(level);
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_OK(machine.set_spi(spi, false));
    EXPECT_EQ(machine.guest.poll(), Intids{});
}

TEST(InterruptState, ALevelInterruptIsTakenUntilItsLineFalls) {
    Fixture machine(level);
    int taken = 0;
    machine.guest.on_interrupt([&](std::uint32_t intid) { // the device, as the handler reaches it
        EXPECT_EQ(intid, spi);
        if (++taken == 3) {
            EXPECT_OK(machine.set_spi(spi, false));
        }
    });
    EXPECT_OK(machine.set_spi(spi, true));
    const auto result = machine.guest.run({record(1), take(3), record(2), window()});
    EXPECT_EQ(result.records,
              (std::vector<Record>{{1, Record::Kind::marker}, {spi}, {spi}, {spi}, {2, Record::Kind::marker}}));
}

TEST(InterruptState, ClearingPendingLeavesTheLine) {
    pitfalls({8});
    Fixture machine(level);
    EXPECT_OK(machine.set_spi(spi, true));
    const auto seen = machine.guest.run({store32(at(GICD_ICPENDR), bit), load32(at(GICD_ISPENDR))});
    EXPECT_VALUE(bit, seen[1].value);
    EXPECT_EQ(machine.guest.take(), Intids{spi});
}

TEST(InterruptState, ClearingPendingDropsTheLatch) {
    for (const auto trigger : {edge, level}) {
        Fixture machine(trigger);
        const auto seen = machine.guest.run({store32(at(GICD_ISPENDR), bit), load32(at(GICD_ICPENDR)),
                                             store32(at(GICD_ICPENDR), bit), load32(at(GICD_ISPENDR))});
        EXPECT_VALUE(bit, seen[1].value);
        EXPECT_VALUE(0, seen[3].value);
        EXPECT_EQ(machine.guest.poll(), Intids{});
    }
}

TEST(InterruptState, TheLatchOfALevelInterruptIsTakenOnce) {
    pitfalls({9});
    for (const auto mode : {EOImode::drop_and_deactivate, EOImode::drop}) {
        Fixture machine(level, mode);
        machine.guest.set_handler(mode == EOImode::drop ? Handler::eoi_dir : Handler::eoi);
        machine.guest.run(store32(at(GICD_ISPENDR), bit));
        EXPECT_EQ(machine.guest.take(), Intids{spi});
        EXPECT_EQ(machine.guest.poll(), Intids{});
        EXPECT_VALUE(0, machine.guest.load32(at(GICD_ISPENDR)));
        EXPECT_VALUE(0, machine.gicd(word_of(GICD_ISPENDR, spi)));
    }
}

TEST(InterruptState, ALatchAndALineAreOneInterrupt) {
    Fixture machine(level);
    machine.guest.run(store32(at(GICD_ISPENDR), bit));
    EXPECT_OK(machine.set_spi(spi, true));
    machine.guest.on_interrupt([&](std::uint32_t) { EXPECT_OK(machine.set_spi(spi, false)); });
    EXPECT_EQ(machine.guest.take(), Intids{spi});
    EXPECT_EQ(machine.guest.poll(), Intids{});
}

TEST(InterruptState, AnActiveLevelInterruptWaitsForItsDeactivation) {
    pitfalls({10});
    Fixture machine(level, EOImode::drop);
    machine.guest.on_interrupt([&](std::uint32_t) {
        EXPECT_OK(machine.set_spi(spi, false));
        EXPECT_OK(machine.set_spi(spi, true));
    });
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(machine.guest.take(), Intids{spi});
    EXPECT_EQ(machine.guest.poll(), Intids{}); // priority dropped, still active
    EXPECT_VALUE(0xFF, machine.guest.mrs(ICC_RPR_EL1));
    machine.guest.msr(ICC_DIR_EL1, spi);
    EXPECT_EQ(machine.guest.take(), Intids{spi});
}

TEST(InterruptState, AnEdgeWhileActiveIsTakenAfterTheEnd) {
    pitfalls({11});
    Fixture machine(edge);
    int taken = 0;
    machine.guest.on_interrupt([&](std::uint32_t) {
        if (++taken == 1) {
            EXPECT_OK(machine.set_spi(spi, true));
            EXPECT_OK(machine.set_spi(spi, true));
        }
    });
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(machine.guest.take(2), (Intids{spi, spi}));
    EXPECT_EQ(machine.guest.poll(), Intids{});
}

TEST(InterruptState, AnEdgeWhileActiveWaitsForItsDeactivation) {
    pitfalls({11});
    Fixture machine(edge, EOImode::drop);
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(machine.guest.take(), Intids{spi});
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(machine.guest.poll(), Intids{});
    EXPECT_VALUE(bit, machine.gicd(word_of(GICD_ISPENDR, spi)));
    EXPECT_VALUE(bit, machine.gicd(word_of(GICD_ISACTIVER, spi)));
    machine.guest.msr(ICC_DIR_EL1, spi);
    EXPECT_EQ(machine.guest.take(), Intids{spi});
}

TEST(InterruptState, TheHandlerSeesItActiveAndNoMorePending) {
    for (const auto mode : {EOImode::drop_and_deactivate, EOImode::drop}) {
        Fixture machine(edge, mode);
        machine.guest.set_handler(Handler::acknowledge);
        EXPECT_OK(machine.set_spi(spi, true));
        const auto seen =
            machine.guest.run({load32(at(GICD_ISPENDR)), load32(at(GICD_ISACTIVER)), take(1), load32(at(GICD_ISPENDR)),
                               load32(at(GICD_ISACTIVER)), load32(at(GICD_ICACTIVER)), msr(ICC_EOIR1_EL1, spi),
                               load32(at(GICD_ISACTIVER)), msr(ICC_DIR_EL1, spi), load32(at(GICD_ISACTIVER))});
        EXPECT_VALUE(bit, seen[0].value);
        EXPECT_VALUE(0, seen[1].value);
        EXPECT_VALUE(0, seen[3].value);
        EXPECT_VALUE(bit, seen[4].value);
        EXPECT_VALUE(bit, seen[5].value);
        EXPECT_VALUE(mode == EOImode::drop ? bit : 0, seen[7].value);
        EXPECT_VALUE(0, seen[9].value);
    }
}

TEST(InterruptState, WhatPendedWhileDisabledIsTakenOnceEnabled) {
    for (const auto trigger : {edge, level}) {
        Fixture machine(trigger);
        machine.guest.run(store32(at(GICD_ICENABLER), bit));
        EXPECT_OK(machine.set_spi(spi, true));
        EXPECT_EQ(machine.guest.poll(), Intids{});
        EXPECT_VALUE(bit, machine.guest.load32(at(GICD_ISPENDR)));
        machine.guest.run(store32(at(GICD_ISENABLER), bit));
        EXPECT_EQ(machine.guest.take(), Intids{spi});
    }
}

TEST(InterruptState, DisablingWithholdsWhatPends) {
    Fixture machine(edge);
    EXPECT_OK(machine.set_spi(spi, true));
    machine.guest.run({barrier(), store32(at(GICD_ICENABLER), bit), window()});
    EXPECT_EQ(machine.guest.poll(), Intids{});
    EXPECT_VALUE(bit, machine.guest.load32(at(GICD_ISPENDR)));
    EXPECT_OK(machine.set_gicd(word_of(GICD_ISENABLER, spi), bit));
    EXPECT_EQ(machine.guest.take(), Intids{spi});
}

TEST(InterruptState, ADisabledOneCanBeEnded) {
    Fixture machine(edge);
    machine.guest.on_interrupt([&](std::uint32_t) { EXPECT_OK(machine.set_gicd(word_of(GICD_ICENABLER, spi), bit)); });
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(machine.guest.take(), Intids{spi});
    EXPECT_VALUE(0, machine.gicd(word_of(GICD_ISACTIVER, spi)));
    EXPECT_VALUE(0xFF, machine.guest.mrs(ICC_RPR_EL1));
}

TEST(InterruptState, MadeActiveItIsNotTakenUntilMadeInactive) {
    for (const auto trigger : {edge, level}) {
        Fixture machine(trigger);
        machine.guest.run(store32(at(GICD_ISACTIVER), bit));
        EXPECT_OK(machine.set_spi(spi, true));
        EXPECT_EQ(machine.guest.poll(), Intids{});
        machine.guest.run(store32(at(GICD_ICACTIVER), bit));
        EXPECT_EQ(machine.guest.take(), Intids{spi});
    }
}

TEST(InterruptState, MadeInactiveInItsHandlerItIsTakenAgain) {
    Fixture machine(level);
    machine.guest.set_handler(Handler::acknowledge);
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(machine.guest.take(), Intids{spi});
    machine.guest.run(store32(at(GICD_ICACTIVER), bit));
    EXPECT_VALUE(0, machine.gicd(word_of(GICD_ISACTIVER, spi)));
    EXPECT_EQ(machine.guest.poll(), Intids{}); // its priority still runs
    machine.guest.msr(ICC_EOIR1_EL1, spi);
    EXPECT_EQ(machine.guest.take(), Intids{spi});
}

TEST(InterruptState, ItsActiveStateIsReadAndChangedWhileItsVcpuRuns) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    auto& other = machine.puppet(0);
    auto& owner = machine.puppet(1);
    other.run(open_gic() + enable_spi(spi, edge, 1) + enable_spi(41, edge, 1, 0x20));
    owner.run(open_cpu_interface());
    owner.set_handler(Handler::acknowledge);
    const auto flag = machine.allocate(8);
    owner.start({take(1), store32(flag, 1), take(1)}); // the second comes last
    EXPECT_OK(machine.set_spi(spi, true));
    while (machine.ram<std::uint32_t>(flag) == 0 && owner.running())
        std::this_thread::yield();
    EXPECT_VALUE(bit, other.load32(at(GICD_ISACTIVER)));
    other.store32(at(GICD_ICACTIVER), bit);
    EXPECT_VALUE(0, other.load32(at(GICD_ISACTIVER)));
    EXPECT_OK(machine.set_spi(41, true));
    EXPECT_EQ(owner.wait().interrupts(), (Intids{spi, 41}));
    EXPECT_VALUE(bit_of(41), machine.gicd(word_of(GICD_ISACTIVER, spi)));
}

TEST(InterruptState, OnlyALevelInterruptLooksAtItsLine) {
    Fixture machine(level);
    EXPECT_OK(machine.set_spi(spi, true));
    const auto icfgr = layout::GICD + icfgr_of(spi);
    const auto seen = machine.guest.run(
        {store32(icfgr, edge_bit_of(spi)), load32(at(GICD_ISPENDR)), store32(icfgr, 0), load32(at(GICD_ISPENDR))});
    EXPECT_VALUE(0, seen[1].value);
    EXPECT_VALUE(bit, seen[3].value);
}

TEST(InterruptState, Group0IsTakenAsFiq) {
    Fixture machine(edge);
    machine.guest.run({msr(ICC_IGRPEN0_EL1, 1), store32(at(GICD_IGROUPR), ~bit)});
    EXPECT_OK(machine.set_spi(spi, true));
    const auto result = machine.guest.run({take(1), mrs(ICC_AP0R0_EL1), window()});
    EXPECT_EQ(result.records, (std::vector<Record>{{spi, Record::Kind::fiq}}));
    EXPECT_VALUE(0, result[1].value);
}

TEST(InterruptState, ItsGroupMayChangeWhileItPends) {
    Fixture machine(edge);
    EXPECT_OK(machine.set_spi(spi, true));
    machine.guest.run({barrier(), store32(at(GICD_IGROUPR), 0)});
    EXPECT_EQ(machine.guest.poll(), Intids{}); // group 0 is not enabled
    machine.guest.run(store32(at(GICD_IGROUPR), bit));
    EXPECT_EQ(machine.guest.run(take(1)).records, (std::vector<Record>{{spi, Record::Kind::irq}}));
}

TEST(InterruptState, TheHighestPriorityIsTakenFirst) {
    Fixture machine(edge);
    machine.guest.run(enable_spi(41, edge, 0, 0x40) + enable_spi(42, edge, 0, 0x90));
    for (const auto intid : {spi, 41U, 42U})
        EXPECT_OK(machine.set_spi(intid, true));
    EXPECT_EQ(machine.guest.take(3), (Intids{41, 42, spi}));
}

TEST(InterruptState, ItsPriorityMayChangeWhileItPends) {
    Fixture machine(edge);
    machine.guest.run(enable_spi(41, edge, 0, 0x80));
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_OK(machine.set_spi(41, true));
    machine.guest.run({barrier(), store8(layout::GICD + GICD_IPRIORITYR + spi, 0x20)});
    EXPECT_EQ(machine.guest.take(2), (Intids{spi, 41}));
}

TEST(InterruptState, MoreThanListRegistersHoldComeInTheirOrder) {
    Fixture machine(edge);
    Intids all(28);
    std::iota(all.begin(), all.end(), 48U);
    List list;
    for (const auto intid : all) // the last has the highest priority
        list += enable_spi(intid, edge, 0, static_cast<std::uint8_t>((78 - intid) * 8));
    machine.guest.run(list);
    for (const auto intid : all)
        EXPECT_OK(machine.set_spi(intid, true));
    std::reverse(all.begin(), all.end());
    EXPECT_EQ(machine.guest.take(28), all);
    EXPECT_EQ(machine.guest.poll(), Intids{});
}

} // namespace
} // namespace conformance

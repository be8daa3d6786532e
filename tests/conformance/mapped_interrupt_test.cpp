// SPDX-License-Identifier: Apache-2.0
// An interrupt that stands for a physical one, which the virtual timer's is: it is armed again by deactivation, and
// only by that. Source: arch/arm64/kvm/vgic/vgic.c, kvm_vgic_map_phys_irq.
#include "tests/conformance/arch_timer.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
constexpr std::uint32_t PPI = 27;
constexpr std::uint32_t bit = bit_of(PPI);
constexpr virt::Gpa frame = layout::gicr(0);

/// EOImode 0: EOIR does both; 1: DIR, some time after EOIR.
Command deactivate(EOImode mode) { return msr(mode == EOImode::drop ? ICC_DIR_EL1 : ICC_EOIR1_EL1, PPI); }
List drop(EOImode mode) { return mode == EOImode::drop ? List{msr(ICC_EOIR1_EL1, PPI)} : List{}; }

/// Its handler acknowledges, and no more.
Puppet& begin(Machine& machine, EOImode mode = EOImode::drop_and_deactivate) {
    auto& guest = machine.puppet();
    guest.set_handler(Handler::acknowledge);
    guest.run(open_gic(mode) + enable_private(0, PPI));
    return guest;
}

TEST(MappedInterrupt, DeactivationArmsItAgainOnce) {
    for (const auto mode : {EOImode::drop_and_deactivate, EOImode::drop}) {
        SCOPED_TRACE(mode == EOImode::drop ? "EOImode 1" : "EOImode 0");
        Machine machine(Bricks{});
        auto& guest = begin(machine, mode);
        const auto held = guest.run(virtual_timer.expire() + List{take(1)} + drop(mode) + List{leave(), window()});
        EXPECT_EQ(held.interrupts(), Intids{PPI}) << "active, whatever the timer does";
        const auto again = guest.run(List{deactivate(mode), take(1)} + drop(mode) + List{leave(), window()});
        EXPECT_EQ(again.interrupts(), Intids{PPI}) << "the timer being up";
        EXPECT_EQ(guest.run(virtual_timer.stop() + List{deactivate(mode), leave(), window()}).interrupts(), Intids{});
    }
}

TEST(MappedInterrupt, NoDeactivationIsMissed) {
    for (const auto mode : {EOImode::drop_and_deactivate, EOImode::drop}) {
        SCOPED_TRACE(mode == EOImode::drop ? "EOImode 1" : "EOImode 0");
        Machine machine(Bricks{});
        auto& guest = begin(machine, mode);
        List list;
        for (int tick = 0; tick < 20; ++tick)
            list += virtual_timer.start(1000) + List{take_wfi(1)} + virtual_timer.stop() + drop(mode) +
                    List{deactivate(mode)};
        EXPECT_EQ(guest.run(list + List{leave(), window()}).interrupts(), Intids(20, PPI));
    }
}

TEST(MappedInterrupt, ItsActiveStateIsSeenFromBothSides) {
    Machine machine(Bricks{});
    auto& guest = begin(machine, EOImode::drop);
    const auto seen =
        guest.run(virtual_timer.expire() + List{take(1), msr(ICC_EOIR1_EL1, PPI), mrs(ICC_HPPIR1_EL1),
                                                load32(frame + GICR_ISACTIVER0), load32(frame + GICR_ISPENDR0)});
    EXPECT_VALUE(1023, seen[4].value) << "never pending and active";
    EXPECT_VALUE(bit, seen[5].value);
    EXPECT_VALUE(bit, seen[6].value) << "the line";
    EXPECT_VALUE(bit, machine.gicr(0, GICR_ISACTIVER0));
    guest.run(virtual_timer.stop() + List{msr(ICC_DIR_EL1, PPI)});
    EXPECT_VALUE(0, machine.gicr(0, GICR_ISACTIVER0));
}

TEST(MappedInterrupt, ItsLineIsThatOfTheTimerWhileItIsActive) {
    Machine machine(Bricks{});
    auto& guest = begin(machine);
    guest.run(virtual_timer.expire() + List{take(1), leave()});
    EXPECT_VALUE(bit, must(machine.line_level(0)) & bit);
    guest.run(virtual_timer.stop() + List{leave()});
    EXPECT_VALUE(0, must(machine.line_level(0)) & bit);
}

TEST(MappedInterrupt, IsNotTakenAgainIfItsTimerStoppedMeanwhile) {
    Machine machine(Bricks{});
    auto& guest = begin(machine);
    guest.run(virtual_timer.expire() + List{take(1)} + virtual_timer.stop());
    EXPECT_EQ(guest.run({msr(ICC_EOIR1_EL1, PPI), window()}).interrupts(), Intids{});
    EXPECT_EQ(guest.run(virtual_timer.expire() + List{take(1)}).interrupts(), Intids{PPI});
}

TEST(MappedInterrupt, SetPendingByTheGuestIsTakenOnceAndLeavesTheTimerAlone) {
    Machine machine(Bricks{});
    auto& guest = begin(machine);
    guest.set_handler(Handler::eoi);
    const auto result =
        guest.run({store32(frame + GICR_ISPENDR0, bit), load32(frame + GICR_ISPENDR0), take(1), leave(), window()});
    EXPECT_VALUE(0, result[1].value) << "which shows the line, and no latch";
    EXPECT_EQ(result.interrupts(), Intids{PPI});
    EXPECT_EQ(guest.run(virtual_timer.expire() + List{take(1)}).interrupts(), Intids{PPI});
}

TEST(MappedInterrupt, ClearPendingTakesTheLatchAndNotTheLine) {
    Machine machine(Bricks{});
    auto& guest = begin(machine);
    guest.set_handler(Handler::eoi);
    EXPECT_EQ(
        guest.run({store32(frame + GICR_ISPENDR0, bit), store32(frame + GICR_ICPENDR0, bit), window()}).interrupts(),
        Intids{});
    const auto result = guest.run(virtual_timer.expire() +
                                  List{store32(frame + GICR_ICPENDR0, bit), load32(frame + GICR_ISPENDR0), take(1)});
    EXPECT_VALUE(bit, result[3].value);
    EXPECT_EQ(result.interrupts(), Intids{PPI});
}

TEST(MappedInterrupt, SetActiveByTheGuestHoldsItBackUntilClearActive) {
    Machine machine(Bricks{});
    auto& guest = begin(machine);
    const auto held = guest.run(List{store32(frame + GICR_ISACTIVER0, bit), load32(frame + GICR_ISACTIVER0)} +
                                virtual_timer.expire() + List{leave(), window()});
    EXPECT_VALUE(bit, held[1].value);
    EXPECT_EQ(held.interrupts(), Intids{});
    EXPECT_EQ(guest.run({store32(frame + GICR_ICACTIVER0, bit), take(1)}).interrupts(), Intids{PPI});
    EXPECT_VALUE(bit, machine.gicr(0, GICR_ISACTIVER0));
}

TEST(MappedInterrupt, IsNotMadeActiveFromOutsideOnceItsVcpuHasRun) {
    pitfalls({68});
    Machine machine(Bricks{.vcpus = {0, 1}});
    auto& guest = begin(machine);
    EXPECT_OK(machine.set_gicr(0, GICR_ISACTIVER0, bit | bit_of(20)));
    EXPECT_VALUE(bit_of(20), machine.gicr(0, GICR_ISACTIVER0));
    EXPECT_EQ(guest.run(virtual_timer.expire() + List{take(1)}).interrupts(), Intids{PPI});
    EXPECT_OK(machine.set_gicr(0, GICR_ICACTIVER0, bit | bit_of(20)));
    EXPECT_VALUE(bit, machine.gicr(0, GICR_ISACTIVER0));
    EXPECT_OK(machine.set_gicr(1, GICR_ISACTIVER0, bit)) << "the other vCPU's, which has not run";
    EXPECT_VALUE(bit, machine.gicr(1, GICR_ISACTIVER0));
}

TEST(MappedInterrupt, MadeActiveBeforeTheFirstRunIsHeldBack) {
    Machine machine(Bricks{});
    EXPECT_OK(machine.set_gicr(0, GICR_ISACTIVER0, bit));
    auto& guest = begin(machine, EOImode::drop);
    EXPECT_EQ(guest.run(virtual_timer.expire() + List{leave(), window()}).interrupts(), Intids{});
    EXPECT_VALUE(bit, machine.gicr(0, GICR_ISACTIVER0));
    EXPECT_EQ(guest.run({msr(ICC_DIR_EL1, PPI), take(1)}).interrupts(), Intids{PPI});
}

TEST(MappedInterrupt, SetPendingFromOutsideIsTakenOnce) {
    Machine machine(Bricks{});
    auto& guest = begin(machine);
    guest.set_handler(Handler::eoi);
    EXPECT_OK(machine.set_gicr(0, GICR_ISPENDR0, bit));
    EXPECT_EQ(guest.take(), Intids{PPI});
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_EQ(guest.run(virtual_timer.expire() + List{take(1)}).interrupts(), Intids{PPI});
}

TEST(MappedInterrupt, EnablingLooksAtTheLineAgain) {
    Machine machine(Bricks{});
    auto& guest = begin(machine);
    const auto disable = store32(frame + GICR_ICENABLER0, bit);
    const auto enable = store32(frame + GICR_ISENABLER0, bit);
    const auto stopped = guest.run(List{disable} + virtual_timer.expire() + List{leave(), window()} +
                                   virtual_timer.stop() + List{enable, window()});
    EXPECT_EQ(stopped.interrupts(), Intids{});
    const auto going =
        guest.run(List{disable} + virtual_timer.expire() + List{leave(), window(), record(1), enable, take(1)});
    EXPECT_EQ(going.records, (std::vector<Record>{{1, Record::Kind::marker}, {PPI}}));
}

} // namespace
} // namespace conformance

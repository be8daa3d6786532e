// SPDX-License-Identifier: Apache-2.0
// ICC_* system registers: acknowledge, priority drop, deactivation. Source: Arm IHI 0069, 4.8, 12.2.
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
constexpr auto edge = Trigger::edge;

/// ICC_CTLR_EL1.PRIbits + 1: what the host has.
unsigned priority_bits(Puppet& guest) { return static_cast<unsigned>(guest.mrs(ICC_CTLR_EL1) >> 8 & 7) + 1; }

/// With it every priority is a group priority of its own. Host dependent, 0..2.
std::uint64_t smallest_bpr0(Puppet& guest) {
    guest.msr(ICC_BPR0_EL1, 0);
    return guest.mrs(ICC_BPR0_EL1);
}

/// The bit that `priority`, below 0x40, has in AP0R0 and AP1R0.
std::uint64_t active_bit(Puppet& guest, std::uint8_t priority) {
    return std::uint64_t{1} << (priority >> (smallest_bpr0(guest) + 1));
}

TEST(CpuInterface, BeginsMaskedAndIdle) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    for (const auto& zero : {ICC_PMR_EL1, ICC_IGRPEN0_EL1, ICC_IGRPEN1_EL1, ICC_AP0R0_EL1, ICC_AP1R0_EL1})
        EXPECT_VALUE(0, guest.mrs(zero)) << zero.name;
    EXPECT_VALUE(0, guest.mrs(ICC_CTLR_EL1) & (ICC_CTLR_EL1_CBPR | ICC_CTLR_EL1_EOImode));
    EXPECT_VALUE(0xFF, guest.mrs(ICC_RPR_EL1));
    for (const auto& none : {ICC_IAR0_EL1, ICC_IAR1_EL1, ICC_HPPIR0_EL1, ICC_HPPIR1_EL1})
        EXPECT_VALUE(1023, guest.mrs(none)) << none.name;
    const auto reset = guest.mrs(ICC_BPR0_EL1);
    EXPECT_VALUE(smallest_bpr0(guest), reset);
    EXPECT_VALUE(reset + 1, guest.mrs(ICC_BPR1_EL1));
}

TEST(CpuInterface, SystemRegisterAccessIsFixed) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    EXPECT_VALUE(7, guest.mrs(ICC_SRE_EL1));
    guest.msr(ICC_SRE_EL1, 0);
    EXPECT_VALUE(7, guest.mrs(ICC_SRE_EL1));
}

// Not ICC_SRE_EL1: where the host's ICC_SRE_EL2.Enable is fixed, which the emulated host's is, no KVM can trap it.
TEST(CpuInterface, WithoutAGicThereIsNone) {
    NEEDS_EXECUTION();
    if (!facts().hides_gic_without_vgic)
        GTEST_SKIP() << "this KVM leaves the guest to the host's own registers";
    Machine machine;
    ASSERT_OK(machine.create_vcpu(0));
    ASSERT_OK(machine.init_vcpu(0));
    auto& guest = machine.puppet();
    for (const auto& sysreg : {ICC_PMR_EL1, ICC_IAR0_EL1, ICC_IAR1_EL1, ICC_HPPIR1_EL1, ICC_RPR_EL1, ICC_BPR1_EL1,
                               ICC_AP1R0_EL1, ICC_CTLR_EL1, ICC_IGRPEN1_EL1})
        EXPECT_TRUE(guest.run(mrs(sysreg))[0].undefined()) << sysreg.name;
    EXPECT_VALUE(0, guest.mrs(ID_AA64PFR0_EL1) >> 24 & 0xF);
}

TEST(CpuInterface, PmrKeepsThePriorityBits) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    const auto implemented = 0xFFU << (8 - priority_bits(guest)) & 0xFF;
    guest.msr(ICC_PMR_EL1, 0xFF);
    EXPECT_VALUE(implemented, guest.mrs(ICC_PMR_EL1) & implemented);
    guest.msr(ICC_PMR_EL1, 1U << (8 - priority_bits(guest))); // how Linux counts them
    EXPECT_VALUE(1U << (8 - priority_bits(guest)), guest.mrs(ICC_PMR_EL1));
    guest.msr(ICC_PMR_EL1, 0xFFFF'FF00);
    EXPECT_VALUE(0, guest.mrs(ICC_PMR_EL1));
}

TEST(CpuInterface, BinaryPointsHaveALeast) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    const auto least = smallest_bpr0(guest);
    EXPECT_LE(least, 2U);
    guest.msr(ICC_BPR1_EL1, 0);
    EXPECT_VALUE(least + 1, guest.mrs(ICC_BPR1_EL1));
    for (const auto& bpr : {ICC_BPR0_EL1, ICC_BPR1_EL1}) {
        guest.msr(bpr, 5);
        EXPECT_VALUE(5, guest.mrs(bpr)) << bpr.name;
        guest.msr(bpr, 0xFF);
        EXPECT_VALUE(7, guest.mrs(bpr)) << bpr.name;
    }
}

TEST(CpuInterface, ACommonBinaryPointIsBpr0s) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run({msr(ICC_BPR1_EL1, 6), msr(ICC_CTLR_EL1, ICC_CTLR_EL1_CBPR)});
    for (const std::uint64_t bpr0 : {3U, 5U, 7U}) {
        guest.msr(ICC_BPR0_EL1, bpr0);
        EXPECT_VALUE(bpr0 == 7 ? 7 : bpr0 + 1, guest.mrs(ICC_BPR1_EL1));
    }
    guest.run({msr(ICC_BPR0_EL1, 4), msr(ICC_BPR1_EL1, 3)});
    EXPECT_VALUE(5, guest.mrs(ICC_BPR1_EL1));
    EXPECT_VALUE(4, guest.mrs(ICC_BPR0_EL1));
    guest.msr(ICC_CTLR_EL1, 0);
    EXPECT_VALUE(6, guest.mrs(ICC_BPR1_EL1)); // its own again
}

TEST(CpuInterface, OfCtlrTwoBitsCanBeWritten) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    const auto fixed = guest.mrs(ICC_CTLR_EL1);
    guest.msr(ICC_CTLR_EL1, 0xFFFF'FFFF);
    EXPECT_VALUE(fixed | ICC_CTLR_EL1_CBPR | ICC_CTLR_EL1_EOImode, guest.mrs(ICC_CTLR_EL1));
    guest.msr(ICC_CTLR_EL1, 0);
    EXPECT_VALUE(fixed, guest.mrs(ICC_CTLR_EL1));
    EXPECT_GE(priority_bits(guest), 5U);
    EXPECT_LE(fixed >> 11 & 7, 1U); // IDbits: 16 or 24
}

TEST(CpuInterface, GroupEnablesAreOneBit) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    for (const auto& enable : {ICC_IGRPEN0_EL1, ICC_IGRPEN1_EL1}) {
        guest.msr(enable, 0xFFFF'FFFF);
        EXPECT_VALUE(1, guest.mrs(enable)) << enable.name;
        guest.msr(enable, 0xFFFF'FFFE);
        EXPECT_VALUE(0, guest.mrs(enable)) << enable.name;
    }
}

TEST(CpuInterface, TheWrongDirectionIsUndefined) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    for (const auto& write_only :
         {ICC_EOIR0_EL1, ICC_EOIR1_EL1, ICC_DIR_EL1, ICC_SGI0R_EL1, ICC_SGI1R_EL1, ICC_ASGI1R_EL1})
        EXPECT_TRUE(guest.run(mrs(write_only))[0].undefined()) << write_only.name;
    for (const auto& read_only : {ICC_IAR0_EL1, ICC_IAR1_EL1, ICC_HPPIR0_EL1, ICC_HPPIR1_EL1, ICC_RPR_EL1})
        EXPECT_TRUE(guest.run(msr(read_only, 0))[0].undefined()) << read_only.name;
}

TEST(CpuInterface, ActivePriorityRegistersAreAsManyAsThePreemptionBitsNeed) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    const auto preemption_bits = 7 - smallest_bpr0(guest);
    const Sysreg* const higher[] = {&ICC_AP0R1_EL1, &ICC_AP1R1_EL1, &ICC_AP0R2_EL1,
                                    &ICC_AP1R2_EL1, &ICC_AP0R3_EL1, &ICC_AP1R3_EL1};
    for (unsigned n = 0; n < 6; ++n) {
        const bool there = preemption_bits == 7 || (preemption_bits == 6 && n < 2);
        EXPECT_EQ(guest.run(mrs(*higher[n]))[0].undefined(), !there) << higher[n]->name;
    }
}

TEST(CpuInterface, AnEdgeSpiIsTakenOnce) {
    pitfalls({12});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, edge));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_EQ(guest.take(), Intids{40});
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_VALUE(0, guest.mrs(ICC_AP1R0_EL1));
    EXPECT_VALUE(0xFF, guest.mrs(ICC_RPR_EL1));
    EXPECT_VALUE(1023, guest.mrs(ICC_IAR1_EL1));
}

TEST(CpuInterface, AcknowledgeActivatesAndEoiEnds) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, edge, 0, 0x20));
    const auto bit = active_bit(guest, 0x20);
    EXPECT_OK(machine.set_spi(40, true));
    const auto seen = guest.run({mrs(ICC_HPPIR1_EL1), mrs(ICC_HPPIR0_EL1), mrs(ICC_IAR1_EL1), mrs(ICC_AP1R0_EL1),
                                 mrs(ICC_AP0R0_EL1), mrs(ICC_RPR_EL1), mrs(ICC_HPPIR1_EL1), mrs(ICC_IAR1_EL1),
                                 msr(ICC_EOIR1_EL1, 40), mrs(ICC_AP1R0_EL1), mrs(ICC_RPR_EL1)});
    EXPECT_VALUE(40, seen[0].value);
    EXPECT_VALUE(1023, seen[1].value);
    EXPECT_VALUE(40, seen[2].value);
    EXPECT_VALUE(bit, seen[3].value);
    EXPECT_VALUE(0, seen[4].value);
    EXPECT_VALUE(0x20, seen[5].value);
    EXPECT_VALUE(1023, seen[6].value);
    EXPECT_VALUE(1023, seen[7].value);
    EXPECT_VALUE(0, seen[9].value);
    EXPECT_VALUE(0xFF, seen[10].value);
    EXPECT_VALUE(0, machine.gicd(word_of(GICD_ISACTIVER, 40)));
}

TEST(CpuInterface, WithEOImode1EoiDropsAndDirDeactivates) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic(EOImode::drop) + enable_spi(40, edge));
    EXPECT_OK(machine.set_spi(40, true));
    const auto seen = guest.run({mrs(ICC_IAR1_EL1), msr(ICC_EOIR1_EL1, 40), mrs(ICC_RPR_EL1), mrs(ICC_AP1R0_EL1)});
    EXPECT_VALUE(40, seen[0].value);
    EXPECT_VALUE(0xFF, seen[2].value);
    EXPECT_VALUE(0, seen[3].value);
    EXPECT_VALUE(bit_of(40), machine.gicd(word_of(GICD_ISACTIVER, 40)));
    guest.msr(ICC_DIR_EL1, 40);
    EXPECT_VALUE(0, machine.gicd(word_of(GICD_ISACTIVER, 40)));
}

TEST(CpuInterface, WithEOImode0DirIsNothing) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, edge, 0, 0x20));
    EXPECT_OK(machine.set_spi(40, true));
    const auto seen = guest.run({mrs(ICC_IAR1_EL1), msr(ICC_DIR_EL1, 40), mrs(ICC_RPR_EL1)});
    EXPECT_VALUE(0x20, seen[2].value);
    EXPECT_VALUE(bit_of(40), machine.gicd(word_of(GICD_ISACTIVER, 40)));
    guest.msr(ICC_EOIR1_EL1, 40);
    EXPECT_VALUE(0, machine.gicd(word_of(GICD_ISACTIVER, 40)));
}

TEST(CpuInterface, EoiDropsTheRunningPriorityWhateverTheIntid) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, edge, 0, 0x20));
    EXPECT_OK(machine.set_spi(40, true));
    const auto seen = guest.run({mrs(ICC_IAR1_EL1), msr(ICC_EOIR1_EL1, 41), mrs(ICC_RPR_EL1)});
    EXPECT_VALUE(40, seen[0].value);
    EXPECT_VALUE(0xFF, seen[2].value);
    EXPECT_VALUE(bit_of(40), machine.gicd(word_of(GICD_ISACTIVER, 40)));
}

TEST(CpuInterface, ActiveOnesAreDeactivatedInAnyOrder) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic(EOImode::drop) + enable_spi(40, edge) + enable_spi(41, edge, 0, 0x20));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_EQ(guest.take(), Intids{40});
    EXPECT_OK(machine.set_spi(41, true));
    EXPECT_EQ(guest.take(), Intids{41});
    EXPECT_VALUE(3 << 8, machine.gicd(GICD_ISACTIVER + 4));
    guest.msr(ICC_DIR_EL1, 40);
    EXPECT_VALUE(2 << 8, machine.gicd(GICD_ISACTIVER + 4));
    guest.msr(ICC_DIR_EL1, 41);
    EXPECT_VALUE(0, machine.gicd(GICD_ISACTIVER + 4));
}

TEST(CpuInterface, FourHigherOnesPreempt) {
    for (const auto mode : {EOImode::drop_and_deactivate, EOImode::drop}) {
        Machine machine(Bricks{});
        auto& guest = machine.puppet();
        guest.run(open_gic(mode));
        guest.set_handler(Handler::acknowledge);
        std::uint64_t active = 0;
        for (unsigned n = 0; n < 4; ++n) {
            const auto priority = static_cast<std::uint8_t>(0x38 - 8 * n);
            guest.run(enable_spi(40 + n, edge, 0, priority));
            EXPECT_OK(machine.set_spi(40 + n, true));
            EXPECT_EQ(guest.take(), Intids{40 + n});
            EXPECT_VALUE(priority, guest.mrs(ICC_RPR_EL1));
            active |= active_bit(guest, priority);
            EXPECT_VALUE(active, guest.mrs(ICC_AP1R0_EL1));
        }
        for (unsigned n = 4; n-- > 0;) {
            EXPECT_VALUE(0x38 - 8 * n, guest.mrs(ICC_RPR_EL1));
            guest.msr(ICC_EOIR1_EL1, 40 + n);
            if (mode == EOImode::drop)
                guest.msr(ICC_DIR_EL1, 40 + n);
            EXPECT_VALUE(((1U << n) - 1) << 8, machine.gicd(GICD_ISACTIVER + 4));
        }
        EXPECT_VALUE(0, guest.mrs(ICC_AP1R0_EL1));
        EXPECT_VALUE(0xFF, guest.mrs(ICC_RPR_EL1));
    }
}

TEST(CpuInterface, EqualAndLowerPrioritiesDoNotPreempt) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, edge, 0, 0x40) + enable_spi(41, edge, 0, 0x40) +
              enable_spi(42, edge, 0, 0x48));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_VALUE(40, guest.mrs(ICC_IAR1_EL1));
    EXPECT_OK(machine.set_spi(41, true));
    EXPECT_OK(machine.set_spi(42, true));
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_VALUE(1023, guest.mrs(ICC_IAR1_EL1));
    EXPECT_VALUE(41, guest.mrs(ICC_HPPIR1_EL1)); // pending all the same
    guest.msr(ICC_EOIR1_EL1, 40);
    EXPECT_EQ(guest.take(2), (Intids{41, 42}));
}

TEST(CpuInterface, TheBinaryPointDecidesWhatPreempts) {
    for (const bool preempts : {false, true}) {
        Machine machine(Bricks{});
        auto& guest = machine.puppet();
        guest.run(open_gic() + enable_spi(40, edge, 0, 0x58) + enable_spi(41, edge, 0, 0x40));
        guest.msr(ICC_BPR1_EL1, preempts ? 4 : 6); // of group 1: group priority is [7:4], [7:6]
        guest.set_handler(Handler::acknowledge);
        EXPECT_OK(machine.set_spi(40, true));
        EXPECT_EQ(guest.take(), Intids{40});
        EXPECT_VALUE(preempts ? 0x50 : 0x40, guest.mrs(ICC_RPR_EL1)); // only the group priority
        EXPECT_OK(machine.set_spi(41, true));
        EXPECT_EQ(guest.poll(), preempts ? Intids{41} : Intids{});
    }
}

TEST(CpuInterface, SubPrioritiesOrderWhatDoesNotPreempt) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, edge, 0, 0x78) + enable_spi(41, edge, 0, 0x40));
    guest.msr(ICC_BPR1_EL1, 7);
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_OK(machine.set_spi(41, true));
    EXPECT_EQ(guest.take(2), (Intids{41, 40}));
}

TEST(CpuInterface, WithACommonBinaryPointBpr0DecidesForGroup1) {
    for (const bool preempts : {false, true}) {
        Machine machine(Bricks{});
        auto& guest = machine.puppet();
        guest.run(open_gic() + enable_spi(40, edge, 0, 0x58) + enable_spi(41, edge, 0, 0x40));
        guest.run({msr(ICC_BPR1_EL1, preempts ? 7 : 3), msr(ICC_CTLR_EL1, ICC_CTLR_EL1_CBPR),
                   msr(ICC_BPR0_EL1, preempts ? 3 : 5)}); // group priority is [7:4], [7:6]
        guest.set_handler(Handler::acknowledge);
        EXPECT_OK(machine.set_spi(40, true));
        EXPECT_EQ(guest.take(), Intids{40});
        EXPECT_OK(machine.set_spi(41, true));
        EXPECT_EQ(guest.poll(), preempts ? Intids{41} : Intids{});
    }
}

TEST(CpuInterface, PmrMasksItsOwnPriorityAndLowerOnes) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, edge, 0, 0x80));
    guest.msr(ICC_PMR_EL1, 0x80);
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_VALUE(1023, guest.mrs(ICC_IAR1_EL1));
    EXPECT_VALUE(40, guest.mrs(ICC_HPPIR1_EL1)); // which does not look at it
    guest.msr(ICC_PMR_EL1, 0x88);
    EXPECT_EQ(guest.take(), Intids{40});
}

TEST(CpuInterface, ADisabledGroupIsNotTaken) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, edge));
    guest.msr(ICC_IGRPEN1_EL1, 0);
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_VALUE(1023, guest.mrs(ICC_IAR1_EL1));
    EXPECT_VALUE(1023, guest.mrs(ICC_HPPIR1_EL1));
    guest.msr(ICC_IGRPEN1_EL1, 1);
    EXPECT_EQ(guest.take(), Intids{40});
}

// Both groups: 40 is of group 0, 41 of group 1.
List open_both_groups(std::uint8_t priority0, std::uint8_t priority1) {
    return open_gic() + enable_spi(40, edge, 0, priority0) + enable_spi(41, edge, 0, priority1) +
           List{msr(ICC_IGRPEN0_EL1, 1), store32(layout::GICD + word_of(GICD_IGROUPR, 40), ~bit_of(40))};
}

TEST(CpuInterface, EachGroupHasItsAcknowledge) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_both_groups(0x10, 0x20));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_OK(machine.set_spi(41, true));
    // The highest pending one is of group 0: for group 1 there is nothing.
    const auto seen = guest.run({mrs(ICC_HPPIR1_EL1), mrs(ICC_IAR1_EL1), mrs(ICC_HPPIR0_EL1), mrs(ICC_IAR0_EL1),
                                 mrs(ICC_AP0R0_EL1), mrs(ICC_AP1R0_EL1), msr(ICC_EOIR0_EL1, 40), mrs(ICC_HPPIR0_EL1),
                                 mrs(ICC_IAR0_EL1), mrs(ICC_IAR1_EL1), msr(ICC_EOIR1_EL1, 41)});
    EXPECT_VALUE(1023, seen[0].value);
    EXPECT_VALUE(1023, seen[1].value);
    EXPECT_VALUE(40, seen[2].value);
    EXPECT_VALUE(40, seen[3].value);
    EXPECT_VALUE(1023, seen[7].value); // now the highest is of group 1
    EXPECT_VALUE(1023, seen[8].value);
    EXPECT_VALUE(41, seen[9].value);
    EXPECT_VALUE(active_bit(guest, 0x10), seen[4].value);
    EXPECT_VALUE(0, seen[5].value);
    EXPECT_VALUE(0, machine.gicd(GICD_ISACTIVER + 4));
}

TEST(CpuInterface, GroupsPreemptEachOther) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_both_groups(0x10, 0x20));
    guest.set_handler(Handler::acknowledge);
    EXPECT_OK(machine.set_spi(41, true));
    EXPECT_EQ(guest.run(take(1)).records, (std::vector<Record>{{41, Record::Kind::irq}}));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_EQ(guest.run(take(1)).records, (std::vector<Record>{{40, Record::Kind::fiq}}));
    EXPECT_VALUE(0x10, guest.mrs(ICC_RPR_EL1));
    EXPECT_VALUE(active_bit(guest, 0x10), guest.mrs(ICC_AP0R0_EL1));
    EXPECT_VALUE(active_bit(guest, 0x20), guest.mrs(ICC_AP1R0_EL1));
    guest.msr(ICC_EOIR0_EL1, 40);
    EXPECT_VALUE(0x20, guest.mrs(ICC_RPR_EL1));
    guest.msr(ICC_EOIR1_EL1, 41);
    EXPECT_VALUE(0xFF, guest.mrs(ICC_RPR_EL1));
}

TEST(CpuInterface, ARunningGroup0HoldsBackGroup1) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_both_groups(0x20, 0x20));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_VALUE(40, guest.mrs(ICC_IAR0_EL1));
    EXPECT_OK(machine.set_spi(41, true));
    EXPECT_EQ(guest.poll(), Intids{});
    guest.msr(ICC_EOIR0_EL1, 40);
    EXPECT_EQ(guest.take(), Intids{41});
}

TEST(CpuInterface, ActivePrioritiesCanBeWritten) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, edge, 0, 0x30));
    guest.msr(ICC_AP1R0_EL1, active_bit(guest, 0x20));
    EXPECT_VALUE(0x20, guest.mrs(ICC_RPR_EL1));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_EQ(guest.poll(), Intids{});
    guest.msr(ICC_AP1R0_EL1, 0);
    EXPECT_EQ(guest.take(), Intids{40});
}

TEST(CpuInterface, AWaitingVcpuIsWokenByAnother) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    auto& sender = machine.puppet(0);
    auto& receiver = machine.puppet(1);
    sender.run(open_gic());
    receiver.run(open_cpu_interface() + enable_private(1, 5));
    receiver.start(take_wfi(1));
    sender.msr(ICC_SGI1R_EL1, 5ULL << 24 | 1 << 1); // INTID 5 to Aff0 = 1
    EXPECT_EQ(receiver.wait().interrupts(), Intids{5});
    EXPECT_EQ(sender.poll(), Intids{});
}

TEST(CpuInterface, WaitingEndsForADisabledGroupToo) {
    pitfalls({55});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, edge));
    guest.msr(ICC_IGRPEN1_EL1, 0);
    EXPECT_OK(machine.set_spi(40, true));
    guest.run(wfi()); // returns, or this hangs
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(CpuInterface, WaitingEndsForWhatARunningPriorityHoldsBack) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, edge, 0, 0x20) + enable_spi(41, edge, 0, 0x80));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_VALUE(40, guest.mrs(ICC_IAR1_EL1));
    EXPECT_OK(machine.set_spi(41, true));
    guest.run(wfi());
    EXPECT_EQ(guest.poll(), Intids{});
}

} // namespace
} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
// The virtual and the physical timer of a vCPU, as its guest sees them. Source: Arm DDI 0487, D11.2.
#include "tests/conformance/arch_timer.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/state.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
constexpr std::uint32_t while_waiting = 500'000;   // ticks: long enough for the guest to be in WFI by then

TEST(Timer, EachInterruptsAsItsPpi) {
    for (const auto& timer : arch_timers) {
        SCOPED_TRACE(timer.name);
        Machine machine(Bricks{});
        auto& guest = machine.puppet();
        guest.run(open_gic(EOImode::drop) + enable_private(0, timer.PPI));
        const auto result = guest.run(timer.start(1000) + List{take_wfi(1), mrs(timer.CTL), msr(timer.CTL, 0),
                                                               msr(ICC_DIR_EL1, timer.PPI), window()});
        EXPECT_EQ(result.interrupts(), Intids{timer.PPI});
        EXPECT_VALUE(CTL_ISTATUS | CTL_ENABLE, result[3].value);
    }
}

TEST(Timer, ItsLineStaysHighUntilItIsStopped) {
    for (const auto& timer : arch_timers) {
        SCOPED_TRACE(timer.name);
        Machine machine(Bricks{});
        auto& guest = machine.puppet();
        guest.run(open_gic() + enable_private(0, timer.PPI));
        const auto result = guest.run(timer.expire() + List{take(3)} + timer.stop() + List{leave(), window()});
        EXPECT_EQ(result.interrupts(), (Intids{timer.PPI, timer.PPI, timer.PPI}));
    }
}

TEST(Timer, FiresIfEnabledUnmaskedAndReached) {
    static constexpr struct {
        std::uint64_t CTL, CVAL;
        bool fires;
    } cases[] = {{0, 0, false},
                 {CTL_ENABLE, 0, true},
                 {CTL_ENABLE | CTL_IMASK, 0, false},
                 {CTL_IMASK, 0, false},
                 {CTL_ENABLE, never, false}};
    for (const auto& timer : arch_timers) {
        Machine machine(Bricks{});
        auto& guest = machine.puppet();
        guest.run(open_gic() + enable_private(0, timer.PPI));
        for (const auto& [CTL, CVAL, fires] : cases) {
            const auto result = guest.run({msr(timer.CVAL, CVAL), msr(timer.CTL, CTL), leave(), window(1000, 1),
                                           msr(timer.CTL, 0), leave(), window()});
            EXPECT_EQ(result.interrupts(), fires ? Intids{timer.PPI} : Intids{})
                << timer.name << " CTL " << CTL << " CVAL " << CVAL;
        }
    }
}

TEST(Timer, IstatusKnowsNoMaskAndIsReadOnly) {
    Machine machine(Bricks{});
    for (const auto& timer : arch_timers) {
        SCOPED_TRACE(timer.name);
        const auto result = machine.puppet().run({msr(timer.CVAL, 0), msr(timer.CTL, CTL_ENABLE | CTL_IMASK),
                                                  mrs(timer.CTL), msr(timer.CVAL, never), mrs(timer.CTL),
                                                  msr(timer.CTL, CTL_ENABLE | CTL_ISTATUS), mrs(timer.CTL)});
        EXPECT_VALUE(CTL_ENABLE | CTL_IMASK | CTL_ISTATUS, result[2].value);
        EXPECT_VALUE(CTL_ENABLE | CTL_IMASK, result[4].value);
        EXPECT_VALUE(CTL_ENABLE, result[6].value);
    }
}

TEST(Timer, MaskingItInTheHandlerQuietsItAndUnmaskingDelivers) {
    for (const auto& timer : arch_timers) { // as Linux does
        SCOPED_TRACE(timer.name);
        Machine machine(Bricks{});
        auto& guest = machine.puppet();
        guest.set_handler(Handler::acknowledge);
        guest.run(open_gic() + enable_private(0, timer.PPI));
        const auto result = guest.run(timer.expire() + List{take(1), msr(timer.CTL, CTL_ENABLE | CTL_IMASK),
                                                            msr(ICC_EOIR1_EL1, timer.PPI), leave(), window(), record(1),
                                                            msr(timer.CTL, CTL_ENABLE), take(1)});
        EXPECT_EQ(result.records, (std::vector<Record>{{timer.PPI}, {1, Record::Kind::marker}, {timer.PPI}}));
    }
}

TEST(Timer, TvalIsASignedDistanceOf32Bits) {
    Machine machine(Bricks{});
    static constexpr struct {
        std::uint64_t TVAL;
        std::int64_t distance;
    } cases[] = {{0x1'0000, 0x1'0000}, {0xFFFF'FFFF, -1}, {0xDEAD'BEEF'7FFF'FFFF, 0x7FFF'FFFF}};
    for (const auto& timer : arch_timers) {
        SCOPED_TRACE(timer.name);
        auto& guest = machine.puppet();
        for (const auto& [TVAL, distance] : cases) {
            const auto result = guest.run({mrs(timer.CNT), msr(timer.TVAL, TVAL), mrs(timer.CVAL), mrs(timer.CNT)});
            EXPECT_GE(result[2].value, result[0].value + static_cast<std::uint64_t>(distance)) << TVAL;
            EXPECT_LE(result[2].value, result[3].value + static_cast<std::uint64_t>(distance)) << TVAL;
        }
        const auto result = guest.run({msr(timer.CVAL, 0), mrs(timer.CNT), mrs(timer.TVAL), mrs(timer.CNT)});
        const auto elapsed = static_cast<std::uint32_t>(-result[2].value); // CVAL - CNT, CVAL being 0
        EXPECT_LE(elapsed - static_cast<std::uint32_t>(result[1].value), result[3].value - result[1].value);
        EXPECT_VALUE(0, result[2].value >> 32);
    }
}

TEST(Timer, OneThatIsStoppedBeforeItsInterruptIsTakenWithdrawsItAtAnExit) {
    for (const auto& timer : arch_timers) {
        SCOPED_TRACE(timer.name);
        Machine machine(Bricks{});
        auto& guest = machine.puppet();
        guest.run(open_gic() + enable_private(0, timer.PPI));
        guest.run(timer.expire() + List{spin(1000)} + timer.stop() + List{leave()});
        EXPECT_EQ(guest.poll(), Intids{});
        // Without an exit it may still be in a list register: then it is taken, once.
        const auto result = guest.run(timer.expire() + List{spin(1000)} + timer.stop() + List{window()});
        EXPECT_LE(result.interrupts().size(), 1U);
        EXPECT_EQ(guest.poll(), Intids{});
    }
}

TEST(Timer, IsLookedAtWheneverItsVcpuEnters) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_private(0, 27));
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_OK(machine.vcpu(0).set(timer_registers::TIMER_CVAL, 0));
    EXPECT_OK(machine.vcpu(0).set(timer_registers::TIMER_CTL, CTL_ENABLE));
    EXPECT_EQ(guest.take(2), (Intids{27, 27}));
    EXPECT_OK(machine.vcpu(0).set(timer_registers::TIMER_CTL, 0));
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Timer, TheEarlierOfTheTwoEndsWfi) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_private(0, 27) + enable_private(0, 30));
    for (const auto& [early, late] : {std::pair(virtual_timer, physical_timer), {physical_timer, virtual_timer}}) {
        const auto result =
            guest.run(List{msr(late.CVAL, never), msr(late.CTL, CTL_ENABLE)} + early.start(while_waiting) +
                      List{take_wfi(1)} + early.stop() + late.stop() + List{leave(), window()});
        EXPECT_EQ(result.interrupts(), Intids{early.PPI});
    }
}

TEST(Timer, AMaskedOneDoesNotEndWfi) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    const virt::Gpa flag = machine.allocate(8);
    auto& waiter = machine.puppet(0);
    auto& waker = machine.puppet(1);
    waiter.run(open_gic() + enable_private(0, 27) + enable_private(0, 3));
    waker.run(open_cpu_interface());
    waiter.start({msr(CNTV_CVAL_EL0, 0), msr(CNTV_CTL_EL0, CTL_ENABLE | CTL_IMASK), wfi(), load32(flag)});
    waker.run({spin(200'000), store32(flag, 1), barrier(), msr(ICC_SGI1R_EL1, 3 << 24 | 1)});
    EXPECT_VALUE(1, waiter.wait().last().value);
}

TEST(Timer, TheVirtualCountIsTheSameOnEveryVcpu) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    std::uint64_t before = 0;
    for (const unsigned vcpu : {0U, 1U, 0U, 1U}) {
        const auto now = machine.puppet(vcpu).mrs(CNTVCT_EL0);
        EXPECT_GE(now, before) << vcpu;
        before = now;
    }
}

TEST(Timer, ItsPpiBelongsToItAlone) {
    pitfalls({57});
    for (const auto& timer : arch_timers) {
        SCOPED_TRACE(timer.name);
        Machine machine(Bricks{.vcpus = {0, 1}});
        auto& guest = machine.puppet();
        guest.run(open_gic() + enable_private(0, timer.PPI));
        EXPECT_OK(machine.set_ppi(timer.PPI, 0, true));
        EXPECT_VALUE(0, machine.line_level(0));
        EXPECT_EQ(guest.poll(), Intids{});
        EXPECT_VALUE(0, machine.line_level(0));
        EXPECT_OK(machine.set_ppi(timer.PPI, 1, true)); // which has not run yet
        EXPECT_VALUE(bit_of(timer.PPI), machine.line_level(0, 1));
    }
}

TEST(Timer, TakesItsPpiOverAtTheFirstRun) {
    Machine machine(Bricks{});
    EXPECT_OK(machine.set_ppi(27, 0, true));
    EXPECT_VALUE(bit_of(27), machine.line_level(0));
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_private(0, 27));
    EXPECT_VALUE(0, machine.line_level(0));
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Timer, ItsLevelShowsInLinesAndToTheGuestButIsNoLatch) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    const auto ISPENDR0 = load32(layout::gicr(0) + GICR_ISPENDR0);
    const auto result = guest.run(open_gic() + enable_private(0, 27) + virtual_timer.expire() + List{ISPENDR0});
    EXPECT_VALUE(bit_of(27), result.last().value);
    EXPECT_VALUE(bit_of(27), machine.line_level(0));
    EXPECT_VALUE(0, machine.gicr(0, GICR_ISPENDR0));
    EXPECT_VALUE(0, guest.run(virtual_timer.stop() + List{ISPENDR0}).last().value);
    EXPECT_VALUE(0, machine.line_level(0));
}

TEST(Timer, VcpuInitStopsItAndKeepsTheRest) {
    Machine machine(Bricks{});
    auto& vcpu = machine.vcpu(0);
    auto& guest = machine.puppet();
    guest.set_handler(Handler::acknowledge);
    guest.run(open_gic() + enable_private(0, 27) + List{msr(CNTV_CVAL_EL0, 5), msr(CNTV_CTL_EL0, CTL_ENABLE), take(1)});
    EXPECT_VALUE(bit_of(27), machine.gicr(0, GICR_ISACTIVER0));
    const auto count = must(vcpu.get(timer_registers::TIMER_CNT));
    EXPECT_OK(vcpu.finish());
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_VALUE(CTL_ISTATUS, vcpu.get(timer_registers::TIMER_CTL)); // computed, ENABLE or not
    EXPECT_VALUE(5, vcpu.get(timer_registers::TIMER_CVAL));
    EXPECT_GE(must(vcpu.get(timer_registers::TIMER_CNT)), count);
    EXPECT_VALUE(0, machine.gicr(0, GICR_ISACTIVER0));
    EXPECT_VALUE(0, machine.line_level(0));
    // The rest of the GIC is not reset.
    EXPECT_VALUE(0xFFFF | bit_of(27), machine.gicr(0, GICR_ISENABLER0));
    EXPECT_VALUE(0xFF, must(machine.icc(0, ICC_PMR_EL1)) | 7); // 5 bits at least
    EXPECT_VALUE(1, machine.icc(0, ICC_IGRPEN1_EL1));
    guest.restart();
    EXPECT_EQ(guest.poll(), Intids{});
}

} // namespace
} // namespace conformance

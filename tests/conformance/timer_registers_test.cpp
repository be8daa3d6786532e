// SPDX-License-Identifier: Apache-2.0
// The timers and their counts from outside: KVM_{GET,SET}_ONE_REG. Source: Documentation/virt/kvm/api.rst, 4.68.
#include "tests/conformance/arch_timer.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"
#include "tests/conformance/state.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

namespace conformance {
namespace {

using namespace timer_registers;
constexpr std::uint64_t far = std::uint64_t{1} << 56; // ticks: nothing counts so far in a test, nor in a host's life

TEST(TimerRegisters, CvalAndCntHaveEachOthersEncoding) {
    pitfalls({59});
    Machine machine(Bricks{});
    auto& vcpu = machine.vcpu(0);
    EXPECT_OK(vcpu.set(TIMER_CVAL, 0x1234'5678'9ABC));
    EXPECT_OK(vcpu.set(TIMER_CNT, far));
    const auto seen = machine.puppet().run({mrs(CNTV_CVAL_EL0), mrs(CNTVCT_EL0)});
    EXPECT_VALUE(0x1234'5678'9ABC, seen[0].value);
    EXPECT_GE(seen[1].value, far);
    EXPECT_LT(seen[1].value, 2 * far);
    EXPECT_GE(must(vcpu.get(TIMER_CNT)), seen[1].value);
    EXPECT_VALUE(0x1234'5678'9ABC, vcpu.get(TIMER_CVAL));
}

TEST(TimerRegisters, CntIsOneForAllVcpus) {
    pitfalls({58});
    Machine machine(Bricks{.vcpus = {0, 1}});
    EXPECT_OK(machine.vcpu(1).set(TIMER_CNT, far));
    EXPECT_GE(must(machine.vcpu(0).get(TIMER_CNT)), far);
    EXPECT_GE(machine.puppet(0).mrs(CNTVCT_EL0), far);
    EXPECT_OK(machine.vcpu(0).set(TIMER_CNT, 2 * far)); // also once they have run
    EXPECT_GE(must(machine.vcpu(1).get(TIMER_CNT)), 2 * far);
    EXPECT_GE(machine.puppet(1).mrs(CNTVCT_EL0), 2 * far);
}

TEST(TimerRegisters, CreatingAVcpuRestartsTheCountOfAll) {
    Machine machine;
    must(machine.create_vcpu(0));
    must(machine.init_vcpu(0));
    EXPECT_OK(machine.vcpu(0).set(TIMER_CNT, far));
    must(machine.create_vcpu(1));
    EXPECT_LT(must(machine.vcpu(0).get(TIMER_CNT)), far);
    EXPECT_OK(machine.vcpu(0).set(TIMER_CNT, far));
    must(machine.init_vcpu(1));
    EXPECT_GE(must(machine.vcpu(1).get(TIMER_CNT)), far) << "initialising does not";
}

TEST(TimerRegisters, IstatusIsComputedAndNeverStored) {
    Machine machine(Bricks{});
    auto& vcpu = machine.vcpu(0);
    EXPECT_VALUE(CTL_ISTATUS, vcpu.get(TIMER_CTL)) << "CVAL is 0, and ENABLE does not matter";
    EXPECT_OK(vcpu.set(TIMER_CVAL, never));
    EXPECT_VALUE(0, vcpu.get(TIMER_CTL));
    EXPECT_OK(vcpu.set(TIMER_CTL, CTL_ENABLE | CTL_ISTATUS));
    EXPECT_VALUE(CTL_ENABLE, vcpu.get(TIMER_CTL));
    EXPECT_OK(vcpu.set(TIMER_CVAL, 0));
    EXPECT_VALUE(CTL_ENABLE | CTL_ISTATUS, vcpu.get(TIMER_CTL));
    EXPECT_OK(vcpu.set(TIMER_CTL, CTL_ENABLE | CTL_IMASK));
    EXPECT_VALUE(CTL_ENABLE | CTL_IMASK | CTL_ISTATUS, vcpu.get(TIMER_CTL));
}

TEST(TimerRegisters, OfThePhysicalTimerAreReachableSinceItsCountIsTheVms) {
    Machine machine(Bricks{});
    auto& vcpu = machine.vcpu(0);
    const auto listed = must(vcpu.registers());
    for (const auto id : {TIMER_CTL, TIMER_CVAL, TIMER_CNT})
        EXPECT_NE(std::ranges::find(listed, id), listed.end()) << id.value;
    for (const auto id : {PTIMER_CTL, PTIMER_CVAL, PTIMER_CNT})
        EXPECT_EQ(std::ranges::find(listed, id) != listed.end(), facts().physical_timer_registers) << id.value;
    if (!facts().physical_timer_registers) {
        for (const auto id : {PTIMER_CTL, PTIMER_CVAL, PTIMER_CNT}) {
            EXPECT_ERRNO(ENOENT, vcpu.get(id)) << id.value;
            EXPECT_ERRNO(ENOENT, vcpu.set(id, 0)) << id.value;
        }
        return;
    }
    EXPECT_OK(vcpu.set(PTIMER_CVAL, never));
    EXPECT_OK(vcpu.set(PTIMER_CTL, CTL_ENABLE | CTL_IMASK | CTL_ISTATUS));
    EXPECT_VALUE(CTL_ENABLE | CTL_IMASK, vcpu.get(PTIMER_CTL));
    EXPECT_VALUE(never, vcpu.get(PTIMER_CVAL));
}

TEST(TimerRegisters, ThePhysicalCountIsNotMovedWithTheVirtualOne) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    EXPECT_OK(machine.vcpu(0).set(TIMER_CNT, far));
    const auto seen = machine.puppet().run({mrs(CNTPCT_EL0), mrs(CNTVCT_EL0)});
    EXPECT_LT(seen[0].value, far) << "the host's";
    EXPECT_GE(seen[1].value, far);
    if (!facts().physical_timer_registers)
        return;
    EXPECT_OK(machine.vcpu(1).set(PTIMER_CNT, 3 * far));
    EXPECT_GE(machine.puppet().mrs(CNTPCT_EL0), 3 * far);
    EXPECT_LT(machine.puppet().mrs(CNTVCT_EL0), 2 * far);
}

} // namespace
} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
// Which PPIs the timers have: KVM_ARM_VCPU_TIMER_CTRL. Source: Documentation/virt/kvm/devices/vcpu.rst, 2.
#include "tests/conformance/arch_timer.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
constexpr std::uint32_t TIMER_CTRL = 1;
constexpr std::uint64_t IRQ_VTIMER = 0, IRQ_PTIMER = 1, IRQ_HVTIMER = 2, IRQ_HPTIMER = 3;

virt::expected<std::uint32_t> ppi(Machine& machine, unsigned vcpu, std::uint64_t attribute) {
    return machine.vcpu(vcpu).get_number<std::uint32_t>(TIMER_CTRL, attribute);
}
virt::expected<void> set_ppi(Machine& machine, unsigned vcpu, std::uint64_t attribute, std::uint32_t intid) {
    return machine.vcpu(vcpu).set_number(TIMER_CTRL, attribute, intid);
}

/// vCPU 0, and a vGIC that is not yet initialised; the rest is the test's.
void begin(Machine& machine) {
    must(machine.create_vcpu(0));
    must(machine.init_vcpu(0));
    must(machine.create_gic());
    must(machine.place_distributor());
    must(machine.place_redistributors());
}

TEST(TimerAttributes, AreReadableFromTheStart) {
    Machine machine;
    must(machine.create_vcpu(0));
    must(machine.init_vcpu(0));
    EXPECT_VALUE(27, ppi(machine, 0, IRQ_VTIMER));
    EXPECT_VALUE(30, ppi(machine, 0, IRQ_PTIMER));
    EXPECT_TRUE(machine.vcpu(0).has_attr(TIMER_CTRL, IRQ_VTIMER));
    EXPECT_TRUE(machine.vcpu(0).has_attr(TIMER_CTRL, IRQ_PTIMER));
    EXPECT_FALSE(machine.vcpu(0).has_attr(TIMER_CTRL, 4));
    EXPECT_ERRNO(ENXIO, ppi(machine, 0, 4));
    EXPECT_ERRNO(EINVAL, set_ppi(machine, 0, IRQ_VTIMER, 20)) << "without a vGIC";
    EXPECT_ERRNO(EINVAL, set_ppi(machine, 0, 4, 20)) << "without a vGIC";
}

TEST(TimerAttributes, TakePpisOnly) {
    Machine machine(Bricks{});
    for (const auto wrong : {0U, 15U, 32U, 8192U, 0xFFFF'FFFFU})
        EXPECT_ERRNO(EINVAL, set_ppi(machine, 0, IRQ_VTIMER, wrong)) << wrong;
    EXPECT_ERRNO(ENXIO, set_ppi(machine, 0, 4, 20));
    EXPECT_OK(set_ppi(machine, 0, IRQ_VTIMER, 16));
    EXPECT_OK(set_ppi(machine, 0, IRQ_PTIMER, 31));
    EXPECT_VALUE(16, ppi(machine, 0, IRQ_VTIMER));
    EXPECT_VALUE(31, ppi(machine, 0, IRQ_PTIMER));
}

TEST(TimerAttributes, KnowTheHypervisorTimersOnceThereAreSome) {
    Machine machine(Bricks{});
    EXPECT_EQ(machine.vcpu(0).has_attr(TIMER_CTRL, IRQ_HVTIMER), facts().hypervisor_timers);
    if (!facts().hypervisor_timers) {
        EXPECT_ERRNO(ENXIO, ppi(machine, 0, IRQ_HVTIMER));
        EXPECT_ERRNO(ENXIO, set_ppi(machine, 0, IRQ_HPTIMER, 20));
        return;
    }
    EXPECT_VALUE(28, ppi(machine, 0, IRQ_HVTIMER));
    EXPECT_VALUE(26, ppi(machine, 0, IRQ_HPTIMER));
    EXPECT_OK(set_ppi(machine, 0, IRQ_HPTIMER, 20)); // of no consequence to a guest without EL2
}

TEST(TimerAttributes, AreSetForEveryVcpuThereIs) {
    Machine machine;
    begin(machine);
    must(machine.create_vcpu(1));
    EXPECT_OK(set_ppi(machine, 1, IRQ_VTIMER, 20));
    EXPECT_VALUE(20, ppi(machine, 0, IRQ_VTIMER));
    must(machine.create_vcpu(2));
    EXPECT_VALUE(facts().timer_ppis_are_vm_wide ? 20 : 27, ppi(machine, 2, IRQ_VTIMER));
}

TEST(TimerAttributes, MustBeTheSameOnEveryVcpuAtTheFirstRun) {
    Machine machine;
    begin(machine);
    EXPECT_OK(set_ppi(machine, 0, IRQ_VTIMER, 20));
    must(machine.create_vcpu(1)); // with 27 again, unless there is one setting for the VM
    must(machine.init_vcpu(1));
    must(machine.init_gic());
    if (facts().timer_ppis_are_vm_wide) {
        EXPECT_EQ(machine.puppet(1).poll(), Intids{});
        return;
    }
    EXPECT_ERRNO(EINVAL, machine.vcpu(0).run());
    EXPECT_ERRNO(EINVAL, machine.vcpu(1).run());
    EXPECT_OK(set_ppi(machine, 1, IRQ_VTIMER, 20));
    EXPECT_EQ(machine.puppet(1).poll(), Intids{}) << "that failure is not the end of the VM";
}

TEST(TimerAttributes, TwoTimersDoNotShareAPpi) {
    Machine machine(Bricks{});
    EXPECT_OK(set_ppi(machine, 0, IRQ_PTIMER, 27)) << "which is found out at the first run";
    EXPECT_ERRNO(EINVAL, machine.vcpu(0).run());
    EXPECT_OK(set_ppi(machine, 0, IRQ_PTIMER, 29)); // one of them has claimed 27 by now
    EXPECT_OK(set_ppi(machine, 0, IRQ_VTIMER, 28));
    EXPECT_EQ(machine.puppet().poll(), Intids{});
}

TEST(TimerAttributes, AreFixedByTheFirstRun) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    EXPECT_EQ(machine.puppet(0).poll(), Intids{});
    EXPECT_ERRNO(EBUSY, set_ppi(machine, 0, IRQ_VTIMER, 20));
    EXPECT_ERRNO(EBUSY, set_ppi(machine, 0, IRQ_VTIMER, 27));
    EXPECT_ERRNO(EINVAL, set_ppi(machine, 0, IRQ_VTIMER, 32));
    if (facts().timer_ppis_are_vm_wide) {
        EXPECT_ERRNO(EBUSY, set_ppi(machine, 1, IRQ_VTIMER, 20));
    } else {
        EXPECT_OK(set_ppi(machine, 1, IRQ_VTIMER, 20));
        EXPECT_VALUE(20, ppi(machine, 0, IRQ_VTIMER)) << "of the one that has run";
    }
}

TEST(TimerAttributes, MoveATimerAndFreeItsPpi) {
    Machine machine(Bricks{});
    EXPECT_OK(set_ppi(machine, 0, IRQ_VTIMER, 20));
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_private(0, 20) + enable_private(0, 27));
    const auto result =
        guest.run(virtual_timer.expire() + List{take(1)} + virtual_timer.stop() + List{leave(), window()});
    EXPECT_EQ(result.interrupts(), Intids{20});
    EXPECT_OK(machine.set_ppi(20, 0, true));
    EXPECT_EQ(guest.poll(), Intids{}) << "the timer's";
    EXPECT_OK(machine.set_ppi(27, 0, true));
    EXPECT_EQ(guest.take(2), (Intids{27, 27})) << "anybody's";
}

} // namespace
} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
// A VM without an in-kernel interrupt controller: the vCPU's own IRQ and FIQ inputs, and the levels of its timers.
// Source: Documentation/virt/kvm/api.rst, 4.25, 8.9.
#include "tests/conformance/event.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <utility>

namespace conformance {
namespace {

using arm64::VcpuFeature;
using Input = arm64::irq_line::Input;

constexpr std::uint64_t ISR_F = 1 << 6, ISR_I = 1 << 7;
constexpr std::uint64_t VTIMER = 1, PTIMER = 2, PMU = 4; // KVM_ARM_DEV_*
constexpr std::uint32_t PMU_V3_CTRL = 0, TIMER_CTRL = 1; // KVM_ARM_VCPU_*_CTRL

class UserspaceIrqchip : public testing::Test {
protected:
    void SetUp() override { NEEDS_EXECUTION(); }

    void create(unsigned vcpus = 1, arm64::VcpuFeatures features = Bricks().features) {
        for (unsigned vcpu = 0; vcpu < vcpus; ++vcpu) {
            must(machine.create_vcpu(vcpu));
            must(machine.init_vcpu(vcpu, features));
        }
    }
    virt::expected<void> set(Input input, bool level, unsigned vcpu = 0) {
        return machine.vm().set_irq_line(arm64::irq_line::cpu(input, vcpu), level);
    }
    std::uint64_t level() { return machine.vcpu(0).device_irq_level(); }

    Machine machine;
};

constexpr virt::IrqLineField field(std::uint32_t type, std::uint32_t vcpu, std::uint32_t number) {
    return virt::IrqLineField{type << 24 | vcpu << 16 | number};
}

TEST_F(UserspaceIrqchip, ItsVcpusHaveTwoInputsEachAndThereIsNothingElse) {
    create(2);
    auto& vm = machine.vm();
    EXPECT_OK(set(Input::irq, true, 0));
    EXPECT_OK(set(Input::fiq, true, 1));
    EXPECT_ERRNO(EINVAL, vm.set_irq_line(field(0, 0, 2), true));
    EXPECT_ERRNO(EINVAL, vm.set_irq_line(field(0, 2, 0), true)); // no such vCPU
    EXPECT_ERRNO(ENXIO, machine.set_spi(40, true));
    EXPECT_ERRNO(ENXIO, machine.set_ppi(20, 0, true));
    EXPECT_ERRNO(EINVAL, vm.set_irq_line(field(3, 0, 0), true));
    EXPECT_ERRNO(EINVAL, vm.set_irq_line(field(15, 0, 0), true));
}

TEST_F(UserspaceIrqchip, WithAGicAVcpuHasNoInputs) {
    Machine with_gic;
    const bool v3 = with_gic.vm().knows_device(virt::DeviceType::vgic_v3);
    must(with_gic.create_vcpu(0));
    must(with_gic.create_gic(v3 ? virt::DeviceType::vgic_v3 : virt::DeviceType::vgic_v2));
    EXPECT_ERRNO(ENXIO, with_gic.vm().set_irq_line(field(0, 0, 0), true));
    EXPECT_ERRNO(EINVAL, with_gic.vm().set_irq_line(field(3, 0, 0), true));
}

TEST_F(UserspaceIrqchip, InputsAreLevels) {
    create(2);
    auto& guest = machine.puppet(0);
    EXPECT_VALUE(0, guest.mrs(ISR_EL1));
    EXPECT_OK(set(Input::irq, true));
    EXPECT_OK(set(Input::irq, true));
    EXPECT_VALUE(ISR_I, guest.mrs(ISR_EL1));
    EXPECT_VALUE(ISR_I, guest.mrs(ISR_EL1)); // until it is lowered
    EXPECT_OK(set(Input::fiq, true));
    EXPECT_VALUE(ISR_I | ISR_F, guest.mrs(ISR_EL1));
    EXPECT_VALUE(0, machine.puppet(1).mrs(ISR_EL1));
    EXPECT_OK(set(Input::irq, false));
    EXPECT_VALUE(ISR_F, guest.mrs(ISR_EL1));
    EXPECT_OK(set(Input::fiq, false));
    EXPECT_VALUE(0, guest.mrs(ISR_EL1));
}

TEST_F(UserspaceIrqchip, IrqLineNamesAnIndexOrAnId) {
    for (const unsigned id : {0U, 3U, 1U})
        must(machine.create_vcpu(id));
    for (unsigned vcpu = 0; vcpu < 3; ++vcpu)
        must(machine.init_vcpu(vcpu));
    EXPECT_OK(set(Input::irq, true, 1));
    const unsigned reached = facts().irq_line_names_vcpu_id ? 2 : 1;
    for (unsigned vcpu = 0; vcpu < 3; ++vcpu)
        EXPECT_VALUE(vcpu == reached ? ISR_I : 0, machine.puppet(vcpu).mrs(ISR_EL1)) << vcpu;
    EXPECT_ERRNO(EINVAL, set(Input::irq, true, facts().irq_line_names_vcpu_id ? 2 : 3));
}

TEST_F(UserspaceIrqchip, AnInputWakesAWaitingVcpu) {
    create();
    auto& guest = machine.puppet();
    for (const auto& [input, bit] : {std::pair{Input::irq, ISR_I}, {Input::fiq, ISR_F}}) {
        guest.start({wfi(), mrs(ISR_EL1)});
        EXPECT_OK(set(input, true));
        EXPECT_VALUE(bit, guest.wait().last().value);
        EXPECT_OK(set(input, false));
    }
}

TEST_F(UserspaceIrqchip, InputsReachARunningVcpu) {
    create();
    auto& guest = machine.puppet();
    const auto result = guest.run({mrs(ISR_EL1), call([&] { must(set(Input::irq, true)); }), mrs(ISR_EL1),
                                   call([&] { must(set(Input::irq, false)); }), mrs(ISR_EL1)});
    EXPECT_VALUE(0, result[0].value);
    EXPECT_VALUE(ISR_I, result[2].value);
    EXPECT_VALUE(0, result[4].value);
}

TEST_F(UserspaceIrqchip, WhatAnInKernelGicOffersIsRefused) {
    create();
    auto& vm = machine.vm();
    Event event;
    EXPECT_ERRNO(EAGAIN, vm.assign(virt::Irqfd{event.fd(), virt::Gsi{0}}));
    EXPECT_ERRNO(EINVAL, vm.signal({layout::nowhere, 0, {}}));
    EXPECT_ERRNO(EINVAL, vm.signal({layout::nowhere, 0, virt::DeviceId{0}}));
    EXPECT_ERRNO(EINVAL, machine.vcpu(0).set_number(TIMER_CTRL, 0, std::uint32_t{20}));
    EXPECT_OK(machine.set_routes({{0, virt::Pin{0}}})); // and is of no use
    EXPECT_EQ(vm.check_extension(virt::Capability::irqfd), 1);
    EXPECT_EQ(vm.check_extension(virt::Capability::signal_msi), 1);
}

TEST_F(UserspaceIrqchip, IoeventfdsWork) {
    create();
    Event event;
    ASSERT_OK(machine.vm().assign(virt::Ioeventfd{event.fd(), layout::nowhere, 4}));
    const auto result = machine.puppet().run({store32(layout::nowhere, 1), store64(layout::nowhere, 1)});
    EXPECT_EQ(event.count(), 1U);
    EXPECT_EQ(result.exits.size(), 1U);
}

TEST_F(UserspaceIrqchip, PsciAndStatesOfVcpusStayInTheKernel) {
    create(2);
    EXPECT_OK(machine.vcpu(1).set_mp_state(virt::MpState::stopped));
    auto& second = machine.puppet(1);
    second.start(mrs(MPIDR_EL1));
    EXPECT_VALUE(0, machine.puppet(0).one(hvc(0xC400'0003, 1, PUPPET_IMAGE, 1))); // CPU_ON
    EXPECT_VALUE(0x8000'0001, second.wait().last().value);
}

TEST_F(UserspaceIrqchip, TheLevelOfATimerIsShownWithAnInterruptionAtEachChange) {
    create();
    auto& guest = machine.puppet();
    guest.run(barrier());
    EXPECT_VALUE(0, level());
    std::uint64_t while_high = 0;
    const auto raised = guest.run({msr(CNTV_CVAL_EL0, 0), msr(CNTV_CTL_EL0, 1), spin(100'000), barrier()});
    EXPECT_GE(raised.interruptions, 1U); // the timer's interrupt, before any exit of the guest's
    EXPECT_VALUE(VTIMER, level());
    const auto steady = guest.run({spin(1000), load32(layout::nowhere), call([&] { while_high = level(); })});
    EXPECT_EQ(steady.interruptions, 0U);
    EXPECT_VALUE(VTIMER, while_high);
    EXPECT_VALUE(5, guest.mrs(CNTV_CTL_EL0)); // ISTATUS, ENABLE: nobody has masked it
    guest.run({msr(CNTV_CTL_EL0, 0), load32(layout::nowhere)});
    EXPECT_VALUE(0, level());
}

TEST_F(UserspaceIrqchip, AFallingLevelIsNoticedAtAnExit) {
    create();
    auto& guest = machine.puppet();
    std::uint64_t high = 0;
    std::uint64_t low = ~std::uint64_t{0};
    guest.run({msr(CNTV_CVAL_EL0, 0), msr(CNTV_CTL_EL0, 1), call([&] { high = level(); }), msr(CNTV_CTL_EL0, 3),
               call([&] { low = level(); })}); // IMASK
    EXPECT_VALUE(VTIMER, high);
    EXPECT_VALUE(0, low);
}

TEST_F(UserspaceIrqchip, BothTimersHaveALevel) {
    create();
    auto& guest = machine.puppet();
    guest.run({msr(CNTP_CVAL_EL0, 0), msr(CNTP_CTL_EL0, 1), load32(layout::nowhere)});
    EXPECT_VALUE(PTIMER, level());
    guest.run({msr(CNTV_CVAL_EL0, 0), msr(CNTV_CTL_EL0, 1), load32(layout::nowhere)});
    EXPECT_VALUE(VTIMER | PTIMER, level());
    guest.run({msr(CNTP_CTL_EL0, 0), load32(layout::nowhere)});
    EXPECT_VALUE(VTIMER, level());
}

TEST_F(UserspaceIrqchip, ATimerWakesAWaitingVcpu) {
    create();
    auto& guest = machine.puppet();
    const auto result = guest.run({msr(CNTV_TVAL_EL0, 100'000), msr(CNTV_CTL_EL0, 1), wfi(), mrs(CNTV_CTL_EL0)});
    EXPECT_GE(result.interruptions, 1U); // the VMM is to make an interrupt of it, or not
    EXPECT_VALUE(VTIMER, level());
}

TEST_F(UserspaceIrqchip, ThePmuHasALevel) {
    if (machine.vm().check_extension(virt::Capability::arm_pmu_v3) == 0)
        GTEST_SKIP() << "the host has no PMU for guests";
    create(1, Bricks().features.add(VcpuFeature::pmu_v3));
    EXPECT_ERRNO(EINVAL, machine.vcpu(0).set_number(PMU_V3_CTRL, 0, std::uint32_t{23}));
    ASSERT_OK(machine.vcpu(0).set_attr(PMU_V3_CTRL, 1, {}));
    auto& guest = machine.puppet();
    guest.run({msr(PMEVTYPER0_EL0, 0), msr(PMCNTENSET_EL0, 1), msr(PMINTENSET_EL1, 1), msr(PMCR_EL0, 1),
               msr(PMOVSSET_EL0, 1), load32(layout::nowhere)}); // event 0, SW_INCR, overflows by hand only
    EXPECT_VALUE(PMU, level());
    guest.run({msr(PMOVSCLR_EL0, ~0U), load32(layout::nowhere)});
    EXPECT_VALUE(0, level());
}

TEST_F(UserspaceIrqchip, IccRegistersAreUndefinedOrAnIdleCpuInterface) {
    create();
    auto& guest = machine.puppet();
    const auto seen =
        guest.run({mrs(ID_AA64PFR0_EL1), mrs(ID_AA64MMFR1_EL1), mrs(ICC_SRE_EL1), mrs(ICC_PMR_EL1), mrs(ICC_IAR1_EL1),
                   msr(ICC_EOIR1_EL1, 32), mrs(ICC_CTLR_EL1), msr(ICC_IGRPEN1_EL1, 0)});
    const bool host_gicv3 = machine.vm().knows_device(virt::DeviceType::vgic_v3);
    const bool shown = host_gicv3 && !facts().hides_gic_without_vgic;
    EXPECT_VALUE(shown ? 1 : 0, seen[0].value >> 24 & 0xF); // GIC
    const bool VHE = (seen[1].value >> 8 & 0xF) != 0;
    // With VHE KVM touches ICC_SRE_EL1 for a vGIC only. Without, it clears SRE, which QEMU's emulated GICv3 has RAO/WI:
    // a fact of that host, where SRE is also what tells.
    const bool SRE = !seen[2].undefined() && (seen[2].value & 1) != 0;
    const bool reachable = shown && (VHE || SRE);
    for (std::size_t n = 3; n <= 7; ++n)
        EXPECT_EQ(seen[n].undefined(), !reachable) << n << std::hex << ": ESR_EL1 0x" << seen[n].esr;
    if (reachable) {
        EXPECT_VALUE(1023, seen[4].value);
    }
    EXPECT_TRUE(seen.exits.empty()); // none of it is the VMM's
}

TEST_F(UserspaceIrqchip, SgiRegistersAreUndefined) {
    create();
    const auto seen =
        machine.puppet().run({msr(ICC_SGI1R_EL1, 1), msr(ICC_ASGI1R_EL1, 1), msr(ICC_SGI0R_EL1, 1), mrs(CurrentEL)});
    for (std::size_t n = 0; n < 3; ++n)
        EXPECT_TRUE(seen[n].undefined()) << n;
    EXPECT_TRUE(seen.exits.empty());
}

} // namespace
} // namespace conformance

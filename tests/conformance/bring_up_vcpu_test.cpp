// SPDX-License-Identifier: Apache-2.0
// KVM_ARM_VCPU_INIT, _FINALIZE, vCPU attributes: features, reset, MPIDR_EL1. Source:
// Documentation/virt/kvm/api.rst, 4.82, 4.116; Documentation/virt/kvm/devices/vcpu.rst.
#include "arch-arm64/registers.hpp"
#include "arch-arm64/vgic_attributes.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <initializer_list>
#include <utility>

namespace conformance {
namespace {

using arm64::VcpuFeature;
using arm64::VcpuFeatures;
namespace registers = arm64::registers;

// KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PVTIME_CTRL.
constexpr std::uint32_t PMU_V3_CTRL = 0, PVTIME_CTRL = 2;
constexpr std::uint64_t PMU_V3_IRQ = 0, PMU_V3_INIT = 1, PVTIME_IPA = 0;

constexpr auto pstate = registers::core(0x42);
constexpr auto TPIDR_EL1_id = registers::system(3, 0, 13, 0, 4);
constexpr auto SCTLR_EL1_id = registers::system(3, 0, 1, 0, 0);
// KVM_REG_ARM_TIMER_CTL and _CVAL; the latter has another register's encoding.
constexpr virt::RegisterId timer_ctl{0x6030'0000'0013'DF19};
constexpr virt::RegisterId timer_cval{0x6030'0000'0013'DF02};

VcpuFeatures with(std::initializer_list<VcpuFeature> more) {
    auto features = Bricks().features;
    for (const auto feature : more)
        features.add(feature);
    return features;
}

TEST(BringUpVcpu, NothingWorksBeforeItsInitialisation) {
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    auto& vcpu = machine.vcpu(0);
    EXPECT_ERRNO(ENOEXEC, vcpu.run());
    EXPECT_ERRNO(ENOEXEC, vcpu.get(registers::x0));
    EXPECT_ERRNO(ENOEXEC, vcpu.get(registers::MPIDR_EL1));
    EXPECT_ERRNO(ENOEXEC, vcpu.set(registers::x0, 1));
    EXPECT_ERRNO(ENOEXEC, vcpu.registers());
    EXPECT_ERRNO(ENOEXEC, vcpu.finalize(VcpuFeature::sve));
    vcpu.kick();
    EXPECT_ERRNO(ENOEXEC, vcpu.run()); // comes before the kick
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_OK(vcpu.get(registers::MPIDR_EL1));
    if (provider().executes_code()) {
        EXPECT_OK(vcpu.get(registers::x0));
    }
}

TEST(BringUpVcpu, InitialisationIsRepeatedWithTheSameFeaturesOnly) {
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_ERRNO(EINVAL, machine.init_vcpu(0, VcpuFeatures()));
    EXPECT_OK(machine.init_vcpu(0));
}

TEST(BringUpVcpu, FeaturesAreOfAVcpuOrOfTheVm) {
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.create_vcpu(1));
    EXPECT_OK(machine.init_vcpu(0));
    if (facts().features_are_vm_wide)
        EXPECT_ERRNO(EINVAL, machine.init_vcpu(1, VcpuFeatures()));
    else
        EXPECT_OK(machine.init_vcpu(1, VcpuFeatures()));
}

TEST(BringUpVcpu, FeaturesThatNobodyKnowsAreNotFound) {
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    for (const unsigned bit : {9U, 20U, 31U})
        EXPECT_ERRNO(ENOENT, machine.init_vcpu(0, with({static_cast<VcpuFeature>(bit)}))) << bit;
    EXPECT_OK(machine.init_vcpu(0)); // it is no worse for that
}

TEST(BringUpVcpu, PointerAuthenticationIsAllOrNothing) {
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_ERRNO(EINVAL, machine.init_vcpu(0, with({VcpuFeature::ptrauth_address})));
    EXPECT_ERRNO(EINVAL, machine.init_vcpu(0, with({VcpuFeature::ptrauth_generic})));
    EXPECT_OK(machine.create_vcpu(1));
    const auto both = machine.init_vcpu(1, with({VcpuFeature::ptrauth_address, VcpuFeature::ptrauth_generic}));
    if (machine.vm().check_extension(virt::Capability::arm_ptrauth_address) != 0)
        EXPECT_OK(both);
    else
        EXPECT_ERRNO(EINVAL, both);
}

TEST(BringUpVcpu, FeaturesThatTheHostLacksAreInvalid) {
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    if (machine.vm().check_extension(virt::Capability::arm_sve) == 0) {
        EXPECT_ERRNO(EINVAL, machine.init_vcpu(0, with({VcpuFeature::sve})));
    }
    if (machine.vm().check_extension(virt::Capability::arm_pmu_v3) == 0) {
        EXPECT_ERRNO(EINVAL, machine.init_vcpu(0, with({VcpuFeature::pmu_v3})));
    }
    constexpr auto arm_el1_32bit = static_cast<virt::Capability>(93);
    if (machine.vm().check_extension(arm_el1_32bit) == 0) {
        EXPECT_ERRNO(EINVAL, machine.init_vcpu(0, with({VcpuFeature::el1_32bit})));
        GTEST_SKIP() << "the host has no AArch32 at EL1, so that widths cannot be mixed";
    }
    EXPECT_OK(machine.create_vcpu(1));
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_ERRNO(EINVAL, machine.init_vcpu(1, with({VcpuFeature::el1_32bit}))); // all or none
}

TEST(BringUpVcpu, OnlySveIsFinalized) {
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_ERRNO(EINVAL, machine.vcpu(0).finalize(VcpuFeature::sve)); // which it has not
    EXPECT_ERRNO(EINVAL, machine.vcpu(0).finalize(VcpuFeature::psci_0_2));
}

TEST(BringUpVcpu, SveIsFinalizedOnceBeforeItIsUsed) {
    Machine machine;
    if (machine.vm().check_extension(virt::Capability::arm_sve) == 0)
        GTEST_SKIP() << "the host has no SVE";
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0, with({VcpuFeature::sve})));
    auto& vcpu = machine.vcpu(0);
    constexpr virt::RegisterId lengths{0x6060'0000'0015'FFFF}; // KVM_REG_ARM64_SVE_VLS
    constexpr virt::RegisterId z0{0x6080'0000'0015'0000};
    std::array<std::byte, 64> vls{};
    std::array<std::byte, 256> slice{};
    EXPECT_OK(vcpu.get(lengths, vls));
    EXPECT_OK(vcpu.set(lengths, vls));
    EXPECT_ERRNO(EPERM, vcpu.get(z0, slice));
    EXPECT_ERRNO(EPERM, vcpu.registers());
    EXPECT_ERRNO(EPERM, vcpu.run());
    EXPECT_OK(vcpu.finalize(VcpuFeature::sve));
    EXPECT_ERRNO(EPERM, vcpu.finalize(VcpuFeature::sve));
    EXPECT_ERRNO(EPERM, vcpu.set(lengths, vls));
    EXPECT_OK(vcpu.get(z0, slice));
    EXPECT_OK(vcpu.registers());
}

TEST(BringUpVcpu, PowerOffAppliesToEveryInitialisation) {
    Machine machine;
    const auto off = with({VcpuFeature::power_off});
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0, off));
    auto& vcpu = machine.vcpu(0);
    EXPECT_EQ(must(vcpu.mp_state()), virt::MpState::stopped);
    EXPECT_OK(vcpu.set_mp_state(virt::MpState::runnable));
    EXPECT_OK(machine.init_vcpu(0, off));
    EXPECT_EQ(must(vcpu.mp_state()), virt::MpState::stopped);
    if (facts().power_off_is_ephemeral) {
        EXPECT_OK(machine.init_vcpu(0));
        EXPECT_EQ(must(vcpu.mp_state()), virt::MpState::runnable);
    } else {
        EXPECT_ERRNO(EINVAL, machine.init_vcpu(0)); // other features
        EXPECT_EQ(must(vcpu.mp_state()), virt::MpState::stopped);
    }
}

TEST(BringUpVcpu, WithoutPowerOffItIsRunnable) {
    Machine machine(Bricks{});
    auto& vcpu = machine.vcpu(0);
    EXPECT_EQ(must(vcpu.mp_state()), virt::MpState::runnable);
    EXPECT_OK(vcpu.set_mp_state(virt::MpState::stopped));
    EXPECT_EQ(must(vcpu.mp_state()), virt::MpState::stopped);
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_EQ(must(vcpu.mp_state()), virt::MpState::runnable);
    EXPECT_ERRNO(EINVAL, vcpu.set_mp_state(virt::MpState{77}));
}

TEST(BringUpVcpu, ItStartsWithCleanRegistersAtEl1hAndEverythingMasked) {
    NEEDS_EXECUTION();
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    auto& vcpu = machine.vcpu(0);
    for (unsigned n = 0; n <= 31; ++n) // x0 to x30, SP_EL0
        EXPECT_VALUE(0, vcpu.get(registers::core(2 * n))) << n;
    EXPECT_VALUE(0, vcpu.get(registers::pc));
    EXPECT_VALUE(0x3C5, vcpu.get(pstate));
    EXPECT_VALUE(0x00C5'0078, vcpu.get(SCTLR_EL1_id));
    EXPECT_ERRNO(EINVAL, vcpu.set(pstate, 0x3C9)); // EL2h
}

TEST(BringUpVcpu, InitialisingAgainResetsTheVcpuAndNotItsGic) {
    NEEDS_EXECUTION();
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_private(0, 20) +
              List{msr(CNTV_CVAL_EL0, 0x1234), msr(CNTV_CTL_EL0, 3), msr(TPIDR_EL1, 0x77)});
    auto& vcpu = machine.vcpu(0);
    EXPECT_VALUE(0x77, vcpu.get(TPIDR_EL1_id));
    EXPECT_OK(vcpu.finish()); // the last exit, which initialisation does not undo
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_VALUE(0, vcpu.get(registers::pc));
    EXPECT_VALUE(0x3C5, vcpu.get(pstate));
    EXPECT_VALUE(0x00C5'0078, vcpu.get(SCTLR_EL1_id)); // no MMU
    EXPECT_NE(must(vcpu.get(TPIDR_EL1_id)), 0x77U);
    EXPECT_VALUE(0, must(vcpu.get(timer_ctl)) & 3); // ISTATUS is computed
    EXPECT_VALUE(0x1234, vcpu.get(timer_cval));
    guest.restart();
    EXPECT_VALUE(0xFFFF | bit_of(20), guest.load32(layout::gicr(0) + GICR_ISENABLER0));
    EXPECT_VALUE(GICD_CTLR_ARE_NS | GICD_CTLR_DS | GICD_CTLR_EnableGrp1, guest.load32(layout::GICD + GICD_CTLR));
    EXPECT_VALUE(1, guest.mrs(ICC_IGRPEN1_EL1));
    EXPECT_VALUE(0xA0, must(machine.gicr(0, GICR_IPRIORITYR + 20)) & 0xFF);
}

TEST(BringUpVcpu, InitialisingAgainLowersItsTimerLines) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + List{msr(CNTV_CVAL_EL0, 0), msr(CNTV_CTL_EL0, 1), load32(layout::nowhere)});
    EXPECT_VALUE(bit_of(27), guest.load32(layout::gicr(0) + GICR_ISPENDR0) & bit_of(27));
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_VALUE(0, must(machine.line_level(0)) & bit_of(27));
    guest.restart();
    EXPECT_VALUE(0, guest.load32(layout::gicr(0) + GICR_ISPENDR0) & bit_of(27));
}

TEST(BringUpVcpu, MpidrIsMadeOfTheId) {
    Machine machine;
    unsigned vcpu = 0;
    for (const auto& [id, affinity] :
         {std::pair{0U, 0U}, {15U, 0xFU}, {16U, 0x100U}, {300U, 0x120CU}, {511U, 0x1F0FU}}) {
        EXPECT_OK(machine.create_vcpu(id));
        EXPECT_OK(machine.init_vcpu(vcpu));
        EXPECT_VALUE(1U << 31 | affinity, machine.vcpu(vcpu).get(registers::MPIDR_EL1)) << id;
        EXPECT_EQ(machine.affinity(vcpu), affinity);
        ++vcpu;
    }
}

TEST(BringUpVcpu, MpidrCanBeWrittenAndMayEvenSurviveInitialisation) {
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    auto& vcpu = machine.vcpu(0);
    EXPECT_OK(vcpu.set(registers::MPIDR_EL1, 0x8000'0203));
    EXPECT_VALUE(0x8000'0203, vcpu.get(registers::MPIDR_EL1));
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_VALUE(facts().mpidr_survives_initialisation ? 0x8000'0203 : 0x8000'0000, vcpu.get(registers::MPIDR_EL1));
}

TEST(BringUpVcpu, BeforeInitialisationEveryVcpuHasAffinity0) {
    Machine machine;
    EXPECT_OK(machine.create_vcpu(1));
    EXPECT_OK(machine.create_vcpu(2));
    EXPECT_OK(machine.create_gic());
    EXPECT_OK(machine.init_gic());
    const auto typer_of = [&](std::uint64_t affinity) {
        return machine.gic().get_number<std::uint32_t>(arm64::attr::GRP_REDIST_REGS, affinity << 32 | GICR_TYPER);
    };
    EXPECT_VALUE(1 << 8, typer_of(0)); // the first
    EXPECT_ERRNO(EINVAL, typer_of(2));
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_OK(machine.init_vcpu(1));
    EXPECT_ERRNO(EINVAL, typer_of(0));
    EXPECT_VALUE(2 << 8, typer_of(2));
}

TEST(BringUpVcpu, RegistersAreListedAndTheListCanBeRead) {
    NEEDS_EXECUTION();
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    auto& vcpu = machine.vcpu(0);
    const auto ids = must(vcpu.registers());
    for (const auto id : {registers::x0, registers::pc, pstate, registers::MPIDR_EL1, timer_ctl, timer_cval})
        EXPECT_EQ(std::ranges::count(ids, id), 1) << std::hex << id.value;
    EXPECT_ERRNO(ENOENT, vcpu.get(registers::system(3, 7, 15, 15, 7)));
}

class Pmu : public testing::Test {
protected:
    void SetUp() override {
        if (machine.vm().check_extension(virt::Capability::arm_pmu_v3) == 0)
            GTEST_SKIP() << "the host has no PMU for guests";
        ASSERT_OK(machine.create_vcpu(0));
        ASSERT_OK(machine.init_vcpu(0, with({VcpuFeature::pmu_v3})));
    }
    virt::expected<void> set_irq(std::uint32_t intid) {
        return machine.vcpu(0).set_number(PMU_V3_CTRL, PMU_V3_IRQ, intid);
    }
    virt::expected<void> init() { return machine.vcpu(0).set_attr(PMU_V3_CTRL, PMU_V3_INIT, {}); }
    void place_gic() {
        ASSERT_OK(machine.create_gic());
        ASSERT_OK(machine.place_distributor());
        ASSERT_OK(machine.place_redistributors());
    }

    Machine machine;
};
using BringUpPmu = Pmu;

TEST_F(BringUpPmu, NeedsAnInitialisedGicAndAnInterrupt) {
    place_gic();
    EXPECT_ERRNO(EINVAL, set_irq(15));
    EXPECT_ERRNO(EINVAL, set_irq(1024));
    EXPECT_OK(set_irq(23));
    EXPECT_VALUE(23, machine.vcpu(0).get_number<std::uint32_t>(PMU_V3_CTRL, PMU_V3_IRQ));
    EXPECT_ERRNO(EBUSY, set_irq(23));
    EXPECT_ERRNO(ENODEV, init());
    EXPECT_OK(machine.init_gic());
    EXPECT_OK(init());
    EXPECT_ERRNO(EBUSY, init());
    EXPECT_VALUE(bit_of(1), machine.puppet().load32(layout::gicr(0) + GICR_ISENABLER0) & bit_of(1));
}

TEST_F(BringUpPmu, WithAnInKernelGicItsInterruptIsNotOptional) {
    place_gic();
    EXPECT_OK(machine.init_gic());
    EXPECT_ERRNO(ENXIO, init());
    EXPECT_ERRNO(ENXIO, machine.vcpu(0).get_number<std::uint32_t>(PMU_V3_CTRL, PMU_V3_IRQ));
}

TEST_F(BringUpPmu, WithoutItsInitialisationTheVcpuDoesNotRun) {
    NEEDS_EXECUTION();
    place_gic();
    EXPECT_OK(machine.init_gic());
    EXPECT_OK(set_irq(23));
    EXPECT_ERRNO(EINVAL, machine.vcpu(0).run());
}

TEST_F(BringUpPmu, ATimersPpiIsNotForIt) {
    NEEDS_EXECUTION();
    place_gic();
    EXPECT_OK(machine.init_gic());
    EXPECT_OK(set_irq(27));
    EXPECT_OK(init()); // the timer claims its PPI later,
    EXPECT_ERRNO(EINVAL, machine.vcpu(0).run()); // in vain
}

TEST_F(BringUpPmu, WithoutAGicItHasNoInterrupt) {
    EXPECT_ERRNO(EINVAL, set_irq(23));
    EXPECT_OK(init());
}

TEST(BringUpVcpu, StolenTimeIsKeptInMemoryOfTheVm) {
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    auto& vcpu = machine.vcpu(0);
    const auto set_ipa = [&](virt::Gpa ipa) { return vcpu.set_number(PVTIME_CTRL, PVTIME_IPA, ipa); };
    if (!vcpu.has_attr(PVTIME_CTRL, PVTIME_IPA)) {
        EXPECT_ERRNO(ENXIO, set_ipa(layout::free_RAM));
        GTEST_SKIP() << "the host accounts no stolen time";
    }
    EXPECT_ERRNO(EINVAL, set_ipa(layout::free_RAM + 32));
    EXPECT_ERRNO(EINVAL, set_ipa(layout::nowhere));
    EXPECT_OK(set_ipa(layout::free_RAM));
    EXPECT_ERRNO(EEXIST, set_ipa(layout::free_RAM + 64));
    EXPECT_VALUE(layout::free_RAM, vcpu.get_number<std::uint64_t>(PVTIME_CTRL, PVTIME_IPA));
}

} // namespace
} // namespace conformance

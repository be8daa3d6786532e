// SPDX-License-Identifier: Apache-2.0
// The PMU's interrupt: KVM_ARM_VCPU_PMU_V3_CTRL, and its level. Source: Documentation/virt/kvm/devices/vcpu.rst, 1;
// Arm DDI 0487, D13.3.
#include "tests/conformance/arch_timer.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
constexpr std::uint32_t PMU_V3_CTRL = 0;
constexpr std::uint64_t IRQ = 0, INIT = 1;
constexpr std::uint32_t PPI = 23;
constexpr std::uint64_t all = 0xFFFF'FFFF;
constexpr std::uint64_t cycles = std::uint64_t{1} << 31; // the cycle counter's bit

virt::expected<std::uint32_t> irq(Machine& machine, unsigned vcpu = 0) {
    return machine.vcpu(vcpu).get_number<std::uint32_t>(PMU_V3_CTRL, IRQ);
}
virt::expected<void> set_irq(Machine& machine, std::uint32_t intid, unsigned vcpu = 0) {
    return machine.vcpu(vcpu).set_number(PMU_V3_CTRL, IRQ, intid);
}
virt::expected<void> init(Machine& machine, unsigned vcpu = 0) {
    return machine.vcpu(vcpu).set_attr(PMU_V3_CTRL, INIT, {});
}

class Pmu : public testing::Test {
protected:
    void SetUp() override {
        if (must(provider().open({}))->check_extension(virt::Capability::arm_pmu_v3) == 0)
            GTEST_SKIP() << "the host has no PMU for guests";
    }
    /// With the feature; its interrupt is still to be chosen.
    static Bricks bricks(unsigned vcpus = 1) {
        Bricks bricks{.features =
                          arm64::VcpuFeatures().add(arm64::VcpuFeature::psci_0_2).add(arm64::VcpuFeature::pmu_v3)};
        for (unsigned id = 1; id < vcpus; ++id)
            bricks.vcpus.push_back(id);
        return bricks;
    }
    /// Enables and overflow flags are UNKNOWN at first, and KVM takes that seriously.
    static List clear() {
        return {msr(PMCR_EL0, 0), msr(PMCNTENCLR_EL0, all), msr(PMINTENCLR_EL1, all), msr(PMOVSCLR_EL0, all)};
    }
    /// The cycle counter has overflowed, counts, and may interrupt.
    static List overflow() {
        return {msr(PMCR_EL0, 1), msr(PMCNTENSET_EL0, cycles), msr(PMINTENSET_EL1, cycles), msr(PMOVSSET_EL0, cycles)};
    }
};

TEST_F(Pmu, IsUnknownToAVcpuWithoutTheFeature) {
    Machine machine(Bricks{});
    EXPECT_FALSE(machine.vcpu(0).has_attr(PMU_V3_CTRL, IRQ));
    EXPECT_ERRNO(ENODEV, irq(machine));
    EXPECT_ERRNO(ENODEV, set_irq(machine, PPI));
    EXPECT_ERRNO(ENODEV, init(machine));
}

TEST_F(Pmu, InterruptIsOnePpiForAllOrAnSpiForEach) {
    {
        Machine machine(bricks(3));
        EXPECT_TRUE(machine.vcpu(0).has_attr(PMU_V3_CTRL, IRQ));
        EXPECT_TRUE(machine.vcpu(0).has_attr(PMU_V3_CTRL, INIT));
        EXPECT_ERRNO(ENXIO, irq(machine));
        for (const auto wrong : {0U, 15U, 1020U, 8192U})
            EXPECT_ERRNO(EINVAL, set_irq(machine, wrong)) << wrong;
        EXPECT_OK(set_irq(machine, PPI));
        EXPECT_VALUE(PPI, irq(machine));
        EXPECT_ERRNO(EBUSY, set_irq(machine, PPI));
        EXPECT_ERRNO(EINVAL, set_irq(machine, 24, 1));
        EXPECT_OK(set_irq(machine, PPI, 1));
        EXPECT_OK(set_irq(machine, 40, 2)) << "an SPI has to differ, and so it does";
    }
    Machine machine(bricks(2));
    EXPECT_OK(set_irq(machine, 40));
    EXPECT_ERRNO(EINVAL, set_irq(machine, 40, 1));
    EXPECT_OK(set_irq(machine, 41, 1));
}

TEST_F(Pmu, InitComesOnceAfterTheVgicsAndTheInterrupts) {
    Machine machine;
    must(machine.create_vcpu(0));
    must(machine.init_vcpu(0, bricks().features));
    EXPECT_ERRNO(EINVAL, set_irq(machine, PPI)) << "there is no vGIC";
    must(machine.create_gic());
    must(machine.set_interrupts(64));
    EXPECT_ERRNO(ENODEV, init(machine)) << "it is not initialised";
    must(machine.init_gic());
    EXPECT_ERRNO(ENXIO, init(machine)) << "there is no interrupt";
    EXPECT_OK(set_irq(machine, PPI));
    EXPECT_OK(init(machine));
    EXPECT_ERRNO(EBUSY, init(machine));
    EXPECT_ERRNO(EBUSY, set_irq(machine, PPI));
}

TEST_F(Pmu, InitWantsAnSpiThatTheVgicHas) {
    Machine machine(bricks());
    EXPECT_OK(set_irq(machine, 200));
    EXPECT_ERRNO(EINVAL, init(machine));
}

TEST_F(Pmu, AVcpuWithTheFeatureRunsAfterInitOnly) {
    NEEDS_EXECUTION();
    Machine machine(bricks());
    EXPECT_ERRNO(EINVAL, machine.vcpu(0).run());
    EXPECT_OK(set_irq(machine, PPI));
    EXPECT_ERRNO(EINVAL, machine.vcpu(0).run());
    EXPECT_OK(init(machine));
    EXPECT_EQ(machine.puppet().poll(), Intids{});
}

TEST_F(Pmu, DoesNotShareATimersPpi) {
    NEEDS_EXECUTION();
    Machine machine(bricks());
    EXPECT_OK(set_irq(machine, 27));
    EXPECT_OK(init(machine)); // the first to come is the owner
    EXPECT_ERRNO(EINVAL, machine.vcpu(0).run());
}

TEST_F(Pmu, ItsInterruptBelongsToItAlone) {
    NEEDS_EXECUTION();
    Machine machine(bricks());
    EXPECT_OK(set_irq(machine, PPI));
    EXPECT_OK(machine.set_ppi(PPI, 0, true)) << "anybody's so far";
    EXPECT_VALUE(bit_of(PPI), machine.line_level(0));
    EXPECT_OK(machine.set_ppi(PPI, 0, false));
    EXPECT_OK(init(machine));
    EXPECT_OK(machine.set_ppi(PPI, 0, true));
    EXPECT_VALUE(0, machine.line_level(0));
}

TEST_F(Pmu, OverflowIsALevelUntilItIsCleared) {
    NEEDS_EXECUTION();
    Machine machine(bricks());
    must(set_irq(machine, PPI));
    must(init(machine));
    auto& guest = machine.puppet();
    const auto result = guest.run(open_gic() + enable_private(0, PPI) + clear() + overflow() +
                                  List{take(2), msr(PMOVSCLR_EL0, cycles), leave(), window()});
    EXPECT_EQ(result.interrupts(), (Intids{PPI, PPI}));
}

TEST_F(Pmu, OverflowInterruptsIfItMayWhetherItsCounterCountsOrNot) {
    NEEDS_EXECUTION();
    Machine machine(bricks());
    must(set_irq(machine, PPI));
    must(init(machine));
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_private(0, PPI) + clear());
    for (const auto& without : {msr(PMCR_EL0, 0), msr(PMINTENCLR_EL1, cycles), msr(PMOVSCLR_EL0, cycles)}) {
        guest.run(overflow() + List{without, leave()});
        EXPECT_EQ(guest.poll(), Intids{}) << without.text();
    }
    EXPECT_EQ(guest.run(overflow() + List{msr(PMCNTENCLR_EL0, cycles), leave(), take(1)}).interrupts(), Intids{PPI});
}

TEST_F(Pmu, ASoftwareIncrementOverflows) {
    NEEDS_EXECUTION();
    Machine machine(bricks());
    must(set_irq(machine, PPI));
    must(init(machine));
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_private(0, PPI) + clear());
    const auto result =
        guest.run({msr(PMEVTYPER0_EL0, 0), msr(PMEVCNTR0_EL0, 0xFFFF'FFFE), msr(PMCNTENSET_EL0, 1),
                   msr(PMINTENSET_EL1, 1), msr(PMCR_EL0, 1), msr(PMSWINC_EL0, 1), leave(), window(), record(1),
                   msr(PMSWINC_EL0, 1), take(1), msr(PMOVSCLR_EL0, 1), leave(), window(), mrs(PMEVCNTR0_EL0)});
    EXPECT_EQ(result.records, (std::vector<Record>{{1, Record::Kind::marker}, {PPI}}));
    EXPECT_VALUE(0, result.last().value);
}

TEST_F(Pmu, ItsInterruptMayBeAnSpi) {
    NEEDS_EXECUTION();
    Machine machine(bricks());
    must(set_irq(machine, 40));
    must(init(machine));
    const auto result = machine.puppet().run(open_gic() + enable_spi(40, Trigger::level) + clear() + overflow() +
                                             List{take(2), msr(PMOVSCLR_EL0, cycles), leave(), window()});
    EXPECT_EQ(result.interrupts(), (Intids{40, 40}));
}

} // namespace
} // namespace conformance

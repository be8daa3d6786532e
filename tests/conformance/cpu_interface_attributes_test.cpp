// SPDX-License-Identifier: Apache-2.0
// KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS: the CPU interface from outside. Source:
// Documentation/virt/kvm/devices/arm-vgic-v3.rst.
#include "arch-arm64/vgic_attributes.hpp"
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
namespace attr = arm64::attr;

constexpr std::uint64_t PRIbits = 7 << 8, IDbits = 7 << 11, SEIS = 1 << 14, A3V = 1 << 15;

TEST(CpuInterfaceAttributes, GroupEnablesAndPmrAreMasked) {
    Machine machine(Bricks{});
    for (const auto& enable : {ICC_IGRPEN0_EL1, ICC_IGRPEN1_EL1}) {
        EXPECT_VALUE(0, machine.icc(0, enable)) << enable.name;
        EXPECT_OK(machine.set_icc(0, enable, ~std::uint64_t{0}));
        EXPECT_VALUE(1, machine.icc(0, enable)) << enable.name;
        EXPECT_OK(machine.set_icc(0, enable, ~std::uint64_t{1}));
        EXPECT_VALUE(0, machine.icc(0, enable)) << enable.name;
    }
    EXPECT_VALUE(0, machine.icc(0, ICC_PMR_EL1));
    EXPECT_OK(machine.set_icc(0, ICC_PMR_EL1, 0xFFFF'FFF0));
    EXPECT_VALUE(0xF0, machine.icc(0, ICC_PMR_EL1));
}

TEST(CpuInterfaceAttributes, BinaryPointsAreMasked) {
    Machine machine(Bricks{});
    for (const auto& bpr : {ICC_BPR0_EL1, ICC_BPR1_EL1}) {
        EXPECT_OK(machine.set_icc(0, bpr, 0xFFFF'FFFD));
        EXPECT_VALUE(5, machine.icc(0, bpr)) << bpr.name;
    }
}

TEST(CpuInterfaceAttributes, BinaryPointsGetTheirLeastWhenTheVcpuRuns) {
    if (!facts().binary_points_begin_at_zero)
        GTEST_SKIP() << "here they have it from the beginning";
    Machine machine(Bricks{});
    EXPECT_VALUE(0, machine.icc(0, ICC_BPR0_EL1));
    EXPECT_VALUE(0, machine.icc(0, ICC_BPR1_EL1));
    const auto least = machine.puppet().mrs(ICC_BPR0_EL1);
    EXPECT_VALUE(least, machine.icc(0, ICC_BPR0_EL1));
    EXPECT_VALUE(least + 1, machine.icc(0, ICC_BPR1_EL1));
}

TEST(CpuInterfaceAttributes, ACommonBinaryPointIsBpr0s) {
    Machine machine(Bricks{});
    EXPECT_OK(machine.set_icc(0, ICC_BPR1_EL1, 6));
    const auto ctlr = must(machine.icc(0, ICC_CTLR_EL1));
    EXPECT_OK(machine.set_icc(0, ICC_CTLR_EL1, ctlr | ICC_CTLR_EL1_CBPR));
    EXPECT_OK(machine.set_icc(0, ICC_BPR0_EL1, 3));
    EXPECT_VALUE(4, machine.icc(0, ICC_BPR1_EL1));
    EXPECT_OK(machine.set_icc(0, ICC_BPR1_EL1, 5));
    EXPECT_VALUE(4, machine.icc(0, ICC_BPR1_EL1));
    EXPECT_OK(machine.set_icc(0, ICC_BPR0_EL1, 7));
    EXPECT_VALUE(7, machine.icc(0, ICC_BPR1_EL1));
    EXPECT_OK(machine.set_icc(0, ICC_CTLR_EL1, ctlr));
    EXPECT_VALUE(6, machine.icc(0, ICC_BPR1_EL1));
}

TEST(CpuInterfaceAttributes, TheGuestSeesThem) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(barrier());
    const auto ctlr = must(machine.icc(0, ICC_CTLR_EL1));
    EXPECT_OK(machine.set_icc(0, ICC_PMR_EL1, 0xA0));
    EXPECT_OK(machine.set_icc(0, ICC_BPR0_EL1, 4));
    EXPECT_OK(machine.set_icc(0, ICC_BPR1_EL1, 6));
    EXPECT_OK(machine.set_icc(0, ICC_IGRPEN0_EL1, 1));
    EXPECT_OK(machine.set_icc(0, ICC_CTLR_EL1, ctlr | ICC_CTLR_EL1_EOImode));
    EXPECT_OK(machine.set_icc(0, ICC_AP1R0_EL1, 1 << 8));
    EXPECT_VALUE(0xA0, guest.mrs(ICC_PMR_EL1));
    EXPECT_VALUE(4, guest.mrs(ICC_BPR0_EL1));
    EXPECT_VALUE(6, guest.mrs(ICC_BPR1_EL1));
    EXPECT_VALUE(1, guest.mrs(ICC_IGRPEN0_EL1));
    EXPECT_VALUE(0, guest.mrs(ICC_IGRPEN1_EL1));
    EXPECT_VALUE(ICC_CTLR_EL1_EOImode, guest.mrs(ICC_CTLR_EL1) & 3);
    EXPECT_VALUE(1 << 8, guest.mrs(ICC_AP1R0_EL1));
}

TEST(CpuInterfaceAttributes, TheySeeTheGuests) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic(EOImode::drop) +
              List{msr(ICC_PMR_EL1, 0x40), msr(ICC_BPR0_EL1, 5), msr(ICC_BPR1_EL1, 4), msr(ICC_AP0R0_EL1, 1 << 4)});
    EXPECT_VALUE(0x40, machine.icc(0, ICC_PMR_EL1));
    EXPECT_VALUE(5, machine.icc(0, ICC_BPR0_EL1));
    EXPECT_VALUE(4, machine.icc(0, ICC_BPR1_EL1));
    EXPECT_VALUE(0, machine.icc(0, ICC_IGRPEN0_EL1));
    EXPECT_VALUE(1, machine.icc(0, ICC_IGRPEN1_EL1));
    EXPECT_VALUE(1 << 4, machine.icc(0, ICC_AP0R0_EL1));
    EXPECT_VALUE(guest.mrs(ICC_CTLR_EL1), machine.icc(0, ICC_CTLR_EL1));
    EXPECT_VALUE(7, machine.icc(0, ICC_SRE_EL1));
}

TEST(CpuInterfaceAttributes, CtlrTakesNoMorePriorityBitsThanThereAre) {
    Machine machine(Bricks{});
    const auto ctlr = must(machine.icc(0, ICC_CTLR_EL1));
    ASSERT_GE(ctlr & PRIbits, 4U << 8);
    if ((ctlr & PRIbits) != PRIbits) {
        EXPECT_ERRNO(EINVAL, machine.set_icc(0, ICC_CTLR_EL1, ctlr + (1 << 8)));
    }
    EXPECT_VALUE(ctlr, machine.icc(0, ICC_CTLR_EL1));
    EXPECT_OK(machine.set_icc(0, ICC_CTLR_EL1, ctlr - (1 << 8))); // fewer are adopted,
    EXPECT_VALUE(ctlr - (1 << 8), machine.icc(0, ICC_CTLR_EL1));
    EXPECT_ERRNO(EINVAL, machine.set_icc(0, ICC_CTLR_EL1, ctlr)); // for good
}

TEST(CpuInterfaceAttributes, CtlrTakesNoMoreIdBitsThanThereAre) {
    Machine machine(Bricks{});
    const auto ctlr = must(machine.icc(0, ICC_CTLR_EL1));
    EXPECT_ERRNO(EINVAL, machine.set_icc(0, ICC_CTLR_EL1, ctlr | IDbits));
    EXPECT_VALUE(ctlr, machine.icc(0, ICC_CTLR_EL1));
    if ((ctlr & IDbits) == 0)
        GTEST_SKIP() << "the host has 16 INTID bits, the fewest";
    EXPECT_OK(machine.set_icc(0, ICC_CTLR_EL1, ctlr & ~IDbits));
    EXPECT_VALUE(ctlr & ~IDbits, machine.icc(0, ICC_CTLR_EL1));
    EXPECT_ERRNO(EINVAL, machine.set_icc(0, ICC_CTLR_EL1, ctlr));
}

TEST(CpuInterfaceAttributes, CtlrTakesOnlyTheHostsSeisAndA3v) {
    Machine machine(Bricks{});
    const auto ctlr = must(machine.icc(0, ICC_CTLR_EL1));
    EXPECT_ERRNO(EINVAL, machine.set_icc(0, ICC_CTLR_EL1, ctlr ^ SEIS));
    EXPECT_ERRNO(EINVAL, machine.set_icc(0, ICC_CTLR_EL1, ctlr ^ A3V));
    EXPECT_OK(machine.set_icc(0, ICC_CTLR_EL1, ctlr | ICC_CTLR_EL1_CBPR | ICC_CTLR_EL1_EOImode));
    EXPECT_VALUE(ctlr | ICC_CTLR_EL1_CBPR | ICC_CTLR_EL1_EOImode, machine.icc(0, ICC_CTLR_EL1));
}

TEST(CpuInterfaceAttributes, ActivePriorityRegistersAreAsManyAsPriorityBitsNeed) {
    Machine machine(Bricks{});
    const auto priority_bits = (must(machine.icc(0, ICC_CTLR_EL1)) >> 8 & 7) + 1;
    const unsigned registers = priority_bits >= 7 ? 4 : priority_bits == 6 ? 2 : 1;
    const Sysreg* const ap0r[] = {&ICC_AP0R0_EL1, &ICC_AP0R1_EL1, &ICC_AP0R2_EL1, &ICC_AP0R3_EL1};
    const Sysreg* const ap1r[] = {&ICC_AP1R0_EL1, &ICC_AP1R1_EL1, &ICC_AP1R2_EL1, &ICC_AP1R3_EL1};
    for (const auto& apr : {ap0r, ap1r})
        for (unsigned n = 0; n < 4; ++n) {
            const auto& sysreg = *apr[n];
            if (n < registers) {
                EXPECT_OK(machine.set_icc(0, sysreg, 0xA5A5'5A5A)) << sysreg.name; // no bit is checked
                EXPECT_VALUE(0xA5A5'5A5A, machine.icc(0, sysreg)) << sysreg.name;
            } else {
                EXPECT_ERRNO(EINVAL, machine.set_icc(0, sysreg, 0)) << sysreg.name;
                EXPECT_ERRNO(EINVAL, machine.icc(0, sysreg)) << sysreg.name;
            }
            const std::uint64_t name = sysreg.encoding;
            EXPECT_TRUE(machine.gic().has_attr(attr::GRP_CPU_SYSREGS, name)) << sysreg.name;
        }
}

TEST(CpuInterfaceAttributes, SreMustBeSet) {
    Machine machine(Bricks{});
    EXPECT_VALUE(7, machine.icc(0, ICC_SRE_EL1));
    EXPECT_OK(machine.set_icc(0, ICC_SRE_EL1, 1));
    EXPECT_VALUE(7, machine.icc(0, ICC_SRE_EL1)); // of the value only that bit is looked at
    EXPECT_ERRNO(EINVAL, machine.set_icc(0, ICC_SRE_EL1, 6));
    EXPECT_ERRNO(EINVAL, machine.set_icc(0, ICC_SRE_EL1, 0));
}

TEST(CpuInterfaceAttributes, RegistersWithoutStateAreUnknown) {
    Machine machine(Bricks{});
    for (const auto& sysreg :
         {ICC_IAR0_EL1, ICC_IAR1_EL1, ICC_EOIR0_EL1, ICC_EOIR1_EL1, ICC_HPPIR0_EL1, ICC_HPPIR1_EL1, ICC_DIR_EL1,
          ICC_RPR_EL1, ICC_SGI0R_EL1, ICC_SGI1R_EL1, ICC_ASGI1R_EL1, SCTLR_EL1, MPIDR_EL1}) {
        const std::uint64_t name = sysreg.encoding;
        EXPECT_FALSE(machine.gic().has_attr(attr::GRP_CPU_SYSREGS, name)) << sysreg.name;
        EXPECT_ERRNO(ENOENT, machine.icc(0, sysreg)) << sysreg.name;
        EXPECT_ERRNO(ENOENT, machine.set_icc(0, sysreg, 0)) << sysreg.name;
    }
    for (const auto& sysreg :
         {ICC_PMR_EL1, ICC_BPR0_EL1, ICC_BPR1_EL1, ICC_CTLR_EL1, ICC_SRE_EL1, ICC_IGRPEN0_EL1, ICC_IGRPEN1_EL1}) {
        const std::uint64_t name = sysreg.encoding;
        EXPECT_TRUE(machine.gic().has_attr(attr::GRP_CPU_SYSREGS, name)) << sysreg.name;
    }
}

TEST(CpuInterfaceAttributes, TheAffinityMustBeAVcpus) {
    Machine machine(Bricks{.vcpus = {0, 0x11}});
    EXPECT_OK(machine.set_icc(1, ICC_PMR_EL1, 0x80)); // affinity 0.1.1
    EXPECT_VALUE(0, machine.icc(0, ICC_PMR_EL1));
    EXPECT_VALUE(0x80, machine.icc(1, ICC_PMR_EL1));
    for (const std::uint64_t affinity : {0x1U, 0x11U, 0x1'0101U, 0x100'0101U}) {
        const auto name = affinity << 32 | ICC_PMR_EL1.encoding;
        EXPECT_ERRNO(EINVAL, machine.gic().get_number<std::uint64_t>(attr::GRP_CPU_SYSREGS, name)) << affinity;
        EXPECT_ERRNO(EINVAL, machine.gic().set_number<std::uint64_t>(attr::GRP_CPU_SYSREGS, name, 0)) << affinity;
    }
}

TEST(CpuInterfaceAttributes, AreBusyBeforeInitialisation) {
    Machine machine;
    ASSERT_OK(machine.create_vcpu(0));
    ASSERT_OK(machine.init_vcpu(0));
    ASSERT_OK(machine.create_gic());
    EXPECT_ERRNO(EBUSY, machine.icc(0, ICC_PMR_EL1));
    EXPECT_ERRNO(EBUSY, machine.set_icc(0, ICC_PMR_EL1, 0));
}

// What a VMM does with a guest that was saved in the midst of four handlers.
TEST(CpuInterfaceAttributes, RestoreFourNestedActiveInterrupts) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic());
    // Group priorities of all five bits, in AP1R0 whatever the host: below 0x40 for 7 preemption bits.
    const auto least = guest.run({msr(ICC_BPR0_EL1, 0), mrs(ICC_BPR0_EL1)})[1].value;
    std::uint64_t active = 0;
    for (unsigned n = 0; n < 4; ++n) {
        const auto priority = static_cast<std::uint8_t>(0x38 - 8 * n);
        guest.run(enable_spi(40 + n, Trigger::edge, 0, priority));
        active |= std::uint64_t{1} << (priority >> (least + 1));
    }
    EXPECT_OK(machine.set_gicd(GICD_ISACTIVER + 4, 0xF << 8));
    EXPECT_OK(machine.set_icc(0, ICC_AP1R0_EL1, active));
    for (unsigned n = 0; n < 4; ++n)
        EXPECT_OK(machine.set_spi(40 + n, true)); // they pend, too
    EXPECT_EQ(guest.poll(), Intids{});
    for (unsigned n = 4; n-- > 0;) {
        EXPECT_VALUE(0x38 - 8 * n, guest.mrs(ICC_RPR_EL1));
        guest.msr(ICC_EOIR1_EL1, 40 + n);
        EXPECT_EQ(guest.poll(), Intids{40 + n});
        EXPECT_VALUE(((1U << n) - 1) << 8, machine.gicd(GICD_ISACTIVER + 4));
    }
    EXPECT_VALUE(0, guest.mrs(ICC_AP1R0_EL1));
}

} // namespace
} // namespace conformance

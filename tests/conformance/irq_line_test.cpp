// SPDX-License-Identifier: Apache-2.0
// KVM_IRQ_LINE: the packed field, what level and edge make of a line. Source: Documentation/virt/kvm/api.rst, 4.25.
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/irqfd.hpp"
#include "tests/conformance/its.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace conformance {
namespace {

constexpr unsigned cpu = 0, spi = 1, ppi = 2;

virt::expected<void> set(Machine& machine, unsigned type, std::uint32_t number, unsigned vcpu_index = 0,
                         unsigned vcpu2_index = 0) {
    return machine.vm().set_irq_line(virt::IrqLineField{vcpu2_index << 28 | type << 24 | vcpu_index << 16 | number},
                                     true);
}

bool pending(Machine& machine, std::uint32_t intid) {
    return (machine.puppet().load32(layout::GICD + word_of(GICD_ISPENDR, intid)) & bit_of(intid)) != 0;
}

TEST(IrqLine, WithAVgicThereAreSpisAndPpis) {
    Machine machine(Bricks{.interrupts = 96});
    EXPECT_OK(set(machine, spi, 32));
    EXPECT_OK(set(machine, spi, 95));
    for (const auto wrong : {0U, 15U, 16U, 31U, 96U, 1019U, 1020U, 1023U, 1024U, 8191U, 8192U, 0xFFFFU})
        EXPECT_ERRNO(EINVAL, set(machine, spi, wrong)) << wrong;
    EXPECT_ERRNO(ENXIO, set(machine, cpu, 0));
    EXPECT_ERRNO(ENXIO, set(machine, cpu, 7, 200)) << "before a look at the rest";
    for (const auto type : {3U, 4U, 15U})
        EXPECT_ERRNO(EINVAL, set(machine, type, 40)) << type;
}

TEST(IrqLine, ASpiHasNoVcpu) {
    Machine machine(Bricks{});
    EXPECT_OK(set(machine, spi, 40, 255, 15));
    EXPECT_TRUE(pending(machine, 40));
}

TEST(IrqLine, PpisAreNamedWithTheirVcpu) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    for (const auto number : {16U, 20U, 31U})
        EXPECT_OK(set(machine, ppi, number, 1)) << number;
    for (const auto wrong : {0U, 15U, 32U, 40U, 0xFFFFU})
        EXPECT_ERRNO(EINVAL, set(machine, ppi, wrong)) << wrong;
    EXPECT_ERRNO(EINVAL, set(machine, ppi, 20, 2));
    EXPECT_ERRNO(EINVAL, set(machine, ppi, 20, 0, 1)) << "vCPU 256";
    EXPECT_VALUE(0, machine.line_level(0, 0));
    EXPECT_VALUE(1U << 16 | 1U << 20 | 1U << 31, machine.line_level(0, 1));
}

TEST(IrqLine, APpiIsTakenByItsVcpuUntilItsLineFalls) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    auto& first = machine.puppet(0);
    auto& second = machine.puppet(1);
    first.run(open_gic() + enable_private(0, 20));
    second.run(open_cpu_interface() + enable_private(1, 20));
    EXPECT_OK(machine.set_ppi(20, 1, true));
    EXPECT_EQ(first.poll(), Intids{});
    EXPECT_EQ(second.take(2), (Intids{20, 20}));
    EXPECT_OK(machine.set_ppi(20, 1, false));
    EXPECT_EQ(second.poll(), Intids{});
}

TEST(IrqLine, APpisVcpuIsAnIndexOrAnId) {
    Machine machine(Bricks{.vcpus = {0, 2, 3, 1}});
    EXPECT_OK(machine.set_ppi(20, 1, true));
    unsigned raised = 1;
    if (facts().irq_line_names_vcpu_id)
        raised = 3;
    else if (facts().confuses_vcpu_id_and_index)
        raised = 2; // vCPU 1 has that id, which is taken for an index then
    for (unsigned vcpu = 0; vcpu < 4; ++vcpu)
        EXPECT_VALUE(vcpu == raised ? 1U << 20 : 0U, machine.line_level(0, vcpu)) << vcpu;
    EXPECT_ERRNO(EINVAL, machine.set_ppi(20, 4, true));
}

TEST(IrqLine, AVcpuInputsVcpuIsAnIndexOrAnId) {
    Machine machine;
    for (const auto id : {0U, 2U, 1U}) {
        ASSERT_OK(machine.create_vcpu(id));
        ASSERT_OK(machine.init_vcpu(machine.vcpus() - 1));
    }
    EXPECT_OK(set(machine, cpu, 0, 1));
    const unsigned raised = facts().irq_line_names_vcpu_id ? 2 : 1;
    for (unsigned vcpu = 0; vcpu < 3; ++vcpu)
        EXPECT_VALUE(vcpu == raised ? 1 << 7 : 0, machine.puppet(vcpu).mrs(ISR_EL1)) << vcpu; // I
}

TEST(IrqLine, ATimersOwnPpiIsIgnored) {
    pitfalls({57});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_private(0, 27));
    EXPECT_OK(machine.set_ppi(27, 0, true));
    EXPECT_VALUE(0, machine.line_level(0));
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(IrqLine, WithoutAVgicThereAreOnlyVcpuInputs) {
    Machine machine;
    ASSERT_OK(machine.create_vcpu(0));
    ASSERT_OK(machine.init_vcpu(0));
    EXPECT_ERRNO(ENXIO, set(machine, spi, 32));
    EXPECT_ERRNO(ENXIO, set(machine, spi, 0)) << "before a look at the number";
    EXPECT_ERRNO(ENXIO, set(machine, ppi, 16));
    EXPECT_ERRNO(EINVAL, set(machine, 3, 0));
    EXPECT_ERRNO(EINVAL, set(machine, cpu, 2));
    EXPECT_ERRNO(EINVAL, set(machine, cpu, 0, 1));
    EXPECT_ERRNO(EINVAL, set(machine, cpu, 0, 0, 1));
    EXPECT_OK(set(machine, cpu, 0));
    EXPECT_OK(set(machine, cpu, 1));
}

TEST(IrqLine, AVcpuInputIsSeenByTheGuest) {
    using Input = arm64::irq_line::Input;
    constexpr std::uint64_t I = 1 << 7, F = 1 << 6; // of ISR_EL1
    Machine machine;
    for (const auto id : {0U, 1U}) {
        ASSERT_OK(machine.create_vcpu(id));
        ASSERT_OK(machine.init_vcpu(id));
    }
    const auto set_input = [&](Input input, bool level) {
        EXPECT_OK(machine.vm().set_irq_line(arm64::irq_line::cpu(input, 1), level));
    };
    auto& guest = machine.puppet(1);
    EXPECT_VALUE(0, guest.mrs(ISR_EL1));
    set_input(Input::irq, true);
    EXPECT_VALUE(I, guest.mrs(ISR_EL1));
    set_input(Input::fiq, true);
    EXPECT_VALUE(I | F, guest.mrs(ISR_EL1));
    EXPECT_VALUE(0, machine.puppet(0).mrs(ISR_EL1));
    set_input(Input::irq, false);
    EXPECT_VALUE(F, guest.mrs(ISR_EL1));
    set_input(Input::fiq, false);
    EXPECT_VALUE(0, guest.mrs(ISR_EL1));
}

TEST(IrqLine, AVgicThatIsNotInitialisedIsBusy) {
    Machine machine;
    ASSERT_OK(machine.create_vcpu(0));
    ASSERT_OK(machine.init_vcpu(0));
    ASSERT_OK(machine.create_gic());
    EXPECT_ERRNO(EBUSY, set(machine, spi, 40));
    EXPECT_ERRNO(EINVAL, set(machine, spi, 31)) << "the number is looked at first";
    EXPECT_ERRNO(EBUSY, set(machine, spi, 1019));
    EXPECT_ERRNO(ENXIO, set(machine, cpu, 0));
}

TEST(IrqLine, PpisOfAVgicThatIsNotInitialisedAreBusyToo) {
    Machine machine;
    ASSERT_OK(machine.create_vcpu(0));
    ASSERT_OK(machine.init_vcpu(0));
    ASSERT_OK(machine.create_gic());
    EXPECT_ERRNO(EBUSY, set(machine, ppi, 20));
    EXPECT_ERRNO(EINVAL, set(machine, ppi, 20, 1));
}

TEST(IrqLine, ALevelLineStaysUntilItIsLowered) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, Trigger::level));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_OK(machine.set_spi(40, true)); // no news
    EXPECT_VALUE(bit_of(40), machine.line_level(32));
    EXPECT_EQ(guest.take(3), (Intids{40, 40, 40}));
    EXPECT_OK(machine.set_spi(40, false));
    EXPECT_VALUE(0, machine.line_level(32));
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(IrqLine, ALevelLineThatFallsBeforeItIsTakenIsForgotten) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, Trigger::level));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_TRUE(pending(machine, 40));
    EXPECT_OK(machine.set_spi(40, false));
    EXPECT_FALSE(pending(machine, 40));
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(IrqLine, AnEdgeIsLatchedWhenItRisesAndHasNoLevel) {
    pitfalls({12});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, Trigger::edge));
    EXPECT_OK(machine.set_spi(40, false));
    EXPECT_FALSE(pending(machine, 40));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_OK(machine.set_spi(40, false));
    EXPECT_TRUE(pending(machine, 40)) << "falling takes nothing back";
    EXPECT_VALUE(0, machine.line_level(32));
    EXPECT_EQ(guest.take(), Intids{40});
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_EQ(guest.take(), Intids{40});
    EXPECT_OK(machine.set_spi(40, true)); // without having fallen
    EXPECT_EQ(guest.take(), Intids{40});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(IrqLine, WhatIsNotEnabledWaits) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, Trigger::edge) + enable_spi(56, Trigger::level));
    guest.store32(layout::GICD + word_of(GICD_ICENABLER, 32), bit_of(40) | bit_of(56));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_OK(machine.set_spi(56, true));
    EXPECT_EQ(guest.poll(), Intids{});
    guest.store32(layout::GICD + word_of(GICD_ISENABLER, 32), bit_of(40));
    EXPECT_EQ(guest.take(), Intids{40});
    guest.store32(layout::GICD + word_of(GICD_ISENABLER, 32), bit_of(56));
    EXPECT_EQ(guest.take(), Intids{56});
}

TEST(IrqLine, AnLpiThatExistsIsLatched) {
    Machine machine(Bricks{.its = 1});
    auto& guest = machine.puppet();
    guest.run(open_gic());
    Lpis lpis(machine);
    lpis.configure(8195);
    lpis.enable(0);
    Its its(machine, 0);
    its.enable();
    its.run({MAPD(7, 4, its.ITT(4)), MAPC(2, machine.rdbase(0)), MAPTI(7, 3, 8195, 2)});
    EXPECT_ERRNO(EINVAL, set(machine, spi, 8194));
    EXPECT_OK(machine.set_spi(8195, false));
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_OK(machine.set_spi(8195, true));
    EXPECT_EQ(guest.take(), Intids{8195});
    EXPECT_EQ(guest.poll(), Intids{});
}

} // namespace
} // namespace conformance

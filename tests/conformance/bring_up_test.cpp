// SPDX-License-Identifier: Apache-2.0
// From an empty VM to a running guest: address space, capabilities, vCPUs, order. Source:
// Documentation/virt/kvm/api.rst, 4.2, 4.4, 4.7, 4.37.
#include "tests/conformance/event.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace conformance {
namespace {

using virt::Capability;

TEST(BringUp, AnAddressSpaceHas32BitsToTheHostsLimit) {
    Machine machine;
    auto& system = machine.system();
    const unsigned limit = system.max_ipa_bits();
    EXPECT_GE(limit, 32U);
    EXPECT_LE(limit, 52U);
    EXPECT_OK(system.create_vm(32));
    EXPECT_OK(system.create_vm(limit));
    for (const unsigned wrong : {1U, 31U, limit + 1, 0xFFU, 0x100U, 0x100U | limit, 1U << 31})
        EXPECT_ERRNO(EINVAL, system.create_vm(wrong)) << wrong;
}

TEST(BringUp, NoSizeMeans40BitsAndMemoryEndsThere) {
    Machine machine;
    constexpr std::uint64_t page = 0x10000; // of any host
    const auto memory = must(virt::GuestMemory::allocate(0, page));
    const auto slot_at = [&](virt::Gpa base) {
        return virt::MemorySlot{.id = virt::SlotId{1}, .base = base, .size = page, .host = memory.host()};
    };
    for (const unsigned bits : {0U, 32U}) {
        const std::uint64_t end = std::uint64_t{1} << (bits == 0 ? 40 : bits);
        const auto vm = machine.system().create_vm(bits);
        if (!vm && bits == 0 && machine.system().max_ipa_bits() < 40) {
            EXPECT_ERRNO(EINVAL, vm);
            continue;
        }
        ASSERT_OK(vm);
        EXPECT_ERRNO(EFAULT, (*vm)->add_memory(slot_at(end)));
        EXPECT_OK((*vm)->add_memory(slot_at(end - page)));
    }
}

TEST(BringUp, CapabilitiesOfAnArm64Vm) {
    Machine machine;
    auto& vm = machine.vm();
    EXPECT_EQ(vm.check_extension(Capability::irq_routing), 4096);
    for (const auto constant :
         {Capability::irqchip, Capability::irqfd, Capability::irqfd_resample, Capability::ioeventfd,
          Capability::ioeventfd_any_length, Capability::signal_msi, Capability::arm_irq_line_layout_2,
          Capability::device_ctrl, Capability::one_reg, Capability::mp_state}) {
        EXPECT_EQ(vm.check_extension(constant), 1) << static_cast<int>(constant);
        EXPECT_EQ(machine.system().check_extension(constant), 1) << static_cast<int>(constant);
    }
    constexpr auto ioeventfd_no_length = static_cast<Capability>(100);
    EXPECT_EQ(vm.check_extension(ioeventfd_no_length), 0);
    EXPECT_EQ(vm.check_extension(static_cast<Capability>(9999)), 0);
}

TEST(BringUp, CapabilitiesOfItsVcpus) {
    NEEDS_EXECUTION();
    Machine machine;
    for (const auto constant :
         {Capability::arm_user_irq, Capability::arm_psci_0_2, Capability::immediate_exit, Capability::arm_nisv_to_user,
          Capability::arm_inject_ext_dabt, Capability::arm_system_suspend}) {
        EXPECT_EQ(machine.vm().check_extension(constant), 1) << static_cast<int>(constant);
        EXPECT_EQ(machine.system().check_extension(constant), 1) << static_cast<int>(constant);
    }
}

TEST(BringUp, DeviceIdsOfMsisAreWantedFromTheFirstItsOn) {
    pitfalls({24});
    Machine machine; // the ITS needs no vGIC to be created
    Machine other;
    EXPECT_EQ(machine.vm().check_extension(Capability::msi_devid), 0);
    ASSERT_OK(machine.create_its());
    EXPECT_EQ(machine.vm().check_extension(Capability::msi_devid), 1);
    EXPECT_EQ(other.vm().check_extension(Capability::msi_devid), 0);
    EXPECT_EQ(machine.system().check_extension(Capability::msi_devid), 0) << "the VM is to be asked";
}

TEST(BringUp, TheGicLimitsTheNumberOfVcpus) {
    Machine machine;
    auto& vm = machine.vm();
    EXPECT_EQ(vm.check_extension(Capability::max_vcpus), 512);
    ASSERT_OK(machine.create_gic());
    EXPECT_EQ(vm.check_extension(Capability::max_vcpus), 512);
    EXPECT_EQ(vm.check_extension(Capability::max_vcpu_id), 512);
    EXPECT_ERRNO(EINVAL, machine.create_vcpu(512));
    EXPECT_ERRNO(EINVAL, machine.create_vcpu(0xFFFF'FFFF));
    EXPECT_OK(machine.create_vcpu(511));
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_ERRNO(EEXIST, machine.create_vcpu(511));
}

TEST(BringUp, NoVcpuIsCreatedAfterTheInitialisationOfTheGic) {
    Machine machine;
    EXPECT_OK(machine.create_gic());
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_OK(machine.init_gic());
    EXPECT_ERRNO(EBUSY, machine.create_vcpu(1));
    EXPECT_ERRNO(EBUSY, machine.create_vcpu(0)); // comes before EEXIST
    EXPECT_OK(machine.init_vcpu(0));
}

TEST(BringUp, CapabilitiesAreEnabledAnyTimeAndOnlyIfKnown) {
    Machine machine;
    auto& vm = machine.vm();
    EXPECT_OK(vm.enable(Capability::arm_nisv_to_user));
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(vm.enable(Capability::arm_nisv_to_user));
    EXPECT_OK(vm.enable(Capability::arm_system_suspend));
    EXPECT_ERRNO(EINVAL, vm.enable(Capability::irqchip));
    EXPECT_ERRNO(EINVAL, vm.enable(static_cast<Capability>(9999)));
    EXPECT_ERRNO(EINVAL, vm.enable(Capability::arm_mte)); // there is a vCPU already
}

TEST(BringUp, AMemorySlotHidesTheGic) {
    Machine machine(Bricks{});
    const auto TYPER = must(machine.gicd(GICD_TYPER));
    const auto memory = must(virt::GuestMemory::allocate(0, 0x10000));
    EXPECT_OK(machine.vm().add_memory(
        {.id = virt::SlotId{1}, .base = layout::GICD, .size = memory.size(), .host = memory.host()}));
    auto& guest = machine.puppet();
    guest.store32(layout::GICD + GICD_TYPER, 0x1234'5678);
    EXPECT_VALUE(0x1234'5678, guest.load32(layout::GICD + GICD_TYPER));
    EXPECT_VALUE(TYPER, machine.gicd(GICD_TYPER)); // from outside it is there
    EXPECT_OK(machine.vm().remove_memory(virt::SlotId{1}));
    EXPECT_VALUE(TYPER, guest.load32(layout::GICD + GICD_TYPER));
}

TEST(BringUp, IrqfdsNeedAnInitialisedGic) {
    Machine machine;
    Event event;
    const virt::Irqfd irqfd{event.fd(), virt::Gsi{0}};
    EXPECT_ERRNO(EAGAIN, machine.vm().assign(irqfd));
    EXPECT_OK(machine.vm().deassign(irqfd)); // needs nothing
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.create_gic());
    EXPECT_ERRNO(EAGAIN, machine.vm().assign(irqfd));
    EXPECT_OK(machine.init_gic());
    EXPECT_OK(machine.vm().assign(irqfd));
}

TEST(BringUp, AtMost992Interrupts) {
    pitfalls({1});
    Machine machine;
    EXPECT_OK(machine.create_gic());
    for (const auto wrong : {0U, 32U, 65U, 1023U, 1024U})
        EXPECT_ERRNO(EINVAL, machine.set_interrupts(wrong)) << wrong;
    EXPECT_OK(machine.set_interrupts(992));
    EXPECT_ERRNO(EBUSY, machine.set_interrupts(992));
}

TEST(BringUp, AFailedFirstRunIsTheEndOfTheVm) {
    pitfalls({60});
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_OK(machine.create_gic());
    EXPECT_OK(machine.place_redistributors());
    EXPECT_OK(machine.init_gic());
    EXPECT_ERRNO(ENXIO, machine.vcpu(0).run()); // there is no distributor
    EXPECT_ERRNO(EIO, machine.place_distributor());
    EXPECT_ERRNO(EIO, machine.vcpu(0).run());
    EXPECT_ERRNO(EIO, machine.create_vcpu(1));
}

} // namespace
} // namespace conformance

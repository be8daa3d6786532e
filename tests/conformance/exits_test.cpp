// SPDX-License-Identifier: Apache-2.0
// Why a vCPU leaves the guest, and what does not make it leave. Source: Documentation/virt/kvm/api.rst, section 5.
#include "arch-arm64/registers.hpp"
#include "tests/conformance/code.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <variant>

namespace conformance {
namespace {

using virt::Width;
namespace registers = arm64::registers;

constexpr unsigned instruction_abort = 0x21, data_abort = 0x25; // ESR_EL1.EC, from EL1
constexpr std::uint64_t external_abort = 0x10;                  // ESR_EL1.xFSC, not on a walk
constexpr virt::Gpa unbacked_RAM = layout::RAM + layout::RAM_size; // the puppet's MMU maps it as memory

constexpr unsigned class_of(std::uint64_t esr) { return static_cast<unsigned>(esr >> 26 & 0x3F); }

class Exits : public testing::Test {
protected:
    void SetUp() override { NEEDS_EXECUTION(); }
};

TEST_F(Exits, StoresWithoutMemoryCarryWidthAndValue) {
    Machine machine(Bricks{});
    const auto stores = machine.puppet()
                            .run({store8(layout::nowhere + 1, 0x1122'3344'5566'7788),
                                  store16(layout::nowhere + 2, 0x1122'3344'5566'7788),
                                  store32(layout::nowhere + 4, 0x1122'3344'5566'7788),
                                  store64(layout::nowhere + 8, 0x1122'3344'5566'7788)})
                            .stores();
    ASSERT_EQ(stores.size(), 4U);
    constexpr std::uint64_t values[] = {0x88, 0x7788, 0x5566'7788, 0x1122'3344'5566'7788};
    for (unsigned n = 0; n < 4; ++n) {
        EXPECT_EQ(stores[n].address, layout::nowhere + (1U << n));
        EXPECT_EQ(static_cast<unsigned>(stores[n].width), 1U << n);
        EXPECT_VALUE(values[n], stores[n].value);
    }
}

TEST_F(Exits, LoadsWithoutMemoryTakeTheAnswersLowBytes) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.set_load_value(0x8899'AABB'CCDD'EEFF);
    const auto result = guest.run({load8(layout::nowhere + 1), load16(layout::nowhere + 2), load32(layout::nowhere + 4),
                                   load64(layout::nowhere + 8)});
    constexpr std::uint64_t values[] = {0xFF, 0xEEFF, 0xCCDD'EEFF, 0x8899'AABB'CCDD'EEFF};
    const auto loads = result.loads();
    ASSERT_EQ(loads.size(), 4U);
    for (unsigned n = 0; n < 4; ++n) {
        EXPECT_VALUE(values[n], result[n].value);
        EXPECT_EQ(static_cast<unsigned>(loads[n].width), 1U << n);
    }
}

TEST_F(Exits, AStoreIsCompleteOnceTheVcpuIsRunOrFinished) {
    Machine machine(Bricks{});
    auto& vcpu = machine.vcpu(0);
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    machine.puppet().run(call([&] { // is such a store
        before = must(vcpu.get(registers::pc));
        must(vcpu.finish());
        after = must(vcpu.get(registers::pc));
    }));
    EXPECT_EQ(after, before + 4);
}

TEST_F(Exits, ALoadIsCompleteOnceTheVcpuIsRunOrFinished) {
    Machine machine(Bricks{});
    auto& vcpu = machine.vcpu(0);
    EXPECT_OK(vcpu.set(registers::pc, put(machine, machine.allocate(0x1000, 0x1000),
                                          {code::MOV_x2_nowhere, 0xF940'0040 /* ldr x0, [x2] */, code::B_self})));
    const auto exit = must(vcpu.run());
    ASSERT_TRUE(std::holds_alternative<virt::exit::MmioRead>(exit));
    vcpu.complete(0x1234'5678);
    EXPECT_VALUE(0, vcpu.get(registers::x0)); // not yet
    const auto at = must(vcpu.get(registers::pc));
    EXPECT_OK(vcpu.finish());
    EXPECT_VALUE(0x1234'5678, vcpu.get(registers::x0));
    EXPECT_VALUE(at + 4, vcpu.get(registers::pc));
}

TEST_F(Exits, InitialisingAVcpuDoesNotForgetItsStore) {
    Machine machine(Bricks{});
    auto& vcpu = machine.vcpu(0);
    const auto entry = put_report(machine);
    EXPECT_OK(vcpu.set(registers::pc, entry));
    ASSERT_TRUE(std::holds_alternative<virt::exit::MmioWrite>(must(vcpu.run())));
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_OK(vcpu.set(registers::pc, entry));
    EXPECT_OK(vcpu.finish());
    EXPECT_VALUE(entry + 4, vcpu.get(registers::pc)); // of another life
}

TEST_F(Exits, ReadOnlyMemoryExitsForStoresOnly) {
    Machine machine(Bricks{});
    const auto rom = must(virt::GuestMemory::allocate(0, 0x1'0000));
    ASSERT_OK(machine.vm().add_memory({.id = virt::SlotId{1},
                                       .kind = virt::SlotKind::rom,
                                       .base = layout::nowhere,
                                       .size = rom.size(),
                                       .host = rom.host()}));
    rom.host()[0] = std::byte{0x5A};
    auto& guest = machine.puppet();
    const auto result = guest.run({load8(layout::nowhere), store8(layout::nowhere, 1), load8(layout::nowhere)});
    EXPECT_VALUE(0x5A, result[0].value);
    EXPECT_VALUE(0x5A, result[2].value);
    EXPECT_EQ(result.stores().size(), 1U);
    EXPECT_EQ(result.exits.size(), 1U);
}

TEST_F(Exits, AnAccessWithoutSyndromeIsAnErrorOfTheRun) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    for (const auto& access : {load_pair(layout::nowhere), store_pair(layout::nowhere, 1)}) {
        guest.expect_error();
        const auto result = guest.run(access);
        ASSERT_TRUE(result.error.has_value());
        EXPECT_EQ(result.error->code, ENOSYS);
        EXPECT_FALSE(result.last().done);
        EXPECT_OK(machine.init_vcpu(0)); // the VM is alive
        guest.restart();
    }
    EXPECT_VALUE(0x8000'0000, guest.mrs(MPIDR_EL1));
}

TEST_F(Exits, AnAccessWithoutSyndromeExitsIfTheVmmWants) {
    Machine machine(Bricks{});
    ASSERT_OK(machine.vm().enable(virt::Capability::arm_nisv_to_user));
    auto& guest = machine.puppet();
    const List access = {load_pair(layout::nowhere + 0x120), mrs(CurrentEL)};
    for (int n = 0; n < 2; ++n) { // PC has not moved, so that it happens again
        const auto result = guest.run(access);
        EXPECT_FALSE(result.finished);
        const auto exits = result.exits_of<virt::exit::NoSyndrome>();
        ASSERT_EQ(exits.size(), 1U);
        EXPECT_EQ(exits[0].address, layout::nowhere + 0x120);
        EXPECT_EQ(exits[0].syndrome >> 24 & 1, 0U); // ISV
    }
    EXPECT_OK(machine.vcpu(0).inject_external_abort());
    const auto result = guest.run(access);
    EXPECT_EQ(result[0].exception_class(), data_abort);
    EXPECT_EQ(result[0].esr & 0x3F, external_abort);
    EXPECT_VALUE(1 << 2, result[1].value);
}

TEST_F(Exits, TheVmmMayAnswerALoadWithAnExternalAbort) {
    Machine machine(Bricks{});
    auto& vcpu = machine.vcpu(0);
    const auto vectors = put_vectors(machine);
    EXPECT_OK(vcpu.set(registers::system(3, 0, 12, 0, 0), vectors)); // VBAR_EL1
    EXPECT_OK(vcpu.set(registers::pc, put(machine, machine.allocate(0x1000, 0x1000),
                                          {code::MOV_x2_nowhere, 0xF940'0040 /* ldr x0, [x2] */, code::B_self})));
    ASSERT_TRUE(std::holds_alternative<virt::exit::MmioRead>(must(vcpu.run())));
    EXPECT_OK(vcpu.inject_external_abort());
    auto& guest = machine.puppet();
    guest.adopt();
    const auto stores = guest.run({}).stores();
    ASSERT_EQ(stores.size(), 1U);
    EXPECT_EQ(class_of(stores[0].value), data_abort);
    EXPECT_EQ(stores[0].value & 0x3F, external_abort);
}

TEST_F(Exits, CodeWithoutMemoryAbortsInTheGuest) {
    Machine machine(Bricks{});
    auto& vcpu = machine.vcpu(0);
    EXPECT_OK(vcpu.set(registers::system(3, 0, 12, 0, 0), put_vectors(machine))); // VBAR_EL1
    EXPECT_OK(vcpu.set(registers::pc, unbacked_RAM));
    auto& guest = machine.puppet();
    guest.adopt();
    const auto result = guest.run({});
    ASSERT_EQ(result.exits.size(), 1U);
    ASSERT_EQ(result.stores().size(), 1U);
    EXPECT_EQ(class_of(result.stores()[0].value), instruction_abort);
    EXPECT_EQ(result.stores()[0].value & 0x3F, external_abort);
}

TEST_F(Exits, TranslationTablesWithoutMemoryAbortInTheGuest) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    constexpr std::uint64_t block = 300; // of 1 GiB
    constexpr std::uint64_t table = 3;
    machine.set_ram(guest.mrs(TTBR0_EL1) + block * 8, layout::nowhere | table);
    const auto result = guest.run({barrier(), load32(block << 30)});
    EXPECT_EQ(result[1].exception_class(), data_abort);
    EXPECT_TRUE(result.exits.empty());
}

TEST_F(Exits, NeitherWfiNorCallsNorRegistersExit) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_private(0, 5));
    const auto result =
        guest.run({msr(ICC_SGI1R_EL1, 5ULL << 24 | 1), wfi(), hvc(0x8400'0000), smc(0x8400'0000), mrs(CNTPCT_EL0),
                   msr(CNTP_CTL_EL0, 0), mrs(ID_AA64PFR0_EL1), mrs(PMCR_EL0), load32(layout::GICD)});
    EXPECT_TRUE(result.exits.empty());
    EXPECT_EQ(guest.take(), std::vector<std::uint32_t>{5});
}

TEST_F(Exits, AKickedVcpuExecutesNothing) {
    Machine machine(Bricks{});
    auto& vcpu = machine.vcpu(0);
    const auto entry = put_report(machine);
    EXPECT_OK(vcpu.set(registers::pc, entry));
    vcpu.kick();
    EXPECT_TRUE(std::holds_alternative<virt::exit::Interrupted>(must(vcpu.run())));
    EXPECT_VALUE(entry, vcpu.get(registers::pc));
    EXPECT_TRUE(std::holds_alternative<virt::exit::MmioWrite>(must(vcpu.run()))); // one kick, one interruption
}

TEST_F(Exits, ABreakpointIsADebugExit) {
    Machine machine(Bricks{});
    auto& vcpu = machine.vcpu(0);
    if (machine.vm().check_extension(virt::Capability::guest_debug_hw_bps) <= 0)
        GTEST_SKIP() << "the host has no hardware breakpoints for guests";
    const auto entry = put_report(machine);
    EXPECT_OK(vcpu.set(registers::pc, entry));
    virt::GuestDebug debug;
    debug.breakpoints.push_back({.address = entry + 4});
    ASSERT_OK(vcpu.set_guest_debug(virt::DebugUser::debugger, debug));
    const auto exit = must(vcpu.run());
    ASSERT_TRUE(std::holds_alternative<virt::exit::Debug>(exit));
    EXPECT_EQ(class_of(std::get<virt::exit::Debug>(exit).syndrome), 0x30U); // breakpoint of a lower EL
    EXPECT_VALUE(entry + 4, vcpu.get(registers::pc));
}

} // namespace
} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
// GICR registers and private interrupts: widths, reset values, what stores leave, from the guest and from outside.
// Source: Arm IHI 0069, 12.10, 12.11; Documentation/virt/kvm/devices/arm-vgic-v3.rst.
#include "arch-arm64/vgic_attributes.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/register_rows.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
constexpr auto special = Stores::special;
constexpr std::uint64_t Last = 1 << 4;

// The only one, without an ITS. What PROPBASER and PENDBASER keep is a matter of LPIs.
constexpr RegisterRow rows[] = {
    {"GICR_CTLR", GICR_CTLR, 4, 1, 4, 1 << 2 | 1 << 1}, // IR, CES
    {"GICR_IIDR", GICR_IIDR, 4, 1, 4, 0x4B00'043B},
    {"GICR_TYPER", GICR_TYPER, 8, 1, 4 + 8, Last},
    {"GICR_WAKER", GICR_WAKER, 4, 1, 4, 0},
    {"GICR_PROPBASER", GICR_PROPBASER, 8, 1, 4 + 8, 0, 0, special, special},
    {"GICR_PENDBASER", GICR_PENDBASER, 8, 1, 4 + 8, 0x580, 0, special, special},
    {"GICR_INVLPIR", GICR_INVLPIR, 8, 1, 4 + 8, 0},
    {"GICR_INVALLR", GICR_INVALLR, 8, 1, 4 + 8, 0},
    {"GICR_SYNCR", GICR_SYNCR, 4, 1, 4, 0},
    {"GICR_PIDR4..7, 0, 1", 0xFFD0, 4, 6, 4, 0},
    {"GICR_PIDR2", GICR_PIDR2, 4, 1, 4, 0x3B},
    {"GICR_PIDR3, GICR_CIDR0..3", 0xFFEC, 4, 5, 4, 0},
    {"GICR_IGROUPR0", GICR_IGROUPR0, 4, 1, 4, 0xFFFF'FFFF, 0xFFFF'FFFF},
    {"GICR_ISENABLER0", GICR_ISENABLER0, 4, 1, 4, 0xFFFF, 0, special, special},
    {"GICR_ICENABLER0", GICR_ICENABLER0, 4, 1, 4, 0xFFFF, 0, special, special},
    {"GICR_ISPENDR0", GICR_ISPENDR0, 4, 1, 4, 0, 0xFFFF'FFFF, special},
    {"GICR_ICPENDR0", GICR_ICPENDR0, 4, 1, 4, 0},
    {"GICR_ISACTIVER0", GICR_ISACTIVER0, 4, 1, 4, 0, 0, special, special},
    {"GICR_ICACTIVER0", GICR_ICACTIVER0, 4, 1, 4, 0},
    {"GICR_IPRIORITYR<n>", GICR_IPRIORITYR, 4, 8, 1 + 4, 0, 0xF8F8'F8F8},
    {"GICR_ICFGR0", GICR_ICFGR0, 4, 1, 4, 0xAAAA'AAAA},
    {"GICR_ICFGR1", GICR_ICFGR1, 4, 1, 4, 0},
    {"GICR_IGRPMODR0", GICR_IGRPMODR0, 4, 1, 4, 0},
    {"GICR_NSACR", GICR_NSACR, 4, 1, 4, 0},
};

TEST(Redistributor, LoadsAtWidthsOfEachRegisterAndZeroAtOthers) {
    pitfalls({2, 3, 61});
    Machine machine(Bricks{});
    expect_loads(machine, layout::gicr(0), rows);
}

TEST(Redistributor, StoresAtWidthsOfEachRegisterAndNothingAtOthers) {
    pitfalls({3, 61});
    Machine machine(Bricks{});
    expect_stores(machine, layout::gicr(0), rows);
}

TEST(Redistributor, FromOutsideItsRegistersAreWords) {
    Machine machine(Bricks{});
    expect_attributes(redistributor_attributes(machine, 0), rows);
}

TEST(Redistributor, PlacesWithoutARegisterAreZero) {
    Machine machine(Bricks{});
    const std::uint64_t offsets[] = {GICR_STATUSR /* which KVM does not find */,
                                     0x0018,
                                     0x0020,
                                     GICR_SETLPIR,
                                     GICR_CLRLPIR,
                                     0x0060,
                                     0x00C8,
                                     0x0100,
                                     0x8000,
                                     0xFFC8,
                                     0x1'0000,
                                     0x1'0088 /* IGROUPR1E */,
                                     0x1'0108,
                                     0x1'0420 /* IPRIORITYR8E */,
                                     0x1'0C08 /* ICFGR2E */,
                                     0x1'FFE8};
    expect_nothing_at(machine, layout::gicr(0), redistributor_attributes(machine, 0), offsets);
}

TEST(Redistributor, PpisAreLevelSensitiveForGood) {
    pitfalls({3});
    Machine machine(Bricks{});
    const auto frame = layout::gicr(0);
    const auto result = machine.puppet().run({store32(frame + GICR_ICFGR1, 0xFFFF'FFFF), load32(frame + GICR_ICFGR1),
                                              store32(frame + GICR_ICFGR0, 0), load32(frame + GICR_ICFGR0)});
    EXPECT_VALUE(0, result[1].value);
    EXPECT_VALUE(0xAAAA'AAAA, result[3].value);
    EXPECT_OK(machine.set_gicr(0, GICR_ICFGR1, 0xFFFF'FFFF));
    EXPECT_VALUE(0, machine.gicr(0, GICR_ICFGR1));
}

TEST(Redistributor, TyperTellsIdAffinityAndWhoIsLast) {
    Machine machine(Bricks{.vcpus = {0, 3, 1}});
    auto& guest = machine.puppet();
    EXPECT_VALUE(0, guest.load64(layout::gicr(0) + GICR_TYPER));
    EXPECT_VALUE(std::uint64_t{3} << 32 | 3 << 8, guest.load64(layout::gicr(1) + GICR_TYPER));
    EXPECT_VALUE(std::uint64_t{1} << 32 | 1 << 8 | Last, guest.load64(layout::gicr(2) + GICR_TYPER));
}

TEST(Redistributor, TyperTellsAff1AndAff2) {
    Machine machine(Bricks{.vcpus = {0, 0x12, 0x1A3}});
    auto& guest = machine.puppet();
    EXPECT_VALUE(std::uint64_t{0x0102} << 32 | 0x12 << 8, guest.load64(layout::gicr(1) + GICR_TYPER));
    EXPECT_VALUE(0x1A03, guest.load32(layout::gicr(2) + GICR_TYPER + 4));
    EXPECT_VALUE(0x1A3 << 8 | Last, machine.gicr(2, GICR_TYPER));
    EXPECT_VALUE(0x1A03, machine.gicr(2, GICR_TYPER + 4));
}

TEST(Redistributor, WithAnItsItTakesLpis) {
    Machine machine(Bricks{.its = 1});
    auto& guest = machine.puppet();
    const auto frame = layout::gicr(0);
    EXPECT_VALUE(Last | 1, guest.load64(frame + GICR_TYPER)); // PLPIS
    EXPECT_VALUE(0x580, guest.load64(frame + GICR_PROPBASER));
    EXPECT_VALUE(6, guest.load32(frame + GICR_CTLR));
    guest.store32(frame + GICR_CTLR, 0xFFFF'FFFF);
    EXPECT_VALUE(7, guest.load32(frame + GICR_CTLR));
    guest.store32(frame + GICR_CTLR, 0);
    EXPECT_VALUE(6, guest.load32(frame + GICR_CTLR));
}

TEST(Redistributor, SetAndClearRegistersShowOneState) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    const auto frame = layout::gicr(0);
    struct Pair {
        std::uint64_t set, clear;
    };
    // Timer and PMU interrupts stay out of it: the kernel's own hand is on them.
    for (const auto [set, clear] : {Pair{GICR_ISENABLER0, GICR_ICENABLER0}, Pair{GICR_ISPENDR0, GICR_ICPENDR0},
                                    Pair{GICR_ISACTIVER0, GICR_ICACTIVER0}}) {
        const auto seen = guest.run({store32(frame + clear, 0x003F'FFFF), store32(frame + set, 0x0011'0010),
                                     store32(frame + set, 0x0000'0003), store32(frame + set, 0), load32(frame + set),
                                     load32(frame + clear), store32(frame + clear, 0x0010'0001), load32(frame + set),
                                     load32(frame + clear)});
        EXPECT_VALUE(0x0011'0013, seen[4].value) << set;
        EXPECT_VALUE(0x0011'0013, seen[5].value) << set;
        EXPECT_VALUE(0x0001'0012, seen[7].value) << set;
        EXPECT_VALUE(0x0001'0012, seen[8].value) << set;
        EXPECT_VALUE(0x0001'0012, machine.gicr(0, set)) << set;
    }
    EXPECT_VALUE(0, machine.gicr(0, GICR_ICPENDR0)); // outside shows pending in ISPENDR only
    EXPECT_OK(machine.set_gicr(0, GICR_ICPENDR0, 0xFFFF'FFFF));
    EXPECT_VALUE(0x0001'0012, machine.gicr(0, GICR_ISPENDR0));
}

TEST(Redistributor, PendingFromOutsideIsAssignedAndOnlyTheLatch) {
    pitfalls({6, 7});
    Machine machine(Bricks{});
    EXPECT_OK(machine.set_ppi(20, 0, true));
    EXPECT_OK(machine.set_gicr(0, GICR_ISPENDR0, 0x0020'00F0));
    EXPECT_OK(machine.set_gicr(0, GICR_ISPENDR0, 0x0020'0010));
    EXPECT_VALUE(0x0020'0010, machine.gicr(0, GICR_ISPENDR0));
    EXPECT_VALUE(0x0030'0010, machine.puppet().load32(layout::gicr(0) + GICR_ISPENDR0));
}

TEST(Redistributor, EnableAndActiveFromOutsideAreSetAndCleared) {
    Machine machine(Bricks{});
    EXPECT_OK(machine.set_gicr(0, GICR_ISENABLER0, 0x0010'0000));
    EXPECT_VALUE(0x0010'FFFF, machine.gicr(0, GICR_ICENABLER0));
    EXPECT_OK(machine.set_gicr(0, GICR_ICENABLER0, 0x0010'00FF));
    EXPECT_VALUE(0xFF00, machine.gicr(0, GICR_ISENABLER0));
    EXPECT_OK(machine.set_gicr(0, GICR_ISACTIVER0, 0x0010'0003));
    EXPECT_OK(machine.set_gicr(0, GICR_ICACTIVER0, 0x0000'0001));
    EXPECT_VALUE(0x0010'0002, machine.gicr(0, GICR_ISACTIVER0));
}

TEST(Redistributor, EachVcpuHasItsOwnPrivateInterrupts) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    auto& guest = machine.puppet(0);
    guest.run({store32(layout::gicr(1) + GICR_ISENABLER0, 1 << 20),
               store8(layout::gicr(1) + GICR_IPRIORITYR + 20, 0x48),
               store32(layout::gicr(1) + GICR_IGROUPR0, 0xFFEF'FFFF)});
    EXPECT_VALUE(0xFFFF, machine.gicr(0, GICR_ISENABLER0));
    EXPECT_VALUE(0x0010'FFFF, machine.gicr(1, GICR_ISENABLER0));
    EXPECT_VALUE(0, machine.gicr(0, GICR_IPRIORITYR + 20));
    EXPECT_VALUE(0x48, machine.gicr(1, GICR_IPRIORITYR + 20));
    EXPECT_VALUE(0xFFFF'FFFF, machine.gicr(0, GICR_IGROUPR0));
    EXPECT_VALUE(0xFFEF'FFFF, machine.gicr(1, GICR_IGROUPR0));
}

TEST(Redistributor, FromOutsideTheAffinityMustBeAVcpus) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    for (const std::uint64_t affinity : {0x2U, 0x100U, 0x10000U, 0x100'0000U}) {
        const std::uint64_t attr = affinity << 32 | GICR_TYPER;
        EXPECT_ERRNO(EINVAL, machine.gic().get_number<std::uint32_t>(arm64::attr::GRP_REDIST_REGS, attr)) << affinity;
        EXPECT_ERRNO(EINVAL, machine.gic().set_number<std::uint32_t>(arm64::attr::GRP_REDIST_REGS, attr, 0))
            << affinity;
        EXPECT_FALSE(machine.gic().has_attr(arm64::attr::GRP_REDIST_REGS, attr)) << affinity;
    }
}

TEST(Redistributor, FromOutsideItIsBusyBeforeInitialisation) {
    Machine machine;
    ASSERT_OK(machine.create_vcpu(0));
    ASSERT_OK(machine.init_vcpu(0));
    ASSERT_OK(machine.create_gic());
    ASSERT_OK(machine.place_redistributors());
    EXPECT_ERRNO(EBUSY, machine.gicr(0, GICR_TYPER));
    EXPECT_ERRNO(EBUSY, machine.set_gicr(0, GICR_CTLR, 0));
    EXPECT_TRUE(machine.gic().has_attr(arm64::attr::GRP_REDIST_REGS, GICR_TYPER));
}

} // namespace
} // namespace conformance

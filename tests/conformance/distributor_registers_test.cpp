// SPDX-License-Identifier: Apache-2.0
// Every register of the distributor: widths, reset values, what stores leave, from the guest and from outside. Source:
// Arm IHI 0069, 12.8, 12.9; Documentation/virt/kvm/devices/arm-vgic-v3.rst.
#include "arch-arm64/vgic_attributes.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"
#include "tests/conformance/register_rows.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <vector>

namespace conformance {
namespace {

constexpr unsigned interrupts = 128; // of Bricks
constexpr unsigned spis = interrupts - 32;
constexpr std::uint32_t IIDR = 0x4B00'343B;
constexpr auto special = Stores::special;

constexpr RegisterRow rows[] = {
    {"GICD_CTLR", GICD_CTLR, 4, 1, 4, GICD_CTLR_DS | GICD_CTLR_ARE_NS, GICD_CTLR_EnableGrp1},
    {"GICD_TYPER", GICD_TYPER, 4, 1, 4, 9 << 19 | (interrupts / 32 - 1)},
    {"GICD_IIDR", GICD_IIDR, 4, 1, 4, IIDR, 0, Stores::plain, special},
    {"GICD_TYPER2", GICD_TYPER2, 4, 1, 4, 0, 0, Stores::plain, special}, // not on a host with GICv4.1
    {"GICD_STATUSR", GICD_STATUSR, 4, 1, 4, 0xFFFF'FFFF},
    {"GICD_IGROUPR<n>", GICD_IGROUPR + 4, 4, spis / 32, 4, 0xFFFF'FFFF, 0xFFFF'FFFF},
    {"GICD_ISENABLER<n>", GICD_ISENABLER + 4, 4, spis / 32, 4, 0, 0, special, special},
    {"GICD_ICENABLER<n>", GICD_ICENABLER + 4, 4, spis / 32, 4, 0},
    {"GICD_ISPENDR<n>", GICD_ISPENDR + 4, 4, spis / 32, 4, 0, 0xFFFF'FFFF, special},
    {"GICD_ICPENDR<n>", GICD_ICPENDR + 4, 4, spis / 32, 4, 0},
    {"GICD_ISACTIVER<n>", GICD_ISACTIVER + 4, 4, spis / 32, 4, 0, 0, special, special},
    {"GICD_ICACTIVER<n>", GICD_ICACTIVER + 4, 4, spis / 32, 4, 0},
    {"GICD_IPRIORITYR<n>", GICD_IPRIORITYR + 32, 4, spis / 4, 1 + 4, 0, 0xF8F8'F8F8},
    {"GICD_ITARGETSR<n>", GICD_ITARGETSR + 32, 4, spis / 4, 1 + 4, 0},
    {"GICD_ICFGR<n>", GICD_ICFGR + 8, 4, spis / 16, 4, 0xAAAA'AAAA, 0xAAAA'AAAA},
    {"GICD_IGRPMODR<n>", GICD_IGRPMODR + 4, 4, spis / 32, 4, 0},
    {"GICD_IROUTER<n>", irouter_of(32), 8, spis, 4 + 8, 0, 0x00FF'FFFF},
    {"GICD_PIDR4..7, 0, 1", 0xFFD0, 4, 6, 4, 0},
    {"GICD_PIDR2", GICD_PIDR2, 4, 1, 4, 0x3B},
    {"GICD_PIDR3, GICD_CIDR0..3", 0xFFEC, 4, 5, 4, 0},
};

// Of the 32 interrupts that live in the redistributors.
constexpr RegisterRow private_rows[] = {
    {"GICD_IGROUPR0", GICD_IGROUPR, 4, 1, 4, 0},
    {"GICD_ISENABLER0", GICD_ISENABLER, 4, 1, 4, 0},
    {"GICD_ICENABLER0", GICD_ICENABLER, 4, 1, 4, 0},
    {"GICD_ISPENDR0", GICD_ISPENDR, 4, 1, 4, 0},
    {"GICD_ICPENDR0", GICD_ICPENDR, 4, 1, 4, 0},
    {"GICD_ISACTIVER0", GICD_ISACTIVER, 4, 1, 4, 0},
    {"GICD_ICACTIVER0", GICD_ICACTIVER, 4, 1, 4, 0},
    {"GICD_IPRIORITYR0..7", GICD_IPRIORITYR, 4, 8, 1 + 4, 0},
    {"GICD_ITARGETSR0..7", GICD_ITARGETSR, 4, 8, 1 + 4, 0},
    {"GICD_ICFGR0, 1", GICD_ICFGR, 4, 2, 4, 0},
    {"GICD_IGRPMODR0", GICD_IGRPMODR, 4, 1, 4, 0},
    {"GICD_IROUTER0..31", GICD_IROUTER, 8, 32, 4 + 8, 0},
};

TEST(DistributorRegisters, LoadsAtWidthsOfEachRegisterAndZeroAtOthers) {
    pitfalls({61});
    Machine machine(Bricks{});
    expect_loads(machine, layout::GICD, rows);
}

TEST(DistributorRegisters, StoresAtWidthsOfEachRegisterAndNothingAtOthers) {
    pitfalls({4, 61});
    Machine machine(Bricks{});
    expect_stores(machine, layout::GICD, rows);
}

TEST(DistributorRegisters, FromOutsideTheyAreWords) {
    pitfalls({4});
    Machine machine(Bricks{});
    expect_attributes(distributor_attributes(machine), rows);
}

TEST(DistributorRegisters, ThoseOfPrivateInterruptsAreZero) {
    Machine machine(Bricks{});
    expect_loads(machine, layout::GICD, private_rows);
    expect_stores(machine, layout::GICD, private_rows);
    expect_attributes(distributor_attributes(machine), private_rows);
    EXPECT_VALUE(0xFFFF, machine.gicr(0, GICR_ISENABLER0));
    EXPECT_VALUE(0, machine.gicr(0, GICR_ISPENDR0));
}

TEST(DistributorRegisters, ThereAreNoneForInterruptsThatAreNotImplemented) {
    Machine machine(Bricks{});
    const std::uint64_t offsets[] = {word_of(GICD_IGROUPR, interrupts),
                                     word_of(GICD_ISENABLER, interrupts),
                                     word_of(GICD_ICENABLER, interrupts),
                                     word_of(GICD_ISPENDR, interrupts),
                                     word_of(GICD_ICPENDR, interrupts),
                                     word_of(GICD_ISACTIVER, interrupts),
                                     word_of(GICD_ICACTIVER, interrupts),
                                     GICD_IPRIORITYR + interrupts,
                                     GICD_ITARGETSR + interrupts,
                                     icfgr_of(interrupts),
                                     word_of(GICD_IGRPMODR, interrupts),
                                     irouter_of(interrupts),
                                     word_of(GICD_ISENABLER, 1020 - 32),
                                     GICD_IPRIORITYR + 1016,
                                     irouter_of(1019)};
    expect_nothing_at(machine, layout::GICD, distributor_attributes(machine), offsets);
}

TEST(DistributorRegisters, TheLast32InterruptsOf992AreReached) {
    Machine machine(Bricks{.interrupts = 992});
    auto& guest = machine.puppet();
    EXPECT_VALUE(9 << 19 | 30, guest.load32(layout::GICD + GICD_TYPER));
    guest.run({store32(layout::GICD + word_of(GICD_ISENABLER, 991), bit_of(991)),
               store8(layout::GICD + GICD_IPRIORITYR + 991, 0x58), store64(layout::GICD + irouter_of(991), 0x010203)});
    EXPECT_VALUE(bit_of(991), machine.gicd(word_of(GICD_ICENABLER, 991)));
    EXPECT_VALUE(0x5800'0000, machine.gicd(GICD_IPRIORITYR + 988));
    EXPECT_VALUE(0x010203, guest.load64(layout::GICD + irouter_of(991)));
    EXPECT_VALUE(0, guest.load32(layout::GICD + word_of(GICD_ISENABLER, 992)));
}

TEST(DistributorRegisters, PlacesWithoutARegisterAreZero) {
    Machine machine(Bricks{});
    const std::uint64_t offsets[] = {0x0018,
                                     0x0020,
                                     GICD_SETSPI_NSR,
                                     GICD_CLRSPI_NSR,
                                     0x0050 /* SETSPI_SR */,
                                     0x0058 /* CLRSPI_SR */,
                                     0x0E00 /* NSACR */,
                                     0x0F00 /* SGIR */,
                                     0x0F10 /* CPENDSGIR */,
                                     0x0F20 /* SPENDSGIR */,
                                     0x1000 /* IGROUPR<n>E */,
                                     0x2000 /* IPRIORITYR<n>E */,
                                     0x8000 /* IROUTER<n>E */,
                                     0xC000,
                                     0xFFC8};
    expect_nothing_at(machine, layout::GICD, distributor_attributes(machine), offsets);
}

TEST(DistributorRegisters, TyperTellsOfLpisOnceThereIsAnIts) {
    Machine machine(Bricks{.its = 1, .interrupts = 64});
    EXPECT_VALUE(15 << 19 | 1 << 17 | 1, machine.gicd(GICD_TYPER));
    EXPECT_VALUE(15 << 19 | 1 << 17 | 1, machine.puppet().load32(layout::GICD + GICD_TYPER));
}

struct Pair {
    std::uint64_t set, clear;
};
constexpr Pair pairs[] = {{GICD_ISENABLER + 4, GICD_ICENABLER + 4},
                          {GICD_ISPENDR + 4, GICD_ICPENDR + 4},
                          {GICD_ISACTIVER + 4, GICD_ICACTIVER + 4}};

TEST(DistributorRegisters, SetAndClearRegistersShowOneStateToTheGuest) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    for (const auto [set, clear] : pairs) {
        const auto at_set = layout::GICD + set;
        const auto at_clear = layout::GICD + clear;
        const auto seen = guest.run({store32(at_set, 0x8000'00F1), store32(at_set, 0x0000'000F), load32(at_set),
                                     load32(at_clear), store32(at_set, 0), store32(at_clear, 0), load32(at_set),
                                     store32(at_clear, 0x8000'0018), load32(at_set), load32(at_clear),
                                     store32(at_clear, 0xFFFF'FFFF), load32(at_set), load32(at_clear)});
        EXPECT_VALUE(0x8000'00FF, seen[2].value) << set;
        EXPECT_VALUE(0x8000'00FF, seen[3].value) << set;
        EXPECT_VALUE(0x8000'00FF, seen[6].value) << set;
        EXPECT_VALUE(0x0000'00E7, seen[8].value) << set;
        EXPECT_VALUE(0x0000'00E7, seen[9].value) << set;
        EXPECT_VALUE(0, seen[11].value) << set;
        EXPECT_VALUE(0, seen[12].value) << set;
    }
}

TEST(DistributorRegisters, SetAndClearRegistersOfEnableAndActiveShowOneStateOutside) {
    Machine machine(Bricks{});
    for (const auto [set, clear] : {pairs[0], pairs[2]}) {
        EXPECT_OK(machine.set_gicd(set, 0x8000'00F1));
        EXPECT_OK(machine.set_gicd(set, 0x0000'000F));
        EXPECT_VALUE(0x8000'00FF, machine.gicd(set)) << set;
        EXPECT_VALUE(0x8000'00FF, machine.gicd(clear)) << set;
        EXPECT_OK(machine.set_gicd(clear, 0x8000'0018));
        EXPECT_VALUE(0x0000'00E7, machine.gicd(set)) << set;
        EXPECT_VALUE(0x0000'00E7, machine.puppet().load32(layout::GICD + set)) << set;
    }
}

TEST(DistributorRegisters, ClearPendingFromOutsideIsNothing) {
    Machine machine(Bricks{});
    EXPECT_OK(machine.set_gicd(GICD_ISPENDR + 4, 0xFF));
    EXPECT_OK(machine.set_gicd(GICD_ICPENDR + 4, 0x0F));
    EXPECT_VALUE(0, machine.gicd(GICD_ICPENDR + 4));
    EXPECT_VALUE(0xFF, machine.gicd(GICD_ISPENDR + 4));
    EXPECT_VALUE(0xFF, machine.puppet().load32(layout::GICD + GICD_ICPENDR + 4));
}

TEST(DistributorRegisters, RouterKeepsTheLow24BitsOfItsLowWord) {
    pitfalls({4});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    const auto router = layout::GICD + irouter_of(40);
    guest.store64(router, 0xFF'80AB'CDEF); // Aff3, IRM
    EXPECT_VALUE(0x00AB'CDEF, guest.load64(router));
    EXPECT_VALUE(0x00AB'CDEF, machine.gicd(irouter_of(40)));
    EXPECT_VALUE(0, machine.gicd(irouter_of(40) + 4));
    guest.store32(router + 4, 0xFF);
    EXPECT_VALUE(0, guest.load32(router + 4));
    guest.store32(router, 0x8000'0001);
    EXPECT_VALUE(1, guest.load64(router));
}

// Through an alias of the frames that is Normal memory, for to Device memory the guest's own MMU refuses such accesses.
TEST(DistributorRegisters, MisalignedAccessesAreNothing) {
    pitfalls({61});
    NEEDS_EXECUTION();
    Machine machine(Bricks{});
    constexpr std::uint64_t GiB = 1 << 30;
    constexpr std::uint64_t alias = 256 * GiB; // nobody was there yet, so no TLB knows it
    const auto table = machine.allocate(4096, 4096);
    machine.set_ram(table, std::uint64_t{0x60'0000'0000'0401}); // devices, as the puppet has them
    machine.set_ram(table + 2 * 8, std::uint64_t{2 * GiB | 0x705}); // RAM
    machine.set_ram(table + 256 * 8, std::uint64_t{0x60'0000'0000'0705}); // the alias
    const auto frame = alias + layout::GICD;
    const auto result = machine.puppet().run(
        {barrier(), msr(TTBR0_EL1, table), load32(frame + GICD_IIDR), load32(frame + GICD_IIDR + 1),
         load32(frame + GICD_IGROUPR + 6), load64(frame + irouter_of(40) + 4),
         store32(frame + GICD_IPRIORITYR + 41, 0xFFFF'FFFF), store64(frame + irouter_of(40) + 4, ~std::uint64_t{0}),
         store32(frame + irouter_of(41) + 2, ~std::uint64_t{0})});
    for (std::size_t n = 0; n < result.outcomes.size(); ++n)
        EXPECT_VALUE(0, result[n].esr) << n;
    EXPECT_VALUE(IIDR, result[2].value);
    EXPECT_VALUE(0, result[3].value);
    EXPECT_VALUE(0, result[4].value);
    EXPECT_VALUE(0, result[5].value);
    EXPECT_TRUE(result.exits.empty());
    EXPECT_VALUE(0, machine.gicd(GICD_IPRIORITYR + 40));
    EXPECT_VALUE(0, machine.gicd(irouter_of(41)));
}

TEST(DistributorRegisters, MisalignedOnesFromOutsideSucceedAndAreNothing) {
    Machine machine(Bricks{});
    const auto attributes = distributor_attributes(machine);
    for (const auto offset : {GICD_CTLR + 1, GICD_IGROUPR + 6, GICD_IPRIORITYR + 41, irouter_of(40) + 2}) {
        EXPECT_FALSE(attributes.has(offset)) << offset;
        EXPECT_VALUE(0, attributes.get(offset)) << offset;
        EXPECT_OK(attributes.set(offset, 0xFFFF'FFFF)) << offset;
    }
    EXPECT_VALUE(GICD_CTLR_DS | GICD_CTLR_ARE_NS, machine.gicd(GICD_CTLR));
    EXPECT_VALUE(0, machine.gicd(GICD_IPRIORITYR + 40));
}

TEST(DistributorRegisters, FromOutsideTheAffinityDoesNotMatter) {
    Machine machine(Bricks{});
    constexpr std::uint64_t nobody = std::uint64_t{0xFFFF'FFFF} << 32;
    EXPECT_VALUE(IIDR, machine.gic().get_number<std::uint32_t>(arm64::attr::GRP_DIST_REGS, nobody | GICD_IIDR));
    EXPECT_TRUE(machine.gic().has_attr(arm64::attr::GRP_DIST_REGS, nobody | GICD_IIDR));
}

TEST(DistributorRegisters, FromOutsideTheyAreBusyBeforeInitialisation) {
    Machine machine;
    ASSERT_OK(machine.create_vcpu(0));
    ASSERT_OK(machine.init_vcpu(0));
    ASSERT_OK(machine.create_gic());
    EXPECT_ERRNO(EBUSY, machine.gicd(GICD_CTLR));
    EXPECT_ERRNO(EBUSY, machine.set_gicd(GICD_CTLR, 0));
    EXPECT_TRUE(machine.gic().has_attr(arm64::attr::GRP_DIST_REGS, GICD_CTLR));
}

TEST(DistributorRegisters, Typer2CanOnlyBeSetToWhatItIs) {
    Machine machine(Bricks{});
    EXPECT_OK(machine.set_gicd(GICD_TYPER2, 0));
    EXPECT_ERRNO(EINVAL, machine.set_gicd(GICD_TYPER2, 1));
    EXPECT_ERRNO(EINVAL, machine.set_gicd(GICD_TYPER2, 0x100));
}

TEST(DistributorRegisters, IidrTakesRevisions2And3FromOutside) {
    Machine machine(Bricks{});
    EXPECT_ERRNO(EINVAL, machine.set_gicd(GICD_IIDR, IIDR ^ 1));
    EXPECT_ERRNO(EINVAL, machine.set_gicd(GICD_IIDR, IIDR ^ 1 << 24));
    EXPECT_OK(machine.set_gicd(GICD_IIDR, IIDR));
    EXPECT_ERRNO(EINVAL, machine.set_gicd(GICD_IIDR, (IIDR & ~0xF000U) | 1 << 12));
    EXPECT_ERRNO(EINVAL, machine.set_gicd(GICD_IIDR, (IIDR & ~0xF000U) | 4 << 12));
    EXPECT_VALUE(IIDR, machine.gicd(GICD_IIDR));
    EXPECT_OK(machine.set_gicd(GICD_IIDR, (IIDR & ~0xF000U) | 2 << 12));
    EXPECT_VALUE((IIDR & ~0xF000U) | 2 << 12, machine.gicd(GICD_IIDR));
    EXPECT_VALUE(0, machine.gicr(0, GICR_CTLR)); // CES and IR came with revision 3
    EXPECT_VALUE(0x4B00'043B, machine.gicr(0, GICR_IIDR));
}

} // namespace
} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
// GICD, by its table and by what its registers do. Source: Arm IHI 0069, 12.8, 12.9.
#include "arch-arm64/gic/distributor.hpp"

#include "tests/arch-arm64/gic/fixture.hpp"
#include "tests/arch-arm64/gic/rows.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <map>
#include <string_view>

namespace arm64::gic {
namespace {

constexpr std::uint64_t CTLR = 0x0000, TYPER = 0x0004, IIDR = 0x0008, TYPER2 = 0x000C, IGROUPR = 0x0080,
                        ISENABLER = 0x0100, ICENABLER = 0x0180, ISPENDR = 0x0200, ICPENDR = 0x0280, ISACTIVER = 0x0300,
                        ICACTIVER = 0x0380, IPRIORITYR = 0x0400, ICFGR = 0x0C00, IROUTER = 0x6000;
using virt::Width;

Frame frame_of(Board& board) {
    return {.size = Distributor::frame_size,
            .interrupts = Board::interrupts,
            .load = [&](std::uint64_t offset, Width width) { return board.load(offset, width); },
            .store = [&](std::uint64_t offset, Width width, std::uint64_t value) { board.store(offset, value, width); },
            .read_outside = [&](std::uint64_t offset) { return board.gicd.read_outside(offset); },
            .has = [&](std::uint64_t offset) { return board.gicd.has(offset); }};
}

TEST(Distributor, EveryRowResetsAndIsAccessedAsItSays) {
    Board board;
    // Words, of SPIs where a row has interrupts; zero if not here.
    const std::map<std::string_view, std::uint64_t> resets{
        {"GICD_CTLR", 0x52},           {"GICD_TYPER", 9U << 19 | 3},  {"GICD_IIDR", 0x4B00'343B},
        {"GICD_STATUSR", 0xFFFF'FFFF}, {"GICD_IGROUPR", 0xFFFF'FFFF}, {"GICD_ICFGR", 0xAAAA'AAAA},
    };
    expect_rows(Distributor::rows(), frame_of(board), [&](const auto& row, std::uint32_t at) -> std::uint64_t {
        if (row.name == "GICD_PIDR")
            return at == 0x18 ? 0x3B : 0;
        if (row.bits_per_interrupt != 0 && at * 8 / row.bits_per_interrupt < 32)
            return 0; // in the redistributors
        const auto found = resets.find(row.name);
        return found == resets.end() ? 0 : found->second;
    });
}

TEST(Distributor, WhereNoRowIsNothingIs) {
    Board board;
    expect_nothing_between(Distributor::rows(), frame_of(board));
}

TEST(Distributor, TheLastInterruptOf992IsReached) {
    Lines lines;
    const virt::SlotMemory memory;
    Gic gic(lines, memory);
    gic.add_vcpu(virt::VcpuId{0}, 0);
    gic.init(992);
    Distributor gicd(gic);
    std::uint64_t value = 0;
    gicd.read(0, TYPER, Width::b4, value);
    EXPECT_EQ(value, 9U << 19 | 30);
    gicd.write(0, ISENABLER + 0x78, Width::b4, 1U << 31);
    gicd.write(0, IPRIORITYR + 991, Width::b1, 0x5F);
    gicd.write(0, IROUTER + 991 * 8, Width::b8, 0x01'0203);
    gicd.write(0, ICFGR + 61 * 4, Width::b4, 0x3FFF'FFFF);
    const auto& last = *gic.spi(Intid{991});
    EXPECT_TRUE(last.enabled);
    EXPECT_EQ(last.priority, 0x58);
    EXPECT_EQ(last.IROUTER, 0x01'0203U);
    EXPECT_EQ(last.trigger, Trigger::level);
    EXPECT_EQ(gic.spi(Intid{990})->trigger, Trigger::edge);
    EXPECT_FALSE(gic.spi(Intid{990})->enabled);
    gicd.read(0, ISENABLER + 0x7C, Width::b4, value);
    EXPECT_EQ(value, 0U);
}

struct Pair {
    std::uint64_t set, clear;
};

TEST(Distributor, SetAndClearRegistersShowOneState) {
    for (const auto& [set, clear] : {Pair{ISENABLER, ICENABLER}, Pair{ISPENDR, ICPENDR}, Pair{ISACTIVER, ICACTIVER}}) {
        Board board;
        board.store(set + 4, 0x8000'00F1);
        board.store(set + 4, 0x0000'000F);
        board.store(set + 4, 0);
        EXPECT_EQ(board.load(set + 4), 0x8000'00FFU) << set;
        EXPECT_EQ(board.load(clear + 4), 0x8000'00FFU) << set;
        board.store(clear + 4, 0x8000'0018);
        board.store(clear + 4, 0);
        EXPECT_EQ(board.load(set + 4), 0xE7U) << set;
        EXPECT_EQ(board.load(set + 8), 0U) << set;
        EXPECT_EQ(board.load(set), 0U) << set;
    }
}

TEST(Distributor, PrivateInterruptsAreNotItsBusiness) {
    Board board;
    for (const auto offset : {ISENABLER, ISPENDR, ISACTIVER, IPRIORITYR, IROUTER})
        board.store(offset, 0xFFFF'FFFF);
    board.store(IGROUPR, 0);
    for (std::uint32_t intid = 0; intid < 32; ++intid) {
        const auto& one = board.gic.redistributor(VcpuIndex{0}).private_interrupt(intid);
        EXPECT_EQ(one.enabled, intid < 16);
        EXPECT_FALSE(one.latch);
        EXPECT_FALSE(one.active);
        EXPECT_EQ(one.group, Group::group1);
    }
}

TEST(Distributor, ForwardsWhatItIsToldAndWhileItIsToldTo) {
    Board board;
    board.store(ISENABLER + 4, 1U << 8);
    board.store(IPRIORITYR + 40, 0x80, Width::b1);
    board.store(ISPENDR + 4, 1U << 8);
    EXPECT_TRUE(board.lines.irq(0));
    board.store(CTLR, 0);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_EQ(board.load(CTLR), 0x50U);
    board.store(CTLR, 0xFFFF'FFFF);
    EXPECT_EQ(board.load(CTLR), 0x52U);
    EXPECT_FALSE(board.lines.irq(0)) << "enabling is no event of the interrupt's";
    board.store(ISENABLER + 4, 1U << 8);
    EXPECT_EQ(board.IAR(), 40U);
}

TEST(Distributor, ClearingPendingLeavesTheLine) {
    Board board;
    board.store(ICFGR + 8, 0);
    board.store(ISENABLER + 4, 1U << 8);
    board.raise(40);
    board.store(ISPENDR + 4, 1U << 8);
    board.store(ICPENDR + 4, 1U << 8);
    EXPECT_EQ(board.load(ISPENDR + 4), 1U << 8);
    EXPECT_TRUE(board.lines.irq(0));
    board.lower(40);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_EQ(board.load(ISPENDR + 4), 0U);
}

TEST(Distributor, ClearingWhatIsStrandedIsNoEvent) {
    Board board;
    board.store(ICFGR + 8, 0);
    board.store(IROUTER + 40 * 8, 0x55, Width::b8);
    board.store(ISENABLER + 4, 1U << 8);
    board.raise(40);
    board.store(IROUTER + 40 * 8, 0, Width::b8);
    for (const auto offset : {ICPENDR, ICACTIVER, ICENABLER})
        board.store(offset + 4, offset == ICENABLER ? 1U << 9 : 1U << 8);
    board.store(IPRIORITYR + 40, 0x20, Width::b1);
    board.store(ICFGR + 8, 0);
    EXPECT_FALSE(board.lines.irq(0));
    board.store(IGROUPR + 4, 0xFFFF'FFFF);
    EXPECT_TRUE(board.lines.irq(0)) << "KVM queues when the group is written";
}

TEST(Distributor, FromOutsidePendingIsTheLatchAndAssigned) {
    Board board;
    board.store(ICFGR + 8, 0);
    board.raise(40);
    EXPECT_TRUE(board.gicd.write_outside(ISPENDR + 4, 0xF0));
    EXPECT_TRUE(board.gicd.write_outside(ISPENDR + 4, 0x10));
    EXPECT_EQ(board.gicd.read_outside(ISPENDR + 4), 0x10U);
    EXPECT_EQ(board.load(ISPENDR + 4), 0x110U);
    EXPECT_TRUE(board.gicd.write_outside(ICPENDR + 4, 0xFFFF'FFFF));
    EXPECT_EQ(board.gicd.read_outside(ICPENDR + 4), 0U);
    EXPECT_EQ(board.gicd.read_outside(ISPENDR + 4), 0x10U);
}

TEST(Distributor, PrioritiesHaveFiveBits) {
    Board board;
    board.store(IPRIORITYR + 40, 0xFFFF'FFFF);
    EXPECT_EQ(board.load(IPRIORITYR + 40), 0xF8F8'F8F8U);
    board.store(IPRIORITYR + 41, 0x12, Width::b1);
    EXPECT_EQ(board.load(IPRIORITYR + 40), 0xF8F8'10F8U);
    EXPECT_EQ(board.load(IPRIORITYR + 41, Width::b1), 0x10U);
}

TEST(Distributor, OfTwoConfigurationBitsTheUpperCounts) {
    Board board;
    board.store(ICFGR + 8, 0x5555'5555);
    EXPECT_EQ(board.load(ICFGR + 8), 0U);
    board.store(ICFGR + 8, 0xC000'0003);
    EXPECT_EQ(board.load(ICFGR + 8), 0x8000'0002U);
    EXPECT_EQ(board.gic.spi(Intid{32})->trigger, Trigger::edge);
    EXPECT_EQ(board.gic.spi(Intid{33})->trigger, Trigger::level);
    EXPECT_EQ(board.gic.spi(Intid{47})->trigger, Trigger::edge);
}

TEST(Distributor, ARouterIsIndexedByIntid) {
    Board board(3);
    board.store(ISENABLER + 4, 0xFFFF'FFFF);
    board.store(IROUTER + 41 * 8, 2, Width::b8);
    board.raise(40);
    board.raise(41);
    EXPECT_EQ(board.IAR(0), 40U);
    EXPECT_EQ(board.IAR(1), 1023U);
    EXPECT_EQ(board.IAR(2), 41U);
    EXPECT_EQ(board.load(IROUTER + 40 * 8, Width::b8), 0U);
    EXPECT_EQ(board.load(IROUTER + 41 * 8, Width::b8), 2U);
}

TEST(Distributor, ARouterKeepsAff2ToAff0) {
    Board board(2);
    const auto router = IROUTER + 40 * 8;
    board.store(router, 0xFF'80AB'CDEF, Width::b8);
    EXPECT_EQ(board.load(router, Width::b8), 0xAB'CDEFU);
    board.store(router + 4, 0xFFFF'FFFF);
    EXPECT_EQ(board.load(router, Width::b8), 0xAB'CDEFU);
    EXPECT_EQ(board.load(router + 4), 0U);
    EXPECT_EQ(board.gic.spi(Intid{40})->target, &board.gic.nowhere());
    board.store(router, 0x8000'0001); // IRM
    EXPECT_EQ(board.gic.spi(Intid{40})->target, board.gic.by_affinity(1));
    EXPECT_EQ(board.gicd.read_outside(router), 1U);
    EXPECT_TRUE(board.gicd.write_outside(router, 0));
    EXPECT_EQ(board.gic.spi(Intid{40})->target, board.gic.by_affinity(0));
}

TEST(Distributor, BeforeItIsWrittenARouterIsZeroWhoeverIsFirst) {
    Lines lines;
    const virt::SlotMemory memory;
    Gic gic(lines, memory);
    gic.add_vcpu(virt::VcpuId{5}, 5);
    gic.add_vcpu(virt::VcpuId{0}, 0);
    gic.init(64);
    Distributor gicd(gic);
    EXPECT_EQ(gicd.read_outside(IROUTER + 40 * 8), 0U);
    EXPECT_EQ(gic.spi(Intid{40})->target, &gic.redistributor(VcpuIndex{0}));
}

TEST(Distributor, RoutingMovesWhatWaitsAndNotWhatIsStranded) {
    Board board(2);
    board.store(ISENABLER + 4, 1U << 8);
    board.raise(40);
    board.store(IROUTER + 40 * 8, 1, Width::b8);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_TRUE(board.lines.irq(1));
    board.store(IROUTER + 40 * 8, 7, Width::b8);
    EXPECT_FALSE(board.lines.irq(1));
    board.store(IROUTER + 40 * 8, 0, Width::b8);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_EQ(board.load(ISPENDR + 4), 1U << 8);
    board.raise(40);
    EXPECT_EQ(board.IAR(0), 40U);
}

TEST(Distributor, IidrTakesRevisions2And3OfThisImplementation) {
    Board board;
    for (const std::uint32_t wrong : {0x4B00'343AU, 0x4A00'343BU, 0x4B00'143BU, 0x4B00'443BU, 0U}) {
        const auto refused = board.gicd.write_outside(IIDR, wrong);
        ASSERT_FALSE(refused) << wrong;
        EXPECT_EQ(refused.error().code, EINVAL);
    }
    EXPECT_TRUE(board.gicd.write_outside(IIDR, 0x4B00'243B));
    EXPECT_EQ(board.load(IIDR), 0x4B00'243BU);
    board.store(IIDR, 0x4B00'343B);
    EXPECT_EQ(board.load(IIDR), 0x4B00'243BU) << "read-only to the guest";
    EXPECT_TRUE(board.gicd.write_outside(TYPER2, 0));
    EXPECT_FALSE(board.gicd.write_outside(TYPER2, 1));
}

TEST(Distributor, BeforeInitialisationItHasNoSpis) {
    Lines lines;
    const virt::SlotMemory memory;
    Gic gic(lines, memory);
    Distributor gicd(gic);
    EXPECT_TRUE(gicd.has(CTLR));
    EXPECT_TRUE(gicd.has(ISENABLER));
    EXPECT_FALSE(gicd.has(ISENABLER + 4));
}

} // namespace
} // namespace arm64::gic

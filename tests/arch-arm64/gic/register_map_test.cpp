// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/gic/register_map.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace arm64::gic {
namespace {

using virt::Width;

/// Remembers the last access.
struct Block {
    std::uint64_t wide = 0x1122'3344'5566'7788;
    std::uint64_t word = 0xAABB'CCDD;
    Access last{};
    std::uint64_t written = 0;

    std::uint64_t read_wide(const Access& access) {
        last = access;
        return wide;
    }
    void write_wide(const Access& access, std::uint64_t value) {
        last = access;
        written = value;
        wide = access.merge(wide, value);
    }
    std::uint64_t read_word(const Access& access) {
        last = access;
        return word;
    }
    std::uint64_t read_outside(const Access&) { return 5; }
    virt::expected<void> refuse(const Access&, std::uint64_t) { return virt::failure(EINVAL, "write it"); }
};

constexpr std::array rows = std::to_array<RegisterRow<Block>>({
    {"WORD", 0x00, 4, 0, w32, &Block::read_word, nullptr, &Block::read_outside, &Block::refuse},
    {"RAZ", 0x04, 4, 0, w32},
    {"WIDE", 0x10, 16, 0, w32_64, &Block::read_wide, &Block::write_wide},
    {"BITS", 0x80, 0x80, 1, w32, &Block::read_word},
    {"BYTES", 0x400, 0x400, 8, w8_32, &Block::read_word},
    {"PAIRS", 0xC00, 0x100, 2, w32, &Block::read_word},
    {"ROUTER", 0x6000, 0x2000, 64, w32_64, &Block::read_wide, &Block::write_wide},
});
static_assert(sorted_and_disjoint<Block>(rows));

constexpr std::array overlapping = std::to_array<RegisterRow<Block>>({{"A", 0, 8, 0, w32}, {"B", 4, 4, 0, w32}});
constexpr std::array unsorted = std::to_array<RegisterRow<Block>>({{"A", 8, 4, 0, w32}, {"B", 4, 4, 0, w32}});
constexpr std::array misaligned = std::to_array<RegisterRow<Block>>({{"A", 4, 8, 0, w32_64}});
static_assert(!sorted_and_disjoint<Block>(overlapping));
static_assert(!sorted_and_disjoint<Block>(unsorted));
static_assert(!sorted_and_disjoint<Block>(misaligned));

constexpr RegisterMap<Block> map{rows};

TEST(RegisterMap, AnswersWidthsThatARowAcceptsAndZeroForOthers) {
    Block block;
    EXPECT_EQ(map.read(block, 0, Width::b4), 0xAABB'CCDDU);
    for (const auto width : {Width::b1, Width::b2, Width::b8})
        EXPECT_EQ(map.read(block, 0, width), 0U);
    EXPECT_EQ(map.read(block, 0x401, Width::b1, 1024), 0xDDU) << "cut to the width";
    EXPECT_EQ(map.read(block, 0x402, Width::b2, 1024), 0U);
}

TEST(RegisterMap, MisalignedAndBetweenRowsIsNothing) {
    Block block;
    for (const std::uint64_t offset : {0x1U, 0x2U, 0x8U, 0xCU, 0x20U, 0x14U + 2U, 0x1'0000U, 0xFFFF'FFFFU}) {
        EXPECT_EQ(map.read(block, offset, Width::b4), 0U) << offset;
        EXPECT_FALSE(map.has(offset, Width::b4)) << offset;
        EXPECT_TRUE(map.write_outside(block, offset, Width::b4, 1)) << offset;
    }
    EXPECT_EQ(map.read(block, 0x14, Width::b8), 0U);
    EXPECT_TRUE(map.has(4, Width::b4));
    EXPECT_EQ(map.read(block, 4, Width::b4), 0U);
}

TEST(RegisterMap, HalvesOf64BitRegistersAreAtTheirPlaces) {
    Block block;
    EXPECT_EQ(map.read(block, 0x10, Width::b8), 0x1122'3344'5566'7788U);
    EXPECT_EQ(map.read(block, 0x10, Width::b4), 0x5566'7788U);
    EXPECT_EQ(map.read(block, 0x1C, Width::b4), 0x1122'3344U);
    EXPECT_EQ(block.last.index, 1U);
    map.write(block, 0x14, Width::b4, 0xFFFF'FFFF'0000'0001);
    EXPECT_EQ(block.wide, 0x0000'0001'5566'7788U);
    EXPECT_EQ(block.last.index, 0U);
    EXPECT_EQ(block.last.mask, 0xFFFF'FFFF'0000'0000U);
    map.write(block, 0x10, Width::b4, 2);
    EXPECT_EQ(block.wide, 0x0000'0001'0000'0002U);
    map.write(block, 0x10, Width::b8, 3);
    EXPECT_EQ(block.wide, 3U);
}

TEST(RegisterMap, NamesTheInterruptsOfAnAccess) {
    struct Row {
        std::uint64_t offset;
        Width width;
        std::uint32_t first, count;
    };
    Block block;
    for (const auto& [offset, width, first, count] :
         {Row{0x84, Width::b4, 32, 32}, Row{0xFC, Width::b4, 992, 32}, Row{0x429, Width::b1, 41, 1},
          Row{0x428, Width::b4, 40, 4}, Row{0xC08, Width::b4, 32, 16}, Row{0x6008, Width::b8, 1, 1},
          Row{0x600C, Width::b4, 1, 1}, Row{0x7FF8, Width::b8, 1023, 1}}) {
        (void)map.read(block, offset, width, 1024);
        EXPECT_EQ(block.last.index, first) << offset;
        EXPECT_EQ(block.last.interrupts, count) << offset;
    }
}

TEST(RegisterMap, InterruptsThatAreNotImplementedHaveNoRegisters) {
    Block block;
    EXPECT_NE(map.read(block, 0x88, Width::b4, 96), 0U);
    EXPECT_EQ(map.read(block, 0x8C, Width::b4, 96), 0U);
    EXPECT_NE(map.read(block, 0x400 + 95, Width::b1, 96), 0U);
    EXPECT_EQ(map.read(block, 0x400 + 96, Width::b1, 96), 0U);
    EXPECT_FALSE(map.has(0x6000 + 96 * 8, Width::b4, 96));
}

TEST(RegisterMap, FromOutsideARowMayDiffer) {
    Block block;
    EXPECT_EQ(map.read_outside(block, 0, Width::b4), 5U);
    const auto refused = map.write_outside(block, 0, Width::b4, 0);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, EINVAL);
    EXPECT_EQ(map.read_outside(block, 0x10, Width::b8), block.wide);
    EXPECT_TRUE(map.write_outside(block, 0x10, Width::b8, 7));
    EXPECT_EQ(block.wide, 7U);
}

} // namespace
} // namespace arm64::gic

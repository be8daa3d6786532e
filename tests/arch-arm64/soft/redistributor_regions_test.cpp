// SPDX-License-Identifier: Apache-2.0
// Rules of redistributor regions without a GIC; the conformance suite has them from the outside.
#include "arch-arm64/soft/redistributor_regions.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <optional>

namespace arm64::soft {
namespace {

constexpr std::uint64_t frame = RedistributorRegions::frame_size;
constexpr virt::Gpa end = virt::Gpa{1} << 36, GICR = 0x800'0000;

template <class T>
int code(const virt::expected<T>& result) {
    return result ? 0 : result.error().code;
}

struct Board {
    int add(std::uint32_t index, virt::Gpa base, std::uint32_t count) {
        return code(regions.add({.base = base, .count = count, .index = index}, around));
    }
    /// The frame's address; nothing if there is none.
    std::optional<virt::Gpa> take() {
        const auto place = regions.take(around);
        if (!place || !*place)
            return std::nullopt;
        last = *place;
        return (*place)->address();
    }

    RedistributorRegions regions{end};
    RedistributorRegions::Surroundings around{.vcpus = 1, .distributor = std::nullopt};
    std::optional<RedistributorRegions::Place> last;
};

TEST(RedistributorRegions, AreUsedOneAfterTheOther) {
    Board board;
    EXPECT_EQ(board.take(), std::nullopt);
    ASSERT_EQ(board.add(0, GICR, 1), 0);
    ASSERT_EQ(board.add(1, GICR + 8 * frame, 2), 0);
    EXPECT_EQ(board.take(), GICR);
    EXPECT_EQ(board.take(), GICR + 8 * frame);
    EXPECT_EQ(board.take(), GICR + 9 * frame);
    EXPECT_EQ(board.take(), std::nullopt);
    board.regions.give_back(*board.last);
    EXPECT_EQ(board.take(), GICR + 9 * frame);
}

TEST(RedistributorRegions, LastIsRecomputedAsOthersFillUp) {
    Board board;
    ASSERT_EQ(board.add(0, GICR, 2), 0);
    ASSERT_EQ(board.add(1, GICR + 2 * frame, 1), 0);
    ASSERT_TRUE(board.take());
    const auto first = *board.last;
    EXPECT_TRUE(board.regions.is_last(first));
    ASSERT_TRUE(board.take());
    const auto second = *board.last;
    EXPECT_FALSE(board.regions.is_last(first));
    EXPECT_TRUE(board.regions.is_last(second)) << "the region behind is empty";
    ASSERT_TRUE(board.take());
    EXPECT_FALSE(board.regions.is_last(second)) << "it goes on there";
    EXPECT_TRUE(board.regions.is_last(*board.last));
}

TEST(RedistributorRegions, AGrowingOneIsCheckedAsItGrows) {
    Board board;
    board.around = {.vcpus = 1, .distributor = GICR + frame};
    ASSERT_EQ(board.add(0, GICR, 0), 0);
    EXPECT_EQ(board.take(), GICR);
    EXPECT_EQ(board.take(), GICR + frame) << "the vCPU does not count yet";
    board.around.vcpus = 2;
    EXPECT_EQ(code(board.regions.take(board.around)), EINVAL);
    EXPECT_FALSE(board.regions.consistent(board.around));
}

TEST(RedistributorRegions, WhatIsRefusedLeavesNothing) {
    Board board;
    EXPECT_EQ(board.add(0, GICR + 0x1000, 1), EINVAL);
    EXPECT_EQ(board.add(0, end - frame, 2), E2BIG);
    EXPECT_EQ(board.add(0, ~virt::Gpa{0} - 0xFFFF, 1), EINVAL) << "wraps";
    EXPECT_EQ(board.add(1, GICR, 1), EINVAL);
    EXPECT_EQ(board.regions.first(), nullptr);
    ASSERT_EQ(board.add(0, GICR, 1), 0);
    EXPECT_EQ(board.add(1, GICR + frame / 2, 1), EINVAL);
    EXPECT_EQ(board.regions.find(1), nullptr);
    board.regions.remove_last();
    EXPECT_EQ(board.add(0, GICR, 0), 0);
    EXPECT_EQ(board.add(0, GICR, 0), EEXIST);
}

} // namespace
} // namespace arm64::soft

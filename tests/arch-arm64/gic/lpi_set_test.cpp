// SPDX-License-Identifier: Apache-2.0
// The first, the last, and nothing between.
#include "arch-arm64/gic/lpi_set.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

namespace arm64::gic {
namespace {

std::set<std::uint32_t> members(const LpiSet& set) {
    std::set<std::uint32_t> found;
    std::uint32_t last = 0;
    set.each_group([&](Intid first, std::uint64_t which) {
        EXPECT_NE(which, 0U);
        EXPECT_GT(first.value, last); // ascending
        last = first.value;
        for (std::uint32_t n = 0; n < LpiSet::group; ++n)
            if ((which >> n & 1) != 0)
                found.insert(first.value + n);
    });
    return found;
}

TEST(LpiSet, HoldsFirstAndLast) {
    LpiSet set;
    EXPECT_TRUE(members(set).empty());
    const std::set<std::uint32_t> some{8192, 8255, 8256, 40000, 65535};
    for (const auto intid : some)
        set.insert(Intid{intid});
    EXPECT_EQ(members(set), some);
}

TEST(LpiSet, RemovesOnlyWhatItIsTold) {
    LpiSet set;
    for (const std::uint32_t intid : {8192U, 8193U, 65535U})
        set.insert(Intid{intid});
    set.insert(Intid{8192}); // again
    set.remove(Intid{8192});
    set.remove(Intid{9000}); // was never in
    EXPECT_EQ(members(set), (std::set<std::uint32_t>{8193, 65535}));
    set.remove(Intid{65535});
    EXPECT_EQ(members(set), (std::set<std::uint32_t>{8193}));
}

} // namespace
} // namespace arm64::gic

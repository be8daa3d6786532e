// SPDX-License-Identifier: Apache-2.0
// Nearest ranks, at the edges above all.
#include "vmm/bench/percentiles.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace vmm::bench {
namespace {

std::vector<std::uint64_t> one_to(std::uint64_t last) {
    std::vector<std::uint64_t> values(last);
    std::iota(values.begin(), values.end(), 1);
    return values;
}

TEST(Percentiles, NoneAreZero) {
    const auto none = Percentiles::of({});
    EXPECT_EQ(none.count, 0U);
    EXPECT_EQ(none.p50, 0U);
    EXPECT_EQ(none.max, 0U);
}

TEST(Percentiles, OneIsAllOfThem) {
    const auto one = Percentiles::of({7});
    EXPECT_EQ(one.count, 1U);
    for (const auto value : {one.min, one.p50, one.p90, one.p99, one.p99_9, one.max})
        EXPECT_EQ(value, 7U);
}

TEST(Percentiles, AreSamplesAndNeverBetween) {
    const auto two = Percentiles::of({100, 10});
    EXPECT_EQ(two.min, 10U);
    EXPECT_EQ(two.p50, 10U);
    EXPECT_EQ(two.p90, 100U);
}

TEST(Percentiles, OfAThousand) {
    const auto thousand = Percentiles::of(one_to(1000));
    EXPECT_EQ(thousand.p50, 500U);
    EXPECT_EQ(thousand.p90, 900U);
    EXPECT_EQ(thousand.p99, 990U);
    EXPECT_EQ(thousand.p99_9, 999U);
    EXPECT_EQ(thousand.max, 1000U);
}

TEST(Percentiles, FewSamplesHaveTheirMaximumAsHighPercentile) {
    const auto hundred = Percentiles::of(one_to(100));
    EXPECT_EQ(hundred.p99, 99U);
    EXPECT_EQ(hundred.p99_9, 100U);
    EXPECT_EQ(Percentiles::of(one_to(101)).p99, 100U);
}

TEST(Percentiles, OrderAndSizeOfSamplesDoNotMatter) {
    const auto values = Percentiles::of({UINT64_MAX, 0, 5, 5, 5});
    EXPECT_EQ(values.min, 0U);
    EXPECT_EQ(values.p50, 5U);
    EXPECT_EQ(values.max, UINT64_MAX);
}

TEST(Percentiles, RanksAtTheEnds) {
    const auto ten = one_to(10);
    EXPECT_EQ(nearest_rank(ten, 1), 1U);
    EXPECT_EQ(nearest_rank(ten, 100), 1U);
    EXPECT_EQ(nearest_rank(ten, 101), 2U);
    EXPECT_EQ(nearest_rank(ten, 1000), 10U);
}

} // namespace
} // namespace vmm::bench

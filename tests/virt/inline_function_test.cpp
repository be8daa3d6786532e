// SPDX-License-Identifier: Apache-2.0
// Moved, called and destroyed exactly as often as it should be.
#include "virt/inline_function.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace virt {
namespace {

TEST(InlineFunction, CallsWithWhatItWasGiven) {
    int sum = 0;
    InlineFunction<int(int)> add = [&sum](int value) { return sum += value; };
    EXPECT_EQ(add(2), 2);
    EXPECT_EQ(add(3), 5);
    InlineFunction<int(std::unique_ptr<int>)> open = [](std::unique_ptr<int> box) { return *box; };
    EXPECT_EQ(open(std::make_unique<int>(7)), 7);
}

TEST(InlineFunction, OwnsItsCallable) {
    const auto token = std::make_shared<int>(1);
    InlineFunction<int()> first = [token] { return *token; };
    EXPECT_EQ(token.use_count(), 2);
    auto second = std::move(first);
    EXPECT_FALSE(first); // NOLINT(bugprone-use-after-move,*-InvalidAccess): moved from is empty
    EXPECT_EQ(second(), 1);
    EXPECT_EQ(token.use_count(), 2);
    second = [] { return 2; };
    EXPECT_EQ(token.use_count(), 1);
    EXPECT_EQ(second(), 2);
    second = {};
    EXPECT_FALSE(second);
}

TEST(InlineFunction, TakesAMovableCallable) {
    InlineFunction<int()> function = [box = std::make_unique<int>(3)] { return *box; };
    InlineFunction<int()> other;
    other = std::move(function);
    EXPECT_EQ(other(), 3);
}

} // namespace
} // namespace virt

// SPDX-License-Identifier: Apache-2.0
// Several users of guest debug, one set of hardware.
#include "virt/guest_debug.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace virt {
namespace {

GuestDebug at(std::initializer_list<Gva> addresses) {
    GuestDebug wish;
    for (const auto address : addresses)
        wish.breakpoints.push_back({address});
    return wish;
}

TEST(GuestDebugUsers, UnionOfAllWishes) {
    GuestDebugUsers users({4, 2});
    auto wish = at({0x1000});
    wish.single_step = true;
    ASSERT_TRUE(users.set(DebugUser::debugger, wish));
    ASSERT_TRUE(users.set(DebugUser::backend, at({0x2000})));
    EXPECT_TRUE(users.merged().single_step);
    EXPECT_EQ(users.merged().breakpoints.size(), 2U);
    EXPECT_EQ(users.left(), (DebugResources{2, 2}));
}

TEST(GuestDebugUsers, EqualBreakpointsShareOne) {
    GuestDebugUsers users({1, 0});
    ASSERT_TRUE(users.set(DebugUser::debugger, at({0x1000})));
    ASSERT_TRUE(users.set(DebugUser::backend, at({0x1000})));
    EXPECT_EQ(users.left().breakpoints, 0U);
}

TEST(GuestDebugUsers, PrivilegeMakesADifference) {
    GuestDebugUsers users({1, 0});
    ASSERT_TRUE(users.set(DebugUser::debugger, at({0x1000})));
    GuestDebug kernel_only;
    kernel_only.breakpoints.push_back({0x1000, Breakpoint::Privilege::kernel});
    EXPECT_EQ(users.set(DebugUser::backend, kernel_only).error().code, ENOSPC);
}

TEST(GuestDebugUsers, WhatDoesNotFitChangesNothing) {
    GuestDebugUsers users({2, 0});
    ASSERT_TRUE(users.set(DebugUser::backend, at({0x1000, 0x2000})));
    EXPECT_EQ(users.set(DebugUser::debugger, at({0x3000})).error().code, ENOSPC);
    EXPECT_EQ(users.merged().breakpoints.size(), 2U);
    ASSERT_TRUE(users.set(DebugUser::backend, {}));
    EXPECT_FALSE(users.merged().enabled());
    EXPECT_TRUE(users.set(DebugUser::debugger, at({0x3000})));
}

} // namespace
} // namespace virt

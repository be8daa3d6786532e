// SPDX-License-Identifier: Apache-2.0
// Debug register values, against the manual's field positions.
#include "arch-arm64/kvm/guest_debug.hpp"

#include <gtest/gtest.h>

namespace arm64::kvm {
namespace {

TEST(GuestDebug, NothingWantedIsOff) { EXPECT_EQ(encode({}).control, 0U); }

TEST(GuestDebug, BreakpointsByPrivilege) {
    virt::GuestDebug wish;
    wish.breakpoints.push_back({0xFFFF'8000'0001'0204});
    wish.breakpoints.push_back({0x1000, virt::Breakpoint::Privilege::kernel});
    const auto request = encode(wish);
    EXPECT_EQ(request.control, abi::GUESTDBG_ENABLE | abi::GUESTDBG_USE_HW);
    EXPECT_EQ(request.arch.dbg_bcr[0], 0xFU << 5 | 3U << 1 | 1U);
    EXPECT_EQ(request.arch.dbg_bvr[0], 0xFFFF'8000'0001'0204U);
    EXPECT_EQ(request.arch.dbg_bcr[1], 0xFU << 5 | 1U << 1 | 1U);
    EXPECT_EQ(request.arch.dbg_bcr[2], 0U);
}

TEST(GuestDebug, WatchpointsOfBytesAndOfRanges) {
    virt::GuestDebug wish;
    wish.watchpoints.push_back({0x1004, 4, virt::Watchpoint::Access::write});
    wish.watchpoints.push_back({0x2000, 64, virt::Watchpoint::Access::both});
    const auto request = encode(wish);
    EXPECT_EQ(request.arch.dbg_wvr[0], 0x1000U);
    EXPECT_EQ(request.arch.dbg_wcr[0], 0xF0U << 5 | 2U << 3 | 3U << 1 | 1U);
    EXPECT_EQ(request.arch.dbg_wcr[1], 6U << 24 | 0xFFU << 5 | 3U << 3 | 3U << 1 | 1U);
}

TEST(GuestDebug, StepAndSoftwareBreakpoints) {
    virt::GuestDebug wish;
    wish.single_step = true;
    wish.software_breakpoints = true;
    EXPECT_EQ(encode(wish).control, abi::GUESTDBG_ENABLE | abi::GUESTDBG_SINGLESTEP | abi::GUESTDBG_USE_SW_BP);
}

} // namespace
} // namespace arm64::kvm

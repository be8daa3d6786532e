// SPDX-License-Identifier: Apache-2.0
// Debug register values, against the manual's field positions.
#include "arch-arm64/kvm/guest_debug.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace arm64::kvm {
namespace {

TEST(GuestDebug, NothingWantedIsOff) { EXPECT_EQ(encode({})->control, 0U); }

TEST(GuestDebug, BreakpointsByPrivilege) {
    virt::GuestDebug wish;
    wish.breakpoints.push_back({0xFFFF'8000'0001'0204});
    wish.breakpoints.push_back({0x1000, virt::Breakpoint::Privilege::kernel});
    const auto request = *encode(wish);
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
    const auto request = *encode(wish);
    EXPECT_EQ(request.arch.dbg_wvr[0], 0x1000U);
    EXPECT_EQ(request.arch.dbg_wcr[0], 0xF0U << 5 | 2U << 3 | 3U << 1 | 1U);
    EXPECT_EQ(request.arch.dbg_wcr[1], 6U << 24 | 0xFFU << 5 | 3U << 3 | 3U << 1 | 1U);
}

TEST(GuestDebug, StepAndSoftwareBreakpoints) {
    virt::GuestDebug wish;
    wish.single_step = true;
    wish.software_breakpoints = true;
    EXPECT_EQ(encode(wish)->control, abi::GUESTDBG_ENABLE | abi::GUESTDBG_SINGLESTEP | abi::GUESTDBG_USE_SW_BP);
}

TEST(GuestDebug, WhatTheRegistersCannotSayIsRefused) {
    using Access = virt::Watchpoint::Access;
    for (const auto& watchpoint : {virt::Watchpoint{0x1000, 0, Access::read},
                                   {0x1006, 4, Access::read},
                                   {0x1000, 12, Access::read},
                                   {0x1008, 16, Access::read},
                                   {0, std::uint64_t{1} << 32, Access::read}}) {
        virt::GuestDebug wish;
        wish.watchpoints.push_back(watchpoint);
        EXPECT_EQ(encode(wish).error().code, EINVAL) << watchpoint.address << " " << watchpoint.size;
    }
    virt::GuestDebug odd, many;
    odd.breakpoints.push_back({0x1002});
    EXPECT_EQ(encode(odd).error().code, EINVAL);
    many.breakpoints.resize(17);
    EXPECT_EQ(encode(many).error().code, ENOSPC);
}

} // namespace
} // namespace arm64::kvm

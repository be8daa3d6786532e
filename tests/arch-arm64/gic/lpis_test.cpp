// SPDX-License-Identifier: Apache-2.0
#include "tests/arch-arm64/gic/its_board.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace arm64::gic {
namespace {

constexpr virt::Gpa nowhere_in_RAM = 0x1000'0000;

Interrupt& map(ItsBoard& board, std::uint32_t intid, std::uint32_t vcpu = 0) {
    return *board.gic.lpis().map(Intid{intid}, &board.redistributor(vcpu)).value();
}

TEST(Lpis, ExistWhileTheyAreMappedOrWait) {
    ItsBoard board;
    auto& lpis = board.gic.lpis();
    EXPECT_EQ(lpis.find(Intid{8192}), nullptr);
    auto& lpi = map(board, 8192);
    EXPECT_EQ(lpis.find(Intid{8192}), &lpi);
    EXPECT_EQ(lpis.find(Intid{8193}), nullptr) << "its neighbour";
    map(board, 8192);
    lpis.unmap(lpi);
    EXPECT_EQ(lpis.find(Intid{8192}), &lpi) << "one reference is left";
    Lpis::signal(lpi);
    lpis.unmap(lpi);
    EXPECT_EQ(lpis.find(Intid{8192}), &lpi) << "it waits";
    EXPECT_EQ(board.take(), 8192U);
    EXPECT_EQ(lpis.find(Intid{8192}), nullptr);
    Lpis::signal(lpi);
    EXPECT_EQ(board.take(), no_interrupt) << "a message that came too late";
    for (const auto intid : {0U, 40U, 8191U, 65536U, 0xFFFF'FFFFU})
        EXPECT_EQ(lpis.find(Intid{intid}), nullptr) << intid;
}

TEST(Lpis, ALatchGoesWithTheLastReference) {
    ItsBoard board;
    board.configure(8192, 0xA0);
    auto& lpi = map(board, 8192);
    Lpis::signal(lpi);
    board.gic.lpis().unmap(lpi);
    EXPECT_EQ(board.gic.lpis().find(Intid{8192}), nullptr);
    board.configure(8192, 0xA1);
    map(board, 8192);
    EXPECT_EQ(board.take(), no_interrupt);
}

TEST(Lpis, WhatWaitsIsSharedByWhoMapsItAgain) {
    ItsBoard board;
    auto& lpi = map(board, 8192, 1);
    Lpis::signal(lpi);
    board.gic.lpis().unmap(lpi);
    board.configure(8192, 0xA0);
    EXPECT_EQ(&map(board, 8192, 0), &lpi);
    EXPECT_EQ(board.take(0), no_interrupt);
    EXPECT_EQ(board.take(1), 8192U) << "neither a new target nor a new configuration";
}

TEST(Lpis, MappingReadsTheConfigurationAndTakesThePendingBit) {
    ItsBoard board;
    board.set_pending_bit(0, 8193);
    board.set_pending_bit(0, 8194);
    board.configure(8193, 0xFF);
    auto& lpi = map(board, 8193);
    EXPECT_EQ(lpi.priority, 0xFC) << "six bits";
    EXPECT_FALSE(board.pending_bit(0, 8193));
    EXPECT_TRUE(board.pending_bit(0, 8194));
    board.configure(8193, 0xA1);
    ASSERT_TRUE(board.gic.lpis().reload(lpi));
    EXPECT_EQ(board.take(), 8193U);
}

TEST(Lpis, UnreadableTablesMapNothing) {
    ItsBoard board;
    auto& lpis = board.gic.lpis();
    lpis.set_enabled(board.redistributor(0), false);
    lpis.set_PENDBASER(board.redistributor(0), nowhere_in_RAM);
    const auto mapped = lpis.map(Intid{8192}, &board.redistributor(0));
    ASSERT_FALSE(mapped);
    EXPECT_EQ(mapped.error().code, EFAULT);
    EXPECT_EQ(lpis.find(Intid{8192}), nullptr);
    EXPECT_TRUE(lpis.map(Intid{8192}, nullptr)) << "without a target there is no table to read";
    lpis.set_PROPBASER(nowhere_in_RAM | 15);
    EXPECT_EQ(lpis.map(Intid{8193}, nullptr).error().code, EFAULT);
    EXPECT_EQ(lpis.reload(*lpis.find(Intid{8192})).error().code, EFAULT);
    for (const auto intid : {0U, 8191U, 65536U, 0xFFFF'FFFFU})
        EXPECT_EQ(lpis.map(Intid{intid}, nullptr).error().code, EINVAL) << intid;
}

TEST(Lpis, ReloadingAllStopsAtNothing) {
    // The configuration table begins 8 bytes before RAM ends, as far as LPIs are mapped.
    ItsBoard board;
    auto& lpis = board.gic.lpis();
    for (std::uint32_t n = 0; n < 4; ++n)
        map(board, 8192 + n);
    auto& beyond = map(board, 8192 + 0x1000);
    lpis.set_PROPBASER((ItsBoard::end_of_RAM - 0x1000) | 15);
    for (std::uint32_t n = 0; n < 4; ++n)
        board.set<std::uint8_t>(ItsBoard::end_of_RAM - 0x1000 + n, 0x40 | n % 2);
    lpis.reload_all(board.redistributor(0));
    for (std::uint32_t n = 0; n < 4; ++n) {
        EXPECT_EQ(lpis.find(Intid{8192 + n})->enabled, n % 2 != 0);
        EXPECT_EQ(lpis.find(Intid{8192 + n})->priority, 0x40);
    }
    EXPECT_EQ(beyond.priority, 0) << "as it was";
}

TEST(Lpis, ReloadingAllQueuesWhatBecameEnabled) {
    ItsBoard board;
    for (std::uint32_t n = 0; n < 600; ++n)
        board.configure(8192 + n, 0xA0);
    for (std::uint32_t n = 0; n < 600; ++n)
        Lpis::signal(map(board, 8192 + n, n % 2));
    EXPECT_EQ(board.take(0), no_interrupt);
    for (std::uint32_t n = 0; n < 600; ++n)
        board.configure(8192 + n, 0xA1);
    board.gic.lpis().reload_all(board.redistributor(0));
    for (std::uint32_t n = 0; n < 600; n += 2)
        EXPECT_EQ(board.take(0), 8192 + n);
    EXPECT_EQ(board.take(1), no_interrupt);
}

TEST(Lpis, EnablingFollowsThePendingTableUnlessPtz) {
    ItsBoard board;
    auto& lpis = board.gic.lpis();
    auto& one = board.redistributor(0);
    map(board, 8192);
    map(board, 8193, 1);
    EXPECT_TRUE(lpis.set_enabled(one, false));
    EXPECT_FALSE(lpis.set_enabled(one, false)) << "again";
    board.set_pending_bit(0, 8192);
    board.set_pending_bit(0, 8193); // of another's
    lpis.set_PENDBASER(one, std::uint64_t{1} << 62, std::uint64_t{1} << 62);
    EXPECT_FALSE(lpis.set_enabled(one, true));
    EXPECT_EQ(board.take(), no_interrupt) << "PTZ";
    EXPECT_TRUE(lpis.set_enabled(one, false));
    lpis.set_PENDBASER(one, 0, std::uint64_t{1} << 62);
    EXPECT_EQ(lpis.PENDBASER(one) & 0xFFFF'FFFF'0000, ItsBoard::pending_table(0)) << "the mask left it";
    EXPECT_FALSE(lpis.set_enabled(one, true));
    EXPECT_TRUE(board.pending_bit(0, 8192)) << "read, and not cleared";
    EXPECT_EQ(board.take(0), 8192U);
    EXPECT_EQ(board.take(0), no_interrupt);
    EXPECT_EQ(board.take(1), no_interrupt);
}

TEST(Lpis, DisablingDropsWhatWaitsThere) {
    ItsBoard board;
    board.configure(8194, 0xA0);
    Lpis::signal(map(board, 8192));
    Lpis::signal(map(board, 8193, 1));
    auto& disabled = map(board, 8194);
    Lpis::signal(disabled);
    EXPECT_TRUE(board.gic.lpis().set_enabled(board.redistributor(0), false));
    EXPECT_EQ(board.take(0), no_interrupt);
    EXPECT_EQ(board.take(1), 8193U);
    EXPECT_TRUE(disabled.latch) << "it waited nowhere";
}

TEST(Lpis, SavingWritesTheLatchOfEachToItsTarget) {
    ItsBoard board;
    auto& lpis = board.gic.lpis();
    board.configure(8194, 0xA0);
    Lpis::signal(map(board, 8192));
    Lpis::signal(map(board, 8193, 1));
    Lpis::signal(map(board, 8194));
    map(board, 8195);
    board.set_pending_bit(0, 8195); // stale
    board.set_pending_bit(0, 8200); // of none
    ASSERT_TRUE(lpis.save_pending_tables());
    EXPECT_TRUE(board.pending_bit(0, 8192));
    EXPECT_FALSE(board.pending_bit(0, 8193));
    EXPECT_TRUE(board.pending_bit(1, 8193));
    EXPECT_TRUE(board.pending_bit(0, 8194));
    EXPECT_FALSE(board.pending_bit(0, 8195));
    EXPECT_TRUE(board.pending_bit(0, 8200));
    EXPECT_EQ(board.take(0), 8192U);
    lpis.set_enabled(board.redistributor(1), false);
    lpis.set_PENDBASER(board.redistributor(1), nowhere_in_RAM);
    EXPECT_EQ(lpis.save_pending_tables().error().code, EFAULT);
}

TEST(Lpis, RegistersKeepWhatKvmCanDo) {
    ItsBoard board;
    auto& lpis = board.gic.lpis();
    auto& one = board.redistributor(0);
    constexpr std::uint64_t all = ~std::uint64_t{0};
    const auto PROPBASER = [&](std::uint64_t value) {
        lpis.set_PROPBASER(value);
        return lpis.PROPBASER();
    };
    const auto PENDBASER = [&](std::uint64_t value) {
        lpis.set_PENDBASER(one, value);
        return lpis.PENDBASER(one);
    };
    EXPECT_EQ(PROPBASER(all), 0x000F'FFFF'FFFF'FF9FU);
    EXPECT_EQ(PENDBASER(all), 0x000F'FFFF'FFFF'0F80U);
    EXPECT_EQ(PROPBASER(0), 0x180U);
    EXPECT_EQ(PROPBASER(1 << 7), 0x180U);
    EXPECT_EQ(PROPBASER(2 << 10 | 7 << 7), 1U << 10 | 7U << 7);
    EXPECT_EQ(PENDBASER(std::uint64_t{1} << 56 | 7 << 7), std::uint64_t{1} << 56 | 7 << 7);
    EXPECT_EQ(PENDBASER(std::uint64_t{2} << 56 | 7 << 7), 7U << 7);
}

TEST(Lpis, LimitIsThatOfPropbaserAnd16Bits) {
    ItsBoard board;
    for (const auto& [IDbits, limit] : {std::pair(0U, 2U), {12U, 8192U}, {13U, 16384U}, {15U, 65536U}, {31U, 65536U}}) {
        board.gic.lpis().set_PROPBASER(IDbits);
        EXPECT_EQ(board.gic.lpis().limit(), limit);
    }
}

} // namespace
} // namespace arm64::gic

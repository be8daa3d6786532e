// SPDX-License-Identifier: Apache-2.0
// Who waits where, and what the PE is told of it. Source: Arm IHI 0069, 4.1, 4.8.
#include "arch-arm64/gic/redistributor.hpp"

#include "tests/arch-arm64/gic/fixture.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace arm64::gic {
namespace {

constexpr auto edge = Trigger::edge, level = Trigger::level;
constexpr auto kept = Redistributor::Queueing::kept;

TEST(Redistributor, ResetsAsKvmDoes) {
    Board board;
    auto& vcpu = board.gic.redistributor(VcpuIndex{0});
    for (std::uint32_t intid = 0; intid < 32; ++intid) {
        const auto& one = vcpu.private_interrupt(intid);
        EXPECT_EQ(one.enabled, intid < 16) << intid;
        EXPECT_EQ(one.trigger, intid < 16 ? edge : level) << intid;
        EXPECT_EQ(one.group, Group::group1) << intid;
        EXPECT_EQ(one.priority, 0) << intid;
    }
}

TEST(Redistributor, AnEdgeIsTakenOnce) {
    Board board;
    auto& one = board.enable(40);
    EXPECT_FALSE(board.lines.irq(0));
    board.raise(40);
    board.raise(40);
    board.lower(40);
    EXPECT_TRUE(board.lines.irq(0));
    EXPECT_EQ(board.mrs(0, ICC_HPPIR1_EL1), 40U);
    EXPECT_EQ(board.IAR(), 40U);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_TRUE(board.active(one));
    EXPECT_FALSE(board.pending(one));
    EXPECT_EQ(board.IAR(), 1023U);
    board.EOIR(40);
    EXPECT_FALSE(board.active(one));
    EXPECT_EQ(board.IAR(), 1023U);
    EXPECT_EQ(board.mrs(0, ICC_RPR_EL1), 0xFFU);
    EXPECT_FALSE(board.lines.repeated());
}

TEST(Redistributor, ALevelIsTakenWhileItsLineIsHigh) {
    Board board;
    board.enable(40, level);
    board.raise(40);
    for (int n = 0; n < 3; ++n) {
        EXPECT_EQ(board.IAR(), 40U);
        EXPECT_EQ(board.IAR(), 1023U) << "not while it is active";
        EXPECT_FALSE(board.lines.irq(0));
        board.EOIR(40);
        EXPECT_TRUE(board.lines.irq(0));
    }
    board.lower(40);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_EQ(board.IAR(), 1023U);
}

TEST(Redistributor, ALevelThatFallsInItsHandlerIsOver) {
    Board board;
    board.enable(40, level);
    board.raise(40);
    EXPECT_EQ(board.IAR(), 40U);
    board.lower(40);
    board.EOIR(40);
    EXPECT_FALSE(board.lines.irq(0));
}

TEST(Redistributor, AnEdgeWhileActiveComesAfterwards) {
    for (const std::uint64_t mode : {std::uint64_t{0}, Board::EOImode}) {
        Board board;
        board.msr(0, ICC_CTLR_EL1, mode);
        board.enable(40);
        board.raise(40);
        EXPECT_EQ(board.IAR(), 40U);
        board.raise(40);
        EXPECT_EQ(board.IAR(), 1023U);
        board.EOIR(40);
        EXPECT_EQ(board.lines.irq(0), mode == 0);
        board.DIR(40); // nothing in EOImode 0
        EXPECT_EQ(board.IAR(), 40U);
    }
}

TEST(Redistributor, InEOImode1DirDeactivates) {
    Board board;
    auto& one = board.enable(40);
    board.msr(0, ICC_CTLR_EL1, Board::EOImode);
    board.raise(40);
    EXPECT_EQ(board.IAR(), 40U);
    board.EOIR(40);
    EXPECT_EQ(board.mrs(0, ICC_RPR_EL1), 0xFFU);
    EXPECT_TRUE(board.active(one));
    board.DIR(40);
    EXPECT_FALSE(board.active(one));
}

TEST(Redistributor, InEOImode0DirIsNothing) {
    Board board;
    auto& one = board.enable(40);
    board.raise(40);
    EXPECT_EQ(board.IAR(), 40U);
    board.DIR(40);
    EXPECT_TRUE(board.active(one));
    EXPECT_EQ(board.mrs(0, ICC_RPR_EL1), 0x80U);
}

TEST(Redistributor, EoiOfAnotherDropsPriorityAndDeactivatesNothing) {
    Board board;
    auto& one = board.enable(40, edge, 0x40);
    auto& other = board.enable(41, edge, 0x20);
    board.raise(40);
    EXPECT_EQ(board.IAR(), 40U);
    board.raise(41);
    EXPECT_EQ(board.IAR(), 41U) << "preempts";
    board.EOIR(40); // out of order
    EXPECT_EQ(board.mrs(0, ICC_RPR_EL1), 0x40U);
    EXPECT_TRUE(board.active(one));
    EXPECT_TRUE(board.active(other));
    board.EOIR(50);
    EXPECT_EQ(board.mrs(0, ICC_RPR_EL1), 0xFFU);
    EXPECT_TRUE(board.active(one));
}

TEST(Redistributor, EoiThroughTheOtherGroupDeactivatesNothing) {
    Board board;
    auto& one = board.enable(40);
    board.raise(40);
    EXPECT_EQ(board.IAR(), 40U);
    board.msr(0, ICC_EOIR0_EL1, 40);
    EXPECT_EQ(board.mrs(0, ICC_RPR_EL1), 0xFFU);
    EXPECT_TRUE(board.active(one));
}

TEST(Redistributor, TheHighestPriorityIsTheLowestNumber) {
    Board board;
    board.enable(40, edge, 0x80);
    board.enable(41, edge, 0x08);
    board.enable(42, edge, 0xF0);
    board.enable(43, edge, 0x00);
    for (const std::uint32_t spi : {40U, 41U, 42U, 43U})
        board.raise(spi);
    for (const std::uint32_t spi : {43U, 41U, 40U, 42U}) {
        EXPECT_EQ(board.IAR(), spi);
        board.EOIR(spi);
    }
}

TEST(Redistributor, OnlyWhatPreemptsDrivesTheLineDuringAHandler) {
    Board board;
    board.enable(40, edge, 0x40);
    board.enable(41, edge, 0x40);
    board.enable(42, edge, 0x38);
    board.raise(40);
    EXPECT_EQ(board.IAR(), 40U);
    board.raise(41);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_EQ(board.mrs(0, ICC_HPPIR1_EL1), 41U) << "pending all the same";
    board.raise(42);
    EXPECT_TRUE(board.lines.irq(0));
    EXPECT_EQ(board.IAR(), 42U);
    board.EOIR(42);
    EXPECT_FALSE(board.lines.irq(0));
    board.EOIR(40);
    EXPECT_TRUE(board.lines.irq(0));
}

TEST(Redistributor, PriorityMaskGroupAndBinaryPointMoveTheLine) {
    Board board;
    board.enable(40, edge, 0x80);
    board.raise(40);
    board.msr(0, ICC_PMR_EL1, 0x80);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_EQ(board.IAR(), 1023U);
    EXPECT_EQ(board.mrs(0, ICC_HPPIR1_EL1), 40U) << "which does not look at the mask";
    board.msr(0, ICC_PMR_EL1, 0x88);
    EXPECT_TRUE(board.lines.irq(0));
    board.msr(0, ICC_IGRPEN1_EL1, 0);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_EQ(board.mrs(0, ICC_HPPIR1_EL1), 1023U);
    board.msr(0, ICC_IGRPEN1_EL1, 1);
    board.msr(0, ICC_AP1R0_EL1, 1); // as if one of priority 0 ran
    EXPECT_FALSE(board.lines.irq(0));
    board.msr(0, ICC_AP1R0_EL1, 0);
    EXPECT_TRUE(board.lines.irq(0));
}

TEST(Redistributor, WaitingEndsForWhatTheMaskLetsPass) {
    Board board;
    const VcpuIndex vcpu{0};
    board.enable(40, edge, 0x20);
    board.enable(41, edge, 0x80);
    EXPECT_FALSE(board.gic.wakes(vcpu));
    board.msr(0, ICC_IGRPEN1_EL1, 0);
    board.raise(40);
    EXPECT_TRUE(board.gic.wakes(vcpu)) << "though its group is disabled";
    EXPECT_EQ(board.lines.wakes(0), 1U);
    board.raise(41);
    EXPECT_EQ(board.lines.wakes(0), 1U) << "told once";
    board.msr(0, ICC_PMR_EL1, 0x20);
    EXPECT_FALSE(board.gic.wakes(vcpu));
    board.msr(0, ICC_PMR_EL1, 0xF0);
    EXPECT_EQ(board.lines.wakes(0), 2U);
    board.msr(0, ICC_IGRPEN1_EL1, 1);
    EXPECT_TRUE(board.lines.irq(0));
    EXPECT_EQ(board.IAR(), 40U);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_TRUE(board.gic.wakes(vcpu)) << "though a higher priority runs";
    EXPECT_EQ(board.lines.wakes(0), 3U);
    board.EOIR(40);
    EXPECT_EQ(board.IAR(), 41U);
    EXPECT_FALSE(board.gic.wakes(vcpu));
    board.gic.set_forwarding(false);
    board.raise(40);
    EXPECT_FALSE(board.gic.wakes(vcpu));
}

TEST(Redistributor, Group0IsTheFiq) {
    Board board;
    auto& one = board.enable(40);
    board.raise(40);
    Redistributor::update(one, [](Interrupt& found) { found.group = Group::group0; });
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_FALSE(board.lines.fiq(0)) << "its group is disabled";
    board.msr(0, ICC_IGRPEN0_EL1, 1);
    EXPECT_TRUE(board.lines.fiq(0));
    EXPECT_EQ(board.IAR(), 1023U);
    EXPECT_EQ(board.mrs(0, ICC_HPPIR0_EL1), 40U);
    EXPECT_EQ(board.mrs(0, ICC_IAR0_EL1), 40U);
    EXPECT_EQ(board.mrs(0, ICC_AP0R0_EL1), 1U << (0x80 >> 3));
    board.msr(0, ICC_EOIR0_EL1, 40);
    EXPECT_FALSE(board.active(one));
}

TEST(Redistributor, OneLineAtATime) {
    Board board;
    board.msr(0, ICC_IGRPEN0_EL1, 1);
    auto& fiq = board.enable(40, edge, 0x20);
    Redistributor::update(fiq, [](Interrupt& found) { found.group = Group::group0; });
    board.enable(41, edge, 0x10);
    board.raise(40);
    EXPECT_TRUE(board.lines.fiq(0));
    board.raise(41); // higher
    EXPECT_TRUE(board.lines.irq(0));
    EXPECT_FALSE(board.lines.fiq(0));
    EXPECT_EQ(board.mrs(0, ICC_IAR0_EL1), 1023U) << "the highest is of group 1";
    EXPECT_EQ(board.IAR(), 41U);
    board.EOIR(41);
    EXPECT_TRUE(board.lines.fiq(0));
}

TEST(Redistributor, DisablingWithholdsAndEnablingGives) {
    for (const auto trigger : {edge, level}) {
        Board board;
        auto& one = board.enable(40, trigger);
        board.raise(40);
        Redistributor::update(one, [](Interrupt& found) { found.enabled = false; }, kept);
        EXPECT_FALSE(board.lines.irq(0));
        EXPECT_TRUE(board.pending(one));
        Redistributor::update(one, [](Interrupt& found) { found.enabled = true; });
        EXPECT_EQ(board.IAR(), 40U);
    }
}

TEST(Redistributor, APriorityMayChangeWhileItWaits) {
    Board board;
    board.enable(40, edge, 0x40);
    auto& one = board.enable(41, edge, 0x80);
    board.raise(40);
    board.raise(41);
    Redistributor::update(one, [](Interrupt& found) { found.priority = 0x20; }, kept);
    EXPECT_EQ(board.IAR(), 41U);
}

TEST(Redistributor, WhatPendsWhileNothingIsForwardedWaitsForItsNextEvent) {
    Board board;
    auto& one = board.enable(40);
    board.raise(40);
    board.gic.set_forwarding(false);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_EQ(board.IAR(), 1023U);
    board.gic.set_forwarding(true);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_TRUE(board.pending(one));
    board.raise(40);
    EXPECT_EQ(board.IAR(), 40U);
}

TEST(Redistributor, ReroutingMovesWhatWaits) {
    Board board(2);
    auto& one = board.enable(40);
    board.raise(40);
    EXPECT_TRUE(board.lines.irq(0));
    Redistributor::update(one, [&](Interrupt& found) { found.target = board.gic.by_affinity(1); }, kept);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_TRUE(board.lines.irq(1));
    EXPECT_EQ(board.IAR(0), 1023U);
    EXPECT_EQ(board.IAR(1), 40U);
}

TEST(Redistributor, AnActiveOneStaysAndGoesWhenItEnds) {
    Board board(2);
    auto& one = board.enable(40);
    board.raise(40);
    EXPECT_EQ(board.IAR(0), 40U);
    Redistributor::update(one, [&](Interrupt& found) { found.target = board.gic.by_affinity(1); }, kept);
    board.raise(40);
    EXPECT_FALSE(board.lines.irq(1));
    board.EOIR(40, 0);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_TRUE(board.lines.irq(1));
    EXPECT_EQ(board.IAR(1), 40U);
}

TEST(Redistributor, DirFromAnotherVcpuDeactivates) {
    Board board(2);
    auto& one = board.enable(40, level);
    board.msr(0, ICC_CTLR_EL1, Board::EOImode);
    board.msr(1, ICC_CTLR_EL1, Board::EOImode);
    board.raise(40);
    EXPECT_EQ(board.IAR(0), 40U);
    board.EOIR(40, 0);
    board.DIR(40, 1);
    EXPECT_FALSE(board.active(one));
    EXPECT_TRUE(board.lines.irq(0));
    EXPECT_FALSE(board.lines.irq(1));
}

TEST(Redistributor, AStrandedOneWaitsForItsNextEvent) {
    for (const auto trigger : {edge, level}) {
        Board board;
        auto& one = board.enable(40, trigger);
        Redistributor::update(one, [&](Interrupt& found) { found.target = &board.gic.nowhere(); }, kept);
        board.raise(40);
        EXPECT_FALSE(board.lines.irq(0));
        Redistributor::update(one, [&](Interrupt& found) { found.target = board.gic.by_affinity(0); }, kept);
        EXPECT_FALSE(board.lines.irq(0));
        EXPECT_TRUE(board.pending(one));
        board.raise(40);
        EXPECT_EQ(board.lines.irq(0), trigger == edge) << "a level that was high already is no event";
        board.lower(40);
        board.raise(40);
        EXPECT_EQ(board.IAR(), 40U);
    }
}

TEST(Redistributor, TheEndOfAnActiveStateIsAnEvent) {
    Board board;
    auto& one = board.enable(40);
    Redistributor::update(one, [](Interrupt& found) { found.active = true; });
    board.raise(40);
    EXPECT_FALSE(board.lines.irq(0));
    Redistributor::update(one, [](Interrupt& found) { found.active = false; }, kept);
    EXPECT_TRUE(board.lines.irq(0));
}

/// An LPI as Lpis has them.
struct Lpi : Interrupt {
    explicit Lpi(Redistributor& redistributor) {
        intid = Intid{8192};
        enabled = true;
        references = 1;
        target = &redistributor;
        holder = &redistributor;
    }
};

TEST(Redistributor, AnLpiHasNoActiveState) {
    Board board;
    Lpi lpi(board.gic.redistributor(VcpuIndex{0}));
    for (int n = 0; n < 2; ++n) {
        Redistributor::update(lpi, [](Interrupt& one) { one.latch = true; });
        EXPECT_EQ(board.IAR(), 8192U);
        EXPECT_FALSE(lpi.active);
        Redistributor::update(lpi, [](Interrupt& one) { one.latch = true; });
        EXPECT_FALSE(board.lines.irq(0)) << "its priority runs";
        board.EOIR(8192);
        EXPECT_EQ(board.IAR(), 8192U);
        board.EOIR(8192);
    }
}

TEST(Redistributor, DisablingLpisDropsThoseThatWaitAndNoOthers) {
    Board board;
    auto& vcpu = board.gic.redistributor(VcpuIndex{0});
    Lpi lpi(vcpu);
    Lpi disabled(vcpu);
    disabled.enabled = false;
    auto& spi = board.enable(40);
    vcpu.set_lpis_enabled(true);
    for (Interrupt* const one : {static_cast<Interrupt*>(&lpi), static_cast<Interrupt*>(&disabled)})
        Redistributor::update(*one, [](Interrupt& found) { found.latch = true; });
    board.raise(40);
    vcpu.set_lpis_enabled(false);
    EXPECT_FALSE(vcpu.lpis_enabled());
    EXPECT_FALSE(board.pending(lpi));
    EXPECT_TRUE(board.pending(disabled)) << "waits in no queue";
    EXPECT_TRUE(board.pending(spi));
    EXPECT_EQ(board.IAR(), 40U);
}

TEST(Redistributor, AnLpiThatLostItsMappingIsForgottenWithItsPlaceInTheQueue) {
    Board board;
    Lpi lpi(board.gic.redistributor(VcpuIndex{0}));
    Redistributor::update(lpi, [](Interrupt& one) { one.latch = true; });
    Redistributor::update(lpi, [](Interrupt& one) { one.references = 0; }, kept);
    EXPECT_TRUE(board.lines.irq(0)) << "it is on its way";
    Redistributor::update(lpi, [](Interrupt& one) { one.enabled = false; }, kept);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_FALSE(lpi.latch);
}

} // namespace
} // namespace arm64::gic

// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/gic/cpu_interface.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>

namespace arm64::gic {
namespace {

constexpr auto group0 = Group::group0, group1 = Group::group1;
constexpr std::uint64_t CBPR = 1, EOImode = 2;

CpuInterface with_bits(unsigned PRIbits) { return CpuInterface(Implementation{.PRIbits = PRIbits}); }
CpuInterface open(unsigned PRIbits = 5) {
    auto cpu = with_bits(PRIbits);
    cpu.set_PMR(0xFF);
    cpu.set_enabled(group0, true);
    cpu.set_enabled(group1, true);
    return cpu;
}

TEST(CpuInterface, BeginsMaskedDisabledAndIdle) {
    for (const unsigned bits : {5U, 6U, 7U}) {
        const auto cpu = with_bits(bits);
        EXPECT_EQ(cpu.PMR(), 0U);
        EXPECT_FALSE(cpu.enabled(group0));
        EXPECT_FALSE(cpu.enabled(group1));
        EXPECT_EQ(cpu.running_priority(), 0xFF);
        EXPECT_EQ(cpu.BPR(group0), 7 - bits);
        EXPECT_EQ(cpu.BPR(group1), 8 - bits);
        EXPECT_EQ(cpu.CTLR(), (bits - 1) << 8 | 1 << 15);
    }
}

TEST(CpuInterface, PassesWhatIsBelowItsMaskAndNotItsEqual) {
    auto cpu = open();
    cpu.set_PMR(0x80);
    EXPECT_TRUE(cpu.passes(0x78, group1));
    EXPECT_FALSE(cpu.passes(0x80, group1));
    EXPECT_FALSE(cpu.passes(0xF8, group1));
    cpu.set_enabled(group1, false);
    EXPECT_FALSE(cpu.passes(0x00, group1));
    EXPECT_TRUE(cpu.passes(0x00, group0));
}

TEST(CpuInterface, OnlyAHigherGroupPriorityPreempts) {
    auto cpu = open();
    cpu.activate(0x58, group1);
    EXPECT_EQ(cpu.running_priority(), 0x58);
    EXPECT_TRUE(cpu.passes(0x50, group1));
    EXPECT_FALSE(cpu.passes(0x58, group1));
    EXPECT_FALSE(cpu.passes(0x5C, group1));
    EXPECT_FALSE(cpu.passes(0x60, group0));
    EXPECT_TRUE(cpu.passes(0x50, group0));
}

TEST(CpuInterface, TheBinaryPointsCutSubpriorities) {
    struct Row {
        std::uint64_t BPR0, BPR1;
        std::uint8_t level0, level1; // of 0x5C
    };
    for (const auto& [BPR0, BPR1, level0, level1] :
         {Row{2, 3, 0x58, 0x58}, Row{3, 4, 0x50, 0x50}, Row{5, 4, 0x40, 0x50}, Row{2, 6, 0x58, 0x40},
          Row{6, 7, 0x00, 0x00}, Row{7, 3, 0x00, 0x58}}) {
        auto cpu = open();
        cpu.set_BPR(group0, BPR0);
        cpu.set_BPR(group1, BPR1);
        EXPECT_EQ(cpu.preemption_level(0x5C, group0), level0) << BPR0;
        EXPECT_EQ(cpu.preemption_level(0x5C, group1), level1) << BPR1;
        cpu.set_CTLR(CBPR);
        EXPECT_EQ(cpu.preemption_level(0x5C, group1), level0) << "common " << BPR0;
    }
}

TEST(CpuInterface, BinaryPointsHaveALeastAndThreeBits) {
    auto cpu = with_bits(5);
    for (const auto group : {group0, group1}) {
        cpu.set_BPR(group, 0);
        EXPECT_EQ(cpu.BPR(group), group == group0 ? 2U : 3U);
        cpu.set_BPR(group, 0xFF);
        EXPECT_EQ(cpu.BPR(group), 7U);
    }
    cpu.set_CTLR(CBPR);
    cpu.set_BPR(group0, 4);
    cpu.set_BPR(group1, 6);
    EXPECT_EQ(cpu.BPR(group1), 5U) << "one more than group 0's";
    cpu.set_BPR(group0, 7);
    EXPECT_EQ(cpu.BPR(group1), 7U);
    cpu.set_CTLR(0);
    EXPECT_EQ(cpu.BPR(group1), 7U) << "its own, from before";
}

TEST(CpuInterface, PrioritiesDropInTheReverseOrderOfActivation) {
    for (const unsigned bits : {5U, 6U, 7U}) {
        auto cpu = open(bits);
        for (const std::uint8_t priority : std::initializer_list<std::uint8_t>{0xF8, 0x80, 0x40, 0x00})
            cpu.activate(priority, priority == 0x40 ? group0 : group1);
        for (const std::uint8_t priority : std::initializer_list<std::uint8_t>{0x00, 0x40, 0x80, 0xF8}) {
            EXPECT_EQ(cpu.running_priority(), priority) << bits;
            EXPECT_EQ(cpu.drop(), priority) << bits;
        }
        EXPECT_EQ(cpu.running_priority(), 0xFF);
        EXPECT_EQ(cpu.drop(), CpuInterface::idle);
    }
}

TEST(CpuInterface, SevenBitsReachTheLastActivePriority) {
    auto cpu = open(7);
    cpu.activate(0xFE, group1);
    EXPECT_EQ(cpu.AP(group1, 3), 0x8000'0000U);
    EXPECT_EQ(cpu.running_priority(), 0xFE);
    cpu.activate(0x42, group1);
    EXPECT_EQ(cpu.AP(group1, 1), 2U);
    EXPECT_EQ(cpu.running_priority(), 0x42);
}

TEST(CpuInterface, ActivePriorityRegistersAreAsManyAsTheBitsNeed) {
    for (const unsigned bits : {5U, 6U, 7U}) {
        auto cpu = with_bits(bits);
        const unsigned registers = 1U << (bits - 5);
        for (unsigned n = 0; n < 5; ++n)
            for (const auto group : {group0, group1}) {
                EXPECT_EQ(cpu.AP(group, n).has_value(), n < registers);
                EXPECT_EQ(cpu.set_AP(group, n, 0xA5A5'5A5A), n < registers);
                EXPECT_EQ(cpu.AP(group, n).value_or(0xA5A5'5A5A), 0xA5A5'5A5A);
            }
    }
}

TEST(CpuInterface, ActivePrioritiesThatAreWrittenRun) {
    auto cpu = open();
    EXPECT_TRUE(cpu.set_AP(group1, 0, 1U << (0x20 >> 3)));
    EXPECT_EQ(cpu.running_priority(), 0x20);
    EXPECT_FALSE(cpu.passes(0x30, group1));
    EXPECT_TRUE(cpu.set_AP(group0, 0, 1U << (0x20 >> 3)));
    EXPECT_EQ(cpu.drop(), 0x20);
    EXPECT_EQ(cpu.AP(group0, 0), 0U) << "of both, group 0 first";
    EXPECT_EQ(cpu.running_priority(), 0x20);
    EXPECT_TRUE(cpu.set_AP(group1, 0, 0));
    EXPECT_EQ(cpu.running_priority(), 0xFF);
}

TEST(CpuInterface, OfCtlrTwoBitsAreWritten) {
    auto cpu = with_bits(5);
    const auto fixed = cpu.CTLR();
    cpu.set_CTLR(~std::uint64_t{0});
    EXPECT_EQ(cpu.CTLR(), fixed | CBPR | EOImode);
    EXPECT_TRUE(cpu.splits_eoi());
    cpu.set_CTLR(0);
    EXPECT_EQ(cpu.CTLR(), fixed);
}

TEST(CpuInterface, FromOutsideCtlrMayOnlyShrink) {
    CpuInterface cpu(Implementation{.PRIbits = 6, .IDbits = 24});
    const auto ctlr = cpu.CTLR();
    EXPECT_FALSE(cpu.restore_CTLR(ctlr + (1 << 8)));
    EXPECT_FALSE(cpu.restore_CTLR(ctlr ^ 1 << 14)) << "SEIS";
    EXPECT_FALSE(cpu.restore_CTLR(ctlr ^ 1 << 15)) << "A3V";
    EXPECT_FALSE(cpu.restore_CTLR(ctlr | 7 << 11)) << "IDbits";
    EXPECT_TRUE(cpu.restore_CTLR(ctlr | EOImode));
    EXPECT_TRUE(cpu.splits_eoi());
    EXPECT_TRUE(cpu.restore_CTLR(ctlr - (1 << 8) - (1 << 11)));
    EXPECT_EQ(cpu.CTLR(), ctlr - (1 << 8) - (1 << 11));
    EXPECT_FALSE(cpu.restore_CTLR(ctlr)) << "for good";
    EXPECT_FALSE(cpu.AP(group1, 1)) << "a GIC of 5 bits has one";
}

TEST(CpuInterface, FewerBitsChangeNoComparison) {
    auto cpu = open();
    EXPECT_TRUE(cpu.restore_CTLR(1 << 15)); // 1 bit of priority
    cpu.activate(0x58, group1);
    EXPECT_EQ(cpu.running_priority(), 0x58);
    EXPECT_EQ(cpu.AP(group1, 0), 1U << (0x58 >> 3));
    EXPECT_EQ(cpu.drop(), 0x58);
}

} // namespace
} // namespace arm64::gic

// SPDX-License-Identifier: Apache-2.0
// PL031, on a clock that a test moves. Arm DDI 0224, chapter 3.

#include "devices/rtc_pl031.hpp"

#include "tests/devices/recording_line.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <tuple>

namespace devices::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t RTCDR = 0x000, RTCMR = 0x004, RTCLR = 0x008, RTCCR = 0x00c, RTCIMSC = 0x010, RTCRIS = 0x014,
                        RTCMIS = 0x018, RTCICR = 0x01c;
constexpr std::uint32_t start = 1'700'000'000;

class Listener final : public AlarmListener {
public:
    void alarm_changed() override { ++changes; }
    unsigned changes = 0;
};

class RtcPl031Test : public ::testing::Test {
protected:
    RtcPl031Test() { rtc.set_alarm_listener(listener); }
    std::uint32_t in(std::uint64_t offset) { return static_cast<std::uint32_t>(rtc.read(offset, virt::Width::b4)); }
    void out(std::uint64_t offset, std::uint32_t value) { rtc.write(offset, virt::Width::b4, value); }

    std::chrono::system_clock::time_point now{std::chrono::seconds(start) + 250ms};
    RecordingLine line;
    Listener listener;
    RtcPl031 rtc{line, [this] { return now; }};
};

struct Row {
    const char* name;
    std::uint64_t offset;
    std::uint32_t reset;
    std::uint32_t after_ones; // reads so when ~0 was stored into it
};

const Row rows[] = {
    {"RTCDR", RTCDR, start, start},
    {"RTCMR", RTCMR, 0, ~0U},
    {"RTCLR", RTCLR, 0, ~0U},
    {"RTCCR", RTCCR, 1, 1},
    {"RTCIMSC", RTCIMSC, 0, 1},
    {"RTCRIS", RTCRIS, 0, 0},
    {"RTCMIS", RTCMIS, 0, 0},
    {"RTCICR", RTCICR, 0, 0},
    {"reserved_020", 0x020, 0, 0},
    {"reserved_fdc", 0xfdc, 0, 0},
    {"RTCPeriphID0", 0xfe0, 0x31, 0x31},
    {"RTCPeriphID1", 0xfe4, 0x10, 0x10},
    {"RTCPeriphID2", 0xfe8, 0x04, 0x04},
    {"RTCPeriphID3", 0xfec, 0x00, 0x00},
    {"RTCPCellID0", 0xff0, 0x0d, 0x0d},
    {"RTCPCellID1", 0xff4, 0xf0, 0xf0},
    {"RTCPCellID2", 0xff8, 0x05, 0x05},
    {"RTCPCellID3", 0xffc, 0xb1, 0xb1},
};

class RtcPl031Register : public RtcPl031Test, public ::testing::WithParamInterface<Row> {};

TEST_P(RtcPl031Register, ResetsAndStores) {
    EXPECT_EQ(in(GetParam().offset), GetParam().reset);
    out(GetParam().offset, ~0U);
    EXPECT_EQ(in(GetParam().offset), GetParam().after_ones);
    rtc.reset();
    EXPECT_EQ(in(GetParam().offset), GetParam().reset);
}

TEST_P(RtcPl031Register, IsAWord) {
    for (const virt::Width width : {virt::Width::b1, virt::Width::b2, virt::Width::b4, virt::Width::b8})
        for (std::uint64_t odd = 0; odd < 4; ++odd) {
            if (width == virt::Width::b4 && odd == 0)
                continue;
            EXPECT_EQ(rtc.read(GetParam().offset + odd, width), 0U);
            rtc.write(GetParam().offset + odd, width, virt::mask_of(width));
        }
    EXPECT_EQ(in(GetParam().offset), GetParam().reset);
    EXPECT_EQ(listener.changes, 0U);
}

INSTANTIATE_TEST_SUITE_P(Table, RtcPl031Register, ::testing::ValuesIn(rows),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(RtcPl031Test, OffsetsOutsideTheBlockReadAsZero) {
    for (const std::uint64_t offset : {RtcPl031::size, RtcPl031::size + 0x20, ~std::uint64_t{3}}) {
        EXPECT_EQ(in(offset), 0U);
        out(offset, 1);
    }
}

TEST_F(RtcPl031Test, CountsTheHostsSeconds) {
    EXPECT_EQ(in(RTCDR), start);
    now += 749ms;
    EXPECT_EQ(in(RTCDR), start);
    now += 1ms;
    EXPECT_EQ(in(RTCDR), start + 1);
    out(RTCCR, 0); // cannot be stopped
    now += 10s;
    EXPECT_EQ(in(RTCDR), start + 11);
}

TEST_F(RtcPl031Test, RTCLRSetsTheCounter) {
    out(RTCLR, 1000);
    EXPECT_EQ(in(RTCDR), 1000U);
    EXPECT_EQ(in(RTCLR), 1000U);
    now += 5s;
    EXPECT_EQ(in(RTCDR), 1005U);
    EXPECT_EQ(in(RTCLR), 1000U);
    out(RTCLR, ~0U);
    now += 2s;
    EXPECT_EQ(in(RTCDR), 1U);
}

TEST_F(RtcPl031Test, MatchRaisesAndICRClears) {
    out(RTCMR, start + 10);
    out(RTCIMSC, 1);
    EXPECT_EQ(rtc.next_match(), 9750ms);
    now += 9749ms;
    rtc.check_match();
    EXPECT_FALSE(line.level);
    EXPECT_EQ(rtc.next_match(), 1ms);
    now += 1ms;
    rtc.check_match();
    EXPECT_TRUE(line.level);
    EXPECT_EQ(in(RTCRIS), 1U);
    EXPECT_EQ(in(RTCMIS), 1U);
    EXPECT_EQ(rtc.next_match(), std::nullopt);
    now += 100s;
    rtc.check_match();
    EXPECT_TRUE(line.level) << "it stays";
    out(RTCICR, 0);
    EXPECT_TRUE(line.level);
    out(RTCICR, 1);
    EXPECT_FALSE(line.level);
    EXPECT_EQ(in(RTCRIS), 0U);
    EXPECT_EQ(line.changes, 2U);
}

TEST_F(RtcPl031Test, AMatchNobodyLookedAtHasHappened) {
    out(RTCMR, start + 10);
    now += 3600s;
    EXPECT_EQ(in(RTCRIS), 1U);
    EXPECT_EQ(in(RTCMIS), 0U);
    EXPECT_FALSE(line.level);
    out(RTCIMSC, 1);
    EXPECT_TRUE(line.level);
    out(RTCIMSC, 0);
    EXPECT_FALSE(line.level);
}

TEST_F(RtcPl031Test, ANewMatchDoesNotUndoOneThatPassed) {
    out(RTCMR, start + 10);
    now += 11s;
    out(RTCMR, start + 100); // the first look since
    EXPECT_EQ(in(RTCRIS), 1U);
}

TEST_F(RtcPl031Test, MatchNowIsAMatchAndThePastIsNot) {
    out(RTCMR, start - 1);
    EXPECT_EQ(in(RTCRIS), 0U);
    now += 1000s;
    EXPECT_EQ(in(RTCRIS), 0U);
    out(RTCMR, start + 1000);
    EXPECT_EQ(in(RTCRIS), 1U);
    out(RTCICR, 1);
    EXPECT_EQ(in(RTCRIS), 0U) << "cleared in the very second of the match";
    out(RTCIMSC, 1);
    EXPECT_EQ(rtc.next_match(), std::nullopt);
}

TEST_F(RtcPl031Test, LoadingTheMatchedValueMatches) {
    out(RTCMR, 500);
    out(RTCLR, 500);
    EXPECT_EQ(in(RTCRIS), 1U);
    out(RTCICR, 1);
    out(RTCLR, 499);
    EXPECT_EQ(in(RTCRIS), 0U) << "jumping back passes nothing";
    now += 1s;
    EXPECT_EQ(in(RTCRIS), 1U);
    out(RTCICR, 1);
    out(RTCLR, 100);
    out(RTCLR, 900);
    EXPECT_EQ(in(RTCRIS), 0U) << "nor does jumping over it";
}

TEST_F(RtcPl031Test, MatchAcrossTheWrap) {
    out(RTCLR, 0xffff'fffe);
    out(RTCMR, 1);
    out(RTCIMSC, 1);
    EXPECT_EQ(rtc.next_match(), 2750ms);
    now += 2750ms;
    rtc.check_match();
    EXPECT_TRUE(line.level);
}

TEST_F(RtcPl031Test, AHostClockSetBackDoesNotMatch) {
    out(RTCMR, start + 10);
    now -= 3600s;
    EXPECT_EQ(in(RTCRIS), 0U);
    EXPECT_EQ(in(RTCDR), start - 3600);
    now += 3610s;
    EXPECT_EQ(in(RTCRIS), 1U);
}

TEST_F(RtcPl031Test, MaskedThereIsNothingToWaitFor) {
    out(RTCMR, start + 10);
    EXPECT_EQ(rtc.next_match(), std::nullopt);
    out(RTCIMSC, 1);
    EXPECT_NE(rtc.next_match(), std::nullopt);
}

TEST_F(RtcPl031Test, TheListenerHearsOfWhatMovesTheMatch) {
    unsigned expected = 0;
    for (const std::uint64_t offset : {RTCMR, RTCLR, RTCIMSC, RTCICR}) {
        out(offset, 1);
        EXPECT_EQ(listener.changes, ++expected) << offset;
    }
    for (const std::uint64_t offset : {RTCDR, RTCCR, RTCRIS, RTCMIS})
        out(offset, 1);
    std::ignore = in(RTCDR);
    EXPECT_EQ(listener.changes, expected);
}

TEST_F(RtcPl031Test, ResetDropsTheInterrupt) {
    out(RTCMR, start);
    out(RTCIMSC, 1);
    out(RTCLR, 7);
    EXPECT_TRUE(line.level);
    rtc.reset();
    EXPECT_FALSE(line.level);
    EXPECT_EQ(in(RTCDR), start);
}

} // namespace
} // namespace devices::test

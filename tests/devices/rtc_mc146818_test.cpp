// SPDX-License-Identifier: Apache-2.0
// MC146818A, on a clock that a test moves. Motorola MC146818A data sheet.

#include "devices/rtc_mc146818.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace devices::test {
namespace {

using namespace std::chrono_literals;
using namespace std::chrono;

constexpr unsigned A = 0x0a, B = 0x0b, C = 0x0c, D = 0x0d, century = 0x32;
constexpr unsigned B_24 = 0x02, B_DM = 0x04, B_UIE = 0x10, B_SET = 0x80;
constexpr std::array time_registers{0x00U, 0x02U, 0x04U, 0x07U, 0x08U, 0x09U, century};

class RtcMc146818Test : public ::testing::Test {
protected:
    unsigned in(unsigned index) {
        rtc.write(0, virt::Width::b1, index);
        return static_cast<unsigned>(rtc.read(1, virt::Width::b1));
    }
    void out(unsigned index, unsigned value) {
        rtc.write(0, virt::Width::b1, index);
        rtc.write(1, virt::Width::b1, value);
    }
    using Reading = std::array<unsigned, time_registers.size()>; // s, m, h, day, month, year, century
    Reading reading() {
        Reading values{};
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = in(time_registers[i]);
        return values;
    }

    // A Tuesday.
    system_clock::time_point now = sys_days(2024y / December / 31) + 23h + 58min + 57s + 999ms;
    RtcMc146818 rtc{[this] { return now; }};
};

TEST_F(RtcMc146818Test, StartsWithTheHostsTimeInBCD) {
    EXPECT_EQ(reading(), (Reading{0x57, 0x58, 0x23, 0x31, 0x12, 0x24, 0x20}));
    EXPECT_EQ(in(0x06), 3U);
    EXPECT_EQ(in(A), 0x26U);
    EXPECT_EQ(in(B), B_24);
    EXPECT_EQ(in(C), 0U);
    EXPECT_EQ(in(D), 0x80U);
}

TEST_F(RtcMc146818Test, FollowsTheHost) {
    now += 1ms;
    EXPECT_EQ(in(0x00), 0x58U);
    now += 62s;
    EXPECT_EQ(reading(), (Reading{0x00, 0x00, 0x00, 0x01, 0x01, 0x25, 0x20}));
    EXPECT_EQ(in(0x06), 4U);
    now -= 1s;
    EXPECT_EQ(reading(), (Reading{0x59, 0x59, 0x23, 0x31, 0x12, 0x24, 0x20}));
}

TEST_F(RtcMc146818Test, BinaryByDM) {
    out(B, B_24 | B_DM);
    EXPECT_EQ(reading(), (Reading{57, 58, 23, 31, 12, 24, 20}));
    out(0x02, 30);
    EXPECT_EQ(in(0x02), 30U);
    out(B, B_24);
    EXPECT_EQ(in(0x02), 0x30U);
}

TEST_F(RtcMc146818Test, TwelveHours) {
    struct {
        unsigned hour, bcd, binary;
    } const rows[] = {{0, 0x12, 12},    {1, 0x01, 1},     {11, 0x11, 11},
                      {12, 0x92, 0x8c}, {13, 0x81, 0x81}, {23, 0x91, 0x8b}};
    for (const auto& row : rows) {
        now = sys_days(2024y / March / 1) + hours(row.hour);
        out(B, 0);
        EXPECT_EQ(in(0x04), row.bcd) << row.hour;
        out(B, B_DM);
        EXPECT_EQ(in(0x04), row.binary) << row.hour;

        out(B, B_24 | B_DM);
        out(0x04, 5);
        out(B, 0);
        out(0x04, row.bcd);
        out(B, B_24 | B_DM);
        EXPECT_EQ(in(0x04), row.hour);
        out(0x04, 5);
        out(B, B_DM);
        out(0x04, row.binary);
        out(B, B_24 | B_DM);
        EXPECT_EQ(in(0x04), row.hour);
    }
}

TEST_F(RtcMc146818Test, SETStopsTheClockAndStartsItFromWhatItReads) {
    out(B, B_24 | B_SET);
    const Reading frozen = reading();
    now += 1000s;
    EXPECT_EQ(reading(), frozen);
    const Reading set{0x01, 0x02, 0x03, 0x29, 0x02, 0x00, 0x20};
    for (std::size_t i = 0; i < set.size(); ++i) {
        out(time_registers[i], set[i]);
        now += 1s;
    }
    EXPECT_EQ(reading(), set);
    out(B, B_24);
    EXPECT_EQ(reading(), set);
    now += 1s;
    EXPECT_EQ(in(0x00), 0x02U);
    now += 24h;
    EXPECT_EQ(reading(), (Reading{0x02, 0x02, 0x03, 0x01, 0x03, 0x00, 0x20}));
}

// EDK2's RtcSetTime writes register B without SET, then each register: 31 February on the way to 31 March.
TEST_F(RtcMc146818Test, DateSetFieldByFieldWithoutSET) {
    now = sys_days(2024y / February / 10) + 12h;
    const Reading set{0x30, 0x45, 0x06, 0x31, 0x03, 0x26, 0x20};
    for (std::size_t i = 0; i < set.size(); ++i)
        out(time_registers[i], set[i]);
    EXPECT_EQ(reading(), set);
    now += 1s;
    EXPECT_EQ(reading(), (Reading{0x31, 0x45, 0x06, 0x31, 0x03, 0x26, 0x20}));
}

TEST_F(RtcMc146818Test, DatesThatDoNotExistCarry) {
    out(0x07, 0x30);
    out(0x08, 0x02);
    out(0x09, 0x23);
    now += 1s;
    EXPECT_EQ(in(0x07), 0x02U);
    EXPECT_EQ(in(0x08), 0x03U);
}

TEST_F(RtcMc146818Test, NoTimeRegisterValueIsTooStrange) {
    for (const unsigned format : {0U, B_24, B_DM, B_DM | B_24})
        for (const unsigned value : {0x00U, 0x0fU, 0x99U, 0xf0U, 0xffU}) {
            out(B, format);
            for (const unsigned index : time_registers)
                out(index, value);
            for (int i = 0; i < 3; ++i) {
                for (unsigned index = 0; index < 128; ++index)
                    EXPECT_LE(in(index), 0xffU);
                now += 400 * 24h;
            }
            now -= 1200 * 24h; // and backwards, across year 0
            EXPECT_LE(in(0x09), 0xffU);
        }
}

TEST_F(RtcMc146818Test, CTellsOfUpdateCyclesOnce) {
    EXPECT_EQ(in(C), 0U);
    now += 1s;
    EXPECT_EQ(in(C), 0x10U);
    EXPECT_EQ(in(C), 0U);
    out(B, B_24 | B_UIE);
    now += 5s;
    EXPECT_EQ(in(C), 0x90U);
    out(B, B_24 | B_UIE | B_SET);
    EXPECT_EQ(in(B), B_24 | B_SET) << "SET clears UIE";
    now += 1s;
    EXPECT_EQ(in(C), 0U);
}

TEST_F(RtcMc146818Test, EveryByteOfRAMIsKept) {
    const auto is_ram = [](unsigned index) {
        for (const unsigned time : time_registers)
            if (index == time)
                return false;
        return index != 0x06 && (index < A || index > D);
    };
    for (unsigned index = 0; index < 128; ++index)
        if (is_ram(index))
            out(index, index ^ 0xa5);
    unsigned bytes = 0;
    for (unsigned index = 0; index < 128; ++index)
        if (is_ram(index)) {
            EXPECT_EQ(in(index), index ^ 0xa5) << index;
            ++bytes;
        }
    EXPECT_EQ(bytes, 128U - 8 - 4);
}

TEST_F(RtcMc146818Test, ReadOnlyBits) {
    out(A, 0xff);
    EXPECT_EQ(in(A), 0x7fU) << "UIP";
    out(C, 0xff);
    EXPECT_EQ(in(C), 0U);
    out(D, 0);
    EXPECT_EQ(in(D), 0x80U);
    out(0x06, 7);
    EXPECT_EQ(in(0x06), 3U);
}

TEST_F(RtcMc146818Test, IndexIsWriteOnlyAndSevenBits) {
    out(0x40, 0x12);
    EXPECT_EQ(in(0x40 | 0x80), 0x12U);
    EXPECT_EQ(rtc.read(0, virt::Width::b1), 0U);
}

TEST_F(RtcMc146818Test, EveryWidthReachesOneByte) {
    for (const virt::Width width : {virt::Width::b1, virt::Width::b2, virt::Width::b4, virt::Width::b8}) {
        rtc.write(0, width, 0xffff'ffff'ffff'ff41U & virt::mask_of(width));
        rtc.write(1, width, 0xffff'ffff'ffff'ff5aU & virt::mask_of(width));
        EXPECT_EQ(rtc.read(1, width), 0x5aU);
        EXPECT_EQ(rtc.read(0, width), 0U);
        for (std::uint64_t offset = 2; offset < 10; ++offset) {
            rtc.write(offset, width, 0);
            EXPECT_EQ(rtc.read(offset, width), 0U);
        }
        EXPECT_EQ(in(0x41), 0x5aU);
    }
}

} // namespace
} // namespace devices::test

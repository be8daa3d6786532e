// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/cpu/bit_string.hpp"

#include <gtest/gtest.h>

namespace arm64::cpu {
namespace {

TEST(BitString, FixedBitsAreMaskAndValue) {
    constexpr auto encoding = encoding_of<"1 00 100010 s iiiiiiiiiiii nnnnn ddddd">;
    EXPECT_EQ(encoding.mask, 0xFF80'0000);
    EXPECT_EQ(encoding.value, 0x9100'0000);
    EXPECT_TRUE(encoding.matches(0x9140'0420));
    EXPECT_FALSE(encoding.matches(0x1140'0420));
}

TEST(BitString, FieldsAreInTheOrderInWhichTheyBegin) {
    constexpr auto encoding = encoding_of<"1 00 100010 s iiiiiiiiiiii nnnnn ddddd">;
    ASSERT_EQ(encoding.field_count, 4U);
    EXPECT_EQ(encoding.fields[0].letter, 's');
    EXPECT_EQ(encoding.fields[1].width, 12U);
    EXPECT_EQ((field<"1 00 100010 s iiiiiiiiiiii nnnnn ddddd", 1>(0x9140'0420)), 1U);
    EXPECT_EQ((field<"1 00 100010 s iiiiiiiiiiii nnnnn ddddd", 3>(0x9140'043F)), 31U);
}

TEST(BitString, TheBitsOfOneLetterAreOneFieldWhereverTheyStand) {
    // ADR's immediate if both of its parts had one letter
    EXPECT_EQ((field<"0 ii 10000 iiiiiiiiiiiiiiiiiii ddddd", 0>(0x7080'0000)), 3U << 19 | 1U << 18);
}

TEST(BitString, IgnoredBitsAreNeitherFixedNorFields) {
    constexpr auto encoding = encoding_of<"1 00 11011 U10 mmmmm 0 ----- nnnnn ddddd">;
    EXPECT_EQ(encoding.mask & 0x7C00U, 0U);
    EXPECT_EQ(encoding.field_count, 4U);
}

} // namespace
} // namespace arm64::cpu

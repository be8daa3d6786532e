// SPDX-License-Identifier: Apache-2.0
// What goes wrong first: the least integer, mixed signs, which half, reserved sizes. The rest is the differential
// test's.
#include "tests/arch-arm64/cpu/a64/simd_bench.hpp"

namespace arm64::cpu {
namespace {

using test::B, test::H, test::S, test::D;

class SimdTwoRegister : public test::SimdTest {};

TEST_F(SimdTwoRegister, TheNegativeOfTheLeastWrapsOrSaturates) {
    put(1, B{0x80, 0x81, 0x7F, 0, 0, 0, 0, 0});
    execute(0x0E20'B820); // abs v0.8b, v1.8b
    EXPECT_EQ(get<D>(0), (D{0x007F'7F80, 0}));
    execute(0x2E20'B820); // neg v0.8b, v1.8b
    EXPECT_EQ(get<D>(0), (D{0x0081'7F80, 0}));
    EXPECT_FALSE(saturated());
    execute(0x0E20'7820); // sqabs v0.8b, v1.8b
    EXPECT_EQ(get<D>(0), (D{0x007F'7F7F, 0}));
    EXPECT_TRUE(saturated());
    execute(0x2E20'7820); // sqneg v0.8b, v1.8b
    EXPECT_EQ(get<D>(0), (D{0x0081'7F7F, 0}));
    EXPECT_TRUE(saturated());
    put(1, D{0x8000'0000'0000'0000});
    execute(0x7EE0'7820); // sqneg d0, d1
    EXPECT_EQ(get<D>(0), (D{0x7FFF'FFFF'FFFF'FFFF, 0}));
    EXPECT_TRUE(saturated());
    execute(0x5E20'7820); // sqabs b0, b1: what is above is not looked at
    EXPECT_EQ(get<D>(0), (D{0, 0}));
    EXPECT_FALSE(saturated());
}

TEST_F(SimdTwoRegister, AccumulationOfTheOtherSign) {
    put(0, B{0x7F, 0x80, 0xFF, 0x00, 0, 0, 0, 0}); // signed
    put(1, B{0xFF, 0xFF, 0x01, 0x80, 0, 0, 0, 0}); // unsigned
    execute(0x0E20'3820); // suqadd v0.8b, v1.8b
    EXPECT_EQ(get<D>(0), (D{0x7F00'7F7F, 0}));
    EXPECT_TRUE(saturated());
    put(0, B{0x01, 0xFF, 0x80, 0x05, 0, 0, 0, 0}); // unsigned
    put(1, B{0xFE, 0x01, 0x80, 0xFF, 0, 0, 0, 0}); // signed
    execute(0x2E20'3820); // usqadd v0.8b, v1.8b
    EXPECT_EQ(get<D>(0), (D{0x0400'FF00, 0}));
    EXPECT_TRUE(saturated());
    put(0, D{0x8000'0000'0000'0000});
    put(1, D{~std::uint64_t{0}});
    execute(0x5EE0'3820); // suqadd d0, d1
    EXPECT_EQ(get<D>(0), (D{0x7FFF'FFFF'FFFF'FFFF, 0}));
    EXPECT_FALSE(saturated());
    put(0, B{5, 0xFF});
    put(1, B{1, 0xFF});
    execute(0x7E20'3820); // usqadd b0, b1
    EXPECT_EQ(get<D>(0), (D{6, 0}));
    EXPECT_FALSE(saturated());
}

TEST_F(SimdTwoRegister, CountsOfBits) {
    put(1, H{0, 0xFFFF, 1, 0x8000, 0x7FFF, 0x0100, 0xFFFE, 0xC000});
    execute(0x6E60'4820); // clz v0.8h, v1.8h
    EXPECT_EQ(get<H>(0), (H{16, 0, 15, 0, 1, 7, 0, 0}));
    execute(0x4E60'4820); // cls v0.8h, v1.8h
    EXPECT_EQ(get<H>(0), (H{15, 15, 14, 0, 0, 6, 14, 1}));
    execute(0x0E20'5820); // cnt v0.8b, v1.8b
    EXPECT_EQ(get<B>(0), (B{0, 0, 8, 8, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}));
    put(1, B{0x01, 0x80, 0x1E, 0xF0, 0, 0, 0, 0});
    execute(0x2E60'5820); // rbit v0.8b, v1.8b
    EXPECT_EQ(get<D>(0), (D{0x0F78'0180, 0}));
    execute(0x2E20'5820); // mvn v0.8b, v1.8b
    EXPECT_EQ(get<D>(0), (D{0xFFFF'FFFF'0FE1'7FFE, 0}));
}

TEST_F(SimdTwoRegister, ReversalWithinContainers) {
    put(1, D{0x0706'0504'0302'0100, 0x0F0E'0D0C'0B0A'0908});
    execute(0x4E20'0820); // rev64 v0.16b, v1.16b
    EXPECT_EQ(get<D>(0), (D{0x0001'0203'0405'0607, 0x0809'0A0B'0C0D'0E0F}));
    execute(0x4E60'0820); // rev64 v0.8h, v1.8h
    EXPECT_EQ(get<D>(0), (D{0x0100'0302'0504'0706, 0x0908'0B0A'0D0C'0F0E}));
    execute(0x0EA0'0820); // rev64 v0.2s, v1.2s
    EXPECT_EQ(get<D>(0), (D{0x0302'0100'0706'0504, 0}));
    execute(0x2E20'0820); // rev32 v0.8b, v1.8b
    EXPECT_EQ(get<D>(0), (D{0x0405'0607'0001'0203, 0}));
    execute(0x6E60'0820); // rev32 v0.8h, v1.8h
    EXPECT_EQ(get<D>(0), (D{0x0504'0706'0100'0302, 0x0D0C'0F0E'0908'0B0A}));
    execute(0x0E20'1820); // rev16 v0.8b, v1.8b
    EXPECT_EQ(get<D>(0), (D{0x0607'0405'0203'0001, 0}));
}

TEST_F(SimdTwoRegister, NarrowingTruncatesOrSaturatesAndKeepsTheOtherHalfOrMakesItZero) {
    put(1, H{0x0080, 0x7FFF, 0x8000, 0xFF7F, 0xFF80, 0x00FF, 0x0100, 0xFFFF});
    execute(0x0E21'2820); // xtn v0.8b, v1.8h
    EXPECT_EQ(get<D>(0), (D{0xFF00'FF80'7F00'FF80, 0}));
    execute(0x4E21'4820); // sqxtn2 v0.16b, v1.8h
    EXPECT_EQ(get<D>(0), (D{0xFF00'FF80'7F00'FF80, 0xFF7F'7F80'8080'7F7F}));
    EXPECT_TRUE(saturated());
    execute(0x2E21'2820); // sqxtun v0.8b, v1.8h
    EXPECT_EQ(get<D>(0), (D{0x00FF'FF00'0000'FF80, 0}));
    EXPECT_TRUE(saturated());
    execute(0x2E21'4820); // uqxtn v0.8b, v1.8h
    EXPECT_EQ(get<D>(0), (D{0xFFFF'FFFF'FFFF'FF80, 0}));
    EXPECT_TRUE(saturated());
    execute(0x7E21'4820); // uqxtn b0, h1
    EXPECT_EQ(get<D>(0), (D{0x80, 0}));
    EXPECT_FALSE(saturated());
    put(1, D{0xFFFF'FFFF'8000'0000});
    execute(0x5EA1'4820); // sqxtn s0, d1
    EXPECT_EQ(get<D>(0), (D{0x8000'0000, 0}));
    EXPECT_FALSE(saturated());
    execute(0x7EA1'2820); // sqxtun s0, d1
    EXPECT_EQ(get<D>(0), (D{0, 0}));
    EXPECT_TRUE(saturated());
}

TEST_F(SimdTwoRegister, WideningByTheWidthAndSumsOfPairs) {
    put(1, B{0x80, 0x80, 0xFF, 0x01, 0x7F, 0x7F, 0, 1, 0x81, 0xFF, 0, 0, 0, 0, 0, 0xFF});
    execute(0x2E21'3820); // shll v0.8h, v1.8b, #8
    EXPECT_EQ(get<H>(0), (H{0x8000, 0x8000, 0xFF00, 0x0100, 0x7F00, 0x7F00, 0, 0x0100}));
    execute(0x6E21'3820); // shll2 v0.8h, v1.16b, #8
    EXPECT_EQ(get<H>(0), (H{0x8100, 0xFF00, 0, 0, 0, 0, 0, 0xFF00}));
    execute(0x0E20'2820); // saddlp v0.4h, v1.8b
    EXPECT_EQ(get<H>(0), (H{0xFF00, 0, 0xFE, 1, 0, 0, 0, 0}));
    execute(0x2E20'2820); // uaddlp v0.4h, v1.8b
    EXPECT_EQ(get<H>(0), (H{0x100, 0x100, 0xFE, 1, 0, 0, 0, 0}));
    put(0, H{0xFFFF, 0xFF00, 0, 0, 7, 7, 7, 7});
    execute(0x2E20'6820); // uadalp v0.4h, v1.8b
    EXPECT_EQ(get<H>(0), (H{0xFF, 0, 0xFE, 1, 0, 0, 0, 0}));
}

TEST_F(SimdTwoRegister, ComparisonsWithZeroAreSigned) {
    put(1, S{0x8000'0000, 0, 1, 0xFFFF'FFFF});
    execute(0x4EA0'8820); // cmgt v0.4s, v1.4s, #0
    EXPECT_EQ(get<S>(0), (S{0, 0, ~0U, 0}));
    execute(0x6EA0'8820); // cmge v0.4s, v1.4s, #0
    EXPECT_EQ(get<S>(0), (S{0, ~0U, ~0U, 0}));
    execute(0x6EA0'9820); // cmle v0.4s, v1.4s, #0
    EXPECT_EQ(get<S>(0), (S{~0U, ~0U, 0, ~0U}));
    execute(0x4EA0'A820); // cmlt v0.4s, v1.4s, #0
    EXPECT_EQ(get<S>(0), (S{~0U, 0, 0, ~0U}));
    execute(0x0EA0'9820); // cmeq v0.2s, v1.2s, #0
    EXPECT_EQ(get<S>(0), (S{0, ~0U, 0, 0}));
}

TEST_F(SimdTwoRegister, ReservedSizesAreUNDEFINED) {
    constexpr std::uint32_t size = 1U << 22, q = 1U << 30;
    EXPECT_TRUE(is_undefined(0x0E20'B820 | 3 * size)); // abs v0.8b, v1.8b
    EXPECT_FALSE(is_undefined(0x4E20'B820 | 3 * size)); // abs v0.16b, v1.16b
    for (const auto word : {
             0x0E20'0820 | 3 * size, // rev64 v0.8b, v1.8b
             0x2E20'0820 | 2 * size, // rev32 v0.8b, v1.8b
             0x0E20'1820 | 1 * size, // rev16 v0.8b, v1.8b
             0x0E20'5820 | 1 * size, // cnt v0.8b, v1.8b
             0x2E20'5820 | 2 * size, // mvn v0.8b, v1.8b
             0x2E20'4820 | 3 * size, // clz v0.8b, v1.8b
             0x0E20'2820 | 3 * size, // saddlp v0.4h, v1.8b
             0x0E21'2820 | 3 * size, // xtn v0.8b, v1.8h
             0x2E21'3820 | 3 * size, // shll v0.8h, v1.8b, #8
         }) {
        EXPECT_TRUE(is_undefined(word)) << std::hex << word;
        EXPECT_TRUE(is_undefined(word | q)) << std::hex << word;
    }
    EXPECT_TRUE(is_undefined(0x5EE0'8820 & ~size)); // cmgt d0, d1, #0
    EXPECT_TRUE(is_undefined(0x5EA1'4820 | 3 * size)); // sqxtn s0, d1
}

} // namespace
} // namespace arm64::cpu

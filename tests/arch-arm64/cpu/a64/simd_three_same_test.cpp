// SPDX-License-Identifier: Apache-2.0
// What goes wrong first: counts that are negative or too big, saturation of what is not kept, reserved sizes. The rest
// is the differential test's.
#include "tests/arch-arm64/cpu/a64/simd_bench.hpp"

namespace arm64::cpu {
namespace {

using test::B, test::H, test::S, test::D;

class SimdThreeSame : public test::SimdTest {};

TEST_F(SimdThreeSame, WhatIsAboveA64BitVectorAndAScalarBecomesZero) {
    put(1, D{1, 2});
    put(2, D{10, 20});
    execute(0x0EA2'8420); // add v0.2s, v1.2s, v2.2s
    EXPECT_EQ(get<D>(0), (D{11, 0}));
    execute(0x4EE2'8420); // add v0.2d, v1.2d, v2.2d
    EXPECT_EQ(get<D>(0), (D{11, 22}));
    execute(0x7EE2'8420); // sub d0, d1, d2
    EXPECT_EQ(get<D>(0), (D{-std::uint64_t{9}, 0}));
    put(1, B{1});
    put(2, B{2});
    execute(0x7E22'0C20); // uqadd b0, b1, b2
    EXPECT_EQ(get<D>(0), (D{3, 0}));
    execute(0x0EA1'1C20); // mov v0.8b, v1.8b
    EXPECT_EQ(get<D>(0), (D{1, 0}));
    execute(0x4EA1'1C20); // mov v0.16b, v1.16b
    EXPECT_EQ(get<D>(0), (D{1, 2}));
}

TEST_F(SimdThreeSame, SaturationAtEachWidth) {
    put(1, B{0x7F, 0x80, 0xFF, 0x01, 0, 0, 0, 0});
    put(2, B{0x01, 0xFF, 0x01, 0x7E, 0, 0, 0, 0});
    execute(0x0E22'0C20); // sqadd v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<S>(0), (S{0x7F00'807F, 0, 0, 0}));
    EXPECT_TRUE(saturated());
    execute(0x2E22'0C20); // uqadd v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<S>(0), (S{0x7FFF'FF80, 0, 0, 0}));
    EXPECT_TRUE(saturated());
    execute(0x0E22'2C20); // sqsub v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<S>(0), (S{0x83FE'817E, 0, 0, 0}));
    EXPECT_FALSE(saturated());
    execute(0x2E22'2C20); // uqsub v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<S>(0), (S{0x00FE'007E, 0, 0, 0}));
    EXPECT_TRUE(saturated());

    constexpr std::uint64_t most = 0x7FFF'FFFF'FFFF'FFFF, least = most + 1;
    put(1, D{most, least});
    put(2, D{1, ~std::uint64_t{0}});
    execute(0x4EE2'0C20); // sqadd v0.2d, v1.2d, v2.2d
    EXPECT_EQ(get<D>(0), (D{most, least}));
    EXPECT_TRUE(saturated());
    execute(0x6EE2'0C20); // uqadd v0.2d, v1.2d, v2.2d
    EXPECT_EQ(get<D>(0), (D{least, ~std::uint64_t{0}}));
    EXPECT_TRUE(saturated());
    execute(0x7EE1'2C40); // uqsub d0, d2, d1
    EXPECT_EQ(get<D>(0), (D{0, 0}));
    EXPECT_TRUE(saturated());
}

TEST_F(SimdThreeSame, QCIsCumulative) {
    put(1, B{100});
    put(2, B{100});
    execute(0x5E22'0C20); // sqadd b0, b1, b2
    execute(0x7E22'0C20); // uqadd b0, b1, b2
    EXPECT_EQ(get<S>(0), (S{200, 0, 0, 0}));
    EXPECT_TRUE(saturated());
}

TEST_F(SimdThreeSame, WhatIsNotKeptDoesNotSaturate) {
    // All above is -1 and the least: their sums and products would.
    cpu.v[1].d = cpu.v[2].d = {0x8080'8080'8080'8000, 0x8080'8080'8080'8080};
    execute(0x5E22'0C20); // sqadd b0, b1, b2
    EXPECT_FALSE(saturated());
    EXPECT_EQ(get<D>(0), (D{0, 0}));
    execute(0x5E62'0C20); // sqadd h0, h1, h2
    EXPECT_TRUE(saturated());
    cpu.v[1].d = cpu.v[2].d = {0, 0x8000'8000'8000'8000};
    execute(0x0E62'B420); // sqdmulh v0.4h, v1.4h, v2.4h
    EXPECT_FALSE(saturated());
    execute(0x2E22'0C20); // uqadd v0.8b, v1.8b, v2.8b
    EXPECT_FALSE(saturated());
    execute(0x4E62'B420); // sqdmulh v0.8h, v1.8h, v2.8h
    EXPECT_TRUE(saturated());
}

TEST_F(SimdThreeSame, OnlyTheLowestByteOfACountCountsAndItIsSigned) {
    put(1, S{0x8000'0001, 0x8000'0001, 0x8000'0001, 0x8000'0001});
    put(2, S{0x0000'0101, 0xFFFF'FF1F, 0x0000'01FF, 0xFFFF'FF20});
    execute(0x4EA2'4420); // sshl v0.4s, v1.4s, v2.4s
    EXPECT_EQ(get<S>(0), (S{2, 0x8000'0000, 0xC000'0000, 0}));
    execute(0x6EA2'4420); // ushl v0.4s, v1.4s, v2.4s
    EXPECT_EQ(get<S>(0), (S{2, 0x8000'0000, 0x4000'0000, 0}));
}

TEST_F(SimdThreeSame, CountsOfTheWidthAndMore) {
    put(1, B{0x80, 0x80, 0x80, 0x80, 0x7F, 0x7F, 0x80, 0x80});
    put(2, B{8, 127, 0xF8, 0x80, 0xF8, 0x80, 0xF9, 0xF7}); // 8, 127, -8, -128, -8, -128, -7, -9
    execute(0x0E22'4420); // sshl v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<D>(0), (D{0xFFFF'0000'FFFF'0000, 0}));
    execute(0x2E22'4420); // ushl v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<D>(0), (D{0x0001'0000'0000'0000, 0}));
    execute(0x0E22'5420); // srshl v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<D>(0), (D{0x00FF'0000'0000'0000, 0}));
    execute(0x2E22'5420); // urshl v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<D>(0), (D{0x0001'0000'0001'0000, 0}));
    EXPECT_FALSE(saturated());
}

TEST_F(SimdThreeSame, RoundingDoesNotOverflow) {
    put(1, D{~std::uint64_t{0}, 0x7FFF'FFFF'FFFF'FFFF});
    put(2, D{0xC0, 0xC0}); // -64
    execute(0x6EE2'5420); // urshl v0.2d, v1.2d, v2.2d
    EXPECT_EQ(get<D>(0), (D{1, 0}));
    put(2, D{0xFF, 0xFF}); // -1
    execute(0x6EE2'5420); // urshl v0.2d, v1.2d, v2.2d
    EXPECT_EQ(get<D>(0), (D{0x8000'0000'0000'0000, 0x4000'0000'0000'0000}));
    execute(0x4EE2'5420); // srshl v0.2d, v1.2d, v2.2d
    EXPECT_EQ(get<D>(0), (D{0, 0x4000'0000'0000'0000}));
    put(2, D{0xBF, 0xBF}); // -65
    execute(0x4EE2'5420); // srshl v0.2d, v1.2d, v2.2d
    EXPECT_EQ(get<D>(0), (D{0, 0}));
    put(1, B{0xFF, 0xFF});
    put(2, B{0xFF, 0xF8});
    execute(0x0E21'1420); // srhadd v0.8b, v1.8b, v1.8b
    EXPECT_EQ(get<H>(0)[0], 0xFFFF);
    execute(0x2E21'1420); // urhadd v0.8b, v1.8b, v1.8b
    EXPECT_EQ(get<H>(0)[0], 0xFFFF);
}

TEST_F(SimdThreeSame, ASaturatingShiftOfZeroAndOfWhatJustFitsDoesNotSaturate) {
    put(1, B{0, 0xFF, 1, 0, 0, 0, 0, 0});
    put(2, B{127, 7, 6, 0, 0, 0, 0, 0});
    execute(0x0E22'4C20); // sqshl v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<D>(0), (D{0x0040'8000, 0}));
    EXPECT_FALSE(saturated());
    put(2, B{127, 8, 7, 0, 0, 0, 0, 0});
    execute(0x0E22'4C20); // sqshl v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<D>(0), (D{0x007F'8000, 0}));
    EXPECT_TRUE(saturated());
    put(1, D{1, 1});
    put(2, D{63, 64});
    execute(0x7EE2'4C20); // uqshl d0, d1, d2
    EXPECT_EQ(get<D>(0), (D{0x8000'0000'0000'0000, 0}));
    EXPECT_FALSE(saturated());
    execute(0x6EE2'5C20); // uqrshl v0.2d, v1.2d, v2.2d
    EXPECT_EQ(get<D>(0), (D{0x8000'0000'0000'0000, ~std::uint64_t{0}}));
    EXPECT_TRUE(saturated());
    execute(0x4EE2'5C20); // sqrshl v0.2d, v1.2d, v2.2d
    EXPECT_EQ(get<D>(0), (D{0x7FFF'FFFF'FFFF'FFFF, 0x7FFF'FFFF'FFFF'FFFF}));
    EXPECT_TRUE(saturated());
}

TEST_F(SimdThreeSame, SQDMULHOfTheLeastSaturates) {
    put(1, H{0x8000, 0x8000, 0x7FFF, 0x4000});
    put(2, H{0x8000, 0x7FFF, 0x7FFF, 0x0001});
    execute(0x0E62'B420); // sqdmulh v0.4h, v1.4h, v2.4h
    EXPECT_EQ(get<H>(0), (H{0x7FFF, 0x8001, 0x7FFE, 0x0000, 0, 0, 0, 0}));
    EXPECT_TRUE(saturated());
    execute(0x2E62'B420); // sqrdmulh v0.4h, v1.4h, v2.4h
    EXPECT_EQ(get<H>(0), (H{0x7FFF, 0x8001, 0x7FFE, 0x0001, 0, 0, 0, 0}));
    EXPECT_TRUE(saturated());
    put(1, S{0x8000'0000, 0x7FFF'FFFF});
    execute(0x5EA1'B420); // sqdmulh s0, s1, s1
    EXPECT_EQ(get<S>(0), (S{0x7FFF'FFFF, 0, 0, 0}));
    EXPECT_TRUE(saturated());
}

TEST_F(SimdThreeSame, DifferencesAndHalvesOfExtremes) {
    put(1, B{0x80, 0x7F, 0xFF, 0x00, 0, 0, 0, 0});
    put(2, B{0x7F, 0x80, 0x00, 0xFF, 0, 0, 0, 0});
    execute(0x0E22'7420); // sabd v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<D>(0), (D{0x0101'FFFF, 0}));
    execute(0x2E22'7420); // uabd v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<D>(0), (D{0xFFFF'0101, 0}));
    execute(0x2E22'7C20); // uaba v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<D>(0), (D{0xFEFE'0202, 0}));
    execute(0x0E22'2420); // shsub v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<D>(0), (D{0x00FF'7F80, 0}));
    execute(0x2E22'2420); // uhsub v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<D>(0), (D{0x807F'FF00, 0}));
    execute(0x2E22'0420); // uhadd v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<D>(0), (D{0x7F7F'7F7F, 0}));
}

TEST_F(SimdThreeSame, ProductsWrap) {
    put(1, H{0xFFFF, 0x8000, 0x0100, 3, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF});
    put(2, H{0xFFFF, 0x8000, 0x0100, 5, 0xFFFF, 2, 1, 0});
    execute(0x4E62'9C20); // mul v0.8h, v1.8h, v2.8h
    EXPECT_EQ(get<H>(0), (H{1, 0, 0, 15, 1, 0xFFFE, 0xFFFF, 0}));
    execute(0x6E62'9420); // mls v0.8h, v1.8h, v2.8h
    EXPECT_EQ(get<H>(0), (H{0, 0, 0, 0, 0, 0, 0, 0}));
    put(1, B{0xFF, 3});
    put(2, B{0xFF, 3});
    execute(0x2E22'9C20); // pmul v0.8b, v1.8b, v2.8b
    EXPECT_EQ(get<B>(0)[0], 0x55);
    EXPECT_EQ(get<B>(0)[1], 5);
}

TEST_F(SimdThreeSame, SelectionByTheDestinationAndByTheMask) {
    put(1, D{0xFFFF'0000, 1});
    put(2, D{0x00FF'00FF, 2});
    put(0, D{0x0F0F'0F0F, 0});
    execute(0x6E62'1C20); // bsl v0.16b, v1.16b, v2.16b
    EXPECT_EQ(get<D>(0), (D{0x0FFF'00F0, 2}));
    put(0, D{0x0F0F'0F0F, 4});
    execute(0x6EA2'1C20); // bit v0.16b, v1.16b, v2.16b
    EXPECT_EQ(get<D>(0), (D{0x0FFF'0F00, 4}));
    put(0, D{0x0F0F'0F0F, 4});
    execute(0x6EE2'1C20); // bif v0.16b, v1.16b, v2.16b
    EXPECT_EQ(get<D>(0), (D{0xFF0F'000F, 1}));
}

TEST_F(SimdThreeSame, PairsOf64BitVectorsAreOfTheLowerHalves) {
    put(1, H{1, 2, 3, 4, 50, 60, 70, 80});
    put(2, H{5, 6, 7, 8, 90, 90, 90, 90});
    execute(0x0E62'BC20); // addp v0.4h, v1.4h, v2.4h
    EXPECT_EQ(get<H>(0), (H{3, 7, 11, 15, 0, 0, 0, 0}));
    execute(0x4E62'BC21); // addp v1.8h, v1.8h, v2.8h
    EXPECT_EQ(get<H>(1), (H{3, 7, 110, 150, 11, 15, 180, 180}));
    put(1, H{0x8000, 1, 2, 0xFFFF});
    execute(0x0E61'A420); // smaxp v0.4h, v1.4h, v1.4h
    EXPECT_EQ(get<H>(0), (H{1, 2, 1, 2, 0, 0, 0, 0}));
    execute(0x2E61'AC20); // uminp v0.4h, v1.4h, v1.4h
    EXPECT_EQ(get<H>(0), (H{1, 2, 1, 2, 0, 0, 0, 0}));
}

TEST_F(SimdThreeSame, ComparisonsAreSignedOrNot) {
    put(1, S{0x8000'0000, 5, 0, 0xF0});
    put(2, S{0x7FFF'FFFF, 5, 0, 0x0F});
    execute(0x4EA2'3420); // cmgt v0.4s, v1.4s, v2.4s
    EXPECT_EQ(get<S>(0), (S{0, 0, 0, ~0U}));
    execute(0x6EA2'3420); // cmhi v0.4s, v1.4s, v2.4s
    EXPECT_EQ(get<S>(0), (S{~0U, 0, 0, ~0U}));
    execute(0x6EA2'3C20); // cmhs v0.4s, v1.4s, v2.4s
    EXPECT_EQ(get<S>(0), (S{~0U, ~0U, ~0U, ~0U}));
    execute(0x4EA2'8C20); // cmtst v0.4s, v1.4s, v2.4s
    EXPECT_EQ(get<S>(0), (S{0, ~0U, 0, 0}));
    execute(0x7EE1'8C20); // cmeq d0, d1, d1
    EXPECT_EQ(get<D>(0), (D{~std::uint64_t{0}, 0}));
}

TEST_F(SimdThreeSame, ReservedSizesAreUNDEFINED) {
    constexpr std::uint32_t size = 1U << 22, q = 1U << 30;
    EXPECT_TRUE(is_undefined(0x0EA2'8420 | 3 * size)); // add v0.2s, v1.2s, v2.2s
    EXPECT_FALSE(is_undefined(0x0EA2'8420 | 3 * size | q)); // add v0.2s, v1.2s, v2.2s
    for (const auto word : {
             0x0E22'6420 | 3 * size, // smax v0.8b, v1.8b, v2.8b
             0x0E22'9420 | 3 * size, // mla v0.8b, v1.8b, v2.8b
             0x0E22'0420 | 3 * size, // shadd v0.8b, v1.8b, v2.8b
             0x0E22'7C20 | 3 * size, // saba v0.8b, v1.8b, v2.8b
             0x2E22'AC20 | 3 * size, // uminp v0.8b, v1.8b, v2.8b
             0x2E22'9C20 | 1 * size, // pmul v0.8b, v1.8b, v2.8b
             0x2E22'9C20 | 3 * size, // pmul v0.8b, v1.8b, v2.8b
             0x0E62'B420 & ~size, // sqdmulh v0.4h, v1.4h, v2.4h
             0x0E62'B420 | 3 * size, // sqdmulh v0.4h, v1.4h, v2.4h
         }) {
        EXPECT_TRUE(is_undefined(word)) << std::hex << word;
        EXPECT_TRUE(is_undefined(word | q)) << std::hex << word;
    }
    for (const auto word : {
             0x5EE2'8420 & ~size, // add d0, d1, d2
             0x5EE2'3420 & ~(2 * size), // cmgt d0, d1, d2
             0x5EE2'4420 & ~(3 * size), // sshl d0, d1, d2
             0x5E62'B420 & ~size, // sqdmulh h0, h1, h2
             0x5E62'B420 | 3 * size, // sqdmulh h0, h1, h2
         })
        EXPECT_TRUE(is_undefined(word)) << std::hex << word;
}

TEST_F(SimdThreeSame, UNDEFINEDComesBeforeTheTrap) {
    cpu.system.CPACR_EL1 = 0;
    cpu.registers_changed();
    EXPECT_EQ(bench.run({0x4EA2'8420}), synchronous); // add v0.4s, v1.4s, v2.4s
    EXPECT_EQ(cpu.system.ESR_EL1 >> 26, 7U); // access to SIMD or floating point
    EXPECT_TRUE(is_undefined(0x2E22'9C20 | 1U << 22)); // pmul v0.8b, v1.8b, v2.8b
}

} // namespace
} // namespace arm64::cpu

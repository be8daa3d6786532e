// SPDX-License-Identifier: Apache-2.0
// What goes wrong first: which half, two saturations in one, carries that are cut off, reserved sizes. The rest is the
// differential test's.
#include "tests/arch-arm64/cpu/a64/simd_bench.hpp"

namespace arm64::cpu {
namespace {

using test::B, test::H, test::S, test::D;

class SimdThreeDifferent : public test::SimdTest {};

TEST_F(SimdThreeDifferent, LongAndWideTakeTheLowerOrTheUpperHalf) {
    put(1, B{0xFF, 1, 2, 3, 4, 5, 6, 7, 0x80, 9, 10, 11, 12, 13, 14, 15});
    put(2, B{0x01, 1, 1, 1, 1, 1, 1, 1, 0x80, 2, 2, 2, 2, 2, 2, 2});
    execute(0x0E22'0020); // saddl v0.8h, v1.8b, v2.8b
    EXPECT_EQ(get<H>(0), (H{0, 2, 3, 4, 5, 6, 7, 8}));
    execute(0x2E22'0020); // uaddl v0.8h, v1.8b, v2.8b
    EXPECT_EQ(get<H>(0), (H{0x100, 2, 3, 4, 5, 6, 7, 8}));
    execute(0x4E22'0020); // saddl2 v0.8h, v1.16b, v2.16b
    EXPECT_EQ(get<H>(0), (H{0xFF00, 11, 12, 13, 14, 15, 16, 17}));
    put(0, H{0, 0, 0, 0, 0, 0, 0, 0xFFFF});
    execute(0x4E21'3000); // ssubw2 v0.8h, v0.8h, v1.16b
    EXPECT_EQ(get<H>(0), (H{0x80, 0xFFF7, 0xFFF6, 0xFFF5, 0xFFF4, 0xFFF3, 0xFFF2, 0xFFF0}));
    put(0, H{0, 0, 0, 0, 0, 0, 0, 0xFFFF});
    execute(0x2E21'1000); // uaddw v0.8h, v0.8h, v1.8b
    EXPECT_EQ(get<H>(0), (H{0xFF, 1, 2, 3, 4, 5, 6, 6}));
}

TEST_F(SimdThreeDifferent, NarrowingKeepsTheOtherHalfOrMakesItZero) {
    put(1, S{0x7FFF'8000, 0xFFFF'FFFF, 0x0001'7FFF, 0x1234'5678});
    put(2, S{0x0000'0000, 0x0000'0001, 0x0000'0000, 0x0000'8000});
    execute(0x0E62'4020); // addhn v0.4h, v1.4s, v2.4s
    EXPECT_EQ(get<H>(0), (H{0x7FFF, 0, 1, 0x1234, 0, 0, 0, 0}));
    execute(0x6E62'4020); // raddhn2 v0.8h, v1.4s, v2.4s
    EXPECT_EQ(get<H>(0), (H{0x7FFF, 0, 1, 0x1234, 0x8000, 0, 1, 0x1235}));
    execute(0x0E61'6040); // subhn v0.4h, v2.4s, v1.4s
    EXPECT_EQ(get<H>(0), (H{0x8000, 0, 0xFFFE, 0xEDCC, 0, 0, 0, 0}));
}

TEST_F(SimdThreeDifferent, DoublingProductsSaturateOnceOrTwice) {
    put(1, H{0x8000, 0x8000, 3, 0x7FFF});
    put(2, H{0x8000, 0x7FFF, 5, 0x7FFF});
    execute(0x0E62'D020); // sqdmull v0.4s, v1.4h, v2.4h
    EXPECT_EQ(get<S>(0), (S{0x7FFF'FFFF, 0x8001'0000, 30, 0x7FFE'0002}));
    EXPECT_TRUE(saturated());
    // The product saturates, the sum does not; and the other way round.
    put(0, S{0xFFFF'FFFF, 0x8000'0000, 1, 0x7FFF'0000});
    execute(0x0E62'9020); // sqdmlal v0.4s, v1.4h, v2.4h
    EXPECT_EQ(get<S>(0), (S{0x7FFF'FFFE, 0x8000'0000, 31, 0x7FFF'FFFF}));
    EXPECT_TRUE(saturated());
    put(0, S{0x8000'0000, 0, 30, 0x7FFE'0002});
    execute(0x0E62'B020); // sqdmlsl v0.4s, v1.4h, v2.4h
    EXPECT_EQ(get<S>(0), (S{0x8000'0000, 0x7FFF'0000, 0, 0}));
    EXPECT_TRUE(saturated());
}

TEST_F(SimdThreeDifferent, AScalarSaturatesAlone) {
    put(1, H{2, 0x8000, 0x8000, 0x8000});
    execute(0x5E61'D020); // sqdmull s0, h1, h1
    EXPECT_EQ(get<D>(0), (D{8, 0}));
    EXPECT_FALSE(saturated());
    put(1, S{0x8000'0000});
    execute(0x5EA1'D020); // sqdmull d0, s1, s1
    EXPECT_EQ(get<D>(0), (D{0x7FFF'FFFF'FFFF'FFFF, 0}));
    EXPECT_TRUE(saturated());
    put(0, D{0x7FFF'FFFF'FFFF'FFFF, 1});
    put(1, S{1, 0x8000'0000});
    execute(0x5EA1'9020); // sqdmlal d0, s1, s1
    EXPECT_EQ(get<D>(0), (D{0x7FFF'FFFF'FFFF'FFFF, 0}));
    EXPECT_TRUE(saturated());
    execute(0x5EA1'B020); // sqdmlsl d0, s1, s1
    EXPECT_EQ(get<D>(0), (D{0x7FFF'FFFF'FFFF'FFFD, 0}));
    EXPECT_FALSE(saturated());
}

TEST_F(SimdThreeDifferent, ProductsAreOfWidenedElements) {
    put(1, S{0xFFFF'FFFF, 0x8000'0000, 7, 0xFFFF'FFFE});
    put(2, S{0xFFFF'FFFF, 0x8000'0000, 7, 3});
    execute(0x2EA2'C020); // umull v0.2d, v1.2s, v2.2s
    EXPECT_EQ(get<D>(0), (D{0xFFFF'FFFE'0000'0001, 0x4000'0000'0000'0000}));
    execute(0x4EA2'C020); // smull2 v0.2d, v1.4s, v2.4s
    EXPECT_EQ(get<D>(0), (D{49, -std::uint64_t{6}}));
    execute(0x4EA2'A020); // smlsl2 v0.2d, v1.4s, v2.4s
    EXPECT_EQ(get<D>(0), (D{0, 0}));
    execute(0x0EA2'7020); // sabdl v0.2d, v1.2s, v2.2s
    EXPECT_EQ(get<D>(0), (D{0, 0}));
    put(2, S{0x7FFF'FFFF, 0x7FFF'FFFF});
    execute(0x0EA2'5020); // sabal v0.2d, v1.2s, v2.2s
    EXPECT_EQ(get<D>(0), (D{0x8000'0000, 0xFFFF'FFFF}));
}

TEST_F(SimdThreeDifferent, PolynomialProductsHaveNoCarries) {
    put(1, B{0xFF, 0x80, 3, 1, 0, 0, 0, 0, 0x0F});
    put(2, B{0xFF, 0x80, 3, 0xAA, 0xFF, 0, 0, 0, 0xFF});
    execute(0x0E22'E020); // pmull v0.8h, v1.8b, v2.8b
    EXPECT_EQ(get<H>(0), (H{0x5555, 0x4000, 5, 0xAA, 0, 0, 0, 0}));
    execute(0x4E22'E020); // pmull2 v0.8h, v1.16b, v2.16b
    EXPECT_EQ(get<H>(0)[0], 0x0505);
    put(1, D{~std::uint64_t{0}, 3});
    put(2, D{~std::uint64_t{0}, 0x8000'0000'0000'0001});
    execute(0x0EE2'E020); // pmull v0.1q, v1.1d, v2.1d
    EXPECT_EQ(get<D>(0), (D{0x5555'5555'5555'5555, 0x5555'5555'5555'5555}));
    execute(0x4EE2'E021); // pmull2 v1.1q, v1.2d, v2.2d: the destination is a source
    EXPECT_EQ(get<D>(1), (D{0x8000'0000'0000'0003, 1}));
}

TEST_F(SimdThreeDifferent, ReservedSizesAreUNDEFINED) {
    constexpr std::uint32_t size = 1U << 22;
    for (const auto word : {
             0x0E22'0020 | 3 * size, // saddl v0.8h, v1.8b, v2.8b
             0x2E22'1020 | 3 * size, // uaddw v0.8h, v1.8h, v2.8b
             0x0E22'4020 | 3 * size, // addhn v0.8b, v1.8h, v2.8h
             0x2E22'8020 | 3 * size, // umlal v0.8h, v1.8b, v2.8b
             0x0E62'D020 & ~size, // sqdmull v0.4s, v1.4h, v2.4h
             0x0E62'D020 | 3 * size, // sqdmull v0.4s, v1.4h, v2.4h
             0x0E22'E020 | 1 * size, // pmull v0.8h, v1.8b, v2.8b
             0x0E22'E020 | 2 * size, // pmull v0.8h, v1.8b, v2.8b
             0x5E62'9020 & ~size, // sqdmlal s0, h1, h2
             0x5E62'9020 | 3 * size, // sqdmlal s0, h1, h2
         })
        EXPECT_TRUE(is_undefined(word)) << std::hex << word;
}

} // namespace
} // namespace arm64::cpu

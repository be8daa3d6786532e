// SPDX-License-Identifier: Apache-2.0
// What goes wrong first: a shift by the width and by 0, rounding out of the width, what an insertion leaves, reserved
// immh. The rest is the differential test's.
#include "tests/arch-arm64/cpu/a64/simd_bench.hpp"

namespace arm64::cpu {
namespace {

using test::B, test::H, test::S, test::D;

class SimdShift : public test::SimdTest {};

TEST_F(SimdShift, ToTheRightByTheWidth) {
    put(1, D{0x8000'0000'0000'0001, 0x7FFF'FFFF'FFFF'FFFF});
    execute(0x4F40'0420); // sshr v0.2d, v1.2d, #64
    EXPECT_EQ(get<D>(0), (D{~std::uint64_t{0}, 0}));
    execute(0x6F40'0420); // ushr v0.2d, v1.2d, #64
    EXPECT_EQ(get<D>(0), (D{0, 0}));
    execute(0x4F40'2420); // srshr v0.2d, v1.2d, #64
    EXPECT_EQ(get<D>(0), (D{0, 0}));
    execute(0x6F40'2420); // urshr v0.2d, v1.2d, #64
    EXPECT_EQ(get<D>(0), (D{1, 0}));
    put(1, B{0x80, 0x7F, 0xFF, 0x81, 0, 0, 0, 0});
    execute(0x0F08'0420); // sshr v0.8b, v1.8b, #8
    EXPECT_EQ(get<D>(0), (D{0xFFFF'00FF, 0}));
    execute(0x2F08'2420); // urshr v0.8b, v1.8b, #8
    EXPECT_EQ(get<D>(0), (D{0x0101'0001, 0}));
}

TEST_F(SimdShift, RoundingDoesNotOverflow) {
    put(1, D{~std::uint64_t{0}, 0x7FFF'FFFF'FFFF'FFFF});
    execute(0x6F7F'2420); // urshr v0.2d, v1.2d, #1
    EXPECT_EQ(get<D>(0), (D{0x8000'0000'0000'0000, 0x4000'0000'0000'0000}));
    execute(0x5F7F'2420); // srshr d0, d1, #1
    EXPECT_EQ(get<D>(0), (D{0, 0}));
}

TEST_F(SimdShift, Accumulation) {
    put(0, B{0xFF, 0x01, 0, 0, 0, 0, 0, 0, 9});
    put(1, B{0xFF, 0x80, 0x7F, 0x02, 0, 0, 0, 0, 9});
    execute(0x0F0F'1420); // ssra v0.8b, v1.8b, #1
    EXPECT_EQ(get<D>(0), (D{0x013F'C1FE, 0}));
    execute(0x2F08'3420); // ursra v0.8b, v1.8b, #8
    EXPECT_EQ(get<D>(0), (D{0x013F'C2FF, 0}));
    put(0, D{1});
    put(1, D{0x8000'0000'0000'0000});
    execute(0x7F41'1420); // usra d0, d1, #63
    EXPECT_EQ(get<D>(0), (D{2, 0}));
}

TEST_F(SimdShift, InsertionLeavesWhatIsShiftedInto) {
    put(0, B{0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA});
    put(1, B{0xFF, 0x00, 0x0F, 0xF0, 0xFF, 0xFF, 0xFF, 0xFF});
    execute(0x2F0C'4420); // sri v0.8b, v1.8b, #4
    EXPECT_EQ(get<D>(0), (D{0xAFAF'AFAF'AFA0'A0AF, 0}));
    execute(0x2F08'4420); // sri v0.8b, v1.8b, #8
    EXPECT_EQ(get<D>(0), (D{0xAFAF'AFAF'AFA0'A0AF, 0}));
    execute(0x2F0F'5420); // sli v0.8b, v1.8b, #7
    EXPECT_EQ(get<D>(0), (D{0xAFAF'AFAF'2FA0'20AF, 0}));
    execute(0x2F08'5420); // sli v0.8b, v1.8b, #0
    EXPECT_EQ(get<D>(0), (D{0xFFFF'FFFF'F00F'00FF, 0}));
    put(0, D{0x1234, 5});
    put(1, D{~std::uint64_t{0}});
    execute(0x7F40'4420); // sri d0, d1, #64
    EXPECT_EQ(get<D>(0), (D{0x1234, 0}));
    execute(0x7F7F'5420); // sli d0, d1, #63
    EXPECT_EQ(get<D>(0), (D{0x8000'0000'0000'1234, 0}));
}

TEST_F(SimdShift, ToTheLeftWithSaturation) {
    put(1, B{0x40, 0x3F, 0xC0, 0xBF, 0, 0, 0, 0, 0x7F});
    execute(0x0F09'5420); // shl v0.8b, v1.8b, #1
    EXPECT_EQ(get<D>(0), (D{0x7E80'7E80, 0}));
    execute(0x0F09'7420); // sqshl v0.8b, v1.8b, #1
    EXPECT_EQ(get<D>(0), (D{0x8080'7E7F, 0}));
    EXPECT_TRUE(saturated());
    execute(0x2F0A'7420); // uqshl v0.8b, v1.8b, #2
    EXPECT_EQ(get<D>(0), (D{0xFFFF'FCFF, 0}));
    EXPECT_TRUE(saturated());
    execute(0x2F0A'6420); // sqshlu v0.8b, v1.8b, #2
    EXPECT_EQ(get<D>(0), (D{0x0000'FCFF, 0}));
    EXPECT_TRUE(saturated());
    execute(0x2F08'6420); // sqshlu v0.8b, v1.8b, #0
    EXPECT_EQ(get<D>(0), (D{0x0000'3F40, 0}));
    EXPECT_TRUE(saturated());
    execute(0x7F09'7420); // uqshl b0, b1, #1
    EXPECT_EQ(get<D>(0), (D{0x80, 0}));
    EXPECT_FALSE(saturated());
    put(1, D{~std::uint64_t{0}});
    execute(0x5F7F'7420); // sqshl d0, d1, #63
    EXPECT_EQ(get<D>(0), (D{0x8000'0000'0000'0000, 0}));
    EXPECT_FALSE(saturated());
}

TEST_F(SimdShift, NarrowingKeepsTheOtherHalfOrMakesItZero) {
    put(1, H{0x7FFF, 0x8000, 0x0FF8, 0xFFFF, 0x0808, 0, 0, 0x1234});
    execute(0x0F0C'8420); // shrn v0.8b, v1.8h, #4
    EXPECT_EQ(get<D>(0), (D{0x2300'0080'FFFF'00FF, 0}));
    execute(0x4F0C'8C20); // rshrn2 v0.16b, v1.8h, #4
    EXPECT_EQ(get<D>(0), (D{0x2300'0080'FFFF'00FF, 0x2300'0081'0000'0000}));
    execute(0x0F0C'9420); // sqshrn v0.8b, v1.8h, #4
    EXPECT_EQ(get<D>(0), (D{0x7F00'007F'FF7F'807F, 0}));
    EXPECT_TRUE(saturated());
    execute(0x0F08'9C20); // sqrshrn v0.8b, v1.8h, #8
    EXPECT_EQ(get<D>(0), (D{0x1200'0008'0010'807F, 0}));
    EXPECT_TRUE(saturated());
    execute(0x2F08'9420); // uqshrn v0.8b, v1.8h, #8
    EXPECT_EQ(get<D>(0), (D{0x1200'0008'FF0F'807F, 0}));
    EXPECT_FALSE(saturated());
    execute(0x2F08'9C20); // uqrshrn v0.8b, v1.8h, #8
    EXPECT_EQ(get<D>(0), (D{0x1200'0008'FF10'8080, 0}));
    EXPECT_TRUE(saturated());
    execute(0x2F08'8420); // sqshrun v0.8b, v1.8h, #8
    EXPECT_EQ(get<D>(0), (D{0x1200'0008'000F'007F, 0}));
    EXPECT_TRUE(saturated());
    execute(0x2F08'8C20); // sqrshrun v0.8b, v1.8h, #8
    EXPECT_EQ(get<D>(0), (D{0x1200'0008'0010'0080, 0}));
    EXPECT_TRUE(saturated());
    put(1, D{0xFFFF'FFFF'FFFF'FFFF, 0x8000'0000'0000'0000});
    execute(0x7F20'9C20); // uqrshrn s0, d1, #32
    EXPECT_EQ(get<D>(0), (D{0xFFFF'FFFF, 0}));
    EXPECT_TRUE(saturated());
    execute(0x5F20'9C20); // sqrshrn s0, d1, #32
    EXPECT_EQ(get<D>(0), (D{0, 0}));
    EXPECT_FALSE(saturated());
}

TEST_F(SimdShift, Widening) {
    put(1, B{0x80, 0x7F, 1, 2, 3, 4, 5, 6, 0xFF, 0x81, 0, 0, 0, 0, 0, 7});
    execute(0x0F08'A420); // sshll v0.8h, v1.8b, #0
    EXPECT_EQ(get<H>(0), (H{0xFF80, 0x7F, 1, 2, 3, 4, 5, 6}));
    execute(0x2F0F'A420); // ushll v0.8h, v1.8b, #7
    EXPECT_EQ(get<H>(0), (H{0x4000, 0x3F80, 0x80, 0x100, 0x180, 0x200, 0x280, 0x300}));
    execute(0x4F0C'A420); // sshll2 v0.8h, v1.16b, #4
    EXPECT_EQ(get<H>(0), (H{0xFFF0, 0xF810, 0, 0, 0, 0, 0, 0x70}));
}

TEST_F(SimdShift, ReservedImmhIsUNDEFINED) {
    constexpr std::uint32_t immh = 1U << 19;
    for (const auto word : {
             0x0F3F'0420 | 8 * immh, // sshr v0.2s, v1.2s, #1: 1D
             0x0F0F'8420 | 8 * immh, // shrn v0.8b, v1.8h, #1
             0x4F09'A420 | 8 * immh, // sshll2 v0.8h, v1.16b, #1
             0x5F7F'0420 & ~(8 * immh), // sshr d0, d1, #1
             0x5F41'5420 & ~(8 * immh), // shl d0, d1, #1
             0x5F09'7420 & ~(15 * immh), // sqshl b0, b1, #1
             0x5F0F'9420 & ~(15 * immh), // sqshrn b0, h1, #1
             0x5F0F'9420 | 8 * immh, // sqshrn b0, h1, #1
         })
        EXPECT_TRUE(is_undefined(word)) << std::hex << word;
}

} // namespace
} // namespace arm64::cpu

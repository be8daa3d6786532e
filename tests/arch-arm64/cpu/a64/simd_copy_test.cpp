// SPDX-License-Identifier: Apache-2.0
// What goes wrong first: register 31, extension to 32 and 64 bits, reserved imm5. The rest is the differential test's.
#include "tests/arch-arm64/cpu/a64/simd_bench.hpp"

namespace arm64::cpu {
namespace {

using test::B, test::H, test::S, test::D;

class SimdCopy : public test::SimdTest {};

TEST_F(SimdCopy, DuplicationFillsTheVectorAndNothingElse) {
    put(1, H{1, 2, 3, 4, 5, 6, 7, 8});
    execute(0x0E1E'0420); // dup v0.4h, v1.h[7]
    EXPECT_EQ(get<H>(0), (H{8, 8, 8, 8, 0, 0, 0, 0}));
    execute(0x4E0A'0421); // dup v1.8h, v1.h[2]
    EXPECT_EQ(get<H>(1), (H{3, 3, 3, 3, 3, 3, 3, 3}));
    execute(0x5E1D'0420); // mov b0, v1.b[14]
    EXPECT_EQ(get<D>(0), (D{3, 0}));
    bench.x(3) = 0x1234'5678'9ABC'DEF0;
    execute(0x0E01'0C60); // dup v0.8b, w3
    EXPECT_EQ(get<D>(0), (D{0xF0F0'F0F0'F0F0'F0F0, 0}));
    execute(0x4E08'0C60); // dup v0.2d, x3
    EXPECT_EQ(get<D>(0), (D{0x1234'5678'9ABC'DEF0, 0x1234'5678'9ABC'DEF0}));
}

TEST_F(SimdCopy, InsertionLeavesTheRest) {
    put(0, D{0, 0});
    bench.x(3) = 0x1234'5678'9ABC'DEF0;
    execute(0x4E1F'1C60); // mov v0.b[15], w3
    execute(0x4E06'1C60); // mov v0.h[1], w3
    EXPECT_EQ(get<D>(0), (D{0xDEF0'0000, 0xF000'0000'0000'0000}));
    execute(0x6E0C'6400); // mov v0.s[1], v0.s[3]
    EXPECT_EQ(get<D>(0), (D{0xF000'0000'DEF0'0000, 0xF000'0000'0000'0000}));
    execute(0x6E01'3C00); // mov v0.b[0], v0.b[7]
    EXPECT_EQ(get<D>(0), (D{0xF000'0000'DEF0'00F0, 0xF000'0000'0000'0000}));
}

TEST_F(SimdCopy, ToAGeneralRegisterTheSignIsExtendedOrNot) {
    put(1, D{0x8000'0000'0000'8180, 0xFFFF'FFFF'FFFF'FFFF});
    bench.x(3) = ~std::uint64_t{0};
    execute(0x0E01'2C23); // smov w3, v1.b[0]
    EXPECT_EQ(bench.x(3), 0xFFFF'FF80U);
    execute(0x4E01'2C23); // smov x3, v1.b[0]
    EXPECT_EQ(bench.x(3), 0xFFFF'FFFF'FFFF'FF80U);
    execute(0x4E0C'2C23); // smov x3, v1.s[1]
    EXPECT_EQ(bench.x(3), 0xFFFF'FFFF'8000'0000U);
    execute(0x0E02'3C23); // umov w3, v1.h[0]
    EXPECT_EQ(bench.x(3), 0x8180U);
    execute(0x0E0C'3C23); // umov w3, v1.s[1]
    EXPECT_EQ(bench.x(3), 0x8000'0000U);
    execute(0x4E08'3C23); // umov x3, v1.d[0]
    EXPECT_EQ(bench.x(3), 0x8000'0000'0000'8180U);
}

TEST_F(SimdCopy, Register31IsZero) {
    cpu.set_SP(1, 0x1000);
    execute(0x4E04'0FE0); // dup v0.4s, wzr
    EXPECT_EQ(get<D>(0), (D{0, 0}));
    execute(0x4E08'1FE1); // mov v1.d[0], xzr
    EXPECT_EQ(get<D>(1), (D{0, ~std::uint64_t{0}}));
    execute(0x4E18'3C3F); // umov xzr, v1.d[1]
    execute(0x4E1C'2C3F); // smov xzr, v1.s[3]
    EXPECT_EQ(cpu.SP(1), 0x1000U);
    EXPECT_EQ(bench.x(31), 0U);
}

TEST_F(SimdCopy, ReservedSizesAreUNDEFINED) {
    constexpr std::uint32_t imm5 = 1U << 16, q = 1U << 30;
    for (const auto word : {
             0x0E01'0420 & ~imm5, // dup v0.8b, v1.b[0]: 00000
             (0x4E01'0C20 & ~imm5) | 16 * imm5, // dup v0.16b, w1: 10000
             0x5E01'0420 & ~imm5, // mov b0, v1.b[0]
             0x4E01'1C20 & ~imm5, // mov v0.b[0], w1
             0x6E01'0420 & ~imm5, // mov v0.b[0], v1.b[0]
             0x4E08'0420 & ~q, // dup v0.2d, v1.d[0]: 1D
             0x4E08'0C20 & ~q, // dup v0.2d, x1
             0x0E01'3C20 | q, // umov w0, v1.b[0]: what UMOV of 64 bits has not
             0x4E08'3C20 & ~q, // umov x0, v1.d[0]
             0x4E04'2C20 & ~q, // smov x0, v1.s[0]
             (0x4E01'2C20 & ~imm5) | 8 * imm5, // smov x0, v1.b[0]
         })
        EXPECT_TRUE(is_undefined(word)) << std::hex << word;
}

} // namespace
} // namespace arm64::cpu

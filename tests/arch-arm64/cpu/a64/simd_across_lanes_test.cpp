// SPDX-License-Identifier: Apache-2.0
// What goes wrong first: the upper half of a 64-bit vector, what is above the result, reserved sizes. The rest is the
// differential test's.
#include "tests/arch-arm64/cpu/a64/simd_bench.hpp"

namespace arm64::cpu {
namespace {

using test::B, test::H, test::S, test::D;

class SimdAcrossLanes : public test::SimdTest {};

TEST_F(SimdAcrossLanes, SumsWrapOrAreLong) {
    put(1, B{0xFF, 0xFF, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2});
    execute(0x0E31'B820); // addv b0, v1.8b
    EXPECT_EQ(get<D>(0), (D{4, 0}));
    execute(0x4E31'B820); // addv b0, v1.16b
    EXPECT_EQ(get<D>(0), (D{20, 0}));
    execute(0x6E30'3820); // uaddlv h0, v1.16b
    EXPECT_EQ(get<D>(0), (D{532, 0}));
    execute(0x0E30'3820); // saddlv h0, v1.8b
    EXPECT_EQ(get<D>(0), (D{4, 0}));
    put(1, S{0x8000'0000, 0x8000'0000, 0x8000'0000, 0x8000'0000});
    execute(0x4EB0'3820); // saddlv d0, v1.4s
    EXPECT_EQ(get<D>(0), (D{0xFFFF'FFFE'0000'0000, 0}));
    execute(0x4EB1'B820); // addv s0, v1.4s
    EXPECT_EQ(get<D>(0), (D{0, 0}));
}

TEST_F(SimdAcrossLanes, ExtremesAreSignedOrNotAndOfTheVectorOnly) {
    put(1, H{5, 0x8000, 0x7FFF, 7, 0xFFFF, 0, 0, 0x8001});
    execute(0x2E70'A820); // umaxv h0, v1.4h
    EXPECT_EQ(get<D>(0), (D{0x8000, 0}));
    execute(0x6E70'A820); // umaxv h0, v1.8h
    EXPECT_EQ(get<D>(0), (D{0xFFFF, 0}));
    execute(0x4E70'A820); // smaxv h0, v1.8h
    EXPECT_EQ(get<D>(0), (D{0x7FFF, 0}));
    execute(0x2E71'A820); // uminv h0, v1.4h
    EXPECT_EQ(get<D>(0), (D{5, 0}));
    execute(0x4E71'A820); // sminv h0, v1.8h
    EXPECT_EQ(get<D>(0), (D{0x8000, 0}));
}

TEST_F(SimdAcrossLanes, ScalarADDPAddsTheHalves) {
    put(1, D{~std::uint64_t{0}, 3});
    execute(0x5EF1'B821); // addp d1, v1.2d
    EXPECT_EQ(get<D>(1), (D{2, 0}));
}

TEST_F(SimdAcrossLanes, ReservedSizesAreUNDEFINED) {
    constexpr std::uint32_t size = 1U << 22, q = 1U << 30;
    for (const auto word : {
             0x0E31'B820 | 2 * size, // addv b0, v1.8b: 2S
             0x2E30'A820 | 2 * size, // umaxv b0, v1.8b
             0x0E30'3820 | 2 * size, // saddlv h0, v1.8b
             0x0E31'B820 | 3 * size, // addv b0, v1.8b
             0x0E31'A820 | 3 * size | q, // sminv b0, v1.8b
             0x5EF1'B820 & ~size, // addp d0, v1.2d
         })
        EXPECT_TRUE(is_undefined(word)) << std::hex << word;
}

} // namespace
} // namespace arm64::cpu

// SPDX-License-Identifier: Apache-2.0
// What goes wrong first: the split of M and Rm, an element of the destination, reserved sizes. The rest is the
// differential test's.
#include "tests/arch-arm64/cpu/a64/simd_bench.hpp"

namespace arm64::cpu {
namespace {

using test::H, test::S, test::D;

class SimdByElement : public test::SimdTest {};

TEST_F(SimdByElement, MBelongsToTheIndexOfHalfwordsAndToTheRegisterOfWords) {
    put(1, H{1, 2, 3, 4, 5, 6, 7, 8});
    put(15, H{0, 0, 0, 0, 0, 0, 10, 100});
    execute(0x4F7F'8820); // mul v0.8h, v1.8h, v15.h[7]
    EXPECT_EQ(get<H>(0), (H{100, 200, 300, 400, 500, 600, 700, 800}));
    execute(0x0F6F'8820); // mul v0.4h, v1.4h, v15.h[6]
    EXPECT_EQ(get<H>(0), (H{10, 20, 30, 40, 0, 0, 0, 0}));
    put(1, S{1, 2, 3, 4});
    put(31, S{0, 0, 0, 7});
    execute(0x4FBF'8820); // mul v0.4s, v1.4s, v31.s[3]
    EXPECT_EQ(get<S>(0), (S{7, 14, 21, 28}));
    execute(0x2FBF'4820); // mls v0.2s, v1.2s, v31.s[3]
    EXPECT_EQ(get<S>(0), (S{0, 0, 0, 0}));
}

TEST_F(SimdByElement, AnElementOfTheDestinationIsReadFirst) {
    put(1, S{2, 3, 4, 5});
    execute(0x4FA1'8021); // mul v1.4s, v1.4s, v1.s[1]
    EXPECT_EQ(get<S>(1), (S{6, 9, 12, 15}));
    put(1, S{2, 3, 4, 5});
    execute(0x6FA1'2821); // umlal2 v1.2d, v1.4s, v1.s[3]
    EXPECT_EQ(get<D>(1), (D{0x3'0000'0002 + 20, 0x5'0000'0004 + 25}));
}

TEST_F(SimdByElement, LongOnesTakeTheLowerOrTheUpperHalf) {
    put(1, H{1, 0xFFFF, 3, 4, 5, 6, 7, 0x8000});
    put(2, H{0, 0, 0, 0xFFFE});
    execute(0x0F72'A020); // smull v0.4s, v1.4h, v2.h[3]
    EXPECT_EQ(get<S>(0), (S{0xFFFF'FFFE, 2, 0xFFFF'FFFA, 0xFFFF'FFF8}));
    execute(0x6F72'A020); // umull2 v0.4s, v1.8h, v2.h[3]
    EXPECT_EQ(get<S>(0), (S{5 * 0xFFFE, 6 * 0xFFFE, 7 * 0xFFFE, 0x7FFF'0000}));
}

TEST_F(SimdByElement, SaturationOfWhatIsKeptOnly) {
    put(1, H{1, 0x8000, 0x8000, 0x8000, 0x8000, 0x8000, 0x8000, 0x8000});
    put(2, H{0, 0x8000});
    execute(0x5F52'B020); // sqdmull s0, h1, v2.h[1]
    EXPECT_EQ(get<D>(0), (D{0xFFFF'0000, 0}));
    execute(0x5F52'C020); // sqdmulh h0, h1, v2.h[1]
    EXPECT_EQ(get<D>(0), (D{0xFFFF, 0}));
    EXPECT_FALSE(saturated());
    put(1, H{0, 0, 0, 0, 0x8000});
    execute(0x0F52'D020); // sqrdmulh v0.4h, v1.4h, v2.h[1]
    EXPECT_FALSE(saturated());
    execute(0x4F52'D020); // sqrdmulh v0.8h, v1.8h, v2.h[1]
    EXPECT_EQ(get<H>(0)[4], 0x7FFF);
    EXPECT_TRUE(saturated());
    execute(0x4F52'7020); // sqdmlsl2 v0.4s, v1.8h, v2.h[1]
    EXPECT_TRUE(saturated());
}

TEST_F(SimdByElement, ReservedSizesAreUNDEFINED) {
    constexpr std::uint32_t size = 1U << 22;
    for (const auto word : {
             0x0F42'8020 & ~size, // mul v0.4h, v1.4h, v2.h[0]
             0x0F42'8020 | 3 * size, // mul v0.4h, v1.4h, v2.h[0]
             0x2F42'2020 & ~size, // umlal v0.4s, v1.4h, v2.h[0]
             0x2F42'2020 | 3 * size, // umlal v0.4s, v1.4h, v2.h[0]
             0x5F42'B020 & ~size, // sqdmull s0, h1, v2.h[0]
             0x5F42'C020 | 3 * size, // sqdmulh h0, h1, v2.h[0]
         })
        EXPECT_TRUE(is_undefined(word)) << std::hex << word;
}

} // namespace
} // namespace arm64::cpu

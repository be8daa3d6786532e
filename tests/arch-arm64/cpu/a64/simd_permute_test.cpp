// SPDX-License-Identifier: Apache-2.0
// What goes wrong first: 64-bit vectors, a table around V31, indices outside of it, a destination that is a source. The
// rest is the differential test's.
#include "tests/arch-arm64/cpu/a64/simd_bench.hpp"

namespace arm64::cpu {
namespace {

using test::B, test::H, test::S, test::D;

class SimdPermute : public test::SimdTest {};

TEST_F(SimdPermute, ZipUnzipTranspose) {
    put(1, H{0, 1, 2, 3, 4, 5, 6, 7});
    put(2, H{10, 11, 12, 13, 14, 15, 16, 17});
    execute(0x4E42'3820); // zip1 v0.8h, v1.8h, v2.8h
    EXPECT_EQ(get<H>(0), (H{0, 10, 1, 11, 2, 12, 3, 13}));
    execute(0x4E42'7820); // zip2 v0.8h, v1.8h, v2.8h
    EXPECT_EQ(get<H>(0), (H{4, 14, 5, 15, 6, 16, 7, 17}));
    execute(0x0E42'7820); // zip2 v0.4h, v1.4h, v2.4h
    EXPECT_EQ(get<H>(0), (H{2, 12, 3, 13, 0, 0, 0, 0}));
    execute(0x4E42'1820); // uzp1 v0.8h, v1.8h, v2.8h
    EXPECT_EQ(get<H>(0), (H{0, 2, 4, 6, 10, 12, 14, 16}));
    execute(0x0E42'5820); // uzp2 v0.4h, v1.4h, v2.4h
    EXPECT_EQ(get<H>(0), (H{1, 3, 11, 13, 0, 0, 0, 0}));
    execute(0x0E42'2820); // trn1 v0.4h, v1.4h, v2.4h
    EXPECT_EQ(get<H>(0), (H{0, 10, 2, 12, 0, 0, 0, 0}));
    execute(0x4E42'6821); // trn2 v1.8h, v1.8h, v2.8h
    EXPECT_EQ(get<H>(1), (H{1, 11, 3, 13, 5, 15, 7, 17}));
    put(1, D{1, 2});
    put(2, D{3, 4});
    execute(0x4EC2'7822); // zip2 v2.2d, v1.2d, v2.2d
    EXPECT_EQ(get<D>(2), (D{2, 4}));
}

TEST_F(SimdPermute, ExtractionFromEveryPosition) {
    for (unsigned v = 1; v <= 2; ++v)
        for (unsigned i = 0; i < 16; ++i)
            cpu.v.at(v).set(i, static_cast<std::uint8_t>(16 * (v - 1) + i));
    for (std::uint32_t position = 0; position < 16; ++position) {
        execute(0x6E02'0020 | position << 11); // ext v0.16b, v1.16b, v2.16b, #0
        for (unsigned i = 0; i < 16; ++i)
            ASSERT_EQ(get<B>(0)[i], position + i) << position;
    }
    for (std::uint32_t position = 0; position < 8; ++position) {
        execute(0x2E02'0020 | position << 11); // ext v0.8b, v1.8b, v2.8b, #0
        for (unsigned i = 0; i < 8; ++i)
            ASSERT_EQ(get<B>(0)[i], position + i < 8 ? position + i : position + i + 8) << position;
        ASSERT_EQ(get<D>(0)[1], 0U);
    }
    execute(0x6E01'4021); // ext v1.16b, v1.16b, v1.16b, #8
    EXPECT_EQ(get<D>(1), (D{0x0F0E'0D0C'0B0A'0908, 0x0706'0504'0302'0100}));
}

TEST_F(SimdPermute, TablesGoOnBehindV31) {
    for (unsigned i = 0; i < 16; ++i) {
        cpu.v.at(31).set(i, static_cast<std::uint8_t>(0x30 + i));
        cpu.v.at(0).set(i, static_cast<std::uint8_t>(0x40 + i));
        cpu.v.at(1).set(i, static_cast<std::uint8_t>(0x50 + i));
        cpu.v.at(2).set(i, static_cast<std::uint8_t>(0x60 + i));
    }
    put(3, B{0, 15, 16, 31, 32, 47, 48, 63, 64, 255, 1, 17, 33, 49, 65, 128});
    execute(0x4E03'63E4); // tbl v4.16b, {v31.16b, v0.16b, v1.16b, v2.16b}, v3.16b
    EXPECT_EQ(get<B>(4), (B{0x30, 0x3F, 0x40, 0x4F, 0x50, 0x5F, 0x60, 0x6F, 0, 0, 0x31, 0x41, 0x51, 0x61, 0, 0}));
    execute(0x0E03'23E4); // tbl v4.8b, {v31.16b, v0.16b}, v3.8b
    EXPECT_EQ(get<B>(4), (B{0x30, 0x3F, 0x40, 0x4F, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
    put(4, D{0x9999'9999'9999'9999, 0x9999'9999'9999'9999});
    execute(0x4E03'53E4); // tbx v4.16b, {v31.16b, v0.16b, v1.16b}, v3.16b
    EXPECT_EQ(get<B>(4),
              (B{0x30, 0x3F, 0x40, 0x4F, 0x50, 0x5F, 0x99, 0x99, 0x99, 0x99, 0x31, 0x41, 0x51, 0x99, 0x99, 0x99}));
    execute(0x0E03'13E4); // tbx v4.8b, {v31.16b}, v3.8b
    EXPECT_EQ(get<B>(4), (B{0x30, 0x3F, 0x40, 0x4F, 0x50, 0x5F, 0x99, 0x99, 0, 0, 0, 0, 0, 0, 0, 0}));
    execute(0x4E00'23E0); // tbl v0.16b, {v31.16b, v0.16b}, v0.16b: the destination is table and index
    EXPECT_EQ(get<D>(0), (D{0, 0}));
}

TEST_F(SimdPermute, ReservedOnesAreUNDEFINED) {
    constexpr std::uint32_t q = 1U << 30;
    EXPECT_TRUE(is_undefined(0x4EC2'3820 & ~q)); // zip1 v0.2d, v1.2d, v2.2d
    EXPECT_TRUE(is_undefined(0x4EC2'5820 & ~q)); // uzp2 v0.2d, v1.2d, v2.2d
    EXPECT_TRUE(is_undefined(0x6E02'4020 & ~q)); // ext v0.16b, v1.16b, v2.16b, #8
    EXPECT_TRUE(is_undefined(0x4E02'0020 | 1U << 22)); // tbl v0.16b, {v1.16b}, v2.16b
}

} // namespace
} // namespace arm64::cpu

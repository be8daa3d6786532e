// SPDX-License-Identifier: Apache-2.0
// Every cmode, as AdvSIMDExpandImm has it.
#include "tests/arch-arm64/cpu/a64/simd_bench.hpp"

namespace arm64::cpu {
namespace {

using test::D;

class SimdImmediate : public test::SimdTest {};

TEST_F(SimdImmediate, EveryKindOfMOVI) {
    struct Case {
        std::uint32_t word;
        std::uint64_t value;
    };
    for (const auto& [word, value] : {
             Case{0x4F05'04A0, 0x0000'00A5'0000'00A5}, // movi v0.4s, #0xA5
             Case{0x4F05'24A0, 0x0000'A500'0000'A500}, // movi v0.4s, #0xA5, lsl #8
             Case{0x4F05'44A0, 0x00A5'0000'00A5'0000}, // movi v0.4s, #0xA5, lsl #16
             Case{0x4F05'64A0, 0xA500'0000'A500'0000}, // movi v0.4s, #0xA5, lsl #24
             Case{0x4F05'84A0, 0x00A5'00A5'00A5'00A5}, // movi v0.8h, #0xA5
             Case{0x4F05'A4A0, 0xA500'A500'A500'A500}, // movi v0.8h, #0xA5, lsl #8
             Case{0x4F05'C4A0, 0x0000'A5FF'0000'A5FF}, // movi v0.4s, #0xA5, msl #8
             Case{0x4F05'D4A0, 0x00A5'FFFF'00A5'FFFF}, // movi v0.4s, #0xA5, msl #16
             Case{0x4F05'E4A0, 0xA5A5'A5A5'A5A5'A5A5}, // movi v0.16b, #0xA5
             Case{0x6F05'E4A0, 0xFF00'FF00'00FF'00FF}, // movi v0.2d, #0xFF00FF0000FF00FF
             Case{0x6F05'04A0, ~0x0000'00A5'0000'00A5U}, // mvni v0.4s, #0xA5
             Case{0x6F05'24A0, ~0x0000'A500'0000'A500U}, // mvni v0.4s, #0xA5, lsl #8
             Case{0x6F05'44A0, ~0x00A5'0000'00A5'0000U}, // mvni v0.4s, #0xA5, lsl #16
             Case{0x6F05'64A0, ~0xA500'0000'A500'0000U}, // mvni v0.4s, #0xA5, lsl #24
             Case{0x6F05'84A0, ~0x00A5'00A5'00A5'00A5U}, // mvni v0.8h, #0xA5
             Case{0x6F05'A4A0, ~0xA500'A500'A500'A500U}, // mvni v0.8h, #0xA5, lsl #8
             Case{0x6F05'C4A0, ~0x0000'A5FF'0000'A5FFU}, // mvni v0.4s, #0xA5, msl #8
             Case{0x6F05'D4A0, ~0x00A5'FFFF'00A5'FFFFU}, // mvni v0.4s, #0xA5, msl #16
         }) {
        constexpr std::uint32_t q = 1U << 30;
        execute(word);
        EXPECT_EQ(get<D>(0), (D{value, value})) << std::hex << word;
        execute(word & ~q);
        EXPECT_EQ(get<D>(0), (D{value, 0})) << std::hex << word;
    }
}

TEST_F(SimdImmediate, BitsAreSetAndCleared) {
    put(0, D{0, 0});
    execute(0x4F04'7420); // orr v0.4s, #0x81, lsl #24
    execute(0x4F02'9440); // orr v0.8h, #0x42
    EXPECT_EQ(get<D>(0), (D{0x8142'0042'8142'0042, 0x8142'0042'8142'0042}));
    execute(0x6F04'7420); // bic v0.4s, #0x81, lsl #24
    EXPECT_EQ(get<D>(0), (D{0x0042'0042'0042'0042, 0x0042'0042'0042'0042}));
    execute(0x0F00'5420); // orr v0.2s, #1, lsl #16
    EXPECT_EQ(get<D>(0), (D{0x0043'0042'0043'0042, 0}));
    execute(0x2F00'9460); // bic v0.4h, #3
    EXPECT_EQ(get<D>(0), (D{0x0040'0040'0040'0040, 0}));
    execute(0x4F00'3420); // orr v0.4s, #1, lsl #8
    execute(0x6F00'B420); // bic v0.8h, #1, lsl #8
    EXPECT_EQ(get<D>(0), (D{0x0040'0040'0040'0040, 0}));
}

} // namespace
} // namespace arm64::cpu

// SPDX-License-Identifier: Apache-2.0
// AdvSIMD three different: long, wide and narrow; scalar three different. DDI 0487, C4.1.96 and C7.2.
#include "arch-arm64/cpu/a64/simd_handlers.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>

namespace arm64::cpu::a64 {
namespace {

using u32 = std::uint32_t;

template <class Body, class Sign, Sizes sizes>
bool different(Translator& t, u32 q, u32 size, u32 m, u32 n, u32 d) {
    return emit(t, handlers<Body, Sign, sizes>[size],
                { .d = vector_slot(d), .n = vector_slot(n), .m = vector_slot(m), .a = narrow_shape, .imm = q });
}

template <auto F, class Sign, Sizes sizes>
constexpr auto longs = &different<Long<F>, Sign, sizes>;
template <auto F, class Sign>
constexpr auto wides = &different<LongSecond<F>, Sign, Sizes::BHS>;
template <auto F, Rounded rounded>
constexpr auto narrows = &different<HighHalf<F, rounded>, Unsigned, Sizes::BHS>;

template <auto F>
bool scalar(Translator& t, u32 size, u32 m, u32 n, u32 d) {
    return emit(t, handlers<Long<F>, Signed, Sizes::HS>[size],
                { .d = vector_slot(d), .n = vector_slot(n), .m = vector_slot(m), .a = scalar_shape(size) });
}

constexpr auto pmull8 = [](auto n, auto m) { return polynomial_product(n, m, 8); };

/// 64 by 64 bits, four bits of the second at a time.
bool pmull64(Cpu& cpu, const Op& op) {
    if (!cpu.check_fp_enabled())
        return false;
    const UInt128 n = cpu.v[op.n].d[op.imm];
    const auto m = cpu.v[op.m].d[op.imm];
    std::array<UInt128, 16> multiples{};
    for (unsigned i = 1; i < multiples.size(); ++i)
        multiples[i] = multiples[i / 2] << 1 ^ (i % 2 != 0 ? n : 0);
    UInt128 product = 0;
    for (unsigned shift = 64; shift > 0;) {
        shift -= 4;
        product = product << 4 ^ multiples[m >> shift & 15];
    }
    cpu.v[op.d].d = {static_cast<std::uint64_t>(product), static_cast<std::uint64_t>(product >> 64)};
    return true;
}

bool pmull(Translator& t, u32 q, u32 size, u32 m, u32 n, u32 d) {
    if (size != 3)
        return different<Long<pmull8>, Unsigned, Sizes::B>(t, q, size, m, n, d);
    t.emit(handler<pmull64>, {.d = vector_slot(d), .n = vector_slot(n), .m = vector_slot(m), .imm = q});
    return true;
}

using enum Sizes;
using enum Group;

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
        // clang-format off
    row<"0 q 0 01110 zz 1 mmmmm 0000 00 nnnnn ddddd", longs<add, Signed, BHS>>("SADDL, SADDL2", simd),
    row<"0 q 1 01110 zz 1 mmmmm 0000 00 nnnnn ddddd", longs<add, Unsigned, BHS>>("UADDL, UADDL2", simd),
    row<"0 q 0 01110 zz 1 mmmmm 0001 00 nnnnn ddddd", wides<add, Signed>>("SADDW, SADDW2", simd),
    row<"0 q 1 01110 zz 1 mmmmm 0001 00 nnnnn ddddd", wides<add, Unsigned>>("UADDW, UADDW2", simd),
    row<"0 q 0 01110 zz 1 mmmmm 0010 00 nnnnn ddddd", longs<sub, Signed, BHS>>("SSUBL, SSUBL2", simd),
    row<"0 q 1 01110 zz 1 mmmmm 0010 00 nnnnn ddddd", longs<sub, Unsigned, BHS>>("USUBL, USUBL2", simd),
    row<"0 q 0 01110 zz 1 mmmmm 0011 00 nnnnn ddddd", wides<sub, Signed>>("SSUBW, SSUBW2", simd),
    row<"0 q 1 01110 zz 1 mmmmm 0011 00 nnnnn ddddd", wides<sub, Unsigned>>("USUBW, USUBW2", simd),
    row<"0 q 0 01110 zz 1 mmmmm 0100 00 nnnnn ddddd", narrows<add, Rounded::no>>("ADDHN, ADDHN2", simd),
    row<"0 q 1 01110 zz 1 mmmmm 0100 00 nnnnn ddddd", narrows<add, Rounded::yes>>("RADDHN, RADDHN2", simd),
    row<"0 q 0 01110 zz 1 mmmmm 0101 00 nnnnn ddddd", longs<aba, Signed, BHS>>("SABAL, SABAL2", simd),
    row<"0 q 1 01110 zz 1 mmmmm 0101 00 nnnnn ddddd", longs<aba, Unsigned, BHS>>("UABAL, UABAL2", simd),
    row<"0 q 0 01110 zz 1 mmmmm 0110 00 nnnnn ddddd", narrows<sub, Rounded::no>>("SUBHN, SUBHN2", simd),
    row<"0 q 1 01110 zz 1 mmmmm 0110 00 nnnnn ddddd", narrows<sub, Rounded::yes>>("RSUBHN, RSUBHN2", simd),
    row<"0 q 0 01110 zz 1 mmmmm 0111 00 nnnnn ddddd", longs<abd, Signed, BHS>>("SABDL, SABDL2", simd),
    row<"0 q 1 01110 zz 1 mmmmm 0111 00 nnnnn ddddd", longs<abd, Unsigned, BHS>>("UABDL, UABDL2", simd),
    row<"0 q 0 01110 zz 1 mmmmm 1000 00 nnnnn ddddd", longs<mla, Signed, BHS>>("SMLAL, SMLAL2 (vector)", simd),
    row<"0 q 1 01110 zz 1 mmmmm 1000 00 nnnnn ddddd", longs<mla, Unsigned, BHS>>("UMLAL, UMLAL2 (vector)", simd),
    row<"0 q 0 01110 zz 1 mmmmm 1001 00 nnnnn ddddd", longs<sqdmlal, Signed, HS>>("SQDMLAL, SQDMLAL2 (vector)", simd),
    row<"0 q 0 01110 zz 1 mmmmm 1010 00 nnnnn ddddd", longs<mls, Signed, BHS>>("SMLSL, SMLSL2 (vector)", simd),
    row<"0 q 1 01110 zz 1 mmmmm 1010 00 nnnnn ddddd", longs<mls, Unsigned, BHS>>("UMLSL, UMLSL2 (vector)", simd),
    row<"0 q 0 01110 zz 1 mmmmm 1011 00 nnnnn ddddd", longs<sqdmlsl, Signed, HS>>("SQDMLSL, SQDMLSL2 (vector)", simd),
    row<"0 q 0 01110 zz 1 mmmmm 1100 00 nnnnn ddddd", longs<mul, Signed, BHS>>("SMULL, SMULL2 (vector)", simd),
    row<"0 q 1 01110 zz 1 mmmmm 1100 00 nnnnn ddddd", longs<mul, Unsigned, BHS>>("UMULL, UMULL2 (vector)", simd),
    row<"0 q 0 01110 zz 1 mmmmm 1101 00 nnnnn ddddd", longs<sqdmull, Signed, HS>>("SQDMULL, SQDMULL2 (vector)", simd),
    row<"0 q 0 01110 zz 1 mmmmm 1110 00 nnnnn ddddd", pmull>("PMULL, PMULL2", simd),

    row<"01 0 11110 zz 1 mmmmm 1001 00 nnnnn ddddd", scalar<sqdmlal>>("SQDMLAL, SQDMLAL2 (vector)", simd),
    row<"01 0 11110 zz 1 mmmmm 1011 00 nnnnn ddddd", scalar<sqdmlsl>>("SQDMLSL, SQDMLSL2 (vector)", simd),
    row<"01 0 11110 zz 1 mmmmm 1101 00 nnnnn ddddd", scalar<sqdmull>>("SQDMULL, SQDMULL2 (vector)", simd),
    // clang-format on
    };
    return rows;
}

} // namespace

std::span<const Row> simd_three_different() { return table(); }

} // namespace arm64::cpu::a64

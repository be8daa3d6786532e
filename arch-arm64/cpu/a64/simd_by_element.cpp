// SPDX-License-Identifier: Apache-2.0
// AdvSIMD vector x indexed element, integer, and scalar x indexed element. DDI 0487, C4.1.96 and C7.2.
#include "arch-arm64/cpu/a64/simd_handlers.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>

namespace arm64::cpu::a64 {
namespace {

using u32 = std::uint32_t;

/// The element that L, M, Rm and H name. Of 16 bits: M belongs to the index, and only V0 to V15 can be had.
struct Indexed {
    Slot m;
    std::uint16_t index;

    Indexed(u32 size, u32 L, u32 M, u32 Rm, u32 H)
        : m(vector_slot(size == 1 ? Rm : M << 4 | Rm)),
          index(static_cast<std::uint16_t>(size == 1 ? H << 2 | L << 1 | M : H << 1 | L)) {}
};

template <auto F, class Sign>
bool same(Translator& t, u32 q, u32 size, u32 L, u32 M, u32 Rm, u32 H, u32 n, u32 d) {
    const Indexed second(size, L, M, Rm, H);
    return emit(t, handlers<Elementwise<F, Second::element>, Sign, Sizes::HS>[size], {
        .d = vector_slot(d), .n = vector_slot(n), .m = second.m, .a = vector_shape(q), .extra = second.index
    });
}

template <auto F, class Sign>
bool longs(Translator& t, u32 q, u32 size, u32 L, u32 M, u32 Rm, u32 H, u32 n, u32 d) {
    const Indexed second(size, L, M, Rm, H);
    return emit(t, handlers<Long<F, Second::element>, Sign, Sizes::HS>[size], {
        .d = vector_slot(d), .n = vector_slot(n), .m = second.m, .a = narrow_shape, .extra = second.index, .imm = q
    });
}

template <class Body>
bool scalar(Translator& t, u32 size, u32 L, u32 M, u32 Rm, u32 H, u32 n, u32 d) {
    const Indexed second(size, L, M, Rm, H);
    return emit(t, handlers<Body, Signed, Sizes::HS>[size], {
        .d = vector_slot(d), .n = vector_slot(n), .m = second.m, .a = scalar_shape(size), .extra = second.index
    });
}
template <auto F>
constexpr auto scalar_same = &scalar<Elementwise<F, Second::element>>;
template <auto F>
constexpr auto scalar_long = &scalar<Long<F, Second::element>>;

using enum Group;

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
        // clang-format off
    row<"0 q 1 01111 zz l x mmmm 0000 h 0 nnnnn ddddd", same<mla, Unsigned>>("MLA (by element)", simd),
    row<"0 q 0 01111 zz l x mmmm 0010 h 0 nnnnn ddddd", longs<mla, Signed>>("SMLAL, SMLAL2 (by element)", simd),
    row<"0 q 1 01111 zz l x mmmm 0010 h 0 nnnnn ddddd", longs<mla, Unsigned>>("UMLAL, UMLAL2 (by element)", simd),
    row<"0 q 0 01111 zz l x mmmm 0011 h 0 nnnnn ddddd", longs<sqdmlal, Signed>>("SQDMLAL, SQDMLAL2 (by element)", simd),
    row<"0 q 1 01111 zz l x mmmm 0100 h 0 nnnnn ddddd", same<mls, Unsigned>>("MLS (by element)", simd),
    row<"0 q 0 01111 zz l x mmmm 0110 h 0 nnnnn ddddd", longs<mls, Signed>>("SMLSL, SMLSL2 (by element)", simd),
    row<"0 q 1 01111 zz l x mmmm 0110 h 0 nnnnn ddddd", longs<mls, Unsigned>>("UMLSL, UMLSL2 (by element)", simd),
    row<"0 q 0 01111 zz l x mmmm 0111 h 0 nnnnn ddddd", longs<sqdmlsl, Signed>>("SQDMLSL, SQDMLSL2 (by element)", simd),
    row<"0 q 0 01111 zz l x mmmm 1000 h 0 nnnnn ddddd", same<mul, Unsigned>>("MUL (by element)", simd),
    row<"0 q 0 01111 zz l x mmmm 1010 h 0 nnnnn ddddd", longs<mul, Signed>>("SMULL, SMULL2 (by element)", simd),
    row<"0 q 1 01111 zz l x mmmm 1010 h 0 nnnnn ddddd", longs<mul, Unsigned>>("UMULL, UMULL2 (by element)", simd),
    row<"0 q 0 01111 zz l x mmmm 1011 h 0 nnnnn ddddd", longs<sqdmull, Signed>>("SQDMULL, SQDMULL2 (by element)", simd),
    row<"0 q 0 01111 zz l x mmmm 1100 h 0 nnnnn ddddd", same<sqdmulh<Rounded::no>, Signed>>("SQDMULH (by element)", simd),
    row<"0 q 0 01111 zz l x mmmm 1101 h 0 nnnnn ddddd", same<sqdmulh<Rounded::yes>, Signed>>("SQRDMULH (by element)", simd),

    row<"01 0 11111 zz l x mmmm 0011 h 0 nnnnn ddddd", scalar_long<sqdmlal>>("SQDMLAL, SQDMLAL2 (by element)", simd),
    row<"01 0 11111 zz l x mmmm 0111 h 0 nnnnn ddddd", scalar_long<sqdmlsl>>("SQDMLSL, SQDMLSL2 (by element)", simd),
    row<"01 0 11111 zz l x mmmm 1011 h 0 nnnnn ddddd", scalar_long<sqdmull>>("SQDMULL, SQDMULL2 (by element)", simd),
    row<"01 0 11111 zz l x mmmm 1100 h 0 nnnnn ddddd", scalar_same<sqdmulh<Rounded::no>>>("SQDMULH (by element)", simd),
    row<"01 0 11111 zz l x mmmm 1101 h 0 nnnnn ddddd", scalar_same<sqdmulh<Rounded::yes>>>("SQRDMULH (by element)", simd),
    // clang-format on
    };
    return rows;
}

} // namespace

std::span<const Row> simd_by_element() { return table(); }

} // namespace arm64::cpu::a64

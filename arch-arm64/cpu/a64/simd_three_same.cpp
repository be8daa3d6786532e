// SPDX-License-Identifier: Apache-2.0
// AdvSIMD three same, integer, and scalar three same. DDI 0487, C4.1.96 and C7.2.
#include "arch-arm64/cpu/a64/simd_handlers.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>

namespace arm64::cpu::a64 {
namespace {

constexpr auto hadd = [](auto n, auto m) { return (wide(n) + m) >> 1; };
constexpr auto rhadd = [](auto n, auto m) { return (wide(n) + m + 1) >> 1; };
constexpr auto hsub = [](auto n, auto m) { return (wide(n) - m) >> 1; };

constexpr auto qadd = [](Saturation& saturation, auto n, auto m) { return saturation.to<decltype(n)>(wide(n) + m); };
constexpr auto qsub = [](Saturation& saturation, auto n, auto m) { return saturation.to<decltype(n)>(wide(n) - m); };

constexpr auto cmgt = [](auto n, auto m) { return all_ones_if<decltype(n)>(n > m); };
constexpr auto cmge = [](auto n, auto m) { return all_ones_if<decltype(n)>(n >= m); };
constexpr auto cmeq = [](auto n, auto m) { return all_ones_if<decltype(n)>(n == m); };
constexpr auto cmtst = [](auto n, auto m) { return all_ones_if<decltype(n)>((n & m) != 0); };

constexpr auto shl = [](auto n, auto m) { return shifted<Rounded::no>(n, m); };
constexpr auto rshl = [](auto n, auto m) { return shifted<Rounded::yes>(n, m); };
constexpr auto qshl = [](Saturation& saturation, auto n, auto m) {
    return saturated_shift<Rounded::no>(saturation, n, m);
};
constexpr auto qrshl = [](Saturation& saturation, auto n, auto m) {
    return saturated_shift<Rounded::yes>(saturation, n, m);
};

constexpr auto pmul = [](auto n, auto m) { return polynomial_product(n, m, 8); };

constexpr auto and_ = [](auto n, auto m) { return n & m; };
constexpr auto bic = [](auto n, auto m) { return n & ~m; };
constexpr auto orr = [](auto n, auto m) { return n | m; };
constexpr auto orn = [](auto n, auto m) { return n | ~m; };
constexpr auto eor = [](auto n, auto m) { return n ^ m; };
constexpr auto bsl = [](auto d, auto n, auto m) { return m ^ ((m ^ n) & d); };
constexpr auto bit = [](auto d, auto n, auto m) { return d ^ ((d ^ n) & m); };
constexpr auto bif = [](auto d, auto n, auto m) { return d ^ ((d ^ n) & ~m); };

template <class Body, class Sign, Sizes sizes>
bool vector_of(Translator& t, std::uint32_t q, std::uint32_t size, std::uint32_t m, std::uint32_t n, std::uint32_t d) {
    if (is_1D(q, size))
        return false;
    return emit(t, handlers<Body, Sign, sizes>[size],
                { .d = vector_slot(d), .n = vector_slot(n), .m = vector_slot(m), .a = vector_shape(q) });
}

template <auto F, class Sign, Sizes sizes>
constexpr auto same = &vector_of<Elementwise<F>, Sign, sizes>;
template <auto F, class Sign, Sizes sizes>
constexpr auto pairwise = &vector_of<Pairwise<F>, Sign, sizes>;

template <auto F, class Sign, Sizes sizes>
bool scalar(Translator& t, std::uint32_t size, std::uint32_t m, std::uint32_t n, std::uint32_t d) {
    return emit(t, handlers<Elementwise<F>, Sign, sizes>[size],
                { .d = vector_slot(d), .n = vector_slot(n), .m = vector_slot(m), .a = scalar_shape(size) });
}

template <auto F>
void logical(Translator& t, std::uint32_t q, std::uint32_t m, std::uint32_t n, std::uint32_t d) {
    t.emit(handler<Elementwise<F>::template run<std::uint64_t>>,
           {.d = vector_slot(d), .n = vector_slot(n), .m = vector_slot(m), .a = vector_shape(q)});
}

bool copy(Cpu& cpu, const Op& op) {
    if (!cpu.check_fp_enabled())
        return false;
    cpu.v[op.d] = keep(op.a, cpu.v[op.n]);
    return true;
}

void orr_register(Translator& t, std::uint32_t q, std::uint32_t m, std::uint32_t n, std::uint32_t d) {
    if (m == n) // MOV (vector)
        t.emit(handler<copy>, {.d = vector_slot(d), .n = vector_slot(n), .a = vector_shape(q)});
    else
        logical<orr>(t, q, m, n, d);
}

using enum Sizes;
using enum Group;

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
        // clang-format off
    row<"0 q 0 01110 zz 1 mmmmm 00000 1 nnnnn ddddd", same<hadd, Signed, BHS>>("SHADD", simd),
    row<"0 q 1 01110 zz 1 mmmmm 00000 1 nnnnn ddddd", same<hadd, Unsigned, BHS>>("UHADD", simd),
    row<"0 q 0 01110 zz 1 mmmmm 00001 1 nnnnn ddddd", same<qadd, Signed, BHSD>>("SQADD", simd),
    row<"0 q 1 01110 zz 1 mmmmm 00001 1 nnnnn ddddd", same<qadd, Unsigned, BHSD>>("UQADD", simd),
    row<"0 q 0 01110 zz 1 mmmmm 00010 1 nnnnn ddddd", same<rhadd, Signed, BHS>>("SRHADD", simd),
    row<"0 q 1 01110 zz 1 mmmmm 00010 1 nnnnn ddddd", same<rhadd, Unsigned, BHS>>("URHADD", simd),
    row<"0 q 0 01110 00 1 mmmmm 00011 1 nnnnn ddddd", logical<and_>>("AND (vector)", simd),
    row<"0 q 0 01110 01 1 mmmmm 00011 1 nnnnn ddddd", logical<bic>>("BIC (vector, register)", simd),
    row<"0 q 0 01110 10 1 mmmmm 00011 1 nnnnn ddddd", orr_register>("ORR (vector, register)", simd),
    row<"0 q 0 01110 11 1 mmmmm 00011 1 nnnnn ddddd", logical<orn>>("ORN (vector)", simd),
    row<"0 q 1 01110 00 1 mmmmm 00011 1 nnnnn ddddd", logical<eor>>("EOR (vector)", simd),
    row<"0 q 1 01110 01 1 mmmmm 00011 1 nnnnn ddddd", logical<bsl>>("BSL", simd),
    row<"0 q 1 01110 10 1 mmmmm 00011 1 nnnnn ddddd", logical<bit>>("BIT", simd),
    row<"0 q 1 01110 11 1 mmmmm 00011 1 nnnnn ddddd", logical<bif>>("BIF", simd),
    row<"0 q 0 01110 zz 1 mmmmm 00100 1 nnnnn ddddd", same<hsub, Signed, BHS>>("SHSUB", simd),
    row<"0 q 1 01110 zz 1 mmmmm 00100 1 nnnnn ddddd", same<hsub, Unsigned, BHS>>("UHSUB", simd),
    row<"0 q 0 01110 zz 1 mmmmm 00101 1 nnnnn ddddd", same<qsub, Signed, BHSD>>("SQSUB", simd),
    row<"0 q 1 01110 zz 1 mmmmm 00101 1 nnnnn ddddd", same<qsub, Unsigned, BHSD>>("UQSUB", simd),
    row<"0 q 0 01110 zz 1 mmmmm 00110 1 nnnnn ddddd", same<cmgt, Signed, BHSD>>("CMGT (register)", simd),
    row<"0 q 1 01110 zz 1 mmmmm 00110 1 nnnnn ddddd", same<cmgt, Unsigned, BHSD>>("CMHI (register)", simd),
    row<"0 q 0 01110 zz 1 mmmmm 00111 1 nnnnn ddddd", same<cmge, Signed, BHSD>>("CMGE (register)", simd),
    row<"0 q 1 01110 zz 1 mmmmm 00111 1 nnnnn ddddd", same<cmge, Unsigned, BHSD>>("CMHS (register)", simd),
    row<"0 q 0 01110 zz 1 mmmmm 01000 1 nnnnn ddddd", same<shl, Signed, BHSD>>("SSHL", simd),
    row<"0 q 1 01110 zz 1 mmmmm 01000 1 nnnnn ddddd", same<shl, Unsigned, BHSD>>("USHL", simd),
    row<"0 q 0 01110 zz 1 mmmmm 01001 1 nnnnn ddddd", same<qshl, Signed, BHSD>>("SQSHL (register)", simd),
    row<"0 q 1 01110 zz 1 mmmmm 01001 1 nnnnn ddddd", same<qshl, Unsigned, BHSD>>("UQSHL (register)", simd),
    row<"0 q 0 01110 zz 1 mmmmm 01010 1 nnnnn ddddd", same<rshl, Signed, BHSD>>("SRSHL", simd),
    row<"0 q 1 01110 zz 1 mmmmm 01010 1 nnnnn ddddd", same<rshl, Unsigned, BHSD>>("URSHL", simd),
    row<"0 q 0 01110 zz 1 mmmmm 01011 1 nnnnn ddddd", same<qrshl, Signed, BHSD>>("SQRSHL", simd),
    row<"0 q 1 01110 zz 1 mmmmm 01011 1 nnnnn ddddd", same<qrshl, Unsigned, BHSD>>("UQRSHL", simd),
    row<"0 q 0 01110 zz 1 mmmmm 01100 1 nnnnn ddddd", same<max, Signed, BHS>>("SMAX", simd),
    row<"0 q 1 01110 zz 1 mmmmm 01100 1 nnnnn ddddd", same<max, Unsigned, BHS>>("UMAX", simd),
    row<"0 q 0 01110 zz 1 mmmmm 01101 1 nnnnn ddddd", same<min, Signed, BHS>>("SMIN", simd),
    row<"0 q 1 01110 zz 1 mmmmm 01101 1 nnnnn ddddd", same<min, Unsigned, BHS>>("UMIN", simd),
    row<"0 q 0 01110 zz 1 mmmmm 01110 1 nnnnn ddddd", same<abd, Signed, BHS>>("SABD", simd),
    row<"0 q 1 01110 zz 1 mmmmm 01110 1 nnnnn ddddd", same<abd, Unsigned, BHS>>("UABD", simd),
    row<"0 q 0 01110 zz 1 mmmmm 01111 1 nnnnn ddddd", same<aba, Signed, BHS>>("SABA", simd),
    row<"0 q 1 01110 zz 1 mmmmm 01111 1 nnnnn ddddd", same<aba, Unsigned, BHS>>("UABA", simd),
    row<"0 q 0 01110 zz 1 mmmmm 10000 1 nnnnn ddddd", same<add, Unsigned, BHSD>>("ADD (vector)", simd),
    row<"0 q 1 01110 zz 1 mmmmm 10000 1 nnnnn ddddd", same<sub, Unsigned, BHSD>>("SUB (vector)", simd),
    row<"0 q 0 01110 zz 1 mmmmm 10001 1 nnnnn ddddd", same<cmtst, Unsigned, BHSD>>("CMTST", simd),
    row<"0 q 1 01110 zz 1 mmmmm 10001 1 nnnnn ddddd", same<cmeq, Unsigned, BHSD>>("CMEQ (register)", simd),
    row<"0 q 0 01110 zz 1 mmmmm 10010 1 nnnnn ddddd", same<mla, Unsigned, BHS>>("MLA (vector)", simd),
    row<"0 q 1 01110 zz 1 mmmmm 10010 1 nnnnn ddddd", same<mls, Unsigned, BHS>>("MLS (vector)", simd),
    row<"0 q 0 01110 zz 1 mmmmm 10011 1 nnnnn ddddd", same<mul, Unsigned, BHS>>("MUL (vector)", simd),
    row<"0 q 1 01110 zz 1 mmmmm 10011 1 nnnnn ddddd", same<pmul, Unsigned, B>>("PMUL", simd),
    row<"0 q 0 01110 zz 1 mmmmm 10100 1 nnnnn ddddd", pairwise<max, Signed, BHS>>("SMAXP", simd),
    row<"0 q 1 01110 zz 1 mmmmm 10100 1 nnnnn ddddd", pairwise<max, Unsigned, BHS>>("UMAXP", simd),
    row<"0 q 0 01110 zz 1 mmmmm 10101 1 nnnnn ddddd", pairwise<min, Signed, BHS>>("SMINP", simd),
    row<"0 q 1 01110 zz 1 mmmmm 10101 1 nnnnn ddddd", pairwise<min, Unsigned, BHS>>("UMINP", simd),
    row<"0 q 0 01110 zz 1 mmmmm 10110 1 nnnnn ddddd", same<sqdmulh<Rounded::no>, Signed, HS>>("SQDMULH (vector)", simd),
    row<"0 q 1 01110 zz 1 mmmmm 10110 1 nnnnn ddddd", same<sqdmulh<Rounded::yes>, Signed, HS>>("SQRDMULH (vector)", simd),
    row<"0 q 0 01110 zz 1 mmmmm 10111 1 nnnnn ddddd", pairwise<add, Unsigned, BHSD>>("ADDP (vector)", simd),

    row<"01 0 11110 zz 1 mmmmm 00001 1 nnnnn ddddd", scalar<qadd, Signed, BHSD>>("SQADD", simd),
    row<"01 1 11110 zz 1 mmmmm 00001 1 nnnnn ddddd", scalar<qadd, Unsigned, BHSD>>("UQADD", simd),
    row<"01 0 11110 zz 1 mmmmm 00101 1 nnnnn ddddd", scalar<qsub, Signed, BHSD>>("SQSUB", simd),
    row<"01 1 11110 zz 1 mmmmm 00101 1 nnnnn ddddd", scalar<qsub, Unsigned, BHSD>>("UQSUB", simd),
    row<"01 0 11110 zz 1 mmmmm 00110 1 nnnnn ddddd", scalar<cmgt, Signed, D>>("CMGT (register)", simd),
    row<"01 1 11110 zz 1 mmmmm 00110 1 nnnnn ddddd", scalar<cmgt, Unsigned, D>>("CMHI (register)", simd),
    row<"01 0 11110 zz 1 mmmmm 00111 1 nnnnn ddddd", scalar<cmge, Signed, D>>("CMGE (register)", simd),
    row<"01 1 11110 zz 1 mmmmm 00111 1 nnnnn ddddd", scalar<cmge, Unsigned, D>>("CMHS (register)", simd),
    row<"01 0 11110 zz 1 mmmmm 01000 1 nnnnn ddddd", scalar<shl, Signed, D>>("SSHL", simd),
    row<"01 1 11110 zz 1 mmmmm 01000 1 nnnnn ddddd", scalar<shl, Unsigned, D>>("USHL", simd),
    row<"01 0 11110 zz 1 mmmmm 01001 1 nnnnn ddddd", scalar<qshl, Signed, BHSD>>("SQSHL (register)", simd),
    row<"01 1 11110 zz 1 mmmmm 01001 1 nnnnn ddddd", scalar<qshl, Unsigned, BHSD>>("UQSHL (register)", simd),
    row<"01 0 11110 zz 1 mmmmm 01010 1 nnnnn ddddd", scalar<rshl, Signed, D>>("SRSHL", simd),
    row<"01 1 11110 zz 1 mmmmm 01010 1 nnnnn ddddd", scalar<rshl, Unsigned, D>>("URSHL", simd),
    row<"01 0 11110 zz 1 mmmmm 01011 1 nnnnn ddddd", scalar<qrshl, Signed, BHSD>>("SQRSHL", simd),
    row<"01 1 11110 zz 1 mmmmm 01011 1 nnnnn ddddd", scalar<qrshl, Unsigned, BHSD>>("UQRSHL", simd),
    row<"01 0 11110 zz 1 mmmmm 10000 1 nnnnn ddddd", scalar<add, Unsigned, D>>("ADD (vector)", simd),
    row<"01 1 11110 zz 1 mmmmm 10000 1 nnnnn ddddd", scalar<sub, Unsigned, D>>("SUB (vector)", simd),
    row<"01 0 11110 zz 1 mmmmm 10001 1 nnnnn ddddd", scalar<cmtst, Unsigned, D>>("CMTST", simd),
    row<"01 1 11110 zz 1 mmmmm 10001 1 nnnnn ddddd", scalar<cmeq, Unsigned, D>>("CMEQ (register)", simd),
    row<"01 0 11110 zz 1 mmmmm 10110 1 nnnnn ddddd", scalar<sqdmulh<Rounded::no>, Signed, HS>>("SQDMULH (vector)", simd),
    row<"01 1 11110 zz 1 mmmmm 10110 1 nnnnn ddddd", scalar<sqdmulh<Rounded::yes>, Signed, HS>>("SQRDMULH (vector)", simd),
    // clang-format on
    };
    return rows;
}

} // namespace

std::span<const Row> simd_three_same() { return table(); }

} // namespace arm64::cpu::a64

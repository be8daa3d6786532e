// SPDX-License-Identifier: Apache-2.0
// AdvSIMD two-register miscellaneous, integer, and its scalar forms. DDI 0487, C4.1.96 and C7.2.
#include "arch-arm64/cpu/a64/simd_handlers.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>

namespace arm64::cpu::a64 {
namespace {

using u32 = std::uint32_t;

template <class T>
constexpr auto unsigned_of(T value) {
    return static_cast<std::make_unsigned_t<T>>(value);
}
template <class T>
constexpr auto signed_of(T value) {
    return static_cast<std::make_signed_t<T>>(value);
}

constexpr auto cls = [](auto n) { return std::countl_zero(unsigned_of(static_cast<decltype(n)>(n ^ n >> 1))) - 1; };
constexpr auto clz = [](auto n) { return std::countl_zero(n); };
constexpr auto cnt = [](auto n) { return std::popcount(n); };
constexpr auto not_ = [](auto n) { return ~n; };
constexpr auto rbit = [](auto n) {
    n = static_cast<decltype(n)>((n & 0x55) << 1 | (n >> 1 & 0x55));
    n = static_cast<decltype(n)>((n & 0x33) << 2 | (n >> 2 & 0x33));
    return n << 4 | n >> 4;
};
constexpr auto neg = [](auto n) { return 0 - modular(n); };
constexpr auto abs = [](auto n) { return n < 0 ? 0 - modular(n) : modular(n); };
constexpr auto sqneg = [](Saturation& saturation, auto n) { return saturation.to<decltype(n)>(-wide(n)); };
constexpr auto sqabs = [](Saturation& saturation, auto n) {
    return saturation.to<decltype(n)>(n < 0 ? -wide(n) : wide(n));
};
constexpr auto suqadd = [](Saturation& saturation, auto d, auto n) {
    return saturation.to<decltype(d)>(wide(d) + wide(unsigned_of(n)));
};
constexpr auto usqadd = [](Saturation& saturation, auto d, auto n) {
    return saturation.to<decltype(d)>(wide(d) + wide(signed_of(n)));
};

constexpr auto cmgt0 = [](auto n) { return all_ones_if<decltype(n)>(n > 0); };
constexpr auto cmge0 = [](auto n) { return all_ones_if<decltype(n)>(n >= 0); };
constexpr auto cmeq0 = [](auto n) { return all_ones_if<decltype(n)>(n == 0); };
constexpr auto cmle0 = [](auto n) { return all_ones_if<decltype(n)>(n <= 0); };
constexpr auto cmlt0 = [](auto n) { return all_ones_if<decltype(n)>(n < 0); };

constexpr auto add_pair = [](auto d, auto n, auto m) { return modular(d) + modular(n) + modular(m); };
constexpr auto shll = [](auto n, unsigned shift) { return modular(n) << shift; };

/// Elements in reverse order in each `container`, bytes.
template <std::size_t container>
struct Reverse {
    template <class T>
    [[gnu::flatten]] static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        const auto n = lanes<T>(cpu.v[op.n]);
        Lanes<T> d;
        for (std::size_t i = 0; i < d.size(); ++i)
            d[i] = n[i ^ (container / sizeof(T) - 1)];
        cpu.v[op.d] = keep(op.a, vector<T>(d));
        return true;
    }
};

/// d[i] = F(n[2 * i], n[2 * i + 1]), in which d has elements of twice the width.
template <auto F>
struct PairwiseLong {
    template <class T>
    [[gnu::flatten]] static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        using W = Twice<SignOf<T>, T>;
        const auto n = lanes<T>(cpu.v[op.n]);
        auto d = lanes<W>(cpu.v[op.d]);
        Saturation saturation;
        for (std::size_t i = 0; i < d.size(); ++i)
            d[i] = element<F, W>(saturation, d[i], W{n[2 * i]}, W{n[2 * i + 1]});
        cpu.v[op.d] = keep(op.a, vector<W>(d));
        return true;
    }
};

template <class Body, class Sign, Sizes sizes>
bool two(Translator& t, u32 q, u32 size, u32 n, u32 d) {
    if (is_1D(q, size))
        return false;
    return emit(t, handlers<Body, Sign, sizes>[size],
                { .d = vector_slot(d), .n = vector_slot(n), .a = vector_shape(q) });
}
template <auto F, class Sign, Sizes sizes>
constexpr auto unary = &two<Unary<F>, Sign, sizes>;

template <auto F>
bool bytes(Translator& t, u32 q, u32 n, u32 d) {
    return unary<F, Unsigned, Sizes::B>(t, q, 0, n, d);
}

template <auto F, class Sign, Sizes sizes>
bool scalar(Translator& t, u32 size, u32 n, u32 d) {
    return emit(t, handlers<Unary<F>, Sign, sizes>[size],
                { .d = vector_slot(d), .n = vector_slot(n), .a = scalar_shape(size) });
}

template <class Source, class Sign, Narrowing narrowing>
bool narrow(Translator& t, u32 q, u32 size, u32 n, u32 d) {
    return emit(t, handlers<Narrow<Source, Rounded::no, narrowing>, Sign, Sizes::BHS>[size],
                { .d = vector_slot(d), .n = vector_slot(n), .a = narrow_shape, .imm = q });
}
template <class Source, class Sign>
bool scalar_narrow(Translator& t, u32 size, u32 n, u32 d) {
    return emit(t, handlers<Narrow<Source, Rounded::no, Narrowing::saturates>, Sign, Sizes::BHS>[size],
                { .d = vector_slot(d), .n = vector_slot(n), .a = scalar_shape(size) });
}

bool shift_long(Translator& t, u32 q, u32 size, u32 n, u32 d) {
    return emit(t, handlers<LongShift<shll>, Unsigned, Sizes::BHS>[size], {
        .d = vector_slot(d), .n = vector_slot(n), .a = narrow_shape, .extra = static_cast<std::uint16_t>(8U << size),
        .imm = q
    });
}

using enum Sizes;
using enum Group;
using enum Narrowing;

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
        // clang-format off
    row<"0 q 0 01110 zz 10000 00000 10 nnnnn ddddd", two<Reverse<8>, Unsigned, BHS>>("REV64", simd),
    row<"0 q 1 01110 zz 10000 00000 10 nnnnn ddddd", two<Reverse<4>, Unsigned, BH>>("REV32 (vector)", simd),
    row<"0 q 0 01110 zz 10000 00001 10 nnnnn ddddd", two<Reverse<2>, Unsigned, B>>("REV16 (vector)", simd),
    row<"0 q 0 01110 zz 10000 00010 10 nnnnn ddddd", two<PairwiseLong<add>, Signed, BHS>>("SADDLP", simd),
    row<"0 q 1 01110 zz 10000 00010 10 nnnnn ddddd", two<PairwiseLong<add>, Unsigned, BHS>>("UADDLP", simd),
    row<"0 q 0 01110 zz 10000 00011 10 nnnnn ddddd", unary<suqadd, Signed, BHSD>>("SUQADD", simd),
    row<"0 q 1 01110 zz 10000 00011 10 nnnnn ddddd", unary<usqadd, Unsigned, BHSD>>("USQADD", simd),
    row<"0 q 0 01110 zz 10000 00100 10 nnnnn ddddd", unary<cls, Signed, BHS>>("CLS (vector)", simd),
    row<"0 q 1 01110 zz 10000 00100 10 nnnnn ddddd", unary<clz, Unsigned, BHS>>("CLZ (vector)", simd),
    row<"0 q 0 01110 zz 10000 00101 10 nnnnn ddddd", unary<cnt, Unsigned, B>>("CNT", simd),
    row<"0 q 1 01110 00 10000 00101 10 nnnnn ddddd", bytes<not_>>("NOT", simd),
    row<"0 q 1 01110 01 10000 00101 10 nnnnn ddddd", bytes<rbit>>("RBIT (vector)", simd),
    row<"0 q 0 01110 zz 10000 00110 10 nnnnn ddddd", two<PairwiseLong<add_pair>, Signed, BHS>>("SADALP", simd),
    row<"0 q 1 01110 zz 10000 00110 10 nnnnn ddddd", two<PairwiseLong<add_pair>, Unsigned, BHS>>("UADALP", simd),
    row<"0 q 0 01110 zz 10000 00111 10 nnnnn ddddd", unary<sqabs, Signed, BHSD>>("SQABS", simd),
    row<"0 q 1 01110 zz 10000 00111 10 nnnnn ddddd", unary<sqneg, Signed, BHSD>>("SQNEG", simd),
    row<"0 q 0 01110 zz 10000 01000 10 nnnnn ddddd", unary<cmgt0, Signed, BHSD>>("CMGT (zero)", simd),
    row<"0 q 1 01110 zz 10000 01000 10 nnnnn ddddd", unary<cmge0, Signed, BHSD>>("CMGE (zero)", simd),
    row<"0 q 0 01110 zz 10000 01001 10 nnnnn ddddd", unary<cmeq0, Signed, BHSD>>("CMEQ (zero)", simd),
    row<"0 q 1 01110 zz 10000 01001 10 nnnnn ddddd", unary<cmle0, Signed, BHSD>>("CMLE (zero)", simd),
    row<"0 q 0 01110 zz 10000 01010 10 nnnnn ddddd", unary<cmlt0, Signed, BHSD>>("CMLT (zero)", simd),
    row<"0 q 0 01110 zz 10000 01011 10 nnnnn ddddd", unary<abs, Signed, BHSD>>("ABS", simd),
    row<"0 q 1 01110 zz 10000 01011 10 nnnnn ddddd", unary<neg, Unsigned, BHSD>>("NEG (vector)", simd),
    row<"0 q 0 01110 zz 10000 10010 10 nnnnn ddddd", narrow<Unsigned, Unsigned, truncates>>("XTN, XTN2", simd),
    row<"0 q 1 01110 zz 10000 10010 10 nnnnn ddddd", narrow<Signed, Unsigned, saturates>>("SQXTUN, SQXTUN2", simd),
    row<"0 q 1 01110 zz 10000 10011 10 nnnnn ddddd", shift_long>("SHLL, SHLL2", simd),
    row<"0 q 0 01110 zz 10000 10100 10 nnnnn ddddd", narrow<Signed, Signed, saturates>>("SQXTN, SQXTN2", simd),
    row<"0 q 1 01110 zz 10000 10100 10 nnnnn ddddd", narrow<Unsigned, Unsigned, saturates>>("UQXTN, UQXTN2", simd),

    row<"01 0 11110 zz 10000 00011 10 nnnnn ddddd", scalar<suqadd, Signed, BHSD>>("SUQADD", simd),
    row<"01 1 11110 zz 10000 00011 10 nnnnn ddddd", scalar<usqadd, Unsigned, BHSD>>("USQADD", simd),
    row<"01 0 11110 zz 10000 00111 10 nnnnn ddddd", scalar<sqabs, Signed, BHSD>>("SQABS", simd),
    row<"01 1 11110 zz 10000 00111 10 nnnnn ddddd", scalar<sqneg, Signed, BHSD>>("SQNEG", simd),
    row<"01 0 11110 zz 10000 01000 10 nnnnn ddddd", scalar<cmgt0, Signed, D>>("CMGT (zero)", simd),
    row<"01 1 11110 zz 10000 01000 10 nnnnn ddddd", scalar<cmge0, Signed, D>>("CMGE (zero)", simd),
    row<"01 0 11110 zz 10000 01001 10 nnnnn ddddd", scalar<cmeq0, Signed, D>>("CMEQ (zero)", simd),
    row<"01 1 11110 zz 10000 01001 10 nnnnn ddddd", scalar<cmle0, Signed, D>>("CMLE (zero)", simd),
    row<"01 0 11110 zz 10000 01010 10 nnnnn ddddd", scalar<cmlt0, Signed, D>>("CMLT (zero)", simd),
    row<"01 0 11110 zz 10000 01011 10 nnnnn ddddd", scalar<abs, Signed, D>>("ABS", simd),
    row<"01 1 11110 zz 10000 01011 10 nnnnn ddddd", scalar<neg, Unsigned, D>>("NEG (vector)", simd),
    row<"01 1 11110 zz 10000 10010 10 nnnnn ddddd", scalar_narrow<Signed, Unsigned>>("SQXTUN, SQXTUN2", simd),
    row<"01 0 11110 zz 10000 10100 10 nnnnn ddddd", scalar_narrow<Signed, Signed>>("SQXTN, SQXTN2", simd),
    row<"01 1 11110 zz 10000 10100 10 nnnnn ddddd", scalar_narrow<Unsigned, Unsigned>>("UQXTN, UQXTN2", simd),
    // clang-format on
    };
    return rows;
}

} // namespace

std::span<const Row> simd_two_register() { return table(); }

} // namespace arm64::cpu::a64

// SPDX-License-Identifier: Apache-2.0
// AdvSIMD across lanes, integer, and scalar pairwise. DDI 0487, C4.1.96 and C7.2.
#include "arch-arm64/cpu/a64/simd_handlers.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>

namespace arm64::cpu::a64 {
namespace {

using u32 = std::uint32_t;

constexpr auto as_wide = [](auto value) { return static_cast<Twice<SignOf<decltype(value)>, decltype(value)>>(value); };
constexpr auto as_it_is = [](auto value) { return value; };

/// d = F(... F(n[0], n[1]) ..., n[last]), each first made what the result is.
template <auto F, auto Element>
struct Reduce {
    template <class T>
    [[gnu::flatten]] static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        const auto n = lanes<T>(cpu.v[op.n]);
        auto total = Function<Element>{}(n[0]);
        for (std::size_t i = 1; i < (op.imm != 0 ? n.size() : n.size() / 2); ++i)
            total = static_cast<decltype(total)>(Function<F>{}(total, Function<Element>{}(n[i])));
        cpu.v[op.d].set_scalar(total);
        return true;
    }
};

template <auto F, auto Element, class Sign>
bool across(Translator& t, u32 q, u32 size, u32 n, u32 d) {
    if (q == 0 && size == 2)
        return false; // 2S
    return emit(t, handlers<Reduce<F, Element>, Sign, Sizes::BHS>[size],
                { .d = vector_slot(d), .n = vector_slot(n), .imm = q });
}
template <auto F, class Sign>
constexpr auto same = &across<F, as_it_is, Sign>;
template <auto F, class Sign>
constexpr auto longs = &across<F, as_wide, Sign>;

bool add_halves(Cpu& cpu, const Op& op) {
    if (!cpu.check_fp_enabled())
        return false;
    cpu.v[op.d].set_scalar(cpu.v[op.n].d[0] + cpu.v[op.n].d[1]);
    return true;
}
bool addp(Translator& t, u32 size, u32 n, u32 d) {
    return emit(t, size == 3 ? handler<add_halves> : nullptr, {.d = vector_slot(d), .n = vector_slot(n)});
}

using enum Group;

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
        // clang-format off
    row<"0 q 0 01110 zz 11000 00011 10 nnnnn ddddd", longs<add, Signed>>("SADDLV", simd),
    row<"0 q 1 01110 zz 11000 00011 10 nnnnn ddddd", longs<add, Unsigned>>("UADDLV", simd),
    row<"0 q 0 01110 zz 11000 01010 10 nnnnn ddddd", same<max, Signed>>("SMAXV", simd),
    row<"0 q 1 01110 zz 11000 01010 10 nnnnn ddddd", same<max, Unsigned>>("UMAXV", simd),
    row<"0 q 0 01110 zz 11000 11010 10 nnnnn ddddd", same<min, Signed>>("SMINV", simd),
    row<"0 q 1 01110 zz 11000 11010 10 nnnnn ddddd", same<min, Unsigned>>("UMINV", simd),
    row<"0 q 0 01110 zz 11000 11011 10 nnnnn ddddd", same<add, Unsigned>>("ADDV", simd),

    row<"01 0 11110 zz 11000 11011 10 nnnnn ddddd", addp>("ADDP (scalar)", simd),
    // clang-format on
    };
    return rows;
}

} // namespace

std::span<const Row> simd_across_lanes() { return table(); }

} // namespace arm64::cpu::a64

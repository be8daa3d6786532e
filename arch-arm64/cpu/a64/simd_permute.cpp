// SPDX-License-Identifier: Apache-2.0
// AdvSIMD permute, extract and table lookup. DDI 0487, C4.1.96 and C7.2.
#include "arch-arm64/cpu/a64/simd_handlers.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>

namespace arm64::cpu::a64 {
namespace {

using u32 = std::uint32_t;

// Each of the first three puts pairs together: of element p of the pair's two, in vectors of `count` elements.

/// ZIP1, ZIP2: p-th elements of a half of n and of m.
template <unsigned part>
constexpr auto zip = [](const auto& n, const auto& m, auto& d, std::size_t count) {
    for (std::size_t p = 0; p < count / 2; ++p) {
        d[2 * p] = n[part * count / 2 + p];
        d[2 * p + 1] = m[part * count / 2 + p];
    }
};
/// UZP1, UZP2: even or odd elements of n, and behind them those of m.
template <unsigned part>
constexpr auto uzp = [](const auto& n, const auto& m, auto& d, std::size_t count) {
    for (std::size_t p = 0; p < count / 2; ++p) {
        d[p] = n[2 * p + part];
        d[count / 2 + p] = m[2 * p + part];
    }
};
/// TRN1, TRN2: even or odd elements of n, and between them those of m.
template <unsigned part>
constexpr auto trn = [](const auto& n, const auto& m, auto& d, std::size_t count) {
    for (std::size_t p = 0; p < count / 2; ++p) {
        d[2 * p] = n[2 * p + part];
        d[2 * p + 1] = m[2 * p + part];
    }
};

template <auto F>
struct Permute {
    template <class T>
    [[gnu::flatten]] static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        const auto n = lanes<T>(cpu.v[op.n]), m = lanes<T>(cpu.v[op.m]);
        Lanes<T> d{};
        // Both counts are constants, so that the loops are unrolled.
        if (op.a == vector_shape(1))
            Function<F>{}(n, m, d, d.size());
        else
            Function<F>{}(n, m, d, d.size() / 2);
        cpu.v[op.d] = vector<T>(d);
        return true;
    }
};

template <auto F>
bool permute(Translator& t, u32 q, u32 size, u32 m, u32 n, u32 d) {
    if (is_1D(q, size))
        return false;
    return emit(t, handlers<Permute<F>, Unsigned, Sizes::BHSD>[size],
                { .d = vector_slot(d), .n = vector_slot(n), .m = vector_slot(m), .a = vector_shape(q) });
}

// Operands: extra bits, less than 64 of those behind d[imm] of n.

/// `shift` bits to the right out of two doublewords; less than 64.
constexpr std::uint64_t extract(std::uint64_t low, std::uint64_t high, unsigned shift) {
    return low >> shift | high << 1 << (63 - shift);
}

bool ext_64(Cpu& cpu, const Op& op) {
    if (!cpu.check_fp_enabled())
        return false;
    cpu.v[op.d].d = {extract(cpu.v[op.n].d[0], cpu.v[op.m].d[0], op.extra), 0};
    return true;
}
bool ext_from_low(Cpu& cpu, const Op& op) {
    if (!cpu.check_fp_enabled())
        return false;
    const auto n = cpu.v[op.n].d;
    const auto m0 = cpu.v[op.m].d[0];
    cpu.v[op.d].d = {extract(n[0], n[1], op.extra), extract(n[1], m0, op.extra)};
    return true;
}
bool ext_from_high(Cpu& cpu, const Op& op) {
    if (!cpu.check_fp_enabled())
        return false;
    const auto n1 = cpu.v[op.n].d[1];
    const auto m = cpu.v[op.m].d;
    cpu.v[op.d].d = {extract(n1, m[0], op.extra), extract(m[0], m[1], op.extra)};
    return true;
}

bool ext(Translator& t, u32 q, u32 m, u32 imm4, u32 n, u32 d) {
    const bool high = imm4 >= 8;
    if (q == 0 && high)
        return false;
    t.emit(q == 0 ? handler<ext_64>
           : high ? handler<ext_from_high>
                  : handler<ext_from_low>,
           {.d = vector_slot(d),
            .n = vector_slot(n),
            .m = vector_slot(m),
            .extra = static_cast<std::uint16_t>(8 * (imm4 & 7))});
    return true;
}

enum class Outside : std::uint8_t { zero, kept };

/// Bytes of `registers` registers from n on, V0 behind V31.
template <Outside outside>
bool look_up(Cpu& cpu, const Op& op) {
    if (!cpu.check_fp_enabled())
        return false;
    const auto indices = lanes<std::uint8_t>(cpu.v[op.m]);
    auto d = lanes<std::uint8_t>(outside == Outside::kept ? cpu.v[op.d] : Vector{});
    const unsigned registers = op.extra;
    for (std::size_t i = 0; i < d.size(); ++i)
        if (indices[i] < 16 * registers)
            d[i] = cpu.v[(op.n + indices[i] / 16U) % 32].get<std::uint8_t>(indices[i] % 16U);
    cpu.v[op.d] = keep(op.a, vector<std::uint8_t>(d));
    return true;
}

template <Outside outside>
void table_lookup(Translator& t, u32 q, u32 m, u32 len, u32 n, u32 d) {
    t.emit(handler<look_up<outside>>, {.d = vector_slot(d),
                                       .n = vector_slot(n),
                                       .m = vector_slot(m),
                                       .a = vector_shape(q),
                                       .extra = static_cast<std::uint16_t>(len + 1)});
}

using enum Group;

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
        // clang-format off
    row<"0 q 001110 zz 0 mmmmm 0 001 10 nnnnn ddddd", permute<uzp<0>>>("UZP1", simd),
    row<"0 q 001110 zz 0 mmmmm 0 010 10 nnnnn ddddd", permute<trn<0>>>("TRN1", simd),
    row<"0 q 001110 zz 0 mmmmm 0 011 10 nnnnn ddddd", permute<zip<0>>>("ZIP1", simd),
    row<"0 q 001110 zz 0 mmmmm 0 101 10 nnnnn ddddd", permute<uzp<1>>>("UZP2", simd),
    row<"0 q 001110 zz 0 mmmmm 0 110 10 nnnnn ddddd", permute<trn<1>>>("TRN2", simd),
    row<"0 q 001110 zz 0 mmmmm 0 111 10 nnnnn ddddd", permute<zip<1>>>("ZIP2", simd),
    row<"0 q 101110 00 0 mmmmm 0 iiii 0 nnnnn ddddd", ext>("EXT", simd),
    row<"0 q 001110 00 0 mmmmm 0 ll 0 00 nnnnn ddddd", table_lookup<Outside::zero>>("TBL", simd),
    row<"0 q 001110 00 0 mmmmm 0 ll 1 00 nnnnn ddddd", table_lookup<Outside::kept>>("TBX", simd),
    // clang-format on
    };
    return rows;
}

} // namespace

std::span<const Row> simd_permute() { return table(); }

} // namespace arm64::cpu::a64

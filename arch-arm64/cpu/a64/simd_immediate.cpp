// SPDX-License-Identifier: Apache-2.0
// AdvSIMD modified immediate, integer. DDI 0487, C4.1.96, C7.2 and shared/functions/vector/AdvSIMDExpandImm.
#include "arch-arm64/cpu/a64/simd_handlers.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>

namespace arm64::cpu::a64 {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr u64 in_words(u64 value) { return value << 32 | value; }
constexpr u64 in_halfwords(u64 value) { return in_words(value << 16 | value); }
constexpr u64 in_bytes(u64 value) { return in_halfwords(value << 8 | value); }

/// Each bit makes a byte of it.
constexpr u64 bits_to_bytes(u64 imm8) {
    u64 bytes = 0;
    for (unsigned bit = 0; bit < 8; ++bit)
        bytes |= (imm8 >> bit & 1) * (u64{0xFF} << 8 * bit);
    return bytes;
}

/// AdvSIMDExpandImm of integers. `cmode` without its lowest bit, which says whether it is a MOVI or an ORR; except that
/// of 110x, which selects the shift.
template <u32 cmode>
constexpr u64 expand(u64 imm8) {
    switch (cmode >> 1) {
    case 0b000:
    case 0b001:
    case 0b010:
    case 0b011: return in_words(imm8 << 8 * (cmode >> 1));
    case 0b100:
    case 0b101: return in_halfwords(imm8 << 8 * (cmode >> 1 & 1));
    case 0b110: return in_words((cmode & 1) != 0 ? imm8 << 16 | 0xFFFF : imm8 << 8 | 0xFF);
    default: return in_bytes(imm8);
    }
}

bool move(Cpu& cpu, const Op& op) {
    if (!cpu.check_fp_enabled())
        return false;
    cpu.v[op.d] = keep(op.a, {{op.imm, op.imm}});
    return true;
}
bool set_bits(Cpu& cpu, const Op& op) {
    if (!cpu.check_fp_enabled())
        return false;
    const auto& d = cpu.v[op.d].d;
    cpu.v[op.d] = keep(op.a, {{d[0] | op.imm, d[1] | op.imm}});
    return true;
}
bool clear_bits(Cpu& cpu, const Op& op) {
    if (!cpu.check_fp_enabled())
        return false;
    const auto& d = cpu.v[op.d].d;
    cpu.v[op.d] = keep(op.a, {{d[0] & ~op.imm, d[1] & ~op.imm}});
    return true;
}

template <u32 cmode>
void movi(Translator& t, u32 q, u32 imm8, u32 d) {
    t.emit(handler<move>, {.d = vector_slot(d), .a = vector_shape(q), .imm = expand<cmode>(imm8)});
}
template <u32 cmode>
void mvni(Translator& t, u32 q, u32 imm8, u32 d) {
    t.emit(handler<move>, {.d = vector_slot(d), .a = vector_shape(q), .imm = ~expand<cmode>(imm8)});
}
void movi64(Translator& t, u32 q, u32 imm8, u32 d) {
    t.emit(handler<move>, {.d = vector_slot(d), .a = vector_shape(q), .imm = bits_to_bytes(imm8)});
}
template <u32 cmode>
void orr(Translator& t, u32 q, u32 imm8, u32 d) {
    t.emit(handler<set_bits>, {.d = vector_slot(d), .a = vector_shape(q), .imm = expand<cmode>(imm8)});
}
template <u32 cmode>
void bic(Translator& t, u32 q, u32 imm8, u32 d) {
    t.emit(handler<clear_bits>, {.d = vector_slot(d), .a = vector_shape(q), .imm = expand<cmode>(imm8)});
}

using enum Group;

// One row for each cmode: together they lie across the shifts by immediate, of which immh is 0 here.
// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
        // clang-format off
    row<"0 q 0 0111100000 iii 0000 01 iiiii ddddd", movi<0b0000>>("MOVI", simd),
    row<"0 q 0 0111100000 iii 0010 01 iiiii ddddd", movi<0b0010>>("MOVI", simd),
    row<"0 q 0 0111100000 iii 0100 01 iiiii ddddd", movi<0b0100>>("MOVI", simd),
    row<"0 q 0 0111100000 iii 0110 01 iiiii ddddd", movi<0b0110>>("MOVI", simd),
    row<"0 q 0 0111100000 iii 1000 01 iiiii ddddd", movi<0b1000>>("MOVI", simd),
    row<"0 q 0 0111100000 iii 1010 01 iiiii ddddd", movi<0b1010>>("MOVI", simd),
    row<"0 q 0 0111100000 iii 1100 01 iiiii ddddd", movi<0b1100>>("MOVI", simd),
    row<"0 q 0 0111100000 iii 1101 01 iiiii ddddd", movi<0b1101>>("MOVI", simd),
    row<"0 q 0 0111100000 iii 1110 01 iiiii ddddd", movi<0b1110>>("MOVI", simd),
    row<"0 q 1 0111100000 iii 1110 01 iiiii ddddd", movi64>("MOVI", simd),
    row<"0 q 0 0111100000 iii 0001 01 iiiii ddddd", orr<0b0000>>("ORR (vector, immediate)", simd),
    row<"0 q 0 0111100000 iii 0011 01 iiiii ddddd", orr<0b0010>>("ORR (vector, immediate)", simd),
    row<"0 q 0 0111100000 iii 0101 01 iiiii ddddd", orr<0b0100>>("ORR (vector, immediate)", simd),
    row<"0 q 0 0111100000 iii 0111 01 iiiii ddddd", orr<0b0110>>("ORR (vector, immediate)", simd),
    row<"0 q 0 0111100000 iii 1001 01 iiiii ddddd", orr<0b1000>>("ORR (vector, immediate)", simd),
    row<"0 q 0 0111100000 iii 1011 01 iiiii ddddd", orr<0b1010>>("ORR (vector, immediate)", simd),
    row<"0 q 1 0111100000 iii 0000 01 iiiii ddddd", mvni<0b0000>>("MVNI", simd),
    row<"0 q 1 0111100000 iii 0010 01 iiiii ddddd", mvni<0b0010>>("MVNI", simd),
    row<"0 q 1 0111100000 iii 0100 01 iiiii ddddd", mvni<0b0100>>("MVNI", simd),
    row<"0 q 1 0111100000 iii 0110 01 iiiii ddddd", mvni<0b0110>>("MVNI", simd),
    row<"0 q 1 0111100000 iii 1000 01 iiiii ddddd", mvni<0b1000>>("MVNI", simd),
    row<"0 q 1 0111100000 iii 1010 01 iiiii ddddd", mvni<0b1010>>("MVNI", simd),
    row<"0 q 1 0111100000 iii 1100 01 iiiii ddddd", mvni<0b1100>>("MVNI", simd),
    row<"0 q 1 0111100000 iii 1101 01 iiiii ddddd", mvni<0b1101>>("MVNI", simd),
    row<"0 q 1 0111100000 iii 0001 01 iiiii ddddd", bic<0b0000>>("BIC (vector, immediate)", simd),
    row<"0 q 1 0111100000 iii 0011 01 iiiii ddddd", bic<0b0010>>("BIC (vector, immediate)", simd),
    row<"0 q 1 0111100000 iii 0101 01 iiiii ddddd", bic<0b0100>>("BIC (vector, immediate)", simd),
    row<"0 q 1 0111100000 iii 0111 01 iiiii ddddd", bic<0b0110>>("BIC (vector, immediate)", simd),
    row<"0 q 1 0111100000 iii 1001 01 iiiii ddddd", bic<0b1000>>("BIC (vector, immediate)", simd),
    row<"0 q 1 0111100000 iii 1011 01 iiiii ddddd", bic<0b1010>>("BIC (vector, immediate)", simd),
        // clang-format on
    };
    return rows;
}

} // namespace

std::span<const Row> simd_immediate() { return table(); }

} // namespace arm64::cpu::a64

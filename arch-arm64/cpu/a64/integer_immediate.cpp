// SPDX-License-Identifier: Apache-2.0
// Data processing, immediate. Source: Arm DDI 0487, C4.1.86.
#include "arch-arm64/cpu/a64/arithmetic.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>
#include <bit>

namespace arm64::cpu::a64 {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

// ---- PC-relative addresses

void pc_plus(Cpu& cpu, const Op& op) { cpu.x[op.d] = cpu.address(op) + op.imm; }
void page_plus(Cpu& cpu, const Op& op) { cpu.x[op.d] = (cpu.address(op) & ~u64{0xFFF}) + op.imm; }

void adr(Translator& t, u32 lo, u32 hi, u32 d) {
    t.emit(handler<pc_plus>, {.d = destination(d), .imm = sign_extend(hi << 2 | lo, 21)});
}
void adrp(Translator& t, u32 lo, u32 hi, u32 d) {
    t.emit(handler<page_plus>, {.d = destination(d), .imm = sign_extend(u64{hi} << 2 | lo, 21) << 12});
}

// ---- Add and subtract: a subtraction without flags is the addition of the negative

template <class T>
void add(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = static_cast<T>(cpu.x[op.n] + op.imm);
}
template <class T>
void adds(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = add_setting_flags(cpu, static_cast<T>(cpu.x[op.n]), static_cast<T>(op.imm));
}
template <class T>
void subs(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = subtract_setting_flags(cpu, static_cast<T>(cpu.x[op.n]), static_cast<T>(op.imm));
}

void add_immediate(Translator& t, u32 z, u32 h, u32 i, u32 n, u32 d) {
    t.emit(z != 0 ? handler<add<u64>> : handler<add<u32>>, {.d = or_sp(d), .n = or_sp(n), .imm = h != 0 ? i << 12 : i});
}
void adds_immediate(Translator& t, u32 z, u32 h, u32 i, u32 n, u32 d) {
    t.emit(z != 0 ? handler<adds<u64>> : handler<adds<u32>>,
           {.d = destination(d), .n = or_sp(n), .imm = h != 0 ? i << 12 : i});
}
void sub_immediate(Translator& t, u32 z, u32 h, u32 i, u32 n, u32 d) {
    t.emit(z != 0 ? handler<add<u64>> : handler<add<u32>>,
           {.d = or_sp(d), .n = or_sp(n), .imm = -u64{h != 0 ? i << 12 : i}});
}
void subs_immediate(Translator& t, u32 z, u32 h, u32 i, u32 n, u32 d) {
    t.emit(z != 0 ? handler<subs<u64>> : handler<subs<u32>>,
           {.d = destination(d), .n = or_sp(n), .imm = h != 0 ? i << 12 : i});
}

// ---- Logical

// Of a 32-bit form the immediate's upper half is 0, and a source's upper half always is.
void and_imm(Cpu& cpu, const Op& op) { cpu.x[op.d] = cpu.x[op.n] & op.imm; }
void orr_imm(Cpu& cpu, const Op& op) { cpu.x[op.d] = cpu.x[op.n] | op.imm; }
void eor_imm(Cpu& cpu, const Op& op) { cpu.x[op.d] = cpu.x[op.n] ^ op.imm; }
template <class T>
void ands_imm(Cpu& cpu, const Op& op) {
    const T result = static_cast<T>(cpu.x[op.n] & op.imm);
    set_logical_flags(cpu, result);
    cpu.x[op.d] = result;
}
template <class T>
void orr_imm_narrow(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = static_cast<T>(cpu.x[op.n] | op.imm);
}
template <class T>
void eor_imm_narrow(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = static_cast<T>(cpu.x[op.n] ^ op.imm);
}

std::optional<u64> immediate(u32 z, u32 N, u32 r, u32 s) {
    if (z == 0 && N != 0)
        return std::nullopt;
    const auto mask = logical_immediate(N, s, r);
    if (!mask || z != 0)
        return mask;
    return static_cast<u32>(*mask);
}

bool and_immediate(Translator& t, u32 z, u32 N, u32 r, u32 s, u32 n, u32 d) {
    const auto imm = immediate(z, N, r, s);
    if (!imm)
        return false;
    t.emit(handler<and_imm>, {.d = or_sp(d), .n = source(n), .imm = *imm});
    return true;
}
bool orr_immediate(Translator& t, u32 z, u32 N, u32 r, u32 s, u32 n, u32 d) {
    const auto imm = immediate(z, N, r, s);
    if (!imm)
        return false;
    t.emit(z != 0 ? handler<orr_imm> : handler<orr_imm_narrow<u32>>, {.d = or_sp(d), .n = source(n), .imm = *imm});
    return true;
}
bool eor_immediate(Translator& t, u32 z, u32 N, u32 r, u32 s, u32 n, u32 d) {
    const auto imm = immediate(z, N, r, s);
    if (!imm)
        return false;
    t.emit(z != 0 ? handler<eor_imm> : handler<eor_imm_narrow<u32>>, {.d = or_sp(d), .n = source(n), .imm = *imm});
    return true;
}
bool ands_immediate(Translator& t, u32 z, u32 N, u32 r, u32 s, u32 n, u32 d) {
    const auto imm = immediate(z, N, r, s);
    if (!imm)
        return false;
    t.emit(z != 0 ? handler<ands_imm<u64>> : handler<ands_imm<u32>>,
           {.d = destination(d), .n = source(n), .imm = *imm});
    return true;
}

// ---- Move wide

void move(Cpu& cpu, const Op& op) { cpu.x[op.d] = op.imm; }
void keep(Cpu& cpu, const Op& op) {
    const u64 shift = op.extra;
    cpu.x[op.d] = (cpu.x[op.n] & ~(u64{0xFFFF} << shift)) | op.imm;
}
void keep_narrow(Cpu& cpu, const Op& op) {
    const u64 shift = op.extra;
    cpu.x[op.d] = static_cast<u32>((cpu.x[op.n] & ~(u64{0xFFFF} << shift)) | op.imm);
}

bool movn(Translator& t, u32 z, u32 h, u32 i, u32 d) {
    if (z == 0 && h > 1)
        return false;
    const u64 value = ~(u64{i} << (16 * h));
    t.emit(handler<move>, {.d = destination(d), .imm = z != 0 ? value : static_cast<u32>(value)});
    return true;
}
bool movz(Translator& t, u32 z, u32 h, u32 i, u32 d) {
    if (z == 0 && h > 1)
        return false;
    t.emit(handler<move>, {.d = destination(d), .imm = u64{i} << (16 * h)});
    return true;
}
bool movk(Translator& t, u32 z, u32 h, u32 i, u32 d) {
    if (z == 0 && h > 1)
        return false;
    t.emit(
        z != 0 ? handler<keep> : handler<keep_narrow>,
        {.d = destination(d), .n = source(d), .extra = static_cast<std::uint16_t>(16 * h), .imm = u64{i} << (16 * h)});
    return true;
}

// ---- Bitfield. `extra` is the rotation, `imm` the mask of the destination's bits that come from the source.

template <class T>
T rotate(T value, unsigned amount) {
    return std::rotr(value, static_cast<int>(amount));
}

/// UBFM and SBFM of which the field lies at bit 0 of the destination: shifts, extensions and extracts.
template <class T>
void extract_unsigned(Cpu& cpu, const Op& op) { // a: lowest bit, imm: mask
    cpu.x[op.d] = (static_cast<T>(cpu.x[op.n]) >> op.a) & op.imm;
}
template <class T>
void extract_signed(Cpu& cpu, const Op& op) { // a: bits above the field, m: bits to shift down
    using S = std::make_signed_t<T>;
    cpu.x[op.d] = static_cast<T>(static_cast<S>(static_cast<T>(static_cast<T>(cpu.x[op.n]) << op.a)) >> op.m);
}
/// The field lies higher: inserted into zeros.
template <class T>
void insert_unsigned(Cpu& cpu, const Op& op) { // a: shift, imm: mask before it
    cpu.x[op.d] = static_cast<T>((cpu.x[op.n] & op.imm) << op.a);
}
/// BFM.
template <class T>
void merge(Cpu& cpu, const Op& op) { // a: rotation, imm: mask of what is inserted
    const auto mask = static_cast<T>(op.imm);
    cpu.x[op.d] = static_cast<T>((static_cast<T>(cpu.x[op.m]) & static_cast<T>(~mask)) |
                                 (rotate(static_cast<T>(cpu.x[op.n]), op.a) & mask));
}

bool reserved_bitfield(u32 z, u32 N, u32 r, u32 s) { return N != z || (z == 0 && (r > 31 || s > 31)); }

template <class T>
void emit_ubfm(Translator& t, u32 r, u32 s, u32 n, u32 d) {
    constexpr unsigned width = std::numeric_limits<T>::digits;
    if (s >= r)
        t.emit(handler<extract_unsigned<T>>,
               {.d = destination(d), .n = source(n), .a = static_cast<Slot>(r), .imm = ones(s - r + 1)});
    else
        t.emit(handler<insert_unsigned<T>>,
               {.d = destination(d), .n = source(n), .a = static_cast<Slot>(width - r), .imm = ones(s + 1)});
}
template <class T>
void emit_sbfm(Translator& t, u32 r, u32 s, u32 n, u32 d) {
    constexpr unsigned width = std::numeric_limits<T>::digits;
    const unsigned up = width - 1 - s;
    const unsigned down = s >= r ? up + r : up - (width - r);
    t.emit(handler<extract_signed<T>>,
           {.d = destination(d), .n = source(n), .m = static_cast<Slot>(down), .a = static_cast<Slot>(up)});
}
template <class T>
void emit_bfm(Translator& t, u32 r, u32 s, u32 n, u32 d) {
    constexpr unsigned width = std::numeric_limits<T>::digits;
    const u64 mask = s >= r ? ones(s - r + 1) : ones(s + 1) << (width - r);
    t.emit(handler<merge<T>>,
           {.d = destination(d), .n = source(n), .m = source(d), .a = static_cast<Slot>(r), .imm = mask});
}

bool ubfm(Translator& t, u32 z, u32 N, u32 r, u32 s, u32 n, u32 d) {
    if (reserved_bitfield(z, N, r, s))
        return false;
    z != 0 ? emit_ubfm<u64>(t, r, s, n, d) : emit_ubfm<u32>(t, r, s, n, d);
    return true;
}
bool sbfm(Translator& t, u32 z, u32 N, u32 r, u32 s, u32 n, u32 d) {
    if (reserved_bitfield(z, N, r, s))
        return false;
    z != 0 ? emit_sbfm<u64>(t, r, s, n, d) : emit_sbfm<u32>(t, r, s, n, d);
    return true;
}
bool bfm(Translator& t, u32 z, u32 N, u32 r, u32 s, u32 n, u32 d) {
    if (reserved_bitfield(z, N, r, s))
        return false;
    z != 0 ? emit_bfm<u64>(t, r, s, n, d) : emit_bfm<u32>(t, r, s, n, d);
    return true;
}

// ---- Extract

void extract_64(Cpu& cpu, const Op& op) { // a: 1..63
    cpu.x[op.d] = cpu.x[op.m] >> op.a | cpu.x[op.n] << (64U - op.a);
}
void extract_32(Cpu& cpu, const Op& op) { // a: 0..31
    cpu.x[op.d] = static_cast<u32>(((cpu.x[op.n] << 32) | static_cast<u32>(cpu.x[op.m])) >> op.a);
}
void copy(Cpu& cpu, const Op& op) { cpu.x[op.d] = cpu.x[op.n]; }

bool extr(Translator& t, u32 z, u32 N, u32 m, u32 s, u32 n, u32 d) {
    if (N != z || (z == 0 && s > 31))
        return false;
    const auto amount = static_cast<Slot>(s);
    if (z != 0 && s == 0)
        t.emit(handler<copy>, {.d = destination(d), .n = source(m)});
    else
        t.emit(z != 0 ? handler<extract_64> : handler<extract_32>,
               {.d = destination(d), .n = source(n), .m = source(m), .a = amount});
    return true;
}

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
        row<"0 ll 10000 hhhhhhhhhhhhhhhhhhh ddddd", adr>("ADR", Group::integer),
        row<"1 ll 10000 hhhhhhhhhhhhhhhhhhh ddddd", adrp>("ADRP", Group::integer),
        row<"z 0 0 100010 h iiiiiiiiiiii nnnnn ddddd", add_immediate>("ADD (immediate)", Group::integer),
        row<"z 0 1 100010 h iiiiiiiiiiii nnnnn ddddd", adds_immediate>("ADDS (immediate)", Group::integer),
        row<"z 1 0 100010 h iiiiiiiiiiii nnnnn ddddd", sub_immediate>("SUB (immediate)", Group::integer),
        row<"z 1 1 100010 h iiiiiiiiiiii nnnnn ddddd", subs_immediate>("SUBS (immediate)", Group::integer),
        row<"z 00 100100 N rrrrrr ssssss nnnnn ddddd", and_immediate>("AND (immediate)", Group::integer),
        row<"z 01 100100 N rrrrrr ssssss nnnnn ddddd", orr_immediate>("ORR (immediate)", Group::integer),
        row<"z 10 100100 N rrrrrr ssssss nnnnn ddddd", eor_immediate>("EOR (immediate)", Group::integer),
        row<"z 11 100100 N rrrrrr ssssss nnnnn ddddd", ands_immediate>("ANDS (immediate)", Group::integer),
        row<"z 00 100101 hh iiiiiiiiiiiiiiii ddddd", movn>("MOVN", Group::integer),
        row<"z 10 100101 hh iiiiiiiiiiiiiiii ddddd", movz>("MOVZ", Group::integer),
        row<"z 11 100101 hh iiiiiiiiiiiiiiii ddddd", movk>("MOVK", Group::integer),
        row<"z 00 100110 N rrrrrr ssssss nnnnn ddddd", sbfm>("SBFM", Group::integer),
        row<"z 01 100110 N rrrrrr ssssss nnnnn ddddd", bfm>("BFM", Group::integer),
        row<"z 10 100110 N rrrrrr ssssss nnnnn ddddd", ubfm>("UBFM", Group::integer),
        row<"z 00 100111 N 0 mmmmm ssssss nnnnn ddddd", extr>("EXTR", Group::integer),
    };
    return rows;
}

} // namespace

std::span<const Row> integer_immediate() { return table(); }

} // namespace arm64::cpu::a64

// SPDX-License-Identifier: Apache-2.0
// Branches, and instructions that generate exceptions. Source: Arm DDI 0487, C4.1.87.
#include "arch-arm64/cpu/a64/arithmetic.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>
#include <utility>

namespace arm64::cpu::a64 {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

// `imm` is the displacement from the block's first instruction, so that a taken branch is one addition.
u64 displacement(const Translator& t, u64 offset) { return t.offset() + offset; }

void jump(Cpu& cpu, const Op& op) { cpu.pc += op.imm; }
void jump_with_link(Cpu& cpu, const Op& op) {
    cpu.x[30] = cpu.address(op) + 4;
    cpu.pc += op.imm;
}
void choose(Cpu& cpu, const Op& op, bool taken) { cpu.pc += taken ? op.imm : op.offset + u64{4}; }

template <unsigned Cond>
void jump_if(Cpu& cpu, const Op& op) {
    choose(cpu, op, cpu.condition(Cond));
}
template <class T>
void jump_if_zero(Cpu& cpu, const Op& op) {
    choose(cpu, op, static_cast<T>(cpu.x[op.n]) == 0);
}
template <class T>
void jump_if_not_zero(Cpu& cpu, const Op& op) {
    choose(cpu, op, static_cast<T>(cpu.x[op.n]) != 0);
}
void jump_if_bit_clear(Cpu& cpu, const Op& op) { choose(cpu, op, (cpu.x[op.n] >> op.a & 1) == 0); }
void jump_if_bit_set(Cpu& cpu, const Op& op) { choose(cpu, op, (cpu.x[op.n] >> op.a & 1) != 0); }

void jump_to(Cpu& cpu, const Op& op) { cpu.pc = cpu.x[op.n]; }
void jump_to_with_link(Cpu& cpu, const Op& op) {
    const u64 target = cpu.x[op.n]; // BLR X30
    cpu.x[30] = cpu.address(op) + 4;
    cpu.pc = target;
}

void b(Translator& t, u32 i) {
    t.emit_last(branch_handler<jump>, {.imm = displacement(t, sign_extend(u64{i} << 2, 28))});
}
void bl(Translator& t, u32 i) {
    t.emit_last(branch_handler<jump_with_link>, {.imm = displacement(t, sign_extend(u64{i} << 2, 28))});
}

template <unsigned... Cond>
constexpr std::array<Handler, sizeof...(Cond)> conditional(std::integer_sequence<unsigned, Cond...>) {
    return {branch_handler<jump_if<Cond>>...};
}
void b_cond(Translator& t, u32 i, u32 c) {
    static constexpr auto handlers = conditional(std::make_integer_sequence<unsigned, 16>{});
    t.emit_last(handlers.at(c), {.imm = displacement(t, sign_extend(i << 2, 21))});
}
void cbz(Translator& t, u32 z, u32 i, u32 n) {
    t.emit_last(z != 0 ? branch_handler<jump_if_zero<u64>> : branch_handler<jump_if_zero<u32>>,
                {.n = source(n), .imm = displacement(t, sign_extend(i << 2, 21))});
}
void cbnz(Translator& t, u32 z, u32 i, u32 n) {
    t.emit_last(z != 0 ? branch_handler<jump_if_not_zero<u64>> : branch_handler<jump_if_not_zero<u32>>,
                {.n = source(n), .imm = displacement(t, sign_extend(i << 2, 21))});
}
void tbz(Translator& t, u32 b, u32 i, u32 n) {
    t.emit_last(branch_handler<jump_if_bit_clear>,
                {.n = source(n), .a = static_cast<Slot>(b), .imm = displacement(t, sign_extend(i << 2, 16))});
}
void tbnz(Translator& t, u32 b, u32 i, u32 n) {
    t.emit_last(branch_handler<jump_if_bit_set>,
                {.n = source(n), .a = static_cast<Slot>(b), .imm = displacement(t, sign_extend(i << 2, 16))});
}

void br(Translator& t, u32 n) { t.emit_last(branch_handler<jump_to>, {.n = source(n)}); }
void blr(Translator& t, u32 n) { t.emit_last(branch_handler<jump_to_with_link>, {.n = source(n)}); }

void return_from_exception(Cpu& cpu, const Op* op) {
    if (cpu.EL == 0) {
        cpu.undefined();
        leave(cpu, op);
        return;
    }
    cpu.exception_return(); // and back to the run loop: much has changed
}
void eret(Translator& t) { t.emit_last(&return_from_exception); }

bool svc(Cpu& cpu, u32 imm) { return cpu.raise_exception_after(syndrome(EC::SVC, imm)); }
bool call(Cpu& cpu, stop::Call::Conduit conduit, u32 imm) {
    if (cpu.EL == 0)
        return cpu.undefined();
    return cpu.stop_after(stop::Call{conduit, static_cast<std::uint16_t>(imm)});
}
bool hvc(Cpu& cpu, u32 imm) { return call(cpu, stop::Call::Conduit::HVC, imm); }
bool smc(Cpu& cpu, u32 imm) { return call(cpu, stop::Call::Conduit::SMC, imm); }
bool brk(Cpu& cpu, u32 imm) {
    cpu.breakpoint(static_cast<std::uint16_t>(imm));
    return false;
}
// Halting debug is never enabled: UNDEFINED.
bool hlt(Translator&, u32) { return false; }
bool dcps(Translator&, u32, u32) { return false; }
bool udf(Translator&, u32) { return false; }
bool drps(Translator&) { return false; }

constexpr auto no_PAuth = "FEAT_PAuth is not advertised";

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
        row<"0 00101 iiiiiiiiiiiiiiiiiiiiiiiiii", b>("B", Group::branch),
        row<"1 00101 iiiiiiiiiiiiiiiiiiiiiiiiii", bl>("BL", Group::branch),
        row<"0101010 0 iiiiiiiiiiiiiiiiiii 0 cccc", b_cond>("B.cond", Group::branch),
        unsupported<"0101010 0 iiiiiiiiiiiiiiiiiii 1 cccc">("BC.cond", "FEAT_HBC is not advertised"),
        row<"z 011010 0 iiiiiiiiiiiiiiiiiii nnnnn", cbz>("CBZ", Group::branch),
        row<"z 011010 1 iiiiiiiiiiiiiiiiiii nnnnn", cbnz>("CBNZ", Group::branch),
        row<"b 011011 0 bbbbb iiiiiiiiiiiiii nnnnn", tbz>("TBZ", Group::branch),
        row<"b 011011 1 bbbbb iiiiiiiiiiiiii nnnnn", tbnz>("TBNZ", Group::branch),
        row<"1101011 0000 11111 000000 nnnnn 00000", br>("BR", Group::branch),
        row<"1101011 0001 11111 000000 nnnnn 00000", blr>("BLR", Group::branch),
        row<"1101011 0010 11111 000000 nnnnn 00000", br>("RET", Group::branch),
        row<"1101011 0100 11111 000000 11111 00000", eret>("ERET", Group::exception),
        row<"1101011 0101 11111 000000 11111 00000", drps>("DRPS", Group::exception),
        unsupported<"1101011 z 0 00 11111 00001 m nnnnn ddddd">("BRAA", no_PAuth),
        unsupported<"1101011 z 0 01 11111 00001 m nnnnn ddddd">("BLRAA", no_PAuth),
        unsupported<"1101011 z 0 10 11111 00001 m 11111 11111">("RETAA", no_PAuth),
        unsupported<"1101011 0100 11111 00001 m 11111 11111">("ERETAA", no_PAuth),
        last_row<"11010100 000 iiiiiiiiiiiiiiii 00001", svc>("SVC", Group::exception),
        last_row<"11010100 000 iiiiiiiiiiiiiiii 00010", hvc>("HVC", Group::exception),
        last_row<"11010100 000 iiiiiiiiiiiiiiii 00011", smc>("SMC", Group::exception),
        last_row<"11010100 001 iiiiiiiiiiiiiiii 00000", brk>("BRK", Group::exception),
        row<"11010100 010 iiiiiiiiiiiiiiii 00000", hlt>("HLT", Group::exception),
        row<"11010100 101 iiiiiiiiiiiiiiii 000 ll", dcps>("DCPS", Group::exception),
        row<"0000000000000000 iiiiiiiiiiiiiiii", udf>("UDF", Group::exception),
    };
    return rows;
}

} // namespace

std::span<const Row> branches() { return table(); }

} // namespace arm64::cpu::a64

// SPDX-License-Identifier: Apache-2.0
// Hints, barriers, PSTATE, system registers and system instructions. Source: Arm DDI 0487, C4.1.87, C5.
//
// Barriers: memory is the host's, so a barrier is a fence of the host that orders at least as much. DMB and DSB of
// reads (LD) order loads before what follows: acquire; of writes (ST) stores before stores: release; of all, also
// stores before loads: sequentially consistent, which is a real fence on every host. Whatever the shareability domain:
// all CPUs of the VM are in one. A DSB also waits for maintenance (Cpu::synchronize).
#include "arch-arm64/cpu/row.hpp"
#include "arch-arm64/cpu/sysregs.hpp"

#include <array>
#include <atomic>
#include <thread>

namespace arm64::cpu::a64 {
namespace {

using u32 = std::uint32_t;

constexpr SysregId id(u32 op0, u32 op1, u32 CRn, u32 CRm, u32 op2) {
    return SysregId{static_cast<std::uint16_t>(op0 << 14 | op1 << 11 | CRn << 7 | CRm << 3 | op2)};
}

// ---- MRS, MSR (register): the row is looked up once

const SysregRow* row_of(const Op& op) {
    return reinterpret_cast<const SysregRow*>(op.imm); // NOLINT(performance-no-int-to-ptr)
}
bool read_register(Cpu& cpu, const Op& op) { return cpu.read_sysreg(row_of(op), SysregId{op.extra}, op.a); }
bool write_register(Cpu& cpu, const Op& op) { return cpu.write_sysreg(row_of(op), SysregId{op.extra}, op.a); }

// A kernel reads these all the time: who runs, and on which CPU.
bool read_SP_EL0(Cpu& cpu, const Op& op) {
    if (cpu.EL == 0 || cpu.SPSel == 0) [[unlikely]]
        return read_register(cpu, op);
    cpu.x[op.d] = cpu.system.SP_EL0;
    return true;
}
template <auto Register>
bool read_at_EL1(Cpu& cpu, const Op& op) {
    if (cpu.EL == 0) [[unlikely]]
        return read_register(cpu, op);
    cpu.x[op.d] = cpu.system.*Register;
    return true;
}
bool read_DAIF(Cpu& cpu, const Op& op) {
    if (cpu.EL == 0) [[unlikely]]
        return read_register(cpu, op);
    cpu.x[op.d] = cpu.DAIF;
    return true;
}
template <auto Register>
void read_anywhere(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = cpu.system.*Register;
}

Operands operands(SysregId register_id, u32 t) {
    return {.d = destination(t),
            .a = static_cast<Slot>(t),
            .extra = register_id.value,
            .imm = reinterpret_cast<std::uint64_t>(find_system_register(register_id))};
}

void mrs(Translator& translator, u32 o, u32 op1, u32 CRn, u32 CRm, u32 op2, u32 t) {
    const auto register_id = id(2 + o, op1, CRn, CRm, op2);
    const auto* const row = find_system_register(register_id);
    const auto with = operands(register_id, t);
    if (register_id == id(3, 0, 4, 1, 0))
        translator.emit(handler<read_SP_EL0>, with);
    else if (register_id == id(3, 0, 13, 0, 4))
        translator.emit(handler<read_at_EL1<&SystemRegisters::TPIDR_EL1>>, with);
    else if (register_id == id(3, 3, 13, 0, 2))
        translator.emit(handler<read_anywhere<&SystemRegisters::TPIDR_EL0>>, with);
    else if (register_id == id(3, 3, 4, 2, 1))
        translator.emit(handler<read_DAIF>, with);
    else if (row != nullptr && row->of_PMU) // how many instructions there were is known between blocks
        translator.emit_last(last_handler<read_register>, with);
    else
        translator.emit(handler<read_register>, with);
}
void msr(Translator& translator, u32 o, u32 op1, u32 CRn, u32 CRm, u32 op2, u32 t) {
    const auto register_id = id(2 + o, op1, CRn, CRm, op2);
    const auto* const row = find_system_register(register_id);
    const bool is_only_kept = row != nullptr && row->kept != nullptr && row->write == nullptr && !row->of_PMU &&
                              row->after == SysregRow::After::nothing;
    if (is_only_kept)
        translator.emit(handler<write_register>, operands(register_id, t));
    else
        translator.emit_last(last_handler<write_register>, operands(register_id, t));
}
bool sys(Cpu& cpu, u32 op1, u32 CRn, u32 CRm, u32 op2, u32 t) {
    return cpu.system_instruction(id(1, op1, CRn, CRm, op2), t);
}
bool sysl(Translator&, u32, u32, u32, u32, u32) { return false; } // none is defined

// ---- MSR (immediate)

bool msr_SPSel(Cpu& cpu, u32 imm) {
    if (cpu.EL == 0)
        return cpu.undefined();
    cpu.set_SPSel(imm & 1);
    return true;
}
bool msr_PAN(Cpu& cpu, u32 imm) {
    if (cpu.EL == 0)
        return cpu.undefined();
    cpu.set_PAN((imm & 1) != 0);
    return true;
}
constexpr std::uint64_t UMA = 1U << 9; // SCTLR_EL1

bool may_mask(Cpu& cpu, u32 imm, u32 op2) {
    if (cpu.EL != 0 || (cpu.system.SCTLR_EL1 & UMA) != 0)
        return true;
    return cpu.trap_sysreg(id(0, 3, 4, imm, op2), 31, Cpu::Direction::write);
}
bool mask(Cpu& cpu, const Op& op) {
    if (!may_mask(cpu, op.extra, 6))
        return false;
    cpu.set_DAIF(cpu.DAIF | std::uint64_t{op.extra} << 6);
    return true;
}
/// What was masked before stays masked, so nothing comes in between: the block goes on.
void msr_DAIFSet(Translator& t, u32 imm) { t.emit(handler<mask>, {.extra = static_cast<std::uint16_t>(imm)}); }
bool msr_DAIFClr(Cpu& cpu, u32 imm) {
    if (!may_mask(cpu, imm, 7))
        return false;
    cpu.set_DAIF(cpu.DAIF & ~(imm << 6));
    return true;
}

// ---- Hints

void nop(Cpu&, const Op&) {}
void yield_thread(Cpu&, const Op&) { std::this_thread::yield(); }
void sev(Cpu& cpu, const Op&) { cpu.send_event(); }
void sevl(Cpu& cpu, const Op&) { cpu.send_event_local(); }

void hint(Translator& t, u32, u32) { t.emit(handler<nop>); }
void hint_yield(Translator& t) { t.emit(handler<yield_thread>); }
void hint_sev(Translator& t) { t.emit(handler<sev>); }
void hint_sevl(Translator& t) { t.emit(handler<sevl>); }
bool wfe(Cpu& cpu) { return cpu.wait_for_event(); }
bool wfi(Cpu& cpu) { return cpu.wait_for_interrupt(); }

// ---- Barriers

void fence_loads(Cpu&, const Op&) { std::atomic_thread_fence(std::memory_order_acquire); }
void fence_stores(Cpu&, const Op&) { std::atomic_thread_fence(std::memory_order_release); }
void fence_all(Cpu&, const Op&) { std::atomic_thread_fence(std::memory_order_seq_cst); }

enum class Types : u32 { reads = 1, writes = 2 }; // CRm[1:0]; others: all

void dmb(Translator& t, u32, u32 types) {
    t.emit(Types{types} == Types::reads    ? handler<fence_loads>
           : Types{types} == Types::writes ? handler<fence_stores>
                                           : handler<fence_all>);
}
// SSBB and PSSBB, which are among them, order speculation: there is none that a guest could see.
bool dsb(Cpu& cpu, u32, u32) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    cpu.synchronize();
    return true;
}
// It ends the block. A load behind it is not before a load that a branch to it depended on (B2.3.3), which the host's
// branches do not promise.
bool isb(Cpu&, u32) {
    std::atomic_thread_fence(std::memory_order_acquire);
    return true;
}
void clear_monitor(Cpu& cpu, const Op&) { cpu.monitor = {}; }
void clrex(Translator& t, u32) { t.emit(handler<clear_monitor>); }

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
        row<"1101010100 1 1 o ppp nnnn mmmm qqq ttttt", mrs>("MRS", Group::system),
        row<"1101010100 0 1 o ppp nnnn mmmm qqq ttttt", msr>("MSR (register)", Group::system),
    // What it changes is due after a DSB and an ISB, so that the block goes on.
        row<"1101010100 0 01 ppp nnnn mmmm qqq ttttt", sys>("SYS", Group::system),
        row<"1101010100 1 01 ppp nnnn mmmm qqq ttttt", sysl>("SYSL", Group::system),

        last_row<"1101010100 0 00 000 0100 iiii 101 11111", msr_SPSel>("MSR SPSel", Group::system),
        last_row<"1101010100 0 00 000 0100 iiii 100 11111", msr_PAN>("MSR PAN", Group::system),
        row<"1101010100 0 00 011 0100 iiii 110 11111", msr_DAIFSet>("MSR DAIFSet", Group::system),
        last_row<"1101010100 0 00 011 0100 iiii 111 11111", msr_DAIFClr>("MSR DAIFClr", Group::system),
        unsupported<"1101010100 0 00 000 0100 iiii 011 11111">("MSR UAO", "FEAT_UAO is not advertised"),
        unsupported<"1101010100 0 00 011 0100 iiii 010 11111">("MSR DIT", "FEAT_DIT is not advertised"),
        unsupported<"1101010100 0 00 011 0100 iiii 001 11111">("MSR SSBS", "FEAT_SSBS is not advertised"),
        unsupported<"1101010100 0 00 011 0100 iiii 100 11111">("MSR TCO", "FEAT_MTE is not advertised"),
        unsupported<"1101010100 0 00 000 0100 iiii 000 11111">("CFINV", "FEAT_FlagM is not advertised"),
        unsupported<"1101010100 0 00 000 0100 iiii 001 11111">("XAFLAG", "FEAT_FlagM2 is not advertised"),
        unsupported<"1101010100 0 00 000 0100 iiii 010 11111">("AXFLAG", "FEAT_FlagM2 is not advertised"),

    // What is not allocated, or of a feature that is not advertised (BTI, PACIASP, ESB ...), is a NOP.
        row<"1101010100 0 00 011 0010 iiii qqq 11111", hint>("HINT", Group::system),
        row<"1101010100 0 00 011 0010 0000 001 11111", hint_yield>("YIELD", Group::system),
        last_row<"1101010100 0 00 011 0010 0000 010 11111", wfe>("WFE", Group::system),
        last_row<"1101010100 0 00 011 0010 0000 011 11111", wfi>("WFI", Group::system),
        row<"1101010100 0 00 011 0010 0000 100 11111", hint_sev>("SEV", Group::system),
        row<"1101010100 0 00 011 0010 0000 101 11111", hint_sevl>("SEVL", Group::system),

        row<"1101010100 0 00 011 0011 iiii 010 11111", clrex>("CLREX", Group::system),
        last_row<"1101010100 0 00 011 0011 iitt 100 11111", dsb>("DSB", Group::system),
        row<"1101010100 0 00 011 0011 iitt 101 11111", dmb>("DMB", Group::system),
        last_row<"1101010100 0 00 011 0011 iiii 110 11111", isb>("ISB", Group::system),
        unsupported<"1101010100 0 00 011 0011 iiii 111 11111">("SB", "FEAT_SB is not advertised"),
    };
    return rows;
}

} // namespace

std::span<const Row> system_instructions() { return table(); }

} // namespace arm64::cpu::a64

// SPDX-License-Identifier: Apache-2.0
// Taking exceptions and returning from them. Source: Arm DDI 0487, D1.3, AArch64.TakeException,
// AArch64.ExceptionReturn.
#include "arch-arm64/cpu/exception.hpp"

#include "arch-arm64/cpu/cpu.hpp"
#include "arch-arm64/cpu/sysreg_fields.hpp"

#include <atomic>

namespace arm64::cpu {
namespace {

/// An AArch64 exception level and stack pointer that are there; others are an illegal return.
bool is_mode(std::uint64_t spsr) {
    const std::uint64_t mode = spsr & (SPSR::aarch32 | SPSR::M);
    return mode == SPSR::EL0t || mode == SPSR::EL1t || mode == SPSR::EL1h;
}

} // namespace

std::uint64_t Cpu::PSTATE() const {
    const std::uint64_t mode = EL == 0 ? SPSR::EL0t : SPSel == 0 ? SPSR::EL1t : SPSR::EL1h;
    return NZCV() | (PAN ? SPSR::PAN : 0) | (SS ? SPSR::SS : 0) | (IL ? SPSR::IL : 0) | DAIF | mode;
}

bool Cpu::set_PSTATE(std::uint64_t spsr) {
    if (!is_mode(spsr))
        return false;
    const std::uint64_t mode = spsr & SPSR::M;
    set_NZCV(static_cast<std::uint32_t>(spsr));
    PAN = (spsr & SPSR::PAN) != 0;
    SS = (spsr & SPSR::SS) != 0;
    IL = (spsr & SPSR::IL) != 0;
    DAIF = spsr & SPSR::DAIF;
    select_SP(mode == SPSR::EL0t ? 0 : 1, mode == SPSR::EL1h ? 1 : 0);
    derive();
    return true;
}

void Cpu::select_SP(unsigned el, unsigned spsel) {
    count_events();
    (EL == 1 && SPSel == 1 ? system.SP_EL1 : system.SP_EL0) = x[sp_slot];
    EL = static_cast<std::uint8_t>(el);
    SPSel = static_cast<std::uint8_t>(spsel);
    x[sp_slot] = EL == 1 && SPSel == 1 ? system.SP_EL1 : system.SP_EL0;
}

std::uint64_t Cpu::SP(unsigned el) const {
    const unsigned used = EL == 1 && SPSel == 1 ? 1 : 0;
    return el == used ? x[sp_slot] : el == 0 ? system.SP_EL0 : system.SP_EL1;
}

void Cpu::set_SP(unsigned el, std::uint64_t value) {
    const unsigned used = EL == 1 && SPSel == 1 ? 1 : 0;
    (el == used ? x[sp_slot] : el == 0 ? system.SP_EL0 : system.SP_EL1) = value;
}

void Cpu::take_exception(unsigned vector, std::uint64_t preferred_return) {
    system.SPSR_EL1 = PSTATE();
    system.ELR_EL1 = preferred_return;
    const std::uint64_t from = EL == 0 ? 0x400 : SPSel == 1 ? 0x200 : 0;
    select_SP(1, 1);
    DAIF = SPSR::DAIF;
    if ((system.SCTLR_EL1 & SCTLR::SPAN) == 0)
        PAN = true;
    SS = false;
    IL = false;
    monitor = {};
    stepped_ = Stepped::nothing;
    debugger_stepped_ = Stepped::instruction;
    pc = system.VBAR_EL1 + from + vector;
    derive();
    std::atomic_thread_fence(std::memory_order_acquire); // a context synchronization event orders loads as an ISB does
}

// AArch64.ExceptionReturn, and DebugExceptionReturnSS: a step begins if debug exceptions become enabled by this.
void Cpu::exception_return() {
    const std::uint64_t spsr = system.SPSR_EL1, to = system.ELR_EL1;
    const unsigned target = is_mode(spsr) && (spsr & SPSR::M) == SPSR::EL0t ? 0 : 1;
    const bool steps = (system.MDSCR_EL1 & MDSCR::SS) != 0 && !debug_exceptions_enabled(EL, DAIF) &&
                       debug_exceptions_enabled(target, spsr);
    monitor = {};
    event_.store(true, std::memory_order_release);
    stepped_ = Stepped::nothing;
    if (!set_PSTATE(spsr)) { // an illegal return stays where it is, D1.3.4
        set_NZCV(static_cast<std::uint32_t>(spsr));
        DAIF = static_cast<decltype(DAIF)>(spsr & SPSR::DAIF);
        PAN = (spsr & SPSR::PAN) != 0;
        IL = true;
        derive();
    }
    SS = steps && (spsr & SPSR::SS) != 0;
    pc = canonical(to);
    std::atomic_thread_fence(std::memory_order_acquire); // as in take_exception
}

std::uint64_t Cpu::canonical(std::uint64_t va) const {
    constexpr unsigned TBI0 = 37; // and TBI1, TCR_EL1
    constexpr std::uint64_t tag = bits(63, 56);
    const unsigned upper = va >> 55 & 1;
    if ((system.TCR_EL1 >> (TBI0 + upper) & 1) == 0)
        return va;
    return upper != 0 ? va | tag : va & ~tag;
}

bool Cpu::raise_data_abort(std::uint64_t va, std::uint64_t ISS) {
    return raise_exception(syndrome(EL == 0 ? EC::data_abort_lower : EC::data_abort, ISS), va);
}

void Cpu::set_SPSel(unsigned value) { select_SP(EL, value); }

void Cpu::set_DAIF(std::uint64_t daif) {
    DAIF = static_cast<decltype(DAIF)>(daif & SPSR::DAIF);
    if (system.MDSCR_EL1 == 0) // D masks nothing
        derive_wanted();
    else
        derive();
}

void Cpu::set_PAN(bool value) {
    PAN = value;
    derive();
}

void Cpu::external_abort(std::uint64_t va) {
    raise_data_abort(va, FSC::external_abort);
    depart();
}

} // namespace arm64::cpu

// SPDX-License-Identifier: Apache-2.0
// Taking exceptions and returning from them. Source: Arm DDI 0487, D1.3, AArch64.TakeException,
// AArch64.ExceptionReturn.
#include "arch-arm64/cpu/exception.hpp"

#include "arch-arm64/cpu/cpu.hpp"

namespace arm64::cpu {
namespace {

constexpr std::uint64_t SPAN = 1U << 23; // SCTLR_EL1

} // namespace

std::uint64_t Cpu::PSTATE() const {
    const std::uint64_t mode = EL == 0 ? SPSR::EL0t : SPSel == 0 ? SPSR::EL1t : SPSR::EL1h;
    return NZCV() | (PAN ? SPSR::PAN : 0) | (SS ? SPSR::SS : 0) | (IL ? SPSR::IL : 0) | DAIF | mode;
}

bool Cpu::set_PSTATE(std::uint64_t spsr) {
    const std::uint64_t mode = spsr & SPSR::M;
    if ((spsr & SPSR::aarch32) != 0 || (mode != SPSR::EL0t && mode != SPSR::EL1t && mode != SPSR::EL1h))
        return false;
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
    if ((system.SCTLR_EL1 & SPAN) == 0)
        PAN = true;
    SS = false;
    IL = false;
    monitor = {};
    pc = system.VBAR_EL1 + from + vector;
    derive();
}

void Cpu::exception_return() {
    const std::uint64_t spsr = system.SPSR_EL1, to = system.ELR_EL1;
    monitor = {};
    event_.store(true);
    if (!set_PSTATE(spsr)) { // an illegal return stays where it is, D1.3.5
        set_NZCV(static_cast<std::uint32_t>(spsr));
        DAIF = spsr & SPSR::DAIF;
        PAN = (spsr & SPSR::PAN) != 0;
        IL = true;
        derive();
    }
    pc = to;
}

bool Cpu::raise_data_abort(std::uint64_t va, std::uint64_t ISS) {
    return raise_exception(syndrome(EL == 0 ? EC::data_abort_lower : EC::data_abort, ISS), va);
}

void Cpu::set_SPSel(unsigned value) { select_SP(EL, value); }

void Cpu::set_DAIF(std::uint64_t daif) {
    DAIF = daif & SPSR::DAIF;
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

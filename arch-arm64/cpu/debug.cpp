// SPDX-License-Identifier: Apache-2.0
// Software step, breakpoints and watchpoints, of the guest itself and of a debugger outside. Source: Arm DDI 0487, D2
// (self-hosted debug), AArch64.BreakpointMatch, AArch64.WatchpointMatch; Linux, arch/arm64/kvm/debug.c.
//
// While none of it is enabled, it costs nothing: instructions are looked at one by one only while `stepping_`, and
// accesses only while `watching_`, when no TLB has an entry.
#include "arch-arm64/cpu/cpu.hpp"
#include "arch-arm64/cpu/sysreg_fields.hpp"

#include <algorithm>
#include <utility>

namespace arm64::cpu {
namespace {

// ID_AA64DFR0_EL1.CTX_CMPs: the last two breakpoints compare contexts.
constexpr std::size_t first_context_aware = SystemRegisters::breakpoints - 2;

/// DBGBCR<n>_EL1.BT. Others are reserved without EL2 and AArch32.
namespace BT {
constexpr std::uint64_t address = 0, linked_address = 1, context = 2, linked_context = 3;
}

std::uint64_t sign_extended(std::uint64_t va) {
    constexpr unsigned unused = 63 - 48;
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(va << unused) >> unused);
}

/// PMC or PAC. Without EL2, EL3 and a Secure state HMC and SSC have to be 0.
bool state_matches(std::uint64_t control, unsigned privileges_at, unsigned el) {
    constexpr std::uint64_t EL1 = 1, EL0 = 2;
    static_assert(DBGBCR::HMC == DBGWCR::HMC && DBGBCR::SSC == DBGWCR::SSC);
    return (control & (DBGBCR::HMC | DBGBCR::SSC)) == 0 && (control >> privileges_at & (el == 0 ? EL0 : EL1)) != 0;
}

bool any_enabled(const auto& controls) {
    return std::ranges::any_of(controls, [](std::uint64_t control) { return (control & DBGBCR::E) != 0; });
}

bool is_load_exclusive(std::uint32_t word) { return (word & 0x3FC0'0000) == 0x0840'0000; }

std::uint64_t WnR(Cpu::Intent intent) { return intent == Cpu::Intent::read ? 0 : ISS::WnR; }

} // namespace

EC Cpu::from_here(EC same) const { return EL == 1 ? same : static_cast<EC>(static_cast<std::uint8_t>(same) - 1); }

void Cpu::breakpoint(std::uint16_t imm) {
    if (debugger_.software_breakpoints)
        stop_before(virt::exit::Debug{syndrome(EC::BRK, imm), 0});
    else
        raise_exception(syndrome(EC::BRK, imm));
}

void Cpu::set_debugger(const virt::GuestDebug& wish) {
    debugger_ = wish;
    debugger_stepped_ = Stepped::nothing;
    derive();
}

bool Cpu::debug_exceptions_enabled(unsigned el, std::uint64_t daif) const {
    if ((system.OSLSR_EL1 & OSLSR::OSLK) != 0 || system.OSDLR_EL1 != 0)
        return false;
    return el == 0 || ((system.MDSCR_EL1 & MDSCR::KDE) != 0 && (daif & SPSR::D) == 0);
}

void Cpu::derive_debug() {
    const bool enabled = debug_exceptions_enabled(EL, DAIF);
    const bool MDE = enabled && (system.MDSCR_EL1 & MDSCR::MDE) != 0;
    software_step_ = enabled && (system.MDSCR_EL1 & MDSCR::SS) != 0;
    breaking_ = MDE && any_enabled(system.DBGBCR);
    guest_watching_ = MDE && any_enabled(system.DBGWCR);
    watching_ = guest_watching_ || !debugger_.watchpoints.empty();
    stepping_ = IL || software_step_ || breaking_ || debugger_.single_step || !debugger_.breakpoints.empty();
}

// ---- Steps ----------------------------------------------------------------------------------------------------------

// The order is that of the priorities of synchronous exceptions, D1.3.5.5.
std::optional<Stop> Cpu::step() {
    if (!check_step())
        return depart();
    const Block* const block = find_step();
    return execute_step(block != nullptr && check_breakpoints() ? block : nullptr);
}

std::optional<Stop> Cpu::execute_step(const Block* block) {
    if (block == nullptr)
        return depart();
    const bool advances = software_step_ && SS;
    block_ = block;
    ++instructions_;
    due_ = 0; // no other block after this one
    block->ops->run(*this, block->ops);
    due_ = std::min(budget_end_, overflow_due_);
    if (departure_ != Departure::exception && departure_ != Departure::stop_before) {
        debugger_stepped_ = is_load_exclusive(step_word_) ? Stepped::load_exclusive : Stepped::instruction;
        if (advances) {
            SS = false;
            stepped_ = debugger_stepped_;
        }
    }
    return departure_ != Departure::none ? depart() : std::nullopt;
}

bool Cpu::check_step() {
    constexpr std::uint64_t ISV = bit(24), EX = bit(6);
    const auto ISS = [](Stepped stepped) {
        return FSC::debug | (stepped == Stepped::nothing ? 0 : ISV) | (stepped == Stepped::load_exclusive ? EX : 0);
    };
    if (debugger_.single_step && debugger_stepped_ != Stepped::nothing)
        return stop_before(virt::exit::Debug{
            syndrome(EC::software_step_lower, ISS(std::exchange(debugger_stepped_, Stepped::nothing))), 0});
    if (!software_step_ || SS)
        return true;
    return raise_exception(syndrome(from_here(EC::software_step), ISS(stepped_)));
}

// ---- Breakpoints ----------------------------------------------------------------------------------------------------

bool Cpu::check_breakpoints() {
    for (const auto& point : debugger_.breakpoints)
        if (point.address == pc && (EL == 1 || point.privilege == virt::Breakpoint::Privilege::any))
            return stop_before(virt::exit::Debug{syndrome(EC::breakpoint_lower, FSC::debug), 0});
    for (std::size_t n = 0; breaking_ && n < SystemRegisters::breakpoints; ++n)
        if (breakpoint_matches(n))
            return raise_exception(syndrome(from_here(EC::breakpoint), FSC::debug));
    return !IL || raise_exception(syndrome(EC::illegal_execution_state));
}

bool Cpu::breakpoint_matches(std::size_t n) const {
    const auto control = system.DBGBCR[n];
    if ((control & DBGBCR::E) == 0 || !state_matches(control, DBGBCR::PMC, EL))
        return false;
    const bool here = ((sign_extended(system.DBGBVR[n]) ^ pc) & ~bits(1, 0)) == 0;
    switch (control >> DBGBCR::BT & 15) {
    case BT::address: return here;
    case BT::linked_address: return here && linked_context_matches(control >> DBGBCR::LBN & 15);
    case BT::context: return context_matches(n);
    default: return false; // what others link to, or reserved
    }
}

bool Cpu::context_matches(std::size_t n) const {
    constexpr std::uint64_t word = 0xFFFF'FFFF;
    return n >= first_context_aware && ((system.DBGBVR[n] ^ system.CONTEXTIDR_EL1) & word) == 0;
}

bool Cpu::linked_context_matches(std::uint64_t n) const {
    if (n >= SystemRegisters::breakpoints)
        return false;
    const auto control = system.DBGBCR[n];
    return (control & DBGBCR::E) != 0 && (control >> DBGBCR::BT & 15) == BT::linked_context && context_matches(n);
}

// ---- Watchpoints ----------------------------------------------------------------------------------------------------

bool Cpu::check_watchpoints(std::uint64_t va, unsigned bytes, Intent intent, Kind kind) {
    const std::uint64_t first = canonical(va);
    for (const auto& point : debugger_.watchpoints) {
        const auto wanted = static_cast<unsigned>(point.access);
        const auto access = (intent != Intent::write ? 1U : 0U) | (intent != Intent::read ? 2U : 0U);
        if ((wanted & access) != 0 && first < point.address + point.size && point.address < first + bytes)
            return stop_before(virt::exit::Debug{syndrome(EC::watchpoint_lower, FSC::debug | WnR(intent)),
                                                 std::max(first, point.address)});
    }
    if (!guest_watching_)
        return true;
    const unsigned el = kind.unprivileged ? 0 : EL;
    for (std::size_t n = 0; n < SystemRegisters::watchpoints; ++n) {
        const auto LSC = system.DBGWCR[n] >> DBGWCR::LSC & 3;
        const bool wanted = (intent != Intent::write && (LSC & 1) != 0) || (intent != Intent::read && (LSC & 2) != 0);
        for (unsigned i = 0; wanted && i < bytes; ++i)
            if (watchpoint_matches(n, first + i, el))
                return raise_exception(syndrome(from_here(EC::watchpoint), FSC::debug | WnR(intent)), va + i);
    }
    return true;
}

// A doubleword, or a word if DBGWVR<n>_EL1[2] is set, whose bytes BAS selects; or what MASK bits do not tell apart.
bool Cpu::watchpoint_matches(std::size_t n, std::uint64_t va, unsigned el) const {
    const auto control = system.DBGWCR[n];
    if ((control & DBGWCR::E) == 0 || !state_matches(control, DBGWCR::PAC, el))
        return false;
    if ((control & DBGWCR::WT) != 0 && !linked_context_matches(control >> DBGWCR::LBN & 15))
        return false;
    const unsigned MASK = control >> DBGWCR::MASK & 31;
    if (MASK == 1 || MASK == 2)
        return false; // reserved
    const unsigned doubleword = (system.DBGWVR[n] & bit(2)) == 0 ? 3 : 2;
    const unsigned byte = static_cast<unsigned>(va & (bit(doubleword) - 1));
    if ((control >> (DBGWCR::BAS + byte) & 1) == 0)
        return false;
    const unsigned ignored = std::max(MASK, doubleword);
    return (sign_extended(system.DBGWVR[n]) ^ va) >> ignored == 0;
}

} // namespace arm64::cpu

// SPDX-License-Identifier: Apache-2.0
// SYS: address translation, cache and TLB maintenance. Source: Arm DDI 0487, C5.3 to C5.5, D7.5, D8.13.
//
// There are no data caches, so that cleaning and invalidating them only shows the faults that it has. There are
// instruction caches: the decoded blocks of each CPU.
#include "arch-arm64/cpu/cpu.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace arm64::cpu {
namespace {

constexpr std::uint64_t DZE = 1U << 14, UCI = 1U << 26; // SCTLR_EL1

/// op0 is 1.
constexpr SysregId sys(unsigned op1, unsigned CRn, unsigned CRm, unsigned op2) {
    return SysregId{static_cast<std::uint16_t>(1U << 14 | op1 << 11 | CRn << 7 | CRm << 3 | op2)};
}

} // namespace

struct Cpu::Sys {
    const char* name;
    SysregId id;
    std::uint64_t el0; ///< bit of SCTLR_EL1 that lets EL0 execute it; 0: it is UNDEFINED there
    bool (*execute)(Cpu& cpu, std::uint64_t operand);

    // ---- AT -----------------------------------------------------------------------------------------------------

    template <walk::Who Who, walk::Access Access>
    static bool translate(Cpu& cpu, std::uint64_t va) {
        const auto translation = cpu.walk_tables(va);
        if (!translation && translation.error().kind == walk::Fault::Kind::ExternalOnWalk)
            return cpu.raise_data_abort(va, translation.error().status() | ISS::CM | ISS::WnR);
        const auto fault = translation ? walk::check(*translation, Who, Access) : translation.error();
        cpu.system.PAR_EL1 =
            (fault ? walk::par(*fault) : walk::par(*translation, walk::SCTLR_EL1{cpu.system.SCTLR_EL1})).value;
        return true;
    }

    // ---- DC and IC by address -----------------------------------------------------------------------------------

    /// The physical address; nothing: a fault is pending. EL1 needs no rights but to invalidate, EL0 must read.
    static std::optional<virt::Gpa> target(Cpu& cpu, std::uint64_t va, bool invalidates) {
        const auto translation = cpu.walk_tables(va);
        if (!translation) {
            cpu.raise_data_abort(va, translation.error().status() | ISS::CM | ISS::WnR);
            return std::nullopt;
        }
        if (cpu.EL == 0 ? !translation->el0.read : invalidates && !translation->el1.write) {
            const walk::Fault fault{walk::Fault::Kind::Permission, translation->level};
            cpu.raise_data_abort(va, fault.status() | ISS::CM | ISS::WnR);
            return std::nullopt;
        }
        return translation->address;
    }
    static bool clean(Cpu& cpu, std::uint64_t va) { return target(cpu, va, false).has_value(); }
    static bool invalidate(Cpu& cpu, std::uint64_t va) { return target(cpu, va, true).has_value(); }
    static bool by_set_and_way(Cpu&, std::uint64_t) { return true; }
    static bool zero(Cpu& cpu, std::uint64_t va) { return cpu.zero_block(va); }

    static bool invalidate_code(Cpu& cpu, std::uint64_t va) {
        const auto address = target(cpu, va, false);
        if (!address)
            return false;
        return everywhere(cpu, {Maintenance::Kind::code_page, *address & Tlb::page_mask});
    }

    // ---- TLBI, IC of everything ---------------------------------------------------------------------------------

    static bool everywhere(Cpu& cpu, const Maintenance& what) {
        cpu.apply(what);
        cpu.cluster_.broadcast(cpu, what);
        return true;
    }
    template <Maintenance::Kind Kind>
    static Maintenance asked(std::uint64_t operand) {
        return {Kind, Kind == Maintenance::Kind::tlb_asid || Kind == Maintenance::Kind::tlb_va ? operand : 0};
    }
    template <Maintenance::Kind Kind>
    static bool here(Cpu& cpu, std::uint64_t operand) {
        cpu.apply(asked<Kind>(operand));
        return true;
    }
    template <Maintenance::Kind Kind>
    static bool inner_shareable(Cpu& cpu, std::uint64_t operand) {
        return everywhere(cpu, asked<Kind>(operand));
    }

    static const std::array<Sys, 27> table;
};

constexpr std::array<Cpu::Sys, 27> Cpu::Sys::table = [] {
    using enum Maintenance::Kind;
    using walk::Access, walk::Who;
    return std::array<Sys, 27>{{
        {"IC IALLUIS", sys(0, 7, 1, 0), 0, inner_shareable<code_all>},
        {"IC IALLU", sys(0, 7, 5, 0), 0, here<code_all>},
        {"IC IVAU", sys(3, 7, 5, 1), UCI, invalidate_code},
        {"DC IVAC", sys(0, 7, 6, 1), 0, invalidate},
        {"DC ISW", sys(0, 7, 6, 2), 0, by_set_and_way},
        {"DC CSW", sys(0, 7, 10, 2), 0, by_set_and_way},
        {"DC CISW", sys(0, 7, 14, 2), 0, by_set_and_way},
        {"DC ZVA", sys(3, 7, 4, 1), DZE, zero},
        {"DC CVAC", sys(3, 7, 10, 1), UCI, clean},
        {"DC CVAU", sys(3, 7, 11, 1), UCI, clean},
        {"DC CIVAC", sys(3, 7, 14, 1), UCI, clean},
        {"AT S1E1R", sys(0, 7, 8, 0), 0, translate<Who::el1, Access::read>},
        {"AT S1E1W", sys(0, 7, 8, 1), 0, translate<Who::el1, Access::write>},
        {"AT S1E0R", sys(0, 7, 8, 2), 0, translate<Who::el0, Access::read>},
        {"AT S1E0W", sys(0, 7, 8, 3), 0, translate<Who::el0, Access::write>},
        {"TLBI VMALLE1IS", sys(0, 8, 3, 0), 0, inner_shareable<tlb_all>},
        {"TLBI VAE1IS", sys(0, 8, 3, 1), 0, inner_shareable<tlb_va>},
        {"TLBI ASIDE1IS", sys(0, 8, 3, 2), 0, inner_shareable<tlb_asid>},
        {"TLBI VAAE1IS", sys(0, 8, 3, 3), 0, inner_shareable<tlb_va>},
        {"TLBI VALE1IS", sys(0, 8, 3, 5), 0, inner_shareable<tlb_va>},
        {"TLBI VAALE1IS", sys(0, 8, 3, 7), 0, inner_shareable<tlb_va>},
        {"TLBI VMALLE1", sys(0, 8, 7, 0), 0, here<tlb_all>},
        {"TLBI VAE1", sys(0, 8, 7, 1), 0, here<tlb_va>},
        {"TLBI ASIDE1", sys(0, 8, 7, 2), 0, here<tlb_asid>},
        {"TLBI VAAE1", sys(0, 8, 7, 3), 0, here<tlb_va>},
        {"TLBI VALE1", sys(0, 8, 7, 5), 0, here<tlb_va>},
        {"TLBI VAALE1", sys(0, 8, 7, 7), 0, here<tlb_va>},
    }};
}();

bool Cpu::system_instruction(SysregId op, std::uint32_t t) {
    const auto* const row = std::ranges::find(Sys::table, op, &Sys::id);
    if (row == Sys::table.end() || (EL == 0 && row->el0 == 0))
        return undefined();
    if (EL == 0 && (system.SCTLR_EL1 & row->el0) == 0)
        return trap_sysreg(op, t, Direction::write);
    return row->execute(*this, x[source(t)]);
}

} // namespace arm64::cpu

// SPDX-License-Identifier: Apache-2.0
// Virtual addresses: walks, faults, and what is forgotten when. Source: Arm DDI 0487, D8.
#include "arch-arm64/cpu/cpu.hpp"
#include "arch-arm64/cpu/guest_access.hpp"

namespace arm64::cpu {

walk::Regime Cpu::regime() const {
    return {.sctlr = walk::SCTLR_EL1{system.SCTLR_EL1},
            .tcr = walk::TCR_EL1{system.TCR_EL1},
            .ttbr0 = walk::TTBR_EL1{system.TTBR0_EL1},
            .ttbr1 = walk::TTBR_EL1{system.TTBR1_EL1},
            .mair = system.MAIR_EL1};
}

namespace {

auto descriptor_reader(Surroundings& surroundings) {
    return [&surroundings](virt::Gpa address) -> std::optional<std::uint64_t> {
        const auto memory = surroundings.memory(address & Tlb::page_mask);
        if (!memory)
            return std::nullopt;
        return guest_load<std::uint64_t>(reinterpret_cast<std::uint64_t>(memory->host) + address % Tlb::page);
    };
}

} // namespace

std::optional<Cpu::Target> Cpu::translate(std::uint64_t va, Intent intent, Kind kind) {
    const std::uint64_t WnR = intent == Intent::write ? ISS::WnR : 0;
    const auto translation = walk::walk(regime(), va, descriptor_reader(surroundings_));
    if (!translation) {
        raise_data_abort(va, translation.error().status() | WnR);
        return std::nullopt;
    }
    using walk::Who;
    const auto who = EL == 0 || kind.unprivileged ? Who::el0 : PAN ? Who::el1_pan : Who::el1;
    const auto access = intent == Intent::write ? walk::Access::write : walk::Access::read;
    if (const auto fault = walk::check(*translation, who, access)) {
        raise_data_abort(va, fault->status() | WnR);
        return std::nullopt;
    }
    return Target{translation->address, translation->rights(who), translation->device()};
}

std::optional<virt::Gpa> Cpu::translate_fetch(std::uint64_t va) {
    const auto ec = EL == 0 ? EC::instruction_abort_lower : EC::instruction_abort;
    const auto translation = walk::walk(regime(), va, descriptor_reader(surroundings_));
    if (!translation) {
        raise_exception(syndrome(ec, translation.error().status()), va);
        return std::nullopt;
    }
    const auto who = EL == 0 ? walk::Who::el0 : walk::Who::el1;
    if (const auto fault = walk::check(*translation, who, walk::Access::execute)) {
        raise_exception(syndrome(ec, fault->status()), va);
        return std::nullopt;
    }
    return translation->address;
}

void Cpu::select_contexts() {
    forget_translations(0);
    forget_translations(1);
}

void Cpu::forget_translations(unsigned half) {
    constexpr std::uint64_t last = Tlb::page - 2; // the one of Tlb::nothing is nobody's
    if (next_context_ >= last) {
        for (Tlb* const tlb : {&tlb_EL0_, &tlb_EL1_, &tlb_EL1_PAN_})
            tlb->clear();
        for (auto& entries : fetch_)
            entries.fill({});
        contexts_ = {1, 2};
        next_context_ = 3;
        return;
    }
    contexts_[half] = next_context_++;
}

void Cpu::apply(const Maintenance& what) {
    switch (what.kind) {
    case Maintenance::Kind::code_page: code_.drop(what.operand); return;
    case Maintenance::Kind::code_all: code_is_stale_ = true; return;
    case Maintenance::Kind::memory: code_is_stale_ = true; break;
    case Maintenance::Kind::tlb_all:
    case Maintenance::Kind::tlb_asid:
    case Maintenance::Kind::tlb_va:
    case Maintenance::Kind::tlb_va_any_asid: break;
    }
    monitor = {};
    forget_translations(0);
    forget_translations(1);
}

} // namespace arm64::cpu

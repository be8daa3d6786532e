// SPDX-License-Identifier: Apache-2.0
// Virtual addresses: walks, faults, and what is forgotten when. Source: Arm DDI 0487, D8.
//
// What TLBs of 4 KiB pages hold is found by their tags' context number (contexts.hpp): an ASID that is invalidated, or
// all, get new numbers. An address that is invalidated is looked for in every TLB, under any number and so for any
// ASID, which is more than TLBI VAE1 asks for, and allowed. Nothing but TLBI and what is below removes entries, as in a
// PE.
#include "arch-arm64/cpu/cpu.hpp"
#include "arch-arm64/cpu/guest_access.hpp"

#include <algorithm>

namespace arm64::cpu {

walk::Regime Cpu::regime() const {
    return {.sctlr = walk::SCTLR_EL1{system.SCTLR_EL1},
            .tcr = walk::TCR_EL1{system.TCR_EL1},
            .ttbr0 = walk::TTBR_EL1{system.TTBR0_EL1},
            .ttbr1 = walk::TTBR_EL1{system.TTBR1_EL1},
            .mair = system.MAIR_EL1};
}

std::optional<MemoryPage> Cpu::find_page(virt::Gpa page) {
    auto& entry = pages_[page / Tlb::page % page_entries];
    if (entry.address == page)
        return entry.memory;
    const auto memory = surroundings_.memory(page);
    if (memory)
        entry = {page, *memory};
    return memory;
}

walk::Result Cpu::walk_tables(std::uint64_t va) {
    return walk::walk(regime(), va, [this](virt::Gpa address) -> std::optional<std::uint64_t> {
        const auto memory = find_page(address & Tlb::page_mask);
        if (!memory)
            return std::nullopt;
        return guest_load<std::uint64_t>(reinterpret_cast<std::uint64_t>(memory->host) + address % Tlb::page);
    });
}

void Cpu::note(std::uint64_t va, const walk::Translation& translation) {
    if (translation.page_bits > Tlb::page_bits)
        large_.note(va, translation.page_bits);
    if (!translation.global && (va >> 55 & 1) != 0 && numbers_.separate_upper())
        select_contexts();
}

std::optional<Cpu::Target> Cpu::translate(std::uint64_t va, Intent intent, Kind kind) {
    const auto translation = walk_tables(va);
    if (!translation) {
        // Whatever an atomic instruction would have read is as unreachable as what it would have written.
        raise_data_abort(va, translation.error().status() | (intent == Intent::write ? ISS::WnR : 0));
        return std::nullopt;
    }
    using walk::Access, walk::Who;
    const auto who = EL == 0 || kind.unprivileged ? Who::el0 : PAN ? Who::el1_pan : Who::el1;
    const auto rights = translation->rights(who);
    if ((intent != Intent::write && !rights.read) || (intent != Intent::read && !rights.write)) {
        const walk::Fault fault{walk::Fault::Kind::Permission, translation->level};
        const bool by_read = intent == Intent::read || (intent == Intent::modify && !rights.read);
        raise_data_abort(va, fault.status() | (by_read ? 0 : ISS::WnR));
        return std::nullopt;
    }
    note(va, *translation);
    return Target{translation->address, rights, translation->device()};
}

std::optional<virt::Gpa> Cpu::translate_fetch(std::uint64_t va) {
    const auto ec = EL == 0 ? EC::instruction_abort_lower : EC::instruction_abort;
    const auto translation = walk_tables(va);
    if (!translation) {
        raise_exception(syndrome(ec, translation.error().status()), va);
        return std::nullopt;
    }
    const auto who = EL == 0 ? walk::Who::el0 : walk::Who::el1;
    if (const auto fault = walk::check(*translation, who, walk::Access::execute)) {
        raise_exception(syndrome(ec, fault->status()), va);
        return std::nullopt;
    }
    note(va, *translation);
    return translation->address;
}

void Cpu::select_contexts() {
    if (!numbers_.room()) {
        for (Tlb* const tlb : {&tlb_EL0_, &tlb_EL1_, &tlb_EL1_PAN_})
            tlb->clear();
        for (auto& entries : fetch_)
            entries.fill({});
        large_.clear();
        numbers_.restart();
    }
    const auto now = regime();
    contexts_ = now.sctlr[walk::SCTLR_EL1::M] == 0 ? numbers_.select_flat() : numbers_.select(now.asid());
}

void Cpu::forget_translations() {
    numbers_.forget_all();
    large_.clear();
    select_contexts();
}

void Cpu::forget_address(std::uint64_t va, unsigned bits) {
    for (Tlb* const tlb : {&tlb_EL0_, &tlb_EL1_, &tlb_EL1_PAN_})
        tlb->forget(va, bits);
    const std::uint64_t first = va >> bits << bits;
    const std::uint64_t pages = std::min<std::uint64_t>(fetch_entries, std::uint64_t{1} << (bits - Tlb::page_bits));
    for (auto& entries : fetch_)
        for (std::uint64_t n = 0; n < pages; ++n)
            if (auto& entry = entries[(first / Tlb::page + n) % fetch_entries]; Tlb::same(entry.tag, va, bits))
                entry = {};
}

void Cpu::apply(const Maintenance& what) {
    constexpr std::uint64_t AS = std::uint64_t{1} << 36;
    switch (what.kind) {
    case Maintenance::Kind::tlb_all: forget_translations(); return;
    case Maintenance::Kind::tlb_asid: {
        const auto asid = what.operand >> 48;
        numbers_.forget(static_cast<std::uint16_t>((system.TCR_EL1 & AS) != 0 ? asid : asid & 0xFF));
        select_contexts();
        return;
    }
    case Maintenance::Kind::tlb_va: {
        const auto va = what.operand << Tlb::page_bits;
        forget_address(va, Tlb::page_bits);
        large_.each(va, [&](unsigned bits) { forget_address(va, bits); });
        return;
    }
    case Maintenance::Kind::code_page: code_.drop(what.operand); return;
    case Maintenance::Kind::memory:
        pages_.fill({});
        monitor = {};
        forget_translations();
        [[fallthrough]];
    case Maintenance::Kind::code_all:
        for (auto& entries : fetch_)
            entries.fill({});
        code_is_stale_ = true;
        return;
    }
}

} // namespace arm64::cpu

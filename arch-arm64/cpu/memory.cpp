// SPDX-License-Identifier: Apache-2.0
// Loads and stores that no TLB entry serves: the first of a page, those that cross pages, MMIO, faults. Source: Arm DDI
// 0487, B2.5 (alignment), D8.
#include "arch-arm64/cpu/cpu.hpp"
#include "arch-arm64/cpu/guest_access.hpp"

#include <algorithm>
#include <cstring>

namespace arm64::cpu {
namespace {

constexpr std::uint64_t SCTLR_A = 1U << 1;
constexpr unsigned ZVA_bytes = 64;

std::uint64_t load_bytes(const std::byte* host, unsigned bytes) {
    const auto address = reinterpret_cast<std::uint64_t>(host);
    switch (bytes) {
    case 1: return guest_load<std::uint8_t>(address);
    case 2: return guest_load<std::uint16_t>(address);
    case 4: return guest_load<std::uint32_t>(address);
    case 8: return guest_load<std::uint64_t>(address);
    default: break;
    }
    std::uint64_t value = 0; // part of an access that crosses a page: single bytes are all that is promised
    for (unsigned i = 0; i < bytes; ++i)
        value |= std::uint64_t{guest_load<std::uint8_t>(address + i)} << (8 * i);
    return value;
}

void store_bytes(std::byte* host, std::uint64_t value, unsigned bytes) {
    const auto address = reinterpret_cast<std::uint64_t>(host);
    switch (bytes) {
    case 1: guest_store(address, static_cast<std::uint8_t>(value)); return;
    case 2: guest_store(address, static_cast<std::uint16_t>(value)); return;
    case 4: guest_store(address, static_cast<std::uint32_t>(value)); return;
    case 8: guest_store(address, value); return;
    default: break;
    }
    for (unsigned i = 0; i < bytes; ++i)
        guest_store(address + i, static_cast<std::uint8_t>(value >> (8 * i)));
}

unsigned before_page_end(std::uint64_t va, unsigned bytes) {
    return static_cast<unsigned>(std::min<std::uint64_t>(bytes, Tlb::page - va % Tlb::page));
}

// What KVM shows of the syndrome of an access that it cannot describe: CM, WnR and the status code.
std::uint64_t undescribed(bool write) { return FSC::translation | 3 | (write ? ISS::WnR : 0); }

} // namespace

Cpu::Alignment Cpu::alignment_of(std::uint64_t va, Access access) {
    return va % access.bytes == 0 ? Alignment::aligned : Alignment::unaligned;
}

bool Cpu::check_alignment(std::uint64_t va, Access access, Intent intent) {
    if (alignment_of(va, access) == Alignment::aligned || !(access.kind.aligned || (system.SCTLR_EL1 & SCTLR_A) != 0))
        return true;
    return raise_data_abort(va, FSC::alignment | (intent == Intent::write ? ISS::WnR : 0));
}

std::byte* Cpu::find_memory(std::uint64_t va, const Target& target, Intent intent, Kind kind) {
    const virt::Gpa page = target.address & Tlb::page_mask;
    const auto memory = find_page(page);
    if (!memory || (intent != Intent::read && memory->kind == virt::SlotKind::rom))
        return nullptr;
    if (intent != Intent::read && memory->logged)
        surroundings_.mark_dirty(page);
    Tlb& tlb = kind.unprivileged ? *unprivileged_tlb_ : *tlb_;
    if (memory->kind != virt::SlotKind::device && !target.device && &tlb != &no_tlb_) {
        const std::uint64_t tag = (va & Tlb::page_mask) | context(va);
        auto& entry = tlb.entry(va);
        const bool may_write =
            target.rights.write && memory->kind == virt::SlotKind::ram && (!memory->logged || intent != Intent::read);
        entry = {.read = target.rights.read ? tag : Tlb::nothing,
                 .write = may_write ? tag : Tlb::nothing,
                 .host = reinterpret_cast<std::uint64_t>(memory->host) - (va & Tlb::page_mask),
                 .physical = page};
    }
    return memory->host + target.address % Tlb::page;
}

Loaded Cpu::load_part(std::uint64_t va, unsigned bytes, Kind kind, Alignment alignment) {
    const auto target = translate(va, Intent::read, kind);
    if (!target)
        return {0, false};
    if (target->device && alignment == Alignment::unaligned)
        return {0, raise_data_abort(va, FSC::alignment)};
    if (watching_ && !check_watchpoints(va, bytes, Intent::read, kind))
        return {0, false};
    if (const auto* const host = find_memory(va, *target, Intent::read, kind))
        return {load_bytes(host, bytes), true};
    return load_mmio(va, *target, bytes, kind);
}

bool Cpu::store_part(std::uint64_t va, std::uint64_t value, unsigned bytes, Kind kind, Alignment alignment) {
    const auto target = translate(va, Intent::write, kind);
    if (!target)
        return false;
    if (target->device && alignment == Alignment::unaligned)
        return raise_data_abort(va, FSC::alignment | ISS::WnR);
    if (watching_ && !check_watchpoints(va, bytes, Intent::write, kind))
        return false;
    auto* const host = find_memory(va, *target, Intent::write, kind);
    if (host == nullptr)
        return store_mmio(va, *target, value, bytes, kind);
    store_bytes(host, value, bytes);
    return true;
}

Loaded Cpu::load_parts(std::uint64_t va, unsigned bytes, Kind kind, Alignment alignment) {
    const unsigned first = before_page_end(va, bytes);
    if (first == bytes)
        return load_part(va, bytes, kind, alignment);
    kind.described = false;
    const auto low = load_part(va, first, kind, alignment);
    if (!low)
        return low;
    const auto high = load_part(va + first, bytes - first, kind, alignment);
    return {*low | *high << (8 * first), high.ok};
}

bool Cpu::store_parts(std::uint64_t va, std::uint64_t value, unsigned bytes, Kind kind, Alignment alignment) {
    const unsigned first = before_page_end(va, bytes);
    if (first == bytes)
        return store_part(va, value, bytes, kind, alignment);
    kind.described = false;
    // Both pages before the first byte: a fault leaves memory as it was.
    return check_writable(va, bytes, kind, alignment) && store_part(va, value, first, kind, alignment) &&
           store_part(va + first, value >> (8 * first), bytes - first, kind, alignment);
}

Loaded Cpu::load_slowly(std::uint64_t va, Access access) {
    if (!check_alignment(va, access, Intent::read))
        return {0, false};
    return load_parts(va, access.bytes, access.kind, alignment_of(va, access));
}

bool Cpu::store_slowly(std::uint64_t va, std::uint64_t value, Access access) {
    return check_alignment(va, access, Intent::write) &&
           store_parts(va, value, access.bytes, access.kind, alignment_of(va, access));
}

bool Cpu::load_slowly(std::uint64_t va, Vector& into, Access access) {
    if (!check_alignment(va, access, Intent::read))
        return false;
    const auto alignment = alignment_of(va, access);
    const auto low = load_parts(va, 8, access.kind, alignment);
    if (!low)
        return false;
    const auto high = load_parts(va + 8, 8, access.kind, alignment);
    if (!high)
        return false;
    into.d = {*low, *high};
    return true;
}

bool Cpu::store_slowly(std::uint64_t va, const Vector& from, Access access) {
    const auto alignment = alignment_of(va, access);
    return check_alignment(va, access, Intent::write) && check_writable(va, 16, access.kind, alignment) &&
           store_parts(va, from.d[0], 8, access.kind, alignment) &&
           store_parts(va + 8, from.d[1], 8, access.kind, alignment);
}

Loaded Cpu::load_mmio(std::uint64_t va, const Target& target, unsigned bytes, Kind kind) {
    outside_va_ = va;
    if (!kind.described)
        return {0, stop_before(virt::exit::NoSyndrome{undescribed(false), target.address})};
    const auto width = static_cast<virt::Width>(bytes);
    if (answer_)
        return {*std::exchange(answer_, std::nullopt) & virt::mask_of(width), true};
    std::uint64_t value = 0;
    if (surroundings_.read(target.address, width, value))
        return {value & virt::mask_of(width), true};
    return {0, stop_before(virt::exit::MmioRead{target.address, width})};
}

bool Cpu::store_mmio(std::uint64_t va, const Target& target, std::uint64_t value, unsigned bytes, Kind kind) {
    outside_va_ = va;
    if (!kind.described)
        return stop_before(virt::exit::NoSyndrome{undescribed(true), target.address});
    const auto width = static_cast<virt::Width>(bytes);
    value &= virt::mask_of(width);
    if (surroundings_.write(target.address, width, value))
        return true;
    return stop_after(virt::exit::MmioWrite{target.address, width, value});
}

std::byte* Cpu::atomic_address(std::uint64_t va, unsigned bytes, Intent intent) {
    const Kind kind{.aligned = true};
    if (!check_alignment(va, {static_cast<std::uint16_t>(bytes), kind}, intent))
        return nullptr;
    const auto& entry = tlb_->entry(va);
    if ((intent == Intent::read ? entry.read : entry.write) == tag(va, bytes))
        return reinterpret_cast<std::byte*>(entry.host + va); // NOLINT(performance-no-int-to-ptr)
    const auto target = translate(va, intent, kind);
    if (!target || (watching_ && !check_watchpoints(va, bytes, intent, kind)))
        return nullptr;
    auto* const host = find_memory(va, *target, intent, kind);
    if (host == nullptr)
        raise_data_abort(va, FSC::unsupported_exclusive | (intent == Intent::write ? ISS::WnR : 0));
    return host;
}

bool Cpu::check_writable(std::uint64_t va, unsigned bytes, Kind kind, Alignment alignment) {
    const unsigned first = before_page_end(va, bytes);
    for (const auto at : {va, va + first}) {
        const auto target = translate(at, Intent::write, kind);
        if (!target)
            return false;
        if (target->device && alignment == Alignment::unaligned)
            return raise_data_abort(at, FSC::alignment | ISS::WnR);
        if (first == bytes)
            break;
    }
    return !watching_ || check_watchpoints(va, bytes, Intent::write, kind);
}

bool Cpu::check_writable(std::uint64_t va, unsigned bytes) { return check_writable(va, bytes, {}, Alignment::aligned); }

bool Cpu::zero_block(std::uint64_t va) {
    const std::uint64_t block = va & ~std::uint64_t{ZVA_bytes - 1};
    const auto& entry = tlb_->entry(block);
    auto* host = reinterpret_cast<std::byte*>(entry.host + block); // NOLINT(performance-no-int-to-ptr)
    if (entry.write != tag(block, ZVA_bytes)) {
        const auto target = translate(va, Intent::write, {});
        if (!target)
            return false;
        if (target->device)
            return raise_data_abort(va, FSC::alignment | ISS::WnR);
        if (watching_ && !check_watchpoints(block, ZVA_bytes, Intent::write, {}))
            return false;
        Target whole = *target;
        whole.address &= ~virt::Gpa{ZVA_bytes - 1};
        host = find_memory(block, whole, Intent::write, {});
        if (host == nullptr)
            return stop_before(virt::exit::NoSyndrome{undescribed(true), whole.address});
    }
    for (unsigned i = 0; i < ZVA_bytes; i += 8)
        guest_store(reinterpret_cast<std::uint64_t>(host) + i, std::uint64_t{0});
    return true;
}

} // namespace arm64::cpu

// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/soft/cpu_registers.hpp"

#include "arch-arm64/registers.hpp"
#include "arch-arm64/soft/pe.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

namespace arm64::soft {
namespace {

using virt::RegisterId;

// KVM_REG_SIZE_U32, _U128 in place of registers::arm64_u64.
constexpr std::uint64_t arm64_u32 = 0x6020'0000'0000'0000, arm64_u128 = 0x6040'0000'0000'0000;
constexpr std::uint64_t kind_mask = 0x0FFF'0000, core_kind = 0x10'0000, demux_kind = 0x11'0000, system_kind = 0x13'0000;
constexpr std::uint64_t size_mask = 0xFFF0'0000'0000'0000;

constexpr std::uint64_t kind_of(RegisterId id) { return id.value & kind_mask; }

template <class T>
T load(std::span<const std::byte> data) {
    T value;
    std::memcpy(&value, data.data(), sizeof value);
    return value;
}
template <class T>
virt::expected<void> store(std::span<std::byte> data, const T& value) {
    std::memcpy(data.data(), &value, sizeof value);
    return {};
}

virt::unexpected missing() { return virt::failure(ENOENT, "access a register that the vCPU does not have"); }
virt::unexpected impossible() { return virt::failure(EINVAL, "give a register a value that it cannot have"); }

// ---- struct kvm_regs: offsets in words of 32 bits ------------------------------------------------------------------

constexpr std::uint64_t SP_EL0 = 0x3E, PC = 0x40, PSTATE = 0x42, SP_EL1 = 0x44, ELR_EL1 = 0x46, SPSR_EL1 = 0x48,
                        other_SPSR = 0x4A, V = 0x54, FPSR = 0xD4, FPCR = 0xD5;
constexpr std::uint64_t general = 31, vectors = 32, unused_SPSRs = 4;

constexpr RegisterId core_u32(std::uint64_t words) { return RegisterId{arm64_u32 | core_kind | words}; }
constexpr RegisterId core_u128(std::uint64_t words) { return RegisterId{arm64_u128 | core_kind | words}; }

/// Calls `access(reference)` for a register that is no more than a value; false if it is none of those.
template <class Access>
bool with_value(Pe& pe, RegisterId id, Access access) {
    auto& cpu = pe.cpu();
    const std::uint64_t word = id.value & 0xFFFF;
    if (id == registers::core(word) && word % 2 == 0) {
        if (word / 2 < general)
            access(cpu.x[word / 2]);
        else if (word == PC)
            access(cpu.pc);
        else if (word == ELR_EL1)
            access(cpu.system.ELR_EL1);
        else if (word == SPSR_EL1)
            access(cpu.system.SPSR_EL1);
        else if (word >= other_SPSR && word < other_SPSR + 2 * unused_SPSRs)
            access(pe.unused_spsr[(word - other_SPSR) / 2]);
        else
            return false;
        return true;
    }
    if (id != core_u128(word) || word < V || word >= V + 4 * vectors || (word - V) % 4 != 0)
        return false;
    access(cpu.v[(word - V) / 4]);
    return true;
}

virt::expected<void> read_core(Pe& pe, RegisterId id, std::span<std::byte> data) {
    const auto& cpu = pe.cpu();
    if (with_value(pe, id, [&](const auto& value) { static_cast<void>(store(data, value)); }))
        return {};
    if (id == registers::core(SP_EL0))
        return store(data, cpu.SP(0));
    if (id == registers::core(SP_EL1))
        return store(data, cpu.SP(1));
    if (id == registers::core(PSTATE))
        return store(data, cpu.PSTATE());
    if (id == core_u32(FPSR))
        return store(data, cpu.fp.FPSR);
    if (id == core_u32(FPCR))
        return store(data, cpu.fp.FPCR);
    return missing();
}

virt::expected<void> write_core(Pe& pe, RegisterId id, std::span<const std::byte> data) {
    auto& cpu = pe.cpu();
    const auto set = [&](auto& value) { value = load<std::remove_cvref_t<decltype(value)>>(data); };
    if (with_value(pe, id, set))
        return {};
    if (id == registers::core(SP_EL0))
        cpu.set_SP(0, load<std::uint64_t>(data));
    else if (id == registers::core(SP_EL1))
        cpu.set_SP(1, load<std::uint64_t>(data));
    else if (id == registers::core(PSTATE))
        return cpu.set_PSTATE(load<std::uint64_t>(data)) ? virt::expected<void>() : impossible();
    else if (id == core_u32(FPSR))
        cpu.fp.FPSR = load<std::uint32_t>(data) & cpu::fp::FPSR::writable;
    else if (id == core_u32(FPCR))
        cpu.fp.FPCR = load<std::uint32_t>(data) & cpu::fp::FPCR::writable;
    else
        return missing();
    return {};
}

void list_core(std::vector<RegisterId>& ids) {
    for (std::uint64_t n = 0; n < general; ++n)
        ids.push_back(registers::core(2 * n));
    for (const auto word : {SP_EL0, PC, PSTATE, SP_EL1, ELR_EL1, SPSR_EL1})
        ids.push_back(registers::core(word));
    for (std::uint64_t n = 0; n < unused_SPSRs; ++n)
        ids.push_back(registers::core(other_SPSR + 2 * n));
    for (std::uint64_t n = 0; n < vectors; ++n)
        ids.push_back(core_u128(V + 4 * n));
    ids.push_back(core_u32(FPSR));
    ids.push_back(core_u32(FPCR));
}

// ---- CCSIDR_EL1, one for each CSSELR_EL1 ---------------------------------------------------------------------------

// CSSELR_EL1 of the caches in Model::CCSIDR_EL1: L1 data, L1 instruction, L2.
constexpr std::array<std::uint64_t, 3> cache_selectors{0, 1, 2};

constexpr RegisterId ccsidr(std::uint64_t CSSELR) { return RegisterId{arm64_u32 | demux_kind | CSSELR}; }

std::optional<std::uint32_t> find_ccsidr(const Pe& pe, RegisterId id) {
    for (std::size_t n = 0; n < cache_selectors.size(); ++n)
        if (id == ccsidr(cache_selectors[n]))
            return static_cast<std::uint32_t>(pe.cpu().model().CCSIDR_EL1[n]);
    return std::nullopt;
}

// ---- System registers ----------------------------------------------------------------------------------------------

bool is_system(RegisterId id) { return (id.value & size_mask) == registers::arm64_u64 && kind_of(id) == system_kind; }

SysregId sysreg_of(RegisterId id) { return SysregId{static_cast<std::uint16_t>(id.value)}; }

} // namespace

virt::expected<void> read_register(Pe& pe, RegisterId id, std::span<std::byte> data) {
    if (kind_of(id) == core_kind)
        return read_core(pe, id, data);
    if (const auto cache = find_ccsidr(pe, id))
        return store(data, *cache);
    if (is_system(id)) {
        const auto value = pe.cpu().outside_read(sysreg_of(id));
        return value ? store(data, *value) : missing();
    }
    const auto value = pe.firmware().get(id);
    return value ? store(data, *value) : missing();
}

virt::expected<void> write_register(Pe& pe, RegisterId id, std::span<const std::byte> data) {
    if (kind_of(id) == core_kind)
        return write_core(pe, id, data);
    if (const auto cache = find_ccsidr(pe, id))
        return load<std::uint32_t>(data) == *cache ? virt::expected<void>() : impossible();
    if (!is_system(id))
        return data.size() == sizeof(std::uint64_t) ? pe.firmware().set(id, load<std::uint64_t>(data)) : missing();
    if (!pe.cpu().outside_read(sysreg_of(id)))
        return missing();
    if (!pe.cpu().outside_write(sysreg_of(id), load<std::uint64_t>(data)))
        return impossible();
    pe.cpu().registers_changed();
    return {};
}

std::vector<RegisterId> list_registers(Pe& pe) {
    std::vector<RegisterId> ids;
    list_core(ids);
    for (const auto id : pe.cpu().outside_registers())
        ids.push_back(RegisterId{registers::arm64_u64 | system_kind | id.value});
    for (const auto selector : cache_selectors)
        ids.push_back(ccsidr(selector));
    const auto firmware = Firmware::registers();
    ids.insert(ids.end(), firmware.begin(), firmware.end());
    return ids;
}

} // namespace arm64::soft

// SPDX-License-Identifier: Apache-2.0
// MRS and MSR, and the same registers from outside. Source: Arm DDI 0487, C5.2, D19.2.37 (ESR_EL1, ISS of EC 0x18).
#include "arch-arm64/cpu/sysregs.hpp"

#include "arch-arm64/cpu/cpu.hpp"
#include "arch-arm64/cpu/sysreg_fields.hpp"

#include <algorithm>

namespace arm64::cpu {
namespace {

/// The CPU interface to the GIC: ICC_PMR_EL1, and CRn 12 from CRm 8 on.
bool is_of_GIC(SysregId id) {
    constexpr std::uint16_t CRm_op2 = 0x7F;
    return id == sysreg(3, 0, 4, 6, 0) ||
           (id >= sysreg(3, 0, 12, 8, 0) && id <= SysregId{sysreg(3, 0, 12, 0, 0).value | CRm_op2});
}

bool has_PMU(const Model& model) { return (model.ID_AA64DFR0_EL1 & bits(11, 8)) != 0; }

} // namespace

bool Cpu::trap_sysreg(SysregId id, std::uint32_t t, Direction direction) {
    const std::uint64_t op0 = id.value >> 14 & 3, op1 = id.value >> 11 & 7, CRn = id.value >> 7 & 15,
                        CRm = id.value >> 3 & 15, op2 = id.value & 7;
    const std::uint64_t ISS = op0 << 20 | op2 << 17 | op1 << 14 | CRn << 10 | std::uint64_t{t} << 5 | CRm << 1 |
                              (direction == Direction::read ? 1 : 0);
    return raise_exception(syndrome(EC::system_register, ISS));
}

bool Cpu::may_access(const SysregRow* row, SysregId id, std::uint32_t t, Direction direction) {
    if (row == nullptr)
        return (EL == 1 && is_of_GIC(id)) || undefined();
    if (row->of_PMU && !has_PMU(model_))
        return undefined();
    const auto access = direction == Direction::read ? SysregRow::Access::read : SysregRow::Access::write;
    switch (row->access(*this, access)) {
    case SysregRow::Verdict::allowed: return true;
    case SysregRow::Verdict::undefined: return undefined();
    case SysregRow::Verdict::trapped: return trap_sysreg(id, t, direction);
    case SysregRow::Verdict::fp_trapped: break;
    }
    return trap_fp();
}

bool Cpu::read_sysreg(const SysregRow* row, SysregId id, std::uint32_t t) {
    if (!may_access(row, id, t, Direction::read))
        return false;
    std::uint64_t value = 0;
    if (row == nullptr || row->elsewhere) {
        const auto answer = surroundings_.read_sysreg(id);
        if (!answer)
            return undefined();
        value = *answer;
    } else {
        if (row->of_PMU)
            count_events();
        if (row->read != nullptr)
            value = row->read(*this);
        else if (row->kept != nullptr)
            value = row->kept(system);
        else
            return undefined();
    }
    x[destination(t)] = value;
    return true;
}

bool Cpu::write_sysreg(const SysregRow* row, SysregId id, std::uint32_t t) {
    if (!may_access(row, id, t, Direction::write))
        return false;
    const auto value = x[source(t)];
    if (row == nullptr || row->elsewhere)
        return surroundings_.write_sysreg(id, value) || undefined();
    if (row->of_PMU)
        count_events();
    if (row->write != nullptr)
        row->write(*this, value);
    else if (row->kept != nullptr)
        row->kept(system) = (value & row->writable) | row->RES1;
    else
        return undefined();
    if (row->of_PMU)
        derive_pmu();
    switch (row->after) {
    case SysregRow::After::nothing: break;
    case SysregRow::After::derive: derive(); break;
    case SysregRow::After::contexts: select_contexts(); break;
    case SysregRow::After::translation: registers_changed(); break;
    }
    return true;
}

std::optional<std::uint64_t> Cpu::outside_read(SysregId id) {
    const auto* const row = find_system_register(id);
    if (row == nullptr || row->outside == SysregRow::Outside::none || (row->of_PMU && !has_PMU(model_)))
        return std::nullopt;
    if (row->of_PMU)
        count_events();
    return row->kept != nullptr ? row->kept(system) : row->read(*this);
}

bool Cpu::outside_write(SysregId id, std::uint64_t value) {
    const auto* const row = find_system_register(id);
    if (row == nullptr || row->outside == SysregRow::Outside::none || (row->of_PMU && !has_PMU(model_)))
        return false;
    if (row->outside == SysregRow::Outside::fixed)
        return row->read(*this) == value;
    if (row->of_PMU)
        count_events();
    row->kept(system) = (value & row->writable) | row->RES1;
    if (row->of_PMU)
        derive_pmu();
    return true;
}

std::vector<SysregId> Cpu::outside_registers() const {
    std::vector<SysregId> ids;
    for (const auto& row : system_registers())
        if (row.outside != SysregRow::Outside::none && (!row.of_PMU || has_PMU(model_)))
            ids.push_back(row.id);
    return ids;
}

void Cpu::reset(std::uint64_t MPIDR) {
    static_cast<State&>(*this) = State{};
    for (const auto& row : system_registers())
        if (row.kept != nullptr)
            row.kept(system) = row.reset | row.RES1;
    MPIDR_ = MPIDR;
    monitor = {};
    stepped_ = debugger_stepped_ = Stepped::nothing;
    event_.store(false);
    departure_ = Departure::none;
    pending_stop_.reset();
    answer_.reset();
    instructions_ = 0;
    budget_end_ = due_ = never;
    lower(request_SError);
    code_is_stale_ = true;
    registers_changed();
    derive_pmu();
}

} // namespace arm64::cpu

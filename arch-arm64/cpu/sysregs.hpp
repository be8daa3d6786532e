// SPDX-License-Identifier: Apache-2.0
// The table of system registers: one row each, for MRS and MSR, and for whoever saves and restores. Source: Arm DDI
// 0487, C5.2, D19.
#pragma once

#include "arch-arm64/cpu/state.hpp"
#include "arch-arm64/irqchip.hpp"

#include <cstdint>
#include <span>

namespace arm64::cpu {

class Cpu;

struct SysregRow {
    enum class Access : std::uint8_t { read, write };
    enum class Verdict : std::uint8_t {
        allowed,
        undefined,
        trapped,    ///< to EL1, EC 0x18
        fp_trapped, ///< to EL1, EC 0x07
    };
    /// What KVM_GET_ONE_REG and KVM_SET_ONE_REG see.
    enum class Outside : std::uint8_t {
        none,  ///< nothing: computed, the GIC's or the timers', or one of KVM's core registers
        state, ///< to be saved and restored
        fixed, ///< what the CPU is: only the same value may be written
    };
    enum class After : std::uint8_t {
        nothing,
        derive,      ///< what it and PSTATE decide together
        contexts,    ///< the tables or the ASID
        translation, ///< no translation made before holds
    };

    const char* name; ///< as the manual spells it; "": reserved, RAZ
    SysregId id;
    /// Asked at each access, at EL0 and at EL1.
    Verdict (*access)(const Cpu& cpu, Access access);
    /// Where it is kept, if it is. A write makes `value & writable | RES1` of it.
    std::uint64_t& (*kept)(SystemRegisters& system) = nullptr;
    std::uint64_t writable = 0, RES1 = 0, reset = 0;
    /// What MRS and MSR do, where it is something else.
    std::uint64_t (*read)(Cpu& cpu) = nullptr;
    void (*write)(Cpu& cpu, std::uint64_t value) = nullptr;
    After after = After::nothing;
    Outside outside = Outside::none;
    bool of_PMU = false;    ///< UNDEFINED without PMUv3; counts are brought up to date before
    bool elsewhere = false; ///< `Surroundings` has it
};

/// All but the GIC's, sorted by `id`.
[[nodiscard]] std::span<const SysregRow> system_registers();

/// Null: there is none.
[[nodiscard]] const SysregRow* find_system_register(SysregId id);

} // namespace arm64::cpu

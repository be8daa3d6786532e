// SPDX-License-Identifier: Apache-2.0
// Exceptions as a CPU takes them to EL1. Source: Arm DDI 0487, D1.3, D19.2.37 (ESR_EL1).
#pragma once

#include <cstdint>

namespace arm64::cpu {

/// ESR_EL1.EC.
enum class EC : std::uint8_t {
    unknown = 0x00,
    WFx = 0x01,
    fp_access = 0x07,
    illegal_execution_state = 0x0E,
    SVC = 0x15,
    HVC = 0x16,
    SMC = 0x17,
    system_register = 0x18,
    instruction_abort_lower = 0x20,
    instruction_abort = 0x21,
    PC_alignment = 0x22,
    data_abort_lower = 0x24,
    data_abort = 0x25,
    SP_alignment = 0x26,
    SError = 0x2F,
    breakpoint_lower = 0x30,
    breakpoint = 0x31,
    software_step_lower = 0x32,
    software_step = 0x33,
    watchpoint_lower = 0x34,
    watchpoint = 0x35,
    BRK = 0x3C,
};

/// ESR_EL1 of a 32-bit instruction.
[[nodiscard]] constexpr std::uint64_t syndrome(EC ec, std::uint64_t ISS = 0) {
    return static_cast<std::uint64_t>(ec) << 26 | 1U << 25 | (ISS & 0x1FF'FFFF);
}

/// Fields of a data or instruction abort's ISS.
namespace ISS {
inline constexpr std::uint64_t EA = 1U << 9, CM = 1U << 8, S1PTW = 1U << 7, WnR = 1U << 6;
}

/// DFSC and IFSC. Faults of translation tables add the level in bits 1:0.
namespace FSC {
inline constexpr std::uint64_t address_size = 0x00, translation = 0x04, access_flag = 0x08, permission = 0x0C,
                               external_abort = 0x10, external_abort_on_walk = 0x14, alignment = 0x21, debug = 0x22,
                               unsupported_exclusive = 0x35;
}

} // namespace arm64::cpu

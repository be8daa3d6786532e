// SPDX-License-Identifier: Apache-2.0
// A few instructions by hand, for what no command of a puppet does: an entry point of PSCI's CPU_ON, a vector.
#pragma once

#include "tests/conformance/layout.hpp"
#include "tests/conformance/machine.hpp"
#include "virt/ids.hpp"

#include <cstdint>
#include <initializer_list>

namespace conformance {

namespace code {
static_assert(layout::nowhere == 0x0A00'0000 && PUPPET_DOORBELL == 0x0900'0000);
inline constexpr std::uint32_t MRS_x0_ESR_EL1 = 0xD538'5200, MOV_x2_nowhere = 0xD2A1'4002, STR_x0_x2 = 0xF900'0040,
                               MOV_x1_doorbell = 0xD2A1'2001, STR_wzr_x1 = 0xB900'003F, B_self = 0x1400'0000;
/// Offset, from VBAR_EL1, of the vector for synchronous exceptions at EL1 with SP_EL1.
inline constexpr std::uint64_t synchronous_vector = 0x200;
} // namespace code

inline virt::Gpa put(Machine& machine, virt::Gpa address, std::initializer_list<std::uint32_t> instructions) {
    virt::Gpa at = address;
    for (const auto instruction : instructions) {
        machine.set_ram(at, instruction);
        at += sizeof instruction;
    }
    return address;
}

/// Code that stores x0 to layout::nowhere, which exits, and then ends the puppet's list. Needs neither MMU nor vectors.
/// A list that meets it has no command to go on with: what follows is Puppet::restart.
inline virt::Gpa put_report(Machine& machine) {
    return put(machine, machine.allocate(0x1000, 0x1000),
               {code::MOV_x2_nowhere, code::STR_x0_x2, code::MOV_x1_doorbell, code::STR_wzr_x1, code::B_self});
}

/// For VBAR_EL1: reports ESR_EL1 of a synchronous exception in the same way.
inline virt::Gpa put_vectors(Machine& machine) {
    const virt::Gpa VBAR = machine.allocate(0x1000, 0x1000);
    put(machine, VBAR + code::synchronous_vector,
        {code::MRS_x0_ESR_EL1, code::MOV_x2_nowhere, code::STR_x0_x2, code::MOV_x1_doorbell, code::STR_wzr_x1,
         code::B_self});
    return VBAR;
}

} // namespace conformance

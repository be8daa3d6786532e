// SPDX-License-Identifier: Apache-2.0
// System registers by the manual's names, as the puppet's table numbers them.
#pragma once

#include "guest-images/puppet/sysregs.inc"

#include <cstdint>

namespace conformance {

struct Sysreg {
    const char* name = "";
    std::uint32_t index = 0;    ///< in the puppet's tables
    std::uint16_t encoding = 0; ///< op0:op1:CRn:CRm:op2, as in KVM's CPU_SYSREGS attribute
};

namespace sysreg_index {
#define ITSY_ROW(name, ...) name,
enum : std::uint32_t { PUPPET_SYSREGS(ITSY_ROW) };
#undef ITSY_ROW
} // namespace sysreg_index

#define ITSY_ROW(name, op0, op1, CRn, CRm, op2)                                                                        \
    inline constexpr Sysreg name{                                                                                      \
        #name, sysreg_index::name,                                                                                     \
        static_cast<std::uint16_t>((op0) << 14 | (op1) << 11 | (CRn) << 7 | (CRm) << 3 | (op2))};
PUPPET_SYSREGS(ITSY_ROW)
#undef ITSY_ROW
static_assert(ICC_PMR_EL1.encoding == 0xC230);

} // namespace conformance

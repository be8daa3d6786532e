// SPDX-License-Identifier: Apache-2.0
// Identifiers of vCPU registers for KVM_{GET,SET}_ONE_REG. Source: Documentation/virt/kvm/api.rst, 4.68.
#pragma once

#include "virt/ids.hpp"

#include <cstdint>

namespace arm64::registers {

/// KVM_REG_ARM64 | KVM_REG_SIZE_U64.
inline constexpr std::uint64_t arm64_u64 = 0x6030'0000'0000'0000;

/// KVM_REG_ARM_CORE: offset in struct kvm_regs, in 32-bit words.
[[nodiscard]] constexpr virt::RegisterId core(std::uint64_t words) {
    return virt::RegisterId{arm64_u64 | 0x10'0000 | words};
}

/// KVM_REG_ARM64_SYSREG: the encoding as in an MRS.
[[nodiscard]] constexpr virt::RegisterId system(std::uint64_t op0, std::uint64_t op1, std::uint64_t CRn,
                                                std::uint64_t CRm, std::uint64_t op2) {
    return virt::RegisterId{arm64_u64 | 0x13'0000 | op0 << 14 | op1 << 11 | CRn << 7 | CRm << 3 | op2};
}

inline constexpr auto x0 = core(0x00);
inline constexpr auto pc = core(0x40);
inline constexpr auto MPIDR_EL1 = system(3, 0, 0, 0, 5);
/// KVM_REG_ARM_TIMER_CNT, CNTVCT_EL0 of every vCPU. The ABI has the encodings of CNT and CVAL swapped.
inline constexpr auto TIMER_CNT = system(3, 3, 14, 3, 2);
inline constexpr auto TIMER_CVAL = system(3, 3, 14, 0, 2);
inline constexpr auto TIMER_CTL = system(3, 3, 14, 3, 1);
/// The physical timer's.
inline constexpr auto PTIMER_CNT = system(3, 3, 14, 0, 1);
inline constexpr auto PTIMER_CVAL = system(3, 3, 14, 2, 2);
inline constexpr auto PTIMER_CTL = system(3, 3, 14, 2, 1);
static_assert(MPIDR_EL1.value == 0x6030'0000'0013'C005 && TIMER_CNT.value == 0x6030'0000'0013'DF1A);

/// Aff3, Aff2, Aff1, Aff0 of MPIDR_EL1.
inline constexpr std::uint64_t MPIDR_affinity = 0xFF'00FF'FFFF;

} // namespace arm64::registers

// SPDX-License-Identifier: Apache-2.0
// KVM's arm64 ABI, which <linux/kvm.h> of another architecture lacks. Checked against the system's in abi.cpp.
// Source: arch/arm64/include/uapi/asm/kvm.h, include/uapi/linux/kvm.h.
#pragma once

#include <linux/ioctl.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace arm64::kvm::abi {

struct VcpuInit {
    std::uint32_t target;
    std::array<std::uint32_t, 7> features;
};

inline constexpr std::size_t debug_registers = 16;

struct GuestDebugArch {
    std::array<std::uint64_t, debug_registers> dbg_bcr;
    std::array<std::uint64_t, debug_registers> dbg_bvr;
    std::array<std::uint64_t, debug_registers> dbg_wcr;
    std::array<std::uint64_t, debug_registers> dbg_wvr;
};

struct GuestDebug {
    std::uint32_t control;
    std::uint32_t pad;
    GuestDebugArch arch;
};

struct VcpuEvents {
    struct {
        std::uint8_t serror_pending;
        std::uint8_t serror_has_esr;
        std::uint8_t ext_dabt_pending;
        std::array<std::uint8_t, 5> pad;
        std::uint64_t serror_esr;
    } exception;
    std::array<std::uint32_t, 12> reserved;
};

inline constexpr unsigned long ARM_VCPU_INIT = _IOW(0xAE, 0xae, VcpuInit);
inline constexpr unsigned long ARM_PREFERRED_TARGET = _IOR(0xAE, 0xaf, VcpuInit);
inline constexpr unsigned long ARM_VCPU_FINALIZE = _IOW(0xAE, 0xc2, std::int32_t);
inline constexpr unsigned long GET_VCPU_EVENTS = _IOR(0xAE, 0x9f, VcpuEvents);
inline constexpr unsigned long SET_VCPU_EVENTS = _IOW(0xAE, 0xa0, VcpuEvents);
inline constexpr unsigned long SET_GUEST_DEBUG = _IOW(0xAE, 0x9b, GuestDebug);

inline constexpr std::uint32_t GUESTDBG_ENABLE = 1U << 0;
inline constexpr std::uint32_t GUESTDBG_SINGLESTEP = 1U << 1;
inline constexpr std::uint32_t GUESTDBG_USE_SW_BP = 1U << 16;
inline constexpr std::uint32_t GUESTDBG_USE_HW = 1U << 17;

} // namespace arm64::kvm::abi

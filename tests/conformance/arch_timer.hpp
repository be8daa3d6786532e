// SPDX-License-Identifier: Apache-2.0
// The two timers of a guest at EL1, by the manual's names. Source: Arm DDI 0487, D11.2.
#pragma once

#include "tests/conformance/command.hpp"
#include "tests/conformance/layout.hpp"
#include "tests/conformance/sysreg.hpp"

#include <array>
#include <cstdint>

namespace conformance {

inline constexpr std::uint64_t CTL_ENABLE = 1, CTL_IMASK = 2, CTL_ISTATUS = 4;

/// As CVAL: no count gets there. Not the largest number: of the emulated host's QEMU the main loop never ends once CVAL
/// and CNTVOFF_EL2 overflow.
inline constexpr std::uint64_t never = std::uint64_t{1} << 62;

struct ArchTimer {
    const char* name;
    std::uint32_t PPI; ///< unless KVM_ARM_VCPU_TIMER_CTRL says otherwise
    Sysreg CTL, CVAL, TVAL, CNT;

    /// Its condition is met from now on: the line is high until `stop`.
    [[nodiscard]] List expire() const { return {msr(CVAL, 0), msr(CTL, CTL_ENABLE)}; }
    [[nodiscard]] List start(std::uint32_t ticks) const { return {msr(TVAL, ticks), msr(CTL, CTL_ENABLE)}; }
    [[nodiscard]] List stop() const { return msr(CTL, 0); }
};

inline constexpr ArchTimer virtual_timer{"virtual", 27, CNTV_CTL_EL0, CNTV_CVAL_EL0, CNTV_TVAL_EL0, CNTVCT_EL0};
inline constexpr ArchTimer physical_timer{"physical", 30, CNTP_CTL_EL0, CNTP_CVAL_EL0, CNTP_TVAL_EL0, CNTPCT_EL0};
inline constexpr std::array<ArchTimer, 2> arch_timers{virtual_timer, physical_timer};

/// An exit to the VMM: where KVM looks at the lines that the guest may have changed.
[[nodiscard]] inline Command leave() { return load32(layout::nowhere); }

} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
// The generic timer's registers at EL0 and EL1 by their encodings. Source: Arm DDI 0487, D19.12.
#pragma once

#include "arch-arm64/irqchip.hpp"

#include <cstdint>

namespace arm64::timer {

inline constexpr auto CNTFRQ_EL0 = sysreg(3, 3, 14, 0, 0);
inline constexpr auto CNTPCT_EL0 = sysreg(3, 3, 14, 0, 1);
inline constexpr auto CNTVCT_EL0 = sysreg(3, 3, 14, 0, 2);
inline constexpr auto CNTP_TVAL_EL0 = sysreg(3, 3, 14, 2, 0);
inline constexpr auto CNTP_CTL_EL0 = sysreg(3, 3, 14, 2, 1);
inline constexpr auto CNTP_CVAL_EL0 = sysreg(3, 3, 14, 2, 2);
inline constexpr auto CNTV_TVAL_EL0 = sysreg(3, 3, 14, 3, 0);
inline constexpr auto CNTV_CTL_EL0 = sysreg(3, 3, 14, 3, 1);
inline constexpr auto CNTV_CVAL_EL0 = sysreg(3, 3, 14, 3, 2);

/// CNTV_CTL_EL0 and CNTP_CTL_EL0.
namespace CTL {
inline constexpr std::uint32_t ENABLE = 1, IMASK = 2, ISTATUS = 4;
}

} // namespace arm64::timer

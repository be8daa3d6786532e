// SPDX-License-Identifier: Apache-2.0
// The CPU interface's system registers by their encodings. Source: Arm IHI 0069, 12.2.
#pragma once

#include "arch-arm64/irqchip.hpp"

#include <cstdint>

namespace arm64::gic {

inline constexpr auto ICC_PMR_EL1 = sysreg(3, 0, 4, 6, 0);
inline constexpr auto ICC_IAR0_EL1 = sysreg(3, 0, 12, 8, 0);
inline constexpr auto ICC_EOIR0_EL1 = sysreg(3, 0, 12, 8, 1);
inline constexpr auto ICC_HPPIR0_EL1 = sysreg(3, 0, 12, 8, 2);
inline constexpr auto ICC_BPR0_EL1 = sysreg(3, 0, 12, 8, 3);
inline constexpr auto ICC_AP0R0_EL1 = sysreg(3, 0, 12, 8, 4); ///< n follow each other
inline constexpr auto ICC_AP1R0_EL1 = sysreg(3, 0, 12, 9, 0);
inline constexpr auto ICC_DIR_EL1 = sysreg(3, 0, 12, 11, 1);
inline constexpr auto ICC_RPR_EL1 = sysreg(3, 0, 12, 11, 3);
inline constexpr auto ICC_SGI1R_EL1 = sysreg(3, 0, 12, 11, 5);
inline constexpr auto ICC_ASGI1R_EL1 = sysreg(3, 0, 12, 11, 6);
inline constexpr auto ICC_SGI0R_EL1 = sysreg(3, 0, 12, 11, 7);
inline constexpr auto ICC_IAR1_EL1 = sysreg(3, 0, 12, 12, 0);
inline constexpr auto ICC_EOIR1_EL1 = sysreg(3, 0, 12, 12, 1);
inline constexpr auto ICC_HPPIR1_EL1 = sysreg(3, 0, 12, 12, 2);
inline constexpr auto ICC_BPR1_EL1 = sysreg(3, 0, 12, 12, 3);
inline constexpr auto ICC_CTLR_EL1 = sysreg(3, 0, 12, 12, 4);
inline constexpr auto ICC_SRE_EL1 = sysreg(3, 0, 12, 12, 5);
inline constexpr auto ICC_IGRPEN0_EL1 = sysreg(3, 0, 12, 12, 6);
inline constexpr auto ICC_IGRPEN1_EL1 = sysreg(3, 0, 12, 12, 7);

} // namespace arm64::gic

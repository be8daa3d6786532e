// SPDX-License-Identifier: Apache-2.0
// ICC_*_EL1 by op0:op1:CRn:CRm:op2. Source: Arm IHI 0069, 12.2.
#pragma once

#include <cstdint>

namespace property {

[[nodiscard]] constexpr std::uint16_t icc(unsigned CRn, unsigned CRm, unsigned op2) {
    return static_cast<std::uint16_t>(3U << 14 | CRn << 7 | CRm << 3 | op2);
}

enum Sysreg : std::uint16_t {
    ICC_PMR = icc(4, 6, 0),
    ICC_IAR0 = icc(12, 8, 0),
    ICC_EOIR0 = icc(12, 8, 1),
    ICC_HPPIR0 = icc(12, 8, 2),
    ICC_BPR0 = icc(12, 8, 3),
    ICC_AP0R0 = icc(12, 8, 4),
    ICC_AP0R1 = icc(12, 8, 5),
    ICC_AP1R0 = icc(12, 9, 0),
    ICC_AP1R3 = icc(12, 9, 3),
    ICC_DIR = icc(12, 11, 1),
    ICC_RPR = icc(12, 11, 3),
    ICC_SGI1R = icc(12, 11, 5),
    ICC_ASGI1R = icc(12, 11, 6),
    ICC_SGI0R = icc(12, 11, 7),
    ICC_IAR1 = icc(12, 12, 0),
    ICC_EOIR1 = icc(12, 12, 1),
    ICC_HPPIR1 = icc(12, 12, 2),
    ICC_BPR1 = icc(12, 12, 3),
    ICC_CTLR = icc(12, 12, 4),
    ICC_SRE = icc(12, 12, 5),
    ICC_IGRPEN0 = icc(12, 12, 6),
    ICC_IGRPEN1 = icc(12, 12, 7),
};

} // namespace property

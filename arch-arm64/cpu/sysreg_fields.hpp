// SPDX-License-Identifier: Apache-2.0
// Fields of system registers that several files look at, as masks. Source: Arm DDI 0487, D19.
#pragma once

#include <cstdint>

namespace arm64::cpu {

[[nodiscard]] constexpr std::uint64_t bit(unsigned number) { return std::uint64_t{1} << number; }
[[nodiscard]] constexpr std::uint64_t bits(unsigned high, unsigned low) { return (bit(high - low) * 2 - 1) << low; }

namespace SCTLR {
inline constexpr std::uint64_t M = bit(0), A = bit(1), C = bit(2), SA = bit(3), SA0 = bit(4), UMA = bit(9), I = bit(12),
                               DZE = bit(14), UCT = bit(15), nTWI = bit(16), nTWE = bit(18), WXN = bit(19),
                               SPAN = bit(23), UCI = bit(26);
} // namespace SCTLR

namespace CNTKCTL {
inline constexpr std::uint64_t EL0PCTEN = bit(0), EL0VCTEN = bit(1), EL0VTEN = bit(8), EL0PTEN = bit(9);
}

namespace MDSCR {
inline constexpr std::uint64_t SS = bit(0), TDCC = bit(12), KDE = bit(13), MDE = bit(15);
}

namespace OSLSR {
inline constexpr std::uint64_t OSLK = bit(1);
}

/// DBGBCR<n>_EL1 and DBGWCR<n>_EL1.
namespace DBGBCR {
inline constexpr std::uint64_t E = bit(0), HMC = bit(13), SSC = bits(15, 14);
inline constexpr unsigned PMC = 1, LBN = 16, BT = 20; ///< where they begin
} // namespace DBGBCR
namespace DBGWCR {
inline constexpr std::uint64_t E = bit(0), HMC = bit(13), SSC = bits(15, 14), WT = bit(20);
inline constexpr unsigned PAC = 1, LSC = 3, BAS = 5, LBN = 16, MASK = 24;
} // namespace DBGWCR

namespace PMCR {
inline constexpr std::uint64_t E = bit(0), P = bit(1), C = bit(2);
}
namespace PMUSERENR {
inline constexpr std::uint64_t EN = bit(0), SW = bit(1), CR = bit(2), ER = bit(3);
}
/// PMEVTYPER<n>_EL0 and PMCCFILTR_EL0.
namespace PMEVTYPER {
inline constexpr std::uint64_t P = bit(31), U = bit(30), evtCount = bits(9, 0);
}
/// PMCNTENSET_EL0 and others: the cycle counter's bit. An event counter's is its number.
inline constexpr unsigned cycle_counter = 31;

} // namespace arm64::cpu

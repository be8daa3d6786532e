// SPDX-License-Identifier: Apache-2.0
// Register offsets. Source: Arm IHI 0069, 12.8 (GICD), 12.10 (GICR), 12.18 (GITS).
#pragma once

#include <cstdint>

namespace conformance {

inline constexpr std::uint64_t GICD_CTLR = 0x0000, GICD_TYPER = 0x0004, GICD_IIDR = 0x0008, GICD_TYPER2 = 0x000C,
                               GICD_STATUSR = 0x0010, GICD_SETSPI_NSR = 0x0040, GICD_CLRSPI_NSR = 0x0048,
                               GICD_IGROUPR = 0x0080, GICD_ISENABLER = 0x0100, GICD_ICENABLER = 0x0180,
                               GICD_ISPENDR = 0x0200, GICD_ICPENDR = 0x0280, GICD_ISACTIVER = 0x0300,
                               GICD_ICACTIVER = 0x0380, GICD_IPRIORITYR = 0x0400, GICD_ITARGETSR = 0x0800,
                               GICD_ICFGR = 0x0C00, GICD_IGRPMODR = 0x0D00, GICD_IROUTER = 0x6000, GICD_PIDR2 = 0xFFE8;

/// GICR: the RD frame, then (from 0x10000) the SGI frame.
inline constexpr std::uint64_t GICR_CTLR = 0x0000, GICR_IIDR = 0x0004, GICR_TYPER = 0x0008, GICR_STATUSR = 0x0010,
                               GICR_WAKER = 0x0014, GICR_SETLPIR = 0x0040, GICR_CLRLPIR = 0x0048,
                               GICR_PROPBASER = 0x0070, GICR_PENDBASER = 0x0078, GICR_INVLPIR = 0x00A0,
                               GICR_INVALLR = 0x00B0, GICR_SYNCR = 0x00C0, GICR_PIDR2 = 0xFFE8,
                               GICR_IGROUPR0 = 0x1'0080, GICR_ISENABLER0 = 0x1'0100, GICR_ICENABLER0 = 0x1'0180,
                               GICR_ISPENDR0 = 0x1'0200, GICR_ICPENDR0 = 0x1'0280, GICR_ISACTIVER0 = 0x1'0300,
                               GICR_ICACTIVER0 = 0x1'0380, GICR_IPRIORITYR = 0x1'0400, GICR_ICFGR0 = 0x1'0C00,
                               GICR_ICFGR1 = 0x1'0C04, GICR_IGRPMODR0 = 0x1'0D00, GICR_NSACR = 0x1'0E00;

inline constexpr std::uint64_t GITS_CTLR = 0x0000, GITS_IIDR = 0x0004, GITS_TYPER = 0x0008, GITS_CBASER = 0x0080,
                               GITS_CWRITER = 0x0088, GITS_CREADR = 0x0090, GITS_BASER0 = 0x0100, GITS_BASER1 = 0x0108,
                               GITS_PIDR2 = 0xFFE8, GITS_TRANSLATER = 0x1'0040;

inline constexpr std::uint32_t GICD_CTLR_EnableGrp1 = 1U << 1, GICD_CTLR_ARE_NS = 1U << 4, GICD_CTLR_DS = 1U << 6;
inline constexpr std::uint32_t GICR_CTLR_EnableLPIs = 1;
inline constexpr std::uint32_t GITS_CTLR_Enabled = 1, GITS_CTLR_Quiescent = 1U << 31;
inline constexpr std::uint64_t ICC_CTLR_EL1_CBPR = 1, ICC_CTLR_EL1_EOImode = 2;

/// The word of a register array with one bit for each interrupt, and that interrupt's bit.
[[nodiscard]] constexpr std::uint64_t word_of(std::uint64_t array, std::uint32_t intid) {
    return array + intid / 32 * 4;
}
[[nodiscard]] constexpr std::uint32_t bit_of(std::uint32_t intid) { return std::uint32_t{1} << intid % 32; }
/// The word of GICD_ICFGR, and the bit in it that means edge-triggered.
[[nodiscard]] constexpr std::uint64_t icfgr_of(std::uint32_t intid) { return GICD_ICFGR + intid / 16 * 4; }
[[nodiscard]] constexpr std::uint32_t edge_bit_of(std::uint32_t intid) { return std::uint32_t{2} << intid % 16 * 2; }
[[nodiscard]] constexpr std::uint64_t irouter_of(std::uint32_t intid) { return GICD_IROUTER + intid * 8; }

} // namespace conformance

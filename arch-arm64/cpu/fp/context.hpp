// SPDX-License-Identifier: Apache-2.0
// What an operation reads of FPCR and leaves in FPSR. DDI 0487, C5.2.8 and C5.2.10.
#pragma once

#include <cstdint>

namespace arm64::cpu::fp {

/// How a result that has no exact representation is chosen. The first four are FPCR.RMode's values.
enum class Rounding : std::uint8_t {
    TIEEVEN,
    POSINF,
    NEGINF,
    ZERO,
    TIEAWAY, ///< only of operations that round to an integer
    ODD,     ///< only of FCVTXN
};

/// FPCR without what Armv8.0 without trapping and half-precision arithmetic has as RES0.
struct FPCR {
    static constexpr std::uint32_t AHP = 1U << 26; ///< half precision without infinities and NaNs
    static constexpr std::uint32_t DN = 1U << 25;  ///< the result is the default NaN, no operand is propagated
    static constexpr std::uint32_t FZ = 1U << 24;  ///< single and double: denormals are zeros, as operand and result
    static constexpr unsigned RMode_shift = 22;
    static constexpr std::uint32_t RMode = 3U << RMode_shift;
    static constexpr std::uint32_t writable = AHP | DN | FZ | RMode;
};

/// FPSR without the flags of AArch32. They are cumulative: an operation sets them, only MSR clears them.
struct FPSR {
    static constexpr std::uint32_t QC = 1U << 27;  ///< AdvSIMD integers: saturated
    static constexpr std::uint32_t IDC = 1U << 7;  ///< an operand was a denormal and taken as zero
    static constexpr std::uint32_t IXC = 1U << 4;  ///< inexact
    static constexpr std::uint32_t UFC = 1U << 3;  ///< underflow: tiny before rounding, and inexact or flushed
    static constexpr std::uint32_t OFC = 1U << 2;  ///< overflow
    static constexpr std::uint32_t DZC = 1U << 1;  ///< an infinity of finite operands
    static constexpr std::uint32_t IOC = 1U << 0;  ///< invalid operation
    static constexpr std::uint32_t writable = QC | IDC | IXC | UFC | OFC | DZC | IOC;
};

/// The two registers of one vCPU; its thread only.
struct Context {
    std::uint32_t FPCR = 0;
    std::uint32_t FPSR = 0;

    [[nodiscard]] Rounding rounding() const {
        return static_cast<Rounding>((FPCR & fp::FPCR::RMode) >> fp::FPCR::RMode_shift);
    }
    [[nodiscard]] bool flushes_to_zero() const { return (FPCR & fp::FPCR::FZ) != 0; }
    [[nodiscard]] bool default_NaN() const { return (FPCR & fp::FPCR::DN) != 0; }
    [[nodiscard]] bool alternative_half() const { return (FPCR & fp::FPCR::AHP) != 0; }
    void raise(std::uint32_t flags) { FPSR |= flags; }
};

} // namespace arm64::cpu::fp

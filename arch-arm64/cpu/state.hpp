// SPDX-License-Identifier: Apache-2.0
// The architectural state of a PE at EL1 and EL0. Source: Arm DDI 0487, B1.2, C5, D19.
#pragma once

#include "arch-arm64/cpu/fp/context.hpp"
#include "arch-arm64/cpu/op.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace arm64::cpu {

/// A SIMD&FP register. Elements are numbered from the least significant.
struct alignas(16) Vector {
    std::array<std::uint64_t, 2> d{};

    template <class T>
    [[nodiscard]] T get(unsigned index = 0) const {
        T element;
        std::memcpy(&element, reinterpret_cast<const char*>(d.data()) + index * sizeof element, sizeof element);
        return element;
    }
    template <class T>
    void set(unsigned index, T element) {
        std::memcpy(reinterpret_cast<char*>(d.data()) + index * sizeof element, &element, sizeof element);
    }
    /// A scalar, zero above it.
    template <class T>
    void set_scalar(T element) {
        d = {};
        set(0, element);
    }
    friend bool operator==(const Vector&, const Vector&) = default;
};

/// SPSR_EL1, and what of it PSTATE is. Source: C5.2.20.
namespace SPSR {
inline constexpr std::uint64_t N = 1U << 31, Z = 1U << 30, C = 1U << 29, V = 1U << 28;
inline constexpr std::uint64_t PAN = 1U << 22, SS = 1U << 21, IL = 1U << 20;
inline constexpr std::uint64_t D = 1U << 9, A = 1U << 8, I = 1U << 7, F = 1U << 6, DAIF = D | A | I | F;
inline constexpr std::uint64_t aarch32 = 1U << 4, M = 0xF;
inline constexpr std::uint64_t EL0t = 0, EL1t = 4, EL1h = 5;
} // namespace SPSR

/// What MRS and MSR reach and is more than a computed value. The GIC's and the timers' are elsewhere.
struct SystemRegisters {
    static constexpr unsigned breakpoints = 6, watchpoints = 4, event_counters = 6;

    std::uint64_t SCTLR_EL1 = 0, CPACR_EL1 = 0;
    std::uint64_t TTBR0_EL1 = 0, TTBR1_EL1 = 0, TCR_EL1 = 0, MAIR_EL1 = 0, PAR_EL1 = 0;
    std::uint64_t ESR_EL1 = 0, FAR_EL1 = 0;
    std::uint64_t VBAR_EL1 = 0, ELR_EL1 = 0, SPSR_EL1 = 0;
    std::uint64_t SP_EL0 = 0, SP_EL1 = 0; ///< the one that is not in use; the other is x[sp_slot]
    std::uint64_t TPIDR_EL0 = 0, TPIDRRO_EL0 = 0, TPIDR_EL1 = 0, CONTEXTIDR_EL1 = 0;
    std::uint64_t CSSELR_EL1 = 0, CNTKCTL_EL1 = 0;
    std::uint64_t MDSCR_EL1 = 0, OSDLR_EL1 = 0, OSLSR_EL1 = 0, DBGCLAIM = 0, OSDTRRX_EL1 = 0, OSDTRTX_EL1 = 0,
                  MDCCINT_EL1 = 0;
    std::array<std::uint64_t, breakpoints> DBGBVR{}, DBGBCR{};
    std::array<std::uint64_t, watchpoints> DBGWVR{}, DBGWCR{};
    std::uint64_t PMCR_EL0 = 0, PMCNTENSET_EL0 = 0, PMOVSSET_EL0 = 0, PMSELR_EL0 = 0, PMUSERENR_EL0 = 0,
                  PMINTENSET_EL1 = 0, PMCCNTR_EL0 = 0, PMCCFILTR_EL0 = 0;
    std::array<std::uint64_t, event_counters> PMEVCNTR{}, PMEVTYPER{};
};

/// Instructions read and write it directly.
struct State {
    /// X0 to X30, and the slots of op.hpp. W registers are their lower halves.
    std::array<std::uint64_t, slots> x{};
    /// The flags, such that most instructions set them without computing more than they do.
    std::uint64_t flag_n = 0; ///< N is its bit 63
    std::uint64_t flag_z = 1; ///< Z is whether it is 0
    std::uint64_t flag_c = 0; ///< 0 or 1
    std::uint64_t flag_v = 0; ///< 0 or 1
    /// Inside a block: its first instruction's address; otherwise the next instruction's.
    std::uint64_t pc = 0;

    std::uint8_t EL = 1;       ///< 0 or 1
    std::uint8_t SPSel = 1;    ///< PSTATE.SP; EL0 always uses SP_EL0
    std::uint16_t DAIF = SPSR::DAIF; ///< as in SPSR
    bool PAN = false;
    bool SS = false;
    bool IL = false;

    fp::Context fp; ///< FPCR and FPSR
    alignas(16) std::array<Vector, 32> v{};

    SystemRegisters system;

    /// NZCV in bits 31:28.
    [[nodiscard]] std::uint32_t NZCV() const {
        return static_cast<std::uint32_t>((flag_n >> 63) << 31 | (flag_z == 0 ? 1U : 0U) << 30 | flag_c << 29 |
                                          flag_v << 28);
    }
    void set_NZCV(std::uint32_t bits) {
        flag_n = static_cast<std::uint64_t>(bits >> 31) << 63;
        flag_z = (bits >> 30 & 1) ^ 1;
        flag_c = bits >> 29 & 1;
        flag_v = bits >> 28 & 1;
    }
};

} // namespace arm64::cpu

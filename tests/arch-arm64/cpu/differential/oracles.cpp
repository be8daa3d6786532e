// SPDX-License-Identifier: Apache-2.0
// See oracles.hpp. QEMU 7.2, VIXL 5.1.0: Debian 12's.
#include "tests/arch-arm64/cpu/differential/oracles.hpp"
#include "tests/arch-arm64/cpu/differential/instruction.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace differential {
namespace {

/// An instruction that matches and an FPCR that has any of the bits.
struct Unable {
    OracleKind oracle;
    std::uint32_t mask, value;
    std::uint32_t FPCR;
    std::string_view reason;
};

constexpr auto QEMU = OracleKind::QEMU, VIXL = OracleKind::VIXL;
constexpr std::uint32_t any_FPCR = 0;
constexpr std::uint32_t RMode = 3U << 22, FZ = 1U << 24, AHP = 1U << 26;

constexpr std::array table{
    Unable{QEMU, 0xFFE0'0003, 0xD400'0001, any_FPCR, "SVC is a system call of the emulated process"},
    Unable{QEMU, 0xFFE0'0000, 0xD440'0000, any_FPCR, "HLT is semihosting"},
    Unable{VIXL, 0xFFE0'0000, 0xD440'0000, any_FPCR, "HLT is a command to the simulator"},
    Unable{VIXL, 0xFFC0'0000, 0xD500'0000, any_FPCR, "system instructions: only some exist"},
    Unable{VIXL, 0x3F00'0000, 0x0800'0000, any_FPCR, "the exclusives monitor fails now and then, on purpose"},
    Unable{VIXL, 0x0E00'0000, 0x0E00'0000, RMode | FZ | AHP, "rounds to nearest, ties to even, and knows no FZ"},
    Unable{VIXL, 0xBE80'03E0, 0x0C80'03E0, any_FPCR, "structures behind SP do not write it back (a defect)"},
    Unable{VIXL, 0xBF20'EC00, 0x3820'4000, any_FPCR, "LDSMAX and LDSMIN of 8 and 16 bits extend the sign (a defect)"},
    Unable{VIXL, 0xBFBF'FC00, 0x0EA0'1800, any_FPCR, "REV16 of words, which is UNDEFINED, does not end (a defect)"},
    Unable{VIXL, 0xFFE0'C400, 0x2E00'4000, any_FPCR,
           "EXT from beyond 64 bits, which is UNDEFINED, does not end (a defect)"},
    Unable{VIXL, 0xBF20'FC00, 0x0E20'E000, any_FPCR, "PMULL whose destination is a source is wrong (a defect)"},
    Unable{VIXL, 0xFF80'0000, 0x7280'0000, any_FPCR, "MOVK to a W register extends its sign (a defect)"},
    Unable{VIXL, 0xDFBF'FC00, 0x5E21'D800, any_FPCR, "SCVTF, UCVTF, scalar: keeps what is above (a defect)"},
    Unable{VIXL, 0xDFBF'FC00, 0x0E21'D800, any_FPCR, "SCVTF, UCVTF, 64 bits: keeps what is above (a defect)"},
    Unable{VIXL, 0xDF80'FC00, 0x5F00'E400, any_FPCR, "SCVTF, UCVTF, scalar: keeps what is above (a defect)"},
    Unable{VIXL, 0xDFE0'FC00, 0x0F20'E400, any_FPCR, "SCVTF, UCVTF, 64 bits: keeps what is above (a defect)"},
    Unable{VIXL, 0xFFBF'FC00, 0x0E21'6800, any_FPCR, "FCVTN keeps what is above (a defect)"},
    Unable{VIXL, 0xAFBF'FC00, 0x2E21'6800, any_FPCR, "FCVTXN of what is too small or too large (a defect)"},
};

/// Those of MRS and MSR that are part of a State.
bool is_known_register(std::uint32_t word) {
    const auto id = word & 0x000F'FFE0;
    return id == 0xB4200 || id == 0xB4400 || id == 0xB4420;
}

/// Floating point by element, of which the destination is also where the element is.
bool writes_element(std::uint32_t word) {
    return (word & 0x8F80'3400) == 0x0F80'1000 && (word & 31) == (word >> 16 & 31);
}

} // namespace

Program program(OracleKind oracle, const Case& subject) {
    if (oracle == VIXL)
        return Program::VIXL;
    const auto words = std::span(subject.words).first(subject.count);
    return std::ranges::any_of(words, is_LSE) ? Program::QEMU_neoverse_n1 : Program::QEMU_cortex_a57;
}

std::vector<std::string> command(Program program) {
    switch (program) {
    case Program::QEMU_cortex_a57: return {"qemu-aarch64-static", "-cpu", "cortex-a57", ITSY_NATIVE_EXECUTOR};
    case Program::QEMU_neoverse_n1: return {"qemu-aarch64-static", "-cpu", "neoverse-n1", ITSY_NATIVE_EXECUTOR};
    case Program::VIXL: break;
    }
    return {ITSY_VIXL_EXECUTOR};
}

std::optional<std::string_view> unable(OracleKind oracle, const Case& subject) {
    for (std::uint32_t n = 0; n < subject.count; ++n) {
        const auto word = subject.words[n];
        for (const auto& row : table)
            if (row.oracle == oracle && (word & row.mask) == row.value &&
                (row.FPCR == any_FPCR || (subject.before.FPCR & row.FPCR) != 0))
                return row.reason;
        if ((word & 0xFFD0'0000) == 0xD510'0000 && !is_known_register(word))
            return "system registers are the CPU model's, or the emulated process's";
        if (oracle == VIXL && writes_element(word))
            return "reads the element anew after it was written (a defect)";
    }
    return std::nullopt;
}

std::optional<std::string_view> no_answer(OracleKind oracle, const Case& subject, const Outcome& ours,
                                          const Outcome& theirs) {
    if (theirs.stop == Stop::not_supported)
        return "not supported";
    // B2.9.5.
    if (subject.count == 1 && is_store_exclusive(subject.words[0]) && ours.stop == Stop::data_abort &&
        theirs.stop == Stop::completed)
        return "whether one that fails detects an abort is IMPLEMENTATION DEFINED";
    if (oracle == VIXL) {
        if (theirs.stop == Stop::UNDEFINED || ours.stop == Stop::UNDEFINED)
            return "has features that ours has not, and allocates some encodings that are not";
        if (theirs.stop == Stop::data_abort || ours.stop == Stop::data_abort)
            return "leaves out loads whose value it does not need";
    }
    return std::nullopt;
}

Knowledge knowledge(OracleKind oracle) {
    if (oracle == VIXL)
        return {.FPSR = 0, .FPCR = 0};
    // N, Z, C, V of FPSR and Stride, Len of FPCR are AArch32's, FZ16 is half precision's: QEMU's CPUs have them.
    return {.FPSR = ~(15U << 28), .FPCR = ~(3U << 20 | 1U << 19 | 7U << 16)};
}

} // namespace differential

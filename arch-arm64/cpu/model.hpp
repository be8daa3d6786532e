// SPDX-License-Identifier: Apache-2.0
// What a CPU says it is: the ID registers. A state can only move between CPUs that agree on them.
#pragma once

#include <array>
#include <cstdint>

namespace arm64::cpu {

/// Source: Arm DDI 0487, D19.2. Everything advertised is complete; everything else is UNDEFINED.
struct Model {
    std::uint64_t MIDR_EL1;
    std::uint64_t REVIDR_EL1;
    std::uint64_t ID_AA64PFR0_EL1;
    std::uint64_t ID_AA64PFR1_EL1;
    std::uint64_t ID_AA64DFR0_EL1;
    std::uint64_t ID_AA64ISAR0_EL1;
    std::uint64_t ID_AA64ISAR1_EL1;
    std::uint64_t ID_AA64MMFR0_EL1;
    std::uint64_t ID_AA64MMFR1_EL1;
    std::uint64_t ID_AA64MMFR2_EL1;
    std::uint64_t CTR_EL0;
    std::uint64_t DCZID_EL0;
    std::uint64_t CLIDR_EL1;
    std::array<std::uint64_t, 3> CCSIDR_EL1; ///< L1 data, L1 instruction, L2 unified
};

/// `--cpu baseline`: Armv8.0 with LSE, CRC32, AES, PMULL, SHA1, SHA256 and PAN.
[[nodiscard]] const Model& baseline();

} // namespace arm64::cpu

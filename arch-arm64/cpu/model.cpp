// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/cpu/model.hpp"

namespace arm64::cpu {
namespace {

constexpr std::uint64_t at(unsigned low, std::uint64_t content) { return content << low; }

constexpr Model baseline_model{
    // Implementer 0 is "reserved for software use"; architecture 0xF: see the ID registers.
    .MIDR_EL1 = at(16, 0xF) | at(4, 0x175),
    .REVIDR_EL1 = 0,
    // EL0, EL1: AArch64 only; FP and AdvSIMD without half precision; GIC CPU interface; CSV2, CSV3: nothing is
    // predicted here that a guest could observe.
    .ID_AA64PFR0_EL1 = at(0, 1) | at(4, 1) | at(24, 1) | at(56, 1) | at(60, 1),
    .ID_AA64PFR1_EL1 = 0,
    // DebugVer 6 (Armv8.0), PMUVer 1 (PMUv3), BRPs - 1, WRPs - 1, CTX_CMPs - 1
    .ID_AA64DFR0_EL1 = at(0, 6) | at(8, 1) | at(12, 5) | at(20, 3) | at(28, 1),
    // AES and PMULL, SHA1, SHA2 (SHA256), CRC32, Atomic
    .ID_AA64ISAR0_EL1 = at(4, 2) | at(8, 1) | at(12, 1) | at(16, 1) | at(20, 2),
    .ID_AA64ISAR1_EL1 = 0,
    // PARange 48 bits, ASIDBits 16, TGran16, TGran64 (0), TGran4 (0)
    .ID_AA64MMFR0_EL1 = at(0, 5) | at(4, 2) | at(20, 1),
    .ID_AA64MMFR1_EL1 = at(20, 1), // PAN
    .ID_AA64MMFR2_EL1 = 0,
    // 64-byte lines, PIPT, IDC = 1: memory is coherent; DIC = 0: cached blocks are dropped by IC.
    .CTR_EL0 = at(31, 1) | at(28, 1) | at(24, 4) | at(20, 4) | at(16, 4) | at(14, 3) | at(0, 4),
    .DCZID_EL0 = 4, // 64 bytes
    // L1: separate, L2: unified; LoC = 2
    .CLIDR_EL1 = at(0, 3) | at(3, 4) | at(24, 2) | at(21, 1),
    // 32 KiB of 4 ways, 32 KiB of 4 ways, 1 MiB of 16 ways; 64-byte lines
    .CCSIDR_EL1 = {at(13, 127) | at(3, 3) | at(0, 2), at(13, 127) | at(3, 3) | at(0, 2),
                   at(13, 1023) | at(3, 15) | at(0, 2)},
};

} // namespace

const Model& baseline() { return baseline_model; }

} // namespace arm64::cpu

// SPDX-License-Identifier: Apache-2.0
// Self-hosted debug. Source: Arm DDI 0487, D2.
#include "arch-arm64/cpu/cpu.hpp"

namespace arm64::cpu {

void Cpu::breakpoint(std::uint16_t imm) { raise_exception(syndrome(EC::BRK, imm)); }

void Cpu::derive_debug() { stepping_ = false; }

} // namespace arm64::cpu

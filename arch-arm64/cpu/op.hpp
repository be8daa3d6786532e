// SPDX-License-Identifier: Apache-2.0
// One instruction, decoded: what the engine executes.
#pragma once

#include <cstdint>

namespace arm64::cpu {

class Cpu;
struct Op;

/// Executes an op and calls the next one as its last act, or returns to the run loop.
using Handler = void (*)(Cpu& cpu, const Op* op);

/// A general-purpose register as an index into State::x. Number 31 is three of them, and the translator decides.
using Slot = std::uint8_t;
inline constexpr Slot zero_slot = 31; ///< reads 0, never written
inline constexpr Slot sink_slot = 32; ///< written, never read
inline constexpr Slot sp_slot = 33;   ///< the stack pointer in use
inline constexpr unsigned slots = 34;

/// Register `number` as a source: XZR.
[[nodiscard]] constexpr Slot source(std::uint32_t number) { return static_cast<Slot>(number); }
/// Register `number` as a destination: XZR.
[[nodiscard]] constexpr Slot destination(std::uint32_t number) {
    return static_cast<Slot>(number == 31 ? sink_slot : number);
}
/// Register `number`, where 31 is SP.
[[nodiscard]] constexpr Slot or_sp(std::uint32_t number) { return static_cast<Slot>(number == 31 ? sp_slot : number); }

/// Operands mean what the handler makes of them.
struct Operands {
    Slot d = 0, n = 0, m = 0, a = 0;
    std::uint16_t extra = 0;
    std::uint64_t imm = 0;
};

struct Op {
    Handler run;
    Slot d, n, m, a;
    std::uint16_t offset; ///< bytes from the start of the block: the instruction's address is Cpu::pc + offset
    std::uint16_t extra;
    std::uint64_t imm;
};
static_assert(sizeof(Op) == 24);

} // namespace arm64::cpu

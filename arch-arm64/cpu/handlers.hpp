// SPDX-License-Identifier: Apache-2.0
// Makes a Handler of a function: threaded code, in which each op calls the next as its last act, and the last one of a
// block calls the next block's first.
//
// A function executes one op and returns nothing if it always completes, or false if the instruction did not: then the
// run loop takes over, and the PC is the instruction's.
#pragma once

#include "arch-arm64/cpu/cpu.hpp"
#include "arch-arm64/cpu/op.hpp"

#include <type_traits>

// Each op's call of the next must be a jump, or the stack would grow with each. GCC does that when it
// optimises.
#if defined(__clang__)
#define ITSY_TAIL_CALL [[clang::musttail]] return
#else
#define ITSY_TAIL_CALL return
#endif

namespace arm64::cpu {

namespace detail {

template <auto Function>
[[gnu::always_inline]] inline bool completes(Cpu& cpu, const Op* op) {
    if constexpr (std::is_void_v<decltype(Function(cpu, *op))>) {
        Function(cpu, *op);
        return true;
    } else {
        return Function(cpu, *op);
    }
}

template <auto Function>
void run_and_go_on(Cpu& cpu, const Op* op) {
    if (!completes<Function>(cpu, op)) [[unlikely]]
        ITSY_TAIL_CALL leave(cpu, op);
    ITSY_TAIL_CALL op[1].run(cpu, op + 1);
}

template <auto Function>
void run_and_fall_through(Cpu& cpu, const Op* op) {
    if (!completes<Function>(cpu, op)) [[unlikely]]
        ITSY_TAIL_CALL leave(cpu, op);
    cpu.pc += op->offset + 4U;
    if (const Op* const next = cpu.next_block()) [[likely]]
        ITSY_TAIL_CALL next->run(cpu, next);
}

template <auto Function>
[[gnu::noinline]] void run_slowly(Cpu& cpu, const Op* op) {
    if (!completes<Function>(cpu, op)) [[unlikely]]
        ITSY_TAIL_CALL leave(cpu, op);
    ITSY_TAIL_CALL op[1].run(cpu, op + 1);
}

template <auto Quick, auto Slow>
void run_quickly(Cpu& cpu, const Op* op) {
    if (!Quick(cpu, *op)) [[unlikely]]
        ITSY_TAIL_CALL run_slowly<Slow>(cpu, op);
    ITSY_TAIL_CALL op[1].run(cpu, op + 1);
}

template <auto Function>
void run_and_branch(Cpu& cpu, const Op* op) {
    Function(cpu, *op);
    if (const Op* const next = cpu.next_block()) [[likely]]
        ITSY_TAIL_CALL next->run(cpu, next);
}

} // namespace detail

/// For `void function(Cpu&, const Op&)` or `bool`: goes on with the next op.
template <auto Function>
inline constexpr Handler handler = &detail::run_and_go_on<Function>;

/// For what is mostly quick and sometimes calls others: `Quick` is `bool quick(Cpu&, const Op&)`, calls nothing that is
/// not inlined, so that the op needs no stack, and answers false if it cannot do it and has changed nothing. Then
/// `Slow` executes the op, as `handler` has it.
template <auto Quick, auto Slow>
inline constexpr Handler quick_handler = &detail::run_quickly<Quick, Slow>;

/// As `handler` at the end of a block: execution goes on at the next instruction, which is looked up anew.
template <auto Function>
inline constexpr Handler last_handler = &detail::run_and_fall_through<Function>;

/// For a branch, `void function(Cpu&, const Op&)`: the function sets Cpu::pc.
template <auto Function>
inline constexpr Handler branch_handler = &detail::run_and_branch<Function>;

} // namespace arm64::cpu

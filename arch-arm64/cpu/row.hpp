// SPDX-License-Identifier: Apache-2.0
// Rows of the decode table: one for each encoding of A64. Source: Arm DDI 0487, C4.1, C6.2, C7.2.
//
// A row is its bit string, the function that makes an op of it, and its name:
//
//   row<"z 00 100010 s iiiiiiiiiiii nnnnn ddddd", add_immediate>("ADD (immediate)", Group::integer)
//
// The function's parameters behind the first are the fields of the bit string, std::uint32_t each, in their order. It
// is either
//
//   bool translate(Translator&, fields...)   called once, when the instruction is decoded; false: UNDEFINED.
//   bool execute(Cpu&, fields...)            called each time; the fields are taken from the word then. For what is
//                                            rare or long. False: the instruction did not complete (Cpu::undefined(),
//                                            a trap, an abort), and the exception says why.
//
// Either may return nothing, for what is always defined and completes.
#pragma once

#include "arch-arm64/cpu/bit_string.hpp"
#include "arch-arm64/cpu/handlers.hpp"
#include "arch-arm64/cpu/translator.hpp"

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

namespace arm64::cpu {

/// What an instruction touches, so that tests know how to try it.
enum class Group : std::uint8_t {
    integer,     ///< general-purpose registers and flags
    branch,      ///< and the PC
    load_store,  ///< and memory
    exclusive,   ///< and the exclusives monitor
    atomic,      ///< memory, read and written as one
    system,      ///< system registers, barriers, hints, maintenance
    exception,   ///< generates one
    fp,          ///< SIMD&FP registers, FPCR and FPSR
    simd,        ///< SIMD&FP registers, integers only
    crypto,
    unsupported, ///< allocated, but of a feature that the ID registers do not advertise
};

struct Row {
    const char* name; ///< as the manual's heading
    const char* bits;
    Encoding encoding;
    Group group;
    /// False: UNDEFINED.
    bool (*translate)(Translator& translator, std::uint32_t word);
    const char* reason = ""; ///< why it is unsupported
};

namespace detail {

template <auto Function>
struct Parameters;
template <class Result, class First, class... Rest, Result (*Function)(First&, Rest...)>
struct Parameters<Function> {
    using Subject = First;
    using Answer = Result;
    static constexpr unsigned fields = sizeof...(Rest);
};

template <BitString Bits, auto Function, class Subject, unsigned... Index>
bool call(Subject& subject, std::uint32_t word, std::integer_sequence<unsigned, Index...>) {
    if constexpr (std::is_void_v<typename Parameters<Function>::Answer>) {
        Function(subject, field<Bits, Index>(word)...);
        return true;
    } else {
        return Function(subject, field<Bits, Index>(word)...);
    }
}

template <BitString Bits, auto Function>
bool execute_word(Cpu& cpu, const Op& op) {
    return call<Bits, Function>(cpu, static_cast<std::uint32_t>(op.imm),
                                std::make_integer_sequence<unsigned, Parameters<Function>::fields>{});
}

template <BitString Bits, auto Function>
bool translate_word(Translator& translator, std::uint32_t word) {
    if constexpr (std::same_as<typename Parameters<Function>::Subject, Translator>) {
        return call<Bits, Function>(translator, word,
                                    std::make_integer_sequence<unsigned, Parameters<Function>::fields>{});
    } else {
        translator.emit(handler<execute_word<Bits, Function>>, {.imm = word});
        return true;
    }
}

template <BitString Bits, auto Function>
bool translate_last(Translator& translator, std::uint32_t word) {
    translator.emit_last(last_handler<execute_word<Bits, Function>>, {.imm = word});
    return true;
}

} // namespace detail

template <BitString Bits, auto Function>
[[nodiscard, gnu::noinline]] Row row(const char* name, Group group) {
    static_assert(detail::Parameters<Function>::fields == encoding_of<Bits>.field_count,
                  "as many parameters as the bit string has fields");
    return {name, encoding_text<Bits>, encoding_of<Bits>, group, &detail::translate_word<Bits, Function>};
}

/// The same for a function of a Cpu that may change how the instructions behind it execute: its block ends there.
template <BitString Bits, auto Function>
[[nodiscard, gnu::noinline]] Row last_row(const char* name, Group group) {
    static_assert(detail::Parameters<Function>::fields == encoding_of<Bits>.field_count,
                  "as many parameters as the bit string has fields");
    static_assert(std::same_as<typename detail::Parameters<Function>::Subject, Cpu>);
    return {name, encoding_text<Bits>, encoding_of<Bits>, group, &detail::translate_last<Bits, Function>};
}

/// UNDEFINED, for a reason.
template <BitString Bits>
[[nodiscard, gnu::noinline]] Row unsupported(const char* name, const char* reason) {
    return {name,
            encoding_text<Bits>,
            encoding_of<Bits>,
            Group::unsupported,
            [](Translator&, std::uint32_t) { return false; },
            reason};
}

/// The tables, one for each file of a64/.
namespace a64 {
[[nodiscard]] std::span<const Row> integer_immediate();
[[nodiscard]] std::span<const Row> integer_register();
[[nodiscard]] std::span<const Row> branches();
[[nodiscard]] std::span<const Row> system_instructions();
[[nodiscard]] std::span<const Row> loads_and_stores();
[[nodiscard]] std::span<const Row> vector_loads_and_stores();
[[nodiscard]] std::span<const Row> exclusives();
[[nodiscard]] std::span<const Row> atomics();
[[nodiscard]] std::span<const Row> fp_scalar();
[[nodiscard]] std::span<const Row> fp_vector();
[[nodiscard]] std::span<const Row> fp_vector_misc();
[[nodiscard]] std::span<const Row> simd_three_same();
[[nodiscard]] std::span<const Row> simd_three_different();
[[nodiscard]] std::span<const Row> simd_two_register();
[[nodiscard]] std::span<const Row> simd_across_lanes();
[[nodiscard]] std::span<const Row> simd_shift();
[[nodiscard]] std::span<const Row> simd_by_element();
[[nodiscard]] std::span<const Row> simd_immediate();
[[nodiscard]] std::span<const Row> simd_copy();
[[nodiscard]] std::span<const Row> simd_permute();
[[nodiscard]] std::span<const Row> simd_unsupported();
[[nodiscard]] std::span<const Row> crypto();
} // namespace a64

} // namespace arm64::cpu

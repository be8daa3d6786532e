// SPDX-License-Identifier: Apache-2.0
// What integer instructions share: additions with flags, logical immediates. Source: Arm DDI 0487, shared/functions.
#pragma once

#include "arch-arm64/cpu/state.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>

namespace arm64::cpu::a64 {

/// N and Z of a result of that width.
template <class T>
void set_NZ(State& state, T result) {
    state.flag_n = static_cast<std::uint64_t>(result) << (64 - std::numeric_limits<T>::digits);
    state.flag_z = result;
}

/// AddWithCarry, flags included. `carry`: 0 or 1.
template <class T>
T add_with_carry(State& state, T a, T b, unsigned carry) {
    T partial = 0, result = 0;
    const bool first = __builtin_add_overflow(a, b, &partial);
    const bool second = __builtin_add_overflow(partial, static_cast<T>(carry), &result);
    set_NZ(state, result);
    state.flag_c = first || second ? 1 : 0;
    state.flag_v = ((a ^ result) & (b ^ result)) >> (std::numeric_limits<T>::digits - 1);
    return result;
}

/// a + b with flags.
template <class T>
T add_setting_flags(State& state, T a, T b) {
    const T result = static_cast<T>(a + b);
    set_NZ(state, result);
    state.flag_c = result < a ? 1 : 0;
    state.flag_v = ((a ^ result) & (b ^ result)) >> (std::numeric_limits<T>::digits - 1);
    return result;
}

/// a - b with flags.
template <class T>
T subtract_setting_flags(State& state, T a, T b) {
    const T result = static_cast<T>(a - b);
    set_NZ(state, result);
    state.flag_c = a >= b ? 1 : 0;
    state.flag_v = ((a ^ b) & (a ^ result)) >> (std::numeric_limits<T>::digits - 1);
    return result;
}

/// N and Z of a logical result, C and V clear.
template <class T>
void set_logical_flags(State& state, T result) {
    set_NZ(state, result);
    state.flag_c = 0;
    state.flag_v = 0;
}

[[nodiscard]] constexpr std::uint64_t ones(unsigned count) {
    return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

/// `content`'s low `width` bits, sign-extended.
[[nodiscard]] constexpr std::uint64_t sign_extend(std::uint64_t content, unsigned width) {
    const auto shift = 64 - width;
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(content << shift) >> shift);
}

/// DecodeBitMasks of a logical immediate, 64 bits wide; nothing: reserved. For 32 bits N is 0, and the low half counts.
[[nodiscard]] constexpr std::optional<std::uint64_t> logical_immediate(unsigned N, unsigned imms, unsigned immr) {
    const unsigned combined = N << 6 | (~imms & 0x3F);
    if (combined < 2)
        return std::nullopt;
    const unsigned len = 31U - static_cast<unsigned>(__builtin_clz(combined));
    const unsigned size = 1U << len, levels = size - 1;
    const unsigned S = imms & levels, R = immr & levels;
    if (S == levels)
        return std::nullopt;
    std::uint64_t element = ones(S + 1);
    if (R != 0)
        element = (element >> R | element << (size - R)) & ones(size);
    std::uint64_t mask = 0;
    for (unsigned at = 0; at < 64; at += size)
        mask |= element << at;
    return mask;
}

} // namespace arm64::cpu::a64

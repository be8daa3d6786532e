// SPDX-License-Identifier: Apache-2.0
// Arithmetic of AdvSIMD's integer elements. DDI 0487, C7.2 and J1.1 (SatQ, Int).
#pragma once

#include "arch-arm64/cpu/state.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <tuple>
#include <type_traits>

namespace arm64::cpu::a64 {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

template <class T>
inline constexpr unsigned bits_of = 8 * sizeof(T);

/// The integer type of 8 << `size` bits.
struct Signed {
    template <unsigned size>
    using Type = std::tuple_element_t<size, std::tuple<std::int8_t, std::int16_t, std::int32_t, std::int64_t>>;
};
struct Unsigned {
    template <unsigned size>
    using Type = std::tuple_element_t<size, std::tuple<std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t>>;
};
/// The integer type of twice as many bits, and that sign.
template <class Sign, class T>
using Twice = typename Sign::template Type<std::bit_width(sizeof(T))>;
template <class T>
using SignOf = std::conditional_t<std::is_signed_v<T>, Signed, Unsigned>;

/// The elements of a register.
template <class T>
using Lanes = std::array<T, sizeof(Vector) / sizeof(T)>;

template <class T>
[[nodiscard]] inline Lanes<T> lanes(const Vector& vector) {
    return std::bit_cast<Lanes<T>>(vector.d);
}
template <class T>
[[nodiscard]] inline Vector vector(const Lanes<T>& lanes) {
    return {std::bit_cast<std::array<std::uint64_t, 2>>(lanes)};
}

/// So that arithmetic wraps: unsigned, and never promoted to int.
template <class T>
[[nodiscard]] constexpr auto modular(T value) {
    if constexpr (sizeof(T) >= 8)
        return static_cast<std::uint64_t>(value);
    else
        return static_cast<std::uint32_t>(value);
}

/// Exact for sums and differences of two T, and for a T shifted left by less than its width.
template <class T>
using Wide = std::conditional_t<sizeof(T) == 8, Int128, std::conditional_t<sizeof(T) == 4, std::int64_t, std::int32_t>>;
template <class T>
[[nodiscard]] constexpr Wide<T> wide(T value) {
    return value;
}

/// What a comparison gives.
template <class T>
[[nodiscard]] constexpr T all_ones_if(bool holds) {
    return holds ? static_cast<T>(-1) : T{0};
}

/// SatQ, and whether it ever did saturate: FPSR.QC.
struct Saturation {
    bool happened = false;

    template <class T, class W>
    [[nodiscard]] constexpr T to(W value) {
        static_assert(sizeof(W) > sizeof(T));
        constexpr W least = std::numeric_limits<T>::min(), most = std::numeric_limits<T>::max();
        happened |= value < least || value > most;
        return static_cast<T>(std::clamp(value, least, most));
    }
};

enum class Rounded : std::uint8_t { no, yes };

/// Shifts right: `shift` may be anything from 1, or from 0 if it does not round.
template <Rounded rounded, class T>
[[nodiscard]] constexpr Wide<T> shifted_right(T value, unsigned shift) {
    if constexpr (rounded == Rounded::yes) {
        return shift > bits_of<T> ? 0 : (wide(value) + (Wide<T>{1} << (shift - 1))) >> shift;
    } else {
        if (shift >= bits_of<T>)
            return wide(value) < 0 ? -1 : 0;
        return value >> shift;
    }
}

/// SSHL and its family: by the signed lowest byte of `count`, to the left.
template <Rounded rounded, class T>
[[nodiscard]] constexpr T shifted(T value, T count) {
    const auto shift = static_cast<std::int8_t>(count);
    if (shift < 0)
        return static_cast<T>(shifted_right<rounded>(value, static_cast<unsigned>(-shift)));
    return static_cast<unsigned>(shift) >= bits_of<T> ? T{0} : static_cast<T>(modular(value) << shift);
}

/// Shifts left, any number of bits, and saturates to an R as wide as T.
template <class R, class T>
[[nodiscard]] constexpr R saturated_left(Saturation& saturation, T value, unsigned shift) {
    static_assert(sizeof(R) == sizeof(T));
    if (shift < bits_of<T>)
        return saturation.to<R>(wide(value) << shift);
    // No bit of a value other than 0 stays: out of range, whatever the format.
    constexpr auto beyond = Wide<T>{1} << bits_of<T>;
    return saturation.to<R>(value == 0 ? Wide<T>{0} : wide(value) < 0 ? -beyond : beyond);
}

/// SQSHL (register) and its family.
template <Rounded rounded, class T>
[[nodiscard]] constexpr T saturated_shift(Saturation& saturation, T value, T count) {
    const auto shift = static_cast<std::int8_t>(count);
    if (shift < 0)
        return static_cast<T>(shifted_right<rounded>(value, static_cast<unsigned>(-shift)));
    return saturated_left<T>(saturation, value, static_cast<unsigned>(shift));
}

/// 2 * n * m, exactly.
template <class T>
[[nodiscard]] constexpr auto doubled_product(T n, T m) {
    using Product = Wide<Twice<SignOf<T>, T>>;
    return Product{2} * n * m;
}

/// PolynomialMult of {0, 1} polynomials: of the lowest `bits` bits of m.
template <class T>
[[nodiscard]] constexpr T polynomial_product(T n, T m, unsigned bits) {
    T product = 0;
    for (unsigned bit = 0; bit < bits; ++bit)
        product = static_cast<T>(product ^ (modular(n) << bit & (0 - (modular(m) >> bit & 1))));
    return product;
}

// ---- What several instructions do to an element ---------------------------------------------------------------------
// An instruction is a lambda of its operands; in front of them it takes the destination's old element, if it
// accumulates, and Saturation&, if it saturates. The result is taken modulo the element's width.

/// An instruction's lambda, as templates have it as argument F, is called as Function<F>{}(...): F itself would be an
/// object, and clang 19 gives those of unnamed namespaces one name in all translation units.
template <auto F>
using Function = std::remove_const_t<decltype(F)>;

inline constexpr auto add = [](auto n, auto m) { return modular(n) + modular(m); };
inline constexpr auto sub = [](auto n, auto m) { return modular(n) - modular(m); };
inline constexpr auto mul = [](auto n, auto m) { return modular(n) * modular(m); };
inline constexpr auto mla = [](auto d, auto n, auto m) { return modular(d) + modular(n) * modular(m); };
inline constexpr auto mls = [](auto d, auto n, auto m) { return modular(d) - modular(n) * modular(m); };

inline constexpr auto abd = [](auto n, auto m) { return n > m ? modular(n) - modular(m) : modular(m) - modular(n); };
inline constexpr auto aba = [](auto d, auto n, auto m) { return modular(d) + abd(n, m); };

inline constexpr auto max = [](auto n, auto m) { return n > m ? n : m; };
inline constexpr auto min = [](auto n, auto m) { return n < m ? n : m; };

/// SQDMULH, SQRDMULH.
template <Rounded rounded>
inline constexpr auto sqdmulh = [](Saturation& saturation, auto n, auto m) {
    constexpr auto width = bits_of<decltype(n)>;
    using Product = decltype(doubled_product(n, m));
    constexpr auto half = rounded == Rounded::yes ? Product{1} << (width - 1) : Product{0};
    return saturation.to<decltype(n)>((doubled_product(n, m) + half) >> width);
};

// Of elements that are already widened.
inline constexpr auto sqdmull = [](Saturation& saturation, auto n, auto m) {
    return saturation.to<decltype(n)>(2 * wide(n) * m);
};
inline constexpr auto sqdmlal = [](Saturation& saturation, auto d, auto n, auto m) {
    return saturation.to<decltype(d)>(wide(d) + sqdmull(saturation, n, m));
};
inline constexpr auto sqdmlsl = [](Saturation& saturation, auto d, auto n, auto m) {
    return saturation.to<decltype(d)>(wide(d) - sqdmull(saturation, n, m));
};

} // namespace arm64::cpu::a64

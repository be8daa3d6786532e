// SPDX-License-Identifier: Apache-2.0
// Exact arithmetic on real numbers, in integers. What a result has beyond its lowest bit is jammed into that bit, which
// then says no more than "not zero": enough to round, because the other 63 bits hold more than any format's fraction
// and the bit after it.
#pragma once

#include <bit>
#include <cstdint>
#include <utility>

namespace arm64::cpu::fp {

__extension__ using Wide = unsigned __int128;

/// significand * 2^(exponent - 63). Bit 63 of the significand is set, or all of it is zero.
struct Real {
    bool sign = false;
    int exponent = 0;
    std::uint64_t significand = 0;

    [[nodiscard]] bool is_zero() const { return significand == 0; }
};

/// significand * 2^(exponent - 126), below 2^127: two of them can be added.
struct WideReal {
    bool sign = false;
    int exponent = 0;
    Wide significand = 0;
};

template <class Integer>
Integer shift_right_jam(Integer value, unsigned by) {
    constexpr unsigned width = sizeof(Integer) * 8;
    if (by == 0)
        return value;
    if (by >= width)
        return static_cast<Integer>(value != 0);
    return (value >> by) | static_cast<Integer>((value << (width - by)) != 0);
}

/// significand * 2^(exponent - 126), any significand.
inline Real normalized(bool sign, int exponent, Wide significand) {
    const auto high = static_cast<std::uint64_t>(significand >> 64);
    if (high == 0) {
        const auto low = static_cast<std::uint64_t>(significand);
        if (low == 0)
            return {sign, 0, 0};
        const int zeros = std::countl_zero(low);
        return {sign, exponent + 1 - 64 - zeros, low << zeros};
    }
    const int zeros = std::countl_zero(high);
    const auto shifted = significand << zeros;
    const bool rest = static_cast<std::uint64_t>(shifted) != 0;
    return {sign, exponent + 1 - zeros, static_cast<std::uint64_t>(shifted >> 64) | std::uint64_t{rest}};
}

inline WideReal widened(const Real& a) { return {a.sign, a.exponent, Wide{a.significand} << 63}; }

/// Exact: significands that were unpacked have at most 53 bits, so that the lowest bit of the product is zero.
inline WideReal product(const Real& a, const Real& b) {
    return {a.sign != b.sign, a.exponent + b.exponent + 1, (Wide{a.significand} * b.significand) >> 1};
}

/// The sign of a zero that is the sum of two numbers of different signs is for the caller to choose.
inline Real sum(WideReal a, WideReal b) {
    if (b.significand == 0)
        return normalized(a.sign, a.exponent, a.significand);
    if (a.significand == 0)
        return normalized(b.sign, b.exponent, b.significand);
    if (a.exponent < b.exponent)
        std::swap(a, b);
    // Bits are lost only where the two are so far apart that the difference keeps at least 124 bits.
    b.significand = shift_right_jam(b.significand, static_cast<unsigned>(a.exponent - b.exponent));
    if (a.sign == b.sign)
        return normalized(a.sign, a.exponent, a.significand + b.significand);
    if (a.significand < b.significand)
        return normalized(b.sign, a.exponent, b.significand - a.significand);
    return normalized(a.sign, a.exponent, a.significand - b.significand);
}

inline Real multiplied(const Real& a, const Real& b) {
    return normalized(a.sign != b.sign, a.exponent + b.exponent, Wide{a.significand} * b.significand);
}

/// `b` is not zero.
inline Real divided(const Real& a, const Real& b) {
    if (a.is_zero())
        return {a.sign != b.sign, 0, 0};
    const bool smaller = a.significand < b.significand;
    const Wide dividend = Wide{a.significand} << (smaller ? 64 : 63);
    const auto quotient = static_cast<std::uint64_t>(dividend / b.significand);
    const bool rest = Wide{quotient} * b.significand != dividend;
    return {a.sign != b.sign, a.exponent - b.exponent - (smaller ? 1 : 0), quotient | std::uint64_t{rest}};
}

/// The root's first `digits` binary digits, at most 60, and whether there are more. `a` is positive.
template <unsigned digits>
Real square_root(const Real& a) {
    static_assert(digits <= 60);
    const bool odd = (a.exponent & 1) != 0;
    std::uint64_t radicand = odd ? a.significand : a.significand >> 1; // the lowest bit is zero
    std::uint64_t root = 0;
    std::uint64_t rest = 0;
    for (unsigned n = 0; n < digits; ++n) { // by hand: a digit of the root from two of the radicand
        rest = rest << 2 | radicand >> 62;
        radicand <<= 2;
        const std::uint64_t subtrahend = root << 2 | 1;
        root <<= 1;
        if (rest >= subtrahend) {
            rest -= subtrahend;
            root |= 1;
        }
    }
    return {false, (a.exponent - (odd ? 1 : 0)) / 2, root << (64 - digits) | std::uint64_t{rest != 0 || radicand != 0}};
}

} // namespace arm64::cpu::fp

// SPDX-License-Identifier: Apache-2.0
// The three formats, their fields and their special values. DDI 0487, A1.4.3 to A1.4.5, and the pseudocode functions
// FPZero, FPInfinity, FPMaxNormal, FPTwo, FPOnePointFive, FPDefaultNaN.
#pragma once

#include <cstdint>
#include <limits>

namespace arm64::cpu::fp {

/// Sign, exponent, fraction, high to low, in an unsigned integer.
template <class B, unsigned Exponent, unsigned Fraction>
struct Format {
    using Bits = B;
    static constexpr unsigned width = std::numeric_limits<Bits>::digits;
    static constexpr unsigned exponent_bits = Exponent;
    static constexpr unsigned fraction_bits = Fraction;
    static constexpr int bias = (1 << (Exponent - 1)) - 1;
    static constexpr int exponent_ones = (1 << Exponent) - 1;
    static constexpr int minimum_exponent = 1 - bias; ///< of normal numbers

    static constexpr Bits sign_mask = static_cast<Bits>(Bits{1} << (width - 1));
    static constexpr Bits fraction_mask = static_cast<Bits>((Bits{1} << Fraction) - 1);
    static constexpr Bits exponent_mask = static_cast<Bits>(Bits{exponent_ones} << Fraction);
    static constexpr Bits quiet_mask = static_cast<Bits>(Bits{1} << (Fraction - 1)); ///< of a NaN: it is quiet

    static constexpr Bits infinity = exponent_mask;
    static constexpr Bits max_normal = static_cast<Bits>(exponent_mask - 1);
    static constexpr Bits min_normal = static_cast<Bits>(Bits{1} << Fraction);
    static constexpr Bits default_NaN = static_cast<Bits>(exponent_mask | quiet_mask);
    static constexpr Bits one = static_cast<Bits>(Bits{bias} << Fraction);
    static constexpr Bits one_point_five = static_cast<Bits>(one | quiet_mask);
    static constexpr Bits two = static_cast<Bits>(Bits{bias + 1} << Fraction);

    static constexpr bool sign(Bits a) { return (a & sign_mask) != 0; }
    static constexpr Bits magnitude(Bits a) { return static_cast<Bits>(a & ~sign_mask); }
    static constexpr Bits signed_as(bool negative, Bits magnitude) {
        return static_cast<Bits>(negative ? magnitude | sign_mask : magnitude);
    }
    static constexpr int exponent(Bits a) { return static_cast<int>((a & exponent_mask) >> Fraction); }
    static constexpr Bits fraction(Bits a) { return static_cast<Bits>(a & fraction_mask); }

    static constexpr bool is_NaN(Bits a) { return magnitude(a) > infinity; }
    static constexpr bool is_SNaN(Bits a) { return is_NaN(a) && (a & quiet_mask) == 0; }
    static constexpr bool is_QNaN(Bits a) { return is_NaN(a) && (a & quiet_mask) != 0; }
    static constexpr bool is_infinity(Bits a) { return magnitude(a) == infinity; }
    static constexpr bool is_zero(Bits a) { return magnitude(a) == 0; }
    static constexpr bool is_denormal(Bits a) { return magnitude(a) - 1U < min_normal - 1U; }
};

/// Conversions only: this CPU has no FEAT_FP16.
struct Half : Format<std::uint16_t, 5, 10> {};
struct Single : Format<std::uint32_t, 8, 23> {};
struct Double : Format<std::uint64_t, 11, 52> {};

} // namespace arm64::cpu::fp

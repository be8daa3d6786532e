// SPDX-License-Identifier: Apache-2.0
// The only place where a result is rounded. DDI 0487, pseudocode function FPRoundBase.
#pragma once

#include "arch-arm64/cpu/fp/context.hpp"
#include "arch-arm64/cpu/fp/formats.hpp"
#include "arch-arm64/cpu/fp/real.hpp"

#include <concepts>
#include <cstdint>

namespace arm64::cpu::fp {

/// Whether a magnitude that lies between two neighbours becomes the upper one. `beyond` is its distance from the lower
/// one in units of 2^-64 of the neighbours' distance, jammed; `odd` is the lowest bit of the lower one.
inline bool rounds_up(Rounding rounding, bool sign, bool odd, std::uint64_t beyond) {
    constexpr std::uint64_t half = std::uint64_t{1} << 63;
    switch (rounding) {
    case Rounding::TIEEVEN: return beyond > half || (beyond == half && odd);
    case Rounding::TIEAWAY: return beyond >= half;
    case Rounding::POSINF: return beyond != 0 && !sign;
    case Rounding::NEGINF: return beyond != 0 && sign;
    case Rounding::ZERO:
    case Rounding::ODD: break;
    }
    return false;
}

/// Beyond the largest number: an infinity, or that number.
template <class F>
typename F::Bits overflow(bool sign, Rounding rounding, Context& context) {
    context.raise(FPSR::OFC | FPSR::IXC);
    const bool to_infinity = rounding == Rounding::TIEEVEN || (rounding == Rounding::POSINF && !sign) ||
                             (rounding == Rounding::NEGINF && sign);
    return F::signed_as(sign, to_infinity ? F::infinity : F::max_normal);
}

/// Without the sign: F's exponent and fraction as one number, of which a carry out of the fraction is a part.
template <class F>
std::uint64_t rounded_magnitude(const Real& value, int biased_exponent, Rounding rounding, bool& inexact) {
    constexpr unsigned spare = 63 - F::fraction_bits;
    const auto significand = biased_exponent > 0
                                 ? value.significand
                                 : shift_right_jam(value.significand, static_cast<unsigned>(1 - biased_exponent));
    std::uint64_t mantissa = significand >> spare;
    const std::uint64_t beyond = significand << (64 - spare);
    inexact = beyond != 0;
    if (rounds_up(rounding, value.sign, (mantissa & 1) != 0, beyond))
        ++mantissa;
    if (rounding == Rounding::ODD && inexact)
        mantissa |= 1;
    // A normal number's mantissa brings one for the exponent.
    return (static_cast<std::uint64_t>(biased_exponent > 0 ? biased_exponent - 1 : 0) << F::fraction_bits) + mantissa;
}

/// `value` is not zero. Its exponent is far from the limits of int.
template <class F>
typename F::Bits round(const Real& value, Rounding rounding, Context& context) {
    using Bits = typename F::Bits;
    if (!std::same_as<F, Half> && context.flushes_to_zero() && value.exponent < F::minimum_exponent) {
        context.raise(FPSR::UFC); // and not IXC
        return F::signed_as(value.sign, 0);
    }
    const int biased_exponent = value.exponent - F::minimum_exponent + 1;
    bool inexact = false;
    const auto magnitude = rounded_magnitude<F>(value, biased_exponent, rounding, inexact);
    if (std::same_as<F, Half> && context.alternative_half()) {
        if (biased_exponent > F::exponent_ones || magnitude >= F::sign_mask) {
            context.raise(FPSR::IOC);
            return F::signed_as(value.sign, static_cast<Bits>(F::sign_mask - 1));
        }
    } else if (biased_exponent >= F::exponent_ones || magnitude >= F::infinity) {
        return overflow<F>(value.sign, rounding, context);
    }
    if (inexact)
        context.raise(biased_exponent <= 0 ? FPSR::UFC | FPSR::IXC : FPSR::IXC);
    return F::signed_as(value.sign, static_cast<Bits>(magnitude));
}

/// Rounds by FPCR.RMode. A sum that is zero although its operands differ in sign is -0 only towards minus infinity.
template <class F>
typename F::Bits round_sum(const Real& value, Context& context) {
    const auto rounding = context.rounding();
    if (value.is_zero())
        return F::signed_as(rounding == Rounding::NEGINF, 0);
    return round<F>(value, rounding, context);
}

} // namespace arm64::cpu::fp

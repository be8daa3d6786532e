// SPDX-License-Identifier: Apache-2.0
// Conversions between the formats, and to and from integers and fixed-point numbers. DDI 0487, pseudocode functions
// FPConvert, FPRoundInt, FPToFixed, FixedToFP.
#pragma once

#include "arch-arm64/cpu/fp/context.hpp"
#include "arch-arm64/cpu/fp/formats.hpp"

#include <cstdint>

namespace arm64::cpu::fp {

/// Any two formats. A half-precision operand or result is as FPCR.AHP says and is not flushed to zero. `rounding` is
/// FPCR's, or ODD.
template <class To, class From>
typename To::Bits convert(typename From::Bits operand, Rounding rounding, Context& context);
template <class To, class From>
typename To::Bits convert(typename From::Bits operand, Context& context) {
    return convert<To, From>(operand, context.rounding(), context);
}

/// An integer in the same format. Not ODD. F is Single or Double.
template <class F>
typename F::Bits round_int(typename F::Bits operand, Rounding rounding, Context& context);
/// FRINTX: says by IXC whether that changed the value.
template <class F>
typename F::Bits round_int_exact(typename F::Bits operand, Rounding rounding, Context& context);

/// operand * 2^fbits as an integer, with fbits from 0 to 64. What does not fit is invalid and becomes the nearest that
/// does; a NaN is invalid and becomes 0. Integer is a signed or unsigned type of 32 or 64 bits. Not ODD.
template <class F, class Integer>
Integer to_fixed(typename F::Bits operand, unsigned fbits, Rounding rounding, Context& context);

/// operand / 2^fbits, with fbits from 0 to 64, rounded by FPCR.RMode.
template <class F, class Integer>
typename F::Bits from_fixed(Integer operand, unsigned fbits, Context& context);

} // namespace arm64::cpu::fp

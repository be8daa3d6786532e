// SPDX-License-Identifier: Apache-2.0
// Each is the operand as an exact number, scaled, and rounded once.
#include "arch-arm64/cpu/fp/convert.hpp"

#include "arch-arm64/cpu/fp/real.hpp"
#include "arch-arm64/cpu/fp/round.hpp"
#include "arch-arm64/cpu/fp/unpack.hpp"

#include <bit>
#include <concepts>
#include <limits>
#include <type_traits>

namespace arm64::cpu::fp {
namespace {

/// The fraction's upper bits stay, below the bit that says quiet. FPConvertNaN.
template <class To, class From>
typename To::Bits convert_NaN(typename From::Bits operand) {
    constexpr unsigned top = 64;
    const std::uint64_t fraction = std::uint64_t{From::fraction(operand)} << (top - From::fraction_bits);
    const auto kept = static_cast<typename To::Bits>(fraction >> (top - To::fraction_bits));
    return To::signed_as(From::sign(operand), static_cast<typename To::Bits>(To::default_NaN | kept));
}

struct Rounded {
    std::uint64_t magnitude;
    bool inexact;
};

/// `value` has an exponent below 64, and no fraction unless the integer part is below 2^53.
Rounded to_integer(const Real& value, Rounding rounding) {
    std::uint64_t integer = 0;
    std::uint64_t beyond = 0;
    if (value.exponent == 63) {
        integer = value.significand;
    } else if (value.exponent >= 0) {
        const auto whole = static_cast<unsigned>(value.exponent) + 1;
        integer = value.significand >> (64 - whole);
        beyond = value.significand << whole;
    } else {
        beyond = shift_right_jam(value.significand, static_cast<unsigned>(-1 - value.exponent));
    }
    const bool up = rounds_up(rounding, value.sign, (integer & 1) != 0, beyond);
    return {integer + (up ? 1 : 0), beyond != 0};
}

template <class Integer>
Integer saturated(bool sign, Context& context) {
    context.raise(FPSR::IOC); // and not IXC
    return sign ? std::numeric_limits<Integer>::min() : std::numeric_limits<Integer>::max();
}

template <class F>
typename F::Bits round_int(typename F::Bits operand, Rounding rounding, bool& inexact, Context& context) {
    const auto value = unpack<F>(operand, context);
    if (value.is_NaN())
        return process_NaN<F>(operand, context);
    if (value.is_zero())
        return F::signed_as(value.sign, 0);
    constexpr auto whole = static_cast<int>(F::fraction_bits);
    if (value.is_infinity() || value.exponent >= whole)
        return operand;
    const auto result = to_integer(value, rounding);
    inexact = result.inexact;
    if (result.magnitude == 0)
        return F::signed_as(value.sign, 0);
    return round<F>(normalized(value.sign, 126, result.magnitude), Rounding::ZERO, context);
}

} // namespace

template <class To, class From>
typename To::Bits convert(typename From::Bits operand, Rounding rounding, Context& context) {
    using Bits = typename To::Bits;
    const bool alternative = std::same_as<To, Half> && context.alternative_half();
    const auto value = unpack<From>(operand, context);
    switch (value.type) {
    case Type::SNaN:
    case Type::QNaN:
        if (value.type == Type::SNaN || alternative)
            context.raise(FPSR::IOC);
        if (alternative)
            return To::signed_as(value.sign, 0);
        return context.default_NaN() ? To::default_NaN : convert_NaN<To, From>(operand);
    case Type::Infinity:
        if (!alternative)
            return To::signed_as(value.sign, To::infinity);
        context.raise(FPSR::IOC);
        return To::signed_as(value.sign, static_cast<Bits>(To::sign_mask - 1));
    case Type::Zero: return To::signed_as(value.sign, 0);
    case Type::Nonzero: break;
    }
    return round<To>(value, rounding, context);
}

template <class F>
typename F::Bits round_int(typename F::Bits operand, Rounding rounding, Context& context) {
    bool inexact = false;
    return round_int<F>(operand, rounding, inexact, context);
}

template <class F>
typename F::Bits round_int_exact(typename F::Bits operand, Rounding rounding, Context& context) {
    bool inexact = false;
    const auto result = round_int<F>(operand, rounding, inexact, context);
    if (inexact)
        context.raise(FPSR::IXC);
    return result;
}

template <class F, class Integer>
Integer to_fixed(typename F::Bits operand, unsigned fbits, Rounding rounding, Context& context) {
    const auto value = unpack<F>(operand, context);
    if (value.is_NaN()) {
        context.raise(FPSR::IOC);
        return 0;
    }
    if (value.is_zero())
        return 0;
    const Real scaled{value.sign, value.exponent + static_cast<int>(fbits), value.significand};
    if (value.is_infinity() || scaled.exponent > 63)
        return saturated<Integer>(value.sign, context);
    const auto [magnitude, inexact] = to_integer(scaled, rounding);
    using Unsigned = std::make_unsigned_t<Integer>;
    constexpr std::uint64_t max = std::numeric_limits<Integer>::max();
    const std::uint64_t min = std::signed_integral<Integer> ? max + 1 : 0; // its magnitude
    if (magnitude > (value.sign ? min : max))
        return saturated<Integer>(value.sign, context);
    if (inexact)
        context.raise(FPSR::IXC);
    const auto bits = static_cast<Unsigned>(magnitude);
    return static_cast<Integer>(value.sign ? Unsigned{0} - bits : bits);
}

template <class F, class Integer>
typename F::Bits from_fixed(Integer operand, unsigned fbits, Context& context) {
    if (operand == 0)
        return 0;
    const bool sign = operand < 0;
    const auto bits = static_cast<std::uint64_t>(operand); // a negative one with its sign extended
    const std::uint64_t magnitude = sign ? 0 - bits : bits;
    return round<F>(normalized(sign, 126 - static_cast<int>(fbits), magnitude), context.rounding(), context);
}

template Single::Bits convert<Single, Half>(Half::Bits, Rounding, Context&);
template Double::Bits convert<Double, Half>(Half::Bits, Rounding, Context&);
template Half::Bits convert<Half, Single>(Single::Bits, Rounding, Context&);
template Double::Bits convert<Double, Single>(Single::Bits, Rounding, Context&);
template Half::Bits convert<Half, Double>(Double::Bits, Rounding, Context&);
template Single::Bits convert<Single, Double>(Double::Bits, Rounding, Context&);
template Single::Bits round_int<Single>(Single::Bits, Rounding, Context&);
template Double::Bits round_int<Double>(Double::Bits, Rounding, Context&);
template Single::Bits round_int_exact<Single>(Single::Bits, Rounding, Context&);
template Double::Bits round_int_exact<Double>(Double::Bits, Rounding, Context&);
template std::int32_t to_fixed<Single, std::int32_t>(Single::Bits, unsigned, Rounding, Context&);
template std::int64_t to_fixed<Single, std::int64_t>(Single::Bits, unsigned, Rounding, Context&);
template std::uint32_t to_fixed<Single, std::uint32_t>(Single::Bits, unsigned, Rounding, Context&);
template std::uint64_t to_fixed<Single, std::uint64_t>(Single::Bits, unsigned, Rounding, Context&);
template std::int32_t to_fixed<Double, std::int32_t>(Double::Bits, unsigned, Rounding, Context&);
template std::int64_t to_fixed<Double, std::int64_t>(Double::Bits, unsigned, Rounding, Context&);
template std::uint32_t to_fixed<Double, std::uint32_t>(Double::Bits, unsigned, Rounding, Context&);
template std::uint64_t to_fixed<Double, std::uint64_t>(Double::Bits, unsigned, Rounding, Context&);
template Single::Bits from_fixed<Single>(std::int32_t, unsigned, Context&);
template Single::Bits from_fixed<Single>(std::int64_t, unsigned, Context&);
template Single::Bits from_fixed<Single>(std::uint32_t, unsigned, Context&);
template Single::Bits from_fixed<Single>(std::uint64_t, unsigned, Context&);
template Double::Bits from_fixed<Double>(std::int32_t, unsigned, Context&);
template Double::Bits from_fixed<Double>(std::int64_t, unsigned, Context&);
template Double::Bits from_fixed<Double>(std::uint32_t, unsigned, Context&);
template Double::Bits from_fixed<Double>(std::uint64_t, unsigned, Context&);

} // namespace arm64::cpu::fp

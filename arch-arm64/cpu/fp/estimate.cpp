// SPDX-License-Identifier: Apache-2.0
// The tables are those of RecipEstimate and RecipSqrtEstimate in DDI 0487, computed as it defines them.
#include "arch-arm64/cpu/fp/estimate.hpp"

#include "arch-arm64/cpu/fp/real.hpp"
#include "arch-arm64/cpu/fp/round.hpp"
#include "arch-arm64/cpu/fp/unpack.hpp"

#include <array>
#include <cstddef>

namespace arm64::cpu::fp {
namespace {

/// RecipEstimate: of a / 512, from 1/2 to 1 without it; the result is in units of 1/256, from 1 to 2 without it.
constexpr auto recip_estimates = [] {
    std::array<std::uint16_t, 256> table{};
    for (unsigned a = 256; a < 512; ++a)
        table[a - 256] = static_cast<std::uint16_t>(((1U << 19) / (a * 2 + 1) + 1) / 2);
    return table;
}();

/// RecipSqrtEstimate: of a / 512, from 1/4 to 1 without it; the result is in units of 1/256, from 1 to 2 without it.
constexpr auto rsqrt_estimates = [] {
    std::array<std::uint16_t, 384> table{};
    for (unsigned a = 128; a < 512; ++a) {
        const unsigned middle = a < 256 ? a * 2 + 1 : (a / 2 * 2 + 1) * 2;
        unsigned b = 512;
        while (std::uint64_t{middle} * (b + 1) * (b + 1) < 1U << 28)
            ++b;
        table[a - 128] = static_cast<std::uint16_t>((b + 1) / 2);
    }
    return table;
}();

std::uint64_t recip(unsigned a) { return recip_estimates[a - 256]; }
std::uint64_t rsqrt(unsigned a) { return rsqrt_estimates[a - 128]; }

/// 1.xxxxxxxx as an integer of nine bits.
unsigned leading_bits(const Real& value) { return static_cast<unsigned>(value.significand >> 55); }

/// A nine-bit estimate as a number with that exponent.
Real estimated(bool sign, int exponent, std::uint64_t estimate) { return {sign, exponent, estimate << 55}; }

/// A finite sum: addend - a * b, times 2^scale.
template <class F>
typename F::Bits step(const Real& addend, const Unpacked& x, const Unpacked& y, int scale, Context& context) {
    auto result = sum(widened(addend), product(x, y));
    result.exponent += scale;
    return round_sum<F>(result, context);
}

template <class F>
typename F::Bits step_fused(typename F::Bits a, typename F::Bits b, typename F::Bits of_infinity_by_zero,
                            const Real& addend, int scale, Context& context) {
    a = static_cast<typename F::Bits>(a ^ F::sign_mask); // also of a NaN, which may become the result
    const auto x = unpack<F>(a, context);
    const auto y = unpack<F>(b, context);
    if (x.is_NaN() || y.is_NaN())
        return process_NaNs<F>(a, b, context);
    if ((x.is_infinity() && y.is_zero()) || (x.is_zero() && y.is_infinity()))
        return of_infinity_by_zero;
    if (x.is_infinity() || y.is_infinity())
        return F::signed_as(x.sign != y.sign, F::infinity);
    return step<F>(addend, x, y, scale, context);
}

} // namespace

template <class F>
typename F::Bits recip_estimate(typename F::Bits operand, Context& context) {
    const auto value = unpack<F>(operand, context);
    if (value.is_NaN())
        return process_NaN<F>(operand, context);
    if (value.is_infinity())
        return F::signed_as(value.sign, 0);
    if (value.is_zero()) {
        context.raise(FPSR::DZC);
        return F::signed_as(value.sign, F::infinity);
    }
    if (value.exponent < F::minimum_exponent - 2) // below 2^-128 or 2^-1024
        return overflow<F>(value.sign, context.rounding(), context);
    if (context.flushes_to_zero() && value.exponent >= F::bias - 1) {
        context.raise(FPSR::UFC);
        return F::signed_as(value.sign, 0);
    }
    // An estimate has so few bits that a denormal one is exact.
    return round<F>(estimated(value.sign, -1 - value.exponent, recip(leading_bits(value))), Rounding::ZERO, context);
}

template <class F>
typename F::Bits rsqrt_estimate(typename F::Bits operand, Context& context) {
    const auto value = unpack<F>(operand, context);
    if (value.is_NaN())
        return process_NaN<F>(operand, context);
    if (value.is_zero()) {
        context.raise(FPSR::DZC);
        return F::signed_as(value.sign, F::infinity);
    }
    if (value.sign)
        return invalid_operation<F>(context);
    if (value.is_infinity())
        return 0;
    const bool odd = (value.exponent & 1) != 0; // the fraction is from 1/2 then, or else from 1/4, by an even power
    const unsigned leading = odd ? leading_bits(value) : leading_bits(value) / 2;
    const int half = (value.exponent + (odd ? 1 : 2)) / 2;
    return round<F>(estimated(false, -half, rsqrt(leading)), Rounding::ZERO, context);
}

template <class F>
typename F::Bits recpx(typename F::Bits operand, Context& context) {
    using Bits = typename F::Bits;
    const auto value = unpack<F>(operand, context);
    if (value.is_NaN())
        return process_NaN<F>(operand, context);
    if (F::exponent(operand) == 0) // a denormal is taken for a zero here, whatever FPCR.FZ
        return F::signed_as(value.sign, static_cast<Bits>(F::exponent_mask - F::min_normal));
    return F::signed_as(value.sign, static_cast<Bits>(~operand & F::exponent_mask));
}

template <class F>
typename F::Bits recip_step(typename F::Bits a, typename F::Bits b, Context& context) {
    constexpr Real two{false, 1, std::uint64_t{1} << 63};
    return step_fused<F>(a, b, F::two, two, 0, context);
}

template <class F>
typename F::Bits rsqrt_step(typename F::Bits a, typename F::Bits b, Context& context) {
    constexpr Real three{false, 1, std::uint64_t{3} << 62};
    return step_fused<F>(a, b, F::one_point_five, three, -1, context);
}

std::uint32_t unsigned_recip_estimate(std::uint32_t operand) {
    if (operand >> 31 == 0)
        return ~0U; // the reciprocal is too large
    return static_cast<std::uint32_t>(recip(operand >> 23) << 23);
}

std::uint32_t unsigned_rsqrt_estimate(std::uint32_t operand) {
    if (operand >> 30 == 0)
        return ~0U;
    return static_cast<std::uint32_t>(rsqrt(operand >> 23) << 23);
}

template Single::Bits recip_estimate<Single>(Single::Bits, Context&);
template Double::Bits recip_estimate<Double>(Double::Bits, Context&);
template Single::Bits rsqrt_estimate<Single>(Single::Bits, Context&);
template Double::Bits rsqrt_estimate<Double>(Double::Bits, Context&);
template Single::Bits recpx<Single>(Single::Bits, Context&);
template Double::Bits recpx<Double>(Double::Bits, Context&);
template Single::Bits recip_step<Single>(Single::Bits, Single::Bits, Context&);
template Double::Bits recip_step<Double>(Double::Bits, Double::Bits, Context&);
template Single::Bits rsqrt_step<Single>(Single::Bits, Single::Bits, Context&);
template Double::Bits rsqrt_step<Double>(Double::Bits, Double::Bits, Context&);

} // namespace arm64::cpu::fp

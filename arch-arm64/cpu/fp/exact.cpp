// SPDX-License-Identifier: Apache-2.0
// Special operands first, in the order of the manual's pseudocode; what is left is one exact number, rounded once.
#include "arch-arm64/cpu/fp/exact.hpp"

#include "arch-arm64/cpu/fp/real.hpp"
#include "arch-arm64/cpu/fp/round.hpp"
#include "arch-arm64/cpu/fp/unpack.hpp"

namespace arm64::cpu::fp::exact {
namespace {

/// x + y, where x and y are what a and b were unpacked to; y may have been negated since.
template <class F>
typename F::Bits add_unpacked(typename F::Bits a, typename F::Bits b, const Unpacked& x, const Unpacked& y,
                              Context& context) {
    if (x.is_NaN() || y.is_NaN())
        return process_NaNs<F>(a, b, context);
    if (x.is_infinity() && y.is_infinity() && x.sign != y.sign)
        return invalid_operation<F>(context);
    if (x.is_infinity())
        return F::signed_as(x.sign, F::infinity);
    if (y.is_infinity())
        return F::signed_as(y.sign, F::infinity);
    if (x.is_zero() && y.is_zero() && x.sign == y.sign)
        return F::signed_as(x.sign, 0);
    return round_sum<F>(fp::sum(widened(x), widened(y)), context);
}

/// The product of two that are not NaNs, nor an infinity and a zero.
template <class F>
typename F::Bits multiply(const Unpacked& x, const Unpacked& y, Context& context) {
    const bool sign = x.sign != y.sign;
    if (x.is_infinity() || y.is_infinity())
        return F::signed_as(sign, F::infinity);
    if (x.is_zero() || y.is_zero())
        return F::signed_as(sign, 0);
    return round<F>(multiplied(x, y), context.rounding(), context);
}

bool infinity_by_zero(const Unpacked& x, const Unpacked& y) {
    return (x.is_infinity() && y.is_zero()) || (x.is_zero() && y.is_infinity());
}

} // namespace

template <class F>
typename F::Bits add(typename F::Bits a, typename F::Bits b, Context& context) {
    const auto x = unpack<F>(a, context);
    const auto y = unpack<F>(b, context);
    return add_unpacked<F>(a, b, x, y, context);
}

template <class F>
typename F::Bits sub(typename F::Bits a, typename F::Bits b, Context& context) {
    const auto x = unpack<F>(a, context);
    auto y = unpack<F>(b, context);
    y.sign = !y.sign; // of the number: a NaN operand keeps its own
    return add_unpacked<F>(a, b, x, y, context);
}

template <class F>
typename F::Bits mul(typename F::Bits a, typename F::Bits b, Context& context) {
    const auto x = unpack<F>(a, context);
    const auto y = unpack<F>(b, context);
    if (x.is_NaN() || y.is_NaN())
        return process_NaNs<F>(a, b, context);
    if (infinity_by_zero(x, y))
        return invalid_operation<F>(context);
    return multiply<F>(x, y, context);
}

template <class F>
typename F::Bits mulx(typename F::Bits a, typename F::Bits b, Context& context) {
    const auto x = unpack<F>(a, context);
    const auto y = unpack<F>(b, context);
    if (x.is_NaN() || y.is_NaN())
        return process_NaNs<F>(a, b, context);
    if (infinity_by_zero(x, y))
        return F::signed_as(x.sign != y.sign, F::two);
    return multiply<F>(x, y, context);
}

template <class F>
typename F::Bits div(typename F::Bits a, typename F::Bits b, Context& context) {
    const auto x = unpack<F>(a, context);
    const auto y = unpack<F>(b, context);
    if (x.is_NaN() || y.is_NaN())
        return process_NaNs<F>(a, b, context);
    if ((x.is_infinity() && y.is_infinity()) || (x.is_zero() && y.is_zero()))
        return invalid_operation<F>(context);
    const bool sign = x.sign != y.sign;
    if (x.is_infinity() || y.is_zero()) {
        if (!x.is_infinity())
            context.raise(FPSR::DZC);
        return F::signed_as(sign, F::infinity);
    }
    if (x.is_zero() || y.is_infinity())
        return F::signed_as(sign, 0);
    return round<F>(divided(x, y), context.rounding(), context);
}

template <class F>
typename F::Bits sqrt(typename F::Bits a, Context& context) {
    const auto x = unpack<F>(a, context);
    if (x.is_NaN())
        return process_NaN<F>(a, context);
    if (x.is_zero())
        return F::signed_as(x.sign, 0);
    if (x.sign)
        return invalid_operation<F>(context);
    if (x.is_infinity())
        return F::infinity;
    return round<F>(square_root<F::fraction_bits + 3>(x), context.rounding(), context);
}

template <class F>
typename F::Bits mul_add(typename F::Bits addend, typename F::Bits a, typename F::Bits b, Context& context) {
    const auto z = unpack<F>(addend, context);
    const auto x = unpack<F>(a, context);
    const auto y = unpack<F>(b, context);
    const bool invalid_product = infinity_by_zero(x, y);
    if (z.type == Type::QNaN && invalid_product)
        return invalid_operation<F>(context); // the one operation that does not propagate its only NaN
    if (z.is_NaN() || x.is_NaN() || y.is_NaN())
        return process_NaNs<F>(addend, a, b, context);
    const bool sign = x.sign != y.sign;
    const bool infinite_product = x.is_infinity() || y.is_infinity();
    if (invalid_product || (z.is_infinity() && infinite_product && z.sign != sign))
        return invalid_operation<F>(context);
    if (z.is_infinity())
        return F::signed_as(z.sign, F::infinity);
    if (infinite_product)
        return F::signed_as(sign, F::infinity);
    if (z.is_zero() && (x.is_zero() || y.is_zero()) && z.sign == sign)
        return F::signed_as(sign, 0);
    return round_sum<F>(fp::sum(widened(z), product(x, y)), context);
}

template Single::Bits add<Single>(Single::Bits, Single::Bits, Context&);
template Double::Bits add<Double>(Double::Bits, Double::Bits, Context&);
template Single::Bits sub<Single>(Single::Bits, Single::Bits, Context&);
template Double::Bits sub<Double>(Double::Bits, Double::Bits, Context&);
template Single::Bits mul<Single>(Single::Bits, Single::Bits, Context&);
template Double::Bits mul<Double>(Double::Bits, Double::Bits, Context&);
template Single::Bits mulx<Single>(Single::Bits, Single::Bits, Context&);
template Double::Bits mulx<Double>(Double::Bits, Double::Bits, Context&);
template Single::Bits div<Single>(Single::Bits, Single::Bits, Context&);
template Double::Bits div<Double>(Double::Bits, Double::Bits, Context&);
template Single::Bits sqrt<Single>(Single::Bits, Context&);
template Double::Bits sqrt<Double>(Double::Bits, Context&);
template Single::Bits mul_add<Single>(Single::Bits, Single::Bits, Single::Bits, Context&);
template Double::Bits mul_add<Double>(Double::Bits, Double::Bits, Double::Bits, Context&);

} // namespace arm64::cpu::fp::exact

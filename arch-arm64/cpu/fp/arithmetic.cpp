// SPDX-License-Identifier: Apache-2.0
// When the host's instruction serves: rounding is to nearest, on every host IEEE 754's; IXC is set already, so that
// nobody needs to know whether this result was exact; operands are zero or normal, which no flag and no FPCR.FZ is
// about; and the result is larger than the smallest normal number (not equal: that one may have been tiny before
// rounding) and finite. Compiled with -ffp-contract=off.
#include "arch-arm64/cpu/fp/arithmetic.hpp"

#include "arch-arm64/cpu/fp/exact.hpp"

#include <bit>
#include <cmath>
#include <concepts>
#include <type_traits>

namespace arm64::cpu::fp {
namespace {

template <class F>
using Native = std::conditional_t<std::same_as<F, Single>, float, double>;

template <class F>
Native<F> native(typename F::Bits a) {
    return std::bit_cast<Native<F>>(a);
}

template <class F>
typename F::Bits bits(Native<F> a) {
    return std::bit_cast<typename F::Bits>(a);
}

bool host_rounds_alike(const Context& context) {
    return (context.FPCR & FPCR::RMode) == 0 && (context.FPSR & FPSR::IXC) != 0;
}

template <class F>
bool is_normal(typename F::Bits a) {
    return F::magnitude(a) - F::min_normal < F::infinity - F::min_normal;
}

template <class F>
bool is_ordinary(typename F::Bits a) {
    return is_normal<F>(a) || F::is_zero(a);
}

template <class F>
bool is_clearly_normal(typename F::Bits a) {
    return is_normal<F>(a) && F::magnitude(a) != F::min_normal;
}

} // namespace

template <class F>
typename F::Bits add(typename F::Bits a, typename F::Bits b, Context& context) {
    if (host_rounds_alike(context) && is_ordinary<F>(a) && is_ordinary<F>(b)) {
        const auto result = bits<F>(native<F>(a) + native<F>(b));
        if (is_clearly_normal<F>(result) || F::is_zero(result)) // a sum that is zero is exact
            return result;
    }
    return exact::add<F>(a, b, context);
}

template <class F>
typename F::Bits sub(typename F::Bits a, typename F::Bits b, Context& context) {
    if (host_rounds_alike(context) && is_ordinary<F>(a) && is_ordinary<F>(b)) {
        const auto result = bits<F>(native<F>(a) - native<F>(b));
        if (is_clearly_normal<F>(result) || F::is_zero(result))
            return result;
    }
    return exact::sub<F>(a, b, context);
}

template <class F>
typename F::Bits mul(typename F::Bits a, typename F::Bits b, Context& context) {
    if (host_rounds_alike(context) && is_normal<F>(a) && is_normal<F>(b)) {
        const auto result = bits<F>(native<F>(a) * native<F>(b));
        if (is_clearly_normal<F>(result))
            return result;
    }
    return exact::mul<F>(a, b, context);
}

template <class F>
typename F::Bits mulx(typename F::Bits a, typename F::Bits b, Context& context) {
    if (host_rounds_alike(context) && is_normal<F>(a) && is_normal<F>(b)) {
        const auto result = bits<F>(native<F>(a) * native<F>(b));
        if (is_clearly_normal<F>(result))
            return result;
    }
    return exact::mulx<F>(a, b, context);
}

template <class F>
typename F::Bits div(typename F::Bits a, typename F::Bits b, Context& context) {
    if (host_rounds_alike(context) && is_normal<F>(a) && is_normal<F>(b)) {
        const auto result = bits<F>(native<F>(a) / native<F>(b));
        if (is_clearly_normal<F>(result))
            return result;
    }
    return exact::div<F>(a, b, context);
}

template <class F>
typename F::Bits sqrt(typename F::Bits a, Context& context) {
    if (host_rounds_alike(context) && is_normal<F>(a) && !F::sign(a))
        return bits<F>(std::sqrt(native<F>(a))); // its exponent is half of the operand's
    return exact::sqrt<F>(a, context);
}

template <class F>
typename F::Bits mul_add(typename F::Bits addend, typename F::Bits a, typename F::Bits b, Context& context) {
#ifdef __FP_FAST_FMA // one instruction: otherwise std::fma is no faster than exact
    if (host_rounds_alike(context) && is_ordinary<F>(addend) && is_normal<F>(a) && is_normal<F>(b)) {
        const auto result = bits<F>(std::fma(native<F>(a), native<F>(b), native<F>(addend)));
        if (is_clearly_normal<F>(result))
            return result;
    }
#endif
    return exact::mul_add<F>(addend, a, b, context);
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

} // namespace arm64::cpu::fp

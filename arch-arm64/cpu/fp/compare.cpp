// SPDX-License-Identifier: Apache-2.0
// Sign and magnitude are ordered as integers are; only the two zeros and NaNs are not.
#include "arch-arm64/cpu/fp/compare.hpp"

#include "arch-arm64/cpu/fp/unpack.hpp"

namespace arm64::cpu::fp {
namespace {

/// Neither is a NaN.
template <class F>
Comparison order(typename F::Bits a, typename F::Bits b) {
    if (a == b || F::magnitude(static_cast<typename F::Bits>(a | b)) == 0)
        return Comparison::equal;
    if (F::sign(a) != F::sign(b))
        return F::sign(a) ? Comparison::less : Comparison::greater;
    return (a < b) != F::sign(a) ? Comparison::less : Comparison::greater;
}

template <class F>
bool is_unordered(typename F::Bits a, typename F::Bits b) {
    return F::is_NaN(a) || F::is_NaN(b);
}

template <class F>
bool is_signalling(typename F::Bits a, typename F::Bits b) {
    return F::is_SNaN(a) || F::is_SNaN(b);
}

/// A quiet NaN beside another type gives way to the infinity that cannot win.
template <class F>
void prefer_number(typename F::Bits& a, typename F::Bits& b, typename F::Bits loser) {
    if (F::is_QNaN(a) == F::is_QNaN(b))
        return;
    (F::is_QNaN(a) ? a : b) = loser;
}

} // namespace

template <class F>
Comparison compare(typename F::Bits a, typename F::Bits b, Context& context) {
    a = flushed<F>(a, context);
    b = flushed<F>(b, context);
    if (!is_unordered<F>(a, b))
        return order<F>(a, b);
    if (is_signalling<F>(a, b))
        context.raise(FPSR::IOC);
    return Comparison::unordered;
}

template <class F>
Comparison compare_signalling(typename F::Bits a, typename F::Bits b, Context& context) {
    a = flushed<F>(a, context);
    b = flushed<F>(b, context);
    if (!is_unordered<F>(a, b))
        return order<F>(a, b);
    context.raise(FPSR::IOC);
    return Comparison::unordered;
}

template <class F>
bool compare_eq(typename F::Bits a, typename F::Bits b, Context& context) {
    return compare<F>(a, b, context) == Comparison::equal;
}

template <class F>
bool compare_ge(typename F::Bits a, typename F::Bits b, Context& context) {
    const auto comparison = compare_signalling<F>(a, b, context);
    return comparison == Comparison::greater || comparison == Comparison::equal;
}

template <class F>
bool compare_gt(typename F::Bits a, typename F::Bits b, Context& context) {
    return compare_signalling<F>(a, b, context) == Comparison::greater;
}

template <class F>
typename F::Bits max(typename F::Bits a, typename F::Bits b, Context& context) {
    a = flushed<F>(a, context);
    b = flushed<F>(b, context);
    if (is_unordered<F>(a, b))
        return process_NaNs<F>(a, b, context);
    switch (order<F>(a, b)) {
    case Comparison::greater: return a;
    case Comparison::equal: return a & b; // the same bits, or two zeros: their sign is the AND of both
    default: return b;
    }
}

template <class F>
typename F::Bits min(typename F::Bits a, typename F::Bits b, Context& context) {
    a = flushed<F>(a, context);
    b = flushed<F>(b, context);
    if (is_unordered<F>(a, b))
        return process_NaNs<F>(a, b, context);
    switch (order<F>(a, b)) {
    case Comparison::less: return a;
    case Comparison::equal: return a | b;
    default: return b;
    }
}

template <class F>
typename F::Bits max_number(typename F::Bits a, typename F::Bits b, Context& context) {
    prefer_number<F>(a, b, F::signed_as(true, F::infinity));
    return max<F>(a, b, context);
}

template <class F>
typename F::Bits min_number(typename F::Bits a, typename F::Bits b, Context& context) {
    prefer_number<F>(a, b, F::infinity);
    return min<F>(a, b, context);
}

template Comparison compare<Single>(Single::Bits, Single::Bits, Context&);
template Comparison compare<Double>(Double::Bits, Double::Bits, Context&);
template Comparison compare_signalling<Single>(Single::Bits, Single::Bits, Context&);
template Comparison compare_signalling<Double>(Double::Bits, Double::Bits, Context&);
template bool compare_eq<Single>(Single::Bits, Single::Bits, Context&);
template bool compare_eq<Double>(Double::Bits, Double::Bits, Context&);
template bool compare_ge<Single>(Single::Bits, Single::Bits, Context&);
template bool compare_ge<Double>(Double::Bits, Double::Bits, Context&);
template bool compare_gt<Single>(Single::Bits, Single::Bits, Context&);
template bool compare_gt<Double>(Double::Bits, Double::Bits, Context&);
template Single::Bits max<Single>(Single::Bits, Single::Bits, Context&);
template Double::Bits max<Double>(Double::Bits, Double::Bits, Context&);
template Single::Bits min<Single>(Single::Bits, Single::Bits, Context&);
template Double::Bits min<Double>(Double::Bits, Double::Bits, Context&);
template Single::Bits max_number<Single>(Single::Bits, Single::Bits, Context&);
template Double::Bits max_number<Double>(Double::Bits, Double::Bits, Context&);
template Single::Bits min_number<Single>(Single::Bits, Single::Bits, Context&);
template Double::Bits min_number<Double>(Double::Bits, Double::Bits, Context&);

} // namespace arm64::cpu::fp

// SPDX-License-Identifier: Apache-2.0
// The bits of an operand as what they stand for, and NaN operands. DDI 0487, pseudocode functions FPUnpackBase,
// FPProcessNaN, FPProcessNaNs, FPProcessNaNs3.
#pragma once

#include "arch-arm64/cpu/fp/context.hpp"
#include "arch-arm64/cpu/fp/formats.hpp"
#include "arch-arm64/cpu/fp/real.hpp"

#include <bit>
#include <concepts>
#include <cstdint>

namespace arm64::cpu::fp {

enum class Type : std::uint8_t { Zero, Nonzero, Infinity, QNaN, SNaN };

/// An infinity and a NaN have a sign, too.
struct Unpacked : Real {
    Type type = Type::Zero;

    [[nodiscard]] bool is_NaN() const { return type == Type::QNaN || type == Type::SNaN; }
    [[nodiscard]] bool is_infinity() const { return type == Type::Infinity; }
    [[nodiscard]] bool is_zero() const { return type == Type::Zero; }
};

/// FPCR.FZ's effect on an operand. Half precision has a bit of its own in FPCR, which needs FEAT_FP16.
template <class F>
typename F::Bits flushed(typename F::Bits a, Context& context) {
    if (!std::same_as<F, Half> && context.flushes_to_zero() && F::is_denormal(a)) {
        context.raise(FPSR::IDC);
        return static_cast<typename F::Bits>(a & F::sign_mask);
    }
    return a;
}

template <class F>
Unpacked unpack(typename F::Bits operand, Context& context) {
    const auto a = flushed<F>(operand, context);
    const bool sign = F::sign(a);
    const int exponent = F::exponent(a);
    const std::uint64_t fraction = std::uint64_t{F::fraction(a)} << (63 - F::fraction_bits);
    if (exponent == 0) {
        if (fraction == 0)
            return {{sign, 0, 0}, Type::Zero};
        const int zeros = std::countl_zero(fraction);
        return {{sign, F::minimum_exponent - zeros, fraction << zeros}, Type::Nonzero};
    }
    const bool has_specials = !(std::same_as<F, Half> && context.alternative_half());
    if (exponent == F::exponent_ones && has_specials) {
        if (fraction == 0)
            return {{sign, 0, 0}, Type::Infinity};
        return {{sign, 0, 0}, (a & F::quiet_mask) != 0 ? Type::QNaN : Type::SNaN};
    }
    return {{sign, exponent - F::bias, std::uint64_t{1} << 63 | fraction}, Type::Nonzero};
}

/// `a` is a NaN.
template <class F>
typename F::Bits process_NaN(typename F::Bits a, Context& context) {
    if (F::is_SNaN(a))
        context.raise(FPSR::IOC);
    return context.default_NaN() ? F::default_NaN : static_cast<typename F::Bits>(a | F::quiet_mask);
}

/// One at least is a NaN: the first signalling one, or else the first quiet one.
template <class F>
typename F::Bits process_NaNs(typename F::Bits a, typename F::Bits b, Context& context) {
    if (F::is_SNaN(a) || (F::is_NaN(a) && !F::is_SNaN(b)))
        return process_NaN<F>(a, context);
    return process_NaN<F>(b, context);
}

template <class F>
typename F::Bits process_NaNs(typename F::Bits a, typename F::Bits b, typename F::Bits c, Context& context) {
    if (F::is_SNaN(a) || (F::is_NaN(a) && !F::is_SNaN(b) && !F::is_SNaN(c)))
        return process_NaN<F>(a, context);
    if (F::is_NaN(b) || F::is_NaN(c))
        return process_NaNs<F>(b, c, context);
    return process_NaN<F>(a, context);
}

template <class F>
typename F::Bits invalid_operation(Context& context) {
    context.raise(FPSR::IOC);
    return F::default_NaN;
}

} // namespace arm64::cpu::fp

// SPDX-License-Identifier: Apache-2.0
// The arithmetic of scalar and vector instructions: exact.hpp's results and flags, from the host's instructions where
// they provably agree. DDI 0487, pseudocode functions FPAdd, FPSub, FPMul, FPMulX, FPDiv, FPSqrt, FPMulAdd, FPAbs,
// FPNeg.
#pragma once

#include "arch-arm64/cpu/fp/context.hpp"
#include "arch-arm64/cpu/fp/formats.hpp"

namespace arm64::cpu::fp {

/// F is Single or Double. The host's thread rounds to nearest and does not flush, as threads do that never said
/// otherwise. A NaN of any operand becomes the result as FPProcessNaNs has it.
template <class F>
typename F::Bits add(typename F::Bits a, typename F::Bits b, Context& context);
template <class F>
typename F::Bits sub(typename F::Bits a, typename F::Bits b, Context& context);
template <class F>
typename F::Bits mul(typename F::Bits a, typename F::Bits b, Context& context);
/// As mul, but an infinity by a zero is two.
template <class F>
typename F::Bits mulx(typename F::Bits a, typename F::Bits b, Context& context);
template <class F>
typename F::Bits div(typename F::Bits a, typename F::Bits b, Context& context);
template <class F>
typename F::Bits sqrt(typename F::Bits a, Context& context);
/// addend + a * b, rounded once. FNMADD and the others negate operands, NaNs included.
template <class F>
typename F::Bits mul_add(typename F::Bits addend, typename F::Bits a, typename F::Bits b, Context& context);

/// These two change the sign bit of anything, and no flag.
template <class F>
constexpr typename F::Bits abs(typename F::Bits a) {
    return F::magnitude(a);
}
template <class F>
constexpr typename F::Bits neg(typename F::Bits a) {
    return static_cast<typename F::Bits>(a ^ F::sign_mask);
}

} // namespace arm64::cpu::fp

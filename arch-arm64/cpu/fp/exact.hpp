// SPDX-License-Identifier: Apache-2.0
// Arithmetic in integers, right for every operand and every FPCR. DDI 0487, pseudocode functions FPAdd, FPSub, FPMul,
// FPMulX, FPDiv, FPSqrt, FPMulAdd. arithmetic.hpp is what callers want: the same results, often sooner.
#pragma once

#include "arch-arm64/cpu/fp/context.hpp"
#include "arch-arm64/cpu/fp/formats.hpp"

namespace arm64::cpu::fp::exact {

/// F is Single or Double.
template <class F>
typename F::Bits add(typename F::Bits a, typename F::Bits b, Context& context);
template <class F>
typename F::Bits sub(typename F::Bits a, typename F::Bits b, Context& context);
template <class F>
typename F::Bits mul(typename F::Bits a, typename F::Bits b, Context& context);
template <class F>
typename F::Bits mulx(typename F::Bits a, typename F::Bits b, Context& context);
template <class F>
typename F::Bits div(typename F::Bits a, typename F::Bits b, Context& context);
template <class F>
typename F::Bits sqrt(typename F::Bits a, Context& context);
template <class F>
typename F::Bits mul_add(typename F::Bits addend, typename F::Bits a, typename F::Bits b, Context& context);

} // namespace arm64::cpu::fp::exact

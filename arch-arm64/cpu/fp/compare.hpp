// SPDX-License-Identifier: Apache-2.0
// Comparisons, and the larger or smaller of two. DDI 0487, pseudocode functions FPCompare, FPCompareEQ, FPCompareGE,
// FPCompareGT, FPMax, FPMin, FPMaxNum, FPMinNum.
#pragma once

#include "arch-arm64/cpu/fp/context.hpp"
#include "arch-arm64/cpu/fp/formats.hpp"

#include <cstdint>

namespace arm64::cpu::fp {

/// NZCV as the pseudocode writes it: N is bit 3.
enum class Comparison : std::uint8_t { less = 0b1000, equal = 0b0110, greater = 0b0010, unordered = 0b0011 };

/// FCMP: only a signalling NaN is invalid. F is Single or Double throughout.
template <class F>
Comparison compare(typename F::Bits a, typename F::Bits b, Context& context);
/// FCMPE: any NaN is.
template <class F>
Comparison compare_signalling(typename F::Bits a, typename F::Bits b, Context& context);

/// Only a signalling NaN is invalid.
template <class F>
bool compare_eq(typename F::Bits a, typename F::Bits b, Context& context);
/// Any NaN is invalid.
template <class F>
bool compare_ge(typename F::Bits a, typename F::Bits b, Context& context);
template <class F>
bool compare_gt(typename F::Bits a, typename F::Bits b, Context& context);

/// -0 is less than +0. NaNs are propagated.
template <class F>
typename F::Bits max(typename F::Bits a, typename F::Bits b, Context& context);
template <class F>
typename F::Bits min(typename F::Bits a, typename F::Bits b, Context& context);
/// A number is preferred to a quiet NaN.
template <class F>
typename F::Bits max_number(typename F::Bits a, typename F::Bits b, Context& context);
template <class F>
typename F::Bits min_number(typename F::Bits a, typename F::Bits b, Context& context);

} // namespace arm64::cpu::fp

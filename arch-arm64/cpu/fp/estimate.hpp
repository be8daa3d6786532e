// SPDX-License-Identifier: Apache-2.0
// Estimates of reciprocals and of reciprocal square roots, and the Newton steps that refine them. DDI 0487, pseudocode
// functions FPRecipEstimate, FPRSqrtEstimate, FPRecpX, FPRecipStepFused, FPRSqrtStepFused, UnsignedRecipEstimate,
// UnsignedRSqrtEstimate.
#pragma once

#include "arch-arm64/cpu/fp/context.hpp"
#include "arch-arm64/cpu/fp/formats.hpp"

#include <cstdint>

namespace arm64::cpu::fp {

/// FRECPE: eight bits of fraction. F is Single or Double throughout.
template <class F>
typename F::Bits recip_estimate(typename F::Bits operand, Context& context);
/// FRSQRTE: eight bits of fraction.
template <class F>
typename F::Bits rsqrt_estimate(typename F::Bits operand, Context& context);
/// FRECPX: the exponent's complement, no fraction.
template <class F>
typename F::Bits recpx(typename F::Bits operand, Context& context);
/// FRECPS: 2 - a * b, rounded once.
template <class F>
typename F::Bits recip_step(typename F::Bits a, typename F::Bits b, Context& context);
/// FRSQRTS: (3 - a * b) / 2, rounded once.
template <class F>
typename F::Bits rsqrt_step(typename F::Bits a, typename F::Bits b, Context& context);

/// URECPE: `operand` is a fraction of 2^32, from 1/2; the result one of 2^31.
std::uint32_t unsigned_recip_estimate(std::uint32_t operand);
/// URSQRTE: `operand` is a fraction of 2^32, from 1/4; the result one of 2^31.
std::uint32_t unsigned_rsqrt_estimate(std::uint32_t operand);

} // namespace arm64::cpu::fp

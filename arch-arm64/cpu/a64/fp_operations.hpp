// SPDX-License-Identifier: Apache-2.0
// Floating-point instructions as what they do to one element: constants named by the mnemonic, for a format, operands'
// bits and FPCR with FPSR. DDI 0487, C7.2.
#pragma once

#include "arch-arm64/cpu/fp/arithmetic.hpp"
#include "arch-arm64/cpu/fp/compare.hpp"
#include "arch-arm64/cpu/fp/convert.hpp"
#include "arch-arm64/cpu/fp/estimate.hpp"

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace arm64::cpu::a64::operation {

template <class F>
using Bits = typename F::Bits;
template <class F>
using SignedBits = std::make_signed_t<Bits<F>>;

/// What a vector comparison writes.
template <class F>
[[nodiscard]] constexpr Bits<F> all_ones_if(bool holds) {
    return holds ? static_cast<Bits<F>>(~Bits<F>{0}) : Bits<F>{0};
}

// ---- Two operands

inline constexpr auto fadd = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) { return fp::add<F>(n, m, c); };
inline constexpr auto fsub = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) { return fp::sub<F>(n, m, c); };
inline constexpr auto fmul = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) { return fp::mul<F>(n, m, c); };
inline constexpr auto fnmul = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) {
    return fp::neg<F>(fp::mul<F>(n, m, c));
};
inline constexpr auto fmulx = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) { return fp::mulx<F>(n, m, c); };
inline constexpr auto fdiv = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) { return fp::div<F>(n, m, c); };
inline constexpr auto fmax = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) { return fp::max<F>(n, m, c); };
inline constexpr auto fmin = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) { return fp::min<F>(n, m, c); };
inline constexpr auto fmaxnm = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) {
    return fp::max_number<F>(n, m, c);
};
inline constexpr auto fminnm = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) {
    return fp::min_number<F>(n, m, c);
};
inline constexpr auto fabd = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) {
    return fp::abs<F>(fp::sub<F>(n, m, c));
};
inline constexpr auto fcmeq = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) {
    return all_ones_if<F>(fp::compare_eq<F>(n, m, c));
};
inline constexpr auto fcmge = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) {
    return all_ones_if<F>(fp::compare_ge<F>(n, m, c));
};
inline constexpr auto fcmgt = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) {
    return all_ones_if<F>(fp::compare_gt<F>(n, m, c));
};
inline constexpr auto facge = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) {
    return all_ones_if<F>(fp::compare_ge<F>(fp::abs<F>(n), fp::abs<F>(m), c));
};
inline constexpr auto facgt = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) {
    return all_ones_if<F>(fp::compare_gt<F>(fp::abs<F>(n), fp::abs<F>(m), c));
};
inline constexpr auto frecps = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) {
    return fp::recip_step<F>(n, m, c);
};
inline constexpr auto frsqrts = []<class F>(F, Bits<F> n, Bits<F> m, fp::Context& c) {
    return fp::rsqrt_step<F>(n, m, c);
};

// ---- Three operands: the first is what is added to

inline constexpr auto fmadd = []<class F>(F, Bits<F> a, Bits<F> n, Bits<F> m, fp::Context& c) {
    return fp::mul_add<F>(a, n, m, c);
};
inline constexpr auto fmsub = []<class F>(F, Bits<F> a, Bits<F> n, Bits<F> m, fp::Context& c) {
    return fp::mul_add<F>(a, fp::neg<F>(n), m, c);
};
inline constexpr auto fnmadd = []<class F>(F, Bits<F> a, Bits<F> n, Bits<F> m, fp::Context& c) {
    return fp::mul_add<F>(fp::neg<F>(a), fp::neg<F>(n), m, c);
};
inline constexpr auto fnmsub = []<class F>(F, Bits<F> a, Bits<F> n, Bits<F> m, fp::Context& c) {
    return fp::mul_add<F>(fp::neg<F>(a), n, m, c);
};

// ---- One operand

inline constexpr auto fmov = []<class F>(F, Bits<F> n, fp::Context&) { return n; };
inline constexpr auto fabs = []<class F>(F, Bits<F> n, fp::Context&) { return fp::abs<F>(n); };
inline constexpr auto fneg = []<class F>(F, Bits<F> n, fp::Context&) { return fp::neg<F>(n); };
inline constexpr auto fsqrt = []<class F>(F, Bits<F> n, fp::Context& c) { return fp::sqrt<F>(n, c); };
inline constexpr auto frecpe = []<class F>(F, Bits<F> n, fp::Context& c) { return fp::recip_estimate<F>(n, c); };
inline constexpr auto frsqrte = []<class F>(F, Bits<F> n, fp::Context& c) { return fp::rsqrt_estimate<F>(n, c); };
inline constexpr auto frecpx = []<class F>(F, Bits<F> n, fp::Context& c) { return fp::recpx<F>(n, c); };
inline constexpr auto urecpe = [](fp::Single, std::uint32_t n, fp::Context&) { return fp::unsigned_recip_estimate(n); };
inline constexpr auto ursqrte = [](fp::Single, std::uint32_t n, fp::Context&) {
    return fp::unsigned_rsqrt_estimate(n);
};

/// FRINTN, FRINTP, FRINTM, FRINTZ, FRINTA.
template <fp::Rounding rounding>
inline constexpr auto frint = []<class F>(F, Bits<F> n, fp::Context& c) { return fp::round_int<F>(n, rounding, c); };
inline constexpr auto frinti = []<class F>(F, Bits<F> n, fp::Context& c) {
    return fp::round_int<F>(n, c.rounding(), c);
};
inline constexpr auto frintx = []<class F>(F, Bits<F> n, fp::Context& c) {
    return fp::round_int_exact<F>(n, c.rounding(), c);
};

inline constexpr auto fcmeq_zero = []<class F>(F, Bits<F> n, fp::Context& c) {
    return all_ones_if<F>(fp::compare_eq<F>(n, 0, c));
};
inline constexpr auto fcmge_zero = []<class F>(F, Bits<F> n, fp::Context& c) {
    return all_ones_if<F>(fp::compare_ge<F>(n, 0, c));
};
inline constexpr auto fcmgt_zero = []<class F>(F, Bits<F> n, fp::Context& c) {
    return all_ones_if<F>(fp::compare_gt<F>(n, 0, c));
};
inline constexpr auto fcmle_zero = []<class F>(F, Bits<F> n, fp::Context& c) {
    return all_ones_if<F>(fp::compare_ge<F>(0, n, c));
};
inline constexpr auto fcmlt_zero = []<class F>(F, Bits<F> n, fp::Context& c) {
    return all_ones_if<F>(fp::compare_gt<F>(0, n, c));
};

// ---- One operand, to or from integers of the same width

template <fp::Rounding rounding>
inline constexpr auto fcvt_signed = []<class F>(F, Bits<F> n, fp::Context& c) {
    return static_cast<Bits<F>>(fp::to_fixed<F, SignedBits<F>>(n, 0, rounding, c));
};
template <fp::Rounding rounding>
inline constexpr auto fcvt_unsigned =
    []<class F>(F, Bits<F> n, fp::Context& c) { return fp::to_fixed<F, Bits<F>>(n, 0, rounding, c); };
inline constexpr auto scvtf = []<class F>(F, Bits<F> n, fp::Context& c) {
    return fp::from_fixed<F>(static_cast<SignedBits<F>>(n), 0, c);
};
inline constexpr auto ucvtf = []<class F>(F, Bits<F> n, fp::Context& c) { return fp::from_fixed<F>(n, 0, c); };

// ---- The same of fixed-point numbers

inline constexpr auto fcvtzs_fixed = []<class F>(F, Bits<F> n, unsigned fbits, fp::Context& c) {
    return static_cast<Bits<F>>(fp::to_fixed<F, SignedBits<F>>(n, fbits, fp::Rounding::ZERO, c));
};
inline constexpr auto fcvtzu_fixed = []<class F>(F, Bits<F> n, unsigned fbits, fp::Context& c) {
    return fp::to_fixed<F, Bits<F>>(n, fbits, fp::Rounding::ZERO, c);
};
inline constexpr auto scvtf_fixed = []<class F>(F, Bits<F> n, unsigned fbits, fp::Context& c) {
    return fp::from_fixed<F>(static_cast<SignedBits<F>>(n), fbits, c);
};
inline constexpr auto ucvtf_fixed = []<class F>(F, Bits<F> n, unsigned fbits, fp::Context& c) {
    return fp::from_fixed<F>(n, fbits, c);
};

} // namespace arm64::cpu::a64::operation

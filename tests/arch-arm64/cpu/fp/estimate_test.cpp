// SPDX-License-Identifier: Apache-2.0
// The estimates on all of their leading bits against the manual's other definition of them (DDI 0487A.a, in real
// numbers); the steps against fused arithmetic of the host; by hand, special operands.
#include "arch-arm64/cpu/fp/estimate.hpp"

#include "tests/arch-arm64/cpu/fp/operands.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <type_traits>

namespace arm64::cpu::fp {
namespace {

template <class F>
using Native = std::conditional_t<std::same_as<F, Single>, float, double>;

template <class F>
double value(typename F::Bits a) {
    return std::bit_cast<Native<F>>(a);
}

template <class F>
class Estimate : public testing::Test {};
using Formats = testing::Types<Single, Double>;
TYPED_TEST_SUITE(Estimate, Formats);

/// recip_estimate() of the manual: 0.5 <= a < 1.
double recip(double a) {
    const double q = std::floor(a * 512);
    return std::floor(256 / ((q + 0.5) / 512) + 0.5) / 256;
}

/// recip_sqrt_estimate() of the manual: 0.25 <= a < 1.
double rsqrt(double a) {
    const double units = a < 0.5 ? 512 : 256;
    const double q = std::floor(a * units);
    return std::floor(256 / std::sqrt((q + 0.5) / units) + 0.5) / 256;
}

TYPED_TEST(Estimate, ReciprocalIsTheManualsForEveryNumberOfTheFormat) {
    using F = TypeParam;
    RandomOperands<F> random(17);
    for (int n = 0; n < 200'000; ++n) {
        const auto a = random.number(F::bias - 100, F::bias + 100);
        int exponent = 0;
        const double fraction = std::frexp(value<F>(a), &exponent);
        const double expected = std::copysign(std::ldexp(recip(std::fabs(fraction)), -exponent), fraction);
        Context context;
        ASSERT_EQ(value<F>(recip_estimate<F>(a, context)), expected) << std::hex << +a;
        ASSERT_EQ(context.FPSR, 0U);
    }
}

TYPED_TEST(Estimate, RootIsTheManualsForEveryNumberOfTheFormat) {
    using F = TypeParam;
    RandomOperands<F> random(18);
    for (int n = 0; n < 200'000; ++n) {
        const auto a = F::magnitude(random.number(0, F::exponent_ones - 1)); // denormals, too
        if (F::is_zero(a))
            continue;
        int exponent = 0;
        double fraction = std::frexp(value<F>(a), &exponent);
        if (exponent % 2 != 0) {
            fraction /= 2;
            ++exponent;
        }
        Context context;
        ASSERT_EQ(value<F>(rsqrt_estimate<F>(a, context)), std::ldexp(rsqrt(fraction), -exponent / 2))
            << std::hex << +a;
        ASSERT_EQ(context.FPSR, 0U);
    }
}

TEST(UnsignedEstimate, IsTheManualsOnEveryTableEntry) {
    for (std::uint32_t leading = 0; leading < 512; ++leading)
        for (const std::uint32_t rest : {0U, 0x7f'ffffU}) {
            const std::uint32_t a = leading << 23 | rest;
            const double fraction = std::ldexp(a, -32);
            EXPECT_EQ(unsigned_recip_estimate(a), leading < 256 ? ~0U : std::ldexp(recip(fraction), 31)) << a;
            EXPECT_EQ(unsigned_rsqrt_estimate(a), leading < 128 ? ~0U : std::ldexp(rsqrt(fraction), 31)) << a;
        }
}

TYPED_TEST(Estimate, ReciprocalOfSpecialOperands) {
    using F = TypeParam;
    using Bits = typename F::Bits;
    const auto tiny = static_cast<Bits>(F::min_normal >> 2); // 2^-128 or 2^-1024: the first whose reciprocal fits
    struct {
        Bits a;
        std::uint32_t fpcr;
        Bits result;
        std::uint32_t flags;
    } const cases[]{
        {0, 0, F::infinity, FPSR::DZC},
        {F::sign_mask, 0, F::signed_as(true, F::infinity), FPSR::DZC},
        {F::signed_as(true, F::infinity), 0, F::sign_mask, 0},
        {F::default_NaN | 1, 0, F::default_NaN | 1, 0},
        {F::infinity | 1, 0, F::default_NaN | 1, FPSR::IOC},
        {tiny, 0, static_cast<Bits>(F::infinity - (F::min_normal >> 8)), 0},
        {static_cast<Bits>(tiny - 1), 0, F::infinity, FPSR::OFC | FPSR::IXC},
        {static_cast<Bits>(tiny - 1), with_rmode(Rounding::ZERO), F::max_normal, FPSR::OFC | FPSR::IXC},
        {static_cast<Bits>(tiny - 1), with_rmode(Rounding::NEGINF), F::max_normal, FPSR::OFC | FPSR::IXC},
        {F::signed_as(true, 1), with_rmode(Rounding::NEGINF), F::signed_as(true, F::infinity), FPSR::OFC | FPSR::IXC},
        {F::signed_as(true, 1), with_rmode(Rounding::POSINF), F::signed_as(true, F::max_normal), FPSR::OFC | FPSR::IXC},
        {1, FPCR::FZ, F::infinity, FPSR::IDC | FPSR::DZC},
        // A denormal estimate is exact, and is flushed by FZ.
        {F::max_normal, 0, tiny, 0},
        {F::signed_as(true, F::max_normal), FPCR::FZ, F::sign_mask, FPSR::UFC},
    };
    for (const auto& [a, fpcr, result, flags] : cases) {
        Context context{fpcr, 0};
        EXPECT_EQ(recip_estimate<F>(a, context), result) << std::hex << +a;
        EXPECT_EQ(context.FPSR, flags) << std::hex << +a;
    }
}

TYPED_TEST(Estimate, RootOfSpecialOperands) {
    using F = TypeParam;
    Context context;
    EXPECT_EQ(rsqrt_estimate<F>(F::sign_mask, context), F::signed_as(true, F::infinity));
    EXPECT_EQ(context.FPSR, FPSR::DZC);
    context = {};
    EXPECT_EQ(rsqrt_estimate<F>(F::infinity, context), 0U);
    EXPECT_EQ(context.FPSR, 0U);
    EXPECT_EQ(rsqrt_estimate<F>(F::signed_as(true, 1), context), F::default_NaN);
    EXPECT_EQ(rsqrt_estimate<F>(F::signed_as(true, F::infinity), context), F::default_NaN);
    EXPECT_EQ(context.FPSR, FPSR::IOC);
    context = {FPCR::FZ, 0};
    EXPECT_EQ(rsqrt_estimate<F>(F::signed_as(true, 1), context), F::signed_as(true, F::infinity));
    EXPECT_EQ(context.FPSR, FPSR::IDC | FPSR::DZC);
}

TYPED_TEST(Estimate, FRECPXComplementsTheExponent) {
    using F = TypeParam;
    Context context;
    EXPECT_EQ(recpx<F>(F::one_point_five, context), F::one + F::min_normal); // ~bias is one more than bias
    EXPECT_EQ(recpx<F>(F::signed_as(true, F::infinity), context), F::sign_mask);
    EXPECT_EQ(recpx<F>(0, context), (F::exponent_mask - F::min_normal));
    EXPECT_EQ(recpx<F>(F::signed_as(true, 1), context), F::signed_as(true, F::exponent_mask - F::min_normal));
    EXPECT_EQ(context.FPSR, 0U);
    EXPECT_EQ(recpx<F>(F::infinity | 1, context), (F::default_NaN | 1));
    EXPECT_EQ(context.FPSR, FPSR::IOC);
}

TYPED_TEST(Estimate, StepsAreRoundedOnce) {
    using F = TypeParam;
    RandomOperands<F> random(19);
    for (int n = 0; n < 300'000; ++n) {
        const auto rounding = rmodes[n % 4];
        const auto a = random.number(F::bias - 20, F::bias + 20);
        const auto b = random.number(F::bias - 20, F::bias + 20);
        volatile Native<F> x = -std::bit_cast<Native<F>>(a);
        volatile Native<F> y = std::bit_cast<Native<F>>(b);
        volatile Native<F> recip_result{};
        volatile Native<F> rsqrt_result{};
        std::uint32_t recip_flags = 0;
        std::uint32_t rsqrt_flags = 0;
        {
            const HostEnvironment host(rounding);
            recip_result = std::fma(Native<F>{x}, Native<F>{y}, Native<F>{2});
            recip_flags = host.flags();
        }
        {
            const HostEnvironment host(rounding);
            rsqrt_result = std::fma(Native<F>{x}, Native<F>{y}, Native<F>{3}) / 2;
            rsqrt_flags = host.flags();
        }
        Context context{with_rmode(rounding), 0};
        ASSERT_EQ(recip_step<F>(a, b, context), std::bit_cast<typename F::Bits>(Native<F>{recip_result}));
        ASSERT_EQ(context.FPSR, recip_flags);
        context.FPSR = 0;
        ASSERT_EQ(rsqrt_step<F>(a, b, context), std::bit_cast<typename F::Bits>(Native<F>{rsqrt_result}));
        ASSERT_EQ(context.FPSR, rsqrt_flags);
    }
}

TYPED_TEST(Estimate, StepsNegateTheFirstOperandWhateverItIs) {
    using F = TypeParam;
    Context context;
    EXPECT_EQ(recip_step<F>(F::default_NaN | 1, F::one, context), F::signed_as(true, F::default_NaN | 1));
    EXPECT_EQ(rsqrt_step<F>(F::one, F::default_NaN | 1, context), (F::default_NaN | 1));
    EXPECT_EQ(recip_step<F>(F::infinity, F::sign_mask, context), F::two);
    EXPECT_EQ(rsqrt_step<F>(0, F::signed_as(true, F::infinity), context), F::one_point_five);
    EXPECT_EQ(recip_step<F>(F::infinity, F::one, context), F::signed_as(true, F::infinity));
    EXPECT_EQ(rsqrt_step<F>(F::infinity, F::signed_as(true, F::one), context), F::infinity);
    EXPECT_EQ(context.FPSR, 0U);
}

} // namespace
} // namespace arm64::cpu::fp

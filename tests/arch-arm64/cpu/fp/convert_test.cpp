// SPDX-License-Identifier: Apache-2.0
// Against the host's conversions and <cmath> in all rounding modes; half precision on all of its values; by hand, NaNs,
// FPCR.AHP, flushing, saturation.
#include "arch-arm64/cpu/fp/convert.hpp"

#include "tests/arch-arm64/cpu/fp/operands.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
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

template <class F>
class Convert : public testing::Test {};
using Formats = testing::Types<Single, Double>;
TYPED_TEST_SUITE(Convert, Formats);

/// A half-precision number's value, by its definition.
double value_of_half(Half::Bits a, bool alternative) {
    const int exponent = Half::exponent(a);
    const double fraction = Half::fraction(a);
    const double sign = Half::sign(a) ? -1 : 1;
    if (exponent == 0)
        return sign * std::ldexp(fraction, -24);
    if (exponent == 31 && !alternative)
        return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::nan("");
    return sign * std::ldexp(1024 + fraction, exponent - 25);
}

TEST(ConvertHalf, EachIsItsValueAndComesBack) {
    for (const auto fpcr : {0U, FPCR::AHP, FPCR::FZ, FPCR::FZ | FPCR::AHP})
        for (unsigned n = 0; n < 0x10000; ++n) {
            const auto half = static_cast<Half::Bits>(n);
            const auto value = value_of_half(half, (fpcr & FPCR::AHP) != 0);
            if (std::isnan(value))
                continue;
            Context context{fpcr, 0};
            const auto single = convert<Single, Half>(half, context);
            const auto wide = convert<Double, Half>(half, context);
            ASSERT_EQ(single, bits<Single>(static_cast<float>(value))) << std::hex << n;
            ASSERT_EQ(wide, bits<Double>(value)) << std::hex << n;
            ASSERT_EQ((convert<Half, Single>(single, context)), half);
            ASSERT_EQ((convert<Half, Double>(wide, context)), half);
            ASSERT_EQ(context.FPSR, 0U) << std::hex << n; // FZ is not about half precision
        }
}

/// The neighbours of `x` are multiples of one power of two.
double rounded_to_half(double x, Rounding rounding, std::uint32_t& flags) {
    const int exponent = x == 0 ? 0 : std::ilogb(x);
    const int unit = std::max(exponent, Half::minimum_exponent) - 10;
    volatile double rounded = 0;
    {
        const HostEnvironment host(rounding);
        volatile double scaled = std::ldexp(x, -unit);
        rounded = std::nearbyint(scaled);
    }
    const double result = std::ldexp(rounded, unit);
    if (std::fabs(result) >= 65536) {
        flags = FPSR::OFC | FPSR::IXC;
        const bool infinite = rounding == Rounding::TIEEVEN || (rounding == Rounding::POSINF && x > 0) ||
                              (rounding == Rounding::NEGINF && x < 0);
        return std::copysign(infinite ? std::numeric_limits<double>::infinity() : 65504, x);
    }
    if (result != x)
        flags = exponent < Half::minimum_exponent ? FPSR::UFC | FPSR::IXC : FPSR::IXC;
    return std::copysign(result, x);
}

TYPED_TEST(Convert, ToHalfIsRoundedOnce) {
    using F = TypeParam;
    RandomOperands<F> random(4);
    for (int n = 0; n < 200'000; ++n) {
        const auto a = random.number(F::bias - 30, F::bias + 18);
        const auto rounding = rmodes[n % 4];
        std::uint32_t flags = 0;
        const auto expected = rounded_to_half(native<F>(a), rounding, flags);
        Context context{with_rmode(rounding), 0};
        const auto half = convert<Half, F>(a, context);
        ASSERT_EQ(bits<Double>(value_of_half(half, false)), bits<Double>(expected)) << std::hex << +a;
        ASSERT_EQ(context.FPSR, flags) << std::hex << +a;
    }
}

TYPED_TEST(Convert, AlternativeHalfHasNeitherInfinitiesNorNaNs) {
    using F = TypeParam;
    const auto signalling = static_cast<typename F::Bits>(F::infinity | F::sign_mask | 1);
    struct {
        typename F::Bits a;
        Half::Bits result;
    } const cases[]{{F::infinity, 0x7fff},
                    {F::signed_as(true, F::infinity), 0xffff},
                    {F::default_NaN, 0},
                    {signalling, 0x8000},
                    {F::max_normal, 0x7fff}};
    for (const auto rounding : rmodes)
        for (const auto& [a, result] : cases) {
            Context context{FPCR::AHP | FPCR::DN | with_rmode(rounding), 0};
            EXPECT_EQ((convert<Half, F>(a, context)), result);
            EXPECT_EQ(context.FPSR, FPSR::IOC);
        }
    // The largest is twice that of the IEEE format.
    Context context{FPCR::AHP, 0};
    EXPECT_EQ((convert<Half, F>(bits<F>(131008), context)), 0x7fff);
    EXPECT_EQ(context.FPSR, 0U);
    EXPECT_EQ((convert<Half, F>(bits<F>(131009), context)), 0x7fff);
    EXPECT_EQ(context.FPSR, FPSR::IXC);
    EXPECT_EQ((convert<Half, F>(bits<F>(131040), context)), 0x7fff);
    EXPECT_EQ(context.FPSR, FPSR::IXC | FPSR::IOC);
}

TEST(ConvertFormats, DoubleToSingleIsTheHosts) {
    RandomOperands<Double> random(5);
    for (int n = 0; n < 400'000; ++n) {
        const auto a = n % 8 == 0 ? random.any() : random.number(Double::bias - 160, Double::bias + 130);
        if (Double::is_NaN(a))
            continue;
        const auto rounding = rmodes[n % 4];
        volatile double x = native<Double>(a);
        volatile float expected = 0;
        std::uint32_t flags = 0;
        {
            const HostEnvironment host(rounding);
            expected = static_cast<float>(x);
            flags = host.flags();
        }
        Context context{with_rmode(rounding), 0};
        const auto ours = convert<Single, Double>(a, context);
        ASSERT_EQ(ours, bits<Single>(expected)) << std::hex << a;
        const auto compared = Single::magnitude(ours) == Single::min_normal ? ~FPSR::UFC : ~0U;
        ASSERT_EQ(context.FPSR & compared, flags & compared) << std::hex << a;
    }
}

TEST(ConvertFormats, SingleToDoubleIsExact) {
    RandomOperands<Single> random(6);
    Context context;
    for (int n = 0; n < 100'000; ++n)
        if (const auto a = random.any(); !Single::is_NaN(a)) {
            ASSERT_EQ((convert<Double, Single>(a, context)), bits<Double>(native<Single>(a)));
        }
    EXPECT_EQ(context.FPSR, 0U);
}

TEST(ConvertFormats, NaNKeepsTheUpperPartOfItsFraction) {
    Context context;
    EXPECT_EQ((convert<Double, Single>(0xffc1'2345, context)), 0xfff8'2468'a000'0000);
    EXPECT_EQ((convert<Single, Double>(0x7ff8'2468'bfff'ffff, context)), 0x7fc1'2345U);
    EXPECT_EQ((convert<Half, Single>(0x7fc1'2345, context)), 0x7e09);
    EXPECT_EQ((convert<Single, Half>(0xfe09, context)), 0xffc1'2000U);
    EXPECT_EQ((convert<Double, Half>(0x7e09, context)), 0x7ff8'2400'0000'0000U);
    EXPECT_EQ((convert<Half, Double>(0xfff8'2468'a000'0000, context)), 0xfe09);
    EXPECT_EQ(context.FPSR, 0U);
    EXPECT_EQ((convert<Single, Double>(0x7ff0'0000'0000'0001, context)), 0x7fc0'0000U);
    EXPECT_EQ(context.FPSR, FPSR::IOC);
    context = {FPCR::DN, 0};
    EXPECT_EQ((convert<Double, Single>(0xff81'2345, context)), Double::default_NaN);
    EXPECT_EQ(context.FPSR, FPSR::IOC);
}

TEST(ConvertFormats, FlushingIsOfSingleAndDouble) {
    Context context{FPCR::FZ, 0};
    EXPECT_EQ((convert<Double, Single>(0x8000'0001, context)), Double::sign_mask);
    EXPECT_EQ(context.FPSR, FPSR::IDC);
    context.FPSR = 0;
    EXPECT_EQ((convert<Single, Double>(bits<Double>(1e-40), context)), 0U);
    EXPECT_EQ(context.FPSR, FPSR::UFC);
    context.FPSR = 0;
    EXPECT_EQ((convert<Half, Single>(bits<Single>(0x1p-24F), context)), 1);
    EXPECT_EQ(context.FPSR, 0U);
}

TEST(ConvertFormats, RoundingToOddNeverHidesThatItWasInexact) {
    RandomOperands<Double> random(7);
    for (int n = 0; n < 100'000; ++n) {
        const auto a = random.number(Double::bias - 180, Double::bias + 127);
        Context odd;
        const auto result = convert<Single, Double>(a, Rounding::ODD, odd);
        const double value = native<Single>(result);
        const double error = std::fabs(value - native<Double>(a));
        if (error == 0) {
            ASSERT_EQ(odd.FPSR, 0U);
            continue;
        }
        ASSERT_EQ(result & 1, 1U) << std::hex << a;
        ASSERT_NE(odd.FPSR & FPSR::IXC, 0U);
        const auto next = std::nextafter(native<Single>(result), native<Double>(a) > value ? HUGE_VALF : -HUGE_VALF);
        if (std::isfinite(next)) {
            ASSERT_LT(error, std::fabs(double{next} - value)) << std::hex << a;
        }
    }
    Context context;
    EXPECT_EQ((convert<Single, Double>(bits<Double>(-1e300), Rounding::ODD, context)), 0xff7f'ffffU);
    EXPECT_EQ(context.FPSR, FPSR::OFC | FPSR::IXC);
    context = {};
    EXPECT_EQ((convert<Single, Double>(bits<Double>(1e-300), Rounding::ODD, context)), 1U);
    EXPECT_EQ(context.FPSR, FPSR::UFC | FPSR::IXC);
}

TYPED_TEST(Convert, RoundIntIsTheHosts) {
    using F = TypeParam;
    RandomOperands<F> random(8);
    for (int n = 0; n < 400'000; ++n) {
        const auto a =
            n % 4 == 0 ? random.any() : random.number(F::bias - 3, F::bias + static_cast<int>(F::fraction_bits));
        if (F::is_NaN(a))
            continue;
        const auto rounding = n % 5 == 4 ? Rounding::TIEAWAY : rmodes[n % 5];
        volatile Native<F> x = native<F>(a);
        volatile Native<F> expected{};
        if (rounding == Rounding::TIEAWAY) {
            expected = std::round(x);
        } else {
            const HostEnvironment host(rounding);
            expected = std::nearbyint(x);
        }
        Context context{with_rmode(Rounding::NEGINF), 0}; // which it does not look at
        ASSERT_EQ(round_int<F>(a, rounding, context), bits<F>(expected)) << std::hex << +a;
        ASSERT_EQ(context.FPSR, 0U);
        ASSERT_EQ(round_int_exact<F>(a, rounding, context), bits<F>(expected)) << std::hex << +a;
        ASSERT_EQ(context.FPSR, expected == x ? 0U : FPSR::IXC);
    }
}

TYPED_TEST(Convert, RoundIntKeepsSpecialOperands) {
    using F = TypeParam;
    const auto signalling = static_cast<typename F::Bits>(F::infinity | 1);
    Context context;
    EXPECT_EQ(round_int_exact<F>(F::sign_mask, Rounding::ZERO, context), F::sign_mask);
    EXPECT_EQ(round_int_exact<F>(F::infinity, Rounding::ZERO, context), F::infinity);
    EXPECT_EQ(round_int_exact<F>(F::default_NaN | 1, Rounding::ZERO, context), (F::default_NaN | 1));
    EXPECT_EQ(context.FPSR, 0U);
    EXPECT_EQ(round_int<F>(signalling, Rounding::ZERO, context), (signalling | F::quiet_mask));
    EXPECT_EQ(context.FPSR, FPSR::IOC);
    context = {FPCR::FZ, 0};
    EXPECT_EQ(round_int_exact<F>(1, Rounding::POSINF, context), 0U);
    EXPECT_EQ(context.FPSR, FPSR::IDC);
}

/// What `x` * 2^fbits is as an Integer, from <cmath>; the scaling must be exact.
template <class Integer>
Integer fixed(double x, unsigned fbits, Rounding rounding, std::uint32_t& flags) {
    volatile double scaled = std::ldexp(x, static_cast<int>(fbits));
    volatile double rounded = 0;
    if (rounding == Rounding::TIEAWAY) {
        rounded = std::round(scaled);
    } else {
        const HostEnvironment host(rounding);
        rounded = std::nearbyint(scaled);
    }
    constexpr int digits = std::numeric_limits<Integer>::digits;
    const double beyond = std::ldexp(1.0, digits); // the first that is too large
    flags = FPSR::IOC;
    if (rounded >= beyond)
        return std::numeric_limits<Integer>::max();
    if (rounded < (std::signed_integral<Integer> ? -beyond : 0.0))
        return std::numeric_limits<Integer>::min();
    flags = rounded == scaled ? 0 : FPSR::IXC;
    return static_cast<Integer>(rounded);
}

template <class F, class Integer>
void expect_to_fixed_like_host(std::uint64_t seed) {
    RandomOperands<F> random(seed);
    constexpr Rounding modes[]{Rounding::TIEEVEN, Rounding::POSINF, Rounding::NEGINF, Rounding::ZERO,
                               Rounding::TIEAWAY};
    for (int n = 0; n < 200'000; ++n) {
        const auto fbits = n % 2 == 0 ? 0U : static_cast<unsigned>(random.bits() % 65);
        const auto middle = F::bias - static_cast<int>(fbits);
        const auto a = random.number(middle - 3, middle + 66);
        const auto rounding = modes[n % 5];
        std::uint32_t flags = 0;
        const auto expected = fixed<Integer>(native<F>(a), fbits, rounding, flags);
        Context context;
        ASSERT_EQ((to_fixed<F, Integer>(a, fbits, rounding, context)), expected)
            << std::hex << +a << " fbits " << std::dec << fbits << " rounding " << static_cast<int>(rounding);
        ASSERT_EQ(context.FPSR, flags) << std::hex << +a << " fbits " << std::dec << fbits;
    }
}

TYPED_TEST(Convert, ToFixedIsTheHostsRoundedAndSaturated) {
    expect_to_fixed_like_host<TypeParam, std::int32_t>(9);
    expect_to_fixed_like_host<TypeParam, std::uint32_t>(10);
    expect_to_fixed_like_host<TypeParam, std::int64_t>(11);
    expect_to_fixed_like_host<TypeParam, std::uint64_t>(12);
}

TYPED_TEST(Convert, ToFixedOfWhatIsNoNumberIsInvalid) {
    using F = TypeParam;
    const auto minus_infinity = F::signed_as(true, F::infinity);
    for (const auto fbits : {0U, 64U}) {
        for (const auto a : {F::default_NaN, static_cast<typename F::Bits>(F::infinity | 1)}) {
            Context context;
            EXPECT_EQ((to_fixed<F, std::int64_t>(a, fbits, Rounding::ZERO, context)), 0);
            EXPECT_EQ(context.FPSR, FPSR::IOC);
        }
        Context context;
        EXPECT_EQ((to_fixed<F, std::int32_t>(F::infinity, fbits, Rounding::ZERO, context)), 0x7fff'ffff);
        EXPECT_EQ((to_fixed<F, std::uint64_t>(F::infinity, fbits, Rounding::ZERO, context)), ~std::uint64_t{0});
        EXPECT_EQ((to_fixed<F, std::uint32_t>(minus_infinity, fbits, Rounding::ZERO, context)), 0U);
        EXPECT_EQ((to_fixed<F, std::int64_t>(minus_infinity, fbits, Rounding::ZERO, context)),
                  std::numeric_limits<std::int64_t>::min());
        EXPECT_EQ(context.FPSR, FPSR::IOC);
    }
    Context context{FPCR::FZ, 0};
    EXPECT_EQ((to_fixed<F, std::uint32_t>(1, 64, Rounding::POSINF, context)), 0U);
    EXPECT_EQ(context.FPSR, FPSR::IDC);
}

template <class F, class Integer>
void expect_from_fixed_like_host(std::uint64_t seed) {
    RandomOperands<F> random(seed);
    for (int n = 0; n < 200'000; ++n) {
        const auto a = static_cast<Integer>(static_cast<std::int64_t>(random.bits()) >> random.bits() % 64);
        if (a == 0)
            continue; // compilers get its sign wrong while the host rounds down
        const auto fbits = n % 2 == 0 ? 0U : static_cast<unsigned>(random.bits() % 65);
        const auto rounding = rmodes[n / 2 % 4];
        volatile Integer source = a;
        volatile Native<F> converted{};
        std::uint32_t flags = 0;
        {
            const HostEnvironment host(rounding);
            converted = static_cast<Native<F>>(source);
            flags = host.flags() & FPSR::IXC;
        }
        const auto expected = std::ldexp(static_cast<Native<F>>(converted), -static_cast<int>(fbits));
        Context context{with_rmode(rounding), 0};
        ASSERT_EQ(from_fixed<F>(a, fbits, context), bits<F>(expected)) << std::hex << a << " " << fbits;
        ASSERT_EQ(context.FPSR, flags) << std::hex << a;
    }
}

TYPED_TEST(Convert, FromFixedIsTheHostsScaled) {
    expect_from_fixed_like_host<TypeParam, std::int32_t>(13);
    expect_from_fixed_like_host<TypeParam, std::uint32_t>(14);
    expect_from_fixed_like_host<TypeParam, std::int64_t>(15);
    expect_from_fixed_like_host<TypeParam, std::uint64_t>(16);
}

TYPED_TEST(Convert, FromFixedOfZeroIsPlusZero) {
    Context context{with_rmode(Rounding::NEGINF), 0};
    EXPECT_EQ(from_fixed<TypeParam>(std::int32_t{0}, 0, context), 0U);
    EXPECT_EQ(from_fixed<TypeParam>(std::uint64_t{0}, 64, context), 0U);
}

} // namespace
} // namespace arm64::cpu::fp

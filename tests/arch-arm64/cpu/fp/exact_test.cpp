// SPDX-License-Identifier: Apache-2.0
// Numbers against the host's IEEE 754 arithmetic in all rounding modes; by hand, what the two do not share: NaNs,
// flushing, tininess, FMULX.
#include "arch-arm64/cpu/fp/exact.hpp"

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
class Exact : public testing::Test {};
using Formats = testing::Types<Single, Double>;
TYPED_TEST_SUITE(Exact, Formats);

/// The host may find tininess after rounding: not where the result is the smallest normal number.
template <class F>
std::uint32_t comparable_flags(std::uint32_t flags, typename F::Bits result) {
    return F::magnitude(result) == F::min_normal ? flags & ~FPSR::UFC : flags;
}

template <class F>
struct Operation {
    const char* name;
    typename F::Bits (*ours)(typename F::Bits, typename F::Bits, typename F::Bits, Context&);
    Native<F> (*host)(Native<F>, Native<F>, Native<F>);
};

template <class F>
inline const Operation<F> operations[]{
    {"add", [](auto a, auto b, auto, Context& c) { return exact::add<F>(a, b, c); },
     [](auto a, auto b, auto) { return a + b; }},
    {"sub", [](auto a, auto b, auto, Context& c) { return exact::sub<F>(a, b, c); },
     [](auto a, auto b, auto) { return a - b; }},
    {"mul", [](auto a, auto b, auto, Context& c) { return exact::mul<F>(a, b, c); },
     [](auto a, auto b, auto) { return a * b; }},
    {"div", [](auto a, auto b, auto, Context& c) { return exact::div<F>(a, b, c); },
     [](auto a, auto b, auto) { return a / b; }},
    {"sqrt", [](auto a, auto, auto, Context& c) { return exact::sqrt<F>(a, c); },
     [](auto a, auto, auto) { return std::sqrt(a); }},
    {"mul_add", [](auto a, auto b, auto addend, Context& c) { return exact::mul_add<F>(addend, a, b, c); },
     [](auto a, auto b, auto addend) { return std::fma(a, b, addend); }},
};

template <class F>
void expect_like_host(const Operation<F>& operation, Rounding rounding, typename F::Bits a, typename F::Bits b,
                      typename F::Bits addend) {
    volatile Native<F> x = std::bit_cast<Native<F>>(a);
    volatile Native<F> y = std::bit_cast<Native<F>>(b);
    volatile Native<F> z = std::bit_cast<Native<F>>(addend);
    volatile Native<F> result{};
    std::uint32_t flags = 0;
    {
        const HostEnvironment host(rounding);
        result = operation.host(x, y, z);
        flags = host.flags();
    }
    const auto expected = std::bit_cast<typename F::Bits>(static_cast<Native<F>>(result));
    Context context{with_rmode(rounding), 0};
    const auto ours = operation.ours(a, b, addend, context);
    const auto same = F::is_NaN(expected) ? F::is_NaN(ours) : ours == expected;
    ASSERT_TRUE(same && comparable_flags<F>(context.FPSR, ours) == comparable_flags<F>(flags, ours))
        << operation.name << std::hex << " of " << +a << ", " << +b << ", " << +addend << " rounding "
        << static_cast<int>(rounding) << ": " << +ours << " flags " << context.FPSR << ", the host " << +expected
        << " flags " << flags;
}

TYPED_TEST(Exact, AgreesWithTheHostOnEveryPairOfSpecialNumbers) {
    using F = TypeParam;
    for (const auto a : special_operands<F>())
        for (const auto b : special_operands<F>()) {
            if (F::is_NaN(a) || F::is_NaN(b))
                continue;
            for (const auto& operation : operations<F>)
                for (const auto rounding : rmodes)
                    ASSERT_NO_FATAL_FAILURE(expect_like_host<F>(operation, rounding, a, b, F::one));
        }
}

TYPED_TEST(Exact, AgreesWithTheHostOnRandomNumbers) {
    using F = TypeParam;
    RandomOperands<F> random(1);
    for (int n = 0; n < 400'000; ++n) {
        const auto a = random.any();
        const auto b = random.any();
        Context scratch;
        // Half of the time a sum that cancels almost all of the product.
        const auto addend = n % 2 == 0 ? random.any() : F::sign_mask ^ exact::mul<F>(a, b, scratch);
        if (F::is_NaN(a) || F::is_NaN(b) || F::is_NaN(addend))
            continue;
        for (const auto& operation : operations<F>)
            ASSERT_NO_FATAL_FAILURE(expect_like_host<F>(operation, rmodes[n / 2 % 4], a, b, addend));
    }
}

TYPED_TEST(Exact, FirstSignallingNaNElseFirstQuietNaNIsTheResult) {
    using F = TypeParam;
    const auto q1 = static_cast<typename F::Bits>(F::default_NaN | F::sign_mask | 1);
    const auto q2 = static_cast<typename F::Bits>(F::default_NaN | 2);
    const auto s1 = static_cast<typename F::Bits>(F::infinity | F::sign_mask | 3);
    const auto s2 = static_cast<typename F::Bits>(F::infinity | 4);
    const auto quieted = [](auto a) { return static_cast<typename F::Bits>(a | F::quiet_mask); };
    struct {
        typename F::Bits a, b, result;
        std::uint32_t flags;
    } const cases[]{
        {q1, q2, q1, 0},          {q2, q1, q2, 0},     {q1, s2, quieted(s2), 1},     {s1, q2, quieted(s1), 1},
        {s1, s2, quieted(s1), 1}, {F::one, q2, q2, 0}, {F::one, s1, quieted(s1), 1}, {q1, F::infinity, q1, 0},
    };
    for (const auto& [a, b, result, flags] : cases) {
        for (const auto operation : {exact::add<F>, exact::sub<F>, exact::mul<F>, exact::mulx<F>, exact::div<F>}) {
            Context context;
            EXPECT_EQ(operation(a, b, context), result);
            EXPECT_EQ(context.FPSR, flags);
            Context default_NaN{FPCR::DN, 0};
            EXPECT_EQ(operation(a, b, default_NaN), F::default_NaN);
            EXPECT_EQ(default_NaN.FPSR, flags);
        }
    }
}

TYPED_TEST(Exact, FusedAddTakesTheAddendsNaNFirst) {
    using F = TypeParam;
    const auto q = [](unsigned n) { return static_cast<typename F::Bits>(F::default_NaN | n); };
    const auto s = [](unsigned n) { return static_cast<typename F::Bits>(F::infinity | n); };
    Context context;
    EXPECT_EQ(exact::mul_add<F>(q(1), q(2), q(3), context), q(1));
    EXPECT_EQ(exact::mul_add<F>(F::one, q(2), q(3), context), q(2));
    EXPECT_EQ(exact::mul_add<F>(F::one, F::one, q(3), context), q(3));
    EXPECT_EQ(context.FPSR, 0U);
    EXPECT_EQ(exact::mul_add<F>(q(1), q(2), s(3), context), q(3));
    EXPECT_EQ(exact::mul_add<F>(q(1), s(2), s(3), context), q(2));
    EXPECT_EQ(exact::mul_add<F>(s(1), s(2), s(3), context), q(1));
    EXPECT_EQ(context.FPSR, FPSR::IOC);
}

TYPED_TEST(Exact, InfinityByZeroIsInvalidEvenIfTheAddendIsAQuietNaN) {
    using F = TypeParam;
    const auto q = static_cast<typename F::Bits>(F::default_NaN | F::sign_mask | 1);
    const auto s = static_cast<typename F::Bits>(F::infinity | 1);
    Context context;
    EXPECT_EQ(exact::mul_add<F>(q, F::infinity, 0, context), F::default_NaN);
    EXPECT_EQ(context.FPSR, FPSR::IOC);
    EXPECT_EQ(exact::mul_add<F>(s, 0, F::infinity, context), (s | F::quiet_mask));
    EXPECT_EQ(exact::mul<F>(0, F::infinity, context), F::default_NaN);
    EXPECT_EQ(exact::mul_add<F>(F::signed_as(true, F::infinity), F::infinity, F::one, context), F::default_NaN);
}

TYPED_TEST(Exact, FMULXOfInfinityAndZeroIsTwo) {
    using F = TypeParam;
    Context context;
    EXPECT_EQ(exact::mulx<F>(F::infinity, 0, context), F::two);
    EXPECT_EQ(exact::mulx<F>(F::sign_mask, F::infinity, context), F::signed_as(true, F::two));
    EXPECT_EQ(exact::mulx<F>(F::one_point_five, F::two, context), exact::mul<F>(F::one_point_five, F::two, context));
    EXPECT_EQ(context.FPSR, 0U);
}

TYPED_TEST(Exact, DenormalOperandIsFlushedAndSaysSo) {
    using F = TypeParam;
    const auto denormal = F::fraction_mask;
    Context context{FPCR::FZ, 0};
    EXPECT_EQ(exact::add<F>(denormal, F::one, context), F::one);
    EXPECT_EQ(context.FPSR, FPSR::IDC);
    EXPECT_EQ(exact::sqrt<F>(F::signed_as(true, denormal), context), F::sign_mask);
    EXPECT_EQ(context.FPSR, FPSR::IDC);
    EXPECT_EQ(exact::div<F>(F::one, denormal, context), F::infinity);
    EXPECT_EQ(context.FPSR, FPSR::IDC | FPSR::DZC);
    context.FPSR = 0;
    EXPECT_EQ(exact::mul<F>(denormal, F::default_NaN, context), F::default_NaN); // beside a NaN, too
    EXPECT_EQ(context.FPSR, FPSR::IDC);
}

TYPED_TEST(Exact, DenormalResultIsFlushedBeforeItIsRounded) {
    using F = TypeParam;
    // (1 - 2^-(p-1)) * (min_normal * (1 + 2^-p...)) rounds up to min_normal, but is below it before.
    const auto below_one = static_cast<typename F::Bits>(F::one - 1);
    const auto above_min = static_cast<typename F::Bits>(F::min_normal + 1);
    Context context;
    EXPECT_EQ(exact::mul<F>(below_one, F::min_normal, context), F::min_normal); // a tie, to even
    EXPECT_EQ(context.FPSR, FPSR::UFC | FPSR::IXC);
    context = {};
    EXPECT_EQ(exact::mul<F>(below_one, above_min, context), F::min_normal);
    EXPECT_EQ(context.FPSR, FPSR::IXC);
    context = {FPCR::FZ, 0};
    EXPECT_EQ(exact::mul<F>(F::signed_as(true, below_one), F::min_normal, context), F::sign_mask);
    EXPECT_EQ(context.FPSR, FPSR::UFC); // neither IXC nor IDC
}

TYPED_TEST(Exact, ExactDenormalIsNoUnderflow) {
    using F = TypeParam;
    const auto half = static_cast<typename F::Bits>(F::one - F::min_normal);
    Context context;
    EXPECT_EQ(exact::mul<F>(half, F::min_normal, context), F::min_normal / 2);
    EXPECT_EQ(context.FPSR, 0U);
}

TYPED_TEST(Exact, FlagsAreCumulative) {
    using F = TypeParam;
    Context context{0, FPSR::QC | FPSR::DZC};
    exact::add<F>(F::max_normal, F::max_normal, context);
    EXPECT_EQ(context.FPSR, FPSR::QC | FPSR::DZC | FPSR::OFC | FPSR::IXC);
}

} // namespace
} // namespace arm64::cpu::fp

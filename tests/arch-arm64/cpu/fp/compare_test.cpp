// SPDX-License-Identifier: Apache-2.0
// Against the host's comparisons; by hand, NaNs, zeros and what is flushed.
#include "arch-arm64/cpu/fp/compare.hpp"

#include "tests/arch-arm64/cpu/fp/operands.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>

namespace arm64::cpu::fp {
namespace {

template <class F>
class Compare : public testing::Test {};
using Formats = testing::Types<Single, Double>;
TYPED_TEST_SUITE(Compare, Formats);

template <class F>
auto native(typename F::Bits a) {
    return std::bit_cast<std::conditional_t<std::same_as<F, Single>, float, double>>(a);
}

template <class F>
Comparison expected(typename F::Bits a, typename F::Bits b) {
    const auto x = native<F>(a);
    const auto y = native<F>(b);
    if (x < y)
        return Comparison::less;
    if (x > y)
        return Comparison::greater;
    return x == y ? Comparison::equal : Comparison::unordered;
}

TYPED_TEST(Compare, OrderIsTheHosts) {
    using F = TypeParam;
    for (const auto a : special_operands<F>())
        for (const auto b : special_operands<F>()) {
            const auto order = expected<F>(a, b);
            const bool signalling = F::is_SNaN(a) || F::is_SNaN(b);
            Context quiet;
            EXPECT_EQ(compare<F>(a, b, quiet), order) << std::hex << +a << " " << +b;
            EXPECT_EQ(compare_eq<F>(a, b, quiet), order == Comparison::equal);
            EXPECT_EQ(quiet.FPSR, signalling ? FPSR::IOC : 0U);
            Context any;
            EXPECT_EQ(compare_signalling<F>(a, b, any), order);
            EXPECT_EQ(any.FPSR, order == Comparison::unordered ? FPSR::IOC : 0U);
            Context ge;
            EXPECT_EQ(compare_ge<F>(a, b, ge), order == Comparison::greater || order == Comparison::equal);
            EXPECT_EQ(ge.FPSR, any.FPSR);
            Context gt;
            EXPECT_EQ(compare_gt<F>(a, b, gt), order == Comparison::greater);
            EXPECT_EQ(gt.FPSR, any.FPSR);
        }
}

TYPED_TEST(Compare, MaxAndMinOfNumbersAreOneOfThem) {
    using F = TypeParam;
    for (const auto a : special_operands<F>())
        for (const auto b : special_operands<F>()) {
            if (F::is_NaN(a) || F::is_NaN(b) || native<F>(a) == native<F>(b))
                continue;
            const bool a_is_larger = native<F>(a) > native<F>(b);
            Context context;
            EXPECT_EQ(max<F>(a, b, context), a_is_larger ? a : b);
            EXPECT_EQ(min<F>(a, b, context), a_is_larger ? b : a);
            EXPECT_EQ(max_number<F>(a, b, context), a_is_larger ? a : b);
            EXPECT_EQ(min_number<F>(a, b, context), a_is_larger ? b : a);
            EXPECT_EQ(context.FPSR, 0U);
        }
}

TYPED_TEST(Compare, MinusZeroIsTheSmallerZero) {
    using F = TypeParam;
    Context context;
    for (const auto pick : {max<F>, max_number<F>}) {
        EXPECT_EQ(pick(F::sign_mask, 0, context), 0U);
        EXPECT_EQ(pick(0, F::sign_mask, context), 0U);
        EXPECT_EQ(pick(F::sign_mask, F::sign_mask, context), F::sign_mask);
    }
    for (const auto pick : {min<F>, min_number<F>}) {
        EXPECT_EQ(pick(F::sign_mask, 0, context), F::sign_mask);
        EXPECT_EQ(pick(0, F::sign_mask, context), F::sign_mask);
        EXPECT_EQ(pick(0, 0, context), 0U);
    }
    EXPECT_EQ(compare<F>(0, F::sign_mask, context), Comparison::equal);
}

TYPED_TEST(Compare, NumberIsPreferredToAQuietNaNOnlyByName) {
    using F = TypeParam;
    const auto quiet = static_cast<typename F::Bits>(F::default_NaN | 1);
    const auto signalling = static_cast<typename F::Bits>(F::infinity | 1);
    Context context;
    EXPECT_EQ(max<F>(F::one, quiet, context), quiet);
    EXPECT_EQ(min<F>(quiet, F::one, context), quiet);
    EXPECT_EQ(max_number<F>(quiet, F::one, context), F::one);
    EXPECT_EQ(min_number<F>(F::one, quiet, context), F::one);
    EXPECT_EQ(max_number<F>(F::signed_as(true, F::infinity), quiet, context), F::signed_as(true, F::infinity));
    EXPECT_EQ(min_number<F>(quiet, F::infinity, context), F::infinity);
    EXPECT_EQ(max_number<F>(quiet, static_cast<typename F::Bits>(quiet + 1), context), quiet);
    EXPECT_EQ(context.FPSR, 0U);
    EXPECT_EQ(max_number<F>(F::one, signalling, context), (signalling | F::quiet_mask));
    EXPECT_EQ(context.FPSR, FPSR::IOC);
    context = {};
    EXPECT_EQ(min_number<F>(quiet, signalling, context), (signalling | F::quiet_mask));
    EXPECT_EQ(context.FPSR, FPSR::IOC);
}

TYPED_TEST(Compare, FlushedDenormalsAreZeros) {
    using F = TypeParam;
    Context context{FPCR::FZ, 0};
    EXPECT_EQ(compare<F>(1, F::sign_mask | 2, context), Comparison::equal);
    EXPECT_EQ(context.FPSR, FPSR::IDC);
    EXPECT_EQ(max<F>(F::signed_as(true, 1), F::signed_as(true, F::one), context), F::sign_mask);
    EXPECT_EQ(max_number<F>(1, F::default_NaN, context), 0U);
    EXPECT_EQ(context.FPSR, FPSR::IDC);
}

} // namespace
} // namespace arm64::cpu::fp

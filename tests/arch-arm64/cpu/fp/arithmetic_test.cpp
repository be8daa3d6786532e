// SPDX-License-Identifier: Apache-2.0
// What the host's instructions may answer is what the integers answer, flags included.
#include "arch-arm64/cpu/fp/arithmetic.hpp"

#include "arch-arm64/cpu/fp/exact.hpp"
#include "tests/arch-arm64/cpu/fp/operands.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace arm64::cpu::fp {
namespace {

template <class F>
class Arithmetic : public testing::Test {};
using Formats = testing::Types<Single, Double>;
TYPED_TEST_SUITE(Arithmetic, Formats);

template <class F>
struct Pair {
    const char* name;
    typename F::Bits (*tested)(typename F::Bits, typename F::Bits, typename F::Bits, Context&);
    typename F::Bits (*model)(typename F::Bits, typename F::Bits, typename F::Bits, Context&);
};

template <class F>
inline const Pair<F> pairs[]{
    {"add", [](auto a, auto b, auto, Context& c) { return add<F>(a, b, c); },
     [](auto a, auto b, auto, Context& c) { return exact::add<F>(a, b, c); }},
    {"sub", [](auto a, auto b, auto, Context& c) { return sub<F>(a, b, c); },
     [](auto a, auto b, auto, Context& c) { return exact::sub<F>(a, b, c); }},
    {"mul", [](auto a, auto b, auto, Context& c) { return mul<F>(a, b, c); },
     [](auto a, auto b, auto, Context& c) { return exact::mul<F>(a, b, c); }},
    {"mulx", [](auto a, auto b, auto, Context& c) { return mulx<F>(a, b, c); },
     [](auto a, auto b, auto, Context& c) { return exact::mulx<F>(a, b, c); }},
    {"div", [](auto a, auto b, auto, Context& c) { return div<F>(a, b, c); },
     [](auto a, auto b, auto, Context& c) { return exact::div<F>(a, b, c); }},
    {"sqrt", [](auto a, auto, auto, Context& c) { return sqrt<F>(a, c); },
     [](auto a, auto, auto, Context& c) { return exact::sqrt<F>(a, c); }},
    {"mul_add", [](auto a, auto b, auto z, Context& c) { return mul_add<F>(z, a, b, c); },
     [](auto a, auto b, auto z, Context& c) { return exact::mul_add<F>(z, a, b, c); }},
};

template <class F>
void expect_equal(const Context& before, typename F::Bits a, typename F::Bits b, typename F::Bits addend) {
    for (const auto& pair : pairs<F>) {
        auto tested = before;
        auto model = before;
        const auto result = pair.tested(a, b, addend, tested);
        const auto expected = pair.model(a, b, addend, model);
        ASSERT_TRUE(result == expected && tested.FPSR == model.FPSR)
            << pair.name << std::hex << " of " << +a << ", " << +b << ", " << +addend << " FPCR " << before.FPCR << ": "
            << +result << " FPSR " << tested.FPSR << ", exactly " << +expected << " FPSR " << model.FPSR;
    }
}

TYPED_TEST(Arithmetic, IsExactOnEveryPairOfSpecialOperands) {
    using F = TypeParam;
    for (const auto fpcr : {0U, FPCR::FZ, FPCR::DN, with_rmode(Rounding::POSINF)})
        for (const auto fpsr : {0U, FPSR::IXC})
            for (const auto a : special_operands<F>())
                for (const auto b : special_operands<F>())
                    ASSERT_NO_FATAL_FAILURE(expect_equal<F>({fpcr, fpsr}, a, b, F::one));
}

TYPED_TEST(Arithmetic, IsExactOnRandomOperands) {
    using F = TypeParam;
    RandomOperands<F> random(2);
    for (int n = 0; n < 1'000'000; ++n) {
        const Context before{n % 4 == 0 ? random.fpcr() : 0, FPSR::IXC}; // mostly where the host may answer
        const auto a = random.any();
        const auto b = random.any();
        ASSERT_NO_FATAL_FAILURE(expect_equal<F>(before, a, b, random.any()));
    }
}

TYPED_TEST(Arithmetic, IsExactAboutTheLimitsOfTheFormat) {
    using F = TypeParam;
    RandomOperands<F> random(3);
    constexpr Context before{0, FPSR::IXC};
    for (int n = 0; n < 300'000; ++n) {
        // Products and quotients about the smallest normal number and about infinity.
        const int half = F::bias / 2;
        const auto small = random.number(half - 2, half + 3);
        const auto large = random.number(F::bias + half - 2, F::bias + half + 3);
        ASSERT_NO_FATAL_FAILURE(expect_equal<F>(before, small, random.number(half - 2, half + 3), small));
        ASSERT_NO_FATAL_FAILURE(
            expect_equal<F>(before, large, random.number(half + F::bias, F::bias + half + 3), large));
        ASSERT_NO_FATAL_FAILURE(expect_equal<F>(before, small, large, random.number(0, 2)));
        ASSERT_NO_FATAL_FAILURE(expect_equal<F>(before, random.number(0, 2), random.number(0, 2), small));
    }
}

TYPED_TEST(Arithmetic, SignIsChangedOfAnything) {
    using F = TypeParam;
    const auto signalling = static_cast<typename F::Bits>(F::infinity | 1);
    EXPECT_EQ(neg<F>(signalling), F::signed_as(true, signalling));
    EXPECT_EQ(neg<F>(F::sign_mask), 0U);
    EXPECT_EQ(abs<F>(F::signed_as(true, signalling)), signalling);
    EXPECT_EQ(abs<F>(F::one), F::one);
}

} // namespace
} // namespace arm64::cpu::fp

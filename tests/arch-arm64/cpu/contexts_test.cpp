// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/cpu/contexts.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <set>

namespace arm64::cpu {
namespace {

TEST(Contexts, AnAsidKeepsItsNumbersWhileOthersRun) {
    Contexts contexts;
    const auto one = contexts.select(1), two = contexts.select(2);
    EXPECT_NE(one[0], two[0]);
    EXPECT_EQ(contexts.select(1), one);
    EXPECT_EQ(contexts.select(2), two);
}

TEST(Contexts, TheUpperHalfIsSharedUntilATranslationThereBelongsToAnAsid) {
    Contexts contexts;
    const auto one = contexts.select(1), two = contexts.select(2);
    EXPECT_EQ(one[1], two[1]);
    contexts.separate_upper();
    const auto separate_one = contexts.select(1), separate_two = contexts.select(2);
    EXPECT_NE(separate_one[1], separate_two[1]);
    EXPECT_NE(separate_one[1], one[1]) << "what was cached for all is none's own";
    EXPECT_EQ(separate_one[0], one[0]);
    contexts.forget(1);
    EXPECT_NE(contexts.select(1)[1], separate_one[1]);
    EXPECT_EQ(contexts.select(2), separate_two);
}

TEST(Contexts, TheHalvesAndUntranslatedAddressesHaveNumbersOfTheirOwn) {
    Contexts contexts;
    const auto flat = contexts.select_flat(), one = contexts.select(7);
    EXPECT_EQ(flat[0], flat[1]);
    EXPECT_EQ((std::set{flat[0], one[0], one[1]}).size(), 3U);
    EXPECT_EQ(contexts.select_flat(), flat);
}

TEST(Contexts, AForgottenAsidGetsANewLowerNumberAndOthersKeepTheirs) {
    Contexts contexts;
    const auto one = contexts.select(1), two = contexts.select(2);
    contexts.forget(1);
    contexts.forget(1 + 64); // another of the same place
    const auto again = contexts.select(1);
    EXPECT_NE(again[0], one[0]);
    EXPECT_EQ(again[1], one[1]) << "global";
    EXPECT_EQ(contexts.select(2), two);
}

TEST(Contexts, ForgettingAllGivesNumbersThatNobodyEverHad) {
    Contexts contexts;
    std::set<Contexts::Number> seen;
    contexts.separate_upper();
    for (unsigned n = 0; n < 100; ++n) {
        for (const auto pair : {contexts.select(1), contexts.select(2)}) {
            EXPECT_TRUE(seen.insert(pair[0]).second);
            seen.insert(pair[1]);
        }
        EXPECT_TRUE(seen.insert(contexts.select_flat()[0]).second);
        contexts.forget_all();
    }
}

TEST(Contexts, NumbersStayIn12BitsAndNeverMeanTwoThingsUntilARestart) {
    Contexts contexts;
    std::mt19937 random(1);
    std::array<std::uint32_t, Contexts::last + 1> meaning{}; // the half and the ASID that got it, plus one
    unsigned restarts = 0;
    for (unsigned n = 0; n < 100'000; ++n) {
        if (!contexts.room()) {
            contexts.restart();
            meaning = {};
            ++restarts;
        }
        const auto asid = static_cast<std::uint16_t>(random() % 400);
        const auto pair = contexts.select(asid);
        for (unsigned half = 0; half < 2; ++half) {
            ASSERT_GT(pair[half], 0U);
            ASSERT_LE(pair[half], Contexts::last);
            const auto wanted = half == 0 ? 1U + asid : 0x10000U;
            auto& is = meaning.at(pair[half]);
            ASSERT_TRUE(is == 0 || is == wanted);
            is = wanted;
        }
        if (random() % 4 == 0) {
            meaning.at(pair[0]) = ~0U; // must not come again
            contexts.forget(asid);
        }
    }
    EXPECT_GT(restarts, 5U);
}

} // namespace
} // namespace arm64::cpu

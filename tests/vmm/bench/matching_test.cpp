// SPDX-License-Identifier: Apache-2.0
// Sends that become one, get lost, or were never made.
#include "vmm/bench/matching.hpp"

#include <gtest/gtest.h>

namespace vmm::bench {
namespace {

using Times = std::vector<std::uint64_t>;

// Intended at its time, sent one tick later, done another three later.
Send at(std::uint64_t time) { return {.intended = time, .begin = time + 1, .end = time + 4}; }

TEST(Matching, OneEach) {
    const std::vector sends{at(100), at(200), at(300)};
    const auto matching = match(sends, Times{110, 220, 330});
    EXPECT_EQ(matching.latencies, (Times{10, 20, 30}));
    EXPECT_EQ(matching.coalesced + matching.lost + matching.unasked, 0U);
}

TEST(Matching, AGuestMayBeFasterThanTheCallThatInterruptsIt) {
    const auto matching = match(std::vector{at(100)}, Times{102});
    EXPECT_EQ(matching.latencies, Times{2});
}

TEST(Matching, OneAcknowledgeForSeveral) {
    const std::vector sends{at(100), at(110), at(120), at(200)};
    const auto matching = match(sends, Times{150, 210});
    EXPECT_EQ(matching.latencies, (Times{50, 40, 30, 10}));
    EXPECT_EQ(matching.coalesced, 2U);
    EXPECT_EQ(matching.lost, 0U);
}

TEST(Matching, AsManyAsWereSentAreOneEachHoweverLate) {
    const std::vector sends{at(100), at(110), at(120)};
    const auto matching = match(sends, Times{130, 140, 150});
    EXPECT_EQ(matching.latencies, (Times{30, 30, 30}));
    EXPECT_EQ(matching.coalesced, 0U);
}

// The first is in a list register, the second is latched behind it, the third joins the second.
TEST(Matching, AnEdgeBehindOneThatTheGuestWasGivenIsNotUnasked) {
    const std::vector sends{at(100), at(110), at(120)};
    const auto matching = match(sends, Times{150, 160});
    EXPECT_EQ(matching.latencies, (Times{50, 40, 40}));
    EXPECT_EQ(matching.coalesced, 1U);
    EXPECT_EQ(matching.unasked + matching.lost, 0U);
}

TEST(Matching, AnUnaskedOneDoesNotTakeAnothersSend) {
    const std::vector sends{at(100), at(200)};
    const auto matching = match(sends, Times{50, 110, 120, 210});
    EXPECT_EQ(matching.latencies, (Times{10, 10}));
    EXPECT_EQ(matching.unasked, 2U);
}

TEST(Matching, SentDuringAnAcknowledgeBelongsToTheNext) {
    const std::vector sends{at(100), at(110), at(120)};
    const auto matching = match(sends, Times{112, 130}); // 110 was being sent at 112
    EXPECT_EQ(matching.latencies, (Times{12, 20, 10}));
    EXPECT_EQ(matching.coalesced, 1U);
    EXPECT_EQ(matching.lost, 0U);
}

TEST(Matching, SentDuringTheLastAcknowledgeWasTakenWithIt) {
    const std::vector sends{at(100), at(110)};
    const auto matching = match(sends, Times{112});
    EXPECT_EQ(matching.latencies, (Times{12, 2}));
    EXPECT_EQ(matching.coalesced, 1U);
    EXPECT_EQ(matching.lost, 0U);
}

TEST(Matching, LostOnesAreCountedAndHaveNoLatency) {
    const std::vector sends{at(100), at(200), at(300)};
    const auto matching = match(sends, Times{110});
    EXPECT_EQ(matching.latencies, Times{10});
    EXPECT_EQ(matching.lost, 2U);
    EXPECT_EQ(match(sends, {}).lost, 3U);
}

TEST(Matching, AnAcknowledgeOfNothing) {
    const std::vector sends{at(100)};
    EXPECT_EQ(match(sends, Times{110, 120}).unasked, 1U);
    EXPECT_EQ(match({}, Times{110}).unasked, 1U);
    const auto too_early = match(sends, Times{50});
    EXPECT_EQ(too_early.unasked, 1U);
    EXPECT_EQ(too_early.lost, 1U);
}

} // namespace
} // namespace vmm::bench

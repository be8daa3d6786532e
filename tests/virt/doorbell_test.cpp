// SPDX-License-Identifier: Apache-2.0
#include "virt/doorbell.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace virt {
namespace {

TEST(Doorbell, WhatRangBeforeIsNotWaitedFor) {
    Doorbell doorbell;
    const auto heard = doorbell.heard();
    doorbell.ring();
    doorbell.wait(heard);
    EXPECT_NE(doorbell.heard(), heard);
}

TEST(Doorbell, NoRingIsLostBetweenTwoThreadsThatWakeEachOther) {
    constexpr unsigned rounds = 2000;
    Doorbell here, there;
    std::atomic<unsigned> asked = 0, answered = 0;
    const auto wait_for = [](Doorbell& doorbell, const std::atomic<unsigned>& value, unsigned wanted) {
        for (;;) {
            const auto heard = doorbell.heard();
            if (value.load() >= wanted)
                return;
            doorbell.wait(heard);
        }
    };
    std::thread other([&] {
        for (unsigned round = 1; round <= rounds; ++round) {
            wait_for(there, asked, round);
            answered.store(round);
            here.ring();
        }
    });
    for (unsigned round = 1; round <= rounds; ++round) {
        asked.store(round);
        there.ring();
        wait_for(here, answered, round);
    }
    other.join();
    EXPECT_EQ(answered, rounds);
}

} // namespace
} // namespace virt

// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/soft/power.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace arm64::soft {
namespace {

using virt::MpState;

TEST(Power, OnlyWhoIsOffIsTurnedOn) {
    Power power;
    EXPECT_FALSE(power.turn_on({1, 2}));
    EXPECT_FALSE(power.take_entry());
    power.set(MpState::suspended);
    EXPECT_FALSE(power.turn_on({1, 2})) << "suspended is on";
    power.set(MpState::stopped);
    EXPECT_TRUE(power.turn_on({3, 4}));
    EXPECT_EQ(power.state(), MpState::runnable);
    EXPECT_FALSE(power.turn_on({5, 6}));
    const auto entry = power.take_entry();
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->PC, 3U);
    EXPECT_EQ(entry->X0, 4U);
    EXPECT_FALSE(power.take_entry()) << "once";
}

TEST(Power, OfSeveralOneTurnsItOnAndItsEntryIsThere) {
    Power power;
    std::atomic<unsigned> turned_on = 0;
    std::atomic<bool> ready = false;
    constexpr unsigned rounds = 300, callers = 3;
    std::vector<std::thread> threads;
    std::atomic<bool> over = false;
    for (unsigned n = 1; n <= callers; ++n)
        threads.emplace_back([&, n] {
            while (!over)
                if (ready && power.turn_on({n, n}))
                    ++turned_on;
        });
    for (unsigned round = 0; round < rounds; ++round) {
        power.set(MpState::stopped);
        ready = true;
        while (!power.on())
            std::this_thread::yield();
        const auto entry = power.take_entry();
        ASSERT_TRUE(entry);
        EXPECT_EQ(entry->PC, entry->X0);
    }
    over = true;
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(turned_on, rounds);
}

} // namespace
} // namespace arm64::soft

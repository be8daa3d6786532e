// SPDX-License-Identifier: Apache-2.0
// Interrupts by the table, and past it.
#include "virt/irq_router.hpp"

#include "tests/virt/fake_irqchip.hpp"
#include "tests/virt/routing_encoding.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

namespace virt {
namespace {

struct IrqRouterTest : testing::Test {
    FakeIrqchip chip;
    IrqRouter router{chip, 64};
};

TEST_F(IrqRouterTest, WithoutARouteNothingHappens) {
    router.raise(Gsi{5});
    router.lower(Gsi{5});
    router.raise(Gsi{UINT32_MAX});
    EXPECT_EQ(chip.raised[5] + chip.lowered[5] + chip.messages, 0);
}

TEST_F(IrqRouterTest, PinsHaveLevelsAndMessagesHaveNone) {
    ASSERT_TRUE(router.replace(EncodedRoutes({pin_entry(5, 9), msi_entry(6, 0x8000, 77)}).get()));
    router.raise(Gsi{5});
    EXPECT_TRUE(chip.level[9]);
    router.lower(Gsi{5});
    EXPECT_FALSE(chip.level[9]);
    router.raise(Gsi{6});
    EXPECT_EQ(chip.last_data, 77U);
    router.lower(Gsi{6});
    EXPECT_EQ(chip.messages, 1);
}

TEST_F(IrqRouterTest, ChangesOnlyWhatChanged) {
    RouteTable wanted(64);
    wanted.set(Gsi{1}, Pin{1});
    wanted.set(Gsi{2}, Pin{2});
    ASSERT_TRUE(router.replace(wanted.encoded()));
    wanted.set(Gsi{1}, Pin{11});
    wanted.remove(Gsi{2});
    wanted.set(Gsi{3}, Pin{13});
    router.change(wanted, std::array{Gsi{1}, Gsi{2}, Gsi{3}});
    for (std::uint32_t gsi = 1; gsi < 4; ++gsi)
        router.raise(Gsi{gsi});
    EXPECT_TRUE(chip.level[11] && chip.level[13]);
    EXPECT_FALSE(chip.level[1] || chip.level[2]);
    EXPECT_EQ(router.gsi_of(Pin{13}), Gsi{3});
}

TEST_F(IrqRouterTest, ErrnosOfSignalMsi) {
    const auto with = [&](MsiOutcome outcome) {
        chip.answer = outcome;
        return router.signal({.address = 1, .data = 2});
    };
    EXPECT_TRUE(*with(MsiOutcome::delivered));
    EXPECT_FALSE(*with(MsiOutcome::unmapped));
    EXPECT_EQ(with(MsiOutcome::not_enabled).error().code, EBUSY);
    EXPECT_EQ(with(MsiOutcome::no_device).error().code, EINVAL);
    EXPECT_EQ(with(MsiOutcome::no_doorbell).error().code, EINVAL);
    EXPECT_EQ(with(MsiOutcome::no_msis).error().code, ENODEV);
}

TEST_F(IrqRouterTest, NoInterruptTakesAnOldRouteAfterTheChange) {
    const auto to = [](std::uint32_t pin) { return EncodedRoutes({pin_entry(0, pin)}); };
    ASSERT_TRUE(router.replace(to(0).get()));
    std::atomic<bool> done = false;
    std::vector<std::thread> producers;
    std::atomic<int> sent = 0;
    for (int n = 0; n < 2; ++n)
        producers.emplace_back([&] {
            while (!done.load(std::memory_order_relaxed)) {
                router.raise(Gsi{0});
                sent.fetch_add(1, std::memory_order_relaxed);
            }
        });
    for (std::uint32_t n = 1; n < 300 || sent.load() < 1000; ++n) {
        const std::uint32_t old = (n - 1) % 64;
        ASSERT_TRUE(router.replace(to(n % 64).get()));
        const int before = chip.raised[old];
        std::this_thread::yield();
        ASSERT_EQ(chip.raised[old], before);
    }
    done = true;
    for (auto& producer : producers)
        producer.join();
    int total = 0;
    for (const auto& count : chip.raised)
        total += count;
    EXPECT_EQ(total, sent.load()); // and none was lost
}

} // namespace
} // namespace virt

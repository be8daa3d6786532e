// SPDX-License-Identifier: Apache-2.0
// MSIs of routes that keep their translation: asked once, asked again after every change, and never wrong.
#include "tests/virt/fake_irqchip.hpp"
#include "tests/virt/routing_encoding.hpp"
#include "tests/virt/running_loop.hpp"
#include "virt/irq_router.hpp"
#include "virt/irqfd.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

namespace virt {
namespace {

constexpr std::uint64_t doorbell = 0x808'0040;
constexpr Gsi gsi{6};

EncodedRoutes to(std::uint32_t data) { return EncodedRoutes({msi_entry(gsi.value, doorbell, data)}); }

struct PreTranslated : testing::Test {
    PreTranslated() {
        chip.translates = true;
        chip.move(1, 11);
        chip.move(2, 12);
        EXPECT_TRUE(router.replace(to(1).get()));
    }
    FakeIrqchip chip;
    IrqRouter router{chip, 64, MsiWay::pre_translated};
};

TEST_F(PreTranslated, TheIrqchipIsAskedOnce) {
    for (int n = 0; n < 5; ++n)
        router.raise(gsi);
    EXPECT_EQ(chip.delivered[11], 5);
    EXPECT_EQ(chip.translations, 1);
    EXPECT_EQ(chip.messages, 0);
}

TEST_F(PreTranslated, AnInvalidationIsFollowedAtTheNextInterrupt) {
    router.raise(gsi);
    chip.move(1, 13);
    router.raise(gsi);
    router.raise(gsi);
    EXPECT_EQ(chip.delivered[11], 1);
    EXPECT_EQ(chip.delivered[13], 2);
    EXPECT_EQ(chip.translations, 2);
}

TEST_F(PreTranslated, AChangedRouteKeepsNothing) {
    router.raise(gsi);
    ASSERT_TRUE(router.replace(to(2).get()));
    router.raise(gsi);
    EXPECT_EQ(chip.delivered[12], 1);
    RouteTable pins(64);
    pins.set(gsi, Pin{3});
    router.change(pins, std::array{gsi});
    router.raise(gsi);
    EXPECT_TRUE(chip.level[3]);
    pins.remove(gsi);
    router.change(pins, std::array{gsi});
    router.raise(gsi);
    EXPECT_EQ(chip.delivered[11] + chip.delivered[12], 2);
    ASSERT_TRUE(router.replace(to(1).get()));
    router.raise(gsi);
    EXPECT_EQ(chip.delivered[11], 2);
}

TEST_F(PreTranslated, WithoutATranslationTheMessageIsSent) {
    chip.translates = false;
    router.raise(gsi);
    router.raise(gsi);
    EXPECT_EQ(chip.messages, 2);
    chip.translates = true; // the guest maps it
    router.raise(gsi);
    EXPECT_EQ(chip.messages, 2);
    EXPECT_EQ(chip.delivered[11], 1);
}

TEST_F(PreTranslated, EachRouteKeepsItsOwn) {
    ASSERT_TRUE(router.replace(EncodedRoutes({msi_entry(6, doorbell, 1), msi_entry(7, doorbell, 2)}).get()));
    for (int n = 0; n < 3; ++n) {
        router.raise(Gsi{6});
        router.raise(Gsi{7});
    }
    EXPECT_EQ(chip.delivered[11], 3);
    EXPECT_EQ(chip.delivered[12], 3);
    EXPECT_EQ(chip.translations, 2);
}

TEST(MsiWay, ThroughTheItsEveryMessageIsSent) {
    FakeIrqchip chip;
    chip.translates = true;
    IrqRouter router(chip, 64, MsiWay::through_its);
    ASSERT_TRUE(router.replace(to(1).get()));
    router.raise(gsi);
    router.raise(gsi);
    EXPECT_EQ(chip.messages, 2);
    EXPECT_EQ(chip.translations, 0);
}

TEST(TranslatedMsiCell, IsFoundByItsOwnerOnly) {
    std::atomic<std::uint64_t> generation = 4;
    TranslatedMsiCell cell;
    TranslatedMsi found{};
    EXPECT_FALSE(cell.find(0, found));
    cell.keep(8, {.target = &cell, .generation = &generation, .seen = 4});
    EXPECT_FALSE(cell.find(7, found));
    ASSERT_TRUE(cell.find(8, found));
    EXPECT_EQ(found.target, &cell);
    EXPECT_TRUE(found.current());
    ++generation;
    EXPECT_FALSE(found.current());
    cell.keep(9, {.target = &generation, .generation = &generation, .seen = 5});
    EXPECT_FALSE(cell.find(8, found));
    ASSERT_TRUE(cell.find(9, found));
    EXPECT_TRUE(found.current());
}

// Three words that belong together never come apart, whoever writes.
TEST(TranslatedMsiCell, IsNeverHalfWritten) {
    std::array<std::atomic<std::uint64_t>, 64> generations{};
    TranslatedMsiCell cell;
    std::atomic<bool> done = false;
    std::vector<std::thread> writers;
    for (std::uint64_t writer = 0; writer < 2; ++writer)
        writers.emplace_back([&, writer] {
            for (std::uint64_t n = writer; !done.load(std::memory_order_relaxed); n += 2)
                cell.keep(7, {.target = &generations[n % 64], .generation = &generations[n % 64], .seen = n % 64});
        });
    int seen = 0;
    while (seen < 20'000) {
        TranslatedMsi found{};
        if (!cell.find(7, found))
            continue;
        ++seen;
        ASSERT_EQ(found.target, found.generation);
        ASSERT_EQ(found.generation, &generations[found.seen]);
    }
    done = true;
    for (auto& writer : writers)
        writer.join();
}

// Producers, moves and route changes at once. After a move is complete, nothing goes to the old target; after a route's
// change, nothing goes by the old route; and no interrupt is lost.
TEST_F(PreTranslated, NoInterruptTakesAnOldWayAfterAChange) {
    std::atomic<bool> done = false;
    std::atomic<int> sent = 0;
    // Between them lies one interrupt at most: a turn, which the mover waits for. Raised by a thread each.
    struct Producer {
        std::atomic<int> begun = 0;
        std::atomic<int> ended = 0;
    };
    std::array<Producer, 2> producers;
    std::vector<std::thread> threads;
    for (auto& producer : producers)
        threads.emplace_back([&] {
            while (!done.load(std::memory_order_relaxed)) {
                ++producer.begun;
                router.raise(gsi);
                ++producer.ended;
                sent.fetch_add(1, std::memory_order_relaxed);
            }
        });
    const auto let_pass = [&] { // whoever was under way is done
        for (auto& producer : producers) {
            const int begun = producer.begun.load();
            while (producer.ended.load() < begun)
                std::this_thread::yield();
        }
    };
    constexpr std::uint32_t targets = 8;
    for (std::uint32_t n = 1; n < 400 || sent.load() < 2000; ++n) {
        const std::uint32_t old = 20 + (n - 1) % targets;
        const std::uint32_t next = 20 + n % targets;
        const std::uint32_t data = 1 + n / 16 % 2;
        chip.move(1, next);
        chip.move(2, next);
        if (n % 16 == 0) {
            ASSERT_TRUE(router.replace(to(data).get()));
        }
        let_pass();
        if (n == 1)
            continue; // what came before the first move went to 11
        const int before = chip.delivered[old];
        std::this_thread::yield();
        ASSERT_EQ(chip.delivered[old], before);
    }
    done = true;
    for (auto& thread : threads)
        thread.join();
    int total = 0;
    for (const auto& count : chip.delivered)
        total += count;
    EXPECT_EQ(total, sent.load());
    EXPECT_EQ(chip.messages, 0);
}

class PreTranslatedIrqfd : public testing::TestWithParam<EventLoop::Backend> {};

TEST_P(PreTranslatedIrqfd, GoesWhereItsMessageLeadsNow) {
    RunningLoop loop;
    if (const auto refused = loop.start(GetParam()))
        GTEST_SKIP() << *refused;
    FakeIrqchip chip;
    chip.translates = true;
    chip.move(1, 11);
    IrqRouter router(chip, 64, MsiWay::pre_translated);
    ASSERT_TRUE(router.replace(to(1).get()));
    Irqfds irqfds(router, loop.get());
    const Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    ASSERT_TRUE(irqfds.assign({.eventfd = event.get(), .gsi = gsi}));
    const auto signal_to = [&](std::uint32_t target) {
        const int before = chip.delivered[target];
        const std::uint64_t one = 1;
        ASSERT_EQ(::write(event.get(), &one, sizeof one), 8);
        eventually([&] { return chip.delivered[target] == before + 1; });
    };
    signal_to(11);
    signal_to(11);
    EXPECT_EQ(chip.translations, 1);
    chip.move(1, 12);
    signal_to(12);
    EXPECT_EQ(chip.translations, 2);
    ASSERT_TRUE(irqfds.deassign({.eventfd = event.get(), .gsi = gsi}));
}

INSTANTIATE_TEST_SUITE_P(Loop, PreTranslatedIrqfd, testing::ValuesIn(backends), backend_name);

} // namespace
} // namespace virt

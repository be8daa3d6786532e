// SPDX-License-Identifier: Apache-2.0
// Everything at once: producers, deactivations, routing changes, assign and deassign. What it says it says under
// ThreadSanitizer; without it, that no interrupt is lost and none comes from what is gone.
#include "tests/virt/fake_irqchip.hpp"
#include "tests/virt/routing_encoding.hpp"
#include "tests/virt/running_loop.hpp"
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

constexpr std::uint32_t sources = 4;
constexpr int rounds = 200;

class IrqRace : public testing::TestWithParam<EventLoop::Backend> {
protected:
    void SetUp() override {
        if (const auto refused = loop_.start(GetParam()))
            GTEST_SKIP() << *refused;
        irqfds_.emplace(router_, loop_.get());
        ASSERT_TRUE(router_.replace(routes(0).get()));
    }
    void TearDown() override { irqfds_.reset(); }

    /// GSI n goes to pin n + shift.
    static EncodedRoutes routes(std::uint32_t shift) {
        std::vector<kvm_irq_routing_entry> entries;
        for (std::uint32_t n = 0; n < sources; ++n)
            entries.push_back(pin_entry(n, n + shift));
        return EncodedRoutes(entries);
    }
    static void signal(const Fd& fd) {
        const std::uint64_t one = 1;
        ASSERT_EQ(::write(fd.get(), &one, sizeof one), 8);
    }

    FakeIrqchip chip_;
    IrqRouter router_{chip_, 64};
    RunningLoop loop_;
    std::optional<Irqfds> irqfds_;
};

TEST_P(IrqRace, ProducersDeactivationsAndChanges) {
    std::array<Fd, sources> events;
    std::array<Fd, sources> resamples;
    for (std::uint32_t n = 0; n < sources; ++n) {
        events[n] = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        resamples[n] = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    }
    std::atomic<bool> done = false;
    const auto until_done = [&](auto step) {
        return std::thread([&done, step] {
            while (!done.load(std::memory_order_relaxed))
                step();
        });
    };
    std::vector<std::thread> threads;
    threads.push_back(until_done([&] {
        for (const auto& event : events)
            signal(event);
        std::this_thread::yield();
    }));
    threads.push_back(until_done([&] { // a producer inside the process
        for (std::uint32_t n = 0; n < sources; ++n)
            router_.raise(Gsi{n});
    }));
    threads.push_back(until_done([&] { // a vCPU
        for (std::uint32_t n = 0; n < 2 * sources; ++n)
            chip_.listener->deactivated(Pin{n});
    }));
    threads.push_back(until_done([&] {
        for (const std::uint32_t shift : {sources, 0U})
            ASSERT_TRUE(router_.replace(routes(shift).get()));
    }));
    for (int round = 0; round < rounds; ++round) {
        for (std::uint32_t n = 0; n < sources; ++n)
            ASSERT_TRUE(irqfds_->assign({.eventfd = events[n].get(), .gsi = Gsi{n}, .resample = resamples[n].get()}));
        for (std::uint32_t n = 0; n < sources; ++n)
            ASSERT_TRUE(irqfds_->deassign({.eventfd = events[n].get(), .gsi = Gsi{n}}));
    }
    done = true;
    for (auto& thread : threads)
        thread.join();
}

TEST_P(IrqRace, AfterDeassignNothingComes) {
    const Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    std::atomic<bool> done = false;
    std::atomic<int> signals = 0;
    std::thread producer([&] {
        while (!done.load(std::memory_order_relaxed)) {
            signal(event);
            signals.fetch_add(1, std::memory_order_relaxed);
        }
    });
    for (int round = 0; round < rounds; ++round) {
        ASSERT_TRUE(irqfds_->assign({.eventfd = event.get(), .gsi = Gsi{0}}));
        const int signalled = signals.load();
        const int raised = chip_.raised[0];
        eventually([&] { return chip_.raised[0] != raised && signals.load() != signalled; });
        ASSERT_TRUE(irqfds_->deassign({.eventfd = event.get(), .gsi = Gsi{0}}));
        const int before = chip_.raised[0];
        std::this_thread::yield();
        ASSERT_EQ(chip_.raised[0], before);
    }
    done = true;
    producer.join();
}

// A level source that raises again at every resample, as VFIO does: each deactivation is answered exactly once.
TEST_P(IrqRace, OneResampleForEachDeactivation) {
    const Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const Fd resample(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    ASSERT_TRUE(irqfds_->assign({.eventfd = event.get(), .gsi = Gsi{0}, .resample = resample.get()}));
    for (int round = 0; round < 10 * rounds; ++round) {
        signal(event);
        eventually([&] { return chip_.level[0].load(); });
        chip_.listener->deactivated(Pin{0});
        std::uint64_t count = 0;
        ASSERT_EQ(::read(resample.get(), &count, sizeof count), 8);
        ASSERT_EQ(count, 1U);
    }
    EXPECT_EQ(chip_.raised[0], 10 * rounds);
    EXPECT_EQ(chip_.lowered[0], 10 * rounds);
}

INSTANTIATE_TEST_SUITE_P(Loop, IrqRace, testing::ValuesIn(backends), backend_name);

} // namespace
} // namespace virt

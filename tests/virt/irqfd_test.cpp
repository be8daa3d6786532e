// SPDX-License-Identifier: Apache-2.0
// The rules of irqfds without a guest, on both backends of the loop; tests/conformance has them with one.
#include "virt/irqfd.hpp"

#include "tests/virt/fake_irqchip.hpp"
#include "tests/virt/routing_encoding.hpp"
#include "tests/virt/running_loop.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

namespace virt {
namespace {

constexpr Gsi gsi{5}, fence_gsi{7};
constexpr std::uint32_t pin = 9, fence_pin = 11;

class IrqfdTest : public testing::TestWithParam<EventLoop::Backend> {
protected:
    void SetUp() override {
        if (const auto refused = loop_.start(GetParam()))
            GTEST_SKIP() << *refused;
        irqfds_.emplace(router_, loop_.get());
        ASSERT_TRUE(router_.replace(
            EncodedRoutes({pin_entry(gsi.value, pin), pin_entry(6, 10), pin_entry(fence_gsi.value, fence_pin)}).get()));
        ASSERT_TRUE(irqfds_->assign({.eventfd = fence_.get(), .gsi = fence_gsi}));
    }
    void TearDown() override { irqfds_.reset(); }

    static Fd event(unsigned count = 0, int flags = EFD_NONBLOCK) { return Fd(::eventfd(count, EFD_CLOEXEC | flags)); }
    static void signal(const Fd& fd, std::uint64_t count = 1) { ASSERT_EQ(::write(fd.get(), &count, sizeof count), 8); }
    static std::optional<std::uint64_t> read(const Fd& fd) {
        std::uint64_t count = 0;
        return ::read(fd.get(), &count, sizeof count) == 8 ? std::optional(count) : std::nullopt;
    }
    /// Until all that was signalled before has been injected. On epoll a new signal is one turn, its read the next, and
    /// the fence may come first in either.
    void settle() {
        for (int turn = 0; turn < 3; ++turn) {
            const int before = chip_.raised[fence_pin];
            signal(fence_);
            eventually([&] { return chip_.raised[fence_pin] != before; });
        }
    }

    FakeIrqchip chip_;
    IrqRouter router_{chip_, 64};
    RunningLoop loop_;
    Fd fence_ = event();
    std::optional<Irqfds> irqfds_;
};

TEST_P(IrqfdTest, ASignalRaisesAndNobodyLowers) {
    const Fd fd = event();
    ASSERT_TRUE(irqfds_->assign({.eventfd = fd.get(), .gsi = gsi}));
    EXPECT_EQ(chip_.raised[pin], 0);
    signal(fd, 5);
    settle();
    EXPECT_EQ(chip_.raised[pin], 1); // one, whatever the count
    EXPECT_EQ(chip_.lowered[pin], 0);
    EXPECT_EQ(read(fd), std::nullopt); // consumed
    signal(fd);
    settle();
    EXPECT_EQ(chip_.raised[pin], 2);
}

TEST_P(IrqfdTest, WhatIsPendingAtAssignIsOnePulseAndStaysUntilTheNextSignal) {
    const Fd fd = event(3);
    ASSERT_TRUE(irqfds_->assign({.eventfd = fd.get(), .gsi = gsi}));
    settle();
    EXPECT_EQ(chip_.raised[pin], 1);
    EXPECT_EQ(chip_.lowered[pin], 1);
    const Fd again(::dup(fd.get()));
    signal(fd);
    settle();
    EXPECT_EQ(chip_.raised[pin], 2);
    EXPECT_EQ(chip_.lowered[pin], 1);
    EXPECT_EQ(read(again), std::nullopt);
}

TEST_P(IrqfdTest, TheCountLeftAtAssignCanBeRead) {
    const Fd fd = event(3);
    ASSERT_TRUE(irqfds_->assign({.eventfd = fd.get(), .gsi = gsi}));
    settle();
    EXPECT_EQ(read(fd), 3U);
    signal(fd);
    settle();
    EXPECT_EQ(chip_.raised[pin], 2);
}

TEST_P(IrqfdTest, WithAResampleEventfdThePendingPulseStaysHigh) {
    const Fd fd = event(1);
    const Fd resample = event();
    ASSERT_TRUE(irqfds_->assign({.eventfd = fd.get(), .gsi = gsi, .resample = resample.get()}));
    settle();
    EXPECT_TRUE(chip_.level[pin]);
    EXPECT_EQ(chip_.lowered[pin], 0);
}

TEST_P(IrqfdTest, DeactivationLowersOnceAndSignalsAll) {
    const std::array fds{event(), event()};
    const std::array resamples{event(), event()};
    for (std::size_t n = 0; n < 2; ++n)
        ASSERT_TRUE(irqfds_->assign({.eventfd = fds[n].get(), .gsi = gsi, .resample = resamples[n].get()}));
    signal(fds[1]);
    settle();
    EXPECT_TRUE(chip_.level[pin]);
    chip_.listener->deactivated(Pin{pin});
    EXPECT_FALSE(chip_.level[pin]);
    EXPECT_EQ(chip_.lowered[pin], 1);
    EXPECT_EQ(read(resamples[0]), 1U);
    EXPECT_EQ(read(resamples[1]), 1U);
    chip_.listener->deactivated(Pin{10}); // another pin, one without a GSI, one that does not exist
    chip_.listener->deactivated(Pin{12});
    chip_.listener->deactivated(Pin{9999});
    EXPECT_EQ(read(resamples[0]), std::nullopt);
}

TEST_P(IrqfdTest, APlainIrqfdHearsNothingOfDeactivation) {
    const Fd fd = event();
    ASSERT_TRUE(irqfds_->assign({.eventfd = fd.get(), .gsi = gsi}));
    signal(fd);
    settle();
    chip_.listener->deactivated(Pin{pin});
    EXPECT_TRUE(chip_.level[pin]);
}

TEST_P(IrqfdTest, Errors) {
    const Fd fd = event();
    const Fd copy(::dup(fd.get()));
    const auto code = [&](const Irqfd& irqfd) { return irqfds_->assign(irqfd).error().code; };
    chip_.ready = false;
    EXPECT_EQ(code({.eventfd = -1, .gsi = gsi}), EAGAIN);
    chip_.ready = true;
    EXPECT_EQ(code({.eventfd = -1, .gsi = gsi}), EBADF);
    EXPECT_EQ(code({.eventfd = 2, .gsi = gsi}), EINVAL);
    EXPECT_EQ(code({.eventfd = fd.get(), .gsi = gsi, .resample = -1}), EBADF);
    EXPECT_EQ(code({.eventfd = fd.get(), .gsi = gsi, .resample = 2}), EINVAL);
    ASSERT_TRUE(irqfds_->assign({.eventfd = fd.get(), .gsi = Gsi{UINT32_MAX}})); // any number
    EXPECT_EQ(code({.eventfd = fd.get(), .gsi = gsi}), EBUSY);
    EXPECT_EQ(code({.eventfd = copy.get(), .gsi = gsi}), EBUSY); // the same eventfd
    signal(fd); // goes nowhere
    settle();
    EXPECT_EQ(irqfds_->deassign({.eventfd = -1, .gsi = gsi}).error().code, EBADF);
    EXPECT_TRUE(irqfds_->deassign({.eventfd = fd.get(), .gsi = gsi})); // there is no such binding
    EXPECT_EQ(code({.eventfd = fd.get(), .gsi = gsi}), EBUSY);
    EXPECT_TRUE(irqfds_->deassign({.eventfd = copy.get(), .gsi = Gsi{UINT32_MAX}}));
    EXPECT_TRUE(irqfds_->assign({.eventfd = fd.get(), .gsi = gsi}));
}

TEST_P(IrqfdTest, DeassignDrainsAndLowersForTheLastResampler) {
    const std::array fds{event(), event()};
    const Fd resample = event();
    for (const auto& fd : fds)
        ASSERT_TRUE(irqfds_->assign({.eventfd = fd.get(), .gsi = gsi, .resample = resample.get()}));
    signal(fds[0]);
    settle();
    ASSERT_TRUE(irqfds_->deassign({.eventfd = fds[0].get(), .gsi = gsi}));
    EXPECT_TRUE(chip_.level[pin]);
    ASSERT_TRUE(irqfds_->deassign({.eventfd = fds[1].get(), .gsi = gsi}));
    EXPECT_FALSE(chip_.level[pin]);
    chip_.listener->deactivated(Pin{pin});
    EXPECT_EQ(read(resample), std::nullopt);

    const Fd late = event(3);
    ASSERT_TRUE(irqfds_->assign({.eventfd = late.get(), .gsi = gsi}));
    ASSERT_TRUE(irqfds_->deassign({.eventfd = late.get(), .gsi = gsi}));
    EXPECT_EQ(read(late), std::nullopt);
}

TEST_P(IrqfdTest, OurOwnDescriptorOutlivesTheirs) {
    Fd fd = event();
    const Fd signaller(::dup(fd.get()));
    ASSERT_TRUE(irqfds_->assign({.eventfd = fd.get(), .gsi = gsi}));
    fd = Fd();
    signal(signaller);
    settle();
    EXPECT_EQ(chip_.raised[pin], 1);
}

TEST_P(IrqfdTest, BlockingAndSemaphoreEventfds) {
    const Fd blocking = event(0, 0);
    const Fd semaphore = event(0, EFD_NONBLOCK | EFD_SEMAPHORE);
    ASSERT_TRUE(irqfds_->assign({.eventfd = blocking.get(), .gsi = gsi}));
    ASSERT_TRUE(irqfds_->assign({.eventfd = semaphore.get(), .gsi = Gsi{6}}));
    signal(blocking, 2);
    settle();
    EXPECT_EQ(chip_.raised[pin], 1);
    signal(semaphore);
    settle();
    EXPECT_EQ(chip_.raised[10], 1);
}

INSTANTIATE_TEST_SUITE_P(Loop, IrqfdTest, testing::ValuesIn(backends), backend_name);

} // namespace
} // namespace virt

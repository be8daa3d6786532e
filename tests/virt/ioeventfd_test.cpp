// SPDX-License-Identifier: Apache-2.0
// The rules of ioeventfds without a guest; tests/conformance has them with one.
#include "virt/ioeventfd.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <atomic>
#include <cerrno>
#include <thread>

namespace virt {
namespace {

struct IoeventfdTest : testing::Test {
    /// What a store of the guest signals; nothing if it would leave to the VMM.
    bool store(Gpa address, Width width, std::uint64_t value) { return bus.write(0, address, width, value); }
    [[nodiscard]] Ioeventfd at(Gpa address, std::uint32_t length, std::optional<std::uint64_t> match = {}) const {
        return {.eventfd = fd.get(), .address = address, .length = length, .datamatch = match};
    }
    IoBus bus;
    Ioeventfds ioeventfds{bus};
    Fd fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    Eventfd eventfd = *Eventfd::share(fd.get(), "x");
};

TEST_F(IoeventfdTest, TakesStoresOfItsAddressAndLength) {
    ASSERT_TRUE(ioeventfds.assign(at(0x1000, 4)));
    EXPECT_TRUE(store(0x1000, Width::b4, 1));
    EXPECT_TRUE(store(0x1000, Width::b4, 2));
    EXPECT_EQ(eventfd.take(), 2U);
    EXPECT_FALSE(store(0x1000, Width::b8, 1));
    EXPECT_FALSE(store(0x1000, Width::b2, 1));
    EXPECT_FALSE(store(0x1001, Width::b1, 1));
    EXPECT_FALSE(store(0x1002, Width::b2, 1));
    std::uint64_t value = 0;
    EXPECT_FALSE(bus.read(0, 0x1000, Width::b4, value));
    EXPECT_EQ(eventfd.take(), std::nullopt);
}

TEST_F(IoeventfdTest, Datamatch) {
    ASSERT_TRUE(ioeventfds.assign(at(0x1000, 2, 7)));
    ASSERT_TRUE(ioeventfds.assign(at(0x1000, 2, 0x1'0008))); // no store of two bytes has that value
    EXPECT_TRUE(store(0x1000, Width::b2, 7));
    EXPECT_FALSE(store(0x1000, Width::b2, 8));
}

TEST_F(IoeventfdTest, Collisions) {
    ASSERT_TRUE(ioeventfds.assign(at(0x1000, 4, 1)));
    EXPECT_EQ(ioeventfds.assign(at(0x1000, 4, 1)).error().code, EEXIST);
    EXPECT_EQ(ioeventfds.assign(at(0x1000, 4)).error().code, EEXIST);
    EXPECT_EQ(ioeventfds.assign(at(0x1000, 0)).error().code, EEXIST);
    EXPECT_TRUE(ioeventfds.assign(at(0x1000, 4, 2)));
    EXPECT_TRUE(ioeventfds.assign(at(0x1000, 8)));
    EXPECT_TRUE(ioeventfds.assign(at(0x1002, 2)));
    EXPECT_TRUE(ioeventfds.assign(at(0x2000, 0)));
    EXPECT_EQ(ioeventfds.assign(at(0x2000, 4, 3)).error().code, EEXIST);
}

TEST_F(IoeventfdTest, BadArguments) {
    for (const std::uint32_t length : {3U, 5U, 6U, 7U, 9U, 16U, UINT32_MAX})
        EXPECT_EQ(ioeventfds.assign(at(0x1000, length)).error().code, EINVAL) << length;
    EXPECT_EQ(ioeventfds.assign(at(UINT64_MAX - 6, 8)).error().code, EINVAL);
    EXPECT_EQ(ioeventfds.assign(at(0x1000, 0, 0)).error().code, EINVAL);
    EXPECT_EQ(ioeventfds.assign({.eventfd = -1, .address = 0x1000, .length = 4}).error().code, EBADF);
    EXPECT_EQ(ioeventfds.assign({.eventfd = 2, .address = 0x1000, .length = 4}).error().code, EINVAL);
}

TEST_F(IoeventfdTest, DeassignWantsTheSameValues) {
    const Fd other(::eventfd(0, EFD_CLOEXEC));
    ASSERT_TRUE(ioeventfds.assign(at(0x1000, 4, 1)));
    EXPECT_EQ(ioeventfds.deassign(at(0x1000, 4)).error().code, ENOENT);
    EXPECT_EQ(ioeventfds.deassign(at(0x1000, 4, 2)).error().code, ENOENT);
    EXPECT_EQ(ioeventfds.deassign(at(0x1000, 8, 1)).error().code, ENOENT);
    EXPECT_EQ(ioeventfds.deassign(at(0x1004, 4, 1)).error().code, ENOENT);
    auto foreign = at(0x1000, 4, 1);
    foreign.eventfd = other.get();
    EXPECT_EQ(ioeventfds.deassign(foreign).error().code, ENOENT);
    EXPECT_TRUE(store(0x1000, Width::b4, 1));
    EXPECT_TRUE(ioeventfds.deassign(at(0x1000, 4, 1)));
    EXPECT_FALSE(store(0x1000, Width::b4, 1));
    EXPECT_EQ(ioeventfds.deassign(at(0x1000, 4, 1)).error().code, ENOENT);
}

TEST_F(IoeventfdTest, StoresRaceWithAssignAndDeassign) {
    std::atomic<bool> done = false;
    std::atomic<std::uint64_t> taken = 0;
    ASSERT_TRUE(ioeventfds.assign(at(0x1000, 4)));
    std::thread guest([&] {
        while (!done.load(std::memory_order_relaxed))
            if (store(0x1000, Width::b4, 1))
                taken.fetch_add(1, std::memory_order_relaxed);
    });
    std::uint64_t counted = 0;
    for (int n = 0; n < 300 || taken.load() == 0; ++n) {
        ASSERT_TRUE(ioeventfds.deassign(at(0x1000, 4)));
        counted += eventfd.take().value_or(0);
        EXPECT_EQ(eventfd.take(), std::nullopt) << "a store signalled after deassign";
        ASSERT_TRUE(ioeventfds.assign(at(0x1000, 4)));
    }
    done = true;
    guest.join();
    EXPECT_EQ(counted + eventfd.take().value_or(0), taken.load());
}

} // namespace
} // namespace virt

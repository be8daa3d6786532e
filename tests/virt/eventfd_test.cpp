// SPDX-License-Identifier: Apache-2.0
// Eventfds of others.
#include "virt/eventfd.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace virt {
namespace {

Fd make(unsigned count, int flags) { return Fd(::eventfd(count, EFD_CLOEXEC | flags)); }

TEST(Eventfd, OnlyEventfdsAreShared) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const Fd out(pipe[0]);
    const Fd in(pipe[1]);
    EXPECT_EQ(Eventfd::share(out.get(), "x").error().code, EINVAL);
    EXPECT_EQ(Eventfd::share(-1, "x").error().code, EBADF);
    EXPECT_EQ(Eventfd::share(9999, "x").error().code, EBADF);
    EXPECT_TRUE(Eventfd::share(make(0, 0).get(), "x"));
}

TEST(Eventfd, OutlivesTheDescriptorItCameFrom) {
    Fd theirs = make(0, EFD_NONBLOCK);
    const auto ours = *Eventfd::share(theirs.get(), "x");
    theirs = Fd();
    ours.signal();
    EXPECT_EQ(ours.take(), 1U);
}

TEST(Eventfd, AnIdForEachEventfdNotForEachDescriptor) {
    const Fd one = make(0, 0);
    const Fd again(::dup(one.get()));
    const Fd other = make(0, 0);
    EXPECT_EQ(Eventfd::share(one.get(), "x")->id(), Eventfd::share(again.get(), "x")->id());
    EXPECT_NE(Eventfd::share(one.get(), "x")->id(), Eventfd::share(other.get(), "x")->id());
}

class EventfdFlags : public testing::TestWithParam<int> {};

TEST_P(EventfdFlags, NothingWaits) {
    const auto eventfd = *Eventfd::share(make(0xFFFF'FFFF, GetParam()).get(), "x");
    EXPECT_TRUE(eventfd.pending());
    std::uint64_t rest = UINT64_MAX - 1 - 0xFFFF'FFFF;
    ASSERT_EQ(::write(eventfd.fd(), &rest, sizeof rest), 8);
    eventfd.signal(); // full
    EXPECT_EQ(eventfd.take(), GetParam() & EFD_SEMAPHORE ? 1U : UINT64_MAX - 1);
    if ((GetParam() & EFD_SEMAPHORE) == 0) {
        EXPECT_FALSE(eventfd.pending());
        EXPECT_EQ(eventfd.take(), std::nullopt); // empty
    }
}

INSTANTIATE_TEST_SUITE_P(All, EventfdFlags,
                         testing::Values(0, EFD_NONBLOCK, EFD_SEMAPHORE, EFD_SEMAPHORE | EFD_NONBLOCK));

} // namespace
} // namespace virt

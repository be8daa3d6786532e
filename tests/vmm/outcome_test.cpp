// SPDX-License-Identifier: Apache-2.0
// Exit statuses, as the README promises them.
#include "vmm/outcome.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace vmm {
namespace {

TEST(Outcome, Statuses) {
    EXPECT_EQ(exit_status(outcome::PowerOff{}), 0);
    EXPECT_EQ(exit_status(outcome::Escape{}), 0);
    EXPECT_EQ(exit_status(outcome::Panic{}), 101);
    EXPECT_EQ(exit_status(outcome::Timeout{}), 124);
    EXPECT_EQ(exit_status(outcome::Failure{}), 125);
    EXPECT_EQ(exit_status(outcome::Killed{SIGTERM}), 143);
}

TEST(Outcome, AGuestsCodeIsNeverMistakenForSuccess) {
    EXPECT_EQ(exit_status(outcome::GuestExit{0}), 0);
    EXPECT_EQ(exit_status(outcome::GuestExit{42}), 42);
    EXPECT_EQ(exit_status(outcome::GuestExit{256}), 255);
    EXPECT_EQ(exit_status(outcome::GuestExit{UINT64_MAX}), 255);
}

} // namespace
} // namespace vmm

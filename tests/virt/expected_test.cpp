// SPDX-License-Identifier: Apache-2.0
// Errors keep their errno and read as one sentence.
#include "virt/expected.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

namespace virt {
namespace {

expected<int> twice(expected<int> number) {
    VIRT_TRY(number);
    return *number * 2;
}

TEST(Expected, TryPassesTheValueOrReturnsTheError) {
    EXPECT_EQ(*twice(21), 42);
    const auto failed = twice(failure(EBUSY, "do it"));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, EBUSY);
}

TEST(Expected, CarriesWhatCannotBeCopied) {
    expected<std::unique_ptr<int>> owned = std::make_unique<int>(7);
    ASSERT_TRUE(owned);
    const auto taken = *std::move(owned);
    EXPECT_EQ(*taken, 7);
}

TEST(Expected, SentenceNamesAttemptCauseAndRemedy) {
    EXPECT_EQ((Error{ENOENT, "open kernel x", ""}.sentence()), "Unable to open kernel x: No such file or directory");
    EXPECT_EQ((Error{0, "boot x", "use y"}.sentence()), "Unable to boot x; use y");
}

TEST(Expected, SystemFailureKeepsErrno) {
    errno = ENXIO;
    const expected<void> failed = system_failure("ask");
    EXPECT_EQ(failed.error().code, ENXIO);
}

} // namespace
} // namespace virt

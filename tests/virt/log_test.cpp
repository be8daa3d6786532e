// SPDX-License-Identifier: Apache-2.0
// lkvm's message format, on stderr, by level.
#include "virt/log.hpp"

#include <gtest/gtest.h>

namespace virt {
namespace {

class Log : public testing::Test {
protected:
    ~Log() override { log::set_level(log::Level::info); }
};

TEST_F(Log, ALevelShowsItselfAndThoseBefore) {
    log::set_level(log::Level::warning);
    testing::internal::CaptureStderr();
    log::error("one {}", 1);
    log::warning("two {:#x}", 0x20);
    log::info("three");
    log::debug("four");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "  Error: one 1\n  Warning: two 0x20\n");
}

TEST_F(Log, TheLastSentenceIsAlwaysShown) {
    log::set_level(log::Level::error);
    testing::internal::CaptureStderr();
    log::fatal("Unable to go on");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "  Fatal: Unable to go on\n");
}

TEST_F(Log, ARawTerminalNeedsTheCarriageReturn) {
    log::set_raw_terminal(true);
    testing::internal::CaptureStderr();
    log::info("line");
    log::set_raw_terminal(false);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "  Info: line\r\n");
}

} // namespace
} // namespace virt

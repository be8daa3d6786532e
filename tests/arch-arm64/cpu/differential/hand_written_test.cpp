// SPDX-License-Identifier: Apache-2.0
// Cases of the rows that no oracle can be asked about: hand_written.cpp.
#include "tests/arch-arm64/cpu/differential/subject.hpp"

#include <gtest/gtest.h>

namespace differential {
namespace {

Outcome execute(std::uint32_t word) {
    Case subject{};
    subject.before.PC = entry;
    for (unsigned n = 0; n < 31; ++n)
        subject.before.X[n] = window_begin + 64ULL * n;
    subject.memory_seed = 1;
    subject.words[0] = word;
    subject.count = 1;
    return Subject().execute(std::span(&subject, 1)).front();
}

// D1.3.2: halting is not implemented, so HLT is as if EDSCR.HDE were 0.
TEST(HandWritten, HLT_is_UNDEFINED) {
    for (const std::uint32_t imm : {0U, 1U, 0xF000U, 0xFFFFU})
        EXPECT_EQ(execute(0xD440'0000 | imm << 5).stop, Stop::UNDEFINED);
}

TEST(HandWritten, SVC_is_taken_with_its_comment) {
    for (const std::uint32_t imm : {0U, 1U, 0x8000U, 0xFFFFU}) {
        const auto outcome = execute(0xD400'0001 | imm << 5);
        EXPECT_EQ(outcome.stop, Stop::SVC);
        EXPECT_EQ(outcome.detail, imm);
        EXPECT_EQ(outcome.after.PC, entry);
    }
}

} // namespace
} // namespace differential

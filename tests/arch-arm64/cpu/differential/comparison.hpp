// SPDX-License-Identifier: Apache-2.0
// What differs between two outcomes of a case, in words.
#pragma once

#include "tests/arch-arm64/cpu/differential/case.hpp"

#include <optional>
#include <string>

namespace differential {

/// What of an outcome an oracle knows.
struct Knowledge {
    std::uint32_t FPSR, FPCR; ///< these bits
};

/// The first things that differ, ours first. After an abort only why, where and what no abort may change are compared:
/// the registers that were to be loaded and what was stored up to it are UNKNOWN.
[[nodiscard]] std::optional<std::string> difference(const Outcome& ours, const Outcome& theirs, Knowledge knowledge);

/// The instruction, the registers it names in any of its fields of five bits, and FPCR: what shows a difference again.
[[nodiscard]] std::string describe(const Case& subject);

[[nodiscard]] const char* name(Stop stop);

} // namespace differential

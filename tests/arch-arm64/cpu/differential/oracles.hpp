// SPDX-License-Identifier: Apache-2.0
// The oracles, and what each of them cannot be asked.
#pragma once

#include "tests/arch-arm64/cpu/differential/comparison.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace differential {

enum class OracleKind : std::uint8_t { QEMU, VIXL };

/// Which program is asked: QEMU's Cortex-A57 is Armv8.0 with CRC32, AES, PMULL, SHA1, SHA256 as ours is, so
/// UNDEFINED can be compared, too; LSE is what its Neoverse N1 has.
enum class Program : std::uint8_t { QEMU_cortex_a57, QEMU_neoverse_n1, VIXL };
[[nodiscard]] Program program(OracleKind oracle, const Case& subject);
[[nodiscard]] std::vector<std::string> command(Program program);

/// Why it cannot be asked this; nothing: it can.
[[nodiscard]] std::optional<std::string_view> unable(OracleKind oracle, const Case& subject);
/// Why its answer says nothing; nothing: it counts.
[[nodiscard]] std::optional<std::string_view> no_answer(OracleKind oracle, const Case& subject, const Outcome& ours,
                                                        const Outcome& theirs);
[[nodiscard]] Knowledge knowledge(OracleKind oracle);

} // namespace differential

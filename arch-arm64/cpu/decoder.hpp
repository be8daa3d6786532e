// SPDX-License-Identifier: Apache-2.0
// The decode table: which row an instruction is.
#pragma once

#include "arch-arm64/cpu/row.hpp"

#include <cstdint>
#include <span>

namespace arm64::cpu {

/// All rows, those of fewer ignored and field bits before those that contain them.
[[nodiscard]] std::span<const Row> rows();

/// Null: unallocated, UNDEFINED. Any thread.
[[nodiscard]] const Row* decode(std::uint32_t word);

} // namespace arm64::cpu

// SPDX-License-Identifier: Apache-2.0
// See hand_written.hpp.
#include "tests/arch-arm64/cpu/differential/hand_written.hpp"

#include <algorithm>
#include <array>

namespace differential {
namespace {

constexpr std::string_view here = "tests/arch-arm64/cpu/differential/hand_written_test.cpp";

constexpr std::array table{
    HandWritten{"SVC", here, "a system call of the emulated process in QEMU; VIXL has it"},
    HandWritten{"HLT", here, "semihosting in QEMU, a command to itself in VIXL"},
};

} // namespace

const HandWritten* hand_written(std::string_view row) {
    const auto* const found = std::ranges::find(table, row, &HandWritten::row);
    return found == table.end() ? nullptr : found;
}

} // namespace differential

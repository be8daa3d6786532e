// SPDX-License-Identifier: Apache-2.0
// Rows that no oracle can be asked about: which test has cases of them, and why.
#pragma once

#include <string_view>

namespace differential {

struct HandWritten {
    std::string_view row;
    std::string_view test; ///< from the root of the tree
    std::string_view reason;
};

/// Null: oracles are asked.
[[nodiscard]] const HandWritten* hand_written(std::string_view row);

} // namespace differential

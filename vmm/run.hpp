// SPDX-License-Identifier: Apache-2.0
// The command `itsy run`.
#pragma once

#include "vmm/options.hpp"

namespace vmm {

/// Boots the guest and stays until it ends. Prints what went wrong, as one sentence. Answers the exit status
/// (vmm/outcome.hpp).
[[nodiscard]] int run(const RunOptions& options);

} // namespace vmm

// SPDX-License-Identifier: Apache-2.0
// The user's terminal in raw mode, and back.
#pragma once

#include "virt/expected.hpp"

namespace vmm {

/// While it lives, the terminal on stdin passes every byte both ways untouched. Whatever ends the process except
/// SIGKILL, the terminal is as before: the destructor restores it, and so do handlers of all signals that kill by
/// default. At most one at a time. Nothing happens if stdin is not a terminal.
class RawTerminal {
public:
    RawTerminal();
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;
    ~RawTerminal();

    [[nodiscard]] bool active() const { return active_; }

private:
    bool active_ = false;
};

/// False for a background job: its terminal belongs to others, and reading from it would stop the process.
[[nodiscard]] bool stdin_is_ours();

} // namespace vmm

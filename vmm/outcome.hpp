// SPDX-License-Identifier: Apache-2.0
// How a virtual machine ended, and what the process says of it.
#pragma once

#include "virt/expected.hpp"

#include <cstdint>
#include <variant>

namespace vmm {

namespace outcome {
struct PowerOff {};                        ///< PSCI SYSTEM_OFF
struct Reset {};                           ///< PSCI SYSTEM_RESET: a new VM with the same memory follows
struct GuestExit {
    std::uint64_t code;
};  ///< a store to the exit device
struct Panic {};                           ///< pvpanic, or a crash event of KVM's
struct Timeout {};                         ///< --timeout
struct Escape {};                          ///< Ctrl-A x
struct Killed {
    int signal;
};             ///< SIGTERM, SIGINT, SIGHUP or SIGQUIT, and the guest did not power off
struct Failure {
    virt::Error error;
};     ///< the host, after the start
} // namespace outcome

using Outcome = std::variant<outcome::PowerOff, outcome::Reset, outcome::GuestExit, outcome::Panic, outcome::Timeout,
                             outcome::Escape, outcome::Killed, outcome::Failure>;

/// Process exit status: power-off and escape 0, a guest's code as it is (255 if it has more than 8 bits), panic 101,
/// timeout 124, failure 125, killed 128 + signal.
[[nodiscard]] int exit_status(const Outcome& outcome);

inline constexpr int usage_status = 2;
inline constexpr int failure_status = 125;

} // namespace vmm

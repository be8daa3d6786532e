// SPDX-License-Identifier: Apache-2.0
// A state that goes from a provider's machine to another provider's: the interrupt controller, the timers and the
// guest's memory. What executes the guest stays behind: one has a CPU with its registers, the other has none.
#pragma once

#include "tests/conformance/machine.hpp"
#include "tests/conformance/state.hpp"

#include <string>
#include <vector>

namespace conformance {

/// Restores `state` into a machine of the same bricks, made by any provider. None of its vCPUs has run: afterwards
/// KVM takes no more active bits of timers' PPIs. A CPU's registers but for
/// those of its timers, and the puppet's code and mailboxes, remain as they are in `machine`.
void load(const State& state, Machine& machine);

/// `differences`, of what goes from one provider to another.
[[nodiscard]] std::vector<std::string> exchange_differences(State one, State other);

} // namespace conformance

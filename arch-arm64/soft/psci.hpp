// SPDX-License-Identifier: Apache-2.0
// Power of the vCPUs and of the VM: PSCI 0.1, 0.2, 1.0 and 1.1. Source: Arm DEN 0022; arch/arm64/kvm/psci.c.
#pragma once

#include "arch-arm64/soft/smccc.hpp"

namespace arm64::soft {

/// A call whose function no other service has. By the vCPU's thread.
[[nodiscard]] CallOutcome psci_call(const Caller& caller, const Call& call);

} // namespace arm64::soft

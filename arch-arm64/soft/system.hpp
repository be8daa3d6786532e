// SPDX-License-Identifier: Apache-2.0
// KVM in userspace as a whole: VMs whose vCPUs are executed in software. Needs nothing of the host.
#pragma once

#include "arch-arm64/kvm.hpp"
#include "virt/capability.hpp"
#include "virt/expected.hpp"

#include <memory>

namespace arm64::soft {

[[nodiscard]] std::unique_ptr<System> open(virt::CapabilityMask mask);

} // namespace arm64::soft

// SPDX-License-Identifier: Apache-2.0
// The arm64 half of the /dev/kvm provider.
#pragma once

#include "arch-arm64/kvm.hpp"
#include "virt/host/system.hpp"

#include <memory>
#include <string>

namespace arm64::kvm {

/// Opens /dev/kvm (or `path`) of an arm64 host. Every error is one sentence with the remedy; in particular an
/// x86-64 machine can have a perfectly good /dev/kvm that cannot run arm64 guests.
virt::expected<std::unique_ptr<System>> open(const std::string& path, virt::CapabilityMask mask);

} // namespace arm64::kvm

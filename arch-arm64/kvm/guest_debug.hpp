// SPDX-License-Identifier: Apache-2.0
// Guest debug wishes as the values of DBGBCR<n>_EL1, DBGBVR<n>_EL1, DBGWCR<n>_EL1, DBGWVR<n>_EL1.
#pragma once

#include "arch-arm64/kvm/abi.hpp"
#include "virt/guest_debug.hpp"

namespace arm64::kvm {

/// At most 16 of each kind. A watchpoint is 1..8 bytes within one doubleword, or a power of two of bytes up to 2 GiB,
/// aligned to its size.
[[nodiscard]] abi::GuestDebug encode(const virt::GuestDebug& debug);

} // namespace arm64::kvm

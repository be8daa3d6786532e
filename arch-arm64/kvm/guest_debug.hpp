// SPDX-License-Identifier: Apache-2.0
// Guest debug wishes as the values of DBGBCR<n>_EL1, DBGBVR<n>_EL1, DBGWCR<n>_EL1, DBGWVR<n>_EL1.
#pragma once

#include "arch-arm64/kvm/abi.hpp"
#include "virt/guest_debug.hpp"

namespace arm64::kvm {

/// EINVAL for what the registers cannot say: a watchpoint is 1..8 bytes within one doubleword, or a power of two of
/// bytes up to 2 GiB, aligned to its size; a breakpoint is at a multiple of 4. ENOSPC for more than 16 of a kind.
[[nodiscard]] virt::expected<abi::GuestDebug> encode(const virt::GuestDebug& debug);

} // namespace arm64::kvm

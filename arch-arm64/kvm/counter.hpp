// SPDX-License-Identifier: Apache-2.0
// The generic timer's counter as a process of an arm64 host sees it. Source: Arm DDI 0487, D12.1.2.
#pragma once

#include <cstdint>

namespace arm64::kvm {

/// CNTVCT_EL0. Linux runs with CNTVOFF_EL2 = 0, so it is CNTPCT_EL0 too, which KVM shows to guests unchanged; only
/// CNTVCT_EL0 is readable at EL0 everywhere. Read behind an ISB, so not before what precedes the call.
[[nodiscard]] std::uint64_t counter();
/// CNTFRQ_EL0, in Hz.
[[nodiscard]] std::uint64_t counter_frequency();

} // namespace arm64::kvm

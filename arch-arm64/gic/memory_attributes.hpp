// SPDX-License-Identifier: Apache-2.0
// Shareability and cacheability that registers hold which point to tables. Source: Arm IHI 0069, 12.11.33, 12.19.1;
// what KVM makes of them: arch/arm64/kvm/vgic/vgic-mmio-v3.c, vgic_sanitise_*.
#pragma once

#include <cstdint>

namespace arm64::gic {

enum : std::uint64_t { InnerShareable = 1, OuterShareable = 2 };                     // Shareability
enum : std::uint64_t { Device_nGnRnE = 0, InnerNonCacheable = 1, InnerRaWb = 3 };    // InnerCache
enum : std::uint64_t { SameAsInner = 0, OuterNonCacheable = 1 };                     // OuterCache

/// The register as KVM keeps it: it can do inner shareable and cacheable memory. The rest is up to the guest, which
/// sees what became of its wish. `Self` has fields Shareability, InnerCache and OuterCache.
template <class Self>
[[nodiscard]] constexpr Self sanitised(Self one) {
    if (one[Self::Shareability] == OuterShareable)
        one = one.with(Self::Shareability, InnerShareable);
    if (one[Self::InnerCache] == Device_nGnRnE || one[Self::InnerCache] == InnerNonCacheable)
        one = one.with(Self::InnerCache, InnerRaWb);
    if (one[Self::OuterCache] != OuterNonCacheable)
        one = one.with(Self::OuterCache, SameAsInner);
    return one;
}

} // namespace arm64::gic

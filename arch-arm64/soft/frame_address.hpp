// SPDX-License-Identifier: Apache-2.0
// Where a frame of the GIC may be. Source: arch/arm64/kvm/vgic/vgic-kvm-device.c, vgic_check_iorange.
#pragma once

#include "virt/expected.hpp"
#include "virt/ids.hpp"

#include <cerrno>
#include <cstdint>

namespace arm64::soft {

inline constexpr virt::Gpa frame_alignment = 0x1'0000;

/// `end`: one past the last address, a power of 2. EINVAL: not aligned, or wraps; E2BIG: beyond `end`.
[[nodiscard]] inline virt::expected<void> check_frame(virt::Gpa base, std::uint64_t size, virt::Gpa end) {
    if (base % frame_alignment != 0 || base + size < base)
        return virt::failure(EINVAL, "place a frame of the GIC there");
    if (base >= end || base + size > end)
        return virt::failure(E2BIG, "place a frame of the GIC beyond the guest's address space");
    return {};
}

} // namespace arm64::soft

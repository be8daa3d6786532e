// SPDX-License-Identifier: Apache-2.0
// Lines of interrupts, 32 at a time, as a VMM saves and restores them. Source:
// Documentation/virt/kvm/devices/arm-vgic-v3.rst, KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO.
#pragma once

#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/intid.hpp"
#include "arch-arm64/irqchip.hpp"

#include <cstdint>

namespace arm64::gic {

/// A bit for each level-sensitive interrupt of [first, first + 32) whose line is high. `first` is a multiple of 32; of
/// 0, the PPIs are that vCPU's. SGIs and what is not implemented are zero. After Gic::init.
[[nodiscard]] std::uint32_t line_levels(Gic& gic, VcpuIndex vcpu, Intid first);
/// Assigns all of them, whatever their configuration. Those that are high now are queued.
void set_line_levels(Gic& gic, VcpuIndex vcpu, Intid first, std::uint32_t levels);

} // namespace arm64::gic

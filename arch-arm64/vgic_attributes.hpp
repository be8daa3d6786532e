// SPDX-License-Identifier: Apache-2.0
// Device attributes of KVM's vGIC and ITS. Source: Documentation/virt/kvm/devices/arm-vgic-v3.rst, arm-vgic-its.rst,
// arm-vgic.rst.
#pragma once

#include <cstdint>

namespace arm64::attr {

inline constexpr std::uint32_t GRP_ADDR = 0, GRP_DIST_REGS = 1, GRP_CPU_REGS = 2, GRP_NR_IRQS = 3, GRP_CTRL = 4,
                               GRP_REDIST_REGS = 5, GRP_CPU_SYSREGS = 6, GRP_LEVEL_INFO = 7, GRP_ITS_REGS = 8;
inline constexpr std::uint64_t VGIC_V2_ADDR_TYPE_DIST = 0, VGIC_V2_ADDR_TYPE_CPU = 1;
inline constexpr std::uint64_t VGIC_V3_ADDR_TYPE_DIST = 2, VGIC_V3_ADDR_TYPE_REDIST = 3, VGIC_ITS_ADDR_TYPE = 4,
                               VGIC_V3_ADDR_TYPE_REDIST_REGION = 5;
inline constexpr std::uint64_t CTRL_INIT = 0, CTRL_ITS_SAVE_TABLES = 1, CTRL_ITS_RESTORE_TABLES = 2,
                               CTRL_SAVE_PENDING_TABLES = 3, CTRL_ITS_RESET = 4;

} // namespace arm64::attr

// SPDX-License-Identifier: Apache-2.0
// Holds our copy of KVM's arm64 ABI to the system's, where the system has it.
#include "arch-arm64/kvm/abi.hpp"

#include "arch-arm64/vgic_attributes.hpp"

namespace arm64::kvm::abi {

static_assert(ARM_VCPU_INIT == 0x4020AEAE && ARM_PREFERRED_TARGET == 0x8020AEAF && ARM_VCPU_FINALIZE == 0x4004AEC2);
static_assert(sizeof(GuestDebug) == 520 && SET_VCPU_EVENTS == 0x4040AEA0 && GET_VCPU_EVENTS == 0x8040AE9F);

} // namespace arm64::kvm::abi

#if defined(__aarch64__)
#include <linux/kvm.h>

namespace arm64::kvm {

static_assert(abi::ARM_VCPU_INIT == KVM_ARM_VCPU_INIT && sizeof(abi::VcpuInit) == sizeof(kvm_vcpu_init));
static_assert(abi::ARM_PREFERRED_TARGET == KVM_ARM_PREFERRED_TARGET);
static_assert(abi::ARM_VCPU_FINALIZE == KVM_ARM_VCPU_FINALIZE);
static_assert(abi::SET_GUEST_DEBUG == KVM_SET_GUEST_DEBUG && sizeof(abi::GuestDebug) == sizeof(kvm_guest_debug));
static_assert(abi::GET_VCPU_EVENTS == KVM_GET_VCPU_EVENTS && abi::SET_VCPU_EVENTS == KVM_SET_VCPU_EVENTS);
static_assert(abi::GUESTDBG_ENABLE == KVM_GUESTDBG_ENABLE && abi::GUESTDBG_SINGLESTEP == KVM_GUESTDBG_SINGLESTEP);
static_assert(abi::GUESTDBG_USE_SW_BP == KVM_GUESTDBG_USE_SW_BP && abi::GUESTDBG_USE_HW == KVM_GUESTDBG_USE_HW);
static_assert(attr::GRP_ADDR == KVM_DEV_ARM_VGIC_GRP_ADDR && attr::GRP_DIST_REGS == KVM_DEV_ARM_VGIC_GRP_DIST_REGS);
static_assert(attr::GRP_CPU_REGS == KVM_DEV_ARM_VGIC_GRP_CPU_REGS && attr::GRP_NR_IRQS == KVM_DEV_ARM_VGIC_GRP_NR_IRQS);
static_assert(attr::GRP_CTRL == KVM_DEV_ARM_VGIC_GRP_CTRL && attr::GRP_ITS_REGS == KVM_DEV_ARM_VGIC_GRP_ITS_REGS);
static_assert(attr::GRP_REDIST_REGS == KVM_DEV_ARM_VGIC_GRP_REDIST_REGS);
static_assert(attr::GRP_CPU_SYSREGS == KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS);
static_assert(attr::GRP_LEVEL_INFO == KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO);
static_assert(attr::VGIC_V2_ADDR_TYPE_DIST == KVM_VGIC_V2_ADDR_TYPE_DIST);
static_assert(attr::VGIC_V2_ADDR_TYPE_CPU == KVM_VGIC_V2_ADDR_TYPE_CPU);
static_assert(attr::VGIC_V3_ADDR_TYPE_DIST == KVM_VGIC_V3_ADDR_TYPE_DIST);
static_assert(attr::VGIC_V3_ADDR_TYPE_REDIST == KVM_VGIC_V3_ADDR_TYPE_REDIST);
static_assert(attr::VGIC_V3_ADDR_TYPE_REDIST_REGION == KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION);
static_assert(attr::VGIC_ITS_ADDR_TYPE == KVM_VGIC_ITS_ADDR_TYPE);
static_assert(attr::CTRL_INIT == KVM_DEV_ARM_VGIC_CTRL_INIT && attr::CTRL_ITS_RESET == KVM_DEV_ARM_ITS_CTRL_RESET);
static_assert(attr::CTRL_ITS_SAVE_TABLES == KVM_DEV_ARM_ITS_SAVE_TABLES);
static_assert(attr::CTRL_ITS_RESTORE_TABLES == KVM_DEV_ARM_ITS_RESTORE_TABLES);
static_assert(attr::CTRL_SAVE_PENDING_TABLES == KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES);

} // namespace arm64::kvm
#endif

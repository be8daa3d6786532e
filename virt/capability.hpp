// SPDX-License-Identifier: Apache-2.0
// What a KVM can be asked for, and what it can be told to hide.
#pragma once

#include "virt/expected.hpp"

#include <cstdint>
#include <set>
#include <string_view>

namespace virt {

/// KVM_CAP_* that the project asks about. Numbers: include/uapi/linux/kvm.h.
enum class Capability : int {
    irqchip = 0,
    user_memory = 3,
    nr_vcpus = 9,
    mp_state = 14,
    irq_routing = 25,
    irqfd = 32,
    ioeventfd = 36,
    max_vcpus = 66,
    one_reg = 70,
    signal_msi = 77,
    readonly_mem = 81,
    irqfd_resample = 82,
    device_ctrl = 89,
    arm_psci_0_2 = 102,
    guest_debug_hw_bps = 119,
    guest_debug_hw_wps = 120,
    ioeventfd_any_length = 122,
    arm_pmu_v3 = 126,
    max_vcpu_id = 128,
    msi_devid = 131,
    immediate_exit = 136,
    arm_user_irq = 144,
    arm_vm_ipa_size = 165,
    arm_sve = 170,
    arm_ptrauth_address = 171,
    arm_ptrauth_generic = 172,
    arm_irq_line_layout_2 = 174,
    arm_nisv_to_user = 177,
    arm_inject_ext_dabt = 178,
    arm_mte = 205,
    arm_system_suspend = 216,
    counter_offset = 227,
    arm_el2 = 240,
};

/// KVM_DEV_TYPE_* of KVM_CREATE_DEVICE. Numbers: include/uapi/linux/kvm.h.
enum class DeviceType : std::uint32_t { vfio = 4, vgic_v2 = 5, vgic_v3 = 7, vgic_its = 8 };

/// What a provider pretends not to have, so that every fallback can be tested on any host.
///
/// A hidden capability reads 0 and its calls fail with ENOTTY, as on a kernel that never heard of them; a hidden
/// device type fails with ENODEV.
class CapabilityMask {
public:
    /// Comma-separated names: irqfd, resample, ioeventfd, routing, signal-msi, msi-devid, readonly-mem,
    /// user-irq, debug, vgic-v2, vgic-v3, its. EINVAL names the unknown one and lists those there are.
    static expected<CapabilityMask> parse(std::string_view names);

    [[nodiscard]] bool hides(Capability capability) const { return capabilities_.contains(capability); }
    [[nodiscard]] bool hides(DeviceType type) const { return devices_.contains(type); }
    void hide(Capability capability) { capabilities_.insert(capability); }
    void hide(DeviceType type) { devices_.insert(type); }

private:
    std::set<Capability> capabilities_;
    std::set<DeviceType> devices_;
};

} // namespace virt

// SPDX-License-Identifier: Apache-2.0
// The attributes of a vGICv3 (KVM_DEV_TYPE_ARM_VGIC_V3). Source: Documentation/virt/kvm/devices/arm-vgic-v3.rst;
// arch/arm64/kvm/vgic/vgic-kvm-device.c.
#pragma once

#include "arch-arm64/irqchip.hpp"
#include "virt/kvm.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace arm64::soft {

class Vgic;
class Vm;

class VgicDevice final : public virt::Device {
public:
    explicit VgicDevice(Vm& vm) : vm_(vm) {}

    [[nodiscard]] bool has_attr(std::uint32_t group, std::uint64_t attr) const override;
    virt::expected<void> get_attr(std::uint32_t group, std::uint64_t attr, std::span<std::byte> data) const override;
    virt::expected<void> set_attr(std::uint32_t group, std::uint64_t attr, std::span<const std::byte> data) override;

private:
    Vm& vm_;
};

} // namespace arm64::soft

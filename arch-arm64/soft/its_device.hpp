// SPDX-License-Identifier: Apache-2.0
// The attributes of an ITS (KVM_DEV_TYPE_ARM_VGIC_ITS). Source: Documentation/virt/kvm/devices/arm-vgic-its.rst;
// arch/arm64/kvm/vgic/vgic-its.c.
#pragma once

#include "arch-arm64/gic/its.hpp"
#include "virt/kvm.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace arm64::soft {

class Vm;

class ItsDevice final : public virt::Device {
public:
    ItsDevice(Vm& vm, gic::Its& its) : vm_(vm), its_(its) {}

    [[nodiscard]] bool has_attr(std::uint32_t group, std::uint64_t attr) const override;
    virt::expected<void> get_attr(std::uint32_t group, std::uint64_t attr, std::span<std::byte> data) const override;
    virt::expected<void> set_attr(std::uint32_t group, std::uint64_t attr, std::span<const std::byte> data) override;

private:
    Vm& vm_;
    gic::Its& its_;
};

} // namespace arm64::soft

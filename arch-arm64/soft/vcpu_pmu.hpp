// SPDX-License-Identifier: Apache-2.0
// The interrupt of a vCPU's PMU: KVM_ARM_VCPU_PMU_V3_CTRL. Source: Documentation/virt/kvm/devices/vcpu.rst, 1;
// arch/arm64/kvm/pmu-emul.c.
#pragma once

#include "arch-arm64/gic/interrupt.hpp"
#include "arch-arm64/irqchip.hpp"
#include "virt/expected.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace arm64::soft {

class Vm;
struct VcpuContext;

/// Of a vCPU with the feature; without, every attribute is ENODEV. By the vCPU's thread, but where it says otherwise.
class VcpuPmu {
public:
    static constexpr std::uint32_t group = 0; ///< KVM_ARM_VCPU_PMU_V3_CTRL

    [[nodiscard]] static bool has_attr(std::uint64_t attr) { return attr == IRQ || attr == INIT; }
    /// EINVAL without a vGIC, ENXIO before it is set.
    [[nodiscard]] virt::expected<void> get_attr(Vm& vm, std::uint64_t attr, std::span<std::byte> data) const;
    virt::expected<void> set_attr(Vm& vm, VcpuContext& vcpu, std::uint64_t attr, std::span<const std::byte> data);

    /// Before the first run. EINVAL unless it is initialised, with an interrupt exactly if there is a vGIC.
    [[nodiscard]] virt::expected<void> check(const Vm& vm) const;

    /// What the guest made of it; drives the interrupt. Any thread.
    void set_level(CpuSide::Level level);
    [[nodiscard]] bool level() const { return level_.load(); }

    /// The number that was set; 0: none. Any thread.
    [[nodiscard]] std::uint32_t intid() const { return intid_.load(); }

private:
    static constexpr std::uint64_t IRQ = 0, INIT = 1;

    virt::expected<void> set_intid(Vm& vm, std::span<const std::byte> data);
    virt::expected<void> init(Vm& vm, const VcpuContext& vcpu);

    std::atomic<std::uint32_t> intid_ = 0;
    bool initialised_ = false;
    gic::Interrupt* interrupt_ = nullptr; // ours alone
    std::atomic<bool> level_ = false;
};

} // namespace arm64::soft

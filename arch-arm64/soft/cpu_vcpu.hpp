// SPDX-License-Identifier: Apache-2.0
// A vCPU that a CPU in software executes: KVM's calls on it.
#pragma once

#include "arch-arm64/soft/pe.hpp"
#include "arch-arm64/soft/vcpu.hpp"
#include "virt/guest_debug.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace arm64::soft {

class CpuVcpu final : public Vcpu {
public:
    /// `pe` is the engine's and outlives it.
    CpuVcpu(Vm& vm, VcpuContext& context, Pe& pe);

    void complete(std::uint64_t value) override { pe_.complete(value); }
    virt::expected<void> finish() override;
    void kick() override { pe_.kick(); }

    [[nodiscard]] std::uint64_t device_irq_level() const override { return pe_.device_irq_level(); }
    virt::expected<void> inject_external_abort() override;
    [[nodiscard]] virt::expected<VcpuEvents> events() const override;
    virt::expected<void> set_events(const VcpuEvents& events) override;
    virt::expected<virt::DebugResources> set_guest_debug(virt::DebugUser user, virt::GuestDebug wish) override;

private:
    virt::expected<virt::Exit> enter() override { return pe_.run(); }
    virt::expected<void> reset(VcpuFeatures features) override;
    void catch_up() const override { pe_.catch_up(); }
    virt::expected<void> get_cpu_register(virt::RegisterId id, std::span<std::byte> data) const override;
    virt::expected<void> set_cpu_register(virt::RegisterId id, std::span<const std::byte> data) override;
    [[nodiscard]] std::vector<virt::RegisterId> cpu_registers() const override;

    Pe& pe_;
    virt::GuestDebugUsers debug_;
};

} // namespace arm64::soft

// SPDX-License-Identifier: Apache-2.0
// Executes vCPUs in software: a PE for each, all in one Inner Shareable domain.
#pragma once

#include "arch-arm64/cpu/maintenance.hpp"
#include "arch-arm64/cpu/model.hpp"
#include "arch-arm64/soft/engine.hpp"
#include "arch-arm64/soft/firmware.hpp"
#include "arch-arm64/soft/pe.hpp"
#include "arch-arm64/soft/vgic.hpp"

#include <array>
#include <memory>

namespace arm64::soft {

class CpuEngine final : public Engine {
public:
    explicit CpuEngine(const cpu::Model& model) : model_(model) {}

    [[nodiscard]] VcpuFeatures features() const override;
    [[nodiscard]] int check_extension(virt::Capability capability) const override;
    void settle(VcpuFeatures features) override;
    void begin(Vm& vm) override;
    void look(VcpuIndex vcpu) override { pe(vcpu).look(); }
    void forget_memory() override { cluster_.forget_memory(); }
    virt::expected<std::unique_ptr<Vcpu>> make_vcpu(Vm& vm, VcpuContext& context) override;

    // CpuSide
    void set_line(VcpuIndex vcpu, Input input, Level level) override { pe(vcpu).set_line(input, level); }
    void wake(VcpuIndex vcpu) override { pe(vcpu).ring(); }

private:
    [[nodiscard]] Pe& pe(VcpuIndex vcpu) { return *pes_[vcpu.value]; }

    cpu::Model model_; // of all PEs; what features and the vGIC decide is settled before one runs
    bool begun_ = false;
    cpu::Cluster cluster_;
    Firmware firmware_;
    std::array<std::unique_ptr<Pe>, Vgic::most_vcpus> pes_; // others see the first ones, which stay
};

} // namespace arm64::soft

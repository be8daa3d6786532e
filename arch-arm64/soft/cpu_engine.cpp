// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/soft/cpu_engine.hpp"

#include "arch-arm64/cpu/state.hpp"
#include "arch-arm64/soft/cpu_vcpu.hpp"
#include "arch-arm64/soft/vm.hpp"

#include <unistd.h>

#include <algorithm>

namespace arm64::soft {
namespace {

using virt::Capability;

constexpr std::uint64_t PMUVer = 0xFU << 8; // of ID_AA64DFR0_EL1
constexpr std::uint64_t GIC = 0xFU << 24;   // of ID_AA64PFR0_EL1

} // namespace

VcpuFeatures CpuEngine::features() const { return VcpuFeatures().add(VcpuFeature::psci_0_2).add(VcpuFeature::pmu_v3); }

int CpuEngine::check_extension(Capability capability) const {
    switch (capability) {
    case Capability::nr_vcpus:
        return std::clamp(static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)), 1, int{Vgic::most_vcpus});
    case Capability::guest_debug_hw_bps: return cpu::SystemRegisters::breakpoints;
    case Capability::guest_debug_hw_wps: return cpu::SystemRegisters::watchpoints;
    case Capability::arm_psci_0_2:
    case Capability::arm_pmu_v3:
    case Capability::immediate_exit:
    case Capability::arm_user_irq:
    case Capability::arm_nisv_to_user:
    case Capability::arm_inject_ext_dabt:
    case Capability::arm_system_suspend: return 1;
    default: return 0;
    }
}

void CpuEngine::settle(VcpuFeatures features) {
    firmware_.settle(features.has(VcpuFeature::psci_0_2));
    if (!features.has(VcpuFeature::pmu_v3))
        model_.ID_AA64DFR0_EL1 &= ~PMUVer;
}

void CpuEngine::begin(Vm& vm) {
    if (std::exchange(begun_, true))
        return;
    firmware_.fix();
    if (!vm.has_vgic())
        model_.ID_AA64PFR0_EL1 &= ~GIC;
}

virt::expected<std::unique_ptr<Vcpu>> CpuEngine::make_vcpu(Vm& vm, VcpuContext& context) {
    auto& place = pes_[context.index.value];
    place = std::make_unique<Pe>(vm, context, model_, cluster_, firmware_);
    return std::make_unique<CpuVcpu>(vm, context, *place);
}

} // namespace arm64::soft

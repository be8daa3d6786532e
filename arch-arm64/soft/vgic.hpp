// SPDX-License-Identifier: Apache-2.0
// The vGICv3 of a VM with its ITSs: a GIC, where its frames are, and what KVM makes of the order in which it is told.
// Source: arch/arm64/kvm/vgic/vgic-init.c, vgic-kvm-device.c, vgic-mmio-v3.c.
#pragma once

#include "arch-arm64/gic/distributor.hpp"
#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/gic/its.hpp"
#include "arch-arm64/gic/redistributor_frame.hpp"
#include "arch-arm64/irqchip.hpp"
#include "arch-arm64/soft/redistributor_regions.hpp"
#include "virt/expected.hpp"
#include "virt/ids.hpp"
#include "virt/soft/vm.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace arm64::soft {

/// Any of it under the lock of the VM, but the GIC itself, and ITSs once they are created. Frames come to the bus as in
/// KVM: a redistributor's as soon as both its address and its vCPU are known, an ITS's with its address, the
/// distributor's when the first vCPU runs.
class Vgic {
public:
    static constexpr std::uint32_t most_vcpus = gic::Gic::most_vcpus;

    /// `end`: of the address space, a power of 2.
    Vgic(CpuSide& cpus, const gic::Implementation& implementation, virt::soft::Ground& ground, virt::Gpa end);

    [[nodiscard]] gic::Gic& gic() { return gic_; }
    [[nodiscard]] const gic::Gic& gic() const { return gic_; }
    [[nodiscard]] gic::Distributor& distributor() { return distributor_; }
    [[nodiscard]] gic::RedistributorFrame& redistributor(VcpuIndex vcpu) { return vcpus_.at(vcpu.value)->frame; }

    /// Whether `create` was called. Any thread.
    [[nodiscard]] bool created() const { return created_; }
    /// KVM_CREATE_DEVICE of a vGICv3. EEXIST.
    virt::expected<void> create();

    /// 32 private ones included; 32 until it is set or initialised.
    [[nodiscard]] std::uint32_t interrupts() const { return interrupts_; }
    /// EINVAL unless it is 64, 96, ... 992. EBUSY the second time, and after `init`.
    virt::expected<void> set_interrupts(std::uint32_t number);
    /// KVM_DEV_ARM_VGIC_CTRL_INIT. Nothing happens the second time.
    void init();

    [[nodiscard]] std::optional<virt::Gpa> distributor_address() const { return distributor_base_; }
    /// EEXIST, EINVAL, E2BIG.
    virt::expected<void> place_distributor(virt::Gpa base);
    [[nodiscard]] const RedistributorRegions& regions() const { return regions_; }
    /// KVM_VGIC_V3_ADDR_TYPE_REDIST, or _REDIST_REGION if `region.count` is not 0.
    virt::expected<void> place_redistributors(const RedistributorRegions::Region& region);

    /// The next vCPU. EINVAL: its redistributor has no place. ENOSPC: nor has the bus. `init` comes later.
    virt::expected<void> add_vcpu(virt::VcpuId id);
    [[nodiscard]] std::size_t vcpus() const { return vcpus_.size(); }

    /// KVM_CREATE_DEVICE of an ITS. It needs no vGIC; resets GICR_PROPBASER.
    gic::Its& create_its();
    /// EEXIST, EINVAL, E2BIG, ENOSPC.
    virt::expected<void> place(gic::Its& its, virt::Gpa base);

    /// kvm_vgic_map_resources, before a vCPU's first run. ENXIO: the distributor or a redistributor has no address;
    /// EINVAL: frames overlap; EBUSY: not initialised. Nothing happens the second time, or without a vGIC.
    virt::expected<void> map();

private:
    struct Vcpu {
        explicit Vcpu(gic::Gic& gic, gic::Redistributor& redistributor) : frame(gic, redistributor) {}
        gic::RedistributorFrame frame;
        std::optional<RedistributorRegions::Place> place;
    };

    /// `vcpus`: that there are already.
    virt::expected<void> place_frame(Vcpu& vcpu, std::size_t vcpus);
    void take_back(Vcpu& vcpu);
    void tell_who_is_last();
    [[nodiscard]] RedistributorRegions::Surroundings surroundings(std::size_t vcpus) const {
        return {vcpus, distributor_base_};
    }

    const virt::Gpa end_;
    virt::soft::Ground& ground_;
    gic::Gic gic_;
    gic::Distributor distributor_;
    RedistributorRegions regions_;
    std::vector<std::unique_ptr<Vcpu>> vcpus_; // by creation index
    std::vector<std::unique_ptr<gic::Its>> its_;
    std::optional<virt::Gpa> distributor_base_;
    std::uint32_t interrupts_ = gic::Redistributor::private_interrupts;
    std::atomic<bool> created_ = false;
    bool mapped_ = false;
};

} // namespace arm64::soft

// SPDX-License-Identifier: Apache-2.0
// A VM whose vGIC, ITSs and timers are in userspace: KVM but for what executes vCPUs, which is an Engine.
#pragma once

#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/irqchip.hpp"
#include "arch-arm64/kvm.hpp"
#include "arch-arm64/soft/engine.hpp"
#include "arch-arm64/soft/vcpu.hpp"
#include "arch-arm64/soft/vgic.hpp"
#include "arch-arm64/timer/counter.hpp"
#include "arch-arm64/timer/vm_timers.hpp"
#include "virt/capability.hpp"
#include "virt/soft/vm.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

namespace arm64::soft {

/// What both halves of the VM stand on, and what therefore goes last: irqfds reach the GIC to their end.
struct Foundation {
    Foundation(std::unique_ptr<Engine> executor, virt::Gpa end)
        : engine(std::move(executor)), vgic(*engine, engine->implementation(), ground, end) {}

    std::unique_ptr<Engine> engine;
    virt::soft::Ground ground;
    Vgic vgic;
};

/// Lock order: this VM's lock, then whatever the GIC has.
class Vm final : private Foundation, public virt::soft::Vm, public arm64::Vm {
public:
    static constexpr unsigned most_ipa_bits = 48;

    /// `ipa_bits`: 32 to 48; 0 means 40. EINVAL. `counter` outlives the VM.
    static virt::expected<std::unique_ptr<Vm>> create(std::unique_ptr<Engine> executor, const timer::Counter& counter,
                                                      unsigned ipa_bits, virt::CapabilityMask mask = {});
    ~Vm() override;

    /// What any VM of that engine can, whatever was created in it and nothing hidden.
    [[nodiscard]] static int offers(const Engine& engine, virt::Capability capability);
    [[nodiscard]] int check_extension(virt::Capability capability) const override;
    virt::expected<void> enable(virt::Capability capability, std::uint64_t argument) override;
    virt::expected<std::unique_ptr<virt::Device>> create_device(virt::DeviceType type) override;
    [[nodiscard]] bool knows_device(virt::DeviceType type) const override;
    virt::expected<std::unique_ptr<arm64::Vcpu>> create_vcpu(virt::VcpuId id) override;
    virt::expected<void> set_irq_line(virt::IrqLineField irq, bool level) override;

    [[nodiscard]] bool has_attr(std::uint32_t group, std::uint64_t attr) const override;
    virt::expected<void> get_attr(std::uint32_t group, std::uint64_t attr, std::span<std::byte> data) const override;
    virt::expected<void> set_attr(std::uint32_t group, std::uint64_t attr, std::span<const std::byte> data) override;

    // For vCPUs, devices, and what executes. Any thread.

    [[nodiscard]] gic::Gic& gic() { return vgic.gic(); }
    /// What answers ICC_*; null: they are UNDEFINED, as there is no vGIC.
    [[nodiscard]] IrqchipSide* irqchip() { return has_vgic() ? &gic() : nullptr; }
    [[nodiscard]] Engine& what_executes() { return *engine; }
    [[nodiscard]] timer::VmTimers& timers() { return timers_; }
    [[nodiscard]] bool has_vgic() const { return vgic.created(); }
    /// Whether KVM_ENABLE_CAP was called for it.
    [[nodiscard]] bool enabled(virt::Capability capability) const;

    /// What all vCPUs have, without POWER_OFF; nothing before the first initialisation.
    [[nodiscard]] VcpuFeatures features() const;
    /// Calls `visit(VcpuContext&)` for each vCPU that was created, under the lock of the VM.
    template <class Visit>
    void each_vcpu(Visit visit) const {
        const std::scoped_lock lock(lock_);
        for (const auto& vcpu : vcpus_)
            visit(*vcpu);
    }

    /// KVM_ARM_VCPU_INIT: ENOENT: nobody knows that feature; EINVAL: the engine lacks it, or another vCPU has other
    /// features.
    virt::expected<void> settle_features(VcpuFeatures features);
    /// What the GIC knows a vCPU by from now on.
    void set_affinity(VcpuIndex vcpu, std::uint64_t MPIDR_EL1);
    /// See Vcpu::prepare.
    virt::expected<void> prepare(VcpuContext& vcpu);

    /// For a device: calls `use(Vgic&)` under the lock of the VM. EIO once it is dead.
    template <class Use>
    auto with_vgic(Use use) -> decltype(use(vgic)) {
        VIRT_TRY(alive());
        const std::scoped_lock lock(lock_);
        return use(vgic);
    }
    /// The same with all vCPUs kept from running. EBUSY if one does.
    template <class Use>
    auto with_stopped_vgic(Use use) -> decltype(use(vgic)) {
        VIRT_TRY(alive());
        const std::scoped_lock lock(lock_);
        const auto stopped = stop_vcpus();
        VIRT_TRY(stopped);
        return use(vgic);
    }
    /// KVM_DEV_ARM_VGIC_CTRL_INIT, under that lock.
    virt::expected<void> init_vgic();

protected:
    [[nodiscard]] bool has_irqchip() const override { return has_vgic(); }
    void memory_changed() override { engine->forget_memory(); }

private:
    using Stopped = std::vector<std::unique_lock<std::mutex>>;

    Vm(std::unique_ptr<Engine> executor, std::unique_ptr<virt::EventLoop> loop, const timer::Counter& counter,
       unsigned ipa_bits, virt::CapabilityMask mask);
    [[nodiscard]] virt::expected<Stopped> stop_vcpus();
    virt::expected<void> set_vcpu_input(std::uint32_t vcpu, std::uint32_t number, CpuSide::Level level);
    static virt::expected<void> set_input(gic::Interrupt* interrupt, CpuSide::Level level);

    mutable std::mutex lock_; // KVM's kvm->lock, slots_lock and config_lock
    std::set<virt::Capability> enabled_;
    std::optional<VcpuFeatures> features_; // the same for all vCPUs, without POWER_OFF
    timer::VmTimers timers_;
    std::vector<std::unique_ptr<VcpuContext>> vcpus_; // by creation index
};

} // namespace arm64::soft

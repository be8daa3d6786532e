// SPDX-License-Identifier: Apache-2.0
// What a vCPU is beside its CPU: initialisation, identity, timers, attributes. Source:
// Documentation/virt/kvm/api.rst 4.38, 4.68, 4.82; Documentation/virt/kvm/devices/vcpu.rst.
#pragma once

#include "arch-arm64/irqchip.hpp"
#include "arch-arm64/kvm.hpp"
#include "arch-arm64/soft/power.hpp"
#include "arch-arm64/soft/vcpu_pmu.hpp"
#include "arch-arm64/timer/arch_timer.hpp"
#include "arch-arm64/timer/loop_alarm.hpp"
#include "virt/expected.hpp"
#include "virt/ids.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

namespace arm64::soft {

class Vm;

/// Belongs to the VM, and stays when the vCPU's object goes, as a vCPU of KVM's does.
struct VcpuContext {
    VcpuContext(VcpuIndex creation_index, virt::VcpuId vcpu_id, timer::VmTimers& timers, virt::EventLoop& loop)
        : index(creation_index),
          id(vcpu_id),
          alarm(loop, timers.counter(), [this] { timer.look(); }),
          timer(timers, alarm) {}

    const VcpuIndex index;
    const virt::VcpuId id;
    std::mutex running; ///< held inside KVM_RUN, and by who needs that no vCPU runs
    std::atomic<bool> initialised = false;
    std::atomic<bool> has_run = false;
    std::atomic<std::uint64_t> MPIDR_EL1 = 0;
    Power power;
    VcpuPmu pmu;
    timer::LoopAlarm alarm;
    timer::ArchTimer timer;
};

/// The engine derives from this: it executes, and has the registers of the CPU itself.
class Vcpu : public arm64::Vcpu {
public:
    virt::expected<void> init(VcpuFeatures features) final;
    /// EINVAL: there is no such feature to finalize. An engine that has SVE overrides it.
    virt::expected<void> finalize(VcpuFeature feature) override;

    virt::expected<virt::Exit> run() final;

    virt::expected<void> get(virt::RegisterId id, std::span<std::byte> data) const final;
    virt::expected<void> set(virt::RegisterId id, std::span<const std::byte> data) final;
    [[nodiscard]] virt::expected<std::vector<virt::RegisterId>> registers() const final;
    using virt::Vcpu::get;
    using virt::Vcpu::set;

    [[nodiscard]] virt::expected<virt::MpState> mp_state() const final;
    virt::expected<void> set_mp_state(virt::MpState state) final;

    [[nodiscard]] bool has_attr(std::uint32_t group, std::uint64_t attr) const override;
    virt::expected<void> get_attr(std::uint32_t group, std::uint64_t attr, std::span<std::byte> data) const override;
    virt::expected<void> set_attr(std::uint32_t group, std::uint64_t attr, std::span<const std::byte> data) override;

    /// What KVM_RUN does before it enters the guest: the vGIC's frames come to the bus, the timers take their PPIs.
    /// ENOEXEC, EINVAL; other errors end the VM.
    virt::expected<void> prepare();

    [[nodiscard]] VcpuContext& context() const { return context_; }

protected:
    Vcpu(Vm& vm, VcpuContext& context) : vm_(vm), context_(context) {}
    [[nodiscard]] Vm& vm() const { return vm_; }

    /// KVM_RUN of a vCPU that is initialised and prepared.
    virtual virt::expected<virt::Exit> enter() = 0;
    /// KVM_ARM_VCPU_INIT: registers have their reset values.
    virtual virt::expected<void> reset(VcpuFeatures features) = 0;
    /// What others have asked of it, and what precedes any look at its registers: CPU_ON's reset.
    virtual void catch_up() const {}
    /// KVM_{GET,SET}_ONE_REG but MPIDR_EL1 and the timers'. ENOENT. `data` has the register's size.
    virtual virt::expected<void> get_cpu_register(virt::RegisterId id, std::span<std::byte> data) const = 0;
    virtual virt::expected<void> set_cpu_register(virt::RegisterId id, std::span<const std::byte> data) = 0;
    /// Which of these there are.
    [[nodiscard]] virtual std::vector<virt::RegisterId> cpu_registers() const = 0;

private:
    /// ENOEXEC.
    [[nodiscard]] virt::expected<void> usable() const;
    /// ENODEV.
    [[nodiscard]] virt::expected<void> check_pmu() const;

    Vm& vm_;
    VcpuContext& context_;
};

} // namespace arm64::soft

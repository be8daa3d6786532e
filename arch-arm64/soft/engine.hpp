// SPDX-License-Identifier: Apache-2.0
// What executes the vCPUs of a VM whose GIC is in userspace.
#pragma once

#include "arch-arm64/gic/cpu_interface.hpp"
#include "arch-arm64/irqchip.hpp"
#include "arch-arm64/kvm.hpp"
#include "virt/capability.hpp"
#include "virt/expected.hpp"

#include <memory>

namespace arm64::soft {

class Vcpu;
class Vm;
struct VcpuContext;

/// One for each VM, which owns it.
class Engine : public CpuSide {
public:
    /// Which its CPUs have: EINVAL for others.
    [[nodiscard]] virtual VcpuFeatures features() const = 0;
    /// What its CPUs' interfaces to the GIC are like, all alike: a state that comes from others has to agree.
    [[nodiscard]] virtual gic::Implementation implementation() const { return {}; }
    /// KVM_CHECK_EXTENSION of what its CPUs can do; 0 for what it does not know.
    [[nodiscard]] virtual int check_extension(virt::Capability capability) const = 0;
    /// The features of all vCPUs are known: with the first KVM_ARM_VCPU_INIT, under the lock of the VM. Once.
    virtual void settle(VcpuFeatures /*features*/) {}
    /// A vCPU is about to run for the first time, under the lock of the VM; its vGIC comes now or never.
    virtual void begin(Vm& /*vm*/) {}
    /// The power of that vCPU has changed, or the level of a timer that has no interrupt: wakes or kicks it. Any
    /// thread.
    virtual void look(VcpuIndex /*vcpu*/) {}
    /// When it returns, nothing has host addresses of guest memory that it was given before. Any thread, but that of a
    /// vCPU that executes.
    virtual void forget_memory() {}
    /// `context` and `vm` outlive the vCPU.
    virtual virt::expected<std::unique_ptr<Vcpu>> make_vcpu(Vm& vm, VcpuContext& context) = 0;
};

} // namespace arm64::soft

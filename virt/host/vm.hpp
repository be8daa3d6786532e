// SPDX-License-Identifier: Apache-2.0
// The architecture-neutral half of a VM on the kernel's KVM.
#pragma once

#include "virt/host/attributes.hpp"
#include "virt/host/system.hpp"
#include "virt/kvm.hpp"

namespace virt::host {

/// Arm's half derives from this and from arm64::Vm.
class Vm : public FdAttributes, public virtual virt::Vm {
public:
    [[nodiscard]] int check_extension(Capability capability) const override;
    expected<void> enable(Capability capability, std::uint64_t argument) override;

    expected<void> add_memory(const MemorySlot& slot) override;
    expected<void> remove_memory(SlotId id) override;
    expected<void> set_slot_listener(SlotListener* listener) override { return slots_.set_listener(listener); }
    expected<void> set_dirty_log(SlotId id, DirtyLog log) override;
    expected<void> collect_dirty(SlotId id, std::span<std::uint64_t> bitmap) override;

    expected<std::unique_ptr<virt::Device>> create_device(DeviceType type) override;
    [[nodiscard]] bool knows_device(DeviceType type) const override;

    expected<void> set_gsi_routing(const kvm_irq_routing& table) override;
    expected<void> assign(const Irqfd& irqfd) override;
    expected<void> deassign(const Irqfd& irqfd) override;
    expected<void> assign(const Ioeventfd& ioeventfd) override;
    expected<void> deassign(const Ioeventfd& ioeventfd) override;
    expected<bool> signal(const Msi& msi) override;
    expected<void> set_irq_line(IrqLineField irq, bool level) override;

protected:
    /// `system` must outlive the VM.
    Vm(const System& system, Fd fd) : FdAttributes(std::move(fd)), system_(system) {}
    [[nodiscard]] expected<Fd> create_vcpu_fd(VcpuId id) const;
    [[nodiscard]] const System& system() const { return system_; }

private:
    /// ENOTTY if the capability is hidden, as on a kernel without the call.
    [[nodiscard]] expected<void> visible(Capability capability, const char* attempted) const;

    const System& system_;
    MemorySlots slots_;
};

} // namespace virt::host

// SPDX-License-Identifier: Apache-2.0
// The architecture-neutral half of a VM whose irqchip is in userspace: what virt/kvm is in the kernel, but the vCPUs.
#pragma once

#include "virt/capability.hpp"
#include "virt/event_loop.hpp"
#include "virt/io_bus.hpp"
#include "virt/ioeventfd.hpp"
#include "virt/irq_router.hpp"
#include "virt/irqchip.hpp"
#include "virt/irqfd.hpp"
#include "virt/kvm.hpp"
#include "virt/memory_slots.hpp"
#include "virt/slot_memory.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

namespace virt::soft {

/// What the irqchip and its VM share. It outlives both halves of the VM, for irqfds reach the irqchip to their end.
struct Ground {
    SlotMemory memory;
    IoBus bus;
};

/// The architecture's half derives from this and from its own interface. Irqfds are served by a thread of the VM.
/// After `die` every call is EIO.
class Vm : public virtual virt::Vm {
public:
    ~Vm() override;

    /// Capabilities that need no architecture; 0 for the rest.
    [[nodiscard]] static int offers(Capability capability);
    [[nodiscard]] int check_extension(Capability capability) const override;

    /// EFAULT beyond the end of the address space.
    expected<void> add_memory(const MemorySlot& slot) override;
    expected<void> remove_memory(SlotId id) override;
    expected<void> set_slot_listener(SlotListener* listener) override { return slots_.set_listener(listener); }
    expected<void> set_dirty_log(SlotId id, DirtyLog log) override;
    expected<void> collect_dirty(SlotId id, std::span<std::uint64_t> bitmap) override;

    expected<void> set_gsi_routing(const kvm_irq_routing& table) override;
    expected<void> change_gsi_routing(RouteTable& table, std::span<const Gsi> changed) override;
    expected<void> assign(const Irqfd& irqfd) override;
    expected<void> deassign(const Irqfd& irqfd) override;
    expected<void> assign(const Ioeventfd& ioeventfd) override;
    expected<void> deassign(const Ioeventfd& ioeventfd) override;
    expected<bool> signal(const Msi& msi) override;

    // For what executes vCPUs. Any thread.

    [[nodiscard]] const SlotMemory& memory() const { return ground_.memory; }
    [[nodiscard]] IoBus& bus() { return ground_.bus; }
    /// Its thread serves irqfds.
    [[nodiscard]] EventLoop& loop() { return *loop_; }
    /// How MSIs by routes find their interrupts, from the next one on.
    void set_msi_way(MsiWay way) { router_.set_way(way); }
    /// One past the last guest physical address.
    [[nodiscard]] Gpa end() const { return end_; }
    /// KVM's kvm_vm_dead: for good.
    void die() { dead_.store(true, std::memory_order_release); }
    /// EIO once the VM is dead.
    [[nodiscard]] expected<void> alive() const;

protected:
    /// `ground` and `irqchip` outlive this. `pins`: KVM_IRQCHIP_NUM_PINS. `end` is a power of 2.
    Vm(std::unique_ptr<EventLoop> loop, CapabilityMask mask, Gpa end, Ground& ground, Irqchip& irqchip,
       std::uint32_t pins);

    /// A slot went, or its log was switched or collected: when this returns, nothing that executes vCPUs has host
    /// addresses that it was given before. Called with the lock of the slots; not by a vCPU's thread within `run`.
    virtual void memory_changed() = 0;
    /// Whether an irqchip was created; until then there are no MSIs.
    [[nodiscard]] virtual bool has_irqchip() const = 0;
    /// The routing table that comes with an irqchip: pin n has GSI n.
    expected<void> route_pins(std::uint32_t pins);
    [[nodiscard]] const CapabilityMask& mask() const { return mask_; }

private:
    /// ENOTTY if the capability is hidden, as on a kernel without the call.
    [[nodiscard]] expected<void> offered(Capability capability, const char* attempted) const;

    const CapabilityMask mask_;
    const Gpa end_;
    const std::uint32_t pins_;
    Ground& ground_;
    std::atomic<bool> dead_ = false;
    MemorySlots slots_;
    std::unique_ptr<EventLoop> loop_;
    IrqRouter router_;
    Irqfds irqfds_;
    Ioeventfds ioeventfds_;
    std::thread thread_; // runs the loop
};

} // namespace virt::soft

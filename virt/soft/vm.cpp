// SPDX-License-Identifier: Apache-2.0
// What the ioctls of a VM do. Source: Documentation/virt/kvm/api.rst, section 4; virt/kvm/kvm_main.c.
#include "virt/soft/vm.hpp"

#include "virt/log.hpp"
#include "virt/route_table.hpp"

#include <cerrno>
#include <utility>

namespace virt::soft {

Vm::Vm(std::unique_ptr<EventLoop> loop, CapabilityMask mask, Gpa end, Ground& ground, Irqchip& irqchip,
       std::uint32_t pins)
    : mask_(std::move(mask)),
      end_(end),
      pins_(pins),
      ground_(ground),
      loop_(std::move(loop)),
      router_(irqchip, pins),
      irqfds_(router_, *loop_),
      ioeventfds_(ground.bus),
      thread_([this] {
          if (const auto result = loop_->run(); !result) {
              log::error("{}", result.error().sentence());
              die(); // no irqfd works any more
          }
      }) {}

Vm::~Vm() {
    loop_->stop();
    thread_.join();
}

expected<void> Vm::alive() const {
    if (dead_.load(std::memory_order_acquire))
        return failure(EIO, "use a virtual machine that failed");
    return {};
}

expected<void> Vm::offered(Capability capability, const char* attempted) const {
    VIRT_TRY(alive());
    if (mask_.hides(capability))
        return failure(ENOTTY, attempted, "hidden by request");
    return {};
}

int Vm::check_extension(Capability capability) const { return mask_.hides(capability) ? 0 : offers(capability); }

int Vm::offers(Capability capability) {
    switch (capability) {
    case Capability::irq_routing: return RouteTable::gsis;
    case Capability::irqchip:
    case Capability::user_memory:
    case Capability::irqfd:
    case Capability::irqfd_resample:
    case Capability::ioeventfd:
    case Capability::ioeventfd_any_length:
    case Capability::signal_msi:
    case Capability::readonly_mem:
    case Capability::device_ctrl:
    case Capability::one_reg:
    case Capability::mp_state: return 1;
    default: return 0;
    }
}

expected<void> Vm::add_memory(const MemorySlot& slot) {
    VIRT_TRY(alive());
    if (slot.kind == SlotKind::rom)
        VIRT_TRY(offered(Capability::readonly_mem, "add read-only memory"));
    const auto apply = [&]() -> expected<void> {
        if (slot.size > end_ || slot.base > end_ - slot.size)
            return failure(EFAULT, "add memory beyond the guest's address space");
        ground_.memory.add(slot);
        return {};
    };
    const auto undo = [&]() -> expected<void> {
        ground_.memory.remove(slot.id);
        memory_changed();
        return {};
    };
    return slots_.add(slot, apply, undo);
}

expected<void> Vm::remove_memory(SlotId id) {
    VIRT_TRY(alive());
    return slots_.remove(id, [&](const MemorySlot&) -> expected<void> {
        ground_.memory.remove(id);
        memory_changed();
        return {};
    });
}

expected<void> Vm::set_dirty_log(SlotId id, DirtyLog log) {
    VIRT_TRY(alive());
    return slots_.set_log(id, log, [&](const MemorySlot& slot) -> expected<void> {
        ground_.memory.set_log(id, slot.log);
        memory_changed();
        return {};
    });
}

expected<void> Vm::collect_dirty(SlotId id, std::span<std::uint64_t> bitmap) {
    VIRT_TRY(alive());
    const auto slot = slots_.find(id);
    VIRT_TRY(slot);
    if (slot->log == DirtyLog::off)
        return failure(ENOENT, "collect dirty pages of a slot without a log");
    if (bitmap.size() * 64 < slot->size / MemorySlots::page)
        return failure(EINVAL, "collect dirty pages into so short a bitmap");
    ground_.memory.collect_dirty(id, bitmap);
    memory_changed(); // behind it: what is written until then is seen by whoever copies the pages that were found
    return {};
}

expected<void> Vm::set_gsi_routing(const kvm_irq_routing& table) {
    VIRT_TRY(offered(Capability::irq_routing, "set the GSI routing table"));
    return router_.replace(table);
}

expected<void> Vm::change_gsi_routing(RouteTable& table, std::span<const Gsi> changed) {
    VIRT_TRY(offered(Capability::irq_routing, "set the GSI routing table"));
    router_.change(table, changed);
    return {};
}

expected<void> Vm::route_pins(std::uint32_t pins) {
    RouteTable table(pins_);
    for (std::uint32_t pin = 0; pin < pins; ++pin)
        table.set(Gsi{pin}, Pin{pin});
    return router_.replace(table.encoded());
}

expected<void> Vm::assign(const Irqfd& irqfd) {
    VIRT_TRY(offered(Capability::irqfd, "assign an irqfd"));
    if (irqfd.resample)
        VIRT_TRY(offered(Capability::irqfd_resample, "assign an irqfd with resampling"));
    return irqfds_.assign(irqfd);
}

expected<void> Vm::deassign(const Irqfd& irqfd) {
    VIRT_TRY(offered(Capability::irqfd, "deassign an irqfd"));
    return irqfds_.deassign(irqfd);
}

expected<void> Vm::assign(const Ioeventfd& ioeventfd) {
    VIRT_TRY(offered(Capability::ioeventfd, "assign an ioeventfd"));
    return ioeventfds_.assign(ioeventfd);
}

expected<void> Vm::deassign(const Ioeventfd& ioeventfd) {
    VIRT_TRY(offered(Capability::ioeventfd, "deassign an ioeventfd"));
    return ioeventfds_.deassign(ioeventfd);
}

expected<bool> Vm::signal(const Msi& msi) {
    VIRT_TRY(offered(Capability::signal_msi, "signal an MSI"));
    if (!has_irqchip())
        return failure(EINVAL, "signal an MSI without an irqchip");
    return router_.signal(msi);
}

} // namespace virt::soft

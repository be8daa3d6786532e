// SPDX-License-Identifier: Apache-2.0
// A VM that writes down what it is asked for.
#pragma once

#include "virt/kvm.hpp"
#include "virt/route_table.hpp"

#include <linux/kvm.h>

#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace virt {

class FakeVm : public Vm {
public:
    /// The calls in their order: "routes 0 5", "assign 3", "deassign 3".
    std::vector<std::string> calls;
    int device_ids = 0;       // KVM_CAP_MSI_DEVID
    std::set<int> refused;    // eventfds that an irqfd cannot have: EBUSY
    bool no_memory = false;   // for a routing table
    std::vector<kvm_irq_routing_entry> table;
    std::vector<Msi> sent;

    int check_extension(Capability capability) const override {
        return capability == Capability::msi_devid ? device_ids : 0;
    }
    expected<void> set_gsi_routing(const kvm_irq_routing& routes) override {
        if (no_memory)
            return failure(ENOMEM, "set routes");
        const auto entries = entries_of(routes);
        table.assign(entries.begin(), entries.end());
        std::set<std::uint32_t> gsis;
        for (const auto& entry : table)
            gsis.insert(entry.gsi);
        std::string call = "routes";
        for (const auto gsi : gsis)
            call += " " + std::to_string(gsi);
        calls.push_back(call);
        return {};
    }
    expected<void> assign(const Irqfd& irqfd) override {
        if (refused.contains(irqfd.eventfd))
            return failure(EBUSY, "assign");
        calls.push_back("assign " + std::to_string(irqfd.eventfd));
        return {};
    }
    expected<void> deassign(const Irqfd& irqfd) override {
        calls.push_back("deassign " + std::to_string(irqfd.eventfd));
        return {};
    }
    expected<bool> signal(const Msi& msi) override { return sent.push_back(msi), true; }

    bool has_attr(std::uint32_t, std::uint64_t) const override { return false; }
    expected<void> get_attr(std::uint32_t, std::uint64_t, std::span<std::byte>) const override { return unasked(); }
    expected<void> set_attr(std::uint32_t, std::uint64_t, std::span<const std::byte>) override { return unasked(); }
    expected<void> enable(Capability, std::uint64_t) override { return unasked(); }
    expected<void> add_memory(const MemorySlot&) override { return unasked(); }
    expected<void> remove_memory(SlotId) override { return unasked(); }
    expected<void> set_slot_listener(SlotListener*) override { return unasked(); }
    expected<void> set_dirty_log(SlotId, DirtyLog) override { return unasked(); }
    expected<void> collect_dirty(SlotId, std::span<std::uint64_t>) override { return unasked(); }
    expected<std::unique_ptr<Device>> create_device(DeviceType) override { return unasked(); }
    bool knows_device(DeviceType) const override { return false; }
    expected<void> assign(const Ioeventfd&) override { return unasked(); }
    expected<void> deassign(const Ioeventfd&) override { return unasked(); }
    expected<void> set_irq_line(IrqLineField, bool) override { return unasked(); }

private:
    static unexpected unasked() { return failure(ENOSYS, "do what no test asked for"); }
};

} // namespace virt

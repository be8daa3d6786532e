// SPDX-License-Identifier: Apache-2.0
// Whole KVM_SET_GSI_ROUTING tables for tests.
#pragma once

#include <linux/kvm.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace virt {

[[nodiscard]] inline kvm_irq_routing_entry pin_entry(std::uint32_t gsi, std::uint32_t pin) {
    kvm_irq_routing_entry entry{};
    entry.gsi = gsi;
    entry.type = KVM_IRQ_ROUTING_IRQCHIP;
    entry.u.irqchip.pin = pin;
    return entry;
}

[[nodiscard]] inline kvm_irq_routing_entry msi_entry(std::uint32_t gsi, std::uint64_t address, std::uint32_t data) {
    kvm_irq_routing_entry entry{};
    entry.gsi = gsi;
    entry.type = KVM_IRQ_ROUTING_MSI;
    entry.u.msi.address_lo = static_cast<std::uint32_t>(address);
    entry.u.msi.address_hi = static_cast<std::uint32_t>(address >> 32);
    entry.u.msi.data = data;
    return entry;
}

/// The argument of the ioctl, header and entries in one piece.
class EncodedRoutes {
public:
    explicit EncodedRoutes(const std::vector<kvm_irq_routing_entry>& entries, std::uint32_t flags = 0)
        : storage_(1 + (entries.size() * sizeof(kvm_irq_routing_entry)) / sizeof(std::uint64_t)) {
        auto* table = reinterpret_cast<kvm_irq_routing*>(storage_.data());
        table->nr = static_cast<std::uint32_t>(entries.size());
        table->flags = flags;
        if (!entries.empty())
            std::memcpy(storage_.data() + 1, entries.data(), entries.size() * sizeof entries[0]);
    }
    [[nodiscard]] const kvm_irq_routing& get() const {
        return *reinterpret_cast<const kvm_irq_routing*>(storage_.data());
    }

private:
    std::vector<std::uint64_t> storage_;
};

} // namespace virt

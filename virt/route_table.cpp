// SPDX-License-Identifier: Apache-2.0
// Each GSI has a cell and, if it has a route, an entry of KVM's.
#include "virt/route_table.hpp"

#include "virt/assert.hpp"

#include <linux/kvm.h>

#include <cerrno>
#include <string>

namespace virt {
namespace {

/// What KVM checks, and no more. Source: virt/kvm/irqchip.c, kvm_set_irq_routing; vgic-irqfd.c,
/// kvm_set_routing_entry.
std::optional<Route> decode(const kvm_irq_routing_entry& entry, std::uint32_t pins) {
    if (entry.type == KVM_IRQ_ROUTING_IRQCHIP) {
        if (entry.flags != 0 || entry.u.irqchip.irqchip != 0 || entry.u.irqchip.pin >= pins)
            return std::nullopt;
        return Pin{entry.u.irqchip.pin};
    }
    if (entry.type != KVM_IRQ_ROUTING_MSI || (entry.flags & ~std::uint32_t{KVM_MSI_VALID_DEVID}) != 0)
        return std::nullopt;
    Msi msi{.address = std::uint64_t{entry.u.msi.address_hi} << 32 | entry.u.msi.address_lo, .data = entry.u.msi.data};
    if (entry.flags != 0)
        msi.device = DeviceId{entry.u.msi.devid};
    return msi;
}

kvm_irq_routing_entry encode(Gsi gsi, const Route& route) {
    kvm_irq_routing_entry entry{};
    entry.gsi = gsi.value;
    if (const auto* pin = std::get_if<Pin>(&route)) {
        entry.type = KVM_IRQ_ROUTING_IRQCHIP;
        entry.u.irqchip.pin = pin->value;
        return entry;
    }
    const auto& msi = std::get<Msi>(route);
    entry.type = KVM_IRQ_ROUTING_MSI;
    entry.flags = msi.device ? KVM_MSI_VALID_DEVID : 0;
    entry.u.msi.address_lo = static_cast<std::uint32_t>(msi.address);
    entry.u.msi.address_hi = static_cast<std::uint32_t>(msi.address >> 32);
    entry.u.msi.data = msi.data;
    entry.u.msi.devid = msi.device.value_or(DeviceId{}).value;
    return entry;
}

} // namespace

struct RouteTable::Chunk {
    std::array<RouteCell, chunk_size> cells;
    std::array<std::uint32_t, chunk_size> slots{}; // their entries, 0 for none
};

RouteTable::RouteTable(std::uint32_t pins)
    : pins_(pins),
      gsi_of_pin_(std::make_unique<std::atomic<std::uint16_t>[]>(pins)),
      routes_of_pin_(pins),
      entries_(1) {}

RouteTable::~RouteTable() {
    for (auto& chunk : chunks_)
        delete chunk.load(std::memory_order_relaxed);
}

RouteTable::Place RouteTable::place(Gsi gsi) {
    VIRT_ASSERT(gsi.value < gsis, "a GSI beyond the routing table");
    auto& chunk = chunks_[gsi.value / chunk_size];
    if (chunk.load(std::memory_order_relaxed) == nullptr)
        chunk.store(new Chunk, std::memory_order_release);
    auto& present = *chunk.load(std::memory_order_relaxed);
    return {present.cells[gsi.value % chunk_size], present.slots[gsi.value % chunk_size]};
}

const RouteCell* RouteTable::cell(Gsi gsi) const {
    if (gsi.value >= gsis)
        return nullptr;
    const Chunk* chunk = chunks_[gsi.value / chunk_size].load(std::memory_order_acquire);
    return chunk == nullptr ? nullptr : &chunk->cells[gsi.value % chunk_size];
}

std::optional<Route> RouteTable::find(Gsi gsi) const {
    const RouteCell* found = cell(gsi);
    return found == nullptr ? std::nullopt : found->find();
}

std::optional<Gsi> RouteTable::gsi_of(Pin pin) const {
    if (pin.value >= pins_)
        return std::nullopt;
    const std::uint32_t found = gsi_of_pin_[pin.value].load();
    return found == 0 ? std::nullopt : std::optional(Gsi{found - 1});
}

void RouteTable::point(Pin pin, Gsi gsi) {
    VIRT_ASSERT(pin.value < pins_, "a pin that the irqchip does not have");
    ++routes_of_pin_[pin.value];
    gsi_of_pin_[pin.value].store(static_cast<std::uint16_t>(gsi.value + 1));
}

void RouteTable::unpoint(Pin pin, Gsi gsi) {
    auto& routes = routes_of_pin_[pin.value];
    --routes;
    if (gsi_of_pin_[pin.value].load(std::memory_order_relaxed) != gsi.value + 1)
        return;
    std::uint32_t other = 0;
    // Several GSIs on one pin are legal and rare: only they are searched for.
    for (std::uint32_t slot = 1; routes != 0 && slot <= size(); ++slot) {
        const auto& entry = entries_[slot];
        if (entry.gsi != gsi.value && entry.type == KVM_IRQ_ROUTING_IRQCHIP && entry.u.irqchip.pin == pin.value)
            other = entry.gsi + 1;
    }
    gsi_of_pin_[pin.value].store(static_cast<std::uint16_t>(other));
}

void RouteTable::set(Gsi gsi, const Route& route) {
    const auto [here, slot] = place(gsi);
    if (slot == 0) {
        entries_.emplace_back();
        slot = size();
    } else if (const auto old = here.find(); old && std::holds_alternative<Pin>(*old)) {
        unpoint(std::get<Pin>(*old), gsi);
    }
    if (const auto* pin = std::get_if<Pin>(&route))
        point(*pin, gsi);
    entries_[slot] = encode(gsi, route);
    here.set(route);
}

void RouteTable::remove(Gsi gsi) {
    const auto old = find(gsi);
    if (!old)
        return;
    const auto [here, slot] = place(gsi);
    if (std::holds_alternative<Pin>(*old))
        unpoint(std::get<Pin>(*old), gsi);
    // The last entry takes its place.
    entries_[slot] = entries_.back();
    place(Gsi{entries_[slot].gsi}).slot = slot;
    entries_.pop_back();
    slot = 0;
    here.set(std::nullopt);
}

expected<void> RouteTable::replace(const kvm_irq_routing& table) {
    const std::string attempted = "set the GSI routing table";
    if (table.nr > gsis || table.flags != 0)
        return failure(EINVAL, attempted);
    std::vector<bool> seen(gsis);
    for (const auto& entry : entries_of(table)) {
        if (entry.gsi >= gsis || seen[entry.gsi] || !decode(entry, pins_))
            return failure(EINVAL, attempted);
        seen[entry.gsi] = true;
    }
    for (std::uint32_t slot = size(); slot != 0; --slot)
        if (const Gsi gsi{entries_[slot].gsi}; !seen[gsi.value])
            remove(gsi);
    for (const auto& entry : entries_of(table))
        set(Gsi{entry.gsi}, *decode(entry, pins_));
    return {};
}

const kvm_irq_routing& RouteTable::encoded() {
    constexpr std::size_t before_header = sizeof(kvm_irq_routing_entry) - 2 * sizeof(__u32);
    auto* table = reinterpret_cast<kvm_irq_routing*>(reinterpret_cast<std::byte*>(entries_.data()) + before_header);
    table->nr = size();
    table->flags = 0;
    return *table;
}

} // namespace virt

// SPDX-License-Identifier: Apache-2.0
// Each GSI has a cell with two copies of its route: while the writer fills one, readers have the other.
#include "virt/route_table.hpp"

#include "virt/assert.hpp"

#include <linux/kvm.h>

#include <cerrno>
#include <string>

namespace virt {
namespace {

constexpr std::uint64_t no_route = 0;
constexpr std::uint64_t to_pin = 1;
constexpr std::uint64_t to_msi = 2;
constexpr std::uint64_t to_msi_of_device = 3;

/// A route in words that can be read and written whole.
struct Words {
    std::uint64_t kind = no_route; // data or pin in the upper half
    std::uint64_t address = 0;
    std::uint64_t device = 0;
};

Words pack(const Route& route) {
    if (const auto* pin = std::get_if<Pin>(&route))
        return {.kind = to_pin | std::uint64_t{pin->value} << 32};
    const auto& msi = std::get<Msi>(route);
    return {.kind = (msi.device ? to_msi_of_device : to_msi) | std::uint64_t{msi.data} << 32,
            .address = msi.address,
            .device = msi.device.value_or(DeviceId{}).value};
}

std::optional<Route> unpack(const Words& words) {
    const auto upper = static_cast<std::uint32_t>(words.kind >> 32);
    switch (words.kind & 3) {
    case no_route: return std::nullopt;
    case to_pin: return Pin{upper};
    case to_msi: return Msi{.address = words.address, .data = upper};
    default:
        return Msi{
            .address = words.address, .data = upper, .device = DeviceId{static_cast<std::uint32_t>(words.device)}};
    }
}

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

/// The copy that readers use is that of the sequence number's lowest bit; the writer moves them off a copy before it
/// touches it. A reader retries only if a change went by meanwhile (Linux: seqcount_latch_t).
struct alignas(64) RouteTable::Cell {
    struct Copy {
        std::atomic<std::uint64_t> kind = no_route;
        std::atomic<std::uint64_t> address = 0;
        std::atomic<std::uint64_t> device = 0;

        void write(const Words& words) {
            kind.store(words.kind, std::memory_order_release);
            address.store(words.address, std::memory_order_release);
            device.store(words.device, std::memory_order_release);
        }
    };

    std::atomic<std::uint64_t> sequence = 0;
    mutable TranslatedMsiCell translated; // in the first cache line, with all that it takes to use it
    std::uint32_t slot = 0;               // its entry, 0 for none; the writer's own
    std::array<Copy, 2> copies;

    void write(const Words& words) {
        const auto present = sequence.load(std::memory_order_relaxed);
        copies[~present & 1].write(words);
        sequence.store(present + 1); // whoever waits for a grace period after this will not see the old one
    }

    [[nodiscard]] Words read() const {
        for (;;) {
            const auto before = sequence.load();
            const auto& copy = copies[before & 1];
            const Words words{.kind = copy.kind.load(std::memory_order_acquire),
                              .address = copy.address.load(std::memory_order_acquire),
                              .device = copy.device.load(std::memory_order_acquire)};
            // The copy is written again only after the number has moved on.
            if (sequence.load(std::memory_order_relaxed) == before) [[likely]]
                return words;
        }
    }
};

struct RouteTable::Chunk {
    std::array<Cell, chunk_size> cells;
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

RouteTable::Cell& RouteTable::cell(Gsi gsi) {
    VIRT_ASSERT(gsi.value < gsis, "a GSI beyond the routing table");
    auto& chunk = chunks_[gsi.value / chunk_size];
    if (chunk.load(std::memory_order_relaxed) == nullptr)
        chunk.store(new Chunk, std::memory_order_release);
    return chunk.load(std::memory_order_relaxed)->cells[gsi.value % chunk_size];
}

const RouteTable::Cell* RouteTable::find_cell(Gsi gsi) const {
    if (gsi.value >= gsis)
        return nullptr;
    const Chunk* chunk = chunks_[gsi.value / chunk_size].load(std::memory_order_acquire);
    return chunk == nullptr ? nullptr : &chunk->cells[gsi.value % chunk_size];
}

std::optional<Route> RouteTable::find(Gsi gsi) const {
    const Cell* found = find_cell(gsi);
    return found == nullptr ? std::nullopt : unpack(found->read());
}

std::uint64_t RouteTable::version(Gsi gsi) const {
    const Cell* found = find_cell(gsi);
    return found == nullptr ? 0 : found->sequence.load();
}

void RouteTable::keep_translated(Gsi gsi, std::uint64_t version, const TranslatedMsi& msi) const {
    if (const Cell* found = find_cell(gsi))
        found->translated.keep(version, msi);
}

bool RouteTable::translated(Gsi gsi, TranslatedMsi& msi) const {
    const Cell* found = find_cell(gsi);
    return found != nullptr && found->translated.find(found->sequence.load(), msi);
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
    Cell& here = cell(gsi);
    if (here.slot == 0) {
        entries_.emplace_back();
        here.slot = size();
    } else if (const auto old = unpack(here.read()); old && std::holds_alternative<Pin>(*old)) {
        unpoint(std::get<Pin>(*old), gsi);
    }
    if (const auto* pin = std::get_if<Pin>(&route))
        point(*pin, gsi);
    entries_[here.slot] = encode(gsi, route);
    here.write(pack(route));
}

void RouteTable::remove(Gsi gsi) {
    if (const Cell* found = find_cell(gsi); found == nullptr || found->slot == 0)
        return;
    Cell& here = cell(gsi);
    if (const auto old = unpack(here.read()); std::holds_alternative<Pin>(*old))
        unpoint(std::get<Pin>(*old), gsi);
    // The last entry takes its place.
    entries_[here.slot] = entries_.back();
    cell(Gsi{entries_[here.slot].gsi}).slot = here.slot;
    entries_.pop_back();
    here.slot = 0;
    here.write({});
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

// SPDX-License-Identifier: Apache-2.0
// A GSI routing table: in KVM's encoding for who hands it over, and without a lock for who delivers by it.
#pragma once

#include "virt/expected.hpp"
#include "virt/ids.hpp"
#include "virt/route_cell.hpp"

#include <linux/kvm.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace virt {

/// The entries behind the header of a table. (In C++ before Linux 6.5's header, `table.entries` is in the wrong place:
/// an empty structure before it has a size there.)
[[nodiscard]] inline std::span<const kvm_irq_routing_entry> entries_of(const kvm_irq_routing& table) {
    constexpr std::size_t header = 2 * sizeof(__u32); // nr, flags
    return {reinterpret_cast<const kvm_irq_routing_entry*>(reinterpret_cast<const std::byte*>(&table) + header),
            table.nr};
}

/// At most one route for each GSI (arm64 has one irqchip, and KVM refuses a second entry there).
///
/// One thread changes it, each change in constant time however full it is; meanwhile any thread may `find`, and sees
/// the route before or after a change, nothing between. Source: Documentation/virt/kvm/api.rst, 4.52.
class RouteTable {
public:
    static constexpr std::uint32_t gsis = 4096; ///< KVM_CAP_IRQ_ROUTING

    /// `pins`: inputs of the irqchip, KVM_IRQCHIP_NUM_PINS.
    explicit RouteTable(std::uint32_t pins);
    ~RouteTable();
    RouteTable(const RouteTable&) = delete;
    RouteTable& operator=(const RouteTable&) = delete;

    /// `gsi` below 4096, a pin below `pins`.
    void set(Gsi gsi, const Route& route);
    /// Nothing happens if there is no route.
    void remove(Gsi gsi);
    /// KVM_SET_GSI_ROUTING: the whole table, or EINVAL and no change.
    expected<void> replace(const kvm_irq_routing& table);

    /// Any thread.
    [[nodiscard]] std::optional<Route> find(Gsi gsi) const;
    /// Any thread: the same to deliver by; null if that GSI has had no route yet. It stays as long as the table.
    [[nodiscard]] const RouteCell* cell(Gsi gsi) const;
    /// Any thread: the GSI of that pin, the one set last if there are several.
    [[nodiscard]] std::optional<Gsi> gsi_of(Pin pin) const;

    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(entries_.size()) - 1; }
    /// Valid until the next change.
    [[nodiscard]] const kvm_irq_routing& encoded();

private:
    struct Chunk;
    struct Place {
        RouteCell& cell;
        std::uint32_t& slot;
    };
    static constexpr std::uint32_t chunk_size = 64; // GSIs

    [[nodiscard]] Place place(Gsi gsi);
    void point(Pin pin, Gsi gsi);
    void unpoint(Pin pin, Gsi gsi);

    std::uint32_t pins_;
    // Cells come in chunks as their GSIs are used, and stay.
    std::array<std::atomic<Chunk*>, gsis / chunk_size> chunks_{};
    // Of each pin, the GSI + 1, or 0.
    std::unique_ptr<std::atomic<std::uint16_t>[]> gsi_of_pin_;
    std::vector<std::uint16_t> routes_of_pin_;
    // Entry 0 is room for the header of struct kvm_irq_routing, which lies directly before entry 1.
    std::vector<kvm_irq_routing_entry> entries_;
};

} // namespace virt

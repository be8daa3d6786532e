// SPDX-License-Identifier: Apache-2.0
// From a GSI to the irqchip, in userspace: what virt/kvm/irqchip.c is in the kernel.
#pragma once

#include "virt/expected.hpp"
#include "virt/grace_period.hpp"
#include "virt/ids.hpp"
#include "virt/irqchip.hpp"
#include "virt/msi.hpp"
#include "virt/route_table.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>

struct kvm_irq_routing; // <linux/kvm.h>

namespace virt {

/// How the message of a route finds its interrupt. Both ways deliver the same; the difference is what each costs.
enum class MsiWay : std::uint8_t {
    through_its,    ///< the translator is asked for every interrupt
    pre_translated, ///< it is asked once; the route keeps the answer until the translator's generation or the route
                    ///< changes
};

/// The routing table of a VM whose irqchip is ours. Any thread; interrupts take no lock and allocate nothing.
class IrqRouter {
public:
    /// `pins`: KVM_IRQCHIP_NUM_PINS.
    IrqRouter(Irqchip& irqchip, std::uint32_t pins, MsiWay way = MsiWay::pre_translated)
        : irqchip_(irqchip), way_(way), table_(pins) {}

    /// From the next interrupt on.
    void set_way(MsiWay way) { way_.store(way, std::memory_order_relaxed); }

    /// KVM_SET_GSI_ROUTING. When it returns, no interrupt is still on the way by an old route. Not from within an
    /// interrupt.
    expected<void> replace(const kvm_irq_routing& table);
    /// The same where only the routes of `changed` differ.
    void change(const RouteTable& table, std::span<const Gsi> changed);

    /// A signal of that GSI: raises the pin, or sends the MSI. Without a route it goes nowhere.
    void raise(Gsi gsi);
    /// Lowers the pin. An MSI has no level.
    void lower(Gsi gsi);
    /// KVM_SIGNAL_MSI, past the table.
    expected<bool> signal(const Msi& msi);

    /// The GSI of a pin, for acknowledgements.
    [[nodiscard]] std::optional<Gsi> gsi_of(Pin pin) const { return table_.gsi_of(pin); }
    [[nodiscard]] Irqchip& irqchip() { return irqchip_; }

private:
    void signal_by_route(MsiWay way, const RouteCell& cell, std::uint64_t version, const Msi& msi);

    Irqchip& irqchip_;
    std::atomic<MsiWay> way_;
    std::mutex writer_;
    RouteTable table_;
    GracePeriod in_flight_;
};

} // namespace virt

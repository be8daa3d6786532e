// SPDX-License-Identifier: Apache-2.0
// From a GSI to the irqchip, in userspace: what virt/kvm/irqchip.c is in the kernel.
#pragma once

#include "virt/expected.hpp"
#include "virt/grace_period.hpp"
#include "virt/ids.hpp"
#include "virt/irqchip.hpp"
#include "virt/msi.hpp"
#include "virt/route_table.hpp"

#include <cstdint>
#include <mutex>
#include <span>

struct kvm_irq_routing; // <linux/kvm.h>

namespace virt {

/// The routing table of a VM whose irqchip is ours. Any thread; interrupts take no lock and allocate nothing.
class IrqRouter {
public:
    /// `pins`: KVM_IRQCHIP_NUM_PINS.
    IrqRouter(Irqchip& irqchip, std::uint32_t pins) : irqchip_(irqchip), table_(pins) {}

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
    Irqchip& irqchip_;
    std::mutex writer_;
    RouteTable table_;
    GracePeriod in_flight_;
};

} // namespace virt

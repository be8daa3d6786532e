// SPDX-License-Identifier: Apache-2.0
// Which GSIs a VMM uses, where they go, and what of that the provider is told.
#pragma once

#include "virt/expected.hpp"
#include "virt/ids.hpp"
#include "virt/kvm.hpp"
#include "virt/msi.hpp"
#include "virt/route_table.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace virt {

/// The routes of one VM. Pins have the GSIs of the same number; MSIs get the others, as they are asked for.
///
/// The provider's table holds only what has an irqfd: the kernel pays for every entry at every change, while
/// KVM_IRQ_LINE and KVM_SIGNAL_MSI need none. Changes are collected and handed over by `commit`: one
/// KVM_SET_GSI_ROUTING however many vectors a driver enables, and then the irqfds that waited for their routes.
///
/// Irqfds that come before the irqchip is initialised (EAGAIN) wait for `irqchip_ready`. Any thread.
class IrqRouting {
public:
    /// `pins`: KVM_IRQCHIP_NUM_PINS. `vm` outlives this.
    IrqRouting(Vm& vm, std::uint32_t pins);

    /// The GSI whose route, unless set otherwise, is that pin (below `pins`).
    [[nodiscard]] static Gsi gsi_of(Pin pin) { return Gsi{pin.value}; }
    /// A GSI for an MSI. ENOSPC if all 4096 are taken.
    expected<Gsi> allocate();
    /// Gives it back; it has no irqfd any more. The route is gone with the next commit.
    void release(Gsi gsi);

    /// Where a GSI goes from the next commit on. An MSI may always carry its device id: it is left out if the VM has
    /// no use for it.
    void set(Gsi gsi, const Route& route);

    /// Asks for an irqfd, from the next commit on.
    void assign(const Irqfd& irqfd);
    /// At once. When it returns, no interrupt of that eventfd is under way; its route, if it was the last, goes with
    /// the next commit.
    expected<void> deassign(const Irqfd& irqfd);

    /// Hands over what has changed, if anything. An irqfd that the provider refuses is given up, and its error
    /// returned; whatever else failed is tried again by the next commit.
    expected<void> commit();

    /// The vGIC (and the ITS, if there is one) is initialised: commits what waited for that.
    expected<void> irqchip_ready();

    /// KVM_SIGNAL_MSI, with the device id if the VM has use for it. Takes no lock.
    expected<bool> signal(const Msi& msi);

    /// Routes in the table as of the next commit.
    [[nodiscard]] std::uint32_t size() const;

private:
    struct Wish {
        std::optional<Route> route; // none: the pin of the same number
        std::uint32_t irqfds = 0;
        bool changed = false;
    };

    [[nodiscard]] Wish& wish(Gsi gsi);
    [[nodiscard]] Msi encode(Msi msi) const;
    void put(Gsi gsi);
    void take(Gsi gsi);
    void mark(Gsi gsi);
    expected<void> commit_locked();

    Vm& vm_;
    const std::uint32_t pins_;
    std::atomic<bool> device_ids_ = false; // KVM_CAP_MSI_DEVID, which reads 0 until there is an ITS

    mutable std::mutex mutex_; // guards all below
    bool ready_ = false;
    std::vector<Wish> wishes_; // by GSI, as far as they are used
    std::vector<Gsi> free_;
    std::uint32_t next_; // the lowest that was never allocated
    RouteTable table_;
    std::vector<Gsi> changed_;
    std::vector<Irqfd> waiting_;
    std::vector<Irqfd> assigned_;
};

} // namespace virt

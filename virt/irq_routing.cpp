// SPDX-License-Identifier: Apache-2.0
#include "virt/irq_routing.hpp"

#include "virt/assert.hpp"

#include <algorithm>
#include <cerrno>
#include <variant>

namespace virt {

IrqRouting::IrqRouting(Vm& vm, std::uint32_t pins) : vm_(vm), pins_(pins), next_(pins), table_(pins) {}

IrqRouting::Wish& IrqRouting::wish(Gsi gsi) {
    VIRT_ASSERT(gsi.value < RouteTable::gsis, "a GSI beyond the routing table");
    if (gsi.value >= wishes_.size())
        wishes_.resize(gsi.value + 1);
    return wishes_[gsi.value];
}

expected<Gsi> IrqRouting::allocate() {
    const std::scoped_lock lock(mutex_);
    if (!free_.empty()) {
        const Gsi gsi = free_.back();
        free_.pop_back();
        return gsi;
    }
    if (next_ == RouteTable::gsis)
        return failure(ENOSPC, "find a GSI for another MSI", "the guest may use fewer vectors");
    return Gsi{next_++};
}

void IrqRouting::release(Gsi gsi) {
    const std::scoped_lock lock(mutex_);
    VIRT_ASSERT(gsi.value >= pins_ && gsi.value < next_, "a GSI given back that was not allocated");
    Wish& here = wish(gsi);
    VIRT_ASSERT(here.irqfds == 0, "a GSI given back that has an irqfd");
    here.route.reset();
    free_.push_back(gsi);
}

Msi IrqRouting::encode(Msi msi) const {
    if (!device_ids_.load(std::memory_order_relaxed))
        msi.device.reset();
    return msi;
}

void IrqRouting::mark(Gsi gsi) {
    if (std::exchange(wish(gsi).changed, true))
        return;
    changed_.push_back(gsi);
}

void IrqRouting::put(Gsi gsi) {
    const auto route = wish(gsi).route.value_or(Pin{gsi.value});
    if (const auto* msi = std::get_if<Msi>(&route))
        table_.set(gsi, encode(*msi));
    else
        table_.set(gsi, route);
    mark(gsi);
}

void IrqRouting::set(Gsi gsi, const Route& route) {
    const std::scoped_lock lock(mutex_);
    Wish& here = wish(gsi);
    if (here.route == route)
        return;
    here.route = route;
    if (here.irqfds != 0)
        put(gsi);
}

void IrqRouting::assign(const Irqfd& irqfd) {
    const std::scoped_lock lock(mutex_);
    Wish& here = wish(irqfd.gsi);
    VIRT_ASSERT(here.route || irqfd.gsi.value < pins_, "an irqfd for a GSI without a route");
    if (here.irqfds++ == 0)
        put(irqfd.gsi);
    waiting_.push_back(irqfd);
}

void IrqRouting::take(Gsi gsi) {
    if (--wish(gsi).irqfds != 0)
        return;
    table_.remove(gsi);
    mark(gsi);
}

expected<void> IrqRouting::deassign(const Irqfd& irqfd) {
    const std::scoped_lock lock(mutex_);
    const auto waits = [&](const Irqfd& other) { return other.eventfd == irqfd.eventfd && other.gsi == irqfd.gsi; };
    // First the irqfd, then its route: the other way round a signal would find none, and be lost.
    if (std::erase_if(waiting_, waits) == 0) {
        VIRT_TRY(vm_.deassign(irqfd));
        if (std::erase_if(assigned_, waits) == 0)
            return {}; // as one that was refused and given up
    }
    take(irqfd.gsi);
    return {};
}

expected<void> IrqRouting::commit_locked() {
    if (!ready_)
        return {};
    if (!changed_.empty()) {
        VIRT_TRY(vm_.change_gsi_routing(table_, changed_));
        for (const Gsi gsi : changed_)
            wish(gsi).changed = false;
        changed_.clear();
    }
    while (!waiting_.empty()) {
        const Irqfd irqfd = waiting_.front();
        waiting_.erase(waiting_.begin());
        if (auto assigned = vm_.assign(irqfd); !assigned) {
            take(irqfd.gsi);
            return assigned;
        }
        assigned_.push_back(irqfd);
    }
    return {};
}

expected<void> IrqRouting::commit() {
    const std::scoped_lock lock(mutex_);
    return commit_locked();
}

expected<void> IrqRouting::irqchip_ready() {
    const std::scoped_lock lock(mutex_);
    ready_ = true;
    device_ids_ = vm_.check_extension(Capability::msi_devid) > 0;
    // What was encoded before had no device ids.
    for (std::uint32_t gsi = 0; gsi < wishes_.size(); ++gsi)
        if (wishes_[gsi].irqfds != 0)
            put(Gsi{gsi});
    return commit_locked();
}

expected<bool> IrqRouting::signal(const Msi& msi) { return vm_.signal(encode(msi)); }

std::uint32_t IrqRouting::size() const {
    const std::scoped_lock lock(mutex_);
    return table_.size();
}

} // namespace virt

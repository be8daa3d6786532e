// SPDX-License-Identifier: Apache-2.0
#include "virt/irq_router.hpp"

#include <cerrno>
#include <variant>

namespace virt {

expected<void> IrqRouter::replace(const kvm_irq_routing& table) {
    const std::scoped_lock lock(writer_);
    VIRT_TRY(table_.replace(table));
    in_flight_.wait();
    return {};
}

void IrqRouter::change(const RouteTable& table, std::span<const Gsi> changed) {
    const std::scoped_lock lock(writer_);
    for (const Gsi gsi : changed) {
        if (const auto route = table.find(gsi))
            table_.set(gsi, *route);
        else
            table_.remove(gsi);
    }
    in_flight_.wait();
}

void IrqRouter::raise(Gsi gsi) {
    const GracePeriod::Reader reader(in_flight_);
    const RouteCell* const cell = table_.cell(gsi);
    if (cell == nullptr)
        return;
    const auto way = way_.load(std::memory_order_relaxed);
    if (way == MsiWay::pre_translated)
        if (TranslatedMsi known; cell->translated(known) && known.current())
            return irqchip_.deliver(known);
    const auto [route, version] = cell->find_versioned();
    if (!route)
        return;
    if (const auto* pin = std::get_if<Pin>(&*route))
        irqchip_.raise(*pin);
    else
        signal_by_route(way, *cell, version, std::get<Msi>(*route));
}

// As in the kernel, nobody hears what becomes of an MSI that an irqfd sends.
void IrqRouter::signal_by_route(MsiWay way, const RouteCell& cell, std::uint64_t version, const Msi& msi) {
    if (way == MsiWay::pre_translated)
        if (const auto found = irqchip_.translate(msi)) {
            cell.keep_translated(version, *found);
            return irqchip_.deliver(*found);
        }
    irqchip_.signal(msi);
}

void IrqRouter::lower(Gsi gsi) {
    const GracePeriod::Reader reader(in_flight_);
    const auto route = table_.find(gsi);
    if (!route)
        return;
    if (const auto* pin = std::get_if<Pin>(&*route))
        irqchip_.lower(*pin);
}

expected<bool> IrqRouter::signal(const Msi& msi) {
    switch (irqchip_.signal(msi)) {
    case MsiOutcome::delivered: return true;
    case MsiOutcome::unmapped: return false;
    case MsiOutcome::not_enabled: return failure(EBUSY, "signal an MSI");
    case MsiOutcome::no_device:
    case MsiOutcome::no_doorbell: return failure(EINVAL, "signal an MSI");
    case MsiOutcome::no_msis: break;
    }
    return failure(ENODEV, "signal an MSI");
}

} // namespace virt

// SPDX-License-Identifier: Apache-2.0
// Messages, and what is mapped. Source: Arm IHI 0069, 5.2.
#include "arch-arm64/gic/its.hpp"

#include "virt/assert.hpp"

#include <cerrno>

namespace arm64::gic {
namespace {

constexpr std::uint32_t vcpu_of(const Redistributor* target) {
    return target == nullptr ? Translations::no_vcpu : target->index().value;
}

} // namespace

Its::Its(Gic& gic) : gic_(gic) {
    BASER_[0] = GITS_BASER::reset(GITS_BASER::devices).value;
    BASER_[1] = GITS_BASER::reset(GITS_BASER::collections).value;
    gic_.lpis().set_PROPBASER(Lpis::reset_PROPBASER);
    gic_.add(*this);
}

void Its::place(virt::Gpa base) {
    VIRT_ASSERT(!this->base(), "an ITS is placed once");
    base_.store(base);
}

std::optional<virt::Gpa> Its::base() const {
    const auto base = base_.load();
    return base == nowhere ? std::nullopt : std::optional(base);
}

Its::LookedUp Its::look_up(std::optional<virt::DeviceId> device, EventId event, Cache cache) {
    const auto now = generation().load(std::memory_order_acquire); // before the lookup
    std::optional<Translations::Found> found;
    if (const auto key = Translations::key(device.value_or(virt::DeviceId{}).value, event.value))
        found = translations_.find(*key);
    if (cache == Cache::use && found && found->marked(now))
        return {virt::MsiOutcome::delivered, &gic_.lpis().known(found->intid())};
    if (!device)
        return {virt::MsiOutcome::no_device, nullptr};
    if (!enabled_.load(std::memory_order_acquire))
        return {virt::MsiOutcome::not_enabled, nullptr};
    if (!found || found->vcpu() == Translations::no_vcpu)
        return {virt::MsiOutcome::unmapped, nullptr};
    if (!gic_.redistributor(VcpuIndex{found->vcpu()}).lpis_enabled())
        return {virt::MsiOutcome::not_enabled, nullptr};
    found->mark(now);
    return {virt::MsiOutcome::delivered, &gic_.lpis().known(found->intid())};
}

virt::MsiOutcome Its::signal(std::optional<virt::DeviceId> device, EventId event) {
    const auto intid = cached(device, event);
    if (intid == 0) [[unlikely]]
        return signal_checked(device, event);
    Lpis::signal(gic_.lpis().known(intid));
    return virt::MsiOutcome::delivered;
}

virt::MsiOutcome Its::signal_checked(std::optional<virt::DeviceId> device, EventId event) {
    const auto [outcome, lpi] = look_up(device, event, Cache::use);
    if (lpi != nullptr)
        Lpis::signal(*lpi);
    return outcome;
}

Interrupt* Its::translate(std::optional<virt::DeviceId> device, EventId event) {
    const auto intid = cached(device, event);
    return intid == 0 ? translate_checked(device, event) : &gic_.lpis().known(intid);
}

Interrupt* Its::translate_checked(std::optional<virt::DeviceId> device, EventId event) {
    return look_up(device, event, Cache::use).lpi;
}

CommandResult<Its::Device*> Its::device(const ItsCommand& command) {
    const auto found = devices_.find(command.word(ItsCommand::DeviceID));
    if (found == devices_.end())
        return tl::unexpected(CommandError::UNMAPPED_DEVICE);
    return &found->second;
}

CommandResult<Its::Found> Its::event(const ItsCommand& command) {
    const auto owner = device(command);
    if (!owner)
        return tl::unexpected(CommandError::UNMAPPED_INTERRUPT);
    const auto found = (*owner)->events.find(command.word(ItsCommand::EventID));
    if (found == (*owner)->events.end())
        return tl::unexpected(CommandError::UNMAPPED_INTERRUPT);
    return Found{**owner, found->second};
}

CommandResult<Interrupt*> Its::lpi(const ItsCommand& command) {
    if (const auto key = Translations::key(command.word(ItsCommand::DeviceID), command.word(ItsCommand::EventID)))
        if (const auto found = translations_.find(*key))
            return &gic_.lpis().known(found->intid());
    return tl::unexpected(CommandError::UNMAPPED_INTERRUPT);
}

CommandResult<Its::Collection*> Its::collection(std::uint32_t ICID) {
    const auto found = collections_.find(static_cast<std::uint16_t>(ICID));
    if (found == collections_.end() || found->second.target == nullptr)
        return tl::unexpected(CommandError::UNMAPPED_COLLECTION);
    return &found->second;
}

CommandResult<Redistributor*> Its::redistributor(std::uint32_t RDbase) {
    auto* const found = gic_.by_id(virt::VcpuId{RDbase});
    if (found == nullptr)
        return tl::unexpected(CommandError::PROCNUM_OOR);
    return found;
}

std::optional<virt::Gpa> Its::entry_of(GITS_BASER table, std::uint32_t id) const {
    constexpr std::uint64_t per_page = GITS_BASER::page / table_entry_bytes;
    if (id > 0xFFFF)
        return std::nullopt;
    virt::Gpa entry = 0;
    if (table[GITS_BASER::Indirect] == 0) {
        if (id >= table.bytes() / table_entry_bytes)
            return std::nullopt;
        entry = table.address() + id * table_entry_bytes;
    } else {
        if (id / per_page >= table.bytes() / sizeof(Level1Entry))
            return std::nullopt;
        const auto page = gic_.memory().read<Level1Entry>(table.address() + id / per_page * sizeof(Level1Entry));
        if (!page || (*page)[Level1Entry::Valid] == 0)
            return std::nullopt;
        entry = (page->value & Level1Entry::Physical_Address.mask) + id % per_page * table_entry_bytes;
    }
    return gic_.memory().visible(entry) ? std::optional(entry) : std::nullopt;
}

std::optional<virt::Gpa> Its::entry_of(const Device& device, std::uint32_t EventID) const {
    const auto entry = device.ITT + EventID * table_entry_bytes;
    return EventID >> device.EventID_bits == 0 && gic_.memory().visible(entry) ? std::optional(entry) : std::nullopt;
}

/// The collection is there.
virt::expected<void> Its::add_event(std::uint32_t DeviceID, Device& device, std::uint32_t EventID, std::uint16_t ICID,
                                    Intid intid) {
    const auto key = Translations::key(DeviceID, EventID);
    VIRT_ASSERT(key, "a device or event was mapped that cannot be");
    if (translations_.size() >= most_events)
        return virt::failure(ENOMEM, "map one more event");
    auto* const target = collections_.at(ICID).target;
    const auto lpi = gic_.lpis().map(intid, target);
    VIRT_TRY(lpi);
    device.events.emplace(EventID, Event{*lpi, ICID});
    translations_.add(*key, intid.value, vcpu_of(target));
    return {};
}

void Its::remove_event(std::uint32_t DeviceID, Device& device, std::map<std::uint32_t, Event>::iterator event) {
    translations_.remove(*Translations::key(DeviceID, event->first));
    gic_.lpis().unmap(*event->second.lpi);
    device.events.erase(event);
}

void Its::remove_device(std::map<std::uint32_t, Device>::iterator device) {
    auto& events = device->second.events;
    while (!events.empty())
        remove_event(device->first, device->second, events.begin());
    devices_.erase(device);
    invalidate_translated();
}

void Its::remove_devices() {
    while (!devices_.empty())
        remove_device(devices_.begin());
}

void Its::remove_collections() {
    for (auto& [DeviceID, device] : devices_)
        for (auto& [EventID, event] : device.events) {
            event.ICID.reset();
            translations_.retarget(*Translations::key(DeviceID, EventID), Translations::no_vcpu);
        }
    collections_.clear();
}

void Its::remove_collection(std::uint16_t ICID) {
    if (collections_.erase(ICID) != 0)
        each_event_of(ICID, [this](Translations::Key key, Event& event) {
            event.ICID.reset();
            translations_.retarget(key, Translations::no_vcpu);
        });
}

} // namespace arm64::gic

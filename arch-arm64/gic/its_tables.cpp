// SPDX-License-Identifier: Apache-2.0
// Saving and restoring an ITS's tables: what KVM_DEV_ARM_ITS_SAVE_TABLES and ..._RESTORE_TABLES do. Source:
// Documentation/virt/kvm/devices/arm-vgic-its.rst; vgic-its.c.
#include "arch-arm64/gic/its.hpp"

#include <algorithm>
#include <cerrno>
#include <span>
#include <vector>

namespace arm64::gic {
namespace {

/// Reads a table's entries one after the other; guest memory in larger pieces, as a table may have millions of them
/// that are not used.
class Reader {
public:
    Reader(const virt::SlotMemory& memory, virt::Gpa base, std::uint64_t entries)
        : memory_(memory), base_(base), entries_(entries) {}

    /// EFAULT. `n` is below the number of entries.
    virt::expected<std::uint64_t> operator[](std::uint64_t n) {
        if (n - first_ >= have_)
            fill(n);
        if (n - first_ >= have_)
            return virt::failure(EFAULT, "read an ITS table");
        return piece_[n - first_];
    }
    [[nodiscard]] std::uint64_t entries() const { return entries_; }

private:
    void fill(std::uint64_t n) {
        first_ = n;
        const auto address = base_ + n * table_entry_bytes;
        have_ = std::min<std::uint64_t>(piece_.size(), entries_ - n);
        if (memory_.read(address, std::as_writable_bytes(std::span(piece_).first(have_))))
            return;
        have_ = memory_.read(address, std::as_writable_bytes(std::span(piece_).first(1))) ? 1 : 0; // RAM ends here
    }

    const virt::SlotMemory& memory_;
    const virt::Gpa base_;
    const std::uint64_t entries_;
    std::array<std::uint64_t, 128> piece_;
    std::uint64_t first_ = 0;
    std::uint64_t have_ = 0;
};

enum class Scan : std::uint8_t { reached_end, stopped };

/// Goes from entry to entry: `visit(n, entry)` answers how far the next one is, or 0 if there is none.
template <class Visit>
virt::expected<Scan> scan(Reader table, Visit visit) {
    for (std::uint64_t n = 0; n < table.entries();) {
        const auto entry = table[n];
        VIRT_TRY(entry);
        const virt::expected<std::uint64_t> next = visit(static_cast<std::uint32_t>(n), *entry);
        VIRT_TRY(next);
        if (*next == 0)
            return Scan::stopped;
        n += *next;
    }
    return Scan::reached_end;
}

virt::expected<void> put(const virt::SlotMemory& memory, virt::Gpa address, std::uint64_t entry) {
    if (!memory.write(address, entry))
        return virt::failure(EFAULT, "write an ITS table");
    return {};
}

/// For the entry at `here`: how far the next is, as its field can say it; 0 if there is none.
template <class Map>
std::uint64_t next_of(const Map& map, typename Map::const_iterator here, std::uint64_t largest) {
    const auto next = std::next(here);
    return next == map.end() ? 0 : std::min<std::uint64_t>(next->first - here->first, largest);
}

constexpr std::uint64_t entries_per_page = GITS_BASER::page / table_entry_bytes;

} // namespace

virt::expected<void> Its::save_tables() {
    const virt::Lock lock(mutex_);
    VIRT_TRY(save_devices());
    return save_collections();
}

virt::expected<void> Its::save_devices() {
    const auto table = devices_table();
    if (table[GITS_BASER::Valid] == 0)
        return {};
    for (auto one = devices_.cbegin(); one != devices_.cend(); ++one) {
        const auto& [DeviceID, device] = *one;
        const auto place = entry_of(table, DeviceID);
        if (!place)
            continue;
        VIRT_TRY(save_events(device));
        const auto entry = DTE{}
                               .with(DTE::V, 1)
                               .with(DTE::next, next_of(devices_, one, DTE::next.largest))
                               .with(DTE::ITT_address, device.ITT >> ItsCommand::ITT_address.low)
                               .with(DTE::Size, device.EventID_bits - 1);
        VIRT_TRY(put(gic_.memory(), *place, entry.value));
    }
    return {};
}

// An event that lost its collection is saved as none.
virt::expected<void> Its::save_events(const Device& device) {
    for (auto one = device.events.cbegin(); one != device.events.cend(); ++one) {
        const auto& [EventID, event] = *one;
        const auto entry = event.ICID ? ITE{}
                                            .with(ITE::next, next_of(device.events, one, ITE::next.largest))
                                            .with(ITE::pINTID, event.lpi->intid.value)
                                            .with(ITE::ICID, *event.ICID)
                                      : ITE{};
        VIRT_TRY(put(gic_.memory(), device.ITT + EventID * table_entry_bytes, entry.value));
    }
    return {};
}

virt::expected<void> Its::save_collections() {
    const auto table = collections_table();
    if (table[GITS_BASER::Valid] == 0)
        return {};
    std::vector<std::pair<std::uint64_t, CTE>> entries; // by order of coming
    entries.reserve(collections_.size());
    for (const auto& [ICID, one] : collections_)
        entries.emplace_back(one.order,
                             CTE{}
                                 .with(CTE::V, 1)
                                 .with(CTE::RDbase, one.target == nullptr ? CTE::unmapped : one.target->id().value)
                                 .with(CTE::ICID, ICID));
    std::ranges::sort(entries, {}, [](const auto& one) { return one.first; });
    auto address = table.address();
    for (const auto& [order, entry] : entries) {
        VIRT_TRY(put(gic_.memory(), address, entry.value));
        address += table_entry_bytes;
    }
    if (entries.size() * table_entry_bytes < table.bytes())
        return put(gic_.memory(), address, CTE{}.value);
    return {};
}

virt::expected<void> Its::restore_tables() {
    const virt::Lock lock(mutex_);
    if (auto restored = restore_collections(); !restored) {
        remove_collections();
        invalidate_translated();
        return restored;
    }
    auto restored = restore_devices();
    if (!restored) {
        remove_devices();
        remove_collections();
        invalidate_translated();
    }
    return restored;
}

virt::expected<void> Its::restore_collections() {
    const auto table = collections_table();
    if (table[GITS_BASER::Valid] == 0)
        return {};
    const auto scanned =
        scan(Reader(gic_.memory(), table.address(), table.bytes() / table_entry_bytes),
             [&](std::uint32_t, std::uint64_t entry) VIRT_UNCHECKED { return restore_collection(CTE{entry}); });
    VIRT_TRY(scanned);
    return {};
}

virt::expected<std::uint64_t> Its::restore_collection(CTE entry) {
    if (entry[CTE::V] == 0)
        return 0;
    const auto ICID = static_cast<std::uint16_t>(entry[CTE::ICID]);
    Redistributor* target = nullptr;
    if (entry[CTE::RDbase] != CTE::unmapped) {
        const auto named = redistributor(static_cast<std::uint32_t>(entry[CTE::RDbase]));
        if (!named)
            return virt::failure(EINVAL, "restore a collection of a vCPU that there is not");
        target = *named;
    }
    if (collections_.contains(ICID))
        return virt::failure(EEXIST, "restore a collection");
    if (!entry_of(collections_table(), ICID))
        return virt::failure(EINVAL, "restore a collection that its table has no place for");
    collections_.emplace(ICID, Collection{target, collections_ever_++});
    return 1;
}

virt::expected<void> Its::restore_devices() {
    const auto table = devices_table();
    if (table[GITS_BASER::Valid] == 0)
        return {};
    const auto restore_page = [&](virt::Gpa page, std::uint64_t entries, std::uint32_t first) VIRT_UNCHECKED {
        return scan(Reader(gic_.memory(), page, entries), [&](std::uint32_t n, std::uint64_t entry) VIRT_UNCHECKED {
            return restore_device(first + n, DTE{entry});
        });
    };
    if (table[GITS_BASER::Indirect] == 0) {
        VIRT_TRY(restore_page(table.address(), table.bytes() / table_entry_bytes, 0));
        return {};
    }
    const auto restore_level_1 = [&](std::uint32_t n, std::uint64_t word) -> virt::expected<std::uint64_t> {
        const Level1Entry entry{word};
        if (entry[Level1Entry::Valid] == 0)
            return 1;
        const auto first = n * static_cast<std::uint32_t>(entries_per_page);
        const auto page = restore_page(entry.value & Level1Entry::Physical_Address.mask, entries_per_page, first);
        VIRT_TRY(page);
        if (first > 0xFFFF)
            return 0; // no device can be there: one page tells what is wrong, and there may be millions of them
        return *page == Scan::stopped ? 0 : 1; // the last device ends all levels
    };
    VIRT_TRY(scan(Reader(gic_.memory(), table.address(), table.bytes() / sizeof(Level1Entry)), restore_level_1));
    return {};
}

virt::expected<std::uint64_t> Its::restore_device(std::uint32_t DeviceID, DTE entry) {
    if (entry[DTE::V] == 0)
        return 1;
    const auto EventID_bits = static_cast<unsigned>(entry[DTE::Size]) + 1;
    if (!entry_of(devices_table(), DeviceID) || EventID_bits > 16)
        return virt::failure(EINVAL, "restore a device");
    const auto [mapped, added] = devices_.try_emplace(
        DeviceID, Device{entry[DTE::ITT_address] << ItsCommand::ITT_address.low, EventID_bits, {}});
    if (!added)
        return virt::failure(EEXIST, "restore a device");
    auto& device = mapped->second;
    const auto scanned = scan(Reader(gic_.memory(), device.ITT, std::uint64_t{1} << EventID_bits),
                              [&](std::uint32_t EventID, std::uint64_t event)
                                  VIRT_UNCHECKED { return restore_event(DeviceID, device, EventID, ITE{event}); });
    VIRT_TRY(scanned);
    return entry[DTE::next];
}

virt::expected<std::uint64_t> Its::restore_event(std::uint32_t DeviceID, Device& device, std::uint32_t EventID,
                                                 ITE entry) {
    if (entry[ITE::pINTID] == 0)
        return 1;
    const auto ICID = static_cast<std::uint16_t>(entry[ITE::ICID]);
    if ((EventID + entry[ITE::next]) >> device.EventID_bits != 0 || !collections_.contains(ICID) ||
        !entry_of(device, EventID))
        return virt::failure(EINVAL, "restore an event");
    VIRT_TRY(add_event(DeviceID, device, EventID, ICID, Intid{static_cast<std::uint32_t>(entry[ITE::pINTID])}));
    return entry[ITE::next];
}

void Its::reset() {
    const virt::Lock lock(mutex_);
    enabled_.store(false);
    CBASER_.store(0);
    CREADR_.store(0);
    CWRITER_.store(0);
    for (auto& BASER : BASER_)
        BASER.store(BASER.load() & ~GITS_BASER::Valid.mask);
    remove_devices();
    remove_collections();
    invalidate_translated();
}

} // namespace arm64::gic

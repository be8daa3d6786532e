// SPDX-License-Identifier: Apache-2.0
#include "virt/slot_memory.hpp"

#include <algorithm>
#include <bit>

namespace virt {
namespace {

template <class T>
void copy_one(std::byte* into, const std::byte* from) {
    const T value = __atomic_load_n(reinterpret_cast<const T*>(from), __ATOMIC_RELAXED);
    __atomic_store_n(reinterpret_cast<T*>(into), value, __ATOMIC_RELAXED);
}

template <class T>
bool aligned(const std::byte* one, const std::byte* other) {
    return ((std::bit_cast<std::uintptr_t>(one) | std::bit_cast<std::uintptr_t>(other)) & (sizeof(T) - 1)) == 0;
}

template <class T>
std::size_t copy_each(std::byte* into, const std::byte* from, std::size_t bytes) {
    std::size_t done = 0;
    for (; bytes - done >= sizeof(T); done += sizeof(T))
        copy_one<T>(into + done, from + done);
    return done;
}

// The guest may write at the same time, which memcpy must not see: a value would tear, and C++ calls it a data race.
void copy_bytes(std::byte* into, const std::byte* from, std::size_t bytes) {
    std::size_t done = 0;
    if (aligned<std::uint64_t>(into, from))
        done += copy_each<std::uint64_t>(into, from, bytes);
    if (aligned<std::uint32_t>(into, from))
        done += copy_each<std::uint32_t>(into + done, from + done, bytes - done);
    if (aligned<std::uint16_t>(into, from))
        done += copy_each<std::uint16_t>(into + done, from + done, bytes - done);
    copy_each<std::uint8_t>(into + done, from + done, bytes - done);
}

constexpr std::size_t words_of(const MemorySlot& slot) { return (slot.size / MemorySlots::page + 63) / 64; }

} // namespace

void SlotMemory::publish(std::unique_ptr<Entries> entries) {
    const std::unique_ptr<const Entries> old(slots_.exchange(entries.release()));
    in_use_.wait();
}

void SlotMemory::add(const MemorySlot& slot) {
    const std::scoped_lock lock(writer_);
    auto entries = std::make_unique<Entries>(*slots_.load());
    const auto place =
        std::ranges::lower_bound(*entries, slot.base, {}, [](const Entry& entry) { return entry.slot.base; });
    Entry entry{slot, nullptr};
    if (slot.log == DirtyLog::on)
        entry.dirty = std::make_shared<Dirty>(words_of(slot));
    entries->insert(place, std::move(entry));
    publish(std::move(entries));
}

void SlotMemory::remove(SlotId id) {
    const std::scoped_lock lock(writer_);
    auto entries = std::make_unique<Entries>(*slots_.load());
    std::erase_if(*entries, [&](const Entry& entry) { return entry.slot.id == id; });
    publish(std::move(entries));
}

void SlotMemory::set_log(SlotId id, DirtyLog log) {
    const std::scoped_lock lock(writer_);
    auto entries = std::make_unique<Entries>(*slots_.load());
    for (auto& entry : *entries) {
        if (entry.slot.id != id)
            continue;
        entry.slot.log = log;
        if (log == DirtyLog::off)
            entry.dirty.reset();
        else if (!entry.dirty)
            entry.dirty = std::make_shared<Dirty>(words_of(entry.slot));
    }
    publish(std::move(entries));
}

void SlotMemory::collect_dirty(SlotId id, std::span<std::uint64_t> bitmap) {
    const std::scoped_lock lock(writer_);
    for (const auto& entry : *slots_.load())
        if (entry.slot.id == id && entry.dirty)
            for (std::size_t word = 0; word < std::min(bitmap.size(), words_of(entry.slot)); ++word)
                bitmap[word] |= (*entry.dirty)[word].exchange(0);
}

/// `visit(entry, offset in its slot, offset in the access, bytes)` for each part; false if one has no slot or is
/// refused.
template <class Visit>
bool SlotMemory::each_part(Gpa address, std::size_t bytes, Visit visit) const {
    const GracePeriod::Reader reader(in_use_);
    const auto& entries = *slots_.load();
    for (std::size_t done = 0; done < bytes;) {
        const Gpa at = address + done;
        const Entry* found = nullptr;
        for (const auto& entry : entries) // a VM has a few
            if (at - entry.slot.base < entry.slot.size)
                found = &entry;
        if (found == nullptr)
            return false;
        const std::uint64_t offset = at - found->slot.base;
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(bytes - done, found->slot.size - offset));
        if (!visit(*found, offset, done, part))
            return false;
        done += part;
    }
    return true;
}

void SlotMemory::mark(const Entry& entry, std::uint64_t offset, std::size_t bytes) {
    if (!entry.dirty)
        return;
    for (auto page = offset / MemorySlots::page; page <= (offset + bytes - 1) / MemorySlots::page; ++page)
        (*entry.dirty)[page / 64].fetch_or(std::uint64_t{1} << (page % 64));
}

bool SlotMemory::read(Gpa address, std::span<std::byte> into) const {
    return each_part(address, into.size(),
                     [&](const Entry& entry, std::uint64_t offset, std::size_t done, std::size_t part) {
                         copy_bytes(into.data() + done, entry.slot.host + offset, part);
                         return true;
                     });
}

bool SlotMemory::write(Gpa address, std::span<const std::byte> from) const {
    return each_part(address, from.size(),
                     [&](const Entry& entry, std::uint64_t offset, std::size_t done, std::size_t part) {
                         if (entry.slot.kind == SlotKind::rom)
                             return false;
                         copy_bytes(entry.slot.host + offset, from.data() + done, part);
                         mark(entry, offset, part);
                         return true;
                     });
}

std::optional<SlotMemory::Page> SlotMemory::page(Gpa address) const {
    std::optional<Page> found;
    static_cast<void>(each_part(address, 1, [&](const Entry& entry, std::uint64_t offset, std::size_t, std::size_t) {
        found = Page{entry.slot.host + offset, entry.slot.kind, entry.dirty ? DirtyLog::on : DirtyLog::off};
        return true;
    }));
    return found;
}

void SlotMemory::mark_dirty(Gpa page) const {
    static_cast<void>(each_part(page, 1, [](const Entry& entry, std::uint64_t offset, std::size_t, std::size_t) {
        mark(entry, offset, 1);
        return true;
    }));
}

bool SlotMemory::visible(Gpa address) const {
    return each_part(address, 1, [](const Entry&, std::uint64_t, std::size_t, std::size_t) { return true; });
}

} // namespace virt

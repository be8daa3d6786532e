// SPDX-License-Identifier: Apache-2.0
// Guest physical memory as the slots of a VM say: what an irqchip in userspace reads and writes its tables through.
#pragma once

#include "virt/expected.hpp"
#include "virt/grace_period.hpp"
#include "virt/ids.hpp"
#include "virt/memory_slots.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

namespace virt {

/// Any thread; accesses take no lock and allocate nothing. The memory is guest-controlled: each value is read once.
/// Aligned accesses of 1, 2, 4 and 8 bytes are single ones. Source of the rules: kvm_read_guest, kvm_write_guest.
class SlotMemory final {
public:
    SlotMemory() = default;
    SlotMemory(const SlotMemory&) = delete;
    SlotMemory& operator=(const SlotMemory&) = delete;
    ~SlotMemory() { delete slots_.load(); }

    /// The slot must not overlap another (MemorySlots checks that).
    void add(const MemorySlot& slot);
    /// When it returns, nobody uses the memory.
    void remove(SlotId id);
    /// Whether writes are to be marked. ORed into the bitmap by `collect_dirty`, one bit per 4 KiB page.
    void set_log(SlotId id, DirtyLog log);
    void collect_dirty(SlotId id, std::span<std::uint64_t> bitmap);

    /// False if any byte is in no slot; then `into` may be partly written. May cross slots.
    [[nodiscard]] bool read(Gpa address, std::span<std::byte> into) const;
    /// False if any byte is in no slot, or in one of ROM; then part of it may be written.
    [[nodiscard]] bool write(Gpa address, std::span<const std::byte> from) const;
    /// Whether the page of that address is in a slot.
    [[nodiscard]] bool visible(Gpa address) const;

    /// The page at a page-aligned address. It may go as soon as this returns: whoever keeps it follows the slots.
    struct Page {
        std::byte* host;
        SlotKind kind;
        DirtyLog log;
    };
    [[nodiscard]] std::optional<Page> page(Gpa address) const;
    /// For who writes by `Page::host`: the log has that page from now on, if its slot has one.
    void mark_dirty(Gpa page) const;

    template <class T>
        requires std::is_trivially_copyable_v<T>
    [[nodiscard]] std::optional<T> read(Gpa address) const {
        T value{};
        if (!read(address, std::as_writable_bytes(std::span(&value, 1))))
            return std::nullopt;
        return value;
    }
    template <class T>
        requires std::is_trivially_copyable_v<T>
    [[nodiscard]] bool write(Gpa address, const T& value) const {
        return write(address, std::as_bytes(std::span(&value, 1)));
    }

private:
    using Dirty = std::vector<std::atomic<std::uint64_t>>;
    struct Entry {
        MemorySlot slot;
        std::shared_ptr<Dirty> dirty; // shared by the old and the new snapshot
    };
    using Entries = std::vector<Entry>; // sorted by base

    static void mark(const Entry& entry, std::uint64_t offset, std::size_t bytes);
    template <class Visit>
    bool each_part(Gpa address, std::size_t bytes, Visit visit) const;
    void publish(std::unique_ptr<Entries> entries);

    std::mutex writer_;
    mutable GracePeriod in_use_;
    std::atomic<const Entries*> slots_ = new Entries;
};

} // namespace virt

// SPDX-License-Identifier: Apache-2.0
// Guest memory as the VM knows it: slots, and one listener that follows their changes.
#pragma once

#include "virt/expected.hpp"
#include "virt/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

namespace virt {

using SlotId = Id<struct SlotIdMeaning, std::uint32_t>;

enum class SlotKind : std::uint8_t {
    ram,
    rom,    ///< guest writes exit as MMIO
    device, ///< memory of a real device: accesses keep their width, nobody prefetches
};

enum class DirtyLog : std::uint8_t { off, on };

struct MemorySlot {
    SlotId id;
    SlotKind kind = SlotKind::ram;
    Gpa base = 0;            ///< page-aligned
    std::uint64_t size = 0;  ///< bytes, page-aligned, not 0
    std::byte* host = nullptr; ///< page-aligned mapping of at least `size` bytes, valid until the slot is removed
    DirtyLog log = DirtyLog::off;
};

/// Follows the slots of one VM (VFIO DMA maps, vhost tables, a software TLB). Called with the slot lock held.
class SlotListener {
public:
    SlotListener() = default;
    SlotListener(const SlotListener&) = delete;
    SlotListener& operator=(const SlotListener&) = delete;
    virtual ~SlotListener() = default;

    /// May refuse (a DMA map that the host has no room for): then the slot is not added.
    virtual expected<void> slot_added(const MemorySlot& slot) = 0;
    virtual void slot_removed(const MemorySlot& slot) = 0;
};

/// The set that every provider keeps: checks what KVM checks, tells the listener.
class MemorySlots {
public:
    static constexpr std::uint64_t page = 4096;

    /// EINVAL: size 0, wrap-around or misalignment; EEXIST: overlap or identifier in use.
    /// `apply` makes the change real and may refuse; only then the slot is kept and announced. If the listener refuses,
    /// `undo` takes it back.
    template <class Apply, class Undo>
    expected<void> add(const MemorySlot& slot, Apply apply, Undo undo) {
        const std::scoped_lock lock(mutex_);
        VIRT_TRY(check(slot));
        VIRT_TRY(apply());
        if (listener_ != nullptr) {
            if (auto announced = listener_->slot_added(slot); !announced) {
                VIRT_TRY(undo());
                return announced;
            }
        }
        slots_.emplace(slot.id, slot);
        return {};
    }

    /// ENOENT if there is none. The listener hears of it first, while the memory is still mapped.
    template <class Apply>
    expected<void> remove(SlotId id, Apply apply) {
        const std::scoped_lock lock(mutex_);
        const auto found = slots_.find(id);
        if (found == slots_.end())
            return missing(id);
        if (listener_ != nullptr)
            listener_->slot_removed(found->second);
        VIRT_TRY(apply(found->second));
        slots_.erase(found);
        return {};
    }

    /// ENOENT if there is none. `apply` is given the slot as it shall be.
    template <class Apply>
    expected<void> set_log(SlotId id, DirtyLog log, Apply apply) {
        const std::scoped_lock lock(mutex_);
        const auto found = slots_.find(id);
        if (found == slots_.end())
            return missing(id);
        MemorySlot wanted = found->second;
        wanted.log = log;
        VIRT_TRY(apply(wanted));
        found->second = wanted;
        return {};
    }

    /// Announces the present slots to `listener`, which may be null. Its first refusal is returned, and it is not kept.
    expected<void> set_listener(SlotListener* listener);

    [[nodiscard]] expected<MemorySlot> find(SlotId id) const;

private:
    [[nodiscard]] expected<void> check(const MemorySlot& slot) const;
    [[nodiscard]] static unexpected missing(SlotId id);

    mutable std::mutex mutex_;
    std::map<SlotId, MemorySlot> slots_;
    SlotListener* listener_ = nullptr;
};

} // namespace virt

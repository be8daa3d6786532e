// SPDX-License-Identifier: Apache-2.0
// The checks of KVM_SET_USER_MEMORY_REGION that do not need a kernel.
#include "virt/memory_slots.hpp"

#include <cerrno>
#include <cstdint>
#include <string>

namespace virt {

expected<void> MemorySlots::check(const MemorySlot& slot) const {
    const std::string what = "add memory slot " + std::to_string(slot.id.value);
    const auto host = reinterpret_cast<std::uintptr_t>(slot.host);
    if (slot.size == 0 || slot.base + slot.size < slot.base || (slot.base | slot.size | host) % page != 0)
        return failure(EINVAL, what);
    for (const auto& [id, other] : slots_)
        if (id == slot.id || (slot.base < other.base + other.size && other.base < slot.base + slot.size))
            return failure(EEXIST, what);
    return {};
}

unexpected MemorySlots::missing(SlotId id) { return failure(ENOENT, "find memory slot " + std::to_string(id.value)); }

expected<void> MemorySlots::set_listener(SlotListener* listener) {
    const std::scoped_lock lock(mutex_);
    listener_ = nullptr;
    if (listener != nullptr)
        for (const auto& [id, slot] : slots_)
            VIRT_TRY(listener->slot_added(slot));
    listener_ = listener;
    return {};
}

expected<MemorySlot> MemorySlots::find(SlotId id) const {
    const std::scoped_lock lock(mutex_);
    const auto found = slots_.find(id);
    if (found == slots_.end())
        return missing(id);
    return found->second;
}

} // namespace virt

// SPDX-License-Identifier: Apache-2.0
// A message that has been looked up ahead: what a translator answered, and how to see that it would answer so again.
//
// Linux has the translation cache of an ITS instead (vgic_its_check_cache), which is one table for all; this is kept by
// the one route that needs it.
#pragma once

#include <atomic>
#include <cstdint>

namespace virt {

/// A checked snapshot. `target` is the irqchip's own and outlives every snapshot, current or not.
struct TranslatedMsi {
    void* target; ///< what the message interrupts
    const std::atomic<std::uint64_t>* generation; ///< the translator's, which changes *after* each change of a mapping
    std::uint64_t seen; ///< its value *before* the lookup

    /// Whether nothing has been invalidated since. Any thread.
    [[nodiscard]] bool current() const { return generation->load(std::memory_order_acquire) == seen; }
};

/// Where one is kept: by any thread, for any thread, without a lock. Who finds it being written does without.
class TranslatedMsiCell {
public:
    static constexpr std::uint64_t nobody = UINT64_MAX;

    /// `owner`: what the snapshot belongs to; it is found by that alone. Not `nobody`.
    void keep(std::uint64_t owner, const TranslatedMsi& msi) {
        auto before = sequence_.load(std::memory_order_relaxed);
        if ((before & 1) != 0 || !sequence_.compare_exchange_strong(before, before + 1, std::memory_order_acquire,
                                                                    std::memory_order_relaxed))
            return; // another thread keeps its own, which is as good
        owner_.store(owner, std::memory_order_release);
        target_.store(msi.target, std::memory_order_release);
        generation_.store(msi.generation, std::memory_order_release);
        seen_.store(msi.seen, std::memory_order_release);
        sequence_.store(before + 2, std::memory_order_release);
    }

    /// False if there is none of that owner, or one is being written.
    [[nodiscard]] bool find(std::uint64_t owner, TranslatedMsi& msi) const {
        const auto before = sequence_.load(std::memory_order_acquire);
        if (owner_.load(std::memory_order_acquire) != owner)
            return false;
        msi = {.target = target_.load(std::memory_order_acquire),
               .generation = generation_.load(std::memory_order_acquire),
               .seen = seen_.load(std::memory_order_acquire)};
        return (before & 1) == 0 && sequence_.load(std::memory_order_relaxed) == before;
    }

private:
    std::atomic<std::uint32_t> sequence_ = 0; // odd while it is written
    std::atomic<std::uint64_t> owner_ = nobody;
    std::atomic<void*> target_ = nullptr;
    std::atomic<const std::atomic<std::uint64_t>*> generation_ = nullptr;
    std::atomic<std::uint64_t> seen_ = 0;
};

} // namespace virt

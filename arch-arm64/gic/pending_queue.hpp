// SPDX-License-Identifier: Apache-2.0
// Interrupts that wait for an acknowledge by one CPU interface.
#pragma once

#include "arch-arm64/gic/interrupt.hpp"

#include <array>
#include <bit>
#include <cstdint>

namespace arm64::gic {

/// A list for each group and priority, and a bitmap of those that are not empty: every operation costs the same
/// however many wait and however many INTIDs there are. Of equal priority, first come, first served (as KVM's
/// list_sort, which is stable). Not thread-safe: guarded by its redistributor's lock.
class PendingQueue {
public:
    /// Priorities have at most 6 bits here: 5 are what a CPU interface of KVM implements, LPIs have 6.
    static constexpr unsigned levels = 64;

    void insert(Interrupt& one) {
        const auto level = level_of(one);
        auto& list = list_of(one.group, level);
        one.queued = true;
        one.queued_level = static_cast<std::uint8_t>(level);
        one.queued_group = one.group;
        one.next = nullptr;
        one.previous = list.last;
        (list.last != nullptr ? list.last->next : list.first) = &one;
        list.last = &one;
        used_[index_of(one.group)] |= std::uint64_t{1} << level;
    }

    void remove(Interrupt& one) {
        auto& list = list_of(one.queued_group, one.queued_level);
        (one.previous != nullptr ? one.previous->next : list.first) = one.next;
        (one.next != nullptr ? one.next->previous : list.last) = one.previous;
        if (list.first == nullptr)
            used_[index_of(one.queued_group)] &= ~(std::uint64_t{1} << one.queued_level);
        one.queued = false;
    }

    /// Its priority or group has changed.
    void sort(Interrupt& one) {
        if (level_of(one) == one.queued_level && one.group == one.queued_group)
            return;
        remove(one);
        insert(one);
    }

    /// The highest priority in this group, as a level; `levels` if nothing waits.
    [[nodiscard]] unsigned first_level(Group group) const {
        return static_cast<unsigned>(std::countr_zero(used_[index_of(group)]));
    }
    /// Of that level, or 256.
    [[nodiscard]] static unsigned priority_of(unsigned level) { return level << 2U; }
    /// Who waits longest there.
    [[nodiscard]] Interrupt* first(Group group, unsigned level) const {
        return level == levels ? nullptr : lists_[index_of(group)][level].first;
    }

    /// Calls `visit` with each; it may remove the one that it is given.
    template <class Visit>
    void each(Visit visit) {
        for (const auto& group : lists_)
            for (const auto& list : group)
                for (auto* one = list.first; one != nullptr;) {
                    auto& present = *one;
                    one = one->next;
                    visit(present);
                }
    }

private:
    struct List {
        Interrupt* first = nullptr;
        Interrupt* last = nullptr;
    };

    static unsigned level_of(const Interrupt& one) { return one.priority >> 2U; }
    static unsigned index_of(Group group) { return static_cast<unsigned>(group); }
    List& list_of(Group group, unsigned level) { return lists_[index_of(group)][level]; }

    std::array<std::uint64_t, 2> used_{};
    std::array<std::array<List, levels>, 2> lists_{};
};

} // namespace arm64::gic

// SPDX-License-Identifier: Apache-2.0
// Points in time, the next one first.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace virt::event_loop {

/// A member of the queue: says where in it its owner is.
class TimerEntry {
public:
    TimerEntry(const TimerEntry&) = delete;
    TimerEntry& operator=(const TimerEntry&) = delete;
    [[nodiscard]] bool is_set() const { return place_ != nowhere; }

protected:
    TimerEntry() = default;
    ~TimerEntry() = default;

private:
    friend class TimerQueue;
    static constexpr std::size_t nowhere = ~std::size_t{0};
    std::size_t place_ = nowhere;
};

/// A binary heap whose members know their places, so that one of thousands is moved or removed without a search.
/// Allocates only when it has more members than ever before.
class TimerQueue {
public:
    using Clock = std::chrono::steady_clock;

    /// Equal times come in the order in which they were set. Setting again replaces.
    void set(TimerEntry& entry, Clock::time_point due);
    /// Idempotent.
    void remove(TimerEntry& entry);

    [[nodiscard]] bool empty() const { return heap_.empty(); }
    [[nodiscard]] Clock::time_point next() const { return heap_.front().due; }
    /// A ticket that tells what is in the queue now from what is set later.
    [[nodiscard]] std::uint64_t ticket() const { return ticket_; }
    /// Takes out the first if it is due at `now` and was set before `ticket`; else null.
    TimerEntry* pop(Clock::time_point now, std::uint64_t ticket);

private:
    struct Node {
        Clock::time_point due;
        std::uint64_t ticket;
        TimerEntry* entry;

        [[nodiscard]] bool before(const Node& other) const {
            return due != other.due ? due < other.due : ticket < other.ticket;
        }
    };

    void put(std::size_t place, const Node& node);
    void sift_up(std::size_t place);
    void sift_down(std::size_t place);

    std::vector<Node> heap_;
    std::uint64_t ticket_ = 0;
};

} // namespace virt::event_loop

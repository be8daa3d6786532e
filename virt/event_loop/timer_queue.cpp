// SPDX-License-Identifier: Apache-2.0
// The heap.
#include "virt/event_loop/timer_queue.hpp"

#include <utility>

namespace virt::event_loop {

void TimerQueue::put(std::size_t place, const Node& node) {
    heap_[place] = node;
    node.entry->place_ = place;
}

void TimerQueue::sift_up(std::size_t place) {
    const auto node = heap_[place];
    while (place != 0 && node.before(heap_[(place - 1) / 2])) {
        put(place, heap_[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(place, node);
}

void TimerQueue::sift_down(std::size_t place) {
    const auto node = heap_[place];
    for (;;) {
        auto child = 2 * place + 1;
        if (child + 1 < heap_.size() && heap_[child + 1].before(heap_[child]))
            ++child;
        if (child >= heap_.size() || !heap_[child].before(node))
            break;
        put(place, heap_[child]);
        place = child;
    }
    put(place, node);
}

void TimerQueue::set(TimerEntry& entry, Clock::time_point due) {
    remove(entry);
    heap_.push_back({due, ticket_++, &entry});
    sift_up(heap_.size() - 1);
}

void TimerQueue::remove(TimerEntry& entry) {
    const auto place = std::exchange(entry.place_, TimerEntry::nowhere);
    if (place == TimerEntry::nowhere)
        return;
    const auto last = heap_.back();
    heap_.pop_back();
    if (place == heap_.size())
        return;
    put(place, last);
    sift_down(place);
    sift_up(last.entry->place_);
}

TimerEntry* TimerQueue::pop(Clock::time_point now, std::uint64_t ticket) {
    if (heap_.empty() || heap_.front().due > now || heap_.front().ticket >= ticket)
        return nullptr;
    auto* const entry = heap_.front().entry;
    remove(*entry);
    return entry;
}

} // namespace virt::event_loop

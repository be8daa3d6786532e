// SPDX-License-Identifier: Apache-2.0
// A mutex of one word for the way of an MMIO exit, where std::mutex costs three times as many instructions.
//
// The states and transitions are those of U. Drepper, "Futexes Are Tricky", section 5 (mutex2).
#pragma once

#include <atomic>
#include <cstdint>

namespace virt {

/// BasicLockable, for std::scoped_lock. Not recursive; a thread that has it must unlock it.
class Mutex {
public:
    Mutex() = default;
    Mutex(const Mutex&) = delete;
    Mutex& operator=(const Mutex&) = delete;

    void lock() {
        std::uint32_t found = free;
        if (!state_.compare_exchange_strong(found, held, std::memory_order_acquire, std::memory_order_relaxed))
            lock_contended();
    }

    void unlock() {
        if (state_.exchange(free, std::memory_order_release) == awaited)
            state_.notify_one();
    }

private:
    static constexpr std::uint32_t free = 0;
    static constexpr std::uint32_t held = 1;
    static constexpr std::uint32_t awaited = 2; // held, and somebody may sleep

    void lock_contended();

    std::atomic<std::uint32_t> state_ = free;
};

} // namespace virt

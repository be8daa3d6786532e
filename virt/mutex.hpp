// SPDX-License-Identifier: Apache-2.0
// A mutex of one word for the way of an MMIO exit, where std::mutex costs three times as many instructions.
//
// The states and transitions are those of U. Drepper, "Futexes Are Tricky", section 5 (mutex2).
#pragma once

#include "virt/thread_safety.hpp"

#include <atomic>
#include <cstdint>

namespace virt {

/// BasicLockable. Not recursive; a thread that has it must unlock it. `Lock` is its guard that clang understands.
class VIRT_CAPABILITY("mutex") Mutex {
public:
    Mutex() = default;
    Mutex(const Mutex&) = delete;
    Mutex& operator=(const Mutex&) = delete;

    void lock() VIRT_ACQUIRE() {
        std::uint32_t found = free;
        if (!state_.compare_exchange_strong(found, held, std::memory_order_acquire, std::memory_order_relaxed))
            lock_contended();
    }

    void unlock() VIRT_RELEASE() {
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

class VIRT_SCOPED_CAPABILITY Lock {
public:
    explicit Lock(Mutex& mutex) VIRT_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
    ~Lock() VIRT_RELEASE() { mutex_.unlock(); }
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

private:
    Mutex& mutex_;
};

} // namespace virt

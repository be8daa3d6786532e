// SPDX-License-Identifier: Apache-2.0
// The clock behind the generic timer, and an alarm on it. Source: Arm DDI 0487, D12.1.
#pragma once

#include <chrono>
#include <cstdint>

namespace arm64::timer {

/// What CNTPCT_EL0 would read at the host. Any thread.
class Counter {
public:
    Counter() = default;
    Counter(const Counter&) = delete;
    Counter& operator=(const Counter&) = delete;

    /// Never goes back.
    [[nodiscard]] virtual std::uint64_t ticks() const = 0;
    /// CNTFRQ_EL0: ticks a second, not 0.
    [[nodiscard]] virtual std::uint64_t frequency() const = 0;

protected:
    ~Counter() = default;
};

/// The host's monotonic clock at 1 GHz, as every counter since Armv8.6.
class MonotonicCounter final : public Counter {
public:
    [[nodiscard]] std::uint64_t ticks() const override {
        const auto now = std::chrono::steady_clock::now().time_since_epoch();
        return static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count());
    }
    [[nodiscard]] std::uint64_t frequency() const override { return 1'000'000'000; }
};

/// Sees to it that ArchTimer::look is called once the counter has reached a deadline. One implementation sleeps, in an
/// event loop (loop_alarm.hpp); a CPU in software compares the deadline itself.
class Alarm {
public:
    Alarm() = default;
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    /// Replaces what was set. In ticks of the counter; may have passed, and may be too early for whoever looks. Any
    /// thread, one at a time, called with a lock of the ArchTimer held: it must not call that.
    virtual void set(std::uint64_t deadline) = 0;
    virtual void cancel() = 0;
    /// For ever: when this returns, nobody is called any more. Called without a lock.
    virtual void silence() = 0;

protected:
    ~Alarm() = default;
};

} // namespace arm64::timer

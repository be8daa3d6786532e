// SPDX-License-Identifier: Apache-2.0
// The alarm of a timer whose vCPU sleeps, or is executed by nobody: it rings in an event loop's thread.
#pragma once

#include "arch-arm64/timer/counter.hpp"
#include "virt/event_loop.hpp"
#include "virt/inline_function.hpp"
#include "virt/mutex.hpp"
#include "virt/thread_safety.hpp"

#include <cstdint>
#include <optional>

namespace arm64::timer {

/// Setting it wakes the loop only if it would otherwise wake too late: a deadline that moves away, or is taken back, is
/// noticed when the first one has come. However often a guest sets it, the loop is posted to once until it has looked.
class LoopAlarm final : public Alarm {
public:
    /// `due` is called by the loop's thread, ArchTimer::look mostly.
    LoopAlarm(virt::EventLoop& loop, const Counter& counter, virt::InlineFunction<void()> due);
    ~LoopAlarm() { silence(); }

    void set(std::uint64_t deadline) override;
    void cancel() override;
    /// Not by the loop's thread.
    void silence() override;

private:
    static constexpr std::uint64_t never = ~std::uint64_t{0};

    void look();

    virt::EventLoop& loop_;
    const Counter& counter_;
    virt::InlineFunction<void()> due_;
    std::optional<virt::Timer> timer_; // the loop's thread's
    virt::Mutex mutex_;
    std::uint64_t deadline_ VIRT_GUARDED_BY(mutex_) = never;
    std::uint64_t looked_at_ VIRT_GUARDED_BY(mutex_) = never; // by then the loop looks, if not earlier
    bool posted_ VIRT_GUARDED_BY(mutex_) = false;
};

} // namespace arm64::timer

// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/timer/loop_alarm.hpp"

#include <chrono>
#include <utility>

namespace arm64::timer {
namespace {

// Rounded up, so that it does not ring too early; far ones are looked at again on the way.
std::chrono::nanoseconds duration_of(std::uint64_t ticks, std::uint64_t frequency) {
    constexpr std::chrono::seconds longest{3600};
    const auto seconds = ticks / frequency;
    if (seconds >= static_cast<std::uint64_t>(longest.count()))
        return longest;
    __extension__ using Wide = unsigned __int128; // the frequency may have 64 bits
    const auto rest = (Wide{ticks % frequency} * 1'000'000'000 + frequency - 1) / frequency;
    return std::chrono::seconds(seconds) + std::chrono::nanoseconds(static_cast<std::int64_t>(rest));
}

} // namespace

LoopAlarm::LoopAlarm(virt::EventLoop& loop, const Counter& counter, virt::InlineFunction<void()> due)
    : loop_(loop), counter_(counter), due_(std::move(due)) {
    loop_.call([this] { timer_.emplace(loop_, [this] { look(); }); });
}

void LoopAlarm::silence() {
    loop_.call([this] { timer_.reset(); });
}

void LoopAlarm::set(std::uint64_t deadline) {
    const virt::Lock lock(mutex_);
    deadline_ = deadline;
    if (deadline >= looked_at_)
        return;
    looked_at_ = deadline;
    if (!std::exchange(posted_, true))
        loop_.post([this] {
            {
                const virt::Lock relock(mutex_);
                posted_ = false;
            }
            look();
        });
}

void LoopAlarm::cancel() {
    const virt::Lock lock(mutex_);
    deadline_ = never;
}

void LoopAlarm::look() {
    if (!timer_)
        return; // silenced
    std::uint64_t remaining = 0;
    {
        const virt::Lock lock(mutex_);
        const auto now = counter_.ticks();
        looked_at_ = never;
        if (deadline_ == never)
            return;
        if (deadline_ > now) {
            looked_at_ = deadline_;
            remaining = deadline_ - now;
        }
    }
    if (remaining == 0)
        due_();
    else
        timer_->set(duration_of(remaining, counter_.frequency()));
}

} // namespace arm64::timer

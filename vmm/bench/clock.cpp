// SPDX-License-Identifier: Apache-2.0
// Waiting, precisely where that is free.
#include "vmm/bench/clock.hpp"

#include <sched.h>

#include <thread>

namespace vmm::bench {
namespace {

constexpr std::uint64_t second = 1'000'000'000;
// A sleep that ends that much early has ended before the time it was meant for, on any host that is not overloaded.
constexpr std::chrono::microseconds spun{300};
constexpr std::chrono::microseconds short_pause{20};

bool alone_on_one_cpu() {
    cpu_set_t cpus;
    return ::sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) == 1;
}

} // namespace

std::uint64_t ticks_to_ns(std::uint64_t ticks, std::uint64_t frequency) {
    return ticks / frequency * second + ticks % frequency * second / frequency;
}

Clock::Clock(const arm64::System& system)
    : system_(system),
      frequency_(system.counter_frequency()),
      waiting_(alone_on_one_cpu() ? Waiting::sleeps : Waiting::spins) {}

std::uint64_t Clock::to_ticks(std::chrono::nanoseconds time) const {
    const auto ns = static_cast<std::uint64_t>(time.count());
    return ns / second * frequency_ + ns % second * frequency_ / second;
}

void Clock::wait_until(std::uint64_t time) const {
    for (auto present = now(); present < time; present = now()) {
        const std::chrono::nanoseconds left(to_ns(time - present));
        if (waiting_ == Waiting::sleeps)
            std::this_thread::sleep_for(left);
        else if (left > spun)
            std::this_thread::sleep_for(left - spun);
    }
}

void Clock::pause() const {
    if (waiting_ == Waiting::sleeps)
        std::this_thread::sleep_for(short_pause);
}

} // namespace vmm::bench

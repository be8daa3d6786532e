// SPDX-License-Identifier: Apache-2.0
// The one clock of a measurement: the counter that the host and its guests share.
#pragma once

#include "arch-arm64/kvm.hpp"

#include <chrono>
#include <cstdint>

namespace vmm::bench {

/// Ticks of a counter, in ns; rounded down, and without overflow for centuries.
[[nodiscard]] std::uint64_t ticks_to_ns(std::uint64_t ticks, std::uint64_t frequency);

/// Times are in ticks of the counter. Any thread.
class Clock {
public:
    /// `system` outlives the clock.
    explicit Clock(const arm64::System& system);

    [[nodiscard]] std::uint64_t now() const { return system_.counter(); }
    [[nodiscard]] std::uint64_t frequency() const { return frequency_; }
    [[nodiscard]] std::uint64_t to_ns(std::uint64_t ticks) const { return ticks_to_ns(ticks, frequency_); }
    [[nodiscard]] std::uint64_t to_ticks(std::chrono::nanoseconds time) const;

    /// Sleeps, and spins for the last part of it where there is another CPU for the guest. On a single CPU spinning
    /// would only keep the guest from running.
    void wait_until(std::uint64_t time) const;
    /// Between two looks at memory that the guest writes.
    void pause() const;

private:
    enum class Waiting : std::uint8_t { sleeps, spins };

    const arm64::System& system_;
    std::uint64_t frequency_;
    Waiting waiting_;
};

} // namespace vmm::bench

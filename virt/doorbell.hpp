// SPDX-License-Identifier: Apache-2.0
// How a thread sleeps until others have something for it.
#pragma once

#include <atomic>
#include <cstdint>

namespace virt {

/// One thread sleeps, any ring. Whoever rings has written before what the sleeper is to see; the sleeper remembers what
/// it heard, looks whether there is something to do, and only then waits: so no ring is lost. std::atomic::wait yields
/// several times before it sleeps, which on a busy host is as many time slices in which nothing is heard.
class Doorbell {
public:
    Doorbell() = default;
    Doorbell(const Doorbell&) = delete;
    Doorbell& operator=(const Doorbell&) = delete;

    /// Async-signal-safe.
    void ring() {
        rings_.fetch_add(1);
        if (asleep_.load()) [[unlikely]]
            wake();
    }

    /// What to give `wait`.
    [[nodiscard]] std::uint32_t heard() const { return rings_.load(); }
    /// Until somebody rings who had not before `heard`; sometimes without a reason, too.
    void wait(std::uint32_t heard);

private:
    void wake();

    std::atomic<std::uint32_t> rings_ = 0; // a futex
    std::atomic<bool> asleep_ = false;
};

} // namespace virt

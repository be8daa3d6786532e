// SPDX-License-Identifier: Apache-2.0
// Whether a vCPU is on: its own doing, the VMM's, and that of other vCPUs by PSCI. Source:
// Documentation/virt/kvm/api.rst, 4.38; arch/arm64/kvm/psci.c.
#pragma once

#include "virt/kvm.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

namespace arm64::soft {

/// Any thread. Whoever changes it for another vCPU tells the engine afterwards (Engine::look).
class Power {
public:
    /// Where a vCPU begins that CPU_ON turns on.
    struct Entry {
        std::uint64_t PC;
        std::uint64_t X0;
    };

    [[nodiscard]] virt::MpState state() const { return state_.load(); }
    [[nodiscard]] bool on() const { return state() != virt::MpState::stopped; }
    void set(virt::MpState state) {
        const std::scoped_lock lock(mutex_);
        state_.store(state);
    }
    /// CPU_ON. False if it is on.
    bool turn_on(const Entry& entry) {
        const std::scoped_lock lock(mutex_);
        if (on())
            return false;
        entry_ = entry;
        entered_.store(false);
        state_.store(virt::MpState::runnable);
        return true;
    }
    /// What `turn_on` was given, once: for the vCPU itself, which is to be reset then.
    [[nodiscard]] std::optional<Entry> take_entry() {
        if (entered_.load()) [[likely]]
            return std::nullopt;
        const std::scoped_lock lock(mutex_);
        entered_.store(true);
        return std::exchange(entry_, std::nullopt);
    }

private:
    std::mutex mutex_; // of who changes it
    std::optional<Entry> entry_;
    std::atomic<virt::MpState> state_ = virt::MpState::runnable;
    std::atomic<bool> entered_ = true; // nothing to take
};

} // namespace arm64::soft

// SPDX-License-Identifier: Apache-2.0
// Time that passes when a test says so.
#pragma once

#include "arch-arm64/timer/arch_timer.hpp"
#include "arch-arm64/timer/counter.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>

namespace arm64::timer {

class ManualCounter final : public Counter {
public:
    [[nodiscard]] std::uint64_t ticks() const override { return now; }
    [[nodiscard]] std::uint64_t frequency() const override { return 1'000'000'000; }

    std::atomic<std::uint64_t> now = 1'000'000;
};

/// Rings when asked to.
class ManualAlarm final : public Alarm {
public:
    void set(std::uint64_t due) override { deadline = due; }
    void cancel() override { deadline.reset(); }
    void silence() override { silent = true; }

    std::optional<std::uint64_t> deadline;
    bool silent = false;
};

} // namespace arm64::timer

// SPDX-License-Identifier: Apache-2.0
// The time of day that a guest's real-time clock starts from.
#pragma once

#include <chrono>
#include <functional>

namespace devices {

/// Gives UTC. Called by any thread with a device's lock held; it may step in both directions, as the host's does.
using WallClock = std::function<std::chrono::system_clock::time_point()>;

/// The host's CLOCK_REALTIME.
[[nodiscard]] inline WallClock host_wall_clock() {
    return [] { return std::chrono::system_clock::now(); };
}

} // namespace devices

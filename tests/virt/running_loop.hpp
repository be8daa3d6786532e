// SPDX-License-Identifier: Apache-2.0
// An event loop with a thread of its own, for tests of what uses one.
#pragma once

#include "virt/event_loop.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace virt {

inline constexpr std::array backends{EventLoop::Backend::ring, EventLoop::Backend::epoll};

[[nodiscard]] inline std::string backend_name(const testing::TestParamInfo<EventLoop::Backend>& backend) {
    return backend.param == EventLoop::Backend::ring ? "ring" : "epoll";
}

class RunningLoop {
public:
    RunningLoop() = default;
    ~RunningLoop() {
        if (loop_)
            loop_->stop();
        if (thread_.joinable())
            thread_.join();
    }
    RunningLoop(const RunningLoop&) = delete;
    RunningLoop& operator=(const RunningLoop&) = delete;

    /// Why this host has no such backend, or nothing.
    std::optional<std::string> start(EventLoop::Backend backend) {
        auto loop = EventLoop::create(backend);
        if (!loop)
            return loop.error().sentence();
        loop_ = *std::move(loop);
        thread_ = std::thread([this] { EXPECT_TRUE(loop_->run()); });
        return std::nullopt;
    }
    [[nodiscard]] EventLoop& get() { return *loop_; }

private:
    std::unique_ptr<EventLoop> loop_;
    std::thread thread_;
};

/// Waits for `condition`, which another thread makes true; a minute without it is a failure.
template <class Condition>
void eventually(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition()) {
        ASSERT_LT(std::chrono::steady_clock::now(), end) << "it never happens";
        std::this_thread::yield();
    }
}

} // namespace virt

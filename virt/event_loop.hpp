// SPDX-License-Identifier: Apache-2.0
// One thread that waits for descriptors and for points in time.
#pragma once

#include "virt/expected.hpp"
#include "virt/fd.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace virt {

/// Everything but `stop` and `wake` belongs to the thread that calls `run`. Callbacks must not block.
class EventLoop {
public:
    using Clock = std::chrono::steady_clock;

    static expected<EventLoop> create();

    /// Calls `ready` while `fd` is readable or hung up, until `ignore`. `fd` must stay open until then.
    void watch(int fd, std::function<void()> ready);
    void ignore(int fd);
    /// Calls `due` once. Each owner has one timer at most: setting it again replaces it.
    void after(const void* owner, Clock::duration delay, std::function<void()> due);
    void cancel(const void* owner);

    /// What `wake` makes the loop call.
    void set_wake_callback(std::function<void()> woken) { woken_ = std::move(woken); }
    /// Any thread: the loop calls the wake callback soon; wakes that come before it has done so are one.
    void wake();

    /// Returns after `stop`.
    expected<void> run();
    /// Any thread.
    void stop();

private:
    struct Watch {
        int fd;
        std::function<void()> ready;
    };
    struct Timer {
        const void* owner;
        Clock::time_point due;
        std::function<void()> call;
    };

    explicit EventLoop(Fd wakeup) : wakeup_(std::move(wakeup)) {}
    void run_due_timers();

    Fd wakeup_; // an eventfd
    std::vector<Watch> watches_;
    std::vector<Timer> timers_;
    std::function<void()> woken_;
    // By pointer, so that the loop can be moved into place before it runs.
    std::unique_ptr<std::atomic<bool>> stopped_ = std::make_unique<std::atomic<bool>>(false);
};

} // namespace virt

// SPDX-License-Identifier: Apache-2.0
// What the event loop wants from the kernel, however it is asked for.
#pragma once

#include "virt/event_loop/slot.hpp"
#include "virt/expected.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace virt::event_loop {

/// Moves slots from `queued` over started to `done`. Calls nobody back. Every call by the thread that owns the loop.
class Backend {
public:
    Backend() = default;
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;
    virtual ~Backend() = default;

    [[nodiscard]] virtual const char* name() const = 0;

    /// Around the waits, which are all in one thread. Outside, the kernel holds no descriptor and no buffer: `leave`
    /// puts what is started back into the queue.
    virtual expected<void> enter() = 0;
    virtual void leave() = 0;

    /// Starts what is queued, sends the signals, and waits until something is done: forever, without a limit; not at
    /// all with a limit of 0. May return early.
    virtual expected<void> wait(std::optional<std::chrono::nanoseconds> limit) = 0;
    /// Sends the signals, at once.
    virtual void flush() = 0;
    /// Adds 1 to an eventfd at the next wait or flush. One that cannot take it without blocking is signalled already.
    virtual void signal(int fd) = 0;

    /// A slot that is started is idle or done when this returns, and the kernel does not hold its buffer any more.
    virtual void cancel(Slot& slot) = 0;
    /// The slot's descriptor may be closed from here on. The slot is idle.
    virtual void forget(Slot& slot) = 0;

    SlotList queued;
    SlotList done;
    std::uint64_t system_calls = 0;
};

/// One io_uring. Refused (ENOSYS, EPERM; EINVAL before Linux 6.1) with a remedy that says what is missing.
expected<std::unique_ptr<Backend>> make_ring();
/// Works everywhere.
expected<std::unique_ptr<Backend>> make_epoll();

/// Adds 1 to an eventfd that may be a blocking one, without blocking: what is full is signalled already. An errno, or
/// 0. Two system calls.
int signal_now(int fd);

} // namespace virt::event_loop

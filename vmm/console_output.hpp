// SPDX-License-Identifier: Apache-2.0
// What the guest prints, on its way to stdout.
#pragma once

#include "devices/serial_host.hpp"
#include "virt/expected.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace vmm {

/// A bounded buffer and the thread that empties it, because a terminal, a pipe or a file may block and a vCPU must not.
///
/// The first character after a pause is written at once; what follows within a few milliseconds is gathered, so that a
/// boot log costs a few system calls per line and an echo is still immediate. A full buffer holds the guest back
/// through its UART; nothing is dropped unless the reader is gone (EPIPE) or the host fails, after which all of it is.
class ConsoleOutput final : public devices::Transmitter {
public:
    /// Writes to `fd`, which stays open until this object is gone.
    explicit ConsoleOutput(int fd);
    /// Finishes without a limit.
    ~ConsoleOutput() override;

    /// `ready` is called by the writing thread, without locks, when there is room again; `failed` once, by any thread
    /// and maybe within `put`, when the host refuses to write (ENOSPC, EIO) or to start that thread.
    void set_callbacks(std::function<void()> ready, std::function<void(virt::Error)> failed);

    std::size_t room() override;
    void put(std::uint8_t character) override;

    /// Returns when everything is written. With a limit, gives up what is not written by then, even in the middle of a
    /// blocked write, and answers false. Nobody calls `put` any more.
    bool finish(std::optional<std::chrono::milliseconds> limit = std::nullopt);

private:
    void start_thread();
    void write_loop();
    void write_all(const std::vector<std::uint8_t>& batch);

    int fd_;
    std::function<void()> ready_;
    std::function<void(virt::Error)> failed_;

    std::mutex mutex_; // guards the next five
    std::condition_variable changed_;
    std::vector<std::uint8_t> buffer_;
    bool idle_ = true;
    bool ending_ = false;
    bool done_ = false;

    std::atomic<bool> give_up_ = false;
    std::atomic<bool> dropping_ = false; // nobody will read it
    std::thread thread_; // from the first character on
};

} // namespace vmm

// SPDX-License-Identifier: Apache-2.0
// What the guest prints, on its way to stdout.
#pragma once

#include "devices/serial_host.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace vmm {

/// A bounded buffer and the thread that empties it, because a terminal, a pipe or a file may block and a vCPU must not.
///
/// The first character after a pause is written at once; what follows within a few milliseconds is gathered, so that a
/// boot log costs a few system calls per line and an echo is still immediate. A full buffer holds the guest back
/// through its UART; nothing is dropped unless the reader is gone (EPIPE), after which all of it is.
class ConsoleOutput final : public devices::Transmitter {
public:
    /// Writes to `fd`, which stays open until this object is gone.
    explicit ConsoleOutput(int fd);
    /// Ends by `finish` unless `abandon` was called.
    ~ConsoleOutput() override;

    /// Whom to tell that there is room again; called by the writing thread, without locks.
    void set_ready_callback(std::function<void()> ready);

    std::size_t room() override;
    void put(std::uint8_t character) override;

    /// Returns when everything is written, however slow the reader.
    void finish();
    /// Gives up what is not written, even in the middle of a blocked write.
    void abandon();

private:
    void write_loop();
    void write_all(const std::vector<std::uint8_t>& batch);
    void end(bool give_up);

    int fd_;
    std::mutex mutex_; // guards the next five
    std::condition_variable changed_;
    std::vector<std::uint8_t> buffer_;
    bool idle_ = true;
    bool ending_ = false;
    std::function<void()> ready_;

    std::atomic<bool> give_up_ = false;
    std::atomic<bool> done_ = false;
    bool reader_gone_ = false; // the writing thread's
    std::thread thread_;
};

} // namespace vmm

// SPDX-License-Identifier: Apache-2.0
// The host's two ends of a serial cable, as the UART sees them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace devices {

/// Where transmitted characters go: a bounded ring that another thread drains.
///
/// Both functions are called by vCPU threads with the UART's lock held. They must not block and must not call
/// the UART; a lock they take must not be held by anybody who calls the UART.
class Transmitter {
public:
    Transmitter() = default;
    Transmitter(const Transmitter&) = delete;
    Transmitter& operator=(const Transmitter&) = delete;
    virtual ~Transmitter() = default;

    /// Characters that put() will take now. It may grow at any time and shrinks only through put(). An empty
    /// ring has room for at least 16, a whole transmitter FIFO.
    [[nodiscard]] virtual std::size_t room() = 0;
    /// Takes one character; called only while room() is not 0.
    virtual void put(std::uint8_t character) = 0;
};

/// Where received characters come from.
class InputSource {
public:
    InputSource() = default;
    InputSource(const InputSource&) = delete;
    InputSource& operator=(const InputSource&) = delete;
    virtual ~InputSource() = default;

    /// The last Serial::receive() left characters behind, and now the receiver is empty and listening. Called
    /// once for each such receive(), by the vCPU thread that made the room, without locks: it may call
    /// receive() itself, or wake the thread that does.
    virtual void input_wanted() = 0;
};

} // namespace devices

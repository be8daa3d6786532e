// SPDX-License-Identifier: Apache-2.0
// What the user types (or pipes in), on its way to the guest's serial port.
#pragma once

#include "devices/serial.hpp"
#include "virt/event_loop.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace vmm {

/// Reads stdin on the event loop and feeds the UART as it drains, without loss: while the guest does not read, neither
/// do we. On a terminal, Ctrl-A begins a command: x ends the VM, b sends a BREAK, h lists them, Ctrl-A sends itself.
/// There we read ahead, so that commands work with a guest that hangs.
class ConsoleInput final : public devices::InputSource {
public:
    /// What the user asks of the VMM.
    struct Commands {
        std::function<void()> quit;
    };

    /// `fd` is -1 for no input at all.
    ConsoleInput(virt::EventLoop& loop, int fd, bool terminal, Commands commands);

    /// The UART of the present VM, or none.
    void connect(devices::Serial* serial);

    /// The UART's receiver is empty: any thread.
    void input_wanted() override { loop_.wake(); }
    /// On the loop, after `input_wanted`.
    void resume();

private:
    [[nodiscard]] bool wants_more() const;
    void start_watching();
    void read_some();
    void take(std::uint8_t character);
    void feed();

    virt::EventLoop& loop_;
    int fd_;
    bool terminal_;
    Commands commands_;
    devices::Serial* serial_ = nullptr;
    std::vector<std::uint8_t> waiting_;
    std::size_t given_ = 0; // of these, by the UART
    bool watching_ = false;
    bool ended_;          // end of file
    bool escape_ = false; // Ctrl-A was typed
    virt::Timer refill_;
};

} // namespace vmm

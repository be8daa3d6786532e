// SPDX-License-Identifier: Apache-2.0
// Feeding a UART no faster than a guest can take it.
#include "vmm/console_input.hpp"

#include "virt/log.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <span>
#include <string>

namespace vmm {
namespace {

constexpr std::uint8_t ctrl_a = 0x01;
constexpr std::size_t terminal_buffer = 65536; // more than a person types at a guest that hangs

// A FIFO that is full again the moment it was emptied would keep a guest in its interrupt handler for ever, and the
// characters would pile up behind it until they are lost. 16 characters in 400 µs is about four times 115200 baud.
constexpr std::chrono::microseconds refill_pause{400};

} // namespace

ConsoleInput::ConsoleInput(virt::EventLoop& loop, int fd, bool terminal, Commands commands)
    : loop_(loop), fd_(fd), terminal_(terminal), commands_(std::move(commands)), ended_(fd < 0), refill_(loop, [this] {
          feed();
          start_watching();
      }) {}

void ConsoleInput::connect(devices::Serial* serial) {
    serial_ = serial;
    if (serial_ == nullptr)
        return;
    serial_->set_input_source(*this);
    start_watching();
}

bool ConsoleInput::wants_more() const {
    return !ended_ && (terminal_ ? waiting_.size() < terminal_buffer : waiting_.empty());
}

void ConsoleInput::start_watching() {
    if (watching_ || !wants_more())
        return;
    watching_ = true;
    loop_.watch(fd_, [this] { read_some(); });
}

void ConsoleInput::read_some() {
    std::array<std::uint8_t, 1024> block{};
    const auto got = ::read(fd_, block.data(), block.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) { // end of file, or the terminal is gone: watching it on would spin
        ended_ = true;
        watching_ = false;
        loop_.ignore(fd_);
        return;
    }
    for (const auto character : std::span(block.data(), static_cast<std::size_t>(got)))
        take(character);
    feed();
    if (!wants_more()) {
        watching_ = false;
        loop_.ignore(fd_);
    }
}

void ConsoleInput::take(std::uint8_t character) {
    if (!terminal_ || (!escape_ && character != ctrl_a)) {
        waiting_.push_back(character);
        return;
    }
    if (!escape_) {
        escape_ = true;
        return;
    }
    escape_ = false;
    switch (character) {
    case 'x': commands_.quit(); break;
    case 'b':
        if (serial_ != nullptr)
            serial_->receive_break();
        break;
    case 'h':
        virt::log::write(virt::log::Level::info, "Ctrl-A x: end the VM, b: send a BREAK, Ctrl-A: send Ctrl-A");
        break;
    default: waiting_.push_back(character); break;
    }
}

void ConsoleInput::feed() {
    if (serial_ == nullptr || waiting_.empty())
        return;
    given_ += serial_->receive(std::span(waiting_).subspan(given_));
    if (given_ == waiting_.size() || given_ >= terminal_buffer / 2) { // not for each 16 characters
        waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(given_));
        given_ = 0;
    }
}

void ConsoleInput::resume() {
    if (!refill_.is_set() && !waiting_.empty())
        refill_.set(refill_pause);
}

} // namespace vmm

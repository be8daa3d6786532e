// SPDX-License-Identifier: Apache-2.0
// The 16550A UART. TI PC16550D data sheet (SNLS378), section 8.

#include "devices/serial.hpp"

#include "devices/serial_registers.hpp"

#include <algorithm>
#include <mutex>

namespace devices {

using namespace pc16550d;

Serial::Serial(virt::IrqLine& irq, Transmitter& transmitter) : irq_(irq), transmitter_(transmitter) { power_on(); }

void Serial::set_input_source(InputSource& source) { source_ = &source; }

std::uint64_t Serial::read(std::uint64_t offset, virt::Width) {
    std::uint32_t value = 0;
    bool wanted = false;
    {
        const std::lock_guard lock(mutex_);
        value = read_register(offset);
        wanted = take_input_wanted();
    }
    if (wanted)
        source_->input_wanted();
    return value;
}

void Serial::write(std::uint64_t offset, virt::Width, std::uint64_t value) {
    bool wanted = false;
    {
        const std::lock_guard lock(mutex_);
        write_register(offset, static_cast<std::uint32_t>(value & 0xff));
        wanted = take_input_wanted();
    }
    if (wanted)
        source_->input_wanted();
}

void Serial::wait_for_RTS() {
    const std::scoped_lock lock(mutex_);
    rts_was_raised_ = true;
}

std::size_t Serial::receive(std::span<const std::uint8_t> characters) {
    const std::lock_guard lock(mutex_);
    const std::size_t taken = input_open() ? std::min(characters.size(), capacity_ - count_) : 0;
    for (const std::uint8_t character : characters.first(taken))
        push(character, 0);
    input_refused_ = taken < characters.size();
    update_interrupt();
    return taken;
}

void Serial::receive_break() {
    const std::lock_guard lock(mutex_);
    break_waiting_ = true;
    admit_break();
    update_interrupt();
}

void Serial::transmitter_ready() {
    const std::lock_guard lock(mutex_);
    settle_transmitter();
    update_interrupt();
}

void Serial::reset() {
    bool wanted = false;
    {
        const std::lock_guard lock(mutex_);
        power_on();
        wanted = take_input_wanted();
    }
    if (wanted)
        source_->input_wanted();
}

void Serial::power_on() {
    ier_ = lcr_ = mcr_ = scr_ = 0;
    line_errors_ = msr_delta_ = 0;
    // The data sheet leaves the divisor undefined; 1 is 115200 baud, and a driver that asks which speed the
    // firmware chose does not divide by zero.
    dll_ = 1;
    dlm_ = 0;
    clear_receiver();
    capacity_ = trigger_ = 1;
    rts_was_raised_ = break_waiting_ = false;
    room_ = 0;
    settle_transmitter();
    update_interrupt();
}

std::uint32_t Serial::read_register(std::uint64_t offset) {
    const bool divisor = (lcr_ & LCR::DLAB) != 0;
    switch (offset) {
    case RBR::offset: return divisor ? dll_ : read_RBR();
    case IER::offset: return divisor ? dlm_ : ier_;
    case IIR::offset: return read_IIR();
    case LCR::offset: return lcr_;
    case MCR::offset: return mcr_;
    case LSR::offset: return read_LSR();
    case MSR::offset: {
        const std::uint32_t value = modem_inputs() | msr_delta_;
        msr_delta_ = 0;
        update_interrupt();
        return value;
    }
    case SCR::offset: return scr_;
    default: return 0;
    }
}

void Serial::write_register(std::uint64_t offset, std::uint32_t value) {
    const bool divisor = (lcr_ & LCR::DLAB) != 0;
    switch (offset) {
    case THR::offset:
        if (divisor)
            dll_ = value;
        else
            write_THR(value);
        break;
    case IER::offset:
        if (divisor) {
            dlm_ = value;
            break;
        }
        // Enabling reports an empty transmitter anew; Linux starts every transmission that way.
        if ((value & ~ier_ & IER::ETBEI) != 0)
            thre_pending_ = transmitter_empty_;
        ier_ = value & IER::writable;
        update_interrupt();
        break;
    case FCR::offset: write_FCR(value); break;
    case LCR::offset: lcr_ = value; break;
    case MCR::offset: write_MCR(value); break;
    case SCR::offset: scr_ = value; break;
    default: // LSR is written in the factory only, the inputs of MSR are pins
        break;
    }
}

// --- Receiver -------------------------------------------------------------------------------------------------

std::uint32_t Serial::read_RBR() {
    if (count_ == 0)
        return 0;
    const std::uint8_t character = fifo_[head_];
    head_ = (head_ + 1) % fifo_size;
    --count_;
    reveal_error();
    admit_break();
    update_interrupt();
    return character;
}

// The caller has seen that there is room.
void Serial::push(std::uint8_t character, std::uint32_t error) {
    const std::size_t slot = (head_ + count_) % fifo_size;
    fifo_[slot] = character;
    if (error != 0)
        fifo_breaks_ |= 1U << slot;
    ++count_;
    if (count_ == 1)
        reveal_error();
}

// An error shows in LSR when its character reaches the top of the FIFO, and is shown once.
void Serial::reveal_error() {
    const std::uint32_t top = 1U << head_;
    if (count_ != 0 && (fifo_breaks_ & top) != 0) {
        fifo_breaks_ &= ~top;
        line_errors_ |= LSR::BI;
    }
}

void Serial::clear_receiver() {
    count_ = 0;
    fifo_breaks_ = 0;
}

void Serial::admit_break() {
    if (break_waiting_ && input_open() && count_ < capacity_) {
        break_waiting_ = false;
        push(0, LSR::BI);
    }
}

bool Serial::input_open() const { return (mcr_ & MCR::LOOP) == 0 && (!rts_was_raised_ || (mcr_ & MCR::RTS) != 0); }

bool Serial::take_input_wanted() {
    if (!input_refused_ || count_ != 0 || !input_open() || source_ == nullptr)
        return false;
    input_refused_ = false;
    return true;
}

void Serial::write_FCR(std::uint32_t value) {
    static constexpr std::array<std::size_t, 4> trigger_levels{1, 4, 8, 14};
    const bool enable = (value & FCR::FIFO_enable) != 0;
    // Changing the mode clears both FIFOs; the other bits are not programmed unless FIFO_enable is 1. The XMIT
    // FIFO is always empty: its characters are the host's as soon as they are written.
    if (enable != (capacity_ == fifo_size) || (enable && (value & FCR::RCVR_FIFO_reset) != 0))
        clear_receiver();
    capacity_ = enable ? fifo_size : 1;
    trigger_ = enable ? trigger_levels[value >> FCR::RCVR_trigger_shift] : 1;
    admit_break();
    update_interrupt();
}

std::uint32_t Serial::read_LSR() {
    // Once the host has said that it is full, a polling driver is answered from the ring itself.
    if (!transmitter_empty_)
        settle_transmitter();
    std::uint32_t value = line_errors_;
    if (count_ != 0)
        value |= LSR::DR;
    if (transmitter_empty_)
        value |= LSR::THRE | LSR::TEMT;
    if (capacity_ == fifo_size && ((line_errors_ & LSR::BI) != 0 || fifo_breaks_ != 0))
        value |= LSR::error_in_FIFO;
    line_errors_ = 0;
    update_interrupt();
    return value;
}

// --- Transmitter ----------------------------------------------------------------------------------------------

void Serial::write_THR(std::uint32_t value) {
    const auto character = static_cast<std::uint8_t>(value);
    if ((mcr_ & MCR::LOOP) != 0) {
        if (count_ < capacity_) {
            push(character, 0);
        } else {
            // A full FIFO keeps what it has and loses the newcomer; RBR alone is overwritten.
            if (capacity_ == 1)
                fifo_[head_] = character;
            line_errors_ |= LSR::OE;
        }
    } else {
        if (room_ == 0)
            room_ = transmitter_.room();
        if (room_ != 0) {
            transmitter_.put(character);
            --room_;
        }
    }
    // The write fills THR, and unless the host is short of room it is empty again by now.
    transmitter_empty_ = thre_pending_ = false;
    settle_transmitter();
    update_interrupt();
}

// Decides whether the transmitter is empty; becoming so is what sets the THRE interrupt.
void Serial::settle_transmitter() {
    // Only put() takes room, so as long as the remembered value suffices the host need not be asked.
    if (room_ < fifo_size)
        room_ = transmitter_.room();
    const bool empty = (mcr_ & MCR::LOOP) != 0 || room_ >= fifo_size;
    if (empty != transmitter_empty_)
        thre_pending_ = empty;
    transmitter_empty_ = empty;
}

// --- Modem ----------------------------------------------------------------------------------------------------

std::uint32_t Serial::modem_inputs() const {
    if ((mcr_ & MCR::LOOP) == 0)
        return MSR::CTS | MSR::DSR | MSR::DCD; // a peer that is always there
    std::uint32_t inputs = 0;
    if ((mcr_ & MCR::RTS) != 0)
        inputs |= MSR::CTS;
    if ((mcr_ & MCR::DTR) != 0)
        inputs |= MSR::DSR;
    if ((mcr_ & MCR::OUT1) != 0)
        inputs |= MSR::RI;
    if ((mcr_ & MCR::OUT2) != 0)
        inputs |= MSR::DCD;
    return inputs;
}

void Serial::write_MCR(std::uint32_t value) {
    const std::uint32_t before = modem_inputs();
    mcr_ = value & MCR::writable;
    const std::uint32_t after = modem_inputs();
    // Each delta bit lies four below its input. RI counts only when it ends.
    msr_delta_ |= ((before ^ after) & (MSR::CTS | MSR::DSR | MSR::DCD)) >> 4;
    msr_delta_ |= (before & ~after & MSR::RI) >> 4;

    // In loopback the RTS pin is inactive whatever the bit says, and a probe is no promise of flow control.
    if ((mcr_ & (MCR::LOOP | MCR::RTS)) == MCR::RTS)
        rts_was_raised_ = true;
    admit_break();
    settle_transmitter();
    update_interrupt();
}

// --- Interrupt ------------------------------------------------------------------------------------------------

std::uint32_t Serial::read_IIR() {
    const std::uint32_t value = interrupt_id_ | (capacity_ == fifo_size ? IIR::FIFOs_enabled : 0);
    if (interrupt_id_ == IIR::THR_empty) { // the one source that reading its name acknowledges
        thre_pending_ = false;
        update_interrupt();
    }
    return value;
}

std::uint32_t Serial::interrupt_source() const {
    if ((ier_ & IER::ELSI) != 0 && line_errors_ != 0)
        return IIR::line_status;
    if ((ier_ & IER::ERBI) != 0 && count_ != 0)
        return count_ >= trigger_ ? IIR::received_data : IIR::character_timeout;
    if ((ier_ & IER::ETBEI) != 0 && thre_pending_)
        return IIR::THR_empty;
    if ((ier_ & IER::EDSSI) != 0 && msr_delta_ != 0)
        return IIR::modem_status;
    return IIR::none;
}

void Serial::update_interrupt() {
    interrupt_id_ = interrupt_source();
    const bool raised = interrupt_id_ != IIR::none;
    if (raised == irq_raised_)
        return;
    irq_raised_ = raised;
    if (raised)
        irq_.raise();
    else
        irq_.lower();
}

} // namespace devices

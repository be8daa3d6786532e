// SPDX-License-Identifier: Apache-2.0
// The 16550A UART. TI PC16550D data sheet (SNLS378), section 8.
#pragma once

#include "devices/serial_host.hpp"
#include "virt/irq_line.hpp"
#include "virt/mmio_bus.hpp"
#include "virt/mutex.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace devices {

/// A 16550A with byte registers at offsets 0..7 (reg-shift 0, reg-io-width 1). A wider access reaches the one
/// register at its offset.
///
/// The line has no speed: a transmitted character is on the host at once, a received one is there when the host
/// gives it. Divisor, word length, parity and break control are kept and read back but change nothing.
/// Where the chip needs time, this one answers so:
///
///  - Transmitter. THRE and TEMT are set while the host has room for 16 characters, a whole FIFO. A driver that
///    waits for THRE and then writes at most 16 never loses one, however slowly the host drains; what a driver
///    writes although the host has no room at all is lost, as a character written to a full FIFO is.
///  - Character time-out (IIR 0xC). Characters below the trigger level are reported at once: the host gives
///    input in bursts, and no later moment would ever come at which more time has passed.
///  - INTR is wired to the interrupt controller. That OUT2 gates it is a buffer on PC boards, not part of the
///    chip, and a device tree `ns16550a` has none: Linux sets OUT2 all the same, firmware may not.
///
/// Flow control: input is taken until the guest has once raised RTS and lowers it again, and then while RTS is
/// raised; never in loopback. So a driver that does not know RTS gets its input, and nothing typed is lost
/// while Linux has the port closed. Before that, Linux clears the FIFO when it probes and opens the port:
/// wait_for_RTS() is for guests that are known to be Linux.
///
/// Every function may be called by any thread. Lock order: Serial, then IrqLine and Transmitter.
class Serial final : public virt::MmioDevice {
public:
    static constexpr std::size_t fifo_size = 16; ///< characters, in each direction

    /// Both must outlive the UART. Starts as after reset().
    Serial(virt::IrqLine& irq, Transmitter& transmitter);

    /// Whom to tell that input is wanted again. Before the first receive(); `source` must outlive the UART.
    void set_input_source(InputSource& source);

    std::uint64_t read(std::uint64_t offset, virt::Width width) override;
    void write(std::uint64_t offset, virt::Width width, std::uint64_t value) override;

    /// Takes no input until the guest raises RTS. Before the vCPUs start; reset() ends it.
    void wait_for_RTS();

    /// Gives the receiver as many of `characters`, from the front, as fit: 16 less what waits, or one without
    /// FIFO, or none while flow control forbids. Returns how many. If not all, InputSource::input_wanted()
    /// follows when the guest has made room.
    [[nodiscard]] std::size_t receive(std::span<const std::uint8_t> characters);

    /// The line is spacing: one NUL with BI joins the FIFO. If there is no room the condition stays on the line
    /// until there is, ahead of any later receive(); several that wait are one.
    void receive_break();

    /// Room has come back. To be called after each time the host drained the transmitter; calling it without
    /// need is harmless.
    void transmitter_ready();

    /// Master reset (section 8, Table 1). What is waiting in the receiver is lost.
    void reset();

private:
    [[nodiscard]] std::uint32_t read_register(std::uint64_t offset);
    void write_register(std::uint64_t offset, std::uint32_t value);
    void write_FCR(std::uint32_t value);
    void write_MCR(std::uint32_t value);
    void write_THR(std::uint32_t value);
    [[nodiscard]] std::uint32_t read_RBR();
    [[nodiscard]] std::uint32_t read_LSR();
    [[nodiscard]] std::uint32_t read_IIR();

    [[nodiscard]] bool input_open() const;
    [[nodiscard]] std::uint32_t modem_inputs() const;
    [[nodiscard]] std::uint32_t interrupt_source() const;
    void push(std::uint8_t character, std::uint32_t error);
    void reveal_error();
    void clear_receiver();
    void admit_break();
    void settle_transmitter();
    void update_interrupt();
    void power_on();
    [[nodiscard]] bool take_input_wanted();

    virt::IrqLine& irq_;
    Transmitter& transmitter_;
    InputSource* source_ = nullptr;

    virt::Mutex mutex_; // guards everything below
    std::uint32_t interrupt_id_ = 0;
    std::uint32_t ier_ = 0;
    std::uint32_t lcr_ = 0;
    std::uint32_t mcr_ = 0;
    std::uint32_t scr_ = 0;
    std::uint32_t dll_ = 0;
    std::uint32_t dlm_ = 0;
    std::uint32_t line_errors_ = 0; // OE and BI, until LSR is read
    std::uint32_t msr_delta_ = 0;   // the low half of MSR, until it is read

    // RCVR FIFO; capacity_ is 1 when it is not enabled and the one slot is RBR.
    std::array<std::uint8_t, fifo_size> fifo_{};
    std::uint32_t fifo_breaks_ = 0; // bit per slot: a BI that is not yet at the top
    std::size_t head_ = 0;
    std::size_t count_ = 0;
    std::size_t capacity_ = 1;
    std::size_t trigger_ = 1;

    std::size_t room_ = 0; // at most what transmitter_.room() would say
    bool transmitter_empty_ = false;
    bool thre_pending_ = false; // implies transmitter_empty_
    bool irq_raised_ = false;
    bool rts_was_raised_ = false;
    bool break_waiting_ = false;
    bool input_refused_ = false;
};

} // namespace devices

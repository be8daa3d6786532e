// SPDX-License-Identifier: Apache-2.0
// The register sequences of Linux's 8250 driver (drivers/tty/serial/8250/8250_port.c), and what it must conclude.

#include "devices/serial.hpp"

#include "devices/serial_registers.hpp"
#include "tests/devices/serial_fixture.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>

namespace devices::test {
namespace {

using namespace pc16550d;

constexpr std::uint64_t EFR = 2; // of the enhanced chips that autoconfig() looks for
constexpr std::uint32_t configuration_mode_A = 0x80;
constexpr std::uint32_t configuration_mode_B = 0xbf;

class Linux8250 : public SerialTest {
protected:
    void clear_fifos() {
        out<FCR>(FCR::FIFO_enable);
        out<FCR>(FCR::FIFO_enable | FCR::RCVR_FIFO_reset | FCR::XMIT_FIFO_reset);
        out<FCR>(0);
    }
    void clear_interrupts() {
        std::ignore = in<LSR>();
        std::ignore = in<RBR>();
        std::ignore = in<IIR>();
        std::ignore = in<MSR>();
    }
};

// autoconfig(): "Do a simple existence test first".
TEST_F(Linux8250, ExistenceTest) {
    const std::uint32_t saved = in<IER>();
    out<IER>(0);
    EXPECT_EQ(in<IER>() & 0x0f, 0U);
    out<IER>(0x0f);
    EXPECT_EQ(in<IER>() & 0x0f, 0x0fU);
    out<IER>(saved);
    EXPECT_FALSE(line.level);
}

// autoconfig(): "Check to see if a UART is really there".
TEST_F(Linux8250, LoopbackTest) {
    const std::uint32_t saved = in<MCR>();
    out<MCR>(MCR::LOOP | MCR::OUT2 | MCR::RTS);
    EXPECT_EQ(in<MSR>() & 0xf0, MSR::DCD | MSR::CTS);
    out<MCR>(saved);
    EXPECT_EQ(type("x"), 1U) << "the probe did not engage flow control";
}

// autoconfig() and autoconfig_16550a(): none of the 16550A's successors, and none of its predecessors.
TEST_F(Linux8250, TypeIs16550A) {
    out<LCR>(configuration_mode_B);
    out(EFR, 0);
    out<LCR>(0);
    out<FCR>(FCR::FIFO_enable);
    ASSERT_EQ(in<IIR>() >> 6, 3U) << "0 is an 8250 or 16450, 2 a 16550 with broken FIFOs";

    // An EFR would read 0 in one of the configuration modes.
    out<LCR>(configuration_mode_A);
    EXPECT_NE(in(EFR), 0U);
    out<LCR>(configuration_mode_B);
    EXPECT_NE(in(EFR), 0U);

    // National SuperIO: EXCR1 in bank 2 follows MCR.LOOP.
    out<LCR>(0);
    const std::uint32_t mcr = in<MCR>();
    out<LCR>(0xe0);
    const std::uint32_t excr1 = in(EFR);
    if (((excr1 ^ mcr) & MCR::LOOP) == 0) {
        out<LCR>(0);
        out<MCR>(mcr ^ MCR::LOOP);
        out<LCR>(0xe0);
        EXPECT_EQ((in(EFR) ^ mcr) & MCR::LOOP, 0U);
        out<LCR>(0);
        out<MCR>(mcr);
    }

    // TI16750: a 64-byte FIFO, by FCR bit 5, shown in IIR bit 5.
    out<LCR>(0);
    out<FCR>(FCR::FIFO_enable | 0x20);
    EXPECT_EQ(in<IIR>() >> 5, 6U);
    out<FCR>(FCR::FIFO_enable);
    out<LCR>(configuration_mode_A);
    out<FCR>(FCR::FIFO_enable | 0x20);
    EXPECT_EQ(in<IIR>() >> 5, 6U);
    out<FCR>(FCR::FIFO_enable);
    out<LCR>(0);

    // XScale: IER.UUE, bit 6.
    out<IER>(0x40);
    EXPECT_EQ(in<IER>(), 0U);
}

// size_fifo(): 64 would be a U6 16550A.
TEST_F(Linux8250, FIFOHoldsSixteen) {
    out<LCR>(0);
    out<FCR>(FCR::FIFO_enable | FCR::RCVR_FIFO_reset | FCR::XMIT_FIFO_reset);
    out<MCR>(MCR::LOOP);
    out<LCR>(configuration_mode_A);
    out<DLL>(1);
    out<DLM>(0);
    out<LCR>(0x03);
    for (std::uint32_t count = 0; count < 256; ++count)
        out<THR>(count);
    std::uint32_t count = 0;
    while ((in<LSR>() & LSR::DR) != 0 && count < 256) {
        EXPECT_EQ(in<RBR>(), count);
        ++count;
    }
    EXPECT_EQ(count, 16U);
}

// serial8250_do_startup(): neither UART_BUG_THRE nor UART_BUG_TXEN.
TEST_F(Linux8250, StartupFindsNoBugs) {
    clear_fifos();
    clear_interrupts();
    EXPECT_NE(in<LSR>(), 0xffU) << "LSR safety check";

    ASSERT_NE(in<LSR>() & LSR::THRE, 0U);
    out<IER>(IER::ETBEI);
    const std::uint32_t first = in<IIR>();
    out<IER>(0);
    out<IER>(IER::ETBEI);
    const std::uint32_t second = in<IIR>();
    out<IER>(0);
    EXPECT_EQ(first & IIR::identification, IIR::THR_empty);
    EXPECT_EQ(second & IIR::identification, IIR::THR_empty) << "UART_BUG_THRE";

    out<LCR>(0x03);
    out<MCR>(MCR::OUT2);
    out<IER>(IER::ETBEI);
    const std::uint32_t lsr = in<LSR>();
    const std::uint32_t iir = in<IIR>();
    out<IER>(0);
    EXPECT_NE(lsr & LSR::TEMT, 0U);
    EXPECT_EQ(iir & IIR::none, 0U) << "UART_BUG_TXEN";

    clear_interrupts();
    EXPECT_FALSE(line.level);
    out<IER>(IER::ELSI | IER::ERBI);
    EXPECT_FALSE(line.level);
}

// start_tx, interrupts of at most tx_loadsz characters each, stop_tx.
TEST_F(Linux8250, SendsABufferByInterrupts) {
    out<FCR>(FCR::FIFO_enable | 2U << FCR::RCVR_trigger_shift);
    std::string text;
    for (int i = 0; i < 1000; ++i)
        text.push_back(static_cast<char>('a' + i % 26));
    std::size_t sent = 0;
    unsigned interrupts = 0;
    out<IER>(IER::ERBI | IER::ELSI | IER::ETBEI);
    while (line.level) {
        ASSERT_LT(++interrupts, 100U);
        ASSERT_EQ(interrupt(), IIR::THR_empty);
        ASSERT_FALSE(line.level);
        ASSERT_NE(in<LSR>() & LSR::THRE, 0U);
        for (std::size_t i = 0; i < 16 && sent < text.size(); ++i)
            out<THR>(static_cast<std::uint8_t>(text[sent++]));
        if (sent == text.size())
            out<IER>(IER::ERBI | IER::ELSI);
    }
    EXPECT_EQ(ring.waiting, text);
    EXPECT_EQ(interrupts, 63U);
}

// The port is closed: HUPCL drops RTS. What is typed waits for the next open.
TEST_F(Linux8250, InputWaitsWhileThePortIsClosed) {
    out<MCR>(MCR::DTR | MCR::RTS | MCR::OUT2);
    out<MCR>(MCR::OUT2);
    EXPECT_EQ(type("root\n"), 0U);
    clear_fifos();
    clear_interrupts();
    out<FCR>(FCR::FIFO_enable);
    EXPECT_EQ(source.wanted, 0U);
    out<MCR>(MCR::DTR | MCR::RTS | MCR::OUT2);
    EXPECT_EQ(source.wanted, 1U);
    EXPECT_EQ(type("root\n"), 5U);
    EXPECT_EQ(read_all(), "root\n");
}

} // namespace
} // namespace devices::test

// SPDX-License-Identifier: Apache-2.0
// Registers of the 16550A. TI PC16550D data sheet (SNLS378), section 8, Table 2.
#pragma once

#include <cstdint>

// Low bit first, as the data sheet numbers them. Which of the registers that share an offset answers depends on
// the direction of the access and on LCR.DLAB.
namespace devices::pc16550d {

inline constexpr std::uint64_t register_count = 8;

struct RBR {
    static constexpr std::uint64_t offset = 0;
}; // receiver buffer: read, DLAB = 0
struct THR {
    static constexpr std::uint64_t offset = 0;
}; // transmitter holding: write, DLAB = 0
struct DLL {
    static constexpr std::uint64_t offset = 0;
}; // divisor latch, low byte: DLAB = 1
struct DLM {
    static constexpr std::uint64_t offset = 1;
}; // divisor latch, high byte: DLAB = 1

struct IER { // interrupt enable: DLAB = 0
    static constexpr std::uint64_t offset = 1;
    static constexpr std::uint32_t ERBI = 1U << 0;  // received data available, and character time-out
    static constexpr std::uint32_t ETBEI = 1U << 1; // transmitter holding register empty
    static constexpr std::uint32_t ELSI = 1U << 2;  // receiver line status
    static constexpr std::uint32_t EDSSI = 1U << 3; // modem status
    static constexpr std::uint32_t writable = ERBI | ETBEI | ELSI | EDSSI;
};

struct IIR { // interrupt identification: read
    static constexpr std::uint64_t offset = 2;
    static constexpr std::uint32_t none = 0x01;
    static constexpr std::uint32_t line_status = 0x06;       // first in priority
    static constexpr std::uint32_t received_data = 0x04;     // second
    static constexpr std::uint32_t character_timeout = 0x0c; // second
    static constexpr std::uint32_t THR_empty = 0x02;         // third
    static constexpr std::uint32_t modem_status = 0x00;      // fourth
    static constexpr std::uint32_t identification = 0x0f;    // mask of the above
    static constexpr std::uint32_t FIFOs_enabled = 0xc0;
};

struct FCR { // FIFO control: write
    static constexpr std::uint64_t offset = 2;
    static constexpr std::uint32_t FIFO_enable = 1U << 0;
    static constexpr std::uint32_t RCVR_FIFO_reset = 1U << 1;
    static constexpr std::uint32_t XMIT_FIFO_reset = 1U << 2;
    static constexpr std::uint32_t DMA_mode_select = 1U << 3; // drives the RXRDY and TXRDY pins, which end here
    static constexpr unsigned RCVR_trigger_shift = 6;         // 1, 4, 8 or 14 characters
};

struct LCR { // line control
    static constexpr std::uint64_t offset = 3;
    static constexpr std::uint32_t DLAB = 1U << 7;
};

struct MCR { // modem control
    static constexpr std::uint64_t offset = 4;
    static constexpr std::uint32_t DTR = 1U << 0;
    static constexpr std::uint32_t RTS = 1U << 1;
    static constexpr std::uint32_t OUT1 = 1U << 2;
    static constexpr std::uint32_t OUT2 = 1U << 3;
    static constexpr std::uint32_t LOOP = 1U << 4;
    static constexpr std::uint32_t writable = DTR | RTS | OUT1 | OUT2 | LOOP;
};

struct LSR { // line status
    static constexpr std::uint64_t offset = 5;
    static constexpr std::uint32_t DR = 1U << 0;
    static constexpr std::uint32_t OE = 1U << 1;
    static constexpr std::uint32_t PE = 1U << 2; // no wire, so never set
    static constexpr std::uint32_t FE = 1U << 3; // no wire, so never set
    static constexpr std::uint32_t BI = 1U << 4;
    static constexpr std::uint32_t THRE = 1U << 5;
    static constexpr std::uint32_t TEMT = 1U << 6;
    static constexpr std::uint32_t error_in_FIFO = 1U << 7;
};

struct MSR { // modem status
    static constexpr std::uint64_t offset = 6;
    static constexpr std::uint32_t DCTS = 1U << 0;
    static constexpr std::uint32_t DDSR = 1U << 1;
    static constexpr std::uint32_t TERI = 1U << 2; // RI went from asserted to not asserted
    static constexpr std::uint32_t DDCD = 1U << 3;
    static constexpr std::uint32_t CTS = 1U << 4;
    static constexpr std::uint32_t DSR = 1U << 5;
    static constexpr std::uint32_t RI = 1U << 6;
    static constexpr std::uint32_t DCD = 1U << 7;
};

struct SCR {
    static constexpr std::uint64_t offset = 7;
}; // scratch

} // namespace devices::pc16550d

// SPDX-License-Identifier: Apache-2.0
// The 16550A, register by register. TI PC16550D data sheet, section 8.

#include "devices/serial.hpp"

#include "devices/serial_registers.hpp"
#include "tests/devices/serial_fixture.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace devices::test {
namespace {

using namespace pc16550d;

constexpr std::uint32_t empty = LSR::THRE | LSR::TEMT;

// --- Every register: reset value, and which bits a store can change (Tables 1 and 2) ---------------------------

struct Row {
    const char* name;
    std::uint64_t offset;
    std::uint32_t dlab;     // LCR during the access
    std::uint32_t reset;    // value after master reset
    std::uint32_t writable; // bits that read back
};

const Row rows[] = {
    {"DLL", DLL::offset, LCR::DLAB, 0x01, 0xff}, //
    {"DLM", DLM::offset, LCR::DLAB, 0x00, 0xff}, //
    {"RBR", RBR::offset, 0, 0x00, 0x00},         //
    {"IER", IER::offset, 0, 0x00, 0x0f},         //
    {"IIR", IIR::offset, 0, 0x01, 0xc0},         // a store reaches FCR, whose bit 0 shows here
    {"LCR", LCR::offset, 0, 0x00, 0xff},         //
    {"MCR", MCR::offset, 0, 0x00, 0x1f},         //
    {"LSR", LSR::offset, 0, 0x60, 0x00},         //
    {"MSR", MSR::offset, 0, 0xb0, 0x00},         //
    {"SCR", SCR::offset, 0, 0x00, 0xff},         //
};

class SerialRegister : public SerialTest, public ::testing::WithParamInterface<Row> {
protected:
    // Not by SetUp: LCR is a row too, and must be 0 there.
    void select() {
        if (GetParam().dlab != 0)
            out<LCR>(GetParam().dlab);
    }
    std::uint32_t read_back() {
        const std::uint32_t value = in(GetParam().offset);
        // Of what MCR and IER change elsewhere nothing is wanted here.
        out<MCR>(0);
        if (GetParam().offset == LCR::offset)
            out<LCR>(0);
        return value;
    }
};

TEST_P(SerialRegister, HasItsResetValue) {
    select();
    EXPECT_EQ(in(GetParam().offset), GetParam().reset);
}

TEST_P(SerialRegister, StoresOnlyWritableBits) {
    const Row& row = GetParam();
    for (const std::uint32_t value : {0xffU, 0x00U, 0x55U, 0xaaU, 0xffU}) {
        select();
        if (row.offset == IIR::offset)
            continue;
        out(row.offset, value);
        EXPECT_EQ(read_back(), (row.reset & ~row.writable & ~1U) | (value & row.writable)) << std::hex << value;
    }
}

TEST_P(SerialRegister, AnswersEveryWidthWithItsOwnByteOnly) {
    const Row& row = GetParam();
    for (const virt::Width width : {virt::Width::b2, virt::Width::b4, virt::Width::b8}) {
        select();
        EXPECT_EQ(serial.read(row.offset, width), row.reset);
    }
    out<LCR>(0);
    out<SCR>(0);
    for (const virt::Width width : {virt::Width::b2, virt::Width::b4, virt::Width::b8}) {
        serial.reset();
        select();
        serial.write(row.offset, width, 0xffff'ffff'ffff'ff00U & virt::mask_of(width));
        serial.write(row.offset, width, 0xffff'ffff'ffff'ff00U & virt::mask_of(width));
        if (row.offset != SCR::offset) {
            EXPECT_EQ(in<SCR>(), 0U) << "a wide store spilled";
        }
        if (row.writable != 0) {
            EXPECT_EQ(in(row.offset) & row.writable, 0U) << "a wide store did not take its low byte";
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Table2, SerialRegister, ::testing::ValuesIn(rows),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(SerialTest, OffsetsAboveTheRegistersReadAsZeroAndIgnoreStores) {
    for (const virt::Width width : {virt::Width::b1, virt::Width::b2, virt::Width::b4, virt::Width::b8})
        for (std::uint64_t offset = register_count; offset < 0x40; ++offset) {
            serial.write(offset, width, ~std::uint64_t{0} & virt::mask_of(width));
            EXPECT_EQ(serial.read(offset, width), 0U) << offset;
        }
    EXPECT_EQ(serial.read(~std::uint64_t{0}, virt::Width::b1), 0U);
    for (const Row& row : rows) {
        out<LCR>(row.dlab);
        EXPECT_EQ(in(row.offset), row.reset) << row.name;
        out<LCR>(0);
    }
    EXPECT_EQ(ring.waiting, "");
}

TEST_F(SerialTest, DLABHidesRBRTHRAndIER) {
    ASSERT_EQ(type("x"), 1U);
    out<IER>(IER::ELSI);
    out<LCR>(LCR::DLAB);
    out<DLL>(0x0c);
    out<DLM>(0x01);
    EXPECT_EQ(in<DLL>(), 0x0cU);
    EXPECT_EQ(in<DLM>(), 0x01U);
    EXPECT_EQ(ring.waiting, "");
    out<LCR>(0x03);
    EXPECT_EQ(in<IER>(), IER::ELSI);
    EXPECT_EQ(in<RBR>(), std::uint32_t{'x'});
}

// --- Receiver --------------------------------------------------------------------------------------------------

TEST_F(SerialTest, WithoutFIFOOneCharacterFits) {
    EXPECT_EQ(type("ab"), 1U);
    EXPECT_EQ(type("b"), 0U);
    EXPECT_EQ(in<LSR>(), empty | LSR::DR);
    EXPECT_EQ(in<RBR>(), std::uint32_t{'a'});
    EXPECT_EQ(in<LSR>(), empty);
    EXPECT_EQ(type("b"), 1U);
    EXPECT_EQ(in<RBR>(), std::uint32_t{'b'});
}

TEST_F(SerialTest, WithFIFOSixteenFitAndLeaveInOrder) {
    out<FCR>(FCR::FIFO_enable);
    for (int turn = 0; turn < 3; ++turn) { // the FIFO wraps
        EXPECT_EQ(type("0123456789abcdefghi"), 16U);
        EXPECT_EQ(in<RBR>(), std::uint32_t{'0'});
        EXPECT_EQ(type("XY"), 1U);
        EXPECT_EQ(read_all(), "123456789abcdefX");
        ASSERT_EQ(type("odd"), 3U);
        EXPECT_EQ(read_all(), "odd");
    }
}

class SerialTrigger : public SerialTest, public ::testing::WithParamInterface<std::uint32_t> {};

TEST_P(SerialTrigger, SeparatesReceivedDataFromTimeout) {
    const std::uint32_t level[] = {1, 4, 8, 14};
    out<FCR>(FCR::FIFO_enable | GetParam() << FCR::RCVR_trigger_shift);
    out<IER>(IER::ERBI);
    EXPECT_EQ(in<IIR>(), IIR::none | IIR::FIFOs_enabled);
    for (std::uint32_t count = 1; count <= 16; ++count) {
        ASSERT_EQ(type("x"), 1U);
        EXPECT_EQ(interrupt(), count >= level[GetParam()] ? IIR::received_data : IIR::character_timeout) << count;
        EXPECT_TRUE(line.level);
    }
    for (std::uint32_t count = 15; count >= 1; --count) {
        std::ignore = in<RBR>();
        EXPECT_EQ(interrupt(), count >= level[GetParam()] ? IIR::received_data : IIR::character_timeout) << count;
    }
    std::ignore = in<RBR>();
    EXPECT_EQ(interrupt(), IIR::none);
    EXPECT_FALSE(line.level);
    EXPECT_EQ(line.changes, 2U) << "the wire is driven on changes only";
}

INSTANTIATE_TEST_SUITE_P(Levels, SerialTrigger, ::testing::Range(0U, 4U));

TEST_F(SerialTest, FCRResetsTheReceiverAndModeChangesDoSoToo) {
    out<FCR>(FCR::FIFO_enable);
    ASSERT_EQ(type("abc"), 3U);
    out<FCR>(FCR::FIFO_enable | FCR::XMIT_FIFO_reset); // the other FIFO
    EXPECT_EQ(in<LSR>() & LSR::DR, LSR::DR);
    out<FCR>(FCR::FIFO_enable | FCR::RCVR_FIFO_reset);
    EXPECT_EQ(in<LSR>(), empty);
    ASSERT_EQ(type("abc"), 3U);
    out<FCR>(0);
    EXPECT_EQ(in<LSR>(), empty);
    EXPECT_EQ(in<IIR>(), IIR::none);
    ASSERT_EQ(type("a"), 1U);
    out<FCR>(FCR::RCVR_FIFO_reset); // not programmed while FIFO_enable is 0
    EXPECT_EQ(in<LSR>(), empty | LSR::DR);
    out<FCR>(FCR::FIFO_enable);
    EXPECT_EQ(in<LSR>(), empty);
}

TEST_F(SerialTest, ReceiveInterruptNeedsERBI) {
    ASSERT_EQ(type("a"), 1U);
    EXPECT_FALSE(line.level);
    out<IER>(IER::ERBI);
    EXPECT_TRUE(line.level);
    EXPECT_EQ(interrupt(), IIR::received_data);
    out<IER>(0);
    EXPECT_FALSE(line.level);
}

// --- Line status -----------------------------------------------------------------------------------------------

TEST_F(SerialTest, BreakIsANULWithBI) {
    out<FCR>(FCR::FIFO_enable);
    out<IER>(IER::ELSI | IER::ERBI);
    serial.receive_break();
    EXPECT_EQ(interrupt(), IIR::line_status);
    EXPECT_EQ(in<LSR>(), empty | LSR::DR | LSR::BI | LSR::error_in_FIFO);
    EXPECT_EQ(in<LSR>(), empty | LSR::DR) << "BI is shown once";
    EXPECT_EQ(interrupt(), IIR::character_timeout & IIR::received_data) << "trigger level 1";
    EXPECT_EQ(in<RBR>(), 0U);
    EXPECT_FALSE(line.level);
}

TEST_F(SerialTest, BreakShowsWhenItReachesTheTop) {
    out<FCR>(FCR::FIFO_enable);
    out<IER>(IER::ELSI);
    ASSERT_EQ(type("a"), 1U);
    serial.receive_break();
    ASSERT_EQ(type("h"), 1U); // Magic SysRq: break, then the command
    EXPECT_FALSE(line.level);
    EXPECT_EQ(in<LSR>(), empty | LSR::DR | LSR::error_in_FIFO);
    EXPECT_EQ(in<RBR>(), std::uint32_t{'a'});
    EXPECT_TRUE(line.level);
    EXPECT_EQ(in<LSR>(), empty | LSR::DR | LSR::BI | LSR::error_in_FIFO);
    EXPECT_EQ(in<RBR>(), 0U);
    EXPECT_EQ(in<LSR>(), empty | LSR::DR);
    EXPECT_EQ(in<RBR>(), std::uint32_t{'h'});
}

TEST_F(SerialTest, BreakWithoutFIFOHasNoErrorInFIFO) {
    serial.receive_break();
    EXPECT_EQ(in<LSR>(), empty | LSR::DR | LSR::BI);
}

TEST_F(SerialTest, BreakWaitsForRoomAndKeepsItsPlace) {
    out<FCR>(FCR::FIFO_enable);
    ASSERT_EQ(type("0123456789abcdef"), 16U);
    serial.receive_break();
    serial.receive_break();
    EXPECT_EQ(type("h"), 0U);
    EXPECT_EQ(in<RBR>(), std::uint32_t{'0'});
    EXPECT_EQ(type("h"), 0U) << "the break took the room";
    EXPECT_EQ(in<RBR>(), std::uint32_t{'1'});
    EXPECT_EQ(type("h"), 1U);
    EXPECT_EQ(read_all(), std::string("23456789abcdef\0h", 16));
}

TEST_F(SerialTest, ClearedFIFOTakesItsErrorsAlong) {
    out<FCR>(FCR::FIFO_enable);
    ASSERT_EQ(type("a"), 1U);
    serial.receive_break();
    out<FCR>(FCR::FIFO_enable | FCR::RCVR_FIFO_reset);
    EXPECT_EQ(in<LSR>(), empty);
    ASSERT_EQ(type("abcdefghijklmnop"), 16U);
    EXPECT_EQ(in<LSR>(), empty | LSR::DR);
    EXPECT_EQ(read_all(), "abcdefghijklmnop");
}

// --- Interrupt priority ----------------------------------------------------------------------------------------

TEST_F(SerialTest, IIRNamesTheFirstOfFour) {
    out<FCR>(FCR::FIFO_enable);
    out<MCR>(MCR::LOOP); // DCTS, DDSR, DDCD
    out<MCR>(0);
    serial.receive_break();
    out<IER>(IER::writable);
    const unsigned changes = line.changes;
    EXPECT_EQ(interrupt(), IIR::line_status);
    EXPECT_EQ(interrupt(), IIR::line_status) << "reading IIR acknowledges THRE only";
    std::ignore = in<LSR>();
    EXPECT_EQ(interrupt(), IIR::received_data);
    EXPECT_EQ(interrupt(), IIR::received_data);
    std::ignore = in<RBR>();
    EXPECT_EQ(interrupt(), IIR::THR_empty);
    EXPECT_EQ(interrupt(), IIR::modem_status) << "that read acknowledged THRE";
    EXPECT_EQ(interrupt(), IIR::modem_status);
    EXPECT_TRUE(line.level);
    EXPECT_EQ(line.changes, changes) << "one level all the time";
    std::ignore = in<MSR>();
    EXPECT_EQ(interrupt(), IIR::none);
    EXPECT_FALSE(line.level);
}

TEST_F(SerialTest, OUT2DoesNotGateTheInterrupt) {
    out<IER>(IER::ETBEI);
    EXPECT_TRUE(line.level);
    out<MCR>(MCR::OUT2);
    EXPECT_TRUE(line.level);
    out<MCR>(0);
    EXPECT_TRUE(line.level);
}

// --- Transmitter -----------------------------------------------------------------------------------------------

TEST_F(SerialTest, TransmitsInOrder) {
    for (const char c : std::string("hello"))
        out<THR>(static_cast<std::uint32_t>(c));
    EXPECT_EQ(ring.waiting, "hello");
    EXPECT_EQ(in<LSR>(), empty);
}

TEST_F(SerialTest, THREInterruptIsAnEdge) {
    out<IER>(IER::ETBEI); // 0 -> 1 while empty
    EXPECT_TRUE(line.level);
    out<IER>(IER::ETBEI | IER::ERBI);
    EXPECT_EQ(interrupt(), IIR::THR_empty); // acknowledged
    EXPECT_FALSE(line.level);
    EXPECT_EQ(interrupt(), IIR::none);
    out<IER>(IER::ETBEI); // 1 -> 1: nothing new
    EXPECT_EQ(interrupt(), IIR::none);
    out<THR>('x'); // full, then empty again
    EXPECT_TRUE(line.level);
    EXPECT_EQ(interrupt(), IIR::THR_empty);
    out<IER>(0);
    out<IER>(IER::ETBEI);
    EXPECT_EQ(interrupt(), IIR::THR_empty);
}

TEST_F(SerialTest, THREInterruptMaskedIsNotAcknowledgedByIIR) {
    out<IER>(IER::ETBEI);
    out<IER>(0);
    EXPECT_FALSE(line.level);
    EXPECT_EQ(interrupt(), IIR::none);
    out<IER>(IER::ETBEI);
    EXPECT_TRUE(line.level);
}

TEST_F(SerialTest, WithoutRoomForAFIFOTheTransmitterIsNotEmpty) {
    ring.capacity = 32;
    serial.reset();
    for (int i = 0; i < 16; ++i) {
        EXPECT_EQ(in<LSR>(), empty) << i;
        out<THR>('x');
    }
    EXPECT_EQ(in<LSR>(), empty) << "exactly 16 are left";
    for (int i = 0; i < 16; ++i)
        out<THR>('y');
    EXPECT_EQ(in<LSR>(), 0U);
    EXPECT_EQ(ring.waiting.size(), 32U) << "a driver that saw THRE loses nothing of its 16";
    out<THR>('z');
    EXPECT_EQ(ring.waiting.size(), 32U) << "one that ignores THRE does";

    out<IER>(IER::ETBEI);
    EXPECT_FALSE(line.level);
    ring.waiting.resize(17); // 15 are free
    serial.transmitter_ready();
    EXPECT_FALSE(line.level);
    EXPECT_EQ(in<LSR>(), 0U);
    ring.waiting.resize(16);
    serial.transmitter_ready();
    EXPECT_TRUE(line.level);
    EXPECT_EQ(in<LSR>(), empty);
    EXPECT_EQ(interrupt(), IIR::THR_empty);
    serial.transmitter_ready(); // harmless: it was empty before
    EXPECT_FALSE(line.level);
}

TEST_F(SerialTest, FillingTheTransmitterTakesTHREBack) {
    ring.capacity = 16;
    serial.reset();
    out<IER>(IER::ETBEI);
    EXPECT_TRUE(line.level);
    out<THR>('x');
    EXPECT_FALSE(line.level);
    EXPECT_EQ(interrupt(), IIR::none);
    ring.waiting.clear();
    serial.transmitter_ready();
    EXPECT_TRUE(line.level);
}

TEST_F(SerialTest, PollingSeesRoomWithoutBeingTold) {
    ring.capacity = 16;
    serial.reset();
    out<THR>('x');
    EXPECT_EQ(in<LSR>(), 0U);
    ring.waiting.clear();
    EXPECT_EQ(in<LSR>(), empty);
}

TEST_F(SerialTest, NothingIsLostWhileThereIsRoomTHREOrNot) {
    ring.capacity = 16;
    serial.reset();
    for (int i = 0; i < 16; ++i)
        out<THR>('x'); // from the second on without THRE
    EXPECT_EQ(ring.waiting.size(), 16U);
    ring.waiting.clear();
    out<THR>('y'); // the host has drained, and nobody has looked since
    EXPECT_EQ(ring.waiting, "y");
}

TEST_F(SerialTest, TheRingIsNotAskedWhileItIsKnownToHaveRoom) {
    const unsigned asked = ring.asked;
    for (int i = 0; i < 2000; ++i) {
        std::ignore = in<LSR>();
        out<THR>('x');
    }
    EXPECT_EQ(ring.asked, asked);
}

// --- Modem and loopback ----------------------------------------------------------------------------------------

TEST_F(SerialTest, LoopbackConnectsOutputsToInputs) {
    struct {
        std::uint32_t output, input;
    } const wires[] = {{MCR::DTR, MSR::DSR}, {MCR::RTS, MSR::CTS}, {MCR::OUT1, MSR::RI}, {MCR::OUT2, MSR::DCD}};
    for (const auto& wire : wires) {
        out<MCR>(MCR::LOOP | wire.output);
        EXPECT_EQ(in<MSR>() & 0xf0, wire.input);
        out<MCR>(MCR::LOOP | (MCR::writable & ~wire.output));
        EXPECT_EQ(in<MSR>() & 0xf0, 0xf0 & ~wire.input);
    }
}

TEST_F(SerialTest, DeltaBitsTellOfChangesOnce) {
    out<MCR>(MCR::LOOP | MCR::DTR | MCR::RTS | MCR::OUT2); // same as the pins
    EXPECT_EQ(in<MSR>(), MSR::CTS | MSR::DSR | MSR::DCD);
    out<IER>(IER::EDSSI);
    out<MCR>(MCR::LOOP | MCR::DTR | MCR::OUT2);
    EXPECT_TRUE(line.level);
    EXPECT_EQ(in<MSR>(), MSR::DSR | MSR::DCD | MSR::DCTS);
    EXPECT_FALSE(line.level);
    EXPECT_EQ(in<MSR>(), MSR::DSR | MSR::DCD);
    out<MCR>(MCR::LOOP | MCR::OUT1); // RI begins: no TERI
    EXPECT_EQ(in<MSR>(), MSR::RI | MSR::DDSR | MSR::DDCD);
    out<MCR>(MCR::LOOP); // RI ends
    EXPECT_TRUE(line.level);
    EXPECT_EQ(in<MSR>(), MSR::TERI);
    out<MCR>(0);
    EXPECT_EQ(in<MSR>(), 0xbbU) << "the pins come back";
}

TEST_F(SerialTest, LoopbackReturnsCharactersAndOverruns) {
    out<FCR>(FCR::FIFO_enable);
    out<MCR>(MCR::LOOP);
    out<IER>(IER::ELSI);
    for (std::uint32_t c = 'a'; c < 'a' + 16; ++c)
        out<THR>(c);
    EXPECT_FALSE(line.level);
    EXPECT_EQ(in<LSR>(), empty | LSR::DR);
    out<THR>('!');
    EXPECT_EQ(interrupt(), IIR::line_status);
    EXPECT_EQ(in<LSR>(), empty | LSR::DR | LSR::OE);
    EXPECT_FALSE(line.level);
    EXPECT_EQ(read_all(), "abcdefghijklmnop") << "a full FIFO loses the newcomer";
    EXPECT_EQ(ring.waiting, "");
}

TEST_F(SerialTest, LoopbackWithoutFIFOOverwrites) {
    out<MCR>(MCR::LOOP);
    out<THR>('a');
    out<THR>('b');
    EXPECT_EQ(in<LSR>(), empty | LSR::DR | LSR::OE);
    EXPECT_EQ(in<LSR>(), empty | LSR::DR);
    EXPECT_EQ(read_all(), "b");
}

TEST_F(SerialTest, LoopbackDoesNotNeedTheHost) {
    ring.capacity = 16;
    serial.reset();
    out<THR>('x');
    EXPECT_EQ(in<LSR>(), 0U);
    out<MCR>(MCR::LOOP);
    EXPECT_EQ(in<LSR>(), empty);
    out<THR>('y');
    EXPECT_EQ(in<LSR>(), empty | LSR::DR);
    out<MCR>(0);
    EXPECT_EQ(in<LSR>(), LSR::DR);
}

// --- Flow control and the input source -------------------------------------------------------------------------

TEST_F(SerialTest, RTSIsObeyedOnceItHasBeenRaised) {
    EXPECT_EQ(type("a"), 1U); // a guest that does not know RTS
    EXPECT_EQ(read_all(), "a");
    out<MCR>(MCR::DTR);
    EXPECT_EQ(type("b"), 1U);
    EXPECT_EQ(read_all(), "b");
    out<MCR>(MCR::DTR | MCR::RTS);
    EXPECT_EQ(type("c"), 1U);
    EXPECT_EQ(read_all(), "c");
    out<MCR>(0);
    EXPECT_EQ(type("d"), 0U);
    serial.receive_break();
    EXPECT_EQ(in<LSR>(), empty);
    EXPECT_EQ(source.wanted, 0U);
    out<MCR>(MCR::RTS);
    EXPECT_EQ(in<LSR>(), empty | LSR::DR | LSR::BI);
    EXPECT_EQ(source.wanted, 0U) << "the break fills RBR";
    EXPECT_EQ(in<RBR>(), 0U);
    EXPECT_EQ(source.wanted, 1U);
    serial.reset();
    EXPECT_EQ(type("e"), 1U) << "reset forgets";
}

TEST_F(SerialTest, InputWaitsForTheFirstRTSIfAsked) {
    serial.wait_for_RTS();
    EXPECT_EQ(type("a"), 0U);
    out<MCR>(MCR::LOOP | MCR::RTS); // a probe
    out<MCR>(0);
    EXPECT_EQ(type("a"), 0U);
    out<MCR>(MCR::DTR | MCR::RTS);
    EXPECT_EQ(source.wanted, 1U);
    EXPECT_EQ(type("a"), 1U);
}

TEST_F(SerialTest, RTSInLoopbackIsNoPromise) {
    out<MCR>(MCR::LOOP | MCR::RTS);
    EXPECT_EQ(type("a"), 0U) << "held during loopback";
    out<MCR>(0);
    EXPECT_EQ(source.wanted, 1U);
    EXPECT_EQ(type("a"), 1U);
}

TEST_F(SerialTest, TheSourceIsToldOnceAndOnlyIfItWasRefused) {
    out<FCR>(FCR::FIFO_enable);
    ASSERT_EQ(type("abc"), 3U);
    EXPECT_EQ(read_all(), "abc");
    EXPECT_EQ(source.wanted, 0U) << "everything was taken";
    ASSERT_EQ(type("0123456789abcdefg"), 16U);
    for (int i = 0; i < 15; ++i)
        std::ignore = in<RBR>();
    EXPECT_EQ(source.wanted, 0U) << "not before the FIFO is empty";
    std::ignore = in<RBR>();
    EXPECT_EQ(source.wanted, 1U);
    std::ignore = in<LSR>();
    std::ignore = in<RBR>();
    EXPECT_EQ(source.wanted, 1U);
    ASSERT_EQ(type("0123456789abcdefg"), 16U);
    out<FCR>(FCR::FIFO_enable | FCR::RCVR_FIFO_reset);
    EXPECT_EQ(source.wanted, 2U) << "clearing makes room too";
    ASSERT_EQ(type("0123456789abcdefg"), 16U);
    serial.reset();
    EXPECT_EQ(source.wanted, 3U);
}

TEST_F(SerialTest, TheSourceMayAnswerAtOnce) {
    class Eager final : public InputSource {
    public:
        explicit Eager(Serial& serial) : serial_(serial) {}
        void input_wanted() override {
            const std::vector<std::uint8_t> bytes(20, 'x');
            EXPECT_EQ(serial_.receive(bytes), 1U); // would deadlock under the UART's lock
        }

    private:
        Serial& serial_;
    } eager(serial);
    serial.set_input_source(eager);
    ASSERT_EQ(type("ab"), 1U);
    EXPECT_EQ(in<RBR>(), std::uint32_t{'a'});
    EXPECT_EQ(in<RBR>(), std::uint32_t{'x'});
}

TEST_F(SerialTest, ResetReturnsEverything) {
    out<FCR>(FCR::FIFO_enable);
    out<MCR>(MCR::LOOP);
    out<THR>('x');
    out<SCR>(0x5a);
    out<IER>(IER::writable);
    out<LCR>(LCR::DLAB);
    out<DLM>(0x77);
    serial.receive_break();
    EXPECT_TRUE(line.level);
    serial.reset();
    EXPECT_FALSE(line.level);
    for (const Row& row : rows) {
        out<LCR>(row.dlab);
        EXPECT_EQ(in(row.offset), row.reset) << row.name;
        out<LCR>(0);
    }
}

} // namespace
} // namespace devices::test

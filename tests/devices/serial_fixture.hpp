// SPDX-License-Identifier: Apache-2.0
// A UART on a bench: a wire, a ring of a chosen size, and a driver's two functions.
#pragma once

#include "devices/serial.hpp"
#include "devices/serial_registers.hpp"
#include "tests/devices/recording_line.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace devices::test {

class Ring final : public Transmitter {
public:
    std::size_t room() override {
        ++asked;
        return capacity - waiting.size();
    }
    void put(std::uint8_t character) override {
        ASSERT_LT(waiting.size(), capacity) << "put() without room";
        waiting.push_back(static_cast<char>(character));
    }

    std::size_t capacity = 4096;
    std::string waiting;
    unsigned asked = 0;
};

class Source final : public InputSource {
public:
    void input_wanted() override { ++wanted; }
    unsigned wanted = 0;
};

class SerialTest : public ::testing::Test {
protected:
    SerialTest() { serial.set_input_source(source); }

    std::uint32_t in(std::uint64_t offset) { return static_cast<std::uint32_t>(serial.read(offset, virt::Width::b1)); }
    void out(std::uint64_t offset, std::uint32_t value) { serial.write(offset, virt::Width::b1, value); }

    template <class Register>
    std::uint32_t in() {
        return in(Register::offset);
    }
    template <class Register>
    void out(std::uint32_t value) {
        out(Register::offset, value);
    }

    std::uint32_t interrupt() { return in<pc16550d::IIR>() & pc16550d::IIR::identification; }

    std::size_t type(std::string_view text) {
        const std::vector<std::uint8_t> bytes(text.begin(), text.end());
        return serial.receive(bytes);
    }

    // Empties the receiver as a driver does.
    std::string read_all() {
        std::string text;
        while ((in<pc16550d::LSR>() & pc16550d::LSR::DR) != 0)
            text.push_back(static_cast<char>(in<pc16550d::RBR>()));
        return text;
    }

    RecordingLine line;
    Ring ring;
    Source source;
    Serial serial{line, ring};
};

} // namespace devices::test

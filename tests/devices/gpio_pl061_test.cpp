// SPDX-License-Identifier: Apache-2.0
// PL061: registers, detection, and a power key as Linux drives one. Arm DDI 0190, chapter 3.

#include "devices/gpio_pl061.hpp"

#include "tests/devices/recording_line.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

namespace devices::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t GPIODATA = 0x000, GPIODIR = 0x400, GPIOIS = 0x404, GPIOIBE = 0x408, GPIOIEV = 0x40c,
                        GPIOIE = 0x410, GPIORIS = 0x414, GPIOMIS = 0x418, GPIOIC = 0x41c, GPIOAFSEL = 0x420,
                        GPIOPeriphID0 = 0xfe0;

// Where the pins in `mask`, and no others, are read and written.
constexpr std::uint64_t data(std::uint32_t mask) { return GPIODATA + (std::uint64_t{mask} << 2); }

class GpioPl061Test : public ::testing::Test {
protected:
    std::uint32_t in(std::uint64_t offset, virt::Width width = virt::Width::b1) {
        return static_cast<std::uint32_t>(gpio.read(offset, width));
    }
    void out(std::uint64_t offset, std::uint32_t value, virt::Width width = virt::Width::b1) {
        gpio.write(offset, width, value & virt::mask_of(width));
    }

    RecordingLine line;
    GpioPl061 gpio{line};
};

struct Row {
    const char* name;
    std::uint64_t offset;
    std::uint32_t reset;
    std::uint32_t after_ones; // reads so when ~0 was stored into it
};

const Row rows[] = {
    {"GPIODATA_none", data(0x00), 0, 0},
    {"GPIODATA_pin_0", data(0x01), 0, 0}, // all are inputs, and low
    {"GPIODATA_all", data(0xff), 0, 0},
    {"GPIODIR", GPIODIR, 0, 0xff},
    {"GPIOIS", GPIOIS, 0, 0xff},
    {"GPIOIBE", GPIOIBE, 0, 0xff},
    {"GPIOIEV", GPIOIEV, 0, 0xff},
    {"GPIOIE", GPIOIE, 0, 0xff},
    {"GPIORIS", GPIORIS, 0, 0},
    {"GPIOMIS", GPIOMIS, 0, 0},
    {"GPIOIC", GPIOIC, 0, 0},
    {"GPIOAFSEL", GPIOAFSEL, 0, 0xff},
    {"reserved_424", 0x424, 0, 0},
    {"GPIOITCR", 0x600, 0, 0}, // integration test, not implemented
    {"reserved_fdc", 0xfdc, 0, 0},
    {"GPIOPeriphID0", 0xfe0, 0x61, 0x61},
    {"GPIOPeriphID1", 0xfe4, 0x10, 0x10},
    {"GPIOPeriphID2", 0xfe8, 0x04, 0x04},
    {"GPIOPeriphID3", 0xfec, 0x00, 0x00},
    {"GPIOPCellID0", 0xff0, 0x0d, 0x0d},
    {"GPIOPCellID1", 0xff4, 0xf0, 0xf0},
    {"GPIOPCellID2", 0xff8, 0x05, 0x05},
    {"GPIOPCellID3", 0xffc, 0xb1, 0xb1},
};

class GpioPl061Register : public GpioPl061Test, public ::testing::WithParamInterface<Row> {};

TEST_P(GpioPl061Register, ResetsAndStoresByEveryWidth) {
    for (const virt::Width width : {virt::Width::b1, virt::Width::b2, virt::Width::b4}) {
        EXPECT_EQ(in(GetParam().offset, width), GetParam().reset);
        out(GetParam().offset, ~0U, width);
        EXPECT_EQ(in(GetParam().offset, width), GetParam().after_ones);
        gpio.reset();
        EXPECT_EQ(in(GetParam().offset, width), GetParam().reset);
    }
    EXPECT_EQ(line.changes, 0U);
}

TEST_P(GpioPl061Register, IsAByteAWordApart) {
    out(GetParam().offset, 0xffff'ff00, virt::Width::b4);
    EXPECT_EQ(in(GetParam().offset), GetParam().reset) << "there is nothing above bit 7";
    for (const virt::Width width : {virt::Width::b1, virt::Width::b2, virt::Width::b4, virt::Width::b8})
        for (std::uint64_t odd = 0; odd < 4; ++odd) {
            if (width != virt::Width::b8 && odd == 0)
                continue;
            EXPECT_EQ(gpio.read(GetParam().offset + odd, width), 0U);
            gpio.write(GetParam().offset + odd, width, virt::mask_of(width));
        }
    EXPECT_EQ(in(GetParam().offset), GetParam().reset);
}

INSTANTIATE_TEST_SUITE_P(Table, GpioPl061Register, ::testing::ValuesIn(rows),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(GpioPl061Test, RegistersAreApart) {
    std::uint32_t value = 0x11;
    for (const std::uint64_t offset : {GPIODIR, GPIOIS, GPIOIBE, GPIOIEV, GPIOIE, GPIOAFSEL})
        out(offset, value++);
    value = 0x11;
    for (const std::uint64_t offset : {GPIODIR, GPIOIS, GPIOIBE, GPIOIEV, GPIOIE, GPIOAFSEL})
        EXPECT_EQ(in(offset), value++) << offset;
}

TEST_F(GpioPl061Test, OffsetsOutsideTheBlockReadAsZero) {
    for (const std::uint64_t offset : {GpioPl061::size, GpioPl061::size + GPIODIR, ~std::uint64_t{3}}) {
        EXPECT_EQ(in(offset), 0U);
        out(offset, 0xff);
        EXPECT_EQ(in(offset), 0U);
    }
    EXPECT_EQ(in(GPIODIR), 0U);
}

TEST_F(GpioPl061Test, NothingButTheRegistersKeepsAValue) {
    for (std::uint64_t offset = GPIOAFSEL + 4; offset < GPIOPeriphID0; offset += 4) {
        out(offset, 0xff);
        EXPECT_EQ(in(offset), 0U) << offset;
    }
}

// GPIODATA

TEST_F(GpioPl061Test, TheAddressSelectsTheOutputsThatAreWritten) {
    out(GPIODIR, 0xff);
    std::uint32_t expected = 0;
    for (std::uint32_t mask = 0; mask <= 0xff; ++mask)
        for (const std::uint32_t value : {0x00U, 0xa5U, 0x5aU, 0xffU}) {
            out(data(mask), value);
            expected = (expected & ~mask) | (value & mask);
            ASSERT_EQ(in(data(0xff)), expected) << mask;
        }
}

TEST_F(GpioPl061Test, TheAddressSelectsThePinsThatAreRead) {
    for (const unsigned pin : {0U, 3U, 5U, 7U})
        gpio.raise_input(pin);
    for (std::uint32_t mask = 0; mask <= 0xff; ++mask)
        ASSERT_EQ(in(data(mask)), 0xa9U & mask);
}

TEST_F(GpioPl061Test, ReadsInputsOfTheHostAndOutputsOfTheGuest) {
    for (unsigned pin = 0; pin < GpioPl061::pin_count; pin += 2)
        gpio.raise_input(pin);
    out(GPIODIR, 0x0f);
    out(data(0xff), 0x03);
    EXPECT_EQ(in(data(0xff)), 0x53U);
    gpio.lower_input(0); // an output now
    gpio.lower_input(4);
    EXPECT_EQ(in(data(0xff)), 0x43U);
    out(GPIODIR, 0);
    EXPECT_EQ(in(data(0xff)), 0x44U);
}

TEST_F(GpioPl061Test, AnInputTakesNoValue) {
    out(data(0xff), 0xff);
    EXPECT_EQ(in(data(0xff)), 0U);
    out(GPIODIR, 0xff);
    EXPECT_EQ(in(data(0xff)), 0U);
    out(data(0x18), 0xff);
    out(GPIODIR, 0);
    out(GPIODIR, 0xff);
    EXPECT_EQ(in(data(0xff)), 0x18U) << "an output value survives being an input";
}

// Detection

struct Detection {
    const char* name;
    bool is, ibe, iev;
    bool while_low, after_rising, after_falling; // GPIORIS, cleared by GPIOIC after each look
};

const Detection detections[] = {
    {"falling", false, false, false, false, false, true},
    {"rising", false, false, true, false, true, false},
    {"both", false, true, false, false, true, true},
    {"both_whatever_GPIOIEV", false, true, true, false, true, true},
    {"low", true, false, false, true, false, true},
    {"high", true, false, true, false, true, false},
    {"low_whatever_GPIOIBE", true, true, false, true, false, true},
    {"high_whatever_GPIOIBE", true, true, true, false, true, false},
};

class GpioPl061Detection : public GpioPl061Test, public ::testing::WithParamInterface<Detection> {
protected:
    // `pin` alone detects as the row says; the others are left as they reset.
    void configure(unsigned pin) {
        gpio.reset();
        out(GPIOIS, GetParam().is ? 1U << pin : 0);
        out(GPIOIBE, GetParam().ibe ? 1U << pin : 0);
        out(GPIOIEV, GetParam().iev ? 1U << pin : 0);
    }
};

TEST_P(GpioPl061Detection, RaisesAndClears) {
    for (unsigned pin = 0; pin < GpioPl061::pin_count; ++pin) {
        const std::uint32_t bit = 1U << pin;
        configure(pin);
        out(GPIOIE, bit);
        const auto expect = [&](bool detected) {
            EXPECT_EQ(in(GPIORIS), detected ? bit : 0) << pin;
            EXPECT_EQ(in(GPIOMIS), detected ? bit : 0) << pin;
            EXPECT_EQ(line.level, detected) << pin;
            out(GPIOIC, ~bit);
            EXPECT_EQ(line.level, detected) << "other pins were cleared";
            out(GPIOIC, bit);
            EXPECT_EQ(line.level, detected && GetParam().is) << "a level stays, an edge does not";
        };
        expect(GetParam().while_low);
        gpio.raise_input(pin);
        expect(GetParam().after_rising);
        gpio.raise_input(pin); // no edge
        expect(GetParam().after_rising && GetParam().is);
        gpio.lower_input(pin);
        expect(GetParam().after_falling);
        gpio.lower_input(pin);
        expect(GetParam().after_falling && GetParam().is);
    }
}

TEST_P(GpioPl061Detection, GPIOIEMasksTheWireOnly) {
    for (unsigned pin = 0; pin < GpioPl061::pin_count; ++pin) {
        const std::uint32_t bit = 1U << pin;
        configure(pin);
        out(GPIOIE, ~bit);
        gpio.raise_input(pin);
        if (!GetParam().after_rising)
            gpio.lower_input(pin);
        EXPECT_EQ(in(GPIORIS), bit);
        EXPECT_EQ(in(GPIOMIS), 0U);
        EXPECT_FALSE(line.level);
        out(GPIOIE, bit);
        EXPECT_EQ(in(GPIOMIS), bit);
        EXPECT_TRUE(line.level);
        out(GPIOIE, 0);
        EXPECT_EQ(in(GPIORIS), bit);
        EXPECT_FALSE(line.level);
        gpio.lower_input(pin);
    }
}

TEST_P(GpioPl061Detection, AnOutputIgnoresTheHost) {
    for (unsigned pin = 0; pin < GpioPl061::pin_count; ++pin) {
        configure(pin);
        out(GPIODIR, 1U << pin);
        out(GPIOIE, 0xff);
        for (const std::uint32_t value : {0x00U, 0xffU}) { // nor do its own edges and levels count
            out(data(0xff), value);
            EXPECT_EQ(in(GPIORIS), 0U);
            gpio.raise_input(pin);
            EXPECT_EQ(in(GPIORIS), 0U);
            gpio.lower_input(pin);
            EXPECT_EQ(in(GPIORIS), 0U);
        }
        EXPECT_FALSE(line.level);
        out(GPIODIR, 0);
        EXPECT_EQ(line.level, GetParam().while_low) << "an input again: not an edge";
    }
}

INSTANTIATE_TEST_SUITE_P(Table, GpioPl061Detection, ::testing::ValuesIn(detections),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(GpioPl061Test, AnEdgeStaysWhenThePinBecomesAnOutput) {
    out(GPIOIEV, 0x08);
    gpio.raise_input(3);
    out(GPIODIR, 0x08);
    EXPECT_EQ(in(GPIORIS), 0x08U);
    out(GPIOIC, 0x08);
    EXPECT_EQ(in(GPIORIS), 0U);
}

TEST_F(GpioPl061Test, AnInputThatMovedWhileAnOutputHadNoEdge) {
    out(GPIOIBE, 0xff);
    out(GPIODIR, 0x08);
    gpio.raise_input(3);
    out(GPIODIR, 0);
    EXPECT_EQ(in(data(0x08)), 0x08U);
    EXPECT_EQ(in(GPIORIS), 0U);
    gpio.lower_input(3);
    EXPECT_EQ(in(GPIORIS), 0x08U);
}

TEST_F(GpioPl061Test, ALevelLeavesNoEdgeBehind) {
    out(GPIOIS, 0x08);
    out(GPIOIBE, 0x08);
    out(GPIOIEV, 0x08);
    gpio.raise_input(3);
    EXPECT_EQ(in(GPIORIS), 0x08U);
    out(GPIOIS, 0);
    EXPECT_EQ(in(GPIORIS), 0U);
}

TEST_F(GpioPl061Test, AnEdgeIsNotALevel) {
    out(GPIOIEV, 0x08);
    gpio.raise_input(3);
    gpio.lower_input(3);
    EXPECT_EQ(in(GPIORIS), 0x08U);
    out(GPIOIS, 0x08);
    EXPECT_EQ(in(GPIORIS), 0U) << "low, and high is what it detects";
    out(GPIOIC, 0x08);
    out(GPIOIS, 0);
    EXPECT_EQ(in(GPIORIS), 0U);
}

TEST_F(GpioPl061Test, GPIOIEVMovesALevelButMakesNoEdge) {
    out(GPIOIS, 0x0f);
    out(GPIOIE, 0xff);
    EXPECT_EQ(in(GPIORIS), 0x0fU);
    EXPECT_TRUE(line.level);
    out(GPIOIEV, 0xff);
    EXPECT_EQ(in(GPIORIS), 0U);
    EXPECT_FALSE(line.level);
}

TEST_F(GpioPl061Test, OneWireForAllPins) {
    out(GPIOIBE, 0xff);
    out(GPIOIE, 0xff);
    gpio.raise_input(0);
    gpio.raise_input(7);
    EXPECT_EQ(in(GPIOMIS), 0x81U);
    out(GPIOIC, 0x01);
    EXPECT_TRUE(line.level);
    out(GPIOIC, 0x80);
    EXPECT_FALSE(line.level);
    EXPECT_EQ(line.changes, 2U) << "driven on changes only";
}

TEST_F(GpioPl061Test, GPIOAFSELHasNoEffect) {
    out(GPIOAFSEL, 0xff);
    out(GPIOIEV, 0xff);
    gpio.raise_input(3);
    EXPECT_EQ(in(data(0xff)), 0x08U);
    EXPECT_EQ(in(GPIORIS), 0x08U);
}

TEST_F(GpioPl061Test, ResetDropsTheInterruptAndKeepsTheInputs) {
    out(GPIOIEV, 0x08);
    out(GPIOIE, 0x08);
    out(GPIODIR, 0x01);
    out(data(0x01), 0x01);
    gpio.raise_input(3);
    EXPECT_TRUE(line.level);
    gpio.reset();
    EXPECT_FALSE(line.level);
    EXPECT_EQ(in(GPIORIS), 0U);
    EXPECT_EQ(in(data(0xff)), 0x08U);
    out(GPIODIR, 0x01);
    EXPECT_EQ(in(data(0x01)), 0U);
}

TEST(GpioPl061DeathTest, ThereAreEightPins) {
    RecordingLine line;
    GpioPl061 gpio{line};
    EXPECT_DEATH(gpio.raise_input(8), "eight pins");
    EXPECT_DEATH(gpio.lower_input(32), "eight pins");
}

// What Linux does, access by access: drivers/amba/bus.c, drivers/gpio/gpio-pl061.c and, for a key on pin 3,
// drivers/input/keyboard/gpio_keys.c.
class GpioPl061Linux : public GpioPl061Test {
protected:
    static constexpr unsigned pin = 3;
    static constexpr std::uint32_t bit = 1U << pin;

    // The eight identification words, four to a number, low byte of each, as the AMBA bus driver reads them.
    [[nodiscard]] std::uint32_t id(std::uint64_t first) {
        std::uint32_t value = 0;
        for (unsigned i = 0; i < 4; ++i)
            value |= (in(first + 4 * i, virt::Width::b4) & 0xff) << (8 * i);
        return value;
    }

    void pl061_probe() {
        EXPECT_EQ(id(GPIOPeriphID0) & 0x000f'ffff, 0x0004'1061U);
        EXPECT_EQ(id(GPIOPeriphID0 + 0x10), 0xb105'f00dU);
        out(GPIOIE, 0);
        for (unsigned line_offset = 0; line_offset < 8; ++line_offset)
            EXPECT_EQ(in(GPIODIR) & (1U << line_offset), 0U) << "pl061_get_direction: an input";
    }
    void pl061_direction_input() { out(GPIODIR, in(GPIODIR) & ~bit); }
    void pl061_irq_type_both_edges() {
        const std::uint32_t gpioiev = in(GPIOIEV), gpiois = in(GPIOIS), gpioibe = in(GPIOIBE);
        out(GPIOIS, gpiois & ~bit);
        out(GPIOIBE, gpioibe | bit);
        out(GPIOIEV, gpioiev);
    }
    void pl061_irq_mask() { out(GPIOIE, in(GPIOIE) & ~bit); }
    void pl061_irq_unmask() { out(GPIOIE, in(GPIOIE) | bit); }
    [[nodiscard]] bool pl061_get_value() { return in(data(bit)) != 0; }
    void gpio_keys_probe() {
        pl061_direction_input();
        pl061_irq_type_both_edges();
        pl061_irq_unmask();
    }
    // handle_edge_irq(): acknowledged before it is handled. True if the key's handler ran.
    [[nodiscard]] bool pl061_irq_handler() {
        const std::uint32_t pending = in(GPIOMIS);
        EXPECT_EQ(pending & ~bit, 0U);
        if (pending != 0)
            out(GPIOIC, bit);
        return pending != 0;
    }
};

TEST_F(GpioPl061Linux, PressAndReleaseInterruptOnceEach) {
    pl061_probe();
    gpio_keys_probe();
    EXPECT_FALSE(pl061_get_value()) << "gpio_keys_open";
    EXPECT_FALSE(line.level);

    gpio.raise_input(pin);
    EXPECT_TRUE(line.level);
    EXPECT_TRUE(pl061_irq_handler());
    EXPECT_FALSE(line.level);
    EXPECT_TRUE(pl061_get_value());
    EXPECT_FALSE(pl061_irq_handler());

    gpio.lower_input(pin);
    EXPECT_TRUE(line.level);
    EXPECT_TRUE(pl061_irq_handler());
    EXPECT_FALSE(line.level);
    EXPECT_FALSE(pl061_get_value());
    EXPECT_EQ(line.changes, 4U);
}

TEST_F(GpioPl061Linux, ReleaseWhileThePressIsHandledInterruptsAgain) {
    pl061_probe();
    gpio_keys_probe();
    gpio.raise_input(pin);
    EXPECT_TRUE(pl061_irq_handler());
    gpio.lower_input(pin); // after the acknowledgement, before the key is read
    EXPECT_TRUE(line.level);
    EXPECT_TRUE(pl061_irq_handler());
    EXPECT_FALSE(line.level);
}

TEST_F(GpioPl061Linux, TwoEdgesBeforeTheHandlerAreOneInterrupt) {
    pl061_probe();
    gpio_keys_probe();
    gpio.raise_input(pin);
    gpio.lower_input(pin);
    EXPECT_TRUE(pl061_irq_handler());
    EXPECT_FALSE(pl061_irq_handler());
    EXPECT_FALSE(pl061_get_value());
}

TEST_F(GpioPl061Linux, AMaskedPressArrivesWhenUnmasked) {
    pl061_probe();
    gpio_keys_probe();
    pl061_irq_mask();
    gpio.raise_input(pin);
    EXPECT_FALSE(line.level);
    pl061_irq_unmask();
    EXPECT_TRUE(line.level);
    EXPECT_TRUE(pl061_irq_handler());
}

TEST_F(GpioPl061Linux, AKeyHeldSinceBeforeTheProbeReadsAsPressed) {
    gpio.raise_input(pin);
    pl061_probe();
    gpio_keys_probe();
    EXPECT_FALSE(line.level) << "GPIOIEV resets to falling edges";
    EXPECT_TRUE(pl061_get_value());
    gpio.lower_input(pin);
    EXPECT_TRUE(pl061_irq_handler());
    EXPECT_FALSE(pl061_get_value());
}

TEST_F(GpioPl061Linux, DirectionOutputEndsWithTheValue) {
    pl061_probe();
    out(data(bit), bit);
    out(GPIODIR, in(GPIODIR) | bit);
    out(data(bit), bit);
    EXPECT_TRUE(pl061_get_value());
    pl061_direction_input();
    EXPECT_FALSE(pl061_get_value());
}

// The host presses, the vCPU handles, and other pins move meanwhile: no edge is lost and none is left over.
TEST_F(GpioPl061Linux, PressedByAnotherThread) {
    constexpr unsigned presses = 200;
    const auto deadline = std::chrono::steady_clock::now() + 20s; // a lost edge fails the test, it does not hang it
    const auto in_time = [&] { return std::chrono::steady_clock::now() < deadline; };
    pl061_probe();
    gpio_keys_probe();
    std::atomic<unsigned> handled = 0;
    std::atomic<bool> done = false;
    std::thread host([&] {
        for (unsigned edge = 0; edge < 2 * presses; ++edge) {
            if (edge % 2 == 0)
                gpio.raise_input(pin);
            else
                gpio.lower_input(pin);
            while (handled <= edge && in_time())
                std::this_thread::yield();
        }
        done = true;
    });
    std::thread noise([&] {
        while (!done) {
            gpio.raise_input(0);
            gpio.lower_input(0);
            std::this_thread::yield();
        }
    });
    while (!done) {
        if (line.level && pl061_irq_handler()) {
            EXPECT_EQ(pl061_get_value(), handled % 2 == 0);
            ++handled;
        }
        std::this_thread::yield();
    }
    host.join();
    noise.join();
    EXPECT_EQ(handled, 2 * presses);
    EXPECT_FALSE(line.level);
    EXPECT_EQ(in(GPIOMIS), 0U);
}

} // namespace
} // namespace devices::test

// SPDX-License-Identifier: Apache-2.0
// Arm PrimeCell General Purpose Input/Output (PL061). Arm DDI 0190, chapter 3.

#include "devices/gpio_pl061.hpp"

#include "devices/primecell.hpp"

#include "virt/assert.hpp"

namespace devices {

namespace {

constexpr std::uint64_t GPIODATA = 0x000;  // data: 0x000-0x3fc, of which bits 9:2 select the pins
constexpr std::uint64_t GPIODIR = 0x400;   // data direction: 1 is an output
constexpr std::uint64_t GPIOIS = 0x404;    // interrupt sense: 1 is a level, 0 an edge
constexpr std::uint64_t GPIOIBE = 0x408;   // interrupt both edges
constexpr std::uint64_t GPIOIEV = 0x40c;   // interrupt event: 1 is high or rising, 0 low or falling
constexpr std::uint64_t GPIOIE = 0x410;    // interrupt mask: 1 lets the pin through to GPIOINTR
constexpr std::uint64_t GPIORIS = 0x414;   // raw interrupt status, read-only
constexpr std::uint64_t GPIOMIS = 0x418;   // masked interrupt status, read-only
constexpr std::uint64_t GPIOIC = 0x41c;    // interrupt clear, write-only: edges only
constexpr std::uint64_t GPIOAFSEL = 0x420; // mode control select

constexpr std::uint32_t part_number = 0x061;

constexpr std::uint32_t all_pins = (1U << GpioPl061::pin_count) - 1;

[[nodiscard]] bool is_register(std::uint64_t offset, virt::Width width) {
    return width != virt::Width::b8 && offset % 4 == 0;
}

[[nodiscard]] bool is_data(std::uint64_t offset) { return offset >= GPIODATA && offset < GPIODIR; }

// The pins that an access to GPIODATA is about.
[[nodiscard]] std::uint32_t data_mask(std::uint64_t offset) {
    return static_cast<std::uint32_t>(offset >> 2) & all_pins;
}

[[nodiscard]] std::uint32_t bit_of(unsigned pin) {
    VIRT_ASSERT(pin < GpioPl061::pin_count, "a PL061 has eight pins");
    return 1U << pin;
}

} // namespace

GpioPl061::GpioPl061(virt::IrqLine& irq) : irq_(irq) {}

std::uint64_t GpioPl061::read(std::uint64_t offset, virt::Width width) {
    if (!is_register(offset, width))
        return 0;
    const std::lock_guard lock(mutex_);
    return read_register(offset);
}

void GpioPl061::write(std::uint64_t offset, virt::Width width, std::uint64_t value) {
    if (!is_register(offset, width))
        return;
    const std::lock_guard lock(mutex_);
    write_register(offset, static_cast<std::uint32_t>(value) & all_pins);
}

std::uint32_t GpioPl061::read_register(std::uint64_t offset) const {
    if (is_data(offset))
        return ((outputs_ & gpiodir_) | (inputs_ & ~gpiodir_)) & data_mask(offset);
    if (offset >= primecell::PeriphID0 && offset < primecell::end)
        return primecell::identification(part_number, offset);
    switch (offset) {
    case GPIODIR: return gpiodir_;
    case GPIOIS: return gpiois_;
    case GPIOIBE: return gpioibe_;
    case GPIOIEV: return gpioiev_;
    case GPIOIE: return gpioie_;
    case GPIORIS: return gpioris();
    case GPIOMIS: return gpioris() & gpioie_;
    case GPIOAFSEL: return gpioafsel_;
    default: return 0;
    }
}

void GpioPl061::write_register(std::uint64_t offset, std::uint32_t value) {
    if (is_data(offset)) {
        // An input takes no value, which is why Linux stores it both before and after making a pin an output.
        const std::uint32_t mask = data_mask(offset) & gpiodir_;
        outputs_ = (outputs_ & ~mask) | (value & mask);
        return;
    }
    switch (offset) {
    case GPIODIR: gpiodir_ = value; break;
    case GPIOIS: gpiois_ = value; break;
    case GPIOIBE: gpioibe_ = value; break;
    case GPIOIEV: gpioiev_ = value; break;
    case GPIOIE: gpioie_ = value; break;
    case GPIOIC: edges_ &= ~value; break;
    case GPIOAFSEL: gpioafsel_ = value; break;
    default: return;
    }
    update_interrupt();
}

void GpioPl061::raise_input(unsigned pin) {
    const std::lock_guard lock(mutex_);
    set_inputs(inputs_ | bit_of(pin));
}

void GpioPl061::lower_input(unsigned pin) {
    const std::lock_guard lock(mutex_);
    set_inputs(inputs_ & ~bit_of(pin));
}

void GpioPl061::reset() {
    const std::lock_guard lock(mutex_);
    outputs_ = edges_ = gpiodir_ = gpiois_ = gpioibe_ = gpioiev_ = gpioie_ = gpioafsel_ = 0;
    update_interrupt();
}

//  GPIOIS  GPIOIBE  GPIOIEV   raw interrupt
//     0       0        0      set by a falling edge
//     0       0        1      set by a rising edge
//     0       1        x      set by either
//     1       x        0      while the input is low
//     1       x        1      while the input is high
std::uint32_t GpioPl061::gpioris() const {
    const std::uint32_t at_level = ~(inputs_ ^ gpioiev_) & ~gpiodir_;
    return (edges_ & ~gpiois_) | (at_level & gpiois_);
}

void GpioPl061::set_inputs(std::uint32_t levels) {
    const std::uint32_t changed = (inputs_ ^ levels) & ~gpiodir_;
    const std::uint32_t wanted = gpioibe_ | ~(levels ^ gpioiev_); // an edge goes by the level it ends at
    edges_ |= changed & wanted & ~gpiois_;
    inputs_ = levels;
    update_interrupt();
}

void GpioPl061::update_interrupt() {
    const bool raised = (gpioris() & gpioie_) != 0;
    if (raised == irq_raised_)
        return;
    irq_raised_ = raised;
    if (raised)
        irq_.raise();
    else
        irq_.lower();
}

} // namespace devices

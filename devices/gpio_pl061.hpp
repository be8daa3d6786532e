// SPDX-License-Identifier: Apache-2.0
// Arm PrimeCell General Purpose Input/Output (PL061). Arm DDI 0190.
#pragma once

#include "virt/irq_line.hpp"
#include "virt/mmio_bus.hpp"

#include <cstdint>
#include <mutex>

namespace devices {

/// Eight pins, each an input that the host drives or an output that only the guest sees, and one interrupt.
///
/// An input interrupts on an edge, which is remembered until GPIOIC clears it, or for as long as it has a level.
/// An output ignores the host: neither its level nor its edges count, and becoming an input again is not an edge.
/// No auxiliary device is wired to the pins: GPIOAFSEL is kept and has no effect.
///
/// Registers are bytes, a word apart, and are reached by aligned accesses of 1, 2 or 4 bytes (Linux uses 1, its
/// AMBA bus 4). Any other width or offset reads as zero and is ignored.
/// Every function may be called by any thread.
class GpioPl061 final : public virt::MmioDevice {
public:
    static constexpr std::uint64_t size = 0x1000; ///< bytes of guest physical address space
    static constexpr unsigned pin_count = 8;

    /// `irq` is GPIOINTR and must outlive the device. All inputs are low.
    explicit GpioPl061(virt::IrqLine& irq);

    std::uint64_t read(std::uint64_t offset, virt::Width width) override;
    void write(std::uint64_t offset, virt::Width width, std::uint64_t value) override;

    /// Drive GPIN[pin], `pin` below pin_count. Repeating the present level has no effect. A guest samples the
    /// level later than the edge (gpio-keys: 5 ms), so a key has to be held for longer than that.
    void raise_input(unsigned pin);
    void lower_input(unsigned pin);

    /// PRESETn: all pins are inputs, interrupts masked and clear. The inputs keep their levels, which are the
    /// host's.
    void reset();

private:
    [[nodiscard]] std::uint32_t read_register(std::uint64_t offset) const;
    void write_register(std::uint64_t offset, std::uint32_t value);
    [[nodiscard]] std::uint32_t gpioris() const;
    void set_inputs(std::uint32_t levels);
    void update_interrupt();

    virt::IrqLine& irq_;

    std::mutex mutex_;         // guards everything below; of each register, bits 7:0
    std::uint32_t inputs_ = 0; // GPIN, whatever GPIODIR says
    std::uint32_t outputs_ = 0;
    std::uint32_t edges_ = 0; // detected and not yet cleared
    std::uint32_t gpiodir_ = 0;
    std::uint32_t gpiois_ = 0;
    std::uint32_t gpioibe_ = 0;
    std::uint32_t gpioiev_ = 0;
    std::uint32_t gpioie_ = 0;
    std::uint32_t gpioafsel_ = 0;
    bool irq_raised_ = false;
};

} // namespace devices

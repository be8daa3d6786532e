// SPDX-License-Identifier: Apache-2.0
// Where things are in the guest's physical address space: kvmtool's layout, so that software that knows it works.
#pragma once

#include "virt/ids.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace vmm::map {

struct Window {
    virt::Gpa base;
    std::uint64_t size; ///< bytes
    [[nodiscard]] constexpr virt::Gpa end() const { return base + size; }
};

// clang-format off
inline constexpr Window serial       {0x0100'0000, 8};           // 16550A, registers at stride 1
inline constexpr Window rtc_mc146818 {0x0101'0000, 2};           // index and data; firmware for kvmtool expects it
inline constexpr Window pvtime       {0x0102'0000, 0x1'0000};    // stolen time
inline constexpr Window rtc_pl031    {0x0103'0000, 0x1000};      // ours from here to the flash: kvmtool has nothing there
inline constexpr Window exit_device  {0x0104'0000, 8};
inline constexpr Window pvpanic      {0x0105'0000, 2};
inline constexpr Window gpio         {0x0106'0000, 0x1000};      // PL061: the power key
inline constexpr Window flash        {0x0200'0000, 0x100'0000};  // CFI flash
inline constexpr Window virtio_mmio  {0x0300'0000, 0x3000'0000}; // transports; the GIC's upper limit is far above
inline constexpr Window gic          {0x3300'0000, 0xd00'0000};  // distributor at its end, the rest grows down
inline constexpr Window pci_config   {0x4000'0000, 0x1000'0000}; // ECAM of one segment
inline constexpr Window pci_memory   {0x5000'0000, 0x3000'0000}; // 32-bit BARs
inline constexpr virt::Gpa ram = 0x8000'0000;
// clang-format on

inline constexpr std::array all{serial, rtc_mc146818, pvtime,      rtc_pl031, exit_device, pvpanic,
                                gpio,   flash,        virtio_mmio, gic,       pci_config,  pci_memory};
static_assert([] {
    for (std::size_t n = 1; n < all.size(); ++n)
        if (all[n].base < all[n - 1].end())
            return false;
    return all.back().end() <= ram;
}());

// Shared interrupts as irqchip pins; SPI INTID = pin + 32.
inline constexpr virt::Pin serial_pin{0};
inline constexpr virt::Pin rtc_pin{1};
inline constexpr virt::Pin gpio_pin{2};
/// The GPIO input that is the power key, active high.
inline constexpr unsigned power_key_input = 3;
/// Of the vGIC, private ones included.
inline constexpr std::uint32_t interrupts = 64;

} // namespace vmm::map

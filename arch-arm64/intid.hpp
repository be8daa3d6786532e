// SPDX-License-Identifier: Apache-2.0
// Interrupt numbers as the guest's GIC names them. Source: Arm IHI 0069, 2.2.1 (INTIDs).
#pragma once

#include "virt/ids.hpp"

#include <cstdint>

namespace arm64 {

/// What the guest reads from ICC_IAR1_EL1: SGI 0..15, PPI 16..31, SPI 32..1019, special 1020..1023, LPI from 8192.
using Intid = virt::Id<struct IntidMeaning, std::uint32_t>;

inline constexpr std::uint32_t first_ppi = 16;
inline constexpr std::uint32_t first_spi = 32;
inline constexpr std::uint32_t last_spi = 1019;
inline constexpr std::uint32_t no_interrupt = 1023; ///< what an acknowledge reads if there is none
inline constexpr std::uint32_t first_lpi = 8192;

[[nodiscard]] constexpr bool is_ppi(Intid intid) { return intid.value >= first_ppi && intid.value < first_spi; }
[[nodiscard]] constexpr bool is_spi(Intid intid) { return intid.value >= first_spi && intid.value <= last_spi; }

/// KVM's in-kernel irqchip has a pin for each SPI: KVM_IRQCHIP_NUM_PINS.
inline constexpr std::uint32_t irqchip_pins = last_spi + 1 - first_spi;
[[nodiscard]] constexpr Intid intid_of(virt::Pin pin) { return Intid{pin.value + first_spi}; }
[[nodiscard]] constexpr virt::Pin pin_of(Intid spi) { return virt::Pin{spi.value - first_spi}; }

} // namespace arm64

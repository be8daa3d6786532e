// SPDX-License-Identifier: Apache-2.0
// The machine that all sequences are about: what there is, and where. The same as tests/conformance/layout.hpp.
#pragma once

#include <array>
#include <cstdint>

namespace property {

inline constexpr unsigned vcpus = 3;
inline constexpr unsigned itss = 2;
inline constexpr std::uint32_t interrupts = 96;
/// Affinities differ in Aff1, and neither ids nor affinities are creation indices.
inline constexpr std::array<std::uint32_t, vcpus> vcpu_ids{0, 1, 0x11};
inline constexpr std::array<std::uint32_t, vcpus> affinities{0, 1, 0x101};

inline constexpr std::uint64_t GICD = 0x0800'0000, ITS = 0x0810'0000, GICR = 0x1000'0000;
inline constexpr std::uint64_t GICD_size = 0x1'0000, ITS_size = 0x2'0000, GICR_size = 0x2'0000;
/// Nobody's, and no RAM.
inline constexpr std::uint64_t nowhere = 0x0A00'0000;

/// The last MiB of RAM; the model has nothing before it.
inline constexpr std::uint64_t RAM_size = 0x10'0000;
inline constexpr std::uint64_t RAM_end = 0x8200'0000, RAM = RAM_end - RAM_size;

inline constexpr std::uint64_t page = 0x1'0000;
inline constexpr std::uint64_t configuration_table = RAM; ///< LPIs from 8192
[[nodiscard]] constexpr std::uint64_t pending_table(unsigned vcpu) { return RAM + (1 + vcpu) * page; }
[[nodiscard]] constexpr std::uint64_t queue(unsigned its) { return RAM + (4 + its) * page; } ///< 4 KiB in use
[[nodiscard]] constexpr std::uint64_t device_table(unsigned its) { return RAM + (6 + its) * page; }
[[nodiscard]] constexpr std::uint64_t collection_table(unsigned its) { return RAM + (8 + its) * page; }
[[nodiscard]] constexpr std::uint64_t second_level(unsigned its) { return RAM + (10 + its) * page; }
inline constexpr std::uint64_t ITTs = RAM + 12 * page; ///< to the end

} // namespace property

// SPDX-License-Identifier: Apache-2.0
// How every Arm PrimeCell says what it is: PeriphID0-3 and PCellID0-3. The AMBA bus driver of Linux picks drivers by
// them.
#pragma once

#include <array>
#include <cstdint>

namespace devices::primecell {

inline constexpr std::uint64_t PeriphID0 = 0xfe0; ///< the first of eight registers with one byte a word
inline constexpr std::uint64_t end = 0x1000;

/// Designer 0x41 (Arm), revision 0. `offset` is PeriphID0 .. end-1; `part` has 12 bits.
[[nodiscard]] constexpr std::uint32_t identification(std::uint32_t part, std::uint64_t offset) {
    const std::array<std::uint32_t, 8> registers{part & 0xff, 0x10 | part >> 8, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    return registers[(offset - PeriphID0) / 4 % registers.size()];
}

} // namespace devices::primecell

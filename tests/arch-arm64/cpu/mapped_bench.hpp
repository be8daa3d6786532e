// SPDX-License-Identifier: Apache-2.0
// A bench with the MMU on, so that accesses go by the TLB.
#pragma once

#include "tests/arch-arm64/cpu/fixture.hpp"

#include <cstdint>

namespace arm64::cpu::test {

/// Stage 1 of 4 KiB and 39 bits: the board is where it is (Normal memory, EL1 only), below it is the bus (Device), and
/// at `window` are pages as `map_page` says.
class MappedBench : public Bench {
public:
    static constexpr std::uint64_t window = 0x8000'0000, bus = 0x1000;
    static constexpr std::uint64_t AP_EL0 = 1U << 6, AP_read_only = 1U << 7, device = 1U << 2; ///< of a descriptor

    MappedBench() {
        board.put(level1, device | AF | block);
        board.put(level1 + 8, Board::base | shareable | AF | block);
        board.put(level1 + 16, level2 | table);
        board.put(level2, level3 | table);
        map(cpu);
    }

    /// Another CPU of the board sees the same.
    static void map(Cpu& cpu) {
        cpu.system.TTBR0_EL1 = level1;
        cpu.system.MAIR_EL1 = 0x00FF;                                   // 0: Normal, write-back; 1: Device-nGnRnE
        cpu.system.TCR_EL1 = 25 | 1U << 23 | std::uint64_t{2} << 32; // T0SZ, EPD1, IPS
        cpu.system.SCTLR_EL1 |= 1;
        cpu.registers_changed();
    }
    /// Page number `index` of the window is that one of the board; bits of a descriptor beside.
    void map_page(unsigned index, virt::Gpa page, std::uint64_t attributes = 0) {
        board.put(level3 + 8 * index, page | attributes | shareable | AF | table);
        cpu.registers_changed();
    }

private:
    static constexpr virt::Gpa level1 = Board::base + 0x8'0000, level2 = level1 + 0x1000, level3 = level2 + 0x1000;
    static constexpr std::uint64_t AF = 1U << 10, shareable = 3U << 8, block = 1, table = 3;
};

} // namespace arm64::cpu::test

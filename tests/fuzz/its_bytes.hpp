// SPDX-License-Identifier: Apache-2.0
// ITS commands and table entries out of a fuzzer's input: mostly of a few devices, events and collections, so that they
// meet, and sometimes of any value. Source: Arm IHI 0069, 5.3; Documentation/virt/kvm/devices/arm-vgic-its.rst.
#pragma once

#include "tests/fuzz/board.hpp"
#include "tests/fuzz/input.hpp"

#include <array>
#include <cstdint>

namespace fuzz {

/// Where a guest keeps its tables. Each may also be anywhere else that an input says.
namespace layout {
inline constexpr std::uint32_t ITSs = 2;
inline constexpr std::array<virt::Gpa, ITSs> queues{Ram::base, Ram::base + 0xC'0000}; ///< one page: 128 commands
inline constexpr std::array<virt::Gpa, ITSs> devices{Ram::base + 0x1'0000, Ram::base + 0x7'0000};
inline constexpr std::array<virt::Gpa, ITSs> collections{Ram::base + 0x2'0000, Ram::base + 0xB'0000};
inline constexpr virt::Gpa configuration = Ram::base + 0x3'0000;
inline constexpr virt::Gpa pending = Ram::base + 0x4'0000; ///< 64 KiB for each vCPU
inline constexpr virt::Gpa level_2 = Ram::base + 0x8'0000, ITTs = Ram::base + 0xA'0000;
inline constexpr virt::Gpa ITT_size = 0x800;
inline constexpr std::array<virt::Gpa, ITSs> frames{0x0808'0000, 0x080A'0000};
} // namespace layout

/// 0..7 in one byte, or anything.
inline std::uint64_t few(Input& input) {
    const auto first = input.byte();
    return first < 224 ? first & 7U : input.value();
}
inline std::uint64_t DeviceID(Input& input) { return few(input) & 0xFFFF'FFFF; }
inline std::uint64_t EventID(Input& input) { return few(input) & 0xFFFF'FFFF; }
inline std::uint64_t ICID(Input& input) { return few(input) & 0xFFFF; }
inline std::uint64_t INTID(Input& input) {
    const auto first = input.byte();
    return first < 224 ? arm64::first_lpi + (first & 15U) : input.value() & 0xFFFF'FFFF;
}
inline std::uint64_t RDbase(Input& input) {
    const auto first = input.byte();
    return first < 224 ? Board::ids.at(first % Board::vcpus) : input.value();
}
inline virt::Gpa ITT(Input& input) {
    const auto first = input.byte();
    return first < 224 ? layout::ITTs + (first & 15U) * layout::ITT_size : input.value() & 0xF'FFFF'FFFF'FF00;
}

using Command = std::array<std::uint64_t, 4>;

inline Command command(Input& input) {
    constexpr std::uint64_t MOVI = 1, INT = 3, CLEAR = 4, SYNC = 5, MAPD = 8, MAPC = 9, MAPTI = 10, MAPI = 11, INV = 12,
                            INVALL = 13, MOVALL = 14, DISCARD = 15;
    constexpr std::array opcodes{MAPD, MAPD, MAPC,  MAPC, MAPTI,  MAPTI,  MAPTI,   MAPI, MOVI,
                                 INT,  INT,  CLEAR, INV,  INVALL, MOVALL, DISCARD, SYNC};
    const auto what = input.byte();
    const std::uint64_t V = what < 192 ? 1 : 0;
    const auto choice = what % (opcodes.size() + 1);
    if (choice == opcodes.size())
        return {input.value(), input.value(), input.value(), input.value()};
    const auto opcode = opcodes.at(choice);
    Command words{opcode, 0, 0, 0};
    switch (opcode) {
    case MAPD:
        words[0] |= DeviceID(input) << 32;
        words[1] = input.byte() & 31U;
        words[2] = V << 63 | ITT(input);
        break;
    case MAPC: words[2] = V << 63 | (RDbase(input) << 16 & 0xF'FFFF'FFFF'0000) | ICID(input); break;
    case MAPTI:
        words[0] |= DeviceID(input) << 32;
        words[1] = EventID(input);
        words[1] |= INTID(input) << 32;
        words[2] = ICID(input);
        break;
    case MAPI:
        words[0] |= DeviceID(input) << 32;
        words[1] = INTID(input);
        words[2] = ICID(input);
        break;
    case INVALL: words[2] = ICID(input); break;
    case MOVALL:
        words[2] = RDbase(input) << 16;
        words[3] = RDbase(input) << 16;
        break;
    case SYNC: words[2] = RDbase(input) << 16; break;
    default: // of one event
        words[0] |= DeviceID(input) << 32;
        words[1] = EventID(input);
        words[2] = opcode == MOVI ? ICID(input) : 0;
        break;
    }
    return words;
}

/// Of revision 0, by its kind.
inline std::uint64_t DTE(Input& input) {
    const auto what = input.byte();
    const auto next = what < 224 ? what & 3U : input.value() & 0x3FFF;
    return std::uint64_t{what % 8 != 7} << 63 | next << 49 | ITT(input) >> 8 << 5 | (input.byte() & 31U);
}
inline std::uint64_t ITE(Input& input) {
    const auto what = input.byte();
    const auto next = what < 224 ? what & 3U : input.value() & 0xFFFF;
    return next << 48 | INTID(input) << 16 | ICID(input);
}
inline std::uint64_t CTE(Input& input) {
    const auto what = input.byte();
    const auto target = what < 224 ? RDbase(input) : std::uint64_t{0xFFFF'FFFF};
    return std::uint64_t{what % 8 != 7} << 63 | (target << 16 & 0xFFFF'FFFF'0000) | ICID(input);
}
/// Of a two-level device table.
inline std::uint64_t level_1_entry(Input& input) {
    const auto what = input.byte();
    return what < 224 ? std::uint64_t{1} << 63 | (layout::level_2 + (what & 1U) * 0x1'0000) : input.value();
}

} // namespace fuzz

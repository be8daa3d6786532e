// SPDX-License-Identifier: Apache-2.0
// What stage 1 makes of a virtual address: where it is and who may do what there, or why not. Arm DDI 0487, D8.4.
#pragma once

#include "arch-arm64/walk/registers.hpp"
#include "virt/ids.hpp"

#include <cstdint>
#include <optional>

namespace arm64::walk {

using virt::Gpa;

struct Fault {
    /// The enumerator is the fault's status code at level 0: DFSC, IFSC and FST are this plus the level.
    enum class Kind : std::uint8_t {
        AddressSize = 0b00'0000,
        Translation = 0b00'0100,
        AccessFlag = 0b00'1000,
        Permission = 0b00'1100,
        ExternalOnWalk = 0b01'0100, ///< a synchronous external abort: there is no memory where the table should be
    };
    Kind kind{};
    std::uint8_t level = 0; ///< 0..3

    /// DFSC, IFSC of an ESR_ELx and FST of PAR_EL1.
    [[nodiscard]] std::uint32_t status() const { return static_cast<std::uint32_t>(kind) | level; }
    friend bool operator==(const Fault&, const Fault&) = default;
};

enum class Access : std::uint8_t {
    read,
    write,
    read_write, ///< of an atomic instruction, which reads even if it then does not write
    execute,
};

/// Whose access: `el1_pan` is that of EL1 while PSTATE.PAN is set; LDTR and STTR access as `el0`.
enum class Who : std::uint8_t { el0, el1, el1_pan };

struct Rights {
    bool read = false;
    bool write = false;
    bool execute = false;

    [[nodiscard]] bool allow(Access access) const;
    friend bool operator==(const Rights&, const Rights&) = default;
};

struct Translation {
    Gpa address = 0;             ///< of the byte that was asked for
    std::uint8_t page_bits = 12; ///< the page or block has 2^page_bits bytes, and begins at a multiple of it
    std::uint8_t level = 0;      ///< of its descriptor, 0..3; 0 without translation
    std::uint8_t attributes = 0; ///< of its memory, as MAIR_EL1 encodes them
    std::uint8_t shareability = 0; ///< SH
    bool global = true;            ///< else it belongs to the ASID, see Regime::asid
    Rights el0 = {};
    Rights el1 = {};

    /// Device memory: accesses must be aligned, nobody prefetches.
    [[nodiscard]] bool device() const { return (attributes & 0xF0) == 0; }
    [[nodiscard]] Rights rights(Who who) const;
    friend bool operator==(const Translation&, const Translation&) = default;
};

/// The permission fault of an access; nothing if it may.
[[nodiscard]] std::optional<Fault> check(const Translation& translation, Who who, Access access);

/// What AT S1E1R and its kind leave in PAR_EL1. While SCTLR_EL1.C is 0, Normal memory reads as Non-cacheable.
[[nodiscard]] PAR_EL1 par(const Translation& translation, SCTLR_EL1 sctlr);
/// For every fault but ExternalOnWalk: that is not told in PAR_EL1, it is taken (D8.11, "Address translation
/// instructions").
[[nodiscard]] PAR_EL1 par(const Fault& fault);

} // namespace arm64::walk

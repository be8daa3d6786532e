// SPDX-License-Identifier: Apache-2.0
// An ITS command and its fields. Source: Arm IHI 0069, 5.3; which bits KVM looks at: arch/arm64/kvm/vgic/vgic-its.c.
#pragma once

#include "arch-arm64/register.hpp"

#include <tl/expected.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace arm64::gic {

/// 32 bytes of a command queue: four doublewords, little endian.
struct ItsCommand {
    template <std::size_t Doubleword, unsigned High, unsigned Low = High>
    struct Part : Field<ItsCommand, High, Low> {};

    // Each command has a few of these.
    static constexpr Part<0, 63, 32> DeviceID{};
    static constexpr Part<0, 7, 0> opcode{};
    static constexpr Part<1, 63, 32> pINTID{};
    static constexpr Part<1, 31, 0> EventID{};
    static constexpr Part<1, 4, 0> Size{}; ///< bits of an EventID, minus one
    static constexpr Part<2, 63> V{};
    static constexpr Part<2, 51, 8> ITT_address{}; ///< bits 51:8 of it
    static constexpr Part<2, 47, 16> RDbase{};     ///< GITS_TYPER.PTA = 0: a number, GICR_TYPER.Processor_Number
    static constexpr Part<3, 47, 16> RDbase2{};    ///< of MOVALL
    static constexpr Part<2, 15, 0> ICID{};

    std::array<std::uint64_t, 4> words{};

    template <std::size_t Doubleword, unsigned High, unsigned Low>
    [[nodiscard]] constexpr std::uint64_t operator[](Part<Doubleword, High, Low> field) const {
        return field.of(words[Doubleword]);
    }
    /// Of the fields that have no more than 32 bits.
    template <std::size_t Doubleword, unsigned High, unsigned Low>
        requires(High - Low < 32)
    [[nodiscard]] constexpr std::uint32_t word(Part<Doubleword, High, Low> field) const {
        return static_cast<std::uint32_t>(field.of(words[Doubleword]));
    }
    [[nodiscard]] constexpr std::uint64_t ITT() const { return (*this)[ITT_address] << ITT_address.low; }
};
static_assert(sizeof(ItsCommand) == 32);

/// Why a command did nothing. The first ones by the manual's name, without the command's (MAPTI_ID_OOR is ID_OOR).
enum class CommandError : std::uint8_t {
    DEVICE_OOR,          ///< the device table has no place for it
    ITTSIZE_OOR,         ///< more EventID bits than GITS_TYPER.ID_bits
    COLLECTION_OOR,      ///< the collection table has no place for it
    PROCNUM_OOR,         ///< no such redistributor
    UNMAPPED_DEVICE,     ///< no MAPD
    ID_OOR,              ///< an EventID beyond its device's, or whose entry is not in RAM
    PHYSICALID_OOR,      ///< no LPI, or beyond GICR_PROPBASER.IDbits
    UNMAPPED_INTERRUPT,  ///< no MAPTI
    UNMAPPED_COLLECTION, ///< no MAPC
    not_enabled,         ///< INT: the target redistributor takes no LPIs
    table_not_in_RAM,    ///< what a new LPI needs of its redistributor's tables
    no_room,             ///< a cap of ours, see Its
    unknown,             ///< of that opcode there is none
};

template <class T = void>
using CommandResult = tl::expected<T, CommandError>;

} // namespace arm64::gic

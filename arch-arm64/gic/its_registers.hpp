// SPDX-License-Identifier: Apache-2.0
// Registers of an ITS that are more than a number. Source: Arm IHI 0069, 12.19.
#pragma once

#include "arch-arm64/gic/its_tables.hpp"
#include "arch-arm64/gic/memory_attributes.hpp"
#include "arch-arm64/register.hpp"
#include "virt/ids.hpp"

#include <cstdint>

namespace arm64::gic {

struct GITS_CTLR : Register<GITS_CTLR, std::uint32_t> {
    using Register::Register;
    static constexpr Field<GITS_CTLR, 31> Quiescent{};
    static constexpr Field<GITS_CTLR, 0> Enabled{};
};

struct GITS_TYPER : Register<GITS_TYPER, std::uint64_t> {
    using Register::Register;
    static constexpr Field<GITS_TYPER, 17, 13> Devbits{};       ///< of a DeviceID, minus one
    static constexpr Field<GITS_TYPER, 12, 8> ID_bits{};        ///< of an EventID, minus one
    static constexpr Field<GITS_TYPER, 7, 4> ITT_entry_size{};  ///< bytes, minus one
    static constexpr Field<GITS_TYPER, 0> Physical{};
};

/// The command queue.
struct GITS_CBASER : Register<GITS_CBASER, std::uint64_t> {
    using Register::Register;
    static constexpr Field<GITS_CBASER, 63> Valid{};
    static constexpr Field<GITS_CBASER, 61, 59> InnerCache{};
    static constexpr Field<GITS_CBASER, 55, 53> OuterCache{};
    static constexpr Field<GITS_CBASER, 51, 12> Physical_Address{};
    static constexpr Field<GITS_CBASER, 11, 10> Shareability{};
    static constexpr Field<GITS_CBASER, 7, 0> Size{}; ///< pages of 4 KiB, minus one

    [[nodiscard]] virt::Gpa address() const { return value & Physical_Address.mask; }
    [[nodiscard]] std::uint64_t bytes() const { return ((*this)[Size] + 1) * 0x1000; }
};

/// GITS_CWRITER and GITS_CREADR: where in the queue, in bytes; a multiple of 32.
inline constexpr Field<GITS_CBASER, 19, 5> queue_offset{};

/// A table: GITS_BASER0 is that of devices, GITS_BASER1 that of collections.
struct GITS_BASER : Register<GITS_BASER, std::uint64_t> {
    using Register::Register;
    static constexpr Field<GITS_BASER, 63> Valid{};
    static constexpr Field<GITS_BASER, 62> Indirect{};
    static constexpr Field<GITS_BASER, 61, 59> InnerCache{};
    static constexpr Field<GITS_BASER, 58, 56> Type{};
    static constexpr Field<GITS_BASER, 55, 53> OuterCache{};
    static constexpr Field<GITS_BASER, 52, 48> Entry_Size{}; ///< bytes, minus one
    static constexpr Field<GITS_BASER, 47, 16> Physical_Address{};
    static constexpr Field<GITS_BASER, 15, 12> Physical_Address_51_48{}; ///< pages are of 64 KiB
    static constexpr Field<GITS_BASER, 11, 10> Shareability{};
    static constexpr Field<GITS_BASER, 9, 8> Page_Size{};
    static constexpr Field<GITS_BASER, 7, 0> Size{}; ///< pages, minus one

    static constexpr std::uint64_t page = 0x1'0000;
    static constexpr std::uint64_t devices = 1, collections = 4; // Type
    static constexpr std::uint64_t page_64K = 2;                 // Page_Size
    static_assert(disjoint(Valid, Indirect, InnerCache, Type, OuterCache, Entry_Size, Physical_Address,
                           Physical_Address_51_48, Shareability, Page_Size, Size) == ~std::uint64_t{0});

    /// What a register of that type is after reset, and what it is after a write.
    [[nodiscard]] static GITS_BASER reset(std::uint64_t type) {
        return GITS_BASER{}.with(InnerCache, InnerRaWb).with(Shareability, InnerShareable).fixed(type);
    }
    [[nodiscard]] static GITS_BASER written(std::uint64_t type, std::uint64_t value) {
        return sanitised(GITS_BASER{value}).fixed(type);
    }

    [[nodiscard]] virt::Gpa address() const {
        return (value & Physical_Address.mask) | std::uint64_t{(*this)[Physical_Address_51_48]} << 48;
    }
    [[nodiscard]] std::uint64_t bytes() const { return ((*this)[Size] + 1) * page; }

private:
    /// Fields that the guest cannot change; collections have one level.
    [[nodiscard]] GITS_BASER fixed(std::uint64_t type) const {
        const auto one = with(Type, type).with(Entry_Size, table_entry_bytes - 1).with(Page_Size, page_64K);
        return type == collections ? one.with(Indirect, 0) : one;
    }
};

} // namespace arm64::gic

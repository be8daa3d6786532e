// SPDX-License-Identifier: Apache-2.0
// Entries of an ITS's tables in guest memory, 8 bytes each, little endian. Their format is ours to choose (Arm IHI
// 0069, 5.2); it is KVM's, so that state moves. Source: Documentation/virt/kvm/devices/arm-vgic-its.rst, ABI revision
// 0.
#pragma once

#include "arch-arm64/register.hpp"

#include <cstdint>

namespace arm64::gic {

inline constexpr std::uint64_t table_entry_bytes = 8;

/// Device table entry, at its DeviceID.
struct DTE : Register<DTE, std::uint64_t> {
    using Register::Register;
    static constexpr Field<DTE, 63> V{};
    static constexpr Field<DTE, 62, 49> next{}; ///< how far the next device is; 0: the last one
    static constexpr Field<DTE, 48, 5> ITT_address{}; ///< bits 51:8 of it
    static constexpr Field<DTE, 4, 0> Size{};         ///< bits of an EventID, minus one
    static_assert(disjoint(V, next, ITT_address, Size) == ~std::uint64_t{0});
};

/// Interrupt translation entry, at its EventID.
struct ITE : Register<ITE, std::uint64_t> {
    using Register::Register;
    static constexpr Field<ITE, 63, 48> next{};   ///< how far the next event is; 0: the last one
    static constexpr Field<ITE, 47, 16> pINTID{}; ///< 0: not mapped
    static constexpr Field<ITE, 15, 0> ICID{};
    static_assert(disjoint(next, pINTID, ICID) == ~std::uint64_t{0});
};

/// Collection table entry. They are a list, which ends at the first that is not valid.
struct CTE : Register<CTE, std::uint64_t> {
    using Register::Register;
    static constexpr std::uint64_t unmapped = 0xFFFF'FFFF;
    static constexpr Field<CTE, 63> V{};
    static constexpr Field<CTE, 47, 16> RDbase{}; ///< or `unmapped`: no MAPC yet
    static constexpr Field<CTE, 15, 0> ICID{};
    static_assert(disjoint(V, RDbase, ICID) == 0x8000'FFFF'FFFF'FFFF);
};

/// Entry of the first level of a two-level device table: a page of 64 KiB. The guest writes it (Arm IHI 0069, 12.19.1).
struct Level1Entry : Register<Level1Entry, std::uint64_t> {
    using Register::Register;
    static constexpr Field<Level1Entry, 63> Valid{};
    static constexpr Field<Level1Entry, 51, 16> Physical_Address{};
};

} // namespace arm64::gic

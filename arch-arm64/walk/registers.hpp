// SPDX-License-Identifier: Apache-2.0
// The registers and descriptors of stage-1 translation. Fields that belong to features which this project never
// advertises (HPDS, HAFDBS, LPA, BBM, E0PD) are RES0 and have no name. Source: Arm DDI 0487, D8.3 and D19.2.
#pragma once

#include "arch-arm64/register.hpp"

#include <cstdint>

namespace arm64::walk {

/// What translation reads of it.
struct SCTLR_EL1 : Register<SCTLR_EL1, std::uint64_t> {
    using Register::Register;
    static constexpr Field<SCTLR_EL1, 19> WXN{}; ///< what may be written may not be executed
    static constexpr Field<SCTLR_EL1, 12> I{};   ///< fetches may be cached
    static constexpr Field<SCTLR_EL1, 2> C{};    ///< data may be cached
    static constexpr Field<SCTLR_EL1, 0> M{};    ///< translation is on
    static_assert(disjoint(WXN, I, C, M) == 0x8'1005);
};

struct TCR_EL1 : Register<TCR_EL1, std::uint64_t> {
    using Register::Register;
    static constexpr Field<TCR_EL1, 38> TBI1{}; ///< bits 63:56 of addresses are ignored
    static constexpr Field<TCR_EL1, 37> TBI0{};
    static constexpr Field<TCR_EL1, 36> AS{};      ///< ASIDs have 16 bits, not 8
    static constexpr Field<TCR_EL1, 34, 32> IPS{}; ///< size of physical addresses, encoded as PARange
    static constexpr Field<TCR_EL1, 31, 30> TG1{}; ///< 01: 16 KiB, 10: 4 KiB, 11: 64 KiB
    static constexpr Field<TCR_EL1, 29, 28> SH1{};
    static constexpr Field<TCR_EL1, 27, 26> ORGN1{};
    static constexpr Field<TCR_EL1, 25, 24> IRGN1{};
    static constexpr Field<TCR_EL1, 23> EPD1{}; ///< no walks by TTBR1_EL1
    static constexpr Field<TCR_EL1, 22> A1{};   ///< the ASID is that of TTBR1_EL1, not TTBR0_EL1
    static constexpr Field<TCR_EL1, 21, 16> T1SZ{};
    static constexpr Field<TCR_EL1, 15, 14> TG0{}; ///< 00: 4 KiB, 01: 64 KiB, 10: 16 KiB
    static constexpr Field<TCR_EL1, 13, 12> SH0{};
    static constexpr Field<TCR_EL1, 11, 10> ORGN0{};
    static constexpr Field<TCR_EL1, 9, 8> IRGN0{};
    static constexpr Field<TCR_EL1, 7> EPD0{};
    static constexpr Field<TCR_EL1, 5, 0> T0SZ{};
    static constexpr auto fields =
        disjoint(TBI1, TBI0, AS, IPS, TG1, SH1, ORGN1, IRGN1, EPD1, A1, T1SZ, TG0, SH0, ORGN0, IRGN0, EPD0, T0SZ);
    static_assert(fields == 0x77'FFFF'FFBF);
};

/// TTBR0_EL1 and TTBR1_EL1.
struct TTBR_EL1 : Register<TTBR_EL1, std::uint64_t> {
    using Register::Register;
    static constexpr Field<TTBR_EL1, 63, 48> ASID{};
    static constexpr Field<TTBR_EL1, 47, 0> BADDR{}; ///< RES0 below the size of the table; bit 0 is CnP
    static_assert(disjoint(ASID, BADDR) == ~std::uint64_t{0});
};

/// Of a table, a block or a page. Those of tables restrict whatever is below them.
struct Descriptor : Register<Descriptor, std::uint64_t> {
    using Register::Register;
    // Tables
    static constexpr Field<Descriptor, 62, 61> APTable{}; ///< 62: nobody writes; 61: EL0 has no access to data
    static constexpr Field<Descriptor, 60> UXNTable{};
    static constexpr Field<Descriptor, 59> PXNTable{};
    // Blocks and pages
    static constexpr Field<Descriptor, 54> UXN{};  ///< EL0 must not execute
    static constexpr Field<Descriptor, 53> PXN{};  ///< EL1 must not execute
    static constexpr Field<Descriptor, 11> nG{};   ///< belongs to an ASID
    static constexpr Field<Descriptor, 10> AF{};   ///< 0: an access flag fault
    static constexpr Field<Descriptor, 9, 8> SH{};
    static constexpr Field<Descriptor, 7, 6> AP{}; ///< 7: read-only; 6: for EL0, too. The manual's AP[2:1]
    static constexpr Field<Descriptor, 4, 2> AttrIndx{};
    // All
    static constexpr Field<Descriptor, 47, 0> address{}; ///< its low bits belong to others, as many as the size says
    static constexpr Field<Descriptor, 1, 0> type{};     ///< bit 0: valid; bit 1: a table, or at level 3 a page
};

/// What an address translation instruction answers. D19.2.110.
struct PAR_EL1 : Register<PAR_EL1, std::uint64_t> {
    using Register::Register;
    static constexpr Field<PAR_EL1, 63, 56> ATTR{}; ///< encoded as in MAIR_EL1
    static constexpr Field<PAR_EL1, 47, 12> PA{};
    static constexpr Field<PAR_EL1, 11> RES1{};
    static constexpr Field<PAR_EL1, 8, 7> SH{};
    static constexpr Field<PAR_EL1, 6, 1> FST{}; ///< if F: the fault's status code
    static constexpr Field<PAR_EL1, 0> F{};      ///< 1: it failed
};

} // namespace arm64::walk

// SPDX-License-Identifier: Apache-2.0
// AdvSIMD integers of extensions that ID_AA64ISAR0_EL1 and ID_AA64ISAR1_EL1 do not advertise. DDI 0487, C4.1.96.
#include "arch-arm64/cpu/row.hpp"

#include <array>

namespace arm64::cpu::a64 {
namespace {

constexpr auto no_RDM = "FEAT_RDM is not advertised", no_DotProd = "FEAT_DotProd is not advertised",
               no_I8MM = "FEAT_I8MM is not advertised", no_BF16 = "FEAT_BF16 is not advertised",
               no_FCMA = "FEAT_FCMA is not advertised";

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
    // clang-format off
    unsupported<"0 q 1 01110 zz 0 mmmmm 1000 s 1 nnnnn ddddd">("SQRDMLAH, SQRDMLSH (vector)", no_RDM),
    unsupported<"01 1 11110 zz 0 mmmmm 1000 s 1 nnnnn ddddd">("SQRDMLAH, SQRDMLSH (vector)", no_RDM),
    unsupported<"0 q 1 01111 zz l x mmmm 11 s 1 h 0 nnnnn ddddd">("SQRDMLAH, SQRDMLSH (by element)", no_RDM),
    unsupported<"01 1 11111 zz l x mmmm 11 s 1 h 0 nnnnn ddddd">("SQRDMLAH, SQRDMLSH (by element)", no_RDM),
    unsupported<"0 q u 01110 10 0 mmmmm 1001 01 nnnnn ddddd">("SDOT, UDOT (vector)", no_DotProd),
    unsupported<"0 q u 01111 10 l x mmmm 1110 h 0 nnnnn ddddd">("SDOT, UDOT (by element)", no_DotProd),
    unsupported<"0 q 0 01110 10 0 mmmmm 1001 11 nnnnn ddddd">("USDOT (vector)", no_I8MM),
    unsupported<"0 q 0 01111 u0 l x mmmm 1111 h 0 nnnnn ddddd">("SUDOT, USDOT (by element)", no_I8MM),
    unsupported<"0 1 u 01110 10 0 mmmmm 1010 b1 nnnnn ddddd">("SMMLA, UMMLA, USMMLA (vector)", no_I8MM),
    unsupported<"0 q 1 01110 01 0 mmmmm 1111 11 nnnnn ddddd">("BFDOT (vector)", no_BF16),
    unsupported<"0 1 1 01110 01 0 mmmmm 1110 11 nnnnn ddddd">("BFMMLA", no_BF16),
    unsupported<"0 q 1 01110 11 0 mmmmm 1111 11 nnnnn ddddd">("BFMLALB, BFMLALT (vector)", no_BF16),
    unsupported<"0 q 0 01111 t1 l x mmmm 1111 h 0 nnnnn ddddd">("BFDOT, BFMLALB, BFMLALT (by element)", no_BF16),
    unsupported<"0 q 1 01111 01 l x mmmm 0 rr 1 h 0 nnnnn ddddd">("FCMLA (by element)", no_FCMA),
    unsupported<"0 q 1 01111 10 l x mmmm 0 rr 1 h 0 nnnnn ddddd">("FCMLA (by element)", no_FCMA),
    // clang-format on
    };
    return rows;
}

} // namespace

std::span<const Row> simd_unsupported() { return table(); }

} // namespace arm64::cpu::a64

// SPDX-License-Identifier: Apache-2.0
// The steps of AES on a state of 16 bytes, column by column. FIPS 197, 5.1 and 5.3.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace arm64::cpu::a64::aes {

using State = std::array<std::uint8_t, 16>;
using Substitution = std::array<std::uint8_t, 256>;

/// xtime() of the four bytes of a column: times x in GF(2^8).
[[nodiscard]] constexpr std::uint32_t times_x(std::uint32_t column) {
    return (column & 0x7F7F'7F7F) << 1 ^ (column >> 7 & 0x0101'0101) * 0x1B;
}

/// SubBytes(): the affine transformation of the multiplicative inverse, which is 0 for 0.
[[nodiscard]] consteval Substitution sub_bytes() {
    Substitution table{};
    // 3 generates the multiplicative group, and 0xF6 is its inverse: p and q are each other's inverses all along.
    std::uint8_t p = 1, q = 1;
    do {
        p = static_cast<std::uint8_t>(p ^ times_x(p));
        for (const unsigned shift : {1U, 2U, 4U})
            q = static_cast<std::uint8_t>(q ^ q << shift);
        if ((q & 0x80) != 0)
            q ^= 0x09;
        table[p] =
            static_cast<std::uint8_t>(q ^ std::rotl(q, 1) ^ std::rotl(q, 2) ^ std::rotl(q, 3) ^ std::rotl(q, 4) ^ 0x63);
    } while (p != 1);
    table[0] = 0x63;
    return table;
}
[[nodiscard]] consteval Substitution inverse_of(const Substitution& table) {
    Substitution inverse{};
    for (std::size_t i = 0; i < table.size(); ++i)
        inverse[table[i]] = static_cast<std::uint8_t>(i);
    return inverse;
}

inline constexpr Substitution S = sub_bytes(), inverse_S = inverse_of(S);

/// ShiftRows() and SubBytes(): row r, which is each fourth byte, moves r columns to the left.
[[nodiscard]] inline State sub_and_shift(const State& from) {
    State to;
    for (std::size_t i = 0; i < to.size(); ++i)
        to[i] = S[from[(i + 4 * (i % 4)) % 16]];
    return to;
}
/// InvShiftRows() and InvSubBytes().
[[nodiscard]] inline State inverse_sub_and_shift(const State& from) {
    State to;
    for (std::size_t i = 0; i < to.size(); ++i)
        to[i] = inverse_S[from[(i + 12 * (i % 4)) % 16]];
    return to;
}

/// MixColumns() of one: each byte becomes 2 * it + 3 * the next + the two behind.
[[nodiscard]] constexpr std::uint32_t mix_column(std::uint32_t column) {
    const auto next = std::rotr(column, 8);
    return times_x(column ^ next) ^ next ^ std::rotr(column, 16) ^ std::rotr(column, 24);
}
/// InvMixColumns() of one: its polynomial is MixColumns()'s times 4 * x^2 + 5.
[[nodiscard]] constexpr std::uint32_t inverse_mix_column(std::uint32_t column) {
    return mix_column(column ^ times_x(times_x(column ^ std::rotr(column, 16))));
}

} // namespace arm64::cpu::a64::aes

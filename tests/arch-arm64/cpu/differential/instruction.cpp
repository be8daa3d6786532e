// SPDX-License-Identifier: Apache-2.0
// See instruction.hpp.
#include "tests/arch-arm64/cpu/differential/instruction.hpp"

namespace differential {
namespace {

constexpr std::uint32_t field(std::uint32_t word, unsigned high, unsigned low) {
    return word >> low & ((2U << (high - low)) - 1);
}

constexpr std::int64_t signed_field(std::uint32_t word, unsigned high, unsigned low) {
    const auto width = high - low + 1;
    return static_cast<std::int64_t>(std::uint64_t{word >> low} << (64 - width)) >> (64 - width);
}

bool is_load_or_store(std::uint32_t word) { return (word & 0x0A00'0000) == 0x0800'0000; }
bool is_structures(std::uint32_t word) { return (word & 0xBE00'0000) == 0x0C00'0000; }
bool is_exclusive(std::uint32_t word) { return (word & 0x3F00'0000) == 0x0800'0000; }
bool is_literal(std::uint32_t word) { return (word & 0x3B00'0000) == 0x1800'0000; }
bool is_pair(std::uint32_t word) { return (word & 0x3A00'0000) == 0x2800'0000; }
bool is_imm9(std::uint32_t word) { return (word & 0x3B20'0000) == 0x3800'0000; }
bool is_index(std::uint32_t word) { return (word & 0x3B20'0C00) == 0x3820'0800; }
bool is_atomic(std::uint32_t word) { return (word & 0x3B20'0C00) == 0x3820'0000; }
bool is_imm12(std::uint32_t word) { return (word & 0x3B00'0000) == 0x3900'0000; }
/// CAS (o2 = 1, o1 = 1), CASP (size 0x, o2 = 0, o1 = 1 and Rt2 = 31).
bool is_CAS(std::uint32_t word) { return (word & 0x3FA0'7C00) == 0x08A0'7C00; }
bool is_CASP(std::uint32_t word) { return (word & 0xBFA0'7C00) == 0x0820'7C00; }

bool is_vector(std::uint32_t word) { return field(word, 26, 26) != 0; }

unsigned scale(std::uint32_t word) {
    const auto size = field(word, 31, 30);
    return is_vector(word) && field(word, 23, 23) != 0 ? 4 : size;
}

void add_compared(std::uint32_t word, Addressing& how) {
    if (!is_CAS(word) && !is_CASP(word))
        return;
    how.compared = field(word, 20, 16);
    how.compared_pair = is_CASP(word);
    how.compared_bytes = is_CASP(word) ? 4U << field(word, 30, 30) : 1U << field(word, 31, 30);
}

} // namespace

std::optional<Addressing> addressing(std::uint32_t word) {
    Addressing how;
    how.base = field(word, 9, 5);
    // SYS with op1 3: DC ZVA, CVAC, CVAU, CIVAC; IC IVAU.
    if ((word & 0xFFFF'F000) == 0xD50B'7000) {
        how.base = field(word, 4, 0);
        how.base_is_general = true;
    } else if (!is_load_or_store(word)) {
        return std::nullopt;
    } else if (is_structures(word)) {
        how.offset = 0;
    } else if (is_exclusive(word)) {
        how.must_be_aligned = true;
        add_compared(word, how);
    } else if (is_literal(word)) {
        how.kind = Addressing::Kind::literal;
    } else if (is_pair(word)) {
        const auto opc = field(word, 31, 30);
        const auto shift = is_vector(word) ? 2 + opc : opc == 2 ? 3U : 2U;
        const bool post = field(word, 24, 23) == 1;
        how.offset = post ? 0 : signed_field(word, 21, 15) * (std::int64_t{1} << shift);
    } else if (is_imm9(word)) {
        how.offset = field(word, 11, 10) == 1 ? 0 : signed_field(word, 20, 12);
    } else if (is_index(word)) {
        how.kind = Addressing::Kind::index;
        how.index = field(word, 20, 16);
        how.option = field(word, 15, 13);
        how.shift = field(word, 12, 12) != 0 ? scale(word) : 0;
    } else if (is_atomic(word)) {
        how.must_be_aligned = true;
    } else if (is_imm12(word)) {
        how.offset = static_cast<std::int64_t>(field(word, 21, 10)) << scale(word);
    } else {
        return std::nullopt;
    }
    return how;
}

bool has_vectors(std::uint32_t word) {
    return (word & 0x0E00'0000) == 0x0E00'0000 || (is_load_or_store(word) && is_vector(word));
}

bool constrained_unpredictable(std::uint32_t word) {
    if (!is_load_or_store(word))
        return false;
    const auto Rt = field(word, 4, 0), Rn = field(word, 9, 5), Rt2 = field(word, 14, 10), Rs = field(word, 20, 16);
    if (is_pair(word)) {
        const bool load = field(word, 22, 22) != 0, writeback = field(word, 23, 23) != 0;
        if (load && Rt == Rt2)
            return true;
        return writeback && !is_vector(word) && Rn != 31 && (Rn == Rt || Rn == Rt2);
    }
    if (is_imm9(word))
        return field(word, 10, 10) != 0 && !is_vector(word) && Rn != 31 && Rn == Rt;
    if (is_exclusive(word) && !is_CAS(word) && !is_CASP(word) && field(word, 23, 23) == 0) {
        const bool load = field(word, 22, 22) != 0, pair = field(word, 21, 21) != 0;
        if (load)
            return pair && Rt == Rt2;
        return Rs == Rt || (pair && Rs == Rt2) || (Rs == Rn && Rn != 31);
    }
    return false;
}

bool is_store_exclusive(std::uint32_t word) {
    return is_exclusive(word) && !is_CAS(word) && !is_CASP(word) && field(word, 23, 22) == 0;
}

bool is_LSE(std::uint32_t word) {
    if (is_CAS(word) || is_CASP(word))
        return true;
    // SWP and LD<op>; o3 = 1 with opc 100 is LDAPR of another feature.
    return is_atomic(word) && !is_vector(word) && (field(word, 15, 15) == 0 || field(word, 14, 12) == 0);
}

std::uint64_t extended(std::uint64_t value, unsigned option, unsigned shift) {
    switch (option) {
    case 2: value = static_cast<std::uint32_t>(value); break;
    case 6: value = static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(value))); break;
    default: break;
    }
    return value << shift;
}

} // namespace differential

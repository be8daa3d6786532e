// SPDX-License-Identifier: Apache-2.0
// An instruction encoding as the manual prints it: "z 00 100010 s iiiiiiiiiiii nnnnn ddddd".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace arm64::cpu {

/// A template argument of 32 bits, most significant first; spaces are for the reader. 0 and 1 are fixed, - is ignored,
/// letters are fields. The bits of one letter are one field wherever they stand, and fields are numbered in the order
/// in which they begin.
template <std::size_t Size>
struct BitString {
    std::array<char, Size> text{};

    // A string literal is the only argument there is.
    consteval BitString(const char (&literal)[Size]) { // NOLINT(google-explicit-constructor)
        for (std::size_t i = 0; i < Size; ++i)
            text[i] = literal[i];
        unsigned bits = 0;
        for (const char c : text)
            bits += c != ' ' && c != '\0' ? 1 : 0;
        if (bits != 32)
            throw "an encoding has 32 bits";
    }
};

/// What a BitString says.
struct Encoding {
    static constexpr unsigned most_fields = 12;

    struct Field {
        char letter = 0;
        unsigned width = 0;
        std::uint32_t mask = 0; ///< where it stands
    };

    std::uint32_t mask = 0;  ///< fixed bits
    std::uint32_t value = 0; ///< of those
    unsigned field_count = 0;
    std::array<Field, most_fields> fields{};

    [[nodiscard]] constexpr bool matches(std::uint32_t word) const { return (word & mask) == value; }
};

template <std::size_t Size>
[[nodiscard]] consteval Encoding parse(const BitString<Size>& string) {
    Encoding encoding;
    std::uint32_t bit = 1U << 31;
    for (const char c : string.text) {
        if (c == ' ' || c == '\0')
            continue;
        if (c == '0' || c == '1') {
            encoding.mask |= bit;
            encoding.value |= c == '1' ? bit : 0;
        } else if (c != '-') {
            unsigned index = 0;
            while (index < encoding.field_count && encoding.fields[index].letter != c)
                ++index;
            if (index == encoding.field_count)
                ++encoding.field_count;
            auto& field = encoding.fields.at(index);
            field.letter = c;
            ++field.width;
            field.mask |= bit;
        }
        bit >>= 1;
    }
    return encoding;
}

template <BitString Bits>
inline constexpr Encoding encoding_of = parse(Bits);

template <BitString Bits>
inline constexpr BitString kept_string = Bits;
/// The bit string itself, for traces and tests.
template <BitString Bits>
inline constexpr const char* encoding_text = kept_string<Bits>.text.data();

/// Field number `Index` of an instruction, its bits put together.
template <BitString Bits, unsigned Index>
[[nodiscard]] constexpr std::uint32_t field(std::uint32_t word) {
    constexpr auto mask = encoding_of<Bits>.fields[Index].mask;
    if constexpr (constexpr auto low = static_cast<unsigned>(__builtin_ctz(mask));
                  ((mask >> low) & ((mask >> low) + 1)) == 0) {
        return (word & mask) >> low;
    } else {
        std::uint32_t gathered = 0;
        for (unsigned bit = 32; bit-- > 0;)
            if ((mask >> bit & 1) != 0)
                gathered = gathered << 1 | (word >> bit & 1);
        return gathered;
    }
}

} // namespace arm64::cpu

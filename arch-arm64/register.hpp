// SPDX-License-Identifier: Apache-2.0
// Registers, and entries of guest tables, as named fields, so that code reads like the manual's pseudocode.
#pragma once

#include <cstdint>
#include <type_traits>

namespace arm64 {

/// Bits [High:Low] of `Owner`, which is a Register. A field of another register does not compile.
template <class Owner, unsigned High, unsigned Low = High>
    requires(High < 64 && Low <= High)
struct Field {
    static constexpr unsigned low = Low;
    static constexpr unsigned width = High - Low + 1;
    static constexpr std::uint64_t largest = ~std::uint64_t{0} >> (64 - width);
    static constexpr std::uint64_t mask = largest << Low;

    [[nodiscard]] static constexpr std::uint64_t of(std::uint64_t word) { return word >> Low & largest; }
};

/// The bits of all; two that overlap do not compile.
template <class... Fields>
[[nodiscard]] consteval std::uint64_t disjoint(Fields...) {
    std::uint64_t all = 0;
    bool overlap = false;
    ((overlap = overlap || (all & Fields::mask) != 0, all |= Fields::mask), ...);
    if (overlap)
        throw "fields overlap";
    return all;
}

/// A value with fields. `Self` declares them, high bit first as the manual prints them, and lists them in `disjoint`.
template <class Self, class Word>
    requires std::is_unsigned_v<Word>
struct Register {
    Word value = 0;

    constexpr Register() = default;
    constexpr explicit Register(Word word) : value(word) {}

    template <unsigned High, unsigned Low>
    [[nodiscard]] constexpr Word operator[](Field<Self, High, Low> field) const {
        static_assert(High < sizeof(Word) * 8, "a field beyond its register");
        return static_cast<Word>(field.of(value));
    }
    /// The same register with this in the field, cut to its width.
    template <unsigned High, unsigned Low>
    [[nodiscard]] constexpr Self with(Field<Self, High, Low> field, std::uint64_t content) const {
        static_assert(High < sizeof(Word) * 8, "a field beyond its register");
        return Self{static_cast<Word>((value & ~field.mask) | (content << Low & field.mask))};
    }
    /// What a write makes of it: the writable bits are those of `written`.
    [[nodiscard]] constexpr Self merge(std::uint64_t written, std::uint64_t writable) const {
        return Self{static_cast<Word>((value & ~writable) | (written & writable))};
    }
};

} // namespace arm64

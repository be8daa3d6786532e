// SPDX-License-Identifier: Apache-2.0
// AdvSIMD shift by immediate, integer, and its scalar forms. DDI 0487, C4.1.96 and C7.2.
#include "arch-arm64/cpu/a64/simd_handlers.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>

#include <optional>

namespace arm64::cpu::a64 {
namespace {

using u32 = std::uint32_t;

template <Rounded rounded>
constexpr auto shr = [](auto n, unsigned shift) { return shifted_right<rounded>(n, shift); };
template <Rounded rounded>
constexpr auto sra =
    [](auto d, auto n, unsigned shift) { return modular(d) + modular(shifted_right<rounded>(n, shift)); };
constexpr auto shl = [](auto n, unsigned shift) { return modular(n) << shift; };
constexpr auto sri = [](auto d, auto n, unsigned shift) {
    constexpr auto ones = static_cast<decltype(n)>(-1);
    const auto mask = shift == bits_of<decltype(n)> ? modular(ones) ^ ones : modular(ones) >> shift;
    return (d & ~mask) | (shift == bits_of<decltype(n)> ? 0 : modular(n) >> shift);
};
constexpr auto sli = [](auto d, auto n, unsigned shift) {
    const auto mask = modular(static_cast<decltype(n)>(-1)) << shift;
    return (d & ~mask) | modular(n) << shift;
};
constexpr auto qshl = [](Saturation& saturation, auto n, unsigned shift) {
    return saturated_left<decltype(n)>(saturation, n, shift);
};
constexpr auto sqshlu = [](Saturation& saturation, auto n, unsigned shift) {
    return saturated_left<std::make_unsigned_t<decltype(n)>>(saturation, n, shift);
};

enum class Direction : std::uint8_t { left, right };

/// What immh:immb says. immh = 0 is another class of instructions, or unallocated.
struct Amount {
    u32 size; ///< log2 of the bytes of an element, which is the narrow one's where they differ
    std::uint16_t shift;

    static std::optional<Amount> decode(Direction direction, u32 immh_immb) {
        if (immh_immb < 8)
            return std::nullopt;
        const auto size = static_cast<u32>(std::bit_width(immh_immb >> 3)) - 1;
        const auto width = 8U << size;
        return Amount{
            size, static_cast<std::uint16_t>(direction == Direction::left ? immh_immb - width : 2 * width - immh_immb)};
    }
};

template <Direction direction, auto F, class Sign>
bool same(Translator& t, u32 q, u32 immh_immb, u32 n, u32 d) {
    const auto amount = Amount::decode(direction, immh_immb);
    if (!amount || is_1D(q, amount->size))
        return false;
    return emit(t, handlers<Shift<F>, Sign, Sizes::BHSD>[amount->size],
                { .d = vector_slot(d), .n = vector_slot(n), .a = vector_shape(q), .extra = amount->shift });
}
template <auto F, class Sign>
constexpr auto right = &same<Direction::right, F, Sign>;
template <auto F, class Sign>
constexpr auto left = &same<Direction::left, F, Sign>;

template <Direction direction, auto F, class Sign, Sizes sizes>
bool scalar(Translator& t, u32 immh_immb, u32 n, u32 d) {
    const auto amount = Amount::decode(direction, immh_immb);
    if (!amount)
        return false;
    return emit(t, handlers<Shift<F>, Sign, sizes>[amount->size],
                { .d = vector_slot(d), .n = vector_slot(n), .a = scalar_shape(amount->size), .extra = amount->shift });
}
template <auto F, class Sign>
constexpr auto scalar_right = &scalar<Direction::right, F, Sign, Sizes::D>;
template <auto F, class Sign, Sizes sizes>
constexpr auto scalar_left = &scalar<Direction::left, F, Sign, sizes>;

template <class Source, class Sign, Rounded rounded, Narrowing narrowing>
bool narrow(Translator& t, u32 q, u32 immh_immb, u32 n, u32 d) {
    const auto amount = Amount::decode(Direction::right, immh_immb);
    if (!amount)
        return false;
    return emit(t, handlers<Narrow<Source, rounded, narrowing>, Sign, Sizes::BHS>[amount->size],
                { .d = vector_slot(d), .n = vector_slot(n), .a = narrow_shape, .extra = amount->shift, .imm = q });
}
template <class Source, class Sign, Rounded rounded>
bool scalar_narrow(Translator& t, u32 immh_immb, u32 n, u32 d) {
    const auto amount = Amount::decode(Direction::right, immh_immb);
    if (!amount)
        return false;
    return emit(t, handlers<Narrow<Source, rounded, Narrowing::saturates>, Sign, Sizes::BHS>[amount->size],
                { .d = vector_slot(d), .n = vector_slot(n), .a = scalar_shape(amount->size), .extra = amount->shift });
}

template <class Sign>
bool widen(Translator& t, u32 q, u32 immh_immb, u32 n, u32 d) {
    const auto amount = Amount::decode(Direction::left, immh_immb);
    if (!amount)
        return false;
    return emit(t, handlers<LongShift<shl>, Sign, Sizes::BHS>[amount->size],
                { .d = vector_slot(d), .n = vector_slot(n), .a = narrow_shape, .extra = amount->shift, .imm = q });
}

using enum Sizes;
using enum Group;
using enum Narrowing;
constexpr auto exact = Rounded::no, rounds = Rounded::yes;

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
        // clang-format off
    row<"0 q 0 011110 iiiiiii 00000 1 nnnnn ddddd", right<shr<exact>, Signed>>("SSHR", simd),
    row<"0 q 1 011110 iiiiiii 00000 1 nnnnn ddddd", right<shr<exact>, Unsigned>>("USHR", simd),
    row<"0 q 0 011110 iiiiiii 00010 1 nnnnn ddddd", right<sra<exact>, Signed>>("SSRA", simd),
    row<"0 q 1 011110 iiiiiii 00010 1 nnnnn ddddd", right<sra<exact>, Unsigned>>("USRA", simd),
    row<"0 q 0 011110 iiiiiii 00100 1 nnnnn ddddd", right<shr<rounds>, Signed>>("SRSHR", simd),
    row<"0 q 1 011110 iiiiiii 00100 1 nnnnn ddddd", right<shr<rounds>, Unsigned>>("URSHR", simd),
    row<"0 q 0 011110 iiiiiii 00110 1 nnnnn ddddd", right<sra<rounds>, Signed>>("SRSRA", simd),
    row<"0 q 1 011110 iiiiiii 00110 1 nnnnn ddddd", right<sra<rounds>, Unsigned>>("URSRA", simd),
    row<"0 q 1 011110 iiiiiii 01000 1 nnnnn ddddd", right<sri, Unsigned>>("SRI", simd),
    row<"0 q 0 011110 iiiiiii 01010 1 nnnnn ddddd", left<shl, Unsigned>>("SHL", simd),
    row<"0 q 1 011110 iiiiiii 01010 1 nnnnn ddddd", left<sli, Unsigned>>("SLI", simd),
    row<"0 q 1 011110 iiiiiii 01100 1 nnnnn ddddd", left<sqshlu, Signed>>("SQSHLU", simd),
    row<"0 q 0 011110 iiiiiii 01110 1 nnnnn ddddd", left<qshl, Signed>>("SQSHL (immediate)", simd),
    row<"0 q 1 011110 iiiiiii 01110 1 nnnnn ddddd", left<qshl, Unsigned>>("UQSHL (immediate)", simd),
    row<"0 q 0 011110 iiiiiii 10000 1 nnnnn ddddd", narrow<Unsigned, Unsigned, exact, truncates>>("SHRN, SHRN2", simd),
    row<"0 q 1 011110 iiiiiii 10000 1 nnnnn ddddd", narrow<Signed, Unsigned, exact, saturates>>("SQSHRUN, SQSHRUN2", simd),
    row<"0 q 0 011110 iiiiiii 10001 1 nnnnn ddddd", narrow<Unsigned, Unsigned, rounds, truncates>>("RSHRN, RSHRN2", simd),
    row<"0 q 1 011110 iiiiiii 10001 1 nnnnn ddddd", narrow<Signed, Unsigned, rounds, saturates>>("SQRSHRUN, SQRSHRUN2", simd),
    row<"0 q 0 011110 iiiiiii 10010 1 nnnnn ddddd", narrow<Signed, Signed, exact, saturates>>("SQSHRN, SQSHRN2", simd),
    row<"0 q 1 011110 iiiiiii 10010 1 nnnnn ddddd", narrow<Unsigned, Unsigned, exact, saturates>>("UQSHRN, UQSHRN2", simd),
    row<"0 q 0 011110 iiiiiii 10011 1 nnnnn ddddd", narrow<Signed, Signed, rounds, saturates>>("SQRSHRN, SQRSHRN2", simd),
    row<"0 q 1 011110 iiiiiii 10011 1 nnnnn ddddd", narrow<Unsigned, Unsigned, rounds, saturates>>("UQRSHRN, UQRSHRN2", simd),
    row<"0 q 0 011110 iiiiiii 10100 1 nnnnn ddddd", widen<Signed>>("SSHLL, SSHLL2", simd),
    row<"0 q 1 011110 iiiiiii 10100 1 nnnnn ddddd", widen<Unsigned>>("USHLL, USHLL2", simd),

    row<"01 0 111110 iiiiiii 00000 1 nnnnn ddddd", scalar_right<shr<exact>, Signed>>("SSHR", simd),
    row<"01 1 111110 iiiiiii 00000 1 nnnnn ddddd", scalar_right<shr<exact>, Unsigned>>("USHR", simd),
    row<"01 0 111110 iiiiiii 00010 1 nnnnn ddddd", scalar_right<sra<exact>, Signed>>("SSRA", simd),
    row<"01 1 111110 iiiiiii 00010 1 nnnnn ddddd", scalar_right<sra<exact>, Unsigned>>("USRA", simd),
    row<"01 0 111110 iiiiiii 00100 1 nnnnn ddddd", scalar_right<shr<rounds>, Signed>>("SRSHR", simd),
    row<"01 1 111110 iiiiiii 00100 1 nnnnn ddddd", scalar_right<shr<rounds>, Unsigned>>("URSHR", simd),
    row<"01 0 111110 iiiiiii 00110 1 nnnnn ddddd", scalar_right<sra<rounds>, Signed>>("SRSRA", simd),
    row<"01 1 111110 iiiiiii 00110 1 nnnnn ddddd", scalar_right<sra<rounds>, Unsigned>>("URSRA", simd),
    row<"01 1 111110 iiiiiii 01000 1 nnnnn ddddd", scalar_right<sri, Unsigned>>("SRI", simd),
    row<"01 0 111110 iiiiiii 01010 1 nnnnn ddddd", scalar_left<shl, Unsigned, D>>("SHL", simd),
    row<"01 1 111110 iiiiiii 01010 1 nnnnn ddddd", scalar_left<sli, Unsigned, D>>("SLI", simd),
    row<"01 1 111110 iiiiiii 01100 1 nnnnn ddddd", scalar_left<sqshlu, Signed, BHSD>>("SQSHLU", simd),
    row<"01 0 111110 iiiiiii 01110 1 nnnnn ddddd", scalar_left<qshl, Signed, BHSD>>("SQSHL (immediate)", simd),
    row<"01 1 111110 iiiiiii 01110 1 nnnnn ddddd", scalar_left<qshl, Unsigned, BHSD>>("UQSHL (immediate)", simd),
    row<"01 1 111110 iiiiiii 10000 1 nnnnn ddddd", scalar_narrow<Signed, Unsigned, exact>>("SQSHRUN, SQSHRUN2", simd),
    row<"01 1 111110 iiiiiii 10001 1 nnnnn ddddd", scalar_narrow<Signed, Unsigned, rounds>>("SQRSHRUN, SQRSHRUN2", simd),
    row<"01 0 111110 iiiiiii 10010 1 nnnnn ddddd", scalar_narrow<Signed, Signed, exact>>("SQSHRN, SQSHRN2", simd),
    row<"01 1 111110 iiiiiii 10010 1 nnnnn ddddd", scalar_narrow<Unsigned, Unsigned, exact>>("UQSHRN, UQSHRN2", simd),
    row<"01 0 111110 iiiiiii 10011 1 nnnnn ddddd", scalar_narrow<Signed, Signed, rounds>>("SQRSHRN, SQRSHRN2", simd),
    row<"01 1 111110 iiiiiii 10011 1 nnnnn ddddd", scalar_narrow<Unsigned, Unsigned, rounds>>("UQRSHRN, UQRSHRN2", simd),
    // clang-format on
    };
    return rows;
}

} // namespace

std::span<const Row> simd_shift() { return table(); }

} // namespace arm64::cpu::a64

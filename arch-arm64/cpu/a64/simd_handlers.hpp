// SPDX-License-Identifier: Apache-2.0
// Handlers of AdvSIMD instructions, made of what they do to one element. DDI 0487, C7.2.
//
// A handler computes a whole register; its Shape says what of it is kept. So one serves vectors of 128 and of 64 bits
// and scalars, and there is one for each instruction and element size.
#pragma once

#include "arch-arm64/cpu/a64/simd_elements.hpp"
#include "arch-arm64/cpu/handlers.hpp"
#include "arch-arm64/cpu/translator.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>

namespace arm64::cpu::a64 {

// Operands of all of these: d, n, m the registers; a the Shape; extra the shift or the index; imm 1 for the upper
// halves of narrow elements (the instructions with a 2).

/// What is kept of a result; the rest of the register becomes 0. One up is twice as wide.
enum class Shape : Slot { B, H, S, D, full };
inline constexpr std::array<Vector, 5> kept{
    {{{0xFF, 0}}, {{0xFFFF, 0}}, {{0xFFFFFFFF, 0}}, {{~0ULL, 0}}, {{~0ULL, ~0ULL}}}};
[[nodiscard]] constexpr Slot vector_shape(std::uint32_t q) {
    return static_cast<Slot>(q != 0 ? Shape::full : Shape::D);
}
[[nodiscard]] constexpr Slot scalar_shape(std::uint32_t size) { return static_cast<Slot>(size); }
/// Of long and narrow instructions: the narrow elements'.
inline constexpr Slot narrow_shape = static_cast<Slot>(Shape::D);

[[nodiscard]] inline Vector keep(unsigned shape, const Vector& vector) {
    return {{vector.d[0] & kept[shape].d[0], vector.d[1] & kept[shape].d[1]}};
}

/// The number of a vector register as an operand.
[[nodiscard]] constexpr Slot vector_slot(std::uint32_t number) { return static_cast<Slot>(number); }

template <auto F, class D, class... N>
inline constexpr bool saturates = !std::invocable<decltype(F), N...> && !std::invocable<decltype(F), D, N...>;

/// One element of a result. `d`: what it was.
template <auto F, class D, class... N>
[[nodiscard]] constexpr D element([[maybe_unused]] Saturation& saturation, [[maybe_unused]] D d, N... n) {
    if constexpr (std::invocable<decltype(F), N...>)
        return static_cast<D>(Function<F>{}(n...));
    else if constexpr (std::invocable<decltype(F), D, N...>)
        return static_cast<D>(Function<F>{}(d, n...));
    else if constexpr (std::invocable<decltype(F), Saturation&, N...>)
        return static_cast<D>(Function<F>{}(saturation, n...));
    else
        return static_cast<D>(Function<F>{}(saturation, d, n...));
}

/// The last thing an instruction does.
inline void write(Cpu& cpu, unsigned d, const Vector& result, const Saturation& saturation) {
    cpu.v[d] = result;
    if (saturation.happened)
        cpu.fp.raise(fp::FPSR::QC);
}

/// Where the second operand's elements come from: "vector" or "by element".
enum class Second : std::uint8_t { vector, element };

/// d[i] = F(n[i], m[i]).
template <auto F, Second second = Second::vector>
struct Elementwise {
    template <class T>
    [[gnu::flatten]] static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        // What is not kept must not saturate either, and zeros do not.
        const auto n = lanes<T>(saturates<F, T, T, T> ? keep(op.a, cpu.v[op.n]) : cpu.v[op.n]);
        Lanes<T> m;
        if constexpr (second == Second::vector)
            m = lanes<T>(saturates<F, T, T, T> ? keep(op.a, cpu.v[op.m]) : cpu.v[op.m]);
        else
            m.fill(cpu.v[op.m].get<T>(op.extra));
        auto d = lanes<T>(cpu.v[op.d]);
        Saturation saturation;
        for (std::size_t i = 0; i < d.size(); ++i)
            d[i] = element<F, T>(saturation, d[i], n[i], m[i]);
        write(cpu, op.d, keep(op.a, vector<T>(d)), saturation);
        return true;
    }
};

/// d[i] = F(n[i]).
template <auto F>
struct Unary {
    template <class T>
    [[gnu::flatten]] static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        const auto n = lanes<T>(saturates<F, T, T> ? keep(op.a, cpu.v[op.n]) : cpu.v[op.n]);
        auto d = lanes<T>(saturates<F, T, T> ? keep(op.a, cpu.v[op.d]) : cpu.v[op.d]);
        Saturation saturation;
        for (std::size_t i = 0; i < d.size(); ++i)
            d[i] = element<F, T>(saturation, d[i], n[i]);
        write(cpu, op.d, keep(op.a, vector<T>(d)), saturation);
        return true;
    }
};

/// d[i] = F(n[i], shift).
template <auto F>
struct Shift {
    template <class T>
    [[gnu::flatten]] static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        const auto n = lanes<T>(saturates<F, T, T, unsigned> ? keep(op.a, cpu.v[op.n]) : cpu.v[op.n]);
        auto d = lanes<T>(cpu.v[op.d]);
        const unsigned shift = op.extra;
        Saturation saturation;
        for (std::size_t i = 0; i < d.size(); ++i)
            d[i] = element<F, T>(saturation, d[i], n[i], shift);
        write(cpu, op.d, keep(op.a, vector<T>(d)), saturation);
        return true;
    }
};

/// The half of a register that `imm` selects, of narrow elements.
[[nodiscard]] inline Vector half(const Cpu& cpu, unsigned v, const Op& op) {
    return keep(op.a, {{cpu.v[v].d[op.imm], 0}});
}

/// d[i] = F(n[i], m[i]), in which d has elements of twice the width.
template <auto F, Second second = Second::vector>
struct Long {
    template <class T>
    [[gnu::flatten]] static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        using W = Twice<SignOf<T>, T>;
        const auto n = lanes<T>(half(cpu, op.n, op));
        Lanes<T> m;
        if constexpr (second == Second::vector)
            m = lanes<T>(half(cpu, op.m, op));
        else
            m.fill(cpu.v[op.m].get<T>(op.extra));
        auto d = lanes<W>(cpu.v[op.d]);
        Saturation saturation;
        for (std::size_t i = 0; i < d.size(); ++i)
            d[i] = element<F, W>(saturation, d[i], W{n[i]}, W{m[i]});
        write(cpu, op.d, keep(op.a + 1U, vector<W>(d)), saturation);
        return true;
    }
};

/// d[i] = F(n[i], m[i]), in which m has elements of half the width.
template <auto F>
struct LongSecond {
    template <class T>
    [[gnu::flatten]] static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        using W = Twice<SignOf<T>, T>;
        const auto n = lanes<W>(cpu.v[op.n]);
        const auto m = lanes<T>(half(cpu, op.m, op));
        Lanes<W> d;
        for (std::size_t i = 0; i < d.size(); ++i)
            d[i] = static_cast<W>(Function<F>{}(n[i], W{m[i]}));
        cpu.v[op.d] = vector<W>(d);
        return true;
    }
};

/// d[i] = F(n[i], shift), in which d has elements of twice the width.
template <auto F>
struct LongShift {
    template <class T>
    [[gnu::flatten]] static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        using W = Twice<SignOf<T>, T>;
        const auto n = lanes<T>(half(cpu, op.n, op));
        Lanes<W> d;
        for (std::size_t i = 0; i < d.size(); ++i)
            d[i] = static_cast<W>(Function<F>{}(W{n[i]}, static_cast<unsigned>(op.extra)));
        cpu.v[op.d] = vector<W>(d);
        return true;
    }
};

/// Into the lower half, and zeros above; or into the upper half, and nothing else.
template <class T>
inline void write_narrow(Cpu& cpu, const Op& op, const Lanes<T>& narrow, const Saturation& saturation) {
    const auto half = keep(op.a, vector<T>(narrow)).d[0];
    const auto d0 = op.imm == 0 ? half : cpu.v[op.d].d[0];
    write(cpu, op.d, {{d0, op.imm == 0 ? 0 : half}}, saturation);
}

/// d[i] = F(n[i], m[i]) without its lower half.
template <auto F, Rounded rounded>
struct HighHalf {
    template <class T>
    [[gnu::flatten]] static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        using W = Twice<SignOf<T>, T>;
        constexpr W round = rounded == Rounded::yes ? W{1} << (bits_of<T> - 1) : W{0};
        const auto n = lanes<W>(cpu.v[op.n]), m = lanes<W>(cpu.v[op.m]);
        Lanes<T> d{};
        for (std::size_t i = 0; i < n.size(); ++i)
            d[i] = static_cast<T>((Function<F>{}(n[i], m[i]) + round) >> bits_of<T>);
        write_narrow<T>(cpu, op, d, {});
        return true;
    }
};

enum class Narrowing : std::uint8_t { truncates, saturates };

/// d[i] = n[i] >> shift, in which n has elements of twice the width, signed or not.
template <class Source, Rounded rounded, Narrowing narrowing>
struct Narrow {
    template <class T>
    [[gnu::flatten]] static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        using W = Twice<Source, T>;
        const auto n = lanes<W>(keep(op.a + 1U, cpu.v[op.n]));
        const unsigned shift = op.extra;
        Lanes<T> d{};
        Saturation saturation;
        for (std::size_t i = 0; i < n.size(); ++i) {
            const auto value = shifted_right<rounded>(n[i], shift);
            d[i] = narrowing == Narrowing::saturates ? saturation.to<T>(value) : static_cast<T>(value);
        }
        write_narrow<T>(cpu, op, d, saturation);
        return true;
    }
};

/// d[i] = F(c[2 * i], c[2 * i + 1]), in which c is n and behind it m.
template <auto F>
struct Pairwise {
    template <class T>
    [[gnu::flatten]] static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        const bool full = op.a == vector_shape(1);
        const auto n = lanes<T>(full ? cpu.v[op.n] : Vector{{cpu.v[op.n].d[0], cpu.v[op.m].d[0]}});
        const auto m = lanes<T>(cpu.v[op.m]);
        constexpr auto pairs = n.size() / 2;
        Lanes<T> d;
        for (std::size_t i = 0; i < pairs; ++i) {
            d[i] = static_cast<T>(Function<F>{}(n[2 * i], n[2 * i + 1]));
            d[pairs + i] = static_cast<T>(Function<F>{}(m[2 * i], m[2 * i + 1]));
        }
        cpu.v[op.d] = keep(op.a, vector<T>(d));
        return true;
    }
};

/// A Handler for each element size of `sizes`; null where the instruction is UNDEFINED.
enum class Sizes : unsigned {
    B = 1,
    H = 2,
    S = 4,
    D = 8,
    BH = B | H,
    HS = H | S,
    BHS = B | H | S,
    BHSD = B | H | S | D
};

template <class Body, class Sign, Sizes sizes, unsigned size>
[[nodiscard]] consteval Handler handler_if() {
    if constexpr ((static_cast<unsigned>(sizes) >> size & 1) != 0)
        return handler<Body::template run<typename Sign::template Type<size>>>;
    else
        return nullptr;
}
template <class Body, class Sign, Sizes sizes>
inline constexpr std::array<Handler, 4> handlers{handler_if<Body, Sign, sizes, 0>(), handler_if<Body, Sign, sizes, 1>(),
                                                 handler_if<Body, Sign, sizes, 2>(),
                                                 handler_if<Body, Sign, sizes, 3>()};

/// False if there is no handler: UNDEFINED.
[[nodiscard]] inline bool emit(Translator& t, Handler handler, const Operands& operands) {
    if (handler == nullptr)
        return false;
    t.emit(handler, operands);
    return true;
}

/// A vector of one 64-bit element is reserved: 1D.
[[nodiscard]] constexpr bool is_1D(std::uint32_t q, std::uint32_t size) { return q == 0 && size == 3; }

} // namespace arm64::cpu::a64

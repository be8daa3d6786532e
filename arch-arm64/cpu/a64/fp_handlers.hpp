// SPDX-License-Identifier: Apache-2.0
// Handlers of floating-point instructions, made of what they do to one element. DDI 0487, C7.2.
//
// A scalar is a vector of one element. All of these have the registers in d, n, m and a; every result is complete
// before it is written, because d may be a source, too.
#pragma once

#include "arch-arm64/cpu/fp/formats.hpp"
#include "arch-arm64/cpu/handlers.hpp"
#include "arch-arm64/cpu/translator.hpp"

#include <cstdint>

namespace arm64::cpu::a64 {

/// For `void function(Cpu&, const Op&)` of an instruction that traps where CPACR_EL1 says so.
template <auto Function>
bool if_fp_enabled(Cpu& cpu, const Op& op) {
    if (!cpu.check_fp_enabled()) [[unlikely]]
        return false;
    Function(cpu, op);
    return true;
}
template <auto Function>
inline constexpr Handler fp_handler = handler<if_fp_enabled<Function>>;

/// So many elements of a format; what is above them in the register becomes zero.
template <class F, unsigned n>
struct FpElements {
    using Format = F;
    using Bits = typename F::Bits;
    static constexpr unsigned count = n;
};

/// d[i] = Operation(n[i]).
template <auto Operation>
struct FpUnary {
    template <class E>
    static void run(Cpu& cpu, const Op& op) {
        const Vector n = cpu.v[op.n];
        Vector d;
        for (unsigned i = 0; i < E::count; ++i)
            d.set(i, Operation(typename E::Format{}, n.get<typename E::Bits>(i), cpu.fp));
        cpu.v[op.d] = d;
    }
};

/// d[i] = Operation(n[i], fbits), with fbits in `extra`.
template <auto Operation>
struct FpFixed {
    template <class E>
    static void run(Cpu& cpu, const Op& op) {
        const Vector n = cpu.v[op.n];
        Vector d;
        for (unsigned i = 0; i < E::count; ++i)
            d.set(i, Operation(typename E::Format{}, n.get<typename E::Bits>(i), unsigned{op.extra}, cpu.fp));
        cpu.v[op.d] = d;
    }
};

/// d[i] = Operation(n[i], m[i]).
template <auto Operation>
struct FpBinary {
    template <class E>
    static void run(Cpu& cpu, const Op& op) {
        const Vector n = cpu.v[op.n], m = cpu.v[op.m];
        Vector d;
        for (unsigned i = 0; i < E::count; ++i)
            d.set(i, Operation(typename E::Format{}, n.get<typename E::Bits>(i), m.get<typename E::Bits>(i), cpu.fp));
        cpu.v[op.d] = d;
    }
};

/// d[i] = Operation(n[i], m[extra]).
template <auto Operation>
struct FpByElement {
    template <class E>
    static void run(Cpu& cpu, const Op& op) {
        const Vector n = cpu.v[op.n];
        const auto m = cpu.v[op.m].get<typename E::Bits>(op.extra);
        Vector d;
        for (unsigned i = 0; i < E::count; ++i)
            d.set(i, Operation(typename E::Format{}, n.get<typename E::Bits>(i), m, cpu.fp));
        cpu.v[op.d] = d;
    }
};

/// d[i] = Operation(a[i], n[i], m[i]).
template <auto Operation>
struct FpTernary {
    template <class E>
    static void run(Cpu& cpu, const Op& op) {
        using Bits = typename E::Bits;
        const Vector a = cpu.v[op.a], n = cpu.v[op.n], m = cpu.v[op.m];
        Vector d;
        for (unsigned i = 0; i < E::count; ++i)
            d.set(i, Operation(typename E::Format{}, a.get<Bits>(i), n.get<Bits>(i), m.get<Bits>(i), cpu.fp));
        cpu.v[op.d] = d;
    }
};

/// d[i] = Operation(a[i], n[i], m[extra]).
template <auto Operation>
struct FpTernaryByElement {
    template <class E>
    static void run(Cpu& cpu, const Op& op) {
        using Bits = typename E::Bits;
        const Vector a = cpu.v[op.a], n = cpu.v[op.n];
        const auto m = cpu.v[op.m].get<Bits>(op.extra);
        Vector d;
        for (unsigned i = 0; i < E::count; ++i)
            d.set(i, Operation(typename E::Format{}, a.get<Bits>(i), n.get<Bits>(i), m, cpu.fp));
        cpu.v[op.d] = d;
    }
};

/// Neighbours in n, and above them neighbours in m.
template <auto Operation>
struct FpPairwise {
    template <class E>
    static void run(Cpu& cpu, const Op& op) {
        using Bits = typename E::Bits;
        constexpr unsigned half = E::count / 2;
        const Vector n = cpu.v[op.n], m = cpu.v[op.m];
        Vector d;
        for (unsigned i = 0; i < half; ++i) {
            d.set(i, Operation(typename E::Format{}, n.get<Bits>(2 * i), n.get<Bits>(2 * i + 1), cpu.fp));
            d.set(half + i, Operation(typename E::Format{}, m.get<Bits>(2 * i), m.get<Bits>(2 * i + 1), cpu.fp));
        }
        cpu.v[op.d] = d;
    }
};

/// A scalar: the two elements of n.
template <auto Operation>
struct FpPair {
    template <class E>
    static void run(Cpu& cpu, const Op& op) {
        const Vector n = cpu.v[op.n];
        cpu.v[op.d].set_scalar(
            Operation(typename E::Format{}, n.get<typename E::Bits>(0), n.get<typename E::Bits>(1), cpu.fp));
    }
};

/// `s`: the bit of the encoding that is set for double precision.
template <class Body>
void emit_fp_scalar(Translator& t, std::uint32_t s, const Operands& operands) {
    using Single = FpElements<fp::Single, 1>;
    using Double = FpElements<fp::Double, 1>;
    t.emit(s != 0 ? fp_handler<&Body::template run<Double>> : fp_handler<&Body::template run<Single>>, operands);
}

/// False: a vector of one double, which is reserved.
template <class Body>
bool emit_fp_vector(Translator& t, std::uint32_t Q, std::uint32_t s, const Operands& operands) {
    if (s != 0 && Q == 0)
        return false;
    if (s != 0)
        t.emit(fp_handler<&Body::template run<FpElements<fp::Double, 2>>>, operands);
    else if (Q != 0)
        t.emit(fp_handler<&Body::template run<FpElements<fp::Single, 4>>>, operands);
    else
        t.emit(fp_handler<&Body::template run<FpElements<fp::Single, 2>>>, operands);
    return true;
}

/// VFPExpandImm: an eight-bit immediate as a number.
template <class F>
[[nodiscard]] constexpr typename F::Bits expand_fp_immediate(std::uint32_t imm8) {
    const int exponent = static_cast<int>(imm8 >> 4 & 3) + ((imm8 & 0x40) != 0 ? F::bias - 3 : F::bias + 1);
    const std::uint64_t magnitude =
        static_cast<std::uint64_t>(exponent) << F::fraction_bits | std::uint64_t{imm8 & 0xF} << (F::fraction_bits - 4);
    return F::signed_as((imm8 & 0x80) != 0, static_cast<typename F::Bits>(magnitude));
}

} // namespace arm64::cpu::a64

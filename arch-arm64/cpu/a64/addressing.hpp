// SPDX-License-Identifier: Apache-2.0
// Addressing modes of loads and stores. Source: Arm DDI 0487, C1.3.3.
//
// An access says what is moved between a register and memory:
//
//   static constexpr unsigned scale           log2 of its size in bytes
//   static constexpr bool simd                a SIMD&FP register's: they may be disabled
//   static Slot slot(std::uint32_t t)         of register t
//   static bool move<Kind>(Cpu&, Slot, va)    false: it did not complete, and no register has changed
//   static bool move_quickly<Kind>(...)       the same if translations are at hand; false: not tried
//
// Those of two registers are move(Cpu&, Slot, Slot, va), and are no template.
//
// Writeback to a register that is transferred is CONSTRAINED UNPREDICTABLE: here a load's base has the written-back
// address (WBUNKNOWN), and a store writes what the register had (NONE). A load of a pair into one register leaves the
// second word there (UNKNOWN).
#pragma once

#include "arch-arm64/cpu/a64/arithmetic.hpp"
#include "arch-arm64/cpu/handlers.hpp"
#include "arch-arm64/cpu/translator.hpp"

#include <cstdint>

namespace arm64::cpu::a64 {

[[nodiscard]] constexpr unsigned log2_of(std::size_t bytes) { return static_cast<unsigned>(__builtin_ctzll(bytes)); }

[[nodiscard]] constexpr bool crosses_page(std::uint64_t va, unsigned bytes) {
    return va / Tlb::page != (va + bytes - 1) / Tlb::page;
}

namespace detail {

/// An op tries the quick way first, which does it in full if translations are at hand, or else nothing.
enum class Way : std::uint8_t { quick, whole };
enum class Base : std::uint8_t { general, SP };

template <class Access, Cpu::Kind K, Way W>
[[gnu::always_inline]] inline bool move(Cpu& cpu, Slot t, std::uint64_t va) {
    if constexpr (W == Way::quick)
        return Access::template move_quickly<K>(cpu, t, va);
    else
        return Access::template move<K>(cpu, t, va);
}
template <class Access, Way W>
[[gnu::always_inline]] inline bool move(Cpu& cpu, Slot t, Slot t2, std::uint64_t va) {
    if constexpr (W == Way::quick)
        return Access::move_quickly(cpu, t, t2, va);
    else
        return Access::move(cpu, t, t2, va);
}

// An op's d is the slot of Rt, a that of Rt2.

template <Cpu::Kind K>
struct AtOffset {
    template <class Access, Way W>
    [[gnu::always_inline]] static bool run(Cpu& cpu, const Op& op) {
        return move<Access, K, W>(cpu, op.d, cpu.x[op.n] + op.imm);
    }
};

template <Cpu::Kind K>
struct AtLabel {
    template <class Access, Way W>
    [[gnu::always_inline]] static bool run(Cpu& cpu, const Op& op) {
        return move<Access, K, W>(cpu, op.d, cpu.address(op) + op.imm);
    }
};

enum class Extend : std::uint8_t { UXTW = 2, UXTX = 3, SXTW = 6, SXTX = 7 };

template <Cpu::Kind K, Extend E>
struct AtRegister {
    template <class Access, Way W>
    [[gnu::always_inline]] static bool run(Cpu& cpu, const Op& op) {
        std::uint64_t offset = cpu.x[op.m];
        if constexpr (E == Extend::UXTW)
            offset = static_cast<std::uint32_t>(offset);
        if constexpr (E == Extend::SXTW)
            offset = sign_extend(offset, 32);
        return move<Access, K, W>(cpu, op.d, cpu.x[op.n] + (offset << op.extra));
    }
};

struct PreIndexed {
    template <class Access, Way W>
    [[gnu::always_inline]] static bool run(Cpu& cpu, const Op& op) {
        const std::uint64_t va = cpu.x[op.n] + op.imm;
        if (!move<Access, Cpu::Kind{}, W>(cpu, op.d, va))
            return false;
        cpu.x[op.n] = va;
        return true;
    }
};

struct PostIndexed {
    template <class Access, Way W>
    [[gnu::always_inline]] static bool run(Cpu& cpu, const Op& op) {
        const std::uint64_t va = cpu.x[op.n];
        if (!move<Access, Cpu::Kind{}, W>(cpu, op.d, va))
            return false;
        cpu.x[op.n] = va + op.imm;
        return true;
    }
};

struct PairAtOffset {
    template <class Access, Way W>
    [[gnu::always_inline]] static bool run(Cpu& cpu, const Op& op) {
        return move<Access, W>(cpu, op.d, op.a, cpu.x[op.n] + op.imm);
    }
};

struct PairPreIndexed {
    template <class Access, Way W>
    [[gnu::always_inline]] static bool run(Cpu& cpu, const Op& op) {
        const std::uint64_t va = cpu.x[op.n] + op.imm;
        if (!move<Access, W>(cpu, op.d, op.a, va))
            return false;
        cpu.x[op.n] = va;
        return true;
    }
};

struct PairPostIndexed {
    template <class Access, Way W>
    [[gnu::always_inline]] static bool run(Cpu& cpu, const Op& op) {
        const std::uint64_t va = cpu.x[op.n];
        if (!move<Access, W>(cpu, op.d, op.a, va))
            return false;
        cpu.x[op.n] = va + op.imm;
        return true;
    }
};

/// With what is checked before any access, in the manual's order.
template <class Mode, class Access, Base B, Way W>
[[gnu::always_inline]] inline bool checked(Cpu& cpu, const Op& op) {
    if constexpr (Access::simd)
        if (!(W == Way::quick ? cpu.fp_enabled() : cpu.check_fp_enabled()))
            return false;
    if constexpr (B == Base::SP)
        if (!(W == Way::quick ? cpu.x[sp_slot] % 16 == 0 : cpu.check_SP_alignment()))
            return false;
    return Mode::template run<Access, W>(cpu, op);
}

template <class Mode, class Access, Base B>
inline constexpr Handler access_handler =
    quick_handler<checked<Mode, Access, B, Way::quick>, checked<Mode, Access, B, Way::whole>>;

template <class Mode, class Access>
void emit(Translator& translator, std::uint32_t n, Operands operands) {
    operands.n = or_sp(n);
    translator.emit(n == 31 ? access_handler<Mode, Access, Base::SP> : access_handler<Mode, Access, Base::general>,
                    operands);
}

template <class Mode, class Access>
void emit_pair(Translator& translator, std::uint32_t i, std::uint32_t u, std::uint32_t n, std::uint32_t t) {
    emit<Mode, Access>(translator, n,
                       {.d = Access::slot(t), .a = Access::slot(u), .imm = sign_extend(i, 7) << Access::scale});
}

/// A general-purpose register, without writeback: the hypervisor's syndrome describes it.
template <class Access>
inline constexpr Cpu::Kind plain{.described = !Access::simd};
template <class Access>
inline constexpr Cpu::Kind unprivileged{.unprivileged = true, .described = !Access::simd};

} // namespace detail

// ---- Rows: what is behind the fixed bits, in the order of the encoding

/// imm12, Rn, Rt
template <class Access>
void unsigned_offset(Translator& translator, std::uint32_t i, std::uint32_t n, std::uint32_t t) {
    detail::emit<detail::AtOffset<detail::plain<Access>>, Access>(
        translator, n, {.d = Access::slot(t), .imm = std::uint64_t{i} << Access::scale});
}

/// imm9, Rn, Rt
template <class Access>
void unscaled_offset(Translator& translator, std::uint32_t i, std::uint32_t n, std::uint32_t t) {
    detail::emit<detail::AtOffset<detail::plain<Access>>, Access>(translator, n,
                                                                  {.d = Access::slot(t), .imm = sign_extend(i, 9)});
}
template <class Access>
void unprivileged_offset(Translator& translator, std::uint32_t i, std::uint32_t n, std::uint32_t t) {
    detail::emit<detail::AtOffset<detail::unprivileged<Access>>, Access>(
        translator, n, {.d = Access::slot(t), .imm = sign_extend(i, 9)});
}
template <class Access>
void post_index(Translator& translator, std::uint32_t i, std::uint32_t n, std::uint32_t t) {
    detail::emit<detail::PostIndexed, Access>(translator, n, {.d = Access::slot(t), .imm = sign_extend(i, 9)});
}
template <class Access>
void pre_index(Translator& translator, std::uint32_t i, std::uint32_t n, std::uint32_t t) {
    detail::emit<detail::PreIndexed, Access>(translator, n, {.d = Access::slot(t), .imm = sign_extend(i, 9)});
}

/// Rm, option, S, Rn, Rt
template <class Access>
bool register_offset(Translator& translator, std::uint32_t m, std::uint32_t option, std::uint32_t S, std::uint32_t n,
                     std::uint32_t t) {
    using detail::Extend;
    if ((option & 2) == 0)
        return false;
    constexpr auto kind = detail::plain<Access>;
    const Operands operands{
        .d = Access::slot(t), .m = source(m), .extra = static_cast<std::uint16_t>(S != 0 ? Access::scale : 0)};
    switch (static_cast<Extend>(option)) {
    case Extend::UXTW: detail::emit<detail::AtRegister<kind, Extend::UXTW>, Access>(translator, n, operands); break;
    case Extend::SXTW: detail::emit<detail::AtRegister<kind, Extend::SXTW>, Access>(translator, n, operands); break;
    case Extend::UXTX:
    case Extend::SXTX: detail::emit<detail::AtRegister<kind, Extend::UXTX>, Access>(translator, n, operands); break;
    }
    return true;
}

/// imm19, Rt
template <class Access>
void literal(Translator& translator, std::uint32_t i, std::uint32_t t) {
    translator.emit(detail::access_handler<detail::AtLabel<detail::plain<Access>>, Access, detail::Base::general>,
                    {.d = Access::slot(t), .imm = sign_extend(i, 19) << 2});
}

/// imm7, Rt2, Rn, Rt
template <class Access>
void pair_offset(Translator& translator, std::uint32_t i, std::uint32_t u, std::uint32_t n, std::uint32_t t) {
    detail::emit_pair<detail::PairAtOffset, Access>(translator, i, u, n, t);
}
template <class Access>
void pair_pre_index(Translator& translator, std::uint32_t i, std::uint32_t u, std::uint32_t n, std::uint32_t t) {
    detail::emit_pair<detail::PairPreIndexed, Access>(translator, i, u, n, t);
}
template <class Access>
void pair_post_index(Translator& translator, std::uint32_t i, std::uint32_t u, std::uint32_t n, std::uint32_t t) {
    detail::emit_pair<detail::PairPostIndexed, Access>(translator, i, u, n, t);
}

} // namespace arm64::cpu::a64

// SPDX-License-Identifier: Apache-2.0
// Atomic instructions (FEAT_LSE): one atomic operation of the host each. Source: Arm DDI 0487, C3.2.12, C6.2.
#include "arch-arm64/cpu/a64/memory_order.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>

namespace arm64::cpu::a64 {
namespace {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using detail::Way;

/// As the manual's pseudocode has them.
enum class MemAtomicOp : u8 { ADD, BIC, EOR, ORR, SMAX, SMIN, UMAX, UMIN, SWP };

/// Answers what there was.
template <class T, MemAtomicOp What, Order O>
[[nodiscard]] T modify(u64 at, T operand) {
    using Signed = std::make_signed_t<T>;
    [[maybe_unused]] T* const p = guest_pointer<T>(at);
    const auto next = [operand](T value) -> T {
        switch (What) {
        case MemAtomicOp::ADD: return static_cast<T>(value + operand);
        case MemAtomicOp::BIC: return static_cast<T>(value & ~operand);
        case MemAtomicOp::EOR: return value ^ operand;
        case MemAtomicOp::ORR: return value | operand;
        case MemAtomicOp::SMAX:
            return static_cast<T>(std::max(static_cast<Signed>(value), static_cast<Signed>(operand)));
        case MemAtomicOp::SMIN:
            return static_cast<T>(std::min(static_cast<Signed>(value), static_cast<Signed>(operand)));
        case MemAtomicOp::UMAX: return std::max(value, operand);
        case MemAtomicOp::UMIN: return std::min(value, operand);
        case MemAtomicOp::SWP: return operand;
        }
    };
    constexpr bool full = O == Order::acquire_and_release;
    constexpr int order = host_order<O>;
    if constexpr (What == MemAtomicOp::ADD)
        return full ? __sync_fetch_and_add(p, operand) : __atomic_fetch_add(p, operand, order);
    else if constexpr (What == MemAtomicOp::BIC)
        return full ? __sync_fetch_and_and(p, static_cast<T>(~operand))
                    : __atomic_fetch_and(p, static_cast<T>(~operand), order);
    else if constexpr (What == MemAtomicOp::EOR)
        return full ? __sync_fetch_and_xor(p, operand) : __atomic_fetch_xor(p, operand, order);
    else if constexpr (What == MemAtomicOp::ORR)
        return full ? __sync_fetch_and_or(p, operand) : __atomic_fetch_or(p, operand, order);
    else if constexpr (What == MemAtomicOp::SWP && !full)
        return __atomic_exchange_n(p, operand, order);
    else
        return update<T, O>(at, next);
}

template <Way W, class T, MemAtomicOp What, Order O>
bool load_and_modify(Cpu& cpu, const Op& op) {
    const u64 at = locate<W, sizeof(T), Cpu::Intent::modify>(cpu, op);
    if (at == 0)
        return false;
    cpu.x[op.d] = modify<T, What, O>(at, static_cast<T>(cpu.x[op.m]));
    return true;
}

template <Way W, class T, Order O>
bool compare(Cpu& cpu, const Op& op) {
    const u64 at = locate<W, sizeof(T), Cpu::Intent::modify>(cpu, op);
    if (at == 0)
        return false;
    cpu.x[op.d] = compare_and_swap<T, O>(at, static_cast<T>(cpu.x[op.a]), static_cast<T>(cpu.x[op.m]));
    return true;
}

// op.d and op.m are the first registers of pairs, op.a is the second of op.d as a destination.
template <Way W, class Word, Order O>
bool compare_pair(Cpu& cpu, const Op& op) {
    using Both = std::conditional_t<sizeof(Word) == 4, u64, u128>;
    const u64 at = locate<W, sizeof(Both), Cpu::Intent::modify>(cpu, op);
    if (at == 0)
        return false;
    constexpr unsigned bits = 8 * sizeof(Word);
    const auto joined = [](u64 low, u64 high) {
        return static_cast<Both>(static_cast<Word>(low) | static_cast<Both>(static_cast<Word>(high)) << bits);
    };
    const Both was =
        compare_and_swap<Both, O>(at, joined(cpu.x[op.d], cpu.x[op.d + 1U]), joined(cpu.x[op.m], cpu.x[op.m + 1U]));
    cpu.x[op.d] = static_cast<Word>(was);
    cpu.x[op.a] = static_cast<Word>(was >> bits);
    return true;
}

/// The handler of an order: `Choose` has `of<Order>`.
template <class Choose>
[[nodiscard]] Handler handler_of(u32 A, u32 L) {
    switch (order_of(A, L)) {
    case Order::relaxed: return Choose::template of<Order::relaxed>;
    case Order::acquire_or_release: return Choose::template of<Order::acquire_or_release>;
    default: return Choose::template of<Order::acquire_and_release>;
    }
}

template <class T, MemAtomicOp What>
struct Modify {
    template <Order O>
    static constexpr Handler of =
        quick_handler<load_and_modify<Way::quick, T, What, O>, load_and_modify<Way::whole, T, What, O>>;
};
template <class T>
struct Compare {
    template <Order O>
    static constexpr Handler of = quick_handler<compare<Way::quick, T, O>, compare<Way::whole, T, O>>;
};
template <class Word>
struct ComparePair {
    template <Order O>
    static constexpr Handler of = quick_handler<compare_pair<Way::quick, Word, O>, compare_pair<Way::whole, Word, O>>;
};

// A, R, Rs, Rn, Rt. What is not returned (Rt = 31) need not be acquired, but may.
template <MemAtomicOp What, class T>
void atomic(Translator& t, u32 A, u32 R, u32 s, u32 n, u32 rt) {
    t.emit(handler_of<Modify<T, What>>(A, R), {.d = destination(rt), .n = or_sp(n), .m = source(s)});
}

// L, Rs, o0, Rn, Rt: L is acquire, o0 release.
template <class T>
void cas(Translator& t, u32 L, u32 s, u32 o0, u32 n, u32 rt) {
    t.emit(handler_of<Compare<T>>(L, o0), {.d = destination(s), .n = or_sp(n), .m = source(rt), .a = source(s)});
}

// The same of registers s and s + 1, t and t + 1. X31 is XZR.
template <class Word>
bool casp(Translator& t, u32 L, u32 s, u32 o0, u32 n, u32 rt) {
    if (s % 2 != 0 || rt % 2 != 0)
        return false;
    t.emit(handler_of<ComparePair<Word>>(L, o0),
           {.d = source(s), .n = or_sp(n), .m = source(rt), .a = destination(s + 1)});
    return true;
}

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
        row<"00 111 0 00 a r 1 sssss 0 000 00 nnnnn ttttt", atomic<MemAtomicOp::ADD, u8>>("LDADDB", Group::atomic),
        row<"01 111 0 00 a r 1 sssss 0 000 00 nnnnn ttttt", atomic<MemAtomicOp::ADD, u16>>("LDADDH", Group::atomic),
        row<"10 111 0 00 a r 1 sssss 0 000 00 nnnnn ttttt", atomic<MemAtomicOp::ADD, u32>>("LDADD", Group::atomic),
        row<"11 111 0 00 a r 1 sssss 0 000 00 nnnnn ttttt", atomic<MemAtomicOp::ADD, u64>>("LDADD", Group::atomic),
        row<"00 111 0 00 a r 1 sssss 0 001 00 nnnnn ttttt", atomic<MemAtomicOp::BIC, u8>>("LDCLRB", Group::atomic),
        row<"01 111 0 00 a r 1 sssss 0 001 00 nnnnn ttttt", atomic<MemAtomicOp::BIC, u16>>("LDCLRH", Group::atomic),
        row<"10 111 0 00 a r 1 sssss 0 001 00 nnnnn ttttt", atomic<MemAtomicOp::BIC, u32>>("LDCLR", Group::atomic),
        row<"11 111 0 00 a r 1 sssss 0 001 00 nnnnn ttttt", atomic<MemAtomicOp::BIC, u64>>("LDCLR", Group::atomic),
        row<"00 111 0 00 a r 1 sssss 0 010 00 nnnnn ttttt", atomic<MemAtomicOp::EOR, u8>>("LDEORB", Group::atomic),
        row<"01 111 0 00 a r 1 sssss 0 010 00 nnnnn ttttt", atomic<MemAtomicOp::EOR, u16>>("LDEORH", Group::atomic),
        row<"10 111 0 00 a r 1 sssss 0 010 00 nnnnn ttttt", atomic<MemAtomicOp::EOR, u32>>("LDEOR", Group::atomic),
        row<"11 111 0 00 a r 1 sssss 0 010 00 nnnnn ttttt", atomic<MemAtomicOp::EOR, u64>>("LDEOR", Group::atomic),
        row<"00 111 0 00 a r 1 sssss 0 011 00 nnnnn ttttt", atomic<MemAtomicOp::ORR, u8>>("LDSETB", Group::atomic),
        row<"01 111 0 00 a r 1 sssss 0 011 00 nnnnn ttttt", atomic<MemAtomicOp::ORR, u16>>("LDSETH", Group::atomic),
        row<"10 111 0 00 a r 1 sssss 0 011 00 nnnnn ttttt", atomic<MemAtomicOp::ORR, u32>>("LDSET", Group::atomic),
        row<"11 111 0 00 a r 1 sssss 0 011 00 nnnnn ttttt", atomic<MemAtomicOp::ORR, u64>>("LDSET", Group::atomic),
        row<"00 111 0 00 a r 1 sssss 0 100 00 nnnnn ttttt", atomic<MemAtomicOp::SMAX, u8>>("LDSMAXB", Group::atomic),
        row<"01 111 0 00 a r 1 sssss 0 100 00 nnnnn ttttt", atomic<MemAtomicOp::SMAX, u16>>("LDSMAXH", Group::atomic),
        row<"10 111 0 00 a r 1 sssss 0 100 00 nnnnn ttttt", atomic<MemAtomicOp::SMAX, u32>>("LDSMAX", Group::atomic),
        row<"11 111 0 00 a r 1 sssss 0 100 00 nnnnn ttttt", atomic<MemAtomicOp::SMAX, u64>>("LDSMAX", Group::atomic),
        row<"00 111 0 00 a r 1 sssss 0 101 00 nnnnn ttttt", atomic<MemAtomicOp::SMIN, u8>>("LDSMINB", Group::atomic),
        row<"01 111 0 00 a r 1 sssss 0 101 00 nnnnn ttttt", atomic<MemAtomicOp::SMIN, u16>>("LDSMINH", Group::atomic),
        row<"10 111 0 00 a r 1 sssss 0 101 00 nnnnn ttttt", atomic<MemAtomicOp::SMIN, u32>>("LDSMIN", Group::atomic),
        row<"11 111 0 00 a r 1 sssss 0 101 00 nnnnn ttttt", atomic<MemAtomicOp::SMIN, u64>>("LDSMIN", Group::atomic),
        row<"00 111 0 00 a r 1 sssss 0 110 00 nnnnn ttttt", atomic<MemAtomicOp::UMAX, u8>>("LDUMAXB", Group::atomic),
        row<"01 111 0 00 a r 1 sssss 0 110 00 nnnnn ttttt", atomic<MemAtomicOp::UMAX, u16>>("LDUMAXH", Group::atomic),
        row<"10 111 0 00 a r 1 sssss 0 110 00 nnnnn ttttt", atomic<MemAtomicOp::UMAX, u32>>("LDUMAX", Group::atomic),
        row<"11 111 0 00 a r 1 sssss 0 110 00 nnnnn ttttt", atomic<MemAtomicOp::UMAX, u64>>("LDUMAX", Group::atomic),
        row<"00 111 0 00 a r 1 sssss 0 111 00 nnnnn ttttt", atomic<MemAtomicOp::UMIN, u8>>("LDUMINB", Group::atomic),
        row<"01 111 0 00 a r 1 sssss 0 111 00 nnnnn ttttt", atomic<MemAtomicOp::UMIN, u16>>("LDUMINH", Group::atomic),
        row<"10 111 0 00 a r 1 sssss 0 111 00 nnnnn ttttt", atomic<MemAtomicOp::UMIN, u32>>("LDUMIN", Group::atomic),
        row<"11 111 0 00 a r 1 sssss 0 111 00 nnnnn ttttt", atomic<MemAtomicOp::UMIN, u64>>("LDUMIN", Group::atomic),
        row<"00 111 0 00 a r 1 sssss 1 000 00 nnnnn ttttt", atomic<MemAtomicOp::SWP, u8>>("SWPB", Group::atomic),
        row<"01 111 0 00 a r 1 sssss 1 000 00 nnnnn ttttt", atomic<MemAtomicOp::SWP, u16>>("SWPH", Group::atomic),
        row<"10 111 0 00 a r 1 sssss 1 000 00 nnnnn ttttt", atomic<MemAtomicOp::SWP, u32>>("SWP", Group::atomic),
        row<"11 111 0 00 a r 1 sssss 1 000 00 nnnnn ttttt", atomic<MemAtomicOp::SWP, u64>>("SWP", Group::atomic),
        row<"00 001000 1 a 1 sssss r 11111 nnnnn ttttt", cas<u8>>("CASB", Group::atomic),
        row<"01 001000 1 a 1 sssss r 11111 nnnnn ttttt", cas<u16>>("CASH", Group::atomic),
        row<"10 001000 1 a 1 sssss r 11111 nnnnn ttttt", cas<u32>>("CAS", Group::atomic),
        row<"11 001000 1 a 1 sssss r 11111 nnnnn ttttt", cas<u64>>("CAS", Group::atomic),
        row<"00 001000 0 a 1 sssss r 11111 nnnnn ttttt", casp<u32>>("CASP", Group::atomic),
        row<"01 001000 0 a 1 sssss r 11111 nnnnn ttttt", casp<u64>>("CASP", Group::atomic),
        unsupported<"11 111 0 00 0 0 1 sssss 1 001 00 nnnnn ttttt">("ST64B", "FEAT_LS64 is not advertised"),
        unsupported<"11 111 0 00 0 0 1 sssss 1 010 00 nnnnn ttttt">("ST64BV0", "FEAT_LS64 is not advertised"),
        unsupported<"11 111 0 00 0 0 1 sssss 1 011 00 nnnnn ttttt">("ST64BV", "FEAT_LS64 is not advertised"),
        unsupported<"11 111 0 00 0 0 1 sssss 1 101 00 nnnnn ttttt">("LD64B", "FEAT_LS64 is not advertised"),
        unsupported<"00 011 0 01 a r 1 uuuuu 0 001 00 nnnnn ttttt">("LDCLRP", "FEAT_LSE128 is not advertised"),
        unsupported<"00 011 0 01 a r 1 uuuuu 0 011 00 nnnnn ttttt">("LDSETP", "FEAT_LSE128 is not advertised"),
        unsupported<"00 011 0 01 a r 1 uuuuu 1 000 00 nnnnn ttttt">("SWPP", "FEAT_LSE128 is not advertised"),
    };
    return rows;
}

} // namespace

std::span<const Row> atomics() { return table(); }

} // namespace arm64::cpu::a64

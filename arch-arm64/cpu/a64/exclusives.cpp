// SPDX-License-Identifier: Apache-2.0
// Load-exclusive and store-exclusive, load-acquire and store-release. Source: Arm DDI 0487, B2.9, C4.1 (Loads and
// Stores), C6.2.
//
// A load-exclusive remembers what it read and where. A store-exclusive to the same address and of the same size is a
// compare-and-swap of the host: it succeeds if memory holds that value still. So
//  - no store of another CPU, atomic or plain, is lost between the two, and of several CPUs that try, one succeeds;
//  - a value that has changed and changed back (ABA) is not noticed, where the manual's global monitor notices any
//    store. A sequence that takes the same value for "nothing was stored" relies on more than it gets here. Known ones
//    (Linux, C libraries, compilers' atomics) do not: they compute the new value of the old one;
//  - it succeeds at that address only, while an implementation's granule may be larger: which software cannot rely on;
//  - WFE does not wake because a monitor was cleared; Cpu::wait_for_event comes back by itself.
//
// A store-exclusive checks its address whether or not it succeeds (IMPLEMENTATION DEFINED). CONSTRAINED UNPREDICTABLE:
// a status register that is also Rt or Rn is written after these were read; a pair that is loaded into one register
// leaves the second word there.
#include "arch-arm64/cpu/a64/memory_order.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace arm64::cpu::a64 {
namespace {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using detail::Way;

constexpr auto relaxed = Order::relaxed, ordered = Order::acquire_or_release;

// ---- Exclusives

template <Way W, class T, Order O>
bool load_exclusive(Cpu& cpu, const Op& op) {
    const u64 at = locate<W, sizeof(T), Cpu::Intent::read>(cpu, op);
    if (at == 0)
        return false;
    const T value = atomic_load<T, O>(at);
    cpu.monitor = {guest_pointer<std::byte>(at), sizeof(T), {value, 0}};
    cpu.x[op.d] = value;
    return true;
}

template <Way W, class Word, Order O>
bool load_exclusive_pair(Cpu& cpu, const Op& op) {
    const u64 at = locate<W, 2 * sizeof(Word), Cpu::Intent::read>(cpu, op);
    if (at == 0)
        return false;
    auto& monitor = cpu.monitor;
    monitor = {guest_pointer<std::byte>(at), 2 * sizeof(Word), {}};
    if constexpr (sizeof(Word) == 4) {
        const u64 both = atomic_load<u64, O>(at);
        monitor.value = {both, 0};
        cpu.x[op.d] = static_cast<u32>(both);
        cpu.x[op.a] = both >> 32;
    } else { // both are of one moment only if a store-exclusive confirms it (B2.9.5)
        monitor.value[0] = atomic_load<u64, O>(at);
        monitor.value[1] = atomic_load<u64, O>(at + 8);
        cpu.x[op.d] = monitor.value[0];
        cpu.x[op.a] = monitor.value[1];
    }
    return true;
}

template <class T>
[[nodiscard]] T joined(u64 low, u64 high) {
    if constexpr (sizeof(T) == 16)
        return static_cast<T>(high) << 64 | low;
    else
        return static_cast<T>(low);
}

/// Stores if the monitor is set for that address and size and memory has not changed; its status is Ws.
template <class T, Order O>
void store_if_unchanged(Cpu& cpu, const Op& op, u64 at, T desired) {
    const auto& monitor = cpu.monitor;
    bool stored = monitor.address == guest_pointer<std::byte>(at) && monitor.bytes == sizeof(T);
    if (stored) {
        const T expected = joined<T>(monitor.value[0], monitor.value[1]);
        stored = compare_and_swap<T, O>(at, expected, desired) == expected;
    }
    cpu.monitor.address = nullptr;
    cpu.x[op.d] = stored ? 0 : 1;
}

template <Way W, class T, Order O>
bool store_exclusive(Cpu& cpu, const Op& op) {
    const u64 at = locate<W, sizeof(T), Cpu::Intent::write>(cpu, op);
    if (at == 0)
        return false;
    store_if_unchanged<T, O>(cpu, op, at, static_cast<T>(cpu.x[op.m]));
    return true;
}

template <Way W, class Word, Order O>
bool store_exclusive_pair(Cpu& cpu, const Op& op) {
    const u64 at = locate<W, 2 * sizeof(Word), Cpu::Intent::write>(cpu, op);
    if (at == 0)
        return false;
    if constexpr (sizeof(Word) == 4)
        store_if_unchanged<u64, O>(cpu, op, at, static_cast<u32>(cpu.x[op.m]) | cpu.x[op.a] << 32);
    else
        store_if_unchanged<u128, O>(cpu, op, at, joined<u128>(cpu.x[op.m], cpu.x[op.a]));
    return true;
}

// Rn, Rt
template <class T, Order O>
void ldxr(Translator& t, u32 n, u32 rt) {
    t.emit(quick_handler<load_exclusive<Way::quick, T, O>, load_exclusive<Way::whole, T, O>>,
           {.d = destination(rt), .n = or_sp(n)});
}
// Rt2, Rn, Rt
template <class Word, Order O>
void ldxp(Translator& t, u32 rt2, u32 n, u32 rt) {
    t.emit(quick_handler<load_exclusive_pair<Way::quick, Word, O>, load_exclusive_pair<Way::whole, Word, O>>,
           {.d = destination(rt), .n = or_sp(n), .a = destination(rt2)});
}
// Rs, Rn, Rt
template <class T, Order O>
void stxr(Translator& t, u32 s, u32 n, u32 rt) {
    t.emit(quick_handler<store_exclusive<Way::quick, T, O>, store_exclusive<Way::whole, T, O>>,
           {.d = destination(s), .n = or_sp(n), .m = source(rt)});
}
// Rs, Rt2, Rn, Rt
template <class Word, Order O>
void stxp(Translator& t, u32 s, u32 rt2, u32 n, u32 rt) {
    t.emit(quick_handler<store_exclusive_pair<Way::quick, Word, O>, store_exclusive_pair<Way::whole, Word, O>>,
           {.d = destination(s), .n = or_sp(n), .m = source(rt), .a = source(rt2)});
}

// ---- Load-acquire, store-release: also of devices, on the whole way

constexpr Cpu::Kind plain{.aligned = true, .described = true};

template <class T>
bool load_acquire_quickly(Cpu& cpu, const Op& op) {
    const u64 at = locate<Way::quick, sizeof(T), Cpu::Intent::read>(cpu, op);
    if (at == 0)
        return false;
    cpu.x[op.d] = atomic_load<T, ordered>(at);
    return true;
}

template <class T>
bool load_acquire(Cpu& cpu, const Op& op) {
    if (op.n == sp_slot && !cpu.check_SP_alignment())
        return false;
    std::atomic_thread_fence(std::memory_order_seq_cst); // not before an earlier STLR
    const auto value = cpu.load<T, plain>(cpu.x[op.n]);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (!value)
        return false;
    cpu.x[op.d] = *value;
    return true;
}

template <class T>
bool store_release_quickly(Cpu& cpu, const Op& op) {
    const u64 at = locate<Way::quick, sizeof(T), Cpu::Intent::write>(cpu, op);
    if (at == 0)
        return false;
    atomic_store<T, ordered>(at, static_cast<T>(cpu.x[op.d]));
    return true;
}

template <class T>
bool store_release(Cpu& cpu, const Op& op) {
    if (op.n == sp_slot && !cpu.check_SP_alignment())
        return false;
    std::atomic_thread_fence(std::memory_order_release);
    const bool stored = cpu.store<T, plain>(cpu.x[op.n], cpu.x[op.d]);
    std::atomic_thread_fence(std::memory_order_seq_cst); // not behind a later LDAR
    return stored;
}

// Rn, Rt
template <class T>
void ldar(Translator& t, u32 n, u32 rt) {
    t.emit(quick_handler<load_acquire_quickly<T>, load_acquire<T>>, {.d = destination(rt), .n = or_sp(n)});
}
template <class T>
void stlr(Translator& t, u32 n, u32 rt) {
    t.emit(quick_handler<store_release_quickly<T>, store_release<T>>, {.d = source(rt), .n = or_sp(n)});
}

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
        row<"00 001000 0 0 0 sssss 0 ----- nnnnn ttttt", stxr<u8, relaxed>>("STXRB", Group::exclusive),
        row<"01 001000 0 0 0 sssss 0 ----- nnnnn ttttt", stxr<u16, relaxed>>("STXRH", Group::exclusive),
        row<"10 001000 0 0 0 sssss 0 ----- nnnnn ttttt", stxr<u32, relaxed>>("STXR", Group::exclusive),
        row<"11 001000 0 0 0 sssss 0 ----- nnnnn ttttt", stxr<u64, relaxed>>("STXR", Group::exclusive),
        row<"00 001000 0 1 0 ----- 0 ----- nnnnn ttttt", ldxr<u8, relaxed>>("LDXRB", Group::exclusive),
        row<"01 001000 0 1 0 ----- 0 ----- nnnnn ttttt", ldxr<u16, relaxed>>("LDXRH", Group::exclusive),
        row<"10 001000 0 1 0 ----- 0 ----- nnnnn ttttt", ldxr<u32, relaxed>>("LDXR", Group::exclusive),
        row<"11 001000 0 1 0 ----- 0 ----- nnnnn ttttt", ldxr<u64, relaxed>>("LDXR", Group::exclusive),
        row<"10 001000 0 0 1 sssss 0 uuuuu nnnnn ttttt", stxp<u32, relaxed>>("STXP", Group::exclusive),
        row<"11 001000 0 0 1 sssss 0 uuuuu nnnnn ttttt", stxp<u64, relaxed>>("STXP", Group::exclusive),
        row<"10 001000 0 1 1 ----- 0 uuuuu nnnnn ttttt", ldxp<u32, relaxed>>("LDXP", Group::exclusive),
        row<"11 001000 0 1 1 ----- 0 uuuuu nnnnn ttttt", ldxp<u64, relaxed>>("LDXP", Group::exclusive),
        row<"00 001000 0 0 0 sssss 1 ----- nnnnn ttttt", stxr<u8, ordered>>("STLXRB", Group::exclusive),
        row<"01 001000 0 0 0 sssss 1 ----- nnnnn ttttt", stxr<u16, ordered>>("STLXRH", Group::exclusive),
        row<"10 001000 0 0 0 sssss 1 ----- nnnnn ttttt", stxr<u32, ordered>>("STLXR", Group::exclusive),
        row<"11 001000 0 0 0 sssss 1 ----- nnnnn ttttt", stxr<u64, ordered>>("STLXR", Group::exclusive),
        row<"00 001000 0 1 0 ----- 1 ----- nnnnn ttttt", ldxr<u8, ordered>>("LDAXRB", Group::exclusive),
        row<"01 001000 0 1 0 ----- 1 ----- nnnnn ttttt", ldxr<u16, ordered>>("LDAXRH", Group::exclusive),
        row<"10 001000 0 1 0 ----- 1 ----- nnnnn ttttt", ldxr<u32, ordered>>("LDAXR", Group::exclusive),
        row<"11 001000 0 1 0 ----- 1 ----- nnnnn ttttt", ldxr<u64, ordered>>("LDAXR", Group::exclusive),
        row<"10 001000 0 0 1 sssss 1 uuuuu nnnnn ttttt", stxp<u32, ordered>>("STLXP", Group::exclusive),
        row<"11 001000 0 0 1 sssss 1 uuuuu nnnnn ttttt", stxp<u64, ordered>>("STLXP", Group::exclusive),
        row<"10 001000 0 1 1 ----- 1 uuuuu nnnnn ttttt", ldxp<u32, ordered>>("LDAXP", Group::exclusive),
        row<"11 001000 0 1 1 ----- 1 uuuuu nnnnn ttttt", ldxp<u64, ordered>>("LDAXP", Group::exclusive),
        row<"00 001000 1 0 0 ----- 1 ----- nnnnn ttttt", stlr<u8>>("STLRB", Group::load_store),
        row<"01 001000 1 0 0 ----- 1 ----- nnnnn ttttt", stlr<u16>>("STLRH", Group::load_store),
        row<"10 001000 1 0 0 ----- 1 ----- nnnnn ttttt", stlr<u32>>("STLR", Group::load_store),
        row<"11 001000 1 0 0 ----- 1 ----- nnnnn ttttt", stlr<u64>>("STLR", Group::load_store),
        row<"00 001000 1 1 0 ----- 1 ----- nnnnn ttttt", ldar<u8>>("LDARB", Group::load_store),
        row<"01 001000 1 1 0 ----- 1 ----- nnnnn ttttt", ldar<u16>>("LDARH", Group::load_store),
        row<"10 001000 1 1 0 ----- 1 ----- nnnnn ttttt", ldar<u32>>("LDAR", Group::load_store),
        row<"11 001000 1 1 0 ----- 1 ----- nnnnn ttttt", ldar<u64>>("LDAR", Group::load_store),
        unsupported<"zz 001000 1 0 0 ----- 0 ----- nnnnn ttttt">("STLLR", "FEAT_LOR is not advertised"),
        unsupported<"zz 001000 1 1 0 ----- 0 ----- nnnnn ttttt">("LDLAR", "FEAT_LOR is not advertised"),
        unsupported<"00 111 0 00 1 0 1 ----- 1 100 00 nnnnn ttttt">("LDAPRB", "FEAT_LRCPC is not advertised"),
        unsupported<"01 111 0 00 1 0 1 ----- 1 100 00 nnnnn ttttt">("LDAPRH", "FEAT_LRCPC is not advertised"),
        unsupported<"10 111 0 00 1 0 1 ----- 1 100 00 nnnnn ttttt">("LDAPR", "FEAT_LRCPC is not advertised"),
        unsupported<"11 111 0 00 1 0 1 ----- 1 100 00 nnnnn ttttt">("LDAPR", "FEAT_LRCPC is not advertised"),
    };
    return rows;
}

} // namespace

std::span<const Row> exclusives() { return table(); }

} // namespace arm64::cpu::a64

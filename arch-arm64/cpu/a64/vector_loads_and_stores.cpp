// SPDX-License-Identifier: Apache-2.0
// Loads and stores of SIMD&FP registers. Source: Arm DDI 0487, C4.1 (Loads and Stores), C7.2.
#include "arch-arm64/cpu/a64/addressing.hpp"
#include "arch-arm64/cpu/guest_access.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

namespace arm64::cpu::a64 {
namespace {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

// ---- Scalars: u8 to u64, and Vector

template <class T>
struct Load {
    static constexpr unsigned scale = log2_of(sizeof(T));
    static constexpr bool simd = true;
    [[nodiscard]] static Slot slot(u32 t) { return static_cast<Slot>(t); }
    [[gnu::always_inline]] static void take(Vector& into, u64 address) {
        if constexpr (std::is_same_v<T, Vector>)
            into.d = {guest_load<u64>(address), guest_load<u64>(address + 8)};
        else
            into.set_scalar(guest_load<T>(address));
    }
    template <Cpu::Kind K>
    [[gnu::always_inline]] [[nodiscard]] static bool move_quickly(Cpu& cpu, Slot t, u64 va) {
        const auto* const entry = cpu.find_readable<K>(va, sizeof(T));
        if (entry == nullptr)
            return false;
        take(cpu.v[t], entry->host + va);
        return true;
    }
    template <Cpu::Kind K>
    [[gnu::noinline]] [[nodiscard]] static bool move(Cpu& cpu, Slot t, u64 va) {
        if constexpr (std::is_same_v<T, Vector>) {
            return cpu.load<K>(va, cpu.v[t]);
        } else {
            const auto value = cpu.load<T, K>(va);
            if (!value)
                return false;
            cpu.v[t].set_scalar(static_cast<T>(*value));
            return true;
        }
    }
};

template <class T>
struct Store {
    static constexpr unsigned scale = log2_of(sizeof(T));
    static constexpr bool simd = true;
    [[nodiscard]] static Slot slot(u32 t) { return static_cast<Slot>(t); }
    [[gnu::always_inline]] static void put(const Vector& from, u64 address) {
        if constexpr (std::is_same_v<T, Vector>) {
            guest_store(address, from.d[0]);
            guest_store(address + 8, from.d[1]);
        } else {
            guest_store(address, from.get<T>());
        }
    }
    template <Cpu::Kind K>
    [[gnu::always_inline]] [[nodiscard]] static bool move_quickly(Cpu& cpu, Slot t, u64 va) {
        const auto* const entry = cpu.find_writable<K>(va, sizeof(T));
        if (entry == nullptr)
            return false;
        put(cpu.v[t], entry->host + va);
        return true;
    }
    template <Cpu::Kind K>
    [[gnu::noinline]] [[nodiscard]] static bool move(Cpu& cpu, Slot t, u64 va) {
        if constexpr (std::is_same_v<T, Vector>)
            return cpu.store<K>(va, cpu.v[t]);
        else
            return cpu.store<T, K>(va, cpu.v[t].template get<T>());
    }
};

// ---- Pairs: u32, u64, and Vector

template <class T>
struct LoadPair {
    static constexpr unsigned scale = log2_of(sizeof(T));
    static constexpr bool simd = true;
    [[nodiscard]] static Slot slot(u32 t) { return static_cast<Slot>(t); }
    [[gnu::always_inline]] [[nodiscard]] static bool move_quickly(Cpu& cpu, Slot t, Slot t2, u64 va) {
        const auto* const entry = cpu.find_readable(va, 2 * sizeof(T));
        if (entry == nullptr)
            return false;
        const u64 address = entry->host + va;
        Load<T>::take(cpu.v[t], address);
        Load<T>::take(cpu.v[t2], address + sizeof(T));
        return true;
    }
    [[gnu::noinline]] [[nodiscard]] static bool move(Cpu& cpu, Slot t, Slot t2, u64 va) {
        const Vector before = cpu.v[t];
        if (!Load<T>::template move<Cpu::Kind{}>(cpu, t, va))
            return false;
        if (Load<T>::template move<Cpu::Kind{}>(cpu, t2, va + sizeof(T)))
            return true;
        cpu.v[t] = before;
        return false;
    }
};

template <class T>
struct StorePair {
    static constexpr unsigned scale = log2_of(sizeof(T));
    static constexpr bool simd = true;
    [[nodiscard]] static Slot slot(u32 t) { return static_cast<Slot>(t); }
    [[gnu::always_inline]] [[nodiscard]] static bool move_quickly(Cpu& cpu, Slot t, Slot t2, u64 va) {
        const auto* const entry = cpu.find_writable(va, 2 * sizeof(T));
        if (entry == nullptr)
            return false;
        const u64 address = entry->host + va;
        Store<T>::put(cpu.v[t], address);
        Store<T>::put(cpu.v[t2], address + sizeof(T));
        return true;
    }
    [[gnu::noinline]] [[nodiscard]] static bool move(Cpu& cpu, Slot t, Slot t2, u64 va) {
        if (crosses_page(va, 2 * sizeof(T)) && !cpu.check_writable(va, 2 * sizeof(T)))
            return false;
        return Store<T>::template move<Cpu::Kind{}>(cpu, t, va) &&
               Store<T>::template move<Cpu::Kind{}>(cpu, t2, va + sizeof(T));
    }
};

// ---- Structures: elements of `registers` registers, of which `structure` are interleaved

enum class Direction : u8 { load, store };

constexpr unsigned most_bytes = 64; // of all registers

[[nodiscard]] bool check_structure(Cpu& cpu, const Op& op) {
    return cpu.check_fp_enabled() && (op.n != sp_slot || cpu.check_SP_alignment());
}

// An op's a is the base again where there is writeback, or the sink; what is added is in m or imm, the other one is 0.
void write_back(Cpu& cpu, const Op& op, u64 va) { cpu.x[op.a] = va + cpu.x[op.m] + op.imm; }

template <class T>
using Elements = std::array<T, most_bytes / sizeof(T)>;

/// Whether `bytes` at `va` can be accessed as doublewords: elements are single-copy atomic if they are aligned.
template <class T>
[[nodiscard]] bool by_doublewords(u64 va, unsigned bytes) {
    return bytes % 8 == 0 && (sizeof(T) == 1 || va % 8 == 0);
}

/// From memory, in the order that they have there. False: none of `into` counts.
template <class T>
[[nodiscard]] bool load_elements(Cpu& cpu, u64 va, unsigned count, Elements<T>& into) {
    const unsigned bytes = count * sizeof(T);
    if (const auto* const entry = cpu.find_readable(va, bytes)) [[likely]] {
        const u64 address = entry->host + va;
        if (by_doublewords<T>(va, bytes)) {
            for (unsigned i = 0; i < bytes; i += 8) {
                const auto word = guest_load<u64>(address + i);
                std::memcpy(&into[i / sizeof(T)], &word, 8);
            }
        } else {
            for (unsigned i = 0; i < count; ++i)
                into[i] = guest_load<T>(address + i * sizeof(T));
        }
        return true;
    }
    for (unsigned i = 0; i < count; ++i) {
        const auto value = cpu.load<T>(va + i * sizeof(T));
        if (!value)
            return false;
        into[i] = static_cast<T>(*value);
    }
    return true;
}

template <class T>
[[nodiscard]] bool store_elements(Cpu& cpu, u64 va, unsigned count, const Elements<T>& from) {
    const unsigned bytes = count * sizeof(T);
    if (const auto* const entry = cpu.find_writable(va, bytes)) [[likely]] {
        const u64 address = entry->host + va;
        if (by_doublewords<T>(va, bytes)) {
            for (unsigned i = 0; i < bytes; i += 8) {
                u64 word = 0;
                std::memcpy(&word, &from[i / sizeof(T)], 8);
                guest_store(address + i, word);
            }
        } else {
            for (unsigned i = 0; i < count; ++i)
                guest_store(address + i * sizeof(T), from[i]);
        }
        return true;
    }
    if (crosses_page(va, bytes) && !cpu.check_writable(va, bytes))
        return false;
    for (unsigned i = 0; i < count; ++i)
        if (!cpu.store<T>(va + i * sizeof(T), from[i]))
            return false;
    return true;
}

/// Register `r` of the list that begins with op.d: behind V31 is V0.
[[nodiscard]] Vector& listed(Cpu& cpu, const Op& op, unsigned r) { return cpu.v[(op.d + r) % 32]; }

// op.extra: bytes of each register, 8 or 16.
template <class T, Direction D, unsigned registers, unsigned structure>
bool multiple_structures(Cpu& cpu, const Op& op) {
    if (!check_structure(cpu, op))
        return false;
    const u64 va = cpu.x[op.n];
    const unsigned each = op.extra / sizeof(T);
    // Of element e of register r.
    const auto position = [&](unsigned r, unsigned e) {
        if constexpr (structure == 1)
            return r * each + e;
        else
            return e * structure + r;
    };
    Elements<T> elements;
    if constexpr (D == Direction::load) {
        if (!load_elements(cpu, va, registers * each, elements))
            return false;
        for (unsigned r = 0; r < registers; ++r) {
            Vector& v = listed(cpu, op, r);
            v.d[1] = 0;
            for (unsigned e = 0; e < each; ++e)
                v.set(e, elements[position(r, e)]);
        }
    } else {
        for (unsigned r = 0; r < registers; ++r)
            for (unsigned e = 0; e < each; ++e)
                elements[position(r, e)] = listed(cpu, op, r).template get<T>(e);
        if (!store_elements(cpu, va, registers * each, elements))
            return false;
    }
    write_back(cpu, op, va);
    return true;
}

// op.extra: index of the element.
template <class T, Direction D, unsigned structure>
bool single_structure(Cpu& cpu, const Op& op) {
    if (!check_structure(cpu, op))
        return false;
    const u64 va = cpu.x[op.n];
    Elements<T> elements;
    if constexpr (D == Direction::load) {
        if (!load_elements(cpu, va, structure, elements))
            return false;
        for (unsigned r = 0; r < structure; ++r)
            listed(cpu, op, r).set(op.extra, elements[r]);
    } else {
        for (unsigned r = 0; r < structure; ++r)
            elements[r] = listed(cpu, op, r).template get<T>(op.extra);
        if (!store_elements(cpu, va, structure, elements))
            return false;
    }
    write_back(cpu, op, va);
    return true;
}

// op.extra: bytes of each register, 8 or 16.
template <class T, unsigned structure>
bool replicated_structure(Cpu& cpu, const Op& op) {
    if (!check_structure(cpu, op))
        return false;
    const u64 va = cpu.x[op.n];
    Elements<T> elements;
    if (!load_elements(cpu, va, structure, elements))
        return false;
    for (unsigned r = 0; r < structure; ++r) {
        Vector& v = listed(cpu, op, r);
        v.d[1] = 0;
        for (unsigned e = 0; e < op.extra / sizeof(T); ++e)
            v.set(e, elements[r]);
    }
    write_back(cpu, op, va);
    return true;
}

/// What executes an encoding, its op.extra, and how many bytes it transfers. Nothing: UNDEFINED.
struct Structures {
    Handler handler;
    u32 extra;
    u32 bytes;
};

bool emit_structures(Translator& translator, const std::optional<Structures>& what, u32 n, u32 t) {
    if (what)
        translator.emit(what->handler, {.d = static_cast<Slot>(t),
                                        .n = or_sp(n),
                                        .m = zero_slot,
                                        .a = sink_slot,
                                        .extra = static_cast<u16>(what->extra)});
    return what.has_value();
}

// Post-index by Rm, or, if that is 31, by what was transferred.
bool emit_structures_post(Translator& translator, const std::optional<Structures>& what, u32 m, u32 n, u32 t) {
    if (what)
        translator.emit(what->handler, {.d = static_cast<Slot>(t),
                                        .n = or_sp(n),
                                        .m = source(m),
                                        .a = or_sp(n),
                                        .extra = static_cast<u16>(what->extra),
                                        .imm = m == 31 ? what->bytes : 0});
    return what.has_value();
}

template <Direction D, unsigned registers, unsigned structure>
std::optional<Structures> choose_multiple(u32 Q, u32 size) {
    static constexpr std::array handlers{handler<multiple_structures<u8, D, registers, structure>>,
                                         handler<multiple_structures<u16, D, registers, structure>>,
                                         handler<multiple_structures<u32, D, registers, structure>>,
                                         handler<multiple_structures<u64, D, registers, structure>>};
    if (structure != 1 && size == 3 && Q == 0)
        return std::nullopt;
    const u32 bytes = Q != 0 ? 16 : 8;
    return Structures{handlers[size], bytes, registers * bytes};
}

template <Direction D, unsigned structure>
std::optional<Structures> choose_single(u32 Q, u32 scale, u32 S, u32 size) {
    static constexpr std::array handlers{
        handler<single_structure<u8, D, structure>>, handler<single_structure<u16, D, structure>>,
        handler<single_structure<u32, D, structure>>, handler<single_structure<u64, D, structure>>};
    const u32 byte = Q << 3 | S << 2 | size;
    switch (scale << 2 | size) {
    case 0b0000:
    case 0b0001:
    case 0b0010:
    case 0b0011: return Structures{handlers[0], byte, structure};
    case 0b0100:
    case 0b0110: return Structures{handlers[1], byte >> 1, structure * 2};
    case 0b1000: return Structures{handlers[2], byte >> 2, structure * 4};
    case 0b1001:
        if (S != 0)
            return std::nullopt;
        return Structures{handlers[3], byte >> 3, structure * 8};
    default: return std::nullopt; // replicated ones have rows of their own
    }
}

template <unsigned structure>
std::optional<Structures> choose_replicated(u32 Q, u32 size) {
    static constexpr std::array handlers{
        handler<replicated_structure<u8, structure>>, handler<replicated_structure<u16, structure>>,
        handler<replicated_structure<u32, structure>>, handler<replicated_structure<u64, structure>>};
    return Structures{handlers[size], Q != 0 ? 16U : 8U, structure << size};
}

template <Direction D, unsigned registers, unsigned structure>
bool multiple(Translator& translator, u32 Q, u32 size, u32 n, u32 t) {
    return emit_structures(translator, choose_multiple<D, registers, structure>(Q, size), n, t);
}
template <Direction D, unsigned registers, unsigned structure>
bool multiple_post(Translator& translator, u32 Q, u32 m, u32 size, u32 n, u32 t) {
    return emit_structures_post(translator, choose_multiple<D, registers, structure>(Q, size), m, n, t);
}
template <Direction D, unsigned structure>
bool single(Translator& translator, u32 Q, u32 scale, u32 S, u32 size, u32 n, u32 t) {
    return emit_structures(translator, choose_single<D, structure>(Q, scale, S, size), n, t);
}
template <Direction D, unsigned structure>
bool single_post(Translator& translator, u32 Q, u32 m, u32 scale, u32 S, u32 size, u32 n, u32 t) {
    return emit_structures_post(translator, choose_single<D, structure>(Q, scale, S, size), m, n, t);
}
template <unsigned structure>
bool replicate(Translator& translator, u32 Q, u32 size, u32 n, u32 t) {
    return emit_structures(translator, choose_replicated<structure>(Q, size), n, t);
}
template <unsigned structure>
bool replicate_post(Translator& translator, u32 Q, u32 m, u32 size, u32 n, u32 t) {
    return emit_structures_post(translator, choose_replicated<structure>(Q, size), m, n, t);
}

constexpr auto ld = Direction::load, st = Direction::store;
constexpr auto group = Group::load_store;

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
    // ---- Unsigned offset
        row<"00 111 1 01 00 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Store<u8>>>("STR (immediate, SIMD&FP)", group),
        row<"00 111 1 01 01 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Load<u8>>>("LDR (immediate, SIMD&FP)", group),
        row<"01 111 1 01 00 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Store<u16>>>("STR (immediate, SIMD&FP)", group),
        row<"01 111 1 01 01 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Load<u16>>>("LDR (immediate, SIMD&FP)", group),
        row<"10 111 1 01 00 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Store<u32>>>("STR (immediate, SIMD&FP)", group),
        row<"10 111 1 01 01 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Load<u32>>>("LDR (immediate, SIMD&FP)", group),
        row<"11 111 1 01 00 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Store<u64>>>("STR (immediate, SIMD&FP)", group),
        row<"11 111 1 01 01 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Load<u64>>>("LDR (immediate, SIMD&FP)", group),
        row<"00 111 1 01 10 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Store<Vector>>>("STR (immediate, SIMD&FP)",
                                                                                       group),
        row<"00 111 1 01 11 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Load<Vector>>>("LDR (immediate, SIMD&FP)",
                                                                                      group),
    // ---- Unscaled offset
        row<"00 111 1 00 00 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Store<u8>>>("STUR (SIMD&FP)", group),
        row<"00 111 1 00 01 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Load<u8>>>("LDUR (SIMD&FP)", group),
        row<"01 111 1 00 00 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Store<u16>>>("STUR (SIMD&FP)", group),
        row<"01 111 1 00 01 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Load<u16>>>("LDUR (SIMD&FP)", group),
        row<"10 111 1 00 00 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Store<u32>>>("STUR (SIMD&FP)", group),
        row<"10 111 1 00 01 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Load<u32>>>("LDUR (SIMD&FP)", group),
        row<"11 111 1 00 00 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Store<u64>>>("STUR (SIMD&FP)", group),
        row<"11 111 1 00 01 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Load<u64>>>("LDUR (SIMD&FP)", group),
        row<"00 111 1 00 10 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Store<Vector>>>("STUR (SIMD&FP)", group),
        row<"00 111 1 00 11 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Load<Vector>>>("LDUR (SIMD&FP)", group),
    // ---- Post-index
        row<"00 111 1 00 00 0 iiiiiiiii 01 nnnnn ttttt", post_index<Store<u8>>>("STR (immediate, SIMD&FP)", group),
        row<"00 111 1 00 01 0 iiiiiiiii 01 nnnnn ttttt", post_index<Load<u8>>>("LDR (immediate, SIMD&FP)", group),
        row<"01 111 1 00 00 0 iiiiiiiii 01 nnnnn ttttt", post_index<Store<u16>>>("STR (immediate, SIMD&FP)", group),
        row<"01 111 1 00 01 0 iiiiiiiii 01 nnnnn ttttt", post_index<Load<u16>>>("LDR (immediate, SIMD&FP)", group),
        row<"10 111 1 00 00 0 iiiiiiiii 01 nnnnn ttttt", post_index<Store<u32>>>("STR (immediate, SIMD&FP)", group),
        row<"10 111 1 00 01 0 iiiiiiiii 01 nnnnn ttttt", post_index<Load<u32>>>("LDR (immediate, SIMD&FP)", group),
        row<"11 111 1 00 00 0 iiiiiiiii 01 nnnnn ttttt", post_index<Store<u64>>>("STR (immediate, SIMD&FP)", group),
        row<"11 111 1 00 01 0 iiiiiiiii 01 nnnnn ttttt", post_index<Load<u64>>>("LDR (immediate, SIMD&FP)", group),
        row<"00 111 1 00 10 0 iiiiiiiii 01 nnnnn ttttt", post_index<Store<Vector>>>("STR (immediate, SIMD&FP)", group),
        row<"00 111 1 00 11 0 iiiiiiiii 01 nnnnn ttttt", post_index<Load<Vector>>>("LDR (immediate, SIMD&FP)", group),
    // ---- Pre-index
        row<"00 111 1 00 00 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Store<u8>>>("STR (immediate, SIMD&FP)", group),
        row<"00 111 1 00 01 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Load<u8>>>("LDR (immediate, SIMD&FP)", group),
        row<"01 111 1 00 00 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Store<u16>>>("STR (immediate, SIMD&FP)", group),
        row<"01 111 1 00 01 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Load<u16>>>("LDR (immediate, SIMD&FP)", group),
        row<"10 111 1 00 00 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Store<u32>>>("STR (immediate, SIMD&FP)", group),
        row<"10 111 1 00 01 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Load<u32>>>("LDR (immediate, SIMD&FP)", group),
        row<"11 111 1 00 00 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Store<u64>>>("STR (immediate, SIMD&FP)", group),
        row<"11 111 1 00 01 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Load<u64>>>("LDR (immediate, SIMD&FP)", group),
        row<"00 111 1 00 10 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Store<Vector>>>("STR (immediate, SIMD&FP)", group),
        row<"00 111 1 00 11 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Load<Vector>>>("LDR (immediate, SIMD&FP)", group),
    // ---- Register offset
        row<"00 111 1 00 00 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Store<u8>>>("STR (register, SIMD&FP)",
                                                                                       group),
        row<"00 111 1 00 01 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Load<u8>>>("LDR (register, SIMD&FP)", group),
        row<"01 111 1 00 00 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Store<u16>>>("STR (register, SIMD&FP)",
                                                                                        group),
        row<"01 111 1 00 01 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Load<u16>>>("LDR (register, SIMD&FP)",
                                                                                       group),
        row<"10 111 1 00 00 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Store<u32>>>("STR (register, SIMD&FP)",
                                                                                        group),
        row<"10 111 1 00 01 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Load<u32>>>("LDR (register, SIMD&FP)",
                                                                                       group),
        row<"11 111 1 00 00 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Store<u64>>>("STR (register, SIMD&FP)",
                                                                                        group),
        row<"11 111 1 00 01 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Load<u64>>>("LDR (register, SIMD&FP)",
                                                                                       group),
        row<"00 111 1 00 10 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Store<Vector>>>("STR (register, SIMD&FP)",
                                                                                           group),
        row<"00 111 1 00 11 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Load<Vector>>>("LDR (register, SIMD&FP)",
                                                                                          group),
    // ---- Literal
        row<"00 011 1 00 iiiiiiiiiiiiiiiiiii ttttt", literal<Load<u32>>>("LDR (literal, SIMD&FP)", group),
        row<"01 011 1 00 iiiiiiiiiiiiiiiiiii ttttt", literal<Load<u64>>>("LDR (literal, SIMD&FP)", group),
        row<"10 011 1 00 iiiiiiiiiiiiiiiiiii ttttt", literal<Load<Vector>>>("LDR (literal, SIMD&FP)", group),
    // ---- Pairs
        row<"00 101 1 0 00 0 iiiiiii uuuuu nnnnn ttttt", pair_offset<StorePair<u32>>>("STNP (SIMD&FP)", group),
        row<"00 101 1 0 00 1 iiiiiii uuuuu nnnnn ttttt", pair_offset<LoadPair<u32>>>("LDNP (SIMD&FP)", group),
        row<"01 101 1 0 00 0 iiiiiii uuuuu nnnnn ttttt", pair_offset<StorePair<u64>>>("STNP (SIMD&FP)", group),
        row<"01 101 1 0 00 1 iiiiiii uuuuu nnnnn ttttt", pair_offset<LoadPair<u64>>>("LDNP (SIMD&FP)", group),
        row<"10 101 1 0 00 0 iiiiiii uuuuu nnnnn ttttt", pair_offset<StorePair<Vector>>>("STNP (SIMD&FP)", group),
        row<"10 101 1 0 00 1 iiiiiii uuuuu nnnnn ttttt", pair_offset<LoadPair<Vector>>>("LDNP (SIMD&FP)", group),
        row<"00 101 1 0 01 0 iiiiiii uuuuu nnnnn ttttt", pair_post_index<StorePair<u32>>>("STP (SIMD&FP)", group),
        row<"00 101 1 0 01 1 iiiiiii uuuuu nnnnn ttttt", pair_post_index<LoadPair<u32>>>("LDP (SIMD&FP)", group),
        row<"01 101 1 0 01 0 iiiiiii uuuuu nnnnn ttttt", pair_post_index<StorePair<u64>>>("STP (SIMD&FP)", group),
        row<"01 101 1 0 01 1 iiiiiii uuuuu nnnnn ttttt", pair_post_index<LoadPair<u64>>>("LDP (SIMD&FP)", group),
        row<"10 101 1 0 01 0 iiiiiii uuuuu nnnnn ttttt", pair_post_index<StorePair<Vector>>>("STP (SIMD&FP)", group),
        row<"10 101 1 0 01 1 iiiiiii uuuuu nnnnn ttttt", pair_post_index<LoadPair<Vector>>>("LDP (SIMD&FP)", group),
        row<"00 101 1 0 10 0 iiiiiii uuuuu nnnnn ttttt", pair_offset<StorePair<u32>>>("STP (SIMD&FP)", group),
        row<"00 101 1 0 10 1 iiiiiii uuuuu nnnnn ttttt", pair_offset<LoadPair<u32>>>("LDP (SIMD&FP)", group),
        row<"01 101 1 0 10 0 iiiiiii uuuuu nnnnn ttttt", pair_offset<StorePair<u64>>>("STP (SIMD&FP)", group),
        row<"01 101 1 0 10 1 iiiiiii uuuuu nnnnn ttttt", pair_offset<LoadPair<u64>>>("LDP (SIMD&FP)", group),
        row<"10 101 1 0 10 0 iiiiiii uuuuu nnnnn ttttt", pair_offset<StorePair<Vector>>>("STP (SIMD&FP)", group),
        row<"10 101 1 0 10 1 iiiiiii uuuuu nnnnn ttttt", pair_offset<LoadPair<Vector>>>("LDP (SIMD&FP)", group),
        row<"00 101 1 0 11 0 iiiiiii uuuuu nnnnn ttttt", pair_pre_index<StorePair<u32>>>("STP (SIMD&FP)", group),
        row<"00 101 1 0 11 1 iiiiiii uuuuu nnnnn ttttt", pair_pre_index<LoadPair<u32>>>("LDP (SIMD&FP)", group),
        row<"01 101 1 0 11 0 iiiiiii uuuuu nnnnn ttttt", pair_pre_index<StorePair<u64>>>("STP (SIMD&FP)", group),
        row<"01 101 1 0 11 1 iiiiiii uuuuu nnnnn ttttt", pair_pre_index<LoadPair<u64>>>("LDP (SIMD&FP)", group),
        row<"10 101 1 0 11 0 iiiiiii uuuuu nnnnn ttttt", pair_pre_index<StorePair<Vector>>>("STP (SIMD&FP)", group),
        row<"10 101 1 0 11 1 iiiiiii uuuuu nnnnn ttttt", pair_pre_index<LoadPair<Vector>>>("LDP (SIMD&FP)", group),
    // ---- Multiple structures
        row<"0 q 001100 0 0 000000 0111 zz nnnnn ttttt", multiple<st, 1, 1>>("ST1 (multiple structures)", group),
        row<"0 q 001100 0 0 000000 1010 zz nnnnn ttttt", multiple<st, 2, 1>>("ST1 (multiple structures)", group),
        row<"0 q 001100 0 0 000000 0110 zz nnnnn ttttt", multiple<st, 3, 1>>("ST1 (multiple structures)", group),
        row<"0 q 001100 0 0 000000 0010 zz nnnnn ttttt", multiple<st, 4, 1>>("ST1 (multiple structures)", group),
        row<"0 q 001100 0 0 000000 1000 zz nnnnn ttttt", multiple<st, 2, 2>>("ST2 (multiple structures)", group),
        row<"0 q 001100 0 0 000000 0100 zz nnnnn ttttt", multiple<st, 3, 3>>("ST3 (multiple structures)", group),
        row<"0 q 001100 0 0 000000 0000 zz nnnnn ttttt", multiple<st, 4, 4>>("ST4 (multiple structures)", group),
        row<"0 q 001100 0 1 000000 0111 zz nnnnn ttttt", multiple<ld, 1, 1>>("LD1 (multiple structures)", group),
        row<"0 q 001100 0 1 000000 1010 zz nnnnn ttttt", multiple<ld, 2, 1>>("LD1 (multiple structures)", group),
        row<"0 q 001100 0 1 000000 0110 zz nnnnn ttttt", multiple<ld, 3, 1>>("LD1 (multiple structures)", group),
        row<"0 q 001100 0 1 000000 0010 zz nnnnn ttttt", multiple<ld, 4, 1>>("LD1 (multiple structures)", group),
        row<"0 q 001100 0 1 000000 1000 zz nnnnn ttttt", multiple<ld, 2, 2>>("LD2 (multiple structures)", group),
        row<"0 q 001100 0 1 000000 0100 zz nnnnn ttttt", multiple<ld, 3, 3>>("LD3 (multiple structures)", group),
        row<"0 q 001100 0 1 000000 0000 zz nnnnn ttttt", multiple<ld, 4, 4>>("LD4 (multiple structures)", group),
    // ---- Single structure
        row<"0 q 001101 0 0 0 00000 cc0 s zz nnnnn ttttt", single<st, 1>>("ST1 (single structure)", group),
        row<"0 q 001101 0 0 1 00000 cc0 s zz nnnnn ttttt", single<st, 2>>("ST2 (single structure)", group),
        row<"0 q 001101 0 0 0 00000 cc1 s zz nnnnn ttttt", single<st, 3>>("ST3 (single structure)", group),
        row<"0 q 001101 0 0 1 00000 cc1 s zz nnnnn ttttt", single<st, 4>>("ST4 (single structure)", group),
        row<"0 q 001101 0 1 0 00000 cc0 s zz nnnnn ttttt", single<ld, 1>>("LD1 (single structure)", group),
        row<"0 q 001101 0 1 1 00000 cc0 s zz nnnnn ttttt", single<ld, 2>>("LD2 (single structure)", group),
        row<"0 q 001101 0 1 0 00000 cc1 s zz nnnnn ttttt", single<ld, 3>>("LD3 (single structure)", group),
        row<"0 q 001101 0 1 1 00000 cc1 s zz nnnnn ttttt", single<ld, 4>>("LD4 (single structure)", group),
        row<"0 q 001101 0 1 0 00000 110 0 zz nnnnn ttttt", replicate<1>>("LD1R", group),
        row<"0 q 001101 0 1 1 00000 110 0 zz nnnnn ttttt", replicate<2>>("LD2R", group),
        row<"0 q 001101 0 1 0 00000 111 0 zz nnnnn ttttt", replicate<3>>("LD3R", group),
        row<"0 q 001101 0 1 1 00000 111 0 zz nnnnn ttttt", replicate<4>>("LD4R", group),
    // ---- Multiple structures, post-index
        row<"0 q 001100 1 0 0 mmmmm 0111 zz nnnnn ttttt", multiple_post<st, 1, 1>>("ST1 (multiple structures)", group),
        row<"0 q 001100 1 0 0 mmmmm 1010 zz nnnnn ttttt", multiple_post<st, 2, 1>>("ST1 (multiple structures)", group),
        row<"0 q 001100 1 0 0 mmmmm 0110 zz nnnnn ttttt", multiple_post<st, 3, 1>>("ST1 (multiple structures)", group),
        row<"0 q 001100 1 0 0 mmmmm 0010 zz nnnnn ttttt", multiple_post<st, 4, 1>>("ST1 (multiple structures)", group),
        row<"0 q 001100 1 0 0 mmmmm 1000 zz nnnnn ttttt", multiple_post<st, 2, 2>>("ST2 (multiple structures)", group),
        row<"0 q 001100 1 0 0 mmmmm 0100 zz nnnnn ttttt", multiple_post<st, 3, 3>>("ST3 (multiple structures)", group),
        row<"0 q 001100 1 0 0 mmmmm 0000 zz nnnnn ttttt", multiple_post<st, 4, 4>>("ST4 (multiple structures)", group),
        row<"0 q 001100 1 1 0 mmmmm 0111 zz nnnnn ttttt", multiple_post<ld, 1, 1>>("LD1 (multiple structures)", group),
        row<"0 q 001100 1 1 0 mmmmm 1010 zz nnnnn ttttt", multiple_post<ld, 2, 1>>("LD1 (multiple structures)", group),
        row<"0 q 001100 1 1 0 mmmmm 0110 zz nnnnn ttttt", multiple_post<ld, 3, 1>>("LD1 (multiple structures)", group),
        row<"0 q 001100 1 1 0 mmmmm 0010 zz nnnnn ttttt", multiple_post<ld, 4, 1>>("LD1 (multiple structures)", group),
        row<"0 q 001100 1 1 0 mmmmm 1000 zz nnnnn ttttt", multiple_post<ld, 2, 2>>("LD2 (multiple structures)", group),
        row<"0 q 001100 1 1 0 mmmmm 0100 zz nnnnn ttttt", multiple_post<ld, 3, 3>>("LD3 (multiple structures)", group),
        row<"0 q 001100 1 1 0 mmmmm 0000 zz nnnnn ttttt", multiple_post<ld, 4, 4>>("LD4 (multiple structures)", group),
    // ---- Single structure, post-index
        row<"0 q 001101 1 0 0 mmmmm cc0 s zz nnnnn ttttt", single_post<st, 1>>("ST1 (single structure)", group),
        row<"0 q 001101 1 0 1 mmmmm cc0 s zz nnnnn ttttt", single_post<st, 2>>("ST2 (single structure)", group),
        row<"0 q 001101 1 0 0 mmmmm cc1 s zz nnnnn ttttt", single_post<st, 3>>("ST3 (single structure)", group),
        row<"0 q 001101 1 0 1 mmmmm cc1 s zz nnnnn ttttt", single_post<st, 4>>("ST4 (single structure)", group),
        row<"0 q 001101 1 1 0 mmmmm cc0 s zz nnnnn ttttt", single_post<ld, 1>>("LD1 (single structure)", group),
        row<"0 q 001101 1 1 1 mmmmm cc0 s zz nnnnn ttttt", single_post<ld, 2>>("LD2 (single structure)", group),
        row<"0 q 001101 1 1 0 mmmmm cc1 s zz nnnnn ttttt", single_post<ld, 3>>("LD3 (single structure)", group),
        row<"0 q 001101 1 1 1 mmmmm cc1 s zz nnnnn ttttt", single_post<ld, 4>>("LD4 (single structure)", group),
        row<"0 q 001101 1 1 0 mmmmm 110 0 zz nnnnn ttttt", replicate_post<1>>("LD1R", group),
        row<"0 q 001101 1 1 1 mmmmm 110 0 zz nnnnn ttttt", replicate_post<2>>("LD2R", group),
        row<"0 q 001101 1 1 0 mmmmm 111 0 zz nnnnn ttttt", replicate_post<3>>("LD3R", group),
        row<"0 q 001101 1 1 1 mmmmm 111 0 zz nnnnn ttttt", replicate_post<4>>("LD4R", group),
    // ---- Features that the ID registers do not advertise
        unsupported<"0 q 001101 0 l 0 00001 100 0 01 nnnnn ttttt">("LDAP1, STL1 (SIMD&FP)",
                                                                   "FEAT_LRCPC3 is not advertised"),
    };
    return rows;
}

} // namespace

std::span<const Row> vector_loads_and_stores() { return table(); }

} // namespace arm64::cpu::a64

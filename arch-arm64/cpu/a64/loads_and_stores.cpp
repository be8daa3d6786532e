// SPDX-License-Identifier: Apache-2.0
// Loads and stores of general-purpose registers. Source: Arm DDI 0487, C4.1 (Loads and Stores), C6.2.
#include "arch-arm64/cpu/a64/addressing.hpp"
#include "arch-arm64/cpu/guest_access.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>

#include <cstdint>
#include <type_traits>

namespace arm64::cpu::a64 {
namespace {

/// `Memory` is signed where the sign is extended, to the size of `Register`.
template <class Memory, class Register = std::uint64_t>
struct Load {
    using Word = std::make_unsigned_t<Memory>;
    static constexpr unsigned scale = log2_of(sizeof(Memory));
    static constexpr bool simd = false;
    [[nodiscard]] static Slot slot(std::uint32_t t) { return destination(t); }
    [[nodiscard]] static std::uint64_t extended(std::uint64_t word) {
        const auto value = static_cast<Register>(static_cast<Memory>(word));
        return value;
    }
    template <Cpu::Kind K>
    [[gnu::always_inline]] [[nodiscard]] static bool move_quickly(Cpu& cpu, Slot t, std::uint64_t va) {
        const auto* const entry = cpu.find_readable<K>(va, sizeof(Word));
        if (entry == nullptr)
            return false;
        cpu.x[t] = extended(guest_load<Word>(entry->host + va));
        return true;
    }
    template <Cpu::Kind K>
    [[gnu::noinline]] [[nodiscard]] static bool move(Cpu& cpu, Slot t, std::uint64_t va) {
        const auto value = cpu.load<Word, K>(va);
        if (!value)
            return false;
        cpu.x[t] = extended(*value);
        return true;
    }
};

template <class Word>
struct Store {
    static constexpr unsigned scale = log2_of(sizeof(Word));
    static constexpr bool simd = false;
    [[nodiscard]] static Slot slot(std::uint32_t t) { return source(t); }
    template <Cpu::Kind K>
    [[gnu::always_inline]] [[nodiscard]] static bool move_quickly(Cpu& cpu, Slot t, std::uint64_t va) {
        const auto* const entry = cpu.find_writable<K>(va, sizeof(Word));
        if (entry == nullptr)
            return false;
        guest_store(entry->host + va, static_cast<Word>(cpu.x[t]));
        return true;
    }
    template <Cpu::Kind K>
    [[gnu::noinline]] [[nodiscard]] static bool move(Cpu& cpu, Slot t, std::uint64_t va) {
        return cpu.store<Word, K>(va, cpu.x[t]);
    }
};

template <class Memory, class Register = std::uint64_t>
struct LoadPair {
    using Single = Load<Memory, Register>;
    using Word = Single::Word;
    static constexpr unsigned scale = Single::scale;
    static constexpr bool simd = false;
    [[nodiscard]] static Slot slot(std::uint32_t t) { return destination(t); }
    [[gnu::always_inline]] [[nodiscard]] static bool move_quickly(Cpu& cpu, Slot t, Slot t2, std::uint64_t va) {
        const auto* const entry = cpu.find_readable(va, 2 * sizeof(Word));
        if (entry == nullptr)
            return false;
        const auto first = guest_load<Word>(entry->host + va),
                   second = guest_load<Word>(entry->host + va + sizeof(Word));
        cpu.x[t] = Single::extended(first);
        cpu.x[t2] = Single::extended(second);
        return true;
    }
    [[gnu::noinline]] [[nodiscard]] static bool move(Cpu& cpu, Slot t, Slot t2, std::uint64_t va) {
        const auto first = cpu.load<Word>(va);
        if (!first)
            return false;
        const auto second = cpu.load<Word>(va + sizeof(Word));
        if (!second)
            return false;
        cpu.x[t] = Single::extended(*first);
        cpu.x[t2] = Single::extended(*second);
        return true;
    }
};

template <class Word>
struct StorePair {
    static constexpr unsigned scale = log2_of(sizeof(Word));
    static constexpr bool simd = false;
    [[nodiscard]] static Slot slot(std::uint32_t t) { return source(t); }
    [[gnu::always_inline]] [[nodiscard]] static bool move_quickly(Cpu& cpu, Slot t, Slot t2, std::uint64_t va) {
        const auto* const entry = cpu.find_writable(va, 2 * sizeof(Word));
        if (entry == nullptr)
            return false;
        const auto address = entry->host + va;
        guest_store(address, static_cast<Word>(cpu.x[t]));
        guest_store(address + sizeof(Word), static_cast<Word>(cpu.x[t2]));
        return true;
    }
    [[gnu::noinline]] [[nodiscard]] static bool move(Cpu& cpu, Slot t, Slot t2, std::uint64_t va) {
        if (crosses_page(va, 2 * sizeof(Word)) && !cpu.check_writable(va, 2 * sizeof(Word)))
            return false;
        return cpu.store<Word>(va, cpu.x[t]) && cpu.store<Word>(va + sizeof(Word), cpu.x[t2]);
    }
};

// PRFM: nothing here has a latency that it could hide.
void no_access(Cpu&, const Op&) {}
void prefetch(Translator& translator, std::uint32_t, std::uint32_t, std::uint32_t) {
    translator.emit(handler<no_access>);
}
void prefetch_literal(Translator& translator, std::uint32_t, std::uint32_t) { translator.emit(handler<no_access>); }
bool prefetch_register(Translator& translator, std::uint32_t, std::uint32_t option, std::uint32_t, std::uint32_t,
                       std::uint32_t) {
    if ((option & 2) == 0)
        return false;
    translator.emit(handler<no_access>);
    return true;
}

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;

constexpr auto group = Group::load_store;

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
    // ---- Unsigned offset
        row<"00 111 0 01 00 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Store<u8>>>("STRB (immediate)", group),
        row<"00 111 0 01 01 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Load<u8>>>("LDRB (immediate)", group),
        row<"00 111 0 01 10 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Load<s8>>>("LDRSB (immediate)", group),
        row<"00 111 0 01 11 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Load<s8, u32>>>("LDRSB (immediate)", group),
        row<"01 111 0 01 00 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Store<u16>>>("STRH (immediate)", group),
        row<"01 111 0 01 01 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Load<u16>>>("LDRH (immediate)", group),
        row<"01 111 0 01 10 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Load<s16>>>("LDRSH (immediate)", group),
        row<"01 111 0 01 11 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Load<s16, u32>>>("LDRSH (immediate)", group),
        row<"10 111 0 01 00 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Store<u32>>>("STR (immediate)", group),
        row<"10 111 0 01 01 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Load<u32>>>("LDR (immediate)", group),
        row<"10 111 0 01 10 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Load<s32>>>("LDRSW (immediate)", group),
        row<"11 111 0 01 00 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Store<u64>>>("STR (immediate)", group),
        row<"11 111 0 01 01 iiiiiiiiiiii nnnnn ttttt", unsigned_offset<Load<u64>>>("LDR (immediate)", group),
        row<"11 111 0 01 10 iiiiiiiiiiii nnnnn ttttt", prefetch>("PRFM (immediate)", group),
    // ---- Unscaled offset
        row<"00 111 0 00 00 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Store<u8>>>("STURB", group),
        row<"00 111 0 00 01 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Load<u8>>>("LDURB", group),
        row<"00 111 0 00 10 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Load<s8>>>("LDURSB", group),
        row<"00 111 0 00 11 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Load<s8, u32>>>("LDURSB", group),
        row<"01 111 0 00 00 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Store<u16>>>("STURH", group),
        row<"01 111 0 00 01 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Load<u16>>>("LDURH", group),
        row<"01 111 0 00 10 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Load<s16>>>("LDURSH", group),
        row<"01 111 0 00 11 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Load<s16, u32>>>("LDURSH", group),
        row<"10 111 0 00 00 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Store<u32>>>("STUR", group),
        row<"10 111 0 00 01 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Load<u32>>>("LDUR", group),
        row<"10 111 0 00 10 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Load<s32>>>("LDURSW", group),
        row<"11 111 0 00 00 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Store<u64>>>("STUR", group),
        row<"11 111 0 00 01 0 iiiiiiiii 00 nnnnn ttttt", unscaled_offset<Load<u64>>>("LDUR", group),
        row<"11 111 0 00 10 0 iiiiiiiii 00 nnnnn ttttt", prefetch>("PRFUM", group),
    // ---- Post-index
        row<"00 111 0 00 00 0 iiiiiiiii 01 nnnnn ttttt", post_index<Store<u8>>>("STRB (immediate)", group),
        row<"00 111 0 00 01 0 iiiiiiiii 01 nnnnn ttttt", post_index<Load<u8>>>("LDRB (immediate)", group),
        row<"00 111 0 00 10 0 iiiiiiiii 01 nnnnn ttttt", post_index<Load<s8>>>("LDRSB (immediate)", group),
        row<"00 111 0 00 11 0 iiiiiiiii 01 nnnnn ttttt", post_index<Load<s8, u32>>>("LDRSB (immediate)", group),
        row<"01 111 0 00 00 0 iiiiiiiii 01 nnnnn ttttt", post_index<Store<u16>>>("STRH (immediate)", group),
        row<"01 111 0 00 01 0 iiiiiiiii 01 nnnnn ttttt", post_index<Load<u16>>>("LDRH (immediate)", group),
        row<"01 111 0 00 10 0 iiiiiiiii 01 nnnnn ttttt", post_index<Load<s16>>>("LDRSH (immediate)", group),
        row<"01 111 0 00 11 0 iiiiiiiii 01 nnnnn ttttt", post_index<Load<s16, u32>>>("LDRSH (immediate)", group),
        row<"10 111 0 00 00 0 iiiiiiiii 01 nnnnn ttttt", post_index<Store<u32>>>("STR (immediate)", group),
        row<"10 111 0 00 01 0 iiiiiiiii 01 nnnnn ttttt", post_index<Load<u32>>>("LDR (immediate)", group),
        row<"10 111 0 00 10 0 iiiiiiiii 01 nnnnn ttttt", post_index<Load<s32>>>("LDRSW (immediate)", group),
        row<"11 111 0 00 00 0 iiiiiiiii 01 nnnnn ttttt", post_index<Store<u64>>>("STR (immediate)", group),
        row<"11 111 0 00 01 0 iiiiiiiii 01 nnnnn ttttt", post_index<Load<u64>>>("LDR (immediate)", group),
    // ---- Unprivileged
        row<"00 111 0 00 00 0 iiiiiiiii 10 nnnnn ttttt", unprivileged_offset<Store<u8>>>("STTRB", group),
        row<"00 111 0 00 01 0 iiiiiiiii 10 nnnnn ttttt", unprivileged_offset<Load<u8>>>("LDTRB", group),
        row<"00 111 0 00 10 0 iiiiiiiii 10 nnnnn ttttt", unprivileged_offset<Load<s8>>>("LDTRSB", group),
        row<"00 111 0 00 11 0 iiiiiiiii 10 nnnnn ttttt", unprivileged_offset<Load<s8, u32>>>("LDTRSB", group),
        row<"01 111 0 00 00 0 iiiiiiiii 10 nnnnn ttttt", unprivileged_offset<Store<u16>>>("STTRH", group),
        row<"01 111 0 00 01 0 iiiiiiiii 10 nnnnn ttttt", unprivileged_offset<Load<u16>>>("LDTRH", group),
        row<"01 111 0 00 10 0 iiiiiiiii 10 nnnnn ttttt", unprivileged_offset<Load<s16>>>("LDTRSH", group),
        row<"01 111 0 00 11 0 iiiiiiiii 10 nnnnn ttttt", unprivileged_offset<Load<s16, u32>>>("LDTRSH", group),
        row<"10 111 0 00 00 0 iiiiiiiii 10 nnnnn ttttt", unprivileged_offset<Store<u32>>>("STTR", group),
        row<"10 111 0 00 01 0 iiiiiiiii 10 nnnnn ttttt", unprivileged_offset<Load<u32>>>("LDTR", group),
        row<"10 111 0 00 10 0 iiiiiiiii 10 nnnnn ttttt", unprivileged_offset<Load<s32>>>("LDTRSW", group),
        row<"11 111 0 00 00 0 iiiiiiiii 10 nnnnn ttttt", unprivileged_offset<Store<u64>>>("STTR", group),
        row<"11 111 0 00 01 0 iiiiiiiii 10 nnnnn ttttt", unprivileged_offset<Load<u64>>>("LDTR", group),
    // ---- Pre-index
        row<"00 111 0 00 00 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Store<u8>>>("STRB (immediate)", group),
        row<"00 111 0 00 01 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Load<u8>>>("LDRB (immediate)", group),
        row<"00 111 0 00 10 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Load<s8>>>("LDRSB (immediate)", group),
        row<"00 111 0 00 11 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Load<s8, u32>>>("LDRSB (immediate)", group),
        row<"01 111 0 00 00 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Store<u16>>>("STRH (immediate)", group),
        row<"01 111 0 00 01 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Load<u16>>>("LDRH (immediate)", group),
        row<"01 111 0 00 10 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Load<s16>>>("LDRSH (immediate)", group),
        row<"01 111 0 00 11 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Load<s16, u32>>>("LDRSH (immediate)", group),
        row<"10 111 0 00 00 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Store<u32>>>("STR (immediate)", group),
        row<"10 111 0 00 01 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Load<u32>>>("LDR (immediate)", group),
        row<"10 111 0 00 10 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Load<s32>>>("LDRSW (immediate)", group),
        row<"11 111 0 00 00 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Store<u64>>>("STR (immediate)", group),
        row<"11 111 0 00 01 0 iiiiiiiii 11 nnnnn ttttt", pre_index<Load<u64>>>("LDR (immediate)", group),
    // ---- Register offset
        row<"00 111 0 00 00 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Store<u8>>>("STRB (register)", group),
        row<"00 111 0 00 01 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Load<u8>>>("LDRB (register)", group),
        row<"00 111 0 00 10 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Load<s8>>>("LDRSB (register)", group),
        row<"00 111 0 00 11 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Load<s8, u32>>>("LDRSB (register)", group),
        row<"01 111 0 00 00 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Store<u16>>>("STRH (register)", group),
        row<"01 111 0 00 01 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Load<u16>>>("LDRH (register)", group),
        row<"01 111 0 00 10 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Load<s16>>>("LDRSH (register)", group),
        row<"01 111 0 00 11 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Load<s16, u32>>>("LDRSH (register)", group),
        row<"10 111 0 00 00 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Store<u32>>>("STR (register)", group),
        row<"10 111 0 00 01 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Load<u32>>>("LDR (register)", group),
        row<"10 111 0 00 10 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Load<s32>>>("LDRSW (register)", group),
        row<"11 111 0 00 00 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Store<u64>>>("STR (register)", group),
        row<"11 111 0 00 01 1 mmmmm ooo s 10 nnnnn ttttt", register_offset<Load<u64>>>("LDR (register)", group),
        row<"11 111 0 00 10 1 mmmmm ooo s 10 nnnnn ttttt", prefetch_register>("PRFM (register)", group),
    // ---- Literal
        row<"00 011 0 00 iiiiiiiiiiiiiiiiiii ttttt", literal<Load<u32>>>("LDR (literal)", group),
        row<"01 011 0 00 iiiiiiiiiiiiiiiiiii ttttt", literal<Load<u64>>>("LDR (literal)", group),
        row<"10 011 0 00 iiiiiiiiiiiiiiiiiii ttttt", literal<Load<s32>>>("LDRSW (literal)", group),
        row<"11 011 0 00 iiiiiiiiiiiiiiiiiii ttttt", prefetch_literal>("PRFM (literal)", group),
    // ---- Pairs
        row<"00 101 0 0 01 0 iiiiiii uuuuu nnnnn ttttt", pair_post_index<StorePair<u32>>>("STP", group),
        row<"00 101 0 0 01 1 iiiiiii uuuuu nnnnn ttttt", pair_post_index<LoadPair<u32>>>("LDP", group),
        row<"01 101 0 0 01 1 iiiiiii uuuuu nnnnn ttttt", pair_post_index<LoadPair<s32>>>("LDPSW", group),
        row<"10 101 0 0 01 0 iiiiiii uuuuu nnnnn ttttt", pair_post_index<StorePair<u64>>>("STP", group),
        row<"10 101 0 0 01 1 iiiiiii uuuuu nnnnn ttttt", pair_post_index<LoadPair<u64>>>("LDP", group),
        row<"00 101 0 0 10 0 iiiiiii uuuuu nnnnn ttttt", pair_offset<StorePair<u32>>>("STP", group),
        row<"00 101 0 0 10 1 iiiiiii uuuuu nnnnn ttttt", pair_offset<LoadPair<u32>>>("LDP", group),
        row<"01 101 0 0 10 1 iiiiiii uuuuu nnnnn ttttt", pair_offset<LoadPair<s32>>>("LDPSW", group),
        row<"10 101 0 0 10 0 iiiiiii uuuuu nnnnn ttttt", pair_offset<StorePair<u64>>>("STP", group),
        row<"10 101 0 0 10 1 iiiiiii uuuuu nnnnn ttttt", pair_offset<LoadPair<u64>>>("LDP", group),
        row<"00 101 0 0 11 0 iiiiiii uuuuu nnnnn ttttt", pair_pre_index<StorePair<u32>>>("STP", group),
        row<"00 101 0 0 11 1 iiiiiii uuuuu nnnnn ttttt", pair_pre_index<LoadPair<u32>>>("LDP", group),
        row<"01 101 0 0 11 1 iiiiiii uuuuu nnnnn ttttt", pair_pre_index<LoadPair<s32>>>("LDPSW", group),
        row<"10 101 0 0 11 0 iiiiiii uuuuu nnnnn ttttt", pair_pre_index<StorePair<u64>>>("STP", group),
        row<"10 101 0 0 11 1 iiiiiii uuuuu nnnnn ttttt", pair_pre_index<LoadPair<u64>>>("LDP", group),
        row<"00 101 0 0 00 0 iiiiiii uuuuu nnnnn ttttt", pair_offset<StorePair<u32>>>("STNP", group),
        row<"00 101 0 0 00 1 iiiiiii uuuuu nnnnn ttttt", pair_offset<LoadPair<u32>>>("LDNP", group),
        row<"10 101 0 0 00 0 iiiiiii uuuuu nnnnn ttttt", pair_offset<StorePair<u64>>>("STNP", group),
        row<"10 101 0 0 00 1 iiiiiii uuuuu nnnnn ttttt", pair_offset<LoadPair<u64>>>("LDNP", group),
    // ---- Features that the ID registers do not advertise
        unsupported<"11 111 0 00 m s 1 iiiiiiiii w 1 nnnnn ttttt">("LDRAA, LDRAB", "FEAT_PAuth is not advertised"),
        unsupported<"zz 011 0 01 oo 0 iiiiiiiii 00 nnnnn ttttt">("LDAPUR, STLUR", "FEAT_LRCPC2 is not advertised"),
        unsupported<"01 101 0 0 01 0 iiiiiii uuuuu nnnnn ttttt">("STGP", "FEAT_MTE is not advertised"),
        unsupported<"01 101 0 0 10 0 iiiiiii uuuuu nnnnn ttttt">("STGP", "FEAT_MTE is not advertised"),
        unsupported<"01 101 0 0 11 0 iiiiiii uuuuu nnnnn ttttt">("STGP", "FEAT_MTE is not advertised"),
        unsupported<"11 011 0 01 oo 1 iiiiiiiii pp nnnnn ttttt">("STG, LDG ...", "FEAT_MTE is not advertised"),
        unsupported<"zz 011 0 01 oo 0 mmmmm pppp 01 nnnnn ddddd">("CPYF, SET ...", "FEAT_MOPS is not advertised"),
        unsupported<"zz 011 1 01 oo 0 mmmmm pppp 01 nnnnn ddddd">("CPY, SETG ...", "FEAT_MOPS is not advertised"),
    };
    return rows;
}

} // namespace

std::span<const Row> loads_and_stores() { return table(); }

} // namespace arm64::cpu::a64

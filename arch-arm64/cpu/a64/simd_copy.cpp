// SPDX-License-Identifier: Apache-2.0
// AdvSIMD copy: between elements, and between an element and a general-purpose register. DDI 0487, C4.1.96 and C7.2.
#include "arch-arm64/cpu/a64/simd_handlers.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>

namespace arm64::cpu::a64 {
namespace {

using u32 = std::uint32_t;

/// imm5: its lowest set bit says the size, the bits above it are the index. xx000 and less is reserved: size 4 and
/// more.
struct Indexed {
    u32 size;
    std::uint16_t index;

    explicit Indexed(u32 imm5)
        : size(static_cast<u32>(std::countr_zero(imm5 | 0x10))),
          index(static_cast<std::uint16_t>(imm5 >> (size + 1))) {}
    [[nodiscard]] bool reserved() const { return size > 3; }
};

// Operands: extra the index in n; imm that in d.

struct DupElement {
    template <class T>
    static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        Lanes<T> d;
        d.fill(cpu.v[op.n].get<T>(op.extra));
        cpu.v[op.d] = keep(op.a, vector<T>(d));
        return true;
    }
};

struct DupGeneral {
    template <class T>
    static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        Lanes<T> d;
        d.fill(static_cast<T>(cpu.x[op.n]));
        cpu.v[op.d] = keep(op.a, vector<T>(d));
        return true;
    }
};

struct InsElement {
    template <class T>
    static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        cpu.v[op.d].set(static_cast<unsigned>(op.imm), cpu.v[op.n].get<T>(op.extra));
        return true;
    }
};

struct InsGeneral {
    template <class T>
    static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        cpu.v[op.d].set(static_cast<unsigned>(op.imm), static_cast<T>(cpu.x[op.n]));
        return true;
    }
};

/// To a register of R's width: UMOV, and SMOV if T is signed.
template <class R>
struct MoveOut {
    template <class T>
    static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        const auto value = static_cast<R>(cpu.v[op.n].get<T>(op.extra));
        cpu.x[op.d] = value;
        return true;
    }
};

bool dup_element(Translator& t, u32 q, u32 imm5, u32 n, u32 d) {
    const Indexed from(imm5);
    if (from.reserved() || is_1D(q, from.size))
        return false;
    return emit(t, handlers<DupElement, Unsigned, Sizes::BHSD>[from.size],
                { .d = vector_slot(d), .n = vector_slot(n), .a = vector_shape(q), .extra = from.index });
}
bool dup_scalar(Translator& t, u32 imm5, u32 n, u32 d) {
    const Indexed from(imm5);
    if (from.reserved())
        return false;
    return emit(t, handlers<DupElement, Unsigned, Sizes::BHSD>[from.size],
                { .d = vector_slot(d), .n = vector_slot(n), .a = scalar_shape(from.size), .extra = from.index });
}
bool dup_general(Translator& t, u32 q, u32 imm5, u32 n, u32 d) {
    const Indexed to(imm5);
    if (to.reserved() || is_1D(q, to.size))
        return false;
    return emit(t, handlers<DupGeneral, Unsigned, Sizes::BHSD>[to.size],
                { .d = vector_slot(d), .n = source(n), .a = vector_shape(q) });
}
bool ins_element(Translator& t, u32 imm5, u32 imm4, u32 n, u32 d) {
    const Indexed to(imm5);
    if (to.reserved())
        return false;
    return emit(t, handlers<InsElement, Unsigned, Sizes::BHSD>[to.size], {
        .d = vector_slot(d), .n = vector_slot(n), .extra = static_cast<std::uint16_t>(imm4 >> to.size), .imm = to.index
    });
}
bool ins_general(Translator& t, u32 imm5, u32 n, u32 d) {
    const Indexed to(imm5);
    if (to.reserved())
        return false;
    return emit(t, handlers<InsGeneral, Unsigned, Sizes::BHSD>[to.size],
                { .d = vector_slot(d), .n = source(n), .imm = to.index });
}
bool smov(Translator& t, u32 q, u32 imm5, u32 n, u32 d) {
    const Indexed from(imm5);
    if (from.reserved())
        return false;
    return emit(t,
                q != 0 ? handlers<MoveOut<std::uint64_t>, Signed, Sizes::BHS>[from.size]
                       : handlers<MoveOut<std::uint32_t>, Signed, Sizes::BH>[from.size],
                { .d = destination(d), .n = vector_slot(n), .extra = from.index });
}
bool umov(Translator& t, u32 q, u32 imm5, u32 n, u32 d) {
    const Indexed from(imm5);
    if (from.reserved())
        return false;
    return emit(t,
                q != 0 ? handlers<MoveOut<std::uint64_t>, Unsigned, Sizes::D>[from.size]
                       : handlers<MoveOut<std::uint32_t>, Unsigned, Sizes::BHS>[from.size],
                { .d = destination(d), .n = vector_slot(n), .extra = from.index });
}

using enum Group;

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
    // clang-format off
    row<"0 q 0 01110000 iiiii 0 0000 1 nnnnn ddddd", dup_element>("DUP (element)", simd),
    row<"0 q 0 01110000 iiiii 0 0001 1 nnnnn ddddd", dup_general>("DUP (general)", simd),
    row<"0 q 0 01110000 iiiii 0 0101 1 nnnnn ddddd", smov>("SMOV", simd),
    row<"0 q 0 01110000 iiiii 0 0111 1 nnnnn ddddd", umov>("UMOV", simd),
    row<"0 1 0 01110000 iiiii 0 0011 1 nnnnn ddddd", ins_general>("INS (general)", simd),
    row<"0 1 1 01110000 iiiii 0 jjjj 1 nnnnn ddddd", ins_element>("INS (element)", simd),
    row<"01 0 11110000 iiiii 0 0000 1 nnnnn ddddd", dup_scalar>("DUP (element)", simd),
    // clang-format on
    };
    return rows;
}

} // namespace

std::span<const Row> simd_copy() { return table(); }

} // namespace arm64::cpu::a64

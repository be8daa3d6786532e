// SPDX-License-Identifier: Apache-2.0
// See sequence.hpp.
#include "tests/arch-arm64/cpu/differential/sequence.hpp"
#include "arch-arm64/cpu/decoder.hpp"

#include <algorithm>
#include <array>

namespace differential {
namespace {

using arm64::cpu::Group;

constexpr unsigned base = 28; ///< of all loads and stores; nothing else writes it
constexpr unsigned counter = 27; ///< of rounds; nothing else writes it

bool is_conditional_branch(std::uint32_t word) {
    return (word & 0xFF00'0010) == 0x5400'0000 || (word & 0x7C00'0000) == 0x3400'0000;
}

/// No field of five bits is one of the two: neither is a destination, or one of a pair.
bool leaves_alone(std::uint32_t word) {
    return std::ranges::none_of(std::array{0, 10, 16}, [word](int shift) {
        const auto number = word >> shift & 31;
        return number == base || number == counter || (shift == 16 && number + 1 == counter);
    });
}

/// Structures with a register as post-index.
bool adds_register_to_base(std::uint32_t word) {
    return (word & 0xBE80'0000) == 0x0C80'0000 && (word >> 16 & 31) != 31;
}

} // namespace

Sequences::Sequences(std::span<const arm64::cpu::Row> rows, std::uint64_t seed) : generator_(seed) {
    for (const auto& row : rows) {
        switch (row.group) {
        case Group::integer:
            plain_.push_back(&row);
            memory_.push_back(&row);
            break;
        case Group::atomic: memory_.push_back(&row); break;
        case Group::load_store:
        case Group::branch:
        case Group::fp:
        case Group::simd:
        case Group::crypto: plain_.push_back(&row); break;
        default: break;
        }
    }
}

std::uint32_t Sequences::word(const std::vector<const arm64::cpu::Row*>& from) {
    for (;;) {
        const auto& row = *from[generator_.random().below(static_cast<std::uint32_t>(from.size()))];
        auto word = generator_.word(row.encoding);
        const auto how = addressing(word);
        if (how && (how->kind != Addressing::Kind::base || how->offset > 256 || how->offset < -256))
            continue;
        if (how)
            word = (word & ~(31U << 5)) | base << 5;
        if (adds_register_to_base(word))
            continue;
        if (!leaves_alone(word) || constrained_unpredictable(word) || arm64::cpu::decode(word) != &row)
            continue;
        if (row.group == Group::branch && !is_conditional_branch(word))
            continue;
        std::vector<arm64::cpu::Op> ops;
        arm64::cpu::Translator translator(ops, 0);
        if (!row.translate(translator, word))
            continue; // the sequence would end there
        return word;
    }
}

/// `most`: instructions that it may skip.
void Sequences::direct_branch(std::uint32_t& word, std::uint32_t most) {
    const bool tests_bit = (word & 0x7E00'0000) == 0x3600'0000;
    const auto distance = 1 + generator_.random().below(most + 1);
    word = (word & ~(tests_bit ? 0x3FFFU << 5 : 0x7'FFFFU << 5)) | distance << 5;
}

/// MSR of NZCV, FPCR and FPSR, MRS of NZCV: what QEMU keeps of AArch32 in the others cannot be read here.
std::uint32_t Sequences::register_access() {
    const auto Rt = generator_.random().below(counter);
    switch (generator_.random().below(4)) {
    case 0: return 0xD53B'4200 | Rt;
    case 1: return 0xD51B'4200 | Rt;
    case 2: return 0xD51B'4420 | Rt;
    default: return 0xD51B'4400 | Rt;
    }
}

Case Sequences::next(std::uint64_t memory_seed) {
    const auto& from = generator_.random().once_in(6) ? memory_ : plain_;
    const auto count = 4 + generator_.random().below(max_words - 3);
    const bool loop = generator_.random().once_in(3);
    auto result = generator_.one(word(from), memory_seed);
    result.count = count;
    const auto body = loop ? count - 2 : count;
    for (std::uint32_t n = loop ? 1 : 0; n < body; ++n) {
        auto& here = result.words[n];
        here = generator_.random().once_in(16) ? register_access() : word(from);
        if (is_conditional_branch(here))
            direct_branch(here, body - n - 1);
    }
    if (loop) {
        result.words[0] = 0x5280'0000 | (1 + generator_.random().below(6)) << 5 | counter; // MOVZ
        result.words[count - 2] = 0x5100'0400 | counter << 5 | counter;              // SUB #1
        result.words[count - 1] = 0x3500'0000 | ((2 - count) & 0x7'FFFF) << 5 | counter; // CBNZ, to behind the MOVZ
    }
    result.before.X[base] = window_begin + window_size / 2 + 8ULL * generator_.random().below(16);
    return result;
}

} // namespace differential

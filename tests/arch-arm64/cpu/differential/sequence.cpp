// SPDX-License-Identifier: Apache-2.0
// See sequence.hpp.
#include "tests/arch-arm64/cpu/differential/sequence.hpp"
#include "arch-arm64/cpu/decoder.hpp"

#include <algorithm>

namespace differential {
namespace {

using arm64::cpu::Group;

constexpr unsigned base = 28; ///< of all loads and stores; nothing else writes it

bool is_conditional_branch(std::uint32_t word) {
    return (word & 0xFF00'0010) == 0x5400'0000 || (word & 0x7C00'0000) == 0x3400'0000;
}

/// No field of five bits is the base: it is neither a destination, nor one of a pair.
bool leaves_base_alone(std::uint32_t word) {
    return (word & 31) != base && (word >> 10 & 31) != base && (word >> 16 & 31) != base &&
           (word >> 16 & 31) != base - 1;
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
        if (!leaves_base_alone(word) || constrained_unpredictable(word) || arm64::cpu::decode(word) != &row)
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

Case Sequences::next(std::uint64_t memory_seed) {
    const auto& from = generator_.random().once_in(6) ? memory_ : plain_;
    const auto count = 2 + generator_.random().below(max_words - 2);
    auto result = generator_.one(word(from), memory_seed);
    result.count = count;
    for (std::uint32_t n = 0; n < count; ++n) {
        auto& here = result.words[n];
        here = word(from);
        if (is_conditional_branch(here))
            direct_branch(here, count - n - 1);
    }
    result.before.X[base] = window_begin + window_size / 2 + 8ULL * generator_.random().below(16);
    return result;
}

} // namespace differential

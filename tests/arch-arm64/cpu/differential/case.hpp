// SPDX-License-Identifier: Apache-2.0
// One case: instructions and the state before them; and what became of it. The same bytes for every executor.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

namespace differential {

/// Where an executor maps things, read and execute for code, read and write for the window; no memory beside them for
/// as far as a branch with an immediate reaches. Bit 31 set, so that a W register that is an offset can be negative.
inline constexpr std::uint64_t code_begin = 0x8000'0000, code_size = 0x2000;
inline constexpr std::uint64_t window_begin = 0x8001'0000, window_size = 0x2000;
/// The middle of the code, where a page ends. The words of a case may be on either side.
inline constexpr std::uint64_t entry = code_begin + code_size / 2;
/// All of the code that is no instruction of the case: BRK #0xF00.
inline constexpr std::uint32_t sentinel = 0xD420'0000 | 0xF00 << 5;

struct State {
    std::array<std::uint64_t, 31> X;
    std::uint64_t SP;
    std::uint64_t PC;
    std::uint64_t NZCV; ///< as the register: bits 31 to 28
    std::uint32_t FPCR, FPSR;
    std::array<std::array<std::uint64_t, 2>, 32> V; ///< low half first

    bool operator==(const State&) const = default;
};

inline constexpr unsigned max_words = 16;

struct Case {
    State before; ///< PC: where the words are, all of them in the code
    std::uint64_t memory_seed; ///< of what is in the window: memory.hpp
    std::array<std::uint32_t, max_words> words;
    std::uint32_t count;
    std::uint32_t reserved;
};

/// Why it stopped.
enum class Stop : std::uint32_t {
    completed, ///< at a sentinel: `after.PC` is its address
    UNDEFINED,
    breakpoint, ///< BRK with another comment, `detail`
    instruction_abort, ///< nothing executable at `after.PC`
    data_abort, ///< `address`
    alignment, ///< `address`
    SVC, ///< comment in `detail`
    endless, ///< was still going when the executor's patience ended
    not_supported, ///< the executor says it cannot
    died, ///< the executor did
    unstable, ///< not the same when it was executed again
};

inline constexpr unsigned max_changes = 16;

/// Eight bytes of the window that are not what they were.
struct Change {
    std::uint64_t offset;
    std::uint64_t value;

    bool operator==(const Change&) const = default;
};

struct Outcome {
    State after;
    Stop stop;
    std::uint32_t detail;
    std::uint64_t address;
    std::uint64_t changed; ///< how many
    std::uint64_t changes_hash; ///< of all of them
    std::array<Change, max_changes> changes; ///< the first ones
};

static_assert(sizeof(State) == 792 && sizeof(Case) == 872 && sizeof(Outcome) == 1080);
static_assert(std::is_trivially_copyable_v<Case> && std::is_trivially_copyable_v<Outcome>);

} // namespace differential

// SPDX-License-Identifier: Apache-2.0
// What is in the window before a case, from its seed, and what differs after it. Every executor computes both alike.
#pragma once

#include "tests/arch-arm64/cpu/differential/case.hpp"

#include <cstddef>
#include <cstring>

namespace differential {

/// xorshift64*.
class Random {
public:
    explicit constexpr Random(std::uint64_t seed) : state_(seed * 0x9E37'79B9'7F4A'7C15 | 1) {}

    constexpr std::uint64_t next() {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545'F491'4F6C'DD1D;
    }
    constexpr std::uint32_t below(std::uint32_t limit) {
        return static_cast<std::uint32_t>((next() >> 32) * limit >> 32);
    }
    constexpr bool once_in(std::uint32_t n) { return below(n) == 0; }

private:
    std::uint64_t state_;
};

inline constexpr std::size_t window_words = window_size / 8;
using Window = std::array<std::uint64_t, window_words>;

/// Random, with runs of zeros and of ones.
inline void fill(Window& window, std::uint64_t seed) {
    Random random(seed);
    for (auto& word : window) {
        const auto value = random.next();
        word = (value >> 60) == 0 ? 0 : (value >> 60) == 1 ? ~std::uint64_t{0} : value;
    }
}

/// Notes in `outcome` what differs.
inline void compare(const Window& before, const volatile std::uint64_t* after, Outcome& outcome) {
    outcome.changed = 0;
    outcome.changes_hash = 0xCBF2'9CE4'8422'2325;
    for (std::size_t n = 0; n < window_words; ++n) {
        const std::uint64_t value = after[n];
        if (value == before[n])
            continue;
        if (outcome.changed < max_changes)
            outcome.changes[outcome.changed] = {n * 8, value};
        ++outcome.changed;
        outcome.changes_hash = (outcome.changes_hash ^ n) * 0x100'0000'01B3;
        outcome.changes_hash = (outcome.changes_hash ^ value) * 0x100'0000'01B3;
    }
}

} // namespace differential

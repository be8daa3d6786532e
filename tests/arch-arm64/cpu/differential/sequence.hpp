// SPDX-License-Identifier: Apache-2.0
// Several random instructions behind each other, so that what one leaves behind is what the next one takes.
#pragma once

#include "arch-arm64/cpu/row.hpp"
#include "tests/arch-arm64/cpu/differential/generator.hpp"

#include <span>
#include <vector>

namespace differential {

class Sequences {
public:
    /// Takes instructions of `rows`, which outlive it.
    Sequences(std::span<const arm64::cpu::Row> rows, std::uint64_t seed);

    /// Loads and stores near one another; branches go forward, up to behind the last instruction. Some are a loop of a
    /// few rounds. Most run to the end.
    [[nodiscard]] Case next(std::uint64_t memory_seed);

private:
    [[nodiscard]] std::uint32_t word(const std::vector<const arm64::cpu::Row*>& from);
    [[nodiscard]] std::uint32_t register_access();
    void direct_branch(std::uint32_t& word, std::uint32_t most);

    Generator generator_;
    std::vector<const arm64::cpu::Row*> plain_; ///< of Armv8.0
    std::vector<const arm64::cpu::Row*>
        memory_; ///< loads, stores, atomics; not SIMD&FP: QEMU's CPU that has LSE has more
};

} // namespace differential

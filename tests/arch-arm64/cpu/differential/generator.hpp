// SPDX-License-Identifier: Apache-2.0
// Random cases of an encoding: fields and registers with a bias to where instructions go wrong.
#pragma once

#include "arch-arm64/cpu/bit_string.hpp"
#include "tests/arch-arm64/cpu/differential/instruction.hpp"
#include "tests/arch-arm64/cpu/differential/memory.hpp"

#include <initializer_list>

namespace differential {

/// The same seed gives the same cases on any host.
class Generator {
public:
    explicit Generator(std::uint64_t seed) : random_(seed) {}

    /// An instruction of this encoding, for which the manual leaves no choice.
    [[nodiscard]] std::uint32_t word(const arm64::cpu::Encoding& encoding);
    /// Of no encoding in particular.
    [[nodiscard]] std::uint32_t any_word();
    /// A case of one instruction. Registers that it takes an address from point into the window, mostly; the literal of
    /// a load is moved there.
    [[nodiscard]] Case one(std::uint32_t word, std::uint64_t memory_seed);
    /// A load-exclusive, then this store-exclusive, on the same address, mostly.
    [[nodiscard]] Case exclusive_pair(std::uint32_t store, std::uint64_t memory_seed);

    [[nodiscard]] Random& random() { return random_; }

private:
    template <class T>
    T one_of(std::initializer_list<T> values) {
        return values.begin()[random_.below(static_cast<std::uint32_t>(values.size()))];
    }
    [[nodiscard]] std::uint32_t field(unsigned width);
    [[nodiscard]] std::uint64_t integer(unsigned bits);
    [[nodiscard]] std::uint64_t floating(unsigned exponent_bits, unsigned fraction_bits);
    [[nodiscard]] std::uint64_t lanes(unsigned kind);
    [[nodiscard]] State state();
    [[nodiscard]] std::uint64_t target(const Addressing& how);
    void steer(Case& to, const Addressing& how);
    void steer_branch(Case& to);
    void steer_system(std::uint32_t& word);

    Random random_;
};

} // namespace differential

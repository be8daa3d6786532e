// SPDX-License-Identifier: Apache-2.0
// Where an instruction accesses memory, so that its registers can be made to point into the window. DDI 0487, C4.1
// "Loads and Stores", and the cache maintenance by address.
#pragma once

#include <cstdint>
#include <optional>

namespace differential {

struct Addressing {
    enum class Kind : std::uint8_t {
        base, ///< [Xn|SP, #offset]; also what comes before a post-index
        index, ///< [Xn|SP, Rm, extend #shift]
        literal,
    };

    Kind kind = Kind::base;
    unsigned base = 0; ///< 31 is SP, unless `base_is_general`
    bool base_is_general = false; ///< 31 is no register at all
    std::int64_t offset = 0;
    unsigned index = 0, option = 0, shift = 0;
    bool must_be_aligned = false; ///< faults otherwise, on some CPU
    std::optional<unsigned> compared; ///< CAS, CASP: the register that memory is compared with
    unsigned compared_bytes = 0; ///< of one register of it
    bool compared_pair = false;
};

/// None if it does not access memory.
[[nodiscard]] std::optional<Addressing> addressing(std::uint32_t word);

/// Scalar floating point, Advanced SIMD, and the loads and stores of their registers.
[[nodiscard]] bool has_vectors(std::uint32_t word);

/// The manual lets a CPU choose: not to be compared.
[[nodiscard]] bool constrained_unpredictable(std::uint32_t word);

/// STXR, STLXR, STXP, STLXP and their smaller ones.
[[nodiscard]] bool is_store_exclusive(std::uint32_t word);

/// FEAT_LSE's instructions.
[[nodiscard]] bool is_LSE(std::uint32_t word);

/// Rm, as extended and shifted.
[[nodiscard]] std::uint64_t extended(std::uint64_t value, unsigned option, unsigned shift);

} // namespace differential

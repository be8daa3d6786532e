// SPDX-License-Identifier: Apache-2.0
// The code of an executor that has it at the addresses that cases name.
#pragma once

#include "tests/arch-arm64/cpu/differential/case.hpp"

namespace differential {

class Code {
public:
    /// The memory is mapped.
    void fill() const {
        for (auto address = code_begin; address != code_begin + code_size; address += sizeof sentinel)
            *at(address) = sentinel;
    }
    /// Replaces the last case's words.
    void put(const Case& next) {
        for (std::uint32_t n = 0; n < count_; ++n)
            *at(begin_ + 4ULL * n) = sentinel;
        begin_ = next.before.PC;
        count_ = next.count;
        for (std::uint32_t n = 0; n < count_; ++n)
            *at(begin_ + 4ULL * n) = next.words[n];
        auto* const begin = reinterpret_cast<char*>(code_begin); // NOLINT(performance-no-int-to-ptr)
        __builtin___clear_cache(begin, begin + code_size);
    }

private:
    static volatile std::uint32_t* at(std::uint64_t address) {
        return reinterpret_cast<volatile std::uint32_t*>(address); // NOLINT(performance-no-int-to-ptr)
    }

    std::uint64_t begin_ = 0;
    std::uint32_t count_ = 0;
};

} // namespace differential

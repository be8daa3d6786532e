// SPDX-License-Identifier: Apache-2.0
// The code of an executor that has it at the addresses that cases name.
#pragma once

#include "tests/arch-arm64/cpu/differential/case.hpp"

#include <sys/mman.h>

namespace differential {

/// No case can write it.
class Code {
public:
    /// Maps it. False: it could not.
    [[nodiscard]] bool map(int protection) {
        protection_ = protection;
        auto* const wanted = reinterpret_cast<void*>(code_begin); // NOLINT(performance-no-int-to-ptr)
        if (mmap(wanted, code_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) !=
            wanted)
            return false;
        for (auto address = code_begin; address != code_begin + code_size; address += sizeof sentinel)
            *at(address) = sentinel;
        return protect(protection);
    }
    /// Replaces the last case's words.
    [[nodiscard]] bool put(const Case& next) {
        if (!protect(PROT_READ | PROT_WRITE))
            return false;
        for (std::uint32_t n = 0; n < count_; ++n)
            *at(begin_ + 4ULL * n) = sentinel;
        begin_ = next.before.PC;
        count_ = next.count;
        for (std::uint32_t n = 0; n < count_; ++n)
            *at(begin_ + 4ULL * n) = next.words[n];
        auto* const begin = reinterpret_cast<char*>(code_begin); // NOLINT(performance-no-int-to-ptr)
        __builtin___clear_cache(begin, begin + code_size);
        return protect(protection_);
    }

private:
    static bool protect(int protection) {
        return mprotect(reinterpret_cast<void*>(code_begin), code_size, protection) == 0; // NOLINT
    }
    static volatile std::uint32_t* at(std::uint64_t address) {
        return reinterpret_cast<volatile std::uint32_t*>(address); // NOLINT(performance-no-int-to-ptr)
    }

    std::uint64_t begin_ = 0;
    std::uint32_t count_ = 0;
    int protection_ = 0;
};

} // namespace differential

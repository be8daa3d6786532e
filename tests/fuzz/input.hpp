// SPDX-License-Identifier: Apache-2.0
// A fuzzer's input as the byte code of a machine's life: every string of bytes means something, and a mutated byte
// changes one choice or one value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

namespace fuzz {

/// What must hold whatever the input; the fuzzer keeps an input that ends here.
inline void require(bool holds, const char* sentence) {
    if (holds)
        return;
    std::fprintf(stderr, "fuzz: not so: %s\n", sentence);
    std::abort();
}

/// Reads from the front. Zeroes follow the end.
class Input {
public:
    explicit Input(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    [[nodiscard]] bool empty() const { return bytes_.empty(); }

    std::uint8_t byte() {
        if (bytes_.empty())
            return 0;
        const auto first = bytes_.front();
        bytes_ = bytes_.subspan(1);
        return first;
    }
    /// Little endian.
    std::uint64_t raw(unsigned bytes) {
        std::uint64_t value = 0;
        for (unsigned n = 0; n < bytes; ++n)
            value |= std::uint64_t{byte()} << (8 * n);
        return value;
    }
    /// 0..n - 1, of one byte.
    std::uint32_t below(std::uint32_t n) { return byte() % n; }
    template <class T, std::size_t n>
    const T& one_of(const std::array<T, n>& choices) {
        return choices[below(n)];
    }

    /// A register's value in one byte if it is small, a bit, or a mask; else in nine.
    std::uint64_t value() {
        const auto first = byte();
        const auto n = first & 63U;
        switch (first >> 6) {
        case 0: return n;
        case 1: return std::uint64_t{1} << n;
        case 2: return ~std::uint64_t{0} >> n;
        default: return raw(8);
        }
    }

private:
    std::span<const std::uint8_t> bytes_;
};

} // namespace fuzz

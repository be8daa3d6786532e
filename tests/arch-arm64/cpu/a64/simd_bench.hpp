// SPDX-License-Identifier: Apache-2.0
// A CPU whose vector registers are set and read by elements.
#pragma once

#include "tests/arch-arm64/cpu/fixture.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace arm64::cpu::test {

using B = std::vector<std::uint8_t>;
using H = std::vector<std::uint16_t>;
using S = std::vector<std::uint32_t>;
using D = std::vector<std::uint64_t>;

/// All registers are all ones at first, so that what should become zero is seen to.
class SimdTest : public testing::Test {
protected:
    static constexpr std::uint16_t synchronous = 0x200; // from EL1 with SP_EL1

    SimdTest() {
        for (auto& vector : cpu.v)
            vector.d = {~std::uint64_t{0}, ~std::uint64_t{0}};
    }

    /// The lowest elements; the others stay.
    template <class Elements>
    void put(unsigned n, const Elements& elements) {
        for (unsigned i = 0; i < elements.size(); ++i)
            cpu.v.at(n).set(i, elements[i]);
    }
    /// All elements of a register.
    template <class Elements>
    [[nodiscard]] Elements get(unsigned n) const {
        using T = typename Elements::value_type;
        Elements elements;
        for (unsigned i = 0; i < sizeof(Vector) / sizeof(T); ++i)
            elements.push_back(cpu.v.at(n).get<T>(i));
        return elements;
    }
    /// Executes a word that is not UNDEFINED.
    void execute(std::uint32_t word) { ASSERT_EQ(bench.run({word}), Bench::finished) << std::hex << word; }
    [[nodiscard]] bool is_undefined(std::uint32_t word) {
        return bench.run({word}) == synchronous && cpu.system.ESR_EL1 >> 26 == 0;
    }
    /// FPSR.QC, which becomes 0.
    [[nodiscard]] bool saturated() {
        const bool was = (cpu.fp.FPSR & fp::FPSR::QC) != 0;
        cpu.fp.FPSR = 0;
        return was;
    }

    Bench bench;
    Cpu& cpu = bench.cpu;
};

} // namespace arm64::cpu::test

// SPDX-License-Identifier: Apache-2.0
// What goes wrong first: register 31, 32-bit results, flags at the edges, reserved encodings. The rest is the
// differential test's.
#include "arch-arm64/cpu/a64/arithmetic.hpp"
#include "tests/arch-arm64/cpu/fixture.hpp"

#include <gtest/gtest.h>

namespace arm64::cpu {
namespace {

using test::Bench;

constexpr std::uint32_t N = 8U << 28, Z = 4U << 28, C = 2U << 28, V = 1U << 28;
constexpr std::uint16_t undefined = 0x200; // synchronous, from EL1 with SP_EL1

class Integer : public testing::Test {
protected:
    Bench bench;
    Cpu& cpu = bench.cpu;
};

TEST_F(Integer, Register31IsTheStackPointerOfAddImmediate) {
    cpu.set_SP(1, 0x1000);
    EXPECT_EQ(bench.run({0x9100'43E0}), Bench::finished); // add x0, sp, #16
    EXPECT_EQ(bench.x(0), 0x1010U);
    bench.run({0x9100'801F}); // add sp, x0, #32
    EXPECT_EQ(cpu.SP(1), 0x1030U);
}

TEST_F(Integer, Register31IsZeroOfShiftedRegisters) {
    cpu.set_SP(1, 0x1000);
    bench.x(1) = 5;
    bench.run({0x8B1F'0020, 0xCB01'03E2, 0x8B01'003F}); // add x0, x1, xzr; neg x2, x1; add xzr, x1, x1
    EXPECT_EQ(bench.x(0), 5U);
    EXPECT_EQ(bench.x(2), ~std::uint64_t{4});
    bench.run({0xAA1F'03E3}); // mov x3, xzr
    EXPECT_EQ(bench.x(3), 0U);
    EXPECT_EQ(cpu.SP(1), 0x1000U);
}

TEST_F(Integer, NarrowResultsAreZeroExtended) {
    bench.x(0) = ~std::uint64_t{0};
    bench.x(1) = ~std::uint64_t{0};
    bench.run({0x1100'0400, 0x2A01'03E2, 0x5100'0423}); // add w0, w0, #1; mov w2, w1; sub w3, w1, #1
    EXPECT_EQ(bench.x(0), 0U);
    EXPECT_EQ(bench.x(2), 0xFFFF'FFFFU);
    EXPECT_EQ(bench.x(3), 0xFFFF'FFFEU);
}

TEST_F(Integer, FlagsOfComparisons) {
    bench.x(0) = 0x8000'0000'0000'0000;
    bench.run({0xF100'041F}); // cmp x0, #1
    EXPECT_EQ(cpu.NZCV(), C | V);
    bench.run({0xEB1F'03FF}); // cmp xzr, xzr
    EXPECT_EQ(cpu.NZCV(), Z | C);
    bench.x(1) = 0x7FFF'FFFF;
    bench.run({0x3100'043F}); // cmn w1, #1
    EXPECT_EQ(cpu.NZCV(), N | V);
    bench.run({0xEB00'03FF}); // negs xzr, x0
    EXPECT_EQ(cpu.NZCV(), N | V);
}

TEST_F(Integer, FlagsOfCarries) {
    bench.x(0) = ~std::uint64_t{0};
    cpu.set_NZCV(C);
    bench.run({0xBA1F'0001}); // adcs x1, x0, xzr
    EXPECT_EQ(bench.x(1), 0U);
    EXPECT_EQ(cpu.NZCV(), Z | C);
    cpu.set_NZCV(0);
    bench.run({0xFA1F'03E2}); // sbcs x2, xzr, xzr
    EXPECT_EQ(bench.x(2), ~std::uint64_t{0});
    EXPECT_EQ(cpu.NZCV(), N);
}

TEST_F(Integer, DivisionNeverTraps) {
    bench.x(0) = 0x8000'0000'0000'0000;
    bench.x(1) = ~std::uint64_t{0};
    bench.run({0x9AC1'0C02, 0x9ADF'0C03, 0x9ADF'0804}); // sdiv x2, x0, x1; sdiv x3, x0, xzr; udiv x4, x0, xzr
    EXPECT_EQ(bench.x(2), 0x8000'0000'0000'0000U);
    EXPECT_EQ(bench.x(3), 0U);
    EXPECT_EQ(bench.x(4), 0U);
}

TEST_F(Integer, ReservedEncodingsAreUndefined) {
    EXPECT_EQ(bench.run({0x1240'0000}), undefined); // and w, N = 1
    EXPECT_EQ(bench.run({0x9240'FC00}), undefined); // and x, imms all ones
    EXPECT_EQ(bench.run({0x1240'0000 | 0x7280'0000}), undefined);
    EXPECT_EQ(bench.run({0x0B00'8000}), undefined); // add w, lsl #32
    EXPECT_EQ(bench.run({0x8BC0'0000}), undefined); // add x, ror
    EXPECT_EQ(bench.run({0x8B20'1400}), undefined); // add x, extend #5
    EXPECT_EQ(bench.run({0x0000'0000}), undefined); // udf
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::unknown));
    EXPECT_EQ(cpu.system.ELR_EL1, Bench::code);
}

TEST_F(Integer, WhatIsBeforeAnUndefinedInstructionHasHappened) {
    bench.x(0) = 1;
    EXPECT_EQ(bench.run({0x9100'0400, 0x9100'0400, 0, 0x9100'0400}), undefined);
    EXPECT_EQ(bench.x(0), 3U);
    EXPECT_EQ(cpu.system.ELR_EL1, Bench::code + 8);
}

TEST_F(Integer, LogicalImmediates) {
    EXPECT_EQ(a64::logical_immediate(1, 0, 0), 1U);
    EXPECT_EQ(a64::logical_immediate(0, 0b111100, 0), 0x5555'5555'5555'5555U);
    EXPECT_EQ(a64::logical_immediate(0, 0b111100, 1), 0xAAAA'AAAA'AAAA'AAAAU);
    EXPECT_EQ(a64::logical_immediate(1, 62, 1), 0xBFFF'FFFF'FFFF'FFFFU);
    EXPECT_FALSE(a64::logical_immediate(1, 63, 0));
    EXPECT_FALSE(a64::logical_immediate(0, 63, 0));
}

TEST_F(Integer, BlocksOfAnyLengthRun) {
    std::vector<std::uint32_t> program(1000, 0x9100'0400); // add x0, x0, #1
    program.push_back(Bench::hvc(7));
    EXPECT_EQ(bench.run_program(program), 7);
    EXPECT_EQ(bench.x(0), 1000U);
    EXPECT_EQ(cpu.instructions(), 1001U);
}

TEST_F(Integer, ALoopLoops) {
    bench.x(0) = 1000;
    // subs x0, x0, #1; add x1, x1, #2; b.ne .-8
    EXPECT_EQ(bench.run({0xF100'0400, 0x9100'0821, 0x54FF'FFC1}), Bench::finished);
    EXPECT_EQ(bench.x(1), 2000U);
}

TEST_F(Integer, CallsReturn) {
    // bl .+12; add x0, x0, #1; b .+12; add x0, x0, #16; ret
    EXPECT_EQ(bench.run({0x9400'0003, 0x9100'0400, 0x1400'0003, 0x9100'4000, 0xD65F'03C0}), Bench::finished);
    EXPECT_EQ(bench.x(0), 17U);
}

} // namespace
} // namespace arm64::cpu

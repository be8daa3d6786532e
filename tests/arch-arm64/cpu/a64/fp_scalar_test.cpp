// SPDX-License-Identifier: Apache-2.0
// What goes wrong first: what is above a scalar, register 31, immediates, conditions, reserved encodings, the trap. The
// rest is the differential test's.
#include "tests/arch-arm64/cpu/fixture.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

namespace arm64::cpu {
namespace {

using test::Bench;

constexpr std::uint16_t synchronous = 0x200; // from EL1 with SP_EL1

constexpr std::uint32_t single(float value) { return std::bit_cast<std::uint32_t>(value); }
constexpr std::uint64_t double_(double value) { return std::bit_cast<std::uint64_t>(value); }

class FpScalar : public testing::Test {
protected:
    FpScalar() {
        for (auto& vector : cpu.v)
            vector.d = {~std::uint64_t{0}, ~std::uint64_t{0}};
    }
    void put(unsigned n, double value) { cpu.v.at(n).d[0] = double_(value); }
    void put(unsigned n, float value) { cpu.v.at(n).set(0, single(value)); }

    Bench bench;
    Cpu& cpu = bench.cpu;
};

TEST_F(FpScalar, WhatIsAboveAResultBecomesZero) {
    put(1, 1.5F);
    put(2, 2.0F);
    EXPECT_EQ(bench.run({0x1E22'2820}), Bench::finished); // fadd s0, s1, s2
    EXPECT_EQ(cpu.v[0], (Vector{{single(3.5F), 0}}));
    put(0, 0.25);
    bench.run({0x1E60'2800}); // fadd d0, d0, d0
    EXPECT_EQ(cpu.v[0], (Vector{{double_(0.5), 0}}));
    bench.x(7) = 0xFFFF'FFFF'8000'0001;
    bench.run({0x1E27'00E6}); // fmov s6, w7
    EXPECT_EQ(cpu.v[6], (Vector{{0x8000'0001, 0}}));
    put(1, 1.0F);
    bench.run({0x1E23'C020}); // fcvt h0, s1
    EXPECT_EQ(cpu.v[0], (Vector{{0x3C00, 0}}));
}

TEST_F(FpScalar, FMOVOfTheUpperHalfLeavesTheLowerOne) {
    cpu.v[3].d = {1, 2};
    bench.x(4) = 3;
    EXPECT_EQ(bench.run({0x9EAF'0083, 0x9EAE'0065}), Bench::finished); // fmov v3.d[1], x4; fmov x5, v3.d[1]
    EXPECT_EQ(cpu.v[3], (Vector{{1, 3}}));
    EXPECT_EQ(bench.x(5), 3U);
}

TEST_F(FpScalar, Register31IsZeroOfConversions) {
    cpu.set_SP(1, 0x1000);
    put(0, 5.0);
    bench.run({0x1E78'001F, 0x1E22'03E0}); // fcvtzs wzr, d0; scvtf s0, wzr
    EXPECT_EQ(cpu.SP(1), 0x1000U);
    EXPECT_EQ(cpu.v[0], Vector{});
}

TEST_F(FpScalar, NarrowIntegersAreZeroExtended) {
    put(0, -1.0);
    bench.x(1) = ~std::uint64_t{0};
    bench.run({0x1E78'0001}); // fcvtzs w1, d0
    EXPECT_EQ(bench.x(1), 0xFFFF'FFFFU);
}

TEST_F(FpScalar, EveryImmediateIsWhatTheManualTabulates) {
    for (std::uint32_t imm8 = 0; imm8 < 256; ++imm8) { // C2.2.3: n / 16 * 2^r
        const double magnitude = std::ldexp(16 + (imm8 & 15), static_cast<int>((imm8 >> 4 & 7) ^ 4) - 7);
        const double value = (imm8 & 0x80) != 0 ? -magnitude : magnitude;
        bench.run({0x1E60'1006 | imm8 << 13, 0x1E20'1005 | imm8 << 13}); // fmov d6, #imm; fmov s5, #imm
        ASSERT_EQ(cpu.v[6], (Vector{{double_(value), 0}})) << imm8;
        ASSERT_EQ(cpu.v[5], (Vector{{single(static_cast<float>(value)), 0}})) << imm8;
    }
}

TEST_F(FpScalar, ComparisonsSetFlags) {
    put(0, 1.0);
    put(1, 2.0);
    bench.run({0x1E61'2000}); // fcmp d0, d1
    EXPECT_EQ(cpu.NZCV(), 0x8000'0000U);
    put(1, std::nan(""));
    bench.run({0x1E61'2000});
    EXPECT_EQ(cpu.NZCV(), 0x3000'0000U);
    EXPECT_EQ(cpu.fp.FPSR, 0U);
    put(0, std::nanf(""));
    put(1, 1.0F);
    bench.run({0x1E21'2010}); // fcmpe s0, s1
    EXPECT_EQ(cpu.fp.FPSR, fp::FPSR::IOC);
    put(0, -0.0F);
    bench.run({0x1E3F'2008}); // fcmp s0, #0.0, with what should be zero in Rm
    EXPECT_EQ(cpu.NZCV(), 0x6000'0000U);
}

TEST_F(FpScalar, ConditionalComparisonDoesNotLookAtOperandsIfTheConditionFails) {
    put(0, std::nan(""));
    cpu.set_NZCV(0);
    bench.run({0x1E61'0415}); // fccmpe d0, d1, #5, eq
    EXPECT_EQ(cpu.NZCV(), 0x5000'0000U);
    EXPECT_EQ(cpu.fp.FPSR, 0U);
    cpu.set_NZCV(0);
    bench.run({0x1E61'1415}); // fccmpe d0, d1, #5, ne
    EXPECT_EQ(cpu.NZCV(), 0x3000'0000U);
    EXPECT_EQ(cpu.fp.FPSR, fp::FPSR::IOC);
}

TEST_F(FpScalar, SelectionCopiesBits) {
    cpu.v[0].d[0] = 0x7FF0'0000'0000'0001; // a signalling NaN stays one
    put(1, 1.0);
    cpu.set_NZCV(0x8000'0000);
    bench.run({0x1E61'4C02}); // fcsel d2, d0, d1, mi
    EXPECT_EQ(cpu.v[2], (Vector{{0x7FF0'0000'0000'0001, 0}}));
    cpu.set_NZCV(0);
    bench.run({0x1E61'4C02});
    EXPECT_EQ(cpu.v[2], (Vector{{double_(1.0), 0}}));
    EXPECT_EQ(cpu.fp.FPSR, 0U);
}

TEST_F(FpScalar, FusedOperationsNegateOperandsAndNotTheResult) {
    put(1, 2.0);
    put(2, 3.0);
    put(3, 10.0);
    bench.run({0x1F42'8C20}); // fmsub d0, d1, d2, d3
    EXPECT_EQ(cpu.v[0].d[0], double_(4.0));
    bench.run({0x1F62'0C20}); // fnmadd d0, d1, d2, d3
    EXPECT_EQ(cpu.v[0].d[0], double_(-16.0));
    bench.run({0x1F62'8C20}); // fnmsub d0, d1, d2, d3
    EXPECT_EQ(cpu.v[0].d[0], double_(-4.0));
    put(3, 6.0);
    bench.run({0x1F62'8C20}); // 6 - 6 is +0
    EXPECT_EQ(cpu.v[0].d[0], 0U);
    cpu.v[3].d[0] = 0x7FF8'0000'0000'0001;
    bench.run({0x1F62'8C20}); // the addend's NaN, negated
    EXPECT_EQ(cpu.v[0].d[0], 0xFFF8'0000'0000'0001U);
}

TEST_F(FpScalar, SixtyFourFractionBits) {
    put(0, std::ldexp(1.0, -64));
    bench.run({0x9E59'0001}); // fcvtzu x1, d0, #64
    EXPECT_EQ(bench.x(1), 1U);
    bench.run({0x9E42'0020}); // scvtf d0, x1, #64
    EXPECT_EQ(cpu.v[0], (Vector{{double_(std::ldexp(1.0, -64)), 0}}));
}

TEST_F(FpScalar, RoundsAsFPCRSays) {
    put(1, 0.5);
    cpu.fp.FPCR = 1U << 22; // towards plus infinity
    bench.run({0x1E67'4020}); // frintx d0, d1
    EXPECT_EQ(cpu.v[0].d[0], double_(1.0));
    EXPECT_EQ(cpu.fp.FPSR, fp::FPSR::IXC);
}

TEST_F(FpScalar, ReservedAndUnsupportedEncodingsAreUndefined) {
    for (const std::uint32_t word : {
             0x1EE2'2820U, // fadd h0, h1, h2
             0x1EA2'2820U, // of no format
             0x1E42'7C20U, // scvtf d0, w1, with 33 fraction bits
             0x1E7E'0020U, // fjcvtzs
             0x1E62'C020U, // fcvt from double to double
             0x9E26'0020U, // fmov x0, s1
             0x1FC2'0C20U, // fmadd h0, h1, h2, h3
             0x1E60'1026U, // fmov d6, #imm with imm5
         }) {
        EXPECT_EQ(bench.run({word}), synchronous) << std::hex << word;
        EXPECT_EQ(cpu.system.ESR_EL1 >> 26, 0U) << std::hex << word;
    }
}

TEST_F(FpScalar, TrapsWhereCPACRSaysSo) {
    put(1, 1.0F);
    cpu.system.CPACR_EL1 = 0;
    cpu.registers_changed();
    const auto before = cpu.v[0];
    for (const std::uint32_t word : {0x1E22'2820U, 0x1E26'00C8U, 0x1E61'2000U, 0x1E60'1006U, 0x1E61'4C02U}) {
        EXPECT_EQ(bench.run({word}), synchronous);
        EXPECT_EQ(cpu.system.ESR_EL1, 0x1FE0'0000U) << std::hex << word;
    }
    EXPECT_EQ(cpu.v[0], before);
}

} // namespace
} // namespace arm64::cpu

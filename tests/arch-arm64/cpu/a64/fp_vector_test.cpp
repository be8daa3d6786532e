// SPDX-License-Identifier: Apache-2.0
// What goes wrong first: halves, a destination that is a source, indices, the order of a reduction, reserved encodings.
// The rest is the differential test's.
#include "tests/arch-arm64/cpu/fixture.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>

namespace arm64::cpu {
namespace {

using test::Bench;

constexpr std::uint16_t synchronous = 0x200; // from EL1 with SP_EL1

Vector singles(float a, float b, float c, float d) {
    return {std::bit_cast<std::array<std::uint64_t, 2>>(std::array{a, b, c, d})};
}
Vector words(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    return {std::bit_cast<std::array<std::uint64_t, 2>>(std::array{a, b, c, d})};
}
Vector doubles(double a, double b) { return {std::bit_cast<std::array<std::uint64_t, 2>>(std::array{a, b})}; }

class FpVector : public testing::Test {
protected:
    FpVector() { cpu.v[0] = words(1, 2, 3, 4); }

    Bench bench;
    Cpu& cpu = bench.cpu;
};

TEST_F(FpVector, ShortVectorClearsTheUpperHalfAndDoesNotLookAtIt) {
    cpu.v[1] = words(0x3F80'0000, 0x4000'0000, 0x7F80'0001, 0x7F80'0001); // signalling above
    cpu.v[2] = singles(1, 1, 1, 1);
    EXPECT_EQ(bench.run({0x0E22'D420}), Bench::finished); // fadd v0.2s, v1.2s, v2.2s
    EXPECT_EQ(cpu.v[0], singles(2, 3, 0, 0));
    EXPECT_EQ(cpu.fp.FPSR, 0U);
}

TEST_F(FpVector, ElementMayBeInTheDestination) {
    cpu.v[0] = singles(1, 2, 3, 4);
    cpu.v[1] = singles(1, 10, 100, 1000);
    bench.run({0x4F80'1820}); // fmla v0.4s, v1.4s, v0.s[2]
    EXPECT_EQ(cpu.v[0], singles(4, 32, 303, 3004));
    cpu.v[0] = singles(1, 2, 3, 4);
    bench.run({0x4FA1'9800}); // fmul v0.4s, v0.4s, v1.s[3]
    EXPECT_EQ(cpu.v[0], singles(1000, 2000, 3000, 4000));
}

TEST_F(FpVector, IndexIsHOfDoublesAndRegistersAreThirtyTwo) {
    cpu.v[0] = doubles(1, 2);
    cpu.v[1] = doubles(3, 4);
    cpu.v[2] = doubles(5, 6);
    bench.run({0x4FC2'1820}); // fmla v0.2d, v1.2d, v2.d[1]
    EXPECT_EQ(cpu.v[0], doubles(19, 26));
    cpu.v[0] = singles(2, 0, 0, 0);
    cpu.v[31] = singles(0, 5, 0, 0);
    bench.run({0x7FBF'9000}); // fmulx s0, s0, v31.s[1]
    EXPECT_EQ(cpu.v[0], singles(10, 0, 0, 0));
}

TEST_F(FpVector, PairsOfTheFirstOperandComeFirst) {
    cpu.v[1] = singles(1, 2, 3, 4);
    cpu.v[2] = singles(10, 20, 30, 40);
    bench.run({0x6E22'D420}); // faddp v0.4s, v1.4s, v2.4s
    EXPECT_EQ(cpu.v[0], singles(3, 7, 30, 70));
    cpu.v[1] = doubles(1.5, 2);
    bench.run({0x7E70'D820}); // faddp d0, v1.2d
    EXPECT_EQ(cpu.v[0], doubles(3.5, 0));
}

TEST_F(FpVector, ReductionTakesHalvesFirst) {
    // max(max(q1, 0), max(0, s2)): the quiet NaN of the lower half is first, but the other one was signalling, and is
    // not any more.
    cpu.v[1] = words(0x7FC0'0001, 0, 0, 0x7F80'0002);
    bench.run({0x6E30'F820}); // fmaxv s0, v1.4s
    EXPECT_EQ(cpu.v[0], words(0x7FC0'0001, 0, 0, 0));
    EXPECT_EQ(cpu.fp.FPSR, fp::FPSR::IOC);
    // maxNM(maxNM(q1, 1), maxNM(2, s2)): the signalling one has become quiet, and a number is preferred.
    cpu.v[1] = words(0x7FC0'0001, 0x3F80'0000, 0x4000'0000, 0x7F80'0002);
    bench.run({0x6E30'C820}); // fmaxnmv s0, v1.4s
    EXPECT_EQ(cpu.v[0], words(0x3F80'0000, 0, 0, 0));
}

TEST_F(FpVector, NarrowingIntoTheUpperHalfKeepsTheLower) {
    cpu.v[1] = doubles(1, 2);
    bench.run({0x4E61'6820}); // fcvtn2 v0.4s, v1.2d
    EXPECT_EQ(cpu.v[0], words(1, 2, 0x3F80'0000, 0x4000'0000));
    bench.run({0x0E61'6820}); // fcvtn v0.2s, v1.2d
    EXPECT_EQ(cpu.v[0], words(0x3F80'0000, 0x4000'0000, 0, 0));
    cpu.v[0] = doubles(4, 8);
    bench.run({0x4E61'6800}); // fcvtn2 v0.4s, v0.2d: its own source
    EXPECT_EQ(cpu.v[0], words(0, 0x4010'0000, 0x4080'0000, 0x4100'0000));
}

TEST_F(FpVector, LengtheningTakesTheHalfThatItNames) {
    cpu.v[1] = singles(1, 2, 3, 4);
    bench.run({0x4E61'7820}); // fcvtl2 v0.2d, v1.4s
    EXPECT_EQ(cpu.v[0], doubles(3, 4));
    cpu.v[0] = words(0x4000'3C00, 0x4400'4200, 0, 0);
    bench.run({0x0E21'7800}); // fcvtl v0.4s, v0.4h
    EXPECT_EQ(cpu.v[0], singles(1, 2, 3, 4));
}

TEST_F(FpVector, FractionBitsGoUpToTheWidth) {
    cpu.v[1] = singles(0.25F, -0.25F, 0.5F, 0);
    bench.run({0x4F20'FC20}); // fcvtzs v0.4s, v1.4s, #32
    EXPECT_EQ(cpu.v[0], words(0x4000'0000, 0xC000'0000, 0x7FFF'FFFF, 0));
    EXPECT_EQ(cpu.fp.FPSR, fp::FPSR::IOC);
    cpu.v[1].d = {3, 7};
    bench.run({0x7F7F'E420}); // ucvtf d0, d1, #1
    EXPECT_EQ(cpu.v[0], doubles(1.5, 0));
}

TEST_F(FpVector, ImmediatesFillTheVector) {
    bench.run({0x4F00'F407}); // fmov v7.4s, #2.0
    EXPECT_EQ(cpu.v[7], singles(2, 2, 2, 2));
    bench.run({0x0F00'F407}); // fmov v7.2s, #2.0
    EXPECT_EQ(cpu.v[7], singles(2, 2, 0, 0));
    bench.run({0x6F01'F7E7}); // fmov v7.2d, #31.0
    EXPECT_EQ(cpu.v[7], doubles(31, 31));
}

TEST_F(FpVector, ComparisonWithZeroIsOfEachElement) {
    cpu.v[1] = words(0x3F80'0000, 0x8000'0000, 0x7FC0'0000, 0x0000'0001);
    bench.run({0x4EA0'C820}); // fcmgt v0.4s, v1.4s, #0.0
    EXPECT_EQ(cpu.v[0], words(~0U, 0, 0, ~0U));
    EXPECT_EQ(cpu.fp.FPSR, fp::FPSR::IOC);
}

TEST_F(FpVector, ReservedAndUnsupportedEncodingsAreUndefined) {
    for (const std::uint32_t word : {
             0x0E62'D420U, // fadd of one double
             0x0FC2'1820U, // fmla of one double by element
             0x4FE2'1820U, // fmla v0.2d with L
             0x5FE2'1820U, // fmla d0 with L
             0x0EE0'F820U, // fabs of one double
             0x0F40'FC20U, // fcvtzs of one double
             0x2E30'F820U, // fmaxv of two
             0x6E70'F820U, // fmaxv of doubles
             0x2E21'6820U, // fcvtxn to half
             0x4EE1'C820U, // urecpe of doubles
             0x2F01'F7E7U, // fmov v7.1d
             0x4E42'1420U, // fadd v0.8h
             0x4E79'8820U, // frintn v0.8h
             0x6E42'C420U, // fcmla
         }) {
        EXPECT_EQ(bench.run({word}), synchronous) << std::hex << word;
        EXPECT_EQ(cpu.system.ESR_EL1 >> 26, 0U) << std::hex << word;
    }
}

TEST_F(FpVector, TrapsWhereCPACRSaysSo) {
    cpu.system.CPACR_EL1 = 0;
    cpu.registers_changed();
    const auto before = cpu.v[0];
    for (const std::uint32_t word :
         {0x0E22'D420U, 0x4F80'1820U, 0x6E30'F820U, 0x7E70'D820U, 0x0E61'6820U, 0x4F20'FC20U}) {
        EXPECT_EQ(bench.run({word}), synchronous);
        EXPECT_EQ(cpu.system.ESR_EL1, 0x1FE0'0000U) << std::hex << word;
    }
    EXPECT_EQ(cpu.v[0], before);
}

} // namespace
} // namespace arm64::cpu

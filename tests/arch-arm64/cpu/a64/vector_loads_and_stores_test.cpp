// SPDX-License-Identifier: Apache-2.0
// What goes wrong first: what is above a scalar, the order of interleaved elements, lists that wrap, writeback, faults
// and FP that is disabled. The rest is the differential test's.
#include "tests/arch-arm64/cpu/mapped_bench.hpp"

#include <gtest/gtest.h>

#include <array>
#include <utility>

namespace arm64::cpu {
namespace {

using test::Bench;
using test::Board;
using test::MappedBench;

constexpr std::uint16_t synchronous = 0x200; // from EL1 with SP_EL1
constexpr Vector ones{{~std::uint64_t{0}, ~std::uint64_t{0}}};

class VectorLoadsAndStores : public testing::Test {
protected:
    VectorLoadsAndStores() {
        bench.x(0) = Bench::data;
        fill();
    }

    /// Byte number n of the data is n.
    void fill() {
        for (unsigned i = 0; i < 128; ++i)
            board.put(Bench::data + i, static_cast<std::uint8_t>(i));
    }
    /// So many bytes from number `n` on.
    [[nodiscard]] static std::uint64_t bytes(unsigned n, unsigned count = 8) {
        std::uint64_t value = 0;
        for (unsigned i = count; i-- > 0;)
            value = value << 8 | (n + i);
        return value;
    }

    MappedBench bench;
    Cpu& cpu = bench.cpu;
    Board& board = bench.board;
};

TEST_F(VectorLoadsAndStores, AScalarIsZeroExtendedToTheRegister) {
    const struct {
        std::uint32_t word;
        Vector value;
    } loads[] = {
        {0x3D40'0401, {{bytes(1, 1), 0}}},        // ldr b1, [x0, #1]
        {0x7D40'0401, {{bytes(2, 2), 0}}},        // ldr h1, [x0, #2]
        {0xBD40'0401, {{bytes(4, 4), 0}}},        // ldr s1, [x0, #4]
        {0xFD40'0401, {{bytes(8), 0}}},           // ldr d1, [x0, #8]
        {0x3DC0'0401, {{bytes(16), bytes(24)}}}, // ldr q1, [x0, #16]
        {0x3CC0'1001, {{bytes(1), bytes(9)}}},   // ldur q1, [x0, #1]
    };
    for (const auto& load : loads) {
        for (const char* const when : {"first", "again"}) { // by the slow path, then by the TLB
            cpu.v[1] = ones;
            EXPECT_EQ(bench.run({load.word}), Bench::finished);
            EXPECT_EQ(cpu.v[1], load.value) << std::hex << load.word << " " << when;
        }
        cpu.registers_changed();
    }
}

TEST_F(VectorLoadsAndStores, StoresWriteTheirBytesOnly) {
    cpu.v[1] = {{bytes(0xA0), bytes(0xA8)}};
    const std::pair<std::uint32_t, unsigned> stores[] = {
        {0x3D00'0001, 1}, {0x7D00'0001, 2}, {0xBD00'0001, 4}, {0xFD00'0001, 8}, {0x3C81'0401, 16}};
    for (int again = 0; again < 2; ++again)
        for (const auto& [word, size] : stores) { // str b1/h1/s1/d1, [x0]; str q1, [x0], #16
            fill();
            bench.x(0) = Bench::data;
            EXPECT_EQ(bench.run({word}), Bench::finished);
            for (unsigned i = 0; i < 17; ++i)
                EXPECT_EQ(board.get<std::uint8_t>(Bench::data + i), i < size ? 0xA0 + i : i) << std::hex << word;
        }
    EXPECT_EQ(bench.x(0), Bench::data + 16);
}

TEST_F(VectorLoadsAndStores, OffsetsAreScaledByTheRegister) {
    bench.x(1) = 2;
    bench.run({0x3CE1'7802}); // ldr q2, [x0, x1, lsl #4]
    EXPECT_EQ(cpu.v[2], (Vector{{bytes(32), bytes(40)}}));
    bench.x(0) = Bench::data + 8;
    bench.x(1) = 0xFFFF'FFFF;
    bench.run({0x7C61'D802}); // ldr h2, [x0, w1, sxtw #1]
    EXPECT_EQ(cpu.v[2], (Vector{{bytes(6, 2), 0}}));
    bench.x(0) = Bench::data + 16;
    bench.run({0x3CDF'0C02}); // ldr q2, [x0, #-16]!
    EXPECT_EQ(cpu.v[2], (Vector{{bytes(0), bytes(8)}}));
    EXPECT_EQ(bench.x(0), Bench::data);
}

TEST_F(VectorLoadsAndStores, Literals) {
    // ldr q3, .+16; ldr s4, .+12; hvc #1
    bench.run({0x9C00'0083, 0x1C00'0064, Bench::hvc(1), 0, 1, 2, 3, 4});
    EXPECT_EQ(cpu.v[3], (Vector{{std::uint64_t{2} << 32 | 1, std::uint64_t{4} << 32 | 3}}));
    EXPECT_EQ(cpu.v[4], (Vector{{1, 0}}));
}

TEST_F(VectorLoadsAndStores, Pairs) {
    for (int i = 0; i < 2; ++i) {
        cpu.v[4] = cpu.v[5] = ones;
        bench.x(0) = Bench::data;
        bench.run({0x2D41'1404}); // ldp s4, s5, [x0, #8]
        EXPECT_EQ(cpu.v[4], (Vector{{bytes(8, 4), 0}}));
        EXPECT_EQ(cpu.v[5], (Vector{{bytes(12, 4), 0}}));
        bench.run({0x6D41'1404}); // ldp d4, d5, [x0, #16]
        EXPECT_EQ(cpu.v[4], (Vector{{bytes(16), 0}}));
        EXPECT_EQ(cpu.v[5], (Vector{{bytes(24), 0}}));
        bench.run({0xACC1'1404}); // ldp q4, q5, [x0], #32
        EXPECT_EQ(cpu.v[4], (Vector{{bytes(0), bytes(8)}}));
        EXPECT_EQ(cpu.v[5], (Vector{{bytes(16), bytes(24)}}));
        EXPECT_EQ(bench.x(0), Bench::data + 32);
        bench.x(0) = Bench::data + 0x100;
        bench.run({0xADBF'1404}); // stp q4, q5, [x0, #-32]!
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data + 0xE0), bytes(0));
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data + 0xF8), bytes(24));
    }
}

TEST_F(VectorLoadsAndStores, ElementsOfStructuresAreInterleaved) {
    bench.run({0x4C40'8400}); // ld2 {v0.8h, v1.8h}, [x0]
    for (unsigned e = 0; e < 8; ++e) {
        EXPECT_EQ(cpu.v[0].get<std::uint16_t>(e), bytes(4 * e, 2));
        EXPECT_EQ(cpu.v[1].get<std::uint16_t>(e), bytes(4 * e + 2, 2));
    }
    bench.x(1) = 0x1000;
    bench.run({0x4CC1'4800}); // ld3 {v0.4s-v2.4s}, [x0], x1
    for (unsigned r = 0; r < 3; ++r)
        for (unsigned e = 0; e < 4; ++e)
            EXPECT_EQ(cpu.v.at(r).get<std::uint32_t>(e), bytes(12 * e + 4 * r, 4));
    EXPECT_EQ(bench.x(0), Bench::data + 0x1000);
    bench.x(0) = Bench::data + 1;
    bench.run({0x4C40'0C00}); // ld4 {v0.2d-v3.2d}, [x0]
    for (unsigned r = 0; r < 4; ++r)
        EXPECT_EQ(cpu.v.at(r), (Vector{{bytes(1 + 8 * r), bytes(33 + 8 * r)}}));
    bench.x(0) = Bench::data;
    bench.run({0x0C40'0000}); // ld4 {v0.8b-v3.8b}, [x0]
    for (unsigned r = 0; r < 4; ++r) {
        for (unsigned e = 0; e < 8; ++e)
            EXPECT_EQ(cpu.v.at(r).get<std::uint8_t>(e), 4 * e + r);
        EXPECT_EQ(cpu.v.at(r).d[1], 0U);
    }
}

TEST_F(VectorLoadsAndStores, StoresOfStructuresAreTheirInverse) {
    const std::pair<std::uint32_t, unsigned> both[] = {{0x4C40'8400, 32},  // ld2 {v0.8h, v1.8h}, [x0]
                                                       {0x4C40'4800, 48},  // ld3 {v0.4s-v2.4s}, [x0]
                                                       {0x0C40'0000, 32},  // ld4 {v0.8b-v3.8b}, [x0]
                                                       {0x4C40'2C00, 64}}; // ld1 {v0.2d-v3.2d}, [x0]
    for (const auto& [load, size] : both) {
        const std::uint32_t store = load & ~(1U << 22);
        bench.x(0) = Bench::data + 3;
        // add x0, x0, #0x200
        EXPECT_EQ(bench.run({load, 0x9108'0000, store, store}), Bench::finished);
        for (unsigned i = 0; i < size; ++i)
            EXPECT_EQ(board.get<std::uint8_t>(Bench::data + 0x203 + i), 3 + i) << std::hex << load;
        EXPECT_EQ(board.get<std::uint8_t>(Bench::data + 0x203 + size), 0U);
        board.put(Bench::data + 0x200, std::array<std::byte, 128>{});
    }
}

TEST_F(VectorLoadsAndStores, AListWraps) {
    bench.run({0x4CDF'201E}); // ld1 {v30.16b, v31.16b, v0.16b, v1.16b}, [x0], #64
    EXPECT_EQ(cpu.v[30], (Vector{{bytes(0), bytes(8)}}));
    EXPECT_EQ(cpu.v[31], (Vector{{bytes(16), bytes(24)}}));
    EXPECT_EQ(cpu.v[0], (Vector{{bytes(32), bytes(40)}}));
    EXPECT_EQ(cpu.v[1], (Vector{{bytes(48), bytes(56)}}));
    EXPECT_EQ(bench.x(0), Bench::data + 64);
}

TEST_F(VectorLoadsAndStores, SingleElementsLeaveTheOthers) {
    for (unsigned r = 0; r < 4; ++r)
        cpu.v.at(r) = ones;
    bench.run({0x4D40'1400}); // ld1 {v0.b}[13], [x0]
    EXPECT_EQ(cpu.v[0], (Vector{{~std::uint64_t{0}, 0xFFFF'00FF'FFFF'FFFF}}));
    bench.run({0x4DFF'5800}); // ld2 {v0.h, v1.h}[7], [x0], #4
    EXPECT_EQ(cpu.v[0].get<std::uint16_t>(7), bytes(0, 2));
    EXPECT_EQ(cpu.v[1].get<std::uint16_t>(7), bytes(2, 2));
    EXPECT_EQ(cpu.v[1].get<std::uint16_t>(6), 0xFFFF);
    EXPECT_EQ(bench.x(0), Bench::data + 4);
    bench.run({0x4D40'A000}); // ld3 {v0.s-v2.s}[2], [x0]
    EXPECT_EQ(cpu.v[2], (Vector{{~std::uint64_t{0}, 0xFFFF'FFFF'0000'0000 | bytes(12, 4)}}));
    bench.x(1) = ~std::uint64_t{3};
    bench.run({0x4DE1'A400}); // ld4 {v0.d-v3.d}[1], [x0], x1
    EXPECT_EQ(cpu.v[3], (Vector{{~std::uint64_t{0}, bytes(28)}}));
    EXPECT_EQ(bench.x(0), Bench::data);
    bench.run({0x4D00'1400}); // st1 {v0.b}[13], [x0]
    EXPECT_EQ(board.get<std::uint16_t>(Bench::data), 9U | 1U << 8);
    bench.run({0x4D20'A400}); // st4 {v0.d-v3.d}[1], [x0]
    EXPECT_EQ(board.get<std::uint64_t>(Bench::data + 24), bytes(28));
}

TEST_F(VectorLoadsAndStores, ReplicatedElementsFillTheRegister) {
    for (unsigned r = 0; r < 4; ++r)
        cpu.v.at(r) = ones;
    bench.run({0x4D40'C400}); // ld1r {v0.8h}, [x0]
    EXPECT_EQ(cpu.v[0], (Vector{{0x0100'0100'0100'0100, 0x0100'0100'0100'0100}}));
    bench.run({0x0DFF'C400}); // ld2r {v0.4h, v1.4h}, [x0], #4
    EXPECT_EQ(cpu.v[1], (Vector{{0x0302'0302'0302'0302, 0}}));
    EXPECT_EQ(bench.x(0), Bench::data + 4);
    bench.x(1) = 0x10;
    bench.run({0x4DE1'EC00}); // ld4r {v0.2d-v3.2d}, [x0], x1
    EXPECT_EQ(cpu.v[3], (Vector{{bytes(28), bytes(28)}}));
    EXPECT_EQ(bench.x(0), Bench::data + 0x14);
}

TEST_F(VectorLoadsAndStores, ReservedEncodingsAreUndefined) {
    const std::uint32_t words[] = {
        0x0C40'8C00, // ld2 {v0.1d, v1.1d}
        0x0C40'3000, // multiple structures, opcode 0011
        0x0D40'4400, // ld1 {v.h}, size 01
        0x0D40'8800, // ld1 {v.s}, size 10
        0x0D40'9400, // ld1 {v.d}, S
        0x0D40'D000, // ld1r, S
        0x0D00'C000, // st1r
        0x3DC0'0000 | 1U << 30, // LDR (immediate), 256 bits
    };
    for (const std::uint32_t word : words) {
        EXPECT_EQ(bench.run({word}), synchronous) << std::hex << word;
        EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::unknown)) << std::hex << word;
    }
}

TEST_F(VectorLoadsAndStores, AFaultLeavesRegistersAsTheyWere) {
    bench.map_page(0, Bench::data);
    const std::uint64_t edge = MappedBench::window + 0x1000;
    for (unsigned r = 0; r < 8; ++r)
        cpu.v.at(r) = ones;
    const std::pair<std::uint32_t, std::uint64_t> accesses[] = {
        {0x3C81'0401, edge - 8},  {0x3CC0'1001, edge - 9},  // str q1, [x0], #16; ldur q1, [x0, #1]
        {0xACC1'1404, edge - 16}, {0xACC1'1404, edge - 24}, // ldp q4, q5, [x0], #32: second register; and half of it
        {0xAD00'1404, edge - 16}, {0x4CDF'2000, edge - 56}, // stp q4, q5, [x0]; ld1 {v0.16b-v3.16b}, [x0], #64
        {0x4C9F'4800, edge - 44}, {0x4DFF'5800, edge - 2},  // st3 {v0.4s-v2.4s}, [x0], #48; ld2 {v0.h, v1.h}[7]
        {0x0DFF'C400, edge - 2},                            // ld2r {v0.4h, v1.4h}, [x0], #4
    };
    for (const auto& [word, va] : accesses) {
        bench.x(0) = va;
        EXPECT_EQ(bench.run({word}), synchronous) << std::hex << word;
        EXPECT_EQ(cpu.system.FAR_EL1, edge) << std::hex << word;
        EXPECT_EQ(bench.x(0), va) << std::hex << word;
        for (unsigned r = 0; r < 8; ++r)
            EXPECT_EQ(cpu.v.at(r), ones) << std::hex << word;
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data + 0xFF8), 0U) << std::hex << word;
    }
}

TEST_F(VectorLoadsAndStores, TheyTrapWhileFPIsDisabled) {
    cpu.system.CPACR_EL1 = 0;
    cpu.system.SCTLR_EL1 |= 1U << 3; // SA: what is found first is FP
    cpu.set_SP(1, Bench::stack + 8);
    cpu.registers_changed();
    for (const std::uint32_t word : {0x3D40'0401U, 0xAC40'1404U, 0x9C00'0083U, 0x4C40'7FE0U, 0x4D40'1400U}) {
        EXPECT_EQ(bench.run({word}), synchronous);
        EXPECT_EQ(cpu.system.ESR_EL1 >> 26, 0x07U) << std::hex << word;
    }
    EXPECT_EQ(bench.run({0x0C40'8C00}), synchronous); // ld2 {v0.1d, v1.1d} is UNDEFINED before that
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::unknown));
    cpu.system.CPACR_EL1 = 3U << 20;
    cpu.registers_changed();
    EXPECT_EQ(bench.run({0x4C40'7FE0}), synchronous); // ld1 {v0.2d}, [sp]
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SP_alignment));
}

TEST_F(VectorLoadsAndStores, AlignmentIsOfElementsIfItIsChecked) {
    cpu.system.SCTLR_EL1 |= 1U << 1; // A
    cpu.registers_changed();
    bench.x(0) = Bench::data + 2;
    EXPECT_EQ(bench.run({0x4C40'8400}), Bench::finished); // ld2 {v0.8h, v1.8h}, [x0]
    EXPECT_EQ(bench.run({0x4C40'4800}), synchronous);     // ld3 {v0.4s-v2.4s}, [x0]
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::data_abort, FSC::alignment));
    bench.x(0) = Bench::data + 8;
    EXPECT_EQ(bench.run({0x6D41'1404}), Bench::finished); // ldp d4, d5, [x0, #16]
    EXPECT_EQ(bench.run({0xAC40'1404}), synchronous);     // ldnp q4, q5, [x0]
}

} // namespace
} // namespace arm64::cpu

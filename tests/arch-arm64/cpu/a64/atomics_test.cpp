// SPDX-License-Identifier: Apache-2.0
#include "tests/arch-arm64/cpu/mapped_bench.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace arm64::cpu {
namespace {

using test::Bench;
using test::Board;
using test::MappedBench;

constexpr std::uint16_t synchronous = 0x200; // from EL1 with SP_EL1

class Atomics : public testing::Test {
protected:
    Atomics() { bench.x(0) = Bench::data; }

    MappedBench bench;
    Cpu& cpu = bench.cpu;
    Board& board = bench.board;
};

struct Instruction {
    const char* name;
    std::uint32_t o3_opc;
    std::function<std::uint64_t(std::uint64_t, std::uint64_t, unsigned)> result; // of memory, register, bits
};

std::int64_t as_signed(std::uint64_t value, unsigned bits) {
    return static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits);
}

const Instruction instructions[] = {
    {"LDADD", 0, [](auto m, auto r, auto) { return m + r; }},
    {"LDCLR", 1, [](auto m, auto r, auto) { return m & ~r; }},
    {"LDEOR", 2, [](auto m, auto r, auto) { return m ^ r; }},
    {"LDSET", 3, [](auto m, auto r, auto) { return m | r; }},
    {"LDSMAX", 4, [](auto m, auto r, auto bits) { return as_signed(m, bits) > as_signed(r, bits) ? m : r; }},
    {"LDSMIN", 5, [](auto m, auto r, auto bits) { return as_signed(m, bits) < as_signed(r, bits) ? m : r; }},
    {"LDUMAX", 6, [](auto m, auto r, auto) { return std::max(m, r); }},
    {"LDUMIN", 7, [](auto m, auto r, auto) { return std::min(m, r); }},
    {"SWP", 8, [](auto, auto r, auto) { return r; }},
};

TEST_F(Atomics, EachOperationOfEachSizeAndOrder) {
    constexpr std::uint64_t memory = 0x8765'4321'0FED'80F1, around = 0xA5A5'A5A5'A5A5'A5A5;
    constexpr std::uint64_t operands[] = {0x1111'1111'8000'7F10, 0xFFFF'FFFF'FFFF'FFFF, 0x9765'4321'0FED'80F2};
    for (const auto& instruction : instructions)
        for (std::uint32_t size = 0; size < 4; ++size)
            for (std::uint32_t order = 0; order < 4; ++order)
                for (const std::uint64_t operand : operands) {
                    const unsigned bits = 8U << size;
                    const std::uint64_t mask = ~std::uint64_t{0} >> (64 - bits);
                    // op x1, x2, [x0]
                    const std::uint32_t word =
                        0x3820'0002 | size << 30 | order << 22 | 1U << 16 | instruction.o3_opc << 12;
                    board.put(Bench::data, memory);
                    board.put(Bench::data + 8, around);
                    bench.x(1) = operand;
                    bench.x(2) = around;
                    ASSERT_EQ(bench.run({word}), Bench::finished) << instruction.name << " " << bits << " " << order;
                    EXPECT_EQ(bench.x(2), memory & mask) << instruction.name << " " << bits << " " << order;
                    const auto result = instruction.result(memory & mask, operand & mask, bits) & mask;
                    EXPECT_EQ(board.get<std::uint64_t>(Bench::data), (memory & ~mask) | result)
                        << instruction.name << " " << bits << " " << order;
                    EXPECT_EQ(board.get<std::uint64_t>(Bench::data + 8), around);
                }
}

TEST_F(Atomics, CompareAndSwapOfEachSizeAndOrder) {
    constexpr std::uint64_t memory = 0x8765'4321'0FED'80F1, desired = 0x1234'5678'9ABC'DEF0;
    for (std::uint32_t size = 0; size < 4; ++size)
        for (const std::uint32_t order : {0U, 1U << 15, 1U << 22, 1U << 15 | 1U << 22})
            for (const bool equal : {true, false}) {
                const std::uint64_t mask = ~std::uint64_t{0} >> (64 - (8U << size));
                const std::uint32_t word = 0x08A1'7C02 | size << 30 | order; // cas x1, x2, [x0]
                board.put(Bench::data, memory);
                // What is above the size does not count.
                bench.x(1) = ((equal ? memory : memory ^ 0x10) & mask) | (~memory & ~mask);
                bench.x(2) = desired;
                ASSERT_EQ(bench.run({word}), Bench::finished) << size;
                EXPECT_EQ(bench.x(1), memory & mask) << size;
                EXPECT_EQ(bench.x(2), desired);
                EXPECT_EQ(board.get<std::uint64_t>(Bench::data), equal ? (memory & ~mask) | (desired & mask) : memory);
            }
}

TEST_F(Atomics, CompareAndSwapOfPairs) {
    for (int i = 0; i < 2; ++i) { // by the slow path, then by the TLB
        board.put(Bench::data, std::uint64_t{0x1111'1111'2222'2222});
        board.put(Bench::data + 8, std::uint64_t{0x3333'3333'4444'4444});
        bench.x(4) = 0x1111'1111'2222'2222;
        bench.x(5) = 0x3333'3333'4444'4445;
        bench.x(6) = 6;
        bench.x(7) = 7;
        bench.run({0x4824'7C06}); // casp x4, x5, x6, x7, [x0]: the second differs
        EXPECT_EQ(bench.x(5), 0x3333'3333'4444'4444U);
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data), 0x1111'1111'2222'2222U);
        bench.run({0x4824'7C06}); // now both are what was there
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data), 6U);
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data + 8), 7U);
        bench.x(4) = 0xFFFF'FFFF'0000'0006;
        bench.x(5) = 0xFFFF'FFFF'0000'0000;
        bench.x(6) = 0x5555'5555'0000'0008;
        bench.x(7) = 0x5555'5555'0000'0009;
        bench.run({0x0864'FC06}); // caspal w4, w5, w6, w7, [x0]
        EXPECT_EQ(bench.x(4), 6U);
        EXPECT_EQ(bench.x(5), 0U);
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data), 0x0000'0009'0000'0008U);
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data + 8), 7U);
        cpu.x[30] = 0x0000'0009'0000'0008;
        board.put(Bench::data + 8, std::uint64_t{0});
        bench.run({0x483E'7C06}); // casp x30, xzr, x6, x7, [x0]
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data), bench.x(6));
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data + 8), bench.x(7));
    }
    EXPECT_EQ(bench.run({0x4825'7C06}), synchronous); // an odd register is UNDEFINED
    EXPECT_EQ(bench.run({0x4824'7C07}), synchronous);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::unknown));
}

TEST_F(Atomics, TheResultMayBeThrownAway) {
    board.put(Bench::data, std::uint64_t{5});
    bench.x(1) = 3;
    bench.run({0xF821'001F, 0x9100'03E4}); // stadd x1, [x0]; mov x4, sp
    EXPECT_EQ(board.get<std::uint64_t>(Bench::data), 8U);
    EXPECT_EQ(bench.x(4), Bench::stack);
}

TEST_F(Atomics, MisalignedOnesFault) {
    for (const std::uint32_t word : {0xF821'0002U, 0xC8A1'7C02U, 0x4824'7C06U}) { // ldadd, cas, casp of x
        bench.run({0xF940'0003});                                                // ldr x3, [x0]: the TLB has it
        bench.x(0) = Bench::data + (word == 0x4824'7C06 ? 8 : 4);
        EXPECT_EQ(bench.run({word}), synchronous);
        EXPECT_EQ(cpu.system.ESR_EL1 & 0x3F, FSC::alignment) << std::hex << word;
        EXPECT_EQ(cpu.system.FAR_EL1, bench.x(0));
        bench.x(0) = Bench::data;
    }
}

TEST_F(Atomics, AFaultOfReadingIsNotOneOfWriting) {
    bench.map_page(0, Bench::data, MappedBench::AP_read_only);
    bench.x(0) = MappedBench::window;
    EXPECT_EQ(bench.run({0xF821'0002}), synchronous); // ldadd x1, x2, [x0]
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::data_abort, FSC::permission | 3 | ISS::WnR));
    bench.x(0) = MappedBench::window + 0x1000;
    EXPECT_EQ(bench.run({0xC8A1'7C02}), synchronous); // cas x1, x2, [x0]
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::data_abort, FSC::translation | 3));
}

TEST_F(Atomics, AMisalignedStackPointerFaults) {
    cpu.system.SCTLR_EL1 |= 1U << 3; // SA
    cpu.set_SP(1, Bench::stack + 8);
    cpu.registers_changed();
    EXPECT_EQ(bench.run({0xF821'03E2}), synchronous); // ldadd x1, x2, [sp]
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SP_alignment));
    cpu.set_SP(1, Bench::stack);
    EXPECT_EQ(bench.run({0xF821'03E2, 0xF821'03E2}), Bench::finished);
}

TEST_F(Atomics, TheyMarkALoggedPage) {
    board.logged.insert(Bench::data);
    bench.run({0xF821'0002}); // ldadd x1, x2, [x0]
    EXPECT_TRUE(board.dirty.contains(Bench::data));
}

} // namespace
} // namespace arm64::cpu

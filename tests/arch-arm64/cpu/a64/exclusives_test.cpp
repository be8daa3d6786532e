// SPDX-License-Identifier: Apache-2.0
// One CPU; several are in litmus_test.cpp.
#include "tests/arch-arm64/cpu/mapped_bench.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace arm64::cpu {
namespace {

using test::Bench;
using test::Board;
using test::MappedBench;

constexpr std::uint16_t synchronous = 0x200; // from EL1 with SP_EL1

class Exclusives : public testing::Test {
protected:
    Exclusives() {
        bench.x(0) = Bench::data;
        board.put(Bench::data, std::uint64_t{0x1122'3344'5566'7788});
        board.put(Bench::data + 8, std::uint64_t{0x99AA'BBCC'DDEE'FF00});
    }

    MappedBench bench;
    Cpu& cpu = bench.cpu;
    Board& board = bench.board;
};

TEST_F(Exclusives, AStoreExclusiveStoresOnce) {
    bench.x(3) = 7;
    bench.run({0xC85F'7C01, 0xC802'7C03}); // ldxr x1, [x0]; stxr w2, x3, [x0]
    EXPECT_EQ(bench.x(1), 0x1122'3344'5566'7788U);
    EXPECT_EQ(bench.x(2), 0U);
    EXPECT_EQ(board.get<std::uint64_t>(Bench::data), 7U);
    bench.x(3) = 8;
    bench.run({0xC802'7C03});
    EXPECT_EQ(bench.x(2), 1U);
    EXPECT_EQ(board.get<std::uint64_t>(Bench::data), 7U);
}

TEST_F(Exclusives, EachSize) {
    const std::pair<std::uint32_t, std::uint32_t> pairs[] = {
        {0x085F'7C01, 0x0802'7C03}, {0x485F'7C01, 0x4802'7C03}, {0x885F'FC01, 0x8802'FC03}, {0xC85F'7C01, 0xC802'7C03}};
    for (unsigned size = 0; size < 4; ++size) { // ldxrb, ldxrh, ldaxr w, ldxr; stxrb, stxrh, stlxr w, stxr
        const std::uint64_t mask = ~std::uint64_t{0} >> (64 - (8U << size));
        board.put(Bench::data, std::uint64_t{0x1122'3344'5566'7788});
        bench.x(1) = bench.x(2) = bench.x(3) = ~std::uint64_t{0};
        EXPECT_EQ(bench.run({pairs[size].first, pairs[size].second}), Bench::finished);
        EXPECT_EQ(bench.x(1), 0x1122'3344'5566'7788U & mask);
        EXPECT_EQ(bench.x(2), 0U);
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data), 0x1122'3344'5566'7788U | mask);
    }
}

TEST_F(Exclusives, AChangedValueFailsIt) {
    bench.x(3) = 7;
    bench.x(4) = 5;
    // ldxr x1, [x0]; str x4, [x0]; stxr w2, x3, [x0]
    bench.run({0xC85F'7C01, 0xF900'0004, 0xC802'7C03});
    EXPECT_EQ(bench.x(2), 1U);
    EXPECT_EQ(board.get<std::uint64_t>(Bench::data), 5U);
}

TEST_F(Exclusives, AnotherAddressOrSizeFailsIt) {
    bench.x(3) = 7;
    bench.run({0xC85F'7C01, 0x9100'2000, 0xC802'7C03}); // ldxr x1, [x0]; add x0, x0, #8; stxr w2, x3, [x0]
    EXPECT_EQ(bench.x(2), 1U);
    bench.x(0) = Bench::data;
    bench.x(2) = 0;
    bench.run({0xC85F'7C01, 0x8802'FC03}); // ldxr x1, [x0]; stlxr w2, w3, [x0]
    EXPECT_EQ(bench.x(2), 1U);
    EXPECT_EQ(board.get<std::uint64_t>(Bench::data), 0x1122'3344'5566'7788U);
}

TEST_F(Exclusives, ClearAndExceptionsOpenTheMonitor) {
    bench.x(3) = 7;
    bench.run({0xC85F'7C01, 0xD503'3F5F, 0xC802'7C03}); // ldxr x1, [x0]; clrex; stxr w2, x3, [x0]
    EXPECT_EQ(bench.x(2), 1U);
    // ldxr x1, [x0]; svc #0
    EXPECT_EQ(bench.run({0xC85F'7C01, 0xD400'0001}), synchronous);
    EXPECT_EQ(cpu.monitor.address, nullptr);
}

TEST_F(Exclusives, PairsAreStoredAsOne) {
    for (const std::uint64_t second : {0x99AA'BBCC'DDEE'FF00, 0x99AA'BBCC'DDEE'FF01}) {
        bench.run({0xC87F'1404}); // ldxp x4, x5, [x0]
        EXPECT_EQ(bench.x(4), 0x1122'3344'5566'7788U);
        EXPECT_EQ(bench.x(5), 0x99AA'BBCC'DDEE'FF00U);
        board.put(Bench::data + 8, second);
        bench.x(6) = 6;
        bench.x(7) = 7;
        bench.run({0xC822'1C06}); // stxp w2, x6, x7, [x0]
        const bool changed = second != 0x99AA'BBCC'DDEE'FF00;
        EXPECT_EQ(bench.x(2), changed ? 1U : 0U);
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data), changed ? 0x1122'3344'5566'7788U : 6U);
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data + 8), changed ? second : 7U);
        board.put(Bench::data, std::uint64_t{0x1122'3344'5566'7788});
        board.put(Bench::data + 8, std::uint64_t{0x99AA'BBCC'DDEE'FF00});
    }
    bench.x(6) = 0xFFFF'FFFF'0000'0006;
    bench.x(7) = 0xFFFF'FFFF'0000'0007;
    bench.run({0x887F'9404, 0x8822'9C06}); // ldaxp w4, w5, [x0]; stlxp w2, w6, w7, [x0]
    EXPECT_EQ(bench.x(4), 0x5566'7788U);
    EXPECT_EQ(bench.x(5), 0x1122'3344U);
    EXPECT_EQ(bench.x(2), 0U);
    EXPECT_EQ(board.get<std::uint64_t>(Bench::data), 0x0000'0007'0000'0006U);
}

TEST_F(Exclusives, AStoreExclusiveFaultsWhetherOrNotItWouldStore) {
    bench.map_page(0, Bench::data, MappedBench::AP_read_only);
    bench.x(0) = MappedBench::window;
    bench.x(2) = 55;
    EXPECT_EQ(bench.run({0xC85F'7C01, 0xC802'7C03}), synchronous); // ldxr x1, [x0]; stxr w2, x3, [x0]
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::data_abort, FSC::permission | 3 | ISS::WnR));
    EXPECT_EQ(bench.x(2), 55U);
}

TEST_F(Exclusives, MisalignedOnesFault) {
    // ldxr x, ldxrh, ldxp x, ldxp w, stxr x, ldar x, stlr x
    for (const std::uint32_t word :
         {0xC85F'7C01U, 0x485F'7C01U, 0xC87F'1404U, 0x887F'9404U, 0xC802'7C03U, 0xC8DF'FC01U, 0xC89F'FC01U}) {
        bench.x(0) = Bench::data;
        bench.run({0xF940'0009, 0xF900'0009}); // ldr x9, [x0]; str x9, [x0]: the TLB has it
        bench.x(0) = Bench::data + (word == 0xC87F'1404 ? 8 : word == 0x485F'7C01 ? 1 : 4);
        EXPECT_EQ(bench.run({word}), synchronous) << std::hex << word;
        const bool store = word == 0xC802'7C03 || word == 0xC89F'FC01;
        EXPECT_EQ(cpu.system.ESR_EL1 & 0x7F, FSC::alignment | (store ? ISS::WnR : 0)) << std::hex << word;
        EXPECT_EQ(cpu.system.FAR_EL1, bench.x(0));
    }
}

TEST_F(Exclusives, DevicesHaveNone) {
    board.devices[MappedBench::bus] = 1;
    bench.x(0) = MappedBench::bus;
    EXPECT_EQ(bench.run({0xC85F'7C01}), synchronous); // ldxr x1, [x0]
    EXPECT_EQ(cpu.system.ESR_EL1 & 0x3F, FSC::unsupported_exclusive);
}

TEST_F(Exclusives, AcquireAndReleaseReachMemoryAndDevices) {
    for (int i = 0; i < 2; ++i) { // by the slow path, then by the TLB
        bench.run({0xC8DF'FC01});     // ldar x1, [x0]
        EXPECT_EQ(bench.x(1), 0x1122'3344'5566'7788U);
        bench.run({0x08DF'FC01}); // ldarb w1, [x0]
        EXPECT_EQ(bench.x(1), 0x88U);
        board.put(Bench::data + 8, ~std::uint64_t{0});
        bench.x(0) = Bench::data + 8;
        bench.x(1) = 0x5555'6666'7777'8888;
        bench.run({0x489F'FC01}); // stlrh w1, [x0]
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data + 8), 0xFFFF'FFFF'FFFF'8888U);
        bench.run({0x889F'FC01}); // stlr w1, [x0]
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data + 8), 0xFFFF'FFFF'7777'8888U);
        bench.run({0xC89F'FC01}); // stlr x1, [x0]
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data + 8), 0x5555'6666'7777'8888U);
        bench.x(0) = Bench::data;
    }
    board.devices[MappedBench::bus] = 0x1234;
    bench.x(0) = MappedBench::bus;
    EXPECT_EQ(bench.run({0x08DF'FC01}), Bench::finished); // ldarb w1, [x0]
    EXPECT_EQ(bench.x(1), 0x34U);
    EXPECT_EQ(bench.run({0x889F'FC01}), Bench::finished); // stlr w1, [x0]
    EXPECT_EQ(board.devices[MappedBench::bus], 0x34U);
}

TEST_F(Exclusives, WhatIsNotAdvertisedIsUndefined) {
    for (const std::uint32_t word : {0xC89F'7C01U, 0xC8DF'7C01U, 0xF8BF'C001U}) { // stllr, ldlar, ldapr
        EXPECT_EQ(bench.run({word}), synchronous);
        EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::unknown)) << std::hex << word;
    }
}

} // namespace
} // namespace arm64::cpu

// SPDX-License-Identifier: Apache-2.0
// What goes wrong first: extensions, register 31, writeback when the access faults, pairs at the end of a page, MMIO.
// The rest is the differential test's.
#include "tests/arch-arm64/cpu/mapped_bench.hpp"

#include <gtest/gtest.h>

namespace arm64::cpu {
namespace {

using test::Bench;
using test::Board;
using test::MappedBench;

constexpr std::uint16_t synchronous = 0x200; // from EL1 with SP_EL1
constexpr std::uint64_t nowhere = MappedBench::bus;

class LoadsAndStores : public testing::Test {
protected:
    LoadsAndStores() { bench.x(0) = Bench::data; }

    MappedBench bench;
    Cpu& cpu = bench.cpu;
    Board& board = bench.board;
};

TEST_F(LoadsAndStores, LoadsExtendToTheWidthOfTheRegister) {
    board.put(Bench::data, std::uint64_t{0x8182'8384'8586'8788});
    const struct {
        std::uint32_t word;
        std::uint64_t value;
    } loads[] = {
        {0xB940'0001, 0x8586'8788},           // ldr w1, [x0]
        {0x39C0'1C01, 0xFFFF'FF81},           // ldrsb w1, [x0, #7]
        {0x3980'1C01, 0xFFFF'FFFF'FFFF'FF81}, // ldrsb x1, [x0, #7]
        {0x79C0'0C01, 0xFFFF'8182},           // ldrsh w1, [x0, #6]
        {0x7980'0C01, 0xFFFF'FFFF'FFFF'8182}, // ldrsh x1, [x0, #6]
        {0xB980'0401, 0xFFFF'FFFF'8182'8384}, // ldrsw x1, [x0, #4]
        {0x7940'0C01, 0x8182},                // ldrh w1, [x0, #6]
        {0x3940'1C01, 0x81},                  // ldrb w1, [x0, #7]
    };
    for (const auto& load : loads) {
        for (const char* const when : {"first", "again"}) { // by the slow path, then by the TLB
            bench.x(1) = ~std::uint64_t{0};
            EXPECT_EQ(bench.run({load.word}), Bench::finished);
            EXPECT_EQ(bench.x(1), load.value) << std::hex << load.word << " " << when;
        }
        cpu.registers_changed();
    }
}

TEST_F(LoadsAndStores, StoresWriteTheirBytesOnly) {
    bench.x(2) = 0x0102'0304'0506'0708;
    for (const char* const when : {"first", "again"}) {
        board.put(Bench::data, ~std::uint64_t{0});
        bench.run({0x3900'0002}); // strb w2, [x0]
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data), 0xFFFF'FFFF'FFFF'FF08U) << when;
        bench.run({0x7900'0002}); // strh w2, [x0]
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data), 0xFFFF'FFFF'FFFF'0708U) << when;
        bench.run({0xF900'0002}); // str x2, [x0]
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data), 0x0102'0304'0506'0708U) << when;
    }
}

TEST_F(LoadsAndStores, UnalignedAccessesCrossPages) {
    const virt::Gpa edge = Bench::data + 0x1000;
    board.put(edge - 4, std::uint64_t{0x1122'3344'5566'7788});
    bench.x(0) = edge - 1;
    for (int i = 0; i < 2; ++i) {
        bench.run({0xF85F'D002}); // ldur x2, [x0, #-3]
        EXPECT_EQ(bench.x(2), 0x1122'3344'5566'7788U);
    }
    bench.x(2) = 0xA1A2'A3A4'A5A6'A7A8;
    bench.x(0) = edge - 3;
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(bench.run({0xF900'0002}), Bench::finished); // str x2, [x0]
        EXPECT_EQ(board.get<std::uint64_t>(edge - 3), 0xA1A2'A3A4'A5A6'A7A8U);
    }
}

TEST_F(LoadsAndStores, WritebackFollowsTheAccess) {
    board.put(Bench::data, std::uint64_t{11});
    board.put(Bench::data + 16, std::uint64_t{22});
    bench.run({0xF841'0C02}); // ldr x2, [x0, #16]!
    EXPECT_EQ(bench.x(0), Bench::data + 16);
    EXPECT_EQ(bench.x(2), 22U);
    bench.run({0xF85F'0402}); // ldr x2, [x0], #-16
    EXPECT_EQ(bench.x(0), Bench::data);
    EXPECT_EQ(bench.x(2), 22U);
    bench.x(2) = 33;
    bench.run({0xF800'8402}); // str x2, [x0], #8
    EXPECT_EQ(bench.x(0), Bench::data + 8);
    EXPECT_EQ(board.get<std::uint64_t>(Bench::data), 33U);
}

TEST_F(LoadsAndStores, AFaultLeavesRegistersAsTheyWere) {
    bench.x(2) = 5;
    bench.x(3) = 6;
    for (const std::uint32_t word : {0xF841'0C02U, 0xF85F'0402U, 0xF800'8402U,   // ldr !, ldr post, str post
                                     0xA940'0C02U, 0x68C1'0C02U, 0xA9BF'0C02U}) { // ldp, ldpsw post, stp !
        bench.x(0) = nowhere;
        EXPECT_EQ(bench.run({word}), 0xFFFE) << std::hex << word; // undescribed: the VMM's turn
        EXPECT_TRUE(std::holds_alternative<virt::exit::NoSyndrome>(bench.last_stop)) << std::hex << word;
        EXPECT_EQ(bench.x(0), nowhere) << std::hex << word;
        EXPECT_EQ(bench.x(2), 5U);
        EXPECT_EQ(bench.x(3), 6U);
        EXPECT_EQ(cpu.pc, Bench::code);
    }
}

TEST_F(LoadsAndStores, WritebackToARegisterThatIsTransferred) {
    board.put(Bench::data + 8, std::uint64_t{77});
    bench.run({0xF840'8C00}); // ldr x0, [x0, #8]!: the address
    EXPECT_EQ(bench.x(0), Bench::data + 8);
    bench.x(0) = Bench::data;
    bench.run({0xF800'8C00}); // str x0, [x0, #8]!: what it was
    EXPECT_EQ(bench.x(0), Bench::data + 8);
    EXPECT_EQ(board.get<std::uint64_t>(Bench::data + 8), Bench::data);
}

TEST_F(LoadsAndStores, RegisterOffsetsAreExtendedAndScaled) {
    board.put(Bench::data, std::uint64_t{0x1122'3344'5566'7788});
    const struct {
        std::uint32_t word;
        std::uint64_t base, index, value;
    } loads[] = {
        {0xF861'5803, Bench::data - 16, 0xFFFF'FFFF'0000'0002, 0x1122'3344'5566'7788}, // ldr x3, [x0, w1, uxtw #3]
        {0xF861'C803, Bench::data + 4, 0x5555'5555'FFFF'FFFC, 0x1122'3344'5566'7788},  // ldr x3, [x0, w1, sxtw]
        {0xF861'7803, Bench::data + 8, ~std::uint64_t{0}, 0x1122'3344'5566'7788},      // ldr x3, [x0, x1, lsl #3]
        {0xB861'E803, Bench::data + 4, 0xFFFF'FFFF'FFFF'FFFC, 0x5566'7788},            // ldr w3, [x0, x1, sxtx]
    };
    for (const auto& load : loads) {
        bench.x(0) = load.base;
        bench.x(1) = load.index;
        EXPECT_EQ(bench.run({load.word}), Bench::finished);
        EXPECT_EQ(bench.x(3), load.value) << std::hex << load.word;
    }
    EXPECT_EQ(bench.run({0xF861'1803}), synchronous); // option 000 is reserved
    EXPECT_EQ(bench.run({0xF8A1'0800}), synchronous); // of PRFM, too
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::unknown));
}

TEST_F(LoadsAndStores, LiteralsAreRelativeToTheInstruction) {
    // add x0, x0, #1; ldr x4, .+12; ldrsw x5, .+8; hvc #1; .quad
    bench.run({0x9100'0400, 0x5800'0064, 0x9800'0045, Bench::hvc(1), 0x8765'4321, 0x1234'5678});
    EXPECT_EQ(bench.x(4), 0x1234'5678'8765'4321U);
    EXPECT_EQ(bench.x(5), 0xFFFF'FFFF'8765'4321U);
}

TEST_F(LoadsAndStores, PairsOfWordsAndDoublewords) {
    board.put(Bench::data, std::uint64_t{0x8000'0001'7000'0002});
    board.put(Bench::data + 8, std::uint64_t{0x0102'0304'0506'0708});
    for (int i = 0; i < 2; ++i) {
        bench.run({0xA940'0C02}); // ldp x2, x3, [x0]
        EXPECT_EQ(bench.x(2), 0x8000'0001'7000'0002U);
        EXPECT_EQ(bench.x(3), 0x0102'0304'0506'0708U);
        bench.run({0x2940'8C02}); // ldp w2, w3, [x0, #4]
        EXPECT_EQ(bench.x(2), 0x8000'0001U);
        EXPECT_EQ(bench.x(3), 0x0506'0708U);
        bench.run({0x68C1'0C02}); // ldpsw x2, x3, [x0], #8
        EXPECT_EQ(bench.x(2), 0x7000'0002U);
        EXPECT_EQ(bench.x(3), 0xFFFF'FFFF'8000'0001U);
        EXPECT_EQ(bench.x(0), Bench::data + 8);
        bench.x(0) = Bench::data;
    }
    bench.x(0) = Bench::data + 0x20;
    bench.run({0xA9BF'0C02}); // stp x2, x3, [x0, #-16]!
    EXPECT_EQ(bench.x(0), Bench::data + 0x10);
    EXPECT_EQ(board.get<std::uint64_t>(Bench::data + 0x10), 0x7000'0002U);
    EXPECT_EQ(board.get<std::uint64_t>(Bench::data + 0x18), 0xFFFF'FFFF'8000'0001U);
}

TEST_F(LoadsAndStores, PairsCrossPages) {
    const virt::Gpa edge = Bench::data + 0x1000;
    for (const unsigned before : {4U, 8U, 12U}) {
        bench.x(0) = edge - before;
        bench.x(2) = 0x1111'2222'3333'4444 + before;
        bench.x(3) = 0x5555'6666'7777'8888 + before;
        EXPECT_EQ(bench.run({0xA900'0C02, 0xA940'1404}), Bench::finished); // stp x2, x3, [x0]; ldp x4, x5, [x0]
        EXPECT_EQ(bench.x(4), bench.x(2));
        EXPECT_EQ(bench.x(5), bench.x(3));
    }
}

TEST_F(LoadsAndStores, APairOfOneRegisterHasTheSecondWord) {
    board.put(Bench::data, std::uint64_t{1});
    board.put(Bench::data + 8, std::uint64_t{2});
    bench.run({0xA940'0802}); // ldp x2, x2, [x0]
    EXPECT_EQ(bench.x(2), 2U);
}

TEST_F(LoadsAndStores, TheZeroRegisterIsNeitherWrittenNorTheStackPointer) {
    board.put(Bench::data, ~std::uint64_t{0});
    bench.run({0xF940'001F, 0xAA1F'03E1}); // ldr xzr, [x0]; mov x1, xzr
    EXPECT_EQ(bench.x(1), 0U);
    EXPECT_EQ(cpu.SP(1), Bench::stack);
    bench.run({0xF900'001F}); // str xzr, [x0]
    EXPECT_EQ(board.get<std::uint64_t>(Bench::data), 0U);
}

TEST_F(LoadsAndStores, AMisalignedStackPointerFaultsIfItIsChecked) {
    cpu.set_SP(1, Bench::stack + 8);
    cpu.system.SCTLR_EL1 &= ~std::uint64_t{1U << 3}; // SA
    cpu.registers_changed();
    EXPECT_EQ(bench.run({0xF940'07E3}), Bench::finished); // ldr x3, [sp, #8]
    cpu.system.SCTLR_EL1 |= 1U << 3;                      // SA
    cpu.registers_changed();
    EXPECT_EQ(bench.run({0xF980'07E0}), Bench::finished); // prfm pldl1keep, [sp, #8]: not a load
    EXPECT_EQ(bench.run({0xF940'07E3}), synchronous);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SP_alignment));
    EXPECT_EQ(bench.run({0xA940'0FE2}), synchronous); // ldp x2, x3, [sp]
    cpu.set_SP(1, Bench::stack);
    EXPECT_EQ(bench.run({0xF940'07E3}), Bench::finished);
}

TEST_F(LoadsAndStores, AlignmentIsOfEachRegisterIfItIsChecked) {
    cpu.system.SCTLR_EL1 |= 1U << 1; // A
    cpu.registers_changed();
    bench.x(0) = Bench::data + 8;
    EXPECT_EQ(bench.run({0xA940'0C02, 0xA900'0C02}), Bench::finished); // ldp, stp of x2, x3
    bench.x(0) = Bench::data + 4;
    EXPECT_EQ(bench.run({0xF940'0002}), synchronous); // ldr x2, [x0]
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::data_abort, FSC::alignment));
    EXPECT_EQ(cpu.system.FAR_EL1, Bench::data + 4);
    EXPECT_EQ(bench.run({0xA900'0C02}), synchronous); // stp x2, x3, [x0]
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::data_abort, FSC::alignment | ISS::WnR));
}

TEST_F(LoadsAndStores, PrefetchesAccessNothing) {
    bench.x(0) = nowhere;
    EXPECT_EQ(bench.run({0xF980'0000, 0xF89F'D000, 0xF8A1'6800, 0xD800'0000}), Bench::finished);
}

TEST_F(LoadsAndStores, SingleRegistersReachDevices) {
    board.devices[nowhere] = 0xFFFF'FFFF'8765'4321;
    bench.x(0) = nowhere;
    EXPECT_EQ(bench.run({0xB980'0001}), Bench::finished); // ldrsw x1, [x0]
    EXPECT_EQ(bench.x(1), 0xFFFF'FFFF'8765'4321U);
    bench.map_page(0, nowhere, MappedBench::device | MappedBench::AP_EL0);
    bench.x(4) = MappedBench::window;
    EXPECT_EQ(bench.run({0xB840'0882}), Bench::finished); // ldtr w2, [x4]
    EXPECT_EQ(bench.x(2), 0x8765'4321U);
    EXPECT_EQ(bench.run({0x3900'0002}), Bench::finished); // strb w2, [x0]
    EXPECT_EQ(board.devices[nowhere], 0x21U);
    board.devices.clear();
    bench.run({0xB940'0001}); // ldr w1, [x0]
    const auto* const read = std::get_if<virt::exit::MmioRead>(&bench.last_stop);
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(read->address, nowhere);
}

TEST_F(LoadsAndStores, TheFirstStoreToALoggedPageMarksIt) {
    board.logged.insert(Bench::data);
    bench.run({0xA940'0C02}); // ldp
    EXPECT_TRUE(board.dirty.empty());
    bench.run({0xA900'0C02}); // stp
    EXPECT_TRUE(board.dirty.contains(Bench::data));
}

TEST_F(LoadsAndStores, AStoreToTwoPagesIsDoneInBothOrInNone) {
    bench.map_page(0, Bench::data);
    bench.map_page(1, Bench::data, MappedBench::AP_read_only);
    const std::uint64_t edge = MappedBench::window + 0x1000;
    bench.x(2) = bench.x(3) = ~std::uint64_t{0};
    const std::uint32_t stp_x2_x3 = 0xA900'0C02, str_x2 = 0xF900'0002;
    for (const auto& [word, va] : {std::pair{stp_x2_x3, edge - 8}, {stp_x2_x3, edge - 4}, {str_x2, edge - 4}}) {
        bench.x(0) = va;
        EXPECT_EQ(bench.run({word}), synchronous);
        EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::data_abort, FSC::permission | 3 | ISS::WnR));
        EXPECT_EQ(cpu.system.FAR_EL1, edge);
        EXPECT_EQ(board.get<std::uint64_t>(Bench::data + 0xFF8), 0U);
    }
}

TEST_F(LoadsAndStores, UnprivilegedAccessesHaveThePermissionsOfEL0) {
    bench.map_page(0, Bench::data, MappedBench::AP_EL0);
    bench.x(0) = MappedBench::window;
    bench.x(2) = 99;
    EXPECT_EQ(bench.run({0xF800'0802, 0xF840'0803}), Bench::finished); // sttr x2, [x0]; ldtr x3, [x0]
    EXPECT_EQ(bench.x(3), 99U);
    bench.x(0) = Bench::data;
    EXPECT_EQ(bench.run({0xF940'0002}), Bench::finished); // ldr x2, [x0]
    EXPECT_EQ(bench.run({0xF840'0803}), synchronous);     // ldtr x3, [x0]
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::data_abort, FSC::permission | 1));
    EXPECT_EQ(bench.run({0xF800'0802}), synchronous); // sttr x2, [x0]
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::data_abort, FSC::permission | 1 | ISS::WnR));
}

} // namespace
} // namespace arm64::cpu

// SPDX-License-Identifier: Apache-2.0
// Accesses through the MMU: where they go, and what ESR_EL1 and FAR_EL1 say if they do not.
#include "tests/arch-arm64/cpu/mmu_bench.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace arm64::cpu::test {
namespace {

constexpr std::uint64_t IL = 1U << 25, WnR = 1U << 6, CM = 1U << 8;
constexpr std::uint64_t VA = 0x10'0000'0000 >> 12 << 12, high = 0xFFFF'FFC0'0000'0000;
static_assert(VA < bit(39));

std::uint64_t data_abort(unsigned el, std::uint64_t iss) { return (el == 0 ? 0x24ULL : 0x25ULL) << 26 | IL | iss; }
std::uint64_t instruction_abort(unsigned el, std::uint64_t iss) {
    return (el == 0 ? 0x20ULL : 0x21ULL) << 26 | IL | iss;
}

TEST(Mmu, AccessesGoWhereTheTablesSay) {
    MmuBench bench;
    bench.map(VA, MmuBench::ram, user);
    bench.map(high + 0x5000, MmuBench::ram + 0x1000, 0);
    bench.board.put<std::uint64_t>(MmuBench::ram + 0x18, 42);
    EXPECT_EQ(bench.read(VA + 0x18), 42U);
    EXPECT_EQ(bench.read(VA + 0x18, 0), 42U);
    EXPECT_TRUE(bench.write(high + 0x5008, 7));
    EXPECT_EQ(bench.board.get<std::uint64_t>(MmuBench::ram + 0x1008), 7U);
    EXPECT_EQ(bench.read(high + 0x5008), 7U) << "by the TLB";
    EXPECT_TRUE(bench.write(VA + 0x18, 43, 0));
    EXPECT_TRUE(bench.write(VA + 0x18, 44, 0)) << "by the TLB";
    EXPECT_EQ(bench.board.get<std::uint64_t>(MmuBench::ram + 0x18), 44U);
}

TEST(Mmu, CodeIsFetchedFromWhereTheTablesSay) {
    MmuBench bench;
    bench.map(VA, MmuBench::ram, user | read_only);
    bench.board.put_code(MmuBench::ram + 0x10, std::array{0xD280'0543U, svc}); // MOV X3, #42
    for (const unsigned el : {0U, 1U}) {
        bench.x(3) = 0;
        EXPECT_TRUE(bench.resume(el, VA + 0x10));
        EXPECT_EQ(bench.x(3), 42U);
    }
}

TEST(Mmu, FaultsOfTranslationAreDataAbortsWithTheLevel) {
    for (const unsigned el : {0U, 1U})
        for (const bool store : {false, true}) {
            SCOPED_TRACE(testing::Message() << "EL" << el << (store ? " store" : " load"));
            const auto w = store ? WnR : 0;
            const auto access = [&](MmuBench& bench, std::uint64_t va) {
                EXPECT_FALSE(store ? bench.write(va, 1, el) : bench.read(va, el).has_value());
                EXPECT_EQ(bench.FAR(), va);
                EXPECT_EQ(bench.vector, el == 0 ? 0x400 : 0x200);
                EXPECT_EQ(bench.cpu.system.ELR_EL1, Bench::code);
                return bench.ESR();
            };
            MmuBench bench;
            EXPECT_EQ(access(bench, bit(39)), data_abort(el, w | 0b000100)) << "beyond TxSZ";
            EXPECT_EQ(access(bench, VA), data_abort(el, w | 0b000101));
            bench.map(VA, MmuBench::ram, user);
            EXPECT_EQ(access(bench, VA + (4 << 20)), data_abort(el, w | 0b000110));
            EXPECT_EQ(access(bench, VA + 0x1008), data_abort(el, w | 0b000111));
            bench.lower.map(VA + 0x2000, MmuBench::ram, 3, user);
            bench.lower.map(VA + (2 << 20), MmuBench::ram, 2, user);
            bench.write_tables();
            EXPECT_EQ(access(bench, VA + 0x2010), data_abort(el, w | 0b001011)) << "access flag";
            EXPECT_EQ(access(bench, VA + (2 << 20)), data_abort(el, w | 0b001010));
            bench.map(VA + 0x3000, MmuBench::ram, el == 0 ? 0 : read_only);
            if (el == 0 || store) {
                EXPECT_EQ(access(bench, VA + 0x3000), data_abort(el, w | 0b001111)) << "permission";
            }
            bench.lower.entry(VA, 1) = 0x1000 | 0b11;
            bench.write_tables();
            EXPECT_EQ(access(bench, VA + (6 << 20)), data_abort(el, w | 0b010110)) << "external, on the walk";
            bench.cpu.system.TCR_EL1 &= ~(std::uint64_t{7} << 32);
            bench.lower.entry(VA, 1) = bit(40) | 0b11;
            bench.write_tables();
            bench.cpu.registers_changed();
            EXPECT_EQ(access(bench, VA), data_abort(el, w | 0b000001)) << "address size";
        }
}

TEST(Mmu, FaultsOfFetchesAreInstructionAborts) {
    for (const unsigned el : {0U, 1U}) {
        MmuBench bench;
        const auto fetch = [&](std::uint64_t va) {
            EXPECT_FALSE(bench.resume(el, va));
            EXPECT_EQ(bench.FAR(), va);
            EXPECT_EQ(bench.cpu.system.ELR_EL1, va);
            EXPECT_EQ(bench.vector, el == 0 ? 0x400 : 0x200);
            return bench.ESR();
        };
        bench.map(VA, MmuBench::ram, user | read_only | (el == 0 ? UXN : PXN));
        bench.map(VA + 0x1000, 0x1000, user | read_only);
        bench.map(VA + 0x2000, MmuBench::ram, user);
        bench.cpu.system.SCTLR_EL1 |= bit(19); // WXN
        bench.cpu.registers_changed();
        EXPECT_EQ(fetch(VA + 4), instruction_abort(el, 0b001111));
        EXPECT_EQ(fetch(VA + 0x1004), instruction_abort(el, 0b010000)) << "no memory";
        EXPECT_EQ(fetch(VA + 0x2000), instruction_abort(el, 0b001111)) << "writable";
        EXPECT_EQ(fetch(VA + 0x3000), instruction_abort(el, 0b000111));
        EXPECT_EQ(fetch(bit(40)), instruction_abort(el, 0b000100));
    }
}

TEST(Mmu, AVectorThatFaultsForEverEndsWithTheBudget) {
    MmuBench bench;
    bench.cpu.system.VBAR_EL1 = VA; // nowhere
    bench.cpu.set_budget(1000);
    bench.cpu.pc = VA;
    EXPECT_TRUE(std::holds_alternative<virt::exit::Interrupted>(bench.cpu.run()));
    EXPECT_EQ(bench.cpu.pc, VA + 0x200);
}

TEST(Mmu, AnAccessAcrossPagesUsesBoth) {
    MmuBench bench;
    bench.map(VA, MmuBench::ram + 0x3000, user);
    bench.map(VA + 0x1000, MmuBench::ram, user); // not its neighbour
    for (unsigned offset = 0xFF9; offset < 0x1000; ++offset) {
        const std::uint64_t value = std::uint64_t{0x0123'4567'89AB'CDEF} * offset;
        ASSERT_TRUE(bench.write(VA + offset, value));
        EXPECT_EQ(bench.read(VA + offset), value);
        std::uint64_t bytes = 0;
        for (unsigned i = 0; i < 8; ++i) {
            const auto at = offset + i;
            const auto where = at < 0x1000 ? MmuBench::ram + 0x3000 + at : MmuBench::ram + at - 0x1000;
            bytes |= std::uint64_t{bench.board.get<std::uint8_t>(where)} << (8 * i);
        }
        EXPECT_EQ(bytes, value);
    }
}

TEST(Mmu, AnAccessThatFaultsInItsSecondPageLeavesTheFirstAsItWas) {
    MmuBench bench;
    bench.map(VA, MmuBench::ram, 0);
    bench.map(VA + 0x1000, MmuBench::ram + 0x1000, read_only);
    bench.board.put<std::uint64_t>(MmuBench::ram + 0xFF8, 5);
    EXPECT_FALSE(bench.write(VA + 0xFFC, ~std::uint64_t{0}));
    EXPECT_EQ(bench.ESR(), data_abort(1, WnR | 0b001111));
    EXPECT_EQ(bench.FAR(), VA + 0x1000) << "where it faults";
    EXPECT_EQ(bench.board.get<std::uint64_t>(MmuBench::ram + 0xFF8), 5U);
    bench.unmap(VA + 0x1000);
    bench.system_instruction(TLBI_VMALLE1);
    EXPECT_FALSE(bench.read(VA + 0xFFC));
    EXPECT_EQ(bench.ESR(), data_abort(1, 0b000111));
    EXPECT_EQ(bench.FAR(), VA + 0x1000);
    bench.unmap(VA);
    bench.system_instruction(TLBI_VMALLE1);
    EXPECT_FALSE(bench.write(VA + 0xFFC, 0));
    EXPECT_EQ(bench.FAR(), VA + 0xFFC) << "the first of two";
}

TEST(Mmu, DeviceMemoryWantsAlignedAccesses) {
    MmuBench bench;
    bench.map(VA, MmuBench::ram, device);
    bench.map(VA + 0x1000, MmuBench::ram + 0x1000, device);
    EXPECT_TRUE(bench.write(VA + 8, 3));
    EXPECT_EQ(bench.read(VA + 8), 3U);
    for (const std::uint64_t offset : {1U, 4U, 7U, 0xFFFU}) {
        EXPECT_FALSE(bench.write(VA + offset, 0));
        EXPECT_EQ(bench.ESR(), data_abort(1, WnR | 0x21));
        EXPECT_EQ(bench.FAR(), VA + offset);
        EXPECT_FALSE(bench.read(VA + offset));
        EXPECT_EQ(bench.ESR(), data_abort(1, 0x21));
    }
    bench.x(0) = VA + 1;
    EXPECT_TRUE(bench.execute(1, {ldrb}));
    EXPECT_FALSE(bench.execute(1, {ldrh}));
    bench.x(0) = VA + 4;
    EXPECT_TRUE(bench.execute(1, {ldr_w}));
}

TEST(Mmu, WithoutTranslationMemoryIsDevice) {
    Bench bench;
    bench.x(0) = Bench::data + 4;
    EXPECT_EQ(bench.run({ldr}), 0x200);
    EXPECT_EQ(bench.cpu.system.ESR_EL1, data_abort(1, 0x21));
    EXPECT_EQ(bench.run({ldr_w}), Bench::finished);
    bench.x(0) = bit(48);
    EXPECT_EQ(bench.run({ldr}), 0x200);
    EXPECT_EQ(bench.cpu.system.ESR_EL1, data_abort(1, 0b000000)) << "address size, level 0";
}

TEST(Mmu, SCTLR_AWantsAllAccessesAligned) {
    MmuBench bench;
    bench.map(VA, MmuBench::ram, user);
    EXPECT_TRUE(bench.read(VA + 4, 0));
    EXPECT_TRUE(bench.read(VA + 4));
    bench.cpu.system.SCTLR_EL1 |= 2;
    bench.cpu.registers_changed();
    for (const unsigned el : {0U, 1U}) {
        EXPECT_FALSE(bench.read(VA + 4, el));
        EXPECT_EQ(bench.ESR(), data_abort(el, 0x21));
        EXPECT_TRUE(bench.read(VA + 8, el));
        EXPECT_FALSE(bench.write(VA + 4, 0, el));
        EXPECT_EQ(bench.ESR(), data_abort(el, WnR | 0x21));
    }
    EXPECT_FALSE(bench.read(bit(40) + 1));
    EXPECT_EQ(bench.ESR(), data_abort(1, 0x21)) << "before translation";
}

TEST(Mmu, AcquiresAndAtomicsAreAlignedAndAtomicsBlameReadingFirst) {
    MmuBench bench;
    bench.map(VA, MmuBench::ram, 0);
    bench.map(VA + 0x2000, MmuBench::ram, read_only);
    bench.x(0) = VA;
    EXPECT_TRUE(bench.execute(1, {ldar}));
    bench.x(0) = VA + 4;
    EXPECT_FALSE(bench.execute(1, {ldar}));
    EXPECT_EQ(bench.ESR(), data_abort(1, 0x21));
    for (const auto word : {ldadd, swp, cas}) {
        bench.x(0) = VA;
        EXPECT_TRUE(bench.execute(1, {word}));
        bench.x(0) = VA + 4;
        EXPECT_FALSE(bench.execute(1, {word}));
        bench.x(0) = VA + 0x1000;
        EXPECT_FALSE(bench.execute(1, {word}));
        EXPECT_EQ(bench.ESR(), data_abort(1, 0b000111)) << "a read would have faulted, too";
        bench.x(0) = VA + 0x2000;
        EXPECT_FALSE(bench.execute(1, {word}));
        EXPECT_EQ(bench.ESR(), data_abort(1, WnR | 0b001111)) << "a read would not";
        EXPECT_FALSE(bench.execute(0, {word}));
        EXPECT_EQ(bench.ESR(), data_abort(0, 0b001111));
    }
    bench.x(0) = VA + 0x2000;
    EXPECT_FALSE(bench.execute(1, {stxr}));
    EXPECT_EQ(bench.ESR(), data_abort(1, WnR | 0b001111));
    EXPECT_TRUE(bench.execute(1, {ldxr}));
}

TEST(Mmu, PanHidesFromEL1WhatEL0CanReach) {
    MmuBench bench;
    bench.map(VA, MmuBench::ram, user);
    bench.map(VA + 0x1000, MmuBench::ram + 0x1000, 0);
    EXPECT_TRUE(bench.read(VA));
    bench.cpu.PAN = true;
    EXPECT_FALSE(bench.read(VA));
    EXPECT_EQ(bench.ESR(), data_abort(1, 0b001111));
    EXPECT_FALSE(bench.write(VA, 1));
    EXPECT_EQ(bench.ESR(), data_abort(1, WnR | 0b001111));
    EXPECT_TRUE(bench.read(VA + 0x1000));
    bench.x(0) = VA;
    EXPECT_TRUE(bench.execute(1, {ldtr, sttr})) << "as EL0, which may";
    bench.cpu.PAN = false;
    EXPECT_TRUE(bench.read(VA));
    bench.x(0) = VA + 0x1000;
    EXPECT_FALSE(bench.execute(1, {ldtr})) << "as EL0, which may not";
    EXPECT_EQ(bench.ESR(), data_abort(1, 0b001111)) << "taken from EL1";
}

TEST(Mmu, TagsAreIgnoredAndTold) {
    MmuBench bench;
    bench.map(VA, MmuBench::ram, 0);
    bench.board.put<std::uint64_t>(MmuBench::ram, 9);
    EXPECT_EQ(bench.read(0xAB00'0000'0000'0000 | VA), 9U);
    EXPECT_EQ(bench.read(0x1200'0000'0000'0000 | VA), 9U);
    const auto tagged = 0xAB00'0000'0000'0000 | (VA + 0x1000);
    EXPECT_FALSE(bench.read(tagged));
    EXPECT_EQ(bench.FAR(), tagged);
    EXPECT_FALSE(bench.read(high - bit(56))) << "TBI1 is 0";
    EXPECT_EQ(bench.ESR(), data_abort(1, 0b000100));
}

TEST(Mmu, WhatIsNoMemoryIsMmio) {
    MmuBench bench;
    constexpr virt::Gpa uart = 0x0900'0000, other = 0x0A00'0000;
    bench.map(VA, uart, device);
    bench.map(VA + 0x1000, other, device);
    bench.board.devices[other + 8] = 0x1'2345'6789;
    EXPECT_EQ(bench.read(VA + 0x1008), 0x1'2345'6789U) << "on the bus";
    EXPECT_TRUE(bench.write(VA + 0x1008, 4));
    EXPECT_EQ(bench.board.devices[other + 8], 4U);

    bench.x(0) = VA + 4;
    bench.x(1) = 0xFFFF'FFFF'1111'2222;
    EXPECT_FALSE(bench.execute(1, {str_w, ldr_w}));
    const auto* const written = std::get_if<virt::exit::MmioWrite>(&bench.last_stop);
    ASSERT_NE(written, nullptr);
    EXPECT_EQ(written->address, uart + 4);
    EXPECT_EQ(written->width, virt::Width::b4);
    EXPECT_EQ(written->value, 0x1111'2222U);
    EXPECT_EQ(bench.cpu.pc, Bench::code + 4) << "done";
    bench.last_stop = bench.cpu.run();
    const auto* const read = std::get_if<virt::exit::MmioRead>(&bench.last_stop);
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(read->address, uart + 4);
    EXPECT_EQ(bench.cpu.pc, Bench::code + 4) << "not done";
    bench.cpu.answer(~std::uint64_t{0});
    bench.last_stop = bench.cpu.run();
    EXPECT_EQ(bench.x(1), 0xFFFF'FFFFU);
}

TEST(Mmu, RomIsReadAndItsWritesAreMmio) {
    MmuBench bench;
    bench.map(VA, MmuBench::ram, 0);
    bench.board.kind = virt::SlotKind::rom;
    bench.board.put<std::uint64_t>(MmuBench::ram, 77);
    bench.cluster.forget_memory();
    EXPECT_EQ(bench.read(VA), 77U);
    EXPECT_FALSE(bench.write(VA, 1));
    const auto* const written = std::get_if<virt::exit::MmioWrite>(&bench.last_stop);
    ASSERT_NE(written, nullptr);
    EXPECT_EQ(written->address, MmuBench::ram);
    EXPECT_EQ(bench.board.get<std::uint64_t>(MmuBench::ram), 77U);
}

TEST(Mmu, TheFirstWriteToALoggedPageMarksIt) {
    MmuBench bench;
    for (std::uint64_t n = 0; n < 3; ++n)
        bench.map(VA + (n << 12), MmuBench::ram + (n << 12), 0);
    bench.board.logged = {MmuBench::ram, MmuBench::ram + 0x1000, MmuBench::ram + 0x2000};
    bench.cluster.forget_memory();
    EXPECT_TRUE(bench.read(VA));
    EXPECT_TRUE(bench.board.dirty.empty());
    EXPECT_TRUE(bench.write(VA, 1)) << "the TLB has it for reading";
    EXPECT_EQ(bench.board.dirty, (std::set{MmuBench::ram}));
    bench.board.dirty.clear(); // collected
    bench.cluster.forget_memory();
    EXPECT_TRUE(bench.read(VA));
    EXPECT_TRUE(bench.board.dirty.empty());
    EXPECT_TRUE(bench.write(VA + 0xFFC, 1)) << "two pages";
    EXPECT_EQ(bench.board.dirty, (std::set{MmuBench::ram, MmuBench::ram + 0x1000}));
    EXPECT_TRUE(bench.system_instruction(DC_ZVA, VA + 0x2000));
    EXPECT_TRUE(bench.board.dirty.contains(MmuBench::ram + 0x2000));
}

TEST(Mmu, MemoryThatWasTakenAwayIsReachedNoMore) {
    MmuBench bench;
    bench.map(VA, MmuBench::ram, 0);
    EXPECT_TRUE(bench.write(VA, 1));
    bench.board.missing = {MmuBench::ram};
    bench.cluster.forget_memory();
    EXPECT_FALSE(bench.write(VA, 2));
    EXPECT_TRUE(std::holds_alternative<virt::exit::MmioWrite>(bench.last_stop));
    EXPECT_EQ(bench.board.get<std::uint64_t>(MmuBench::ram), 1U);
    bench.board.missing.clear();
    EXPECT_TRUE(bench.write(VA, 3)) << "what is added needs no notice";
    EXPECT_EQ(bench.board.get<std::uint64_t>(MmuBench::ram), 3U);
}

TEST(Mmu, AddressTranslationLeavesItsResultInPar) {
    MmuBench bench;
    bench.map(VA, MmuBench::ram, read_only | 3 << 8);
    bench.map(VA + 0x1000, 0x0900'0000, user | device);
    const auto at = [&](std::uint32_t word, std::uint64_t va) {
        bench.cpu.system.PAR_EL1 = ~std::uint64_t{0};
        EXPECT_TRUE(bench.system_instruction(word, va));
        return bench.cpu.system.PAR_EL1;
    };
    EXPECT_EQ(at(AT_S1E1R, VA + 0x123), 0xFF00'0000'0000'0000 | MmuBench::ram | 0x980);
    EXPECT_EQ(at(AT_S1E1W, VA), 0x800U | 0b001111 << 1 | 1);
    EXPECT_EQ(at(AT_S1E0R, VA), 0x800U | 0b001111 << 1 | 1);
    EXPECT_EQ(at(AT_S1E0W, VA + 0x1000), 0x0900'0000U | 0x900);
    bench.cpu.PAN = true;
    EXPECT_EQ(at(AT_S1E1W, VA + 0x1000), 0x0900'0000U | 0x900) << "PAN is no concern of AT S1E1W";
    EXPECT_EQ(at(AT_S1E0W, VA + 0x2000), 0x800U | 0b000111 << 1 | 1);
    bench.lower.entry(VA, 1) = 0x1000 | 0b11;
    bench.write_tables();
    EXPECT_FALSE(bench.system_instruction(AT_S1E1R, VA + (4 << 20)));
    EXPECT_EQ(bench.ESR(), data_abort(1, CM | WnR | 0b010110)) << "taken, not told";
}

TEST(Mmu, CacheMaintenanceByAddressFaultsAsAWriteThatIsNone) {
    MmuBench bench;
    bench.map(VA, MmuBench::ram, user | read_only);
    bench.map(VA + 0x1000, MmuBench::ram, 0);
    for (const auto word : {DC_CVAC, DC_CVAU, DC_CIVAC, IC_IVAU}) {
        EXPECT_TRUE(bench.system_instruction(word, VA));
        EXPECT_FALSE(bench.system_instruction(word, VA + 0x2008));
        EXPECT_EQ(bench.ESR(), data_abort(1, CM | WnR | 0b000111));
        EXPECT_EQ(bench.FAR(), VA + 0x2008);
    }
    EXPECT_TRUE(bench.system_instruction(DC_ISW));
    EXPECT_TRUE(bench.system_instruction(DC_IVAC, VA + 0x1000));
    EXPECT_FALSE(bench.system_instruction(DC_IVAC, VA)) << "invalidating needs the right to write";
    EXPECT_EQ(bench.ESR(), data_abort(1, CM | WnR | 0b001111));

    bench.cpu.system.SCTLR_EL1 |= bit(26); // UCI
    for (const auto word : {DC_CVAC, DC_CVAU, DC_CIVAC, IC_IVAU}) {
        bench.x(0) = VA;
        EXPECT_TRUE(bench.execute(0, {word}));
        bench.x(0) = VA + 0x1000;
        EXPECT_FALSE(bench.execute(0, {word})) << "what EL0 cannot read";
        EXPECT_EQ(bench.ESR(), data_abort(0, CM | WnR | 0b001111));
    }
}

TEST(Mmu, EL0MayDoWhatSCTLRSaysAndNothingElse) {
    MmuBench bench;
    bench.map(VA, MmuBench::ram, user);
    bench.x(0) = VA;
    const auto trapped = [](unsigned CRm, unsigned op2) {
        return 0x18ULL << 26 | IL | 1 << 20 | op2 << 17 | 3 << 14 | 7 << 10 | CRm << 1;
    };
    bench.cpu.system.SCTLR_EL1 &= ~(bit(26) | bit(14));
    for (const auto& [word, CRm, op2] :
         {std::tuple{DC_CVAC, 10U, 1U}, {DC_CVAU, 11U, 1U}, {DC_CIVAC, 14U, 1U}, {IC_IVAU, 5U, 1U}, {DC_ZVA, 4U, 1U}}) {
        EXPECT_FALSE(bench.execute(0, {word}));
        EXPECT_EQ(bench.ESR(), trapped(CRm, op2));
    }
    for (const auto word : {DC_IVAC, DC_ISW, IC_IALLU, AT_S1E1R, TLBI_VAE1, TLBI_VMALLE1IS}) {
        EXPECT_FALSE(bench.execute(0, {word}));
        EXPECT_EQ(bench.ESR(), IL);
    }
    bench.cpu.system.SCTLR_EL1 |= bit(14);
    EXPECT_TRUE(bench.execute(0, {DC_ZVA}));
}

TEST(Mmu, WhatIsNotAdvertisedIsUndefined) {
    MmuBench bench;
    for (const auto word : {sys(3, 7, 12, 1) /* DC CVAP */, sys(0, 7, 9, 0) /* AT S1E1RP */, sys(0, 8, 1, 0) /* OS */,
                            sys(0, 8, 2, 1) /* range */, sys(0, 9, 7, 0) /* nXS */, sys(4, 8, 7, 0) /* ALLE2 */,
                            sys(3, 7, 3, 4) /* CFP RCTX */, sys(0, 8, 7, 4), sys(0, 11, 0, 0), sys(0, 15, 0, 0)}) {
        EXPECT_FALSE(bench.system_instruction(word));
        EXPECT_EQ(bench.ESR(), IL) << std::hex << word;
    }
}

TEST(Mmu, ZeroingABlockIsAWrite) {
    MmuBench bench;
    bench.map(VA, MmuBench::ram, 0);
    bench.map(VA + 0x1000, MmuBench::ram + 0x1000, read_only);
    bench.map(VA + 0x2000, MmuBench::ram + 0x2000, device);
    for (unsigned i = 0; i < 256; i += 8)
        bench.board.put(MmuBench::ram + i, ~std::uint64_t{0});
    for (unsigned repeated = 0; repeated < 2; ++repeated) {
        EXPECT_TRUE(bench.system_instruction(DC_ZVA, VA + 64 + 17));
        for (unsigned i = 0; i < 256; i += 8)
            EXPECT_EQ(bench.board.get<std::uint64_t>(MmuBench::ram + i), i / 64 == 1 ? 0 : ~std::uint64_t{0}) << i;
    }
    EXPECT_FALSE(bench.system_instruction(DC_ZVA, VA + 0x1011));
    EXPECT_EQ(bench.ESR(), data_abort(1, WnR | 0b001111)) << "no CM";
    EXPECT_EQ(bench.FAR(), VA + 0x1011);
    EXPECT_FALSE(bench.system_instruction(DC_ZVA, VA + 0x2000));
    EXPECT_EQ(bench.ESR(), data_abort(1, WnR | 0x21)) << "Device memory";
}

} // namespace
} // namespace arm64::cpu::test

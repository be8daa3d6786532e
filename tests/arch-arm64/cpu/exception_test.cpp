// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/cpu/exception.hpp"

#include "arch-arm64/cpu/sysreg_fields.hpp"
#include "tests/arch-arm64/cpu/fixture.hpp"

#include <gtest/gtest.h>

namespace arm64::cpu {
namespace {

using test::Bench;

constexpr std::uint16_t EL1t = 0x000, EL1h = 0x200, EL0 = 0x400, IRQ = 0x80, FIQ = 0x100, SError = 0x180;
constexpr std::uint32_t nop = 0xD503'201F, eret = 0xD69F'03E0, br_x1 = 0xD61F'0020, svc_5 = 0xD400'00A1,
                        udf = 0x0000'0000, wfi = 0xD503'207F, wfe = 0xD503'205F, sevl = 0xD503'20BF,
                        brk_7 = 0xD420'00E0, unmask_IRQ = 0xD503'42FF, // MSR DAIFClr, #2
    unmask_all = 0xD503'4FFF, cmp_equal = 0xEB1F'03FF;
constexpr std::uint64_t Z = SPSR::Z, C = SPSR::C;

class Exceptions : public testing::Test {
protected:
    [[nodiscard]] std::uint64_t ESR() const { return cpu.system.ESR_EL1; }
    [[nodiscard]] std::uint64_t ELR() const { return cpu.system.ELR_EL1; }
    [[nodiscard]] std::uint64_t SPSR_EL1() const { return cpu.system.SPSR_EL1; }
    void enter(std::uint64_t pstate) { EXPECT_TRUE(cpu.set_PSTATE(pstate)); }
    /// ERET at `code` to `to`.
    std::uint16_t return_to(std::uint64_t spsr, std::uint64_t to) {
        cpu.system.SPSR_EL1 = spsr;
        cpu.system.ELR_EL1 = to;
        return bench.run({eret});
    }

    Bench bench;
    Cpu& cpu = bench.cpu;
    static constexpr std::uint64_t elsewhere = Bench::code + 0x100;
};

TEST_F(Exceptions, TheVectorSaysWhereFrom) {
    EXPECT_EQ(bench.run({svc_5}), EL1h);
    EXPECT_EQ(ESR(), syndrome(EC::SVC, 5));
    EXPECT_EQ(ELR(), Bench::code + 4);
    cpu.set_SPSel(0);
    EXPECT_EQ(bench.run({nop, svc_5}), EL1t);
    EXPECT_EQ(ELR(), Bench::code + 8);
    enter(SPSR::EL0t);
    EXPECT_EQ(bench.run({svc_5}), EL0);
}

TEST_F(Exceptions, WhatFaultsIsWhereTheReturnGoes) {
    EXPECT_EQ(bench.run({nop, udf}), EL1h);
    EXPECT_EQ(ESR(), syndrome(EC::unknown));
    EXPECT_EQ(ELR(), Bench::code + 4);
    EXPECT_EQ(bench.run({nop, nop, brk_7}), EL1h);
    EXPECT_EQ(ESR(), syndrome(EC::BRK, 7));
    EXPECT_EQ(ELR(), Bench::code + 8);
}

TEST_F(Exceptions, PstateIsSavedAndMaskedOnEntry) {
    enter(SPSR::EL0t | SPSR::PAN | SPSR::F);
    cpu.set_SP(0, 0x1110);
    cpu.set_SP(1, 0x2220);
    EXPECT_EQ(bench.run({cmp_equal, svc_5}), EL0);
    EXPECT_EQ(SPSR_EL1(), Z | C | SPSR::PAN | SPSR::F | SPSR::EL0t);
    EXPECT_EQ(cpu.PSTATE(), Z | C | SPSR::PAN | SPSR::DAIF | SPSR::EL1h);
    EXPECT_EQ(cpu.x[sp_slot], 0x2220U);
    EXPECT_EQ(cpu.SP(0), 0x1110U);
}

TEST_F(Exceptions, PanIsSetUnlessSpanSaysThatItStays) {
    cpu.system.SCTLR_EL1 |= SCTLR::SPAN;
    bench.run({svc_5});
    EXPECT_FALSE(cpu.PAN);
    cpu.system.SCTLR_EL1 &= ~SCTLR::SPAN;
    bench.run({svc_5});
    EXPECT_TRUE(cpu.PAN);
    EXPECT_EQ(SPSR_EL1() & SPSR::PAN, 0U);
}

TEST_F(Exceptions, AMaskedInterruptWaits) {
    for (const auto& [request, vector, mask] :
         {std::tuple(Cpu::request_IRQ, IRQ, SPSR::I), std::tuple(Cpu::request_FIQ, FIQ, SPSR::F),
          std::tuple(Cpu::request_SError, SError, SPSR::A)}) {
        cpu.raise(request);
        enter(SPSR::DAIF | SPSR::EL1h);
        EXPECT_EQ(bench.run({nop, nop}), Bench::finished);
        enter(mask | SPSR::EL1h);
        EXPECT_EQ(bench.run({nop, nop}), Bench::finished);
        enter((SPSR::DAIF & ~mask) | SPSR::EL1h);
        EXPECT_EQ(bench.run({nop, nop}), EL1h + vector);
        EXPECT_EQ(ELR(), Bench::code);
        EXPECT_EQ(SPSR_EL1(), (SPSR::DAIF & ~mask) | SPSR::EL1h);
        cpu.lower(request);
    }
}

TEST_F(Exceptions, AnInterruptIsTakenRightBehindWhatUnmasksIt) {
    cpu.raise(Cpu::request_IRQ);
    EXPECT_EQ(bench.run({nop, unmask_IRQ, nop, nop}), EL1h + IRQ);
    EXPECT_EQ(ELR(), Bench::code + 8);
    enter(SPSR::DAIF | SPSR::EL1h);
    EXPECT_EQ(return_to(SPSR::EL0t, elsewhere), EL0 + IRQ);
    EXPECT_EQ(ELR(), elsewhere);
}

TEST_F(Exceptions, AnSErrorIsTakenOnceAndFirst) {
    cpu.raise(Cpu::request_SError | Cpu::request_FIQ | Cpu::request_IRQ);
    EXPECT_EQ(bench.run({unmask_all, nop}), EL1h + SError);
    EXPECT_EQ(ESR(), syndrome(EC::SError));
    EXPECT_EQ(cpu.requests() & Cpu::request_SError, 0U);
    enter(SPSR::EL1h);
    EXPECT_EQ(bench.run({nop}), EL1h + FIQ);
    cpu.lower(Cpu::request_FIQ);
    enter(SPSR::EL1h);
    EXPECT_EQ(bench.run({nop}), EL1h + IRQ);
}

TEST_F(Exceptions, AReturnRestoresPstate) {
    bench.board.put_code(elsewhere, std::array{nop, svc_5});
    EXPECT_EQ(return_to(SPSR::N | SPSR::V | SPSR::PAN | SPSR::D | SPSR::EL0t, elsewhere), EL0);
    EXPECT_EQ(ELR(), elsewhere + 8);
    EXPECT_EQ(SPSR_EL1(), SPSR::N | SPSR::V | SPSR::PAN | SPSR::D | SPSR::EL0t);
    EXPECT_EQ(return_to(SPSR::EL1t, elsewhere), EL1t);
    EXPECT_EQ(SPSR_EL1(), SPSR::EL1t);
}

TEST_F(Exceptions, AnIllegalReturnIsTakenAtTheTargetAndChangesNoLevel) {
    bench.board.put_code(elsewhere, std::array{nop, nop});
    for (const std::uint64_t mode : {1U, 2U, 3U, 6U, 7U, 8U, 9U, 12U, 13U, 0x10U, 0x13U, 0x1FU}) {
        enter(SPSR::DAIF | SPSR::EL1h);
        EXPECT_EQ(return_to(SPSR::Z | SPSR::I | SPSR::SS | mode, elsewhere), EL1h) << mode;
        EXPECT_EQ(ESR(), syndrome(EC::illegal_execution_state)) << mode;
        EXPECT_EQ(ELR(), elsewhere) << mode;
        EXPECT_EQ(SPSR_EL1(), SPSR::Z | SPSR::I | SPSR::IL | SPSR::EL1h) << mode;
        EXPECT_FALSE(cpu.IL);
    }
}

TEST_F(Exceptions, AReturnWithIlSetIsTakenToItsLevel) {
    EXPECT_EQ(return_to(SPSR::IL | SPSR::EL0t, elsewhere), EL0);
    EXPECT_EQ(ESR(), syndrome(EC::illegal_execution_state));
    EXPECT_EQ(SPSR_EL1(), SPSR::IL | SPSR::EL0t);
}

TEST_F(Exceptions, EretIsUndefinedAtEL0) {
    enter(SPSR::EL0t);
    EXPECT_EQ(bench.run({eret}), EL0);
    EXPECT_EQ(ESR(), syndrome(EC::unknown));
    EXPECT_EQ(ELR(), Bench::code);
}

TEST_F(Exceptions, AMisalignedPcFaults) {
    bench.x(1) = elsewhere + 2;
    EXPECT_EQ(bench.run({br_x1}), EL1h);
    EXPECT_EQ(ESR(), syndrome(EC::PC_alignment));
    EXPECT_EQ(cpu.system.FAR_EL1, elsewhere + 2);
    EXPECT_EQ(ELR(), elsewhere + 2);
    EXPECT_EQ(return_to(SPSR::EL0t, elsewhere + 1), EL0);
    EXPECT_EQ(cpu.system.FAR_EL1, elsewhere + 1);
}

TEST_F(Exceptions, CodeIsInMemoryOnly) {
    bench.x(1) = 0x1000;
    EXPECT_EQ(bench.run({br_x1}), EL1h);
    EXPECT_EQ(ESR(), syndrome(EC::instruction_abort, FSC::external_abort));
    EXPECT_EQ(cpu.system.FAR_EL1, 0x1000U);
    EXPECT_EQ(return_to(SPSR::EL0t, 0x2000), EL0);
    EXPECT_EQ(ESR(), syndrome(EC::instruction_abort_lower, FSC::external_abort));
}

TEST_F(Exceptions, ATagIsNoPartOfThePc) {
    cpu.system.TCR_EL1 |= bit(37); // TBI0
    cpu.registers_changed();
    bench.board.put_code(elsewhere, std::array{nop, svc_5});
    bench.x(1) = elsewhere | std::uint64_t{0xAB} << 56;
    EXPECT_EQ(bench.run({br_x1}), EL1h);
    EXPECT_EQ(ESR(), syndrome(EC::SVC, 5));
    EXPECT_EQ(ELR(), elsewhere + 8);
    EXPECT_EQ(return_to(SPSR::EL0t, bench.x(1)), EL0);
    EXPECT_EQ(ELR(), elsewhere + 8);
}

TEST_F(Exceptions, AnExternalAbortIsOfTheInstructionAtThePc) {
    cpu.pc = elsewhere;
    cpu.external_abort(0x9000);
    EXPECT_EQ(cpu.pc, Bench::vectors + EL1h);
    EXPECT_EQ(ESR(), syndrome(EC::data_abort, FSC::external_abort));
    EXPECT_EQ(cpu.system.FAR_EL1, 0x9000U);
    EXPECT_EQ(ELR(), elsewhere);
    enter(SPSR::EL0t);
    cpu.external_abort(0x9000);
    EXPECT_EQ(ESR(), syndrome(EC::data_abort_lower, FSC::external_abort));
}

TEST_F(Exceptions, WfiWaitsUnlessSomethingIsPendingOrEL0MayNot) {
    EXPECT_EQ(bench.run({nop, wfi}), 0xFFFE);
    EXPECT_TRUE(std::holds_alternative<stop::Wait>(bench.last_stop));
    EXPECT_EQ(cpu.pc, Bench::code + 8);
    cpu.raise(Cpu::request_IRQ); // masked
    EXPECT_EQ(bench.run({wfi}), Bench::finished);
    cpu.lower(Cpu::request_IRQ);
    enter(SPSR::EL0t);
    EXPECT_EQ(bench.run({wfi}), 0xFFFE);
    cpu.system.SCTLR_EL1 &= ~(SCTLR::nTWI | SCTLR::nTWE);
    EXPECT_EQ(bench.run({wfi}), EL0);
    EXPECT_EQ(ESR(), syndrome(EC::WFx, 0x1E0'0000));
    EXPECT_EQ(ELR(), Bench::code);
    enter(SPSR::EL0t);
    EXPECT_EQ(bench.run({wfe}), EL0);
    EXPECT_EQ(ESR(), syndrome(EC::WFx, 0x1E0'0001));
    enter(SPSR::EL0t);
    EXPECT_EQ(bench.run({sevl, wfe, svc_5}), EL0);
    EXPECT_EQ(ESR(), syndrome(EC::SVC, 5)) << "the event was there";
}

TEST_F(Exceptions, StackPointersAreSelectedByPstate) {
    enter(SPSR::EL1t);
    cpu.x[sp_slot] = 0x10;
    enter(SPSR::EL1h);
    cpu.x[sp_slot] = 0x20;
    EXPECT_EQ(cpu.SP(0), 0x10U);
    EXPECT_EQ(cpu.SP(1), 0x20U);
    enter(SPSR::EL0t);
    EXPECT_EQ(cpu.x[sp_slot], 0x10U);
    EXPECT_FALSE(cpu.set_PSTATE(SPSR::aarch32 | 3));
    EXPECT_EQ(cpu.PSTATE(), SPSR::EL0t);
}

} // namespace
} // namespace arm64::cpu

// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/cpu/sysregs.hpp"

#include "arch-arm64/cpu/sysreg_fields.hpp"
#include "tests/arch-arm64/cpu/fixture.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <tuple>

namespace arm64::cpu {
namespace {

using test::Bench;

constexpr std::uint16_t from_EL1 = 0x200, from_EL0 = 0x400;
constexpr std::uint64_t ones = ~std::uint64_t{0};

constexpr std::uint32_t mrs(std::uint32_t t, SysregId id) { return 0xD530'0000 | (id.value & 0x7FFFU) << 5 | t; }
constexpr std::uint32_t msr(SysregId id, std::uint32_t t) { return 0xD510'0000 | (id.value & 0x7FFFU) << 5 | t; }

constexpr auto SCTLR_EL1 = sysreg(3, 0, 1, 0, 0), CTR_EL0 = sysreg(3, 3, 0, 0, 1), TPIDR_EL0 = sysreg(3, 3, 13, 0, 2),
               TPIDRRO_EL0 = sysreg(3, 3, 13, 0, 3), DAIF = sysreg(3, 3, 4, 2, 1), FPCR = sysreg(3, 3, 4, 4, 0),
               CNTVCT_EL0 = sysreg(3, 3, 14, 0, 2), CNTV_CTL_EL0 = sysreg(3, 3, 14, 3, 1),
               CNTFRQ_EL0 = sysreg(3, 3, 14, 0, 0), ICC_PMR_EL1 = sysreg(3, 0, 4, 6, 0),
               ICC_IAR1_EL1 = sysreg(3, 0, 12, 12, 0), MDSCR_EL1 = sysreg(2, 0, 0, 2, 2),
               OSLAR_EL1 = sysreg(2, 0, 1, 0, 4), OSLSR_EL1 = sysreg(2, 0, 1, 1, 4), SP_EL0 = sysreg(3, 0, 4, 1, 0),
               PMUSERENR_EL0 = sysreg(3, 3, 9, 14, 0), PMCR_EL0 = sysreg(3, 3, 9, 12, 0),
               CSSELR_EL1 = sysreg(3, 2, 0, 0, 0), CCSIDR_EL1 = sysreg(3, 1, 0, 0, 0), MIDR_EL1 = sysreg(3, 0, 0, 0, 0);

class Sysregs : public testing::Test {
protected:
    std::uint16_t read(SysregId id) { return bench.run({mrs(0, id)}); }
    std::uint16_t write(SysregId id, std::uint64_t value) {
        bench.x(0) = value;
        return bench.run({msr(id, 0)});
    }
    std::uint64_t value(SysregId id) {
        EXPECT_EQ(read(id), Bench::finished);
        return bench.x(0);
    }
    void enter_EL0() { EXPECT_TRUE(cpu.set_PSTATE(SPSR::EL0t)); }
    [[nodiscard]] EC exception_class() const { return static_cast<EC>(cpu.system.ESR_EL1 >> 26); }
    /// What EL0 gets for that instruction, then an HVC, which is UNDEFINED there.
    EC at_EL0(std::uint32_t word) {
        enter_EL0();
        EXPECT_EQ(bench.run({word}), from_EL0);
        EXPECT_TRUE(cpu.system.ELR_EL1 == Bench::code || cpu.system.ELR_EL1 == Bench::code + 4);
        allowed = cpu.system.ELR_EL1 == Bench::code + 4;
        const auto ec = exception_class();
        EXPECT_TRUE(cpu.set_PSTATE(SPSR::DAIF | SPSR::EL1h));
        return ec;
    }
    void expect_at_EL0(EC ec, std::uint32_t word) {
        EXPECT_EQ(at_EL0(word), ec);
        EXPECT_FALSE(allowed);
    }
    void expect_allowed_at_EL0(std::uint32_t word) {
        at_EL0(word);
        EXPECT_TRUE(allowed);
    }

    Bench bench;
    Cpu& cpu = bench.cpu;
    bool allowed = false;
};

TEST_F(Sysregs, EachKeepsExactlyItsBits) {
    for (const auto& row : system_registers()) {
        if (row.outside != SysregRow::Outside::state)
            continue;
        EXPECT_TRUE(cpu.outside_write(row.id, ones)) << row.name;
        EXPECT_EQ(cpu.outside_read(row.id), row.writable | row.RES1) << row.name;
        EXPECT_TRUE(cpu.outside_write(row.id, 0)) << row.name;
        EXPECT_EQ(cpu.outside_read(row.id), row.RES1) << row.name;
        EXPECT_EQ(row.writable & row.RES1, 0U) << row.name;
    }
}

TEST_F(Sysregs, EachAnswersAtEL1AsItSays) {
    for (const auto& row : system_registers()) {
        bench.board.sysregs[row.id.value] = 5;
        using Access = SysregRow::Access;
        for (const auto access : {Access::read, Access::write}) {
            const bool has = access == Access::read ? row.read != nullptr || row.kept != nullptr
                                                    : row.write != nullptr || row.kept != nullptr;
            const bool may = row.access(cpu, access) == SysregRow::Verdict::allowed && (has || row.elsewhere);
            if (access == Access::write && may && row.id == SCTLR_EL1)
                continue; // x0 is what was just read, which is harmless but for others
            EXPECT_EQ(bench.run({access == Access::read ? mrs(0, row.id) : msr(row.id, 0)}),
                      may ? Bench::finished : from_EL1)
                << row.name << (access == Access::read ? " read" : " written");
            EXPECT_TRUE(may || exception_class() == EC::unknown) << row.name;
            if (row.id == OSLAR_EL1 || row.name == std::string("SPSel") || row.name == std::string("VBAR_EL1")) {
                cpu.system.VBAR_EL1 = Bench::vectors;
                cpu.set_SPSel(1);
            }
        }
        if (row.name == std::string("CPACR_EL1")) {
            cpu.system.CPACR_EL1 = 3U << 20;
            cpu.registers_changed();
        }
    }
}

TEST_F(Sysregs, WhatDoesNotExistIsUndefined) {
    for (const auto id : {sysreg(3, 0, 0, 0, 1), sysreg(3, 0, 1, 0, 3), sysreg(3, 4, 1, 0, 0), sysreg(3, 5, 1, 0, 0),
                          sysreg(3, 6, 1, 0, 0), sysreg(3, 0, 12, 0, 1), sysreg(3, 3, 2, 4, 0), sysreg(3, 0, 2, 1, 0),
                          sysreg(3, 0, 15, 0, 0), sysreg(2, 0, 0, 6, 4), sysreg(2, 0, 0, 4, 6), sysreg(3, 3, 4, 2, 5),
                          sysreg(3, 3, 14, 0, 6), sysreg(3, 4, 4, 1, 0)}) {
        EXPECT_EQ(read(id), from_EL1) << std::hex << id.value;
        EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::unknown));
        EXPECT_EQ(write(id, 0), from_EL1) << std::hex << id.value;
    }
}

TEST_F(Sysregs, TheSpaceOfIdRegistersReadsAsZeroWhereNothingIs) {
    for (unsigned CRm = 1; CRm < 8; ++CRm)
        for (unsigned op2 = 0; op2 < 8; ++op2) {
            const auto id = sysreg(3, 0, 0, CRm, op2);
            EXPECT_EQ(read(id), Bench::finished);
            EXPECT_EQ(cpu.outside_read(id), bench.x(0));
            EXPECT_EQ(write(id, 0), from_EL1);
            expect_at_EL0(EC::unknown, mrs(0, id));
            EXPECT_FALSE(cpu.outside_write(id, bench.x(0) + 1));
        }
    EXPECT_EQ(value(sysreg(3, 0, 0, 4, 0)), baseline().ID_AA64PFR0_EL1);
    EXPECT_EQ(value(sysreg(3, 0, 0, 6, 0)), baseline().ID_AA64ISAR0_EL1);
    EXPECT_EQ(value(sysreg(3, 0, 0, 1, 0)), 0U); // ID_PFR0_EL1
}

TEST_F(Sysregs, OutsideSaysWhatTheCpuIsAndTakesNothingElse) {
    EXPECT_EQ(cpu.outside_read(MIDR_EL1), baseline().MIDR_EL1);
    EXPECT_TRUE(cpu.outside_write(MIDR_EL1, baseline().MIDR_EL1));
    EXPECT_FALSE(cpu.outside_write(MIDR_EL1, 0));
    EXPECT_EQ(cpu.outside_read(CNTVCT_EL0), std::nullopt);
    EXPECT_EQ(cpu.outside_read(SP_EL0), std::nullopt);
    std::set<SysregId> listed;
    for (const auto id : cpu.outside_registers()) {
        EXPECT_TRUE(cpu.outside_read(id).has_value()) << std::hex << id.value;
        listed.insert(id);
    }
    EXPECT_TRUE(listed.contains(SCTLR_EL1) && listed.contains(PMCR_EL0));
    EXPECT_FALSE(listed.contains(ICC_PMR_EL1));
}

TEST_F(Sysregs, WithoutThePmuItsRegistersAreUndefined) {
    auto model = baseline();
    model.ID_AA64DFR0_EL1 &= ~std::uint64_t{0xF00};
    Cluster cluster;
    Cpu other(model, bench.board, cluster);
    EXPECT_EQ(other.outside_read(PMCR_EL0), std::nullopt);
    EXPECT_FALSE(other.outside_write(PMCR_EL0, 0));
    for (const auto id : other.outside_registers())
        EXPECT_NE(id, PMCR_EL0);
    EXPECT_FALSE(other.read_sysreg(find_system_register(PMCR_EL0), PMCR_EL0, 0));
}

TEST_F(Sysregs, WhatIsRes0OrRes1StaysSo) {
    write(SCTLR_EL1, ones & ~SCTLR::M); // with M there would have to be tables
    EXPECT_EQ(value(SCTLR_EL1) & 1ULL << 25, 0U); // EE
    write(SCTLR_EL1, 0);
    EXPECT_EQ(value(SCTLR_EL1), 0U);
    write(CSSELR_EL1, ones);
    EXPECT_EQ(value(CSSELR_EL1), 0xFU);
    write(sysreg(3, 0, 12, 0, 0), Bench::vectors + 0x7FF); // VBAR_EL1
    EXPECT_EQ(value(sysreg(3, 0, 12, 0, 0)), Bench::vectors);
}

TEST_F(Sysregs, TheCacheIsTheOneThatIsSelected) {
    for (std::uint64_t level = 0; level < 3; ++level) {
        write(CSSELR_EL1, level);
        EXPECT_EQ(value(CCSIDR_EL1), baseline().CCSIDR_EL1.at(level));
    }
    write(CSSELR_EL1, 3);
    EXPECT_EQ(value(CCSIDR_EL1), 0U);
}

TEST_F(Sysregs, PstateByItsParts) {
    EXPECT_EQ(value(sysreg(3, 0, 4, 2, 2)), 4U); // CurrentEL
    EXPECT_EQ(value(DAIF), 0x3C0U);
    write(DAIF, ones & ~std::uint64_t{0x80});
    EXPECT_EQ(value(DAIF), 0x340U);
    write(sysreg(3, 0, 4, 2, 3), SPSR::PAN);
    EXPECT_TRUE(cpu.PAN);
    write(sysreg(3, 3, 4, 2, 0), 0xA000'0000); // NZCV
    EXPECT_EQ(value(sysreg(3, 3, 4, 2, 0)), 0xA000'0000U);
    write(FPCR, ones);
    EXPECT_EQ(value(FPCR), 0x07C0'0000U);
}

TEST_F(Sysregs, SP_EL0ByNameIsForWhoUsesSP_EL1) {
    write(SP_EL0, 0x1230);
    EXPECT_EQ(cpu.SP(0), 0x1230U);
    EXPECT_EQ(value(SP_EL0), 0x1230U);
    cpu.set_SPSel(0);
    EXPECT_EQ(read(SP_EL0), 0x000);
    EXPECT_EQ(exception_class(), EC::unknown);
}

TEST_F(Sysregs, TheSyndromeOfATrapNamesTheInstruction) {
    enter_EL0();
    EXPECT_EQ(bench.run({mrs(7, CTR_EL0)}), from_EL0);
    // EC, IL; Op0, Op2, Op1, CRn, Rt, CRm, read
    EXPECT_EQ(cpu.system.ESR_EL1, 0x18ULL << 26 | 1U << 25 | 3U << 20 | 1U << 17 | 3U << 14 | 7U << 5 | 1U);
    EXPECT_EQ(cpu.system.ELR_EL1, Bench::code);
    enter_EL0();
    EXPECT_EQ(bench.run({msr(CNTV_CTL_EL0, 31)}), from_EL0);
    EXPECT_EQ(cpu.system.ESR_EL1,
              0x18ULL << 26 | 1U << 25 | 3U << 20 | 1U << 17 | 3U << 14 | 14U << 10 | 31U << 5 | 3U << 1);
}

TEST_F(Sysregs, EL0ReachesWhatIsItsOwn) {
    expect_allowed_at_EL0(mrs(0, TPIDR_EL0));
    expect_allowed_at_EL0(msr(TPIDR_EL0, 0));
    expect_allowed_at_EL0(mrs(0, TPIDRRO_EL0));
    expect_at_EL0(EC::unknown, msr(TPIDRRO_EL0, 0));
    expect_allowed_at_EL0(mrs(0, sysreg(3, 3, 4, 2, 0)));
    expect_allowed_at_EL0(mrs(0, sysreg(3, 3, 0, 0, 7))); // DCZID_EL0
    for (const auto id : {SCTLR_EL1, MIDR_EL1, MDSCR_EL1, ICC_PMR_EL1, ICC_IAR1_EL1, sysreg(3, 0, 4, 2, 2)}) {
        bench.board.sysregs[id.value] = 0;
        expect_at_EL0(EC::unknown, mrs(0, id));
    }
}

TEST_F(Sysregs, EL0ReachesMoreWhereEL1LetsIt) {
    using S = SystemRegisters;
    bench.board.sysregs[CNTVCT_EL0.value] = bench.board.sysregs[CNTV_CTL_EL0.value] =
        bench.board.sysregs[CNTFRQ_EL0.value] = 9;
    const std::tuple<SysregId, std::uint64_t S::*, std::uint64_t> cases[]{
        {CTR_EL0, &S::SCTLR_EL1, SCTLR::UCT},
        {DAIF, &S::SCTLR_EL1, SCTLR::UMA},
        {CNTVCT_EL0, &S::CNTKCTL_EL1, CNTKCTL::EL0VCTEN},
        {CNTFRQ_EL0, &S::CNTKCTL_EL1, CNTKCTL::EL0PCTEN},
        {CNTFRQ_EL0, &S::CNTKCTL_EL1, CNTKCTL::EL0VCTEN},
        {CNTV_CTL_EL0, &S::CNTKCTL_EL1, CNTKCTL::EL0VTEN},
        {PMCR_EL0, &S::PMUSERENR_EL0, PMUSERENR::EN},
        {sysreg(3, 3, 9, 13, 0), &S::PMUSERENR_EL0, PMUSERENR::CR}, // PMCCNTR_EL0
        {sysreg(3, 3, 9, 12, 5), &S::PMUSERENR_EL0, PMUSERENR::ER}, // PMSELR_EL0
    };
    for (const auto& [id, control, enable] : cases) {
        expect_at_EL0(EC::system_register, mrs(0, id));
        cpu.system.*control |= enable;
        expect_allowed_at_EL0(mrs(0, id));
        cpu.system.*control &= ~enable;
    }
    expect_allowed_at_EL0(mrs(0, sysreg(2, 3, 0, 1, 0))); // MDCCSR_EL0
    cpu.system.MDSCR_EL1 |= MDSCR::TDCC;
    expect_at_EL0(EC::system_register, mrs(0, sysreg(2, 3, 0, 1, 0)));
    expect_allowed_at_EL0(mrs(0, PMUSERENR_EL0));
    expect_at_EL0(EC::unknown, msr(PMUSERENR_EL0, 0));
    expect_at_EL0(EC::unknown, msr(CNTVCT_EL0, 0));
}

TEST_F(Sysregs, FpcrIsTrappedAsTheInstructionsAre) {
    cpu.system.CPACR_EL1 = 1U << 20;
    cpu.registers_changed();
    expect_at_EL0(EC::fp_access, mrs(0, FPCR));
    EXPECT_EQ(cpu.system.ESR_EL1, 7ULL << 26 | 1U << 25 | 0x1E0'0000U);
    EXPECT_EQ(read(FPCR), Bench::finished);
    EXPECT_EQ(write(sysreg(3, 0, 1, 0, 2), 0), Bench::finished);
    EXPECT_EQ(read(FPCR), from_EL1);
}

TEST_F(Sysregs, TheGicAndTheTimersAreElsewhere) {
    bench.board.sysregs[ICC_PMR_EL1.value] = 0xF0;
    bench.board.sysregs[CNTVCT_EL0.value] = 77;
    EXPECT_EQ(value(ICC_PMR_EL1), 0xF0U);
    EXPECT_EQ(write(ICC_PMR_EL1, 0x80), Bench::finished);
    EXPECT_EQ(bench.board.sysregs[ICC_PMR_EL1.value], 0x80U);
    EXPECT_EQ(value(CNTVCT_EL0), 77U);
    EXPECT_EQ(read(ICC_IAR1_EL1), from_EL1) << "nobody has it";
    EXPECT_EQ(exception_class(), EC::unknown);
}

TEST_F(Sysregs, TheOsLockIsLockedAtFirst) {
    EXPECT_EQ(value(OSLSR_EL1), 0xAU);
    EXPECT_EQ(write(OSLAR_EL1, 0), Bench::finished);
    EXPECT_EQ(value(OSLSR_EL1), 0x8U);
    EXPECT_EQ(write(OSLSR_EL1, 0), from_EL1);
    EXPECT_EQ(read(OSLAR_EL1), from_EL1);
}

TEST_F(Sysregs, TheExternalDebuggersBitsAreRestoredUnderTheOsLockOnly) {
    write(MDSCR_EL1, ones);
    EXPECT_EQ(value(MDSCR_EL1), 0x6CE0'F041U);
    write(MDSCR_EL1, 0);
    write(OSLAR_EL1, 0);
    write(MDSCR_EL1, ones & ~std::uint64_t{1});
    EXPECT_EQ(value(MDSCR_EL1), 0xB000U);
}

TEST_F(Sysregs, IsrShowsWhatIsPendingMaskedOrNot) {
    const auto ISR_EL1 = sysreg(3, 0, 12, 1, 0);
    EXPECT_EQ(value(ISR_EL1), 0U);
    cpu.raise(Cpu::request_IRQ);
    EXPECT_EQ(value(ISR_EL1), 0x80U);
    cpu.raise(Cpu::request_FIQ | Cpu::request_SError);
    EXPECT_EQ(value(ISR_EL1), 0x1C0U);
}

TEST_F(Sysregs, AResetForgetsWhatWasWritten) {
    write(TPIDR_EL0, 5);
    cpu.reset(0x8000'0003);
    EXPECT_EQ(cpu.system.TPIDR_EL0, 0U);
    EXPECT_EQ(cpu.system.SCTLR_EL1, 0x00C5'0078U);
    EXPECT_EQ(cpu.PSTATE(), 0x3C5U);
    EXPECT_EQ(value(sysreg(3, 0, 0, 0, 5)), 0x8000'0003U);
}

} // namespace
} // namespace arm64::cpu

// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/cpu/sysreg_fields.hpp"
#include "tests/arch-arm64/cpu/fixture.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace arm64::cpu {
namespace {

using test::Bench;

constexpr std::uint32_t nop = 0xD503'201F, eret = 0xD69F'03E0, svc = 0xD400'0001, b_self_minus_4 = 0x17FF'FFFF;
constexpr std::uint64_t cycles = bit(cycle_counter);

constexpr std::uint32_t mrs(std::uint32_t t, SysregId id) { return 0xD530'0000 | (id.value & 0x7FFFU) << 5 | t; }
constexpr std::uint32_t msr(SysregId id, std::uint32_t t) { return 0xD510'0000 | (id.value & 0x7FFFU) << 5 | t; }

constexpr auto PMCR_EL0 = sysreg(3, 3, 9, 12, 0), PMCNTENSET_EL0 = sysreg(3, 3, 9, 12, 1),
               PMCNTENCLR_EL0 = sysreg(3, 3, 9, 12, 2), PMOVSCLR_EL0 = sysreg(3, 3, 9, 12, 3),
               PMSWINC_EL0 = sysreg(3, 3, 9, 12, 4), PMSELR_EL0 = sysreg(3, 3, 9, 12, 5),
               PMCEID0_EL0 = sysreg(3, 3, 9, 12, 6), PMCCNTR_EL0 = sysreg(3, 3, 9, 13, 0),
               PMXEVTYPER_EL0 = sysreg(3, 3, 9, 13, 1), PMXEVCNTR_EL0 = sysreg(3, 3, 9, 13, 2),
               PMOVSSET_EL0 = sysreg(3, 3, 9, 14, 3), PMINTENSET_EL1 = sysreg(3, 0, 9, 14, 1),
               PMCCFILTR_EL0 = sysreg(3, 3, 14, 15, 7);
constexpr SysregId PMEVCNTR(unsigned n) { return sysreg(3, 3, 14, 8, n); }
constexpr SysregId PMEVTYPER(unsigned n) { return sysreg(3, 3, 14, 12, n); }
enum Event : std::uint64_t { SW_INCR = 0, INST_RETIRED = 8, CPU_CYCLES = 0x11, CHAIN = 0x1E };

class Pmu : public testing::Test {
protected:
    void set(SysregId id, std::uint64_t value) {
        bench.x(0) = value;
        EXPECT_EQ(bench.run({msr(id, 0)}), Bench::finished);
    }
    std::uint64_t get(SysregId id) {
        EXPECT_EQ(bench.run({mrs(0, id)}), Bench::finished);
        return bench.x(0);
    }
    /// Writes all from the outside, so that no instruction is counted.
    void arrange(std::initializer_list<std::pair<SysregId, std::uint64_t>> registers) {
        for (const auto& [id, value] : registers)
            EXPECT_TRUE(cpu.outside_write(id, value)) << std::hex << id.value;
    }
    std::uint64_t look(SysregId id) { return cpu.outside_read(id).value(); }
    [[nodiscard]] bool interrupts() const { return bench.board.pmu_interrupt == CpuSide::Level::high; }
    void run_nops(std::size_t count) {
        const std::vector<std::uint32_t> nops(count, nop);
        EXPECT_EQ(bench.run_program([&] {
            auto words = nops;
            words.push_back(Bench::hvc(Bench::finished));
            return words;
        }()),
                  Bench::finished);
    }

    Bench bench;
    Cpu& cpu = bench.cpu;
};

TEST_F(Pmu, ACycleIsAnInstruction) {
    arrange({{PMCNTENSET_EL0, cycles | 1 | 2},
             {PMEVTYPER(0), INST_RETIRED},
             {PMEVTYPER(1), CPU_CYCLES},
             {PMCR_EL0, PMCR::E}});
    run_nops(9); // and an HVC
    EXPECT_EQ(look(PMCCNTR_EL0), 10U);
    EXPECT_EQ(look(PMEVCNTR(0)), 10U);
    EXPECT_EQ(look(PMEVCNTR(1)), 10U);
    EXPECT_EQ(look(PMEVCNTR(2)), 0U);
}

TEST_F(Pmu, TwoReadsDifferByWhatIsBetween) {
    arrange({{PMCNTENSET_EL0, cycles}, {PMCR_EL0, PMCR::E}});
    bench.run({mrs(1, PMCCNTR_EL0), nop, nop, mrs(2, PMCCNTR_EL0), mrs(3, PMCCNTR_EL0), nop, nop, nop});
    EXPECT_EQ(bench.x(2) - bench.x(1), 3U);
    EXPECT_EQ(bench.x(3) - bench.x(2), 1U);
}

TEST_F(Pmu, OnlyWhatIsEnabledCounts) {
    arrange({{PMCNTENSET_EL0, cycles}});
    run_nops(5);
    EXPECT_EQ(look(PMCCNTR_EL0), 0U) << "PMCR_EL0.E";
    set(PMCR_EL0, PMCR::E);
    set(PMCNTENCLR_EL0, cycles);
    const auto before = look(PMCCNTR_EL0);
    run_nops(5);
    EXPECT_EQ(look(PMCCNTR_EL0), before);
}

TEST_F(Pmu, ResetsAreOfTheirCounters) {
    arrange({{PMEVCNTR(3), 5}, {PMCCNTR_EL0, 6}});
    set(PMCR_EL0, PMCR::P);
    EXPECT_EQ(look(PMEVCNTR(3)), 0U);
    EXPECT_EQ(look(PMCCNTR_EL0), 6U);
    set(PMCR_EL0, PMCR::C);
    EXPECT_EQ(look(PMCCNTR_EL0), 0U);
    EXPECT_EQ(get(PMCR_EL0), 6U << 11 | 0x40U);
}

TEST_F(Pmu, FiltersAreByLevel) {
    using namespace arm64::cpu::PMEVTYPER;
    arrange({{PMCNTENSET_EL0, cycles | 1 | 2},
             {PMEVTYPER(0), INST_RETIRED | P},
             {PMEVTYPER(1), INST_RETIRED | U},
             {PMCR_EL0, PMCR::E}});
    const std::uint64_t user = Bench::code + 0x1000;
    bench.board.put_code(user, std::array{nop, nop, nop, svc});
    cpu.system.ELR_EL1 = user;
    cpu.system.SPSR_EL1 = SPSR::EL0t;
    EXPECT_EQ(bench.run({nop, eret}), 0x400);
    EXPECT_EQ(look(PMEVCNTR(0)), 4U);
    EXPECT_EQ(look(PMEVCNTR(1)), 3U) << "NOP, ERET, and the HVC of the vector";
    EXPECT_EQ(look(PMCCNTR_EL0), 7U);
}

TEST_F(Pmu, AnOverflowInterruptsInBoundedTime) {
    arrange({{PMEVTYPER(0), INST_RETIRED},
             {PMEVCNTR(0), 0xFFFF'FFFF - 999},
             {PMCNTENSET_EL0, 1},
             {PMINTENSET_EL1, 1},
             {PMCR_EL0, PMCR::E}});
    EXPECT_FALSE(interrupts());
    bench.board.put_code(Bench::code, std::array{nop, b_self_minus_4});
    cpu.pc = Bench::code;
    cpu.set_budget(990);
    cpu.run();
    EXPECT_FALSE(interrupts());
    cpu.set_budget(100);
    cpu.run();
    EXPECT_TRUE(interrupts());
    EXPECT_EQ(look(PMOVSSET_EL0), 1U);
    set(PMOVSCLR_EL0, 1);
    EXPECT_FALSE(interrupts());
}

TEST_F(Pmu, AnOverflowThatMayNotInterruptIsSeenWhenLookedAt) {
    arrange({{PMCCNTR_EL0, ~std::uint64_t{0} - 2}, {PMCNTENSET_EL0, cycles}, {PMCR_EL0, PMCR::E}});
    run_nops(10);
    EXPECT_EQ(get(PMOVSSET_EL0), cycles);
    EXPECT_FALSE(interrupts());
    set(PMINTENSET_EL1, cycles);
    EXPECT_TRUE(interrupts());
    set(PMCR_EL0, 0);
    EXPECT_FALSE(interrupts());
}

TEST_F(Pmu, TheCycleCounterInterruptsAtItsEnd) {
    arrange({{PMCCNTR_EL0, ~std::uint64_t{0} - 20},
             {PMCNTENSET_EL0, cycles},
             {PMINTENSET_EL1, cycles},
             {PMCR_EL0, PMCR::E}});
    bench.board.put_code(Bench::code, std::array{nop, b_self_minus_4});
    cpu.pc = Bench::code;
    cpu.set_budget(40);
    cpu.run();
    EXPECT_TRUE(interrupts());
}

TEST_F(Pmu, SoftwareIncrementsAreOfTheirEvent) {
    arrange({{PMEVTYPER(0), SW_INCR}, {PMEVTYPER(1), INST_RETIRED}, {PMCNTENSET_EL0, 1}});
    set(PMSWINC_EL0, 3);
    EXPECT_EQ(look(PMEVCNTR(0)), 0U) << "PMCR_EL0.E";
    set(PMCR_EL0, PMCR::E);
    set(PMSWINC_EL0, 3);
    EXPECT_EQ(look(PMEVCNTR(0)), 1U);
    EXPECT_EQ(look(PMEVCNTR(1)), 0U);
    arrange({{PMEVCNTR(0), 0xFFFF'FFFF}, {PMINTENSET_EL1, 1}});
    set(PMSWINC_EL0, 1);
    EXPECT_EQ(look(PMEVCNTR(0)), 0U);
    EXPECT_TRUE(interrupts());
}

TEST_F(Pmu, AChainIsTheUpperHalf) {
    arrange({{PMEVTYPER(2), SW_INCR},
             {PMEVTYPER(3), CHAIN},
             {PMEVCNTR(2), 0xFFFF'FFFF},
             {PMCNTENSET_EL0, 0xC},
             {PMCR_EL0, PMCR::E}});
    set(PMSWINC_EL0, 4);
    EXPECT_EQ(look(PMEVCNTR(2)), 0U);
    EXPECT_EQ(look(PMEVCNTR(3)), 1U);
    EXPECT_EQ(look(PMOVSSET_EL0), 4U);
}

TEST_F(Pmu, TheSelectedCounter) {
    set(PMSELR_EL0, 4);
    set(PMXEVTYPER_EL0, ~std::uint64_t{0});
    set(PMXEVCNTR_EL0, ~std::uint64_t{0});
    EXPECT_EQ(look(PMEVTYPER(4)), 0xC000'03FFU);
    EXPECT_EQ(get(PMXEVCNTR_EL0), 0xFFFF'FFFFU);
    set(PMSELR_EL0, 31);
    set(PMXEVTYPER_EL0, ~std::uint64_t{0});
    EXPECT_EQ(look(PMCCFILTR_EL0), 0xC000'0000U);
    set(PMSELR_EL0, 6);
    set(PMXEVTYPER_EL0, 1);
    EXPECT_EQ(get(PMXEVTYPER_EL0), 0U);
}

TEST_F(Pmu, WhatItCountsItSays) {
    EXPECT_EQ(get(PMCEID0_EL0), bit(SW_INCR) | bit(INST_RETIRED) | bit(CPU_CYCLES) | bit(CHAIN));
}

} // namespace
} // namespace arm64::cpu

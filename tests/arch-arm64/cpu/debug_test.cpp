// SPDX-License-Identifier: Apache-2.0
// Self-hosted debug as a kernel uses it, and a debugger outside.
#include "arch-arm64/cpu/sysreg_fields.hpp"
#include "tests/arch-arm64/cpu/fixture.hpp"
#include "virt/guest_debug.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace arm64::cpu {
namespace {

using test::Bench;

constexpr std::uint16_t EL1h = 0x200, EL0 = 0x400;
constexpr std::uint32_t nop = 0xD503'201F, eret = 0xD69F'03E0, svc_5 = 0xD400'00A1, brk_7 = 0xD420'00E0,
                        ldr_x2 = 0xF940'0022,  // LDR X2, [X1]
    str_x2 = 0xF900'0022,                      // STR X2, [X1]
    strb_w2 = 0x3900'0022,                     // STRB W2, [X1]
    ldtr_x2 = 0xF840'0822,                     // LDTR X2, [X1]
    stp_x2_x3 = 0xA900'0C22;                   // STP X2, X3, [X1]
constexpr std::uint64_t ISV = bit(24), debug = FSC::debug;

class Debug : public testing::Test {
protected:
    Debug() {
        cpu.system.OSLSR_EL1 &= ~OSLSR::OSLK;
        put({nop, nop, nop, svc_5});
    }
    static constexpr std::uint64_t user = Bench::code + 0x1000;
    void put(const std::vector<std::uint32_t>& words) { bench.board.put_code(user, words); }
    void enable(std::uint64_t MDSCR) {
        cpu.system.MDSCR_EL1 |= MDSCR;
        cpu.registers_changed();
    }
    /// Returns to `user` with that PSTATE.
    std::uint16_t go(std::uint64_t pstate, std::uint64_t to = user) {
        EXPECT_TRUE(cpu.set_PSTATE(SPSR::DAIF | SPSR::EL1h));
        cpu.system.SPSR_EL1 = pstate;
        cpu.system.ELR_EL1 = to;
        return bench.run({eret});
    }
    void expect_exception(std::uint64_t ESR, std::uint64_t ELR) const {
        EXPECT_EQ(cpu.system.ESR_EL1, ESR);
        EXPECT_EQ(cpu.system.ELR_EL1, ELR);
    }
    void set_breakpoint(unsigned n, std::uint64_t value, std::uint64_t control) {
        cpu.system.DBGBVR.at(n) = value;
        cpu.system.DBGBCR.at(n) = control | DBGBCR::E | 0xFU << 5;
        cpu.registers_changed();
    }
    void set_watchpoint(unsigned n, std::uint64_t value, std::uint64_t control) {
        cpu.system.DBGWVR.at(n) = value;
        cpu.system.DBGWCR.at(n) = control | DBGWCR::E;
        cpu.registers_changed();
    }
    const virt::exit::Debug& stopped() {
        static const virt::exit::Debug none{0, 0};
        const auto* const stop = std::get_if<virt::exit::Debug>(&bench.last_stop);
        EXPECT_NE(stop, nullptr);
        return stop != nullptr ? *stop : none;
    }
    void run_on() { bench.last_stop = cpu.run(); }

    static constexpr std::uint64_t at_EL0 = 2U << 1, at_EL1 = 1U << 1;
    static constexpr std::uint64_t loads = 1U << 3, stores = 2U << 3, all_bytes = 0xFFU << 5;
    Bench bench;
    Cpu& cpu = bench.cpu;
};

// ---- Software step

TEST_F(Debug, AStepIsOneInstructionOfEL0) {
    enable(MDSCR::SS);
    EXPECT_EQ(go(SPSR::SS | SPSR::EL0t), EL0);
    expect_exception(syndrome(EC::software_step_lower, ISV | debug), user + 4);
    EXPECT_EQ(cpu.system.SPSR_EL1 & SPSR::SS, 0U);
    EXPECT_FALSE(cpu.SS);
}

TEST_F(Debug, WithoutSsInSpsrTheStepIsPendingAtOnce) {
    enable(MDSCR::SS);
    EXPECT_EQ(go(SPSR::EL0t), EL0);
    expect_exception(syndrome(EC::software_step_lower, debug), user);
}

TEST_F(Debug, AStepOfALoadExclusiveSaysSo) {
    put({0xC85F'7C22, nop}); // LDXR X2, [X1]
    bench.x(1) = Bench::data;
    enable(MDSCR::SS);
    EXPECT_EQ(go(SPSR::SS | SPSR::EL0t), EL0);
    expect_exception(syndrome(EC::software_step_lower, ISV | bit(6) | debug), user + 4);
}

TEST_F(Debug, AnExceptionOfTheSteppedInstructionComesFirst) {
    enable(MDSCR::SS);
    put({svc_5});
    EXPECT_EQ(go(SPSR::SS | SPSR::EL0t), EL0);
    expect_exception(syndrome(EC::SVC, 5), user + 4);
    EXPECT_EQ(cpu.system.SPSR_EL1 & SPSR::SS, 0U) << "SVC has completed";
    EXPECT_EQ(go(SPSR::SS | SPSR::EL0t, user + 0x800), EL0); // zeros: UDF
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::unknown));
    EXPECT_EQ(cpu.system.SPSR_EL1 & SPSR::SS, SPSR::SS) << "it has not, and will be stepped again";
}

TEST_F(Debug, AnInterruptIsNoStep) {
    enable(MDSCR::SS);
    cpu.raise(Cpu::request_IRQ);
    EXPECT_EQ(go(SPSR::SS | SPSR::EL0t), EL0 + 0x80);
    EXPECT_EQ(cpu.system.SPSR_EL1, SPSR::SS | SPSR::EL0t);
    EXPECT_EQ(cpu.system.ELR_EL1, user);
}

TEST_F(Debug, EL1StepsItselfWithKdeAndDClear) {
    enable(MDSCR::SS);
    EXPECT_EQ(go(SPSR::SS | SPSR::EL1h), EL1h);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SVC, 5)) << "without KDE";
    enable(MDSCR::KDE);
    EXPECT_EQ(go(SPSR::SS | SPSR::D | SPSR::EL1h), EL1h);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SVC, 5)) << "masked";
    EXPECT_EQ(go(SPSR::SS | SPSR::EL1h), EL1h);
    expect_exception(syndrome(EC::software_step, ISV | debug), user + 4);
}

TEST_F(Debug, UnderTheOsLockThereIsNone) {
    enable(MDSCR::SS | MDSCR::MDE);
    cpu.system.OSLSR_EL1 |= OSLSR::OSLK;
    set_breakpoint(0, user, at_EL0);
    EXPECT_EQ(go(SPSR::SS | SPSR::EL0t), EL0);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SVC, 5));
}

// ---- Breakpoints

TEST_F(Debug, ABreakpointIsBeforeItsInstruction) {
    enable(MDSCR::MDE);
    set_breakpoint(5, user + 8, at_EL0);
    EXPECT_EQ(go(SPSR::EL0t), EL0);
    expect_exception(syndrome(EC::breakpoint_lower, debug), user + 8);
}

TEST_F(Debug, ABreakpointIsOfItsLevels) {
    enable(MDSCR::MDE | MDSCR::KDE);
    set_breakpoint(0, user, at_EL1);
    EXPECT_EQ(go(SPSR::EL0t), EL0);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SVC, 5));
    EXPECT_EQ(go(SPSR::EL1h), EL1h);
    expect_exception(syndrome(EC::breakpoint, debug), user);
    EXPECT_EQ(go(SPSR::D | SPSR::EL1h), EL1h);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SVC, 5));
    cpu.system.MDSCR_EL1 = MDSCR::KDE;
    EXPECT_EQ(go(SPSR::EL1h), EL1h);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SVC, 5)) << "without MDE";
}

TEST_F(Debug, ReservedBreakpointsAreNone) {
    enable(MDSCR::MDE);
    for (const std::uint64_t control : {DBGBCR::HMC | at_EL0, bit(14) | at_EL0, std::uint64_t{0},
                                        4U << DBGBCR::BT | at_EL0, 3U << DBGBCR::BT | at_EL0}) {
        set_breakpoint(4, user, control);
        EXPECT_EQ(go(SPSR::EL0t), EL0);
        EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SVC, 5)) << control;
    }
}

TEST_F(Debug, ABreakpointOfAContext) {
    enable(MDSCR::MDE);
    set_breakpoint(4, 77, at_EL0 | std::uint64_t{2} << DBGBCR::BT);
    EXPECT_EQ(go(SPSR::EL0t), EL0);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SVC, 5));
    cpu.system.CONTEXTIDR_EL1 = 77;
    EXPECT_EQ(go(SPSR::EL0t), EL0);
    expect_exception(syndrome(EC::breakpoint_lower, debug), user);
    set_breakpoint(4, 0, 0);
    set_breakpoint(3, 77, at_EL0 | std::uint64_t{2} << DBGBCR::BT); // which is not context-aware
    EXPECT_EQ(go(SPSR::EL0t), EL0);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SVC, 5));
}

TEST_F(Debug, ALinkedBreakpointIsOfItsContext) {
    enable(MDSCR::MDE);
    set_breakpoint(0, user + 4, at_EL0 | std::uint64_t{1} << DBGBCR::BT | std::uint64_t{5} << DBGBCR::LBN);
    EXPECT_EQ(go(SPSR::EL0t), EL0);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SVC, 5)) << "linked to nothing";
    set_breakpoint(5, 77, at_EL0 | std::uint64_t{3} << DBGBCR::BT);
    EXPECT_EQ(go(SPSR::EL0t), EL0);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SVC, 5)) << "another context";
    cpu.system.CONTEXTIDR_EL1 = 77;
    EXPECT_EQ(go(SPSR::EL0t), EL0);
    expect_exception(syndrome(EC::breakpoint_lower, debug), user + 4);
}

// ---- Watchpoints

TEST_F(Debug, AWatchedStoreDoesNotHappen) {
    enable(MDSCR::MDE);
    put({nop, str_x2, svc_5});
    bench.x(1) = Bench::data;
    bench.x(2) = 5;
    set_watchpoint(3, Bench::data, at_EL0 | stores | all_bytes);
    EXPECT_EQ(go(SPSR::EL0t), EL0);
    expect_exception(syndrome(EC::watchpoint_lower, ISS::WnR | debug), user + 4);
    EXPECT_EQ(cpu.system.FAR_EL1, Bench::data);
    EXPECT_EQ(bench.board.get<std::uint64_t>(Bench::data), 0U);
    put({nop, ldr_x2, svc_5});
    EXPECT_EQ(go(SPSR::EL0t), EL0);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SVC, 5)) << "a load is not watched";
}

TEST_F(Debug, AWatchedLoadLeavesItsRegister) {
    enable(MDSCR::MDE | MDSCR::KDE);
    put({ldr_x2, svc_5});
    bench.x(1) = Bench::data;
    bench.x(2) = 5;
    set_watchpoint(0, Bench::data, at_EL1 | loads | 0x2U << 5);
    EXPECT_EQ(go(SPSR::EL1h), EL1h);
    expect_exception(syndrome(EC::watchpoint, debug), user);
    EXPECT_EQ(cpu.system.FAR_EL1, Bench::data + 1);
    EXPECT_EQ(bench.x(2), 5U);
}

TEST_F(Debug, ByteAddressSelectIsOfBytes) {
    enable(MDSCR::MDE);
    put({strb_w2, svc_5});
    set_watchpoint(0, Bench::data, at_EL0 | stores | 0xCU << 5); // bytes 2 and 3
    for (unsigned byte = 0; byte < 16; ++byte) {
        bench.x(1) = Bench::data + byte;
        EXPECT_EQ(go(SPSR::EL0t), EL0);
        EXPECT_EQ(cpu.system.ESR_EL1 >> 26 == static_cast<unsigned>(EC::watchpoint_lower), byte == 2 || byte == 3)
            << byte;
    }
    set_watchpoint(0, Bench::data + 4, at_EL0 | stores | 0x1U << 5); // a word: byte 4
    for (unsigned byte = 0; byte < 8; ++byte) {
        bench.x(1) = Bench::data + byte;
        EXPECT_EQ(go(SPSR::EL0t), EL0);
        EXPECT_EQ(cpu.system.ESR_EL1 >> 26 == static_cast<unsigned>(EC::watchpoint_lower), byte == 4) << byte;
    }
}

TEST_F(Debug, AMaskWatchesARange) {
    enable(MDSCR::MDE);
    put({strb_w2, svc_5});
    set_watchpoint(1, Bench::data, at_EL0 | stores | all_bytes | std::uint64_t{8} << DBGWCR::MASK);
    for (const auto& [offset, hits] : {std::pair(-1, false), {0, true}, {255, true}, {256, false}}) {
        bench.x(1) = Bench::data + static_cast<std::uint64_t>(offset);
        EXPECT_EQ(go(SPSR::EL0t), EL0);
        EXPECT_EQ(cpu.system.ESR_EL1 >> 26 == static_cast<unsigned>(EC::watchpoint_lower), hits) << offset;
    }
}

TEST_F(Debug, AnUnprivilegedLoadIsWatchedAsEL0s) {
    enable(MDSCR::MDE | MDSCR::KDE);
    bench.x(1) = Bench::data;
    set_watchpoint(0, Bench::data, at_EL0 | loads | all_bytes);
    put({ldr_x2, svc_5});
    EXPECT_EQ(go(SPSR::EL1h), EL1h);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SVC, 5));
    put({ldtr_x2, svc_5});
    EXPECT_EQ(go(SPSR::EL1h), EL1h);
    expect_exception(syndrome(EC::watchpoint, debug), user);
}

TEST_F(Debug, APairIsNotHalfStored) {
    enable(MDSCR::MDE);
    put({stp_x2_x3, svc_5});
    bench.x(1) = Bench::data;
    bench.x(2) = bench.x(3) = 5;
    set_watchpoint(0, Bench::data + 8, at_EL0 | stores | all_bytes);
    EXPECT_EQ(go(SPSR::EL0t), EL0);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::watchpoint_lower, ISS::WnR | debug));
    EXPECT_EQ(cpu.system.FAR_EL1, Bench::data + 8);
    EXPECT_EQ(bench.board.get<std::uint64_t>(Bench::data + 8), 0U);
}

// ---- A debugger outside

TEST_F(Debug, ADebuggerStepsAnyLevelAndSeesExceptions) {
    cpu.set_debugger({.single_step = true, .software_breakpoints = false, .breakpoints = {}, .watchpoints = {}});
    put({nop, svc_5});
    EXPECT_EQ(go(SPSR::EL0t), 0xFFFE);
    EXPECT_EQ(stopped().syndrome, syndrome(EC::software_step_lower, ISV | debug));
    EXPECT_EQ(cpu.pc, user) << "behind the ERET";
    run_on();
    stopped();
    EXPECT_EQ(cpu.pc, user + 4);
    run_on();
    stopped();
    EXPECT_EQ(cpu.pc, Bench::vectors + EL0) << "where the exception is taken";
    cpu.raise(Cpu::request_IRQ);
    EXPECT_TRUE(cpu.set_PSTATE(SPSR::EL0t));
    cpu.pc = user;
    run_on();
    stopped();
    EXPECT_EQ(cpu.pc, Bench::vectors + EL0 + 0x80) << "an interrupt, too";
    EXPECT_EQ(cpu.SS, false);
    EXPECT_EQ(cpu.system.SPSR_EL1 & SPSR::SS, 0U) << "the guest sees nothing of it";
}

TEST_F(Debug, ADebuggersStepEndsBehindAStoreThatIsMmio) {
    cpu.set_debugger({.single_step = true, .software_breakpoints = false, .breakpoints = {}, .watchpoints = {}});
    put({str_x2, nop, svc_5});
    bench.x(1) = 0x1000;
    EXPECT_TRUE(cpu.set_PSTATE(SPSR::DAIF | SPSR::EL1h));
    cpu.pc = user;
    run_on();
    EXPECT_TRUE(std::holds_alternative<virt::exit::MmioWrite>(bench.last_stop));
    run_on();
    stopped();
    EXPECT_EQ(cpu.pc, user + 4);
    put({ldr_x2, nop, svc_5});
    cpu.post({.kind = Maintenance::Kind::code_all});
    cpu.pc = user;
    run_on();
    EXPECT_TRUE(std::holds_alternative<virt::exit::MmioRead>(bench.last_stop));
    cpu.answer(9);
    run_on();
    stopped();
    EXPECT_EQ(cpu.pc, user + 4);
    EXPECT_EQ(bench.x(2), 9U);
}

TEST_F(Debug, ADebuggersBreakpointHitsUntilItIsTakenAway) {
    virt::GuestDebug wish;
    wish.breakpoints = {{.address = user + 4}, {.address = user, .privilege = virt::Breakpoint::Privilege::kernel}};
    cpu.set_debugger(wish);
    EXPECT_EQ(go(SPSR::EL0t), 0xFFFE);
    EXPECT_EQ(stopped().syndrome, syndrome(EC::breakpoint_lower, debug));
    EXPECT_EQ(cpu.pc, user + 4);
    run_on();
    stopped();
    EXPECT_EQ(cpu.pc, user + 4);
    cpu.set_debugger({});
    run_on();
    EXPECT_EQ(std::get<stop::Call>(bench.last_stop).imm, EL0);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::SVC, 5));
    cpu.set_debugger(wish);
    EXPECT_EQ(go(SPSR::EL1h), 0xFFFE);
    EXPECT_EQ(cpu.pc, user);
}

TEST_F(Debug, ADebuggersWatchpointSaysWhere) {
    virt::GuestDebug wish;
    wish.watchpoints = {{.address = Bench::data + 4, .size = 2, .access = virt::Watchpoint::Access::write}};
    cpu.set_debugger(wish);
    put({ldr_x2, str_x2, svc_5});
    bench.x(1) = Bench::data;
    EXPECT_EQ(go(SPSR::EL0t), 0xFFFE);
    EXPECT_EQ(stopped().syndrome, syndrome(EC::watchpoint_lower, ISS::WnR | debug));
    EXPECT_EQ(stopped().fault_address, Bench::data + 4);
    EXPECT_EQ(cpu.pc, user + 4);
}

TEST_F(Debug, ABrkIsTheDebuggersIfItWantsIt) {
    put({nop, brk_7});
    EXPECT_EQ(go(SPSR::EL0t), EL0);
    EXPECT_EQ(cpu.system.ESR_EL1, syndrome(EC::BRK, 7));
    cpu.set_debugger({.single_step = false, .software_breakpoints = true, .breakpoints = {}, .watchpoints = {}});
    EXPECT_EQ(go(SPSR::EL0t), 0xFFFE);
    EXPECT_EQ(stopped().syndrome, syndrome(EC::BRK, 7));
    EXPECT_EQ(cpu.pc, user + 4);
}

} // namespace
} // namespace arm64::cpu

// SPDX-License-Identifier: Apache-2.0
// The timers of a vCPU as registers and as lines, with a clock of the test's own.
#include "arch-arm64/timer/arch_timer.hpp"

#include "arch-arm64/registers.hpp"
#include "arch-arm64/timer/cnt_registers.hpp"
#include "tests/arch-arm64/gic/guest.hpp"
#include "tests/arch-arm64/timer/manual_counter.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <limits>

namespace arm64::timer {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

struct Registers {
    const char* name;
    Timer timer;
    SysregId ctl, cval, tval, cnt;
    virt::RegisterId id_CTL, id_CVAL, id_CNT;
    std::uint32_t ppi;
};
constexpr Registers both[] = {
    {"virtual", Timer::EL1_virtual, CNTV_CTL_EL0, CNTV_CVAL_EL0, CNTV_TVAL_EL0, CNTVCT_EL0, registers::TIMER_CTL,
     registers::TIMER_CVAL, registers::TIMER_CNT, 27},
    {"physical", Timer::EL1_physical, CNTP_CTL_EL0, CNTP_CVAL_EL0, CNTP_TVAL_EL0, CNTPCT_EL0, registers::PTIMER_CTL,
     registers::PTIMER_CVAL, registers::PTIMER_CNT, 30},
};

struct ArchTimerTest : testing::Test {
    void enter() { ASSERT_TRUE(timer.enter(guest.gic, VcpuIndex{0})); }
    std::uint64_t read(SysregId id) { return timer.read_sysreg(id).value(); }
    void write(SysregId id, std::uint64_t value) { ASSERT_TRUE(timer.write_sysreg(id, value)); }
    /// Time passes, and the alarm rings if it must.
    void pass(std::uint64_t ticks) {
        counter.now += ticks;
        if (alarm.deadline && *alarm.deadline <= counter.now)
            timer.look();
    }
    gic::Interrupt& ppi(std::uint32_t intid) { return *guest.gic.find(VcpuIndex{0}, Intid{intid}); }

    gic::Guest guest;
    ManualCounter counter;
    ManualAlarm alarm;
    VmTimers vm{counter};
    ArchTimer timer{vm, alarm};
};

TEST_F(ArchTimerTest, FiresOnceEnabledUnmaskedAndReached) {
    enter();
    for (const auto& regs : both) {
        SCOPED_TRACE(regs.name);
        guest.enabled(regs.ppi);
        write(regs.cval, read(regs.cnt) + 100);
        write(regs.ctl, CTL::ENABLE);
        EXPECT_EQ(alarm.deadline, counter.now + 100);
        pass(99);
        EXPECT_FALSE(guest.lines.high());
        pass(1);
        EXPECT_TRUE(guest.lines.high()) << "at CVAL, not behind it";
        EXPECT_EQ(alarm.deadline, std::nullopt) << "it is up until somebody changes it";
        write(regs.ctl, CTL::ENABLE | CTL::IMASK);
        EXPECT_FALSE(guest.lines.high());
        write(regs.ctl, CTL::IMASK);
        EXPECT_FALSE(guest.lines.high());
        write(regs.ctl, CTL::ENABLE);
        EXPECT_TRUE(guest.lines.high());
        write(regs.ctl, 0);
        EXPECT_FALSE(guest.lines.high());
    }
}

TEST_F(ArchTimerTest, ComparesAll64BitsUnsigned) {
    enter();
    for (const auto& regs : both) {
        SCOPED_TRACE(regs.name);
        guest.enabled(regs.ppi);
        write(regs.ctl, CTL::ENABLE);
        for (const auto far : {most, std::uint64_t{1} << 63, std::uint64_t{1} << 32}) {
            write(regs.cval, read(regs.cnt) + 1); // an alarm that must go
            write(regs.cval, far);
            EXPECT_FALSE(guest.lines.high()) << far;
            EXPECT_GE(alarm.deadline.value(), far) << "saturates instead of coming round";
            EXPECT_EQ(read(regs.ctl), CTL::ENABLE) << far;
        }
        ASSERT_TRUE(timer.set(regs.id_CNT, most));
        EXPECT_TRUE(guest.lines.high()) << "the count got beyond it";
        ASSERT_TRUE(timer.set(regs.id_CNT, 0));
        write(regs.ctl, 0);
    }
}

TEST_F(ArchTimerTest, IstatusKnowsNoMaskAndIsReadOnly) {
    for (const auto& regs : both) {
        SCOPED_TRACE(regs.name);
        write(regs.cval, 0);
        write(regs.ctl, most);
        EXPECT_EQ(read(regs.ctl), CTL::ENABLE | CTL::IMASK | CTL::ISTATUS);
        write(regs.cval, most);
        EXPECT_EQ(read(regs.ctl), CTL::ENABLE | CTL::IMASK);
        write(regs.ctl, CTL::ISTATUS);
        EXPECT_EQ(read(regs.ctl), 0U);
        EXPECT_EQ(timer.get(regs.id_CTL), 0U);
        write(regs.cval, 0);
        EXPECT_EQ(timer.get(regs.id_CTL), CTL::ISTATUS) << "ENABLE or not, from outside";
    }
}

TEST_F(ArchTimerTest, TvalIsASignedDistanceOf32Bits) {
    for (const auto& regs : both) {
        SCOPED_TRACE(regs.name);
        ASSERT_TRUE(timer.set(regs.id_CNT, 0x10'0000'0000));
        write(regs.tval, 0x1'0000);
        EXPECT_EQ(read(regs.cval), 0x10'0001'0000U);
        write(regs.tval, 0xFFFF'FFFF);
        EXPECT_EQ(read(regs.cval), 0x0F'FFFF'FFFFU);
        EXPECT_EQ(read(regs.tval), 0xFFFF'FFFFU) << "bits 63:32 are RES0";
        write(regs.tval, 0xDEAD'BEEF'7FFF'FFFF);
        EXPECT_EQ(read(regs.cval), 0x10'7FFF'FFFFU);
        write(regs.tval, 0x8000'0000);
        EXPECT_EQ(read(regs.cval), 0x0F'8000'0000U);
        ASSERT_TRUE(timer.set(regs.id_CNT, 5));
        write(regs.tval, 0xFFFF'FFF6); // -10: wraps
        EXPECT_EQ(read(regs.cval), most - 4);
    }
}

TEST_F(ArchTimerTest, CountsAreReadOnlyAndTheFrequencyToo) {
    EXPECT_EQ(read(CNTFRQ_EL0), counter.frequency());
    EXPECT_FALSE(timer.write_sysreg(CNTFRQ_EL0, 1));
    EXPECT_FALSE(timer.write_sysreg(CNTVCT_EL0, 1));
    EXPECT_FALSE(timer.write_sysreg(CNTPCT_EL0, 1));
    EXPECT_EQ(timer.read_sysreg(gic::ICC_PMR_EL1), std::nullopt);
    EXPECT_FALSE(timer.write_sysreg(gic::ICC_PMR_EL1, 1));
}

TEST_F(ArchTimerTest, TheVirtualCountRestartsWithEachVcpuAndIsTheVms) {
    pass(50);
    EXPECT_EQ(read(CNTVCT_EL0), 50U);
    EXPECT_EQ(read(CNTPCT_EL0), counter.now) << "the host's";
    ASSERT_TRUE(timer.set(registers::PTIMER_CNT, 7));
    ManualAlarm other_alarm;
    ArchTimer other(vm, other_alarm);
    EXPECT_EQ(read(CNTVCT_EL0), 0U);
    EXPECT_EQ(read(CNTPCT_EL0), counter.now);
    ASSERT_TRUE(other.set(registers::TIMER_CNT, 1000));
    EXPECT_EQ(timer.get(registers::TIMER_CNT), 1000U);
    EXPECT_EQ(read(CNTPCT_EL0), counter.now) << "which that does not move";
    ASSERT_TRUE(other.set(registers::PTIMER_CNT, 2000));
    EXPECT_EQ(timer.get(registers::PTIMER_CNT), 2000U);
    EXPECT_EQ(timer.get(registers::TIMER_CNT), 1000U);
}

TEST_F(ArchTimerTest, ANewCountMovesTheDeadlinesOfEveryVcpu) {
    gic::Guest two(gic::EOImode::drop_and_deactivate, 2);
    ManualAlarm other_alarm;
    ArchTimer first(vm, alarm);
    ArchTimer other(vm, other_alarm);
    ASSERT_TRUE(first.enter(two.gic, VcpuIndex{0}));
    ASSERT_TRUE(other.enter(two.gic, VcpuIndex{1}));
    two.enabled(27, 1);
    ASSERT_TRUE(other.write_sysreg(CNTV_CVAL_EL0, 1000));
    ASSERT_TRUE(other.write_sysreg(CNTV_CTL_EL0, CTL::ENABLE));
    EXPECT_EQ(other_alarm.deadline, counter.now + 1000);
    ASSERT_TRUE(first.set(registers::TIMER_CNT, 900));
    EXPECT_EQ(other_alarm.deadline, counter.now + 100);
    ASSERT_TRUE(first.set(registers::TIMER_CNT, 1000));
    EXPECT_TRUE(two.lines.high(1));
    ASSERT_TRUE(first.set(registers::TIMER_CNT, 999));
    EXPECT_FALSE(two.lines.high(1));
    EXPECT_FALSE(two.lines.high(0));
}

TEST_F(ArchTimerTest, TheAlarmIsTheEarlierTimers) {
    enter();
    write(CNTV_TVAL_EL0, 200);
    write(CNTV_CTL_EL0, CTL::ENABLE);
    write(CNTP_TVAL_EL0, 100);
    EXPECT_EQ(alarm.deadline, counter.now + 200);
    write(CNTP_CTL_EL0, CTL::ENABLE);
    EXPECT_EQ(alarm.deadline, counter.now + 100);
    write(CNTP_CTL_EL0, CTL::ENABLE | CTL::IMASK);
    EXPECT_EQ(alarm.deadline, counter.now + 200);
    write(CNTV_CTL_EL0, 0);
    EXPECT_EQ(alarm.deadline, std::nullopt);
}

TEST_F(ArchTimerTest, IsRegistersOnlyUntilItsVcpuEnters) {
    auto& one = guest.enabled(27);
    ASSERT_TRUE(timer.set(registers::TIMER_CTL, CTL::ENABLE));
    EXPECT_EQ(alarm.deadline, std::nullopt);
    EXPECT_FALSE(guest.lines.high());
    gic::Gic::raise(one);
    EXPECT_TRUE(guest.lines.high()) << "anybody's";
    gic::Gic::lower(one);
    enter();
    EXPECT_TRUE(guest.lines.high()) << "the timer's, which has fired long ago";
    gic::Gic::lower(one);
    EXPECT_TRUE(guest.lines.high());
    write(CNTV_CTL_EL0, 0);
    gic::Gic::raise(one);
    EXPECT_FALSE(guest.lines.high());
}

TEST_F(ArchTimerTest, TakesAPpiOverWithWhatIsActiveAndNotWithItsLine) {
    auto& one = guest.enabled(27);
    gic::Gic::raise(one);
    enter();
    EXPECT_FALSE(guest.lines.high());
    EXPECT_FALSE(gic::Guest::pending(one));
}

TEST_F(ArchTimerTest, ComesAgainAfterEachDeactivationWhileItIsUp) {
    for (const auto mode : {gic::EOImode::drop_and_deactivate, gic::EOImode::drop}) {
        gic::Guest other(mode);
        VmTimers timers(counter);
        ArchTimer subject(timers, alarm);
        ASSERT_TRUE(subject.enter(other.gic, VcpuIndex{0}));
        other.enabled(27);
        subject.write_sysreg(CNTV_CTL_EL0, CTL::ENABLE);
        for (int n = 0; n < 3; ++n) {
            EXPECT_EQ(other.acknowledge(), 27U);
            EXPECT_EQ(other.acknowledge(), no_interrupt) << "active";
            other.EOIR(27);
            if (mode == gic::EOImode::drop) {
                EXPECT_EQ(other.acknowledge(), no_interrupt) << "still";
                other.DIR(27);
            }
            EXPECT_TRUE(other.lines.high());
        }
        EXPECT_EQ(other.acknowledge(), 27U);
        subject.write_sysreg(CNTV_CTL_EL0, 0);
        other.EOIR(27);
        other.DIR(27);
        EXPECT_FALSE(other.lines.high()) << "stopped meanwhile";
    }
}

TEST_F(ArchTimerTest, OneThatFiresWhileItIsActiveComesAtItsEnd) {
    enter();
    auto& one = guest.enabled(27);
    write(CNTV_CTL_EL0, CTL::ENABLE);
    EXPECT_EQ(guest.acknowledge(), 27U);
    write(CNTV_TVAL_EL0, 100); // as a handler does
    pass(100);
    EXPECT_FALSE(guest.lines.high());
    EXPECT_TRUE(gic::Guest::active(one));
    guest.EOIR(27);
    EXPECT_EQ(guest.acknowledge(), 27U);
    write(CNTV_TVAL_EL0, 100);
    pass(100);
    write(CNTV_TVAL_EL0, 100);
    guest.EOIR(27);
    EXPECT_FALSE(guest.lines.high()) << "gone again before";
}

TEST_F(ArchTimerTest, AnAlarmThatComesTooEarlyOrTooLateIsHarmless) {
    enter();
    guest.enabled(27);
    write(CNTV_TVAL_EL0, 100);
    write(CNTV_CTL_EL0, CTL::ENABLE);
    const auto due = alarm.deadline;
    counter.now += 99;
    timer.look();
    EXPECT_FALSE(guest.lines.high());
    EXPECT_EQ(alarm.deadline, due);
    write(CNTV_CTL_EL0, 0);
    counter.now += 1;
    timer.look();
    EXPECT_FALSE(guest.lines.high());
}

TEST_F(ArchTimerTest, ResetStopsBothAndKeepsCvalAndTheCount) {
    enter();
    auto& one = guest.enabled(27);
    guest.enabled(30);
    write(CNTV_CVAL_EL0, 5);
    ASSERT_TRUE(timer.set(registers::TIMER_CNT, 77));
    write(CNTV_CTL_EL0, CTL::ENABLE);
    EXPECT_EQ(guest.acknowledge(), 27U);
    write(CNTP_CTL_EL0, CTL::ENABLE);
    timer.reset();
    EXPECT_FALSE(gic::Guest::active(one));
    EXPECT_FALSE(gic::Guest::pending(ppi(30)));
    EXPECT_EQ(timer.get(registers::TIMER_CTL), CTL::ISTATUS);
    EXPECT_EQ(timer.get(registers::TIMER_CVAL), 5U);
    EXPECT_EQ(timer.get(registers::TIMER_CNT), 77U);
    EXPECT_EQ(alarm.deadline, std::nullopt);
    guest.EOIR(27);
    write(CNTV_CTL_EL0, CTL::ENABLE);
    EXPECT_EQ(guest.acknowledge(), 27U) << "it works as before";
}

TEST_F(ArchTimerTest, EveryOneRegIsSavedAndRestored) {
    EXPECT_EQ(ArchTimer::registers().size(), 6U);
    for (const auto id : ArchTimer::registers()) {
        ASSERT_TRUE(timer.set(id, 3)) << id.value;
        EXPECT_EQ(timer.get(id).value() & 3, 3U) << id.value;
    }
    EXPECT_FALSE(timer.set(registers::MPIDR_EL1, 0));
    EXPECT_EQ(timer.get(registers::MPIDR_EL1), std::nullopt);
    // The ABI has the encodings of CNT and CVAL swapped, for the virtual timer.
    ASSERT_TRUE(timer.set(virt::RegisterId{0x6030'0000'0013'DF02}, 0x1234));
    EXPECT_EQ(read(CNTV_CVAL_EL0), 0x1234U);
    ASSERT_TRUE(timer.set(virt::RegisterId{0x6030'0000'0013'DF12}, 0x4321));
    EXPECT_EQ(read(CNTP_CVAL_EL0), 0x4321U);
}

TEST_F(ArchTimerTest, PpisAreTheVmsUntilTheFirstEntry) {
    EXPECT_EQ(vm.ppi(0).value(), 27U);
    EXPECT_EQ(vm.ppi(1).value(), 30U);
    EXPECT_EQ(vm.ppi(2).value(), 28U);
    EXPECT_EQ(vm.ppi(3).value(), 26U);
    EXPECT_EQ(vm.ppi(4).error().code, ENXIO);
    for (const auto wrong : {0U, 15U, 32U, 8192U, ~0U})
        EXPECT_EQ(vm.set_ppi(0, wrong).error().code, EINVAL) << wrong;
    EXPECT_EQ(vm.set_ppi(4, 20).error().code, ENXIO);
    EXPECT_EQ(vm.set_ppi(4, 15).error().code, EINVAL) << "which is looked at first";

    ASSERT_TRUE(vm.set_ppi(1, 27));
    EXPECT_EQ(timer.enter(guest.gic, VcpuIndex{0}).error().code, EINVAL);
    ASSERT_TRUE(vm.set_ppi(0, 16));
    ASSERT_TRUE(vm.set_ppi(1, 31));
    ASSERT_TRUE(timer.enter(guest.gic, VcpuIndex{0}));
    ASSERT_TRUE(timer.enter(guest.gic, VcpuIndex{0})) << "each time";
    EXPECT_EQ(vm.set_ppi(0, 16).error().code, EBUSY);
    EXPECT_EQ(vm.set_ppi(4, 16).error().code, EBUSY);
    EXPECT_EQ(vm.set_ppi(0, 32).error().code, EINVAL);

    guest.enabled(16);
    guest.enabled(31);
    write(CNTV_CTL_EL0, CTL::ENABLE);
    EXPECT_EQ(guest.acknowledge(), 16U);
    write(CNTP_CTL_EL0, CTL::ENABLE);
    guest.EOIR(16);
    write(CNTV_CTL_EL0, 0);
    EXPECT_EQ(guest.acknowledge(), 31U);
}

TEST_F(ArchTimerTest, GivesItsPpisBack) {
    ManualAlarm other_alarm;
    auto& one = guest.enabled(27);
    {
        ArchTimer other(vm, other_alarm);
        ASSERT_TRUE(other.enter(guest.gic, VcpuIndex{0}));
        other.write_sysreg(CNTV_CTL_EL0, CTL::ENABLE);
        EXPECT_TRUE(guest.lines.high());
    }
    EXPECT_TRUE(other_alarm.silent);
    EXPECT_FALSE(guest.lines.high());
    gic::Gic::raise(one);
    EXPECT_TRUE(guest.lines.high());
    ASSERT_TRUE(timer.set(registers::TIMER_CNT, 1)) << "the other one is not asked any more";
}

} // namespace
} // namespace arm64::timer

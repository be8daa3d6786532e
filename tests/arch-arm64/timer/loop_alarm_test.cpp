// SPDX-License-Identifier: Apache-2.0
// A timer without a CPU that looks: an event loop does.
#include "arch-arm64/timer/loop_alarm.hpp"

#include "arch-arm64/timer/cnt_registers.hpp"
#include "tests/arch-arm64/gic/guest.hpp"
#include "tests/arch-arm64/timer/manual_counter.hpp"
#include "tests/virt/running_loop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>

namespace arm64::timer {
namespace {

struct LoopAlarmTest : testing::Test {
    void SetUp() override { ASSERT_EQ(loop.start(virt::EventLoop::Backend::best), std::nullopt); }
    /// Until the loop has done what it was told so far.
    void settle() {
        loop.get().call([] {});
    }

    virt::RunningLoop loop;
    MonotonicCounter counter;
    std::atomic<unsigned> rings = 0;
};

TEST_F(LoopAlarmTest, RingsWhenItsDeadlineHasCome) {
    std::atomic<std::uint64_t> at = 0;
    LoopAlarm alarm(loop.get(), counter, [&] {
        at = counter.ticks();
        ++rings;
    });
    const auto deadline = counter.ticks() + 2'000'000;
    alarm.set(deadline);
    virt::eventually([&] { return rings > 0; });
    EXPECT_GE(at, deadline);
    alarm.set(0); // long ago
    virt::eventually([&] { return rings > 1; });
}

TEST_F(LoopAlarmTest, ADeadlineMovesBothWaysAndGoes) {
    LoopAlarm alarm(loop.get(), counter, [&] { ++rings; });
    constexpr std::uint64_t hour = 3'600'000'000'000;
    alarm.set(counter.ticks() + hour);
    settle();
    const auto soon = counter.ticks() + 2'000'000;
    alarm.set(soon);
    alarm.set(counter.ticks() + 2 * hour);
    alarm.set(soon + 1);
    virt::eventually([&] { return rings > 0; });
    EXPECT_GE(counter.ticks(), soon);

    alarm.set(~std::uint64_t{0} - 1); // no overflow on the way to the loop's clock
    settle();
}

TEST_F(LoopAlarmTest, ADeadlineThatIsTakenBackDoesNotRing) {
    ManualCounter manual;
    LoopAlarm alarm(loop.get(), manual, [&] { ++rings; });
    alarm.set(manual.now + 1'000'000);
    settle();
    alarm.cancel();
    manual.now += 2'000'000;
    const auto looked = counter.ticks() + 3'000'000; // by the loop, at what was the deadline
    virt::eventually([&] { return counter.ticks() > looked; });
    settle();
    EXPECT_EQ(rings, 0U);
    alarm.set(manual.now);
    virt::eventually([&] { return rings > 0; });
}

TEST_F(LoopAlarmTest, IsSilentAfterwards) {
    ManualCounter manual;
    auto alarm = std::make_unique<LoopAlarm>(loop.get(), manual, [&] { ++rings; });
    alarm->set(manual.now + 1'000'000); // the loop will look, and find that it is too early, again and again
    settle();
    alarm->silence();
    manual.now += 2'000'000;
    alarm->set(manual.now);
    settle();
    EXPECT_EQ(rings, 0U);
    alarm.reset();
    settle();
}

// The vCPU's thread programs it, the loop's raises the line.
TEST_F(LoopAlarmTest, LosesNoTickOfATimerThatTwoThreadsLookAt) {
    gic::Guest guest;
    VmTimers vm(counter);
    ArchTimer* told = nullptr;
    LoopAlarm alarm(loop.get(), counter, [&] { told->look(); });
    ArchTimer timer(vm, alarm);
    told = &timer;
    ASSERT_TRUE(timer.enter(guest.gic, VcpuIndex{0}));
    guest.enabled(27);
    for (unsigned tick = 0; tick < 2000; ++tick) {
        timer.write_sysreg(CNTV_TVAL_EL0, tick % 64 * 500);
        timer.write_sysreg(CNTV_CTL_EL0, CTL::ENABLE);
        ASSERT_NO_FATAL_FAILURE(virt::eventually([&] { return guest.lines.high(); })) << tick;
        ASSERT_EQ(guest.acknowledge(), 27U);
        timer.write_sysreg(CNTV_CTL_EL0, 0);
        guest.EOIR(27);
        ASSERT_FALSE(guest.lines.high()) << tick;
    }
}

} // namespace
} // namespace arm64::timer

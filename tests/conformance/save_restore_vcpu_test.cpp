// SPDX-License-Identifier: Apache-2.0
// vCPUs and their timers, as they leave one VM and enter another. Source: Documentation/virt/kvm/api.rst, 4.31, 4.38,
// 4.68.
#include "arch-arm64/registers.hpp"
#include "tests/conformance/arch_timer.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/provider.hpp"
#include "tests/conformance/state.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
constexpr std::uint64_t far = std::uint64_t{1} << 50;
constexpr std::uint64_t PSCI_AFFINITY_INFO = 0xC400'0004, PSCI_CPU_ON = 0xC400'0003;

TEST(SaveRestoreVcpu, FinishCompletesTheExitThatItWasLeftWith) {
    NEEDS_EXECUTION();
    Machine machine(Bricks{});
    auto& vcpu = machine.vcpu(0);
    machine.puppet().run(barrier()); // ends with a store that exits
    const auto pc = must(vcpu.get(arm64::registers::pc));
    EXPECT_OK(vcpu.finish());
    EXPECT_VALUE(pc + 4, vcpu.get(arm64::registers::pc));
    EXPECT_OK(vcpu.finish());
    EXPECT_VALUE(pc + 4, vcpu.get(arm64::registers::pc)) << "nothing is executed";
}

TEST(SaveRestoreVcpu, RegistersAreTheGuestsOwn) {
    NEEDS_EXECUTION();
    Machine from(Bricks{.vcpus = {0, 3}});
    from.puppet(1).run({msr(TPIDR_EL0, 1), msr(TPIDR_EL1, 2), msr(CONTEXTIDR_EL1, 3), msr(FAR_EL1, 4),
                        msr(CPACR_EL1, 3 << 20), msr(CNTKCTL_EL1, 3)});
    const auto state = save(from);
    Machine to(Bricks{.vcpus = {0, 3}});
    restore(state, to);
    const auto seen = to.puppet(1).run({mrs(TPIDR_EL0), mrs(TPIDR_EL1), mrs(CONTEXTIDR_EL1), mrs(FAR_EL1),
                                        mrs(CPACR_EL1), mrs(CNTKCTL_EL1), mrs(MPIDR_EL1)});
    const std::uint64_t wanted[]{1, 2, 3, 4, 3 << 20, 3, 0x8000'0003};
    for (std::size_t n = 0; n < std::size(wanted); ++n)
        EXPECT_VALUE(wanted[n], seen[n].value) << n;
}

TEST(SaveRestoreVcpu, AStoppedOneStaysStoppedUntilItIsTurnedOn) {
    NEEDS_EXECUTION();
    Machine from(Bricks{.vcpus = {0, 1}});
    EXPECT_OK(from.vcpu(1).set_mp_state(virt::MpState::stopped));
    from.puppet(0).run(barrier());
    const auto state = save(from);
    Machine to(Bricks{.vcpus = {0, 1}});
    restore(state, to);
    EXPECT_EQ(must(to.vcpu(0).mp_state()), virt::MpState::runnable);
    EXPECT_EQ(must(to.vcpu(1).mp_state()), virt::MpState::stopped);
    auto& guest = to.puppet(0);
    EXPECT_VALUE(1, guest.one(hvc(PSCI_AFFINITY_INFO, 1, 0))) << "OFF";
    EXPECT_VALUE(0, guest.one(hvc(PSCI_CPU_ON, 1, PUPPET_IMAGE, 1)));
    EXPECT_VALUE(0, guest.one(hvc(PSCI_AFFINITY_INFO, 1, 0))) << "ON";
    EXPECT_EQ(must(to.vcpu(1).mp_state()), virt::MpState::runnable);
    EXPECT_VALUE(0x8000'0001, to.puppet(1).mrs(MPIDR_EL1));
}

TEST(SaveRestoreVcpu, APendingSErrorStaysPending) {
    NEEDS_EXECUTION();
    constexpr std::uint64_t ISR_A = 1 << 8;
    Machine from(Bricks{});
    EXPECT_VALUE(0, from.puppet().mrs(ISR_EL1) & ISR_A);
    EXPECT_EQ(must(from.vcpu(0).events()), arm64::VcpuEvents{});
    EXPECT_OK(from.vcpu(0).set_events({.SError_pending = true}));
    const auto state = save(from);
    EXPECT_TRUE(state.cpus.at(0).events.SError_pending);
    Machine to(Bricks{});
    restore(state, to);
    EXPECT_VALUE(ISR_A, to.puppet().mrs(ISR_EL1) & ISR_A); // PSTATE.A is set
}

TEST(SaveRestoreVcpu, TheVirtualCountGoesOn) {
    Machine from(Bricks{.vcpus = {0, 1}});
    EXPECT_OK(from.vcpu(0).set(timer_registers::TIMER_CNT, far));
    const auto before = from.puppet(1).mrs(CNTVCT_EL0);
    const auto state = save(from);
    Machine to(Bricks{.vcpus = {0, 1}});
    restore(state, to);
    for (const unsigned vcpu : {0U, 1U}) {
        const auto after = to.puppet(vcpu).mrs(CNTVCT_EL0);
        EXPECT_GE(after, before) << vcpu;
        EXPECT_LT(after, 2 * far) << vcpu;
    }
}

TEST(SaveRestoreVcpu, AnArmedTimerFiresInTheOtherVm) {
    constexpr std::uint64_t ticks = 3'000'000; // long enough to be saved before, short enough to wait for
    Machine from(Bricks{});
    from.puppet().run(open_gic() + enable_private(0, 27) +
                      List{msr(CNTV_TVAL_EL0, ticks), msr(CNTV_CTL_EL0, CTL_ENABLE)});
    const auto state = save(from);
    Machine to(Bricks{});
    restore(state, to);
    EXPECT_EQ(must(to.vcpu(0).get(timer_registers::TIMER_CVAL)), must(from.vcpu(0).get(timer_registers::TIMER_CVAL)));
    EXPECT_EQ(to.puppet().run(List{take_wfi(1)} + virtual_timer.stop()).interrupts(), Intids{27});
}

TEST(SaveRestoreVcpu, AMaskedTimerStaysMaskedAndAnExpiredOnePending) {
    for (const auto CTL : {CTL_ENABLE | CTL_IMASK, CTL_ENABLE}) {
        Machine from(Bricks{});
        from.puppet().run(open_gic() + enable_private(0, 27) + List{msr(CNTV_CVAL_EL0, 0), msr(CNTV_CTL_EL0, CTL)});
        const auto state = save(from);
        Machine to(Bricks{});
        restore(state, to);
        auto& guest = to.puppet();
        if (CTL == CTL_ENABLE) {
            EXPECT_EQ(guest.take(2), (Intids{27, 27}));
            continue;
        }
        EXPECT_EQ(guest.poll(), Intids{});
        EXPECT_VALUE(CTL | CTL_ISTATUS, guest.mrs(CNTV_CTL_EL0));
        EXPECT_EQ(guest.run({msr(CNTV_CTL_EL0, CTL_ENABLE), take(1)}).interrupts(), Intids{27});
    }
}

TEST(SaveRestoreVcpu, ATimerInterruptInItsHandlerStaysThere) {
    for (const auto mode : {EOImode::drop_and_deactivate, EOImode::drop}) {
        SCOPED_TRACE(mode == EOImode::drop ? "EOImode 1" : "EOImode 0");
        Machine from(Bricks{});
        from.puppet().set_handler(Handler::acknowledge);
        from.puppet().run(open_gic(mode) + enable_private(0, 27) + virtual_timer.expire() + List{take(1)});
        const auto state = save(from);
        Machine to(Bricks{});
        restore(state, to);
        auto& guest = to.puppet();
        EXPECT_VALUE(0xA0, guest.mrs(ICC_RPR_EL1));
        EXPECT_EQ(guest.poll(), Intids{});
        if (mode == EOImode::drop) {
            guest.msr(ICC_EOIR1_EL1, 27);
            EXPECT_EQ(guest.poll(), Intids{}) << "active";
        }
        const auto end = msr(mode == EOImode::drop ? ICC_DIR_EL1 : ICC_EOIR1_EL1, 27);
        EXPECT_EQ(guest.run({end, take(1)}).interrupts(), Intids{27}) << "armed again";
    }
}

TEST(SaveRestoreVcpu, ThePhysicalTimerGoesAlongIfItIsReachable) {
    Machine from(Bricks{});
    from.puppet().run(open_gic() + enable_private(0, 30) + physical_timer.expire());
    const auto state = save(from);
    Machine to(Bricks{});
    restore(state, to);
    auto& guest = to.puppet();
    if (facts().physical_timer_registers) {
        EXPECT_EQ(guest.take(2), (Intids{30, 30}));
    } else { // nobody can read it
        EXPECT_EQ(guest.poll(), Intids{});
        EXPECT_VALUE(0, guest.mrs(CNTP_CTL_EL0) & (CTL_ENABLE | CTL_IMASK));
    }
}

} // namespace
} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
// KVM_IRQFD with a resample eventfd: who is told of which deactivation. Source: Documentation/virt/kvm/api.rst, 4.75;
// virt/kvm/eventfd.c; arch/arm64/kvm/vgic/vgic-v3.c, vgic_v3_fold_lr_state.
#include "tests/conformance/event.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/irqfd.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace conformance {
namespace {

using virt::Gsi;
using virt::Irqfd;
using virt::Pin;

constexpr std::uint32_t spi = 40;
constexpr Gsi gsi = gsi_of(spi);

// Leaves the guest once more; no interrupt is taken on the way. KVM looks for deactivations when a vCPU exits.
List leave() { return {spin(1000), load32(layout::nowhere)}; }

TEST(Resample, TheEndOfInterruptLowersTheLineAndTells) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level));
    Event trigger;
    Event resample;
    ASSERT_OK(machine.vm().assign(Irqfd{trigger.fd(), gsi, resample.fd()}));
    for (int round = 0; round < 3; ++round) {
        signal(machine, trigger);
        EXPECT_VALUE(bit_of(spi), machine.line_level(32));
        EXPECT_EQ(count(machine, resample), 0U);
        EXPECT_EQ(guest.take(), Intids{spi});
        guest.run(leave());
        EXPECT_EQ(count(machine, resample), 1U);
        EXPECT_VALUE(0, machine.line_level(32));
        EXPECT_EQ(guest.poll(), Intids{});
    }
}

TEST(Resample, FollowsDeactivationNotPriorityDrop) {
    pitfalls({15});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic(EOImode::drop) + enable_spi(spi, Trigger::level));
    Event trigger;
    Event resample;
    ASSERT_OK(machine.vm().assign(Irqfd{trigger.fd(), gsi, resample.fd()}));
    signal(machine, trigger);
    EXPECT_EQ(guest.take(), Intids{spi}); // its handler writes ICC_EOIR1_EL1
    guest.run(leave());
    EXPECT_EQ(count(machine, resample), 0U);
    EXPECT_VALUE(bit_of(spi), machine.line_level(32));
    guest.run(List{msr(ICC_DIR_EL1, spi)} + leave());
    EXPECT_EQ(count(machine, resample), 1U);
    EXPECT_VALUE(0, machine.line_level(32));
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Resample, NeitherAcknowledgeNorExitIsEnough) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level));
    guest.set_handler(Handler::acknowledge);
    Event trigger;
    Event resample;
    ASSERT_OK(machine.vm().assign(Irqfd{trigger.fd(), gsi, resample.fd()}));
    signal(machine, trigger);
    EXPECT_EQ(guest.take(), Intids{spi});
    guest.run(leave());
    EXPECT_EQ(count(machine, resample), 0U);
    EXPECT_VALUE(bit_of(spi), machine.line_level(32));
    guest.run(List{msr(ICC_EOIR1_EL1, spi)} + leave());
    EXPECT_EQ(count(machine, resample), 1U);
}

TEST(Resample, ClearingTheActiveStateIsNoDeactivation) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level));
    guest.set_handler(Handler::acknowledge);
    Event trigger;
    Event resample;
    ASSERT_OK(machine.vm().assign(Irqfd{trigger.fd(), gsi, resample.fd()}));
    signal(machine, trigger);
    EXPECT_EQ(guest.take(), Intids{spi});
    guest.run(List{store32(layout::GICD + word_of(GICD_ICACTIVER, spi), bit_of(spi))} + leave());
    EXPECT_EQ(count(machine, resample), 0U);
    EXPECT_VALUE(bit_of(spi), machine.line_level(32));
}

TEST(Resample, AnEdgeSpiIsNeverResampled) {
    pitfalls({16});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge));
    Event trigger;
    Event resample;
    ASSERT_OK(machine.vm().assign(Irqfd{trigger.fd(), gsi, resample.fd()}));
    for (int round = 0; round < 2; ++round) {
        signal(machine, trigger);
        EXPECT_EQ(guest.take(), Intids{spi});
        guest.run(leave());
        EXPECT_EQ(guest.poll(), Intids{});
        EXPECT_EQ(count(machine, resample), 0U);
    }
}

TEST(Resample, AllWhoDriveALineShareIt) {
    pitfalls({17});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level));
    Event trigger;
    Event resample;
    ASSERT_OK(machine.vm().assign(Irqfd{trigger.fd(), gsi, resample.fd()}));
    EXPECT_OK(machine.set_spi(spi, true));
    signal(machine, trigger);
    EXPECT_EQ(guest.take(), Intids{spi});
    guest.run(leave());
    EXPECT_EQ(count(machine, resample), 1U);
    EXPECT_VALUE(0, machine.line_level(32)) << "KVM_IRQ_LINE's 1 went with it";
    EXPECT_EQ(guest.poll(), Intids{});
    signal(machine, trigger);
    EXPECT_OK(machine.set_spi(spi, false));
    EXPECT_VALUE(0, machine.line_level(32)) << "and its 0 takes the irqfd's";
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_EQ(count(machine, resample), 0U);
}

TEST(Resample, TellsOfInterruptsThatOthersRaised) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level));
    Event trigger;
    Event resample;
    Event plain;
    ASSERT_OK(machine.vm().assign(Irqfd{trigger.fd(), gsi, resample.fd()}));
    ASSERT_OK(machine.vm().assign(Irqfd{plain.fd(), gsi}));
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(guest.take(), Intids{spi});
    guest.run(leave());
    EXPECT_EQ(count(machine, resample), 1U) << "KVM_IRQ_LINE";
    signal(machine, plain);
    EXPECT_EQ(guest.take(), Intids{spi});
    guest.run(leave());
    EXPECT_EQ(count(machine, resample), 1U) << "a plain irqfd";
    EXPECT_VALUE(0, machine.line_level(32));
    guest.store32(layout::GICD + word_of(GICD_ISPENDR, spi), bit_of(spi));
    EXPECT_EQ(guest.take(), Intids{spi});
    guest.run(leave());
    EXPECT_EQ(count(machine, resample), 1U) << "the guest itself";
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Resample, AllOfAGsiAreToldAndNobodyElse) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level) + enable_spi(spi + 1, Trigger::level));
    Event triggers[3];
    Event resamples[3];
    for (int n = 0; n < 3; ++n)
        ASSERT_OK(machine.vm().assign(Irqfd{triggers[n].fd(), gsi_of(n < 2 ? spi : spi + 1), resamples[n].fd()}));
    signal(machine, triggers[0]);
    EXPECT_EQ(guest.take(), Intids{spi});
    guest.run(leave());
    EXPECT_EQ(count(machine, resamples[0]), 1U);
    EXPECT_EQ(count(machine, resamples[1]), 1U);
    EXPECT_EQ(count(machine, resamples[2]), 0U);
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Resample, AResampleEventfdMayBeShared) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level));
    Event one;
    Event two;
    Event resample;
    ASSERT_OK(machine.vm().assign(Irqfd{one.fd(), gsi, resample.fd()}));
    ASSERT_OK(machine.vm().assign(Irqfd{two.fd(), gsi, resample.fd()}));
    signal(machine, one);
    EXPECT_EQ(guest.take(), Intids{spi});
    guest.run(leave());
    EXPECT_EQ(count(machine, resample), 2U) << "one for each irqfd";
}

TEST(Resample, ALineThatFellBeforehandIsNotResampled) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level));
    Event trigger;
    Event resample;
    ASSERT_OK(machine.vm().assign(Irqfd{trigger.fd(), gsi, resample.fd()}));
    signal(machine, trigger);
    EXPECT_OK(machine.set_spi(spi, false));
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_EQ(count(machine, resample), 0U);
}

TEST(Resample, ASignalDuringTheHandlerIsLostWithTheLine) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level));
    Event trigger;
    Event resample;
    ASSERT_OK(machine.vm().assign(Irqfd{trigger.fd(), gsi, resample.fd()}));
    guest.on_interrupt([&](std::uint32_t) { signal(machine, trigger); });
    signal(machine, trigger);
    EXPECT_EQ(guest.take(), Intids{spi});
    guest.run(leave());
    EXPECT_EQ(count(machine, resample), 1U) << "so the producer knows that it has to ask again";
    EXPECT_VALUE(0, machine.line_level(32));
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Resample, ASignalInReplyIsAnotherInterrupt) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level));
    Event both; // raises again from within the resample signal, while KVM takes the interrupt for active
    const Irqfd irqfd{both.fd(), gsi, both.fd()};
    ASSERT_OK(machine.vm().assign(irqfd));
    signal(machine, both);
    EXPECT_EQ(guest.take(4), (Intids{spi, spi, spi, spi}));
    guest.run(leave());
    machine.settle();
    EXPECT_VALUE(bit_of(spi), machine.line_level(32));
    EXPECT_OK(machine.vm().deassign(irqfd));
    EXPECT_VALUE(0, machine.line_level(32));
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Resample, AResampleEventfdMayBeAnotherIrqfdsTrigger) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level) + enable_spi(56, Trigger::edge));
    Event trigger;
    Event chain;
    ASSERT_OK(machine.vm().assign(Irqfd{trigger.fd(), gsi, chain.fd()}));
    ASSERT_OK(machine.vm().assign(Irqfd{chain.fd(), gsi_of(56)}));
    signal(machine, trigger);
    EXPECT_EQ(guest.take(2), (Intids{spi, 56}));
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_EQ(count(machine, chain), 0U);
}

TEST(Resample, WhatIsReadableWhenBoundRaisesTheLine) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level));
    Event trigger(3);
    Event resample;
    ASSERT_OK(machine.vm().assign(Irqfd{trigger.fd(), gsi, resample.fd()}));
    EXPECT_EQ(guest.take(), Intids{spi}) << "no pulse, as a plain one would make of it";
    guest.run(leave());
    EXPECT_EQ(count(machine, resample), 1U);
    EXPECT_VALUE(0, machine.line_level(32));
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_EQ(trigger.read(), 3U);
}

TEST(Resample, OfGsisThatShareAPinTheLastInTheTableIsTold) {
    for (const bool forwards : {true, false}) {
        Machine machine(Bricks{});
        auto& guest = machine.puppet();
        guest.run(open_gic() + enable_spi(spi, Trigger::level));
        const Machine::Route first{forwards ? 3U : 5U, Pin{spi - 32}};
        const Machine::Route last{forwards ? 5U : 3U, Pin{spi - 32}};
        EXPECT_OK(machine.set_routes({first, last}));
        Event trigger;
        Event resample_first;
        Event resample_last;
        Event unused;
        ASSERT_OK(machine.vm().assign(Irqfd{trigger.fd(), Gsi{first.gsi}, resample_first.fd()}));
        ASSERT_OK(machine.vm().assign(Irqfd{unused.fd(), Gsi{last.gsi}, resample_last.fd()}));
        signal(machine, trigger);
        EXPECT_EQ(guest.take(), Intids{spi});
        guest.run(leave());
        EXPECT_EQ(count(machine, resample_first), 0U);
        EXPECT_EQ(count(machine, resample_last), 1U);
        EXPECT_VALUE(0, machine.line_level(32));
    }
}

TEST(Resample, FollowsTheTableOfTheMoment) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level));
    Event trigger;
    Event resample;
    ASSERT_OK(machine.vm().assign(Irqfd{trigger.fd(), gsi, resample.fd()}));
    signal(machine, trigger);
    EXPECT_OK(machine.set_routes({{gsi.value, Pin{1}}})); // under a line that is high
    EXPECT_EQ(guest.take(2), (Intids{spi, spi})) << "nobody lowers it any more";
    guest.run(leave());
    EXPECT_EQ(count(machine, resample), 0U);
    EXPECT_OK(machine.set_routes({{gsi.value, Pin{spi - 32}}}));
    EXPECT_EQ(guest.take(), Intids{spi});
    guest.run(leave());
    EXPECT_EQ(count(machine, resample), 1U);
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Resample, UnbindingTheLastOfAGsiLowersItsLine) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level));
    Event one;
    Event two;
    Event resample_one;
    Event resample_two;
    ASSERT_OK(machine.vm().assign(Irqfd{one.fd(), gsi, resample_one.fd()}));
    ASSERT_OK(machine.vm().assign(Irqfd{two.fd(), gsi, resample_two.fd()}));
    signal(machine, one);
    ASSERT_OK(machine.vm().deassign(Irqfd{one.fd(), gsi})); // without a word of resampling
    EXPECT_VALUE(bit_of(spi), machine.line_level(32)) << "another is left";
    EXPECT_EQ(guest.take(), Intids{spi});
    guest.run(leave());
    EXPECT_EQ(count(machine, resample_one), 0U);
    EXPECT_EQ(count(machine, resample_two), 1U);
    signal(machine, two);
    ASSERT_OK(machine.vm().deassign(Irqfd{two.fd(), gsi}));
    EXPECT_VALUE(0, machine.line_level(32));
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_EQ(count(machine, resample_two), 0U) << "which is no deactivation";
}

TEST(Resample, ARefusedOneLowersTheLineOfAGsiWithoutOthers) {
    Machine machine(Bricks{});
    machine.puppet().run(open_gic() + enable_spi(spi, Trigger::level));
    Event event;
    Event resample;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi_of(33)}));
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_ERRNO(EBUSY, machine.vm().assign(Irqfd{event.fd(), gsi, resample.fd()}));
    EXPECT_VALUE(0, machine.line_level(32)) << "it was the last of its GSI, for a moment";
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(machine.puppet().take(), Intids{spi});
    machine.puppet().run(leave());
    EXPECT_EQ(count(machine, resample), 0U);
    EXPECT_VALUE(bit_of(spi), machine.line_level(32));
}

TEST(Resample, ClosingTheTriggerUnbindsIt) {
    NEEDS_SIGHT_OF_LAST_CLOSE();
    Machine machine(Bricks{});
    machine.puppet().run(open_gic() + enable_spi(spi, Trigger::level));
    Event trigger;
    Event resample;
    Event other;
    ASSERT_OK(machine.vm().assign(Irqfd{other.fd(), gsi_of(33)}));
    ASSERT_OK(machine.vm().assign(Irqfd{trigger.fd(), gsi, resample.fd()}));
    signal(machine, trigger);
    EXPECT_VALUE(bit_of(spi), machine.line_level(32));
    trigger.close();
    machine.settle();
    ASSERT_OK(machine.vm().deassign(Irqfd{other.fd(), gsi_of(33)})); // waits for all unbinding that is under way
    EXPECT_VALUE(0, machine.line_level(32));
}

TEST(Resample, ClosingTheResampleEventfdChangesNothing) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level));
    Event trigger;
    Event resample;
    ASSERT_OK(machine.vm().assign(Irqfd{trigger.fd(), gsi, resample.fd()}));
    resample.close();
    for (int round = 0; round < 2; ++round) {
        signal(machine, trigger);
        EXPECT_EQ(guest.take(), Intids{spi});
        guest.run(leave());
        machine.settle();
        EXPECT_VALUE(0, machine.line_level(32));
    }
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Resample, EachVcpuThatDeactivatesTells) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    auto& second = machine.puppet(1);
    machine.puppet(0).run(open_gic());
    second.run(open_cpu_interface() + enable_spi(spi, Trigger::level, machine.affinity(1)));
    Event trigger;
    Event resample;
    ASSERT_OK(machine.vm().assign(Irqfd{trigger.fd(), gsi, resample.fd()}));
    signal(machine, trigger);
    EXPECT_EQ(machine.puppet(0).poll(), Intids{});
    EXPECT_EQ(count(machine, resample), 0U);
    EXPECT_EQ(second.take(), Intids{spi});
    second.run(leave());
    EXPECT_EQ(count(machine, resample), 1U);
    EXPECT_VALUE(0, machine.line_level(32));
}

TEST(Resample, APpiWithThePinsNumberIsNobodys) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_private(0, 20) + enable_spi(32, Trigger::level));
    EXPECT_OK(machine.set_routes({{20, Pin{20}}, {0, Pin{0}}}));
    Event triggers[2];
    Event resample;
    ASSERT_OK(machine.vm().assign(Irqfd{triggers[0].fd(), Gsi{20}, resample.fd()}));
    ASSERT_OK(machine.vm().assign(Irqfd{triggers[1].fd(), Gsi{0}, resample.fd()}));
    EXPECT_OK(machine.set_ppi(20, 0, true));
    guest.on_interrupt([&](std::uint32_t) { EXPECT_OK(machine.set_ppi(20, 0, false)); });
    EXPECT_EQ(guest.take(), Intids{20});
    guest.run(leave());
    EXPECT_EQ(count(machine, resample), 0U);
}

} // namespace
} // namespace conformance

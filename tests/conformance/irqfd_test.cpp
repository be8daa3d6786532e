// SPDX-License-Identifier: Apache-2.0
// KVM_IRQFD: binding, what a signal does, unbinding. Source: Documentation/virt/kvm/api.rst, 4.75; virt/kvm/eventfd.c.
#include "tests/conformance/event.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/irqfd.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <cerrno>
#include <optional>
#include <utility>

namespace conformance {
namespace {

using virt::Gsi;
using virt::Irqfd;

constexpr std::uint32_t spi = 40;
constexpr Gsi gsi = gsi_of(spi);

// Edge-triggered ones leave a latch, level-sensitive ones a line.
bool pending(Machine& machine, std::uint32_t intid = spi) {
    return (machine.puppet().load32(layout::GICD + word_of(GICD_ISPENDR, intid)) & bit_of(intid)) != 0;
}

bool readable(const Event& event) {
    pollfd what{event.fd(), POLLIN, 0};
    return ::poll(&what, 1, 0) == 1;
}

// Binding.

TEST(Irqfd, BindingWaitsForAnInitialisedVgic) {
    Machine machine;
    Event event;
    const auto assign = [&] { return machine.vm().assign(Irqfd{event.fd(), gsi}); };
    ASSERT_OK(machine.create_vcpu(0));
    ASSERT_OK(machine.init_vcpu(0));
    EXPECT_ERRNO(EAGAIN, assign());
    EXPECT_ERRNO(EAGAIN, machine.vm().assign(Irqfd{-1, gsi})) << "before a look at the rest";
    EXPECT_OK(machine.vm().deassign(Irqfd{event.fd(), gsi}));
    ASSERT_OK(machine.create_gic());
    ASSERT_OK(machine.set_interrupts(64));
    ASSERT_OK(machine.place_distributor());
    ASSERT_OK(machine.place_redistributors());
    EXPECT_ERRNO(EAGAIN, assign());
    ASSERT_OK(machine.init_gic());
    EXPECT_OK(assign());
}

TEST(Irqfd, BindsEventfdsOnly) {
    Machine machine(Bricks{});
    auto& vm = machine.vm();
    Event event;
    const auto other = no_eventfd();
    EXPECT_ERRNO(EBADF, vm.assign(Irqfd{-1, gsi}));
    EXPECT_ERRNO(EINVAL, vm.assign(Irqfd{other.get(), gsi}));
    EXPECT_ERRNO(EBADF, vm.assign(Irqfd{event.fd(), gsi, -1}));
    EXPECT_ERRNO(EINVAL, vm.assign(Irqfd{event.fd(), gsi, other.get()}));
    EXPECT_ERRNO(EINVAL, vm.assign(Irqfd{other.get(), gsi, -1})) << "the trigger is looked at first";
    EXPECT_OK(vm.assign(Irqfd{event.fd(), gsi})) << "nothing of that has bound it";
}

TEST(Irqfd, AnEventfdHasOneBindingInItsVm) {
    pitfalls({20});
    Machine machine(Bricks{});
    auto& vm = machine.vm();
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge) + enable_spi(spi + 1, Trigger::edge));
    Event event;
    Event resample;
    ASSERT_OK(vm.assign(Irqfd{event.fd(), gsi}));
    EXPECT_ERRNO(EBUSY, vm.assign(Irqfd{event.fd(), gsi}));
    EXPECT_ERRNO(EBUSY, vm.assign(Irqfd{event.fd(), gsi_of(spi + 1)}));
    EXPECT_ERRNO(EBUSY, vm.assign(Irqfd{event.fd(), gsi_of(spi + 1), resample.fd()}));
    signal(machine, event);
    EXPECT_EQ(guest.take(), Intids{spi});
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_OK(vm.deassign(Irqfd{event.fd(), gsi}));
    EXPECT_OK(vm.assign(Irqfd{event.fd(), gsi_of(spi + 1)}));
}

TEST(Irqfd, AnEventfdMayBeBoundInAnotherVmToo) {
    Machine one(Bricks{});
    Machine two(Bricks{});
    Event event;
    ASSERT_OK(one.vm().assign(Irqfd{event.fd(), gsi}));
    if (facts().irqfd_binding_is_system_wide) {
        EXPECT_ERRNO(EBUSY, two.vm().assign(Irqfd{event.fd(), gsi}));
        return;
    }
    ASSERT_OK(two.vm().assign(Irqfd{event.fd(), gsi}));
    event.signal();
    one.settle();
    two.settle();
    EXPECT_EQ(pending(one) + pending(two), 1) << "one of them gets it";
}

TEST(Irqfd, AGsiIsNotLookedAt) {
    pitfalls({21});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge));
    for (const auto number : {4095U, 4096U, 0xFFFF'FFFFU}) {
        Event event;
        EXPECT_OK(machine.vm().assign(Irqfd{event.fd(), Gsi{number}})) << number;
        signal(machine, event, 7);
        EXPECT_EQ(event.count(), 0U) << "swallowed all the same";
        EXPECT_OK(machine.vm().deassign(Irqfd{event.fd(), Gsi{number}})) << number;
    }
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Irqfd, AGsiMayHaveSeveral) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge));
    Event one;
    Event two;
    ASSERT_OK(machine.vm().assign(Irqfd{one.fd(), gsi}));
    ASSERT_OK(machine.vm().assign(Irqfd{two.fd(), gsi}));
    for (const auto* const event : {&one, &two, &one}) {
        signal(machine, *event);
        EXPECT_EQ(guest.take(), Intids{spi});
    }
    signal(machine, one);
    signal(machine, two);
    EXPECT_EQ(guest.take(), Intids{spi});
    EXPECT_EQ(guest.poll(), Intids{}) << "two before the acknowledge are one";
}

TEST(Irqfd, ABindingIsToTheEventfdAndNotToItsDescriptor) {
    Machine machine(Bricks{});
    Event event;
    std::optional<Event> other(std::in_place);
    const int number = other->fd();
    ASSERT_OK(machine.vm().assign(Irqfd{number, gsi}));
    other->become(event); // the same number, another eventfd; the one before is closed
    signal(machine, *other);
    EXPECT_FALSE(pending(machine));
    EXPECT_EQ(event.count(), 1U);
    EXPECT_OK(machine.vm().assign(Irqfd{number, gsi}));
    EXPECT_ERRNO(EBUSY, machine.vm().assign(Irqfd{event.fd(), gsi_of(spi + 1)})) << "two descriptors of one eventfd";
    signal(machine, event);
    EXPECT_TRUE(pending(machine));
}

// Signals.

TEST(Irqfd, APlainOneRaisesALevelLineAndLeavesIt) {
    pitfalls({13});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level));
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi}));
    signal(machine, event);
    EXPECT_VALUE(bit_of(spi), machine.line_level(32));
    EXPECT_EQ(guest.take(2), (Intids{spi, spi})); // nobody lowers it
    signal(machine, event);
    EXPECT_VALUE(bit_of(spi), machine.line_level(32));
    EXPECT_OK(machine.set_spi(spi, false));
    EXPECT_VALUE(0, machine.line_level(32));
    EXPECT_EQ(guest.poll(), Intids{});
    signal(machine, event);
    EXPECT_EQ(guest.take(), Intids{spi});
}

TEST(Irqfd, AnEdgeSpiIsLatchedOnceForEachSignalThatIsTaken) {
    pitfalls({12});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge));
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi}));
    for (int n = 0; n < 3; ++n) {
        signal(machine, event);
        EXPECT_VALUE(0, machine.line_level(32));
        EXPECT_EQ(guest.take(), Intids{spi});
        EXPECT_EQ(guest.poll(), Intids{});
    }
    signal(machine, event);
    signal(machine, event, 5);
    EXPECT_EQ(guest.take(), Intids{spi});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Irqfd, ASignalDuringTheHandlerIsAnotherInterrupt) {
    pitfalls({11});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge));
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi}));
    guest.on_interrupt([&, again = true](std::uint32_t) mutable {
        if (std::exchange(again, false))
            signal(machine, event, 2);
    });
    signal(machine, event);
    EXPECT_EQ(guest.take(2), (Intids{spi, spi}));
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Irqfd, TheWholeCountIsConsumed) {
    Machine machine(Bricks{});
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi}));
    signal(machine, event, 1000);
    EXPECT_FALSE(readable(event));
    EXPECT_EQ(event.read(), std::nullopt);
    EXPECT_TRUE(pending(machine));
}

TEST(Irqfd, OfASemaphoreOneIsConsumed) {
    NEEDS_SEMAPHORES();
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge));
    Event event(0, EFD_SEMAPHORE);
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi}));
    signal(machine, event, 3);
    EXPECT_EQ(guest.take(), Intids{spi});
    EXPECT_EQ(guest.poll(), Intids{});
    for (int left = 0; left < 2; ++left)
        EXPECT_EQ(event.read(), 1U);
    EXPECT_EQ(event.read(), std::nullopt);
}

TEST(Irqfd, InjectionIsCompleteWhenTheWriteReturns) {
    NEEDS_INJECTION_INSIDE_WRITE();
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge));
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi}));
    event.signal();
    event.close();
    EXPECT_TRUE(pending(machine));
    EXPECT_EQ(guest.take(), Intids{spi});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Irqfd, AWriteOfZeroInjectsToo) {
    NEEDS_INJECTION_INSIDE_WRITE(); // nobody else would notice it
    Machine machine(Bricks{});
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi}));
    event.signal(0);
    EXPECT_TRUE(pending(machine));
}

TEST(Irqfd, ADisabledSpiIsLatchedForLater) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge));
    guest.store32(layout::GICD + word_of(GICD_ICENABLER, spi), bit_of(spi));
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi}));
    signal(machine, event);
    EXPECT_EQ(guest.poll(), Intids{});
    guest.store32(layout::GICD + word_of(GICD_ISENABLER, spi), bit_of(spi));
    EXPECT_EQ(guest.take(), Intids{spi});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Irqfd, AVcpuThatRunsIsInterrupted) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge));
    Event event;
    Event running;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi}));
    guest.start(List{call([&] { running.signal(); }), take(1)});
    pollfd what{running.fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&what, 1, -1), 1);
    event.signal();
    EXPECT_EQ(guest.wait().interrupts(), Intids{spi});
}

TEST(Irqfd, AVcpuThatWaitsIsWoken) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge));
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi}));
    guest.start(take_wfi(1));
    event.signal();
    EXPECT_EQ(guest.wait().interrupts(), Intids{spi});
}

// Readable when it is bound.

TEST(Irqfd, WhatIsReadableWhenBoundIsOneInterruptAndStaysReadable) {
    pitfalls({14});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge));
    Event event(3);
    const Irqfd irqfd{event.fd(), gsi};
    ASSERT_OK(machine.vm().assign(irqfd));
    EXPECT_EQ(guest.take(), Intids{spi});
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_TRUE(readable(event));
    EXPECT_EQ(event.read(), 3U);
    EXPECT_OK(machine.vm().deassign(irqfd));
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Irqfd, TheNextSignalConsumesWhatWasReadableWhenBound) {
    pitfalls({14});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge));
    Event event(3);
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi}));
    EXPECT_EQ(guest.take(), Intids{spi});
    signal(machine, event);
    EXPECT_EQ(event.read(), std::nullopt);
    EXPECT_EQ(guest.take(), Intids{spi});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Irqfd, WhatIsReadableWhenBoundIsAPulseThatALevelSpiMisses) {
    pitfalls({14});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level));
    Event event(3);
    const Irqfd irqfd{event.fd(), gsi};
    ASSERT_OK(machine.vm().assign(irqfd));
    machine.settle();
    ASSERT_OK(machine.vm().deassign(irqfd)); // waits for the pulse
    EXPECT_VALUE(0, machine.line_level(32));
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Irqfd, APulseLowersALineThatWasHigh) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::level));
    EXPECT_OK(machine.set_spi(spi, true));
    Event event(1);
    const Irqfd irqfd{event.fd(), gsi};
    ASSERT_OK(machine.vm().assign(irqfd));
    machine.settle();
    ASSERT_OK(machine.vm().deassign(irqfd));
    EXPECT_VALUE(0, machine.line_level(32));
}

// Unbinding.

TEST(Irqfd, UnbindingWhatIsNotBoundSucceeds) {
    pitfalls({18});
    Machine machine(Bricks{});
    auto& vm = machine.vm();
    Event event;
    const auto other = no_eventfd();
    EXPECT_OK(vm.deassign(Irqfd{event.fd(), gsi}));
    EXPECT_OK(vm.deassign(Irqfd{event.fd(), Gsi{0xFFFF'FFFF}}));
    EXPECT_ERRNO(EBADF, vm.deassign(Irqfd{-1, gsi}));
    EXPECT_ERRNO(EINVAL, vm.deassign(Irqfd{other.get(), gsi}));
}

TEST(Irqfd, UnbindingNamesEventfdAndGsi) {
    pitfalls({18});
    Machine machine(Bricks{});
    auto& vm = machine.vm();
    Event event;
    Event other;
    ASSERT_OK(vm.assign(Irqfd{event.fd(), gsi}));
    EXPECT_OK(vm.deassign(Irqfd{event.fd(), gsi_of(spi + 1)}));
    EXPECT_OK(vm.deassign(Irqfd{other.fd(), gsi}));
    EXPECT_ERRNO(EBUSY, vm.assign(Irqfd{event.fd(), gsi})) << "still bound";
    EXPECT_OK(vm.deassign(Irqfd{event.fd(), gsi, other.fd()})) << "whether it resamples does not matter";
    EXPECT_OK(vm.assign(Irqfd{event.fd(), gsi}));
}

TEST(Irqfd, UnbindingDrainsTheEventfd) {
    pitfalls({19});
    Machine machine(Bricks{});
    auto& vm = machine.vm();
    Event event;
    event.signal(3);
    ASSERT_OK(vm.assign(Irqfd{event.fd(), gsi}));
    machine.settle();
    ASSERT_OK(vm.deassign(Irqfd{event.fd(), gsi}));
    EXPECT_EQ(event.read(), std::nullopt);
    event.signal(3);
    EXPECT_OK(vm.deassign(Irqfd{event.fd(), gsi})); // not bound
    EXPECT_EQ(event.read(), 3U);
}

TEST(Irqfd, AnUnboundOneInjectsNothingAndKeepsItsCount) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge));
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi}));
    signal(machine, event);
    ASSERT_OK(machine.vm().deassign(Irqfd{event.fd(), gsi}));
    EXPECT_EQ(guest.take(), Intids{spi}) << "what was injected stays";
    signal(machine, event, 2);
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_EQ(event.read(), 2U);
}

TEST(Irqfd, UnbindingAPlainOneLeavesTheLine) {
    Machine machine(Bricks{});
    machine.puppet().run(open_gic() + enable_spi(spi, Trigger::level));
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi}));
    signal(machine, event);
    ASSERT_OK(machine.vm().deassign(Irqfd{event.fd(), gsi}));
    EXPECT_VALUE(bit_of(spi), machine.line_level(32));
}

TEST(Irqfd, AnEventfdThatIsClosedLeavesTheOthersAlone) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge));
    Event closed;
    Event open;
    ASSERT_OK(machine.vm().assign(Irqfd{closed.fd(), gsi}));
    ASSERT_OK(machine.vm().assign(Irqfd{open.fd(), gsi}));
    closed.close();
    machine.settle();
    EXPECT_EQ(guest.poll(), Intids{}) << "a hang-up is no signal";
    signal(machine, open);
    EXPECT_EQ(guest.take(), Intids{spi});
    EXPECT_OK(machine.set_routes({}));
    EXPECT_OK(machine.set_routes({{gsi.value, virt::Pin{spi - 32}}}));
    signal(machine, open);
    EXPECT_EQ(guest.take(), Intids{spi});
}

TEST(Irqfd, TheEndOfAVmIsTheEndOfItsBindings) {
    Event event;
    {
        Machine machine(Bricks{});
        ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi}));
    }
    event.signal(2);
    EXPECT_EQ(event.read(), 2U);
    Machine machine(Bricks{});
    EXPECT_OK(machine.vm().assign(Irqfd{event.fd(), gsi}));
    signal(machine, event);
    EXPECT_TRUE(pending(machine));
}

} // namespace
} // namespace conformance

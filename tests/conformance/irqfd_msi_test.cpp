// SPDX-License-Identifier: Apache-2.0
// Irqfds whose GSI is routed to an MSI: LPIs. Source: Documentation/virt/kvm/api.rst, 4.52, 4.75;
// arch/arm64/kvm/vgic/vgic-irqfd.c.
//
// KVM takes an MSI inside write(2) if its translation is cached, and in a work item if not.
#include "tests/conformance/event.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/irqfd.hpp"
#include "tests/conformance/its.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/msi.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <ios>
#include <utility>

namespace conformance {
namespace {

using virt::DeviceId;
using virt::Gsi;
using virt::Irqfd;
using virt::Msi;
using virt::Pin;

constexpr std::uint32_t LPI = MsiMachine::LPI;

// Also an eventfd at one GSI, which is routed to the machine's MSI.
struct Bound : MsiMachine {
    Event event;
    Irqfd irqfd{event.fd(), Gsi{24}};

    Bound() {
        must(machine.vm().assign(irqfd));
        must(route(msi));
    }
    virt::expected<void> route(const Msi& to) { return machine.set_routes({{irqfd.gsi.value, to}}); }
    void signal(std::uint64_t count = 1) { conformance::signal(machine, event, count); }
    /// And waits for KVM's work item.
    void signal_to_the_end() {
        signal();
        rebind(machine, irqfd);
    }
    void map_and_enable() {
        lpis.enable(0);
        map();
    }
    void cache() {
        EXPECT_TRUE(must(machine.vm().signal(msi)));
        EXPECT_EQ(guest.take(), Intids{LPI});
    }
};

TEST(IrqfdMsi, DeliversAnLpiForEachSignal) {
    Bound m;
    m.map_and_enable();
    for (int cached = 0; cached < 3; ++cached) {
        m.signal();
        EXPECT_EQ(m.guest.take(), Intids{LPI}) << cached;
        EXPECT_EQ(m.guest.poll(), Intids{}) << cached;
        EXPECT_EQ(m.event.count(), 0U) << cached;
    }
}

TEST(IrqfdMsi, InjectionIsCompleteWhenTheWriteReturnsIfItIsCached) {
    NEEDS_INJECTION_INSIDE_WRITE();
    Bound m;
    m.map_and_enable();
    m.cache();
    m.event.signal();
    m.event.close();
    EXPECT_EQ(m.guest.poll(), Intids{LPI});
    EXPECT_EQ(m.guest.poll(), Intids{});
}

TEST(IrqfdMsi, SignalsCoalesceUntilTheAcknowledge) {
    Bound m;
    m.map_and_enable();
    m.cache();
    for (int n = 0; n < 3; ++n)
        m.signal(5);
    EXPECT_EQ(m.guest.take(), Intids{LPI});
    EXPECT_EQ(m.guest.poll(), Intids{});
    m.guest.on_interrupt([&, again = true](std::uint32_t) mutable {
        if (std::exchange(again, false))
            m.signal();
    });
    m.signal();
    EXPECT_EQ(m.guest.take(2), (Intids{LPI, LPI})) << "one was signalled after the acknowledge";
    EXPECT_EQ(m.guest.poll(), Intids{});
}

TEST(IrqfdMsi, TheDeviceIdTellsEqualEventsApart) {
    Bound m;
    m.map_and_enable();
    m.map(7, MsiMachine::EventID, LPI + 1);
    Event other;
    ASSERT_OK(m.machine.vm().assign(Irqfd{other.fd(), Gsi{25}}));
    EXPECT_OK(m.machine.set_routes({{24, m.msi}, {25, m.its.msi(7, MsiMachine::EventID)}}));
    for (int cached = 0; cached < 2; ++cached) {
        signal(m.machine, other);
        EXPECT_EQ(m.guest.take(), Intids{LPI + 1});
        m.signal();
        EXPECT_EQ(m.guest.take(), Intids{LPI});
    }
    EXPECT_EQ(m.guest.poll(), Intids{});
}

TEST(IrqfdMsi, DataAndDeviceIdHave32Bits) {
    Bound m;
    m.map_and_enable();
    m.cache();
    for (const auto& wrong :
         {m.its.msi(0, 0x1'0003), m.its.msi(0, 0x8000'0003), m.its.msi(0x1'0000, 3), m.its.msi(0x8000'0000, 3)}) {
        EXPECT_OK(m.route(wrong));
        m.signal_to_the_end();
        EXPECT_EQ(m.guest.poll(), Intids{}) << std::hex << wrong.data << ' ' << wrong.device->value;
    }
    EXPECT_OK(m.route(m.msi));
    m.signal();
    EXPECT_EQ(m.guest.take(), Intids{LPI});
}

TEST(IrqfdMsi, ARouteWithoutADeviceIdWorksOnlyIfItIsCached) {
    Bound m;
    m.map_and_enable();
    EXPECT_OK(m.route({m.msi.address, m.msi.data})); // KVM reads DeviceID 0
    m.signal_to_the_end();
    EXPECT_EQ(m.guest.poll(), Intids{});
    m.cache();
    m.signal();
    EXPECT_EQ(m.guest.take(), Intids{LPI});
}

TEST(IrqfdMsi, WhatIsNotMappedIsForgotten) {
    Bound m;
    m.only_tell_tables();
    m.signal_to_the_end(); // the ITS is off
    m.map();
    m.signal_to_the_end(); // the LPIs are
    m.lpis.enable(0);
    EXPECT_OK(m.route(m.its.msi(0, 4)));
    m.signal_to_the_end(); // no such event
    m.its.run({MAPTI(0, 4, LPI + 1, MsiMachine::ICID)});
    EXPECT_OK(m.route({layout::nowhere, MsiMachine::EventID, DeviceId{0}}));
    m.signal_to_the_end();
    EXPECT_EQ(m.guest.poll(), Intids{});
    EXPECT_OK(m.route(m.msi));
    m.signal();
    EXPECT_EQ(m.guest.take(), Intids{LPI});
    EXPECT_EQ(m.guest.poll(), Intids{});
}

TEST(IrqfdMsi, WhatIsUnmappedOrTurnedOffIsMissedInSpiteOfTheCache) {
    Bound m;
    m.map_and_enable();
    m.cache();
    m.its.run({DISCARD(0, MsiMachine::EventID)});
    m.signal_to_the_end();
    EXPECT_EQ(m.guest.poll(), Intids{});
    m.its.run({MAPTI(0, MsiMachine::EventID, LPI, MsiMachine::ICID)});
    m.cache();
    m.its.disable();
    m.signal_to_the_end();
    EXPECT_EQ(m.guest.poll(), Intids{});
}

TEST(IrqfdMsi, ANewTableMovesIrqfdsThatAreBound) {
    Bound m;
    m.map_and_enable();
    m.map(7, 9, LPI + 1);
    m.guest.run(enable_spi(40, Trigger::edge));
    m.signal();
    EXPECT_EQ(m.guest.take(), Intids{LPI});
    EXPECT_OK(m.route(m.its.msi(7, 9)));
    m.signal();
    EXPECT_EQ(m.guest.take(), Intids{LPI + 1});
    EXPECT_OK(m.machine.set_routes({{24, Pin{8}}}));
    m.signal();
    EXPECT_EQ(m.guest.take(), Intids{40});
    EXPECT_OK(m.route(m.msi));
    m.signal();
    EXPECT_EQ(m.guest.take(), Intids{LPI});
    EXPECT_EQ(m.guest.poll(), Intids{});
}

TEST(IrqfdMsi, ADisabledLpiIsLatchedForLater) {
    Bound m;
    m.lpis.configure(LPI, 0xA0);
    m.map_and_enable();
    m.signal_to_the_end();
    EXPECT_EQ(m.guest.poll(), Intids{});
    m.lpis.configure(LPI);
    m.its.run({INV(0, MsiMachine::EventID)});
    EXPECT_EQ(m.guest.take(), Intids{LPI});
    EXPECT_EQ(m.guest.poll(), Intids{});
}

TEST(IrqfdMsi, WhatIsReadableWhenBoundIsOneLpi) {
    pitfalls({14});
    for (const bool cached : {false, true}) {
        Bound m;
        m.map_and_enable();
        if (cached)
            m.cache();
        must(m.machine.vm().deassign(m.irqfd));
        m.event.signal(3);
        ASSERT_OK(m.machine.vm().assign(m.irqfd));
        EXPECT_EQ(m.guest.take(), Intids{LPI});
        EXPECT_EQ(m.event.read(), 3U);
        rebind(m.machine, m.irqfd);
        EXPECT_EQ(m.guest.poll(), Intids{});
    }
}

TEST(IrqfdMsi, AnLpiIsNeverResampled) {
    pitfalls({16});
    Bound m;
    m.map_and_enable();
    Event trigger;
    Event resample;
    ASSERT_OK(m.machine.vm().assign(Irqfd{trigger.fd(), Gsi{24}, resample.fd()}));
    for (int cached = 0; cached < 2; ++cached) {
        signal(m.machine, trigger);
        EXPECT_EQ(m.guest.take(), Intids{LPI});
        m.guest.run({spin(1000), load32(layout::nowhere)});
        EXPECT_EQ(count(m.machine, resample), 0U);
    }
    EXPECT_EQ(m.guest.poll(), Intids{});
}

TEST(IrqfdMsi, FollowsALpiToItsVcpu) {
    pitfalls({50});
    Machine machine(Bricks{.vcpus = {0, 1}, .its = 1});
    machine.puppet(0).run(open_gic());
    machine.puppet(1).run(open_cpu_interface());
    Lpis lpis(machine);
    lpis.configure(LPI);
    lpis.enable(0);
    lpis.enable(1);
    Its its(machine, 0);
    its.enable();
    its.run({MAPD(0, 4, its.ITT(4)), MAPC(0, machine.rdbase(0)), MAPC(1, machine.rdbase(1)), MAPTI(0, 3, LPI, 0)});
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), Gsi{0}}));
    EXPECT_OK(machine.set_routes({{0, its.msi(0, 3)}}));
    signal(machine, event);
    EXPECT_EQ(machine.puppet(0).take(), Intids{LPI});
    its.run({MOVI(0, 3, 1)});
    signal(machine, event);
    EXPECT_EQ(machine.puppet(1).take(), Intids{LPI});
    its.run({MAPC(1, machine.rdbase(0))}); // under a cached translation
    signal(machine, event);
    EXPECT_EQ(machine.puppet(0).take(), Intids{LPI});
    EXPECT_EQ(machine.puppet(1).poll(), Intids{});
}

} // namespace
} // namespace conformance

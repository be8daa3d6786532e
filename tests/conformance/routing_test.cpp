// SPDX-License-Identifier: Apache-2.0
// KVM_SET_GSI_ROUTING: what is refused, what an entry does. Source: Documentation/virt/kvm/api.rst, 4.52;
// arch/arm64/kvm/vgic/vgic-irqfd.c.
#include "tests/conformance/event.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/irqfd.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>
#include <linux/kvm.h>

#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

namespace conformance {
namespace {

using virt::Capability;
using virt::Gsi;
using virt::Irqfd;
using virt::Msi;
using virt::Pin;

constexpr std::uint32_t pins = 988; // 1020 - 32, whatever the vGIC implements
constexpr std::uint32_t gsis = 4096;

kvm_irq_routing_entry to_pin(std::uint32_t gsi, std::uint32_t pin) {
    kvm_irq_routing_entry entry{};
    entry.gsi = gsi;
    entry.type = KVM_IRQ_ROUTING_IRQCHIP;
    entry.u.irqchip.pin = pin;
    return entry;
}

kvm_irq_routing_entry to_msi(std::uint32_t gsi, std::uint32_t flags = KVM_MSI_VALID_DEVID) {
    kvm_irq_routing_entry entry{};
    entry.gsi = gsi;
    entry.type = KVM_IRQ_ROUTING_MSI;
    entry.flags = flags;
    entry.u.msi.address_lo = 0x1234; // nobody's
    entry.u.msi.devid = 0xFFFF'FFFF;
    return entry;
}

List enable_edge_spis(std::initializer_list<std::uint32_t> intids) {
    List list = open_gic();
    for (const auto intid : intids)
        list += enable_spi(intid, Trigger::edge);
    return list;
}

TEST(Routing, CapabilitiesDoNotDependOnAVgic) {
    Machine machine;
    const auto& vm = machine.vm();
    EXPECT_EQ(vm.check_extension(Capability::irq_routing), int{gsis});
    EXPECT_EQ(vm.check_extension(Capability::irqfd), 1);
    EXPECT_EQ(vm.check_extension(Capability::irqfd_resample), 1);
    EXPECT_EQ(vm.check_extension(Capability::ioeventfd), 1);
    EXPECT_EQ(vm.check_extension(Capability::ioeventfd_any_length), 1);
    constexpr Capability ioeventfd_no_length{KVM_CAP_IOEVENTFD_NO_LENGTH}; // superseded by the one above
    EXPECT_EQ(vm.check_extension(ioeventfd_no_length), 0);
    EXPECT_EQ(vm.check_extension(Capability::signal_msi), 1);
    EXPECT_EQ(vm.check_extension(Capability::arm_irq_line_layout_2), 1);
}

TEST(Routing, TheKernelAnnouncesItsIrqchipAndUserspaceTimerLines) {
    NEEDS_EXECUTION();
    Machine machine;
    EXPECT_EQ(machine.vm().check_extension(Capability::irqchip), 1);
    EXPECT_EQ(machine.vm().check_extension(Capability::arm_user_irq), 1);
}

TEST(Routing, TheFirstItsBringsDeviceIds) {
    pitfalls({24});
    Machine machine;
    EXPECT_EQ(machine.system().check_extension(Capability::msi_devid), 0) << "a question to the VM alone";
    EXPECT_EQ(machine.vm().check_extension(Capability::msi_devid), 0);
    EXPECT_OK(machine.create_its()); // without any GIC
    EXPECT_EQ(machine.vm().check_extension(Capability::msi_devid), 1);
    EXPECT_EQ(machine.system().check_extension(Capability::msi_devid), 0);
    EXPECT_EQ(Machine().vm().check_extension(Capability::msi_devid), 0) << "the other VM has none";
}

TEST(Routing, AVgicComesWithARouteToEachOfItsSpis) {
    Machine machine(Bricks{.interrupts = 96});
    auto& guest = machine.puppet();
    guest.run(enable_edge_spis({32, 33, 95}));
    Event lowest;
    Event highest;
    Event none;
    ASSERT_OK(machine.vm().assign(Irqfd{lowest.fd(), Gsi{0}}));
    ASSERT_OK(machine.vm().assign(Irqfd{highest.fd(), Gsi{63}}));
    ASSERT_OK(machine.vm().assign(Irqfd{none.fd(), Gsi{64}}));
    signal(machine, none);
    EXPECT_EQ(guest.poll(), Intids{});
    signal(machine, highest);
    EXPECT_EQ(guest.take(), Intids{95});
    signal(machine, lowest);
    EXPECT_EQ(guest.take(), Intids{32});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Routing, InitialisingTheVgicReplacesTheTable) {
    pitfalls({23});
    Machine machine;
    ASSERT_OK(machine.create_vcpu(0));
    ASSERT_OK(machine.init_vcpu(0));
    ASSERT_OK(machine.set_routes({{0, Pin{9}}, {70, Pin{8}}}));
    ASSERT_OK(machine.create_gic());
    ASSERT_OK(machine.set_interrupts(64));
    ASSERT_OK(machine.set_routes({{0, Pin{9}}, {70, Pin{8}}}));
    ASSERT_OK(machine.place_distributor());
    ASSERT_OK(machine.place_redistributors());
    ASSERT_OK(machine.init_gic());
    auto& guest = machine.puppet();
    guest.run(enable_edge_spis({32, 40, 41}));
    Event zero;
    Event seventy;
    ASSERT_OK(machine.vm().assign(Irqfd{zero.fd(), Gsi{0}}));
    ASSERT_OK(machine.vm().assign(Irqfd{seventy.fd(), Gsi{70}}));
    signal(machine, zero);
    signal(machine, seventy);
    EXPECT_EQ(guest.take(), Intids{32});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Routing, ATableReplacesTheOneBefore) {
    pitfalls({22});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(enable_edge_spis({40, 41}));
    Event first;
    Event second;
    ASSERT_OK(machine.vm().assign(Irqfd{first.fd(), Gsi{0}}));
    ASSERT_OK(machine.vm().assign(Irqfd{second.fd(), Gsi{1}}));
    EXPECT_OK(machine.set_routes({{0, Pin{8}}}));
    EXPECT_OK(machine.set_routes({{1, Pin{9}}}));
    signal(machine, first);
    signal(machine, second);
    EXPECT_EQ(guest.take(), Intids{41});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Routing, AnEmptyTableUnroutesEverything) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(enable_edge_spis({40}));
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi_of(40)}));
    EXPECT_OK(machine.set_routes({}));
    signal(machine, event);
    rebind(machine, {event.fd(), gsi_of(40)});
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_OK(machine.set_spi(40, true)) << "KVM_IRQ_LINE has no use for the table";
    EXPECT_EQ(guest.take(), Intids{40});
}

TEST(Routing, IrqLineNamesIntidsAndNotGsis) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(enable_edge_spis({40, 41}));
    EXPECT_OK(machine.set_routes({{40, Pin{9}}, {8, Pin{9}}}));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_EQ(guest.take(), Intids{40});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Routing, ARefusedTableLeavesTheOneBefore) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(enable_edge_spis({40, 41}));
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), Gsi{5}}));
    EXPECT_OK(machine.set_routes({{5, Pin{9}}}));
    EXPECT_ERRNO(EINVAL, machine.set_routing({to_pin(5, 8), to_pin(6, pins)})); // its first entry is right
    EXPECT_ERRNO(EINVAL, machine.set_routing({to_pin(5, 8)}, 1));
    signal(machine, event);
    EXPECT_EQ(guest.take(), Intids{41});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Routing, AtMost4096EntriesAndGsis) {
    Machine machine(Bricks{});
    std::vector<kvm_irq_routing_entry> entries;
    entries.reserve(gsis + 1);
    for (std::uint32_t gsi = 0; gsi < gsis; ++gsi)
        entries.push_back(to_pin(gsi, gsi % pins));
    EXPECT_OK(machine.set_routing(entries));
    entries.push_back(to_pin(0, 0));
    EXPECT_ERRNO(EINVAL, machine.set_routing(entries));
    EXPECT_OK(machine.set_routing({to_pin(gsis - 1, 0)}));
    EXPECT_ERRNO(EINVAL, machine.set_routing({to_pin(gsis, 0)}));
    EXPECT_ERRNO(EINVAL, machine.set_routing({to_msi(0xFFFF'FFFF)}));
}

TEST(Routing, FlagsAndTypesAreChecked) {
    Machine machine(Bricks{});
    EXPECT_ERRNO(EINVAL, machine.set_routing({}, 1)) << "the table has no flags";
    for (const std::uint32_t type : {0U, unsigned{KVM_IRQ_ROUTING_S390_ADAPTER}, unsigned{KVM_IRQ_ROUTING_HV_SINT},
                                     unsigned{KVM_IRQ_ROUTING_XEN_EVTCHN}, 99U}) {
        auto entry = to_pin(0, 0);
        entry.type = type;
        EXPECT_ERRNO(EINVAL, machine.set_routing({entry})) << type;
    }
    auto entry = to_pin(0, 0);
    entry.flags = KVM_MSI_VALID_DEVID;
    EXPECT_ERRNO(EINVAL, machine.set_routing({entry})) << "which a pin has no use for";
    EXPECT_OK(machine.set_routing({to_msi(0, KVM_MSI_VALID_DEVID)}));
    EXPECT_OK(machine.set_routing({to_msi(0, 0)}));
    EXPECT_ERRNO(EINVAL, machine.set_routing({to_msi(0, 2)}));
    EXPECT_ERRNO(EINVAL, machine.set_routing({to_msi(0, KVM_MSI_VALID_DEVID | 0x8000'0000)}));
}

TEST(Routing, PaddingIsNotChecked) {
    Machine machine(Bricks{});
    auto entry = to_pin(0, 0);
    entry.pad = 0xFFFF'FFFF;
    EXPECT_OK(machine.set_routing({entry}));
}

TEST(Routing, OnlyPinsBeyond987AndOtherIrqchipsAreRefused) {
    Machine machine(Bricks{.interrupts = 64});
    EXPECT_OK(machine.set_routing({to_pin(0, 32), to_pin(1, pins - 1)})) << "which this vGIC does not implement";
    EXPECT_ERRNO(EINVAL, machine.set_routing({to_pin(0, pins)}));
    EXPECT_ERRNO(EINVAL, machine.set_routing({to_pin(0, 0xFFFF'FFFF)}));
    auto entry = to_pin(0, 0);
    entry.u.irqchip.irqchip = 1;
    EXPECT_ERRNO(EINVAL, machine.set_routing({entry}));
}

TEST(Routing, APinThatIsNotImplementedSwallowsItsEvents) {
    Machine machine(Bricks{.interrupts = 64});
    auto& guest = machine.puppet();
    guest.run(enable_edge_spis({32}));
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), Gsi{7}}));
    EXPECT_OK(machine.set_routes({{7, Pin{32}}}));
    signal(machine, event);
    rebind(machine, {event.fd(), Gsi{7}});
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_OK(machine.set_routes({{7, Pin{0}}}));
    signal(machine, event);
    EXPECT_EQ(guest.take(), Intids{32});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Routing, AGsiHasOneEntry) {
    Machine machine(Bricks{});
    EXPECT_ERRNO(EINVAL, machine.set_routing({to_pin(3, 1), to_pin(3, 2)}));
    EXPECT_ERRNO(EINVAL, machine.set_routing({to_pin(3, 1), to_pin(3, 1)}));
    EXPECT_ERRNO(EINVAL, machine.set_routing({to_pin(3, 1), to_msi(3)}));
    EXPECT_ERRNO(EINVAL, machine.set_routing({to_msi(3), to_pin(3, 1)}));
    EXPECT_ERRNO(EINVAL, machine.set_routing({to_msi(3), to_msi(3)}));
    EXPECT_OK(machine.set_routing({to_pin(3, 1), to_pin(4, 1)})) << "a pin may have several";
}

TEST(Routing, GsisThatShareAPinBothInject) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(enable_edge_spis({40}));
    EXPECT_OK(machine.set_routes({{3, Pin{8}}, {4000, Pin{8}}}));
    for (const auto gsi : {3U, 4000U}) {
        Event event;
        ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), Gsi{gsi}}));
        signal(machine, event);
        EXPECT_EQ(guest.take(), Intids{40}) << gsi;
    }
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Routing, ATableNeedsNoVgicAndNoIts) {
    Machine machine;
    EXPECT_OK(machine.set_routing({to_pin(0, 0), to_msi(1)}));
    EXPECT_OK(machine.set_routing({}));
    EXPECT_ERRNO(EINVAL, machine.set_routing({to_pin(0, pins)}));
}

TEST(Routing, ANewTableMovesIrqfdsThatAreBound) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(enable_edge_spis({40, 41}));
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi_of(40)}));
    signal(machine, event);
    EXPECT_EQ(guest.take(), Intids{40});
    EXPECT_OK(machine.set_routes({{gsi_of(40).value, Pin{9}}}));
    signal(machine, event);
    EXPECT_EQ(guest.take(), Intids{41});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Routing, WhatWasInjectedBeforeANewTableStays) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(enable_edge_spis({40, 41}));
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi_of(40)}));
    signal(machine, event);
    EXPECT_OK(machine.set_routes({{gsi_of(40).value, Pin{9}}}));
    EXPECT_EQ(guest.take(), Intids{40});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Routing, MsiRoutesWithoutAnItsSwallowTheirEvents) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(enable_edge_spis({40}));
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), Gsi{8}}));
    for (const auto& msi : {Msi{layout::ITS + GITS_TRANSLATER, 40, virt::DeviceId{0}}, Msi{layout::GICD + 0x40, 40}}) {
        EXPECT_OK(machine.set_routes({{8, msi}})); // GICD_SETSPI_NSR, the second: KVM has no message-based SPIs
        signal(machine, event);
        rebind(machine, {event.fd(), Gsi{8}});
        EXPECT_EQ(guest.poll(), Intids{});
    }
}

// A producer that does not stop, in a thread.
class Hammer {
public:
    explicit Hammer(const Event& event)
        : thread_([this, &event] {
              while (!stop_) {
                  event.signal();
                  ++blows_;
              }
          }) {}
    ~Hammer() {
        stop_ = true;
        thread_.join();
    }
    Hammer(const Hammer&) = delete;
    Hammer& operator=(const Hammer&) = delete;
    void await_more() const {
        for (const auto before = blows_.load(); blows_ - before < 3;)
            std::this_thread::yield();
    }

private:
    std::atomic<bool> stop_ = false;
    std::atomic<unsigned> blows_ = 0;
    std::thread thread_;
};

TEST(Routing, NothingIsInjectedByAnOldTable) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(enable_edge_spis({40, 41}));
    Event event;
    ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), Gsi{0}}));
    const Hammer hammer(event);
    for (int round = 0; round < 20; ++round) {
        EXPECT_OK(machine.set_routes({{0, Pin{8}}}));
        hammer.await_more();
        EXPECT_OK(machine.set_routes({{0, Pin{9}}}));
        guest.store32(layout::GICD + word_of(GICD_ICPENDR, 40), bit_of(40) | bit_of(41));
        hammer.await_more();
        EXPECT_VALUE(0, guest.load32(layout::GICD + word_of(GICD_ISPENDR, 40)) & bit_of(40));
    }
}

TEST(Routing, NothingIsInjectedAfterDeassign) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(enable_edge_spis({40}));
    Event event;
    const Hammer hammer(event);
    for (int round = 0; round < 20; ++round) {
        ASSERT_OK(machine.vm().assign(Irqfd{event.fd(), gsi_of(40)}));
        hammer.await_more();
        ASSERT_OK(machine.vm().deassign(Irqfd{event.fd(), gsi_of(40)}));
        guest.store32(layout::GICD + word_of(GICD_ICPENDR, 40), bit_of(40));
        hammer.await_more();
        EXPECT_VALUE(0, guest.load32(layout::GICD + word_of(GICD_ISPENDR, 40)) & bit_of(40));
    }
}

} // namespace
} // namespace conformance

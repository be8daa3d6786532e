// SPDX-License-Identifier: Apache-2.0
// What the distributor does with SPIs: its reset state, its enable, routing. Source: Arm IHI 0069, 4.1, 12.9.
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <thread>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
constexpr std::uint32_t spi = 40;
constexpr auto ISENABLER = layout::GICD + word_of(GICD_ISENABLER, spi);

Command route(std::uint64_t affinity) { return store64(layout::GICD + irouter_of(spi), affinity); }
Command enable(std::uint32_t ctlr) { return store32(layout::GICD + GICD_CTLR, ctlr); }

TEST(Distributor, SpisResetToEdgeGroup1HighestPriority) {
    pitfalls({2});
    Machine machine(Bricks{});
    EXPECT_VALUE(0xAAAA'AAAA, machine.gicd(icfgr_of(32)));
    EXPECT_VALUE(0xFFFF'FFFF, machine.gicd(word_of(GICD_IGROUPR, 32)));
    EXPECT_VALUE(0, machine.gicd(GICD_IPRIORITYR + 32));
    EXPECT_VALUE(0, machine.gicd(word_of(GICD_ISENABLER, 32)));
    EXPECT_VALUE(0xFFFF, machine.gicr(0, GICR_ISENABLER0)); // SGIs
    const auto seen = machine.puppet().run({load32(layout::GICD + icfgr_of(32)), load32(layout::GICD + GICD_CTLR),
                                            load32(layout::gicr(0) + GICR_ISENABLER0)});
    EXPECT_VALUE(0xAAAA'AAAA, seen[0].value);
    EXPECT_VALUE(GICD_CTLR_ARE_NS | GICD_CTLR_DS, seen[1].value);
    EXPECT_VALUE(0xFFFF, seen[2].value);
}

TEST(Distributor, PendingFromOutsideIsAssignedAndOnlyTheLatch) {
    pitfalls({6, 7});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(enable_spi(32, Trigger::level));
    EXPECT_OK(machine.set_gicd(GICD_ISPENDR + 4, 0xF0));
    EXPECT_OK(machine.set_gicd(GICD_ISPENDR + 4, 0x10));
    EXPECT_VALUE(0x10, machine.gicd(GICD_ISPENDR + 4));
    EXPECT_OK(machine.set_spi(32, true));
    EXPECT_VALUE(0x10, machine.gicd(GICD_ISPENDR + 4));
    EXPECT_VALUE(0x11, guest.load32(layout::GICD + GICD_ISPENDR + 4));
}

TEST(Distributor, AnSpiThatIsOnlyEnabledGoesToTheFirstVcpu) {
    Machine machine(Bricks{.vcpus = {2, 0}}); // the first by creation; affinity 0 is the second
    auto& first = machine.puppet(0);
    auto& second = machine.puppet(1);
    first.run(open_gic() + store32(ISENABLER, bit_of(spi)));
    second.run(open_cpu_interface());
    EXPECT_VALUE(0, first.load64(layout::GICD + irouter_of(spi)));
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(first.take(), Intids{spi});
    EXPECT_EQ(second.poll(), Intids{});
}

TEST(Distributor, WhatPendsWhileItIsDisabledWaitsForTheNextEvent) {
    pitfalls({56});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge) + enable(0));
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(guest.poll(), Intids{});
    guest.run(enable(GICD_CTLR_EnableGrp1));
    EXPECT_EQ(guest.poll(), Intids{}); // on nobody's list, and enabling goes through no list
    guest.run(store32(ISENABLER, bit_of(spi)));
    EXPECT_EQ(guest.take(), Intids{spi});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Distributor, DisablingWithholdsWhatPends) {
    pitfalls({56});
    Machine machine(Bricks{.vcpus = {0, 1}});
    auto& other = machine.puppet(0);
    auto& target = machine.puppet(1);
    other.run(open_gic() + enable_spi(spi, Trigger::edge, 1));
    target.run(open_cpu_interface());
    EXPECT_OK(machine.set_spi(spi, true)); // on the list of its target, which did not run since
    other.run(enable(0));
    EXPECT_EQ(target.poll(), Intids{}); // and takes it off that list
    other.run(enable(GICD_CTLR_EnableGrp1));
    EXPECT_EQ(target.poll(), Intids{});
    other.run(store32(ISENABLER, bit_of(spi)));
    EXPECT_EQ(target.take(), Intids{spi});
}

TEST(Distributor, EnabledFromOutsideItForwards) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge) + enable(0));
    EXPECT_OK(machine.set_gicd(GICD_CTLR, GICD_CTLR_EnableGrp1));
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(guest.take(), Intids{spi});
    EXPECT_OK(machine.set_gicd(GICD_CTLR, 0));
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Distributor, RoutingAStrandedSpiDoesNotDeliverIt) {
    pitfalls({5});
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(spi, Trigger::edge, 0x55)); // nobody's affinity
    EXPECT_OK(machine.set_spi(spi, true));
    guest.run(route(0));
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_VALUE(bit_of(spi), guest.load32(layout::GICD + word_of(GICD_ISPENDR, spi)));
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(guest.take(), Intids{spi});
    EXPECT_EQ(guest.poll(), Intids{});
}

TEST(Distributor, RoutingMovesWhatPends) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    auto& first = machine.puppet(0);
    auto& second = machine.puppet(1);
    first.run(open_gic() + enable_spi(spi, Trigger::edge));
    second.run(open_cpu_interface());
    EXPECT_OK(machine.set_spi(spi, true));
    first.run({barrier(), route(1)});
    EXPECT_EQ(first.poll(), Intids{});
    EXPECT_EQ(second.take(), Intids{spi});
    EXPECT_EQ(first.poll(), Intids{});
}

TEST(Distributor, RoutingWakesTheNewTarget) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    auto& first = machine.puppet(0);
    auto& second = machine.puppet(1);
    first.run(open_gic() + enable_spi(spi, Trigger::level));
    second.run(open_cpu_interface());
    second.on_interrupt([&](std::uint32_t) { EXPECT_OK(machine.set_spi(spi, false)); });
    second.start(take_wfi(1));
    EXPECT_OK(machine.set_spi(spi, true));
    first.run(route(1));
    EXPECT_EQ(second.wait().interrupts(), Intids{spi});
}

TEST(Distributor, AnActiveSpiStaysWithItsVcpuWhateverItsRoute) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    auto& first = machine.puppet(0);
    auto& second = machine.puppet(1);
    first.run(open_gic(EOImode::drop) + enable_spi(spi, Trigger::edge));
    second.run(open_cpu_interface());
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(first.take(), Intids{spi}); // and leaves it active
    first.run(route(1));
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(second.poll(), Intids{});
    EXPECT_EQ(first.poll(), Intids{});
    first.msr(ICC_DIR_EL1, spi);
    EXPECT_EQ(second.take(), Intids{spi});
    EXPECT_EQ(first.poll(), Intids{});
}

TEST(Distributor, RoutesByAff1AndAff2) {
    Machine machine(Bricks{.vcpus = {0, 1, 0x11, 0x12}}); // ids
    for (unsigned vcpu = 0; vcpu < 4; ++vcpu)
        machine.puppet(vcpu).run(vcpu == 0 ? open_gic() : open_cpu_interface());
    EXPECT_VALUE(0x101, machine.affinity(2));
    machine.puppet(0).run(enable_spi(spi, Trigger::edge, 0x101));
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(machine.puppet(2).take(), Intids{spi});
    machine.puppet(0).run(route(0x1'0101)); // Aff2 counts
    EXPECT_OK(machine.set_spi(spi, true));
    for (unsigned vcpu = 0; vcpu < 4; ++vcpu)
        EXPECT_EQ(machine.puppet(vcpu).poll(), Intids{}) << vcpu;
}

TEST(Distributor, InterruptRoutingModeIsNotStored) {
    pitfalls({4});
    Machine machine(Bricks{.vcpus = {0, 1}});
    auto& first = machine.puppet(0);
    first.run(open_gic() + enable_spi(spi, Trigger::edge) + route(0x8000'0001));
    machine.puppet(1).run(open_cpu_interface());
    for (int n = 0; n < 3; ++n) {
        EXPECT_OK(machine.set_spi(spi, true));
        EXPECT_EQ(machine.puppet(1).take(), Intids{spi});
    }
    EXPECT_EQ(first.poll(), Intids{});
}

TEST(Distributor, FromOutsideTheGicIsBusyWhileAnyVcpuRuns) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    auto& guest = machine.puppet(1);
    guest.run(open_gic() + enable_spi(spi, Trigger::edge, 1));
    const auto flag = machine.allocate(8);
    guest.start({store32(flag, 1), take_wfi(1)});
    while (machine.ram<std::uint32_t>(flag) == 0 && guest.running())
        std::this_thread::yield();
    EXPECT_ERRNO(EBUSY, machine.gicd(GICD_CTLR));
    EXPECT_ERRNO(EBUSY, machine.set_gicd(GICD_CTLR, 0));
    EXPECT_ERRNO(EBUSY, machine.gicr(0, GICR_CTLR));
    EXPECT_ERRNO(EBUSY, machine.set_gicr(0, GICR_CTLR, 0));
    EXPECT_ERRNO(EBUSY, machine.icc(0, ICC_PMR_EL1));
    EXPECT_ERRNO(EBUSY, machine.set_icc(0, ICC_PMR_EL1, 0));
    EXPECT_ERRNO(EBUSY, machine.line_level(32));
    EXPECT_ERRNO(EBUSY, machine.set_line_level(32, 0));
    EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(guest.wait().interrupts(), Intids{spi});
    EXPECT_OK(machine.gicd(GICD_CTLR));
}

} // namespace
} // namespace conformance

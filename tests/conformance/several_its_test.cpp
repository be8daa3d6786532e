// SPDX-License-Identifier: Apache-2.0
// More than one ITS in a machine: each has its tables, its queue and its doorbell, and all share the LPIs. Source: Arm
// IHI 0069, 5.1; Documentation/virt/kvm/devices/arm-vgic-its.rst.
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/its.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <utility>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;

/// ITS 1 beside that of an LpiMachine; created late. Creating it reset GICR_PROPBASER.
struct TwoIts : LpiMachine {
    explicit TwoIts(std::vector<std::uint32_t> vcpus = {0}) : LpiMachine(std::move(vcpus)), second(machine, 1) {
        must(machine.create_its());
        must(machine.place_its(1));
        for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu)
            must(machine.set_gicr(vcpu, GICR_CTLR, 0));
        for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu)
            lpis.enable(vcpu);
        second.enable();
        for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu)
            second.run({MAPC(vcpu, machine.rdbase(vcpu))});
    }
    bool second_delivers(std::uint32_t DeviceID, std::uint32_t EventID) {
        return must(machine.vm().signal(second.msi(DeviceID, EventID)));
    }

    Its second;
};

TEST(SeveralIts, LookAlike) {
    Machine machine(Bricks{.its = 3});
    auto& guest = machine.puppet();
    for (unsigned n = 0; n < 3; ++n) {
        EXPECT_VALUE(0x1'EF71, guest.load64(layout::its(n) + GITS_TYPER));
        EXPECT_VALUE(0x4B00'043B, guest.load32(layout::its(n) + GITS_IIDR));
    }
    guest.store64(layout::its(1) + GITS_CWRITER, 0x20);
    EXPECT_VALUE(0, guest.load64(layout::its(0) + GITS_CWRITER));
    EXPECT_VALUE(0x20, guest.load64(layout::its(1) + GITS_CWRITER));
    EXPECT_VALUE(0, guest.load64(layout::its(2) + GITS_CWRITER));
}

TEST(SeveralIts, TheDoorbellSelects) {
    TwoIts m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_FALSE(m.second_delivers(0, 0));
    m.second.run({MAPD(0, 4, m.second.ITT(4)), MAPTI(0, 0, 8193, 0)});
    EXPECT_TRUE(m.second_delivers(0, 0));
    EXPECT_EQ(m.guest().take(), Intids{8193});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest().take(), Intids{8192});
    EXPECT_TRUE(m.second_delivers(0, 0)) << "nor does the cache mix them up";
    EXPECT_EQ(m.guest().take(), Intids{8193});
}

TEST(SeveralIts, OneOutsideTheMachinesGicIsCreatedLate) {
    Machine machine(Bricks{});
    ASSERT_OK(machine.create_its());
    ASSERT_OK(machine.place_its(0));
    auto& guest = machine.puppet();
    Lpis lpis(machine);
    lpis.configure(8192);
    guest.run(open_gic() + lpis.enable_from_guest(0));
    Its its(machine, 0, &guest);
    its.enable();
    its.run({MAPD(0, 4, its.ITT(4)), MAPC(0, machine.rdbase(0)), MAPTI(0, 0, 8192, 0)});
    EXPECT_TRUE(must(machine.vm().signal(its.msi(0, 0))));
    auto cached = its.msi(0, 0);
    cached.device.reset();
    EXPECT_TRUE(must(machine.vm().signal(cached))) << "it has a cache, too";
    EXPECT_EQ(guest.take(), Intids{8192});
}

TEST(SeveralIts, ShareTheLpis) {
    TwoIts m({0, 1});
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    m.second.run({MAPD(5, 4, m.second.ITT(4)), MAPTI(5, 2, 8192, 1)}); // it has its target
    EXPECT_TRUE(m.second_delivers(5, 2));
    EXPECT_EQ(m.guest(0).take(), Intids{8192});
    EXPECT_EQ(m.guest(1).poll(), Intids{});
    m.second.run({MOVI(5, 2, 0), MOVI(5, 2, 1)});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest(1).take(), Intids{8192});
    m.its.run({DISCARD(0, 0)});
    EXPECT_TRUE(m.second_delivers(5, 2)) << "the second still holds it";
    EXPECT_EQ(m.guest(1).take(), Intids{8192});
}

TEST(SeveralIts, InvallReachesLpisOfAll) {
    TwoIts m;
    m.map_device(0);
    m.lpis.configure(8192, 0xA0);
    m.its.run({MAPTI(0, 0, 8192, 0), INT(0, 0)});
    m.lpis.configure(8192);
    m.second.run({INVALL(0)});
    EXPECT_EQ(m.guest().take(), Intids{8192});
}

TEST(SeveralIts, MovallReachesLpisOfAll) {
    TwoIts m({0, 1});
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    m.second.run({MOVALL(m.machine.rdbase(0), m.machine.rdbase(1))});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest(1).take(), Intids{8192});
    EXPECT_EQ(m.guest(0).poll(), Intids{});
}

TEST(SeveralIts, ResettingOneLeavesTheOther) {
    TwoIts m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    m.second.run({MAPD(0, 4, m.second.ITT(4)), MAPTI(0, 0, 8193, 0)});
    ASSERT_OK(m.machine.reset_its(1));
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_ERRNO(EBUSY, m.machine.vm().signal(m.second.msi(0, 0)));
    EXPECT_EQ(m.guest().take(), Intids{8192});
}

TEST(SeveralIts, AnInvalidationMayReachTheCacheOfAll) {
    TwoIts m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_TRUE(m.cached(0));
    m.second.run({MOVALL(0, 0)});
    EXPECT_TRUE(m.cached(0));
    m.second.run({MAPC(7, m.machine.rdbase(0), Valid::no)});
    EXPECT_EQ(m.cached(0), facts().translation_cache_is_per_its);
    EXPECT_TRUE(m.delivers(0, 0));
    must(m.machine.set_gicr(0, GICR_CTLR, 0));
    EXPECT_FALSE(m.cached(0)) << "disabling LPIs reaches all of them";
}

TEST(SeveralIts, AreSavedOneByOne) {
    TwoIts m;
    m.map_device(1);
    m.second.run({MAPD(2, 4, m.second.ITT(4))});
    ASSERT_OK(m.machine.save_its_tables(1));
    EXPECT_VALUE(0, m.machine.ram<std::uint64_t>(m.its.device_table() + 8));
    EXPECT_VALUE(1, m.machine.ram<std::uint64_t>(m.second.device_table() + 16) >> 63);
    EXPECT_VALUE(0, m.machine.ram<std::uint64_t>(m.second.device_table() + 8));
}

} // namespace
} // namespace conformance

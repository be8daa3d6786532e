// SPDX-License-Identifier: Apache-2.0
// What an MSI becomes, and the cache of translations that KVM keeps. Source: Arm IHI 0069, 5.2; api.rst, 4.70.
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/its.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <initializer_list>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;

TEST(ItsTranslation, ADisabledItsIsBusyWhateverIsMapped) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    m.its.disable();
    EXPECT_ERRNO(EBUSY, m.signal(0, 0));
    EXPECT_ERRNO(EBUSY, m.signal(0, 1));
    EXPECT_ERRNO(EBUSY, m.signal(99, 0));
    m.its.enable();
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_FALSE(m.delivers(0, 1));
    EXPECT_FALSE(m.delivers(99, 0));
}

TEST(ItsTranslation, DisabledLpisAreBusyIfTheEventIsMapped) {
    LpiMachine m({0, 1});
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 1), MAPTI(0, 2, 8194, 9)});
    must(m.machine.set_gicr(0, GICR_CTLR, 0));
    EXPECT_ERRNO(EBUSY, m.signal(0, 0));
    EXPECT_TRUE(m.delivers(0, 1)) << "the target's redistributor counts";
    EXPECT_FALSE(m.delivers(0, 2)) << "no collection, no redistributor";
    EXPECT_FALSE(m.delivers(0, 3));
    must(m.machine.set_gicr(0, GICR_CTLR, GICR_CTLR_EnableLPIs));
    EXPECT_EQ(m.guest(0).poll(), Intids{}) << "what was refused is not kept";
    EXPECT_EQ(m.guest(1).take(), Intids{8193});
}

TEST(ItsTranslation, IdentifiersHave32Bits) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 3, 8192, 0)});
    EXPECT_FALSE(m.delivers(0x1'0000, 3));
    EXPECT_FALSE(m.delivers(0, 0x1'0003));
    EXPECT_TRUE(m.delivers(0, 3));
    EXPECT_FALSE(m.delivers(0x1'0000, 3)) << "nor in the cache";
    EXPECT_FALSE(m.delivers(0, 0x1'0003));
    EXPECT_FALSE(m.delivers(0x8000'0000, 3));
    EXPECT_FALSE(m.delivers(0, 0x8000'0003));
    // Device 1 begins where 16 bits of events of device 0 end.
    m.map_device(1);
    m.its.run({MAPTI(1, 3, 8193, 0)});
    EXPECT_TRUE(m.delivers(1, 3));
    EXPECT_FALSE(m.delivers(0, 0x1'0003));
}

TEST(ItsTranslation, ADisabledLpiWaitsPending) {
    LpiMachine m;
    m.map_device(0);
    m.lpis.configure(8192, 0xA0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_TRUE(m.delivers(0, 0)) << "from the cache it is the same";
    EXPECT_EQ(m.guest().poll(), Intids{});
    m.lpis.configure(8192);
    m.its.run({INV(0, 0)});
    EXPECT_EQ(m.guest().take(), Intids{8192});
    EXPECT_EQ(m.guest().poll(), Intids{});
}

TEST(ItsTranslation, TheCacheFollowsARetargetedCollection) {
    pitfalls({50});
    LpiMachine m({0, 1});
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest(0).take(), Intids{8192});
    m.its.run({MAPC(0, m.machine.rdbase(1))});
    EXPECT_TRUE(m.cached(0)) << "it stays, for it names the LPI and not the vCPU";
    EXPECT_EQ(m.guest(1).take(), Intids{8192});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest(1).take(), Intids{8192});
    EXPECT_EQ(m.guest(0).poll(), Intids{});
}

TEST(ItsTranslation, ACachedOneDoesNotLookAtTheNewTarget) {
    LpiMachine m({0, 1});
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 0)});
    must(m.machine.set_gicr(1, GICR_CTLR, 0));
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest(0).take(), Intids{8192});
    m.its.run({MAPC(0, m.machine.rdbase(1))});
    EXPECT_TRUE(m.delivers(0, 0)) << "though LPIs are disabled there";
    EXPECT_ERRNO(EBUSY, m.signal(0, 1));
    EXPECT_TRUE(m.latched(1, 8192));
}

TEST(ItsTranslation, NothingIsCachedThatIsGone) {
    pitfalls({51});
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_TRUE(m.delivers(0, 0));
    m.its.run({MAPD(0, 4, 0, Valid::no)});
    EXPECT_FALSE(m.delivers(0, 0));
    m.map_device(0);
    EXPECT_FALSE(m.delivers(0, 0));
    m.its.run({MAPTI(0, 0, 8193, 0)});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_TRUE(m.latched(0, 8193));
    m.its.run({DISCARD(0, 0)});
    EXPECT_FALSE(m.delivers(0, 0));
    m.its.run({MAPTI(0, 0, 8194, 0)});
    EXPECT_TRUE(m.delivers(0, 0));
    m.its.run({MAPC(0, m.machine.rdbase(0), Valid::no)});
    EXPECT_FALSE(m.delivers(0, 0));
}

TEST(ItsTranslation, DeliveryIsWhatCaches) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPTI(0, 1, 8193, 0)});
    EXPECT_FALSE(m.cached(0)) << "mapping is not";
    must(m.machine.set_gicr(0, GICR_CTLR, 0));
    EXPECT_ERRNO(EBUSY, m.signal(0, 0));
    must(m.machine.set_gicr(0, GICR_CTLR, GICR_CTLR_EnableLPIs));
    EXPECT_FALSE(m.cached(0)) << "nor is what was refused";
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_TRUE(m.cached(0));
    m.its.run({INT(0, 1)});
    EXPECT_TRUE(m.cached(1)) << "INT delivers, too";
    EXPECT_FALSE(m.delivers(0, 2));
    EXPECT_FALSE(m.cached(2));
}

struct Change {
    const char* name;
    std::function<void(LpiMachine&)> make;
};

Change commands(const char* name, std::initializer_list<ItsCommand> commands) {
    return {name, [list = std::vector(commands)](LpiMachine& m) {
                for (const auto& command : list)
                    m.its.run({command});
            }};
}

/// Devices 0 and 1 have events 0 and 1 in collection 0; (0, 0) is cached.
void prepare(LpiMachine& m) {
    m.map_device(0);
    m.map_device(1);
    m.its.run({MAPTI(0, 0, 8192, 0), MAPTI(1, 0, 8194, 0), MAPTI(1, 1, 8195, 9)});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_TRUE(m.cached(0));
}

TEST(ItsTranslation, TheWholeCacheGoesWith) {
    const std::vector<Change> changes{
        commands("DISCARD of another event", {DISCARD(1, 0)}),
        commands("MOVI of another event", {MOVI(1, 0, 1)}),
        commands("MAPC of another collection, V=0", {MAPC(1, 0, Valid::no)}),
        commands("MAPC of an unknown collection, V=0", {MAPC(77, 0, Valid::no)}),
        commands("MOVALL", {MOVALL(1, 0)}),
        commands("MAPD of another mapped device", {MAPD(1, 4, 0x8100'0000)}),
        commands("MAPD of another mapped device, V=0", {MAPD(1, 4, 0, Valid::no)}),
        {"disabling LPIs of another vCPU", [](LpiMachine& m) { must(m.machine.set_gicr(1, GICR_CTLR, 0)); }},
        {"writing 0 to GITS_CTLR",
         [](LpiMachine& m) {
             m.its.disable();
             m.its.write(GITS_CTLR, GITS_CTLR_Enabled);
         }},
        {"a reset", [](LpiMachine& m) { must(m.machine.reset_its(0)); }},
    };
    for (const auto& change : changes) {
        LpiMachine m({0, 1});
        prepare(m);
        change.make(m);
        EXPECT_FALSE(m.cached(0)) << change.name;
    }
}

TEST(ItsTranslation, TheCacheStaysWith) {
    LpiMachine m({0, 1});
    prepare(m);
    const auto ITT = m.its.ITT(4);
    const std::vector<Change> changes{
        commands("MAPC of its collection", {MAPC(0, 1), MAPC(0, 0)}),
        commands("MAPC of a new collection", {MAPC(50, 0)}),
        commands("MAPTI", {MAPTI(0, 3, 8196, 0), MAPTI(0, 0, 8197, 0)}),
        commands("INV, INVALL", {INV(0, 0), INVALL(0), INVALL(1)}),
        commands("INT, CLEAR, SYNC", {INT(0, 0), CLEAR(0, 0), SYNC(0)}),
        commands("MAPD of a new device", {MAPD(2, 4, ITT)}),
        commands("MAPD of a device that is not mapped, V=0", {MAPD(3, 4, 0, Valid::no)}),
        commands("MOVALL to itself", {MOVALL(0, 0)}),
        commands("commands that fail", {DISCARD(0, 7), DISCARD(1, 1), MOVI(0, 7, 1), MOVI(0, 0, 99), MOVALL(0, 99),
                                        MAPD(9999, 4, ITT), MAPD(1, 17, ITT), RAW({0x77})}),
        {"EnableLPIs, written again",
         [](LpiMachine& it) { must(it.machine.set_gicr(0, GICR_CTLR, GICR_CTLR_EnableLPIs)); }},
        {"Enabled, written again", [](LpiMachine& it) { it.its.write(GITS_CTLR, GITS_CTLR_Enabled); }},
        {"saving", [](LpiMachine& it) { must(it.machine.save_its_tables(0)); }},
    };
    for (const auto& change : changes) {
        change.make(m);
        EXPECT_TRUE(m.cached(0)) << change.name;
    }
    if (facts().unmapping_mapc_checks_rdbase) {
        m.its.run({MAPC(1, 99, Valid::no)});
        EXPECT_TRUE(m.cached(0)) << "it fails";
    }
}

TEST(ItsTranslation, TheCacheForgetsTheLeastRecentlyUsed) {
    for (const unsigned vcpus : {1U, 2U}) {
        LpiMachine m(vcpus == 1 ? std::vector<std::uint32_t>{0} : std::vector<std::uint32_t>{0, 1});
        const std::uint32_t room = 16 * vcpus; // where it is limited
        m.map_device(0, 6);
        for (std::uint32_t event = 0; event <= room; ++event)
            m.its.run({MAPTI(0, event, 8192 + event, 0)});
        for (std::uint32_t event = 0; event < room; ++event)
            EXPECT_TRUE(m.delivers(0, event));
        EXPECT_TRUE(m.delivers(0, 0)); // used again: 1 is the oldest now
        EXPECT_TRUE(m.delivers(0, room));
        EXPECT_TRUE(m.cached(0));
        EXPECT_EQ(m.cached(1), facts().translation_cache_is_unlimited);
        for (std::uint32_t event = 2; event <= room; ++event)
            EXPECT_TRUE(m.cached(event)) << event;
    }
}

TEST(ItsTranslation, TheCacheKnowsADoorbellOrItsFrame) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_TRUE(m.delivers(0, 0));
    auto msi = m.its.msi(0, 0);
    msi.device.reset();
    EXPECT_TRUE(must(m.machine.vm().signal(msi)));
    msi.address = layout::ITS; // not cached, it would need a DeviceID
    if (facts().translation_cache_is_per_its)
        EXPECT_TRUE(must(m.machine.vm().signal(msi))); // by ITS, whatever the address in it
    else
        EXPECT_ERRNO(EINVAL, m.machine.vm().signal(msi));
    msi.device = virt::DeviceId{0};
    EXPECT_TRUE(must(m.machine.vm().signal(msi)));
}

} // namespace
} // namespace conformance

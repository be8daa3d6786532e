// SPDX-License-Identifier: Apache-2.0
// KVM_SIGNAL_MSI: what it answers. Source: Documentation/virt/kvm/api.rst, 4.70; arch/arm64/kvm/vgic/vgic-its.c.
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

#include <cerrno>
#include <utility>

namespace conformance {
namespace {

using virt::DeviceId;
using virt::Msi;

constexpr std::uint32_t LPI = MsiMachine::LPI;

TEST(SignalMsi, IsAnErrorWithoutAnIts) {
    const Msi msi{layout::ITS + GITS_TRANSLATER, 0, DeviceId{0}};
    Machine machine;
    EXPECT_ERRNO(EINVAL, machine.vm().signal(msi)); // no vGIC
    ASSERT_OK(machine.create_gic());
    EXPECT_ERRNO(ENODEV, machine.vm().signal(msi));
    Machine whole{Bricks{}};
    EXPECT_ERRNO(ENODEV, whole.vm().signal(msi));
    EXPECT_ERRNO(ENODEV, whole.vm().signal(Msi{layout::GICD + GICD_SETSPI_NSR, 40})) << "nor message-based SPIs";
}

TEST(SignalMsi, IsBusyWhileTheItsOrTheLpisAreOff) {
    pitfalls({26});
    MsiMachine m;
    m.only_tell_tables();
    EXPECT_ERRNO(EBUSY, m.signal(m.msi)); // the ITS is off
    m.map();
    EXPECT_ERRNO(EBUSY, m.signal(m.msi)); // the vCPU has GICR_CTLR.EnableLPIs = 0
    m.lpis.enable(0);
    EXPECT_TRUE(must(m.signal(m.msi)));
    EXPECT_EQ(m.guest.take(), Intids{LPI});
    m.its.disable();
    EXPECT_ERRNO(EBUSY, m.signal(m.msi));
    EXPECT_EQ(m.guest.poll(), Intids{});
}

TEST(SignalMsi, AnswersNoForWhatIsNotMapped) {
    pitfalls({26});
    MsiMachine m;
    m.lpis.enable(0);
    m.map();
    m.its.run({MAPTI(0, 5, 8197, 9)}); // a collection that is nowhere
    EXPECT_FALSE(must(m.signal(m.its.msi(1, 3)))) << "device";
    EXPECT_FALSE(must(m.signal(m.its.msi(0, 4)))) << "event";
    EXPECT_FALSE(must(m.signal(m.its.msi(0, 16)))) << "event beyond the device's table";
    EXPECT_FALSE(must(m.signal(m.its.msi(0, 5)))) << "collection";
    EXPECT_EQ(m.guest.poll(), Intids{});
    EXPECT_TRUE(must(m.signal(m.msi)));
}

TEST(SignalMsi, HitsAnyAddressOfTheFrame) {
    pitfalls({25});
    MsiMachine m;
    m.lpis.enable(0);
    m.map();
    for (const auto offset : {0x0U, 0x40U, 0x1'0040U, 0x1'FFFFU}) {
        EXPECT_TRUE(must(m.signal({layout::ITS + offset, 3, DeviceId{0}}))) << offset;
        EXPECT_EQ(m.guest.take(), Intids{LPI}) << offset;
    }
    EXPECT_ERRNO(EINVAL, m.signal({layout::ITS + layout::ITS_size, 3, DeviceId{0}}));
    EXPECT_ERRNO(EINVAL, m.signal({layout::ITS - 1, 3, DeviceId{0}}));
    EXPECT_ERRNO(EINVAL, m.signal({layout::GICD + GICD_SETSPI_NSR, 40, DeviceId{0}}));
    EXPECT_ERRNO(EINVAL, m.signal({layout::gicr(0) + GICR_SETLPIR, LPI, DeviceId{0}}));
    EXPECT_ERRNO(EINVAL, m.signal({0, 3, DeviceId{0}}));
    EXPECT_ERRNO(EINVAL, m.signal({std::uint64_t{1} << 32 | (layout::ITS + GITS_TRANSLATER), 3, DeviceId{0}}));
    EXPECT_EQ(m.guest.poll(), Intids{});
}

TEST(SignalMsi, NeedsADeviceIdUntilTheTranslationIsCached) {
    MsiMachine m;
    m.lpis.enable(0);
    m.map();
    const Msi anonymous{layout::ITS + GITS_TRANSLATER, 3}; // KVM reads DeviceID 0
    EXPECT_ERRNO(EINVAL, m.signal(anonymous));
    EXPECT_TRUE(must(m.signal(m.msi)));
    EXPECT_EQ(m.guest.take(), Intids{LPI});
    EXPECT_TRUE(must(m.signal(anonymous)));
    EXPECT_EQ(m.guest.take(), Intids{LPI});
    m.its.run({DISCARD(0, 3), MAPTI(0, 3, LPI, 2)}); // which empties the cache
    EXPECT_ERRNO(EINVAL, m.signal(anonymous));
}

TEST(SignalMsi, CachedTranslationsAreFoundByTheirDoorbell) {
    MsiMachine m;
    m.lpis.enable(0);
    m.map();
    EXPECT_TRUE(must(m.signal(m.msi)));
    EXPECT_EQ(m.guest.take(), Intids{LPI});
    const Msi anonymous{layout::ITS, 3}; // so only the cache could tell
    if (facts().translation_cache_is_per_its) {
        EXPECT_TRUE(must(m.signal(anonymous)));
        EXPECT_EQ(m.guest.take(), Intids{LPI});
    } else {
        EXPECT_ERRNO(EINVAL, m.signal(anonymous));
        EXPECT_EQ(m.guest.poll(), Intids{});
    }
}

TEST(SignalMsi, DataAndDeviceIdHave32Bits) {
    MsiMachine m;
    m.lpis.enable(0);
    m.map();
    m.map(1, 3, LPI);
    for (int cached = 0; cached < 2; ++cached) {
        EXPECT_FALSE(must(m.signal(m.its.msi(0, 0x1'0003)))) << cached;
        EXPECT_FALSE(must(m.signal(m.its.msi(0, 0x8000'0003)))) << cached;
        EXPECT_FALSE(must(m.signal(m.its.msi(0x1'0000, 3)))) << cached;
        EXPECT_FALSE(must(m.signal(m.its.msi(0x8000'0000, 3)))) << cached;
        EXPECT_TRUE(must(m.signal(m.msi)));
        EXPECT_TRUE(must(m.signal(m.its.msi(1, 3))));
        EXPECT_EQ(m.guest.take(), Intids{LPI});
    }
    EXPECT_EQ(m.guest.poll(), Intids{});
}

TEST(SignalMsi, DeliversADisabledLpiForLater) {
    MsiMachine m;
    m.lpis.configure(LPI, 0xA0); // not enabled
    m.lpis.enable(0);
    m.map();
    EXPECT_TRUE(must(m.signal(m.msi)));
    EXPECT_TRUE(must(m.signal(m.msi))); // by the cache, the second
    EXPECT_EQ(m.guest.poll(), Intids{});
    m.lpis.configure(LPI);
    m.its.run({INV(0, 3)});
    EXPECT_EQ(m.guest.take(), Intids{LPI});
    EXPECT_EQ(m.guest.poll(), Intids{});
}

TEST(SignalMsi, MessagesCoalesceUntilTheAcknowledge) {
    MsiMachine m;
    m.lpis.enable(0);
    m.map();
    for (int n = 0; n < 3; ++n)
        EXPECT_TRUE(must(m.signal(m.msi)));
    EXPECT_EQ(m.guest.take(), Intids{LPI});
    EXPECT_EQ(m.guest.poll(), Intids{});
    m.guest.on_interrupt([&, again = true](std::uint32_t) mutable {
        if (std::exchange(again, false)) {
            EXPECT_TRUE(must(m.signal(m.msi)));
        }
    });
    EXPECT_TRUE(must(m.signal(m.msi)));
    EXPECT_EQ(m.guest.take(2), (Intids{LPI, LPI})) << "one was signalled after the acknowledge";
    EXPECT_EQ(m.guest.poll(), Intids{});
}

TEST(SignalMsi, AGuestsOwnStoreToGitsTranslaterIsIgnored) {
    pitfalls({27});
    MsiMachine m;
    m.lpis.enable(0);
    m.map();
    const auto result = m.guest.run({store32(layout::ITS + GITS_TRANSLATER, 3),
                                     store16(layout::ITS + GITS_TRANSLATER, 3), load32(layout::ITS + GITS_TRANSLATER)});
    EXPECT_TRUE(result.exits.empty()) << "the frame is the ITS's";
    EXPECT_VALUE(0, result[2].value);
    EXPECT_EQ(m.guest.poll(), Intids{});
    EXPECT_TRUE(must(m.signal(m.msi)));
    EXPECT_EQ(m.guest.take(), Intids{LPI});
}

TEST(SignalMsi, EachItsHasItsOwnDevices) {
    Machine two(Bricks{.its = 2});
    auto& guest = two.puppet();
    guest.run(open_gic());
    Lpis lpis(two);
    lpis.configure(8200);
    lpis.configure(8201);
    lpis.enable(0);
    Its first(two, 0);
    Its second(two, 1);
    for (auto* const its : {&first, &second}) {
        its->enable();
        its->run({MAPD(0, 4, its->ITT(4)), MAPC(0, two.rdbase(0)), MAPTI(0, 3, its == &first ? 8200 : 8201, 0)});
    }
    for (int cached = 0; cached < 2; ++cached) {
        EXPECT_TRUE(must(two.vm().signal(second.msi(0, 3))));
        EXPECT_EQ(guest.take(), Intids{8201});
        EXPECT_TRUE(must(two.vm().signal(first.msi(0, 3))));
        EXPECT_EQ(guest.take(), Intids{8200});
    }
}

} // namespace
} // namespace conformance

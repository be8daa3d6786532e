// SPDX-License-Identifier: Apache-2.0
// An interrupt that forwards a source: whose line it is, who is told, what unmapping leaves.
#include "arch-arm64/gic/physical_irq.hpp"

#include "arch-arm64/gic/distributor.hpp"
#include "arch-arm64/gic/level_info.hpp"
#include "tests/arch-arm64/gic/guest.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

namespace arm64::gic {
namespace {

constexpr std::uint32_t intid = 40;

/// A level that the test sets, and what it was told.
class Source final : public PhysicalIrq {
public:
    explicit Source(Interrupt& one) : one_(one) {}

    void assert_level(bool high) {
        level_ = high;
        Gic::sample(one_);
    }
    [[nodiscard]] bool level() const override { return level_; }
    void deactivated() override {
        ++deactivations;
        active_ = false;
        Gic::sample(one_);
    }
    void set_active(bool active) override {
        active_ = active;
        Gic::sample(one_);
    }
    [[nodiscard]] bool active() const override { return active_; }

    std::atomic<unsigned> deactivations = 0;

private:
    Interrupt& one_;
    std::atomic<bool> level_ = false;
    std::atomic<bool> active_ = false;
};

struct Forwarded : Guest {
    explicit Forwarded(EOImode mode = EOImode::drop_and_deactivate, unsigned cpus = 1)
        : Guest(mode, cpus), one(enabled(intid)), source(one) {
        distributor.place(0);
        EXPECT_TRUE(Gic::map(one, source));
    }
    void store(virt::Gpa offset, std::uint64_t value) {
        EXPECT_TRUE(distributor.write(0, offset + 4, virt::Width::b4, value));
    }
    std::uint64_t load(virt::Gpa offset) {
        std::uint64_t value = 0;
        EXPECT_TRUE(distributor.read(0, offset + 4, virt::Width::b4, value));
        return value;
    }

    Interrupt& one;
    Source source;
    Distributor distributor{gic};
};
constexpr virt::Gpa ISENABLER = 0x100, ICENABLER = 0x180, ISPENDR = 0x200, ICPENDR = 0x280, ISACTIVER = 0x300,
                    ICACTIVER = 0x380;
constexpr std::uint64_t bit = 1U << (intid - 32);

TEST(PhysicalIrq, ItsLineIsTheSources) {
    Forwarded guest;
    Gic::raise(guest.one);
    guest.gic.raise(pin_of(Intid{intid}));
    EXPECT_FALSE(guest.lines.high()) << "anybody else's is ignored";
    guest.source.assert_level(true);
    EXPECT_TRUE(guest.lines.high());
    Gic::lower(guest.one);
    EXPECT_TRUE(guest.lines.high());
    guest.source.assert_level(false);
    EXPECT_FALSE(guest.lines.high()) << "withdrawn before it was taken";
}

TEST(PhysicalIrq, IsActiveAtTheHostWhileTheGuestHandlesIt) {
    for (const auto mode : {EOImode::drop_and_deactivate, EOImode::drop}) {
        SCOPED_TRACE(static_cast<int>(mode));
        Forwarded guest(mode);
        guest.source.assert_level(true);
        EXPECT_EQ(guest.acknowledge(), intid);
        guest.source.assert_level(true);
        EXPECT_FALSE(Guest::pending(guest.one)) << "its active state stands for the line";
        EXPECT_EQ(line_levels(guest.gic, VcpuIndex{0}, Intid{32}), bit) << "which a VMM sees";
        guest.EOIR(intid);
        EXPECT_EQ(guest.source.deactivations, mode == EOImode::drop ? 0U : 1U);
        guest.DIR(intid);
        EXPECT_EQ(guest.source.deactivations, 1U);
        EXPECT_TRUE(guest.lines.high()) << "still asserted";
        EXPECT_EQ(guest.acknowledge(), intid);
        guest.source.assert_level(false);
        EXPECT_EQ(line_levels(guest.gic, VcpuIndex{0}, Intid{32}), 0U);
        guest.EOIR(intid);
        guest.DIR(intid);
        EXPECT_EQ(guest.source.deactivations, 2U);
        EXPECT_FALSE(guest.lines.high());
    }
}

TEST(PhysicalIrq, IsToldOfADeactivationByAnotherVcpu) {
    Forwarded guest(EOImode::drop, 2);
    guest.source.assert_level(true);
    EXPECT_EQ(guest.acknowledge(0), intid);
    guest.EOIR(intid, 0);
    guest.DIR(intid, 1);
    EXPECT_EQ(guest.source.deactivations, 1U);
    EXPECT_TRUE(guest.lines.high(0));
}

TEST(PhysicalIrq, IsNotToldOfAnEndThatEndsNothing) {
    Forwarded guest;
    guest.EOIR(intid);
    guest.source.assert_level(true);
    guest.EOIR(intid);
    guest.DIR(intid);
    EXPECT_EQ(guest.source.deactivations, 0U);
    EXPECT_TRUE(guest.lines.high());
}

TEST(PhysicalIrq, AnAssertionWhileItIsDisabledIsNotLost) {
    Forwarded guest;
    guest.store(ICENABLER, bit);
    guest.source.assert_level(true);
    EXPECT_FALSE(guest.lines.high());
    guest.store(ISENABLER, bit);
    EXPECT_TRUE(guest.lines.high());
    guest.store(ICENABLER, bit);
    EXPECT_FALSE(guest.lines.high());
    guest.source.assert_level(false);
    guest.store(ISENABLER, bit);
    EXPECT_FALSE(guest.lines.high());
}

TEST(PhysicalIrq, PendingOfTheGuestIsTheLevelAndItsLatchABitBeside) {
    Forwarded guest;
    guest.store(ISPENDR, bit);
    EXPECT_EQ(guest.load(ISPENDR), 0U);
    EXPECT_TRUE(guest.source.active()) << "the device does not interfere";
    EXPECT_EQ(guest.acknowledge(), intid);
    EXPECT_EQ(guest.acknowledge(), no_interrupt);
    guest.EOIR(intid);
    EXPECT_FALSE(guest.lines.high()) << "once";
    guest.source.assert_level(true);
    EXPECT_EQ(guest.load(ISPENDR), bit);
    guest.store(ICPENDR, bit);
    EXPECT_EQ(guest.load(ISPENDR), bit);
    EXPECT_TRUE(guest.lines.high());
    EXPECT_EQ(guest.acknowledge(), intid);
    EXPECT_EQ(guest.load(ISPENDR), bit) << "also while it is active";
    guest.source.assert_level(false);
    EXPECT_EQ(guest.load(ISPENDR), 0U);
}

TEST(PhysicalIrq, ActiveIsChangedOnBothSides) {
    Forwarded guest;
    guest.store(ISACTIVER, bit);
    EXPECT_TRUE(guest.source.active());
    guest.source.assert_level(true);
    EXPECT_FALSE(guest.lines.high());
    guest.store(ICACTIVER, bit);
    EXPECT_FALSE(guest.source.active());
    EXPECT_TRUE(guest.lines.high());
    guest.store(ISACTIVER, bit); // the line being up
    EXPECT_FALSE(guest.lines.high());
    guest.store(ICACTIVER, bit);
    EXPECT_TRUE(guest.lines.high());
    EXPECT_EQ(guest.acknowledge(), intid);
    guest.store(ICACTIVER, bit);
    guest.EOIR(intid); // which drops the priority, and finds nothing to deactivate
    EXPECT_TRUE(guest.lines.high());
    EXPECT_EQ(guest.source.deactivations, 0U);
}

TEST(PhysicalIrq, IsNotMadeActiveFromOutside) {
    Forwarded guest;
    ASSERT_TRUE(guest.distributor.write_outside(ISACTIVER + 4, bit));
    EXPECT_FALSE(Guest::active(guest.one));
    guest.source.assert_level(true);
    EXPECT_EQ(guest.acknowledge(), intid);
    ASSERT_TRUE(guest.distributor.write_outside(ICACTIVER + 4, bit));
    EXPECT_TRUE(Guest::active(guest.one));
}

TEST(PhysicalIrq, IsMappedOnceAndWithTheLevelThatTheSourceHas) {
    Guest guest;
    auto& one = guest.enabled(intid);
    Source first(one), second(one);
    first.assert_level(true);
    EXPECT_FALSE(guest.lines.high());
    EXPECT_TRUE(Gic::map(one, first));
    EXPECT_TRUE(guest.lines.high());
    EXPECT_FALSE(Gic::map(one, second));
    guest.gic.unmap(one);
    EXPECT_FALSE(guest.lines.high()) << "nothing pends";
    EXPECT_TRUE(Gic::map(one, second));
    first.assert_level(true);
    EXPECT_FALSE(guest.lines.high());
}

TEST(PhysicalIrq, UnmappedWhileActiveNothingIsStuck) {
    Forwarded guest;
    guest.source.assert_level(true);
    EXPECT_EQ(guest.acknowledge(), intid);
    guest.source.set_active(true); // as the host keeps it
    guest.gic.unmap(guest.one);
    EXPECT_FALSE(guest.source.active());
    EXPECT_TRUE(Guest::active(guest.one)) << "which ends as usual";
    guest.EOIR(intid);
    EXPECT_EQ(guest.source.deactivations, 0U);
    EXPECT_FALSE(Guest::active(guest.one));
    Gic::raise(guest.one);
    EXPECT_EQ(guest.acknowledge(), intid) << "an ordinary one again";
    Gic::lower(guest.one);
    EXPECT_TRUE(Gic::map(guest.one, guest.source)); // while it is active
    EXPECT_FALSE(guest.lines.high());
    guest.EOIR(intid);
    EXPECT_EQ(guest.source.deactivations, 1U);
    EXPECT_TRUE(guest.lines.high());
    EXPECT_EQ(guest.acknowledge(), intid);
}

TEST(PhysicalIrq, AsAnEdgeAgainstItsWiringHarmsNobody) {
    Forwarded guest;
    guest.distributor.write(0, 0xC00 + intid / 16 * 4, virt::Width::b4, 2U << intid % 16 * 2);
    guest.source.assert_level(true);
    EXPECT_EQ(guest.acknowledge(), intid);
    guest.source.assert_level(false);
    guest.EOIR(intid);
    EXPECT_FALSE(guest.lines.high());
    EXPECT_EQ(guest.source.deactivations, 1U);
}

// A device that goes while its interrupt ends.
TEST(PhysicalIrq, NobodyCallsASourceThatIsUnmapped) {
    Guest guest;
    auto& one = guest.enabled(intid);
    std::atomic<bool> done = false;
    std::thread vcpu([&] {
        while (!done)
            if (guest.lines.high() && guest.acknowledge() == intid)
                guest.EOIR(intid);
            else
                std::this_thread::yield();
    });
    for (int n = 0; n < 100; ++n) {
        std::optional<Source> source(one);
        EXPECT_TRUE(Gic::map(one, *source));
        source->assert_level(true);
        while (source->deactivations == 0)
            std::this_thread::yield();
        guest.gic.unmap(one);
        source.reset(); // ASan and TSan see a call that comes now
    }
    done = true;
    vcpu.join();
}

} // namespace
} // namespace arm64::gic

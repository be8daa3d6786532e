// SPDX-License-Identifier: Apache-2.0
// A device as VFIO shows its INTx: asserted by one eventfd, which masks it, and unmasked by another.
#include "arch-arm64/gic/eventfd_source.hpp"

#include "arch-arm64/gic/distributor.hpp"
#include "tests/arch-arm64/gic/guest.hpp"
#include "tests/virt/running_loop.hpp"
#include "virt/fd.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>

namespace arm64::gic {
namespace {

constexpr std::uint32_t intid = 40;
constexpr virt::Gpa ISENABLER1 = 0x104, ICENABLER1 = 0x184, ISACTIVER1 = 0x304, ICACTIVER1 = 0x384;
constexpr std::uint64_t bit = 1U << (intid - 32);

/// The host's half, by the rules of vfio_pci_intx: it fires if it is asserted and not masked, and is masked then.
class Device {
public:
    void assert_level(bool high) {
        level_ = high;
        fire();
    }
    /// Takes the unmask events that came; their number.
    std::uint64_t unmasked() {
        std::uint64_t count = 0;
        if (::read(unmask.get(), &count, sizeof count) < 0)
            return 0;
        masked_ = false;
        fire();
        return count;
    }

    virt::Fd trigger{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    virt::Fd unmask{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};

private:
    void fire() {
        if (!level_ || masked_)
            return;
        masked_ = true;
        const std::uint64_t one = 1;
        EXPECT_EQ(::write(trigger.get(), &one, sizeof one), 8);
    }
    bool level_ = false;
    bool masked_ = false;
};

struct EventfdSourceTest : testing::TestWithParam<EOImode> {
    EventfdSourceTest() : guest(GetParam()), one(guest.enabled(intid)) { distributor.place(0); }
    void SetUp() override { ASSERT_EQ(loop.start(virt::EventLoop::Backend::best), std::nullopt); }

    std::unique_ptr<EventfdSource> map() {
        auto source = EventfdSource::map(guest.gic, one, loop.get(), device.trigger.get(), device.unmask.get());
        EXPECT_TRUE(source);
        return source ? *std::move(source) : nullptr;
    }
    /// Until the loop has seen what was signalled so far, or has nothing to see.
    void settle() {
        for (int turn = 0; turn < 3; ++turn)
            loop.get().call([] {});
    }
    void arrives() {
        virt::eventually([&] { return guest.lines.high(); });
    }
    /// Priority drop and deactivation, as the mode wants it.
    void deactivate() {
        guest.EOIR(intid);
        if (GetParam() == EOImode::drop) {
            EXPECT_EQ(device.unmasked(), 0U) << "not before DIR";
            guest.DIR(intid);
        }
    }
    void store(virt::Gpa offset, std::uint64_t value) {
        EXPECT_TRUE(distributor.write(0, offset, virt::Width::b4, value));
    }

    Guest guest;
    Interrupt& one;
    Distributor distributor{guest.gic};
    Device device;
    virt::RunningLoop loop;
};

TEST_P(EventfdSourceTest, IsArmedAgainOnceByEachDeactivation) {
    const auto source = map();
    device.assert_level(true);
    for (int n = 0; n < 3; ++n) {
        arrives();
        EXPECT_TRUE(source->level());
        EXPECT_EQ(guest.acknowledge(), intid);
        EXPECT_TRUE(source->active());
        EXPECT_EQ(device.unmasked(), 0U) << "not by the acknowledge";
        deactivate();
        EXPECT_FALSE(source->level());
        EXPECT_FALSE(source->active());
        EXPECT_EQ(device.unmasked(), 1U) << "and it fires again, its line being up";
    }
    arrives();
    EXPECT_EQ(guest.acknowledge(), intid);
    device.assert_level(false);
    deactivate();
    EXPECT_EQ(device.unmasked(), 1U);
    settle();
    EXPECT_FALSE(guest.lines.high());
    guest.EOIR(intid); // of nothing
    guest.DIR(intid);
    EXPECT_EQ(device.unmasked(), 0U);
}

TEST_P(EventfdSourceTest, AnAssertionWhileItIsMaskedInTheGuestIsNotLost) {
    const auto source = map();
    store(ICENABLER1, bit);
    device.assert_level(true);
    virt::eventually([&] { return source->level(); });
    settle();
    EXPECT_FALSE(guest.lines.high());
    EXPECT_EQ(device.unmasked(), 0U);
    store(ISENABLER1, bit);
    arrives();
    EXPECT_EQ(guest.acknowledge(), intid);
    deactivate();
    EXPECT_EQ(device.unmasked(), 1U);

    arrives();
    guest.gic.set_forwarding(false);
    EXPECT_FALSE(guest.lines.high());
    guest.gic.set_forwarding(true);
    store(ISENABLER1, bit);
    EXPECT_TRUE(guest.lines.high());
    EXPECT_EQ(device.unmasked(), 0U);
}

TEST_P(EventfdSourceTest, AnAssertionWhileItIsActiveComesAtItsEnd) {
    const auto source = map();
    store(ISACTIVER1, bit); // without an assertion
    EXPECT_TRUE(source->active()) << "seen at the host";
    device.assert_level(true);
    virt::eventually([&] { return source->level(); });
    settle();
    EXPECT_FALSE(guest.lines.high());
    store(ICACTIVER1, bit);
    device.unmasked();
    arrives();
    EXPECT_EQ(guest.acknowledge(), intid);
    store(ICACTIVER1, bit); // ends it as a deactivation does
    EXPECT_FALSE(source->active());
    EXPECT_EQ(device.unmasked(), 1U);
    guest.EOIR(intid); // the priority
    arrives();
}

TEST_P(EventfdSourceTest, AnAssertionThatWaitsOutlivesSetAndClearActive) {
    const auto source = map();
    device.assert_level(true);
    arrives();
    store(ISACTIVER1, bit);
    EXPECT_FALSE(guest.lines.high());
    store(ICACTIVER1, bit);
    EXPECT_TRUE(guest.lines.high());
    EXPECT_EQ(device.unmasked(), 0U);
    EXPECT_EQ(guest.acknowledge(), intid);
    deactivate();
    EXPECT_EQ(device.unmasked(), 1U);
}

TEST_P(EventfdSourceTest, ActiveIsWritableFromTheHostsSide) {
    const auto source = map();
    source->set_active(true);
    EXPECT_TRUE(source->active());
    EXPECT_FALSE(Guest::active(one)) << "the guest's is its own";
    source->set_active(false);
    EXPECT_FALSE(source->active());
    EXPECT_EQ(device.unmasked(), 1U);
    device.assert_level(true);
    arrives();
    EXPECT_EQ(guest.acknowledge(), intid);
    source->set_active(false); // by force, while the guest handles it
    EXPECT_EQ(device.unmasked(), 1U);
    virt::eventually([&] { return source->level(); });
    settle();
    EXPECT_FALSE(guest.lines.high()) << "never pending and active";
    deactivate();
    EXPECT_EQ(device.unmasked(), 1U);
    arrives();
}

TEST_P(EventfdSourceTest, UnmappedWhileActiveNothingIsStuck) {
    auto source = map();
    device.assert_level(true);
    arrives();
    EXPECT_EQ(guest.acknowledge(), intid);
    source.reset();
    EXPECT_EQ(device.unmasked(), 1U) << "armed, and fires to whoever listens next";
    deactivate();
    EXPECT_EQ(device.unmasked(), 0U);
    EXPECT_FALSE(guest.lines.high());
    Gic::raise(one);
    EXPECT_EQ(guest.acknowledge(), intid) << "an ordinary interrupt again";
    Gic::lower(one);
    deactivate();

    source = map(); // what was signalled meanwhile is there
    arrives();
    EXPECT_EQ(guest.acknowledge(), intid);
    deactivate();
    EXPECT_EQ(device.unmasked(), 1U);
}

TEST_P(EventfdSourceTest, UnmappedWhileItPendsNothingPendsAndTheDeviceIsArmed) {
    auto source = map();
    device.assert_level(true);
    arrives();
    source.reset();
    EXPECT_FALSE(guest.lines.high());
    EXPECT_EQ(device.unmasked(), 1U);
}

TEST_P(EventfdSourceTest, RefusesWhatItCannotForward) {
    const auto wrong = [&](int trigger, int unmask) {
        return EventfdSource::map(guest.gic, one, loop.get(), trigger, unmask).error().code;
    };
    const virt::Fd closed;
    EXPECT_EQ(wrong(closed.get(), device.unmask.get()), EBADF);
    EXPECT_EQ(wrong(device.trigger.get(), closed.get()), EBADF);
    EXPECT_EQ(wrong(0, device.unmask.get()), EINVAL);
    const auto source = map();
    const Device other;
    EXPECT_EQ(wrong(other.trigger.get(), other.unmask.get()), EBUSY);
    device.assert_level(true);
    arrives(); // the first one is untouched
    EXPECT_EQ(device.unmasked(), 0U);
}

// The loop asserts while a vCPU acknowledges and deactivates: every assertion is taken, and none twice.
TEST_P(EventfdSourceTest, ThousandsInARow) {
    const auto source = map();
    device.assert_level(true);
    for (int n = 0; n < 1000; ++n) {
        ASSERT_NO_FATAL_FAILURE(arrives()) << n;
        ASSERT_EQ(guest.acknowledge(), intid);
        ASSERT_EQ(guest.acknowledge(), no_interrupt);
        guest.EOIR(intid);
        guest.DIR(intid);
        ASSERT_EQ(device.unmasked(), 1U);
    }
}

INSTANTIATE_TEST_SUITE_P(BothModes, EventfdSourceTest, testing::Values(EOImode::drop_and_deactivate, EOImode::drop),
                         [](const auto& mode) { return mode.param == EOImode::drop ? "EOImode1" : "EOImode0"; });

} // namespace
} // namespace arm64::gic

// SPDX-License-Identifier: Apache-2.0
// Every way to make an interrupt pend, for every kind of interrupt, makes it taken exactly once. Source:
// Documentation/virt/kvm/api.rst, 4.25, 4.75; devices/arm-vgic-v3.rst; after tools/testing/selftests/kvm, vgic_irq.
#include "tests/conformance/event.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"

#include <gtest/gtest.h>

#include <linux/kvm.h>

#include <cerrno>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
constexpr EOImode modes[] = {EOImode::drop_and_deactivate, EOImode::drop};
constexpr Trigger triggers[] = {Trigger::level, Trigger::edge};
constexpr std::uint32_t first_spi = 40, last_spi = 127;

constexpr bool is_private(std::uint32_t intid) { return intid < 32; }
virt::Gpa register_of(std::uint64_t gicd_array, std::uint32_t intid) {
    return is_private(intid) ? layout::gicr(0) + 0x1'0000 + gicd_array : layout::GICD + word_of(gicd_array, intid);
}

/// A machine with one vCPU that takes, and handles to the end, whatever comes; the line falls in the handler.
struct Fixture : Machine {
    Fixture(Trigger trigger, EOImode mode) : Machine(Bricks{}), guest(puppet()) {
        guest.run(open_gic(mode) + enable_spi(first_spi, trigger) + enable_spi(last_spi, trigger) +
                  enable_private(0, 3) + enable_private(0, 20));
        guest.set_handler(mode == EOImode::drop ? Handler::eoi_dir : Handler::eoi);
    }

    virt::expected<void> lower(std::uint32_t intid) {
        return is_private(intid) ? set_ppi(intid, 0, false) : set_spi(intid, false);
    }
    /// It is taken once, and leaves nothing behind.
    void expect_taken(std::uint32_t intid) {
        EXPECT_EQ(guest.poll(), Intids{intid});
        EXPECT_EQ(guest.poll(), Intids{});
        const auto seen =
            guest.run({load32(register_of(GICD_ISPENDR, intid)), load32(register_of(GICD_ISACTIVER, intid)),
                       mrs(ICC_AP1R0_EL1), mrs(ICC_IAR1_EL1)});
        EXPECT_VALUE(0, seen[0].value & bit_of(intid)) << intid;
        EXPECT_VALUE(0, seen[1].value & bit_of(intid)) << intid;
        EXPECT_VALUE(0, seen[2].value) << intid;
        EXPECT_VALUE(1023, seen[3].value) << intid;
    }
    Puppet& guest;
};

TEST(Injection, ByIrqLine) {
    for (const auto mode : modes)
        for (const auto trigger : triggers) {
            Fixture machine(trigger, mode);
            machine.guest.on_interrupt([&](std::uint32_t intid) { EXPECT_OK(machine.lower(intid)); });
            for (const auto intid : {20U, first_spi, last_spi}) {
                EXPECT_OK(is_private(intid) ? machine.set_ppi(intid, 0, true) : machine.set_spi(intid, true));
                machine.expect_taken(intid);
            }
        }
}

TEST(Injection, ByIrqfd) {
    for (const auto mode : modes)
        for (const auto trigger : triggers) {
            Fixture machine(trigger, mode);
            machine.guest.on_interrupt([&](std::uint32_t intid) { EXPECT_OK(machine.lower(intid)); });
            for (const auto intid : {first_spi, last_spi}) {
                Event event;
                ASSERT_OK(machine.vm().assign(virt::Irqfd{event.fd(), virt::Gsi{intid - 32}}));
                event.signal();
                machine.settle();
                event.close(); // what was written is injected by now
                machine.expect_taken(intid);
            }
        }
}

TEST(Injection, BySetPendingOfTheGuest) {
    for (const auto mode : modes)
        for (const auto trigger : triggers) {
            Fixture machine(trigger, mode);
            for (const auto intid : {3U, 20U, first_spi, last_spi}) {
                machine.guest.store32(register_of(GICD_ISPENDR, intid), bit_of(intid));
                machine.expect_taken(intid);
            }
        }
}

TEST(Injection, BySetPendingFromOutside) {
    for (const auto mode : modes)
        for (const auto trigger : triggers) {
            Fixture machine(trigger, mode);
            for (const auto intid : {3U, 20U, first_spi, last_spi}) {
                EXPECT_OK(is_private(intid) ? machine.set_gicr(0, GICR_ISPENDR0, bit_of(intid))
                                            : machine.set_gicd(word_of(GICD_ISPENDR, intid), bit_of(intid)));
                machine.expect_taken(intid);
            }
        }
}

TEST(Injection, ByLevelInfo) {
    for (const auto mode : modes) {
        Fixture machine(Trigger::level, mode);
        machine.guest.on_interrupt([&](std::uint32_t intid) { EXPECT_OK(machine.lower(intid)); });
        for (const auto intid : {20U, first_spi, last_spi}) {
            EXPECT_OK(machine.set_line_level(intid / 32 * 32, bit_of(intid)));
            machine.expect_taken(intid);
        }
    }
}

TEST(Injection, BySgiRegister) {
    for (const auto mode : modes) {
        Fixture machine(Trigger::edge, mode);
        machine.guest.msr(ICC_SGI1R_EL1, 3ULL << 24 | 1);
        machine.expect_taken(3);
    }
}

TEST(Injection, OfAllAtOnceTakesAllOnce) {
    for (const auto trigger : triggers) {
        Fixture machine(trigger, EOImode::drop_and_deactivate);
        machine.guest.on_interrupt([&](std::uint32_t intid) {
            if (intid != 3) {
                EXPECT_OK(machine.lower(intid));
            }
        });
        machine.guest.run(enable_spi(50, trigger, 0, 0x10) + enable_spi(60, trigger, 0, 0x20) +
                          enable_spi(70, trigger, 0, 0x30) + enable_private(0, 3, 0x40) + enable_private(0, 20, 0x50));
        for (const auto intid : {70U, 60U, 50U})
            EXPECT_OK(machine.set_spi(intid, true));
        EXPECT_OK(machine.set_ppi(20, 0, true));
        machine.guest.msr(ICC_SGI1R_EL1, 3ULL << 24 | 1);
        EXPECT_EQ(machine.guest.take(5), (Intids{50, 60, 70, 3, 20}));
        EXPECT_EQ(machine.guest.poll(), Intids{});
    }
}

TEST(Injection, InAHandlerPreemptsFourDeep) {
    for (const auto mode : modes)
        for (const auto trigger : triggers) {
            Fixture machine(trigger, mode);
            for (unsigned n = 0; n < 4; ++n)
                machine.guest.run(enable_spi(50 + n, trigger, 0, static_cast<std::uint8_t>(0x80 - 0x10 * n)));
            machine.guest.set_handler(Handler::acknowledge);
            Intids taken;
            for (unsigned n = 0; n < 4; ++n) {
                EXPECT_OK(machine.set_spi(50 + n, true));
                EXPECT_EQ(machine.guest.poll(), Intids{50 + n});
                EXPECT_OK(machine.set_spi(50 + n, false));
            }
            for (unsigned n = 4; n-- > 0;)
                machine.guest.run(mode == EOImode::drop ? List{msr(ICC_EOIR1_EL1, 50 + n), msr(ICC_DIR_EL1, 50 + n)}
                                                        : List{msr(ICC_EOIR1_EL1, 50 + n)});
            EXPECT_VALUE(0, machine.guest.mrs(ICC_AP1R0_EL1));
            EXPECT_VALUE(0, machine.gicd(word_of(GICD_ISACTIVER, 50)));
            EXPECT_EQ(machine.guest.poll(), Intids{});
        }
}

// As the guest itself puts the active state back: GICD_ISACTIVER, then the active priorities.
TEST(Injection, RestoredActiveInterruptsEndInTheirOrder) {
    for (const auto trigger : triggers) {
        Fixture machine(trigger, EOImode::drop_and_deactivate);
        const auto least = machine.guest.run({msr(ICC_BPR0_EL1, 0), mrs(ICC_BPR0_EL1)})[1].value;
        std::uint64_t active = 0;
        for (unsigned n = 0; n < 4; ++n) {
            const auto priority = static_cast<std::uint8_t>(0x38 - 8 * n);
            machine.guest.run(enable_spi(50 + n, trigger, 0, priority));
            active |= std::uint64_t{1} << (priority >> (least + 1));
        }
        machine.guest.run(
            {store32(layout::GICD + word_of(GICD_ISACTIVER, 50), 0xF * bit_of(50)), msr(ICC_AP1R0_EL1, active)});
        for (unsigned n = 4; n-- > 0;) {
            EXPECT_VALUE(0x38 - 8 * n, machine.guest.mrs(ICC_RPR_EL1));
            machine.guest.msr(ICC_EOIR1_EL1, 50 + n);
            EXPECT_VALUE((bit_of(50) << n) - bit_of(50), machine.gicd(word_of(GICD_ISACTIVER, 50)));
        }
        EXPECT_VALUE(0xFF, machine.guest.mrs(ICC_RPR_EL1));
        EXPECT_EQ(machine.guest.poll(), Intids{});
    }
}

constexpr std::uint32_t not_spis[] = {128, 1020, 1023, 1024, 1120, 5120, 0xFFFF};

TEST(Injection, ByIrqLineNeedsAnImplementedSpi) {
    Machine machine(Bricks{});
    for (const bool level : {false, true}) {
        for (const auto intid : not_spis)
            EXPECT_ERRNO(EINVAL, machine.set_spi(intid, level)) << intid;
        for (const auto intid : {0U, 15U, 16U, 31U})
            EXPECT_ERRNO(EINVAL, machine.set_spi(intid, level)) << intid;
    }
    EXPECT_OK(machine.set_spi(32, true));
    EXPECT_OK(machine.set_spi(127, true));
}

TEST(Injection, ByIrqLineNeedsAPpiOfAVcpu) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    for (const auto intid : {0U, 15U, 32U, 40U, 0xFFFFU})
        EXPECT_ERRNO(EINVAL, machine.set_ppi(intid, 0, true)) << intid;
    for (const auto vcpu : {2U, 255U, 256U, 4095U})
        EXPECT_ERRNO(EINVAL, machine.set_ppi(20, vcpu, true)) << vcpu;
    EXPECT_OK(machine.set_ppi(16, 0, true));
    EXPECT_OK(machine.set_ppi(31, 1, true));
}

TEST(Injection, ByIrqLineNeedsAnInitialisedGic) {
    Machine machine;
    ASSERT_OK(machine.create_vcpu(0));
    ASSERT_OK(machine.init_vcpu(0));
    EXPECT_ERRNO(ENXIO, machine.set_spi(40, true));
    EXPECT_ERRNO(ENXIO, machine.set_ppi(20, 0, true));
    ASSERT_OK(machine.create_gic());
    EXPECT_ERRNO(EBUSY, machine.set_spi(40, true));
    EXPECT_ERRNO(EBUSY, machine.set_ppi(20, 0, true));
}

TEST(Injection, ARouteNeedsAPinNotAnSpi) {
    Machine machine(Bricks{});
    for (const auto intid : not_spis) {
        const auto pin = intid - 32;
        if (pin >= 988)
            EXPECT_ERRNO(EINVAL, machine.set_routes({{0, virt::Pin{pin}}})) << intid;
        else
            EXPECT_OK(machine.set_routes({{0, virt::Pin{pin}}})) << intid;
    }
}

TEST(Injection, ByIrqfdOfWhatIsNoSpiIsNothing) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(first_spi, Trigger::edge));
    for (const auto pin : {96U, 987U}) {
        ASSERT_OK(machine.set_routes({{0, virt::Pin{pin}}}));
        Event event;
        ASSERT_OK(machine.vm().assign(virt::Irqfd{event.fd(), virt::Gsi{0}}));
        event.signal();
        machine.settle();
        EXPECT_EQ(event.count(), 0U); // consumed all the same
        EXPECT_EQ(guest.poll(), Intids{});
    }
    EXPECT_OK(machine.set_spi(first_spi, true));
    EXPECT_EQ(guest.take(), Intids{first_spi});
}

TEST(Injection, OfALevelInterruptByEdgesOfItsLineIsTakenWhileItIsHigh) {
    Fixture machine(Trigger::level, EOImode::drop);
    machine.guest.on_interrupt([&](std::uint32_t intid) {
        EXPECT_OK(machine.set_spi(intid, false));
        EXPECT_OK(machine.set_spi(intid, true)); // still the same level
        EXPECT_OK(machine.set_spi(intid, false));
    });
    EXPECT_OK(machine.set_spi(first_spi, true));
    machine.expect_taken(first_spi);
}

} // namespace
} // namespace conformance

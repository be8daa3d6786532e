// SPDX-License-Identifier: Apache-2.0
// KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO: lines, read and set 32 at a time. Source:
// Documentation/virt/kvm/devices/arm-vgic-v3.rst.
#include "arch-arm64/vgic_attributes.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
namespace attr = arm64::attr;

TEST(LevelInfo, ShowsLinesOfLevelInterrupts) {
    Machine machine(Bricks{});
    EXPECT_OK(machine.set_gicd(icfgr_of(32), 0xAAAA'AAA8)); // 32 alone is level-sensitive
    for (const auto intid : {32U, 33U, 63U})
        EXPECT_OK(machine.set_spi(intid, true));
    EXPECT_VALUE(1, machine.line_level(32));
    EXPECT_VALUE(bit_of(33) | bit_of(63), machine.gicd(GICD_ISPENDR + 4)); // those latched
    EXPECT_OK(machine.set_spi(32, false));
    EXPECT_VALUE(0, machine.line_level(32));
}

TEST(LevelInfo, DoesNotShowTheLatch) {
    Machine machine(Bricks{});
    EXPECT_OK(machine.set_gicd(icfgr_of(32), 0));
    EXPECT_OK(machine.set_gicd(GICD_ISPENDR + 4, 0xFF));
    EXPECT_VALUE(0, machine.line_level(32));
}

TEST(LevelInfo, ARaisedLineIsDelivered) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, Trigger::level) + enable_spi(95, Trigger::level));
    EXPECT_OK(machine.set_line_level(32, bit_of(40)));
    EXPECT_VALUE(bit_of(40), machine.line_level(32));
    EXPECT_EQ(guest.take(2), (Intids{40, 40}));
    EXPECT_OK(machine.set_line_level(32, 0));
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_OK(machine.set_line_level(64, bit_of(95)));
    EXPECT_EQ(guest.take(), Intids{95});
}

TEST(LevelInfo, AssignsAll32) {
    Machine machine(Bricks{});
    EXPECT_OK(machine.set_gicd(icfgr_of(32), 0));
    EXPECT_OK(machine.set_gicd(icfgr_of(48), 0));
    EXPECT_OK(machine.set_line_level(32, 0xF000'000F));
    EXPECT_OK(machine.set_line_level(32, 0x1000'00F1));
    EXPECT_VALUE(0x1000'00F1, machine.line_level(32));
    EXPECT_VALUE(0, machine.line_level(64));
}

TEST(LevelInfo, SetsLinesWhateverTheConfiguration) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, Trigger::edge));
    EXPECT_OK(machine.set_line_level(32, bit_of(40)));
    EXPECT_VALUE(0, machine.line_level(32));
    EXPECT_EQ(guest.poll(), Intids{}); // a line is no edge
    guest.run(store32(layout::GICD + icfgr_of(40), 0));
    EXPECT_VALUE(bit_of(40), machine.line_level(32));
    EXPECT_EQ(guest.poll(), Intids{}); // a new configuration is no event
    guest.run(store32(layout::GICD + word_of(GICD_ISENABLER, 40), bit_of(40)));
    EXPECT_EQ(guest.take(), Intids{40});
}

TEST(LevelInfo, PpisHaveLinesSgisHaveNone) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    EXPECT_OK(machine.set_ppi(20, 1, true));
    EXPECT_VALUE(0, machine.line_level(0, 0));
    EXPECT_VALUE(1 << 20, machine.line_level(0, 1));
    EXPECT_OK(machine.set_line_level(0, 0x0001'FFFF, 0));
    EXPECT_VALUE(0x0001'0000, machine.line_level(0, 0));
    EXPECT_VALUE(1 << 20, machine.line_level(0, 1));
    EXPECT_VALUE(0, machine.gicr(0, GICR_ISPENDR0));
    EXPECT_VALUE(0x0001'0000, machine.puppet().load32(layout::gicr(0) + GICR_ISPENDR0)); // no SGI pends
}

TEST(LevelInfo, InterruptsThatAreNotImplementedAreZero) {
    Machine machine(Bricks{}); // 128
    for (const auto intid : {128U, 512U, 992U}) {
        EXPECT_OK(machine.set_line_level(intid, 0xFFFF'FFFF)) << intid;
        EXPECT_VALUE(0, machine.line_level(intid)) << intid;
    }
}

TEST(LevelInfo, AttributesOutOfTheirFieldsAreInvalid) {
    Machine machine(Bricks{});
    for (const std::uint64_t wrong : {33U, 32U | 1U << 10, 32U | 1U << 31, 16U}) {
        EXPECT_ERRNO(EINVAL, machine.gic().get_number<std::uint32_t>(attr::GRP_LEVEL_INFO, wrong)) << wrong;
        EXPECT_ERRNO(EINVAL, machine.gic().set_number<std::uint32_t>(attr::GRP_LEVEL_INFO, wrong, 0)) << wrong;
    }
    EXPECT_ERRNO(EINVAL, machine.gic().get_number<std::uint32_t>(attr::GRP_LEVEL_INFO, std::uint64_t{7} << 32));
    EXPECT_TRUE(machine.gic().has_attr(attr::GRP_LEVEL_INFO, 32));
    EXPECT_FALSE(machine.gic().has_attr(attr::GRP_LEVEL_INFO, 32 | 1 << 10));
}

TEST(LevelInfo, IsBusyBeforeInitialisation) {
    Machine machine;
    ASSERT_OK(machine.create_vcpu(0));
    ASSERT_OK(machine.init_vcpu(0));
    ASSERT_OK(machine.create_gic());
    EXPECT_ERRNO(EBUSY, machine.line_level(32));
    EXPECT_ERRNO(EBUSY, machine.set_line_level(32, 1));
}

} // namespace
} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/soft/firmware.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace arm64::soft {
namespace {

constexpr virt::RegisterId version{0x6030'0000'0014'0000}, workaround_1{0x6030'0000'0014'0001},
    workaround_2{0x6030'0000'0014'0002}, workaround_3{0x6030'0000'0014'0003}, vendor{0x6030'0000'0016'0002},
    other{0x6030'0000'0016'0003};

int set(Firmware& firmware, virt::RegisterId id, std::uint64_t value) {
    const auto result = firmware.set(id, value);
    return result ? 0 : result.error().code;
}

TEST(Firmware, EveryRegisterOfTheListIsReadAndTakesWhatItHas) {
    Firmware firmware;
    firmware.settle(true);
    for (const auto id : Firmware::registers()) {
        const auto value = firmware.get(id);
        ASSERT_TRUE(value) << std::hex << id.value;
        EXPECT_EQ(set(firmware, id, *value), 0) << std::hex << id.value;
    }
    EXPECT_FALSE(firmware.get(other));
    EXPECT_EQ(set(firmware, other, 0), ENOENT);
}

TEST(Firmware, TheVersionOfPsciFollowsTheFeature) {
    Firmware old;
    old.settle(false);
    EXPECT_EQ(old.get(version), Firmware::PSCI_0_1);
    EXPECT_EQ(set(old, version, Firmware::PSCI_1_1), EINVAL);
    Firmware firmware;
    firmware.settle(true);
    EXPECT_EQ(firmware.get(version), Firmware::PSCI_1_1);
    for (const auto earlier : {Firmware::PSCI_1_0, Firmware::PSCI_0_2}) {
        EXPECT_EQ(set(firmware, version, earlier), 0);
        EXPECT_EQ(firmware.psci_version(), earlier);
    }
    EXPECT_EQ(set(firmware, version, Firmware::PSCI_0_1), EINVAL);
}

TEST(Firmware, WorkaroundsMayBeLessThanUnneededAndNoMore) {
    Firmware firmware;
    for (const auto id : {workaround_1, workaround_3}) {
        EXPECT_EQ(set(firmware, id, 0), 0);
        EXPECT_EQ(set(firmware, id, 3), EINVAL);
    }
    EXPECT_EQ(set(firmware, workaround_2, 2 | 1U << 4), 0) << "available, enabled";
    EXPECT_EQ(set(firmware, workaround_2, 3 | 1U << 4), EINVAL);
    EXPECT_EQ(set(firmware, workaround_2, 4), EINVAL);
    EXPECT_EQ(firmware.get(workaround_2), 3U) << "whatever was written";
}

TEST(Firmware, ServicesGoAndComeUntilTheFirstRun) {
    Firmware firmware;
    EXPECT_EQ(set(firmware, vendor, 4), EINVAL);
    EXPECT_EQ(set(firmware, vendor, 1), 0);
    EXPECT_TRUE(firmware.offers(Firmware::Services::vendor_hypervisor, 0));
    EXPECT_FALSE(firmware.offers(Firmware::Services::vendor_hypervisor, 1));
    firmware.fix();
    EXPECT_EQ(set(firmware, vendor, 3), EBUSY);
    EXPECT_EQ(set(firmware, vendor, 1), 0);
}

} // namespace
} // namespace arm64::soft

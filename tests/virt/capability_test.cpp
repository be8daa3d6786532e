// SPDX-License-Identifier: Apache-2.0
// Hiding capabilities by name.
#include "virt/capability.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace virt {
namespace {

TEST(CapabilityMask, EmptyHidesNothing) {
    const auto mask = CapabilityMask::parse("");
    ASSERT_TRUE(mask);
    EXPECT_FALSE(mask->hides(Capability::irqfd));
    EXPECT_FALSE(mask->hides(DeviceType::vgic_its));
}

TEST(CapabilityMask, HidesWhatIsNamedAndNothingElse) {
    const auto mask = CapabilityMask::parse("its,msi-devid");
    ASSERT_TRUE(mask);
    EXPECT_TRUE(mask->hides(DeviceType::vgic_its));
    EXPECT_TRUE(mask->hides(Capability::msi_devid));
    EXPECT_FALSE(mask->hides(DeviceType::vgic_v3));
    EXPECT_FALSE(mask->hides(Capability::signal_msi));
}

TEST(CapabilityMask, NamesTheUnknownAndTheKnown) {
    const auto mask = CapabilityMask::parse("its,nonsense");
    ASSERT_FALSE(mask);
    EXPECT_EQ(mask.error().code, EINVAL);
    EXPECT_NE(mask.error().sentence().find("'nonsense'"), std::string::npos);
    EXPECT_NE(mask.error().sentence().find("signal-msi"), std::string::npos);
}

} // namespace
} // namespace virt

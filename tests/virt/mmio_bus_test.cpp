// SPDX-License-Identifier: Apache-2.0
// Who answers which address.
#include "virt/mmio_bus.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace virt {
namespace {

class Register final : public MmioDevice {
public:
    std::uint64_t read(std::uint64_t offset, Width) override { return 0x1122'3344'5566'7700 + offset; }
    void write(std::uint64_t offset, Width width, std::uint64_t value) override {
        last_offset = offset;
        last_width = width;
        last_value = value;
    }
    std::uint64_t last_offset = 0, last_value = 0;
    Width last_width{};
};

TEST(MmioBus, OverlapFailsWhicheverComesFirst) {
    MmioBus bus;
    Register device;
    ASSERT_TRUE(bus.add("a", 0x1000, 0x100, device));
    EXPECT_EQ(bus.add("b", 0x10FF, 1, device).error().code, EEXIST);
    EXPECT_EQ(bus.add("b", 0xF00, 0x101, device).error().code, EEXIST);
    EXPECT_EQ(bus.add("b", 0x1010, 4, device).error().code, EEXIST);
    EXPECT_EQ(bus.add("b", 0x0, 0x10000, device).error().code, EEXIST);
    EXPECT_EQ(bus.add("b", 0x2000, 0, device).error().code, EINVAL);
    EXPECT_EQ(bus.add("b", UINT64_MAX, 2, device).error().code, EINVAL);
    EXPECT_TRUE(bus.add("b", 0x1100, 1, device));
    EXPECT_TRUE(bus.add("c", 0xF00, 0x100, device));
    EXPECT_TRUE(bus.add("top", UINT64_MAX, 1, device));
}

TEST(MmioBus, OffsetsAndWidths) {
    MmioBus bus;
    Register device;
    ASSERT_TRUE(bus.add("a", 0x1000, 0x10, device));
    std::uint64_t value = 0;
    MmioBus::Hint hint;
    ASSERT_TRUE(bus.read(0x1004, Width::b2, value, hint));
    EXPECT_EQ(value & mask_of(Width::b2), 0x7704U);
    ASSERT_TRUE(bus.read(0x1008, Width::b8, value, hint));
    EXPECT_EQ(value, 0x1122'3344'5566'7708U);
    ASSERT_TRUE(bus.write(0x100C, Width::b4, 0xCCCC'DDDD, hint));
    EXPECT_EQ(device.last_offset, 0xCU);
    EXPECT_EQ(device.last_value, 0xCCCC'DDDDU);
    EXPECT_EQ(device.last_width, Width::b4);
}

TEST(MmioBus, NobodyAnswersOutsideNorAcrossTheEnd) {
    MmioBus bus;
    Register device;
    ASSERT_TRUE(bus.add("a", 0x1000, 0x10, device));
    std::uint64_t value = 0;
    MmioBus::Hint hint;
    EXPECT_FALSE(bus.read(0xFFF, Width::b1, value, hint));
    EXPECT_FALSE(bus.read(0x1010, Width::b1, value, hint));
    EXPECT_FALSE(bus.read(0x100C, Width::b8, value, hint));
    EXPECT_FALSE(bus.write(0xFFC, Width::b8, 0, hint));
}

TEST(MmioBus, HintsChangeNothing) {
    MmioBus bus;
    Register device;
    ASSERT_TRUE(bus.add("a", 0x1000, 0x10, device));
    ASSERT_TRUE(bus.add("b", 0x2000, 0x10, device));
    MmioBus::Hint hint;
    std::uint64_t value = 0;
    for (const Gpa address : {0x1004U, 0x1008U, 0x2004U, 0x1000U, 0x200FU}) {
        ASSERT_TRUE(bus.read(address, Width::b1, value, hint));
        EXPECT_EQ(value & mask_of(Width::b1), address & 0xF);
        EXPECT_FALSE(bus.read(0x1010, Width::b1, value, hint));
        EXPECT_FALSE(bus.read(0x200F, Width::b2, value, hint));
    }
}

} // namespace
} // namespace virt

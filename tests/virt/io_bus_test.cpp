// SPDX-License-Identifier: Apache-2.0
// Who is asked, and in which order.
#include "virt/io_bus.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

namespace virt {
namespace {

class Named final : public IoDevice {
public:
    Named(std::string name, bool takes, std::string& asked) : name_(std::move(name)), takes_(takes), asked_(asked) {}
    bool read(std::uint32_t, Gpa, Width, std::uint64_t& value) override { return value = 42, ask(); }
    bool write(std::uint32_t vcpu, Gpa, Width, std::uint64_t) override { return vcpu_ = vcpu, ask(); }
    std::uint32_t vcpu_ = 0;

private:
    bool ask() { return asked_ += name_, takes_; }
    std::string name_;
    bool takes_;
    std::string& asked_;
};

struct IoBusTest : testing::Test {
    std::string written(Gpa address, Width width) {
        asked.clear();
        const bool taken = bus.write(3, address, width, 0);
        return asked + (taken ? "" : "-");
    }
    IoBus bus;
    std::string asked;
    Named shy{"s", false, asked}, a{"a", true, asked}, b{"b", true, asked};
};

TEST_F(IoBusTest, NobodyIsAsked) {
    EXPECT_EQ(written(0, Width::b1), "-");
    ASSERT_TRUE(bus.add(0x1000, 0x10, a));
    EXPECT_EQ(written(0xFFF, Width::b1), "-");
    EXPECT_EQ(written(0xFFF, Width::b2), "-");
    EXPECT_EQ(written(0x100F, Width::b2), "-"); // across the end
    EXPECT_EQ(written(0x1010, Width::b1), "-");
    EXPECT_EQ(written(0x100F, Width::b1), "a");
    EXPECT_EQ(written(0x1008, Width::b8), "a");
    EXPECT_EQ(a.vcpu_, 3U);
    std::uint64_t value = 0;
    EXPECT_TRUE(bus.read(0, 0x1000, Width::b4, value));
    EXPECT_EQ(value, 42U);
}

TEST_F(IoBusTest, TheLowerBaseFirstThenWhoCameFirstUntilOneTakesIt) {
    ASSERT_TRUE(bus.add(0x1008, 8, b));
    ASSERT_TRUE(bus.add(0x1008, 8, a));
    EXPECT_EQ(written(0x1008, Width::b8), "b");
    ASSERT_TRUE(bus.add(0x1000, 0x1000, shy));
    EXPECT_EQ(written(0x1008, Width::b8), "sb");
    EXPECT_EQ(written(0x1010, Width::b8), "s-");
    bus.remove(b);
    EXPECT_EQ(written(0x1008, Width::b8), "sa");
    bus.remove(shy);
    EXPECT_EQ(written(0x1008, Width::b8), "a");
}

TEST_F(IoBusTest, ALongRangeIsFoundBehindShortOnes) {
    ASSERT_TRUE(bus.add(0x1000, 0x10000, a));
    for (Gpa base = 0x2000; base < 0x3000; base += 0x100)
        ASSERT_TRUE(bus.add(base, 4, shy));
    EXPECT_EQ(written(0x10FFF, Width::b1), "a");
    EXPECT_EQ(written(0x2104, Width::b4), "a");
}

TEST_F(IoBusTest, AnEmptyRangeIsOneAddressOfAnyWidth) {
    ASSERT_TRUE(bus.add(0x1000, 0, a));
    for (const auto width : {Width::b1, Width::b2, Width::b4, Width::b8})
        EXPECT_EQ(written(0x1000, width), "a");
    EXPECT_EQ(written(0x1001, Width::b1), "-");
}

TEST_F(IoBusTest, TheTopOfTheAddressSpace) {
    ASSERT_TRUE(bus.add(UINT64_MAX - 7, 8, a));
    EXPECT_EQ(written(UINT64_MAX - 7, Width::b8), "a");
    EXPECT_EQ(written(UINT64_MAX, Width::b1), "a");
    EXPECT_EQ(written(UINT64_MAX, Width::b8), "-");
}

TEST_F(IoBusTest, RoomForAThousandDevicesAndMoreIoeventfds) {
    for (Gpa n = 0; n < 1000; ++n)
        ASSERT_TRUE(bus.add(n * 16, 16, a));
    EXPECT_EQ(bus.add(1 << 20, 16, a).error().code, ENOSPC);
    EXPECT_TRUE(bus.add(1 << 20, 16, b, IoBus::Kind::ioeventfd));
}

} // namespace
} // namespace virt

// SPDX-License-Identifier: Apache-2.0
// pvpanic-mmio. QEMU docs/specs/pvpanic.rst.

#include "devices/pvpanic.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace devices::test {
namespace {

class Recorder final : public PanicSink {
public:
    void guest_panicked() override { events += 'P'; }
    void guest_crash_loaded() override { events += 'C'; }
    std::string events;
};

constexpr virt::Width widths[] = {virt::Width::b1, virt::Width::b2, virt::Width::b4, virt::Width::b8};

TEST(Pvpanic, ReadsTheEventsItKnows) {
    Recorder recorder;
    Pvpanic device(recorder);
    for (const virt::Width width : widths) {
        EXPECT_EQ(device.read(0, width), 3U);
        for (std::uint64_t offset = 1; offset < 8; ++offset)
            EXPECT_EQ(device.read(offset, width), 0U);
    }
}

TEST(Pvpanic, ReportsOneEventByStore) {
    Recorder recorder;
    Pvpanic device(recorder);
    device.write(0, virt::Width::b1, 1);
    EXPECT_EQ(recorder.events, "P");
    device.write(0, virt::Width::b1, 2);
    EXPECT_EQ(recorder.events, "PC");
    device.write(0, virt::Width::b2, 3); // both: the host must act
    EXPECT_EQ(recorder.events, "PCP");
}

TEST(Pvpanic, IgnoresWhatItDoesNotKnow) {
    Recorder recorder;
    Pvpanic device(recorder);
    device.write(0, virt::Width::b1, 0);
    device.write(0, virt::Width::b1, 0xfc); // bit 2 is PVPANIC_SHUTDOWN, which the read did not offer
    for (const virt::Width width : widths) {
        if (width != virt::Width::b1)
            device.write(0, width, 0x0100); // bits of the wrong byte
        for (std::uint64_t offset = 1; offset < 8; ++offset)
            device.write(offset, width, 3);
    }
    EXPECT_EQ(recorder.events, "");
}

} // namespace
} // namespace devices::test

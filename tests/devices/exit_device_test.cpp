// SPDX-License-Identifier: Apache-2.0
// The register that ends a VM.

#include "devices/exit_device.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace devices::test {
namespace {

class Recorder final : public ExitSink {
public:
    void guest_exit(std::uint64_t code) override { codes.push_back(code); }
    std::vector<std::uint64_t> codes;
};

constexpr virt::Width widths[] = {virt::Width::b1, virt::Width::b2, virt::Width::b4, virt::Width::b8};

TEST(ExitDevice, AStoreOfAnyWidthAtZeroIsTheCode) {
    Recorder recorder;
    ExitDevice device(recorder);
    for (const virt::Width width : widths)
        device.write(0, width, 0x8877'6655'4433'2281U & virt::mask_of(width));
    device.write(0, virt::Width::b8, 0);
    const std::vector<std::uint64_t> expected{0x81, 0x2281, 0x4433'2281, 0x8877'6655'4433'2281U, 0};
    EXPECT_EQ(recorder.codes, expected);
}

TEST(ExitDevice, NothingElseIs) {
    Recorder recorder;
    ExitDevice device(recorder);
    for (const virt::Width width : widths)
        for (std::uint64_t offset = 0; offset < 2 * ExitDevice::size; ++offset) {
            EXPECT_EQ(device.read(offset, width), 0U);
            if (offset != 0)
                device.write(offset, width, 1);
        }
    EXPECT_TRUE(recorder.codes.empty());
}

} // namespace
} // namespace devices::test

// SPDX-License-Identifier: Apache-2.0
// The tree says what was built, no more, no less.
#include "vmm/device_tree.hpp"

#include "virt/fd.hpp"
#include "vmm/memory_map.hpp"

#include <gtest/gtest.h>
#include <libfdt.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace vmm {
namespace {

constexpr virt::Gpa distributor = map::gic.end() - arm64::GicV3Layout::distributor_size;

Description machine(unsigned cpus, bool its) {
    Description description;
    description.ram = {map::ram, std::uint64_t{6} << 30};
    for (unsigned n = 0; n < cpus; ++n)
        description.cpus.push_back(n);
    description.gic = {distributor, distributor - cpus * 0x20000, std::nullopt};
    if (its)
        description.gic.its = description.gic.redistributors - 0x20000;
    description.platform = {.serial = true, .rtc = true, .power_key = true, .exit_device = true, .pvpanic = true};
    return description;
}

class Reader {
public:
    explicit Reader(std::vector<std::byte> blob) : blob_(std::move(blob)) {
        EXPECT_EQ(fdt_check_full(blob_.data(), blob_.size()), 0);
    }
    [[nodiscard]] bool has(const std::string& path) const { return fdt_path_offset(blob_.data(), path.c_str()) >= 0; }
    [[nodiscard]] std::string text(const std::string& path, const char* name) const {
        int size = 0;
        const void* value = fdt_getprop(blob_.data(), fdt_path_offset(blob_.data(), path.c_str()), name, &size);
        return value == nullptr ? "(none)"
                                : std::string(static_cast<const char*>(value), static_cast<std::size_t>(size) - 1);
    }
    [[nodiscard]] std::uint64_t wide(const std::string& path, const char* name, int index) const {
        int size = 0;
        const auto* value = static_cast<const fdt32_t*>(
            fdt_getprop(blob_.data(), fdt_path_offset(blob_.data(), path.c_str()), name, &size));
        if (value == nullptr || size < (index + 1) * 8)
            return 0xBAD;
        return std::uint64_t{fdt32_to_cpu(value[2 * index])} << 32 | fdt32_to_cpu(value[2 * index + 1]);
    }

private:
    std::vector<std::byte> blob_;
};

TEST(DeviceTree, MemoryAboveFourGibibytes) {
    const Reader tree(make_device_tree(machine(1, true)));
    EXPECT_EQ(tree.wide("/memory@80000000", "reg", 0), map::ram);
    EXPECT_EQ(tree.wide("/memory@80000000", "reg", 1), std::uint64_t{6} << 30);
}

TEST(DeviceTree, OneNodePerCpuAndRedistributor) {
    const Reader tree(make_device_tree(machine(4, true)));
    EXPECT_TRUE(tree.has("/cpus/cpu@3"));
    EXPECT_FALSE(tree.has("/cpus/cpu@4"));
    EXPECT_EQ(tree.text("/cpus/cpu@0", "enable-method"), "psci");
    EXPECT_EQ(tree.wide("/interrupt-controller", "reg", 2), distributor - 0x80000);
    EXPECT_EQ(tree.wide("/interrupt-controller", "reg", 3), 0x80000U);
}

TEST(DeviceTree, ItsOnlyIfThereIsOne) {
    EXPECT_EQ(Reader(make_device_tree(machine(2, true))).wide("/interrupt-controller/msi-controller", "reg", 0),
              distributor - 0x60000);
    EXPECT_FALSE(Reader(make_device_tree(machine(2, false))).has("/interrupt-controller/msi-controller"));
}

TEST(DeviceTree, ChosenHasWhatTheUserGave) {
    auto description = machine(1, true);
    EXPECT_EQ(Reader(make_device_tree(description)).text("/chosen", "bootargs"), "(none)");
    description.command_line = "console=ttyS0 quiet";
    description.initrd = Blob{0x8F00'0000, 0x1234};
    const Reader tree(make_device_tree(description));
    EXPECT_EQ(tree.text("/chosen", "bootargs"), "console=ttyS0 quiet");
    EXPECT_EQ(tree.wide("/chosen", "linux,initrd-start", 0), 0x8F00'0000U);
    EXPECT_EQ(tree.wide("/chosen", "linux,initrd-end", 0), 0x8F00'1234U);
}

TEST(DeviceTree, DevicesThatWereNotBuiltAreNotThere) {
    auto description = machine(1, true);
    EXPECT_TRUE(Reader(make_device_tree(description)).has("/serial@1000000"));
    EXPECT_TRUE(Reader(make_device_tree(description)).has("/gpio-keys/power"));
    EXPECT_EQ(Reader(make_device_tree(description)).text("/exit@1040000", "compatible"), "itsy,exit");
    description.platform = {};
    const Reader tree(make_device_tree(description));
    for (const char* path : {"/serial@1000000", "/rtc@1010000", "/rtc@1030000", "/gpio@1060000", "/gpio-keys",
                             "/exit@1040000", "/pvpanic@1050000", "/apb-pclk", "/aliases"})
        EXPECT_FALSE(tree.has(path)) << path;
}

TEST(DeviceTree, DtcHasNothingToWarnAbout) {
    std::array<char, 32> path{"/tmp/itsy-dtb-XXXXXX"};
    const virt::Fd file(::mkstemp(path.data()));
    auto description = machine(3, true);
    description.initrd = Blob{0x8F00'0000, 0x1234};
    const auto blob = make_device_tree(description);
    ASSERT_EQ(::write(file.get(), blob.data(), blob.size()), static_cast<ssize_t>(blob.size()));
    const std::string command = std::string("dtc -I dtb -O dts -o /dev/null ") + path.data() + " 2>&1";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> dtc(::popen(command.c_str(), "r"), ::pclose);
    ASSERT_TRUE(dtc);
    std::string says;
    std::array<char, 256> line{};
    while (std::fgets(line.data(), line.size(), dtc.get()) != nullptr)
        says += line.data();
    ::unlink(path.data());
    EXPECT_EQ(says, "");
}

TEST(DeviceTree, FitsForAsManyCpusAsKvmHas) {
    EXPECT_LE(make_device_tree(machine(512, true)).size(), Payload::device_tree_limit);
}

} // namespace
} // namespace vmm

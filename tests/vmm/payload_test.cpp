// SPDX-License-Identifier: Apache-2.0
// Placing kernel, initrd and device tree.
#include "vmm/payload.hpp"

#include "vmm/memory_map.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace vmm {
namespace {

constexpr std::uint64_t mebibyte = 1 << 20;

/// A file of that size, with an Image header if wanted; reached through /proc.
class File {
public:
    explicit File(std::uint64_t size) : fd_(::memfd_create("file", 0)) {
        EXPECT_EQ(::ftruncate(fd_.get(), static_cast<off_t>(size)), 0);
    }
    File& with_header(std::uint64_t text_offset, std::uint64_t image_size) {
        put(8, text_offset);
        put(16, image_size);
        put(56, 0x644D5241);
        return *this;
    }
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_.get()); }
    void put(off_t offset, std::uint64_t value) { EXPECT_EQ(::pwrite(fd_.get(), &value, 8, offset), 8); }
    void shorten(off_t size) { EXPECT_EQ(::ftruncate(fd_.get(), size), 0); }

private:
    virt::Fd fd_;
};

TEST(Payload, MissingKernelIsSaidAsLkvmSaysIt) {
    const auto payload = Payload::open("/nonexistent/Image", {});
    ASSERT_FALSE(payload);
    EXPECT_EQ(payload.error().code, ENOENT);
    EXPECT_EQ(payload.error().sentence().rfind("Unable to open kernel /nonexistent/Image", 0), 0U);
}

TEST(Payload, DirectoriesAndDevicesAreNoKernels) {
    EXPECT_EQ(Payload::open("/tmp", {}).error().code, EISDIR);
    EXPECT_FALSE(Payload::open("/dev/zero", {}));
}

TEST(Payload, MissingInitrdIsNamed) {
    const File kernel(4096);
    const auto payload = Payload::open(kernel.path(), "/nonexistent/initrd");
    ASSERT_FALSE(payload);
    EXPECT_NE(payload.error().sentence().find("initrd /nonexistent/initrd"), std::string::npos);
}

TEST(Payload, PlacedAsKvmtoolDoes) {
    File kernel(8 * mebibyte);
    kernel.with_header(0, 10 * mebibyte);
    const File initrd(4);
    const auto payload = Payload::open(kernel.path(), initrd.path());
    ASSERT_TRUE(payload);
    const auto placement = payload->place(map::ram, 256 * mebibyte);
    ASSERT_TRUE(placement);
    EXPECT_EQ(placement->kernel, map::ram);
    EXPECT_EQ(placement->device_tree, map::ram + 254 * mebibyte);
    ASSERT_TRUE(placement->initrd);
    EXPECT_EQ(placement->initrd->address, map::ram + 254 * mebibyte - 4096);
    EXPECT_EQ(placement->initrd->size, 4U);
}

TEST(Payload, LowMemoryOnlyWhateverTheSize) {
    const File kernel(4096);
    const auto payload = Payload::open(kernel.path(), {});
    EXPECT_EQ(payload->place(map::ram, 8192 * mebibyte)->device_tree, map::ram + 510 * mebibyte);
    EXPECT_EQ(payload->place(map::ram, 8192 * mebibyte)->kernel, map::ram + 0x80000);
    EXPECT_EQ(payload->place(map::ram, 32 * mebibyte)->device_tree, map::ram + 30 * mebibyte);
}

TEST(Payload, AnInitrdTooLargeForLowMemoryGoesAbove) {
    const File kernel(4096);
    const File initrd(600 * mebibyte);
    const auto payload = Payload::open(kernel.path(), initrd.path());
    EXPECT_EQ(payload->place(map::ram, 2048 * mebibyte)->initrd->address, map::ram + 512 * mebibyte);
    const auto refused = payload->place(map::ram, 1024 * mebibyte);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().sentence().find("more memory (-m)"), std::string::npos);
}

TEST(Payload, AKernelTooLargeSaysHowMuchItNeeds) {
    File kernel(4096);
    kernel.with_header(0, 37 * mebibyte);
    const auto payload = Payload::open(kernel.path(), {});
    const auto refused = payload->place(map::ram, 32 * mebibyte);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().sentence().find("at least 40 MiB"), std::string::npos) << refused.error().sentence();
    EXPECT_TRUE(payload->place(map::ram, 40 * mebibyte));
}

TEST(Payload, AbsurdHeadersAreDamage) {
    for (const auto& [offset, size] : {std::pair{UINT64_MAX - 10, std::uint64_t{100}},
                                       {std::uint64_t{0}, UINT64_MAX},
                                       {std::uint64_t{600} << 20, std::uint64_t{4096}}}) {
        File kernel(4096);
        kernel.with_header(offset, size);
        const auto refused = Payload::open(kernel.path(), {})->place(map::ram, 4096 * mebibyte);
        ASSERT_FALSE(refused);
        EXPECT_NE(refused.error().sentence().find("damaged"), std::string::npos);
    }
}

TEST(Payload, LoadsRepeatedlyAndNoticesAShrunkenFile) {
    File kernel(8192);
    kernel.put(4096, 0x1234);
    const auto payload = Payload::open(kernel.path(), {});
    auto memory = *virt::GuestMemory::allocate(map::ram, 32 * mebibyte);
    const auto placement = payload->place(map::ram, memory.size());
    const std::array<std::byte, 4> tree{std::byte{0xd0}};
    for (int times = 0; times < 2; ++times) {
        ASSERT_TRUE(payload->load(memory, *placement, tree));
        EXPECT_EQ(memory.read<std::uint64_t>(placement->kernel + 4096), 0x1234U);
        EXPECT_EQ(memory.read<std::uint8_t>(placement->device_tree), 0xd0);
        ASSERT_TRUE(memory.write<std::uint64_t>(placement->kernel + 4096, 0));
    }
    kernel.shorten(100);
    EXPECT_FALSE(payload->load(memory, *placement, tree));
}

} // namespace
} // namespace vmm

// SPDX-License-Identifier: Apache-2.0
// Bounds, loading and dirty marks of guest memory.
#include "virt/guest_memory.hpp"

#include "virt/fd.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <numeric>

namespace virt {
namespace {

constexpr Gpa base = 0x8000'0000;
constexpr std::uint64_t size = std::uint64_t{4} << 20;

GuestMemory make() { return *GuestMemory::allocate(base, size); }

TEST(GuestMemory, IsAlignedForHugePages) {
    const auto memory = make();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.host()) % (2 << 20), 0U);
}

TEST(GuestMemory, RefusesWhatNoHostHas) {
    EXPECT_EQ(GuestMemory::allocate(base, std::uint64_t{1} << 62).error().code, ENOMEM);
    EXPECT_EQ(GuestMemory::allocate(base, 0).error().code, EINVAL);
    EXPECT_EQ(GuestMemory::allocate(base, 4097).error().code, EINVAL);
}

TEST(GuestMemory, FirstAndLastByteAreInsideTheNextIsNot) {
    auto memory = make();
    EXPECT_TRUE(memory.write<std::uint8_t>(base, 1));
    EXPECT_TRUE(memory.write<std::uint8_t>(base + size - 1, 2));
    EXPECT_FALSE(memory.write<std::uint8_t>(base + size, 3));
    EXPECT_FALSE(memory.write<std::uint8_t>(base - 1, 3));
    EXPECT_FALSE(memory.write<std::uint64_t>(base + size - 7, 3));
    EXPECT_EQ(memory.read<std::uint8_t>(base + size - 1), 2);
    EXPECT_EQ(memory.read<std::uint32_t>(base + size - 3), std::nullopt);
}

TEST(GuestMemory, LengthsThatWrapAreOutside) {
    const auto memory = make();
    EXPECT_FALSE(memory.contains(base + 16, UINT64_MAX - 8));
    EXPECT_FALSE(memory.contains(UINT64_MAX, 2));
    EXPECT_TRUE(memory.contains(base + size, 0));
}

TEST(GuestMemory, LoadsAFile) {
    auto memory = make();
    const Fd file(::memfd_create("kernel", 0));
    std::array<std::byte, 10'000> content{};
    for (std::size_t n = 0; n < content.size(); ++n)
        content[n] = static_cast<std::byte>(n * 7);
    ASSERT_EQ(::write(file.get(), content.data(), content.size()), static_cast<ssize_t>(content.size()));
    const auto loaded = memory.load(base + 3, file.get(), 20'000);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(*loaded, content.size());
    std::array<std::byte, content.size()> copy{};
    ASSERT_TRUE(memory.read(base + 3, copy));
    EXPECT_EQ(copy, content);
    EXPECT_FALSE(memory.load(base + size - 10, file.get(), 11));
}

TEST(GuestMemory, MarksEveryPageThatAWriteTouches) {
    auto memory = make();
    std::array<std::uint64_t, size / 4096 / 64> bitmap{};
    ASSERT_TRUE(memory.write<std::uint64_t>(base, 1)); // before logging: not marked
    memory.start_dirty_log();
    ASSERT_TRUE(memory.write<std::uint64_t>(base + 2 * 4096 - 4, 1)); // pages 1 and 2
    memory.mark_dirty(base + 70 * 4096, 1);
    memory.collect_dirty(bitmap);
    EXPECT_EQ(bitmap[0], 0b110U);
    EXPECT_EQ(bitmap[1], std::uint64_t{1} << 6);
    bitmap.fill(0);
    memory.collect_dirty(bitmap);
    EXPECT_EQ(bitmap[0], 0U);
}

} // namespace
} // namespace virt

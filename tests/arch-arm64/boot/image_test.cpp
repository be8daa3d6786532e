// SPDX-License-Identifier: Apache-2.0
// Kernels told apart by their first bytes.
#include "arch-arm64/boot/image.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace arm64::boot {
namespace {

using namespace std::string_view_literals;
using Kind = ImageLayout::Kind;

std::vector<std::byte> file_with(std::string_view bytes, std::size_t offset = 0) {
    std::vector<std::byte> head(head_size);
    std::memcpy(head.data() + offset, bytes.data(), bytes.size());
    return head;
}

std::vector<std::byte> image(std::uint64_t text_offset, std::uint64_t image_size, std::uint64_t flags) {
    auto head = file_with("ARM\x64", 56);
    std::memcpy(head.data() + 8, &text_offset, 8);
    std::memcpy(head.data() + 16, &image_size, 8);
    std::memcpy(head.data() + 24, &flags, 8);
    return head;
}

TEST(Image, HeaderSaysWhereAndHowLarge) {
    const auto layout = inspect("k", image(0x0, 0x210'0000, 0xA), 0x1F0'0000);
    ASSERT_TRUE(layout);
    EXPECT_EQ(layout->kind, Kind::linux_image);
    EXPECT_EQ(layout->text_offset, 0U);
    EXPECT_EQ(layout->memory_size, 0x210'0000U);
}

TEST(Image, WithoutSizeTheOffsetIsTheOldOne) {
    const auto layout = inspect("k", image(0x1234, 0, 0), 5000);
    ASSERT_TRUE(layout);
    EXPECT_EQ(layout->text_offset, default_text_offset);
    EXPECT_EQ(layout->memory_size, 5000U);
}

TEST(Image, AFileLargerThanItSaysCounts) { EXPECT_EQ(inspect("k", image(0, 100, 0), 5000)->memory_size, 5000U); }

TEST(Image, BigEndianIsRefused) { EXPECT_FALSE(inspect("k", image(0, 4096, 1), 4096)); }

TEST(Image, WithoutMagicItIsFlat) {
    const auto layout = inspect("k", file_with("\x00\x00\x80\xd2"sv), 12'345);
    ASSERT_TRUE(layout);
    EXPECT_EQ(layout->kind, Kind::flat);
    EXPECT_EQ(layout->text_offset, 0x80000U);
    EXPECT_EQ(layout->memory_size, 12'345U);
}

TEST(Image, ShorterThanAHeaderIsRefused) {
    const std::array<std::byte, 63> head{};
    const auto layout = inspect("tiny", head, head.size());
    ASSERT_FALSE(layout);
    EXPECT_NE(layout.error().sentence().find("shorter"), std::string::npos);
}

struct ForeignCase {
    const char* name;
    std::vector<std::byte> head;
    const char* says;
};

class Foreign : public testing::TestWithParam<ForeignCase> {};

TEST_P(Foreign, IsRefusedByName) {
    const auto layout = inspect("vmlinuz", GetParam().head, 1 << 20);
    ASSERT_FALSE(layout);
    const auto sentence = layout.error().sentence();
    EXPECT_NE(sentence.find(GetParam().says), std::string::npos) << sentence;
    EXPECT_NE(sentence.find("vmlinuz"), std::string::npos) << sentence;
}

std::vector<std::byte> elf(char machine) {
    auto head = file_with("\x7f"
                          "ELF");
    head[18] = static_cast<std::byte>(machine);
    return head;
}

INSTANTIATE_TEST_SUITE_P(Kernels, Foreign,
                         testing::Values(ForeignCase{"bzimage", file_with("HdrS", 0x202), "bzImage"},
                                         ForeignCase{"pe", file_with("MZ\x90"), "PE file"},
                                         ForeignCase{"zboot", file_with("MZ\0\0zimg"sv), "zboot"},
                                         ForeignCase{"elf_x86", elf(62), "another machine"},
                                         ForeignCase{"elf_arm64", elf('\xb7'), "arm64 ELF"},
                                         ForeignCase{"gzip", file_with("\x1f\x8b\x08"), "gzip"},
                                         ForeignCase{"zstd", file_with("\x28\xb5\x2f\xfd"), "zstd"},
                                         ForeignCase{"xz",
                                                     file_with("\xfd"
                                                               "7zXZ"),
                                                     "xz"},
                                         ForeignCase{"uimage", file_with("\x27\x05\x19\x56"), "uImage"},
                                         ForeignCase{"zimage", file_with("\x18\x28\x6f\x01", 0x24), "32-bit"}),
                         [](const auto& test) { return test.param.name; });

} // namespace
} // namespace arm64::boot

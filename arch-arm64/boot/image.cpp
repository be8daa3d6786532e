// SPDX-License-Identifier: Apache-2.0
// Telling kernels apart by their first bytes.
#include "arch-arm64/boot/image.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>

namespace arm64::boot {
namespace {

struct ImageHeader {
    std::uint32_t code0, code1;
    std::uint64_t text_offset;
    std::uint64_t image_size; // 0 before Linux 3.17
    std::uint64_t flags;      // bit 0: big-endian kernel
    std::uint64_t res2, res3, res4;
    std::uint32_t magic; // "ARM\x64"
    std::uint32_t res5;
};
static_assert(sizeof(ImageHeader) == header_size);

constexpr std::uint32_t image_magic = 0x644D5241;

bool starts_with(std::span<const std::byte> head, std::string_view signature, std::size_t offset = 0) {
    return offset + signature.size() <= head.size() &&
           std::memcmp(head.data() + offset, signature.data(), signature.size()) == 0;
}

// What a file is that certainly is not a flat arm64 binary, and what to do about it.
struct Foreign {
    const char* what;
    const char* remedy;
};

std::optional<Foreign> recognise(std::span<const std::byte> head) {
    using namespace std::string_view_literals;
    constexpr const char* uncompress = "uncompress it first";
    constexpr const char* need_arm64 = "use an arm64 Image";
    if (starts_with(head, "\x7f"
                          "ELF"))
        return Foreign{starts_with(head, "\xb7\0"sv, 18) ? "an arm64 ELF file" : "an ELF file of another machine",
                       "use the Image (arch/arm64/boot/Image)"};
    if (starts_with(head, "MZ\0\0zimg"sv))
        return Foreign{"an EFI zboot image", uncompress};
    if (starts_with(head, "\x1f\x8b"))
        return Foreign{"gzip-compressed", uncompress};
    if (starts_with(head, "\x28\xb5\x2f\xfd"))
        return Foreign{"zstd-compressed", uncompress};
    if (starts_with(head, "\xfd"
                          "7zXZ"))
        return Foreign{"xz-compressed", uncompress};
    if (starts_with(head, "\x27\x05\x19\x56"))
        return Foreign{"a U-Boot uImage", need_arm64};
    if (starts_with(head, "HdrS", 0x202))
        return Foreign{"an x86 bzImage", need_arm64};
    if (starts_with(head, "\x18\x28\x6f\x01", 0x24))
        return Foreign{"a 32-bit Arm zImage", need_arm64};
    if (starts_with(head, "MZ"))
        return Foreign{"a PE file that is not an arm64 Image", need_arm64};
    return std::nullopt;
}

} // namespace

virt::expected<ImageLayout> inspect(const std::string& path, std::span<const std::byte> head, std::uint64_t file_size) {
    const std::string what = "boot kernel " + path;
    if (head.size() < header_size)
        return virt::failure(0, what, "it is shorter than a kernel header (64 bytes)");
    ImageHeader header{};
    std::memcpy(&header, head.data(), sizeof header);
    if (header.magic == image_magic) {
        if ((header.flags & 1) != 0)
            return virt::failure(0, what, "it is a big-endian kernel: use a little-endian one");
        const bool old = header.image_size == 0;
        return ImageLayout{ImageLayout::Kind::linux_image, old ? default_text_offset : header.text_offset,
                           std::max(header.image_size, file_size)};
    }
    if (const auto foreign = recognise(head))
        return virt::failure(0, what, std::string("it is ") + foreign->what + ": " + foreign->remedy);
    return ImageLayout{ImageLayout::Kind::flat, default_text_offset, file_size};
}

} // namespace arm64::boot

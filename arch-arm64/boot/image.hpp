// SPDX-License-Identifier: Apache-2.0
// The arm64 kernel image header. Source: Linux Documentation/arm64/booting.rst, "4. Call the kernel image".
#pragma once

#include "virt/expected.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace arm64::boot {

/// Where a kernel wants to be, and how much memory it needs there.
struct ImageLayout {
    enum class Kind : std::uint8_t { linux_image, flat };
    Kind kind;
    std::uint64_t text_offset; ///< bytes from a 2 MiB-aligned base
    std::uint64_t memory_size; ///< bytes from there on, including BSS; at least the file's size
};

/// A kernel has at least that many bytes.
inline constexpr std::size_t header_size = 64;
/// Bytes of a file's start that `inspect` wants to see, if the file has them.
inline constexpr std::size_t head_size = 1024;
/// Where kernels without a header go, as lkvm puts them.
inline constexpr std::uint64_t default_text_offset = 0x80000;

/// Recognises an arm64 `Image`; anything without a known signature is a flat binary. Refuses what is recognisably
/// something else (bzImage, PE or ELF of another machine, compressed kernels) and what is shorter than a header, in
/// one clause that says what the file is.
virt::expected<ImageLayout> inspect(const std::string& path, std::span<const std::byte> head, std::uint64_t file_size);

} // namespace arm64::boot

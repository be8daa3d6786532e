// SPDX-License-Identifier: Apache-2.0
// The files that a guest starts from, and where in its memory they go.
#pragma once

#include "arch-arm64/boot/image.hpp"
#include "virt/expected.hpp"
#include "virt/fd.hpp"
#include "virt/guest_memory.hpp"
#include "virt/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace vmm {

struct Blob {
    virt::Gpa address;
    std::uint64_t size;
};

/// Kernel, initrd and device tree in guest memory. Source: Linux Documentation/arm64/booting.rst, sections 2 to 4.
struct Placement {
    virt::Gpa kernel;
    std::optional<Blob> initrd;
    virt::Gpa device_tree;
};

/// The open files. Opening looks at them already, so that a wrong file is named before a VM exists; loading may be
/// repeated, which is what a guest's reset needs.
class Payload {
public:
    static virt::expected<Payload> open(const std::string& kernel, const std::optional<std::string>& initrd);

    /// Where all of it fits: the kernel at its offset from the start of RAM, the device tree 2 MiB below the end of
    /// the first 512 MiB (as kvmtool), the initrd under it, or above if it is too large for that.
    [[nodiscard]] virt::expected<Placement> place(virt::Gpa ram, std::uint64_t ram_size) const;

    virt::expected<void> load(virt::GuestMemory& memory, const Placement& placement,
                              std::span<const std::byte> device_tree) const;

    [[nodiscard]] arm64::boot::ImageLayout::Kind kind() const { return layout_.kind; }
    /// A device tree may have that many bytes. Source: booting.rst, section 2.
    static constexpr std::uint64_t device_tree_limit = std::uint64_t{2} << 20;

private:
    struct File {
        virt::Fd fd;
        std::string path;
        std::uint64_t size;
    };
    static virt::expected<File> open_file(const char* what, const std::string& path);
    static virt::expected<void> load_file(virt::GuestMemory& memory, virt::Gpa address, const File& file);

    Payload(File kernel, arm64::boot::ImageLayout layout) : kernel_(std::move(kernel)), layout_(layout) {}

    File kernel_;
    arm64::boot::ImageLayout layout_;
    std::optional<File> initrd_;
};

} // namespace vmm

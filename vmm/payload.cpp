// SPDX-License-Identifier: Apache-2.0
// Opening, placing and loading what a guest starts from.
#include "vmm/payload.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace vmm {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
constexpr std::uint64_t device_tree_alignment = 2 * mebibyte;
constexpr std::uint64_t low_memory = 512 * mebibyte;
constexpr std::uint64_t page = 4096;
constexpr std::uint64_t small_kernel = mebibyte; // probes and unit tests; a Linux fills huge pages

constexpr std::uint64_t align_down(std::uint64_t value, std::uint64_t alignment) {
    return value / alignment * alignment;
}
constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
    return align_down(value + alignment - 1, alignment);
}

std::uint64_t in_mebibytes(std::uint64_t bytes) { return align_up(bytes, mebibyte) / mebibyte; }

} // namespace

virt::expected<Payload::File> Payload::open_file(const char* what, const std::string& path) {
    const std::string attempted = std::string("open ") + what + " " + path;
    virt::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd)
        return virt::system_failure(attempted);
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0)
        return virt::system_failure(attempted);
    if (S_ISDIR(status.st_mode))
        return virt::failure(EISDIR, attempted);
    if (!S_ISREG(status.st_mode))
        return virt::failure(0, attempted, "it is not a regular file");
    return File{std::move(fd), path, static_cast<std::uint64_t>(status.st_size)};
}

virt::expected<Payload> Payload::open(const std::string& kernel_path, const std::optional<std::string>& initrd_path) {
    auto kernel = open_file("kernel", kernel_path);
    VIRT_TRY(kernel);
    std::array<std::byte, arm64::boot::head_size> head{};
    const auto got = ::pread(kernel->fd.get(), head.data(), head.size(), 0);
    if (got < 0)
        return virt::system_failure("read kernel " + kernel_path);
    const auto layout =
        arm64::boot::inspect(kernel_path, std::span(head).first(static_cast<std::size_t>(got)), kernel->size);
    VIRT_TRY(layout);
    Payload payload(*std::move(kernel), *layout);
    if (initrd_path) {
        auto initrd = open_file("initrd", *initrd_path);
        VIRT_TRY(initrd);
        payload.initrd_ = *std::move(initrd);
    }
    return payload;
}

virt::expected<Placement> Payload::place(virt::Gpa ram, std::uint64_t ram_size) const {
    const std::uint64_t low_end = align_down(std::min(ram_size, low_memory), device_tree_alignment);
    // Offsets from the start of RAM; text_offset and memory_size come from the file and may be anything.
    const bool absurd = layout_.text_offset > low_memory || layout_.memory_size > low_memory;
    const std::uint64_t kernel_end = absurd ? UINT64_MAX : layout_.text_offset + layout_.memory_size;
    if (low_end < device_tree_limit || kernel_end > low_end - device_tree_limit) {
        const std::string what = fmt::format("fit kernel {} into {} MiB of memory", kernel_.path, ram_size / mebibyte);
        if (absurd || kernel_end + device_tree_limit > low_memory)
            return virt::failure(0, what, "its header asks for more than 512 MiB: it is damaged");
        return virt::failure(
            0, what,
            fmt::format("give the guest at least {} MiB (-m)",
                        in_mebibytes(align_up(kernel_end, device_tree_alignment) + device_tree_limit)));
    }
    const std::uint64_t device_tree = low_end - device_tree_limit;
    Placement placement{ram + layout_.text_offset, std::nullopt, ram + device_tree};
    if (!initrd_ || initrd_->size == 0)
        return placement;

    const std::uint64_t below = initrd_->size <= device_tree ? align_down(device_tree - initrd_->size, page) : 0;
    if (below >= kernel_end)
        placement.initrd = Blob{ram + below, initrd_->size};
    else if (initrd_->size <= ram_size && low_end <= ram_size - initrd_->size)
        placement.initrd = Blob{ram + low_end, initrd_->size};
    else
        return virt::failure(0,
                             fmt::format("fit initrd {} of {} MiB into {} MiB of memory", initrd_->path,
                                         in_mebibytes(initrd_->size), ram_size / mebibyte),
                             "give the guest more memory (-m)");
    return placement;
}

virt::expected<void> Payload::load_file(virt::GuestMemory& memory, virt::Gpa address, const File& file) {
    const auto loaded = memory.load(address, file.fd.get(), file.size);
    VIRT_TRY(loaded);
    if (*loaded != file.size)
        return virt::failure(0, "read " + file.path, "it became shorter in the meantime");
    return {};
}

virt::expected<void> Payload::load(virt::GuestMemory& memory, const Placement& placement,
                                   std::span<const std::byte> device_tree) const {
    if (kernel_.size < small_kernel) {
        memory.use_small_pages(placement.kernel, kernel_.size);
        memory.use_small_pages(placement.device_tree, device_tree.size());
    }
    VIRT_TRY(load_file(memory, placement.kernel, kernel_));
    if (placement.initrd)
        VIRT_TRY(load_file(memory, placement.initrd->address, *initrd_));
    if (device_tree.size() > device_tree_limit || !memory.write(placement.device_tree, device_tree))
        return virt::failure(0, "fit the device tree into guest memory", "use fewer CPUs");
    return {};
}

} // namespace vmm

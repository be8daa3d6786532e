// SPDX-License-Identifier: Apache-2.0
// Guest RAM as the VMM reaches it: by guest physical address, bounds-checked, with dirty marks.
#pragma once

#include "virt/expected.hpp"
#include "virt/ids.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

namespace virt {

/// One contiguous block of guest RAM, owned. The memory is guest-controlled: it changes under us, so each value is
/// read once. Any thread.
class GuestMemory {
public:
    /// Reserves address space for `size` bytes (page-aligned); the host commits pages as they are touched. Aligned to
    /// 2 MiB so that the host can use huge pages. ENOMEM, EINVAL.
    static expected<GuestMemory> allocate(Gpa base, std::uint64_t size);

    GuestMemory(GuestMemory&& other) noexcept;
    GuestMemory& operator=(GuestMemory&&) = delete;
    ~GuestMemory();

    [[nodiscard]] Gpa base() const { return base_; }
    [[nodiscard]] std::uint64_t size() const { return size_; }
    /// For the memory slot only; devices go through `read` and `write`.
    [[nodiscard]] std::byte* host() const { return host_; }

    [[nodiscard]] bool contains(Gpa address, std::uint64_t bytes) const {
        return address >= base_ && bytes <= size_ && address - base_ <= size_ - bytes;
    }

    /// False, and nothing copied, if any byte is outside.
    [[nodiscard]] bool read(Gpa address, std::span<std::byte> into) const;
    [[nodiscard]] bool write(Gpa address, std::span<const std::byte> from);

    template <class T>
        requires std::is_trivially_copyable_v<T>
    [[nodiscard]] std::optional<T> read(Gpa address) const {
        T value{};
        if (!read(address, std::as_writable_bytes(std::span(&value, 1))))
            return std::nullopt;
        return value;
    }
    template <class T>
        requires std::is_trivially_copyable_v<T>
    [[nodiscard]] bool write(Gpa address, const T& value) {
        return write(address, std::as_bytes(std::span(&value, 1)));
    }

    /// Reads a file from its start to its end, at most `limit` bytes (which must all be inside).
    /// Answers how many bytes came.
    expected<std::uint64_t> load(Gpa address, int fd, std::uint64_t limit);

    /// Memory around [address, address + bytes) in pages of the smallest size, rounded to 2 MiB: for what is little and
    /// alone there, and not worth clearing a huge page. Only advice.
    void use_small_pages(Gpa address, std::uint64_t bytes);

    /// Marks are collected while logging is on: what the VMM wrote, to be joined with the provider's own log.
    void start_dirty_log();
    void stop_dirty_log();
    /// For what reached memory by another way, such as a completed io_uring read.
    void mark_dirty(Gpa address, std::uint64_t bytes);
    /// ORs the marks into `bitmap`, one bit per 4 KiB page, and clears them.
    void collect_dirty(std::span<std::uint64_t> bitmap);

private:
    GuestMemory(Gpa base, std::uint64_t size, std::byte* host) : base_(base), size_(size), host_(host) {}

    Gpa base_;
    std::uint64_t size_;
    std::byte* host_;
    std::atomic<bool> logging_ = false;
    std::unique_ptr<std::atomic<std::uint64_t>[]> dirty_; // allocated by the first start_dirty_log, then kept
};

} // namespace virt

// SPDX-License-Identifier: Apache-2.0
// An eventfd that never blocks.
#pragma once

#include "virt/fd.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <system_error>

namespace conformance {

class Event {
public:
    explicit Event(unsigned count = 0, int flags = 0) : fd_(::eventfd(count, EFD_NONBLOCK | EFD_CLOEXEC | flags)) {
        check(fd_.get());
    }

    [[nodiscard]] int fd() const { return fd_.get(); }

    void signal(std::uint64_t count = 1) const { check(::write(fd(), &count, sizeof count)); }

    /// The counter, which is 0 afterwards; nothing if it was 0 (EAGAIN).
    [[nodiscard]] std::optional<std::uint64_t> read() const {
        std::uint64_t count = 0;
        if (::read(fd(), &count, sizeof count) < 0 && errno == EAGAIN)
            return std::nullopt;
        return count;
    }
    /// The same, nothing being 0.
    [[nodiscard]] std::uint64_t count() const { return read().value_or(0); }

    /// This descriptor becomes one of `other`'s eventfd; its own is closed if it has no other descriptor.
    void become(const Event& other) const { check(::dup3(other.fd(), fd(), O_CLOEXEC)); }

    /// The last close, while KVM may still hold it.
    void close() { virt::Fd closed = std::move(fd_); }

private:
    static void check(std::int64_t result) {
        if (result < 0)
            throw std::system_error(errno, std::generic_category(), "eventfd");
    }

    virt::Fd fd_;
};

/// A file descriptor, but of something else.
[[nodiscard]] inline virt::Fd no_eventfd() { return virt::Fd(::memfd_create("itsy", MFD_CLOEXEC)); }

} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
// An eventfd that somebody else made, held by us.
#pragma once

#include "virt/expected.hpp"
#include "virt/fd.hpp"

#include <cstdint>
#include <optional>

namespace virt {

/// A descriptor of our own for an eventfd of whoever asks for an irqfd or an ioeventfd, so that he may close his. The
/// kernel's holds the eventfd without a descriptor, and sees its last one close; this cannot. Source: eventfd(2).
class Eventfd {
public:
    /// EBADF if `fd` is not open, EINVAL if it is no eventfd; `attempted` is what for.
    static expected<Eventfd> share(int fd, const char* attempted);

    [[nodiscard]] int fd() const { return fd_.get(); }
    /// The same for all descriptors of one eventfd, different for different ones.
    [[nodiscard]] std::uint64_t id() const { return id_; }

    /// EFD_SEMAPHORE. Before Linux 6.5 nobody can tell, and it is not.
    [[nodiscard]] bool semaphore() const { return semaphore_; }

    /// Adds 1. Never waits: a counter that is full says that it is signalled already.
    void signal() const;
    /// Whether its counter is not zero.
    [[nodiscard]] bool pending() const;
    /// Reads the counter, or nothing if it is zero. (EFD_SEMAPHORE: 1 of it.)
    std::optional<std::uint64_t> take() const;

private:
    Eventfd(Fd fd, std::uint64_t id, bool semaphore, bool blocking)
        : fd_(std::move(fd)), id_(id), semaphore_(semaphore), blocking_(blocking) {}
    [[nodiscard]] bool would_wait(short events) const;

    Fd fd_;
    std::uint64_t id_;
    bool semaphore_;
    bool blocking_; // its owner's affair: he would see a flag that we set
};

} // namespace virt

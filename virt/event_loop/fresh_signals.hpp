// SPDX-License-Identifier: Apache-2.0
// Tells the next signal of an eventfd from one that was there before, without reading either.
#pragma once

#include "virt/expected.hpp"
#include "virt/fd.hpp"

#include <cstdint>
#include <vector>

namespace virt::event_loop {

/// An epoll instance of edge-triggered eventfds only. It reports what is pending when one is added, once, and that
/// report is taken on the spot: "pending at the start" and "signalled since" divide at that point, so that a signal
/// that races with `add` is in one of them and in no case lost.
class FreshSignals {
public:
    static expected<FreshSignals> create();

    /// Readable when there is something to `take`.
    [[nodiscard]] int fd() const { return epoll_.get(); }

    /// Whether `eventfd` is signalled already. Errors of epoll_ctl(2). `key` is what `take` will call it.
    expected<bool> add(int eventfd, std::uint64_t key);
    /// Idempotent.
    void remove(int eventfd);
    /// Keys of what was signalled since it was added or reported last; valid until the next call.
    [[nodiscard]] const std::vector<std::uint64_t>& take();

private:
    explicit FreshSignals(Fd epoll) : epoll_(std::move(epoll)) {}
    void collect();

    Fd epoll_;
    std::vector<std::uint64_t> found_; // but not taken yet
    std::vector<std::uint64_t> taken_;
};

} // namespace virt::event_loop

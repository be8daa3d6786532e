// SPDX-License-Identifier: Apache-2.0
// The executor's side of the pipe: a batch of cases comes, a batch of outcomes goes. Messages: a count (8 bytes), then
// as many cases; as many outcomes back. An executor reads a whole batch before it writes.
#pragma once

#include "tests/arch-arm64/cpu/differential/case.hpp"

#include <cstddef>
#include <cstdint>
#include <unistd.h>

namespace differential {

inline constexpr std::size_t max_batch = 256;

inline bool read_all(int fd, void* to, std::size_t bytes) {
    for (auto* at = static_cast<char*>(to); bytes != 0;) {
        const auto got = ::read(fd, at, bytes);
        if (got <= 0)
            return false;
        at += got;
        bytes -= static_cast<std::size_t>(got);
    }
    return true;
}

inline bool write_all(int fd, const void* from, std::size_t bytes) {
    for (const auto* at = static_cast<const char*>(from); bytes != 0;) {
        const auto written = ::write(fd, at, bytes);
        if (written <= 0)
            return false;
        at += written;
        bytes -= static_cast<std::size_t>(written);
    }
    return true;
}

/// Until the pipe closes; `execute(cases, outcomes, count)`. The exit status.
template <class Execute>
int serve(Execute execute, int answers = STDOUT_FILENO) {
    static Case cases[max_batch];
    static Outcome outcomes[max_batch];
    for (std::uint64_t count = 0; read_all(STDIN_FILENO, &count, sizeof count);) {
        if (count > max_batch || !read_all(STDIN_FILENO, cases, count * sizeof(Case)))
            return 1;
        execute(cases, outcomes, static_cast<std::size_t>(count));
        if (!write_all(answers, outcomes, count * sizeof(Outcome)))
            return 1;
    }
    return 0;
}

} // namespace differential

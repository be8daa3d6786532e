// SPDX-License-Identifier: Apache-2.0
#include "virt/doorbell.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace virt {

// The kernel compares, so a ring between the look at `heard` and here ends it at once; one behind `asleep_` wakes.
void Doorbell::wait(std::uint32_t heard) {
    asleep_.store(true);
    ::syscall(SYS_futex, &rings_, FUTEX_WAIT_PRIVATE, heard, nullptr, nullptr, 0);
    asleep_.store(false);
}

void Doorbell::wake() {
    const int saved = errno;
    ::syscall(SYS_futex, &rings_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
    errno = saved;
}

} // namespace virt

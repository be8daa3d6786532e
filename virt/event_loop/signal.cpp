// SPDX-License-Identifier: Apache-2.0
// Eventfds of others, which may be blocking ones: O_NONBLOCK belongs to the open file, so it is not ours to set.
#include "virt/event_loop/backend.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace virt::event_loop {

int signal_now(int fd) {
    pollfd polled{.fd = fd, .events = POLLOUT, .revents = 0};
    if (::poll(&polled, 1, 0) < 0)
        return errno;
    if ((polled.revents & POLLNVAL) != 0)
        return EBADF;
    if ((polled.revents & POLLOUT) == 0)
        return 0;
    const std::uint64_t one = 1;
    return ::write(fd, &one, sizeof one) < 0 && errno != EAGAIN ? errno : 0;
}

} // namespace virt::event_loop

// SPDX-License-Identifier: Apache-2.0
// ioctl with typed arguments; EINTR is the caller's business (KVM_RUN means something by it).
#pragma once

#include "virt/expected.hpp"

#include <sys/ioctl.h>

#include <string>

namespace virt::host {

template <class Argument>
expected<int> control(int fd, unsigned long request, Argument* argument, const char* attempted) {
    const int result = ::ioctl(fd, request, argument);
    if (result < 0) [[unlikely]]
        return system_failure(attempted);
    return result;
}

inline expected<int> control(int fd, unsigned long request, unsigned long argument, const char* attempted) {
    const int result = ::ioctl(fd, request, argument);
    if (result < 0) [[unlikely]]
        return system_failure(attempted);
    return result;
}

} // namespace virt::host

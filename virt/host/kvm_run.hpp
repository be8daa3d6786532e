// SPDX-License-Identifier: Apache-2.0
// KVM_RUN as a system call: the one call that is made for each exit, without libc's variadic wrapper and errno.
#pragma once

#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <cerrno>

namespace virt::host {

/// 0, or a negative errno.
inline long enter_guest(int vcpu) {
#if defined(__aarch64__)
    register long x8 asm("x8") = SYS_ioctl;
    register long x0 asm("x0") = vcpu;
    register long x1 asm("x1") = KVM_RUN;
    register long x2 asm("x2") = 0;
    asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory", "cc");
    return x0;
#else
    return ::ioctl(vcpu, KVM_RUN, 0UL) == 0 ? 0 : -errno;
#endif
}

} // namespace virt::host

// SPDX-License-Identifier: Apache-2.0
// The kernel's /dev/kvm.
#pragma once

#include "virt/capability.hpp"
#include "virt/expected.hpp"
#include "virt/fd.hpp"

#include <cstddef>
#include <string>

namespace virt::host {

class System {
public:
    static constexpr const char* default_path = "/dev/kvm";

    /// Opens the device and checks that it is KVM, API version 12, and has immediate_exit (Linux 4.12), which is newer
    /// than everything else that itsy cannot do without. Errors explain themselves: device missing, no permission,
    /// too old, not KVM.
    static expected<System> open(const std::string& path, CapabilityMask mask);

    /// KVM_CHECK_EXTENSION on the system; 0 means absent or hidden. Some capabilities only a VM can tell.
    [[nodiscard]] int check_extension(Capability capability) const;

    /// KVM_CREATE_VM; `type` is the architecture's (arm64: bits of guest physical address space).
    [[nodiscard]] expected<Fd> create_vm(unsigned long type) const;

    /// KVM_GET_VCPU_MMAP_SIZE, in bytes.
    [[nodiscard]] std::size_t run_size() const { return run_size_; }
    [[nodiscard]] const CapabilityMask& mask() const { return mask_; }

private:
    System(Fd fd, CapabilityMask mask) : fd_(std::move(fd)), mask_(std::move(mask)) {}

    Fd fd_;
    CapabilityMask mask_;
    std::size_t run_size_ = 0;
};

} // namespace virt::host

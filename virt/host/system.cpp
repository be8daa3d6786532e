// SPDX-License-Identifier: Apache-2.0
// Opening /dev/kvm, and saying in one sentence why it cannot be used.
#include "virt/host/system.hpp"

#include "virt/host/ioctl.hpp"

#include <fcntl.h>
#include <linux/kvm.h>

#include <cerrno>
#include <utility>

namespace virt::host {
namespace {

std::string remedy_for_open(int code, const std::string& path) {
    switch (code) {
    case ENOENT:
    case ENODEV:
    case ENXIO: return "this host has no KVM: it needs CPU virtualization (EL2) and a kernel with CONFIG_KVM";
    case EACCES:
    case EPERM: return "join the group that owns it (usually 'adduser USER kvm', then log in again), or run as root";
    default: return "is " + path + " the KVM device?";
    }
}

} // namespace

expected<System> System::open(const std::string& path, CapabilityMask mask) {
    Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!fd) {
        const int code = errno;
        return failure(code, "open " + path, remedy_for_open(code, path));
    }

    const int version = ::ioctl(fd.get(), KVM_GET_API_VERSION, 0UL);
    if (version < 0)
        return system_failure("use " + path, "it is not a KVM device, or this process runs under emulation");
    if (version != KVM_API_VERSION)
        return failure(0, "use " + path,
                       "its API version is " + std::to_string(version) + ", not 12: use a newer kernel");

    System system(std::move(fd), std::move(mask));
    if (system.check_extension(Capability::immediate_exit) <= 0)
        return failure(0, "use " + path, "its KVM has no immediate_exit: use Linux 4.12 or newer");

    auto size = control(system.fd_.get(), KVM_GET_VCPU_MMAP_SIZE, 0UL, "ask for the size of kvm_run");
    VIRT_TRY(size);
    system.run_size_ = static_cast<std::size_t>(*size);
    return system;
}

int System::check_extension(Capability capability) const {
    if (mask_.hides(capability))
        return 0;
    const int answer = ::ioctl(fd_.get(), KVM_CHECK_EXTENSION, static_cast<unsigned long>(capability));
    return answer < 0 ? 0 : answer;
}

expected<Fd> System::create_vm(unsigned long type) const {
    // It gives up when a signal is pending, or work of an io_uring's, which no handler's return shows.
    auto fd = control(fd_.get(), KVM_CREATE_VM, type, "create a virtual machine");
    while (!fd && fd.error().code == EINTR)
        fd = control(fd_.get(), KVM_CREATE_VM, type, "create a virtual machine");
    VIRT_TRY(fd);
    return Fd(*fd);
}

} // namespace virt::host

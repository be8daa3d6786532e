// SPDX-License-Identifier: Apache-2.0
// KVM_{HAS,GET,SET}_DEVICE_ATTR.
#include "virt/host/attributes.hpp"

#include "virt/host/ioctl.hpp"

#include <linux/kvm.h>

#include <cstdint>
#include <string>

namespace virt::host {
namespace {

kvm_device_attr attribute(std::uint32_t group, std::uint64_t attr, const void* data) {
    return {.flags = 0, .group = group, .attr = attr, .addr = reinterpret_cast<std::uintptr_t>(data)};
}

unexpected refused(const char* verb, std::uint32_t group, std::uint64_t attr) {
    return system_failure(std::string(verb) + " KVM device attribute " + std::to_string(group) + ":" +
                          std::to_string(attr));
}

} // namespace

bool FdAttributes::has_attr(std::uint32_t group, std::uint64_t attr) const {
    auto request = attribute(group, attr, nullptr);
    return ::ioctl(fd(), KVM_HAS_DEVICE_ATTR, &request) == 0;
}

expected<void> FdAttributes::get_attr(std::uint32_t group, std::uint64_t attr, std::span<std::byte> data) const {
    auto request = attribute(group, attr, data.data());
    if (::ioctl(fd(), KVM_GET_DEVICE_ATTR, &request) < 0)
        return refused("read", group, attr);
    return {};
}

expected<void> FdAttributes::set_attr(std::uint32_t group, std::uint64_t attr, std::span<const std::byte> data) {
    auto request = attribute(group, attr, data.data());
    if (::ioctl(fd(), KVM_SET_DEVICE_ATTR, &request) < 0)
        return refused("set", group, attr);
    return {};
}

} // namespace virt::host

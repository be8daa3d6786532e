// SPDX-License-Identifier: Apache-2.0
// Device attributes of the kernel's VM, vCPU and device descriptors.
#pragma once

#include "virt/fd.hpp"
#include "virt/kvm.hpp"

namespace virt::host {

class FdAttributes : public virtual Attributes {
public:
    explicit FdAttributes(Fd fd) : fd_(std::move(fd)) {}

    [[nodiscard]] bool has_attr(std::uint32_t group, std::uint64_t attr) const override;
    expected<void> get_attr(std::uint32_t group, std::uint64_t attr, std::span<std::byte> data) const override;
    expected<void> set_attr(std::uint32_t group, std::uint64_t attr, std::span<const std::byte> data) override;

protected:
    [[nodiscard]] int fd() const { return fd_.get(); }

private:
    Fd fd_;
};

class Device final : public FdAttributes, public virt::Device {
public:
    using FdAttributes::FdAttributes;
};

} // namespace virt::host

// SPDX-License-Identifier: Apache-2.0
// A message-signalled interrupt.
#pragma once

#include "virt/ids.hpp"

#include <cstdint>
#include <optional>

namespace virt {

/// The store that a device would do. For KVM, `device` is present exactly if the VM has KVM_CAP_MSI_DEVID.
struct Msi {
    Gpa address;
    std::uint32_t data;
    std::optional<DeviceId> device = {};

    friend bool operator==(const Msi&, const Msi&) = default;
};

} // namespace virt

// SPDX-License-Identifier: Apache-2.0
// Names of the capabilities that can be hidden.
#include "virt/capability.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>

namespace virt {
namespace {

struct Hideable {
    std::string_view name;
    std::optional<Capability> capability;
    std::optional<DeviceType> device;
};

constexpr std::array hideables{
    Hideable{"irqfd", Capability::irqfd, {}},
    Hideable{"resample", Capability::irqfd_resample, {}},
    Hideable{"ioeventfd", Capability::ioeventfd, {}},
    Hideable{"routing", Capability::irq_routing, {}},
    Hideable{"signal-msi", Capability::signal_msi, {}},
    Hideable{"msi-devid", Capability::msi_devid, {}},
    Hideable{"readonly-mem", Capability::readonly_mem, {}},
    Hideable{"user-irq", Capability::arm_user_irq, {}},
    Hideable{"debug", Capability::guest_debug_hw_bps, {}},
    Hideable{"vgic-v2", {}, DeviceType::vgic_v2},
    Hideable{"vgic-v3", {}, DeviceType::vgic_v3},
    Hideable{"its", {}, DeviceType::vgic_its},
};

std::string known_names() {
    std::string all;
    for (const auto& known : hideables)
        all += (all.empty() ? "" : ", ") + std::string(known.name);
    return all;
}

} // namespace

expected<CapabilityMask> CapabilityMask::parse(std::string_view names) {
    CapabilityMask mask;
    while (!names.empty()) {
        const auto comma = names.find(',');
        const auto name = names.substr(0, comma);
        names = comma == std::string_view::npos ? std::string_view{} : names.substr(comma + 1);
        const auto known = std::ranges::find(hideables, name, &Hideable::name);
        if (known == hideables.end())
            return failure(EINVAL, "hide '" + std::string(name) + "'", "known are " + known_names());
        if (known->capability)
            mask.hide(*known->capability);
        if (known->device)
            mask.hide(*known->device);
    }
    return mask;
}

} // namespace virt

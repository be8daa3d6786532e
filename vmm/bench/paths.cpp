// SPDX-License-Identifier: Apache-2.0
// Names of the paths, and what each needs of KVM.
#include "vmm/bench/paths.hpp"

#include <algorithm>

namespace vmm::bench {
namespace {

using virt::Capability;

template <class Names, class Value>
std::string_view find_name(const Names& names, Value value) {
    return std::ranges::find(names, value, &Named<Value>::value)->name;
}

bool needs(Path path, Capability capability) {
    switch (capability) {
    case Capability::irqfd: return path == Path::spi_irqfd || path == Path::lpi_irqfd || is_resampled(path);
    case Capability::irqfd_resample: return is_resampled(path);
    case Capability::irq_routing: return path == Path::lpi_irqfd;
    case Capability::signal_msi: return path == Path::lpi_signal;
    case Capability::msi_devid: return is_lpi(path);
    case Capability::ioeventfd: return path == Path::doorbell;
    default: return false;
    }
}

struct Need {
    Capability capability;
    const char* name;
};

constexpr std::array known_needs{
    Need{Capability::irqfd, "irqfd"},
    Need{Capability::irqfd_resample, "resamplefd"},
    Need{Capability::irq_routing, "GSI routing"},
    Need{Capability::signal_msi, "KVM_SIGNAL_MSI"},
    Need{Capability::msi_devid, "device ids of MSIs"},
    Need{Capability::ioeventfd, "ioeventfd"},
};

} // namespace

std::string_view name_of(Path path) { return find_name(path_names, path); }
std::string_view name_of(VcpuState state) { return find_name(state_names, state); }

std::optional<std::string> missing(const virt::Vm& vm, Path path) {
    if (is_lpi(path) && !vm.knows_device(virt::DeviceType::vgic_its))
        return "this KVM has no ITS";
    for (const auto& need : known_needs)
        if (needs(path, need.capability) && vm.check_extension(need.capability) <= 0)
            return std::string("this KVM has no ") + need.name;
    return std::nullopt;
}

} // namespace vmm::bench

// SPDX-License-Identifier: Apache-2.0
#include "vmm/backend.hpp"

#include "arch-arm64/kvm/provider.hpp"
#include "arch-arm64/soft/system.hpp"
#include "virt/log.hpp"
#include "vmm/machine.hpp"

#include <utility>

namespace vmm {
namespace {

using virt::expected;

OpenedBackend open_soft(const BackendOptions& options) {
    return {.backend = Backend::soft, .system = arm64::soft::open(options.hidden), .probe = nullptr};
}

expected<OpenedBackend> open_kvm(const BackendOptions& options) {
    auto system = arm64::kvm::open(options.device, options.hidden);
    VIRT_TRY(system);
    return OpenedBackend{.backend = Backend::kvm, .system = *std::move(system), .probe = nullptr};
}

/// KVM, if a guest gets its interrupt controller from it. Some boards have only a GICv2.
expected<OpenedBackend> try_kvm(const BackendOptions& options) {
    auto opened = open_kvm(options);
    VIRT_TRY(opened);
    opened->probe_bits = Machine::usual_address_bits(*opened->system);
    auto vm = opened->system->create_vm(opened->probe_bits);
    VIRT_TRY(vm);
    if (!(*vm)->knows_device(virt::DeviceType::vgic_v3))
        return virt::failure(0, "give guests a GICv3 on this host's KVM", "use an arm64 host that has one");
    opened->probe = *std::move(vm);
    return opened;
}

} // namespace

std::string_view name_of(Backend backend) {
    switch (backend) {
    case Backend::automatic: return "auto";
    case Backend::kvm: return "kvm";
    case Backend::soft: return "soft";
    }
    return "";
}

expected<OpenedBackend> open_backend(const BackendOptions& options) {
    if (options.backend == Backend::soft)
        return open_soft(options);
    if (options.backend == Backend::kvm)
        return open_kvm(options);
    auto kvm = try_kvm(options);
    if (kvm) {
        virt::log::info("Backend: kvm");
        return kvm;
    }
    virt::log::info("Backend: soft. Not kvm: {}", kvm.error().sentence());
    return open_soft(options);
}

} // namespace vmm

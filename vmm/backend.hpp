// SPDX-License-Identifier: Apache-2.0
// Who runs guests: the kernel's KVM, or ours in userspace.
#pragma once

#include "arch-arm64/kvm.hpp"
#include "virt/capability.hpp"
#include "virt/expected.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace vmm {

enum class Backend : std::uint8_t {
    automatic, ///< the first of the others that works here
    kvm,       ///< /dev/kvm of an arm64 host with a GICv3 for guests
    soft,      ///< CPU and interrupt controller in software
};

struct BackendOptions {
    Backend backend = Backend::automatic;
    std::string device = "/dev/kvm"; ///< of kvm
    virt::CapabilityMask hidden;
};

struct OpenedBackend {
    Backend backend; ///< kvm or soft
    std::unique_ptr<arm64::System> system;
    /// A VM that was made to see whether it works, of `probe_bits`; null: none was needed.
    std::unique_ptr<arm64::Vm> probe;
    unsigned probe_bits = 0;
};

/// For `automatic` one line on stderr says which it is, and why not the one before. An error is that of the one that
/// was asked for.
virt::expected<OpenedBackend> open_backend(const BackendOptions& options);

/// As `--backend` spells it.
[[nodiscard]] std::string_view name_of(Backend backend);

} // namespace vmm

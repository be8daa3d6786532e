// SPDX-License-Identifier: Apache-2.0
// What firmware a VM's vCPUs find: which version of PSCI, which services of SMCCC. Source:
// Documentation/virt/kvm/arm/fw-pseudo-registers.rst; arch/arm64/kvm/hypercalls.c.
#pragma once

#include "virt/expected.hpp"
#include "virt/ids.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

namespace arm64::soft {

/// One for each VM; pseudo registers reach it through any vCPU. Any thread.
class Firmware {
public:
    /// As PSCI_VERSION answers: major in bits 31:16.
    enum PsciVersion : std::uint32_t { PSCI_0_1 = 1, PSCI_0_2 = 2, PSCI_1_0 = 0x1'0000, PSCI_1_1 = 0x1'0001 };
    /// Bitmaps of services: KVM_REG_ARM_STD_BMAP, _STD_HYP_BMAP, _VENDOR_HYP_BMAP.
    enum class Services : std::uint8_t { standard, standard_hypervisor, vendor_hypervisor };

    /// With the features of the vCPUs, once: PSCI 0.2 and newer is one of them.
    void settle(bool psci_0_2) { version_ = psci_0_2 ? PSCI_1_1 : PSCI_0_1; }
    /// The services are what they are from the first run on.
    void fix() { fixed_ = true; }

    [[nodiscard]] std::uint32_t psci_version() const { return version_.load(); }
    [[nodiscard]] bool offers(Services which, unsigned bit) const {
        return (bitmaps_[static_cast<std::size_t>(which)].load() >> bit & 1) != 0;
    }

    [[nodiscard]] static std::span<const virt::RegisterId> registers();
    /// Nothing: not one of these.
    [[nodiscard]] std::optional<std::uint64_t> get(virt::RegisterId id) const;
    /// ENOENT: not one of these. EINVAL: what it cannot be. EBUSY: services, after the first run.
    virt::expected<void> set(virt::RegisterId id, std::uint64_t value);

private:
    virt::expected<void> set_version(std::uint64_t value);
    virt::expected<void> set_services(std::size_t which, std::uint64_t value);

    static constexpr std::array<std::uint64_t, 3> known_services{1, 1, 3}; // TRNG; PV time; UID and features, PTP

    std::atomic<std::uint32_t> version_ = PSCI_0_1;
    std::array<std::atomic<std::uint64_t>, 3> bitmaps_{known_services[0], known_services[1], known_services[2]};
    std::atomic<bool> fixed_ = false;
};

} // namespace arm64::soft

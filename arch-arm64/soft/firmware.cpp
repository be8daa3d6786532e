// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/soft/firmware.hpp"

#include "arch-arm64/registers.hpp"

#include <cerrno>

namespace arm64::soft {
namespace {

// KVM_REG_ARM_FW and KVM_REG_ARM_FW_FEAT_BMAP.
constexpr virt::RegisterId firmware(std::uint64_t n) { return virt::RegisterId{registers::arm64_u64 | 0x14'0000 | n}; }
constexpr virt::RegisterId bitmap(std::uint64_t n) { return virt::RegisterId{registers::arm64_u64 | 0x16'0000 | n}; }

constexpr auto PSCI_VERSION = firmware(0), ARCH_WORKAROUND_1 = firmware(1), ARCH_WORKAROUND_2 = firmware(2),
               ARCH_WORKAROUND_3 = firmware(3);
constexpr std::array all{PSCI_VERSION, ARCH_WORKAROUND_1, ARCH_WORKAROUND_2, ARCH_WORKAROUND_3,
                         bitmap(0),    bitmap(1),         bitmap(2)};

// Levels of the workarounds. Nothing is speculated here, so that none is needed.
constexpr std::uint64_t level_mask = 0xF, workaround_2_enabled = 1U << 4;
constexpr std::uint64_t not_required_1_and_3 = 2, available_2 = 2, not_required_2 = 3;

virt::unexpected invalid() { return virt::failure(EINVAL, "give a pseudo register of the firmware that value"); }

} // namespace

std::span<const virt::RegisterId> Firmware::registers() { return all; }

std::optional<std::uint64_t> Firmware::get(virt::RegisterId id) const {
    if (id == PSCI_VERSION)
        return psci_version();
    if (id == ARCH_WORKAROUND_1 || id == ARCH_WORKAROUND_3)
        return not_required_1_and_3;
    if (id == ARCH_WORKAROUND_2)
        return not_required_2;
    for (std::size_t n = 0; n < bitmaps_.size(); ++n)
        if (id == bitmap(n))
            return bitmaps_[n].load();
    return std::nullopt;
}

virt::expected<void> Firmware::set(virt::RegisterId id, std::uint64_t value) {
    if (id == PSCI_VERSION)
        return set_version(value);
    if (id == ARCH_WORKAROUND_1 || id == ARCH_WORKAROUND_3)
        return value <= not_required_1_and_3 ? virt::expected<void>() : invalid();
    if (id == ARCH_WORKAROUND_2) {
        const auto level = value & level_mask;
        const bool enabled_alone = level != value && level != available_2;
        const bool known = (value & ~(level_mask | workaround_2_enabled)) == 0 && level <= not_required_2;
        return known && !enabled_alone ? virt::expected<void>() : invalid();
    }
    for (std::size_t n = 0; n < bitmaps_.size(); ++n)
        if (id == bitmap(n))
            return set_services(n, value);
    return virt::failure(ENOENT, "write a pseudo register that there is not");
}

virt::expected<void> Firmware::set_version(std::uint64_t value) {
    const bool settable =
        version_ == PSCI_0_1 ? value == PSCI_0_1 : value == PSCI_0_2 || value == PSCI_1_0 || value == PSCI_1_1;
    if (!settable)
        return invalid();
    version_ = static_cast<std::uint32_t>(value);
    return {};
}

virt::expected<void> Firmware::set_services(std::size_t which, std::uint64_t value) {
    if ((value & ~known_services[which]) != 0)
        return invalid();
    if (fixed_ && value != bitmaps_[which])
        return virt::failure(EBUSY, "change the firmware's services once a vCPU has run");
    bitmaps_[which] = value;
    return {};
}

} // namespace arm64::soft

// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/soft/its_device.hpp"

#include "arch-arm64/soft/payload.hpp"
#include "arch-arm64/soft/vm.hpp"
#include "arch-arm64/vgic_attributes.hpp"

#include <cerrno>

namespace arm64::soft {
namespace {

constexpr std::uint64_t undefined_address = ~std::uint64_t{0}; // VGIC_ADDR_UNDEF
constexpr auto no_attribute = "use an attribute of the ITS";

/// What is looked at before anything else.
virt::expected<void> check_aligned(std::uint64_t offset) {
    if (gic::Its::misaligned(offset))
        return virt::failure(EINVAL, no_attribute);
    return {};
}

virt::expected<void> check_placed(const gic::Its& its) {
    if (!its.base())
        return virt::failure(ENXIO, "access a register of an ITS without an address");
    return {};
}

virt::expected<void> check_address(std::uint64_t attr) {
    if (attr != attr::VGIC_ITS_ADDR_TYPE)
        return virt::failure(ENODEV, no_attribute);
    return {};
}

} // namespace

bool ItsDevice::has_attr(std::uint32_t group, std::uint64_t attr) const {
    switch (group) {
    case attr::GRP_ADDR: return attr == attr::VGIC_ITS_ADDR_TYPE;
    case attr::GRP_CTRL:
        return attr == attr::CTRL_INIT || attr == attr::CTRL_ITS_SAVE_TABLES || attr == attr::CTRL_ITS_RESTORE_TABLES ||
               attr == attr::CTRL_ITS_RESET;
    case attr::GRP_ITS_REGS: return gic::Its::check_register(attr).has_value();
    default: return false;
    }
}

virt::expected<void> ItsDevice::get_attr(std::uint32_t group, std::uint64_t attr, std::span<std::byte> data) const {
    VIRT_TRY(vm_.alive());
    if (group == attr::GRP_ITS_REGS) {
        VIRT_TRY(check_aligned(attr));
        return vm_.with_stopped_vgic([&](Vgic&) -> virt::expected<void> {
            VIRT_TRY(check_placed(its_));
            const auto value = its_.get_register(attr);
            VIRT_TRY(value);
            return store(data, *value);
        });
    }
    if (group != attr::GRP_ADDR)
        return virt::failure(ENXIO, no_attribute);
    VIRT_TRY(check_address(attr));
    return vm_.with_vgic([&](Vgic&) { return store(data, its_.base().value_or(undefined_address)); });
}

virt::expected<void> ItsDevice::set_attr(std::uint32_t group, std::uint64_t attr, std::span<const std::byte> data) {
    VIRT_TRY(vm_.alive());
    switch (group) {
    case attr::GRP_ADDR: {
        VIRT_TRY(check_address(attr));
        const auto base = load<std::uint64_t>(data);
        VIRT_TRY(base);
        return vm_.with_vgic([&](Vgic& vgic) { return vgic.place(its_, *base); });
    }
    case attr::GRP_ITS_REGS: {
        const auto value = load<std::uint64_t>(data);
        VIRT_TRY(value);
        VIRT_TRY(check_aligned(attr));
        return vm_.with_stopped_vgic([&](Vgic&) -> virt::expected<void> {
            VIRT_TRY(check_placed(its_));
            return its_.set_register(attr, *value);
        });
    }
    case attr::GRP_CTRL: break;
    default: return virt::failure(ENXIO, no_attribute);
    }
    if (attr == attr::CTRL_INIT)
        return {};
    return vm_.with_stopped_vgic([&](Vgic&) -> virt::expected<void> {
        switch (attr) {
        case attr::CTRL_ITS_SAVE_TABLES: return its_.save_tables();
        case attr::CTRL_ITS_RESTORE_TABLES: return its_.restore_tables();
        case attr::CTRL_ITS_RESET: its_.reset(); return {};
        default: return {}; // as in KVM, which leaves the check to KVM_HAS_DEVICE_ATTR
        }
    });
}

} // namespace arm64::soft

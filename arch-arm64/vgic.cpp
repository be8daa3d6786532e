// SPDX-License-Identifier: Apache-2.0
// The order that always works. Source: Documentation/virt/kvm/devices/arm-vgic-v3.rst and arm-vgic-its.rst.
#include "arch-arm64/vgic.hpp"

#include "arch-arm64/vgic_attributes.hpp"

#include <cerrno>
#include <span>
#include <string>

namespace arm64 {

using virt::expected;

namespace {

expected<std::unique_ptr<virt::Device>> create(Vm& vm, virt::DeviceType type, const char* name) {
    auto device = vm.create_device(type);
    if (!device && device.error().code == ENODEV)
        return virt::failure(ENODEV, std::string("give the guest an in-kernel ") + name,
                             "this host's KVM has none to offer");
    return device;
}

} // namespace

expected<VgicV3> VgicV3::create(Vm& vm, const GicV3Layout& layout) {
    auto gic = arm64::create(vm, virt::DeviceType::vgic_v3, "GICv3");
    VIRT_TRY(gic);
    VIRT_TRY((*gic)->set_number(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_DIST, layout.distributor));
    VIRT_TRY((*gic)->set_number(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_REDIST, layout.redistributors));

    std::unique_ptr<virt::Device> its;
    if (layout.its) {
        auto device = arm64::create(vm, virt::DeviceType::vgic_its, "ITS");
        VIRT_TRY(device);
        VIRT_TRY((*device)->set_number(attr::GRP_ADDR, attr::VGIC_ITS_ADDR_TYPE, *layout.its));
        its = *std::move(device);
    }
    return VgicV3(*std::move(gic), std::move(its));
}

expected<void> VgicV3::init(std::uint32_t interrupts) {
    VIRT_TRY(gic_->set_number(attr::GRP_NR_IRQS, 0, interrupts));
    VIRT_TRY(gic_->set_attr(attr::GRP_CTRL, attr::CTRL_INIT, {}));
    if (its_)
        VIRT_TRY(its_->set_attr(attr::GRP_CTRL, attr::CTRL_INIT, {}));
    return {};
}

} // namespace arm64

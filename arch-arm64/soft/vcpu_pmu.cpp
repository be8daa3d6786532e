// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/soft/vcpu_pmu.hpp"

#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/soft/payload.hpp"
#include "arch-arm64/soft/vcpu.hpp"
#include "arch-arm64/soft/vm.hpp"

#include <cerrno>

namespace arm64::soft {
namespace {

constexpr auto no_attribute = "use an attribute of the PMU";

} // namespace

virt::expected<void> VcpuPmu::get_attr(Vm& vm, std::uint64_t attr, std::span<std::byte> data) const {
    if (attr != IRQ)
        return virt::failure(ENXIO, no_attribute);
    if (!vm.has_vgic())
        return virt::failure(EINVAL, no_attribute);
    if (intid() == 0)
        return virt::failure(ENXIO, "read the PMU's interrupt, which was not set");
    return store(data, intid());
}

virt::expected<void> VcpuPmu::set_attr(Vm& vm, VcpuContext& vcpu, std::uint64_t attr, std::span<const std::byte> data) {
    if (initialised_)
        return virt::failure(EBUSY, "change a PMU that is initialised");
    switch (attr) {
    case IRQ: return set_intid(vm, data);
    case INIT: return init(vm, vcpu);
    default: return virt::failure(ENXIO, no_attribute);
    }
}

virt::expected<void> VcpuPmu::set_intid(Vm& vm, std::span<const std::byte> data) {
    constexpr auto attempted = "give the PMU that interrupt";
    if (!vm.has_vgic())
        return virt::failure(EINVAL, "give the PMU an interrupt without a vGIC");
    const auto number = load<std::uint32_t>(data);
    VIRT_TRY(number);
    const Intid intid{*number};
    if (!is_ppi(intid) && !is_spi(intid))
        return virt::failure(EINVAL, attempted);
    bool valid = true; // one PPI for all, or an SPI for each
    vm.each_vcpu([&](const VcpuContext& other) {
        if (const auto taken = other.pmu.intid(); taken != 0)
            valid &= is_ppi(intid) ? taken == intid.value : taken != intid.value;
    });
    if (!valid)
        return virt::failure(EINVAL, attempted);
    if (intid_ != 0)
        return virt::failure(EBUSY, "give the PMU an interrupt again");
    intid_ = intid.value;
    return {};
}

virt::expected<void> VcpuPmu::init(Vm& vm, const VcpuContext& vcpu) {
    constexpr auto attempted = "initialise the PMU";
    if (vm.has_vgic()) {
        if (!vm.gic().initialised())
            return virt::failure(ENODEV, attempted, "initialise the vGIC first");
        if (intid() == 0)
            return virt::failure(ENXIO, attempted, "give it an interrupt first");
        auto* const found = vm.gic().find(vcpu.index, Intid{intid()});
        if (found == nullptr)
            return virt::failure(EINVAL, attempted);
        if (!gic::Gic::claim(*found))
            return virt::failure(EEXIST, attempted);
        interrupt_ = found;
    }
    initialised_ = true;
    return {};
}

virt::expected<void> VcpuPmu::check(const Vm& vm) const {
    if (!initialised_ || vm.has_vgic() != (intid() != 0))
        return virt::failure(EINVAL, "run a vCPU whose PMU is not initialised");
    return {};
}

void VcpuPmu::set_level(CpuSide::Level level) {
    level_ = level == CpuSide::Level::high;
    if (interrupt_ != nullptr)
        gic::Gic::drive(*interrupt_, level);
}

} // namespace arm64::soft

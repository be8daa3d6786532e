// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/soft/vgic_device.hpp"

#include "arch-arm64/gic/level_info.hpp"
#include "arch-arm64/soft/payload.hpp"
#include "arch-arm64/soft/vm.hpp"
#include "arch-arm64/vgic_attributes.hpp"

#include <cerrno>

namespace arm64::soft {
namespace {

constexpr std::uint64_t undefined_address = ~std::uint64_t{0}; // VGIC_ADDR_UNDEF
constexpr auto no_attribute = "use an attribute of the vGIC";

virt::unexpected unknown() { return virt::failure(ENXIO, no_attribute); }

bool has_address(std::uint64_t attr) {
    return attr == attr::VGIC_V3_ADDR_TYPE_DIST || attr == attr::VGIC_V3_ADDR_TYPE_REDIST ||
           attr == attr::VGIC_V3_ADDR_TYPE_REDIST_REGION;
}

bool addresses_registers(std::uint32_t group) {
    return group == attr::GRP_DIST_REGS || group == attr::GRP_REDIST_REGS || group == attr::GRP_CPU_SYSREGS ||
           group == attr::GRP_LEVEL_INFO;
}

/// The value of KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION. KVM's index has 12 bits here and 8 where it is used.
struct RegionField {
    std::uint64_t value;

    [[nodiscard]] std::uint32_t index() const { return value & 0xFF; }
    [[nodiscard]] std::uint64_t flags() const { return value >> 12 & 0xF; }
    [[nodiscard]] virt::Gpa base() const { return value & 0x000F'FFFF'FFFF'0000; }
    [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(value >> 52); }
};

virt::expected<void> set_address(Vgic& vgic, std::uint64_t attr, std::uint64_t value) {
    if (attr == attr::VGIC_V3_ADDR_TYPE_DIST)
        return vgic.place_distributor(value);
    if (attr == attr::VGIC_V3_ADDR_TYPE_REDIST)
        return vgic.place_redistributors({.base = value, .count = 0, .index = 0});
    const RegionField region{value};
    if (region.count() == 0 || region.flags() != 0)
        return virt::failure(EINVAL, "place a region of redistributors");
    return vgic.place_redistributors({.base = region.base(), .count = region.count(), .index = region.index()});
}

virt::expected<std::uint64_t> address(const Vgic& vgic, std::uint64_t attr, std::uint64_t key) {
    if (attr == attr::VGIC_V3_ADDR_TYPE_DIST)
        return vgic.distributor_address().value_or(undefined_address);
    if (attr == attr::VGIC_V3_ADDR_TYPE_REDIST)
        return vgic.regions().first() != nullptr ? vgic.regions().first()->base : undefined_address;
    const auto* const region = vgic.regions().find(RegionField{key}.index());
    if (region == nullptr)
        return virt::failure(ENOENT, "find a region of redistributors");
    return std::uint64_t{region->count} << 52 | region->base | region->index;
}

/// What an attribute of registers names: vgic_v3_parse_attr.
struct RegisterName {
    std::uint64_t attr;

    [[nodiscard]] std::uint32_t affinity() const { return static_cast<std::uint32_t>(attr >> 32); }
    [[nodiscard]] std::uint32_t offset() const { return static_cast<std::uint32_t>(attr); }
    [[nodiscard]] SysregId sysreg() const { return SysregId{static_cast<std::uint16_t>(attr)}; }
    [[nodiscard]] std::uint32_t level_info() const { return offset() >> 10; }
    [[nodiscard]] Intid intid() const { return Intid{offset() & 0x3FF}; }
};
constexpr std::uint32_t LINE_LEVEL = 0; // VGIC_LEVEL_INFO_LINE_LEVEL

/// EINVAL if no vCPU has that affinity. The distributor's are reached through the first one.
virt::expected<VcpuIndex> vcpu_of(Vgic& vgic, std::uint32_t group, RegisterName name) {
    if (group != attr::GRP_DIST_REGS) {
        if (const auto* const found = vgic.gic().by_affinity(name.affinity()))
            return found->index();
    } else if (vgic.vcpus() != 0) {
        return VcpuIndex{0};
    }
    return virt::failure(EINVAL, "find the vCPU that an attribute of the vGIC names");
}

virt::expected<void> check_lines(RegisterName name) {
    if (name.level_info() != LINE_LEVEL || name.intid().value % 32 != 0)
        return virt::failure(EINVAL, "access the lines of interrupts");
    return {};
}

virt::expected<void> check_initialised(Vgic& vgic) {
    if (!vgic.gic().initialised())
        return virt::failure(EBUSY, "access a register of a vGIC that is not initialised");
    return {};
}

virt::expected<void> get_sysreg(Vgic& vgic, VcpuIndex vcpu, RegisterName name, std::span<std::byte> data) {
    if (!gic::Gic::saves_sysreg(name.sysreg()))
        return virt::failure(ENOENT, "access that system register of the vGIC");
    const auto value = vgic.gic().save_sysreg(vcpu, name.sysreg());
    if (!value)
        return virt::failure(EINVAL, "read a system register of the vGIC");
    return store(data, *value);
}

virt::expected<void> set_sysreg(Vgic& vgic, VcpuIndex vcpu, RegisterName name, std::span<const std::byte> data) {
    const auto value = load<std::uint64_t>(data);
    VIRT_TRY(value);
    if (!gic::Gic::saves_sysreg(name.sysreg()))
        return virt::failure(ENOENT, "access that system register of the vGIC");
    if (!vgic.gic().restore_sysreg(vcpu, name.sysreg(), *value))
        return virt::failure(EINVAL, "write a system register of the vGIC");
    return {};
}

virt::expected<void> get_register(Vgic& vgic, VcpuIndex vcpu, std::uint32_t group, RegisterName name,
                                  std::span<std::byte> data) {
    VIRT_TRY(check_initialised(vgic));
    switch (group) {
    case attr::GRP_DIST_REGS: return store(data, vgic.distributor().read_outside(name.offset()));
    case attr::GRP_REDIST_REGS: return store(data, vgic.redistributor(vcpu).read_outside(name.offset()));
    case attr::GRP_CPU_SYSREGS: return get_sysreg(vgic, vcpu, name, data);
    default: break;
    }
    VIRT_TRY(check_lines(name));
    return store(data, gic::line_levels(vgic.gic(), vcpu, name.intid()));
}

virt::expected<void> set_register(Vgic& vgic, VcpuIndex vcpu, std::uint32_t group, RegisterName name,
                                  std::span<const std::byte> data) {
    VIRT_TRY(check_initialised(vgic));
    if (group == attr::GRP_CPU_SYSREGS)
        return set_sysreg(vgic, vcpu, name, data);
    const auto word = load<std::uint32_t>(data);
    VIRT_TRY(word);
    if (group == attr::GRP_DIST_REGS)
        return vgic.distributor().write_outside(name.offset(), *word);
    if (group == attr::GRP_REDIST_REGS)
        return vgic.redistributor(vcpu).write_outside(name.offset(), *word);
    VIRT_TRY(check_lines(name));
    gic::set_line_levels(vgic.gic(), vcpu, name.intid(), *word);
    return {};
}

bool has_register(Vgic& vgic, std::uint32_t group, RegisterName name) {
    if (group == attr::GRP_LEVEL_INFO)
        return name.level_info() == LINE_LEVEL;
    const auto vcpu = vcpu_of(vgic, group, name);
    if (!vcpu)
        return false;
    switch (group) {
    case attr::GRP_DIST_REGS: return vgic.distributor().has(name.offset());
    case attr::GRP_REDIST_REGS: return gic::RedistributorFrame::has(name.offset());
    default: return gic::Gic::saves_sysreg(name.sysreg());
    }
}

} // namespace

bool VgicDevice::has_attr(std::uint32_t group, std::uint64_t attr) const {
    if (addresses_registers(group)) {
        const auto found = vm_.with_vgic(
            [&](Vgic& vgic) -> virt::expected<bool> { return has_register(vgic, group, RegisterName{attr}); });
        return found && *found;
    }
    switch (group) {
    case attr::GRP_ADDR: return has_address(attr);
    case attr::GRP_NR_IRQS: return true;
    case attr::GRP_CTRL: return attr == attr::CTRL_INIT || attr == attr::CTRL_SAVE_PENDING_TABLES;
    default: return false;
    }
}

virt::expected<void> VgicDevice::get_attr(std::uint32_t group, std::uint64_t attr, std::span<std::byte> data) const {
    if (addresses_registers(group)) {
        const RegisterName name{attr};
        const auto vcpu = vm_.with_vgic([&](Vgic& vgic) { return vcpu_of(vgic, group, name); });
        VIRT_TRY(vcpu);
        return vm_.with_stopped_vgic([&](Vgic& vgic) { return get_register(vgic, *vcpu, group, name, data); });
    }
    return vm_.with_vgic([&](Vgic& vgic) -> virt::expected<void> {
        if (group == attr::GRP_NR_IRQS)
            return store(data, vgic.interrupts());
        if (group != attr::GRP_ADDR || !has_address(attr))
            return unknown();
        std::uint64_t key = 0;
        if (attr == attr::VGIC_V3_ADDR_TYPE_REDIST_REGION) {
            const auto read = load<std::uint64_t>(data);
            VIRT_TRY(read);
            key = *read;
        }
        const auto value = address(vgic, attr, key);
        VIRT_TRY(value);
        return store(data, *value);
    });
}

virt::expected<void> VgicDevice::set_attr(std::uint32_t group, std::uint64_t attr, std::span<const std::byte> data) {
    if (addresses_registers(group)) {
        const RegisterName name{attr};
        const auto vcpu = vm_.with_vgic([&](Vgic& vgic) { return vcpu_of(vgic, group, name); });
        VIRT_TRY(vcpu);
        return vm_.with_stopped_vgic([&](Vgic& vgic) { return set_register(vgic, *vcpu, group, name, data); });
    }
    if (group == attr::GRP_CTRL && attr == attr::CTRL_SAVE_PENDING_TABLES) {
        return vm_.with_stopped_vgic([](Vgic& vgic) -> virt::expected<void> {
            if (!vgic.gic().initialised())
                return virt::failure(ENXIO, "save the pending tables of a vGIC that is not initialised");
            return vgic.gic().lpis().save_pending_tables();
        });
    }
    return vm_.with_vgic([&](Vgic& vgic) -> virt::expected<void> {
        if (group == attr::GRP_CTRL && attr == attr::CTRL_INIT)
            return vm_.init_vgic();
        if (group == attr::GRP_NR_IRQS) {
            const auto number = load<std::uint32_t>(data);
            VIRT_TRY(number);
            return vgic.set_interrupts(*number);
        }
        if (group != attr::GRP_ADDR)
            return unknown();
        const auto value = load<std::uint64_t>(data);
        VIRT_TRY(value);
        return has_address(attr) ? set_address(vgic, attr, *value) : unknown();
    });
}

} // namespace arm64::soft

// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/soft/vcpu.hpp"

#include "arch-arm64/registers.hpp"
#include "arch-arm64/soft/vm.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace arm64::soft {
namespace {

// Groups of vCPU attributes. Source: Documentation/virt/kvm/devices/vcpu.rst.
constexpr std::uint32_t TIMER_CTRL = 1;

constexpr auto no_attribute = "use an attribute of a vCPU";

/// Source: arch/arm64/kvm/sys_regs.c, reset_mpidr.
std::uint64_t MPIDR_of(virt::VcpuId id) {
    constexpr std::uint64_t RES1 = 1U << 31;
    return RES1 | (std::uint64_t{id.value} >> 12 & 0xFF) << 16 | (std::uint64_t{id.value} >> 4 & 0xFF) << 8 |
           (id.value & 0xF);
}

virt::expected<void> check_size(virt::RegisterId id, std::size_t bytes) {
    if (bytes != size_of(id))
        return virt::failure(EINVAL, "access a register in another size than its own");
    return {};
}

} // namespace

virt::expected<void> Vcpu::usable() const {
    VIRT_TRY(vm_.alive());
    if (!context_.initialised)
        return virt::failure(ENOEXEC, "use a vCPU that is not initialised");
    return {};
}

virt::expected<void> Vcpu::check_pmu() const {
    if (!context_.initialised || !vm_.features().has(VcpuFeature::pmu_v3))
        return virt::failure(ENODEV, "use the PMU of a vCPU without one");
    return {};
}

virt::expected<void> Vcpu::init(VcpuFeatures features) {
    VIRT_TRY(vm_.alive());
    VIRT_TRY(vm_.settle_features(features));
    if (!context_.initialised) {
        context_.MPIDR_EL1 = MPIDR_of(context_.id); // and stays what the VMM makes of it
        vm_.set_affinity(context_.index, context_.MPIDR_EL1);
    }
    VIRT_TRY(reset(features));
    context_.timer.reset();
    static_cast<void>(context_.power.take_entry()); // of a life before
    context_.power.set(features.has(VcpuFeature::power_off) ? virt::MpState::stopped : virt::MpState::runnable);
    context_.initialised = true;
    return {};
}

virt::expected<void> Vcpu::finalize(VcpuFeature) {
    VIRT_TRY(usable());
    return virt::failure(EINVAL, "finalize a feature that the vCPU has not");
}

virt::expected<void> Vcpu::prepare() {
    VIRT_TRY(usable());
    return vm_.prepare(context_);
}

virt::expected<virt::Exit> Vcpu::run() {
    const std::scoped_lock lock(context_.running);
    VIRT_TRY(prepare());
    return enter();
}

virt::expected<void> Vcpu::get(virt::RegisterId id, std::span<std::byte> data) const {
    VIRT_TRY(usable());
    VIRT_TRY(check_size(id, data.size()));
    catch_up();
    auto value = context_.timer.get(id);
    if (id == registers::MPIDR_EL1)
        value = context_.MPIDR_EL1;
    if (!value)
        return get_cpu_register(id, data);
    std::memcpy(data.data(), &*value, sizeof *value);
    return {};
}

virt::expected<void> Vcpu::set(virt::RegisterId id, std::span<const std::byte> data) {
    VIRT_TRY(usable());
    VIRT_TRY(check_size(id, data.size()));
    catch_up();
    std::uint64_t value = 0;
    std::memcpy(&value, data.data(), std::min(data.size(), sizeof value));
    if (id == registers::MPIDR_EL1) {
        context_.MPIDR_EL1 = value;
        vm_.set_affinity(context_.index, value);
        return {};
    }
    if (context_.timer.set(id, value))
        return {};
    return set_cpu_register(id, data);
}

virt::expected<std::vector<virt::RegisterId>> Vcpu::registers() const {
    VIRT_TRY(usable());
    auto all = cpu_registers();
    all.push_back(registers::MPIDR_EL1);
    const auto timers = timer::ArchTimer::registers();
    all.insert(all.end(), timers.begin(), timers.end());
    return all;
}

virt::expected<virt::MpState> Vcpu::mp_state() const {
    VIRT_TRY(vm_.alive());
    return context_.power.state();
}

virt::expected<void> Vcpu::set_mp_state(virt::MpState state) {
    VIRT_TRY(vm_.alive());
    if (state != virt::MpState::runnable && state != virt::MpState::stopped && state != virt::MpState::suspended)
        return virt::failure(EINVAL, "put a vCPU into an unknown state");
    context_.power.set(state);
    vm_.what_executes().look(context_.index);
    return {};
}

bool Vcpu::has_attr(std::uint32_t group, std::uint64_t attr) const {
    if (group == VcpuPmu::group)
        return check_pmu() && VcpuPmu::has_attr(attr);
    return group == TIMER_CTRL && attr < timer::VmTimers::attributes;
}

virt::expected<void> Vcpu::get_attr(std::uint32_t group, std::uint64_t attr, std::span<std::byte> data) const {
    VIRT_TRY(vm_.alive());
    if (group == VcpuPmu::group) {
        VIRT_TRY(check_pmu());
        return context_.pmu.get_attr(vm_, attr, data);
    }
    if (group != TIMER_CTRL)
        return virt::failure(ENXIO, no_attribute);
    const auto intid = vm_.timers().ppi(attr);
    VIRT_TRY(intid);
    if (data.size() < sizeof *intid)
        return virt::failure(EFAULT, no_attribute);
    std::memcpy(data.data(), &*intid, sizeof *intid);
    return {};
}

virt::expected<void> Vcpu::set_attr(std::uint32_t group, std::uint64_t attr, std::span<const std::byte> data) {
    VIRT_TRY(vm_.alive());
    if (group == VcpuPmu::group) {
        VIRT_TRY(check_pmu());
        return context_.pmu.set_attr(vm_, context_, attr, data);
    }
    if (group != TIMER_CTRL)
        return virt::failure(ENXIO, no_attribute);
    if (!vm_.has_vgic())
        return virt::failure(EINVAL, "give a timer an interrupt without a vGIC");
    std::uint32_t intid = 0;
    if (data.size() < sizeof intid)
        return virt::failure(EFAULT, no_attribute);
    std::memcpy(&intid, data.data(), sizeof intid);
    return vm_.timers().set_ppi(attr, intid);
}

} // namespace arm64::soft

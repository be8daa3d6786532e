// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/soft/cpu_vcpu.hpp"

#include "arch-arm64/kvm/guest_debug.hpp"
#include "arch-arm64/soft/cpu_registers.hpp"
#include "arch-arm64/soft/vm.hpp"

#include <cerrno>
#include <utility>

namespace arm64::soft {
namespace {

virt::DebugResources resources(const Vm& vm) {
    const auto count = [&](virt::Capability capability) {
        return static_cast<std::size_t>(vm.check_extension(capability));
    };
    return {count(virt::Capability::guest_debug_hw_bps), count(virt::Capability::guest_debug_hw_wps)};
}

} // namespace

CpuVcpu::CpuVcpu(Vm& vm, VcpuContext& context, Pe& pe) : Vcpu(vm, context), pe_(pe), debug_(resources(vm)) {}

virt::expected<void> CpuVcpu::finish() {
    VIRT_TRY(prepare()); // as KVM_RUN, which then leaves at once
    pe_.finish();
    return {};
}

virt::expected<void> CpuVcpu::reset(VcpuFeatures) {
    pe_.reset();
    return {};
}

virt::expected<void> CpuVcpu::inject_external_abort() {
    VIRT_TRY(vm().alive());
    pe_.external_abort();
    return {};
}

virt::expected<VcpuEvents> CpuVcpu::events() const {
    VIRT_TRY(vm().alive());
    return VcpuEvents{.SError_pending = (pe_.cpu().requests() & cpu::Cpu::request_SError) != 0};
}

virt::expected<void> CpuVcpu::set_events(const VcpuEvents& events) {
    VIRT_TRY(vm().alive());
    if (events.SError_ISS)
        return virt::failure(EINVAL, "give an SError a syndrome without FEAT_RAS");
    if (events.SError_pending)
        pe_.cpu().raise(cpu::Cpu::request_SError);
    return {};
}

virt::expected<virt::DebugResources> CpuVcpu::set_guest_debug(virt::DebugUser user, virt::GuestDebug wish) {
    VIRT_TRY(vm().alive());
    auto users = debug_;
    VIRT_TRY(users.set(user, std::move(wish)));
    VIRT_TRY(kvm::encode(users.merged())); // whether registers could say that
    debug_ = std::move(users);
    pe_.cpu().set_debugger(debug_.merged());
    return debug_.left();
}

virt::expected<void> CpuVcpu::get_cpu_register(virt::RegisterId id, std::span<std::byte> data) const {
    return read_register(pe_, id, data);
}

virt::expected<void> CpuVcpu::set_cpu_register(virt::RegisterId id, std::span<const std::byte> data) {
    return write_register(pe_, id, data);
}

std::vector<virt::RegisterId> CpuVcpu::cpu_registers() const { return list_registers(pe_); }

} // namespace arm64::soft

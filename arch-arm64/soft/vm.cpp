// SPDX-License-Identifier: Apache-2.0
// Source: Documentation/virt/kvm/api.rst, section 4; arch/arm64/kvm/arm.c, vgic/vgic-init.c.
#include "arch-arm64/soft/vm.hpp"

#include "arch-arm64/intid.hpp"
#include "arch-arm64/soft/its_device.hpp"
#include "arch-arm64/soft/vgic_device.hpp"

#include <algorithm>
#include <cerrno>

namespace arm64::soft {
namespace {

using virt::Capability;

constexpr unsigned default_ipa_bits = 40, least_ipa_bits = 32;
constexpr std::uint32_t known_features = (1U << 7) - 1; // KVM_VCPU_MAX_FEATURES
constexpr std::uint32_t bit(VcpuFeature feature) { return 1U << static_cast<unsigned>(feature); }

} // namespace

virt::expected<std::unique_ptr<Vm>> Vm::create(std::unique_ptr<Engine> executor, const timer::Counter& counter,
                                               unsigned ipa_bits, virt::CapabilityMask mask) {
    if (ipa_bits == 0)
        ipa_bits = default_ipa_bits;
    if (ipa_bits < least_ipa_bits || ipa_bits > most_ipa_bits)
        return virt::failure(EINVAL, "create a virtual machine with an address space of that size");
    auto loop = virt::EventLoop::create();
    VIRT_TRY(loop);
    return std::unique_ptr<Vm>(new Vm(std::move(executor), *std::move(loop), counter, ipa_bits, std::move(mask)));
}

Vm::Vm(std::unique_ptr<Engine> executor, std::unique_ptr<virt::EventLoop> loop, const timer::Counter& counter,
       unsigned ipa_bits, virt::CapabilityMask mask)
    : Foundation(std::move(executor), virt::Gpa{1} << ipa_bits),
      virt::soft::Vm(std::move(loop), std::move(mask), virt::Gpa{1} << ipa_bits, ground, vgic.gic(), irqchip_pins),
      timers_(counter) {}

Vm::~Vm() = default;

int Vm::check_extension(Capability capability) const {
    if (mask().hides(capability))
        return 0;
    return capability == Capability::msi_devid ? (vgic.gic().has_its() ? 1 : 0) : offers(*engine, capability);
}

int Vm::offers(const Engine& engine, Capability capability) {
    switch (capability) {
    case Capability::max_vcpus:
    case Capability::max_vcpu_id: return Vgic::most_vcpus;
    case Capability::arm_irq_line_layout_2: return 1;
    case Capability::arm_vm_ipa_size: return most_ipa_bits;
    default: break;
    }
    const int answer = virt::soft::Vm::offers(capability);
    return answer != 0 ? answer : engine.check_extension(capability);
}

virt::expected<void> Vm::enable(Capability capability, std::uint64_t) {
    VIRT_TRY(alive());
    if (mask().hides(capability))
        return virt::failure(ENOTTY, "enable a capability", "hidden by request");
    if (capability != Capability::arm_nisv_to_user && capability != Capability::arm_system_suspend)
        return virt::failure(EINVAL, "enable a capability that there is not");
    const std::scoped_lock lock(lock_);
    enabled_.insert(capability);
    return {};
}

bool Vm::enabled(Capability capability) const {
    const std::scoped_lock lock(lock_);
    return enabled_.contains(capability);
}

bool Vm::knows_device(virt::DeviceType type) const {
    return !mask().hides(type) && (type == virt::DeviceType::vgic_v3 || type == virt::DeviceType::vgic_its);
}

virt::expected<std::unique_ptr<virt::Device>> Vm::create_device(virt::DeviceType type) {
    VIRT_TRY(alive());
    if (!knows_device(type))
        return virt::failure(ENODEV, "create a device that there is not");
    const std::scoped_lock lock(lock_);
    if (type == virt::DeviceType::vgic_its)
        return std::make_unique<ItsDevice>(*this, vgic.create_its());
    VIRT_TRY(stop_vcpus());
    if (!vgic.created() && std::ranges::any_of(vcpus_, [](const auto& vcpu) { return vcpu->has_run.load(); }))
        return virt::failure(EBUSY, "create a vGIC for vCPUs that have run");
    VIRT_TRY(vgic.create());
    return std::make_unique<VgicDevice>(*this);
}

virt::expected<std::unique_ptr<arm64::Vcpu>> Vm::create_vcpu(virt::VcpuId id) {
    VIRT_TRY(alive());
    constexpr auto attempted = "create a vCPU";
    const std::scoped_lock lock(lock_);
    if (id.value >= Vgic::most_vcpus || vcpus_.size() >= Vgic::most_vcpus)
        return virt::failure(EINVAL, attempted);
    if (vgic.gic().initialised())
        return virt::failure(EBUSY, attempted);
    if (std::ranges::any_of(vcpus_, [&](const auto& other) { return other->id == id; }))
        return virt::failure(EEXIST, attempted);
    const VcpuIndex index{static_cast<std::uint32_t>(vcpus_.size())};
    auto context = std::make_unique<VcpuContext>(index, id, timers_, loop());
    auto vcpu = engine->make_vcpu(*this, *context);
    VIRT_TRY(vcpu);
    VIRT_TRY(vgic.add_vcpu(id)); // last: an ITS may know it from now on
    vcpus_.push_back(std::move(context));
    return std::unique_ptr<arm64::Vcpu>(*std::move(vcpu));
}

virt::expected<void> Vm::settle_features(VcpuFeatures features) {
    constexpr auto attempted = "initialise a vCPU with such features";
    features.remove(VcpuFeature::power_off);
    const auto wanted = features.word();
    const auto ptrauth = bit(VcpuFeature::ptrauth_address) | bit(VcpuFeature::ptrauth_generic);
    if ((wanted & ~known_features) != 0)
        return virt::failure(ENOENT, attempted);
    if ((wanted & ~engine->features().word()) != 0 || ((wanted & ptrauth) != 0 && (wanted & ptrauth) != ptrauth))
        return virt::failure(EINVAL, attempted);
    const std::scoped_lock lock(lock_);
    if (features_)
        return features_->word() == wanted ? virt::expected<void>() : virt::failure(EINVAL, attempted);
    features_ = features;
    engine->settle(features);
    return {};
}

VcpuFeatures Vm::features() const {
    const std::scoped_lock lock(lock_);
    return features_.value_or(VcpuFeatures());
}

void Vm::set_affinity(VcpuIndex vcpu, std::uint64_t MPIDR_EL1) {
    const std::scoped_lock lock(lock_);
    vgic.gic().redistributor(vcpu).set_affinity(static_cast<std::uint32_t>(MPIDR_EL1 & 0xFF'FFFF));
}

virt::expected<void> Vm::prepare(VcpuContext& vcpu) {
    if (vcpu.has_run)
        return {};
    const std::scoped_lock lock(lock_);
    if (auto mapped = vgic.map(); !mapped) {
        die();
        return mapped;
    }
    if (vgic.created())
        VIRT_TRY(vcpu.timer.enter(vgic.gic(), vcpu.index));
    else
        vcpu.timer.enter([this, index = vcpu.index] { engine->look(index); });
    if (features_ && features_->has(VcpuFeature::pmu_v3))
        VIRT_TRY(vcpu.pmu.check(*this));
    engine->begin(*this);
    vcpu.has_run = true;
    return {};
}

virt::expected<Vm::Stopped> Vm::stop_vcpus() {
    Stopped stopped;
    for (const auto& vcpu : vcpus_)
        if (!stopped.emplace_back(vcpu->running, std::try_to_lock))
            return virt::failure(EBUSY, "do that while a vCPU runs");
    return stopped;
}

virt::expected<void> Vm::init_vgic() {
    if (vgic.gic().initialised())
        return {};
    vgic.init();
    return route_pins(vgic.interrupts() - first_spi);
}

virt::expected<void> Vm::set_input(gic::Interrupt* interrupt, CpuSide::Level level) {
    if (interrupt == nullptr)
        return virt::failure(EINVAL, "set the line of an interrupt that there is not");
    if (level == CpuSide::Level::low)
        gic::Gic::lower(*interrupt);
    else if (interrupt->is_lpi())
        gic::Lpis::signal(*interrupt);
    else
        gic::Gic::raise(*interrupt);
    return {};
}

virt::expected<void> Vm::set_vcpu_input(std::uint32_t vcpu, std::uint32_t number, CpuSide::Level level) {
    const auto found = std::ranges::find(vcpus_, virt::VcpuId{vcpu}, [](const auto& one) { return one->id; });
    if (found == vcpus_.end() || number > 1)
        return virt::failure(EINVAL, "set the input of a vCPU");
    engine->set_line((*found)->index, number == 0 ? CpuSide::Input::irq : CpuSide::Input::fiq, level);
    return {};
}

virt::expected<void> Vm::set_irq_line(virt::IrqLineField irq, bool level) {
    enum : std::uint32_t { cpu, spi, ppi };
    constexpr auto attempted = "set an interrupt line";
    VIRT_TRY(alive());
    const std::uint32_t type = irq.value >> 24 & 0xF;
    const std::uint32_t vcpu = (irq.value >> 28) << 8 | (irq.value >> 16 & 0xFF);
    const Intid intid{irq.value & 0xFFFF};
    const auto wanted = level ? CpuSide::Level::high : CpuSide::Level::low;
    if (type > ppi)
        return virt::failure(EINVAL, attempted);
    if ((type == cpu) == has_vgic())
        return virt::failure(ENXIO, attempted);
    const bool initialised = gic().initialised();
    auto lock = initialised ? std::unique_lock<std::mutex>() : std::unique_lock(lock_); // vCPUs may still come
    if (type == cpu)
        return set_vcpu_input(vcpu, intid.value, wanted);
    auto* const target = type == ppi ? gic().by_id(virt::VcpuId{vcpu}) : nullptr;
    const bool possible = type == ppi ? target != nullptr && is_ppi(intid) : intid.value >= first_spi;
    if (!possible)
        return virt::failure(EINVAL, attempted);
    if (!initialised)
        return virt::failure(EBUSY, attempted);
    if (type == ppi)
        return set_input(&target->private_interrupt(intid.value), wanted);
    return set_input(intid.value >= first_lpi ? gic().lpis().find(intid) : gic().spi(intid), wanted);
}

bool Vm::has_attr(std::uint32_t, std::uint64_t) const { return false; }

virt::expected<void> Vm::get_attr(std::uint32_t, std::uint64_t, std::span<std::byte>) const {
    VIRT_TRY(alive());
    return virt::failure(ENXIO, "use an attribute of a VM");
}

virt::expected<void> Vm::set_attr(std::uint32_t, std::uint64_t, std::span<const std::byte>) {
    VIRT_TRY(alive());
    return virt::failure(ENXIO, "use an attribute of a VM");
}

} // namespace arm64::soft

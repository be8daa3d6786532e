// SPDX-License-Identifier: Apache-2.0
// itsy's own KVM (arch-arm64/soft, virt/soft), without a CPU.
#include "tests/conformance/provider_soft.hpp"

#include "arch-arm64/soft/engine.hpp"
#include "arch-arm64/soft/vcpu.hpp"
#include "arch-arm64/soft/vm.hpp"
#include "arch-arm64/timer/counter.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/provider_own.hpp"
#include "tests/conformance/seam_puppet.hpp"
#include "virt/irq_router.hpp"

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace conformance {
namespace {

using virt::expected;
namespace soft = arm64::soft;

/// A vCPU that nobody executes: it has no register of its own.
class SeamVcpu final : public soft::Vcpu {
public:
    SeamVcpu(soft::Vm& vm, soft::VcpuContext& context) : soft::Vcpu(vm, context) {}

    void complete(std::uint64_t) override {}
    expected<void> finish() override { return prepare(); } // as KVM_RUN, which then leaves at once
    void kick() override {}
    std::uint64_t device_irq_level() const override { return 0; }
    expected<void> inject_external_abort() override { return absent(); }
    expected<arm64::VcpuEvents> events() const override { return arm64::VcpuEvents{}; }
    expected<void> set_events(const arm64::VcpuEvents& events) override {
        return events == arm64::VcpuEvents{} ? expected<void>() : absent();
    }
    expected<virt::DebugResources> set_guest_debug(virt::DebugUser, virt::GuestDebug) override { return absent(); }

private:
    static virt::unexpected absent() { return virt::failure(ENOSYS, "do what needs a CPU"); }

    expected<virt::Exit> enter() override { return absent(); }
    expected<void> reset(arm64::VcpuFeatures) override { return {}; }
    expected<void> get_cpu_register(virt::RegisterId, std::span<std::byte>) const override {
        return virt::failure(ENOENT, "read a register of a CPU that is not there");
    }
    expected<void> set_cpu_register(virt::RegisterId, std::span<const std::byte>) override {
        return virt::failure(ENOENT, "write a register of a CPU that is not there");
    }
    std::vector<virt::RegisterId> cpu_registers() const override { return {}; }
};

class SeamEngine final : public soft::Engine {
public:
    explicit SeamEngine(const arm64::gic::Implementation& implementation) : implementation_(implementation) {}

    [[nodiscard]] SeamCpus& cpus() { return cpus_; }

    void set_line(arm64::VcpuIndex vcpu, Input input, Level level) override { cpus_.set_line(vcpu, input, level); }
    [[nodiscard]] arm64::VcpuFeatures features() const override {
        return arm64::VcpuFeatures().add(arm64::VcpuFeature::psci_0_2);
    }
    [[nodiscard]] arm64::gic::Implementation implementation() const override { return implementation_; }
    [[nodiscard]] int check_extension(virt::Capability) const override { return 0; }
    expected<std::unique_ptr<soft::Vcpu>> make_vcpu(soft::Vm& vm, soft::VcpuContext& context) override {
        return std::make_unique<SeamVcpu>(vm, context);
    }

private:
    const arm64::gic::Implementation implementation_;
    SeamCpus cpus_;
};

class SoftSystem final : public arm64::System {
public:
    SoftSystem(const arm64::gic::Implementation& implementation, virt::CapabilityMask mask)
        : implementation_(implementation), mask_(std::move(mask)) {}

    int check_extension(virt::Capability capability) const override {
        const auto vm = must(soft::Vm::create(std::make_unique<SeamEngine>(implementation_), counter_, 0, mask_));
        return vm->check_extension(capability);
    }
    expected<std::unique_ptr<arm64::Vm>> create_vm(unsigned ipa_bits) override {
        auto vm = soft::Vm::create(std::make_unique<SeamEngine>(implementation_), counter_, ipa_bits, mask_);
        VIRT_TRY(vm);
        if (const char* const way = std::getenv("ITSY_MSI_WAY");
            way != nullptr && std::string_view(way) == "through-its")
            (*vm)->set_msi_way(virt::MsiWay::through_its);
        return std::unique_ptr<arm64::Vm>(*std::move(vm));
    }
    unsigned max_ipa_bits() const override { return soft::Vm::most_ipa_bits; }
    std::uint64_t counter() const override { return counter_.ticks(); }
    std::uint64_t counter_frequency() const override { return counter_.frequency(); }

private:
    const arm64::gic::Implementation implementation_;
    arm64::timer::MonotonicCounter counter_;
    virt::CapabilityMask mask_;
};

class SoftProvider final : public OwnProvider {
public:
    explicit SoftProvider(const arm64::gic::Implementation& implementation) : implementation_(implementation) {}

    [[nodiscard]] std::string name() const override { return "itsy's own KVM without a CPU"; }
    expected<std::unique_ptr<arm64::System>> open(virt::CapabilityMask mask) const override {
        return std::make_unique<SoftSystem>(implementation_, std::move(mask));
    }
    [[nodiscard]] bool executes_code() const override { return false; }
    std::unique_ptr<Puppet> make_puppet(Machine& machine, unsigned vcpu) const override {
        auto& vm = vm_of(machine);
        auto& cpu = dynamic_cast<soft::Vcpu&>(machine.vcpu(vcpu));
        return std::make_unique<SeamPuppet>(Seam{.irqchip = vm.irqchip(),
                                                 .cpus = dynamic_cast<SeamEngine&>(vm.what_executes()).cpus(),
                                                 .timer = cpu.context().timer,
                                                 .bus = vm.bus(),
                                                 .memory = vm.memory(),
                                                 .running = cpu.context().running,
                                                 .enter = [&cpu] { must(cpu.prepare()); }},
                                            vcpu);
    }

private:
    const arm64::gic::Implementation implementation_;
};

} // namespace

std::unique_ptr<Provider> make_soft_provider(const arm64::gic::Implementation& implementation) {
    return std::make_unique<SoftProvider>(implementation);
}

} // namespace conformance

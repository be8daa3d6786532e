// SPDX-License-Identifier: Apache-2.0
// arm64 systems, VMs and vCPUs over the kernel's ioctls.
#include "arch-arm64/kvm/provider.hpp"

#include "arch-arm64/kvm/abi.hpp"
#include "arch-arm64/kvm/counter.hpp"
#include "arch-arm64/kvm/guest_debug.hpp"
#include "virt/host/ioctl.hpp"
#include "virt/host/vcpu.hpp"
#include "virt/host/vm.hpp"

#include <linux/kvm.h>
#include <sys/utsname.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace arm64::kvm {
namespace {

using virt::expected;

class HostVcpu final : public virt::host::Vcpu, public arm64::Vcpu {
public:
    /// `vm` is asked for debug resources when they are first wanted.
    HostVcpu(virt::Fd fd, virt::host::RunArea area, const virt::Vm& vm, abi::VcpuInit target)
        : virt::host::Vcpu(std::move(fd), std::move(area)), vm_(vm), init_(target) {}

    expected<void> init(VcpuFeatures features) override {
        init_.features[0] = features.word();
        VIRT_TRY(virt::host::control(fd(), abi::ARM_VCPU_INIT, &init_, "initialise a vCPU"));
        return {};
    }

    expected<void> finalize(VcpuFeature feature) override {
        auto number = static_cast<std::int32_t>(feature);
        VIRT_TRY(virt::host::control(fd(), abi::ARM_VCPU_FINALIZE, &number, "finalize a vCPU feature"));
        return {};
    }

    [[nodiscard]] std::uint64_t device_irq_level() const override {
        std::uint64_t level = 0; // first member of arm64's kvm_sync_regs
        std::memcpy(&level, area().s.padding, sizeof level);
        return level;
    }

    expected<void> inject_external_abort() override {
        abi::VcpuEvents events{};
        events.exception.ext_dabt_pending = 1;
        VIRT_TRY(virt::host::control(fd(), abi::SET_VCPU_EVENTS, &events, "give a vCPU an external abort"));
        return {};
    }

    [[nodiscard]] expected<VcpuEvents> events() const override {
        abi::VcpuEvents events{};
        VIRT_TRY(virt::host::control(fd(), abi::GET_VCPU_EVENTS, &events, "ask for the events of a vCPU"));
        const auto& exception = events.exception;
        VcpuEvents seen{.SError_pending = exception.serror_pending != 0};
        if (seen.SError_pending && exception.serror_has_esr != 0) // which KVM also sets while none is pending
            seen.SError_ISS = exception.serror_esr;
        return seen;
    }

    expected<void> set_events(const VcpuEvents& wanted) override {
        abi::VcpuEvents events{};
        events.exception.serror_pending = wanted.SError_pending ? 1 : 0;
        events.exception.serror_has_esr = wanted.SError_ISS ? 1 : 0;
        events.exception.serror_esr = wanted.SError_ISS.value_or(0);
        VIRT_TRY(virt::host::control(fd(), abi::SET_VCPU_EVENTS, &events, "set the events of a vCPU"));
        return {};
    }

    expected<virt::DebugResources> set_guest_debug(virt::DebugUser user, virt::GuestDebug wish) override {
        auto users = debug_.value_or(virt::GuestDebugUsers(debug_resources()));
        VIRT_TRY(users.set(user, std::move(wish)));
        auto request = encode(users.merged());
        VIRT_TRY(request);
        VIRT_TRY(virt::host::control(fd(), abi::SET_GUEST_DEBUG, &*request, "set guest debug"));
        debug_ = std::move(users);
        return debug_->left();
    }

private:
    [[nodiscard]] virt::exit::Debug decode_debug(const kvm_run& run) const override {
        struct {
            std::uint32_t hsr;
            std::uint32_t hsr_high;
            std::uint64_t far;
        } debug{};
        static_assert(sizeof debug <= sizeof run.padding);
        std::memcpy(&debug, run.padding, sizeof debug);
        return {std::uint64_t{debug.hsr_high} << 32 | debug.hsr, debug.far};
    }

    [[nodiscard]] virt::DebugResources debug_resources() const {
        const auto count = [this](virt::Capability capability) {
            return static_cast<std::size_t>(vm_.check_extension(capability));
        };
        return {count(virt::Capability::guest_debug_hw_bps), count(virt::Capability::guest_debug_hw_wps)};
    }

    const virt::Vm& vm_;
    std::optional<virt::GuestDebugUsers> debug_;
    abi::VcpuInit init_;
};

class HostVm final : public virt::host::Vm, public arm64::Vm {
public:
    HostVm(const virt::host::System& system, virt::Fd fd) : virt::host::Vm(system, std::move(fd)) {}

    expected<std::unique_ptr<arm64::Vcpu>> create_vcpu(virt::VcpuId id) override {
        auto fd = create_vcpu_fd(id);
        VIRT_TRY(fd);
        auto area = virt::host::RunArea::map(fd->get(), system().run_size());
        VIRT_TRY(area);
        if (!target_) {
            abi::VcpuInit target{};
            VIRT_TRY(virt::host::control(this->fd(), abi::ARM_PREFERRED_TARGET, &target, "ask for the vCPU target"));
            target_ = target;
        }
        return std::make_unique<HostVcpu>(*std::move(fd), *std::move(area), *this, *target_);
    }

private:
    std::optional<abi::VcpuInit> target_; // the same for all
};

class HostSystem final : public System {
public:
    explicit HostSystem(virt::host::System system)
        : system_(std::move(system)), ipa_bits_(system_.check_extension(virt::Capability::arm_vm_ipa_size)) {}

    [[nodiscard]] int check_extension(virt::Capability capability) const override {
        return system_.check_extension(capability);
    }

    [[nodiscard]] unsigned max_ipa_bits() const override {
        return ipa_bits_ > 0 ? static_cast<unsigned>(ipa_bits_) : 40U;
    }

    expected<std::unique_ptr<Vm>> create_vm(unsigned ipa_bits) override {
        // Hosts that cannot tell their limit know only type 0, which means 40 bits.
        auto fd = system_.create_vm(ipa_bits_ > 0 ? ipa_bits : 0);
        VIRT_TRY(fd);
        return std::make_unique<HostVm>(system_, *std::move(fd));
    }

    [[nodiscard]] std::uint64_t counter() const override { return kvm::counter(); }
    [[nodiscard]] std::uint64_t counter_frequency() const override { return kvm::counter_frequency(); }

private:
    virt::host::System system_;
    int ipa_bits_; // 0 if the host cannot tell
};

} // namespace

expected<std::unique_ptr<System>> open(const std::string& path, virt::CapabilityMask mask) {
    utsname host{};
    if (::uname(&host) == 0 && std::string_view(host.machine) != "aarch64")
        return virt::failure(0, "run arm64 guests on the KVM of this " + std::string(host.machine) + " host",
                             "use an arm64 host with KVM");
    auto system = virt::host::System::open(path, std::move(mask));
    VIRT_TRY(system);
    return std::make_unique<HostSystem>(*std::move(system));
}

} // namespace arm64::kvm

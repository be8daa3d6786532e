// SPDX-License-Identifier: Apache-2.0
// The outer seam, Arm's part: what KVM offers on arm64 only, over virt/kvm.hpp.
#pragma once

#include "arch-arm64/intid.hpp"
#include "virt/guest_debug.hpp"
#include "virt/kvm.hpp"

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>

namespace arm64 {

/// Bits of kvm_vcpu_init::features. Source: api.rst 4.82, KVM_ARM_VCPU_INIT.
enum class VcpuFeature : unsigned {
    power_off = 0,
    el1_32bit = 1,
    psci_0_2 = 2,
    pmu_v3 = 3,
    sve = 4,
    ptrauth_address = 5,
    ptrauth_generic = 6,
    has_el2 = 7,
    has_el2_e2h0 = 8,
};

class VcpuFeatures {
public:
    VcpuFeatures& add(VcpuFeature feature) {
        bits_.set(static_cast<std::size_t>(feature));
        return *this;
    }
    VcpuFeatures& remove(VcpuFeature feature) {
        bits_.reset(static_cast<std::size_t>(feature));
        return *this;
    }
    [[nodiscard]] bool has(VcpuFeature feature) const { return bits_.test(static_cast<std::size_t>(feature)); }
    [[nodiscard]] std::uint32_t word() const { return static_cast<std::uint32_t>(bits_.to_ulong()); }

private:
    std::bitset<32> bits_;
};

/// What KVM_{GET,SET}_VCPU_EVENTS carries of a vCPU's state. Source: api.rst 4.31, 4.32.
struct VcpuEvents {
    bool SError_pending = false;
    /// ISS of that SError, bits 24:0. Present while one is pending exactly if the CPU has FEAT_RAS; EINVAL otherwise.
    std::optional<std::uint64_t> SError_ISS = {};

    friend bool operator==(const VcpuEvents&, const VcpuEvents&) = default;
};

class Vcpu : public virtual virt::Vcpu {
public:
    /// KVM_ARM_VCPU_INIT for the host's preferred target. Resets the vCPU; may be repeated with equal features.
    virtual virt::expected<void> init(VcpuFeatures features) = 0;
    /// KVM_ARM_VCPU_FINALIZE (SVE). EPERM the second time.
    virtual virt::expected<void> finalize(VcpuFeature feature) = 0;

    /// kvm_sync_regs::device_irq_level as of the last exit: 1 virtual timer, 2 physical timer, 4 PMU. Meaningful only
    /// without an in-kernel irqchip. Source: api.rst 8.9, KVM_CAP_ARM_USER_IRQ.
    [[nodiscard]] virtual std::uint64_t device_irq_level() const = 0;

    /// KVM_SET_VCPU_EVENTS, ext_dabt_pending: the guest's last access takes a synchronous external abort.
    virtual virt::expected<void> inject_external_abort() = 0;

    [[nodiscard]] virtual virt::expected<VcpuEvents> events() const = 0;
    /// An SError, once pending, is not taken back: without `SError_pending` nothing changes.
    virtual virt::expected<void> set_events(const VcpuEvents& events) = 0;

    /// KVM_SET_GUEST_DEBUG for the union of what all users want; answers what hardware is left. ENOSPC, and nothing
    /// changes, if it does not fit.
    virtual virt::expected<virt::DebugResources> set_guest_debug(virt::DebugUser user, virt::GuestDebug wish) = 0;
};

/// The packed field of KVM_IRQ_LINE. Source: api.rst 4.25 (layout 2: vcpu2_index:type:vcpu_index:irq_id). A vCPU is
/// named by its creation index, 0..4095, which Linux 6.7 and newer take for its id: make both the same.
struct irq_line {
    /// A shared interrupt of the in-kernel vGIC.
    [[nodiscard]] static virt::IrqLineField spi(Intid intid);
    /// A private one.
    [[nodiscard]] static virt::IrqLineField ppi(Intid intid, unsigned vcpu);
    /// The vCPU's own IRQ or FIQ input, without an in-kernel vGIC.
    enum class Input : unsigned { irq = 0, fiq = 1 };
    [[nodiscard]] static virt::IrqLineField cpu(Input input, unsigned vcpu);
};

class Vm : public virtual virt::Vm {
public:
    /// KVM_CREATE_VCPU; not yet initialised. EEXIST, EINVAL (too many), EBUSY (after the vGIC's initialisation).
    virtual virt::expected<std::unique_ptr<Vcpu>> create_vcpu(virt::VcpuId id) = 0;
};

/// A provider of arm64 VMs.
class System {
public:
    System() = default;
    System(const System&) = delete;
    System& operator=(const System&) = delete;
    virtual ~System() = default;

    /// KVM_CHECK_EXTENSION on the system; 0 means absent.
    [[nodiscard]] virtual int check_extension(virt::Capability capability) const = 0;
    /// KVM_CREATE_VM. `ipa_bits`: size of the guest physical address space, 32..48 (52), see `max_ipa_bits`.
    virtual virt::expected<std::unique_ptr<Vm>> create_vm(unsigned ipa_bits) = 0;
    /// What `create_vm` accepts at most; 40 where the host cannot tell.
    [[nodiscard]] virtual unsigned max_ipa_bits() const = 0;

    /// The host's side of the guests' clock: what CNTPCT_EL0 reads in a guest whose VM has no counter offset of its
    /// own. In ticks of `counter_frequency`. Any thread.
    [[nodiscard]] virtual std::uint64_t counter() const = 0;
    /// CNTFRQ_EL0, in Hz, not 0.
    [[nodiscard]] virtual std::uint64_t counter_frequency() const = 0;
};

} // namespace arm64

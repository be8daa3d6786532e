// SPDX-License-Identifier: Apache-2.0
// The virtual and the physical timer of one vCPU at EL1. Source: Arm DDI 0487, D12.2; Linux, arch/arm64/kvm/
// arch_timer.c.
#pragma once

#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/gic/physical_irq.hpp"
#include "arch-arm64/irqchip.hpp"
#include "arch-arm64/timer/counter.hpp"
#include "arch-arm64/timer/vm_timers.hpp"
#include "virt/expected.hpp"
#include "virt/ids.hpp"
#include "virt/inline_function.hpp"
#include "virt/mutex.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

namespace arm64::timer {

/// Each timer is a level-sensitive source that its PPI forwards: its output is high while ENABLE = 1, IMASK = 0 and
/// CVAL is not after the count, all 64 bits compared unsigned. Any thread, except where it says otherwise.
///
/// A change of the level is told twice over: whoever changes a register looks, and the alarm looks when the count has
/// reached CVAL. Both compare under the lock of the interrupt, so the last to look sees what is.
class ArchTimer {
public:
    /// A vCPU's creation, which restarts the virtual count of the VM. The alarm calls `look`, and outlives this.
    ArchTimer(VmTimers& vm, Alarm& alarm);
    /// Before the GIC that it is connected to.
    ~ArchTimer();
    ArchTimer(const ArchTimer&) = delete;
    ArchTimer& operator=(const ArchTimer&) = delete;

    /// To be called before each entry of its vCPU, by the vCPU's thread: the first time the timers take their PPIs
    /// over. The GIC is initialised. EINVAL, and may be repeated, if both have the same, or somebody else has one.
    virt::expected<void> enter(gic::Gic& gic, VcpuIndex vcpu);
    /// The same in a VM without a GIC: `look` calls `changed`, in any thread, and whoever that is compares the levels.
    void enter(virt::InlineFunction<void()> changed);

    /// Whether that output is high now.
    [[nodiscard]] bool level(Timer timer) const { return output(timer).level(); }

    /// What the levels are now. From the vCPU's first entry on, nothing before.
    void look();

    /// KVM_ARM_VCPU_INIT: both stop, and their interrupts are idle. CVAL and the counts stay.
    void reset();

    /// An MRS of CNT*_EL0; nothing: not one of ours, or UNDEFINED at EL1.
    [[nodiscard]] std::optional<std::uint64_t> read_sysreg(SysregId id) const;
    /// An MSR; false: as above.
    bool write_sysreg(SysregId id, std::uint64_t value);

    /// What KVM_GET_REG_LIST adds: CTL, CNT, CVAL of both.
    [[nodiscard]] static std::span<const virt::RegisterId> registers();
    /// KVM_GET_ONE_REG; nothing: not one of ours. CTL.ISTATUS is computed, whether or not ENABLE is set.
    [[nodiscard]] std::optional<std::uint64_t> get(virt::RegisterId id) const;
    /// KVM_SET_ONE_REG; false: not one of ours. CNT is every vCPU's, CTL.ISTATUS ignored.
    bool set(virt::RegisterId id, std::uint64_t value);

private:
    class Output final : public gic::PhysicalIrq {
    public:
        Output(const VmTimers& vm, Timer timer) : vm_(vm), timer_(timer) {}

        [[nodiscard]] Timer timer() const { return timer_; }
        [[nodiscard]] std::uint64_t count() const { return vm_.count(timer_); }
        [[nodiscard]] std::uint64_t CTL() const;
        [[nodiscard]] std::uint64_t CVAL() const { return CVAL_.load(std::memory_order_acquire); }
        [[nodiscard]] std::uint64_t TVAL() const { return static_cast<std::uint32_t>(CVAL() - count()); }
        // Whoever sets one looks afterwards.
        void set_CTL(std::uint64_t value);
        void set_CVAL(std::uint64_t value) { CVAL_.store(value, std::memory_order_release); }
        void set_TVAL(std::uint64_t value);

        /// Ticks until the level rises by itself, if it does.
        [[nodiscard]] std::optional<std::uint64_t> remaining() const;

        void connect(gic::Interrupt& interrupt);
        void disconnect(gic::Gic& gic) { gic.unmap(*interrupt_); }
        void look() { gic::Gic::sample(*interrupt_); }
        void make_idle();

        // gic::PhysicalIrq. The host's active state is the interrupt's own: nothing else keeps the timer from firing.
        [[nodiscard]] bool level() const override;
        void deactivated() override { look(); }
        void set_active(bool) override { look(); }
        [[nodiscard]] bool active() const override;

    private:
        const VmTimers& vm_;
        const Timer timer_;
        std::atomic<std::uint64_t> CVAL_ = 0;
        std::atomic<std::uint32_t> CTL_ = 0;
        gic::Interrupt* interrupt_ = nullptr;
    };

    [[nodiscard]] Output& output(Timer timer) { return outputs_[static_cast<std::size_t>(timer)]; }
    [[nodiscard]] const Output& output(Timer timer) const { return outputs_[static_cast<std::size_t>(timer)]; }
    void set_alarm();

    VmTimers& vm_;
    Alarm& alarm_;
    std::array<Output, 2> outputs_;
    virt::Mutex alarm_mutex_; // who sets the alarm has compared last
    gic::Gic* gic_ = nullptr; // null without a GIC
    virt::InlineFunction<void()> changed_;
    std::atomic<bool> connected_ = false;
};

} // namespace arm64::timer

// SPDX-License-Identifier: Apache-2.0
// The inner seam: an irqchip in userspace on one side, CPUs (software, or KVM vCPUs without a vGIC) on the other.
//
// It lets one irqchip serve a software CPU, real KVM vCPUs, and tests without any CPU. Neither side includes the
// other: an irqchip is given a `CpuSide`, a CPU is given an `IrqchipSide`.
#pragma once

#include "arch-arm64/intid.hpp"
#include "virt/ids.hpp"

#include <cstdint>
#include <optional>

namespace arm64 {

/// vCPUs as an irqchip counts them: creation order, from 0.
using VcpuIndex = virt::Id<struct VcpuIndexMeaning, std::uint32_t>;

/// A system register by its encoding op0:op1:CRn:CRm:op2, packed as in KVM's CPU_SYSREGS attribute
/// (14, 11, 7, 3, 0). Source: Arm DDI 0487, C5.1.2.
using SysregId = virt::Id<struct SysregIdMeaning, std::uint16_t>;

/// As in an MRS.
[[nodiscard]] constexpr SysregId sysreg(unsigned op0, unsigned op1, unsigned CRn, unsigned CRm, unsigned op2) {
    return SysregId{static_cast<std::uint16_t>(op0 << 14 | op1 << 11 | CRn << 7 | CRm << 3 | op2)};
}

/// What an irqchip may ask of the CPUs. Any thread.
class CpuSide {
public:
    enum class Input : std::uint8_t { irq, fiq };
    enum class Level : std::uint8_t { low, high };

    CpuSide() = default;
    CpuSide(const CpuSide&) = delete;
    CpuSide& operator=(const CpuSide&) = delete;
    virtual ~CpuSide() = default;

    /// Drives one interrupt input of a vCPU, only when it changes. The CPU looks at it before its next instruction, so
    /// this wakes or kicks it. Called with a lock of the irqchip held, so that levels arrive in their order: it must
    /// not call the irqchip.
    virtual void set_line(VcpuIndex vcpu, Input input, Level level) = 0;
    /// IrqchipSide::wakes has become true while no input is high. Under the same lock. Whoever sleeps in no WFI ignores
    /// it.
    virtual void wake(VcpuIndex /*vcpu*/) {}
};

/// What CPUs tell an irqchip. Each call comes from the thread of the vCPU it names. Its frames are devices of the VM's
/// virt::IoBus, where they stand among ioeventfds in KVM's order.
class IrqchipSide {
public:
    IrqchipSide() = default;
    IrqchipSide(const IrqchipSide&) = delete;
    IrqchipSide& operator=(const IrqchipSide&) = delete;
    virtual ~IrqchipSide() = default;

    /// An MRS of the GIC's register space; nothing means UNDEFINED.
    virtual std::optional<std::uint64_t> read_sysreg(VcpuIndex vcpu, SysregId id) = 0;
    /// An MSR; false means UNDEFINED.
    virtual bool write_sysreg(VcpuIndex vcpu, SysregId id, std::uint64_t value) = 0;

    /// Whether a WFI ends though no input is high. The architecture asks for none of that; KVM wakes a vCPU for what
    /// waits and its priority mask lets pass, even if its group is disabled or a higher priority runs
    /// (kvm_vgic_vcpu_pending_irq). Any thread; see CpuSide::wake.
    [[nodiscard]] virtual bool wakes(VcpuIndex /*vcpu*/) { return false; }

    /// The output of a timer or of the PMU, a level-sensitive PPI.
    virtual void timer_level(VcpuIndex vcpu, Intid ppi, CpuSide::Level level) = 0;
};

} // namespace arm64

// SPDX-License-Identifier: Apache-2.0
// The inner seam: an irqchip in userspace on one side, CPUs (software, or KVM vCPUs without a vGIC) on the other.
//
// It lets one irqchip serve a software CPU, real KVM vCPUs, and tests without any CPU. Neither side includes the
// other: an irqchip is given a `CpuSide`, a CPU is given an `IrqchipSide`.
#pragma once

#include "arch-arm64/intid.hpp"
#include "virt/ids.hpp"
#include "virt/mmio_bus.hpp"

#include <cstdint>
#include <optional>

namespace arm64 {

/// vCPUs as an irqchip counts them: creation order, from 0.
using VcpuIndex = virt::Id<struct VcpuIndexMeaning, std::uint32_t>;

/// A system register by its encoding op0:op1:CRn:CRm:op2, packed as in KVM's CPU_SYSREGS attribute
/// (14, 11, 7, 3, 0). Source: Arm DDI 0487, C5.1.2.
using SysregId = virt::Id<struct SysregIdMeaning, std::uint16_t>;

/// What an irqchip may ask of the CPUs. Any thread; called after the irqchip has dropped its locks.
class CpuSide {
public:
    enum class Input : std::uint8_t { irq, fiq };
    enum class Level : std::uint8_t { low, high };

    CpuSide() = default;
    CpuSide(const CpuSide&) = delete;
    CpuSide& operator=(const CpuSide&) = delete;
    virtual ~CpuSide() = default;

    /// Drives one interrupt input of a vCPU. The CPU looks at it before its next instruction.
    virtual void set_line(VcpuIndex vcpu, Input input, Level level) = 0;
    /// Makes the vCPU leave the guest (or WFI) soon.
    virtual void kick(VcpuIndex vcpu) = 0;
    /// Returns when no vCPU executes guest code, other than the caller's own. Not recursive.
    virtual void stop_all() = 0;
    virtual void resume_all() = 0;
};

/// What CPUs tell an irqchip. Each call comes from the thread of the vCPU it names, except `reset`.
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

    /// A load or store in one of the irqchip's frames; false if there is no frame at that address.
    virtual bool read_mmio(VcpuIndex vcpu, virt::Gpa address, virt::Width width, std::uint64_t& value) = 0;
    virtual bool write_mmio(VcpuIndex vcpu, virt::Gpa address, virt::Width width, std::uint64_t value) = 0;

    /// The output of a timer or of the PMU, a level-sensitive PPI.
    virtual void timer_level(VcpuIndex vcpu, Intid ppi, CpuSide::Level level) = 0;

    /// Back to the state after power-on. No vCPU runs.
    virtual void reset() = 0;
};

} // namespace arm64

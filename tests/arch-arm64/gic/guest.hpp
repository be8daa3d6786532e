// SPDX-License-Identifier: Apache-2.0
// A GIC whose guests take interrupts when a test says so: system registers and lines, no frames, no VM.
#pragma once

#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/gic/icc_registers.hpp"
#include "arch-arm64/irqchip.hpp"
#include "virt/ids.hpp"
#include "virt/slot_memory.hpp"

#include <array>
#include <atomic>
#include <cstdint>

namespace arm64::gic {

/// The IRQ inputs of vCPUs that nobody executes.
class RecordedLines final : public CpuSide {
public:
    void set_line(VcpuIndex vcpu, Input input, Level level) override {
        if (input == Input::irq)
            high_.at(vcpu.value) = level == Level::high;
    }
    [[nodiscard]] bool high(unsigned vcpu = 0) const { return high_.at(vcpu); }

private:
    std::array<std::atomic<bool>, 16> high_{};
};

enum class EOImode : std::uint64_t { drop_and_deactivate = 0, drop = 2 };

/// `vcpus` vCPUs that let every group 1 interrupt pass; 64 interrupts.
struct Guest {
    explicit Guest(EOImode mode = EOImode::drop_and_deactivate, unsigned vcpus = 1) {
        for (unsigned n = 0; n < vcpus; ++n)
            gic.add_vcpu(virt::VcpuId{n}, n);
        gic.init(64);
        gic.set_forwarding(true);
        for (unsigned n = 0; n < vcpus; ++n) {
            gic.write_sysreg(VcpuIndex{n}, ICC_PMR_EL1, 0xF8);
            gic.write_sysreg(VcpuIndex{n}, ICC_IGRPEN1_EL1, 1);
            gic.write_sysreg(VcpuIndex{n}, ICC_CTLR_EL1, static_cast<std::uint64_t>(mode));
        }
    }

    /// A PPI or SPI, which is level-sensitive from now on.
    Interrupt& enabled(std::uint32_t intid, unsigned vcpu = 0) {
        auto& one = *gic.find(VcpuIndex{vcpu}, Intid{intid});
        Redistributor::update(one, [](Interrupt& found) {
            found.enabled = true;
            found.trigger = Trigger::level;
        });
        return one;
    }

    /// ICC_IAR1_EL1, whatever the line says.
    std::uint32_t acknowledge(unsigned vcpu = 0) {
        return static_cast<std::uint32_t>(gic.read_sysreg(VcpuIndex{vcpu}, ICC_IAR1_EL1).value());
    }
    void EOIR(std::uint32_t intid, unsigned vcpu = 0) { gic.write_sysreg(VcpuIndex{vcpu}, ICC_EOIR1_EL1, intid); }
    void DIR(std::uint32_t intid, unsigned vcpu = 0) { gic.write_sysreg(VcpuIndex{vcpu}, ICC_DIR_EL1, intid); }

    static bool active(Interrupt& one) {
        return Redistributor::inspect(one, [](const Interrupt& found) { return found.active; });
    }
    static bool pending(Interrupt& one) {
        return Redistributor::inspect(one, [](const Interrupt& found) { return found.pending(); });
    }

    RecordedLines lines;
    virt::SlotMemory memory;
    Gic gic{lines, memory};
};

} // namespace arm64::gic

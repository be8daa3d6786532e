// SPDX-License-Identifier: Apache-2.0
// One PE of a VM: a CPU in software, what it has around it, and how its thread waits.
#pragma once

#include "arch-arm64/cpu/cpu.hpp"
#include "arch-arm64/cpu/maintenance.hpp"
#include "arch-arm64/cpu/model.hpp"
#include "arch-arm64/cpu/surroundings.hpp"
#include "arch-arm64/irqchip.hpp"
#include "arch-arm64/soft/firmware.hpp"
#include "arch-arm64/soft/smccc.hpp"
#include "virt/doorbell.hpp"
#include "virt/exit.hpp"
#include "virt/expected.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

namespace arm64::soft {

class Vm;
struct VcpuContext;

/// What the CPU reaches of its VM.
class PeSurroundings final : public cpu::Surroundings {
public:
    PeSurroundings(Vm& vm, VcpuContext& vcpu) : vm_(vm), vcpu_(vcpu) {}

    [[nodiscard]] std::optional<cpu::MemoryPage> memory(virt::Gpa page) override;
    void mark_dirty(virt::Gpa page) override;
    [[nodiscard]] bool read(virt::Gpa address, virt::Width width, std::uint64_t& value) override;
    [[nodiscard]] bool write(virt::Gpa address, virt::Width width, std::uint64_t value) override;
    [[nodiscard]] std::optional<std::uint64_t> read_sysreg(SysregId id) override;
    [[nodiscard]] bool write_sysreg(SysregId id, std::uint64_t value) override;
    void set_pmu_interrupt(CpuSide::Level level) override;

private:
    Vm& vm_;
    VcpuContext& vcpu_;
};

/// Owned by the engine: interrupts reach it though the vCPU's object is gone. All of it belongs to the thread that runs
/// the vCPU, but where it says otherwise.
class Pe {
public:
    Pe(Vm& vm, VcpuContext& vcpu, const cpu::Model& model, cpu::Cluster& cluster, Firmware& firmware)
        : vm_(vm), vcpu_(vcpu), firmware_(firmware), surroundings_(vm, vcpu), cpu_(model, surroundings_, cluster) {}

    [[nodiscard]] cpu::Cpu& cpu() { return cpu_; }
    [[nodiscard]] const cpu::Cpu& cpu() const { return cpu_; }
    [[nodiscard]] Firmware& firmware() { return firmware_; }
    /// SPSR_abt, _und, _irq, _fiq: of AArch32, which is not there; the ABI has them.
    std::array<std::uint64_t, 4> unused_spsr{};

    // What KVM_RUN and its like do.

    virt::expected<virt::Exit> run();
    void complete(std::uint64_t value) { cpu_.answer(value); }
    void finish();
    void reset();
    /// The reset that CPU_ON asked for, if it did.
    void catch_up();
    void external_abort();
    [[nodiscard]] std::uint64_t device_irq_level() const { return device_irq_level_; }

    // Any thread, async-signal-safe.

    void kick() {
        kicked_.store(true);
        look();
    }
    /// Something has changed that `run` decides by.
    void look() {
        cpu_.raise(cpu::Cpu::request_kick);
        ring();
    }
    void set_line(CpuSide::Input input, CpuSide::Level level) {
        const auto request = input == CpuSide::Input::irq ? cpu::Cpu::request_IRQ : cpu::Cpu::request_FIQ;
        if (level == CpuSide::Level::low) {
            cpu_.lower(request);
            return;
        }
        cpu_.raise(request);
        ring();
    }
    /// Whoever sleeps looks whether it goes on.
    void ring() { doorbell_.ring(); }

private:
    /// Returns once `awake()`, or if there was a kick.
    template <class Awake>
    void sleep(Awake awake);
    void wait_for_interrupt();
    [[nodiscard]] bool runnable();
    [[nodiscard]] std::uint64_t levels() const;
    [[nodiscard]] bool levels_are_news() const;
    [[nodiscard]] virt::Exit leave(virt::Exit exit);
    void complete_store();

    /// What a stop means: an exit, or nothing, and it goes on.
    using Served = virt::expected<std::optional<virt::Exit>>;
    Served serve(const cpu::Stop& stop);
    Served serve_call(const cpu::stop::Call& call);

    Vm& vm_;
    VcpuContext& vcpu_;
    Firmware& firmware_;
    PeSurroundings surroundings_;
    cpu::Cpu cpu_;
    bool store_pending_ = false; // the PC stays at a store that exited until the VMM has served it
    std::uint64_t device_irq_level_ = 0;
    std::atomic<bool> kicked_ = false;
    virt::Doorbell doorbell_;
};

} // namespace arm64::soft

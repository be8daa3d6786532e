// SPDX-License-Identifier: Apache-2.0
// The puppet where there is no CPU: the same lists, spoken to an irqchip through the inner seam.
#pragma once

#include "arch-arm64/irqchip.hpp"
#include "arch-arm64/timer/arch_timer.hpp"
#include "tests/conformance/puppet.hpp"
#include "virt/io_bus.hpp"
#include "virt/slot_memory.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace conformance {

/// The interrupt inputs of vCPUs that nobody executes.
class SeamCpus final : public arm64::CpuSide {
public:
    static constexpr unsigned most = 512;

    void set_line(arm64::VcpuIndex vcpu, Input input, Level level) override;
    void wake(arm64::VcpuIndex vcpu) override;

    /// Which input is high; of both FIQ, as on most CPUs.
    [[nodiscard]] std::optional<Input> pending(unsigned vcpu) const;
    /// Until one is, or the hang guard says that none will be: false.
    [[nodiscard]] bool wait(unsigned vcpu);
    /// WFI: the same, or until the irqchip wakes the vCPU.
    [[nodiscard]] bool wait_for_interrupt(unsigned vcpu, arm64::IrqchipSide* irqchip);
    /// ISR_EL1: I and F.
    [[nodiscard]] std::uint64_t ISR(unsigned vcpu) const;

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::array<std::array<bool, 2>, most> lines_{};
    std::array<bool, most> woken_{};
};

/// What a vCPU has around it.
struct Seam {
    arm64::IrqchipSide* irqchip; ///< null: the VM has none
    SeamCpus& cpus;
    arm64::timer::ArchTimer& timer;
    virt::IoBus& bus;
    const virt::SlotMemory& memory;
    std::mutex& running;         ///< held while the vCPU is in the guest
    std::function<void()> enter; ///< what precedes the guest, with each list
};

/// Plays one vCPU. A list runs in a thread of its own, from `start` to `wait`, and is in the guest but for calls and
/// hooks, which an exit would be.
class SeamPuppet final : public Puppet {
public:
    SeamPuppet(Seam seam, unsigned vcpu)
        : irqchip_(seam.irqchip),
          cpus_(seam.cpus),
          timer_(seam.timer),
          bus_(seam.bus),
          memory_(seam.memory),
          running_(seam.running),
          enter_(std::move(seam.enter)),
          vcpu_(vcpu) {
        set_handler(Handler::eoi);
    }
    ~SeamPuppet() override;

    void start(const List& list) override;
    Result wait() override;
    [[nodiscard]] bool running() const override { return thread_.joinable(); }
    void set_handler(Handler handler) override;
    void on_interrupt(std::function<void(std::uint32_t)> function) override { on_interrupt_ = std::move(function); }
    void set_load_value(std::uint64_t value) override { load_value_ = value; }
    /// Errors are those of a vCPU that runs, and none does.
    void expect_error() override;
    void restart() override {}
    /// Its handler comes with the memory.
    void adopt() override {}

private:
    void play(const List& list);
    void play_commands(const List& list);
    /// Calls it outside the guest.
    template <class Function>
    void outside(Function function);
    void execute(const Command& command, Outcome& outcome);
    void load(virt::Gpa address, virt::Width width, Outcome& outcome);
    void store(virt::Gpa address, virt::Width width, std::uint64_t value);
    [[nodiscard]] std::optional<std::uint64_t> read_sysreg(arm64::SysregId id);
    [[nodiscard]] bool write_sysreg(arm64::SysregId id, std::uint64_t value);
    [[nodiscard]] virt::Gpa handler_address() const;
    [[nodiscard]] Handler handler() const;
    /// False for a special INTID.
    [[nodiscard]] bool take_one(SeamCpus::Input input);
    /// What waits now, `most` at most.
    void take_pending(std::uint64_t most, Outcome& outcome);

    arm64::IrqchipSide* irqchip_;
    SeamCpus& cpus_;
    arm64::timer::ArchTimer& timer_;
    virt::IoBus& bus_;
    const virt::SlotMemory& memory_;
    std::mutex& running_;
    std::function<void()> enter_;
    const unsigned vcpu_;
    std::function<void(std::uint32_t)> on_interrupt_;
    std::uint64_t load_value_ = 0;
    Result result_;
    std::string complaint_;
    std::unique_lock<std::mutex> inside_; // the thread's
    std::atomic<bool> entered_ = false;
    std::thread thread_;
};

} // namespace conformance

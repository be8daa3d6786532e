// SPDX-License-Identifier: Apache-2.0
// The puppet where there is no CPU: the same lists, spoken to an irqchip through the inner seam.
#pragma once

#include "arch-arm64/irqchip.hpp"
#include "tests/conformance/puppet.hpp"
#include "virt/guest_memory.hpp"
#include "virt/io_bus.hpp"

#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace conformance {

/// The interrupt inputs of vCPUs that nobody executes.
class SeamCpus final : public arm64::CpuSide {
public:
    static constexpr unsigned most = 16;

    void set_line(arm64::VcpuIndex vcpu, Input input, Level level) override;

    /// Whether an input is high.
    [[nodiscard]] bool pending(unsigned vcpu) const;
    /// Until one is, or the hang guard says that none will be: false.
    [[nodiscard]] bool wait(unsigned vcpu);

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::array<std::array<bool, 2>, most> lines_{};
};

/// Plays one vCPU. A list runs in a thread of its own, from `start` to `wait`.
class SeamPuppet final : public Puppet {
public:
    SeamPuppet(arm64::IrqchipSide& irqchip, SeamCpus& cpus, virt::IoBus& bus, virt::GuestMemory& memory, unsigned vcpu)
        : irqchip_(irqchip), cpus_(cpus), bus_(bus), memory_(memory), vcpu_(vcpu) {}
    ~SeamPuppet() override;

    void start(const List& list) override;
    Result wait() override;
    [[nodiscard]] bool running() const override { return thread_.joinable(); }
    void set_handler(Handler handler) override { handler_ = handler; }
    void on_interrupt(std::function<void(std::uint32_t)> function) override { on_interrupt_ = std::move(function); }
    void set_load_value(std::uint64_t value) override { load_value_ = value; }
    /// Errors are those of a vCPU that runs, and none does.
    void expect_error() override;
    void restart() override {}
    void adopt() override {}

private:
    void play(const List& list);
    void execute(const Command& command, Outcome& outcome);
    void load(virt::Gpa address, virt::Width width, Outcome& outcome);
    void store(virt::Gpa address, virt::Width width, std::uint64_t value);
    [[nodiscard]] bool take_one();

    arm64::IrqchipSide& irqchip_;
    SeamCpus& cpus_;
    virt::IoBus& bus_;
    virt::GuestMemory& memory_;
    const unsigned vcpu_;
    Handler handler_ = Handler::eoi;
    std::function<void(std::uint32_t)> on_interrupt_;
    std::uint64_t load_value_ = 0;
    Result result_;
    std::string complaint_;
    std::thread thread_;
};

} // namespace conformance

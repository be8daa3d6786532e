// SPDX-License-Identifier: Apache-2.0
// A small GIC for the half of the suite that is not about the GIC: SPIs for one vCPU, no ITS, nothing else.
#pragma once

#include "arch-arm64/intid.hpp"
#include "arch-arm64/irqchip.hpp"
#include "virt/irqchip.hpp"

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>

namespace conformance {

/// One mutex around everything; the line and the listener are told after it is dropped.
class FakeGic final : public virt::Irqchip, public arm64::IrqchipSide {
public:
    explicit FakeGic(arm64::CpuSide& cpus) : cpus_(cpus) {}

    void place_distributor(virt::Gpa base) { distributor_ = base; }
    void place_redistributors(virt::Gpa base) { redistributors_ = base; }
    /// `interrupts`: private ones included.
    void init(std::uint32_t interrupts);
    [[nodiscard]] std::uint32_t interrupts() const { return interrupts_; }
    /// Lines of the 32 interrupts from `first`.
    [[nodiscard]] std::uint32_t lines(std::uint32_t first);

    bool initialised() const override;
    void raise(virt::Pin pin) override;
    void lower(virt::Pin pin) override;
    virt::MsiOutcome signal(const virt::Msi& msi) override;
    void set_listener(virt::DeactivationListener& listener) override { listener_ = &listener; }

    std::optional<std::uint64_t> read_sysreg(arm64::VcpuIndex vcpu, arm64::SysregId id) override;
    bool write_sysreg(arm64::VcpuIndex vcpu, arm64::SysregId id, std::uint64_t value) override;
    bool read_mmio(arm64::VcpuIndex vcpu, virt::Gpa address, virt::Width width, std::uint64_t& value) override;
    bool write_mmio(arm64::VcpuIndex vcpu, virt::Gpa address, virt::Width width, std::uint64_t value) override;
    void timer_level(arm64::VcpuIndex, arm64::Intid, arm64::CpuSide::Level) override {}
    void reset() override {}

private:
    struct Interrupt {
        bool enabled = false, active = false, latch = false, line = false, edge = true;
        std::uint8_t priority = 0;
        [[nodiscard]] bool pending() const { return latch || (!edge && line); }
    };

    [[nodiscard]] std::uint32_t best() const;
    [[nodiscard]] std::uint32_t acknowledge();
    [[nodiscard]] bool deactivate(std::uint32_t intid);
    template <class Change>
    void change(Change change);

    arm64::CpuSide& cpus_;
    virt::DeactivationListener* listener_ = nullptr;
    virt::Gpa distributor_ = 0, redistributors_ = 0;

    mutable std::mutex mutex_; // guards the rest
    std::uint32_t interrupts_ = 0; // 0: not initialised
    std::array<Interrupt, 1020> all_{};
    bool forwards_ = false, group1_ = false, split_eoi_ = false;
    std::uint8_t mask_ = 0;
    std::uint32_t running_ = 1023; // activated and not dropped; one at a time
};

} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
// A GIC between a test and CPUs that only remember their inputs.
#pragma once

#include "arch-arm64/gic/distributor.hpp"
#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/gic/icc_registers.hpp"
#include "virt/mmio_bus.hpp"
#include "virt/slot_memory.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace arm64::gic {

/// Inputs of up to 8 vCPUs. Not for several threads.
class Lines final : public CpuSide {
public:
    void set_line(VcpuIndex vcpu, Input input, Level level) override {
        auto& line = (input == Input::irq ? irq_ : fiq_).at(vcpu.value);
        repeated_ |= line == (level == Level::high);
        line = level == Level::high;
    }
    void wake(VcpuIndex vcpu) override { ++wakes_.at(vcpu.value); }
    [[nodiscard]] unsigned wakes(std::uint32_t vcpu) const { return wakes_.at(vcpu); }
    [[nodiscard]] bool irq(std::uint32_t vcpu) const { return irq_.at(vcpu); }
    [[nodiscard]] bool fiq(std::uint32_t vcpu) const { return fiq_.at(vcpu); }
    /// Whether somebody was told what he knew.
    [[nodiscard]] bool repeated() const { return repeated_; }

private:
    std::array<bool, 8> irq_{}, fiq_{};
    std::array<unsigned, 8> wakes_{};
    bool repeated_ = false;
};

/// vCPUs of affinities 0, 1, ..., 1 MiB of RAM, a distributor that forwards. CPU interfaces let all of group 1 pass
/// after `open`.
class Board {
public:
    static constexpr virt::Gpa GICD = 0x800'0000, RAM = 0x4000'0000;
    static constexpr std::uint32_t interrupts = 128;

    explicit Board(std::uint32_t vcpus = 1, const Implementation& implementation = {})
        : gic(lines, memory, implementation), gicd(gic) {
        memory.add({.id = {}, .base = RAM, .size = ram_.size(), .host = ram_.data()});
        for (std::uint32_t n = 0; n < vcpus; ++n)
            gic.add_vcpu(virt::VcpuId{n}, n);
        gic.init(interrupts);
        gicd.place(GICD);
        gic.set_forwarding(true);
        for (std::uint32_t n = 0; n < vcpus; ++n)
            open(n);
    }
    Board(const Board&) = delete;
    Board& operator=(const Board&) = delete;
    virtual ~Board() = default;

    void open(std::uint32_t vcpu) {
        msr(vcpu, ICC_PMR_EL1, 0xFF);
        msr(vcpu, ICC_IGRPEN1_EL1, 1);
    }
    static constexpr std::uint64_t EOImode = 2, CBPR = 1; ///< ICC_CTLR_EL1

    // What a guest does.

    std::uint64_t mrs(std::uint32_t vcpu, SysregId id) { return gic.read_sysreg(VcpuIndex{vcpu}, id).value(); }
    void msr(std::uint32_t vcpu, SysregId id, std::uint64_t value) {
        if (!gic.write_sysreg(VcpuIndex{vcpu}, id, value))
            undefined = true;
    }
    std::uint64_t IAR(std::uint32_t vcpu = 0) { return mrs(vcpu, ICC_IAR1_EL1); }
    void EOIR(std::uint64_t intid, std::uint32_t vcpu = 0) { msr(vcpu, ICC_EOIR1_EL1, intid); }
    void DIR(std::uint64_t intid, std::uint32_t vcpu = 0) { msr(vcpu, ICC_DIR_EL1, intid); }

    std::uint64_t load(std::uint64_t offset, virt::Width width = virt::Width::b4) {
        std::uint64_t value = 0;
        gicd.read(0, GICD + offset, width, value);
        return value;
    }
    void store(std::uint64_t offset, std::uint64_t value, virt::Width width = virt::Width::b4) {
        gicd.write(0, GICD + offset, width, value);
    }
    /// An SPI that can be taken.
    Interrupt& enable(std::uint32_t spi, Trigger trigger = Trigger::edge, std::uint8_t priority = 0x80,
                      std::uint32_t affinity = 0) {
        auto& one = *gic.spi(Intid{spi});
        Redistributor::update(one, [&](Interrupt& found) {
            found.enabled = true;
            found.trigger = trigger;
            found.priority = priority;
            found.target = gic.by_affinity(affinity);
        });
        return one;
    }
    // What a device does.
    void raise(std::uint32_t spi) { gic.raise(pin_of(Intid{spi})); }
    void lower(std::uint32_t spi) { gic.lower(pin_of(Intid{spi})); }

    static bool active(Interrupt& one) {
        return Redistributor::inspect(one, [](const Interrupt& found) { return found.active; });
    }
    static bool pending(Interrupt& one) {
        return Redistributor::inspect(one, [](const Interrupt& found) { return found.pending(); });
    }

private:
    std::vector<std::byte> ram_ = std::vector<std::byte>(1 << 20);

public:
    Lines lines;
    virt::SlotMemory memory;
    Gic gic;
    Distributor gicd;
    bool undefined = false; ///< an MSR was
};

} // namespace arm64::gic

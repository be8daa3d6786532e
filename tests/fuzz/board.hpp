// SPDX-License-Identifier: Apache-2.0
// What the fuzzers try: a GIC with memory and with vCPUs that only have two interrupt inputs.
#pragma once

#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/gic/icc_registers.hpp"
#include "tests/fuzz/input.hpp"
#include "virt/slot_memory.hpp"

#include <sanitizer/allocator_interface.h>
#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace fuzz {

/// Memory of the guest, zero when an input begins. Mapped once, and only what was written is cleared: both would cost
/// more than an input does. Write through `memory`, which notes what becomes dirty.
class Ram {
public:
    static constexpr virt::Gpa base = 0x8000'0000;
    static constexpr std::size_t size = 0x10'0000;

    Ram() { memory.add({.id = slot, .base = base, .size = size, .host = bytes().data(), .log = virt::DirtyLog::on}); }
    Ram(const Ram&) = delete;
    Ram& operator=(const Ram&) = delete;
    ~Ram() {
        std::array<std::uint64_t, size / page / 64> dirty{};
        memory.collect_dirty(slot, dirty);
        for (std::size_t n = 0; n < size / page; ++n)
            if ((dirty[n / 64] >> (n % 64) & 1) != 0)
                std::memset(bytes().data() + n * page, 0, page);
    }

    static std::span<std::byte> bytes() {
        static auto* const mapping =
            static_cast<std::byte*>(::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        return {mapping, size};
    }

    virt::SlotMemory memory;

private:
    static constexpr std::size_t page = 4096;
    static constexpr virt::SlotId slot{0};
};

/// Of one input.
class Board : public arm64::CpuSide {
public:
    static constexpr std::uint32_t vcpus = 3;
    static constexpr std::uint32_t interrupts = 96;
    /// Of vCPU n: ids and affinities that are no indices.
    static constexpr std::array<std::uint32_t, vcpus> ids{0, 2, 5};
    static constexpr std::array<std::uint32_t, vcpus> affinities{0, 0x2, 0x103};

    explicit Board(Ram& ram) : gic(*this, ram.memory) {
        for (std::uint32_t n = 0; n < vcpus; ++n)
            gic.add_vcpu(virt::VcpuId{ids[n]}, affinities[n]);
        gic.init(interrupts);
    }

    void set_line(arm64::VcpuIndex vcpu, Input input, Level level) override {
        auto& line = lines_[vcpu.value][static_cast<unsigned>(input)];
        require(line != (level == Level::high), "an input is driven only when it changes");
        line = level == Level::high;
    }

    /// ICC_IAR<group>_EL1, and what must be true of every acknowledge.
    std::uint32_t acknowledge(arm64::VcpuIndex vcpu, arm64::gic::Group group) {
        const bool irq = group == arm64::gic::Group::group1;
        const bool asserted = lines_[vcpu.value][static_cast<unsigned>(irq ? Input::irq : Input::fiq)];
        const auto highest = sysreg(vcpu, irq ? arm64::gic::ICC_HPPIR1_EL1 : arm64::gic::ICC_HPPIR0_EL1);
        const auto intid = sysreg(vcpu, irq ? arm64::gic::ICC_IAR1_EL1 : arm64::gic::ICC_IAR0_EL1);
        require(asserted == (intid != arm64::no_interrupt), "an input is asserted exactly if there is one to take");
        if (intid == arm64::no_interrupt)
            return intid;
        require(intid == highest, "what is taken is what was the highest pending");
        if (intid < arm64::first_lpi)
            require(arm64::gic::Redistributor::inspect(
                        *gic.find(vcpu, arm64::Intid{intid}),
                        [](const arm64::gic::Interrupt& one) { return one.active && !one.queued; }),
                    "what was taken is active and waits no longer");
        return intid;
    }

    arm64::gic::Gic gic;

private:
    std::uint32_t sysreg(arm64::VcpuIndex vcpu, arm64::SysregId id) {
        const auto value = gic.read_sysreg(vcpu, id);
        require(value.has_value(), "an acknowledge register is never UNDEFINED");
        return static_cast<std::uint32_t>(*value);
    }

    std::array<std::array<bool, 2>, vcpus> lines_{};
};

/// Interrupts allocate nothing: this stands around what must not.
class NoAllocation {
public:
    NoAllocation() = default;
    NoAllocation(const NoAllocation&) = delete;
    NoAllocation& operator=(const NoAllocation&) = delete;
    ~NoAllocation() { require(__sanitizer_get_current_allocated_bytes() == before_, "an interrupt allocates nothing"); }

private:
    std::size_t before_ = __sanitizer_get_current_allocated_bytes();
};

} // namespace fuzz

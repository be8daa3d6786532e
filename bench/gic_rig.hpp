// SPDX-License-Identifier: Apache-2.0
// A GIC with vCPUs that only count, memory for its tables, and nothing else: the library by itself.
#pragma once

#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/gic/icc_registers.hpp"
#include "arch-arm64/irqchip.hpp"
#include "virt/memory_slots.hpp"
#include "virt/slot_memory.hpp"

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace bench {

struct CountingCpus final : arm64::CpuSide {
    void set_line(arm64::VcpuIndex /*vcpu*/, Input /*input*/, Level /*level*/) override { ++changes; }
    std::uint64_t changes = 0;
};

/// Every vCPU takes every interrupt of group 1.
class GicRig {
public:
    static constexpr virt::Gpa base = 0x8000'0000;
    static constexpr std::uint64_t size = 64U << 20;
    static constexpr std::uint32_t interrupts = 96;
    static constexpr arm64::Intid spi{40};

    explicit GicRig(std::uint32_t vcpus = 1) : gic(cpus, memory) {
        void* const host = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (host == MAP_FAILED)
            std::abort();
        ram = static_cast<std::byte*>(host);
        memory.add({.id = virt::SlotId{0}, .base = base, .size = size, .host = ram});
        for (std::uint32_t n = 0; n < vcpus; ++n)
            gic.add_vcpu(virt::VcpuId{n}, n);
        gic.init(interrupts);
        gic.set_forwarding(true);
        for (std::uint32_t n = 0; n < vcpus; ++n) {
            write(arm64::VcpuIndex{n}, arm64::gic::ICC_PMR_EL1, 0xF8);
            write(arm64::VcpuIndex{n}, arm64::gic::ICC_IGRPEN1_EL1, 1);
        }
        arm64::gic::Redistributor::update(*gic.spi(spi), [](arm64::gic::Interrupt& one) {
            one.enabled = true;
            one.priority = 0xA0;
        });
    }
    ~GicRig() { ::munmap(ram, size); }
    GicRig(const GicRig&) = delete;
    GicRig& operator=(const GicRig&) = delete;

    std::uint64_t acknowledge(arm64::VcpuIndex vcpu = {}) {
        return gic.read_sysreg(vcpu, arm64::gic::ICC_IAR1_EL1).value_or(UINT64_MAX);
    }
    void end(std::uint64_t intid, arm64::VcpuIndex vcpu = {}) { write(vcpu, arm64::gic::ICC_EOIR1_EL1, intid); }
    /// All of what a guest does with one; false if it was another.
    bool take(arm64::Intid expected, arm64::VcpuIndex vcpu = {}) {
        const auto intid = acknowledge(vcpu);
        end(intid, vcpu);
        return intid == expected.value;
    }

    CountingCpus cpus;
    virt::SlotMemory memory;
    std::byte* ram = nullptr;
    arm64::gic::Gic gic;

private:
    void write(arm64::VcpuIndex vcpu, arm64::SysregId id, std::uint64_t value) {
        if (!gic.write_sysreg(vcpu, id, value))
            std::abort();
    }
};

} // namespace bench

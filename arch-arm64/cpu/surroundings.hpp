// SPDX-License-Identifier: Apache-2.0
// What a CPU has around it: memory, the bus, the registers of others.
#pragma once

#include "arch-arm64/irqchip.hpp"
#include "virt/ids.hpp"
#include "virt/memory_slots.hpp"
#include "virt/mmio_bus.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace arm64::cpu {

/// 4 KiB of guest memory. It stays where it is until every CPU has been told (Cluster::forget_memory).
struct MemoryPage {
    std::byte* host;
    virt::SlotKind kind;
    bool logged; ///< writes are to be marked: see mark_dirty
};

/// One for each CPU, and called by the CPU's thread.
class Surroundings {
public:
    Surroundings() = default;
    Surroundings(const Surroundings&) = delete;
    Surroundings& operator=(const Surroundings&) = delete;
    virtual ~Surroundings() = default;

    /// The memory at a page-aligned address, if there is any.
    [[nodiscard]] virtual std::optional<MemoryPage> memory(virt::Gpa page) = 0;
    /// Before the first write since the log was last collected.
    virtual void mark_dirty(virt::Gpa page) = 0;

    /// What is on the VM's bus. False: nobody; the VMM's turn.
    [[nodiscard]] virtual bool read(virt::Gpa address, virt::Width width, std::uint64_t& value) = 0;
    [[nodiscard]] virtual bool write(virt::Gpa address, virt::Width width, std::uint64_t value) = 0;

    /// Registers of the interrupt controller and of the timers; nothing, false: UNDEFINED.
    [[nodiscard]] virtual std::optional<std::uint64_t> read_sysreg(SysregId id) = 0;
    [[nodiscard]] virtual bool write_sysreg(SysregId id, std::uint64_t value) = 0;

    /// The PMU's interrupt, which is level-sensitive.
    virtual void set_pmu_interrupt(CpuSide::Level level) = 0;
};

} // namespace arm64::cpu

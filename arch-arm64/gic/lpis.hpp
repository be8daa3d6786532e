// SPDX-License-Identifier: Apache-2.0
// LPIs: one object for each INTID of the VM, whoever maps it; configuration and pending tables in guest memory.
// Source: Arm IHI 0069, 5.1 and 6; KVM keeps them as vgic-its.c's vgic_irq.
#pragma once

#include "arch-arm64/gic/interrupt.hpp"
#include "arch-arm64/gic/redistributor.hpp"
#include "virt/expected.hpp"
#include "virt/mutex.hpp"
#include "virt/slot_memory.hpp"
#include "virt/thread_safety.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace arm64::gic {

/// Every call may come from any thread. Lock order: ITS, this, one redistributor. An interrupt that is signalled takes
/// only its redistributor's lock and allocates nothing; cost does not grow with the number of LPIs.
///
/// Caps: 57344 LPIs (16 bits of INTID, GICD_TYPER.IDbits), allocated 256 at a time by the command that maps the first
/// of them.
class Lpis {
public:
    static constexpr std::uint32_t end = 65536; ///< INTIDs of LPIs are [first_lpi, end)

    Lpis(const virt::SlotMemory& memory, Redistributor& nowhere) : memory_(memory), nowhere_(nowhere) {}
    Lpis(const Lpis&) = delete;
    Lpis& operator=(const Lpis&) = delete;
    ~Lpis();

    /// The LPI if it exists: an event is mapped to it, or it waits for an acknowledge.
    [[nodiscard]] Interrupt* find(Intid intid) const;

    // What ITS commands do.

    /// MAPTI, MAPI, restore: one more reference. A new LPI goes to `target` (null: nowhere yet), its configuration is
    /// read and, with a target, its bit in the pending table taken and cleared. EFAULT if a table is not readable, and
    /// nothing is mapped. ENOMEM. EINVAL outside of [8192, limit()).
    virt::expected<Interrupt*> map(Intid intid, Redistributor* target);
    /// MAPD, DISCARD: one reference less. What waits for its acknowledge stays until then.
    void unmap(Interrupt& lpi);
    /// MAPC, MOVI; null: nowhere. What waits goes along.
    void retarget(Interrupt& lpi, Redistributor* target);
    /// MOVALL: every LPI that goes to `from` goes to `to`.
    void move_all(Redistributor& from, Redistributor& to);
    /// INV, GICR_INVLPIR: reads the configuration again. EFAULT.
    virt::expected<void> reload(Interrupt& lpi);
    /// INVALL, GICR_INVALLR: the same for every LPI that goes there.
    void reload_all(Redistributor& target);
    /// INT, an MSI: latches. `lpi` may have been unmapped meanwhile; then nothing happens.
    static void signal(Interrupt& lpi);
    /// CLEAR.
    static void clear(Interrupt& lpi);

    // Registers.

    /// GICR_PROPBASER, one for the VM, sanitised as KVM does. A write is ignored by its caller (the frame) while that
    /// vCPU has LPIs enabled.
    [[nodiscard]] std::uint64_t PROPBASER() const;
    void set_PROPBASER(std::uint64_t value);
    [[nodiscard]] std::uint64_t PENDBASER(const Redistributor& redistributor) const; ///< PTZ reads as zero
    void set_PENDBASER(Redistributor& redistributor, std::uint64_t value);
    /// GICR_CTLR.EnableLPIs. 0 to 1 with PTZ = 0 takes the latches of the LPIs that go there from its pending table;
    /// 1 to 0 drops what waits. True if it went from 1 to 0: translations must be forgotten.
    bool set_enabled(Redistributor& redistributor, bool enabled);
    /// INTIDs from here on cannot be mapped: 1 << min(PROPBASER.IDbits + 1, 16).
    [[nodiscard]] std::uint32_t limit() const;

    /// KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES: the latch of every LPI to the pending table of its target. EFAULT.
    virt::expected<void> save_pending_tables();

private:
    static constexpr std::uint32_t per_chunk = 256;
    static constexpr std::uint32_t chunks = (end - first_lpi) / per_chunk;
    using Chunk = std::array<Interrupt, per_chunk>;

    const virt::SlotMemory& memory_;
    Redistributor& nowhere_;
    mutable virt::Mutex mutex_; // who maps, unmaps or retargets; chunks; the registers
    std::uint64_t PROPBASER_ VIRT_GUARDED_BY(mutex_) = 0;
    std::array<std::atomic<Chunk*>, chunks> chunks_{}; // never freed before this object
};

} // namespace arm64::gic

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

namespace arm64::gic {

/// All LPIs of a VM. Any thread; `signal` takes one redistributor's lock and no other.
///
/// An LPI exists while an ITS maps an event to it or while it waits for an acknowledge, as in KVM, where the vCPU's
/// list holds it. Guest memory is read when the architecture says so (a mapping, an invalidation, EnableLPIs) and never
/// on the way of an interrupt.
///
/// Caps: 57344 LPIs (16 bits of INTID, GICD_TYPER.IDbits), allocated 256 at a time by the command that maps the first
/// of them, never freed before this object. 64 bytes each.
class Lpis {
public:
    static constexpr std::uint32_t end = 65536; ///< INTIDs of LPIs are [first_lpi, end)
    static constexpr std::uint64_t reset_PROPBASER = 0x580; ///< inner shareable, RaWb; once there is an ITS

    Lpis(const virt::SlotMemory& memory, Redistributor& nowhere) : memory_(memory), nowhere_(nowhere) {}
    Lpis(const Lpis&) = delete;
    Lpis& operator=(const Lpis&) = delete;
    ~Lpis();

    /// The LPI if it exists: an event is mapped to it, or it waits for an acknowledge.
    [[nodiscard]] Interrupt* find(Intid intid) const;
    /// One that has ever been mapped, whether or not it exists at present.
    [[nodiscard]] Interrupt& known(std::uint32_t intid) const {
        const auto n = intid - first_lpi;
        return (*chunks_[n / per_chunk].load(std::memory_order_acquire))[n % per_chunk];
    }

    // What ITS commands do.

    /// MAPTI, MAPI, restore: one more reference. A new LPI goes to `target` (null: nowhere yet), its configuration is
    /// read and, with a target, its bit in the pending table taken and cleared. One that exists keeps target and
    /// configuration. EFAULT if a table is not accessible, and nothing is mapped. ENOMEM. EINVAL outside of
    /// [8192, end): whoever obeys PROPBASER.IDbits looks at limit() before.
    virt::expected<Interrupt*> map(Intid intid, Redistributor* target);
    /// MAPD, DISCARD: one reference less. What waits for its acknowledge stays until then.
    void unmap(Interrupt& lpi);
    /// MAPC, MOVI. What waits goes along.
    void retarget(Interrupt& lpi, Redistributor& target);
    /// MOVALL: every LPI that goes to `from` goes to `to`.
    void move_all(Redistributor& from, Redistributor& to);
    /// INV, GICR_INVLPIR: reads the configuration again. EFAULT.
    virt::expected<void> reload(Interrupt& lpi);
    /// INVALL, GICR_INVALLR: the same for every LPI that goes there; those whose byte is not readable stay.
    void reload_all(Redistributor& target);
    /// INT, an MSI: latches. `lpi` may have been unmapped meanwhile; then nothing happens.
    static void signal(Interrupt& lpi);
    /// CLEAR.
    static void clear(Interrupt& lpi);

    // Registers.

    /// GICR_PROPBASER, one for the VM, sanitised as KVM does. A write is ignored by its caller (the frame) while that
    /// vCPU has LPIs enabled. 0 until there is an ITS, which resets it.
    [[nodiscard]] std::uint64_t PROPBASER() const;
    void set_PROPBASER(std::uint64_t value);
    [[nodiscard]] std::uint64_t PENDBASER(const Redistributor& redistributor) const; ///< PTZ reads as zero
    /// `mask`: which bits are written; PTZ stays with the others.
    void set_PENDBASER(Redistributor& redistributor, std::uint64_t value, std::uint64_t mask = ~std::uint64_t{0});
    /// GICR_CTLR.EnableLPIs. 0 to 1 with PTZ = 0 takes the latches of the LPIs that go there from its pending table, up
    /// to the first byte that is not readable; 1 to 0 drops what waits. True if it went from 1 to 0: translations must
    /// be forgotten.
    bool set_enabled(Redistributor& redistributor, bool enabled);
    /// INTIDs from here on cannot be mapped: 1 << min(PROPBASER.IDbits + 1, 16).
    [[nodiscard]] std::uint32_t limit() const;

    /// KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES: the latch of every LPI to the pending table of its target. EFAULT.
    virt::expected<void> save_pending_tables();

private:
    static constexpr std::uint32_t per_chunk = 256;
    static_assert(per_chunk % LpiSet::group == 0);
    static constexpr std::uint32_t chunks = (end - first_lpi) / per_chunk;
    using Chunk = std::array<Interrupt, per_chunk>;

    [[nodiscard]] Interrupt* allocate(Intid intid) VIRT_REQUIRES(mutex_);
    /// Calls `visit(chunk)` by ascending INTID.
    template <class Visit>
    void each_chunk(Visit visit) const;
    [[nodiscard]] virt::Gpa configuration_of(Intid intid) const VIRT_REQUIRES(mutex_);
    void take_pending_table(Redistributor& redistributor) VIRT_REQUIRES(mutex_);

    const virt::SlotMemory& memory_;
    Redistributor& nowhere_;
    mutable virt::Mutex mutex_; // who maps, unmaps or retargets; chunks; the registers
    std::uint64_t PROPBASER_ VIRT_GUARDED_BY(mutex_) = 0;
    std::array<std::atomic<Chunk*>, chunks> chunks_{}; // never freed before this object
};

} // namespace arm64::gic

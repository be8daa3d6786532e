// SPDX-License-Identifier: Apache-2.0
// What the GIC has for one vCPU: private interrupts, the queue of those that wait, the CPU interface, LPI tables.
// Source: Arm IHI 0069, 4 and 12.10.
#pragma once

#include "arch-arm64/gic/cpu_interface.hpp"
#include "arch-arm64/gic/interrupt.hpp"
#include "arch-arm64/gic/lpi_set.hpp"
#include "arch-arm64/gic/pending_queue.hpp"
#include "arch-arm64/irqchip.hpp"
#include "virt/ids.hpp"
#include "virt/mutex.hpp"
#include "virt/thread_safety.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <span>
#include <type_traits>

namespace arm64::gic {

/// Lock order, where locks nest at all: ITS, then Lpis, then one redistributor; never two redistributors. No lock is
/// held while a DeactivationListener, a PhysicalIrq's `deactivated` or `set_active`, or CpuSide::kick runs.
/// CpuSide::set_line is called with a redistributor's lock held, so that levels arrive in their order; it is a leaf.
///
/// An interrupt is guarded by the lock of its holder. Its holder is its target, but an active one stays where it was
/// acknowledged. To change it: lock the holder, look whether it is still that, change, unlock; `update` does.
class Redistributor {
public:
    static constexpr std::uint32_t private_interrupts = 32;

    /// Of a vCPU. `affinity`: Aff2.Aff1.Aff0.
    Redistributor(CpuSide& cpus, VcpuIndex index, virt::VcpuId id, std::uint32_t affinity,
                  const Implementation& implementation);
    /// The one that holds what has no target: nothing waits there.
    explicit Redistributor(const Implementation& implementation);
    Redistributor(const Redistributor&) = delete;
    Redistributor& operator=(const Redistributor&) = delete;

    [[nodiscard]] bool has_vcpu() const { return cpus_ != nullptr; }
    [[nodiscard]] VcpuIndex index() const { return index_; }
    [[nodiscard]] virt::VcpuId id() const { return id_; }
    [[nodiscard]] std::uint32_t affinity() const { return affinity_.load(std::memory_order_relaxed); }
    /// The VMM has initialised the vCPU, or written its MPIDR_EL1.
    void set_affinity(std::uint32_t affinity) { affinity_.store(affinity, std::memory_order_relaxed); }
    /// SGI or PPI.
    [[nodiscard]] Interrupt& private_interrupt(std::uint32_t intid) { return private_.at(intid); }

    enum class Queueing : std::uint8_t {
        event, ///< what can be delivered now is queued
        kept,  ///< only what is queued stays so
    };
    /// Calls `change(one)` under the lock of its holder, then queues it, takes it out or moves it as that makes
    /// necessary, and drives the lines of the PEs concerned. Any thread, no lock of a redistributor held. `change` may
    /// answer a Queueing of its own. The end of the active state is an event, unless it was active nowhere.
    template <class Change>
    static void update(Interrupt& one, Change change, Queueing queueing = Queueing::event) VIRT_UNCHECKED {
        auto& holder = lock_holder(one);
        const bool was_active = one.active;
        if constexpr (std::is_same_v<decltype(change(one)), Queueing>)
            queueing = change(one);
        else
            change(one);
        holder.settle_and_unlock(one, was_active && holder.has_vcpu() ? Queueing::event : queueing);
    }
    /// The same for those of `many`, 64 at most, whose bit is set in `which`, that are held here and are to stay, under
    /// one lock: `change` leaves targets alone.
    template <class Change>
    void update_held(std::span<Interrupt> many, std::uint64_t which, Change change) {
        const virt::Lock lock(mutex_);
        for (; which != 0; which &= which - 1)
            if (auto& one = many[static_cast<unsigned>(std::countr_zero(which))];
                one.holder.load(std::memory_order_relaxed) == this) {
                change(one);
                settle(one, Queueing::event);
            }
        drive();
    }
    /// Calls `look(one)` under the same lock.
    template <class Look>
    static auto inspect(Interrupt& one, Look look) VIRT_UNCHECKED {
        auto& holder = lock_holder(one);
        const auto seen = look(static_cast<const Interrupt&>(one));
        holder.mutex_.unlock();
        return seen;
    }

    /// GICD_CTLR as this CPU interface sees it. Off: what waits is taken out of the queue; on: that stays out until
    /// its next event.
    void set_forwarding(bool forwarding);

    /// Runs `change(CpuInterface&)` under the lock, then drives the lines.
    template <class Change>
    auto with_cpu_interface(Change change) {
        const virt::Lock lock(mutex_);
        struct Drive {
            Redistributor& self;
            ~Drive() VIRT_UNCHECKED { self.drive(); } // still under the lock
        } const drive{*this};
        return change(cpu_interface_);
    }

    /// ICC_IAR<group>_EL1: an INTID, or 1023.
    [[nodiscard]] std::uint32_t acknowledge(Group group);
    /// ICC_HPPIR<group>_EL1.
    [[nodiscard]] std::uint32_t highest_pending(Group group);
    /// See IrqchipSide::wakes.
    [[nodiscard]] bool wakes();
    /// ICC_EOIR<group>_EL1: priority drop and, unless EOImode is set, deactivation. `one` is what the INTID names, if
    /// anything. True if this deactivated it; the caller tells who wants to know (see `Gic`).
    [[nodiscard]] bool end(Interrupt* one, Group group);
    /// ICC_DIR_EL1: nothing unless EOImode is set. Deactivates an SPI whatever its holder. True as above.
    [[nodiscard]] bool deactivate(Interrupt& one);

    /// GICR_CTLR.EnableLPIs. Who changes it holds the lock of Lpis; any thread reads it.
    [[nodiscard]] bool lpis_enabled() const { return lpis_enabled_.load(std::memory_order_acquire); }
    /// Off: LPIs that wait here lose their latch. Does not touch pending tables: Lpis does.
    void set_lpis_enabled(bool enabled);

    /// For Lpis and the register frame: GICR_PENDBASER as sanitised, PTZ included. Guarded by the lock of Lpis.
    std::uint64_t PENDBASER = 0x580; // inner shareable, RaWb
    /// For Lpis, and guarded by its lock: those whose target is this.
    LpiSet lpis;

private:
    /// Answers the holder with its lock held.
    static Redistributor& lock_holder(Interrupt& one) VIRT_UNCHECKED;
    void settle_and_unlock(Interrupt& one, Queueing queueing) VIRT_UNCHECKED;
    /// Queues one that stays here, or takes it out.
    void settle(Interrupt& one, Queueing queueing) VIRT_REQUIRES(mutex_);
    void enqueue(Interrupt& one) VIRT_REQUIRES(mutex_);
    void dequeue(Interrupt& one) VIRT_REQUIRES(mutex_);
    static void forget_if_unmapped(Interrupt& one);
    [[nodiscard]] Interrupt* best() const VIRT_REQUIRES(mutex_);
    /// Whatever its group and the running priority.
    [[nodiscard]] bool something_passes_the_mask() const VIRT_REQUIRES(mutex_);
    /// Tells the PE what its inputs are now.
    void drive() VIRT_REQUIRES(mutex_);

    CpuSide* const cpus_;
    const VcpuIndex index_;
    const virt::VcpuId id_;
    std::atomic<std::uint32_t> affinity_;
    std::atomic<bool> lpis_enabled_ = false;

    virt::Mutex mutex_;
    CpuInterface cpu_interface_ VIRT_GUARDED_BY(mutex_);
    PendingQueue queue_ VIRT_GUARDED_BY(mutex_);
    bool forwarding_ VIRT_GUARDED_BY(mutex_) = false;
    unsigned driven_ VIRT_GUARDED_BY(mutex_) = 0; // what the PE was told: a bit for each group, FIQ and IRQ
    bool woken_ VIRT_GUARDED_BY(mutex_) = false; // nothing is driven, and it was told of what waits
    std::array<Interrupt, private_interrupts> private_; // each guarded by its holder's lock
};

} // namespace arm64::gic

// SPDX-License-Identifier: Apache-2.0
// Registers with bits for each interrupt, which GICD has for SPIs and GICR for SGIs and PPIs. Source: Arm IHI 0069,
// 12.9.7 to 12.9.28, 12.11; arch/arm64/kvm/vgic/vgic-mmio.c.
#pragma once

#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/gic/interrupt.hpp"
#include "arch-arm64/gic/register_map.hpp"
#include "virt/expected.hpp"

#include <cstdint>

namespace arm64::gic {

/// The guest's accesses, and where they differ those of the VMM ("outside"). Any thread. Each interrupt is read and
/// changed as a whole, one after the other.
class InterruptRegisters {
public:
    InterruptRegisters(const InterruptRegisters&) = delete;
    InterruptRegisters& operator=(const InterruptRegisters&) = delete;

protected:
    explicit InterruptRegisters(Gic& gic) : gic_(gic) {}
    ~InterruptRegisters() = default;

    [[nodiscard]] Gic& gic() { return gic_; }
    /// Null if this block has no registers for it.
    [[nodiscard]] virtual Interrupt* interrupt(std::uint32_t intid) = 0;

    std::uint64_t group(const Access& access);
    void set_group(const Access& access, std::uint64_t value);

    // ISENABLER, ICENABLER. Enabling is an event: what pends is queued. The line of a forwarded source is looked at
    // again, as the guest may have quietened it meanwhile; then it may fire.
    std::uint64_t enabled(const Access& access);
    void enable(const Access& access, std::uint64_t value);
    void disable(const Access& access, std::uint64_t value);

    // ISPENDR, ICPENDR: latch or line; of a forwarded source, its level. While the guest has it pend by hand the source
    // is made active, so that it does not interfere.
    std::uint64_t pending(const Access& access);
    void set_pending(const Access& access, std::uint64_t value);
    void clear_pending(const Access& access, std::uint64_t value);
    /// Only the latch, and ISPENDR sets and clears it; ICPENDR does nothing. Lines have LEVEL_INFO.
    std::uint64_t latched_outside(const Access& access);
    virt::expected<void> assign_latch_outside(const Access& access, std::uint64_t value);
    std::uint64_t nothing_outside(const Access&) { return 0; }
    virt::expected<void> ignore_outside(const Access&, std::uint64_t) { return {}; }

    // ISACTIVER, ICACTIVER. A forwarded source's active state goes along; outside, it is left alone.
    std::uint64_t active(const Access& access);
    void set_active(const Access& access, std::uint64_t value);
    void clear_active(const Access& access, std::uint64_t value);
    virt::expected<void> set_active_outside(const Access& access, std::uint64_t value);
    virt::expected<void> clear_active_outside(const Access& access, std::uint64_t value);

    std::uint64_t priority(const Access& access);
    void set_priority(const Access& access, std::uint64_t value);

    /// ICFGR: two bits, the upper means edge.
    std::uint64_t trigger(const Access& access);
    void set_trigger(const Access& access, std::uint64_t value);

    /// PIDR2 says GICv3; the others of the 12 are zero.
    static constexpr std::uint32_t identification_offset = 0xFFD0, identification_size = 0x30;
    std::uint64_t identification(const Access& access) { return access.index == 6 ? 0x3B : 0; }

private:
    template <class See>
    std::uint64_t gather(const Access& access, unsigned bits, See see);
    template <class Act>
    void each(const Access& access, Act act);
    template <class Act>
    void each_set(const Access& access, std::uint64_t value, Act act);

    Gic& gic_;
};

} // namespace arm64::gic

// SPDX-License-Identifier: Apache-2.0
// The host's side of a forwarded interrupt: a vINTID that is mapped to a physical source.
#pragma once

namespace arm64::gic {

/// A level-sensitive source at the host (a timer, a device's interrupt line). From its assertion until the guest
/// deactivates the interrupt it is active at the host and does not fire again. Source: arch/arm64/kvm/vgic/vgic.c,
/// kvm_vgic_map_phys_irq.
///
/// Life of one: low -> asserted: the owner calls Gic::sample -> the guest acknowledges (IAR): pending is consumed,
/// active -> the guest deactivates (EOIR in EOImode 0, DIR in EOImode 1): `deactivated` -> the owner samples again, and
/// if the source is still asserted all begins anew.
class PhysicalIrq {
public:
    PhysicalIrq() = default;
    PhysicalIrq(const PhysicalIrq&) = delete;
    PhysicalIrq& operator=(const PhysicalIrq&) = delete;

    /// Whether the source is asserted now. Any thread, called with a lock of the GIC held: it must not call the GIC.
    /// Whoever changes it calls Gic::sample afterwards.
    [[nodiscard]] virtual bool level() const = 0;
    /// The guest's deactivation: the source may fire again. Called by the vCPU's thread after all locks are dropped;
    /// may call the GIC.
    virtual void deactivated() = 0;
    /// The guest (GICR_ISACTIVER, GICR_ICACTIVER, ISPENDR, ICPENDR, ISENABLER) or the VMM changes the active state
    /// that the host keeps; an active source does not fire. As `deactivated`: no locks are held. Clearing it lets the
    /// source fire again.
    virtual void set_active(bool active) = 0;
    /// The active state at the host. Any thread, no locks needed.
    [[nodiscard]] virtual bool active() const = 0;

protected:
    ~PhysicalIrq() = default;
};

} // namespace arm64::gic

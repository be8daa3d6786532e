// SPDX-License-Identifier: Apache-2.0
// The hook between interrupt routing and an interrupt controller in userspace: what a GIC must offer to be routed to.
//
// It stands where Linux has kvm_set_irq's `set` functions and kvm_notify_acked_irq, between virt/kvm and the
// architecture.
#pragma once

#include "virt/assert.hpp"
#include "virt/ids.hpp"
#include "virt/msi.hpp"
#include "virt/translated_msi.hpp"

#include <optional>

namespace virt {

/// What became of an MSI.
enum class MsiOutcome {
    delivered,   ///< pending now, whether or not the guest has enabled it
    unmapped,    ///< the guest has mapped no interrupt there; not an error
    not_enabled, ///< the translator or its target takes none at present: EBUSY
    no_device,   ///< the translator needs a device id: EINVAL
    no_doorbell, ///< no translator answers that address: EINVAL
    no_msis,     ///< there is none at all: ENODEV
};

/// Told of deactivations. Called by the thread of the vCPU, after the irqchip has dropped its locks.
class DeactivationListener {
public:
    DeactivationListener() = default;
    DeactivationListener(const DeactivationListener&) = delete;
    DeactivationListener& operator=(const DeactivationListener&) = delete;

    /// The interrupt of a level-sensitive pin is inactive again. May raise or lower any pin.
    virtual void deactivated(Pin pin) = 0;

protected:
    ~DeactivationListener() = default;
};

/// An interrupt controller with pins and, maybe, message-signalled interrupts. Any thread. It takes no lock that it
/// holds while it calls its listener.
class Irqchip {
public:
    Irqchip() = default;
    Irqchip(const Irqchip&) = delete;
    Irqchip& operator=(const Irqchip&) = delete;
    virtual ~Irqchip() = default;

    /// Whether it can take interrupts; before that, KVM_IRQFD is EAGAIN. Never false again.
    [[nodiscard]] virtual bool initialised() const = 0;

    /// The level of an input. An edge-triggered one latches every `raise` and ignores `lower`; a level-sensitive one
    /// ignores repetition; one that does not exist ignores both.
    virtual void raise(Pin pin) = 0;
    virtual void lower(Pin pin) = 0;
    virtual MsiOutcome signal(const Msi& msi) = 0;

    /// Looks up what `signal` would deliver now, with all its checks and whatever else a lookup leaves behind, and
    /// delivers nothing. Nothing: `signal` would not deliver, or this irqchip translates nothing ahead.
    virtual std::optional<TranslatedMsi> translate(const Msi& /*msi*/) { return std::nullopt; }
    /// The rest of `signal`, for a snapshot of this irqchip that is current, or was until just now.
    virtual void deliver(const TranslatedMsi& /*msi*/) {
        VIRT_ASSERT(false, "an irqchip that translates also delivers");
    }

    /// One listener, set before the first interrupt.
    virtual void set_listener(DeactivationListener& listener) = 0;
};

} // namespace virt

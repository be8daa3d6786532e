// SPDX-License-Identifier: Apache-2.0
// Irqfds in userspace: an eventfd whose signal is an interrupt, and another that is signalled when it ends.
#pragma once

#include "virt/event_loop.hpp"
#include "virt/eventfd.hpp"
#include "virt/expected.hpp"
#include "virt/grace_period.hpp"
#include "virt/irq_router.hpp"
#include "virt/irqchip.hpp"
#include "virt/kvm.hpp"

#include <atomic>
#include <memory>
#include <vector>

namespace virt {

/// KVM_IRQFD, with its rules. Source: Documentation/virt/kvm/api.rst, 4.75; virt/kvm/eventfd.c.
///
/// A signal consumes the counter and raises the GSI: an edge latches, a level stays raised, for nobody lowers it
/// except through KVM_IRQ_LINE or, if the irqfd has a resample eventfd, the deactivation of the interrupt, which lowers
/// it and then signals that eventfd. What the eventfd holds when it is assigned counts as one pulse of the GSI and
/// stays in it until the next signal.
///
/// What userspace cannot copy, and nothing else differs:
/// - the kernel injects within the signaller's write(2); here the write returns first, and the loop's thread injects;
/// - the kernel sees the last descriptor of an eventfd close and drops the binding; here our own keeps it open;
/// - the kernel takes 1 of an EFD_SEMAPHORE eventfd for each write; so do we, but before Linux 6.5 nothing tells such
/// an
///   eventfd from another, and all of it is taken, one interrupt each.
/// A producer in this process needs neither: it calls IrqRouter::raise.
///
/// All state belongs to the loop's thread; any thread may call, and one that is not the loop's waits for it.
class Irqfds final : DeactivationListener {
public:
    /// Becomes the listener of the router's irqchip.
    Irqfds(IrqRouter& router, EventLoop& loop);
    ~Irqfds();

    /// EAGAIN before the irqchip is initialised, EBADF and EINVAL for what is no eventfd, EBUSY if the eventfd has a
    /// binding already. The GSI may be any number.
    expected<void> assign(const Irqfd& wanted);
    /// Drops the binding of that eventfd to that GSI, and what the eventfd still holds; with the last resample eventfd
    /// of a GSI its line is lowered. When it returns, no injection is under way. Succeeds if there was no such binding.
    expected<void> deassign(const Irqfd& wanted);

private:
    struct Binding;
    struct Resampler {
        Gsi gsi;
        std::vector<const Eventfd*> eventfds;
    };
    using Resamplers = std::vector<Resampler>; // one for each GSI

    void deactivated(Pin pin) override;
    expected<void> assign_on_loop(const Irqfd& wanted);
    void drop(Binding& binding);
    void lower_unless_resampled(Gsi gsi);
    void publish_resamplers();

    IrqRouter& router_;
    EventLoop& loop_;
    std::vector<std::unique_ptr<Binding>> bindings_;
    GracePeriod resampling_;
    std::atomic<const Resamplers*> resamplers_ = new Resamplers;
};

} // namespace virt

// SPDX-License-Identifier: Apache-2.0
// A device of the host whose level-sensitive interrupt comes as an eventfd, and is armed again by another: VFIO's INTx
// and platform interrupts. Source: Linux, include/uapi/linux/vfio.h, VFIO_DEVICE_SET_IRQS.
#pragma once

#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/gic/physical_irq.hpp"
#include "virt/event_loop.hpp"
#include "virt/eventfd.hpp"
#include "virt/expected.hpp"

#include <atomic>
#include <cstdint>
#include <memory>

namespace arm64::gic {

/// Forwarded while this lives. A signal is the source's assertion, and with it the host masks the source (AUTOMASKED):
/// it is active until the guest deactivates the interrupt. That is answered by one signal of `resample`, which unmasks;
/// if the device still asserts, it signals again. A signal that comes while it is active changes nothing.
class EventfdSource final : public PhysicalIrq {
public:
    /// `one`: an SPI (or PPI). What `eventfd` holds already is a signal. EBADF, EINVAL: no eventfds; EBUSY: the
    /// interrupt forwards another source. Not by a vCPU that is ending an interrupt.
    static virt::expected<std::unique_ptr<EventfdSource>> map(Gic& gic, Interrupt& one, virt::EventLoop& loop,
                                                              int eventfd, int resample);
    /// The interrupt is an ordinary one again, and what is masked is unmasked.
    ~EventfdSource();

    // PhysicalIrq
    [[nodiscard]] bool level() const override { return (state_.load() & asserted) != 0; }
    void deactivated() override { arm(); }
    /// Clearing it arms the source, unless its assertion still waits for an acknowledge: that is not lost.
    void set_active(bool active) override;
    [[nodiscard]] bool active() const override { return (state_.load() & masked) != 0; }

private:
    static constexpr std::uint8_t asserted = 1, masked = 2;

    EventfdSource(Gic& gic, Interrupt& one, virt::EventLoop& loop, virt::Eventfd eventfd, virt::Eventfd resample);
    virt::expected<void> listen();
    void arm();

    Gic& gic_;
    Interrupt& interrupt_;
    virt::EventLoop& loop_;
    const virt::Eventfd eventfd_;
    const virt::Eventfd resample_;
    virt::EventLoop::Operation listening_{}; // the loop's thread's
    bool mapped_ = false;
    std::atomic<std::uint8_t> state_ = 0; // both at once, so that a signal comes before or after an arming
};

} // namespace arm64::gic

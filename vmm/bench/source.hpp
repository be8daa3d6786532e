// SPDX-License-Identifier: Apache-2.0
// The host's end of a path: what sends one interrupt.
#pragma once

#include "virt/expected.hpp"
#include "virt/fd.hpp"
#include "virt/irq_routing.hpp"
#include "vmm/bench/paths.hpp"
#include "vmm/bench/probe.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace vmm::bench {

/// Any path but the doorbell. Belongs to the sender's thread.
class Source {
public:
    /// Binds what the path needs. `probe` outlives the source and has what `missing` asks for.
    static virt::expected<Source> connect(Probe& probe, Path path);

    /// The guest knows it by this number.
    [[nodiscard]] arm64::Intid intid() const { return intid_; }

    virt::expected<void> send() { return send_(); }

    /// Waits for the line to be free again, and answers how often that was signalled since the last call: 1 is right.
    /// 0 after `milliseconds`. Only for a path that is resampled.
    virt::expected<std::uint64_t> wait_for_resample(int milliseconds);

private:
    Source() = default;
    virt::expected<void> bind_irqfd(Probe& probe, Path path);
    virt::expected<void> assign_routed(Probe& probe, Path path, virt::Irqfd irqfd);

    arm64::Intid intid_ = Probe::spi;
    std::unique_ptr<virt::IrqRouting> routing_;
    virt::Fd trigger_;
    virt::Fd resample_;
    std::function<virt::expected<void>()> send_;
};

} // namespace vmm::bench

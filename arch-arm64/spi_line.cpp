// SPDX-License-Identifier: Apache-2.0
// Level changes as KVM_IRQ_LINE.
#include "arch-arm64/spi_line.hpp"

#include "virt/log.hpp"

namespace arm64 {

void SpiLine::set(bool level) {
    if (level_.exchange(level) == level)
        return;
    if (const auto done = vm_.set_irq_line(field_, level); !done)
        virt::log::error("{}", done.error().sentence());
}

} // namespace arm64

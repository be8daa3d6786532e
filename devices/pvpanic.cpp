// SPDX-License-Identifier: Apache-2.0
// pvpanic-mmio: a guest kernel says that it panicked. QEMU docs/specs/pvpanic.rst.

#include "devices/pvpanic.hpp"

namespace devices {

Pvpanic::Pvpanic(PanicSink& sink) : sink_(sink) {}

std::uint64_t Pvpanic::read(std::uint64_t offset, virt::Width) {
    return offset == 0 ? PVPANIC_PANICKED | PVPANIC_CRASH_LOADED : 0;
}

void Pvpanic::write(std::uint64_t offset, virt::Width, std::uint64_t value) {
    if (offset != 0)
        return;
    // A store is one event. If a guest sets both bits PANICKED wins, as in QEMU.
    if ((value & PVPANIC_PANICKED) != 0)
        sink_.guest_panicked();
    else if ((value & PVPANIC_CRASH_LOADED) != 0)
        sink_.guest_crash_loaded();
}

} // namespace devices

// SPDX-License-Identifier: Apache-2.0
// One register with which a guest ends its VM and says why.

#include "devices/exit_device.hpp"

namespace devices {

ExitDevice::ExitDevice(ExitSink& sink) : sink_(sink) {}

std::uint64_t ExitDevice::read(std::uint64_t, virt::Width) { return 0; }

void ExitDevice::write(std::uint64_t offset, virt::Width width, std::uint64_t value) {
    // A store above it is part of no code: taking it would end the VM with the wrong half of one.
    if (offset == 0)
        sink_.guest_exit(value & virt::mask_of(width));
}

} // namespace devices

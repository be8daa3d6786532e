// SPDX-License-Identifier: Apache-2.0
// What tests of irqfds share.
#pragma once

#include "tests/conformance/event.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/machine.hpp"

#include <cstdint>
#include <vector>

namespace conformance {

using Intids = std::vector<std::uint32_t>;

/// The table that a vGIC comes with.
[[nodiscard]] constexpr virt::Gsi gsi_of(std::uint32_t spi) { return virt::Gsi{spi - 32}; }

inline void signal(Machine& machine, const Event& event, std::uint64_t count = 1) {
    event.signal(count);
    machine.settle();
}

/// Binds again. Nothing that was signalled before is under way then, work items included.
inline void rebind(Machine& machine, const virt::Irqfd& irqfd) {
    must(machine.vm().deassign(irqfd));
    must(machine.vm().assign(irqfd));
    machine.settle();
}

[[nodiscard]] inline std::uint64_t count(Machine& machine, const Event& event) {
    machine.settle();
    return event.count();
}

} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
// Guest physical addresses of a conformance machine. The puppet's own: guest-images/puppet/commands.inc.
#pragma once

#include "guest-images/puppet/commands.inc"
#include "virt/ids.hpp"

#include <cstdint>

namespace conformance::layout {

inline constexpr virt::Gpa GICD = 0x0800'0000;
inline constexpr virt::Gpa ITS = 0x0810'0000; ///< the first; 128 KiB each
inline constexpr std::uint64_t ITS_size = 0x2'0000;
/// Nobody's: accesses here exit, and ioeventfds go here. 16 MiB.
inline constexpr virt::Gpa nowhere = 0x0A00'0000;
inline constexpr virt::Gpa GICR = 0x1000'0000; ///< room for 512 vCPUs
inline constexpr std::uint64_t GICR_size = 0x2'0000;

inline constexpr virt::Gpa RAM = 0x8000'0000;
inline constexpr std::uint64_t RAM_size = std::uint64_t{32} << 20;
/// From here on a test may put what it wants (Machine::allocate).
inline constexpr virt::Gpa free_RAM = 0x8080'0000;
inline constexpr unsigned mailboxes = (free_RAM - PUPPET_MAILBOXES) / PUPPET_MAILBOX_SIZE;

[[nodiscard]] constexpr virt::Gpa its(unsigned number) { return ITS + number * ITS_size; }
/// The frame (RD_base) of a vCPU by creation index, where regions are not chosen by the test.
[[nodiscard]] constexpr virt::Gpa gicr(unsigned vcpu) { return GICR + vcpu * GICR_size; }

} // namespace conformance::layout

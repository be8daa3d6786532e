// SPDX-License-Identifier: Apache-2.0
// Why a vCPU came back to the VMM.
#pragma once

#include "virt/ids.hpp"
#include "virt/mmio_bus.hpp"

#include <array>
#include <cstdint>
#include <variant>

namespace virt::exit {

/// Load from an address without memory: answer it by `Vcpu::complete(value)`.
struct MmioRead {
    Gpa address;
    Width width;
};

/// Store to an address without memory, or to a `SlotKind::rom`. Nothing to answer.
struct MmioWrite {
    Gpa address;
    Width width;
    std::uint64_t value;
};

/// A kick, a signal, or (userspace irqchip) a changed timer or PMU level.
struct Interrupted {};

/// What the guest asked of the platform. Source: api.rst, KVM_EXIT_SYSTEM_EVENT.
struct SystemEvent {
    enum class Type : std::uint32_t { shutdown = 1, reset = 2, crash = 3, wakeup = 4, suspend = 5 };
    Type type;
    std::uint64_t data; ///< first word; bit 0 set with `reset` means SYSTEM_RESET2
};

/// An SMCCC call that a filter forwards to the VMM: registers by `Vcpu::get`, the answer by `Vcpu::set`.
struct Hypercall {
    std::uint64_t function;
    std::uint64_t flags; ///< bit 0: SMC, bit 1: 16-bit instruction
};

/// A guest debug event. `syndrome` is ESR_EL2 (Arm ARM D19.2.37), `fault_address` FAR_EL2 of a watchpoint.
struct Debug {
    std::uint64_t syndrome;
    std::uint64_t fault_address;
};

/// A data abort whose syndrome does not describe the access (ISV = 0). PC still points at the instruction.
struct NoSyndrome {
    std::uint64_t syndrome;
    Gpa address;
};

/// The vCPU cannot enter the guest (KVM_EXIT_FAIL_ENTRY).
struct FailEntry {
    std::uint64_t reason;
    std::uint32_t cpu;
};

/// KVM gave up on the guest (KVM_EXIT_INTERNAL_ERROR).
struct InternalError {
    std::uint32_t suberror;
};

/// An exit reason that this version does not know.
struct Unknown {
    std::uint32_t reason;
};

} // namespace virt::exit

namespace virt {

using Exit = std::variant<exit::MmioRead, exit::MmioWrite, exit::Interrupted, exit::SystemEvent, exit::Hypercall,
                          exit::Debug, exit::NoSyndrome, exit::FailEntry, exit::InternalError, exit::Unknown>;

} // namespace virt

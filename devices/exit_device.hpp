// SPDX-License-Identifier: Apache-2.0
// One register with which a guest ends its VM and says why.
#pragma once

#include "virt/mmio_bus.hpp"

#include <cstdint>

namespace devices {

/// Who ends the VM.
class ExitSink {
public:
    ExitSink() = default;
    ExitSink(const ExitSink&) = delete;
    ExitSink& operator=(const ExitSink&) = delete;
    virtual ~ExitSink() = default;

    /// The guest stored `code`. Called by the vCPU thread that made the store, by several at once if the guest
    /// wants it so, and again if that vCPU is let run on.
    virtual void guest_exit(std::uint64_t code) = 0;
};

/// 8 bytes. A store of any width at offset 0 ends the VM with the stored value, zero-extended; every other
/// store is ignored, every load gives 0. Ours: no hardware is like it. It has no state and needs no lock.
class ExitDevice final : public virt::MmioDevice {
public:
    static constexpr std::uint64_t size = 8; ///< bytes of guest physical address space

    /// `sink` must outlive the device.
    explicit ExitDevice(ExitSink& sink);

    std::uint64_t read(std::uint64_t offset, virt::Width width) override;
    void write(std::uint64_t offset, virt::Width width, std::uint64_t value) override;

private:
    ExitSink& sink_;
};

} // namespace devices

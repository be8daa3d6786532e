// SPDX-License-Identifier: Apache-2.0
// pvpanic-mmio: a guest kernel says that it panicked. QEMU docs/specs/pvpanic.rst.
#pragma once

#include "virt/mmio_bus.hpp"

#include <cstdint>

namespace devices {

/// Who hears of it. Called by the vCPU thread that made the store, by several at once if the guest wants it so.
class PanicSink {
public:
    PanicSink() = default;
    PanicSink(const PanicSink&) = delete;
    PanicSink& operator=(const PanicSink&) = delete;
    virtual ~PanicSink() = default;

    /// Bit 0: the guest panicked and the host should act on it.
    virtual void guest_panicked() = 0;
    /// Bit 1: the guest panicked and deals with it itself, by a crash kernel. The host may record it but must
    /// let the guest run.
    virtual void guest_crash_loaded() = 0;
};

/// One byte at offset 0; the device tree node (`qemu,pvpanic-mmio`) gives it two. A load gives the events that
/// the device recognises; a store reports those set in it. It has no state and needs no lock.
class Pvpanic final : public virt::MmioDevice {
public:
    static constexpr std::uint64_t size = 2; ///< bytes of guest physical address space
    static constexpr std::uint64_t PVPANIC_PANICKED = 1U << 0;
    static constexpr std::uint64_t PVPANIC_CRASH_LOADED = 1U << 1;

    /// `sink` must outlive the device.
    explicit Pvpanic(PanicSink& sink);

    std::uint64_t read(std::uint64_t offset, virt::Width width) override;
    void write(std::uint64_t offset, virt::Width width, std::uint64_t value) override;

private:
    PanicSink& sink_;
};

} // namespace devices

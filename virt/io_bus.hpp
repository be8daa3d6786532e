// SPDX-License-Identifier: Apache-2.0
// The bus that KVM looks at before it exits with an MMIO: the irqchip's frames and ioeventfds.
#pragma once

#include "virt/expected.hpp"
#include "virt/grace_period.hpp"
#include "virt/ids.hpp"
#include "virt/mmio_bus.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace virt {

/// What lives on the bus. Unlike an MmioDevice it may decline, and then the next one at that address is asked.
/// Called by vCPU threads; every value is guest-controlled.
class IoDevice {
public:
    IoDevice() = default;
    IoDevice(const IoDevice&) = delete;
    IoDevice& operator=(const IoDevice&) = delete;
    virtual ~IoDevice() = default;

    virtual bool read(std::uint32_t vcpu, Gpa address, Width width, std::uint64_t& value) = 0;
    virtual bool write(std::uint32_t vcpu, Gpa address, Width width, std::uint64_t value) = 0;
};

/// Ranges in the order of their addresses, overlapping or not; those of equal address in the order they came. An
/// access that lies within several is offered to each until one takes it. Source: virt/kvm/kvm_main.c,
/// kvm_io_bus_write.
///
/// Any thread; accesses take no lock.
class IoBus {
public:
    /// Devices other than ioeventfds that a bus has room for, NR_IOBUS_DEVS.
    static constexpr std::size_t most_devices = 1000;

    enum class Kind : std::uint8_t { device, ioeventfd };

    IoBus() = default;
    IoBus(const IoBus&) = delete;
    IoBus& operator=(const IoBus&) = delete;
    ~IoBus() { delete ranges_.load(); }

    /// Puts `device` at [base, base + size); a size of 0 is one address, met by an access of any width. ENOSPC if
    /// there are 1000.
    expected<void> add(Gpa base, std::uint64_t size, IoDevice& device, Kind kind = Kind::device);
    /// When it returns, nobody calls the device. Not from within an access.
    void remove(const IoDevice& device);

    /// False if nobody takes it: the VMM's turn. `vcpu` is the creation index of who accesses.
    [[nodiscard]] bool read(std::uint32_t vcpu, Gpa address, Width width, std::uint64_t& value);
    [[nodiscard]] bool write(std::uint32_t vcpu, Gpa address, Width width, std::uint64_t value);

private:
    struct Range {
        Gpa base;
        std::uint64_t size;
        IoDevice* device;
        Kind kind;
        Gpa reach = 0; // the last address of this one and all before it
    };
    using Ranges = std::vector<Range>; // sorted by base

    template <class Offer>
    [[nodiscard]] bool offer(Gpa address, Width width, Offer offer);
    void publish(std::unique_ptr<Ranges> ranges);

    std::mutex writer_;
    GracePeriod in_use_;
    std::atomic<const Ranges*> ranges_ = new Ranges;
};

} // namespace virt

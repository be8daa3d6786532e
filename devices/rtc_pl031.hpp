// SPDX-License-Identifier: Apache-2.0
// Arm PrimeCell Real Time Clock (PL031). Arm DDI 0224.
#pragma once

#include "devices/wall_clock.hpp"
#include "virt/irq_line.hpp"
#include "virt/mmio_bus.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace devices {

/// Who keeps the timer of an RTC that cannot wake up by itself.
class AlarmListener {
public:
    AlarmListener() = default;
    AlarmListener(const AlarmListener&) = delete;
    AlarmListener& operator=(const AlarmListener&) = delete;
    virtual ~AlarmListener() = default;

    /// next_match() may give something else now. Called by the vCPU thread whose store did it, without locks.
    virtual void alarm_changed() = 0;
};

/// A 32-bit counter of seconds, one match register and one interrupt.
///
/// The counter is the host's time of day plus what a guest added by writing RTCLR, so it goes on while the VM
/// does not run. It runs from the start, as if firmware had set RTCCR, which then cannot be cleared until
/// reset (3.3.4). The device has no thread: RTCRIS is brought up to date whenever somebody looks, and an event
/// loop that wants the interrupt in time sleeps for next_match() and calls check_match().
///
/// Registers are words: any other width or alignment reads as zero and is ignored.
/// Every function may be called by any thread.
class RtcPl031 final : public virt::MmioDevice {
public:
    static constexpr std::uint64_t size = 0x1000; ///< bytes of guest physical address space

    /// `irq` is RTCINTR and must outlive the device.
    explicit RtcPl031(virt::IrqLine& irq, WallClock clock = host_wall_clock());

    /// Before the vCPUs start; `listener` must outlive the device.
    void set_alarm_listener(AlarmListener& listener);

    std::uint64_t read(std::uint64_t offset, virt::Width width) override;
    void write(std::uint64_t offset, virt::Width width, std::uint64_t value) override;

    /// Host time until RTCINTR will rise, above 0 and at most 2^32 seconds; nothing if it is masked, raised
    /// already, or was cleared in the very second of the match.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> next_match();

    /// Raises RTCINTR if the match has come. Harmless at any time.
    void check_match();

    /// PRESETn: the host's time of day again, no match, interrupt masked and clear.
    void reset();

private:
    [[nodiscard]] std::uint32_t host_seconds() const;
    [[nodiscard]] std::uint32_t counter() const;
    [[nodiscard]] std::uint32_t read_register(std::uint64_t offset);
    [[nodiscard]] bool write_register(std::uint64_t offset, std::uint32_t value);
    void compare();
    void update_interrupt();

    virt::IrqLine& irq_;
    const WallClock clock_;
    AlarmListener* listener_ = nullptr;

    std::mutex mutex_;         // guards everything below
    std::uint32_t offset_ = 0; // counter less host seconds, modulo 2^32
    std::uint32_t seen_ = 0;   // the counter when it was last compared with RTCMR
    std::uint32_t rtcmr_ = 0;
    std::uint32_t rtclr_ = 0;
    bool rtcimsc_ = false;
    bool rtcris_ = false;
    bool irq_raised_ = false;
};

} // namespace devices

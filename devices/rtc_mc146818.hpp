// SPDX-License-Identifier: Apache-2.0
// The MC146818A clock and CMOS RAM behind two MMIO bytes, as kvmtool gives it to arm64 firmware. Motorola MC146818A
// data sheet.
#pragma once

#include "devices/wall_clock.hpp"
#include "virt/mmio_bus.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace devices {

/// Offset 0 is the index register (write-only, bit 7 ignored), offset 1 the data register; a wider access
/// reaches the one at its offset. Index 0x00-0x09 and 0x32 are the time, 0x0A-0x0D registers A-D, the rest of
/// the 128 bytes RAM.
///
/// The time starts as the host's UTC. A guest may set it; the clock then goes on from there by host time:
///
///  - while B.SET is 1 the time stands still, and runs on from what it reads when SET goes to 0;
///  - a time register written with SET = 0 counts from that very moment. EDK2 sets the time like that, one
///    register after the other, so a date that does not exist (31 February, on the way to 31 March) is kept
///    as written until the next second ends.
///
/// Reset values are those that kvmtool's data imply: B says 24 hours, BCD; D says the time is valid. Day of week
/// follows from the date, writes to it are ignored. No interrupt is wired, so C tells of update cycles only (UF);
/// alarm registers are RAM. A.UIP is always 0: an update takes no time.
///
/// Every function may be called by any thread.
class RtcMc146818 final : public virt::MmioDevice {
public:
    static constexpr std::uint64_t size = 2; ///< bytes of guest physical address space

    explicit RtcMc146818(WallClock clock = host_wall_clock());

    std::uint64_t read(std::uint64_t offset, virt::Width width) override;
    void write(std::uint64_t offset, virt::Width width, std::uint64_t value) override;

private:
    // The time registers as numbers, out of range if the guest wrote them so. `hour` is 0..23 in either format.
    struct Calendar {
        unsigned second, minute, hour, day, month, year, century;
    };

    [[nodiscard]] static std::chrono::sys_seconds seconds_of(const Calendar& calendar);
    [[nodiscard]] static Calendar calendar_of(std::chrono::sys_seconds time);
    [[nodiscard]] std::chrono::sys_seconds host_now() const;
    [[nodiscard]] bool register_B(unsigned bit) const;
    [[nodiscard]] std::uint8_t encode(unsigned number) const;
    [[nodiscard]] unsigned decode(std::uint8_t byte) const;
    [[nodiscard]] std::uint8_t encode_hour(unsigned hour) const;
    [[nodiscard]] unsigned decode_hour(std::uint8_t byte) const;
    [[nodiscard]] unsigned day_of_week() const;
    [[nodiscard]] std::uint8_t read_register(unsigned index);
    [[nodiscard]] std::uint8_t read_C();
    void write_register(unsigned index, std::uint8_t value);
    void write_B(std::uint8_t value);
    void advance();

    const WallClock clock_;

    std::mutex mutex_; // guards everything below
    unsigned index_ = 0;
    std::array<std::uint8_t, 128> cmos_{};
    Calendar calendar_{};
    std::chrono::sys_seconds since_;  // the host second in which calendar_ was right
    std::chrono::sys_seconds C_read_; // the host second in which C was last read
};

} // namespace devices

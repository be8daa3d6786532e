// SPDX-License-Identifier: Apache-2.0
// The MC146818A clock and CMOS RAM behind two MMIO bytes. Motorola MC146818A data sheet; century as in PC firmware.

#include "devices/rtc_mc146818.hpp"

#include <utility>

namespace devices {

namespace {

constexpr unsigned seconds_register = 0x00;
constexpr unsigned minutes_register = 0x02;
constexpr unsigned hours_register = 0x04;
constexpr unsigned day_of_week_register = 0x06; // Sunday = 1
constexpr unsigned date_of_month_register = 0x07;
constexpr unsigned month_register = 0x08;
constexpr unsigned year_register = 0x09; // 0..99
constexpr unsigned A = 0x0a;
constexpr unsigned B = 0x0b;
constexpr unsigned C = 0x0c; // read-only
constexpr unsigned D = 0x0d; // read-only
constexpr unsigned century_register = 0x32;

constexpr std::uint8_t A_UIP = 1U << 7;  // update in progress, read-only
constexpr std::uint8_t A_reset = 0x26;   // 32768 Hz time base, 1024 Hz periodic rate
constexpr std::uint8_t B_24_12 = 1U << 1; // 1: 24 hours
constexpr std::uint8_t B_DM = 1U << 2;    // 1: binary, 0: BCD
constexpr std::uint8_t B_UIE = 1U << 4;
constexpr std::uint8_t B_SET = 1U << 7;
constexpr std::uint8_t C_UF = 1U << 4;
constexpr std::uint8_t C_IRQF = 1U << 7;
constexpr std::uint8_t D_VRT = 1U << 7; // RAM and time are valid
constexpr std::uint8_t hours_PM = 1U << 7;

} // namespace

RtcMc146818::RtcMc146818(WallClock clock) : clock_(std::move(clock)), since_(host_now()), C_read_(since_) {
    calendar_ = calendar_of(since_);
    cmos_[A] = A_reset;
    cmos_[B] = B_24_12;
    cmos_[D] = D_VRT;
}

std::uint64_t RtcMc146818::read(std::uint64_t offset, virt::Width) {
    if (offset != 1)
        return 0;
    const std::lock_guard lock(mutex_);
    return read_register(index_);
}

void RtcMc146818::write(std::uint64_t offset, virt::Width, std::uint64_t value) {
    const std::lock_guard lock(mutex_);
    if (offset == 0)
        index_ = static_cast<unsigned>(value & 0x7f); // bit 7 masks NMI on a PC
    else if (offset == 1)
        write_register(index_, static_cast<std::uint8_t>(value & 0xff));
}

std::uint8_t RtcMc146818::read_register(unsigned index) {
    advance();
    switch (index) {
    case seconds_register: return encode(calendar_.second);
    case minutes_register: return encode(calendar_.minute);
    case hours_register: return encode_hour(calendar_.hour);
    case day_of_week_register: return encode(day_of_week());
    case date_of_month_register: return encode(calendar_.day);
    case month_register: return encode(calendar_.month);
    case year_register: return encode(calendar_.year);
    case century_register: return encode(calendar_.century);
    case C: return read_C();
    default: return cmos_[index];
    }
}

void RtcMc146818::write_register(unsigned index, std::uint8_t value) {
    advance();
    switch (index) {
    case seconds_register: calendar_.second = decode(value); break;
    case minutes_register: calendar_.minute = decode(value); break;
    case hours_register: calendar_.hour = decode_hour(value); break;
    case date_of_month_register: calendar_.day = decode(value); break;
    case month_register: calendar_.month = decode(value); break;
    case year_register: calendar_.year = decode(value); break;
    case century_register: calendar_.century = decode(value); break;
    case A: cmos_[A] = static_cast<std::uint8_t>(value & ~A_UIP); break;
    case B: write_B(value); break;
    case day_of_week_register:
    case C:
    case D: break;
    default: cmos_[index] = value; break;
    }
}

// Reading C clears it. An update cycle ends every second unless SET inhibits it.
std::uint8_t RtcMc146818::read_C() {
    const auto now = host_now();
    const bool updated = now != C_read_ && !register_B(B_SET);
    C_read_ = now;
    if (!updated)
        return 0;
    return register_B(B_UIE) ? C_UF | C_IRQF : C_UF;
}

void RtcMc146818::write_B(std::uint8_t value) {
    // "When the SET bit goes high the UIE bit is cleared."
    if ((value & B_SET) != 0 && !register_B(B_SET))
        value = static_cast<std::uint8_t>(value & ~B_UIE);
    cmos_[B] = value;
}

// Brings calendar_ to the present host second. Within one second it is left exactly as the guest wrote it.
void RtcMc146818::advance() {
    const auto now = host_now();
    if (now == since_)
        return;
    if (!register_B(B_SET))
        calendar_ = calendar_of(seconds_of(calendar_) + (now - since_));
    since_ = now;
}

std::chrono::sys_seconds RtcMc146818::host_now() const { return std::chrono::floor<std::chrono::seconds>(clock_()); }

// Takes every number a guest can write: what exceeds its range carries into the next field.
std::chrono::sys_seconds RtcMc146818::seconds_of(const Calendar& calendar) {
    using namespace std::chrono;
    const auto number = [](unsigned value) { return static_cast<int>(value); };
    const year_month january = year(number(calendar.century * 100 + calendar.year)) / January;
    const year_month month = january + months(number(calendar.month) - 1);
    return sys_days(month / 1) + days(number(calendar.day) - 1) + hours(number(calendar.hour)) +
           minutes(number(calendar.minute)) + seconds(number(calendar.second));
}

RtcMc146818::Calendar RtcMc146818::calendar_of(std::chrono::sys_seconds time) {
    using namespace std::chrono;
    const auto number = [](auto value) { return static_cast<unsigned>(value); };
    const auto midnight = floor<days>(time);
    const year_month_day date(midnight);
    const hh_mm_ss clock(time - midnight);
    const auto years = number(static_cast<int>(date.year()));
    return {.second = number(clock.seconds().count()),
            .minute = number(clock.minutes().count()),
            .hour = number(clock.hours().count()),
            .day = number(date.day()),
            .month = number(date.month()),
            .year = years % 100,
            .century = years / 100};
}

unsigned RtcMc146818::day_of_week() const {
    const std::chrono::weekday day(std::chrono::floor<std::chrono::days>(seconds_of(calendar_)));
    return day.c_encoding() + 1;
}

bool RtcMc146818::register_B(unsigned bit) const { return (cmos_[B] & bit) != 0; }

std::uint8_t RtcMc146818::encode(unsigned number) const {
    return static_cast<std::uint8_t>(register_B(B_DM) ? number : number / 10 << 4 | number % 10);
}

unsigned RtcMc146818::decode(std::uint8_t byte) const {
    return register_B(B_DM) ? byte : (byte >> 4) * 10U + (byte & 0xfU);
}

// 12-hour format: 12, 1, 2 .. 11, with bit 7 in the afternoon.
std::uint8_t RtcMc146818::encode_hour(unsigned hour) const {
    if (register_B(B_24_12))
        return encode(hour);
    const std::uint8_t byte = encode(hour % 12 == 0 ? 12 : hour % 12);
    return hour >= 12 ? byte | hours_PM : byte;
}

unsigned RtcMc146818::decode_hour(std::uint8_t byte) const {
    if (register_B(B_24_12))
        return decode(byte);
    const unsigned hour = decode(static_cast<std::uint8_t>(byte & ~hours_PM)) % 12;
    return (byte & hours_PM) != 0 ? hour + 12 : hour;
}

} // namespace devices

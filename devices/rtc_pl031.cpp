// SPDX-License-Identifier: Apache-2.0
// Arm PrimeCell Real Time Clock (PL031). Arm DDI 0224, chapter 3.

#include "devices/rtc_pl031.hpp"

#include "devices/primecell.hpp"

#include <utility>

namespace devices {

namespace {

constexpr std::uint64_t RTCDR = 0x000;   // data: the counter, read-only
constexpr std::uint64_t RTCMR = 0x004;   // match
constexpr std::uint64_t RTCLR = 0x008;   // load
constexpr std::uint64_t RTCCR = 0x00c;   // control: bit 0 starts the counter
constexpr std::uint64_t RTCIMSC = 0x010; // interrupt mask set or clear: 1 lets RTCINTR through
constexpr std::uint64_t RTCRIS = 0x014;  // raw interrupt status, read-only
constexpr std::uint64_t RTCMIS = 0x018;  // masked interrupt status, read-only
constexpr std::uint64_t RTCICR = 0x01c;  // interrupt clear, write-only

constexpr std::uint32_t part_number = 0x031;

[[nodiscard]] bool is_word(std::uint64_t offset, virt::Width width) {
    return width == virt::Width::b4 && offset % 4 == 0;
}

} // namespace

RtcPl031::RtcPl031(virt::IrqLine& irq, WallClock clock) : irq_(irq), clock_(std::move(clock)) { reset(); }

void RtcPl031::set_alarm_listener(AlarmListener& listener) { listener_ = &listener; }

std::uint64_t RtcPl031::read(std::uint64_t offset, virt::Width width) {
    if (!is_word(offset, width))
        return 0;
    const std::lock_guard lock(mutex_);
    return read_register(offset);
}

void RtcPl031::write(std::uint64_t offset, virt::Width width, std::uint64_t value) {
    if (!is_word(offset, width))
        return;
    bool changed = false;
    {
        const std::lock_guard lock(mutex_);
        changed = write_register(offset, static_cast<std::uint32_t>(value));
    }
    if (changed && listener_ != nullptr)
        listener_->alarm_changed();
}

std::uint32_t RtcPl031::read_register(std::uint64_t offset) {
    if (offset >= primecell::PeriphID0 && offset < primecell::end)
        return primecell::identification(part_number, offset);
    compare();
    switch (offset) {
    case RTCDR: return seen_;
    case RTCMR: return rtcmr_;
    case RTCLR: return rtclr_;
    case RTCCR: return 1;
    case RTCIMSC: return rtcimsc_ ? 1 : 0;
    case RTCRIS: return rtcris_ ? 1 : 0;
    case RTCMIS: return rtcris_ && rtcimsc_ ? 1 : 0;
    default: return 0;
    }
}

// True if the next match may have moved.
bool RtcPl031::write_register(std::uint64_t offset, std::uint32_t value) {
    compare(); // what has matched by now matched the old values
    switch (offset) {
    case RTCMR:
        rtcmr_ = value;
        rtcris_ = rtcris_ || rtcmr_ == seen_;
        break;
    case RTCLR:
        rtclr_ = value;
        offset_ = value - host_seconds();
        seen_ = value;
        rtcris_ = rtcris_ || rtcmr_ == seen_;
        break;
    case RTCIMSC: rtcimsc_ = (value & 1) != 0; break;
    case RTCICR:
        if ((value & 1) != 0)
            rtcris_ = false;
        break;
    default: // RTCCR: once set, writes have no effect until reset
        return false;
    }
    update_interrupt();
    return true;
}

std::optional<std::chrono::nanoseconds> RtcPl031::next_match() {
    using namespace std::chrono;
    const std::lock_guard lock(mutex_);
    compare();
    const std::uint32_t distance = rtcmr_ - seen_;
    if (!rtcimsc_ || rtcris_ || distance == 0)
        return std::nullopt;
    const auto now = clock_();
    const nanoseconds into_this_second = now - floor<seconds>(now);
    return seconds(distance) - into_this_second;
}

void RtcPl031::check_match() {
    const std::lock_guard lock(mutex_);
    compare();
}

void RtcPl031::reset() {
    const std::lock_guard lock(mutex_);
    offset_ = rtcmr_ = rtclr_ = 0;
    rtcimsc_ = rtcris_ = false;
    seen_ = counter();
    update_interrupt();
}

std::uint32_t RtcPl031::host_seconds() const {
    using namespace std::chrono;
    return static_cast<std::uint32_t>(floor<seconds>(clock_().time_since_epoch()).count());
}

std::uint32_t RtcPl031::counter() const { return host_seconds() + offset_; }

// The comparator sees every second; we see some, and ask whether RTCMR was among those that passed.
void RtcPl031::compare() {
    const std::uint32_t now = counter();
    const std::uint32_t passed = now - seen_;
    const std::uint32_t distance = rtcmr_ - seen_;
    // A host clock that was set back passed nothing; taken modulo 2^32 it would have passed almost everything.
    const bool set_back = (passed >> 31) != 0;
    if (!set_back && distance != 0 && distance <= passed)
        rtcris_ = true;
    seen_ = now;
    update_interrupt();
}

void RtcPl031::update_interrupt() {
    const bool raised = rtcris_ && rtcimsc_;
    if (raised == irq_raised_)
        return;
    irq_raised_ = raised;
    if (raised)
        irq_.raise();
    else
        irq_.lower();
}

} // namespace devices

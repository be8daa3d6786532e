// SPDX-License-Identifier: Apache-2.0
// What the timers of all vCPUs of a VM share: offsets from the host's counter, and the numbers of their interrupts.
// Source: Linux, Documentation/virt/kvm/devices/vcpu.rst, 2; arch/arm64/kvm/arch_timer.c.
#pragma once

#include "arch-arm64/intid.hpp"
#include "arch-arm64/timer/counter.hpp"
#include "virt/expected.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

namespace arm64::timer {

class ArchTimer;

/// The timers of a guest at EL1.
enum class Timer : std::uint8_t { EL1_virtual, EL1_physical };

/// Any thread. Outlives the vCPUs' timers.
class VmTimers {
public:
    explicit VmTimers(const Counter& counter) : counter_(counter) {}
    VmTimers(const VmTimers&) = delete;
    VmTimers& operator=(const VmTimers&) = delete;

    [[nodiscard]] const Counter& counter() const { return counter_; }

    /// CNTVCT_EL0 or CNTPCT_EL0.
    [[nodiscard]] std::uint64_t count(Timer timer) const { return counter_.ticks() - offset(timer); }
    /// Of every vCPU, from now on.
    void set_count(Timer timer, std::uint64_t count);

    // KVM_ARM_VCPU_TIMER_CTRL of any vCPU: attributes 0 and 1 are the virtual and the physical timer, 2 and 3 those of
    // EL2, which are numbers and nothing more.
    static constexpr std::uint64_t attributes = 4;
    /// ENXIO if there is no such attribute.
    [[nodiscard]] virt::expected<std::uint32_t> ppi(std::uint64_t attribute) const;
    /// EINVAL unless it is a PPI, then EBUSY once a vCPU has run, then ENXIO. That a VM without a vGIC is EINVAL before
    /// all this is the caller's.
    virt::expected<void> set_ppi(std::uint64_t attribute, std::uint32_t intid);

private:
    friend class ArchTimer;

    [[nodiscard]] std::uint64_t offset(Timer timer) const {
        return offsets_[static_cast<std::size_t>(timer)].load(std::memory_order_acquire);
    }
    /// A new vCPU's: the virtual count begins at 0 again and the physical one is the host's, on every vCPU, as in KVM.
    void add(ArchTimer& timer);
    void remove(ArchTimer& timer);
    /// The PPIs of the two timers of EL1, which are fixed from now on. EINVAL if they are one and the same.
    virt::expected<std::array<Intid, 2>> fix_ppis();

    const Counter& counter_;
    std::array<std::atomic<std::uint64_t>, 2> offsets_{};
    /// Of what `offset()` answers at that moment.
    template <class Offset>
    void set_offset(Timer timer, Offset offset);

    mutable std::mutex mutex_; // guards what follows
    std::vector<ArchTimer*> timers_;
    std::array<std::uint32_t, attributes> ppis_{27, 30, 28, 26};
    bool fixed_ = false;
};

} // namespace arm64::timer

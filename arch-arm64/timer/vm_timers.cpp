// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/timer/vm_timers.hpp"

#include "arch-arm64/timer/arch_timer.hpp"

#include <cerrno>

namespace arm64::timer {

template <class Offset>
void VmTimers::set_offset(Timer timer, Offset offset) {
    const std::scoped_lock lock(mutex_); // a vCPU that goes meanwhile waits
    offsets_[static_cast<std::size_t>(timer)].store(offset(), std::memory_order_release);
    for (auto* const one : timers_)
        one->look();
}

void VmTimers::set_count(Timer timer, std::uint64_t count) {
    set_offset(timer, [&] { return counter_.ticks() - count; });
}

void VmTimers::add(ArchTimer& timer) {
    {
        const std::scoped_lock lock(mutex_);
        timers_.push_back(&timer);
    }
    set_count(Timer::EL1_virtual, 0);
    set_offset(Timer::EL1_physical, [] { return std::uint64_t{0}; });
}

void VmTimers::remove(ArchTimer& timer) {
    const std::scoped_lock lock(mutex_);
    std::erase(timers_, &timer);
}

virt::expected<std::uint32_t> VmTimers::ppi(std::uint64_t attribute) const {
    const std::scoped_lock lock(mutex_);
    if (attribute >= attributes)
        return virt::failure(ENXIO, "read a timer's interrupt number");
    return ppis_[attribute];
}

virt::expected<void> VmTimers::set_ppi(std::uint64_t attribute, std::uint32_t intid) {
    constexpr auto attempted = "set a timer's interrupt number";
    const std::scoped_lock lock(mutex_);
    if (!is_ppi(Intid{intid}))
        return virt::failure(EINVAL, attempted);
    if (fixed_)
        return virt::failure(EBUSY, attempted);
    if (attribute >= attributes)
        return virt::failure(ENXIO, attempted);
    ppis_[attribute] = intid;
    return {};
}

virt::expected<std::array<Intid, 2>> VmTimers::fix_ppis() {
    const std::scoped_lock lock(mutex_);
    if (ppis_[0] == ppis_[1])
        return virt::failure(EINVAL, "connect the timers", "give each of them an interrupt of its own");
    fixed_ = true;
    return std::array{Intid{ppis_[0]}, Intid{ppis_[1]}};
}

} // namespace arm64::timer

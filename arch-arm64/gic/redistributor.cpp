// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/gic/redistributor.hpp"

#include <algorithm>
#include <utility>

namespace arm64::gic {
namespace {

constexpr std::array groups{Group::group0, Group::group1};

} // namespace

Redistributor::Redistributor(CpuSide& cpus, VcpuIndex index, virt::VcpuId id, std::uint32_t affinity,
                             const Implementation& implementation)
    : cpus_(&cpus), index_(index), id_(id), affinity_(affinity), cpu_interface_(implementation) {
    for (std::uint32_t intid = 0; intid < private_interrupts; ++intid) {
        auto& one = private_[intid];
        one.intid = Intid{intid};
        one.trigger = intid < first_ppi ? Trigger::edge : Trigger::level;
        one.enabled = intid < first_ppi;
        one.target = this;
        one.holder = this;
    }
}

Redistributor::Redistributor(const Implementation& implementation)
    : cpus_(nullptr), index_{}, id_{}, affinity_(0), cpu_interface_(implementation) {}

Redistributor& Redistributor::lock_holder(Interrupt& one) {
    for (;;) {
        auto& holder = *one.holder.load(std::memory_order_acquire);
        holder.mutex_.lock();
        // Whoever moved it here did so without this lock: the lock alone does not order us after that.
        if (one.holder.load(std::memory_order_acquire) == &holder)
            return holder;
        holder.mutex_.unlock(); // it moved meanwhile
    }
}

void Redistributor::enqueue(Interrupt& one) {
    if (one.queued)
        return;
    if (one.deliverable() && forwarding_ && has_vcpu())
        queue_.insert(one);
    else
        forget_if_unmapped(one);
}

void Redistributor::dequeue(Interrupt& one) {
    queue_.remove(one);
    forget_if_unmapped(one);
}

/// An LPI that no event is mapped to is held by the queue alone.
void Redistributor::forget_if_unmapped(Interrupt& one) {
    if (one.is_lpi() && one.references == 0)
        one.latch = false;
}

void Redistributor::settle(Interrupt& one, Queueing queueing) {
    if (one.queued && one.deliverable())
        queue_.sort(one);
    else if (one.queued)
        dequeue(one);
    else if (queueing == Queueing::event)
        enqueue(one);
}

void Redistributor::settle_and_unlock(Interrupt& one, Queueing queueing) {
    // An active one stays where it was acknowledged; if it was made active nowhere, until its next event.
    auto* const target = one.active && (has_vcpu() || queueing == Queueing::kept) ? this : one.target;
    if (target == this) {
        settle(one, queueing);
        drive();
        mutex_.unlock();
        return;
    }
    const bool waits = one.queued || queueing == Queueing::event;
    if (one.queued)
        queue_.remove(one);
    drive(); // an end that moves it dropped a priority here
    one.holder.store(target, std::memory_order_release);
    mutex_.unlock();
    // Somebody may move it on meanwhile, who does not know that it waits: it is queued where it is then.
    auto& holder = lock_holder(one);
    if (waits)
        holder.enqueue(one);
    holder.drive();
    holder.mutex_.unlock();
}

void Redistributor::set_forwarding(bool forwarding) {
    const virt::Lock lock(mutex_);
    forwarding_ = forwarding;
    if (!forwarding)
        queue_.each([this](Interrupt& one) VIRT_UNCHECKED { dequeue(one); });
    drive();
}

void Redistributor::set_lpis_enabled(bool enabled) {
    const virt::Lock lock(mutex_);
    lpis_enabled_.store(enabled, std::memory_order_release);
    if (!enabled)
        queue_.each([this](Interrupt& one) VIRT_UNCHECKED {
            if (!one.is_lpi())
                return;
            dequeue(one);
            one.latch = false;
        });
    drive();
}

/// The one of highest priority among those whose group is enabled.
Interrupt* Redistributor::best() const {
    const auto level_of = [this](Group group) VIRT_UNCHECKED {
        return cpu_interface_.enabled(group) ? queue_.first_level(group) : PendingQueue::levels;
    };
    const unsigned level0 = level_of(Group::group0);
    const unsigned level1 = level_of(Group::group1);
    return level1 < level0 ? queue_.first(Group::group1, level1) : queue_.first(Group::group0, level0);
}

bool Redistributor::something_passes_the_mask() const {
    const auto level = std::min(queue_.first_level(Group::group0), queue_.first_level(Group::group1));
    return PendingQueue::priority_of(level) < cpu_interface_.PMR();
}

bool Redistributor::wakes() {
    const virt::Lock lock(mutex_);
    return something_passes_the_mask();
}

void Redistributor::drive() {
    if (cpus_ == nullptr)
        return;
    const auto* const one = best();
    const unsigned signalled = one != nullptr && cpu_interface_.passes(one->priority, one->group)
                                   ? 1U << static_cast<unsigned>(one->group)
                                   : 0;
    const bool wakes = signalled == 0 && something_passes_the_mask();
    if (wakes && !woken_)
        cpus_->wake(index_);
    woken_ = wakes;
    const unsigned changed = std::exchange(driven_, signalled) ^ signalled;
    if (changed == 0)
        return;
    for (const auto group : groups) {
        if ((changed >> static_cast<unsigned>(group) & 1) == 0)
            continue;
        const bool level = (signalled >> static_cast<unsigned>(group) & 1) != 0;
        cpus_->set_line(index_, group == Group::group0 ? CpuSide::Input::fiq : CpuSide::Input::irq,
                        level ? CpuSide::Level::high : CpuSide::Level::low);
    }
}

std::uint32_t Redistributor::acknowledge(Group group) {
    const virt::Lock lock(mutex_);
    auto* const one = best();
    if (one == nullptr || one->group != group || !cpu_interface_.passes(one->priority, group))
        return no_interrupt;
    queue_.remove(*one);
    cpu_interface_.activate(one->priority, group);
    one->latch = false;
    if (one->source != nullptr)
        one->line = false; // the host's active state stands for it now
    one->active = !one->is_lpi();
    drive();
    return one->intid.value;
}

std::uint32_t Redistributor::highest_pending(Group group) {
    const virt::Lock lock(mutex_);
    const auto* const one = best();
    return one == nullptr || one->group != group ? no_interrupt : one->intid.value;
}

bool Redistributor::end(Interrupt* one, Group group) VIRT_UNCHECKED {
    mutex_.lock();
    const auto level = cpu_interface_.drop();
    if (one == nullptr || cpu_interface_.splits_eoi() || one->is_lpi() ||
        one->holder.load(std::memory_order_acquire) != this || !one->active || one->group != group ||
        cpu_interface_.preemption_level(one->priority, group) != level) {
        drive();
        mutex_.unlock();
        return false;
    }
    one->active = false;
    settle_and_unlock(*one, Queueing::event);
    return true;
}

bool Redistributor::deactivate(Interrupt& one) {
    {
        const virt::Lock lock(mutex_);
        if (!cpu_interface_.splits_eoi() || one.is_lpi())
            return false;
    }
    bool was_active = false;
    update(one, [&](Interrupt& found) { was_active = std::exchange(found.active, false); }, Queueing::kept);
    return was_active;
}

} // namespace arm64::gic

// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/gic/interrupt_registers.hpp"

#include "arch-arm64/gic/physical_irq.hpp"
#include "arch-arm64/gic/redistributor.hpp"

namespace arm64::gic {
namespace {

using Queueing = Redistributor::Queueing;

constexpr std::uint64_t priority_mask = 0xF8; // 5 bits, whatever the CPU interfaces have: VGIC_PRI_BITS

bool has_source(Interrupt& one) {
    return Redistributor::inspect(one, [](const Interrupt& found) { return found.source != nullptr; });
}

} // namespace

template <class Act>
void InterruptRegisters::each(const Access& access, Act act) {
    for (std::uint32_t n = 0; n < access.interrupts; ++n)
        if (auto* const one = interrupt(access.index + n))
            act(*one, n);
}

template <class Act>
void InterruptRegisters::each_set(const Access& access, std::uint64_t value, Act act) {
    each(access, [&](Interrupt& one, std::uint32_t n) {
        if ((value >> n & 1) != 0)
            act(one);
    });
}

/// `see(const Interrupt&)` under its lock.
template <class See>
std::uint64_t InterruptRegisters::gather(const Access& access, unsigned bits, See see) {
    std::uint64_t value = 0;
    each(access, [&](Interrupt& one, std::uint32_t n) {
        value |= static_cast<std::uint64_t>(Redistributor::inspect(one, see)) << (n * bits);
    });
    return value;
}

std::uint64_t InterruptRegisters::group(const Access& access) {
    return gather(access, 1, [](const Interrupt& one) { return one.group == Group::group1; });
}

void InterruptRegisters::set_group(const Access& access, std::uint64_t value) {
    each(access, [&](Interrupt& one, std::uint32_t n) {
        const auto group = (value >> n & 1) != 0 ? Group::group1 : Group::group0;
        Redistributor::update(one, [&](Interrupt& found) { found.group = group; });
    });
}

std::uint64_t InterruptRegisters::enabled(const Access& access) {
    return gather(access, 1, [](const Interrupt& one) { return one.enabled; });
}

void InterruptRegisters::enable(const Access& access, std::uint64_t value) {
    each_set(access, value, [&](Interrupt& one) {
        const auto is_high = [](const Interrupt& found) { return found.source != nullptr && found.line; };
        if (Redistributor::inspect(one, is_high)) {
            Gic::sample(one);
            if (!Redistributor::inspect(one, [](const Interrupt& found) { return found.line || found.active; }))
                gic_.set_source_active(one, false);
        }
        Redistributor::update(one, [](Interrupt& found) { found.enabled = true; });
    });
}

void InterruptRegisters::disable(const Access& access, std::uint64_t value) {
    each_set(access, value, [](Interrupt& one) {
        Redistributor::update(one, [](Interrupt& found) { found.enabled = false; }, Queueing::kept);
    });
}

std::uint64_t InterruptRegisters::pending(const Access& access) {
    return gather(access, 1, [](const Interrupt& one) {
        const bool forwards = one.source != nullptr && one.trigger == Trigger::level;
        return forwards ? one.source->level() : one.pending();
    });
}

void InterruptRegisters::set_pending(const Access& access, std::uint64_t value) {
    each_set(access, value, [&](Interrupt& one) {
        if (has_source(one))
            gic_.set_source_active(one, true);
        Redistributor::update(one, [](Interrupt& found) { found.latch = true; });
    });
}

void InterruptRegisters::clear_pending(const Access& access, std::uint64_t value) {
    each_set(access, value, [&](Interrupt& one) {
        bool releases = false;
        Redistributor::update(
            one,
            [&](Interrupt& found) {
                found.latch = false;
                releases = found.source != nullptr && !found.active;
            },
            Queueing::kept);
        // Else SPENDR and CPENDR together would silence the source.
        if (releases)
            gic_.set_source_active(one, false);
    });
}

std::uint64_t InterruptRegisters::latched_outside(const Access& access) {
    return gather(access, 1, [](const Interrupt& one) { return one.latch; });
}

virt::expected<void> InterruptRegisters::assign_latch_outside(const Access& access, std::uint64_t value) {
    each(access, [&](Interrupt& one, std::uint32_t n) {
        const bool latch = (value >> n & 1) != 0;
        Redistributor::update(
            one, [&](Interrupt& found) { found.latch = latch; }, latch ? Queueing::event : Queueing::kept);
    });
    return {};
}

std::uint64_t InterruptRegisters::active(const Access& access) {
    return gather(access, 1, [](const Interrupt& one) { return one.active; });
}

void InterruptRegisters::set_active(const Access& access, std::uint64_t value) {
    each_set(access, value, [&](Interrupt& one) {
        Redistributor::update(one, [](Interrupt& found) { found.active = true; });
        gic_.set_source_active(one, true);
    });
}

void InterruptRegisters::clear_active(const Access& access, std::uint64_t value) {
    each_set(access, value, [&](Interrupt& one) {
        Redistributor::update(one, [](Interrupt& found) { found.active = false; }, Queueing::kept);
        gic_.set_source_active(one, false);
    });
}

virt::expected<void> InterruptRegisters::set_active_outside(const Access& access, std::uint64_t value) {
    each_set(access, value, [](Interrupt& one) {
        Redistributor::update(one, [](Interrupt& found) { found.active |= found.source == nullptr; }, Queueing::kept);
    });
    return {};
}

virt::expected<void> InterruptRegisters::clear_active_outside(const Access& access, std::uint64_t value) {
    each_set(access, value, [](Interrupt& one) {
        Redistributor::update(one, [](Interrupt& found) { found.active &= found.source != nullptr; }, Queueing::kept);
    });
    return {};
}

std::uint64_t InterruptRegisters::priority(const Access& access) {
    return gather(access, 8, [](const Interrupt& one) { return one.priority; });
}

void InterruptRegisters::set_priority(const Access& access, std::uint64_t value) {
    each(access, [&](Interrupt& one, std::uint32_t n) {
        const auto priority = static_cast<std::uint8_t>(value >> (n * 8) & priority_mask);
        Redistributor::update(one, [&](Interrupt& found) { found.priority = priority; }, Queueing::kept);
    });
}

std::uint64_t InterruptRegisters::trigger(const Access& access) {
    return gather(access, 2, [](const Interrupt& one) { return one.trigger == Trigger::edge ? 2U : 0U; });
}

void InterruptRegisters::set_trigger(const Access& access, std::uint64_t value) {
    each(access, [&](Interrupt& one, std::uint32_t n) {
        const auto trigger = (value >> (n * 2 + 1) & 1) != 0 ? Trigger::edge : Trigger::level;
        Redistributor::update(one, [&](Interrupt& found) { found.trigger = trigger; }, Queueing::kept);
    });
}

} // namespace arm64::gic

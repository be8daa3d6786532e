// SPDX-License-Identifier: Apache-2.0
// One interrupt of a GIC: SGI, PPI, SPI or LPI. Source: Arm IHI 0069, 4.1 (states), 4.4 to 4.8.
#pragma once

#include "arch-arm64/intid.hpp"

#include <atomic>
#include <cstdint>

namespace arm64::gic {

class PhysicalIrq;
class Redistributor;

enum class Trigger : std::uint8_t { level, edge };
enum class Group : std::uint8_t { group0, group1 };

/// Everything below `holder` is guarded by the lock of the redistributor that holds the interrupt; see
/// Redistributor::update. Nothing else keeps state about an interrupt, and *pending is a function*:
///
///     edge:  latch                      (an LPI and an SGI are edges)
///     level: latch or line
///
/// It is `queued` if it waits on its holder for an acknowledge. As in KVM this is state and no function: what could be
/// delivered is queued by an event (a line, a message, a write to enable), not by whatever made it possible.
struct alignas(64) Interrupt { // one cache line
    std::atomic<Redistributor*> holder = nullptr; ///< target, or where it is active

    Redistributor* target = nullptr; ///< where it shall go; a redistributor without a vCPU: nowhere
    PhysicalIrq* source = nullptr;   ///< of a mapped interrupt, which is level-sensitive
    Interrupt* next = nullptr;       ///< in its holder's queue
    Interrupt* previous = nullptr;
    Intid intid;
    std::uint32_t references = 0; ///< ITS events that are mapped to an LPI; LPIs without exist while queued
    std::uint32_t IROUTER = 0;    ///< of an SPI: Aff2.Aff1.Aff0 as written; `target` is not that before
    std::uint8_t priority = 0;    ///< lower is higher
    std::uint8_t queued_level = 0;
    Trigger trigger = Trigger::edge;
    Group group = Group::group1;
    Group queued_group = Group::group1;
    bool enabled = false;
    bool latch = false;
    bool line = false;
    bool active = false;
    bool queued = false;
    bool claimed = false; ///< the input is a device's of the vCPU, and nobody else's

    [[nodiscard]] bool pending() const { return latch || (trigger == Trigger::level && line); }
    /// Could be acknowledged, if the distributor forwards and the CPU interface lets it pass.
    [[nodiscard]] bool deliverable() const { return enabled && !active && pending(); }
    [[nodiscard]] bool is_lpi() const { return intid.value >= first_lpi; }
};

} // namespace arm64::gic

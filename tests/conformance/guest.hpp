// SPDX-License-Identifier: Apache-2.0
// Lists that many tests begin with: what a guest does before it takes interrupts.
#pragma once

#include "tests/conformance/command.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/layout.hpp"

#include <cstdint>

namespace conformance {

enum class EOImode : std::uint8_t { drop_and_deactivate = 0, drop = 1 };
enum class Trigger : std::uint8_t { level, edge };

/// The distributor forwards group 1; this vCPU takes it, at any priority.
[[nodiscard]] inline List open_gic(EOImode mode = EOImode::drop_and_deactivate) {
    return {store32(layout::GICD + GICD_CTLR, GICD_CTLR_ARE_NS | GICD_CTLR_EnableGrp1),
            msr(ICC_CTLR_EL1, mode == EOImode::drop ? ICC_CTLR_EL1_EOImode : 0), msr(ICC_PMR_EL1, 0xFF),
            msr(ICC_IGRPEN1_EL1, 1)};
}

/// The CPU interface only, for vCPUs after the first.
[[nodiscard]] inline List open_cpu_interface(EOImode mode = EOImode::drop_and_deactivate) {
    return {msr(ICC_CTLR_EL1, mode == EOImode::drop ? ICC_CTLR_EL1_EOImode : 0), msr(ICC_PMR_EL1, 0xFF),
            msr(ICC_IGRPEN1_EL1, 1)};
}

/// Group 1, enabled. Touches GICD_ICFGR's other 15 interrupts: they become level-sensitive or edge-triggered with it.
[[nodiscard]] inline List enable_spi(std::uint32_t intid, Trigger trigger, std::uint32_t affinity = 0,
                                     std::uint8_t priority = 0xA0) {
    return {store32(layout::GICD + icfgr_of(intid), trigger == Trigger::edge ? 0xAAAA'AAAA : 0),
            store8(layout::GICD + GICD_IPRIORITYR + intid, priority),
            store64(layout::GICD + irouter_of(intid), affinity),
            store32(layout::GICD + word_of(GICD_ISENABLER, intid), bit_of(intid))};
}

/// An SGI or PPI of the vCPU with that creation index (layout's redistributors).
[[nodiscard]] inline List enable_private(unsigned vcpu, std::uint32_t intid, std::uint8_t priority = 0xA0) {
    return {store8(layout::gicr(vcpu) + GICR_IPRIORITYR + intid, priority),
            store32(layout::gicr(vcpu) + GICR_ISENABLER0, bit_of(intid))};
}

} // namespace conformance

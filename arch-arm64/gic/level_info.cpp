// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/gic/level_info.hpp"

#include "arch-arm64/gic/redistributor.hpp"

namespace arm64::gic {
namespace {

template <class Act>
void each(Gic& gic, VcpuIndex vcpu, Intid first, Act act) {
    for (std::uint32_t n = 0; n < 32; ++n) {
        const Intid intid{first.value + n};
        if (!is_ppi(intid) && !is_spi(intid))
            continue;
        if (auto* const one = gic.find(vcpu, intid))
            act(*one, n);
    }
}

} // namespace

std::uint32_t line_levels(Gic& gic, VcpuIndex vcpu, Intid first) {
    std::uint32_t levels = 0;
    each(gic, vcpu, first, [&](Interrupt& one, std::uint32_t n) {
        const bool high = Redistributor::inspect(one, [](const Interrupt& found) {
            // A source that is asserted stays so while its interrupt is active, which `line` does not show.
            const bool held = found.source != nullptr && found.active && found.source->level();
            return found.trigger == Trigger::level && (found.line || held);
        });
        levels |= std::uint32_t{high} << n;
    });
    return levels;
}

void set_line_levels(Gic& gic, VcpuIndex vcpu, Intid first, std::uint32_t levels) {
    each(gic, vcpu, first, [&](Interrupt& one, std::uint32_t n) {
        const bool high = (levels >> n & 1) != 0;
        Redistributor::update(
            one, [&](Interrupt& found) { found.line = high; },
            high ? Redistributor::Queueing::event : Redistributor::Queueing::kept);
    });
}

} // namespace arm64::gic

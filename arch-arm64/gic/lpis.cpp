// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/gic/lpis.hpp"

namespace arm64::gic {

Lpis::~Lpis() {
    for (auto& chunk : chunks_)
        delete chunk.load();
}

Interrupt* Lpis::find(Intid intid) const {
    if (intid.value < first_lpi || intid.value >= end)
        return nullptr;
    const auto n = intid.value - first_lpi;
    auto* const chunk = chunks_[n / per_chunk].load(std::memory_order_acquire);
    if (chunk == nullptr)
        return nullptr;
    auto& one = (*chunk)[n % per_chunk];
    const bool exists =
        Redistributor::inspect(one, [](const Interrupt& found) { return found.references != 0 || found.queued; });
    return exists ? &one : nullptr;
}

void Lpis::signal(Interrupt& lpi) {
    Redistributor::update(lpi, [](Interrupt& one) { one.latch |= one.references != 0 || one.queued; });
}

void Lpis::clear(Interrupt& lpi) {
    Redistributor::update(lpi, [](Interrupt& one) { one.latch = false; });
}

} // namespace arm64::gic

// SPDX-License-Identifier: Apache-2.0
// Range lookup of the MMIO bus.
#include "virt/mmio_bus.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace virt {

const MmioBus::Range MmioBus::nowhere{};

expected<void> MmioBus::add(std::string_view name, Gpa base, std::uint64_t size, MmioDevice& device) {
    if (size == 0 || base + (size - 1) < base)
        return failure(EINVAL, "place " + std::string(name) + " on the bus");
    const auto after = std::ranges::upper_bound(ranges_, base, {}, &Range::base);
    const bool runs_into_next = after != ranges_.end() && after->base - base < size;
    const bool previous_runs_into = after != ranges_.begin() && base - std::prev(after)->base < std::prev(after)->size;
    if (runs_into_next || previous_runs_into) {
        const auto& other = runs_into_next ? *after : *std::prev(after);
        return failure(EEXIST, "place " + std::string(name) + " on the bus where " + other.name + " is");
    }
    ranges_.insert(after, Range{base, size, &device, std::string(name)});
    return {};
}

const MmioBus::Range* MmioBus::search(Gpa address, Width width) const {
    const auto after = std::ranges::upper_bound(ranges_, address, {}, &Range::base);
    if (after == ranges_.begin())
        return nullptr;
    const Range& range = *std::prev(after);
    return range.holds(address, width) ? &range : nullptr;
}

inline const MmioBus::Range* MmioBus::find(Gpa address, Width width, Hint& hint) const {
    if (hint.last_->holds(address, width)) [[likely]]
        return hint.last_;
    const Range* const found = search(address, width);
    if (found != nullptr)
        hint.last_ = found;
    return found;
}

bool MmioBus::read(Gpa address, Width width, std::uint64_t& value, Hint& hint) const {
    const Range* range = find(address, width, hint);
    if (range == nullptr)
        return false;
    value = range->device->read(address - range->base, width);
    return true;
}

bool MmioBus::write(Gpa address, Width width, std::uint64_t value, Hint& hint) const {
    const Range* range = find(address, width, hint);
    if (range == nullptr)
        return false;
    range->device->write(address - range->base, width, value);
    return true;
}

} // namespace virt

// SPDX-License-Identifier: Apache-2.0
// Union of what several users of guest debug want.
#include "virt/guest_debug.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace virt {
namespace {

template <class Point>
void unite(std::vector<Point>& all, const std::vector<Point>& more) {
    for (const auto& point : more)
        if (std::ranges::find(all, point) == all.end())
            all.push_back(point);
}

} // namespace

GuestDebug GuestDebugUsers::merge(const Wishes& wishes) {
    GuestDebug all;
    for (const auto& wish : wishes) {
        all.single_step |= wish.single_step;
        all.software_breakpoints |= wish.software_breakpoints;
        unite(all.breakpoints, wish.breakpoints);
        unite(all.watchpoints, wish.watchpoints);
    }
    return all;
}

expected<void> GuestDebugUsers::set(DebugUser user, GuestDebug wish) {
    Wishes wishes = wishes_;
    wishes.at(static_cast<std::size_t>(user)) = std::move(wish);
    const auto all = merge(wishes);
    if (all.breakpoints.size() > available_.breakpoints || all.watchpoints.size() > available_.watchpoints)
        return failure(ENOSPC, "set that many hardware breakpoints or watchpoints");
    wishes_ = std::move(wishes);
    return {};
}

DebugResources GuestDebugUsers::left() const {
    const auto all = merged();
    return {available_.breakpoints - all.breakpoints.size(), available_.watchpoints - all.watchpoints.size()};
}

} // namespace virt

// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/soft/redistributor_regions.hpp"

#include "arch-arm64/soft/frame_address.hpp"

#include <algorithm>
#include <cerrno>

namespace arm64::soft {
namespace {

bool overlap(virt::Gpa one, std::uint64_t size, virt::Gpa other, std::uint64_t other_size) {
    return one + size > other && one < other + other_size;
}

virt::unexpected invalid() { return virt::failure(EINVAL, "place redistributors there"); }

} // namespace

std::uint64_t RedistributorRegions::size_of(const Region& region, std::size_t vcpus) {
    return (region.count != 0 ? region.count : vcpus) * frame_size;
}

bool RedistributorRegions::overlap(virt::Gpa base, std::uint64_t size, std::size_t vcpus) const {
    return std::ranges::any_of(
        regions_, [&](const Region& other) { return soft::overlap(base, size, other.base, size_of(other, vcpus)); });
}

virt::expected<void> RedistributorRegions::add(const Region& region, const Surroundings& around) {
    const auto size = size_of(region, around.vcpus);
    if (region.base + size < region.base)
        return invalid();
    if (regions_.empty()) {
        if (region.index != 0)
            return invalid();
    } else {
        const auto& last = regions_.back();
        if (region.count == 0 && last.count != 0)
            return invalid();
        if (region.count == 0)
            return virt::failure(EEXIST, "place redistributors twice");
        if (region.index != last.index + 1)
            return invalid();
    }
    if (region.count == 0 && around.distributor &&
        soft::overlap(region.base, size, *around.distributor, distributor_size))
        return invalid();
    if (overlap(region.base, size, around.vcpus))
        return invalid();
    VIRT_TRY(check_frame(region.base, size, end_));
    regions_.push_back(region);
    return {};
}

bool RedistributorRegions::consistent(const Surroundings& around) const {
    const auto fits = [&](const Region& region) {
        return check_frame(region.base, size_of(region, around.vcpus), end_).has_value();
    };
    return std::ranges::all_of(regions_, fits) &&
           !(around.distributor && overlap(*around.distributor, distributor_size, around.vcpus));
}

virt::expected<std::optional<RedistributorRegions::Place>> RedistributorRegions::take(const Surroundings& around) {
    const auto free = std::ranges::find_if_not(regions_, &Region::full);
    if (free == regions_.end())
        return std::optional<Place>();
    if (!consistent(around))
        return invalid();
    return std::optional(Place{&*free, free->used++});
}

void RedistributorRegions::give_back(const Place& place) { --regions_[place.region->index].used; }

const RedistributorRegions::Region* RedistributorRegions::find(std::uint32_t index) const {
    const auto found = std::ranges::find(regions_, index, &Region::index);
    return found == regions_.end() ? nullptr : &*found;
}

bool RedistributorRegions::is_last(const Place& place) const {
    const auto& region = *place.region;
    if (place.frame + 1 < region.used)
        return false;
    if (region.count == 0 || place.frame + 1 != region.count)
        return true;
    // Another region may go on where this one ends.
    const auto end = region.base + region.count * frame_size;
    return std::ranges::none_of(regions_, [&](const Region& other) { return other.base == end && other.used != 0; });
}

} // namespace arm64::soft

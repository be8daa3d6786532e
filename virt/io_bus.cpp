// SPDX-License-Identifier: Apache-2.0
#include "virt/io_bus.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace virt {

void IoBus::publish(std::unique_ptr<Ranges> ranges) {
    Gpa reach = 0;
    for (Range& range : *ranges) {
        reach = std::max(reach, range.base + std::max<std::uint64_t>(range.size, 1) - 1);
        range.reach = reach;
    }
    const std::unique_ptr<const Ranges> old(ranges_.exchange(ranges.release()));
    in_use_.wait();
}

expected<void> IoBus::add(Gpa base, std::uint64_t size, IoDevice& device, Kind kind) {
    const std::scoped_lock lock(writer_);
    const Ranges& present = *ranges_.load();
    if (kind == Kind::device && std::ranges::count(present, Kind::device, &Range::kind) >= std::ptrdiff_t{most_devices})
        return failure(ENOSPC, "put another device on the bus");
    auto next = std::make_unique<Ranges>(present);
    const auto place = std::ranges::upper_bound(*next, base, {}, &Range::base);
    next->insert(place, {.base = base, .size = size, .device = &device, .kind = kind});
    publish(std::move(next));
    return {};
}

void IoBus::remove(const IoDevice& device) {
    const std::scoped_lock lock(writer_);
    auto next = std::make_unique<Ranges>(*ranges_.load());
    std::erase_if(*next, [&](const Range& range) { return range.device == &device; });
    publish(std::move(next));
}

template <class Offer>
bool IoBus::offer(Gpa address, Width width, Offer offer) {
    const GracePeriod::Reader reader(in_use_);
    const Ranges& ranges = *ranges_.load();
    const auto end = std::ranges::upper_bound(ranges, address, {}, &Range::base);
    auto range = end;
    while (range != ranges.begin() && std::prev(range)->reach >= address)
        --range;
    for (; range != end; ++range) {
        const std::uint64_t offset = address - range->base;
        const bool within = range->size == 0
                                ? offset == 0
                                : offset < range->size && static_cast<std::uint64_t>(width) <= range->size - offset;
        if (within && offer(*range->device))
            return true;
    }
    return false;
}

bool IoBus::read(std::uint32_t vcpu, Gpa address, Width width, std::uint64_t& value) {
    return offer(address, width, [&](IoDevice& device) { return device.read(vcpu, address, width, value); });
}

bool IoBus::write(std::uint32_t vcpu, Gpa address, Width width, std::uint64_t value) {
    return offer(address, width, [&](IoDevice& device) { return device.write(vcpu, address, width, value); });
}

} // namespace virt

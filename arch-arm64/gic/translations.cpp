// SPDX-License-Identifier: Apache-2.0
// The writer's side: what follows a removed translation moves up, so that no place is lost to what was once there
// (D. Knuth, The Art of Computer Programming, 6.4, algorithm R).
#include "arch-arm64/gic/translations.hpp"

#include "virt/assert.hpp"

#include <bit>
#include <thread>

namespace arm64::gic {
namespace {

constexpr std::size_t first_size = 64;

} // namespace

Translations::Table::Table(std::size_t size)
    : lines(std::make_unique<Line[]>(size)),
      mask(size - 1),
      shift(64 - static_cast<unsigned>(std::countr_zero(size))) {}

Translations::Translations() : table_(nullptr) {
    tables_.push_back(std::make_unique<const Table>(first_size));
    table_.store(tables_.back().get(), std::memory_order_release);
}

void Translations::wait() { std::this_thread::yield(); }

std::size_t Translations::place_of(Key key) const {
    const auto& table = *tables_.back();
    for (std::size_t n = table.home(key);; n = table.after(n)) {
        const auto mapping = table.lines[n].places[lane(key)].mapping.load(std::memory_order_relaxed);
        VIRT_ASSERT(mapping != empty, "this translation must be there");
        if (key_of(mapping).value == key.value)
            return n;
    }
}

void Translations::put(const Table& table, std::uint64_t mapping, std::uint64_t state) {
    const auto key = key_of(mapping);
    std::size_t n = table.home(key);
    while (table.lines[n].places[lane(key)].mapping.load(std::memory_order_relaxed) != empty)
        n = table.after(n);
    auto& slot = table.lines[n].places[lane(key)];
    slot.state.store(state, std::memory_order_release); // after the removal of what was there
    slot.mapping.store(mapping, std::memory_order_release);
}

void Translations::grow() {
    const auto& old = *tables_.back();
    auto grown = std::make_unique<const Table>(old.size() * 2);
    for (std::size_t n = 0; n < old.size(); ++n)
        for (const auto& slot : old.lines[n].places)
            if (const auto mapping = slot.mapping.load(std::memory_order_relaxed); mapping != empty)
                put(*grown, mapping, slot.state.load(std::memory_order_relaxed));
    table_.store(grown.get(), std::memory_order_release);
    tables_.push_back(std::move(grown));
}

void Translations::add(Key key, std::uint32_t intid, std::uint32_t vcpu) {
    auto& in_lane = in_lane_.at(lane(key));
    if ((in_lane + 1) * 2 > tables_.back()->size())
        grow();
    ++in_lane;
    put(*tables_.back(), mapping_of(key, intid), std::uint64_t{vcpu} << 48);
    ++size_;
}

void Translations::retarget(Key key, std::uint32_t vcpu) {
    auto& state = tables_.back()->lines[place_of(key)].places[lane(key)].state;
    auto found = state.load(std::memory_order_relaxed);
    while (!state.compare_exchange_weak(found, std::uint64_t{vcpu} << 48 | (found & marks), std::memory_order_acq_rel))
        ; // somebody marked it
}

void Translations::remove(Key key) {
    const auto& table = *tables_.back();
    const auto place = [&](std::size_t n) -> Place& { return table.lines[n].places[lane(key)]; };
    auto gap = place_of(key);
    removals_.fetch_add(1, std::memory_order_acq_rel);
    for (auto n = table.after(gap);; n = table.after(n)) {
        const auto mapping = place(n).mapping.load(std::memory_order_relaxed);
        if (mapping == empty)
            break;
        // It may move up unless that is before its home.
        const auto home = table.home(key_of(mapping));
        if (((n - home) & table.mask) < ((n - gap) & table.mask))
            continue;
        place(gap).mapping.store(moving(key), std::memory_order_release);
        place(gap).state.store(place(n).state.load(std::memory_order_relaxed), std::memory_order_release);
        place(gap).mapping.store(mapping, std::memory_order_release);
        gap = n;
    }
    place(gap).mapping.store(empty, std::memory_order_release);
    removals_.fetch_add(1, std::memory_order_release);
    --size_;
    --in_lane_.at(lane(key));
}

} // namespace arm64::gic

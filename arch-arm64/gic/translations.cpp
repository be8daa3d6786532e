// SPDX-License-Identifier: Apache-2.0
// The writer's side: what follows a removed translation moves up, so that no place is lost to what was once there
// (D. Knuth, The Art of Computer Programming, 6.4, algorithm R).
#include "arch-arm64/gic/translations.hpp"

#include "virt/assert.hpp"

#include <bit>
#include <thread>

namespace arm64::gic {
namespace {

constexpr std::size_t first_places = 256;

} // namespace

Translations::Table::Table(std::size_t places)
    : slots(std::make_unique<Place[]>(places)),
      mask(places - 1),
      shift(64 - static_cast<unsigned>(std::countr_zero(places))) {}

Translations::Translations() : table_(nullptr) {
    tables_.push_back(std::make_unique<const Table>(first_places));
    table_.store(tables_.back().get(), std::memory_order_release);
}

void Translations::wait() { std::this_thread::yield(); }

std::size_t Translations::place_of(Key key) const {
    const auto& table = *tables_.back();
    for (std::size_t n = table.home(key);; n = table.after(n)) {
        const auto mapping = table.slots[n].mapping.load(std::memory_order_relaxed);
        VIRT_ASSERT(mapping != empty, "this translation must be there");
        if ((mapping & key_bits) == pattern(key))
            return n;
    }
}

void Translations::put(const Table& table, std::uint64_t mapping, std::uint64_t state) {
    std::size_t n = table.home(Key{static_cast<std::uint32_t>(mapping >> 32)});
    while (table.slots[n].mapping.load(std::memory_order_relaxed) != empty)
        n = table.after(n);
    table.slots[n].state.store(state, std::memory_order_relaxed);
    table.slots[n].mapping.store(mapping, std::memory_order_release);
}

void Translations::grow() {
    const auto& old = *tables_.back();
    auto grown = std::make_unique<const Table>((old.mask + 1) * 2);
    for (std::size_t n = 0; n <= old.mask; ++n)
        if (const auto mapping = old.slots[n].mapping.load(std::memory_order_relaxed); mapping != empty)
            put(*grown, mapping, old.slots[n].state.load(std::memory_order_relaxed));
    table_.store(grown.get(), std::memory_order_release);
    tables_.push_back(std::move(grown));
}

void Translations::add(Key key, std::uint32_t intid, std::uint32_t vcpu) {
    if ((size_ + 1) * 2 > places())
        grow();
    put(*tables_.back(), pattern(key) | std::uint64_t{intid} << 16, std::uint64_t{vcpu} << 48);
    ++size_;
}

void Translations::retarget(Key key, std::uint32_t vcpu) {
    auto& state = tables_.back()->slots[place_of(key)].state;
    auto found = state.load(std::memory_order_relaxed);
    while (!state.compare_exchange_weak(found, std::uint64_t{vcpu} << 48 | (found & marks), std::memory_order_acq_rel))
        ; // somebody marked it
}

void Translations::remove(Key key) {
    const auto& table = *tables_.back();
    auto gap = place_of(key);
    removals_.fetch_add(1, std::memory_order_acq_rel);
    for (auto n = table.after(gap);; n = table.after(n)) {
        const auto mapping = table.slots[n].mapping.load(std::memory_order_relaxed);
        if (mapping == empty)
            break;
        // It may move up unless that is before its home.
        const auto home = table.home(Key{static_cast<std::uint32_t>(mapping >> 32)});
        if (((n - home) & table.mask) < ((n - gap) & table.mask))
            continue;
        table.slots[gap].mapping.store(moving, std::memory_order_release);
        table.slots[gap].state.store(table.slots[n].state.load(std::memory_order_relaxed), std::memory_order_release);
        table.slots[gap].mapping.store(mapping, std::memory_order_release);
        gap = n;
    }
    table.slots[gap].mapping.store(empty, std::memory_order_release);
    removals_.fetch_add(1, std::memory_order_release);
    --size_;
}

} // namespace arm64::gic

// SPDX-License-Identifier: Apache-2.0
// (DeviceID, EventID) to LPI: what an MSI looks up. Source: Arm IHI 0069, 5.2; KVM has find_ite and a cache before it.
#pragma once

#include "virt/ids.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace arm64::gic {

/// Open addressing with linear probing, at most half full. Neighbouring events of a device, as vectors in use are,
/// share a cache line: EventIDs that are equal in their lowest bits have a lane of their own in each. One writer at a
/// time (the ITS's lock); readers are any threads, which take no lock, write nothing and read no guest memory. A reader
/// that finds what it looks for is never held up; one that does not, looks again if a mapping was being removed
/// meanwhile, since that moves others.
///
/// Each translation carries a mark: the value of the ITS's generation when a message was last looked up with all
/// checks. While the generation is that, the checks need not be made again (KVM: it is in the translation cache).
///
/// It grows and never shrinks, by powers of two; tables that it has outgrown stay, for a reader may be in one: twice
/// the size of the last in all, at 16 bytes a place and two places a translation; eight if EventIDs leave lanes empty.
class Translations {
public:
    static constexpr std::uint32_t no_vcpu = 0xFFFF;

    /// Of both numbers ITSs have 16 bits; others are never mapped.
    struct Key {
        std::uint32_t value;

        [[nodiscard]] static constexpr Key of(std::uint32_t DeviceID, std::uint32_t EventID) {
            return Key{DeviceID << 16 | EventID};
        }
    };
    [[nodiscard]] static constexpr bool has_key(std::uint32_t DeviceID, std::uint32_t EventID) {
        return (DeviceID | EventID) <= 0xFFFF;
    }
    [[nodiscard]] static constexpr std::optional<Key> key(std::uint32_t DeviceID, std::uint32_t EventID) {
        return has_key(DeviceID, EventID) ? std::optional(Key::of(DeviceID, EventID)) : std::nullopt;
    }

    /// A translation as it was when found.
    class Found {
    public:
        [[nodiscard]] std::uint32_t intid() const { return intid_of(mapping_); }
        /// Creation index of the collection's target, or no_vcpu.
        [[nodiscard]] std::uint32_t vcpu() const { return static_cast<std::uint32_t>(state_ >> 48); }
        [[nodiscard]] bool marked(std::uint64_t generation) const { return (state_ & marks) == mark_of(generation); }
        /// Marks it, if it has not changed.
        void mark(std::uint64_t generation) const {
            auto expected = state_;
            state_of_->compare_exchange_strong(expected, (state_ & ~marks) | mark_of(generation),
                                               std::memory_order_acq_rel, std::memory_order_relaxed);
        }

    private:
        friend class Translations;
        Found(std::uint64_t mapping, std::uint64_t state, std::atomic<std::uint64_t>& state_of)
            : mapping_(mapping), state_(state), state_of_(&state_of) {}

        std::uint64_t mapping_;
        std::uint64_t state_;
        std::atomic<std::uint64_t>* state_of_;
    };

    Translations();
    Translations(const Translations&) = delete;
    Translations& operator=(const Translations&) = delete;

    /// What nearly every message comes to: the INTID if it is there and marked. 0 if not, or while it moves.
    [[nodiscard]] std::uint32_t find_marked(Key key, std::uint64_t generation) const {
        const auto& table = *table_.load(std::memory_order_acquire);
        for (std::size_t n = table.home(key);; n = table.after(n)) {
            const auto& slot = table.lines[n].places[lane(key)];
            const auto mapping = slot.mapping.load(std::memory_order_acquire);
            if (key_of(mapping).value == key.value) {
                const auto state = slot.state.load(std::memory_order_acquire);
                const bool valid = (state ^ mark_of(generation)) << 16 == 0 && // the marks
                                   slot.mapping.load(std::memory_order_relaxed) == mapping;
                return valid ? intid_of(mapping) : 0;
            }
            if (mapping == empty) [[unlikely]]
                return 0;
        }
    }

    [[nodiscard]] std::optional<Found> find(Key key) const {
        for (;;) {
            const auto before = removals_.load(std::memory_order_acquire);
            const auto& table = *table_.load(std::memory_order_acquire);
            for (std::size_t n = table.home(key);; n = table.after(n)) {
                auto& slot = table.lines[n].places[lane(key)];
                const auto mapping = slot.mapping.load(std::memory_order_acquire);
                if (mapping == empty)
                    break;
                if (key_of(mapping).value != key.value)
                    continue;
                const auto state = slot.state.load(std::memory_order_acquire);
                if (slot.mapping.load(std::memory_order_relaxed) == mapping) [[likely]]
                    return Found(mapping, state, slot.state);
                break; // it moved
            }
            if ((before & 1) == 0 && removals_.load(std::memory_order_relaxed) == before)
                return std::nullopt;
            wait();
        }
    }

    // The writer's.

    /// One that is not there. `intid`: 8192..65535; `vcpu`: creation index or no_vcpu.
    void add(Key key, std::uint32_t intid, std::uint32_t vcpu);
    /// One that is there keeps its mark.
    void retarget(Key key, std::uint32_t vcpu);
    /// One that is there.
    void remove(Key key);

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::size_t places() const { return tables_.back()->size() * lanes; }

private:
    // A mapping: key [63:32], INTID [31:0].
    static constexpr std::uint64_t empty = 0;
    /// One that is about to change: it has the key of another lane, which nobody looks for here.
    [[nodiscard]] static constexpr std::uint64_t moving(Key key) { return mapping_of(Key{key.value ^ 1}, 0); }
    // Its state: vCPU [63:48], mark [47:0], which is the generation plus one; 0: none.
    static constexpr std::uint64_t marks = (std::uint64_t{1} << 48) - 1;

    [[nodiscard]] static constexpr std::uint64_t mapping_of(Key key, std::uint32_t intid) {
        return std::uint64_t{key.value} << 32 | intid;
    }
    [[nodiscard]] static constexpr std::uint32_t intid_of(std::uint64_t mapping) {
        return static_cast<std::uint32_t>(mapping);
    }
    [[nodiscard]] static constexpr Key key_of(std::uint64_t mapping) {
        return Key{static_cast<std::uint32_t>(mapping >> 32)};
    }
    [[nodiscard]] static constexpr std::uint64_t mark_of(std::uint64_t generation) { return (generation + 1) & marks; }

    struct Place {
        std::atomic<std::uint64_t> mapping = empty;
        std::atomic<std::uint64_t> state = 0;
    };
    static constexpr std::size_t lanes = 4;
    struct alignas(64) Line {
        std::array<Place, lanes> places;
    };
    [[nodiscard]] static constexpr std::size_t lane(Key key) { return key.value % lanes; }

    struct Table {
        explicit Table(std::size_t size);

        [[nodiscard]] std::size_t size() const { return mask + 1; }
        /// Multiplicative hashing. The constant was searched for: with DeviceIDs in steps of 1 to 16 and up to 2048
        /// events each, a look-up takes 1.14 probes on average (the golden ratio's: 1.25, and 3.4 for 28 full devices).
        [[nodiscard]] std::size_t home(Key key) const {
            return (key.value / lanes * std::uint64_t{0x1048'29D7'C71B'BE39}) >> shift;
        }
        [[nodiscard]] std::size_t after(std::size_t n) const { return (n + 1) & mask; }

        std::unique_ptr<Line[]> lines;
        std::size_t mask;
        unsigned shift;
    };

    static void wait();
    [[nodiscard]] std::size_t place_of(Key key) const;
    static void put(const Table& table, std::uint64_t mapping, std::uint64_t state);
    void grow();

    std::atomic<std::uint64_t> removals_ = 0; // odd while one is under way
    std::atomic<const Table*> table_;
    std::vector<std::unique_ptr<const Table>> tables_; // the last one is in use
    std::size_t size_ = 0;
    std::array<std::size_t, lanes> in_lane_{};
};

} // namespace arm64::gic

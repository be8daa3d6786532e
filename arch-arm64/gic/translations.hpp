// SPDX-License-Identifier: Apache-2.0
// (DeviceID, EventID) to LPI: what an MSI looks up. Source: Arm IHI 0069, 5.2; KVM has find_ite and a cache before it.
#pragma once

#include "virt/ids.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace arm64::gic {

/// Open addressing with linear probing, at most half full. One writer at a time (the ITS's lock); readers are any
/// threads, which take no lock, write nothing and read no guest memory. A reader that finds what it looks for is never
/// held up; one that does not, looks again if a mapping was being removed meanwhile, since that moves others.
///
/// Each translation carries a mark: the value of the ITS's generation when a message was last looked up with all
/// checks. While the generation is that, the checks need not be made again (KVM: it is in the translation cache).
///
/// It grows and never shrinks, by powers of two; tables that it has outgrown stay, for a reader may be in one: twice
/// the size of the last in all, at 16 bytes a place and two places a translation.
class Translations {
public:
    static constexpr std::uint32_t no_vcpu = 0xFFFF;

    /// Of both numbers ITSs have 16 bits; others are never mapped.
    struct Key {
        std::uint32_t value;
    };
    [[nodiscard]] static constexpr std::optional<Key> key(std::uint32_t DeviceID, std::uint32_t EventID) {
        if ((DeviceID | EventID) > 0xFFFF)
            return std::nullopt;
        return Key{DeviceID << 16 | EventID};
    }

    /// A translation as it was when found.
    class Found {
    public:
        [[nodiscard]] std::uint32_t intid() const { return static_cast<std::uint32_t>(mapping_ >> 16 & 0xFFFF); }
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

    [[nodiscard]] std::optional<Found> find(Key key) const {
        for (;;) {
            const auto before = removals_.load(std::memory_order_acquire);
            const auto& table = *table_.load(std::memory_order_acquire);
            for (std::size_t n = table.home(key);; n = table.after(n)) {
                auto& slot = table.slots[n];
                const auto mapping = slot.mapping.load(std::memory_order_acquire);
                if (mapping == empty)
                    break;
                if ((mapping & key_bits) != pattern(key))
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
    [[nodiscard]] std::size_t places() const { return table_.load(std::memory_order_relaxed)->mask + 1; }

private:
    // A mapping: key [63:32], INTID [31:16], taken [0]. One that is about to change is `moving`, which is no key's.
    static constexpr std::uint64_t empty = 0, moving = 2;
    static constexpr std::uint64_t key_bits = 0xFFFF'FFFF'0000'FFFF;
    // Its state: vCPU [63:48], mark [47:0], which is the generation plus one; 0: none.
    static constexpr std::uint64_t marks = (std::uint64_t{1} << 48) - 1;

    [[nodiscard]] static constexpr std::uint64_t pattern(Key key) { return std::uint64_t{key.value} << 32 | 1; }
    [[nodiscard]] static constexpr std::uint64_t mark_of(std::uint64_t generation) { return (generation + 1) & marks; }

    struct Place {
        std::atomic<std::uint64_t> mapping = empty;
        std::atomic<std::uint64_t> state = 0;
    };
    struct Table {
        explicit Table(std::size_t places);

        [[nodiscard]] std::size_t home(Key key) const {
            return (key.value * std::uint64_t{0x9E37'79B9'7F4A'7C15}) >> shift; // Fibonacci hashing
        }
        [[nodiscard]] std::size_t after(std::size_t n) const { return (n + 1) & mask; }

        std::unique_ptr<Place[]> slots;
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
};

} // namespace arm64::gic

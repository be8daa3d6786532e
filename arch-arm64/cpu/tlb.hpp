// SPDX-License-Identifier: Apache-2.0
// Translations that a CPU has made, for loads and stores: direct-mapped, 4 KiB each whatever the granule.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace arm64::cpu {

/// Belongs to one CPU's thread.
///
/// A tag is a page's virtual address with the number of a context in the low 12 bits, which say for which ASID it
/// holds, and since which invalidation: giving a context a new number forgets all of its translations at once. It
/// matches raw virtual addresses, tag byte included. RAM has one, and ROM for reading; all else takes the slow path.
class Tlb {
public:
    static constexpr std::size_t entries = 1024;
    static constexpr unsigned page_bits = 12;
    static constexpr std::uint64_t page = 4096, page_mask = ~(page - 1);
    static constexpr std::uint64_t nothing = ~std::uint64_t{0}; ///< a tag that no access has

    struct Entry {
        std::uint64_t read = nothing;
        std::uint64_t write = nothing; ///< matches only if the page may be written and is marked dirty already
        std::uint64_t host = 0;        ///< added to a virtual address: where that is in this process
        std::uint64_t physical = 0;    ///< the page's guest physical address
    };

    [[nodiscard]] Entry& entry(std::uint64_t va) { return entries_[va / page % entries]; }
    void clear() { entries_.fill({}); }
    /// The 2^bits bytes around `va`, in all contexts and whatever the tag byte.
    void forget(std::uint64_t va, unsigned bits) {
        const std::uint64_t first = va >> bits << bits;
        const std::uint64_t pages = std::min<std::uint64_t>(entries, std::uint64_t{1} << (bits - page_bits));
        for (std::uint64_t n = 0; n < pages; ++n) {
            auto& one = entry(first + n * page);
            if (same(one.read, va, bits))
                one.read = nothing;
            if (same(one.write, va, bits))
                one.write = nothing;
        }
    }
    /// Whether two addresses, or tags, are in the same 2^bits bytes.
    [[nodiscard]] static bool same(std::uint64_t one, std::uint64_t other, unsigned bits) {
        return (one ^ other) << 8 >> 8 >> bits == 0;
    }

private:
    std::array<Entry, entries> entries_{};
};

} // namespace arm64::cpu

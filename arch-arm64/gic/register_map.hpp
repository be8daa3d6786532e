// SPDX-License-Identifier: Apache-2.0
// The registers of a frame as a table, and what every access to a frame has in common. Source: Arm IHI 0069, 12.1.3;
// arch/arm64/kvm/vgic/vgic-mmio.c.
#pragma once

#include "virt/expected.hpp"
#include "virt/mmio_bus.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace arm64::gic {

/// What one access covers.
struct Access {
    std::uint32_t index;        ///< a plain register's place in its array; else the first interrupt
    std::uint32_t interrupts;   ///< how many it covers; 0: the register is a plain one
    std::uint64_t mask;         ///< the bits of the register, or of these interrupts, that it covers

    /// What a register of `old` holds after a write that covers only part of it.
    [[nodiscard]] std::uint64_t merge(std::uint64_t old, std::uint64_t value) const {
        return (old & ~mask) | (value & mask);
    }
};

/// Sums of bytes: the widths of access that a register accepts. One that accepts 8 is 64 bits, and its functions see
/// all 64 at their places whichever half is accessed; every other begins where the access does.
inline constexpr unsigned w32 = 4, w8_32 = 1 + 4, w32_64 = 4 + 8;

/// A register, or an array of equal ones. Functions are members of the block; null reads as zero or ignores.
template <class Block>
struct RegisterRow {
    using Read = std::uint64_t (Block::*)(const Access&);
    /// Bits of the value outside of the access's mask are zero.
    using Write = void (Block::*)(const Access&, std::uint64_t value);
    using WriteOutside = virt::expected<void> (Block::*)(const Access&, std::uint64_t value);

    std::string_view name; ///< as the manual spells it
    std::uint32_t offset;
    std::uint32_t size;          ///< bytes of the whole array
    unsigned bits_per_interrupt; ///< 0: a plain register
    unsigned widths;
    Read read = nullptr; ///< what the guest's loads and stores do
    Write write = nullptr;
    Read read_outside = nullptr; ///< what a VMM's accesses do (KVM device attributes); null: the same as the guest's
    WriteOutside write_outside = nullptr;

    [[nodiscard]] constexpr std::uint32_t end() const { return offset + size; }
    [[nodiscard]] constexpr bool accepts(virt::Width width) const {
        return (widths & static_cast<unsigned>(width)) != 0;
    }
    [[nodiscard]] constexpr bool is_64bit() const { return (widths & 8U) != 0; }

    /// `at` is inside, aligned to `width`.
    [[nodiscard]] constexpr Access access(std::uint64_t at, virt::Width width) const {
        const auto place = static_cast<std::uint32_t>(at - offset);
        const auto bytes = static_cast<unsigned>(width);
        const std::uint32_t index =
            bits_per_interrupt != 0 ? place * 8 / bits_per_interrupt : place / (is_64bit() ? 8 : 4);
        const std::uint32_t interrupts = bits_per_interrupt != 0 ? std::max(1U, bytes * 8 / bits_per_interrupt) : 0;
        return {index, interrupts, virt::mask_of(width) << shift(at)};
    }
    /// Where an access begins in what the functions see.
    [[nodiscard]] constexpr unsigned shift(std::uint64_t at) const {
        return is_64bit() ? static_cast<unsigned>(at % 8) * 8 : 0;
    }
};

/// To be asserted of every table.
template <class Block>
[[nodiscard]] constexpr bool sorted_and_disjoint(std::span<const RegisterRow<Block>> rows) {
    for (std::size_t n = 0; n < rows.size(); ++n) {
        const auto& row = rows[n];
        if (row.size == 0 || row.size % (row.is_64bit() ? 8 : 4) != 0 || row.offset % (row.is_64bit() ? 8 : 4) != 0)
            return false;
        if (n != 0 && rows[n - 1].end() > row.offset)
            return false;
    }
    return true;
}

/// One block's registers, by offset. `Block` lives behind it; `interrupts` is how many are implemented. Any access is
/// answered: of the wrong width, misaligned, where nothing is, or of interrupts that are not implemented, it reads as
/// zero and ignores writes.
template <class Block>
class RegisterMap {
public:
    using Row = RegisterRow<Block>;

    constexpr explicit RegisterMap(std::span<const Row> rows) : rows_(rows) {}

    [[nodiscard]] constexpr std::span<const Row> rows() const { return rows_; }

    /// The row that has that offset; null if none.
    [[nodiscard]] const Row* at(std::uint64_t offset) const {
        const auto after = std::ranges::upper_bound(rows_, offset, {}, &Row::offset);
        if (after == rows_.begin() || offset >= (after - 1)->end())
            return nullptr;
        return &*(after - 1);
    }
    /// The row, if it accepts that access.
    [[nodiscard]] const Row* at(std::uint64_t offset, virt::Width width, std::uint32_t interrupts) const {
        const auto* const row = at(offset);
        if (row == nullptr || !row->accepts(width) || offset % static_cast<unsigned>(width) != 0)
            return nullptr;
        const bool implemented = row->bits_per_interrupt == 0 || row->access(offset, width).index < interrupts;
        return implemented ? row : nullptr;
    }

    // The guest's.

    [[nodiscard]] std::uint64_t read(Block& block, std::uint64_t offset, virt::Width width,
                                     std::uint32_t interrupts = 0) const {
        const auto* const row = at(offset, width, interrupts);
        return row == nullptr ? 0 : call(block, *row, row->read, offset, width);
    }
    void write(Block& block, std::uint64_t offset, virt::Width width, std::uint64_t value,
               std::uint32_t interrupts = 0) const {
        const auto* const row = at(offset, width, interrupts);
        if (row != nullptr && row->write != nullptr)
            (block.*row->write)(row->access(offset, width), (value & virt::mask_of(width)) << row->shift(offset));
    }

    // The VMM's: a KVM device attribute. GICD and GICR are words; GITS has the width of each register.

    [[nodiscard]] bool has(std::uint64_t offset, virt::Width width, std::uint32_t interrupts = 0) const {
        return at(offset, width, interrupts) != nullptr;
    }
    [[nodiscard]] std::uint64_t read_outside(Block& block, std::uint64_t offset, virt::Width width,
                                             std::uint32_t interrupts = 0) const {
        const auto* const row = at(offset, width, interrupts);
        if (row == nullptr)
            return 0;
        return call(block, *row, row->read_outside != nullptr ? row->read_outside : row->read, offset, width);
    }
    /// The error of the register's function.
    virt::expected<void> write_outside(Block& block, std::uint64_t offset, virt::Width width, std::uint64_t value,
                                       std::uint32_t interrupts = 0) const {
        const auto* const row = at(offset, width, interrupts);
        if (row == nullptr)
            return {};
        if (row->write_outside == nullptr) {
            write(block, offset, width, value, interrupts);
            return {};
        }
        return (block.*row->write_outside)(row->access(offset, width), (value & virt::mask_of(width))
                                                                           << row->shift(offset));
    }

private:
    static std::uint64_t call(Block& block, const Row& row, typename Row::Read read, std::uint64_t offset,
                              virt::Width width) {
        return read == nullptr ? 0
                               : (block.*read)(row.access(offset, width)) >> row.shift(offset) & virt::mask_of(width);
    }

    std::span<const Row> rows_;
};

} // namespace arm64::gic

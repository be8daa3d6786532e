// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/cpu/decoder.hpp"

#include "arch-arm64/cpu/code_cache.hpp"
#include "arch-arm64/cpu/cpu.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>
#include <vector>

namespace arm64::cpu {
namespace {

/// Rows by bits 31:21 of an instruction, of which most encodings fix some. Where two rows match, the one with more
/// fixed bits is meant: it comes first.
class Table {
public:
    Table() {
        const std::array tables{
            a64::integer_immediate(),
            a64::loads_and_stores(),
            a64::exclusives(),
            a64::atomics(),
            a64::vector_loads_and_stores(),
            a64::integer_register(),
            a64::branches(),
            a64::system_instructions(),
            a64::fp_scalar(),
            a64::fp_vector(),
            a64::fp_vector_misc(),
            a64::simd_across_lanes(),
            a64::simd_by_element(),
            a64::simd_copy(),
            a64::simd_immediate(),
            a64::simd_permute(),
            a64::simd_shift(),
            a64::simd_three_different(),
            a64::simd_three_same(),
            a64::simd_two_register(),
            a64::simd_unsupported(),
            a64::crypto(),
        };
        for (const auto table : tables)
            rows_.insert(rows_.end(), table.begin(), table.end());
        std::ranges::sort(rows_, std::ranges::greater(),
                          [](const Row& row) { return std::popcount(row.encoding.mask); });
        for (std::uint32_t key = 0; key < buckets; ++key) {
            const std::uint32_t word = key << shift;
            starts_[key] = static_cast<std::uint32_t>(order_.size());
            for (const Row& row : rows_)
                if (((word ^ row.encoding.value) & row.encoding.mask & ~(~std::uint32_t{0} >> (32 - shift))) == 0)
                    order_.push_back(&row);
        }
        starts_[buckets] = static_cast<std::uint32_t>(order_.size());
    }

    [[nodiscard]] std::span<const Row> rows() const { return rows_; }
    [[nodiscard]] const Row* find(std::uint32_t word) const {
        const auto key = word >> shift;
        for (auto i = starts_[key]; i < starts_[key + 1]; ++i)
            if (order_[i]->encoding.matches(word))
                return order_[i];
        return nullptr;
    }

private:
    static constexpr unsigned shift = 21;
    static constexpr std::size_t buckets = std::size_t{1} << (32 - shift);

    std::vector<Row> rows_;
    std::vector<const Row*> order_;
    std::array<std::uint32_t, buckets + 1> starts_{};
};

const Table& table() {
    static const Table the_table; // constant, and made by whoever decodes first
    return the_table;
}

bool undefined_instruction(Cpu& cpu, const Op&) { return cpu.undefined(); }
void go_on_behind(Cpu& cpu, const Op& op) { cpu.pc += op.offset; }

} // namespace

std::span<const Row> rows() { return table().rows(); }

const Row* decode(std::uint32_t word) { return table().find(word); }

bool translate(std::vector<Op>& ops, std::uint32_t word, std::uint16_t offset) {
    Translator translator(ops, offset);
    const Row* const row = decode(word);
    if (row != nullptr && row->translate(translator, word))
        return translator.ends();
    translator.emit_last(last_handler<undefined_instruction>);
    return true;
}

void end_block(std::vector<Op>& ops, std::uint16_t offset) {
    Translator(ops, offset).emit_last(branch_handler<go_on_behind>);
}

} // namespace arm64::cpu

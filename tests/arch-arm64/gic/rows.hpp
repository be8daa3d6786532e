// SPDX-License-Identifier: Apache-2.0
// Tests that every row of a register map gets.
#pragma once

#include "arch-arm64/gic/register_map.hpp"
#include "virt/mmio_bus.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace arm64::gic {

struct Frame {
    std::uint64_t size;
    std::uint32_t interrupts;
    std::function<std::uint64_t(std::uint64_t offset, virt::Width width)> load;
    std::function<void(std::uint64_t offset, virt::Width width, std::uint64_t value)> store;
    std::function<std::uint32_t(std::uint64_t offset)> read_outside;
    std::function<bool(std::uint64_t offset)> has;
};

inline constexpr virt::Width widths[] = {virt::Width::b1, virt::Width::b2, virt::Width::b4, virt::Width::b8};

/// Of a row's array, that is implemented.
template <class Block>
std::uint32_t bytes_of(const RegisterRow<Block>& row, std::uint32_t interrupts) {
    const auto end = row.bits_per_interrupt * interrupts / 8;
    return row.bits_per_interrupt == 0 ? row.size : std::min(row.size, end);
}

template <class Block>
std::vector<std::uint64_t> words_of(const RegisterRow<Block>& row, const Frame& frame) {
    std::vector<std::uint64_t> words;
    for (std::uint32_t at = 0; at < bytes_of(row, frame.interrupts); at += 4)
        words.push_back(frame.load(row.offset + at, virt::Width::b4));
    return words;
}

/// Reset values by `reset(row, byte)`, a word each; other widths see parts of them, or zero; writes of widths that the
/// row does not accept, misaligned or beyond what is implemented change nothing; nor do any of what is read-only.
template <class Block, class Reset>
void expect_rows(std::span<const RegisterRow<Block>> rows, const Frame& frame, Reset reset) {
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        ASSERT_TRUE(row.accepts(virt::Width::b4)) << "or words_of sees nothing";
        const auto bytes = bytes_of(row, frame.interrupts);
        for (std::uint32_t at = 0; at < bytes; at += 4) {
            EXPECT_EQ(frame.load(row.offset + at, virt::Width::b4), reset(row, at)) << "at byte " << at;
            EXPECT_TRUE(frame.has(row.offset + at)) << at;
        }
        const auto words = words_of(row, frame);
        for (std::uint32_t at = 0; at < row.size; ++at)
            for (const auto width : widths) {
                const auto size = static_cast<unsigned>(width);
                const bool answers = row.accepts(width) && at % size == 0 && at < bytes;
                std::uint64_t wanted = 0;
                if (answers) {
                    wanted = words[at / 4] >> (at % 4 * 8) & virt::mask_of(width);
                    if (size == 8)
                        wanted |= words[at / 4 + 1] << 32;
                }
                EXPECT_EQ(frame.load(row.offset + at, width), wanted) << "byte " << at << ", width " << size;
                if (!answers || row.write == nullptr)
                    frame.store(row.offset + at, width, ~std::uint64_t{0});
            }
        EXPECT_EQ(words_of(row, frame), words) << "after writes that are to be ignored";
        for (std::uint32_t at = bytes; at < row.size; at += 4) {
            EXPECT_FALSE(frame.has(row.offset + at)) << at;
            EXPECT_EQ(frame.read_outside(row.offset + at), 0U) << at;
        }
        EXPECT_FALSE(frame.has(row.offset + 1));
    }
}

/// Where no row is, nothing is.
template <class Block>
void expect_nothing_between(std::span<const RegisterRow<Block>> rows, const Frame& frame) {
    std::uint64_t at = 0;
    const auto until = [&](std::uint64_t end) {
        for (; at < end; at += 4) {
            for (const auto width : widths) {
                frame.store(at, width, ~std::uint64_t{0});
                EXPECT_EQ(frame.load(at, width), 0U) << std::hex << at;
            }
            EXPECT_FALSE(frame.has(at)) << std::hex << at;
            EXPECT_EQ(frame.read_outside(at), 0U) << std::hex << at;
        }
    };
    for (const auto& row : rows) {
        until(row.offset);
        at = row.end();
    }
    until(frame.size);
}

} // namespace arm64::gic

// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/cpu/decoder.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace arm64::cpu {
namespace {

// Where two rows match the same word, one of them must be the special case of the other: then it is meant.
TEST(Decoder, NoTwoRowsAreAmbiguous) {
    const auto all = rows();
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t j = i + 1; j < all.size(); ++j) {
            const auto &a = all[i].encoding, &b = all[j].encoding;
            const std::uint32_t common = a.mask & b.mask;
            if (((a.value ^ b.value) & common) != 0)
                continue;
            EXPECT_TRUE(common == a.mask || common == b.mask) << all[i].name << " " << all[i].bits << "\n"
                                                              << all[j].name << " " << all[j].bits;
            EXPECT_NE(a.mask, b.mask) << all[i].name << " " << all[i].bits << "\n" << all[j].name;
        }
    }
}

TEST(Decoder, EachRowDecodesToItself) {
    for (const Row& row : rows()) {
        // The fields all ones and all zeros; a special case may take one of them.
        const auto* const zeros = decode(row.encoding.value);
        const auto* const ones = decode(row.encoding.value | ~row.encoding.mask);
        EXPECT_TRUE((zeros != nullptr && zeros->bits == row.bits) || (ones != nullptr && ones->bits == row.bits))
            << row.name << " " << row.bits;
    }
}

TEST(Decoder, NamesAndReasonsAreThere) {
    for (const Row& row : rows()) {
        EXPECT_STRNE(row.name, "");
        EXPECT_EQ(row.group == Group::unsupported, std::string(row.reason) != "") << row.name;
    }
}

TEST(Decoder, UnallocatedIsNoRow) {
    EXPECT_EQ(decode(0xFFFF'FFFF), nullptr);
    EXPECT_EQ(decode(0x0400'0000), nullptr); // SVE
}

} // namespace
} // namespace arm64::cpu

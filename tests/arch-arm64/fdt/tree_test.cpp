// SPDX-License-Identifier: Apache-2.0
// Trees read back by libfdt's reader.
#include "arch-arm64/fdt/tree.hpp"

#include <gtest/gtest.h>
#include <libfdt.h>

#include <string>

namespace arm64::fdt {
namespace {

TEST(Tree, NodesAndPropertiesReadBack) {
    Tree tree;
    {
        const auto root = tree.node("");
        tree.string("compatible", "test");
        tree.wide("reg", {0x1'0000'0002, 3});
        const auto child = tree.node("child");
        tree.flag("here");
        tree.cells("cells", {1, 2, 3});
        tree.strings("names", {"one", "two"});
    }
    const auto blob = tree.finish();
    ASSERT_EQ(fdt_check_full(blob.data(), blob.size()), 0);
    EXPECT_EQ(fdt_totalsize(blob.data()), blob.size());
    int size = 0;
    const auto* reg = static_cast<const fdt32_t*>(fdt_getprop(blob.data(), 0, "reg", &size));
    ASSERT_EQ(size, 16);
    EXPECT_EQ(fdt32_to_cpu(reg[0]), 1U);
    EXPECT_EQ(fdt32_to_cpu(reg[1]), 2U);
    EXPECT_EQ(fdt32_to_cpu(reg[3]), 3U);
    const int child = fdt_path_offset(blob.data(), "/child");
    ASSERT_GE(child, 0);
    EXPECT_NE(fdt_getprop(blob.data(), child, "here", nullptr), nullptr);
    EXPECT_EQ(fdt_stringlist_search(blob.data(), child, "names", "two"), 1);
}

TEST(Tree, GrowsAsFarAsNeeded) {
    Tree tree;
    {
        const auto root = tree.node("");
        for (int n = 0; n < 2000; ++n) {
            const auto node = tree.node("node@" + std::to_string(n));
            tree.string("property", std::string(100, 'x'));
        }
    }
    const auto blob = tree.finish();
    EXPECT_EQ(fdt_check_full(blob.data(), blob.size()), 0);
    EXPECT_GE(fdt_path_offset(blob.data(), "/node@1999"), 0);
}

TEST(TreeDeathTest, OutOfOrderIsOurMistake) {
    EXPECT_DEATH(
        {
            Tree tree;
            const auto root = tree.node("");
            {
                const auto child = tree.node("child");
            }
            tree.flag("late");
        },
        "out of order");
}

} // namespace
} // namespace arm64::fdt

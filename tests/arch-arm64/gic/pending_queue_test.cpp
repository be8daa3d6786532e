// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/gic/pending_queue.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

namespace arm64::gic {
namespace {

struct Queue : PendingQueue {
    Interrupt* best(Group group = Group::group1) { return first(group, first_level(group)); }
    /// Takes all of a group, in order.
    std::vector<std::uint32_t> drain(Group group = Group::group1) {
        std::vector<std::uint32_t> order;
        while (auto* const one = best(group)) {
            order.push_back(one->intid.value);
            remove(*one);
        }
        return order;
    }
};

struct PendingQueueTest : testing::Test {
    PendingQueueTest() {
        for (std::uint32_t n = 0; n < all.size(); ++n)
            all[n].intid = Intid{n};
    }
    Interrupt& with(std::uint32_t n, unsigned priority, Group group = Group::group1) {
        all[n].priority = static_cast<std::uint8_t>(priority);
        all[n].group = group;
        return all[n];
    }
    std::array<Interrupt, 8> all;
    Queue queue;
};

using Intids = std::vector<std::uint32_t>;

TEST_F(PendingQueueTest, LowerNumbersComeFirst) {
    queue.insert(with(0, 0x80));
    queue.insert(with(1, 0xF8));
    queue.insert(with(2, 0x00));
    queue.insert(with(3, 0x78));
    EXPECT_EQ(queue.drain(), (Intids{2, 3, 0, 1}));
    EXPECT_EQ(queue.best(), nullptr);
}

TEST_F(PendingQueueTest, OfEqualPriorityFirstComeFirstServed) {
    for (std::uint32_t n = 0; n < 4; ++n)
        queue.insert(with(n, 0xA0));
    queue.remove(all[1]);
    queue.insert(all[1]);
    EXPECT_EQ(queue.drain(), (Intids{0, 2, 3, 1}));
}

TEST_F(PendingQueueTest, SixBitsOfPriorityCount) {
    queue.insert(with(0, 0xA4));
    queue.insert(with(1, 0xA0));
    queue.insert(with(2, 0xFC));
    queue.insert(with(3, 0xF8));
    EXPECT_EQ(queue.drain(), (Intids{1, 0, 3, 2}));
}

TEST_F(PendingQueueTest, GroupsAreApart) {
    queue.insert(with(0, 0x10));
    queue.insert(with(1, 0x20, Group::group0));
    EXPECT_EQ(queue.drain(Group::group0), Intids{1});
    EXPECT_EQ(queue.drain(), Intids{0});
}

TEST_F(PendingQueueTest, SortFollowsPriorityAndGroup) {
    queue.insert(with(0, 0x10));
    queue.insert(with(1, 0x10));
    all[0].priority = 0x40;
    queue.sort(all[0]);
    EXPECT_EQ(queue.best(), &all[1]);
    all[1].group = Group::group0;
    queue.sort(all[1]);
    EXPECT_EQ(queue.best(), &all[0]);
    EXPECT_EQ(queue.best(Group::group0), &all[1]);
    queue.sort(all[0]);
    EXPECT_EQ(queue.drain(), Intids{0});
    EXPECT_EQ(queue.drain(Group::group0), Intids{1});
}

TEST_F(PendingQueueTest, AnyCanBeTakenOut) {
    for (std::uint32_t n = 0; n < 5; ++n)
        queue.insert(with(n, n < 4 ? 0x20 : 0x30));
    for (const std::uint32_t n : {0U, 2U, 3U}) { // first, middle, last
        queue.remove(all[n]);
        EXPECT_FALSE(all[n].queued);
    }
    EXPECT_EQ(queue.drain(), (Intids{1, 4}));
}

TEST_F(PendingQueueTest, EachVisitsAllAndMayRemoveThem) {
    for (std::uint32_t n = 0; n < 6; ++n)
        queue.insert(with(n, n % 3 * 8, n % 2 != 0 ? Group::group1 : Group::group0));
    unsigned visited = 0;
    queue.each([&](Interrupt& one) {
        ++visited;
        if (one.intid.value != 4)
            queue.remove(one);
    });
    EXPECT_EQ(visited, 6U);
    EXPECT_EQ(queue.drain(Group::group0), Intids{4});
    EXPECT_EQ(queue.best(), nullptr);
}

} // namespace
} // namespace arm64::gic

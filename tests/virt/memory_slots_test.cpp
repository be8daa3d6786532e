// SPDX-License-Identifier: Apache-2.0
// KVM's checks of memory slots, and what the listener hears.
#include "virt/memory_slots.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace virt {
namespace {

expected<void> yes() { return {}; }

MemorySlot slot(std::uint32_t id, Gpa base, std::uint64_t size) {
    return {.id = SlotId{id}, .base = base, .size = size};
}

class Diary final : public SlotListener {
public:
    void slot_added(const MemorySlot& slot) override { text += "+" + std::to_string(slot.id.value); }
    void slot_removed(const MemorySlot& slot) override { text += "-" + std::to_string(slot.id.value); }
    std::string text;
};

TEST(MemorySlots, ErrnosAreKvms) {
    MemorySlots slots;
    ASSERT_TRUE(slots.add(slot(0, 0x10000, 0x10000), yes));
    EXPECT_EQ(slots.add(slot(1, 0x8000, 0x8001), yes).error().code, EINVAL);
    EXPECT_EQ(slots.add(slot(1, 0x8000, 0), yes).error().code, EINVAL);
    EXPECT_EQ(slots.add(slot(1, ~std::uint64_t{0xFFF}, 0x2000), yes).error().code, EINVAL);
    EXPECT_EQ(slots.add(slot(1, 0x1F000, 0x2000), yes).error().code, EEXIST);
    EXPECT_EQ(slots.add(slot(1, 0xF000, 0x2000), yes).error().code, EEXIST);
    EXPECT_EQ(slots.add(slot(0, 0x40000, 0x1000), yes).error().code, EEXIST);
    EXPECT_TRUE(slots.add(slot(1, 0x20000, 0x1000), yes));
    EXPECT_TRUE(slots.add(slot(2, 0xF000, 0x1000), yes));
    EXPECT_EQ(slots.remove(SlotId{9}, [](const MemorySlot&) { return yes(); }).error().code, ENOENT);
}

TEST(MemorySlots, ListenerHearsOfWhatIsThereAndOfChanges) {
    MemorySlots slots;
    Diary diary;
    ASSERT_TRUE(slots.add(slot(0, 0, 0x1000), yes));
    slots.set_listener(&diary);
    ASSERT_TRUE(slots.add(slot(1, 0x1000, 0x1000), yes));
    ASSERT_TRUE(slots.remove(SlotId{0}, [](const MemorySlot&) { return yes(); }));
    EXPECT_EQ(diary.text, "+0+1-0");
}

TEST(MemorySlots, WhatTheProviderRefusesIsNotThere) {
    MemorySlots slots;
    Diary diary;
    slots.set_listener(&diary);
    const auto refuse = []() -> expected<void> { return failure(ENOMEM, "map"); };
    EXPECT_EQ(slots.add(slot(0, 0, 0x1000), refuse).error().code, ENOMEM);
    EXPECT_FALSE(slots.find(SlotId{0}));
    EXPECT_EQ(diary.text, "");
}

} // namespace
} // namespace virt

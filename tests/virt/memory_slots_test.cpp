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
    expected<void> slot_added(const MemorySlot& slot) override {
        if (refuse)
            return failure(ENOMEM, "map");
        text += "+" + std::to_string(slot.id.value);
        return {};
    }
    void slot_removed(const MemorySlot& slot) override { text += "-" + std::to_string(slot.id.value); }
    std::string text;
    bool refuse = false;
};

TEST(MemorySlots, ErrnosAreKvms) {
    MemorySlots slots;
    ASSERT_TRUE(slots.add(slot(0, 0x10000, 0x10000), yes, yes));
    EXPECT_EQ(slots.add(slot(1, 0x8000, 0x8001), yes, yes).error().code, EINVAL);
    EXPECT_EQ(slots.add(slot(1, 0x8000, 0), yes, yes).error().code, EINVAL);
    EXPECT_EQ(slots.add(slot(1, ~std::uint64_t{0xFFF}, 0x2000), yes, yes).error().code, EINVAL);
    EXPECT_EQ(slots.add(slot(1, 0x1F000, 0x2000), yes, yes).error().code, EEXIST);
    EXPECT_EQ(slots.add(slot(1, 0xF000, 0x2000), yes, yes).error().code, EEXIST);
    EXPECT_EQ(slots.add(slot(0, 0x40000, 0x1000), yes, yes).error().code, EEXIST);
    EXPECT_TRUE(slots.add(slot(1, 0x20000, 0x1000), yes, yes));
    EXPECT_TRUE(slots.add(slot(2, 0xF000, 0x1000), yes, yes));
    EXPECT_EQ(slots.remove(SlotId{9}, [](const MemorySlot&) { return yes(); }).error().code, ENOENT);
}

TEST(MemorySlots, ListenerHearsOfWhatIsThereAndOfChanges) {
    MemorySlots slots;
    Diary diary;
    ASSERT_TRUE(slots.add(slot(0, 0, 0x1000), yes, yes));
    ASSERT_TRUE(slots.set_listener(&diary));
    ASSERT_TRUE(slots.add(slot(1, 0x1000, 0x1000), yes, yes));
    ASSERT_TRUE(slots.remove(SlotId{0}, [](const MemorySlot&) { return yes(); }));
    EXPECT_EQ(diary.text, "+0+1-0");
}

TEST(MemorySlots, WhatTheProviderRefusesIsNotThere) {
    MemorySlots slots;
    Diary diary;
    ASSERT_TRUE(slots.set_listener(&diary));
    const auto refuse = []() -> expected<void> { return failure(ENOMEM, "map"); };
    EXPECT_EQ(slots.add(slot(0, 0, 0x1000), refuse, yes).error().code, ENOMEM);
    EXPECT_FALSE(slots.find(SlotId{0}));
    EXPECT_EQ(diary.text, "");
}

TEST(MemorySlots, WhatTheListenerRefusesIsTakenBack) {
    MemorySlots slots;
    Diary diary;
    ASSERT_TRUE(slots.set_listener(&diary));
    diary.refuse = true;
    bool undone = false;
    const auto undo = [&] {
        undone = true;
        return yes();
    };
    EXPECT_EQ(slots.add(slot(0, 0, 0x1000), yes, undo).error().code, ENOMEM);
    EXPECT_TRUE(undone);
    EXPECT_FALSE(slots.find(SlotId{0}));
}

TEST(MemorySlots, TheLogOfASlotInUseIsSwitched) {
    MemorySlots slots;
    ASSERT_TRUE(slots.add(slot(0, 0, 0x1000), yes, yes));
    const auto apply = [](const MemorySlot& wanted) {
        EXPECT_EQ(wanted.log, DirtyLog::on);
        return yes();
    };
    ASSERT_TRUE(slots.set_log(SlotId{0}, DirtyLog::on, apply));
    EXPECT_EQ(slots.find(SlotId{0})->log, DirtyLog::on);
    EXPECT_EQ(slots.set_log(SlotId{1}, DirtyLog::on, apply).error().code, ENOENT);
}

} // namespace
} // namespace virt

// SPDX-License-Identifier: Apache-2.0
// What an irqchip in userspace reaches guest memory through: slots, their edges, ROM, dirty marks.
#include "virt/slot_memory.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

namespace virt {
namespace {

constexpr std::uint64_t page = 0x1000;

class SlotMemoryTest : public testing::Test {
protected:
    MemorySlot slot(std::uint32_t id, Gpa base, SlotKind kind = SlotKind::ram, DirtyLog log = DirtyLog::off) {
        return {.id = SlotId{id},
                .kind = kind,
                .base = base,
                .size = 2 * page,
                .host = backing_.data() + std::uint64_t{id} * 2 * page,
                .log = log};
    }
    std::uint64_t dirty(std::uint32_t id) {
        std::uint64_t bitmap = 0;
        memory.collect_dirty(SlotId{id}, std::span(&bitmap, 1));
        return bitmap;
    }

    SlotMemory memory;

private:
    alignas(page) std::array<std::byte, 8 * page> backing_{};
};

TEST_F(SlotMemoryTest, ReadsWhatWasWrittenAndNothingOutside) {
    memory.add(slot(0, 0x1'0000));
    EXPECT_TRUE(memory.write(0x1'0008, std::uint64_t{0x1122'3344'5566'7788}));
    EXPECT_EQ(memory.read<std::uint64_t>(0x1'0008), 0x1122'3344'5566'7788U);
    EXPECT_EQ(memory.read<std::uint16_t>(0x1'000A), 0x5566U);
    EXPECT_EQ(memory.read<std::uint8_t>(0xFFFF), std::nullopt);
    EXPECT_EQ(memory.read<std::uint8_t>(0x1'2000), std::nullopt);
    EXPECT_EQ(memory.read<std::uint64_t>(0x1'1FFC), std::nullopt) << "beyond the end";
    EXPECT_TRUE(memory.visible(0x1'1FFF));
    EXPECT_FALSE(memory.visible(0x1'2000));
    EXPECT_FALSE(memory.visible(~Gpa{0}));
}

TEST_F(SlotMemoryTest, AnAccessGoesOnInTheNextSlot) {
    memory.add(slot(1, 0x2000));
    memory.add(slot(0, 0)); // whose host memory is elsewhere
    EXPECT_TRUE(memory.write(0x1FFC, std::uint64_t{0x1122'3344'5566'7788}));
    EXPECT_EQ(memory.read<std::uint32_t>(0x2000), 0x1122'3344U);
    EXPECT_EQ(memory.read<std::uint64_t>(0x1FFC), 0x1122'3344'5566'7788U);
    memory.remove(SlotId{1});
    EXPECT_EQ(memory.read<std::uint64_t>(0x1FFC), std::nullopt);
}

TEST_F(SlotMemoryTest, RomIsReadAndNotWritten) {
    memory.add(slot(0, 0, SlotKind::rom));
    EXPECT_FALSE(memory.write(0, std::uint32_t{1}));
    EXPECT_EQ(memory.read<std::uint32_t>(0), 0U);
}

TEST_F(SlotMemoryTest, MarksWhatItWroteWhileThereIsALog) {
    memory.add(slot(0, 0x1'0000, SlotKind::ram, DirtyLog::on));
    memory.add(slot(1, 0x2'0000));
    EXPECT_TRUE(memory.write(0x1'0000, std::uint8_t{1}));
    EXPECT_TRUE(memory.write(0x2'0000, std::uint8_t{1}));
    EXPECT_EQ(dirty(0), 1U);
    EXPECT_EQ(dirty(0), 0U) << "collected";
    EXPECT_EQ(dirty(1), 0U);
    EXPECT_TRUE(memory.write(0x1'0FFE, std::uint32_t{1}));
    EXPECT_EQ(dirty(0), 3U) << "both pages";
    memory.set_log(SlotId{1}, DirtyLog::on);
    EXPECT_TRUE(memory.write(0x2'1FFF, std::uint8_t{1}));
    EXPECT_EQ(dirty(1), 2U);
}

TEST_F(SlotMemoryTest, RemovingWaitsForWhoUsesIt) {
    std::atomic<bool> stop = false;
    std::thread reader([&] {
        while (!stop)
            static_cast<void>(memory.read<std::uint64_t>(0x1000));
    });
    for (int round = 0; round < 200; ++round) {
        std::vector<std::byte> own(3 * page); // gone with the round: a reader after `remove` is found by a sanitizer
        auto there = slot(0, 0);
        there.host = own.data() + (page - reinterpret_cast<std::uintptr_t>(own.data()) % page);
        memory.add(there);
        memory.remove(SlotId{0});
    }
    stop = true;
    reader.join();
    EXPECT_FALSE(memory.visible(0));
}

} // namespace
} // namespace virt

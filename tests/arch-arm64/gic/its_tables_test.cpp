// SPDX-License-Identifier: Apache-2.0
// Saving, restoring: entries by hand, as arm-vgic-its.rst has them.
#include "tests/arch-arm64/gic/its_board.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace arm64::gic {
namespace {

std::uint64_t dte(std::uint64_t next, virt::Gpa ITT, unsigned EventID_bits) {
    return valid_bit | next << 49 | ITT >> 8 << 5 | (EventID_bits - 1);
}
std::uint64_t ite(std::uint64_t next, std::uint64_t INTID, std::uint64_t ICID) {
    return next << 48 | INTID << 16 | ICID;
}
std::uint64_t cte(std::uint64_t RDbase, std::uint64_t ICID) { return valid_bit | RDbase << 16 | ICID; }

/// An ITS whose tables a test writes; nothing is mapped and it is disabled.
struct Tables : ItsBoard {
    Tables() {
        its().its.reset();
        valid_tables();
        set(its().collection_table(), cte(0, 0));
    }
    void valid_tables() {
        its().store(0x100, its().device_table() | valid_bit);
        its().store(0x108, its().collection_table() | valid_bit);
    }
    void set_DTE(std::uint32_t n, std::uint64_t value) { set(its().device_table() + n * 8, value); }
    void set_CTE(std::uint32_t n, std::uint64_t value) { set(its().collection_table() + n * 8, value); }
    void set_ITE(std::uint32_t n, std::uint64_t value) { set(ITT(1) + n * 8, value); }
    int restore() {
        const auto restored = its().its.restore_tables();
        return restored ? 0 : restored.error().code;
    }
    void enable() {
        its().store(0x080, its().queue() | valid_bit | (ItsDriver::queue_size / 0x1000 - 1));
        its().store(0x000, 1, virt::Width::b4);
    }
};

TEST(ItsTables, CollectionsAreSavedInTheOrderOfTheirComing) {
    ItsBoard board;
    board.its().run({Mapc{0, 0, false}, Mapc{1, 0, false}, Mapc{5, 3}, Mapc{7, 0}, Mapc{2, 0}, Mapc{7, 0, false},
                     Mapc{5, 0}, Mapc{5, 3}, Mapti{0, 0, 8192, 1}});
    const auto table = board.its().collection_table();
    for (std::uint32_t n = 0; n < 5; ++n)
        board.set(table + n * 8, ~std::uint64_t{0});
    ASSERT_TRUE(board.its().its.save_tables());
    EXPECT_EQ(board.get<std::uint64_t>(table), cte(3, 5)) << "RDbase is an id";
    EXPECT_EQ(board.get<std::uint64_t>(table + 8), cte(0, 2));
    EXPECT_EQ(board.get<std::uint64_t>(table + 16), cte(0xFFFF'FFFF, 1)) << "no MAPC since";
    EXPECT_EQ(board.get<std::uint64_t>(table + 24), 0U);
    EXPECT_EQ(board.get<std::uint64_t>(table + 32), ~std::uint64_t{0});
}

TEST(ItsTables, EntriesSayHowFarTheNextIs) {
    ItsBoard board;
    auto& its = board.its();
    its.run({Mapd{0, 1, 0, false}, Mapd{8191, 5, board.ITT(3)}, Mapd{1, 16, board.ITT(10)}, Mapd{3, 1, board.ITT(2)},
             Mapti{1, 65535, 8195, 0}, Mapti{1, 5, 8192, 1}, Mapti{1, 7, 8193, 0}});
    ASSERT_TRUE(its.its.save_tables());
    EXPECT_EQ(board.get<std::uint64_t>(its.device_table() + 8), dte(2, board.ITT(10), 16));
    EXPECT_EQ(board.get<std::uint64_t>(its.device_table() + 24), dte(8188, board.ITT(2), 1));
    EXPECT_EQ(board.get<std::uint64_t>(its.device_table() + 8191 * 8), dte(0, board.ITT(3), 5));
    EXPECT_EQ(board.get<std::uint64_t>(board.ITT(10) + 5 * 8), ite(2, 8192, 1));
    EXPECT_EQ(board.get<std::uint64_t>(board.ITT(10) + 7 * 8), ite(65528, 8193, 0));
    EXPECT_EQ(board.get<std::uint64_t>(board.ITT(10) + 65535 * 8), ite(0, 8195, 0));
}

TEST(ItsTables, AnEventWithoutCollectionIsNone) {
    ItsBoard board;
    board.its().run({Mapti{0, 0, 8192, 0}, Mapti{0, 2, 8193, 1}, Mapc{0, 0, false}});
    board.set(board.ITT(0), ~std::uint64_t{0});
    ASSERT_TRUE(board.its().its.save_tables());
    EXPECT_EQ(board.get<std::uint64_t>(board.ITT(0)), 0U);
    EXPECT_EQ(board.get<std::uint64_t>(board.ITT(0) + 16), ite(0, 8193, 1));
}

TEST(ItsTables, WhatIsSavedComesBack) {
    ItsBoard board;
    auto& its = board.its();
    its.run({Mapd{300, 6, board.ITT(1)}, Mapti{0, 1, 8192, 0}, Mapti{300, 63, 8193, 1}, Mapti{300, 0, 8194, 9},
             Int{300, 63}});
    ASSERT_TRUE(its.its.save_tables());
    ASSERT_TRUE(board.gic.lpis().save_pending_tables());
    const auto BASER0 = its.load(0x100);
    const auto BASER1 = its.load(0x108);
    const auto CBASER = its.load(0x080);
    EXPECT_EQ(board.take(1), 8193U);
    its.its.reset();
    EXPECT_EQ(its.load(0x100), BASER0 & ~valid_bit);
    EXPECT_FALSE(board.exists(8192));
    its.store(0x080, CBASER);
    its.store(0x100, BASER0);
    its.store(0x108, BASER1);
    ASSERT_TRUE(its.its.restore_tables());
    its.store(0x000, 1, virt::Width::b4);
    EXPECT_EQ(board.take(1), 8193U) << "from the pending table";
    EXPECT_TRUE(its.delivers(0, 1));
    EXPECT_EQ(board.take(0), 8192U);
    EXPECT_EQ(its.msi(300, 0), virt::MsiOutcome::unmapped);
    ASSERT_TRUE(its.its.execute(Mapc{9, 3}));
    EXPECT_TRUE(its.delivers(300, 0));
    EXPECT_EQ(board.take(1), 8194U);
    ASSERT_TRUE(its.its.execute(Mapti{300, 62, 8195, 0})) << "the device has its size";
    EXPECT_FALSE(its.its.execute(Mapti{300, 64, 8196, 0}));
}

TEST(ItsTables, TwoLevelsEndTogether) {
    Tables t;
    const virt::Gpa level_1 = t.first_ITT + 0x10'0000;
    const virt::Gpa level_2 = level_1 + 0x1'0000;
    t.its().store(0x100, level_1 | valid_bit | indirect_bit);
    t.set(level_1 + 8, level_2 | valid_bit);
    t.set(level_1 + 32, (level_2 + 0x1'0000) | valid_bit);
    t.set_ITE(0, ite(0, 8192, 0));
    t.set(t.ITT(2), ite(0, 8193, 0));
    t.set(level_2 + 3 * 8, dte(0x3FFF, t.ITT(1), 4));
    t.set(level_2 + 0x1'0000 + 8, dte(0, t.ITT(2), 4));
    ASSERT_EQ(t.restore(), 0);
    t.enable();
    EXPECT_TRUE(t.its().delivers(8192 + 3, 0));
    EXPECT_TRUE(t.its().delivers(4 * 8192 + 1, 0));
    t.its().its.reset();
    t.its().store(0x100, level_1 | valid_bit | indirect_bit);
    t.its().store(0x108, t.its().collection_table() | valid_bit);
    t.set(level_2 + 3 * 8, dte(0, t.ITT(1), 4)); // the last
    ASSERT_EQ(t.restore(), 0);
    t.enable();
    EXPECT_TRUE(t.its().delivers(8192 + 3, 0));
    EXPECT_FALSE(t.its().delivers(4 * 8192 + 1, 0));
}

TEST(ItsTables, FirstLevelsBeyondAllDevicesAreLookedAtOnce) {
    Tables t;
    const virt::Gpa level_1 = t.first_ITT + 0x10'0000;
    const virt::Gpa empty = level_1 + 0x20'0000;
    for (std::uint32_t n = 0; n < 0x10'0000 / 8; ++n) // 16 pages: of a 65536th device on nothing can be stored
        t.set(level_1 + n * 8, empty | valid_bit);
    t.its().store(0x100, level_1 | valid_bit | indirect_bit | 15);
    EXPECT_EQ(t.restore(), 0);
    t.set(level_1 + 8 * 8, (empty + 0x1'0000) | valid_bit);
    t.set(empty + 0x1'0000 + 8, dte(0, t.ITT(1), 4));
    EXPECT_EQ(t.restore(), EEXIST) << "collections";
    EXPECT_EQ(t.restore(), EINVAL);
    t.set(level_1 + 8 * 8, 0x1000'0000 | valid_bit);
    EXPECT_EQ(t.restore(), EFAULT);
}

TEST(ItsTables, WrongEntriesRestoreNothing) {
    struct Row {
        std::uint64_t DTE, ITE;
        int error;
    };
    const auto ITT = ItsBoard::ITT(1);
    for (const auto& [device, event, error] : std::initializer_list<Row>{
             {dte(0, ITT, 17), 0, EINVAL},
             {dte(0, ITT, 32), 0, EINVAL},
             {dte(0, 0x1000'0000, 4), 0, EFAULT},
             {dte(0, ITT, 4), ite(0, 1, 0), EINVAL},
             {dte(0, ITT, 4), ite(0, 8191, 0), EINVAL},
             {dte(0, ITT, 4), ite(0, 65536, 0), EINVAL},
             {dte(0, ITT, 4), ite(0, 8192, 3), EINVAL},
             {dte(0, ITT, 4), ite(16, 8192, 0), EINVAL},
             {dte(0, ITT, 4), ite(15, 8192, 0), 0},
         }) {
        Tables t;
        t.set_DTE(0, dte(1, t.ITT(2), 4));
        t.set(t.ITT(2), ite(0, 8200, 0));
        t.set_DTE(1, device);
        t.set_ITE(0, event);
        EXPECT_EQ(t.restore(), error) << std::hex << device << " " << event;
        EXPECT_EQ(t.exists(8200), error == 0);
        ASSERT_TRUE(t.its().its.save_tables());
        EXPECT_EQ(t.get<std::uint64_t>(t.its().collection_table()) != 0, error == 0) << "no collection either";
    }
}

TEST(ItsTables, WrongCollections) {
    Tables t;
    t.set_CTE(1, cte(1, 5));
    EXPECT_EQ(t.restore(), EINVAL) << "there is no vCPU of id 1";
    t.set_CTE(1, cte(3, 8192));
    EXPECT_EQ(t.restore(), EINVAL);
    t.set_CTE(1, cte(3, 0));
    EXPECT_EQ(t.restore(), EEXIST);
    t.set_CTE(1, cte(0xFFFF'FFFF, 5));
    t.set_CTE(2, ~valid_bit);
    t.set_CTE(3, cte(1, 5));
    EXPECT_EQ(t.restore(), 0);
    EXPECT_EQ(t.restore(), EEXIST) << "what is there is not forgotten, but by the error";
    EXPECT_EQ(t.restore(), 0);
    t.its().store(0x108, 0x1000'0000 | valid_bit);
    EXPECT_EQ(t.restore(), EFAULT);
}

TEST(ItsTables, ATableThatRamEndsInIsReadAsFarAsItIs) {
    Tables t;
    constexpr auto page = 0x1000;
    const auto ITT = ItsBoard::end_of_RAM - page;
    t.set_DTE(0, dte(0, ITT, 16));
    t.set(ITT + page - 16, ite(0, 8192, 0)); // the last one
    EXPECT_EQ(t.restore(), 0);
    EXPECT_TRUE(t.exists(8192));
    t.its().its.reset();
    t.valid_tables();
    t.set(ITT + page - 16, ite(2, 8192, 0)); // goes on behind RAM
    EXPECT_EQ(t.restore(), EFAULT);
    EXPECT_FALSE(t.exists(8192));
}

TEST(ItsTables, ADeviceWithoutPlaceIsLeftOut) {
    ItsBoard board;
    auto& its = board.its();
    const virt::Gpa level_1 = board.first_ITT + 0x10'0000;
    const virt::Gpa level_2 = level_1 + 0x1'0000;
    board.set(level_1, level_2 | valid_bit);
    board.set(level_1 + 8, (level_2 + 0x1'0000) | valid_bit);
    its.store(0x000, 0, virt::Width::b4);
    its.store(0x100, level_1 | valid_bit | indirect_bit);
    its.store(0x000, 1, virt::Width::b4);
    its.run({Mapd{0, 4, board.ITT(1)}, Mapti{0, 0, 8192, 0}, Mapd{8192, 4, board.ITT(2)}});
    board.set(level_1, std::uint64_t{0});
    ASSERT_TRUE(its.its.save_tables());
    EXPECT_EQ(board.get<std::uint64_t>(level_2), 0U);
    EXPECT_EQ(board.get<std::uint64_t>(board.ITT(1)), 0U);
    EXPECT_EQ(board.get<std::uint64_t>(level_2 + 0x1'0000), dte(0, board.ITT(2), 4));
    EXPECT_TRUE(its.delivers(0, 0)) << "it stays mapped";
}

} // namespace
} // namespace arm64::gic

// SPDX-License-Identifier: Apache-2.0
// Commands one by one: their fields, their checks, what they do. All is also tried on KVM: tests/conformance/its_*.
#include "tests/arch-arm64/gic/its_board.hpp"

#include <gtest/gtest.h>

namespace arm64::gic {
namespace {

CommandError error_of(ItsBoard& board, const ItsCommand& command) {
    const auto result = board.its().its.execute(command);
    EXPECT_FALSE(result);
    return result ? CommandError::unknown : result.error();
}

TEST(ItsCommand, FieldsAreWhereTheManualHasThem) {
    const ItsCommand command{
        {0x1122'3344'0000'0008, 0x5566'7788'99AA'BBCC, 0x8000'0000'1234'5678, 0x0000'9876'5432'0000}};
    EXPECT_EQ(command[ItsCommand::opcode], 0x08U);
    EXPECT_EQ(command.word(ItsCommand::DeviceID), 0x1122'3344U);
    EXPECT_EQ(command.word(ItsCommand::pINTID), 0x5566'7788U);
    EXPECT_EQ(command.word(ItsCommand::EventID), 0x99AA'BBCCU);
    EXPECT_EQ(command[ItsCommand::Size], 0x0CU);
    EXPECT_EQ(command[ItsCommand::V], 1U);
    EXPECT_EQ(command[ItsCommand::ICID], 0x5678U);
    EXPECT_EQ(command[ItsCommand::RDbase], 0x1234U);
    EXPECT_EQ(command[ItsCommand::RDbase2], 0x9876'5432U);
    EXPECT_EQ((ItsCommand{{0, 0, 0xFFFF'FFFF'FFFF'FFFF, 0}}.ITT()), 0x000F'FFFF'FFFF'FF00U);
}

TEST(ItsCommand, ErrorsAreTheManuals) {
    ItsBoard board;
    EXPECT_EQ(error_of(board, ItsCommand{{0x77}}), CommandError::unknown);
    EXPECT_EQ(error_of(board, ItsCommand{}), CommandError::unknown);
    EXPECT_EQ(error_of(board, Mapd{8192, 5, board.ITT(1)}), CommandError::DEVICE_OOR) << "one page of 8192 entries";
    EXPECT_EQ(error_of(board, Mapd{8192, 5, 0, false}), CommandError::DEVICE_OOR);
    EXPECT_EQ(error_of(board, Mapd{1, 17, board.ITT(1)}), CommandError::ITTSIZE_OOR);
    EXPECT_EQ(error_of(board, Mapc{5, 99}), CommandError::PROCNUM_OOR);
    EXPECT_EQ(error_of(board, Mapc{5, 1}), CommandError::PROCNUM_OOR) << "RDbase is an id: 0 and 3 are there";
    EXPECT_EQ(error_of(board, Mapc{8192, 0}), CommandError::COLLECTION_OOR);
    EXPECT_EQ(error_of(board, Mapti{1, 0, 8192, 0}), CommandError::UNMAPPED_DEVICE);
    EXPECT_EQ(error_of(board, Mapti{0, 32, 8192, 0}), CommandError::ID_OOR);
    EXPECT_EQ(error_of(board, Mapti{0, 0, 8191, 0}), CommandError::PHYSICALID_OOR);
    EXPECT_EQ(error_of(board, Mapti{0, 0, 65536, 0}), CommandError::PHYSICALID_OOR);
    EXPECT_EQ(error_of(board, Mapti{0, 0, 8192, 8192}), CommandError::COLLECTION_OOR);
    EXPECT_EQ(error_of(board, Movi{0, 0, 0}), CommandError::UNMAPPED_INTERRUPT);
    EXPECT_EQ(error_of(board, Discard{0, 0}), CommandError::UNMAPPED_INTERRUPT);
    EXPECT_EQ(error_of(board, Int{0, 0}), CommandError::UNMAPPED_INTERRUPT);
    EXPECT_EQ(error_of(board, Clear{9, 0}), CommandError::UNMAPPED_INTERRUPT);
    EXPECT_EQ(error_of(board, Inv{0, 0}), CommandError::UNMAPPED_INTERRUPT);
    EXPECT_EQ(error_of(board, Invall{99}), CommandError::UNMAPPED_COLLECTION);
    EXPECT_EQ(error_of(board, Movall{0, 1}), CommandError::PROCNUM_OOR);
    ASSERT_TRUE(board.its().its.execute(Mapti{0, 0, 8192, 9}));
    EXPECT_EQ(error_of(board, Movi{0, 0, 0}), CommandError::UNMAPPED_COLLECTION) << "from";
    EXPECT_EQ(error_of(board, Discard{0, 0}), CommandError::UNMAPPED_INTERRUPT);
    ASSERT_TRUE(board.its().its.execute(Mapti{0, 1, 8193, 0}));
    EXPECT_EQ(error_of(board, Movi{0, 1, 9}), CommandError::UNMAPPED_COLLECTION) << "to";
    board.gic.lpis().set_enabled(board.redistributor(0), false);
    EXPECT_EQ(error_of(board, Int{0, 1}), CommandError::not_enabled);
}

TEST(ItsCommand, ADeviceOfNBitsHasTwoToTheNEvents) {
    for (const unsigned bits : {1U, 5U, 16U}) {
        ItsBoard board;
        const auto last = (std::uint32_t{1} << bits) - 1;
        board.its().run({Mapd{1, bits, board.ITT(1)}, Mapti{1, last, 8192, 0}, Mapti{1, last + 1, 8193, 0}});
        EXPECT_TRUE(board.its().delivers(1, last)) << bits;
        EXPECT_FALSE(board.its().delivers(1, last + 1)) << bits;
        EXPECT_FALSE(board.exists(8193)) << bits;
    }
}

TEST(ItsCommand, AnEventsEntryMustBeInRam) {
    ItsBoard board;
    constexpr auto page = 0x1000; // a slot ends with one
    board.its().run(
        {Mapd{1, 16, ItsBoard::end_of_RAM - page}, Mapti{1, page / 8 - 1, 8192, 0}, Mapti{1, page / 8, 8193, 0}});
    EXPECT_TRUE(board.its().delivers(1, page / 8 - 1));
    EXPECT_FALSE(board.its().delivers(1, page / 8));
}

TEST(ItsCommand, TheLastLpiIsOne) {
    ItsBoard board;
    board.configure(65535, 0xA1);
    board.its().run({Mapti{0, 0, 65535, 0}, Int{0, 0}});
    EXPECT_EQ(board.take(), 65535U);
}

TEST(ItsCommand, MapdWithoutVZeroesTheEntryAndForgets) {
    ItsBoard board;
    const auto entry = board.its().device_table() + 8;
    for (const auto address : {entry - 8, entry, entry + 8})
        board.set(address, ~std::uint64_t{0});
    board.its().run({Mapd{1, 5, board.ITT(1)}, Mapti{1, 0, 8192, 0}});
    EXPECT_EQ(board.get<std::uint64_t>(entry), ~std::uint64_t{0}) << "mapping writes nothing";
    board.its().run({Mapd{1, 5, 0, false}});
    EXPECT_EQ(board.get<std::uint64_t>(entry), 0U);
    EXPECT_EQ(board.get<std::uint64_t>(entry - 8), ~std::uint64_t{0});
    EXPECT_EQ(board.get<std::uint64_t>(entry + 8), ~std::uint64_t{0});
    EXPECT_FALSE(board.its().delivers(1, 0));
    EXPECT_FALSE(board.exists(8192));
}

TEST(ItsCommand, DiscardZeroesTheEventsEntryAndOnlyThat) {
    ItsBoard board;
    const auto entry = board.ITT(0) + 8;
    for (const auto address : {entry - 8, entry, entry + 8})
        board.set(address, ~std::uint64_t{0});
    board.its().run({Mapti{0, 1, 8192, 0}, Discard{0, 1}, Discard{0, 2}});
    EXPECT_EQ(board.get<std::uint64_t>(entry), 0U);
    EXPECT_EQ(board.get<std::uint64_t>(entry - 8), ~std::uint64_t{0});
    EXPECT_EQ(board.get<std::uint64_t>(entry + 8), ~std::uint64_t{0});
    EXPECT_FALSE(board.its().delivers(0, 1));
}

TEST(ItsCommand, MoviTakesPendingAlongAndBelongsToTheNewCollection) {
    ItsBoard board;
    board.its().run({Mapti{0, 0, 8192, 0}, Int{0, 0}, Movi{0, 0, 1}});
    EXPECT_EQ(board.take(0), no_interrupt);
    EXPECT_EQ(board.take(1), 8192U);
    board.its().run({Mapc{0, ItsBoard::id(1).value}, Int{0, 0}});
    EXPECT_EQ(board.take(1), 8192U);
    board.its().run({Mapc{1, ItsBoard::id(0).value}, Int{0, 0}});
    EXPECT_EQ(board.take(0), 8192U);
}

TEST(ItsCommand, MovallKeepsWhatPendsAtTheTargetToo) {
    ItsBoard board(3);
    board.its().run({Mapti{0, 0, 8192, 0}, Mapti{0, 1, 8193, 1}, Mapti{0, 2, 8194, 2}, Int{0, 0}, Int{0, 1}, Int{0, 2},
                     Movall{ItsBoard::id(0).value, ItsBoard::id(1).value}});
    EXPECT_EQ(board.take(0), no_interrupt);
    EXPECT_EQ(board.take(1), 8193U) << "it was there first";
    EXPECT_EQ(board.take(1), 8192U);
    EXPECT_EQ(board.take(1), no_interrupt);
    EXPECT_EQ(board.take(2), 8194U) << "not named";
    board.its().run({Mapti{0, 3, 8195, 0}, Int{0, 3}});
    EXPECT_EQ(board.take(0), 8195U) << "collections stay";
}

TEST(ItsCommand, AnEventThatLostItsCollectionIsOnlyRecoveredByMapd) {
    ItsBoard board;
    board.its().run({Mapti{0, 0, 8192, 0}, Mapc{0, 0, false}, Mapc{0, 0}, Mapti{0, 0, 8193, 0}, Movi{0, 0, 1},
                     Discard{0, 0}, Mapti{0, 0, 8193, 1}});
    EXPECT_EQ(board.its().msi(0, 0), virt::MsiOutcome::unmapped);
    board.its().run({Mapd{0, 5, board.ITT(0)}, Mapti{0, 0, 8193, 1}});
    EXPECT_TRUE(board.its().delivers(0, 0));
    EXPECT_EQ(board.take(1), 8193U);
}

TEST(ItsCommand, MappingAMappedEventChangesNothing) {
    ItsBoard board;
    board.its().run({Mapti{0, 0, 8192, 0}, Mapti{0, 0, 8193, 1}, Int{0, 0}});
    EXPECT_EQ(board.take(0), 8192U);
    EXPECT_FALSE(board.exists(8193));
}

TEST(ItsCommand, InvallReloadsThoseOfItsRedistributor) {
    ItsBoard board;
    for (std::uint32_t n = 0; n < 20; ++n)
        board.its().run({Mapti{0, n, 8192 + n * 700, n % 2}});
    for (std::uint32_t n = 0; n < 20; ++n)
        board.configure(8192 + n * 700, 0xA1);
    board.its().run({Invall{1}});
    for (std::uint32_t n = 0; n < 20; ++n)
        EXPECT_TRUE(board.its().delivers(0, n));
    for (std::uint32_t n = 1; n < 20; n += 2)
        EXPECT_EQ(board.take(1), 8192 + n * 700);
    EXPECT_EQ(board.take(0), 8192U) << "it was enabled when mapped";
    EXPECT_EQ(board.take(0), no_interrupt) << "the others were not, and are not yet";
    board.its().run({Invall{0}});
    for (std::uint32_t n = 2; n < 20; n += 2)
        EXPECT_EQ(board.take(0), 8192 + n * 700);
}

} // namespace
} // namespace arm64::gic

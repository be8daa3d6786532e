// SPDX-License-Identifier: Apache-2.0
// Registers, messages and their cache, several ITSs, and everything at once.
#include "tests/arch-arm64/gic/its_board.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <thread>
#include <vector>

namespace arm64::gic {
namespace {

using virt::MsiOutcome;
using virt::Width;

TEST(Its, ResetValues) {
    ItsBoard board;
    Its its(board.gic);
    const auto get = [&](std::uint64_t offset) { return its.get_register(offset).value(); };
    EXPECT_EQ(get(0x0000), 0x8000'0000U);
    EXPECT_EQ(get(0x0004), 0x4B00'043BU);
    EXPECT_EQ(get(0x0008), 0x1'EF71U);
    EXPECT_EQ(get(0x0100), 0x1907'0000'0000'0600U);
    EXPECT_EQ(get(0x0108), 0x1C07'0000'0000'0600U);
    for (const auto offset : {0x80U, 0x88U, 0x90U, 0x110U, 0x138U})
        EXPECT_EQ(get(offset), 0U) << offset;
    EXPECT_EQ(get(0xFFD0), 0x40U);
    EXPECT_EQ(get(0xFFE8), 0x3BU);
    EXPECT_EQ(get(0xFFFC), 0xB1U);
    EXPECT_EQ(board.gic.lpis().PROPBASER(), 0x580U) << "a new ITS resets it";
}

TEST(Its, BaserBitsThatStick) {
    ItsBoard board;
    auto& its = board.its();
    its.store(0x000, 0, Width::b4);
    for (const auto& [offset, written, read] :
         {std::tuple(0x100U, ~std::uint64_t{0}, std::uint64_t{0xF907'FFFF'FFFF'FEFF}),
          {0x108U, ~std::uint64_t{0}, std::uint64_t{0xBC07'FFFF'FFFF'FEFF}},
          {0x100U, std::uint64_t{0}, std::uint64_t{0x1907'0000'0000'0200}},
          {0x108U, std::uint64_t{0}, std::uint64_t{0x1C07'0000'0000'0200}},
          {0x080U, ~std::uint64_t{0}, std::uint64_t{0xFF1F'FFFF'FFFF'0FFF}}}) {
        its.store(offset, written);
        EXPECT_EQ(its.load(offset), read) << std::hex << offset;
    }
    its.store(0x110, ~std::uint64_t{0});
    EXPECT_EQ(its.load(0x110), 0U);
    its.store(0x100, 0x8081'0780, Width::b4);
    its.store(0x104, 0x5, Width::b4);
    EXPECT_EQ(its.load(0x100) & 0xFFFF'FFFF'0000, 0x5'8081'0000U) << "halves";
}

TEST(Its, EnablingNeedsAllTables) {
    for (const auto missing : {0x080U, 0x100U, 0x108U}) {
        ItsBoard board;
        auto& its = board.its();
        its.store(0x000, 0, Width::b4);
        its.store(missing, its.load(missing) & ~valid_bit);
        its.store(0x000, 1, Width::b4);
        EXPECT_EQ(its.load(0x000, Width::b4), 0x8000'0000U) << missing;
    }
}

TEST(Its, TheQueueStopsWhereItWasWrittenTo) {
    ItsBoard board;
    auto& its = board.its();
    const auto before = its.load(0x088);
    its.store(0x088, ItsDriver::queue_size); // beyond
    EXPECT_EQ(its.load(0x088), before);
    its.store(0x000, 0, Width::b4);
    its.store(0x080, its.load(0x080)); // starts anew
    EXPECT_EQ(its.load(0x088), 0U);
    EXPECT_EQ(its.load(0x090), 0U);
    board.set<ItsCommand>(its.queue(), Mapti{0, 1, 8192, 0});
    its.store(0x088, 0x20);
    EXPECT_EQ(its.load(0x000, Width::b4), 0U) << "not quiescent, and disabled";
    EXPECT_FALSE(board.exists(8192));
    its.store(0x000, 1, Width::b4);
    EXPECT_EQ(its.load(0x000, Width::b4), 0x8000'0001U);
    EXPECT_TRUE(board.exists(8192));
    its.store(0x088, ItsDriver::queue_size - 0x20); // all the rest: zeros, or older commands
    EXPECT_EQ(its.load(0x090), ItsDriver::queue_size - 0x20);
    board.set<ItsCommand>(its.queue() + ItsDriver::queue_size - 0x20, Mapti{0, 2, 8193, 0});
    its.store(0x088, 0); // the ring
    EXPECT_EQ(its.load(0x090), 0U);
    EXPECT_TRUE(board.exists(8193));
}

TEST(Its, OutsideAccessesHaveKvmsErrors) {
    ItsBoard board;
    auto& its = board.its().its;
    for (const auto offset : {0x2U, 0x84U, 0x104U, 0xCU, 0xFFE2U})
        EXPECT_EQ(its.get_register(offset).error().code, EINVAL) << offset;
    for (const auto offset : {0x10U, 0x98U, 0x140U, 0xFFC8U, 0x1'0040U})
        EXPECT_EQ(Its::check_register(offset).error().code, ENXIO) << offset;
    EXPECT_EQ(its.set_register(0x90, 0).error().code, EBUSY);
    EXPECT_EQ(its.set_register(0x04, 0x1000).error().code, EINVAL);
    EXPECT_TRUE(its.set_register(0x04, 0xFFFF'0FFF));
    ASSERT_TRUE(its.set_register(0x00, 0));
    EXPECT_EQ(its.set_register(0x90, ItsDriver::queue_size).error().code, EINVAL);
    EXPECT_TRUE(its.set_register(0x90, 0xFFFF'FFFF'FFF0'0FFF));
    EXPECT_EQ(its.get_register(0x90).value(), 0xFE0U);
}

TEST(Its, TheFrameAnswersEverythingAndTheDoorbellIsNotTheGuests) {
    ItsBoard board;
    auto& its = board.its();
    its.run({Mapti{0, 0, 8192, 0}});
    for (const auto width : {Width::b1, Width::b2, Width::b4, Width::b8})
        for (std::uint64_t offset = 0; offset < Its::frame_size; offset += 0x1FC4)
            its.load(offset, width);
    its.store(0x1'0040, 0, Width::b4);
    EXPECT_EQ(its.load(0x1'0040, Width::b4), 0U);
    EXPECT_EQ(its.load(0x000, Width::b8), 0U);
    EXPECT_EQ(board.take(), no_interrupt);
    EXPECT_TRUE(its.its.answers(ItsBoard::frame + 0x1'0040));
    EXPECT_TRUE(its.its.answers(ItsBoard::frame + 0x1'FFFF));
    EXPECT_FALSE(its.its.answers(ItsBoard::frame + 0x2'0000));
    EXPECT_FALSE(its.its.answers(ItsBoard::frame - 1));
    Its unplaced(board.gic);
    EXPECT_EQ(unplaced.base(), std::nullopt);
    for (const virt::Gpa address : {virt::Gpa{0}, ~virt::Gpa{0}, ItsBoard::frame})
        EXPECT_FALSE(unplaced.answers(address));
}

TEST(Its, ChecksAMessageInKvmsOrder) {
    ItsBoard board;
    auto& its = board.its();
    its.run({Mapti{0, 0, 8192, 0}, Mapti{0, 1, 8193, 9}});
    EXPECT_EQ(its.its.signal(std::nullopt, EventId{0}), MsiOutcome::no_device);
    EXPECT_EQ(its.msi(0, 1), MsiOutcome::unmapped) << "no collection";
    EXPECT_EQ(its.msi(0, 2), MsiOutcome::unmapped);
    EXPECT_EQ(its.msi(0x1'0000, 0), MsiOutcome::unmapped);
    EXPECT_EQ(its.msi(0, 0x1'0000), MsiOutcome::unmapped);
    board.gic.lpis().set_enabled(board.redistributor(0), false);
    board.gic.forget_translations();
    EXPECT_EQ(its.msi(0, 0), MsiOutcome::not_enabled);
    its.store(0x000, 0, Width::b4);
    for (const auto event : {0U, 1U, 2U})
        EXPECT_EQ(its.msi(0, event), MsiOutcome::not_enabled) << event;
}

TEST(Its, DeliveryCachesAndWhatInvalidatesForgets) {
    struct Change {
        const char* name;
        std::function<void(ItsBoard&)> make;
        bool forgets;
    };
    const auto command = [](const ItsCommand& one) { return [one](ItsBoard& board) { board.its().run({one}); }; };
    for (const auto& [name, make, forgets] : std::vector<Change>{
             {"DISCARD of another", command(Discard{1, 0}), true},
             {"MOVI of another", command(Movi{1, 0, 1}), true},
             {"MAPC V=0, unknown", command(Mapc{77, 0, false}), true},
             {"MOVALL", command(Movall{3, 0}), true},
             {"MAPD again of another", command(Mapd{1, 4, ItsBoard::ITT(1)}), true},
             {"MAPD V=0 of another", command(Mapd{1, 4, 0, false}), true},
             {"Enabled = 0", [](ItsBoard& board) { board.its().store(0, 0, Width::b4); }, true},
             {"reset", [](ItsBoard& board) { board.its().its.reset(); }, true},
             {"LPIs off elsewhere", [](ItsBoard& board) { board.gic.forget_translations(); }, true},
             {"MAPC to another vCPU", command(Mapc{0, 3}), false},
             {"MAPC of a new one", command(Mapc{50, 0}), false},
             {"MAPTI", command(Mapti{0, 3, 8200, 0}), false},
             {"MAPD of a new one", command(Mapd{2, 4, ItsBoard::ITT(2)}), false},
             {"MAPD V=0 of none", command(Mapd{3, 4, 0, false}), false},
             {"MOVALL to itself", command(Movall{0, 0}), false},
             {"INV", command(Inv{0, 0}), false},
             {"a wrong DISCARD", command(Discard{1, 1}), false},
             {"a wrong MAPD", command(Mapd{1, 17, 0}), false},
             {"saving", [](ItsBoard& board) { EXPECT_TRUE(board.its().its.save_tables()); }, false},
         }) {
        ItsBoard board;
        board.its().run({Mapd{1, 4, ItsBoard::ITT(1)}, Mapti{0, 0, 8192, 0}, Mapti{1, 0, 8193, 0}});
        EXPECT_FALSE(board.its().cached(0)) << "mapping does not";
        EXPECT_TRUE(board.its().delivers(0, 0));
        EXPECT_TRUE(board.its().cached(0));
        const auto ahead = board.gic.translate({.address = ItsBoard::frame, .data = 0, .device = virt::DeviceId{0}});
        ASSERT_TRUE(ahead);
        make(board);
        EXPECT_EQ(board.its().cached(0), !forgets) << name;
        EXPECT_EQ(ahead->current(), !forgets) << name;
    }
}

TEST(Its, ACachedMessageDoesNotLookAtTheNewTarget) {
    ItsBoard board;
    auto& its = board.its();
    its.run({Mapti{0, 0, 8192, 0}, Mapti{0, 1, 8193, 0}});
    EXPECT_TRUE(its.delivers(0, 0));
    EXPECT_EQ(board.take(0), 8192U);
    board.gic.lpis().set_enabled(board.redistributor(1), false);
    its.run({Mapc{0, ItsBoard::id(1).value}});
    board.gic.lpis().set_enabled(board.redistributor(1), false);
    EXPECT_FALSE(its.delivers(0, 1));
}

TEST(Its, ATableThatChangesForgetsWhatItMapped) {
    ItsBoard board;
    auto& its = board.its();
    its.run({Mapti{0, 0, 8192, 0}});
    its.store(0x000, 0, Width::b4);
    its.store(0x100, its.load(0x100)); // as Linux does when it resumes
    its.store(0x108, its.load(0x108) & ~std::uint64_t{0x300}); // pages are of 64 KiB whatever it says
    its.store(0x000, 1, Width::b4);
    EXPECT_TRUE(its.delivers(0, 0));
    EXPECT_EQ(board.take(), 8192U);
    its.store(0x000, 0, Width::b4);
    its.store(0x108, its.load(0x108) + 1);
    its.store(0x000, 1, Width::b4);
    EXPECT_TRUE(board.exists(8192));
    EXPECT_FALSE(its.delivers(0, 0));
    its.store(0x000, 0, Width::b4);
    its.store(0x100, its.load(0x100) + 1);
    EXPECT_FALSE(board.exists(8192));
}

TEST(Its, SeveralShareTheLpis) {
    ItsBoard board;
    ItsDriver second(board.gic, board.memory, 0x900'0000, ItsBoard::RAM + 0x18'0000);
    board.gic.lpis().set_PROPBASER(ItsBoard::configuration | 15);
    second.run({Mapc{0, 0}, Mapc{1, 3}, Mapd{5, 4, ItsBoard::ITT(5)}, Mapti{5, 2, 8192, 0}});
    EXPECT_FALSE(board.its().delivers(5, 2));
    board.its().run({Mapti{0, 0, 8192, 1}}); // it has its target
    EXPECT_TRUE(board.its().delivers(0, 0));
    EXPECT_EQ(board.take(1), no_interrupt);
    EXPECT_EQ(board.take(0), 8192U);
    second.run({Movi{5, 2, 1}});
    const virt::Msi msi{.address = 0x900'0000 + 0x1'0040, .data = 2, .device = virt::DeviceId{5}};
    EXPECT_EQ(board.gic.signal(msi), MsiOutcome::delivered);
    EXPECT_EQ(board.take(1), 8192U);
    board.its().run({Discard{0, 0}});
    EXPECT_EQ(board.gic.signal(msi), MsiOutcome::delivered) << "the second still holds it";
    second.its.reset();
    EXPECT_EQ(board.gic.signal(msi), MsiOutcome::not_enabled);
}

TEST(Its, EventsAreBounded) {
    ItsBoard board;
    // Every device's events lie in the same memory, which an ITS need not mind.
    std::size_t mapped = 0;
    for (std::uint32_t device = 0; mapped < Its::most_events; ++device) {
        ASSERT_TRUE(board.its().its.execute(Mapd{device, 16, ItsBoard::first_ITT}));
        for (std::uint32_t event = 0; event < 65536 && mapped < Its::most_events; ++event, ++mapped)
            ASSERT_TRUE(board.its().its.execute(Mapti{device, event, 8192, 0}));
    }
    ASSERT_TRUE(board.its().its.execute(Mapd{100, 16, ItsBoard::first_ITT}));
    const auto refused = board.its().its.execute(Mapti{100, 0, 8192, 7});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), CommandError::no_room);
    ASSERT_TRUE(board.its().its.execute(Discard{0, 0}));
    EXPECT_TRUE(board.its().its.execute(Mapti{100, 0, 8192, 0}));
}

// For ThreadSanitizer, and: once it is quiet, a message arrives.
TEST(Its, MessagesRaceWithCommands) {
    ItsBoard board;
    auto& its = board.its();
    constexpr std::uint32_t events = 32;
    for (std::uint32_t n = 0; n < events; ++n)
        its.run({Mapti{0, n, 8192 + n, n % 2}});
    std::atomic<int> running = 3;
    std::vector<std::thread> threads;
    for (std::uint32_t device = 0; device < 2; ++device)
        threads.emplace_back([&, device] {
            for (std::uint32_t n = 0; n < 20'000; ++n)
                (void)its.msi(device, n % events);
            --running;
        });
    threads.emplace_back([&] {
        for (int n = 0; n < 10'000; ++n)
            board.gic.lpis().set_enabled(board.redistributor(1), n % 2 != 0) ? board.gic.forget_translations() : void();
        --running;
    });
    std::vector<std::thread> vcpus;
    for (std::uint32_t vcpu = 0; vcpu < 2; ++vcpu)
        vcpus.emplace_back([&, vcpu] {
            while (running > 0)
                (void)board.take(vcpu);
        });
    while (running > 0)
        for (std::uint32_t n = 0; n < events; ++n)
            its.run({Movi{0, n, n % 2}, Inv{0, n}, Discard{0, n}, Mapti{0, n, 8192 + n, (n + 1) % 2},
                     Mapd{1, 5, ItsBoard::ITT(1)}, Mapti{1, n, 8192 + n, 0}, Movall{0, 3}, Invall{0}});
    for (auto& thread : threads)
        thread.join();
    for (auto& thread : vcpus)
        thread.join();
    board.gic.lpis().set_enabled(board.redistributor(1), true);
    for (std::uint32_t vcpu = 0; vcpu < 2; ++vcpu)
        while (board.take(vcpu) != no_interrupt) {
        }
    for (std::uint32_t n = 0; n < events; ++n) {
        ASSERT_TRUE(its.delivers(0, n)) << n;
        const auto first = board.take(0);
        EXPECT_EQ(first == no_interrupt ? board.take(1) : first, 8192 + n);
    }
    EXPECT_EQ(board.take(0), no_interrupt);
    EXPECT_EQ(board.take(1), no_interrupt);
}

} // namespace
} // namespace arm64::gic

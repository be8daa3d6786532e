// SPDX-License-Identifier: Apache-2.0
// MSIs by routes into a real ITS, both ways: what a guest sees is the same, after every command that changes a mapping.
#include "arch-arm64/gic/its.hpp"
#include "tests/arch-arm64/gic/its_board.hpp"
#include "virt/irq_router.hpp"
#include "virt/route_table.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace arm64::gic {
namespace {

constexpr virt::Gsi gsi{100};

class MsiWayTest : public testing::TestWithParam<virt::MsiWay> {
protected:
    MsiWayTest() {
        its_.run({Mapti{0, 3, 8200, 0}});
        route(3, 0);
        raise_to(0, 8200);
        raise_to(0, 8200); // by now it knows
    }
    void route(std::uint32_t EventID, std::uint32_t DeviceID) {
        virt::RouteTable table(32);
        table.set(
            gsi, virt::Msi{.address = ItsBoard::frame + 0x1'0040, .data = EventID, .device = virt::DeviceId{DeviceID}});
        ASSERT_TRUE(router_.replace(table.encoded()));
    }
    void raise_to(std::uint32_t vcpu, std::uint64_t intid) {
        router_.raise(gsi);
        EXPECT_EQ(board_.take(vcpu), intid);
        raise_nothing_more();
    }
    void raise_nothing() {
        router_.raise(gsi);
        raise_nothing_more();
    }
    void raise_nothing_more() {
        EXPECT_EQ(board_.take(0), no_interrupt);
        EXPECT_EQ(board_.take(1), no_interrupt);
    }

    ItsBoard board_;
    ItsDriver& its_ = board_.its();
    virt::IrqRouter router_{board_.gic, 32, GetParam()};
};

TEST_P(MsiWayTest, FollowsMovi) {
    its_.run({Movi{0, 3, 1}});
    raise_to(1, 8200);
    its_.run({Movi{0, 3, 0}});
    raise_to(0, 8200);
}

TEST_P(MsiWayTest, FollowsMapcAndMovall) {
    its_.run({Mapc{0, ItsBoard::id(1).value}});
    raise_to(1, 8200);
    its_.run({Movall{ItsBoard::id(1).value, ItsBoard::id(0).value}});
    raise_to(0, 8200);
}

TEST_P(MsiWayTest, FollowsDiscard) {
    its_.run({Discard{0, 3}});
    raise_nothing();
    its_.run({Mapti{0, 3, 8201, 1}});
    raise_to(1, 8201);
}

// The LPI exists on, for another event: it must not come by this one.
TEST_P(MsiWayTest, FollowsDiscardOfASharedLpi) {
    its_.run({Mapti{0, 4, 8200, 0}, Discard{0, 3}});
    raise_nothing();
}

TEST_P(MsiWayTest, FollowsMapd) {
    its_.run({Mapd{0, 5, ItsBoard::ITT(0)}});
    raise_nothing();
    its_.run({Mapti{0, 3, 8202, 0}});
    raise_to(0, 8202);
    its_.run({Mapti{0, 4, 8202, 0}, Mapd{0, 5, ItsBoard::ITT(0), false}});
    raise_nothing();
}

TEST_P(MsiWayTest, FollowsAnUnmappedCollection) {
    its_.run({Mapc{0, ItsBoard::id(0).value, false}});
    raise_nothing();
}

TEST_P(MsiWayTest, FollowsTheItsOffAndOn) {
    its_.store(0x000, 0, virt::Width::b4);
    raise_nothing();
    its_.store(0x000, 1, virt::Width::b4);
    raise_to(0, 8200);
}

TEST_P(MsiWayTest, FollowsLpisOffAndOn) {
    if (board_.gic.lpis().set_enabled(board_.redistributor(0), false))
        board_.gic.forget_translations(); // as GICR_CTLR does
    raise_nothing();
    board_.gic.lpis().set_enabled(board_.redistributor(0), true);
    raise_to(0, 8200);
}

TEST_P(MsiWayTest, FollowsAReset) {
    its_.its.reset();
    raise_nothing();
}

TEST_P(MsiWayTest, FollowsItsRoute) {
    its_.run({Mapd{1, 5, ItsBoard::ITT(1)}, Mapti{1, 3, 8203, 1}});
    route(3, 1);
    raise_to(1, 8203);
    route(4, 0);
    raise_nothing();
}

TEST_P(MsiWayTest, ChangesWithoutLosingAny) {
    router_.set_way(virt::MsiWay::through_its);
    raise_to(0, 8200);
    its_.run({Movi{0, 3, 1}});
    router_.set_way(virt::MsiWay::pre_translated);
    raise_to(1, 8200);
}

// For ThreadSanitizer, and: what is complete is obeyed by whoever comes after it.
TEST_P(MsiWayTest, RacesWithCommands) {
    std::atomic<bool> done = false;
    std::vector<std::thread> producers;
    for (int n = 0; n < 2; ++n)
        producers.emplace_back([&] {
            while (!done.load(std::memory_order_relaxed)) {
                router_.raise(gsi);
                std::this_thread::yield();
            }
        });
    for (std::uint32_t round = 0; round < 200; ++round) {
        its_.run({Movi{0, 3, 1}, Discard{0, 3}, Mapti{0, 3, 8210 + round % 8, round % 2}});
        if (round % 16 == 0)
            its_.run({Mapd{0, 5, ItsBoard::ITT(0)}, Mapti{0, 3, 8210 + round % 8, round % 2}});
        if (round % 32 == 0)
            route(3, 0);
        board_.take(round % 2);
    }
    done = true;
    for (auto& producer : producers)
        producer.join();
    for (const std::uint32_t vcpu : {0U, 1U})
        while (board_.take(vcpu) != no_interrupt) {
        }
    its_.run({Discard{0, 3}, Mapti{0, 3, 8220, 1}});
    raise_to(1, 8220);
}

INSTANTIATE_TEST_SUITE_P(Both, MsiWayTest, testing::Values(virt::MsiWay::through_its, virt::MsiWay::pre_translated),
                         [](const auto& way) {
                             return way.param == virt::MsiWay::through_its ? "through_its" : "pre_translated";
                         });

} // namespace
} // namespace arm64::gic

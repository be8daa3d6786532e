// SPDX-License-Identifier: Apache-2.0
// What the provider is told, and when.
#include "virt/irq_routing.hpp"

#include "tests/virt/fake_vm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <thread>

namespace virt {
namespace {

using Calls = std::vector<std::string>;

struct IrqRoutingTest : testing::Test {
    Calls calls() { return std::exchange(vm.calls, {}); }
    static Msi msi(std::uint32_t data) { return {.address = 0x808'0040, .data = data, .device = DeviceId{8}}; }
    Gsi new_msi(std::uint32_t data) {
        const Gsi gsi = *routing.allocate();
        routing.set(gsi, msi(data));
        return gsi;
    }
    FakeVm vm;
    IrqRouting routing{vm, 988};
};

TEST_F(IrqRoutingTest, PinsHaveTheirOwnNumbersAndMessagesTheNext) {
    EXPECT_EQ(IrqRouting::gsi_of(Pin{37}), Gsi{37});
    EXPECT_EQ(*routing.allocate(), Gsi{988});
    EXPECT_EQ(*routing.allocate(), Gsi{989});
    routing.release(Gsi{988});
    EXPECT_EQ(*routing.allocate(), Gsi{988});
    for (int n = 990; n < 4096; ++n)
        ASSERT_TRUE(routing.allocate());
    EXPECT_EQ(routing.allocate().error().code, ENOSPC);
    EXPECT_TRUE(calls().empty());
}

TEST_F(IrqRoutingTest, ABatchIsOneTableAndThenItsIrqfds) {
    ASSERT_TRUE(routing.irqchip_ready());
    EXPECT_EQ(calls(), Calls{});
    for (int n = 0; n < 3; ++n)
        routing.assign({.eventfd = 100 + n, .gsi = new_msi(0)});
    EXPECT_EQ(calls(), Calls{});
    ASSERT_TRUE(routing.commit());
    EXPECT_EQ(calls(), (Calls{"routes 988 989 990", "assign 100", "assign 101", "assign 102"}));
    ASSERT_TRUE(routing.commit());
    EXPECT_EQ(calls(), Calls{});
}

TEST_F(IrqRoutingTest, OnlyWhatHasAnIrqfdIsInTheTable) {
    ASSERT_TRUE(routing.irqchip_ready());
    const Gsi polled = new_msi(1);
    ASSERT_TRUE(routing.commit());
    EXPECT_EQ(calls(), Calls{});
    routing.assign({.eventfd = 7, .gsi = IrqRouting::gsi_of(Pin{3})});
    routing.set(polled, msi(2));
    ASSERT_TRUE(routing.commit());
    EXPECT_EQ(calls(), (Calls{"routes 3", "assign 7"}));
    ASSERT_EQ(vm.table.size(), 1U);
    EXPECT_EQ(vm.table[0].u.irqchip.pin, 3U);
}

TEST_F(IrqRoutingTest, ARouteMovesUnderItsIrqfdAndOnlyWhenItReallyChanges) {
    ASSERT_TRUE(routing.irqchip_ready());
    const Gsi gsi = new_msi(1);
    routing.assign({.eventfd = 7, .gsi = gsi});
    ASSERT_TRUE(routing.commit());
    calls();
    routing.set(gsi, msi(2));
    routing.set(gsi, msi(2));
    ASSERT_TRUE(routing.commit());
    EXPECT_EQ(calls(), Calls{"routes 988"});
    EXPECT_EQ(vm.table[0].u.msi.data, 2U);
    routing.set(gsi, msi(2));
    ASSERT_TRUE(routing.commit());
    EXPECT_EQ(calls(), Calls{});
}

TEST_F(IrqRoutingTest, FirstTheIrqfdGoesThenItsRoute) {
    ASSERT_TRUE(routing.irqchip_ready());
    const Gsi gsi = new_msi(1);
    routing.assign({.eventfd = 7, .gsi = gsi});
    routing.assign({.eventfd = 8, .gsi = gsi});
    ASSERT_TRUE(routing.commit());
    calls();
    ASSERT_TRUE(routing.deassign({.eventfd = 7, .gsi = gsi}));
    ASSERT_TRUE(routing.commit());
    EXPECT_EQ(calls(), Calls{"deassign 7"}); // the other still needs the route
    ASSERT_TRUE(routing.deassign({.eventfd = 8, .gsi = gsi}));
    ASSERT_TRUE(routing.commit());
    EXPECT_EQ(calls(), (Calls{"deassign 8", "routes"}));
    routing.release(gsi);
}

TEST_F(IrqRoutingTest, EarlyIrqfdsWaitForTheIrqchip) {
    const Gsi gsi = new_msi(1);
    routing.assign({.eventfd = 7, .gsi = gsi});
    routing.assign({.eventfd = 8, .gsi = gsi});
    ASSERT_TRUE(routing.commit());
    ASSERT_TRUE(routing.deassign({.eventfd = 8, .gsi = gsi}));
    EXPECT_EQ(calls(), Calls{});
    ASSERT_TRUE(routing.irqchip_ready());
    EXPECT_EQ(calls(), (Calls{"routes 988", "assign 7"}));
}

TEST_F(IrqRoutingTest, DeviceIdsExactlyIfTheVmHasUseForThem) {
    for (const bool device_ids : {false, true}) {
        FakeVm host;
        IrqRouting table(host, 988);
        host.device_ids = device_ids ? 1 : 0;
        const Gsi gsi = *table.allocate();
        table.set(gsi, msi(1)); // before it can know
        table.assign({.eventfd = 7, .gsi = gsi});
        ASSERT_TRUE(table.irqchip_ready());
        ASSERT_EQ(host.table.size(), 1U);
        EXPECT_EQ(host.table[0].flags, device_ids ? KVM_MSI_VALID_DEVID : 0U);
        EXPECT_EQ(host.table[0].u.msi.devid, device_ids ? 8U : 0U);
        ASSERT_TRUE(*table.signal(msi(5)));
        EXPECT_EQ(host.sent[0].device.has_value(), device_ids);
    }
}

TEST_F(IrqRoutingTest, ARefusedIrqfdIsGivenUpAndTheOthersStay) {
    ASSERT_TRUE(routing.irqchip_ready());
    vm.refused = {7};
    routing.assign({.eventfd = 7, .gsi = new_msi(1)});
    routing.assign({.eventfd = 8, .gsi = new_msi(2)});
    EXPECT_EQ(routing.commit().error().code, EBUSY);
    ASSERT_TRUE(routing.commit());
    EXPECT_EQ(calls(), (Calls{"routes 988 989", "routes 989", "assign 8"}));
}

TEST_F(IrqRoutingTest, DeassigningWhatWasRefusedLeavesTheOthersTheirRoute) {
    ASSERT_TRUE(routing.irqchip_ready());
    const Gsi gsi = new_msi(1);
    vm.refused = {7};
    routing.assign({.eventfd = 8, .gsi = gsi});
    routing.assign({.eventfd = 7, .gsi = gsi});
    EXPECT_EQ(routing.commit().error().code, EBUSY);
    for (int n = 0; n < 2; ++n)
        ASSERT_TRUE(routing.deassign({.eventfd = 7, .gsi = gsi}));
    EXPECT_EQ(routing.size(), 1U);
    ASSERT_TRUE(routing.deassign({.eventfd = 8, .gsi = gsi}));
    EXPECT_EQ(routing.size(), 0U);
}

TEST_F(IrqRoutingTest, WhatTheHostHadNoMemoryForIsTriedAgain) {
    ASSERT_TRUE(routing.irqchip_ready());
    vm.no_memory = true;
    routing.assign({.eventfd = 7, .gsi = new_msi(1)});
    EXPECT_EQ(routing.commit().error().code, ENOMEM);
    vm.no_memory = false;
    ASSERT_TRUE(routing.commit());
    EXPECT_EQ(calls(), (Calls{"routes 988", "assign 7"}));
}

TEST_F(IrqRoutingTest, DevicesOnSeveralThreads) {
    ASSERT_TRUE(routing.irqchip_ready());
    const auto device = [&](int first) {
        for (int n = 0; n < 200; ++n) {
            const Gsi gsi = new_msi(0);
            const Irqfd irqfd{.eventfd = first + n, .gsi = gsi};
            routing.assign(irqfd);
            ASSERT_TRUE(routing.commit());
            routing.set(gsi, msi(1));
            ASSERT_TRUE(routing.deassign(irqfd));
            routing.release(gsi);
        }
    };
    std::thread a(device, 1000);
    std::thread b(device, 2000);
    a.join();
    b.join();
    ASSERT_TRUE(routing.commit());
    EXPECT_EQ(routing.size(), 0U);
    EXPECT_EQ(std::ranges::count_if(vm.calls, [](const auto& call) { return call.starts_with("deassign"); }), 400);
}

} // namespace
} // namespace virt

// SPDX-License-Identifier: Apache-2.0
// The routing table against KVM's checks, and its encoding entry by entry.
#include "virt/route_table.hpp"

#include "tests/virt/routing_encoding.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <map>
#include <random>
#include <span>
#include <thread>

namespace virt {
namespace {

constexpr std::uint32_t pins = 988;

std::span<const kvm_irq_routing_entry> entries(RouteTable& table) {
    EXPECT_EQ(table.encoded().flags, 0U);
    return entries_of(table.encoded());
}

void expect_empty(RouteTable& table) {
    EXPECT_EQ(table.size(), 0U);
    EXPECT_TRUE(entries(table).empty());
}

TEST(RouteTable, EncodesPinsAndMessages) {
    RouteTable table(pins);
    expect_empty(table);
    table.set(Gsi{7}, Pin{3});
    table.set(Gsi{4095}, Msi{.address = 0x1'0809'0040, .data = 0xABCD, .device = DeviceId{0x8000'0001}});
    table.set(Gsi{1000}, Msi{.address = 0x40, .data = 1});
    const auto all = entries(table);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].gsi, 7U);
    EXPECT_EQ(all[0].type, unsigned{KVM_IRQ_ROUTING_IRQCHIP});
    EXPECT_EQ(all[0].flags, 0U);
    EXPECT_EQ(all[0].u.irqchip.irqchip, 0U);
    EXPECT_EQ(all[0].u.irqchip.pin, 3U);
    EXPECT_EQ(all[1].gsi, 4095U);
    EXPECT_EQ(all[1].type, unsigned{KVM_IRQ_ROUTING_MSI});
    EXPECT_EQ(all[1].flags, unsigned{KVM_MSI_VALID_DEVID});
    EXPECT_EQ(all[1].u.msi.address_lo, 0x0809'0040U);
    EXPECT_EQ(all[1].u.msi.address_hi, 1U);
    EXPECT_EQ(all[1].u.msi.data, 0xABCDU);
    EXPECT_EQ(all[1].u.msi.devid, 0x8000'0001U);
    EXPECT_EQ(all[2].flags, 0U);
}

TEST(RouteTable, FindsWhatWasSet) {
    RouteTable table(pins);
    const Msi msi{.address = UINT64_MAX, .data = UINT32_MAX, .device = DeviceId{UINT32_MAX}};
    table.set(Gsi{0}, Pin{987});
    table.set(Gsi{64}, msi);
    EXPECT_EQ(table.find(Gsi{0}), Route(Pin{987}));
    EXPECT_EQ(table.find(Gsi{64}), Route(msi));
    EXPECT_EQ(table.find(Gsi{65}), std::nullopt);
    EXPECT_EQ(table.find(Gsi{2000}), std::nullopt);
    EXPECT_EQ(table.find(Gsi{4096}), std::nullopt);
    EXPECT_EQ(table.find(Gsi{UINT32_MAX}), std::nullopt);
    table.set(Gsi{64}, Msi{.address = 1, .data = 2});
    EXPECT_EQ(table.find(Gsi{64}), Route(Msi{.address = 1, .data = 2})); // no device id is left over
    table.remove(Gsi{64});
    table.remove(Gsi{64});
    table.remove(Gsi{9999});
    EXPECT_EQ(table.find(Gsi{64}), std::nullopt);
}

TEST(RouteTable, ThePinsGsiIsTheOneSetLast) {
    RouteTable table(pins);
    EXPECT_EQ(table.gsi_of(Pin{5}), std::nullopt);
    table.set(Gsi{5}, Pin{5});
    table.set(Gsi{6}, Pin{5});
    EXPECT_EQ(table.gsi_of(Pin{5}), Gsi{6});
    table.set(Gsi{6}, Pin{6});
    EXPECT_EQ(table.gsi_of(Pin{5}), Gsi{5});
    EXPECT_EQ(table.gsi_of(Pin{6}), Gsi{6});
    table.set(Gsi{5}, Pin{5});
    table.remove(Gsi{5});
    EXPECT_EQ(table.gsi_of(Pin{5}), std::nullopt);
    table.set(Gsi{6}, Msi{.address = 1, .data = 2});
    EXPECT_EQ(table.gsi_of(Pin{6}), std::nullopt);
    EXPECT_EQ(table.gsi_of(Pin{988}), std::nullopt);
}

TEST(RouteTable, ReplacesTheWholeTable) {
    RouteTable table(pins);
    table.set(Gsi{0}, Pin{0});
    ASSERT_TRUE(table.replace(EncodedRoutes({pin_entry(1, 1), msi_entry(4095, 0x123'4567'89AB, 5)}).get()));
    EXPECT_EQ(table.find(Gsi{0}), std::nullopt);
    EXPECT_EQ(table.gsi_of(Pin{0}), std::nullopt);
    EXPECT_EQ(table.find(Gsi{1}), Route(Pin{1}));
    EXPECT_EQ(table.find(Gsi{4095}), Route(Msi{.address = 0x123'4567'89AB, .data = 5}));
    ASSERT_TRUE(table.replace(EncodedRoutes({}).get()));
    expect_empty(table);
    EXPECT_EQ(table.find(Gsi{1}), std::nullopt);
}

TEST(RouteTable, OfTwoEntriesForAPinTheLastOfTheArrayWins) {
    RouteTable table(pins);
    ASSERT_TRUE(table.replace(EncodedRoutes({pin_entry(9, 4), pin_entry(2, 4)}).get()));
    EXPECT_EQ(table.gsi_of(Pin{4}), Gsi{2});
    ASSERT_TRUE(table.replace(EncodedRoutes({pin_entry(2, 4), pin_entry(9, 4)}).get()));
    EXPECT_EQ(table.gsi_of(Pin{4}), Gsi{9});
}

TEST(RouteTable, RefusesWhatKvmRefusesAndKeepsTheOldTable) {
    RouteTable table(pins);
    table.set(Gsi{0}, Pin{0});
    auto flagged = pin_entry(1, 1);
    flagged.flags = KVM_MSI_VALID_DEVID;
    auto second_chip = pin_entry(1, 1);
    second_chip.u.irqchip.irqchip = 1;
    auto no_type = pin_entry(1, 1);
    no_type.type = 0;
    auto other_type = pin_entry(1, 1);
    other_type.type = 3;
    auto odd_flags = msi_entry(1, 1, 1);
    odd_flags.flags = KVM_MSI_VALID_DEVID | 2;
    const std::vector<std::vector<kvm_irq_routing_entry>> refused = {
        {flagged},
        {second_chip},
        {no_type},
        {other_type},
        {odd_flags},
        {pin_entry(1, 988)},
        {pin_entry(4096, 1)},
        {pin_entry(1, 1), pin_entry(1, 2)},
        {pin_entry(1, 1), msi_entry(1, 1, 1)},
        std::vector<kvm_irq_routing_entry>(4097, pin_entry(1, 1)),
    };
    for (const auto& each : refused) {
        EXPECT_EQ(table.replace(EncodedRoutes(each).get()).error().code, EINVAL);
        EXPECT_EQ(table.find(Gsi{0}), Route(Pin{0}));
        EXPECT_EQ(table.size(), 1U);
    }
    EXPECT_EQ(table.replace(EncodedRoutes({}, 1).get()).error().code, EINVAL);
    auto padded = msi_entry(1, 1, 1);
    padded.pad = 77; // not looked at
    EXPECT_TRUE(table.replace(EncodedRoutes({pin_entry(0, 987), padded}).get()));
}

TEST(RouteTable, HoldsAllGsis) {
    RouteTable table(pins);
    std::vector<kvm_irq_routing_entry> all;
    for (std::uint32_t gsi = 0; gsi < RouteTable::gsis; ++gsi)
        all.push_back(msi_entry(gsi, gsi, gsi));
    ASSERT_TRUE(table.replace(EncodedRoutes(all).get()));
    EXPECT_EQ(table.size(), 4096U);
}

// Against a map, with every kind of change.
TEST(RouteTable, AgreesWithAMapAfterManyChanges) {
    std::mt19937 random(1);
    RouteTable table(pins);
    std::map<std::uint32_t, Route> model;
    std::map<std::uint32_t, std::uint32_t> gsi_of;
    for (int step = 0; step < 20'000; ++step) {
        const auto gsi = static_cast<std::uint32_t>(random() % 300);
        switch (random() % 3) {
        case 0: {
            const Msi msi{.address = random(), .data = static_cast<std::uint32_t>(random())};
            table.set(Gsi{gsi}, msi);
            model[gsi] = msi;
            break;
        }
        case 1:
            table.set(Gsi{gsi}, Pin{gsi * 3});
            model[gsi] = Pin{gsi * 3};
            break;
        default: table.remove(Gsi{gsi}); model.erase(gsi);
        }
        ASSERT_EQ(table.size(), model.size());
    }
    for (std::uint32_t gsi = 0; gsi < 300; ++gsi) {
        const auto expected = model.find(gsi);
        EXPECT_EQ(table.find(Gsi{gsi}), expected == model.end() ? std::nullopt : std::optional(expected->second));
        const bool pin = expected != model.end() && std::holds_alternative<Pin>(expected->second);
        EXPECT_EQ(table.gsi_of(Pin{gsi * 3}), pin ? std::optional(Gsi{gsi}) : std::nullopt);
    }
    // Its own encoding makes the same table again.
    RouteTable copy(pins);
    ASSERT_TRUE(copy.replace(table.encoded()));
    for (const auto& [gsi, route] : model)
        EXPECT_EQ(copy.find(Gsi{gsi}), route);
}

TEST(RouteTable, AReaderSeesOneRouteOrTheOther) {
    RouteTable table(pins);
    constexpr Gsi gsi{100};
    const auto route = [](std::uint32_t n) {
        return Msi{.address = std::uint64_t{n} << 32 | n, .data = n, .device = DeviceId{n}};
    };
    table.set(gsi, route(1));
    std::atomic<bool> done = false;
    std::atomic<int> reads = 0;
    std::thread reader([&] {
        while (!done.load(std::memory_order_relaxed)) {
            if (const auto found = table.find(gsi)) {
                const auto& msi = std::get<Msi>(*found);
                ASSERT_EQ(msi, route(msi.data));
            }
            reads.fetch_add(1, std::memory_order_relaxed);
        }
    });
    for (std::uint32_t n = 2; n < 20'000 || reads.load(std::memory_order_relaxed) < 1000; ++n) {
        if (n % 16 == 0)
            table.remove(gsi);
        else
            table.set(gsi, route(n));
    }
    done = true;
    reader.join();
}

} // namespace
} // namespace virt

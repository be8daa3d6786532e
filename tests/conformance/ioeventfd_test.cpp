// SPDX-License-Identifier: Apache-2.0
// KVM_IOEVENTFD: what it catches and what it lets through. Source: Documentation/virt/kvm/api.rst, 4.59;
// virt/kvm/eventfd.c, virt/kvm/kvm_main.c.
#include "tests/conformance/event.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/irqfd.hpp"
#include "tests/conformance/layout.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <ostream>
#include <vector>

namespace conformance {
namespace {

using virt::Ioeventfd;
using virt::Width;

constexpr virt::Gpa address = layout::nowhere;

// A store that nothing caught.
struct Store {
    virt::Gpa address;
    Width width;
    std::uint64_t value;
    friend bool operator==(const Store&, const Store&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Store& store) {
        return out << std::hex << "0x" << store.value << " (" << static_cast<unsigned>(store.width) << " bytes) to 0x"
                   << store.address;
    }
};
using Stores = std::vector<Store>;

// A vCPU without any GIC, which ioeventfds do not need.
class IoMachine : public Machine {
public:
    IoMachine() {
        must(create_vcpu(0));
        must(init_vcpu(0));
    }
    virt::expected<void> assign(const Event& event, virt::Gpa at, std::uint32_t length,
                                std::optional<std::uint64_t> datamatch = {}) {
        return vm().assign(Ioeventfd{event.fd(), at, length, datamatch});
    }
    virt::expected<void> deassign(const Event& event, virt::Gpa at, std::uint32_t length,
                                  std::optional<std::uint64_t> datamatch = {}) {
        return vm().deassign(Ioeventfd{event.fd(), at, length, datamatch});
    }
    /// The stores that came out of the guest.
    Stores exits(const List& list) {
        Stores seen;
        for (const auto& store : puppet().run(list).stores())
            seen.push_back({store.address, store.width, store.value});
        return seen;
    }
};

// What it catches.

TEST(Ioeventfd, SignalsForEachStoreOfItsLengthWithoutAnExit) {
    IoMachine machine;
    Event event;
    ASSERT_OK(machine.assign(event, address, 4));
    const auto result = machine.puppet().run({store32(address, 7), store32(address, 0), store32(address, 0xFFFF'FFFF)});
    EXPECT_TRUE(result.exits.empty());
    EXPECT_EQ(event.count(), 3U) << "one each, whatever the value";
}

TEST(Ioeventfd, AnotherWidthIsNotCaught) {
    pitfalls({62});
    for (const std::uint32_t length : {1U, 2U, 4U, 8U}) {
        IoMachine machine;
        Event event;
        ASSERT_OK(machine.assign(event, address, length));
        Stores others{{address, Width::b1, 0x81},
                      {address, Width::b2, 0x8182},
                      {address, Width::b4, 0x8182'8384},
                      {address, Width::b8, 0x8182'8384'8586'8788}};
        std::erase_if(others, [&](const Store& store) { return static_cast<unsigned>(store.width) == length; });
        EXPECT_EQ(machine.exits({store8(address, 0x81), store16(address, 0x8182), store32(address, 0x8182'8384),
                                 store64(address, 0x8182'8384'8586'8788)}),
                  others)
            << length;
        EXPECT_EQ(event.count(), 1U) << length;
    }
}

TEST(Ioeventfd, ALoadIsNotCaught) {
    pitfalls({63});
    IoMachine machine;
    Event exact;
    Event any;
    ASSERT_OK(machine.assign(exact, address, 4));
    ASSERT_OK(machine.assign(any, address + 8, 0));
    machine.puppet().set_load_value(0x1234);
    const auto result = machine.puppet().run({load32(address), load32(address + 8), load8(address + 8)});
    EXPECT_VALUE(0x1234, result[0].value);
    EXPECT_VALUE(0x1234, result[1].value);
    EXPECT_VALUE(0x34, result[2].value);
    const auto loads = result.loads();
    ASSERT_EQ(loads.size(), 3U);
    EXPECT_EQ(loads[0].address, address);
    EXPECT_EQ(loads[0].width, Width::b4);
    EXPECT_EQ(loads[2].width, Width::b1);
    EXPECT_EQ(exact.count(), 0U);
    EXPECT_EQ(any.count(), 0U);
}

TEST(Ioeventfd, LengthZeroCatchesEveryWidthAtItsAddress) {
    IoMachine machine;
    Event event;
    ASSERT_OK(machine.assign(event, address + 8, 0));
    EXPECT_EQ(machine.exits({store8(address + 8, 1), store16(address + 8, 2), store32(address + 8, 3),
                             store64(address + 8, 4), store8(address + 9, 5), store32(address + 12, 6),
                             store32(address + 4, 7), store64(address, 8)}),
              (Stores{{address + 9, Width::b1, 5},
                      {address + 12, Width::b4, 6},
                      {address + 4, Width::b4, 7},
                      {address, Width::b8, 8}}));
    EXPECT_EQ(event.count(), 4U);
}

TEST(Ioeventfd, AnAddressInsideItsRangeIsNotItsAddress) {
    IoMachine machine;
    Event event;
    ASSERT_OK(machine.assign(event, address, 8));
    EXPECT_EQ(machine.exits({store32(address + 4, 1), store8(address + 7, 2), store64(address + 8, 3)}),
              (Stores{{address + 4, Width::b4, 1}, {address + 7, Width::b1, 2}, {address + 8, Width::b8, 3}}));
    EXPECT_EQ(event.count(), 0U);
}

TEST(Ioeventfd, MatchesDataInTheWidthOfTheAccess) {
    pitfalls({64});
    struct Row {
        std::uint32_t length;
        std::uint64_t datamatch;
        Command hit;
        Command miss;
    };
    const Row rows[] = {
        {1, 0x81, store8(address, 0x81), store8(address, 0x80)},
        {2, 0x8182, store16(address, 0x8182), store16(address, 0x0182)},
        {4, 0x8182'8384, store32(address, 0x8182'8384), store32(address, 0x0182'8384)},
        {8, 0x8182'8384'8586'8788, store64(address, 0x8182'8384'8586'8788), store64(address, 0x8586'8788)},
        {4, 0, store32(address, 0), store32(address, 1)},
    };
    for (const auto& [length, datamatch, hit, miss] : rows) {
        IoMachine machine;
        Event event;
        ASSERT_OK(machine.assign(event, address, length, datamatch));
        EXPECT_EQ(machine.exits({miss}),
                  (Stores{{address, Width{static_cast<std::uint8_t>(length)}, miss.operands[1]}}));
        EXPECT_EQ(event.count(), 0U) << length;
        EXPECT_EQ(machine.exits({hit}), Stores{});
        EXPECT_EQ(event.count(), 1U) << length;
    }
}

TEST(Ioeventfd, DataBeyondTheLengthNeverMatches) {
    IoMachine machine;
    Event event;
    ASSERT_OK(machine.assign(event, address, 1, 0x181));
    EXPECT_EQ(machine.exits({store8(address, 0x81)}), (Stores{{address, Width::b1, 0x81}}));
    EXPECT_EQ(event.count(), 0U);
}

TEST(Ioeventfd, DifferentDataGoToDifferentEvents) {
    pitfalls({64});
    IoMachine machine;
    Event one;
    Event two;
    ASSERT_OK(machine.assign(one, address, 4, 1));
    ASSERT_OK(machine.assign(two, address, 4, 2));
    EXPECT_EQ(machine.exits({store32(address, 2), store32(address, 3), store32(address, 2)}),
              (Stores{{address, Width::b4, 3}}));
    EXPECT_EQ(one.count(), 0U);
    EXPECT_EQ(two.count(), 2U);
}

TEST(Ioeventfd, DifferentLengthsAtOneAddressGoToDifferentEvents) {
    IoMachine machine;
    Event events[4];
    const std::uint32_t lengths[] = {4, 1, 8, 2};
    for (int n = 0; n < 4; ++n)
        ASSERT_OK(machine.assign(events[n], address, lengths[n]));
    EXPECT_EQ(machine.exits({store8(address, 1), store16(address, 1), store16(address, 1), store32(address, 1),
                             store32(address, 1), store32(address, 1), store64(address, 1), store64(address, 1),
                             store64(address, 1), store64(address, 1)}),
              Stores{});
    EXPECT_EQ(events[1].count(), 1U);
    EXPECT_EQ(events[3].count(), 2U);
    EXPECT_EQ(events[0].count(), 3U);
    EXPECT_EQ(events[2].count(), 4U);
}

TEST(Ioeventfd, OverlappingOnesAreAllTried) {
    for (const bool wide_first : {true, false}) {
        IoMachine machine;
        Event wide;
        Event narrow;
        const auto assign_wide = [&] { return machine.assign(wide, address, 8); };
        const auto assign_narrow = [&] { return machine.assign(narrow, address + 4, 4); };
        EXPECT_OK(wide_first ? assign_wide() : assign_narrow());
        EXPECT_OK(wide_first ? assign_narrow() : assign_wide());
        EXPECT_EQ(machine.exits({store32(address + 4, 1), store64(address, 2), store32(address, 3)}),
                  (Stores{{address, Width::b4, 3}}));
        EXPECT_EQ(narrow.count(), 1U);
        EXPECT_EQ(wide.count(), 1U);
    }
}

TEST(Ioeventfd, OneEventfdMayBeAtManyAddresses) {
    IoMachine machine;
    Event event;
    for (const auto offset : {0U, 4U, 0x100U})
        ASSERT_OK(machine.assign(event, address + offset, 4));
    ASSERT_OK(machine.assign(event, address, 2));
    EXPECT_EQ(machine.exits({store32(address, 1), store32(address + 4, 1), store32(address + 0x100, 1),
                             store16(address, 1), store32(address + 8, 1)}),
              (Stores{{address + 8, Width::b4, 1}}));
    EXPECT_EQ(event.count(), 4U);
}

TEST(Ioeventfd, ThereMayBeMoreThanAThousand) {
    IoMachine machine; // a limit that KVM has for other devices on the bus
    Event event;
    constexpr unsigned number = 1010;
    for (unsigned n = 0; n < number; ++n)
        ASSERT_OK(machine.assign(event, address + n * 8, 8)) << n;
    EXPECT_EQ(machine.exits({store64(address, 1), store64(address + 8 * (number - 1), 1), store64(address + 8 * 500, 1),
                             store64(address + 8 * number, 1)}),
              (Stores{{address + 8 * number, Width::b8, 1}}));
    EXPECT_EQ(event.count(), 3U);
}

TEST(Ioeventfd, MemoryIsNotTheBus) {
    IoMachine machine;
    Event event;
    const auto word = machine.allocate(8);
    ASSERT_OK(machine.assign(event, word, 4));
    EXPECT_EQ(machine.exits({store32(word, 7)}), Stores{});
    EXPECT_EQ(event.count(), 0U);
    EXPECT_VALUE(7, machine.ram<std::uint32_t>(word));
}

TEST(Ioeventfd, CatchesStoresToReadOnlyMemory) {
    IoMachine machine;
    constexpr virt::Gpa rom = layout::nowhere + 0x20'0000;
    const auto backing = must(virt::GuestMemory::allocate(rom, 0x1'0000));
    ASSERT_OK(machine.vm().add_memory({.id = virt::SlotId{1},
                                       .kind = virt::SlotKind::rom,
                                       .base = backing.base(),
                                       .size = backing.size(),
                                       .host = backing.host()}));
    Event event;
    ASSERT_OK(machine.assign(event, rom + 8, 4));
    EXPECT_EQ(machine.exits({store32(rom, 1), store32(rom + 8, 2)}), (Stores{{rom, Width::b4, 1}}));
    EXPECT_EQ(event.count(), 1U);
    EXPECT_VALUE(0, machine.puppet().load32(rom + 8));
    ASSERT_OK(machine.vm().remove_memory(virt::SlotId{1}));
}

TEST(Ioeventfd, AnAccessWithoutSyndromeIsNotCaught) {
    NEEDS_EXECUTION();
    IoMachine machine;
    Event event;
    ASSERT_OK(machine.vm().enable(virt::Capability::arm_nisv_to_user));
    ASSERT_OK(machine.assign(event, address, 0));
    const auto result = machine.puppet().run({store_pair(address, 1)});
    EXPECT_FALSE(result.finished);
    ASSERT_EQ(result.exits_of<virt::exit::NoSyndrome>().size(), 1U);
    EXPECT_EQ(result.exits_of<virt::exit::NoSyndrome>()[0].address, address);
    EXPECT_EQ(event.count(), 0U);
}

TEST(Ioeventfd, AnAccessWithoutSyndromeIsAnErrorUnlessAskedFor) {
    NEEDS_EXECUTION();
    IoMachine machine;
    Event event;
    ASSERT_OK(machine.assign(event, address, 0));
    machine.puppet().expect_error();
    const auto result = machine.puppet().run({store_pair(address, 1)});
    ASSERT_TRUE(result.error);
    EXPECT_EQ(result.error->code, ENOSYS);
    EXPECT_EQ(event.count(), 0U);
}

TEST(Ioeventfd, FramesOfTheVgicComeFirst) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic()); // the frames are there after the first run
    Event event;
    constexpr virt::Gpa nothing = layout::GICD + 0x1000; // no register, but the distributor's
    ASSERT_OK(machine.vm().assign(Ioeventfd{event.fd(), nothing, 4}));
    ASSERT_OK(machine.vm().assign(Ioeventfd{event.fd(), layout::gicr(0) + GICR_SETLPIR, 0}));
    const auto result = guest.run({store32(nothing, 1), store64(layout::gicr(0) + GICR_SETLPIR, 1)});
    EXPECT_TRUE(result.exits.empty());
    EXPECT_EQ(event.count(), 0U);
}

TEST(Ioeventfd, AnEventfdMayBeAnIrqfdToo) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, Trigger::edge));
    Event event;
    ASSERT_OK(machine.vm().assign(virt::Irqfd{event.fd(), gsi_of(40)}));
    ASSERT_OK(machine.vm().assign(Ioeventfd{event.fd(), address, 4}));
    for (int n = 0; n < 2; ++n) {
        EXPECT_TRUE(guest.run({store32(address, 1)}).exits.empty());
        EXPECT_EQ(guest.take(), Intids{40});
    }
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_EQ(count(machine, event), 0U);
}

TEST(Ioeventfd, ClosingTheEventfdLeavesItsPlaceTaken) {
    IoMachine machine;
    Event closed;
    Event other;
    ASSERT_OK(machine.assign(closed, address, 4));
    closed.close();
    EXPECT_EQ(machine.exits({store32(address, 1)}), Stores{});
    EXPECT_ERRNO(EEXIST, machine.assign(other, address, 4));
}

// What is refused.

TEST(Ioeventfd, LengthsAre0_1_2_4_8) {
    IoMachine machine;
    Event event;
    for (const auto length : {3U, 5U, 6U, 7U, 9U, 16U, 0x1'0000U, 0xFFFF'FFFFU})
        EXPECT_ERRNO(EINVAL, machine.assign(event, address, length)) << length;
    EXPECT_ERRNO(EINVAL, machine.assign(event, address, 0, 1)) << "no data without a length";
    EXPECT_ERRNO(EINVAL, machine.assign(event, address, 0, 0));
}

TEST(Ioeventfd, ARangeDoesNotWrap) {
    IoMachine machine;
    Event event;
    EXPECT_ERRNO(EINVAL, machine.assign(event, ~std::uint64_t{0}, 2));
    EXPECT_ERRNO(EINVAL, machine.assign(event, ~std::uint64_t{6}, 8));
    EXPECT_OK(machine.assign(event, ~std::uint64_t{7} - 8, 8));
    EXPECT_OK(machine.assign(event, ~std::uint64_t{0}, 0));
}

TEST(Ioeventfd, BindsEventfdsOnly) {
    IoMachine machine;
    Event event;
    const auto other = no_eventfd();
    EXPECT_ERRNO(EBADF, machine.vm().assign(Ioeventfd{-1, address, 4}));
    EXPECT_ERRNO(EINVAL, machine.vm().assign(Ioeventfd{other.get(), address, 4}));
    EXPECT_ERRNO(EBADF, machine.vm().deassign(Ioeventfd{-1, address, 4}));
    EXPECT_ERRNO(EINVAL, machine.vm().deassign(Ioeventfd{other.get(), address, 4}));
}

TEST(Ioeventfd, CollidesWithWhatWouldCatchTheSame) {
    pitfalls({64});
    struct Row {
        std::uint32_t length;
        std::optional<std::uint64_t> datamatch;
        std::uint32_t other_length;
        std::optional<std::uint64_t> other_datamatch;
        bool collides;
    };
    constexpr std::nullopt_t wildcard = std::nullopt;
    const Row rows[] = {
        {4, wildcard, 4, wildcard, true},
        {4, wildcard, 4, 1, true},
        {4, 1, 4, 1, true},
        {4, 1, 4, 2, false},
        {4, wildcard, 2, wildcard, false},
        {4, 1, 2, 1, false},
        {4, 1, 8, wildcard, false},
        {0, wildcard, 0, wildcard, true},
        {0, wildcard, 4, wildcard, true},
        {0, wildcard, 4, 1, true},
    };
    for (const auto& row : rows)
        for (const bool swapped : {false, true}) {
            IoMachine machine;
            Event one;
            Event two;
            const auto first = [&](const Event& event) {
                return machine.assign(event, address, row.length, row.datamatch);
            };
            const auto second = [&](const Event& event) {
                return machine.assign(event, address, row.other_length, row.other_datamatch);
            };
            ASSERT_OK(swapped ? second(one) : first(one));
            const auto result = swapped ? first(two) : second(two);
            EXPECT_EQ(result ? 0 : result.error().code, row.collides ? EEXIST : 0)
                << row.length << ' ' << row.other_length << ' ' << swapped;
        }
}

TEST(Ioeventfd, ACollisionIsOneOfAddressesAndNotOfEventfds) {
    IoMachine machine;
    Event event;
    ASSERT_OK(machine.assign(event, address, 4));
    EXPECT_ERRNO(EEXIST, machine.assign(event, address, 4)) << "the same one again";
    EXPECT_OK(machine.assign(event, address + 2, 4)) << "the same bytes from another address";
    EXPECT_OK(machine.assign(event, address + 4, 0));
}

// Taking it away.

TEST(Ioeventfd, DeassigningNamesAllOfIt) {
    IoMachine machine;
    Event event;
    Event other;
    ASSERT_OK(machine.assign(event, address, 4, 7));
    ASSERT_OK(machine.assign(event, address + 8, 4));
    EXPECT_ERRNO(ENOENT, machine.deassign(other, address, 4, 7));
    EXPECT_ERRNO(ENOENT, machine.deassign(event, address + 4, 4, 7));
    EXPECT_ERRNO(ENOENT, machine.deassign(event, address, 8, 7));
    EXPECT_ERRNO(ENOENT, machine.deassign(event, address, 0));
    EXPECT_ERRNO(ENOENT, machine.deassign(event, address, 4, 8));
    EXPECT_ERRNO(ENOENT, machine.deassign(event, address, 4)) << "any data";
    EXPECT_ERRNO(ENOENT, machine.deassign(event, address + 8, 4, 0)) << "this one has any data";
    EXPECT_EQ(machine.exits({store32(address, 7), store32(address + 8, 7)}), Stores{});
    EXPECT_OK(machine.deassign(event, address, 4, 7));
    EXPECT_ERRNO(ENOENT, machine.deassign(event, address, 4, 7));
    EXPECT_OK(machine.deassign(event, address + 8, 4));
    EXPECT_EQ(machine.exits({store32(address, 7), store32(address + 8, 7)}),
              (Stores{{address, Width::b4, 7}, {address + 8, Width::b4, 7}}));
    EXPECT_EQ(event.count(), 2U) << "which deassigning does not drain";
}

TEST(Ioeventfd, DeassigningDoesNotCheckWhatAssigningWould) {
    IoMachine machine;
    Event event;
    EXPECT_ERRNO(ENOENT, machine.deassign(event, address, 3));
    EXPECT_ERRNO(ENOENT, machine.deassign(event, address, 0, 1));
    EXPECT_ERRNO(ENOENT, machine.deassign(event, ~std::uint64_t{0}, 8));
}

TEST(Ioeventfd, WhatIsLeftAtAnAddressGoesOn) {
    IoMachine machine;
    Event one;
    Event two;
    ASSERT_OK(machine.assign(one, address, 4, 1));
    ASSERT_OK(machine.assign(two, address, 4, 2));
    ASSERT_OK(machine.deassign(one, address, 4, 1));
    EXPECT_EQ(machine.exits({store32(address, 1), store32(address, 2)}), (Stores{{address, Width::b4, 1}}));
    EXPECT_EQ(one.count(), 0U);
    EXPECT_EQ(two.count(), 1U);
    EXPECT_OK(machine.assign(one, address, 4, 1));
}

} // namespace
} // namespace conformance

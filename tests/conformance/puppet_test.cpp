// SPDX-License-Identifier: Apache-2.0
// What every other test relies on: the puppet reports what happened, and not what should have.
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;

constexpr std::uint64_t PSCI_VERSION = 0x8400'0000, PSCI_CPU_ON = 0xC400'0003, PSCI_SYSTEM_OFF = 0x8400'0008;
constexpr unsigned EC_data_abort = 0x25; // from the same Exception level

TEST(Puppet, ReportsExceptionsAndGoesOn) {
    NEEDS_EXECUTION();
    Machine machine(Bricks{});
    const auto result = machine.puppet().run(
        {mrs(ICC_SGI1R_EL1), mrs(TPIDR_EL1), load32(std::uint64_t{1} << 41), msr(TPIDR_EL1, 7), mrs(TPIDR_EL1)});
    EXPECT_TRUE(result.finished);
    EXPECT_TRUE(result[0].undefined());
    EXPECT_EQ(result[1].esr, 0U);
    EXPECT_EQ(result[2].exception_class(), EC_data_abort);
    EXPECT_VALUE(7, result[4].value);
    EXPECT_TRUE(result.exits.empty());
}

TEST(Puppet, ReadsAndWritesInEveryWidth) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    const auto word = machine.allocate(16);
    machine.set_ram(word, std::uint64_t{0x8877'6655'4433'2211});
    const auto result = guest.run({load8(word), load16(word), load32(word), load64(word), store8(word, 0xA1),
                                   store16(word + 2, 0xA2A3), store32(word + 4, 0xA4A5A6A7), load64(word)});
    EXPECT_VALUE(0x11, result[0].value);
    EXPECT_VALUE(0x2211, result[1].value);
    EXPECT_VALUE(0x4433'2211, result[2].value);
    EXPECT_VALUE(0x8877'6655'4433'2211, result[3].value);
    EXPECT_VALUE(0xA4A5'A6A7'A2A3'22A1, result[7].value);
    EXPECT_VALUE(0xA4A5'A6A7'A2A3'22A1, machine.ram<std::uint64_t>(word));
}

TEST(Puppet, TakesGroup0AsFiq) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.set_handler(Handler::eoi_dir);
    guest.run(open_gic(EOImode::drop) + enable_spi(40, Trigger::edge) + enable_spi(41, Trigger::edge) +
              List{store32(layout::GICD + word_of(GICD_IGROUPR, 40), ~bit_of(40)), msr(ICC_IGRPEN0_EL1, 1)});
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_OK(machine.set_spi(41, true));
    auto records = guest.run(take(2)).records;
    EXPECT_EQ(records, (std::vector<Record>{{40, Record::Kind::fiq}, {41, Record::Kind::irq}}));
    EXPECT_VALUE(0, guest.load32(layout::GICD + word_of(GICD_ISACTIVER, 40)));
}

TEST(Puppet, CallsTheHostInTheMiddleOfAList) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    int calls = 0;
    const auto result =
        guest.run(open_gic() + enable_spi(40, Trigger::edge) +
                  List{call([&] { ++calls; }), call([&] { must(machine.set_spi(40, true)); }), take(1)});
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(result.interrupts(), Intids{40});
}

TEST(Puppet, CallsFirmware) {
    NEEDS_EXECUTION();
    Machine machine(Bricks{.vcpus = {0, 1}});
    auto& guest = machine.puppet(0);
    EXPECT_GE(guest.one(hvc(PSCI_VERSION)), 0x1'0001U);
    ASSERT_OK(machine.vcpu(1).set_mp_state(virt::MpState::stopped));
    auto& other = machine.puppet(1);
    other.start(mrs(MPIDR_EL1));
    EXPECT_VALUE(0, guest.one(hvc(PSCI_CPU_ON, machine.affinity(1), PUPPET_IMAGE, 1)));
    EXPECT_VALUE(0x8000'0001, other.wait()[0].value);
    const auto result = guest.run(hvc(PSCI_SYSTEM_OFF));
    EXPECT_FALSE(result.finished);
    const auto events = result.exits_of<virt::exit::SystemEvent>();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].type, virt::exit::SystemEvent::Type::shutdown);
}

} // namespace
} // namespace conformance

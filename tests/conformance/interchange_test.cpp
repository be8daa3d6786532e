// SPDX-License-Identifier: Apache-2.0
// What one provider saved goes on at the other: the kernel's vGIC, ITSs and timers, and itsy's. Afterwards both are
// told the same and have to see the same, interrupt by interrupt, and to save the same. From the kernel to the kernel
// is the control: it shows that the test asks for no more than KVM keeps.
#include "tests/conformance/interchange/board.hpp"
#include "tests/conformance/interchange/exchange.hpp"
#include "tests/conformance/interchange/script.hpp"
#include "tests/conformance/provider.hpp"
#include "tests/conformance/provider_soft.hpp"
#include "tests/conformance/sysreg.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace conformance {
namespace {

using Texts = std::vector<std::string>;

struct Direction {
    const char* name;
    const Provider& (*from)();
    const Provider& (*to)();
};

void PrintTo(const Direction& direction, std::ostream* out) { *out << direction.name; }

class Interchange : public testing::TestWithParam<Direction> {};

constexpr std::size_t shown = 200; // lines before what differs

/// The first line that differs, with what led there.
std::string first_difference(const Texts& one, const Texts& other) {
    std::size_t n = 0;
    while (n < one.size() && n < other.size() && one[n] == other[n])
        ++n;
    if (n == one.size() && n == other.size())
        return {};
    std::string text;
    for (std::size_t before = n < shown ? 0 : n - shown; before < n; ++before)
        text += "\n    " + one[before];
    return text + "\n  from: " + (n < one.size() ? one[n] : "nothing") +
           "\n  to:   " + (n < other.size() ? other[n] : "nothing");
}

void exchange(const Direction& direction, const Shape& shape, std::uint64_t seed) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", " + direction.name);
    Author author(seed, shape);
    const auto beginning = author.beginning();
    const auto life = author.life(60);
    const auto later_life = author.later_life(40);
    const auto end = author.end();

    Board from(direction.from(), shape);
    auto history = play(beginning, from);
    for (auto& line : play(life, from))
        history.push_back(std::move(line));
    const auto state = from.save();

    Board to(direction.to(), shape);
    to.load(state, from);
    to.share_pending_tables(from);
    auto theirs = history;
    for (const auto* const script : {&later_life, &end}) {
        for (auto& line : play(*script, from))
            history.push_back(std::move(line));
        for (auto& line : play(*script, to))
            theirs.push_back(std::move(line));
    }
    if (const auto difference = first_difference(history, theirs); !difference.empty())
        FAIL() << difference;
    EXPECT_EQ(exchange_differences(from.save(), to.save()), Texts{});
}

TEST_P(Interchange, WhatComesOutIsWhatWentIn) {
    for (std::uint64_t seed = 1; seed <= 8 && !HasFailure(); ++seed) {
        const Shape shape{.vcpus = 1 + static_cast<unsigned>(seed % 4), .its = static_cast<unsigned>(seed % 3)};
        SCOPED_TRACE("seed " + std::to_string(seed));
        Author author(seed, shape);
        Board from(GetParam().from(), shape);
        static_cast<void>(play(author.beginning(), from));
        static_cast<void>(play(author.life(60), from));
        const auto state = from.save();
        Board to(GetParam().to(), shape);
        to.load(state, from);
        EXPECT_EQ(exchange_differences(state, to.save()), Texts{});
    }
}

TEST_P(Interchange, TheNextInterruptsAreTheSame) {
    for (std::uint64_t seed = 100; seed < 116 && !HasFailure(); ++seed)
        exchange(GetParam(), {.vcpus = 1 + static_cast<unsigned>(seed % 4), .its = static_cast<unsigned>(seed % 3)},
                 seed);
}

TEST_P(Interchange, TheNextInterruptsAreTheSameWithDropAndDeactivationApart) {
    for (std::uint64_t seed = 200; seed < 212 && !HasFailure(); ++seed)
        exchange(GetParam(), {.vcpus = 3, .its = 2, .mode = EOImode::drop}, seed);
}

/// As the CPUs of this host have it, which KVM shows to guests: a state does not go where they differ.
arm64::gic::Implementation implementation_of_the_host() {
    Machine machine(Bricks{}, host_provider());
    const auto CTLR = must(machine.icc(0, ICC_CTLR_EL1));
    return {.PRIbits = static_cast<unsigned>(CTLR >> 8 & 7) + 1,
            .IDbits = (CTLR >> 11 & 7) == 0 ? 16U : 24U,
            .A3V = (CTLR >> 15 & 1) != 0,
            .SEIS = (CTLR >> 14 & 1) != 0};
}

const Provider& soft_provider() {
    static const auto soft = make_soft_provider(implementation_of_the_host());
    return *soft;
}

std::string name_of(const testing::TestParamInfo<Direction>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Both, Interchange,
                         testing::Values(Direction{"FromTheKernelToTheKernel", host_provider, host_provider},
                                         Direction{"FromTheKernelToOurs", host_provider, soft_provider},
                                         Direction{"FromOursToTheKernel", soft_provider, host_provider}),
                         name_of);

} // namespace
} // namespace conformance

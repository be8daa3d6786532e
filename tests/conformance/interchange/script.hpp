// SPDX-License-Identifier: Apache-2.0
// What a board is told: lists of steps, random but valid, which say the same to every board that plays them.
#pragma once

#include "tests/conformance/interchange/board.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace conformance {

struct Cue {
    std::string text;
    std::function<std::string(Board&)> play;
};
using Script = std::vector<Cue>;

/// A line for each step: what it was, and what was seen.
[[nodiscard]] std::vector<std::string> play(const Script& script, Board& board);

/// Writes scripts. Every interrupt of a vCPU has a priority of its own, so that their order is the architecture's and
/// not a provider's. Before a state is saved nothing may be said that not even two VMs of one KVM agree on afterwards:
/// MOVALL, and events whose LPI is pending or whose collection is gone when they are unmapped.
class Author {
public:
    Author(std::uint64_t seed, const Shape& shape);

    /// The guest's initialisation: groups, priorities, routes, tables, devices, collections, events; timers.
    [[nodiscard]] Script beginning();
    /// So many of: interrupts made pending and withdrawn, enabled and disabled, acknowledged and ended; LPIs moved.
    [[nodiscard]] Script life(unsigned steps);
    /// The same, and what changes the mappings of an ITS.
    [[nodiscard]] Script later_life(unsigned steps);
    /// Ends what is active, opens every mask, signals every event and every line, maps anew.
    [[nodiscard]] Script end();

private:
    enum class Phase : std::uint8_t { before, after };

    [[nodiscard]] std::uint32_t roll(std::uint64_t below) { return static_cast<std::uint32_t>(random_() % below); }
    template <class Values>
    [[nodiscard]] auto pick(const Values& values) {
        return values[roll(values.size())];
    }
    [[nodiscard]] Script steps(unsigned number, Phase phase);
    void one_of_lines(Script& script);
    void one_of_registers(Script& script);
    void one_of_vcpus(Script& script);
    void one_of_messages(Script& script);
    void one_of_mappings(Script& script);
    void serve_all(Script& script) const;
    [[nodiscard]] std::uint8_t configuration(std::uint32_t lpi);

    std::mt19937_64 random_;
    const Shape shape_;
    std::vector<std::uint8_t> priorities_;
};

} // namespace conformance

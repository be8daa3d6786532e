// SPDX-License-Identifier: Apache-2.0
// Cases of one row, on a subject and on the oracles, and what came of it.
#pragma once

#include "tests/arch-arm64/cpu/differential/executor.hpp"
#include "tests/arch-arm64/cpu/differential/oracles.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace differential {

/// Of one row on one oracle.
struct Tally {
    std::uint64_t cases = 0; ///< compared
    std::uint64_t differences = 0;
    std::map<std::string_view, std::uint64_t> left_out; ///< by reason
    std::vector<std::string> first; ///< differences, in words
};

class Trial {
public:
    /// `subject` outlives it. `kept`: of each row's differences, as words.
    Trial(Executor& subject, std::size_t kept) : subject_(subject), kept_(kept) {}

    /// One tally for each oracle, in their order.
    [[nodiscard]] std::vector<Tally> run(std::span<const Case> cases, std::span<const OracleKind> oracles);

private:
    [[nodiscard]] Tally compare(OracleKind oracle, std::span<const Case> cases, std::span<const Outcome> ours);
    [[nodiscard]] Executor& executor(Program program);

    Executor& subject_;
    std::size_t kept_;
    std::map<Program, std::unique_ptr<Executor>> executors_;
};

} // namespace differential

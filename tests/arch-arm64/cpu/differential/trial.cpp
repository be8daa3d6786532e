// SPDX-License-Identifier: Apache-2.0
// See trial.hpp.
#include "tests/arch-arm64/cpu/differential/trial.hpp"
#include "tests/arch-arm64/cpu/differential/oracle.hpp"

#include <algorithm>

namespace differential {

std::vector<Tally> Trial::run(std::span<const Case> cases, std::span<const OracleKind> oracles) {
    const auto ours = subject_.execute(cases);
    std::vector<Tally> tallies;
    for (const auto oracle : oracles)
        tallies.push_back(compare(oracle, cases, ours));
    return tallies;
}

Tally Trial::compare(OracleKind oracle, std::span<const Case> cases, std::span<const Outcome> ours) {
    Tally tally;
    std::map<Program, std::vector<std::size_t>> by_program;
    for (std::size_t n = 0; n < cases.size(); ++n) {
        if (const auto reason = unable(oracle, cases[n]))
            ++tally.left_out[*reason];
        else
            by_program[program(oracle, cases[n])].push_back(n);
    }
    for (const auto& [program, indices] : by_program) {
        std::vector<Case> asked;
        for (const auto n : indices)
            asked.push_back(cases[n]);
        const auto theirs = executor(program).execute(asked);
        for (std::size_t n = 0; n < indices.size(); ++n) {
            const auto& our = ours[indices[n]];
            if (const auto reason = no_answer(oracle, asked[n], our, theirs[n])) {
                ++tally.left_out[*reason];
                continue;
            }
            ++tally.cases;
            const auto difference_found = difference(our, theirs[n], knowledge(oracle));
            if (!difference_found)
                continue;
            if (++tally.differences <= kept_)
                tally.first.push_back(describe(asked[n]) + "\n      " + *difference_found);
        }
    }
    return tally;
}

Executor& Trial::executor(Program program) {
    auto& executor = executors_[program];
    if (!executor)
        executor = std::make_unique<Oracle>(command(program));
    return *executor;
}

} // namespace differential

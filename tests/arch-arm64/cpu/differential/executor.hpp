// SPDX-License-Identifier: Apache-2.0
// What executes cases: our CPU, or an oracle.
#pragma once

#include "tests/arch-arm64/cpu/differential/case.hpp"

#include <span>
#include <string>
#include <vector>

namespace differential {

class Executor {
public:
    Executor() = default;
    virtual ~Executor() = default;
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;

    /// One outcome for each case, in their order.
    [[nodiscard]] virtual std::vector<Outcome> execute(std::span<const Case> cases) = 0;
};

} // namespace differential

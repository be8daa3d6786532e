// SPDX-License-Identifier: Apache-2.0
// The command line of test-differential.
#pragma once

#include "tests/arch-arm64/cpu/differential/oracles.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace differential {

struct Options {
    static constexpr const char* usage =
        "usage: test-differential [--seed N] [--cases N] [--row TEXT] [--word HEX] [--oracle qemu|vixl] [--all]\n"
        "       [--sequences N] [--oracles-only]\n"
        "  --cases N       of each row (default 200)\n"
        "  --row TEXT      rows whose names contain it\n"
        "  --word HEX      this instruction instead of rows\n"
        "  --sequences N   of several instructions (default 2000; 0 with --row)\n"
        "  --all           prints every difference, not the first of each row\n"
        "  --oracles-only  QEMU instead of our CPU, compared with VIXL\n";

    std::uint64_t seed = 1;
    std::uint64_t cases = 200;
    std::optional<std::uint64_t> sequences;
    std::string row;
    std::optional<std::uint32_t> word;
    std::vector<OracleKind> oracles{OracleKind::QEMU, OracleKind::VIXL};
    bool all = false;
    bool oracles_only = false;
};

/// Nothing: it is wrong.
[[nodiscard]] std::optional<Options> parse(int argc, char** argv);

} // namespace differential

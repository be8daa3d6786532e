// SPDX-License-Identifier: Apache-2.0
// The command line of `itsy bench irq`.
#pragma once

#include "vmm/backend.hpp"
#include "vmm/bench/paths.hpp"
#include "vmm/options.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace vmm::bench {

struct IrqOptions {
    std::vector<Path> paths;       ///< in the order of the report, each once
    std::vector<VcpuState> states; ///< likewise
    std::uint32_t count = 10'000;
    std::uint32_t warmup = 100;
    std::optional<std::uint32_t> rate; ///< per second
    bool json = false;
    BackendOptions backend;
};

/// Parses what follows `itsy bench irq`. Defined in vmm/options.cpp, the one translation unit that knows CLI11.
[[nodiscard]] std::variant<IrqOptions, Usage> parse_irq_options(std::span<char* const> arguments);

} // namespace vmm::bench

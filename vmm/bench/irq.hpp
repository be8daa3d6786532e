// SPDX-License-Identifier: Apache-2.0
// The command `itsy bench irq`.
#pragma once

#include "vmm/bench/options.hpp"

#include <string_view>

namespace vmm::bench {

/// Measures, prints the report on stdout, and what went wrong as sentences on stderr. Answers the exit status: 0; 1 if
/// a guest got other interrupts than were sent; 125 if the host could not go on.
[[nodiscard]] int run_irq(const IrqOptions& options, std::string_view version);

inline constexpr int mismatch_status = 1;

} // namespace vmm::bench

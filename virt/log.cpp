// SPDX-License-Identifier: Apache-2.0
// lkvm's message format.
#include "virt/log.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <string>

namespace virt::log {
namespace {

std::atomic<Level> current = Level::info;
std::atomic<bool> raw_terminal = false;

} // namespace

void set_level(Level level) { current = level; }
bool shows(Level level) { return level <= current; }
void set_raw_terminal(bool raw) { raw_terminal = raw; }

void write(Level level, std::string_view text) {
    static constexpr std::array names{"Fatal", "Error", "Warning", "Info", "Debug"};
    std::string line = "  " + std::string(names.at(static_cast<std::size_t>(level))) + ": " + std::string(text);
    line += raw_terminal ? "\r\n" : "\n";
    // A message that stderr does not take has no other place to go.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace virt::log

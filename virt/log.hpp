// SPDX-License-Identifier: Apache-2.0
// Messages to the user, on stderr: stdout is the guest's console only.
#pragma once

#include <fmt/core.h>

#include <string_view>
#include <utility>

namespace virt::log {

/// lkvm's names for --loglevel; a level shows itself and those before it.
enum class Level { fatal, error, warning, info, debug };

/// The one process-wide setting: a message may come from anywhere, and threading a logger through every
/// constructor would buy nothing. Set once, before threads start.
void set_level(Level level);
[[nodiscard]] bool shows(Level level);

/// Writes "  Warning: TEXT" and a newline in one system call. While `set_raw_terminal(true)`, with a carriage return.
void write(Level level, std::string_view text);
void set_raw_terminal(bool raw);

/// The sentence with which the program ends.
inline void fatal(std::string_view sentence) { write(Level::fatal, sentence); }

template <class... Args>
void error(fmt::format_string<Args...> text, Args&&... args) {
    if (shows(Level::error))
        write(Level::error, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> text, Args&&... args) {
    if (shows(Level::warning))
        write(Level::warning, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void info(fmt::format_string<Args...> text, Args&&... args) {
    if (shows(Level::info))
        write(Level::info, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void debug(fmt::format_string<Args...> text, Args&&... args) {
    if (shows(Level::debug))
        write(Level::debug, fmt::format(text, std::forward<Args>(args)...));
}

} // namespace virt::log

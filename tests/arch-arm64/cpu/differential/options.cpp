// SPDX-License-Identifier: Apache-2.0
// See options.hpp.
#include "tests/arch-arm64/cpu/differential/options.hpp"

#include <charconv>
#include <string_view>

namespace differential {
namespace {

template <class T>
bool number(std::string_view text, T& value, int base) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc{} && end == text.data() + text.size();
}

bool is_number(std::string_view name, std::string_view value, Options& options) {
    if (name == "--seed")
        return number(value, options.seed, 10);
    if (name == "--cases")
        return number(value, options.cases, 10);
    if (name == "--sequences")
        return number(value, options.sequences.emplace(), 10);
    return name == "--word" && number(value, options.word.emplace(), 16);
}

} // namespace

std::optional<Options> parse(int argc, char** argv) {
    Options options;
    for (int n = 1; n < argc; ++n) {
        const std::string_view name = argv[n];
        if (name == "--all") {
            options.all = true;
            continue;
        }
        if (name == "--oracles-only") {
            options.oracles_only = true;
            continue;
        }
        if (++n == argc)
            return std::nullopt;
        const std::string_view value = argv[n];
        if (name == "--row")
            options.row = value;
        else if (name == "--oracle" && value == "qemu")
            options.oracles = {OracleKind::QEMU};
        else if (name == "--oracle" && value == "vixl")
            options.oracles = {OracleKind::VIXL};
        else if (!is_number(name, value, options))
            return std::nullopt;
    }
    return options;
}

} // namespace differential

// SPDX-License-Identifier: Apache-2.0
// A command's options, given as words.
#pragma once

#include "vmm/options.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace vmm::command_line {

template <auto parse_options>
auto parse(std::vector<std::string> words) {
    std::vector<char*> pointers;
    pointers.reserve(words.size());
    for (auto& word : words)
        pointers.push_back(word.data());
    return parse_options(pointers);
}

/// The options. Fails the test, and answers the defaults, if the words are refused.
template <auto parse_options>
auto accepted(std::vector<std::string> words) {
    auto parsed = parse<parse_options>(std::move(words));
    using Options = std::variant_alternative_t<0, decltype(parsed)>;
    if (const auto* usage = std::get_if<Usage>(&parsed)) {
        ADD_FAILURE() << usage->text;
        return Options{};
    }
    return std::get<Options>(std::move(parsed));
}

/// What stderr says, with status 2. Fails the test if the words are accepted.
template <auto parse_options>
std::string refused(std::vector<std::string> words) {
    const auto parsed = parse<parse_options>(std::move(words));
    const auto* usage = std::get_if<Usage>(&parsed);
    if (usage == nullptr) {
        ADD_FAILURE() << "was accepted";
        return {};
    }
    EXPECT_EQ(usage->status, usage_status);
    return usage->text;
}

} // namespace vmm::command_line

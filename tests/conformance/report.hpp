// SPDX-License-Identifier: Apache-2.0
// What a run of the suite says at its end: counts, skips with their reasons, pitfalls covered.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace conformance {

/// What a run must come to beside passing.
struct Demands {
    bool all_pitfalls = false; ///< no row is missing (skipped ones are not missing)
    std::optional<std::size_t> most_skips = {};
};

class Report final : public testing::EmptyTestEventListener {
public:
    static constexpr unsigned pitfall_rows = 70;

    void OnTestEnd(const testing::TestInfo& test) override;

    /// Prints it. Answers whether the run may count as passed: something ran, nothing failed, and the demands are met.
    [[nodiscard]] bool conclude(const testing::UnitTest& run, const Demands& demands) const;

private:
    struct Area {
        unsigned passed = 0;
        unsigned failed = 0;
        unsigned skipped = 0;
    };
    std::map<std::string, Area> areas_; ///< by test suite
    std::vector<std::pair<std::string, std::string>> skips_; ///< test, reason
    std::set<unsigned> covered_; ///< by tests that passed
    std::set<unsigned> skipped_; ///< named by skipped tests
};

} // namespace conformance

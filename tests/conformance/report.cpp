// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/report.hpp"

#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"

#include <cstdio>
#include <sstream>
#include <string_view>

namespace conformance {
namespace {

constexpr const char* property = "pitfalls";

// Rows that need a guest operating system, or VFIO.
const std::set<unsigned> elsewhere = {45, 65, 66, 67};

std::string one_line(std::string text) {
    for (auto& c : text)
        if (c == '\n')
            c = ' ';
    return text;
}

std::string join(const std::set<unsigned>& rows) {
    std::string text;
    for (const auto row : rows)
        text += (text.empty() ? "" : " ") + std::to_string(row);
    return text.empty() ? "none" : text;
}

} // namespace

void pitfalls(std::initializer_list<unsigned> rows) { testing::Test::RecordProperty(property, join(rows)); }

void Report::OnTestEnd(const testing::TestInfo& test) {
    const auto& result = *test.result();
    auto& area = areas_[test.test_suite_name()];
    if (result.Skipped()) {
        ++area.skipped;
        std::string reason = "no reason given";
        for (int n = 0; n < result.total_part_count(); ++n)
            if (result.GetTestPartResult(n).skipped())
                reason = one_line(result.GetTestPartResult(n).message());
        skips_.emplace_back(std::string(test.test_suite_name()) + '.' + test.name(), reason);
    } else {
        ++(result.Passed() ? area.passed : area.failed);
    }
    for (int n = 0; n < result.test_property_count(); ++n) {
        if (std::string_view(result.GetTestProperty(n).key()) != property)
            continue;
        std::istringstream rows(result.GetTestProperty(n).value());
        for (unsigned row = 0; rows >> row;) {
            if (result.Skipped())
                skipped_.insert(row);
            else if (result.Passed())
                covered_.insert(row);
        }
    }
}

bool Report::conclude(const testing::UnitTest& run, const Demands& demands) const {
    std::set<unsigned> missing;
    std::set<unsigned> only_skipped;
    for (unsigned row = 1; row <= pitfall_rows; ++row) {
        if (covered_.contains(row) || elsewhere.contains(row))
            continue;
        (skipped_.contains(row) ? only_skipped : missing).insert(row);
    }
    const int passed = run.successful_test_count();
    const int failed = run.failed_test_count();
    std::printf("conformance: provider: %s\n", provider().name().c_str());
    for (const auto& [name, area] : areas_)
        std::printf("conformance: area %s: %u passed, %u failed, %u skipped\n", name.c_str(), area.passed, area.failed,
                    area.skipped);
    for (const auto& [test, reason] : skips_)
        std::printf("conformance: skipped %s: %s\n", test.c_str(), reason.c_str());
    std::printf("conformance: pitfalls covered: %s\n", join(covered_).c_str());
    std::printf("conformance: pitfalls skipped: %s\n", join(only_skipped).c_str());
    std::printf("conformance: pitfalls missing: %s\n", join(missing).c_str());
    std::printf("conformance: %d run, %d passed, %d failed, %zu skipped\n", passed + failed, passed, failed,
                skips_.size());
    const bool too_many = demands.most_skips && skips_.size() > *demands.most_skips;
    if (too_many)
        std::printf("conformance: FAILED: at most %zu may be skipped here\n", *demands.most_skips);
    std::fflush(stdout);
    return passed > 0 && failed == 0 && run.Passed() && !too_many && (!demands.all_pitfalls || missing.empty());
}

} // namespace conformance

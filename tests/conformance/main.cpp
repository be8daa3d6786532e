// SPDX-License-Identifier: Apache-2.0
// The conformance suite on the provider that this program is linked with. Options: GoogleTest's, and --all-pitfalls,
// which fails unless each row of the table is covered or skipped with a reason.
#include "tests/conformance/report.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <string_view>

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    bool all_pitfalls = false;
    for (int n = 1; n < argc; ++n) {
        if (std::string_view(argv[n]) != "--all-pitfalls") {
            std::fprintf(stderr, "conformance: unknown option %s\n", argv[n]);
            return 2;
        }
        all_pitfalls = true;
    }
    auto& run = *testing::UnitTest::GetInstance();
    auto* const report = new conformance::Report; // owned by the listeners
    run.listeners().Append(report);
    const int status = RUN_ALL_TESTS();
    if (GTEST_FLAG_GET(list_tests))
        return status;
    return report->conclude(run, all_pitfalls) && status == 0 ? 0 : 1;
}

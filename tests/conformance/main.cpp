// SPDX-License-Identifier: Apache-2.0
// The conformance suite on the provider that this program is linked with. Options: GoogleTest's; --all-pitfalls, which
// fails unless each row of the table is covered or skipped with a reason; --most-skips N, which fails if more are
// skipped.
#include "tests/conformance/report.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    conformance::Demands demands;
    for (int n = 1; n < argc; ++n) {
        const std::string_view option = argv[n];
        if (option == "--all-pitfalls") {
            demands.all_pitfalls = true;
        } else if (option == "--most-skips" && n + 1 < argc) {
            demands.most_skips = std::strtoul(argv[++n], nullptr, 10);
        } else {
            std::fprintf(stderr, "conformance: unknown option %s\n", argv[n]);
            return 2;
        }
    }
    auto& run = *testing::UnitTest::GetInstance();
    auto* const report = new conformance::Report; // owned by the listeners
    run.listeners().Append(report);
    const int status = RUN_ALL_TESTS();
    if (GTEST_FLAG_GET(list_tests))
        return status;
    return report->conclude(run, demands) && status == 0 ? 0 : 1;
}

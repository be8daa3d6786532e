// SPDX-License-Identifier: Apache-2.0
// The table's lines and the document's shape.
#include "vmm/bench/report.hpp"

#include "vmm/bench/clock.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace vmm::bench {
namespace {

constexpr Percentiles ticks{.count = 3, .min = 1, .p50 = 2, .p90 = 3, .p99 = 4, .p99_9 = 5, .max = 6};

Report example() {
    Measurement measured{.plan = {Path::spi_resample_dir, VcpuState::wfi, 3, 1, {}}, .rate = 500};
    measured.sent = measured.received = 3;
    measured.resampled = 3;
    measured.latency = ticks;
    Measurement skipped{.plan = {Path::lpi_irqfd, VcpuState::running, 3, 1, {}},
                        .status = Measurement::Status::skipped,
                        .reason = "this KVM has no ITS"};
    Measurement failed{.plan = {Path::spi_irqfd, VcpuState::running, 3, 1, {}},
                       .status = Measurement::Status::failed,
                       .reason = "1 of 3 interrupts never arrived"};
    failed.sent = 3;
    failed.received = 1;
    failed.coalesced = 1;
    return {.version = "0.1.0",
            .kernel = "6.1.0",
            .cpus = 2,
            .halt_poll_ns = std::nullopt,
            .backend = "kvm",
            .irqchip = "gicv3",
            .counter_frequency = 62'500'000,
            .measurements = {measured, skipped, failed}};
}

TEST(Report, TableHasALineForEach) {
    const auto table = as_table(example());
    EXPECT_NE(table.find("spi-resample-dir  wfi         500       3        3         0       32       48"),
              std::string::npos)
        << table;
    EXPECT_NE(table.find("resampled 3\n"), std::string::npos);
    EXPECT_NE(table.find("lpi-irqfd         running  skipped: this KVM has no ITS\n"), std::string::npos);
    EXPECT_NE(table.find("FAILED: 1 of 3 interrupts never arrived\n"), std::string::npos);
}

TEST(Report, DocumentHasWhatATableHas) {
    const auto json = nlohmann::json::parse(as_json(example()));
    EXPECT_EQ(json.at("itsy"), "0.1.0");
    EXPECT_EQ(json.at("host_kernel"), "6.1.0");
    EXPECT_EQ(json.at("host_cpus"), 2);
    EXPECT_TRUE(json.at("halt_poll_ns").is_null());
    EXPECT_EQ(json.at("backend"), "kvm");
    EXPECT_EQ(json.at("irqchip"), "gicv3");
    EXPECT_EQ(json.at("counter_frequency"), 62'500'000);
    ASSERT_EQ(json.at("measurements").size(), 3U);

    const auto& measured = json.at("measurements")[0];
    EXPECT_EQ(measured.at("path"), "spi-resample-dir");
    EXPECT_EQ(measured.at("state"), "wfi");
    EXPECT_EQ(measured.at("status"), "measured");
    EXPECT_EQ(measured.at("rate"), 500);
    EXPECT_EQ(measured.at("resampled"), 3);
    EXPECT_EQ(measured.at("samples"), 3);
    EXPECT_EQ(measured.at("latency_ticks").at("p99.9"), 5);
    EXPECT_EQ(measured.at("latency_ns").at("p99.9"), 80);
    EXPECT_FALSE(measured.contains("reason"));

    const auto& skipped = json.at("measurements")[1];
    EXPECT_EQ(skipped.at("status"), "skipped");
    EXPECT_EQ(skipped.at("reason"), "this KVM has no ITS");
    EXPECT_FALSE(skipped.contains("latency_ns"));

    const auto& failed = json.at("measurements")[2];
    EXPECT_EQ(failed.at("status"), "failed");
    EXPECT_EQ(failed.at("received"), 1);
    EXPECT_FALSE(failed.contains("resampled"));
}

TEST(Report, TicksAreConvertedWithoutOverflow) {
    EXPECT_EQ(ticks_to_ns(UINT64_C(1) << 60, 1'000'000'000), UINT64_C(1) << 60);
    EXPECT_EQ(ticks_to_ns(3, 2), 1'500'000'000U);
    EXPECT_EQ(ticks_to_ns(ticks, 62'500'000).count, 3U);
}

} // namespace
} // namespace vmm::bench

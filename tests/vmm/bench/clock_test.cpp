// SPDX-License-Identifier: Apache-2.0
// Ticks, nanoseconds, rates, and waiting for a time.
#include "vmm/bench/clock.hpp"

#include "vmm/bench/measurement.hpp"
#include "vmm/bench/report.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace vmm::bench {
namespace {

/// A system whose counter is the host's steady clock.
class Counter final : public arm64::System {
public:
    explicit Counter(std::uint64_t frequency) : frequency_(frequency) {}

    [[nodiscard]] int check_extension(virt::Capability) const override { return 0; }
    virt::expected<std::unique_ptr<arm64::Vm>> create_vm(unsigned) override {
        return virt::failure(ENOSYS, "create a virtual machine");
    }
    [[nodiscard]] unsigned max_ipa_bits() const override { return 40; }
    [[nodiscard]] std::uint64_t counter() const override {
        return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    }
    [[nodiscard]] std::uint64_t counter_frequency() const override { return frequency_; }

private:
    std::uint64_t frequency_;
};

constexpr std::uint64_t year_of_seconds = 365ULL * 86400;

TEST(Clock, TicksAndNanoseconds) {
    const Counter system(62'500'000);
    const Clock clock(system);
    EXPECT_EQ(clock.to_ns(1), 16U);
    EXPECT_EQ(clock.to_ticks(std::chrono::nanoseconds(31)), 1U);
    EXPECT_EQ(clock.to_ticks(std::chrono::seconds(2)), 125'000'000U);
    // No overflow on a machine that has been up for years.
    EXPECT_EQ(clock.to_ns(62'500'000 * year_of_seconds), 1'000'000'000 * year_of_seconds);
    EXPECT_EQ(clock.to_ticks(std::chrono::nanoseconds(1'000'000'000 * year_of_seconds)), 62'500'000 * year_of_seconds);
}

TEST(Clock, WaitsUntilThenAndNotForWhatIsPast) {
    const Counter system(1'000'000'000);
    const Clock clock(system);
    const auto time = clock.now() + clock.to_ticks(std::chrono::milliseconds(2));
    clock.wait_until(time);
    EXPECT_GE(clock.now(), time);
    clock.wait_until(0);
}

TEST(SensibleRate, LeavesTenTimesTheMedian) {
    EXPECT_EQ(sensible_rate(0), 10'000U);
    EXPECT_EQ(sensible_rate(10'000), 10'000U);
    EXPECT_EQ(sensible_rate(10'001), 5'000U);
    EXPECT_EQ(sensible_rate(100'000), 1'000U);
    EXPECT_EQ(sensible_rate(100'000'000), 1U);
    EXPECT_EQ(sensible_rate(UINT64_MAX / 10), 1U);
}

} // namespace
} // namespace vmm::bench

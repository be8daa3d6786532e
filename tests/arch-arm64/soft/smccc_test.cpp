// SPDX-License-Identifier: Apache-2.0
// Services beside PSCI, which tests/conformance has; called by HVC.
#include "arch-arm64/soft/smccc.hpp"

#include "tests/arch-arm64/soft/machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <set>

namespace arm64::soft {
namespace {

using test::Machine;
using test::must;
using Answer = std::array<std::uint64_t, 4>;

constexpr std::uint64_t TRNG_VERSION = 0x8400'0050, TRNG_FEATURES = 0x8400'0051, TRNG_GET_UUID = 0x8400'0052,
                        TRNG_RND32 = 0x8400'0053, TRNG_RND64 = 0xC400'0053, ARCH_FEATURES = 0x8000'0001,
                        VENDOR_PTP = 0x8600'0001, PV_TIME_FEATURES = 0xC500'0020, PV_TIME_ST = 0xC500'0021;
constexpr auto INVALID_PARAMETER = ~std::uint64_t{1};

Answer call(Machine& machine, std::uint64_t function, std::uint64_t x1 = 0) {
    machine.put(Machine::RAM, {test::code::HVC, test::code::MOV_x5_nowhere, test::code::STR_x0_x5});
    must(machine.vcpus[0]->finish());
    machine.set_pc(Machine::RAM);
    machine.set_x(0, function);
    machine.set_x(1, x1);
    machine.run();
    return {machine.x(0), machine.x(1), machine.x(2), machine.x(3)};
}

TEST(Smccc, RandomNumbersHaveTheBitsThatWereAskedForAndNoMore) {
    Machine machine;
    EXPECT_EQ(call(machine, TRNG_VERSION)[0], 0x1'0000U);
    for (const auto known : {TRNG_VERSION, TRNG_FEATURES, TRNG_GET_UUID, TRNG_RND32, TRNG_RND64})
        EXPECT_EQ(call(machine, TRNG_FEATURES, known)[0], 0U);
    EXPECT_EQ(call(machine, TRNG_FEATURES, 0x8400'0054)[0], NOT_SUPPORTED);
    for (const auto& [function, width] : {std::pair{TRNG_RND32, 32U}, {TRNG_RND64, 64U}}) {
        EXPECT_EQ(call(machine, function, 0)[0], INVALID_PARAMETER);
        EXPECT_EQ(call(machine, function, 3 * width + 1)[0], INVALID_PARAMETER);
        for (unsigned bits = 1; bits <= 3 * width; ++bits) {
            Answer seen{}; // of a few calls: a bit that is always 0 is one that nobody fills
            for (int n = 0; n < 40; ++n) {
                const auto answer = call(machine, function, bits);
                EXPECT_EQ(answer[0], 0U);
                for (std::size_t i = 1; i < 4; ++i)
                    seen[i] |= answer[i];
            }
            for (unsigned word = 0; word < 3; ++word) { // X3 has the lowest
                const unsigned left = bits > word * width ? std::min(bits - word * width, width) : 0;
                const auto all = left == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
                EXPECT_EQ(seen[3 - word], all) << function << ' ' << bits;
            }
        }
    }
}

TEST(Smccc, TheClockOfTheHostComesWithTheCountOfTheGuest) {
    Machine machine;
    const auto ns = [](const Answer& answer) { return answer[0] << 32 | answer[1]; };
    const auto count = [](const Answer& answer) { return answer[2] << 32 | answer[3]; };
    const auto now = [] {
        return static_cast<std::uint64_t>(
            std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count());
    };
    const auto before = now();
    const auto physical_before = machine.system->counter();
    const auto virtual_time = call(machine, VENDOR_PTP, 0);
    const auto physical_time = call(machine, VENDOR_PTP, 1);
    EXPECT_LE(before, ns(virtual_time));
    EXPECT_LE(ns(physical_time), now());
    EXPECT_LE(physical_before, count(physical_time));
    EXPECT_LE(count(physical_time), machine.system->counter());
    EXPECT_LT(count(virtual_time), count(physical_time)) << "it began with the VM";
    EXPECT_EQ(call(machine, VENDOR_PTP, 2)[0], NOT_SUPPORTED);
}

TEST(Smccc, NothingIsToBeWorkedAround) {
    Machine machine;
    EXPECT_EQ(call(machine, ARCH_FEATURES, 0x8000'8000)[0], 1U);
    EXPECT_EQ(call(machine, ARCH_FEATURES, 0x8000'3FFF)[0], 1U);
    EXPECT_EQ(call(machine, ARCH_FEATURES, 0x8000'7FFF)[0], ~std::uint64_t{1});
    EXPECT_EQ(call(machine, 0x8000'8000)[0], 0U) << "and may be called";
}

TEST(Smccc, NoStolenTimeIsKept) {
    Machine machine;
    EXPECT_EQ(call(machine, ARCH_FEATURES, PV_TIME_FEATURES)[0], 0U);
    EXPECT_EQ(call(machine, PV_TIME_FEATURES, PV_TIME_ST)[0], NOT_SUPPORTED);
    EXPECT_EQ(call(machine, PV_TIME_ST)[0], NOT_SUPPORTED);
}

} // namespace
} // namespace arm64::soft

// SPDX-License-Identifier: Apache-2.0
// The command line of `itsy bench irq`.
#include "vmm/bench/options.hpp"

#include "tests/vmm/command_line.hpp"

#include <gtest/gtest.h>

namespace vmm::bench {
namespace {

constexpr auto parse = command_line::parse<parse_irq_options>;
constexpr auto accepted = command_line::accepted<parse_irq_options>;
constexpr auto refused = command_line::refused<parse_irq_options>;

TEST(IrqOptions, Defaults) {
    const auto options = accepted({});
    EXPECT_EQ(options.paths.size(), path_names.size());
    EXPECT_EQ(options.states.size(), state_names.size());
    EXPECT_EQ(options.count, 10'000U);
    EXPECT_EQ(options.warmup, 100U);
    EXPECT_EQ(options.rate, std::nullopt);
    EXPECT_FALSE(options.json);
    EXPECT_EQ(options.backend.device, "/dev/kvm");
}

TEST(IrqOptions, AllOfThem) {
    const auto options = accepted({"--path", "lpi-signal", "--state=wfi", "--count", "7", "--warmup", "1", "--rate",
                                   "50", "--json", "--dev", "/dev/kvm2", "--hide", "its"});
    EXPECT_EQ(options.paths, std::vector{Path::lpi_signal});
    EXPECT_EQ(options.states, std::vector{VcpuState::wfi});
    EXPECT_EQ(options.count, 7U);
    EXPECT_EQ(options.warmup, 1U);
    EXPECT_EQ(options.rate, 50U);
    EXPECT_TRUE(options.json);
    EXPECT_EQ(options.backend.device, "/dev/kvm2");
    EXPECT_TRUE(options.backend.hidden.hides(virt::DeviceType::vgic_its));
}

TEST(IrqOptions, PathsAreListedOrRepeatedAndComeInTheReportsOrder) {
    const std::vector<Path> wanted{Path::spi_irqfd, Path::spi_line, Path::doorbell};
    EXPECT_EQ(accepted({"--path", "doorbell,spi-irqfd,spi-line"}).paths, wanted);
    EXPECT_EQ(accepted({"--path", "doorbell", "--path", "spi-line,spi-irqfd,doorbell"}).paths, wanted);
}

TEST(IrqOptions, EveryPathHasItsName) {
    for (const auto& path : path_names) {
        EXPECT_EQ(accepted({"--path", std::string(path.name)}).paths, std::vector{path.value});
        EXPECT_EQ(name_of(path.value), path.name);
    }
}

TEST(IrqOptions, WrongOnesAreNamed) {
    EXPECT_NE(refused({"--path", "smoke-signal"}).find("smoke-signal"), std::string::npos);
    EXPECT_NE(refused({"--path", "smoke-signal"}).find("doorbell"), std::string::npos);
    EXPECT_NE(refused({"--state", "asleep"}).find("wfi"), std::string::npos);
    EXPECT_NE(refused({"--count", "0"}).find("from 1 to 1000000, not 0"), std::string::npos);
    EXPECT_NE(refused({"--count", "-5"}).find("not -5"), std::string::npos);
    EXPECT_NE(refused({"--count", "many"}).find("--count"), std::string::npos);
    EXPECT_NE(refused({"--warmup", "0"}).find("not 0"), std::string::npos);
    EXPECT_NE(refused({"--rate", "1000001"}).find("not 1000001"), std::string::npos);
    EXPECT_NE(refused({"--hide", "nothing"}).find("msi-devid"), std::string::npos);
    EXPECT_NE(refused({"--bogus"}).find("--bogus"), std::string::npos);
    EXPECT_NE(refused({"--bogus"}).find("see 'itsy bench irq --help'"), std::string::npos);
    EXPECT_NE(refused({"more"}).find("more"), std::string::npos);
}

TEST(IrqOptions, HelpListsThePaths) {
    const auto parsed = parse({"--help"});
    const auto& usage = std::get<Usage>(parsed);
    EXPECT_EQ(usage.status, 0);
    for (const auto& path : path_names)
        EXPECT_NE(usage.text.find(path.name), std::string::npos);
}

} // namespace
} // namespace vmm::bench

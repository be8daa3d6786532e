// SPDX-License-Identifier: Apache-2.0
// The command line: lkvm's spelling, and what a wrong one is told.
#include "vmm/options.hpp"

#include "tests/vmm/command_line.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vmm {
namespace {

constexpr auto parse = command_line::parse<parse_run_options>;
constexpr auto accepted = command_line::accepted<parse_run_options>;
constexpr auto refused = command_line::refused<parse_run_options>;

TEST(Options, ShortAndLongSpelling) {
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"-k", "Image", "-i", "initrd", "-p", "quiet", "-c", "2", "-m", "512", "-n", "mode=none"},
             {"--kernel", "Image", "--initrd=initrd", "--params=quiet", "--cpus=2", "--mem=512M",
              "--network=mode=none"},
             {"Image", "-iinitrd", "-pquiet", "-c2", "-m512"}}) {
        const auto options = accepted(words);
        EXPECT_EQ(options.kernel, "Image");
        EXPECT_EQ(options.initrd, "initrd");
        EXPECT_EQ(options.params, "quiet");
        EXPECT_EQ(options.cpus, 2U);
        EXPECT_EQ(options.memory, std::uint64_t{512} << 20);
    }
}

TEST(Options, Defaults) {
    const auto options = accepted({"-k", "Image"});
    EXPECT_EQ(options.cpus, std::nullopt);
    EXPECT_EQ(options.memory, std::nullopt);
    EXPECT_EQ(options.irqchip, std::nullopt);
    EXPECT_EQ(options.backend.backend, Backend::automatic);
    EXPECT_EQ(options.backend.device, "/dev/kvm");
    EXPECT_TRUE(options.defaults);
    EXPECT_TRUE(options.reboot);
    EXPECT_EQ(options.loglevel, virt::log::Level::info);
    EXPECT_EQ(options.name.rfind("guest-", 0), 0U);
}

TEST(Options, TheRest) {
    const auto options =
        accepted({"-k",         "Image",     "--irqchip", "gicv3",       "--console", "serial",    "--nodefaults",
                  "--loglevel", "warning",   "--name",    "me",          "--dev",     "/dev/kvm2", "--dump-dtb",
                  "x.dtb",      "--timeout", "30",        "--no-reboot", "--hide",    "its"});
    EXPECT_EQ(options.irqchip, Irqchip::gicv3);
    EXPECT_FALSE(options.defaults);
    EXPECT_EQ(options.loglevel, virt::log::Level::warning);
    EXPECT_EQ(options.name, "me");
    EXPECT_EQ(options.backend.device, "/dev/kvm2");
    EXPECT_EQ(options.backend.backend, Backend::kvm) << "which has a device";
    EXPECT_EQ(options.dump_dtb, "x.dtb");
    EXPECT_EQ(options.timeout, std::chrono::seconds(30));
    EXPECT_FALSE(options.reboot);
    EXPECT_TRUE(options.backend.hidden.hides(virt::DeviceType::vgic_its));
}

TEST(Options, TheLastOneCounts) { EXPECT_EQ(accepted({"-k", "Image", "-c", "1", "--cpus", "3"}).cpus, 3U); }

TEST(Options, ParamsMayLookLikeOptions) {
    EXPECT_EQ(accepted({"-k", "Image", "-p", "console=ttyS0 -- -v"}).params, "console=ttyS0 -- -v");
}

TEST(Options, WrongOnesAreNamed) {
    EXPECT_NE(refused({"-k", "Image", "--bogus"}).find("--bogus"), std::string::npos);
    EXPECT_NE(refused({}).find("kernel"), std::string::npos);
    EXPECT_NE(refused({"-k", "Image", "-c", "0"}).find("at least 1, not 0"), std::string::npos);
    EXPECT_NE(refused({"-k", "Image", "-c", "-1"}).find("at least 1, not -1"), std::string::npos);
    EXPECT_NE(refused({"-k", "Image", "-c", "many"}).find("--cpus"), std::string::npos);
    EXPECT_NE(refused({"-k", "Image", "-m", "1"}).find("at least 32 MiB"), std::string::npos);
    EXPECT_NE(refused({"-k", "Image", "--timeout", "0"}).find("at least 1"), std::string::npos);
    EXPECT_NE(refused({"-k", "Image", "--irqchip", "gicv9"}).find("not in {gicv3,gicv3-its}"), std::string::npos);
    EXPECT_NE(refused({"-k", "Image", "--loglevel", "loud"}).find("{debug,error,info,warning}"), std::string::npos);
    EXPECT_NE(refused({"-k", "Image", "--console", "hv"}).find("only 'serial'"), std::string::npos);
    EXPECT_NE(refused({"-k", "Image", "-n", "mode=tap"}).find("only 'mode=none'"), std::string::npos);
    EXPECT_NE(refused({"-k", "Image", "--hide", "nothing"}).find("msi-devid"), std::string::npos);
    EXPECT_NE(refused({"-k"}).find("--kernel"), std::string::npos);
}

TEST(Options, HelpIsNoError) {
    const auto parsed = parse({"--help"});
    const auto& usage = std::get<Usage>(parsed);
    EXPECT_EQ(usage.status, 0);
    EXPECT_NE(usage.text.find("--initrd"), std::string::npos);
}

TEST(Options, MemorySizes) {
    constexpr std::uint64_t mebibyte = 1 << 20;
    EXPECT_EQ(*parse_memory_size("512"), 512 * mebibyte);
    EXPECT_EQ(*parse_memory_size("512m"), 512 * mebibyte);
    EXPECT_EQ(*parse_memory_size("2G"), 2048 * mebibyte);
    EXPECT_EQ(*parse_memory_size("0x40"), 64 * mebibyte);
    EXPECT_EQ(*parse_memory_size("33554433B"), 32 * mebibyte);
    EXPECT_EQ(*parse_memory_size("1P"), std::uint64_t{1} << 50);
    for (const char* wrong : {"", "-5", "1x", "12MB", "M", "99999999999999999999", "999999P", "31", " 512"})
        EXPECT_FALSE(parse_memory_size(wrong)) << wrong;
}

} // namespace
} // namespace vmm

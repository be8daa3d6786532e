// SPDX-License-Identifier: Apache-2.0
// What a host that cannot run arm64 guests is told.
#include "arch-arm64/kvm/provider.hpp"

#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <string>

namespace arm64::kvm {
namespace {

TEST(Provider, RefusalNamesTheHostOrTheDevice) {
    utsname host{};
    ASSERT_EQ(::uname(&host), 0);
    const auto system = open("/dev/null", {});
    ASSERT_FALSE(system);
    const auto sentence = system.error().sentence();
    if (std::string(host.machine) == "aarch64")
        EXPECT_NE(sentence.find("/dev/null"), std::string::npos) << sentence;
    else
        EXPECT_NE(sentence.find(std::string(host.machine) + " host; use an arm64 host"), std::string::npos) << sentence;
}

} // namespace
} // namespace arm64::kvm

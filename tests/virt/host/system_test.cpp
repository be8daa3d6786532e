// SPDX-License-Identifier: Apache-2.0
// Refusals of /dev/kvm, in sentences.
#include "virt/host/system.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace virt::host {
namespace {

TEST(System, MissingDeviceSaysWhatAHostNeeds) {
    const auto system = System::open("/nonexistent/kvm", {});
    ASSERT_FALSE(system);
    EXPECT_EQ(system.error().code, ENOENT);
    EXPECT_NE(system.error().sentence().find("CONFIG_KVM"), std::string::npos);
}

TEST(System, SomethingElseIsNotKvm) {
    const auto system = System::open("/dev/null", {});
    ASSERT_FALSE(system);
    EXPECT_NE(system.error().code, 0); // ENOTTY, or what an emulator says of an ioctl that it does not know
    EXPECT_NE(system.error().sentence().find("not a KVM device"), std::string::npos);
}

TEST(System, NoPermissionNamesTheGroup) {
    std::array<char, 32> path{"/tmp/itsy-kvm-XXXXXX"};
    const Fd file(::mkstemp(path.data()));
    ASSERT_TRUE(file);
    ASSERT_EQ(::fchmod(file.get(), 0), 0);
    const bool root = ::geteuid() == 0;
    if (root) {
        ASSERT_EQ(::seteuid(65534), 0);
    }
    const auto system = System::open(path.data(), {});
    if (root) {
        ASSERT_EQ(::seteuid(0), 0);
    }
    ::unlink(path.data());
    ASSERT_FALSE(system);
    EXPECT_EQ(system.error().code, EACCES);
    EXPECT_NE(system.error().sentence().find("group"), std::string::npos);
}

} // namespace
} // namespace virt::host

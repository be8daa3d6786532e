// SPDX-License-Identifier: Apache-2.0
#include "vmm/backend.hpp"

#include "virt/capability.hpp"
#include "virt/log.hpp"

#include <gtest/gtest.h>

#include <string>

namespace vmm {
namespace {

TEST(Backend, SoftNeedsNothingOfTheHost) {
    const auto opened = open_backend({.backend = Backend::soft, .device = "/no/device", .hidden = {}});
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->backend, Backend::soft);
    EXPECT_EQ(opened->probe, nullptr);
    EXPECT_GT(opened->system->check_extension(virt::Capability::max_vcpus), 0);
    EXPECT_TRUE(opened->system->create_vm(40));
}

TEST(Backend, KvmIsKvmOrAnError) {
    const auto opened = open_backend({.backend = Backend::kvm, .device = "/no/device", .hidden = {}});
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().sentence().find("KVM"), std::string::npos);
}

TEST(Backend, AutomaticIsSoftWhereThereIsNoKvmAndSaysWhy) {
    testing::internal::CaptureStderr();
    const auto opened = open_backend({.backend = Backend::automatic, .device = "/no/device", .hidden = {}});
    const auto said = testing::internal::GetCapturedStderr();
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->backend, Backend::soft);
    EXPECT_EQ(said.find("  Info: Backend: soft. Not kvm: Unable to "), 0U) << said;
    EXPECT_EQ(said.find('\n'), said.size() - 1) << "one line";
}

TEST(Backend, WhatIsHiddenIsHiddenFromSoft) {
    BackendOptions options;
    options.backend = Backend::soft;
    options.hidden.hide(virt::Capability::irqfd);
    const auto opened = open_backend(options);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->system->check_extension(virt::Capability::irqfd), 0);
}

} // namespace
} // namespace vmm

// SPDX-License-Identifier: Apache-2.0
// INVALL: the configuration of all LPIs of one vCPU, wherever they lie, and of no other.
#include "arch-arm64/gic/gic.hpp"
#include "arch-arm64/gic/lpis.hpp"
#include "virt/slot_memory.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace arm64::gic {
namespace {

struct NoCpus final : CpuSide {
    void set_line(VcpuIndex /*vcpu*/, Input /*input*/, Level /*level*/) override {}
};

class LpisReload : public testing::Test {
protected:
    static constexpr virt::Gpa RAM = 0x4000'0000;

    LpisReload() {
        memory_.add({.id = {}, .base = RAM, .size = table_.size(), .host = table_.data()});
        for (std::uint32_t n = 0; n < 2; ++n)
            gic_.add_vcpu(virt::VcpuId{n}, n);
        gic_.init(64);
        lpis_.set_PROPBASER(RAM | 15);
    }
    Redistributor& vcpu(std::uint32_t n) { return gic_.redistributor(VcpuIndex{n}); }
    Interrupt& map(std::uint32_t intid, std::uint32_t target) {
        // Its pending table is the zeros above the configuration, and has no bit set.
        lpis_.set_PENDBASER(vcpu(target), RAM + 0x1'0000);
        return **lpis_.map(Intid{intid}, &vcpu(target));
    }
    void configure(std::uint32_t intid, unsigned value) { table_[intid - first_lpi] = static_cast<std::byte>(value); }
    static unsigned priority(Interrupt& one) {
        return Redistributor::inspect(one, [](const Interrupt& lpi) { return lpi.priority; });
    }

    std::vector<std::byte> table_ = std::vector<std::byte>(0x2'0000);
    virt::SlotMemory memory_;
    NoCpus cpus_;
    Gic gic_{cpus_, memory_};
    Lpis& lpis_ = gic_.lpis();
};

TEST_F(LpisReload, ReadsThoseOfItsVcpuOnly) {
    const std::initializer_list<std::uint32_t> own{8192, 8255, 8256, 8447, 8448, 65535};
    const std::initializer_list<std::uint32_t> others{8193, 8254, 8257, 65534};
    for (const auto intid : own)
        map(intid, 0);
    for (const auto intid : others)
        map(intid, 1);
    for (std::uint32_t intid = first_lpi; intid < Lpis::end; ++intid)
        configure(intid, 0xA1);
    lpis_.reload_all(vcpu(0));
    for (const auto intid : own) {
        EXPECT_EQ(priority(lpis_.known(intid)), 0xA0U) << intid;
        EXPECT_TRUE(lpis_.known(intid).enabled) << intid;
    }
    for (const auto intid : others)
        EXPECT_EQ(priority(lpis_.known(intid)), 0U) << intid;
}

TEST_F(LpisReload, FollowsRetargetingAndMoves) {
    auto& retargeted = map(9000, 1);
    auto& moved = map(9001, 1);
    auto& left = map(9002, 0);
    lpis_.retarget(retargeted, vcpu(0));
    configure(9000, 0x20);
    lpis_.reload_all(vcpu(1));
    EXPECT_EQ(priority(retargeted), 0U);
    lpis_.reload_all(vcpu(0));
    EXPECT_EQ(priority(retargeted), 0x20U);

    lpis_.retarget(left, vcpu(1));
    lpis_.move_all(vcpu(1), vcpu(0));
    configure(9001, 0x40);
    configure(9002, 0x60);
    lpis_.reload_all(vcpu(1));
    EXPECT_EQ(priority(moved) + priority(left), 0U);
    lpis_.reload_all(vcpu(0));
    EXPECT_EQ(priority(moved), 0x40U);
    EXPECT_EQ(priority(left), 0x60U);
}

TEST_F(LpisReload, WhatIsNoLongerMappedStaysAsItIs) {
    auto& one = map(8200, 0);
    lpis_.unmap(one);
    configure(8200, 0x81);
    lpis_.reload_all(vcpu(0));
    EXPECT_EQ(priority(one), 0U);
    // Mapped again for another vCPU, it is that one's.
    configure(8200, 0x20);
    map(8200, 1);
    configure(8200, 0x30);
    lpis_.reload_all(vcpu(0));
    EXPECT_EQ(priority(one), 0x20U);
    lpis_.reload_all(vcpu(1));
    EXPECT_EQ(priority(one), 0x30U);
}

// The table goes on where the RAM ends: what cannot be read stays.
TEST_F(LpisReload, ReadsWhatCanBeRead) {
    constexpr std::uint32_t page = 0x1000;
    auto& there = map(first_lpi + page - 1, 0);
    auto& beyond = map(first_lpi + page, 0);
    lpis_.set_PROPBASER((RAM + table_.size() - page) | 15);
    table_.back() = std::byte{0x40};
    lpis_.reload_all(vcpu(0));
    EXPECT_EQ(priority(there), 0x40U);
    EXPECT_EQ(priority(beyond), 0U);
}

} // namespace
} // namespace arm64::gic

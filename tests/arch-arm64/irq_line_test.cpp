// SPDX-License-Identifier: Apache-2.0
// KVM_IRQ_LINE's packed field, against values computed by hand from api.rst 4.25.
#include "arch-arm64/kvm.hpp"

#include <gtest/gtest.h>

namespace arm64 {
namespace {

TEST(IrqLine, PacksTypeVcpuAndNumber) {
    EXPECT_EQ(irq_line::spi(Intid{32}).value, 0x0100'0020U);
    EXPECT_EQ(irq_line::spi(Intid{1019}).value, 0x0100'03FBU);
    EXPECT_EQ(irq_line::ppi(Intid{27}, 3).value, 0x0203'001BU);
    EXPECT_EQ(irq_line::ppi(Intid{27}, 0x2FF).value, 0x22FF'001BU);
    EXPECT_EQ(irq_line::cpu(irq_line::Input::irq, 1).value, 0x0001'0000U);
    EXPECT_EQ(irq_line::cpu(irq_line::Input::fiq, 0).value, 0x0000'0001U);
}

TEST(Intid, PinsAreSpisLess32) {
    EXPECT_EQ(intid_of(virt::Pin{0}).value, 32U);
    EXPECT_EQ(pin_of(Intid{1019}).value, 987U);
    EXPECT_TRUE(is_ppi(Intid{16}) && is_ppi(Intid{31}) && !is_ppi(Intid{15}) && !is_ppi(Intid{32}));
    EXPECT_TRUE(is_spi(Intid{32}) && is_spi(Intid{1019}) && !is_spi(Intid{1020}));
}

} // namespace
} // namespace arm64

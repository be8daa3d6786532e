// SPDX-License-Identifier: Apache-2.0
// The ITS device from outside: its address, GRP_CTRL. Source: Documentation/virt/kvm/devices/arm-vgic-its.rst.
#include "arch-arm64/vgic_attributes.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/its.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
namespace attr = arm64::attr;

virt::expected<std::uint64_t> address_of(Machine& machine, unsigned its) {
    return machine.its(its).get_number<std::uint64_t>(attr::GRP_ADDR, attr::VGIC_ITS_ADDR_TYPE);
}

TEST(ItsAttributes, AnAddressIsSetOnce) {
    Machine machine(36);
    ASSERT_OK(machine.create_gic());
    ASSERT_OK(machine.create_its());
    EXPECT_VALUE(~std::uint64_t{0}, address_of(machine, 0));
    EXPECT_ERRNO(EINVAL, machine.place_its(0, layout::ITS + 0x1000));
    EXPECT_ERRNO(E2BIG, machine.place_its(0, std::uint64_t{1} << 36));
    EXPECT_ERRNO(E2BIG, machine.place_its(0, (std::uint64_t{1} << 36) - 0x1'0000)) << "two pages of 64 KiB";
    EXPECT_VALUE(~std::uint64_t{0}, address_of(machine, 0));
    EXPECT_OK(machine.place_its(0, (std::uint64_t{1} << 36) - 0x2'0000));
    EXPECT_VALUE((std::uint64_t{1} << 36) - 0x2'0000, address_of(machine, 0));
    EXPECT_ERRNO(EEXIST, machine.place_its(0, layout::ITS));
}

TEST(ItsAttributes, OverlapsAreNobodysBusiness) {
    Machine machine(Bricks{.its = 1});
    ASSERT_OK(machine.create_its());
    EXPECT_OK(machine.place_its(1, layout::ITS));
    ASSERT_OK(machine.create_its());
    EXPECT_OK(machine.place_its(2, layout::GICD));
    ASSERT_OK(machine.create_its());
    EXPECT_OK(machine.place_its(3, layout::RAM));
}

TEST(ItsAttributes, NothingWorksWithoutAnAddress) {
    Machine machine;
    ASSERT_OK(machine.create_gic());
    ASSERT_OK(machine.create_its());
    EXPECT_ERRNO(ENXIO, machine.gits(0, GITS_CTLR));
    EXPECT_ERRNO(ENXIO, machine.set_gits(0, GITS_CTLR, 0));
    EXPECT_ERRNO(EINVAL, machine.gits(0, GITS_CBASER + 4)); // looked at first
    EXPECT_OK(machine.place_its(0));
    EXPECT_VALUE(GITS_CTLR_Quiescent, machine.gits(0, GITS_CTLR)) << "needs no initialised GIC";
}

TEST(ItsAttributes, UnknownOnes) {
    Machine machine(Bricks{.its = 1});
    auto& its = machine.its(0);
    EXPECT_ERRNO(ENODEV, its.set_number<std::uint64_t>(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_DIST, layout::nowhere));
    EXPECT_ERRNO(ENODEV, its.get_number<std::uint64_t>(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_DIST));
    for (const auto group : {attr::GRP_DIST_REGS, attr::GRP_NR_IRQS, attr::GRP_LEVEL_INFO, 99U}) {
        EXPECT_ERRNO(ENXIO, its.set_number<std::uint64_t>(group, 0, 0)) << group;
        EXPECT_ERRNO(ENXIO, its.get_number<std::uint64_t>(group, 0)) << group;
    }
    EXPECT_ERRNO(ENXIO, its.get_number<std::uint64_t>(attr::GRP_CTRL, attr::CTRL_INIT)) << "there is nothing to read";
    EXPECT_FALSE(its.has_attr(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_DIST));
    EXPECT_TRUE(its.has_attr(attr::GRP_ADDR, attr::VGIC_ITS_ADDR_TYPE));
    for (const auto control :
         {attr::CTRL_INIT, attr::CTRL_ITS_SAVE_TABLES, attr::CTRL_ITS_RESTORE_TABLES, attr::CTRL_ITS_RESET})
        EXPECT_TRUE(its.has_attr(attr::GRP_CTRL, control)) << control;
    for (const auto control : {attr::CTRL_SAVE_PENDING_TABLES, std::uint64_t{99}}) {
        EXPECT_FALSE(its.has_attr(attr::GRP_CTRL, control)) << control;
        EXPECT_OK(its.set_attr(attr::GRP_CTRL, control, {})) << "not checked: " << control;
    }
}

TEST(ItsAttributes, InitialisationIsANoOp) {
    Machine machine(Bricks{.its = 1});
    ASSERT_OK(machine.create_its());
    EXPECT_OK(machine.init_its(1)) << "without an address";
    Its its(machine, 0);
    its.enable();
    EXPECT_OK(machine.init_its(0));
    EXPECT_OK(machine.init_its(0));
    EXPECT_VALUE(GITS_CTLR_Quiescent | GITS_CTLR_Enabled, its.read(GITS_CTLR));
}

TEST(ItsAttributes, ResetForgetsMappingsAndKeepsAddresses) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    const auto BASER0 = m.its.read(GITS_BASER0);
    const auto BASER1 = m.its.read(GITS_BASER1);
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest().take(), Intids{8192});
    ASSERT_OK(m.machine.reset_its(0));
    EXPECT_VALUE(GITS_CTLR_Quiescent, m.its.read(GITS_CTLR));
    for (const auto offset : {GITS_CBASER, GITS_CWRITER, GITS_CREADR})
        EXPECT_VALUE(0, m.its.read(offset)) << std::hex << offset;
    EXPECT_VALUE(BASER0 & ~GITS_BASER_Valid, m.its.read(GITS_BASER0));
    EXPECT_VALUE(BASER1 & ~GITS_BASER_Valid, m.its.read(GITS_BASER1));
    EXPECT_VALUE(layout::ITS, address_of(m.machine, 0));
    EXPECT_ERRNO(EBUSY, m.signal(0, 0)) << "it is disabled, and its cache is empty";
    EXPECT_ERRNO(EINVAL, m.machine.set_spi(8192, true)) << "the LPI is gone";
    m.its.enable();
    EXPECT_FALSE(m.delivers(0, 0));
    m.map_device(0);
    m.its.run({MAPC(0, m.machine.rdbase(0)), MAPTI(0, 0, 8193, 0)});
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest().take(), Intids{8193});
}

TEST(ItsAttributes, BusyWhileAVcpuRuns) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    const virt::Gpa inside = m.machine.allocate(8);
    m.guest().start({store64(inside, 1), take_wfi(1)});
    while (m.machine.ram<std::uint64_t>(inside) == 0 && m.guest().running()) {
    }
    EXPECT_ERRNO(EBUSY, m.machine.gits(0, GITS_CTLR));
    EXPECT_ERRNO(EBUSY, m.machine.set_gits(0, GITS_IIDR, 0x4B00'043B));
    EXPECT_ERRNO(EBUSY, m.machine.save_its_tables(0));
    EXPECT_ERRNO(EBUSY, m.machine.restore_its_tables(0));
    EXPECT_ERRNO(EBUSY, m.machine.reset_its(0));
    EXPECT_ERRNO(EBUSY, m.machine.save_pending_tables());
    EXPECT_ERRNO(EINVAL, m.machine.gits(0, GITS_CBASER + 4)) << "looked at first";
    EXPECT_ERRNO(EBUSY, m.machine.gits(0, GITS_TRANSLATER)) << "looked at later";
    EXPECT_OK(m.machine.init_its(0));
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest().wait().interrupts(), Intids{8192});
    EXPECT_OK(m.machine.gits(0, GITS_CTLR));
}

} // namespace
} // namespace conformance

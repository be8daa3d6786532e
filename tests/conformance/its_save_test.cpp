// SPDX-License-Identifier: Apache-2.0
// ITS tables in guest RAM: how KVM saves them and what it takes back. Source:
// Documentation/virt/kvm/devices/arm-vgic-its.rst, ABI revision 0.
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/its.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <initializer_list>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
constexpr std::uint64_t page = 0x1'0000;
constexpr std::uint64_t poison = 0x7EAD'BEEF'DEAD'BEEF; // not valid

/// Tables that a test writes; LPIs of vCPU 0 are enabled, ITS 0 is not.
struct Tables {
    Machine machine{Bricks{.its = 1}};
    Lpis lpis{machine};
    Its its{machine, 0};
    virt::Gpa ITT = its.ITT(4);

    Tables() {
        must(machine.set_gicd(GICD_CTLR, GICD_CTLR_EnableGrp1));
        for (std::uint32_t intid = Lpis::first; intid < Lpis::first + 64; ++intid)
            lpis.configure(intid);
        lpis.enable(0);
        its.write(GITS_BASER0, its.BASER0());
        its.write(GITS_BASER1, its.BASER1());
        set_CTE(0, CTE(machine.rdbase(0), 0));
    }
    void set_CTE(std::uint32_t n, std::uint64_t value) { machine.set_ram(its.collection_table() + n * 8, value); }
    void set_DTE(std::uint32_t n, std::uint64_t value) { machine.set_ram(its.device_table() + n * 8, value); }
    void set_ITE(std::uint32_t n, std::uint64_t value) { machine.set_ram(ITT + n * 8, value); }
    virt::expected<void> restore() { return machine.restore_its_tables(0); }
    /// What became of it; enables the ITS.
    bool delivers(std::uint32_t DeviceID, std::uint32_t EventID) {
        if ((its.read(GITS_CTLR) & GITS_CTLR_Enabled) == 0)
            its.enable();
        return must(machine.vm().signal(its.msi(DeviceID, EventID)));
    }
};

TEST(ItsSave, CollectionsAreAPackedList) {
    pitfalls({47});
    Machine machine(Bricks{.vcpus = {0, 1}, .its = 1});
    Its its(machine, 0);
    its.enable();
    for (std::uint32_t n = 0; n < 4; ++n)
        machine.set_ram(its.collection_table() + n * 8, ~std::uint64_t{0});
    its.run({MAPC(5, machine.rdbase(1)), MAPC(7, machine.rdbase(0)), MAPC(2, machine.rdbase(0)),
             MAPC(7, machine.rdbase(0), Valid::no), MAPC(5, machine.rdbase(0)), MAPC(5, machine.rdbase(1))});
    ASSERT_OK(machine.save_its_tables(0));
    const auto entry = [&](std::uint32_t n) { return machine.ram<std::uint64_t>(its.collection_table() + n * 8); };
    EXPECT_VALUE(CTE(machine.rdbase(1), 5), entry(0)) << "in the order of their first mapping";
    EXPECT_VALUE(CTE(machine.rdbase(0), 2), entry(1));
    EXPECT_VALUE(0, entry(2)) << "a terminator";
    EXPECT_VALUE(~std::uint64_t{0}, entry(3));
}

TEST(ItsSave, ACollectionWithoutVcpuIsSaved) {
    pitfalls({48});
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 9)});
    ASSERT_OK(m.machine.save_its_tables(0));
    EXPECT_VALUE(CTE(unmapped, 9), m.machine.ram<std::uint64_t>(m.its.collection_table() + 8));
    ASSERT_OK(m.machine.reset_its(0));
    m.its.write(GITS_BASER0, m.its.BASER0());
    m.its.write(GITS_BASER1, m.its.BASER1());
    ASSERT_OK(m.machine.restore_its_tables(0));
    m.its.enable();
    EXPECT_FALSE(m.delivers(0, 0));
    m.its.run({MAPC(9, m.machine.rdbase(0)), INT(0, 0)});
    EXPECT_EQ(m.guest().take(), Intids{8192});
}

TEST(ItsSave, DevicesAndEventsSayHowFarTheNextOneIs) {
    pitfalls({49});
    LpiMachine m;
    const auto table = m.machine.allocate(3 * page, page);
    m.its.disable();
    m.its.set_BASER0(baser(table, 3));
    m.its.enable();
    const auto far = m.map_device(0x5000, 5); // not in order
    const auto near = m.map_device(1, 16);
    const auto between = m.map_device(3, 1);
    m.its.run({MAPTI(1, 65535, 8195, 0), MAPTI(1, 7, 8193, 0), MAPTI(1, 5, 8192, 0), MAPTI(0x5000, 31, 8194, 0)});
    ASSERT_OK(m.machine.save_its_tables(0));
    const auto ram = [&](virt::Gpa address) { return m.machine.ram<std::uint64_t>(address); };
    EXPECT_VALUE(DTE(2, near, 16), ram(table + 1 * 8));
    EXPECT_VALUE(DTE(0x3FFF, between, 1), ram(table + 3 * 8)) << "not further";
    EXPECT_VALUE(DTE(0, far, 5), ram(table + 0x5000 * 8)) << "the last";
    EXPECT_VALUE(ITE(2, 8192, 0), ram(near + 5 * 8));
    EXPECT_VALUE(ITE(65528, 8193, 0), ram(near + 7 * 8));
    EXPECT_VALUE(ITE(0, 8195, 0), ram(near + 65535 * 8));
    EXPECT_VALUE(ITE(0, 8194, 0), ram(far + 31 * 8));
    EXPECT_VALUE(0, ram(table)) << "nothing is written where no device is";
    EXPECT_VALUE(0, ram(table + 2 * 8));
    // And back: beyond 3 + 0x3FFF every entry is looked at.
    ASSERT_OK(m.machine.reset_its(0));
    m.its.write(GITS_BASER0, m.its.BASER0());
    m.its.write(GITS_BASER1, m.its.BASER1());
    ASSERT_OK(m.machine.restore_its_tables(0));
    m.its.enable();
    EXPECT_TRUE(m.delivers(0x5000, 31));
    EXPECT_TRUE(m.delivers(1, 5));
    EXPECT_TRUE(m.delivers(1, 65535));
}

TEST(ItsSave, AnEventWithoutCollectionIsSavedAsZero) {
    LpiMachine m;
    const auto ITT = m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 5), MAPTI(0, 2, 8193, 0), MAPC(5, m.machine.rdbase(0)),
               MAPC(5, m.machine.rdbase(0), Valid::no)});
    m.machine.set_ram(ITT, ~std::uint64_t{0});
    ASSERT_OK(m.machine.save_its_tables(0));
    EXPECT_VALUE(0, m.machine.ram<std::uint64_t>(ITT));
    EXPECT_VALUE(ITE(0, 8193, 0), m.machine.ram<std::uint64_t>(ITT + 16));
}

TEST(ItsSave, TwoLevels) {
    LpiMachine m;
    const auto level_1 = m.machine.allocate(page, page);
    const auto level_2 = m.machine.allocate(2 * page, page);
    m.machine.set_ram(level_1, level_1_entry(level_2));
    m.machine.set_ram(level_1 + 16, level_1_entry(level_2 + page));
    m.its.disable();
    m.its.set_BASER0(baser(level_1, 1) | GITS_BASER_Indirect);
    m.its.enable();
    const auto near = m.map_device(8191);
    const auto far = m.map_device(16385);
    m.its.run({MAPTI(8191, 0, 8192, 0), MAPTI(16385, 3, 8193, 0)});
    ASSERT_OK(m.machine.save_its_tables(0));
    EXPECT_VALUE(DTE(8194, near, 4), m.machine.ram<std::uint64_t>(level_2 + 8191 * 8));
    EXPECT_VALUE(DTE(0, far, 4), m.machine.ram<std::uint64_t>(level_2 + page + 8));
    ASSERT_OK(m.machine.reset_its(0));
    m.its.write(GITS_BASER0, m.its.BASER0());
    m.its.write(GITS_BASER1, m.its.BASER1());
    ASSERT_OK(m.machine.restore_its_tables(0));
    m.its.enable();
    EXPECT_TRUE(m.delivers(8191, 0));
    EXPECT_TRUE(m.delivers(16385, 3));
}

TEST(ItsSave, WithoutTablesNothingIsDone) {
    LpiMachine m;
    m.map_device(0);
    m.machine.set_ram(m.its.collection_table(), poison);
    m.machine.set_ram(m.its.device_table(), poison);
    ASSERT_OK(m.machine.reset_its(0)); // GITS_BASER are not valid
    EXPECT_OK(m.machine.save_its_tables(0));
    EXPECT_VALUE(poison, m.machine.ram<std::uint64_t>(m.its.collection_table()));
    EXPECT_VALUE(poison, m.machine.ram<std::uint64_t>(m.its.device_table()));
    m.machine.set_ram(m.its.collection_table(), CTE(99, 0)); // wrong
    EXPECT_OK(m.machine.restore_its_tables(0));
}

TEST(ItsSave, TablesThatCannotBeWritten) {
    LpiMachine m;
    m.map_device(0);
    m.its.disable();
    m.its.write(GITS_BASER1, baser(layout::nowhere, 1));
    EXPECT_ERRNO(EFAULT, m.machine.save_its_tables(0));
    m.its.write(GITS_BASER1, m.its.BASER1());
    EXPECT_OK(m.machine.save_its_tables(0));
}

TEST(ItsSave, ADeviceWithoutPlaceFailsOrIsLeftOut) {
    LpiMachine m;
    const auto level_1 = m.machine.allocate(page, page);
    const auto level_2 = m.machine.allocate(2 * page, page);
    m.machine.set_ram(level_1, level_1_entry(level_2));
    m.machine.set_ram(level_1 + 8, level_1_entry(level_2 + page));
    m.its.disable();
    m.its.set_BASER0(baser(level_1, 1) | GITS_BASER_Indirect);
    m.its.enable();
    const auto ITT = m.map_device(0);
    m.map_device(8192);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    m.machine.set_ram(level_1, std::uint64_t{0});
    if (facts().save_leaves_out_devices_without_place) {
        EXPECT_OK(m.machine.save_its_tables(0));
    } else {
        EXPECT_ERRNO(EINVAL, m.machine.save_its_tables(0));
    }
    EXPECT_EQ(facts().save_leaves_out_devices_without_place,
              m.machine.ram<std::uint64_t>(level_2 + page) != 0); // that of the device behind it
    EXPECT_VALUE(0, m.machine.ram<std::uint64_t>(level_2));
    EXPECT_VALUE(0, m.machine.ram<std::uint64_t>(ITT));
    EXPECT_TRUE(m.delivers(0, 0)) << "it stays mapped";
}

TEST(ItsSave, MarksPagesDirty) {
    LpiMachine m;
    const auto ITT = m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    must(m.machine.vm().set_dirty_log(virt::SlotId{0}, virt::DirtyLog::on));
    const auto dirty = [&](virt::Gpa address) {
        std::vector<std::uint64_t> bitmap(layout::RAM_size / 0x1000 / 64);
        must(m.machine.vm().collect_dirty(virt::SlotId{0}, bitmap));
        const auto n = (address - layout::RAM) / 0x1000;
        return (bitmap[n / 64] >> n % 64 & 1) != 0;
    };
    EXPECT_FALSE(dirty(m.its.collection_table()));
    ASSERT_OK(m.machine.save_its_tables(0));
    EXPECT_TRUE(dirty(m.its.collection_table()));
    EXPECT_TRUE(m.delivers(0, 0));
    ASSERT_OK(m.machine.save_pending_tables());
    EXPECT_TRUE(dirty(m.lpis.pending_table(0) + 1024));
    m.its.run({DISCARD(0, 0)});
    EXPECT_TRUE(dirty(ITT));
}

TEST(ItsSave, SavingChangesNothing) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0), INT(0, 0)});
    const auto CWRITER = m.its.read(GITS_CWRITER);
    ASSERT_OK(m.machine.save_its_tables(0));
    ASSERT_OK(m.machine.save_its_tables(0));
    EXPECT_VALUE(CWRITER, m.its.CREADR());
    EXPECT_EQ(m.guest().take(), Intids{8192});
    EXPECT_TRUE(m.delivers(0, 0));
}

TEST(ItsRestore, TakesWhatIsInTheTables) {
    Tables t;
    t.set_DTE(2, DTE(0, t.ITT, 4));
    t.set_ITE(3, ITE(4, 8192, 0));
    t.set_ITE(7, ITE(0, 8193, 0));
    ASSERT_OK(t.restore());
    EXPECT_TRUE(t.delivers(2, 3));
    EXPECT_TRUE(t.delivers(2, 7));
    EXPECT_FALSE(t.delivers(2, 0));
    EXPECT_FALSE(t.delivers(0, 3));
    t.its.run({MAPTI(2, 15, 8194, 0), MAPTI(2, 16, 8195, 0)});
    EXPECT_TRUE(t.delivers(2, 15)) << "the device has its size";
    EXPECT_FALSE(t.delivers(2, 16));
    auto& guest = t.machine.puppet();
    guest.run(open_gic());
    EXPECT_EQ(guest.take(3), (Intids{8192, 8193, 8194}));
}

TEST(ItsRestore, FollowsNextAndStopsAtZero) {
    pitfalls({49});
    Tables t;
    const auto other = t.its.ITT(4);
    t.set_DTE(0, DTE(2, t.ITT, 4));
    t.set_DTE(1, DTE(1, 0, 20)); // wrong, and jumped over
    t.set_DTE(2, poison);        // not valid: the next one is looked at
    t.set_DTE(3, DTE(0, other, 4));
    t.set_DTE(4, DTE(0, 0, 20)); // wrong, behind the end
    t.set_ITE(1, ITE(2, 8192, 0));
    t.set_ITE(2, ITE(0, 1, 77)); // wrong, and jumped over
    t.set_ITE(3, ITE(0, 8193, 0));
    t.set_ITE(4, ITE(0, 1, 77)); // wrong, behind the end
    t.machine.set_ram(other, ITE(0, 8194, 0));
    ASSERT_OK(t.restore());
    EXPECT_TRUE(t.delivers(0, 1));
    EXPECT_TRUE(t.delivers(0, 3));
    EXPECT_TRUE(t.delivers(3, 0));
    EXPECT_FALSE(t.delivers(0, 2));
    EXPECT_FALSE(t.delivers(1, 0));
}

TEST(ItsRestore, ZeroEndsBothLevels) {
    pitfalls({49});
    Tables t;
    const auto level_1 = t.machine.allocate(page, page);
    const auto level_2 = t.machine.allocate(2 * page, page);
    const auto other = t.its.ITT(4);
    t.machine.set_ram(level_1 + 8, level_1_entry(level_2));
    t.machine.set_ram(level_1 + 32, level_1_entry(level_2 + page));
    t.its.set_BASER0(baser(level_1, 1) | GITS_BASER_Indirect);
    t.its.write(GITS_BASER0, t.its.BASER0());
    t.set_ITE(0, ITE(0, 8192, 0));
    t.machine.set_ram(other, ITE(0, 8193, 0));
    t.machine.set_ram(level_2 + 3 * 8, DTE(4 * 8192 - 8192 - 3 + 1, t.ITT, 4)); // out of this page
    t.machine.set_ram(level_2 + page + 8, DTE(0, other, 4));
    ASSERT_OK(t.restore());
    EXPECT_TRUE(t.delivers(8192 + 3, 0));
    EXPECT_TRUE(t.delivers(4 * 8192 + 1, 0));
    ASSERT_OK(t.machine.reset_its(0));
    t.its.write(GITS_BASER0, t.its.BASER0());
    t.its.write(GITS_BASER1, t.its.BASER1());
    t.machine.set_ram(level_2 + 3 * 8, DTE(0, t.ITT, 4)); // the last
    ASSERT_OK(t.restore());
    EXPECT_TRUE(t.delivers(8192 + 3, 0));
    EXPECT_FALSE(t.delivers(4 * 8192 + 1, 0));
}

TEST(ItsRestore, ReadsConfigurationAndPendingBits) {
    pitfalls({38});
    Tables t;
    t.set_DTE(0, DTE(0, t.ITT, 4));
    t.set_ITE(0, ITE(1, 8192, 0));
    t.set_ITE(1, ITE(1, 8193, 0));
    t.set_ITE(2, ITE(0, 8194, 0));
    t.lpis.configure(8194, 0xA0);
    t.lpis.set_pending(0, 8192, true);
    t.lpis.set_pending(0, 8194, true);
    ASSERT_OK(t.restore());
    EXPECT_FALSE(t.lpis.pending(0, 8192));
    EXPECT_FALSE(t.lpis.pending(0, 8194));
    auto& guest = t.machine.puppet();
    guest.run(open_gic());
    EXPECT_EQ(guest.take(), Intids{8192});
    EXPECT_EQ(guest.poll(), Intids{});
    t.its.enable();
    t.lpis.configure(8194);
    t.its.run({INV(0, 2)});
    EXPECT_EQ(guest.take(), Intids{8194});
}

TEST(ItsRestore, WrongCollections) {
    Tables t;
    t.set_CTE(1, CTE(1, 5)); // there is one vCPU
    EXPECT_ERRNO(EINVAL, t.restore());
    t.set_CTE(1, CTE(unmapped - 1, 5));
    EXPECT_ERRNO(EINVAL, t.restore());
    t.set_CTE(1, CTE(0, 8192)); // more than the table holds
    EXPECT_ERRNO(EINVAL, t.restore());
    t.set_CTE(1, CTE(0, 0)); // again
    EXPECT_ERRNO(EEXIST, t.restore());
    t.set_CTE(1, CTE(unmapped, 5));
    t.set_CTE(2, poison); // the end
    t.set_CTE(3, CTE(1, 5));
    EXPECT_OK(t.restore());
    EXPECT_ERRNO(EEXIST, t.restore()) << "what is there is not forgotten";
    ASSERT_OK(t.machine.reset_its(0));
    t.its.write(GITS_BASER1, t.its.BASER1());
    EXPECT_OK(t.restore());
}

TEST(ItsRestore, AFullCollectionTableHasNoTerminator) {
    Tables t;
    for (std::uint32_t n = 0; n < entries_per_page; ++n)
        t.set_CTE(n, CTE(t.machine.rdbase(0), entries_per_page - 1 - n));
    t.machine.set_ram(t.its.collection_table() + page, CTE(99, 0)); // wrong, and not looked at
    ASSERT_OK(t.restore());
    t.set_CTE(entries_per_page - 1, 0);
    ASSERT_OK(t.machine.save_its_tables(0));
    EXPECT_VALUE(CTE(t.machine.rdbase(0), 0),
                 t.machine.ram<std::uint64_t>(t.its.collection_table() + (entries_per_page - 1) * 8));
    EXPECT_VALUE(CTE(99, 0), t.machine.ram<std::uint64_t>(t.its.collection_table() + page));
}

TEST(ItsRestore, WrongDevices) {
    Tables t;
    t.set_DTE(0, DTE(0, t.ITT, 17)); // 16 bits are all
    EXPECT_ERRNO(EINVAL, t.restore());
    t.set_DTE(0, DTE(0, t.ITT, 32));
    EXPECT_ERRNO(EINVAL, t.restore());
    t.set_DTE(0, DTE(0, layout::nowhere, 1));
    EXPECT_ERRNO(EFAULT, t.restore());
    t.set_DTE(0, DTE(0, t.ITT, 16));
    EXPECT_OK(t.restore());
}

TEST(ItsRestore, ADeviceThatCannotBeStored) {
    Tables t;
    const auto level_1 = t.machine.allocate(page, page);
    const auto level_2 = t.machine.allocate(page, page);
    t.machine.set_ram(level_1 + 8 * 8, level_1_entry(level_2)); // from 65536 on
    t.machine.set_ram(level_2, DTE(0, t.ITT, 4));
    t.its.write(GITS_BASER0, baser(level_1, 1) | GITS_BASER_Indirect);
    EXPECT_ERRNO(EINVAL, t.restore());
    t.machine.set_ram(level_1 + 8 * 8, level_1_entry(layout::nowhere));
    EXPECT_ERRNO(EFAULT, t.restore());
}

TEST(ItsRestore, WrongEvents) {
    Tables t;
    t.set_DTE(0, DTE(0, t.ITT, 4));
    for (const std::uint32_t intid : {1U, 40U, 8191U}) {
        t.set_ITE(0, ITE(0, intid, 0));
        EXPECT_ERRNO(EINVAL, t.restore()) << intid;
    }
    t.set_ITE(0, ITE(0, 8192, 3)); // no such collection
    EXPECT_ERRNO(EINVAL, t.restore());
    t.set_ITE(0, ITE(16, 8192, 0)); // the device has 16 events
    EXPECT_ERRNO(EINVAL, t.restore());
    t.set_ITE(0, ITE(15, 8192, 0));
    EXPECT_OK(t.restore());
    EXPECT_TRUE(t.delivers(0, 0));
}

TEST(ItsRestore, TablesOutsideRam) {
    Tables t;
    t.its.write(GITS_BASER1, baser(layout::nowhere, 1));
    EXPECT_ERRNO(EFAULT, t.restore());
    t.its.write(GITS_BASER1, t.its.BASER1());
    t.its.write(GITS_BASER0, baser(layout::nowhere, 1));
    EXPECT_ERRNO(EFAULT, t.restore());
    t.its.write(GITS_BASER0, baser(layout::nowhere, 1) | GITS_BASER_Indirect);
    EXPECT_ERRNO(EFAULT, t.restore());
    t.its.write(GITS_BASER0, t.its.BASER0());
    EXPECT_OK(t.restore());
}

TEST(ItsRestore, AfterAFailureNothingIsThere) {
    Tables t;
    t.set_DTE(0, DTE(1, t.ITT, 4));
    t.set_ITE(0, ITE(0, 8192, 0));
    t.set_DTE(1, DTE(0, t.ITT, 17)); // wrong
    EXPECT_ERRNO(EINVAL, t.restore());
    EXPECT_ERRNO(EINVAL, t.machine.set_spi(8192, false)) << "there is no LPI";
    EXPECT_FALSE(t.delivers(0, 0));
    ASSERT_OK(t.machine.save_its_tables(0));
    EXPECT_VALUE(0, t.machine.ram<std::uint64_t>(t.its.collection_table())) << "no collection";
}

TEST(ItsRestore, CommandsThatWereQueuedRunWhenItIsEnabled) {
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0), INT(0, 0)});
    EXPECT_EQ(m.guest().take(), Intids{8192});
    const auto CWRITER = m.its.read(GITS_CWRITER);
    m.its.disable();
    EXPECT_OK(m.machine.set_gits(0, GITS_CBASER, m.its.CBASER())); // now GITS_CREADR is 0
    EXPECT_OK(m.machine.set_gits(0, GITS_CWRITER, CWRITER));
    EXPECT_OK(m.machine.set_gits(0, GITS_CTLR, GITS_CTLR_Enabled));
    EXPECT_VALUE(CWRITER, m.its.CREADR());
    EXPECT_EQ(m.guest().take(), Intids{8192}) << "INT, once more";
}

/// What a VMM does to move a machine with one ITS and two vCPUs.
enum class Order { redistributors_first, tables_first };

void migrate(LpiMachine& from, Machine& to, Order order) {
    must(from.machine.save_pending_tables());
    must(from.machine.save_its_tables(0));
    std::vector<std::byte> RAM(std::size_t{4} << 20);
    ASSERT_TRUE(from.machine.memory().read(layout::free_RAM, RAM));
    ASSERT_TRUE(to.memory().write(layout::free_RAM, RAM));
    must(to.set_gicd(GICD_CTLR, must(from.machine.gicd(GICD_CTLR))));
    const auto redistributors = [&](std::initializer_list<std::uint64_t> registers) {
        for (unsigned vcpu = 0; vcpu < to.vcpus(); ++vcpu)
            for (const auto offset : registers)
                must(to.set_gicr(vcpu, offset, must(from.machine.gicr(vcpu, offset))));
    };
    redistributors({GICR_PROPBASER, GICR_PROPBASER + 4, GICR_PENDBASER, GICR_PENDBASER + 4});
    if (order == Order::redistributors_first)
        redistributors({GICR_CTLR});
    for (unsigned vcpu = 0; vcpu < to.vcpus(); ++vcpu)
        for (const auto& sysreg : {ICC_CTLR_EL1, ICC_PMR_EL1, ICC_IGRPEN1_EL1})
            must(to.set_icc(vcpu, sysreg, must(from.machine.icc(vcpu, sysreg))));
    for (const auto offset : {GITS_IIDR, GITS_CBASER, GITS_CREADR, GITS_CWRITER, GITS_BASER0, GITS_BASER1})
        must(to.set_gits(0, offset, must(from.machine.gits(0, offset))));
    must(to.restore_its_tables(0));
    if (order == Order::tables_first)
        redistributors({GICR_CTLR});
    must(to.set_gits(0, GITS_CTLR, must(from.machine.gits(0, GITS_CTLR))));
}

TEST(ItsRestore, PendingLpisMoveWithAMachine) {
    LpiMachine from({0, 1});
    from.map_device(3);
    from.lpis.configure(8194, 0xA0);
    from.its.run({MAPTI(3, 0, 8192, 0), MAPTI(3, 1, 8193, 1), MAPTI(3, 2, 8194, 1), INT(3, 0), INT(3, 1), INT(3, 2)});
    Machine to(Bricks{.vcpus = {0, 1}, .its = 1});
    migrate(from, to, Order::redistributors_first);
    EXPECT_VALUE(from.its.CREADR(), to.gits(0, GITS_CREADR)) << "no command ran again";
    EXPECT_EQ(to.puppet(0).take(), Intids{8192});
    EXPECT_EQ(to.puppet(1).take(), Intids{8193});
    EXPECT_TRUE(must(to.vm().signal(from.its.msi(3, 1))));
    EXPECT_EQ(to.puppet(1).take(), Intids{8193});
    EXPECT_EQ(to.puppet(0).poll(), Intids{});
}

TEST(ItsRestore, EnablingLpisAfterTheTablesLosesWhatIsPending) {
    pitfalls({39});
    LpiMachine from({0, 1});
    from.map_device(3);
    from.its.run({MAPTI(3, 0, 8192, 0), INT(3, 0)});
    Machine to(Bricks{.vcpus = {0, 1}, .its = 1});
    migrate(from, to, Order::tables_first);
    EXPECT_EQ(to.puppet(0).poll(), Intids{});
    EXPECT_TRUE(must(to.vm().signal(from.its.msi(3, 0))));
    EXPECT_EQ(to.puppet(0).take(), Intids{8192});
}

} // namespace
} // namespace conformance

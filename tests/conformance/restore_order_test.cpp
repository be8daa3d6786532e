// SPDX-License-Identifier: Apache-2.0
// What a wrong order of restoring breaks, what any order may be, and a reboot, which is restoring an empty state.
// Source: Documentation/virt/kvm/devices/arm-vgic-its.rst, "ITS Restore Sequence".
#include "arch-arm64/registers.hpp"
#include "tests/conformance/arch_timer.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/its.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"
#include "tests/conformance/state.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
using Texts = std::vector<std::string>;
const Bricks bricks{.its = 1};

/// A machine with an ITS that has executed commands, INT last: device 7, event 0, LPI 8200.
class Saved {
public:
    Saved() : from_(bricks), lpis_(from_), its_(from_, 0) {
        guest().run(open_gic() + lpis_.enable_from_guest(0));
        lpis_.configure(8200);
        its_.enable();
        its_.run({MAPD(7, 4, its_.ITT(4)), MAPC(2, from_.rdbase(0)), MAPTI(7, 0, 8200, 2), INT(7, 0)});
        if (guest().take() != Intids{8200})
            throw std::runtime_error("no LPI to begin with");
    }
    /// With that LPI pending.
    [[nodiscard]] State pending() {
        must(from_.vm().signal(msi()));
        return save(from_);
    }
    [[nodiscard]] State idle() { return save(from_); }
    [[nodiscard]] virt::Msi msi() const { return its_.msi(7, 0); }
    [[nodiscard]] Puppet& guest() { return from_.puppet(); }

private:
    Machine from_;
    Lpis lpis_;
    Its its_;
};

TEST(RestoreOrder, TheGoodOneKeepsAPendingLpi) {
    Saved saved;
    Machine to(bricks);
    restore(saved.pending(), to);
    EXPECT_EQ(to.puppet().take(), Intids{8200});
    EXPECT_EQ(to.puppet().poll(), Intids{});
}

TEST(RestoreOrder, EnablingLpisBehindTheItsTablesLosesThePendingOnes) {
    pitfalls({39});
    Saved saved;
    auto state = saved.pending();
    set_value(state.cpus[0].GICR, GICR_CTLR, 0);
    Machine to(bricks);
    restore(state, to);
    EXPECT_OK(to.set_gicr(0, GICR_CTLR, GICR_CTLR_EnableLPIs)); // reads what RESTORE_TABLES has cleared
    EXPECT_EQ(to.puppet().poll(), Intids{});
    EXPECT_TRUE(must(to.vm().signal(saved.msi()))) << "nothing else is lost";
    EXPECT_EQ(to.puppet().take(), Intids{8200});
}

TEST(RestoreOrder, ItsTablesAreRestoredOnlyWhereThereIsAConfigurationTable) {
    Saved saved;
    const auto state = saved.pending();
    Machine to(bricks);
    restore(state, to, {Step::memory, Step::control, Step::distributor, Step::lines, Step::cpu_interfaces});
    for (const auto& [offset, value] : state.GITS[0])
        if (offset != GITS_CTLR) {
            EXPECT_OK(to.set_gits(0, offset, value));
        }
    EXPECT_ERRNO(EFAULT, to.restore_its_tables(0));
}

TEST(RestoreOrder, LpiTablesAreToBeKnownBeforeLpisAreEnabled) {
    Saved saved;
    const auto state = saved.pending();
    Machine to(bricks);
    const auto before = must(to.gicr(0, GICR_PROPBASER));
    EXPECT_OK(to.set_gicr(0, GICR_CTLR, GICR_CTLR_EnableLPIs));
    for (const auto offset : {GICR_PROPBASER, GICR_PENDBASER})
        EXPECT_OK(to.set_gicr(0, offset, 0x8123'0000)) << "it succeeds";
    EXPECT_VALUE(before, to.gicr(0, GICR_PROPBASER)) << "and does nothing";
    EXPECT_VALUE(before, to.gicr(0, GICR_PENDBASER));
    restore(state, to); // which disables LPIs first
    EXPECT_EQ(to.puppet().take(), Intids{8200});
}

TEST(RestoreOrder, AnItsCreatedLateForgetsPropbaser) {
    Machine machine(Bricks{});
    EXPECT_VALUE(0, machine.gicr(0, GICR_PROPBASER));
    EXPECT_OK(machine.set_gicr(0, GICR_PROPBASER, 0));
    EXPECT_VALUE(0x180, machine.gicr(0, GICR_PROPBASER)) << "not even what it was";
    EXPECT_OK(machine.set_gicr(0, GICR_PROPBASER, 0x8123'078F));
    EXPECT_VALUE(0x8123'078F, machine.gicr(0, GICR_PROPBASER));
    EXPECT_OK(machine.create_its());
    EXPECT_VALUE(0x580, machine.gicr(0, GICR_PROPBASER));
}

TEST(RestoreOrder, CbaserZeroesWhereTheQueueIs) {
    Saved saved;
    const auto state = saved.idle();
    const auto& GITS = state.GITS[0];
    Machine to(bricks);
    EXPECT_OK(to.set_gits(0, GITS_CBASER, value_of(GITS, GITS_CBASER)));
    EXPECT_OK(to.set_gits(0, GITS_CWRITER, value_of(GITS, GITS_CWRITER)));
    EXPECT_OK(to.set_gits(0, GITS_CREADR, value_of(GITS, GITS_CREADR)));
    EXPECT_VALUE(0x80, to.gits(0, GITS_CREADR));
    EXPECT_OK(to.set_gits(0, GITS_CBASER, value_of(GITS, GITS_CBASER)));
    EXPECT_VALUE(0, to.gits(0, GITS_CREADR));
    EXPECT_VALUE(0, to.gits(0, GITS_CWRITER));
}

TEST(RestoreOrder, AnEnabledItsRefusesCreadr) {
    Saved saved;
    auto state = saved.idle();
    Machine to(bricks);
    restore(state, to);
    EXPECT_ERRNO(EBUSY, to.set_gits(0, GITS_CREADR, 0));
    EXPECT_VALUE(0x80, to.gits(0, GITS_CREADR));
}

TEST(RestoreOrder, WithoutCreadrOldCommandsAreExecutedAgain) {
    Saved saved;
    auto state = saved.idle();
    set_value(state.GITS[0], GITS_CREADR, 0);
    Machine to(bricks);
    restore(state, to);
    EXPECT_VALUE(0x80, to.gits(0, GITS_CREADR));
    EXPECT_EQ(to.puppet().take(), Intids{8200}); // by the old INT
}

TEST(RestoreOrder, TablesAreNotFoundBeforeTheirBaseRegisters) {
    Saved saved;
    const auto state = saved.pending();
    Machine to(bricks);
    restore(state, to,
            {Step::memory, Step::control, Step::redistributors, Step::distributor, Step::cpu_interfaces, Step::vcpus});
    EXPECT_OK(to.restore_its_tables(0)) << "there is nothing to restore, it seems";
    for (const auto& [offset, value] : state.GITS[0])
        if (offset != GITS_CTLR) {
            EXPECT_OK(to.set_gits(0, offset, value));
        }
    EXPECT_OK(to.set_gits(0, GITS_CTLR, GITS_CTLR_Enabled));
    EXPECT_FALSE(must(to.vm().signal(saved.msi())));
    EXPECT_EQ(to.puppet().poll(), Intids{});
}

TEST(RestoreOrder, RestoringTablesTwiceTakesAResetInBetween) {
    Saved saved;
    const auto state = saved.pending();
    Machine to(bricks);
    restore(state, to);
    EXPECT_ERRNO(EEXIST, to.restore_its_tables(0));
    EXPECT_OK(to.reset_its(0));
    EXPECT_VALUE(0, must(to.gits(0, GITS_CTLR)) & GITS_CTLR_Enabled);
    restore(state, to);
    EXPECT_EQ(to.puppet().take(), Intids{8200});
    EXPECT_TRUE(must(to.vm().signal(saved.msi())));
    EXPECT_EQ(to.puppet().take(), Intids{8200});
}

TEST(RestoreOrder, AnInterruptThatTurnsLevelSensitiveLastIsStranded) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.run(open_gic());
    EXPECT_OK(machine.set_line_level(32, bit_of(40)));
    EXPECT_OK(machine.set_gicd(word_of(GICD_ISENABLER, 40), bit_of(40)));
    EXPECT_OK(machine.set_gicd(icfgr_of(40), 0));
    EXPECT_EQ(guest.poll(), Intids{});
    EXPECT_VALUE(bit_of(40), guest.load32(layout::GICD + word_of(GICD_ISPENDR, 40))) << "pending, nevertheless";
    EXPECT_OK(machine.set_gicd(word_of(GICD_ISENABLER, 40), bit_of(40)));
    EXPECT_EQ(guest.take(), Intids{40});
}

TEST(RestoreOrder, LinesConfigurationAndCpuInterfacesComeInAnyOrder) {
    Machine from(bricks);
    from.puppet().run(open_gic() + enable_spi(40, Trigger::level) + enable_spi(64, Trigger::edge));
    EXPECT_OK(from.set_spi(40, true));
    EXPECT_OK(from.set_spi(64, true));
    const auto state = save(from);
    const std::vector<Step> orders[]{{Step::control, Step::lines, Step::distributor, Step::redistributors,
                                      Step::cpu_interfaces, Step::memory, Step::vcpus},
                                     {Step::memory, Step::control, Step::vcpus, Step::cpu_interfaces, Step::lines,
                                      Step::distributor, Step::redistributors}};
    for (const auto& order : orders) {
        Machine to(bricks);
        restore(state, to, order);
        EXPECT_EQ(differences(state, save(to)), Texts{});
        to.puppet().on_interrupt([&](std::uint32_t intid) {
            if (intid == 40) {
                EXPECT_OK(to.set_spi(40, false));
            }
        });
        EXPECT_EQ(to.puppet().take(2).size(), 2U);
        EXPECT_EQ(to.puppet().poll(), Intids{});
    }
}

TEST(RestoreOrder, ADisabledDistributorStrandsWhatIsMadePending) {
    Machine from(Bricks{});
    from.puppet().run(open_gic() + enable_spi(40, Trigger::edge) + enable_spi(64, Trigger::level) +
                      List{msr(ICC_SGI1R_EL1, 3 << 24 | 1)});
    EXPECT_OK(from.set_spi(40, true));
    EXPECT_OK(from.set_spi(64, true));
    const auto state = save(from);
    Machine to(Bricks{});
    restore(state, to,
            {Step::memory, Step::redistributors, Step::distributor, Step::lines, Step::control, Step::cpu_interfaces,
             Step::vcpus});
    auto& guest = to.puppet();
    EXPECT_VALUE(bit_of(40), to.gicd(word_of(GICD_ISPENDR, 40)));
    EXPECT_VALUE(bit_of(64), to.line_level(64));
    EXPECT_EQ(guest.poll(), Intids{});
    // Until somebody touches them.
    EXPECT_OK(to.set_gicd(word_of(GICD_ISENABLER, 40), bit_of(40)));
    EXPECT_EQ(guest.take(), Intids{40});
    guest.store32(layout::gicr(0) + GICR_ISENABLER0, bit_of(3));
    EXPECT_EQ(guest.take(), Intids{3});
    EXPECT_OK(to.set_line_level(64, bit_of(64)));
    EXPECT_EQ(guest.take(), Intids{64});
}

TEST(RestoreOrder, ATimerInterruptInItsHandlerIsLostOnAVcpuThatHasRun) {
    pitfalls({68});
    Machine from(Bricks{});
    from.puppet().set_handler(Handler::acknowledge);
    from.puppet().run(open_gic(EOImode::drop) + enable_private(0, 27) + virtual_timer.expire() +
                      List{take(1), msr(ICC_EOIR1_EL1, 27)});
    const auto state = save(from);
    Machine to(Bricks{});
    EXPECT_EQ(to.puppet().poll(), Intids{});
    restore(state, to);
    EXPECT_VALUE(0, to.gicr(0, GICR_ISACTIVER0));
    EXPECT_EQ(to.puppet().take(), Intids{27}) << "in the middle of its handler";
}

TEST(RestoreOrder, AVcpuHasNoAddressBeforeItIsInitialised) {
    Machine machine;
    for (const unsigned id : {0U, 1U})
        must(machine.create_vcpu(id));
    must(machine.create_gic());
    must(machine.place_distributor());
    must(machine.place_redistributors());
    must(machine.init_gic());
    EXPECT_ERRNO(EINVAL, machine.set_gicr(1, GICR_ISENABLER0, bit_of(20)));
    EXPECT_ERRNO(EINVAL, machine.set_icc(1, ICC_PMR_EL1, 0xF0));
    for (const unsigned vcpu : {0U, 1U})
        must(machine.init_vcpu(vcpu));
    EXPECT_OK(machine.set_gicr(1, GICR_ISENABLER0, bit_of(20)));
    EXPECT_OK(machine.set_icc(1, ICC_PMR_EL1, 0xF0));
    EXPECT_VALUE(0xFFFF, machine.gicr(0, GICR_ISENABLER0));
    EXPECT_VALUE(0xFFFF | bit_of(20), machine.gicr(1, GICR_ISENABLER0));
}

TEST(Reboot, InitialisingVcpusAgainLeavesGicAndItsAsTheyAre) {
    Machine machine(bricks);
    Lpis lpis(machine);
    lpis.configure(8200);
    Its its(machine, 0);
    machine.puppet().run(open_gic() + enable_spi(40, Trigger::edge) + lpis.enable_from_guest(0));
    its.enable();
    its.run({MAPD(7, 4, its.ITT(4)), MAPC(2, machine.rdbase(0)), MAPTI(7, 0, 8200, 2)});
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_OK(machine.vcpu(0).finish());
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_VALUE(GICR_CTLR_EnableLPIs, must(machine.gicr(0, GICR_CTLR)) & GICR_CTLR_EnableLPIs);
    EXPECT_VALUE(bit_of(40), machine.gicd(word_of(GICD_ISPENDR, 40)));
    EXPECT_TRUE(must(machine.vm().signal(its.msi(7, 0))));
    machine.puppet().restart();
    EXPECT_EQ(machine.puppet().take(2).size(), 2U) << "40 and 8200, in the new life";
}

TEST(Reboot, AnExitThatIsNotFinishedOutlivesInitialisation) {
    NEEDS_EXECUTION();
    Machine machine(bricks);
    auto& vcpu = machine.vcpu(0);
    machine.puppet().run(barrier()); // ends with a store that exits
    EXPECT_OK(vcpu.finish());
    machine.puppet().run(barrier());
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_OK(vcpu.set(arm64::registers::pc, PUPPET_IMAGE));
    EXPECT_OK(vcpu.finish());
    EXPECT_VALUE(PUPPET_IMAGE + 4, vcpu.get(arm64::registers::pc)) << "past an instruction of the new life";
}

TEST(Reboot, WritingEveryRegisterBackMakesAFreshMachine) {
    const Bricks two{.vcpus = {0, 1}, .its = 1};
    Machine fresh(two);
    const auto reset = save(fresh);
    Machine machine(two);
    Lpis lpis(machine);
    Its its(machine, 0);
    auto& guest = machine.puppet(0);
    guest.set_handler(Handler::acknowledge);
    guest.run(open_gic() + enable_spi(40, Trigger::edge, 1) + enable_spi(41, Trigger::level) + enable_private(0, 20) +
              enable_private(0, 27) + lpis.enable_from_guest(0) + lpis.enable_from_guest(1));
    machine.puppet(1).run(open_cpu_interface(EOImode::drop));
    lpis.configure(8200);
    its.enable();
    its.run({MAPD(7, 4, its.ITT(4)), MAPC(2, machine.rdbase(0)), MAPTI(7, 0, 8200, 2)});
    for (const std::uint32_t spi : {40U, 41U})
        EXPECT_OK(machine.set_spi(spi, true));
    EXPECT_EQ(guest.take(), Intids{41}); // and active
    EXPECT_OK(machine.set_ppi(20, 0, true));
    EXPECT_TRUE(must(machine.vm().signal(its.msi(7, 0))));
    if (provider().executes_code())
        guest.run(virtual_timer.expire());

    for (const unsigned vcpu : {0U, 1U}) {
        EXPECT_OK(machine.vcpu(vcpu).finish());
        EXPECT_OK(machine.init_vcpu(vcpu));
    }
    EXPECT_OK(machine.reset_its(0)); // by hand it would not do: CBASER, once written, does not read 0
    for (const auto BASER : {GITS_BASER0, GITS_BASER1}) { // invalid now, and otherwise kept
        EXPECT_VALUE(0, must(machine.gits(0, BASER)) >> 63);
        EXPECT_NE(must(machine.gits(0, BASER)), value_of(reset.GITS[0], BASER));
        EXPECT_OK(machine.set_gits(0, BASER, value_of(reset.GITS[0], BASER)));
    }
    restore(reset, machine,
            {Step::memory, Step::control, Step::redistributors, Step::distributor, Step::lines, Step::cpu_interfaces,
             Step::vcpus});
    EXPECT_EQ(differences(reset, save(machine)), Texts{});
}

} // namespace
} // namespace conformance

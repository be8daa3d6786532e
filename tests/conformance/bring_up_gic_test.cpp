// SPDX-License-Identifier: Apache-2.0
// Creating, placing and initialising a GICv3 and its ITSs. Source: Documentation/virt/kvm/devices/arm-vgic-v3.rst,
// arm-vgic-its.rst.
#include "arch-arm64/vgic_attributes.hpp"
#include "tests/conformance/event.hpp"
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

namespace conformance {
namespace {

namespace attr = arm64::attr;
using virt::DeviceType;

constexpr std::uint32_t ITLinesNumber = 0x1F; // of GICD_TYPER
constexpr std::uint64_t undefined_address = ~std::uint64_t{0};

TEST(BringUpGic, TheHostSaysWhichDevicesItHas) {
    Machine machine;
    EXPECT_TRUE(machine.vm().knows_device(DeviceType::vgic_v3));
    EXPECT_TRUE(machine.vm().knows_device(DeviceType::vgic_its));
    constexpr DeviceType none{0};
    constexpr DeviceType beyond{999};
    for (const auto unknown : {none, beyond}) {
        EXPECT_FALSE(machine.vm().knows_device(unknown));
        EXPECT_ERRNO(ENODEV, machine.create_gic(unknown));
    }
    EXPECT_OK(machine.create_gic()); // asking has created nothing
    EXPECT_TRUE(machine.vm().knows_device(DeviceType::vgic_v3));
}

TEST(BringUpGic, ThereIsOneAtMost) {
    Machine machine;
    EXPECT_OK(machine.create_gic());
    EXPECT_ERRNO(EEXIST, machine.create_gic());
    const bool knows_v2 = machine.vm().knows_device(DeviceType::vgic_v2);
    EXPECT_ERRNO(knows_v2 ? EEXIST : ENODEV, machine.create_gic(DeviceType::vgic_v2));
    EXPECT_OK(machine.place_distributor());
}

TEST(BringUpGic, NoneAfterAVcpuHasRun) {
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    auto& guest = machine.puppet();
    EXPECT_VALUE(0, guest.load32(layout::GICD));
    EXPECT_ERRNO(EBUSY, machine.create_gic());
    EXPECT_VALUE(0, guest.load32(layout::GICD)); // and the VM lives
}

TEST(BringUpGic, InterruptsAre256UnlessItIsTold) {
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_OK(machine.create_gic());
    EXPECT_OK(machine.init_gic());
    EXPECT_VALUE(256 / 32 - 1, must(machine.gicd(GICD_TYPER)) & ITLinesNumber);
    EXPECT_VALUE(256, machine.gic().get_number<std::uint32_t>(attr::GRP_NR_IRQS, 0));
    EXPECT_ERRNO(EBUSY, machine.set_interrupts(256)); // too late
    EXPECT_OK(machine.set_spi(255, true));
    EXPECT_ERRNO(EINVAL, machine.set_spi(256, true));
}

TEST(BringUpGic, InterruptsAreToldOnceInThirtyTwos) {
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_OK(machine.create_gic());
    EXPECT_OK(machine.set_interrupts(64));
    EXPECT_VALUE(64, machine.gic().get_number<std::uint32_t>(attr::GRP_NR_IRQS, 0));
    EXPECT_ERRNO(EBUSY, machine.set_interrupts(96));
    EXPECT_OK(machine.init_gic());
    EXPECT_VALUE(64 / 32 - 1, must(machine.gicd(GICD_TYPER)) & ITLinesNumber);
    EXPECT_OK(machine.set_spi(63, true));
    EXPECT_ERRNO(EINVAL, machine.set_spi(64, true));
}

TEST(BringUpGic, FramesAreAlignedAndInsideTheAddressSpace) {
    Machine machine(36);
    constexpr virt::Gpa end = std::uint64_t{1} << 36;
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.create_gic());
    for (const virt::Gpa misaligned : {layout::GICD + 0x1000, layout::GICD + 1}) {
        EXPECT_ERRNO(EINVAL, machine.place_distributor(misaligned));
        EXPECT_ERRNO(EINVAL, machine.place_redistributors(misaligned));
    }
    for (const virt::Gpa beyond : {end, end << 4}) {
        EXPECT_ERRNO(E2BIG, machine.place_distributor(beyond));
        EXPECT_ERRNO(E2BIG, machine.place_redistributors(beyond));
    }
    EXPECT_OK(machine.place_distributor(end - 0x1'0000));
}

TEST(BringUpGic, EachAddressIsSetOnceAndCanBeRead) {
    Machine machine;
    EXPECT_OK(machine.create_gic());
    const auto distributor = [&] {
        return machine.gic().get_number<std::uint64_t>(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_DIST);
    };
    EXPECT_VALUE(undefined_address, distributor());
    EXPECT_OK(machine.place_distributor());
    EXPECT_VALUE(layout::GICD, distributor());
    EXPECT_ERRNO(EEXIST, machine.place_distributor());
    EXPECT_ERRNO(EEXIST, machine.place_distributor(layout::nowhere));
    EXPECT_VALUE(layout::GICD, distributor());
}

TEST(BringUpGic, AddressesAreOfItsOwnArchitectureVersion) {
    Machine machine;
    EXPECT_OK(machine.create_gic());
    for (const std::uint64_t foreign :
         {attr::VGIC_V2_ADDR_TYPE_DIST, attr::VGIC_V2_ADDR_TYPE_CPU, attr::VGIC_ITS_ADDR_TYPE, std::uint64_t{77}}) {
        EXPECT_ERRNO(ENXIO, machine.gic().set_number(attr::GRP_ADDR, foreign, layout::GICD)) << foreign;
        EXPECT_ERRNO(ENXIO, machine.gic().get_number<std::uint64_t>(attr::GRP_ADDR, foreign)) << foreign;
    }
    EXPECT_TRUE(machine.gic().has_attr(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_DIST));
    EXPECT_TRUE(machine.gic().has_attr(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_REDIST_REGION));
    EXPECT_FALSE(machine.gic().has_attr(attr::GRP_ADDR, 77));
    EXPECT_FALSE(machine.gic().has_attr(99, 0));
    EXPECT_ERRNO(ENXIO, machine.gic().set_number(99, 0, std::uint64_t{0}));
    EXPECT_ERRNO(ENXIO, machine.gic().get_number<std::uint64_t>(99, 0));
}

TEST(BringUpGic, APayloadThatIsMissingIsAFault) {
    Machine machine;
    EXPECT_OK(machine.create_gic());
    EXPECT_ERRNO(EFAULT, machine.gic().set_attr(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_DIST, {}));
    EXPECT_ERRNO(EFAULT, machine.gic().set_attr(attr::GRP_NR_IRQS, 0, {}));
    EXPECT_ERRNO(EFAULT, machine.gic().get_attr(attr::GRP_NR_IRQS, 0, {}));
}

TEST(BringUpGic, InitialisationNeedsNoVcpuAndNoAddress) {
    Machine machine;
    EXPECT_OK(machine.create_gic());
    EXPECT_OK(machine.init_gic());
    EXPECT_OK(machine.init_gic());
    EXPECT_OK(machine.place_distributor());
    EXPECT_ERRNO(EBUSY, machine.create_vcpu(0));
    EXPECT_OK(machine.set_spi(32, true)); // to nobody
    EXPECT_ERRNO(ENXIO, machine.gic().set_attr(attr::GRP_CTRL, 77, {}));
    EXPECT_FALSE(machine.gic().has_attr(attr::GRP_CTRL, 77));
    EXPECT_TRUE(machine.gic().has_attr(attr::GRP_CTRL, attr::CTRL_INIT));
}

TEST(BringUpGic, AddressesMayComeAfterInitialisation) {
    Machine machine;
    EXPECT_OK(machine.create_gic());
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_OK(machine.init_gic());
    EXPECT_OK(machine.place_redistributors());
    EXPECT_OK(machine.place_distributor());
    auto& guest = machine.puppet();
    EXPECT_VALUE(GICD_CTLR_ARE_NS | GICD_CTLR_DS, guest.load32(layout::GICD + GICD_CTLR));
    EXPECT_VALUE(0xFFFF, guest.load32(layout::gicr(0) + GICR_ISENABLER0));
}

TEST(BringUpGic, TheGicMayComeBeforeTheVcpus) {
    Machine machine;
    EXPECT_OK(machine.create_gic());
    EXPECT_OK(machine.place_distributor());
    EXPECT_OK(machine.place_redistributors());
    for (const auto id : {0U, 1U}) {
        EXPECT_OK(machine.create_vcpu(id));
        EXPECT_OK(machine.init_vcpu(id));
    }
    EXPECT_OK(machine.init_gic());
    EXPECT_VALUE(std::uint64_t{1} << 32 | 1 << 8 | 1 << 4, machine.puppet().load64(layout::gicr(1) + GICR_TYPER));
}

TEST(BringUpGic, RegistersNeedInitialisationAndAVcpuOfThatAffinity) {
    Machine machine;
    EXPECT_OK(machine.create_gic());
    EXPECT_OK(machine.place_distributor());
    EXPECT_OK(machine.place_redistributors());
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_ERRNO(EBUSY, machine.gicd(GICD_TYPER));
    EXPECT_ERRNO(EBUSY, machine.gicr(0, GICR_TYPER));
    EXPECT_ERRNO(EBUSY, machine.icc(0, ICC_PMR_EL1));
    EXPECT_ERRNO(EBUSY, machine.set_spi(32, true));
    EXPECT_ERRNO(ENXIO, machine.save_pending_tables());
    EXPECT_OK(machine.init_gic());
    EXPECT_OK(machine.gicd(GICD_TYPER));
    const auto typer_of = [&](std::uint64_t affinity) {
        return machine.gic().get_number<std::uint32_t>(attr::GRP_REDIST_REGS, affinity << 32 | GICR_TYPER);
    };
    EXPECT_OK(typer_of(0));
    EXPECT_ERRNO(EINVAL, typer_of(1));
}

// Each of these ends its VM.
TEST(BringUpGic, AnUninitialisedOneDoesNotRun) {
    pitfalls({60});
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_OK(machine.create_gic());
    EXPECT_OK(machine.place_distributor());
    EXPECT_OK(machine.place_redistributors());
    EXPECT_ERRNO(EBUSY, machine.vcpu(0).run());
    EXPECT_ERRNO(EIO, machine.init_gic());
    EXPECT_ERRNO(EIO, machine.vcpu(0).run());
    EXPECT_ERRNO(EIO, machine.vcpu(0).get(virt::RegisterId{0x6030'0000'0010'0000}));
    EXPECT_ERRNO(EIO, machine.gicd(GICD_TYPER));
    EXPECT_ERRNO(EIO, machine.create_its());
}

TEST(BringUpGic, OverlappingFramesDoNotRun) {
    pitfalls({60});
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    EXPECT_OK(machine.create_gic());
    EXPECT_OK(machine.place_redistributors(layout::GICR));
    EXPECT_OK(machine.place_distributor(layout::GICR + 0x1'0000)); // seen only with both in place
    EXPECT_OK(machine.init_gic());
    EXPECT_ERRNO(EINVAL, machine.vcpu(0).run());
    EXPECT_ERRNO(EIO, machine.vcpu(0).run());
}

TEST(BringUpGic, AnItsIsPlacedOnceAndReadsAllOnesBefore) {
    Machine machine(36);
    ASSERT_OK(machine.create_its());
    const auto address = [&] {
        return machine.its(0).get_number<std::uint64_t>(attr::GRP_ADDR, attr::VGIC_ITS_ADDR_TYPE);
    };
    EXPECT_VALUE(undefined_address, address());
    EXPECT_ERRNO(EINVAL, machine.place_its(0, layout::ITS + 0x1000));
    EXPECT_ERRNO(E2BIG, machine.place_its(0, std::uint64_t{1} << 36));
    EXPECT_ERRNO(E2BIG, machine.place_its(0, (std::uint64_t{1} << 36) - 0x1'0000)); // it has 128 KiB
    EXPECT_ERRNO(ENODEV, machine.its(0).set_number(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_DIST, layout::ITS));
    EXPECT_OK(machine.place_its(0));
    EXPECT_VALUE(layout::ITS, address());
    EXPECT_ERRNO(EEXIST, machine.place_its(0));
    EXPECT_OK(machine.create_its());
    EXPECT_OK(machine.place_its(1));
}

TEST(BringUpGic, AnItsHasNothingToInitialise) {
    Machine machine(Bricks{.its = 1});
    EXPECT_OK(machine.init_its(0));
    EXPECT_OK(machine.init_its(0));
    EXPECT_OK(machine.create_its());
    EXPECT_OK(machine.init_its(1)); // nor an address for it
    EXPECT_FALSE(machine.its(0).has_attr(attr::GRP_CTRL, 77));
    EXPECT_OK(machine.its(0).set_attr(attr::GRP_CTRL, 77, {})); // HAS_DEVICE_ATTR knows better
}

TEST(BringUpGic, RegistersOfAnItsNeedItsAddress) {
    Machine machine(Bricks{});
    ASSERT_OK(machine.create_its());
    EXPECT_ERRNO(ENXIO, machine.gits(0, GITS_CTLR));
    EXPECT_ERRNO(ENXIO, machine.set_gits(0, GITS_CTLR, 0));
    EXPECT_OK(machine.place_its(0));
    EXPECT_VALUE(GITS_CTLR_Quiescent, machine.gits(0, GITS_CTLR));
}

TEST(BringUpGic, CreatingAnItsResetsThePropbaserOfTheVm) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    EXPECT_VALUE(0, machine.gicr(0, GICR_PROPBASER));
    ASSERT_OK(machine.create_its());
    EXPECT_VALUE(0x580, machine.gicr(0, GICR_PROPBASER));
    EXPECT_OK(machine.set_gicr(0, GICR_PROPBASER, 0x8000'058F));
    EXPECT_VALUE(0x8000'058F, machine.gicr(1, GICR_PROPBASER));
    ASSERT_OK(machine.create_its());
    EXPECT_VALUE(0x580, machine.gicr(0, GICR_PROPBASER));
    EXPECT_VALUE(0x580, machine.gicr(1, GICR_PROPBASER));
}

TEST(BringUpGic, AnItsAnswersAsSoonAsItIsPlaced) {
    Machine machine(Bricks{});
    auto& guest = machine.puppet();
    guest.set_load_value(0x5A);
    EXPECT_VALUE(0x5A, guest.load32(layout::ITS + GITS_CTLR)); // nobody's
    ASSERT_OK(machine.create_its());
    EXPECT_VALUE(0x5A, guest.load32(layout::ITS + GITS_CTLR));
    EXPECT_OK(machine.place_its(0)); // in a VM that has run
    EXPECT_VALUE(GITS_CTLR_Quiescent, guest.load32(layout::ITS + GITS_CTLR));
    EXPECT_VALUE(0x5A, guest.load32(layout::its(1)));
}

TEST(BringUpGic, AnItsWithoutAGicv3IsOfNoUse) {
    Machine machine;
    EXPECT_OK(machine.create_vcpu(0));
    EXPECT_OK(machine.init_vcpu(0));
    ASSERT_OK(machine.create_its());
    EXPECT_OK(machine.place_its(0));
    EXPECT_ERRNO(EINVAL, machine.vm().signal({layout::ITS + GITS_TRANSLATER, 0, virt::DeviceId{0}}));
}

TEST(BringUpGic, AttributesAreBusyWhileAVcpuRuns) {
    Machine machine(Bricks{.vcpus = {0, 1}, .its = 1});
    auto& guest = machine.puppet(0);
    guest.run(open_gic() + enable_spi(40, Trigger::edge));
    guest.start(take_wfi(1));
    for (int tries = 0; tries < 1'000'000 && machine.gicd(GICD_CTLR); ++tries) {
    } // until it is in the guest
    EXPECT_ERRNO(EBUSY, machine.gicr(1, GICR_CTLR)); // though that one is idle
    EXPECT_ERRNO(EBUSY, machine.gicd(GICD_CTLR));
    EXPECT_ERRNO(EBUSY, machine.icc(1, ICC_PMR_EL1));
    EXPECT_ERRNO(EBUSY, machine.gits(0, GITS_CTLR));
    EXPECT_ERRNO(EBUSY, machine.reset_its(0));
    EXPECT_OK(machine.set_spi(40, true));
    guest.wait();
    EXPECT_OK(machine.gicd(GICD_CTLR));
}

} // namespace
} // namespace conformance

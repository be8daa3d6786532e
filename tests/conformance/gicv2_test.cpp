// SPDX-License-Identifier: Apache-2.0
// A GICv2, whose CPU interface is memory: where it differs from a GICv3. Source: Arm IHI 0048B, 4.3, 4.4;
// Documentation/virt/kvm/devices/arm-vgic.rst.
#include "arch-arm64/vgic_attributes.hpp"
#include "tests/conformance/event.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

namespace conformance {
namespace {

namespace attr = arm64::attr;
using virt::DeviceType;
using virt::Gpa;

constexpr Gpa GICC = layout::GICD + 0x1'0000;
constexpr std::uint64_t GICD_SGIR = 0xF00, GICD_CPENDSGIR = 0xF10, GICD_SPENDSGIR = 0xF20;
constexpr std::uint64_t GICC_CTLR = 0x00, GICC_PMR = 0x04, GICC_BPR = 0x08, GICC_IAR = 0x0C, GICC_EOIR = 0x10,
                        GICC_RPR = 0x14, GICC_HPPIR = 0x18, GICC_ABPR = 0x1C, GICC_APR0 = 0xD0, GICC_IIDR = 0xFC,
                        GICC_DIR = 0x1000;
constexpr std::uint32_t GICC_CTLR_EnableGrp0 = 1, GICC_CTLR_EOImode = 1U << 9, spurious = 1023;
constexpr std::uint32_t to_list = 0, to_others = 1U << 24, to_self = 2U << 24, to_reserved = 3U << 24; // GICD_SGIR

constexpr Gpa gicd(std::uint64_t offset) { return layout::GICD + offset; }
constexpr std::uint32_t target(unsigned vcpu) { return 1U << (16 + vcpu); }
constexpr std::uint32_t from(unsigned vcpu, std::uint32_t intid) { return vcpu << 10 | intid; } // as GICC_IAR has it

/// The distributor is on; this CPU takes everything.
List open() {
    return {store32(gicd(GICD_CTLR), 1), store32(GICC + GICC_PMR, 0xF8),
            store32(GICC + GICC_CTLR, GICC_CTLR_EnableGrp0)};
}
List enable(std::uint32_t intid, bool edge, std::uint8_t priority = 0xA0) {
    return {store32(gicd(icfgr_of(intid)), edge ? 0xAAAA'AAAA : 0), store8(gicd(GICD_IPRIORITYR + intid), priority),
            store32(gicd(word_of(GICD_ISENABLER, intid)), bit_of(intid))};
}

/// vCPUs 0, 1, ..., an initialised GICv2. Its interrupts are acknowledged by loads, with exceptions masked.
class MachineV2 : public Machine {
public:
    explicit MachineV2(unsigned vcpus = 1) {
        for (unsigned vcpu = 0; vcpu < vcpus; ++vcpu) {
            must(create_vcpu(vcpu));
            must(init_vcpu(vcpu));
        }
        must(create_gic(DeviceType::vgic_v2));
        must(set_interrupts(128));
        must(place(attr::VGIC_V2_ADDR_TYPE_DIST, layout::GICD));
        must(place(attr::VGIC_V2_ADDR_TYPE_CPU, GICC));
        must(init_gic());
    }
    virt::expected<void> place(std::uint64_t type, Gpa base) { return gic().set_number(attr::GRP_ADDR, type, base); }

    /// Acknowledges and ends until there is nothing; what GICC_IAR read.
    std::vector<std::uint32_t> take_all(unsigned vcpu = 0) {
        std::vector<std::uint32_t> taken;
        auto& guest = puppet(vcpu);
        while (taken.size() < 20) {
            const auto IAR = static_cast<std::uint32_t>(guest.load32(GICC + GICC_IAR));
            if ((IAR & 0x3FF) >= 1020)
                break;
            taken.push_back(IAR);
            guest.store32(GICC + GICC_EOIR, IAR);
        }
        return taken;
    }
    // Attributes name a vCPU by its id.
    virt::expected<std::uint32_t> dist(std::uint32_t vcpu, std::uint64_t offset) {
        return gic().get_number<std::uint32_t>(attr::GRP_DIST_REGS, std::uint64_t{vcpu} << 32 | offset);
    }
    virt::expected<std::uint32_t> cpu(std::uint64_t offset, std::uint32_t vcpu = 0) {
        return gic().get_number<std::uint32_t>(attr::GRP_CPU_REGS, std::uint64_t{vcpu} << 32 | offset);
    }
    virt::expected<void> set_cpu(std::uint64_t offset, std::uint32_t value, std::uint32_t vcpu = 0) {
        return gic().set_number(attr::GRP_CPU_REGS, std::uint64_t{vcpu} << 32 | offset, value);
    }
};

using Taken = std::vector<std::uint32_t>;

#define NEEDS_GICV2()                                                                                                  \
    do {                                                                                                               \
        if (!bare.vm().knows_device(DeviceType::vgic_v2)) {                                                            \
            EXPECT_ERRNO(ENODEV, bare.create_gic(DeviceType::vgic_v2));                                                \
            GTEST_SKIP() << "the host has no GICv2 for guests";                                                        \
        }                                                                                                              \
    } while (false)

class GicV2 : public testing::Test {
protected:
    virt::expected<void> place(std::uint64_t type, Gpa base) {
        return bare.gic().set_number(attr::GRP_ADDR, type, base);
    }
    virt::expected<void> create() { return bare.create_gic(DeviceType::vgic_v2); }

    Machine bare;
};

TEST_F(GicV2, ThereIsOneAtMost) {
    NEEDS_GICV2();
    EXPECT_OK(create());
    EXPECT_ERRNO(EEXIST, create());
    const bool knows_v3 = bare.vm().knows_device(DeviceType::vgic_v3);
    EXPECT_ERRNO(knows_v3 ? EEXIST : ENODEV, bare.create_gic(DeviceType::vgic_v3));
    if (!knows_v3) {
        EXPECT_ERRNO(ENODEV, bare.create_its());
    }
}

TEST_F(GicV2, EightVcpusAtMost) {
    NEEDS_GICV2();
    EXPECT_OK(create());
    EXPECT_EQ(bare.vm().check_extension(virt::Capability::max_vcpus), 8);
    EXPECT_ERRNO(EINVAL, bare.create_vcpu(8));
    EXPECT_OK(bare.create_vcpu(7));
}

TEST_F(GicV2, FramesAre4KAnd8K) {
    NEEDS_GICV2();
    EXPECT_OK(create());
    constexpr Gpa end = Gpa{1} << 40;
    EXPECT_ERRNO(EINVAL, place(attr::VGIC_V2_ADDR_TYPE_DIST, layout::GICD + 0x800));
    EXPECT_ERRNO(EINVAL, place(attr::VGIC_V2_ADDR_TYPE_CPU, GICC + 0x800));
    EXPECT_ERRNO(E2BIG, place(attr::VGIC_V2_ADDR_TYPE_DIST, end));
    EXPECT_ERRNO(E2BIG, place(attr::VGIC_V2_ADDR_TYPE_CPU, end - 0x1000));
    EXPECT_OK(place(attr::VGIC_V2_ADDR_TYPE_DIST, end - 0x1000));
    EXPECT_OK(place(attr::VGIC_V2_ADDR_TYPE_CPU, end - 0x3000));
    EXPECT_ERRNO(EEXIST, place(attr::VGIC_V2_ADDR_TYPE_DIST, layout::GICD));
    EXPECT_ERRNO(EEXIST, place(attr::VGIC_V2_ADDR_TYPE_CPU, GICC));
    for (const auto foreign : {attr::VGIC_V3_ADDR_TYPE_DIST, attr::VGIC_V3_ADDR_TYPE_REDIST,
                               attr::VGIC_V3_ADDR_TYPE_REDIST_REGION, attr::VGIC_ITS_ADDR_TYPE})
        EXPECT_ERRNO(ENXIO, place(foreign, layout::GICR)) << foreign;
}

TEST_F(GicV2, OverlappingFramesDoNotRun) {
    pitfalls({60});
    NEEDS_GICV2();
    EXPECT_OK(bare.create_vcpu(0));
    EXPECT_OK(bare.init_vcpu(0));
    EXPECT_OK(create());
    EXPECT_OK(place(attr::VGIC_V2_ADDR_TYPE_CPU, GICC));
    EXPECT_OK(place(attr::VGIC_V2_ADDR_TYPE_DIST, GICC + 0x1000));
    EXPECT_ERRNO(EINVAL, bare.vcpu(0).run());
    EXPECT_ERRNO(EIO, bare.vcpu(0).run());
}

TEST_F(GicV2, AMissingFrameDoesNotRun) {
    pitfalls({60});
    NEEDS_GICV2();
    EXPECT_OK(bare.create_vcpu(0));
    EXPECT_OK(bare.init_vcpu(0));
    EXPECT_OK(create());
    EXPECT_OK(place(attr::VGIC_V2_ADDR_TYPE_DIST, layout::GICD));
    EXPECT_ERRNO(ENXIO, bare.vcpu(0).run());
    EXPECT_ERRNO(EIO, place(attr::VGIC_V2_ADDR_TYPE_CPU, GICC));
}

TEST_F(GicV2, AnInjectionInitialisesItAndAnIrqfdDoesNot) {
    NEEDS_GICV2();
    EXPECT_OK(bare.create_vcpu(0));
    EXPECT_OK(bare.init_vcpu(0));
    EXPECT_OK(create());
    Event event;
    const virt::Irqfd irqfd{event.fd(), virt::Gsi{0}};
    EXPECT_ERRNO(EAGAIN, bare.vm().assign(irqfd));
    EXPECT_OK(bare.set_spi(40, true));
    EXPECT_OK(bare.vm().assign(irqfd));
    EXPECT_ERRNO(EBUSY, bare.create_vcpu(1));
    EXPECT_ERRNO(EBUSY, bare.set_interrupts(128));
}

TEST_F(GicV2, AnAttributeInitialisesIt) {
    NEEDS_GICV2();
    EXPECT_OK(create());
    EXPECT_ERRNO(EINVAL, bare.gicd(GICD_CTLR)); // of which vCPU?
    EXPECT_OK(bare.create_vcpu(0));
    EXPECT_OK(bare.init_vcpu(0));
    EXPECT_VALUE(0, bare.gicd(GICD_CTLR));
    EXPECT_ERRNO(EBUSY, bare.create_vcpu(1));
}

TEST_F(GicV2, TheFirstRunInitialisesIt) {
    NEEDS_GICV2();
    EXPECT_OK(bare.create_vcpu(0));
    EXPECT_OK(bare.init_vcpu(0));
    EXPECT_OK(create());
    EXPECT_OK(place(attr::VGIC_V2_ADDR_TYPE_DIST, layout::GICD));
    EXPECT_OK(place(attr::VGIC_V2_ADDR_TYPE_CPU, GICC));
    EXPECT_VALUE(256 / 32 - 1, bare.puppet().load32(gicd(GICD_TYPER)));
    EXPECT_VALUE(256 / 32 - 1, bare.gicd(GICD_TYPER));
}

TEST_F(GicV2, ResetState) {
    NEEDS_GICV2();
    MachineV2 machine;
    auto& guest = machine.puppet();
    EXPECT_VALUE(0, guest.load32(gicd(GICD_CTLR)));
    EXPECT_VALUE(0xFFFF, guest.load32(gicd(GICD_ISENABLER)));
    EXPECT_VALUE(0, guest.load32(gicd(GICD_IGROUPR)));
    EXPECT_VALUE(0, guest.load32(gicd(word_of(GICD_IGROUPR, 40))));
    EXPECT_VALUE(0xAAAA'AAAA, guest.load32(gicd(GICD_ICFGR)));
    EXPECT_VALUE(0, guest.load32(gicd(icfgr_of(16))));
    EXPECT_VALUE(0xAAAA'AAAA, guest.load32(gicd(icfgr_of(40))));
    EXPECT_VALUE(0, guest.load32(gicd(GICD_IPRIORITYR + 40)));
    EXPECT_VALUE(0, guest.load32(gicd(GICD_ITARGETSR + 40)));
    EXPECT_VALUE(0, guest.load32(GICC + GICC_PMR));
    EXPECT_VALUE(0, guest.load32(GICC + GICC_CTLR));
}

TEST_F(GicV2, IdentificationRegisters) {
    NEEDS_GICV2();
    MachineV2 machine(3);
    auto& guest = machine.puppet();
    EXPECT_VALUE(2 << 5 | 3, guest.load32(gicd(GICD_TYPER))); // CPUNumber, ITLinesNumber
    EXPECT_VALUE(0x4B00'343B, guest.load32(gicd(GICD_IIDR)));
    EXPECT_VALUE(0x4B00'343B, machine.gicd(GICD_IIDR));
    EXPECT_VALUE(0x04B2'043B, machine.cpu(GICC_IIDR));
    for (const std::uint32_t revision : {2U, 3U})
        EXPECT_OK(machine.set_gicd(GICD_IIDR, 0x4B00'043B | revision << 12)) << revision;
    EXPECT_ERRNO(EINVAL, machine.set_gicd(GICD_IIDR, 0x4B00'143B));
    EXPECT_ERRNO(EINVAL, machine.set_gicd(GICD_IIDR, 0x4B00'443B));
    EXPECT_ERRNO(EINVAL, machine.set_gicd(GICD_IIDR, 0x4B00'343A));
}

TEST_F(GicV2, GroupsFromOutsideAreIgnoredUntilIidrIsWritten) {
    pitfalls({69});
    NEEDS_GICV2();
    MachineV2 machine;
    const auto IGROUPR = word_of(GICD_IGROUPR, 40);
    EXPECT_OK(machine.set_gicd(IGROUPR, bit_of(40)));
    EXPECT_VALUE(0, machine.gicd(IGROUPR));
    machine.puppet().store32(gicd(IGROUPR), bit_of(41)); // the guest may
    EXPECT_VALUE(bit_of(41), machine.gicd(IGROUPR));
    EXPECT_OK(machine.set_gicd(GICD_IIDR, must(machine.gicd(GICD_IIDR))));
    EXPECT_OK(machine.set_gicd(IGROUPR, bit_of(40)));
    EXPECT_VALUE(bit_of(40), machine.gicd(IGROUPR));
}

TEST_F(GicV2, ThePriorityMaskFromOutsideIsFiveBits) {
    pitfalls({70});
    NEEDS_GICV2();
    MachineV2 machine;
    auto& guest = machine.puppet();
    EXPECT_OK(machine.set_cpu(GICC_PMR, 0x1F));
    EXPECT_VALUE(0xF8, guest.load32(GICC + GICC_PMR));
    guest.store32(GICC + GICC_PMR, 0xA0);
    EXPECT_VALUE(0xA0 >> 3, machine.cpu(GICC_PMR));
}

TEST_F(GicV2, CpuInterfaceRegistersFromOutside) {
    NEEDS_GICV2();
    MachineV2 machine(2);
    auto& guest = machine.puppet();
    EXPECT_OK(machine.set_cpu(GICC_CTLR, GICC_CTLR_EnableGrp0 | GICC_CTLR_EOImode));
    EXPECT_OK(machine.set_cpu(GICC_BPR, 4));
    EXPECT_OK(machine.set_cpu(GICC_ABPR, 5));
    EXPECT_VALUE(GICC_CTLR_EnableGrp0 | GICC_CTLR_EOImode, guest.load32(GICC + GICC_CTLR));
    EXPECT_VALUE(4, guest.load32(GICC + GICC_BPR));
    EXPECT_VALUE(5, guest.load32(GICC + GICC_ABPR));
    EXPECT_VALUE(4, machine.cpu(GICC_BPR));
    EXPECT_VALUE(0, machine.cpu(GICC_CTLR, 1)); // each has its own
    EXPECT_OK(machine.set_cpu(GICC_IIDR, 0)); // read-only
    EXPECT_VALUE(0x04B2'043B, machine.cpu(GICC_IIDR));
    EXPECT_VALUE(0, machine.cpu(GICC_APR0));
    EXPECT_FALSE(machine.gic().has_attr(attr::GRP_CPU_REGS, GICC_IAR));
    EXPECT_TRUE(machine.gic().has_attr(attr::GRP_CPU_REGS, GICC_PMR));
}

TEST_F(GicV2, AttributesNameAVcpuByItsId) {
    NEEDS_GICV2();
    EXPECT_OK(bare.create_vcpu(0));
    EXPECT_OK(bare.create_vcpu(3));
    EXPECT_OK(bare.init_vcpu(0));
    EXPECT_OK(bare.init_vcpu(1));
    EXPECT_OK(create());
    EXPECT_OK(bare.init_gic());
    const auto cpu = [&](std::uint64_t id) {
        return bare.gic().get_number<std::uint32_t>(attr::GRP_CPU_REGS, id << 32 | GICC_PMR);
    };
    EXPECT_OK(cpu(0));
    EXPECT_OK(cpu(3));
    EXPECT_ERRNO(EINVAL, cpu(1));
}

TEST_F(GicV2, AnEdgeSpiIsTakenOnce) {
    NEEDS_GICV2();
    MachineV2 machine;
    auto& guest = machine.puppet();
    guest.run(open() + enable(40, true));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_VALUE(40, guest.load32(GICC + GICC_HPPIR));
    EXPECT_EQ(machine.take_all(), Taken{40});
    EXPECT_VALUE(spurious, guest.load32(GICC + GICC_IAR));
    EXPECT_VALUE(0xFF, guest.load32(GICC + GICC_RPR) | 7);
}

TEST_F(GicV2, ALevelSpiIsTakenUntilItsLineFalls) {
    NEEDS_GICV2();
    MachineV2 machine;
    machine.puppet().run(open() + enable(40, false));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_GE(machine.take_all().size(), 2U);
    EXPECT_OK(machine.set_spi(40, false));
    EXPECT_EQ(machine.take_all(), Taken{});
}

TEST_F(GicV2, TheSecondPageOfTheCpuInterfaceDeactivates) {
    NEEDS_GICV2();
    MachineV2 machine;
    auto& guest = machine.puppet();
    guest.run(open() + enable(40, true) + List{store32(GICC + GICC_CTLR, GICC_CTLR_EnableGrp0 | GICC_CTLR_EOImode)});
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_VALUE(40, guest.load32(GICC + GICC_IAR));
    guest.store32(GICC + GICC_EOIR, 40);
    EXPECT_VALUE(bit_of(40), machine.gicd(word_of(GICD_ISACTIVER, 40)));
    guest.store32(GICC + GICC_DIR, 40);
    EXPECT_VALUE(0, machine.gicd(word_of(GICD_ISACTIVER, 40)));
}

TEST_F(GicV2, ResamplingWorks) {
    NEEDS_GICV2();
    MachineV2 machine;
    auto& guest = machine.puppet();
    guest.run(open() + enable(40, false));
    Event trigger;
    Event resample;
    ASSERT_OK(machine.vm().assign(virt::Irqfd{trigger.fd(), virt::Gsi{8}, resample.fd()}));
    trigger.signal();
    EXPECT_VALUE(40, guest.load32(GICC + GICC_IAR));
    EXPECT_EQ(resample.count(), 0U);
    guest.store32(GICC + GICC_EOIR, 40);
    guest.load32(layout::nowhere);
    EXPECT_EQ(resample.count(), 1U);
    EXPECT_EQ(machine.take_all(), Taken{});
}

TEST_F(GicV2, TargetsOfPrivateInterruptsAreTheReader) {
    NEEDS_GICV2();
    MachineV2 machine(2);
    for (const unsigned vcpu : {0U, 1U}) {
        const auto own = 0x0101'0101U << vcpu;
        auto& guest = machine.puppet(vcpu);
        for (const auto offset : {0U, 12U, 28U})
            EXPECT_VALUE(own, guest.load32(gicd(GICD_ITARGETSR + offset))) << vcpu;
        guest.store32(gicd(GICD_ITARGETSR), 0xFFFF'FFFF);
        EXPECT_VALUE(own, guest.load32(gicd(GICD_ITARGETSR)));
        EXPECT_VALUE(own, machine.dist(vcpu, GICD_ITARGETSR));
    }
}

TEST_F(GicV2, AnSpiGoesToTheFirstOfItsTargets) {
    NEEDS_GICV2();
    MachineV2 machine(3);
    auto& guest = machine.puppet(0);
    for (unsigned vcpu = 0; vcpu < 3; ++vcpu)
        machine.puppet(vcpu).run(open());
    guest.run(enable(40, true));
    guest.store8(gicd(GICD_ITARGETSR + 40), 0xFE);
    EXPECT_VALUE(0x06, guest.load8(gicd(GICD_ITARGETSR + 40))); // those there are
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_EQ(machine.take_all(2), Taken{});
    EXPECT_EQ(machine.take_all(0), Taken{});
    EXPECT_EQ(machine.take_all(1), Taken{40});
    guest.store8(gicd(GICD_ITARGETSR + 40), 0xF8);
    EXPECT_VALUE(0, guest.load8(gicd(GICD_ITARGETSR + 40)));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_EQ(machine.take_all(1), Taken{});
    EXPECT_EQ(machine.take_all(0), Taken{40}); // nobody means the first vCPU
}

TEST_F(GicV2, TheFirstVcpuIsTheTargetAtReset) {
    NEEDS_GICV2();
    MachineV2 machine(2);
    machine.puppet(0).run(open() + enable(40, true));
    machine.puppet(1).run(open());
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_EQ(machine.take_all(1), Taken{});
    EXPECT_EQ(machine.take_all(0), Taken{40});
}

TEST_F(GicV2, SgirNamesItsTargets) {
    NEEDS_GICV2();
    MachineV2 machine(3);
    for (unsigned vcpu = 0; vcpu < 3; ++vcpu)
        machine.puppet(vcpu).run(open());
    auto& sender = machine.puppet(1);
    const auto send = [&](std::uint32_t SGIR) {
        sender.store32(gicd(GICD_SGIR), SGIR);
        return std::vector{machine.take_all(0), machine.take_all(1), machine.take_all(2)};
    };
    const Taken none;
    const Taken taken{from(1, 5)};
    EXPECT_EQ(send(to_list | target(0) | target(1) | 5), (std::vector{taken, taken, none}));
    EXPECT_EQ(send(to_list | target(7) | 5), (std::vector{none, none, none}));
    EXPECT_EQ(send(to_others | target(1) | 5), (std::vector{taken, none, taken}));
    EXPECT_EQ(send(to_self | target(0) | 5), (std::vector{none, taken, none}));
    EXPECT_EQ(send(to_reserved | target(0) | 5), (std::vector{none, none, none}));
}

TEST_F(GicV2, AnSgiIsTakenOnceFromEachSender) {
    NEEDS_GICV2();
    MachineV2 machine(3);
    for (unsigned vcpu = 0; vcpu < 3; ++vcpu)
        machine.puppet(vcpu).run(open());
    for (const unsigned sender : {2U, 1U, 2U})
        machine.puppet(sender).store32(gicd(GICD_SGIR), target(0) | 5);
    EXPECT_VALUE(0x06 << 8, machine.puppet(0).load32(gicd(GICD_SPENDSGIR + 4))); // INTIDs 4 to 7
    EXPECT_EQ(machine.take_all(0), (Taken{from(1, 5), from(2, 5)}));
    EXPECT_VALUE(0, machine.puppet(0).load32(gicd(GICD_SPENDSGIR + 4)));
}

TEST_F(GicV2, SendersOfAPendingSgiAreSetAndCleared) {
    NEEDS_GICV2();
    MachineV2 machine(2);
    auto& guest = machine.puppet();
    guest.run(open());
    guest.store8(gicd(GICD_SPENDSGIR + 5), 0x03);
    EXPECT_VALUE(0x03, guest.load8(gicd(GICD_CPENDSGIR + 5)));
    EXPECT_VALUE(bit_of(5), guest.load32(gicd(GICD_ISPENDR)));
    guest.store8(gicd(GICD_CPENDSGIR + 5), 0x01);
    EXPECT_VALUE(0x02, guest.load8(gicd(GICD_SPENDSGIR + 5)));
    EXPECT_EQ(machine.take_all(), Taken{from(1, 5)});
    guest.store32(gicd(GICD_ISPENDR), bit_of(5) | bit_of(20)); // not for SGIs
    EXPECT_VALUE(bit_of(20), guest.load32(gicd(GICD_ISPENDR)));
    guest.store32(gicd(GICD_ICPENDR), bit_of(20));
}

TEST_F(GicV2, PendingFromOutsideIsSetAndCleared) {
    NEEDS_GICV2();
    MachineV2 machine(2);
    machine.puppet(1).run(open());
    const auto ISPENDR = word_of(GICD_ISPENDR, 40);
    const auto ICPENDR = word_of(GICD_ICPENDR, 40);
    EXPECT_OK(machine.set_gicd(ISPENDR, bit_of(40)));
    EXPECT_OK(machine.set_gicd(ISPENDR, bit_of(41))); // a GICv3 would assign
    EXPECT_VALUE(bit_of(40) | bit_of(41), machine.gicd(ISPENDR));
    EXPECT_OK(machine.set_gicd(ICPENDR, bit_of(40)));
    EXPECT_VALUE(bit_of(41), machine.gicd(ISPENDR));

    const auto of_second = std::uint64_t{1} << 32;
    const auto set = [&](std::uint64_t offset, std::uint32_t value) {
        return machine.gic().set_number(attr::GRP_DIST_REGS, of_second | offset, value);
    };
    EXPECT_OK(set(GICD_ISPENDR, bit_of(5)));
    EXPECT_EQ(machine.take_all(1), Taken{from(1, 5)}); // as if it had sent it itself
    EXPECT_OK(set(GICD_ISPENDR, bit_of(5)));
    EXPECT_OK(set(GICD_ICPENDR, bit_of(5)));
    EXPECT_EQ(machine.take_all(1), Taken{});
}

TEST_F(GicV2, AWrongAccessReadsZeroAndIsHandled) {
    NEEDS_GICV2();
    MachineV2 machine;
    auto& guest = machine.puppet();
    guest.set_load_value(0x5A);
    const auto result = guest.run({load16(gicd(GICD_TYPER)), load8(gicd(GICD_TYPER)), load64(gicd(GICD_IIDR)),
                                   load32(gicd(0xFFC)), load32(gicd(0x1000))});
    for (std::size_t n = 0; n < 4; ++n)
        EXPECT_VALUE(0, result[n].value) << n;
    EXPECT_VALUE(0x5A, result[4].value); // the frame has 4 KiB
    EXPECT_EQ(result.exits.size(), 1U);
}

TEST_F(GicV2, ThereAreNoMsis) {
    NEEDS_GICV2();
    MachineV2 machine;
    EXPECT_ERRNO(ENODEV, machine.vm().signal({layout::nowhere, 40, {}}));
    EXPECT_ERRNO(ENODEV, machine.vm().signal({layout::nowhere, 40, virt::DeviceId{0}}));
    EXPECT_EQ(machine.vm().check_extension(virt::Capability::msi_devid), 0);
    machine.puppet().run(open() + enable(40, true));
    Event event;
    EXPECT_OK(machine.set_routes({{0, virt::Msi{layout::nowhere, 40, {}}}}));
    ASSERT_OK(machine.vm().assign(virt::Irqfd{event.fd(), virt::Gsi{0}}));
    event.signal();
    EXPECT_OK(machine.vm().deassign(virt::Irqfd{event.fd(), virt::Gsi{0}})); // waits for what is under way
    EXPECT_EQ(machine.take_all(), Taken{});
}

TEST_F(GicV2, IccRegistersAreUndefined) {
    NEEDS_GICV2();
    MachineV2 machine;
    const auto seen = machine.puppet().run({msr(ICC_SGI1R_EL1, 1), msr(ICC_SGI0R_EL1, 1), mrs(ID_AA64PFR0_EL1)});
    EXPECT_TRUE(seen[0].undefined());
    EXPECT_TRUE(seen[1].undefined());
    if (!bare.vm().knows_device(DeviceType::vgic_v3)) {
        EXPECT_VALUE(0, seen[2].value >> 24 & 0xF);
    }
}

} // namespace
} // namespace conformance

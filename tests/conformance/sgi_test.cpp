// SPDX-License-Identifier: Apache-2.0
// Software-generated interrupts. Source: Arm IHI 0069, 12.2.15 to 12.2.17 (ICC_ASGI1R, SGI0R, SGI1R); 2.2.1.
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
constexpr std::uint64_t IRM = std::uint64_t{1} << 40;

/// The value for ICC_SGI1R_EL1 and its like: `targets` has a bit for each Aff0 of the cluster Aff3.Aff2.Aff1.
constexpr std::uint64_t sgi(std::uint64_t intid, std::uint64_t targets, std::uint64_t cluster = 0) {
    return (cluster >> 16 & 0xFF) << 48 | (cluster >> 8 & 0xFF) << 32 | intid << 24 | (cluster & 0xFF) << 16 | targets;
}

/// Every vCPU takes SGIs at one priority.
struct Fixture : Machine {
    explicit Fixture(std::vector<std::uint32_t> ids) : Machine(Bricks{.vcpus = std::move(ids)}) {
        for (unsigned vcpu = 0; vcpu < vcpus(); ++vcpu)
            puppet(vcpu).run(vcpu == 0 ? open_gic() : open_cpu_interface());
    }
    void send(unsigned from, std::uint64_t value, const Sysreg& sysreg = ICC_SGI1R_EL1) {
        puppet(from).msr(sysreg, value);
    }
    /// What each vCPU has to take now. The write has done all when its list is over.
    std::vector<Intids> poll() {
        std::vector<Intids> taken;
        for (unsigned vcpu = 0; vcpu < vcpus(); ++vcpu)
            taken.push_back(puppet(vcpu).poll());
        return taken;
    }
};

TEST(Sgi, GoToTheListedVcpus) {
    Fixture machine({0, 1, 2});
    machine.send(0, sgi(7, 0b110));
    EXPECT_EQ(machine.poll(), (std::vector<Intids>{{}, {7}, {7}}));
    machine.send(1, sgi(8, 0b011)); // the sender, too
    EXPECT_EQ(machine.poll(), (std::vector<Intids>{{8}, {8}, {}}));
}

TEST(Sgi, ThereAreSixteen) {
    Fixture machine({0});
    Intids all;
    List list;
    for (std::uint32_t intid = 0; intid < 16; ++intid) {
        list += store8(layout::gicr(0) + GICR_IPRIORITYR + intid, intid * 8);
        list += msr(ICC_SGI1R_EL1, sgi(intid, 1));
        all.push_back(intid);
    }
    machine.puppet().run(list);
    EXPECT_VALUE(0xFFFF, machine.gicr(0, GICR_ISPENDR0));
    EXPECT_EQ(machine.puppet().take(16), all);
}

TEST(Sgi, ClustersAreAff1) {
    Fixture machine({0, 1, 0x10, 0x11, 0x100}); // ids: affinities 0.0, 0.1, 1.0, 1.1, 16.0
    machine.send(0, sgi(3, 0b10, 0x00'00'01));
    EXPECT_EQ(machine.poll(), (std::vector<Intids>{{}, {}, {}, {3}, {}}));
    machine.send(3, sgi(4, 0b11, 0));
    EXPECT_EQ(machine.poll(), (std::vector<Intids>{{4}, {4}, {}, {}, {}}));
    machine.send(0, sgi(5, 0xFFFF, 0x00'00'10));
    EXPECT_EQ(machine.poll(), (std::vector<Intids>{{}, {}, {}, {}, {5}}));
}

TEST(Sgi, TargetsThatAreNotThereAreIgnored) {
    Fixture machine({0, 1});
    machine.send(0, sgi(3, 0xFFFC));
    machine.send(0, sgi(3, 1, 0x00'00'01)); // Aff1
    machine.send(0, sgi(3, 1, 0x00'01'00)); // Aff2
    machine.send(0, sgi(3, 1, 0x01'00'00)); // Aff3
    machine.send(0, sgi(3, 0));
    EXPECT_EQ(machine.poll(), (std::vector<Intids>{{}, {}}));
    machine.send(0, sgi(3, 0xFFFF));
    EXPECT_EQ(machine.poll(), (std::vector<Intids>{{3}, {3}}));
}

TEST(Sgi, TheRangeSelectorIsIgnored) {
    Fixture machine({0, 1});
    machine.send(0, sgi(3, 0b10) | std::uint64_t{1} << 44); // Aff0 = 17, were it not
    EXPECT_EQ(machine.poll(), (std::vector<Intids>{{}, {3}}));
}

TEST(Sgi, BroadcastGoesToAllOthers) {
    Fixture machine({0, 1, 2});
    machine.send(1, sgi(9, 0) | IRM);
    EXPECT_EQ(machine.poll(), (std::vector<Intids>{{9}, {}, {9}}));
    machine.send(0, sgi(9, 1) | IRM); // a target list does not matter
    EXPECT_EQ(machine.poll(), (std::vector<Intids>{{}, {9}, {9}}));
}

TEST(Sgi, BroadcastReachesAllClusters) {
    Fixture machine({0, 1, 2, 3});
    Fixture clusters({0, 1, 2, 0x13});
    machine.send(0, sgi(9, 0, 0x00'00'05) | IRM);
    EXPECT_EQ(machine.poll(), (std::vector<Intids>{{}, {9}, {9}, {9}}));
    clusters.send(0, sgi(9, 0) | IRM);
    EXPECT_EQ(clusters.poll(), (std::vector<Intids>{{}, {9}, {9}, {9}}));
}

TEST(Sgi, TwoBeforeTheAcknowledgeAreOne) {
    Fixture machine({0, 1});
    machine.send(0, sgi(3, 0b10));
    machine.send(1, sgi(3, 0b10));
    EXPECT_EQ(machine.poll(), (std::vector<Intids>{{}, {3}}));
}

TEST(Sgi, SentWhileActiveItIsTakenAgain) {
    Fixture machine({0, 1});
    auto& receiver = machine.puppet(1);
    receiver.set_handler(Handler::acknowledge);
    machine.send(0, sgi(3, 0b10));
    EXPECT_EQ(receiver.take(), Intids{3});
    machine.send(0, sgi(3, 0b10));
    EXPECT_EQ(receiver.poll(), Intids{});
    receiver.set_handler(Handler::eoi);
    receiver.msr(ICC_EOIR1_EL1, 3);
    EXPECT_EQ(receiver.poll(), Intids{3});
}

TEST(Sgi, ADisabledOneStaysLatched) {
    Fixture machine({0, 1});
    auto& receiver = machine.puppet(1);
    receiver.store32(layout::gicr(1) + GICR_ICENABLER0, 1 << 3);
    machine.send(0, sgi(3, 0b10));
    EXPECT_EQ(receiver.poll(), Intids{});
    EXPECT_VALUE(1 << 3, receiver.load32(layout::gicr(1) + GICR_ISPENDR0));
    receiver.store32(layout::gicr(1) + GICR_ISENABLER0, 1 << 3);
    EXPECT_EQ(receiver.poll(), Intids{3});
}

TEST(Sgi, ReachAVcpuThatWaits) {
    Fixture machine({0, 1, 2});
    machine.puppet(1).start(take_wfi(1));
    machine.puppet(2).start(take_wfi(1));
    machine.send(0, sgi(6, 0) | IRM);
    EXPECT_EQ(machine.puppet(1).wait().interrupts(), Intids{6});
    EXPECT_EQ(machine.puppet(2).wait().interrupts(), Intids{6});
}

TEST(Sgi, ReachAVcpuThatRuns) {
    Fixture machine({0, 1});
    machine.puppet(1).start(take(1));
    machine.send(0, sgi(6, 0b10));
    EXPECT_EQ(machine.puppet(1).wait().interrupts(), Intids{6});
}

TEST(Sgi, OnlySgi1rRaisesGroup1) {
    pitfalls({54});
    Fixture machine({0, 1});
    machine.puppet(1).msr(ICC_IGRPEN0_EL1, 1);
    machine.send(0, sgi(3, 0b11), ICC_SGI0R_EL1);
    machine.send(0, sgi(3, 0b11), ICC_ASGI1R_EL1);
    EXPECT_EQ(machine.poll(), (std::vector<Intids>{{}, {}}));
    EXPECT_VALUE(0, machine.gicr(1, GICR_ISPENDR0));
    machine.send(0, sgi(3, 0b11));
    EXPECT_EQ(machine.poll(), (std::vector<Intids>{{3}, {3}}));
}

TEST(Sgi, AllThreeRaiseGroup0) {
    pitfalls({54});
    Fixture machine({0, 1});
    auto& receiver = machine.puppet(1);
    receiver.run({msr(ICC_IGRPEN0_EL1, 1), store32(layout::gicr(1) + GICR_IGROUPR0, ~(1U << 3))});
    for (const auto& sysreg : {ICC_SGI0R_EL1, ICC_ASGI1R_EL1, ICC_SGI1R_EL1}) {
        machine.send(0, sgi(3, 0b10), sysreg);
        EXPECT_EQ(receiver.run(window()).records, (std::vector<Record>{{3, Record::Kind::fiq}})) << sysreg.name;
    }
}

TEST(Sgi, TheGroupIsTheReceiversNotTheSenders) {
    pitfalls({54});
    Fixture machine({0, 1});
    machine.puppet(0).run({msr(ICC_IGRPEN0_EL1, 1), store32(layout::gicr(0) + GICR_IGROUPR0, ~(1U << 3))});
    machine.send(0, sgi(3, 0b11), ICC_SGI0R_EL1);
    EXPECT_EQ(machine.poll(), (std::vector<Intids>{{3}, {}}));
}

TEST(Sgi, WithoutAGicTheyAreUndefined) {
    Machine machine;
    ASSERT_OK(machine.create_vcpu(0));
    ASSERT_OK(machine.init_vcpu(0));
    for (const auto& sysreg : {ICC_SGI1R_EL1, ICC_SGI0R_EL1, ICC_ASGI1R_EL1})
        EXPECT_TRUE(machine.puppet().run(msr(sysreg, sgi(0, 1)))[0].undefined()) << sysreg.name;
}

} // namespace
} // namespace conformance

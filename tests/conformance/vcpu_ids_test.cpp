// SPDX-License-Identifier: Apache-2.0
// A vCPU's id (argument of KVM_CREATE_VCPU) is not its index (order of creation). Source: Linux, arch/arm64/kvm/vgic.
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/its.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;

const Bricks sparse{.vcpus = {0, 3, 1}, .its = 1};

TEST(VcpuIds, GicrTyperAndAffinityAreMadeOfTheId) {
    pitfalls({52});
    Machine machine(sparse);
    for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu) {
        EXPECT_VALUE(machine.vcpu_id(vcpu), must(machine.gicr(vcpu, GICR_TYPER)) >> 8 & 0xFFFF);
        EXPECT_VALUE(machine.vcpu_id(vcpu), machine.gicr(vcpu, GICR_TYPER + 4));
    }
}

TEST(VcpuIds, RdbaseIsTheIndexOrTheId) {
    pitfalls({52});
    Machine machine(sparse);
    Lpis lpis(machine);
    Its its(machine, 0);
    its.enable();
    for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu) {
        lpis.configure(8192 + vcpu);
        lpis.enable(vcpu);
        machine.puppet(vcpu).run(vcpu == 0 ? open_gic() : open_cpu_interface());
    }
    its.run({MAPD(1, 4, its.ITT(4)), MAPC(1, 1), MAPC(2, 2), MAPC(3, 3), MAPTI(1, 1, 8192, 1), MAPTI(1, 2, 8193, 2),
             MAPTI(1, 3, 8194, 3)});
    const bool id = facts().rdbase_is_vcpu_id;
    EXPECT_TRUE(must(machine.vm().signal(its.msi(1, 1))));
    EXPECT_EQ(must(machine.vm().signal(its.msi(1, 2))), !id); // no vCPU has that id,
    EXPECT_EQ(must(machine.vm().signal(its.msi(1, 3))), id);  // and none that index
    EXPECT_EQ(machine.puppet(0).poll(), Intids{});
    EXPECT_EQ(machine.puppet(1).poll(), id ? Intids{8194} : Intids{8192});
    EXPECT_EQ(machine.puppet(2).poll(), id ? Intids{8192} : Intids{8193});
}

TEST(VcpuIds, AnSgiFindsItsTargetByAffinity) {
    Machine machine(sparse);
    machine.puppet(0).run(open_gic());
    for (const unsigned vcpu : {1U, 2U})
        machine.puppet(vcpu).run(open_cpu_interface() + enable_private(vcpu, 5));
    machine.puppet(0).msr(ICC_SGI1R_EL1, 5ULL << 24 | 1 << 3 | 1 << 2); // Aff0 3, and 2, which nobody has
    EXPECT_EQ(machine.puppet(1).take(), Intids{5});
    EXPECT_EQ(machine.puppet(2).poll(), Intids{});
}

TEST(VcpuIds, ABroadcastSgiSparesTheSenderOrWhoseIndexIsItsId) {
    pitfalls({53});
    for (const unsigned sender : {1U, 2U}) {
        Machine machine(sparse);
        for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu)
            machine.puppet(vcpu).run(open_gic() + enable_private(vcpu, 5));
        machine.puppet(sender).msr(ICC_SGI1R_EL1, 5ULL << 24 | std::uint64_t{1} << 40);
        for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu) {
            const bool spared = vcpu == (facts().confuses_vcpu_id_and_index ? machine.vcpu_id(sender) : sender);
            EXPECT_EQ(machine.puppet(vcpu).poll(), spared ? Intids{} : Intids{5}) << sender << " to " << vcpu;
        }
    }
}

TEST(VcpuIds, ABroadcastSgiSparesTheSenderIfIdsAreIndexes) {
    Machine machine(Bricks{.vcpus = {0, 1}});
    for (const unsigned vcpu : {0U, 1U})
        machine.puppet(vcpu).run(open_gic() + enable_private(vcpu, 5));
    machine.puppet(1).msr(ICC_SGI1R_EL1, 5ULL << 24 | std::uint64_t{1} << 40);
    EXPECT_EQ(machine.puppet(1).poll(), Intids{});
    EXPECT_EQ(machine.puppet(0).poll(), Intids{5});
}

} // namespace
} // namespace conformance

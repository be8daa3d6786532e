// SPDX-License-Identifier: Apache-2.0
// PSCI and SMCCC services that KVM answers itself, called by HVC. Source: Arm DEN 0022, DEN 0028;
// Documentation/virt/kvm/arm/hypercalls.rst.
#include "arch-arm64/registers.hpp"
#include "tests/conformance/code.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <vector>

namespace conformance {
namespace {

using arm64::VcpuFeature;
using arm64::VcpuFeatures;
using virt::MpState;
using virt::exit::SystemEvent;
namespace registers = arm64::registers;

constexpr std::uint32_t PSCI_VERSION = 0x8400'0000, CPU_SUSPEND = 0xC400'0001, CPU_OFF = 0x8400'0002,
                        CPU_ON_32 = 0x8400'0003, CPU_ON = 0xC400'0003, AFFINITY_INFO = 0xC400'0004,
                        MIGRATE_INFO_TYPE = 0x8400'0006, SYSTEM_OFF = 0x8400'0008, SYSTEM_RESET = 0x8400'0009,
                        PSCI_FEATURES = 0x8400'000A, SYSTEM_SUSPEND = 0xC400'000E, SYSTEM_RESET2 = 0xC400'0012,
                        SMCCC_VERSION = 0x8000'0000, SMCCC_ARCH_FEATURES = 0x8000'0001,
                        SMCCC_ARCH_WORKAROUND_1 = 0x8000'8000, TRNG_VERSION = 0x8400'0050,
                        PV_TIME_FEATURES = 0xC500'0020, PV_TIME_ST = 0xC500'0021, vendor_features = 0x8600'0000,
                        vendor_uid = 0x8600'FF01;

constexpr std::uint64_t SUCCESS = 0;
constexpr auto NOT_SUPPORTED = ~std::uint64_t{0};
constexpr auto INVALID_PARAMETERS = ~std::uint64_t{1};
constexpr auto ALREADY_ON = ~std::uint64_t{3};
constexpr auto INTERNAL_FAILURE = ~std::uint64_t{5};
constexpr std::uint64_t ON = 0, OFF = 1;

constexpr virt::RegisterId version_register{0x6030'0000'0014'0000};
constexpr virt::RegisterId std_bitmap{0x6030'0000'0016'0000};
constexpr virt::RegisterId std_hyp_bitmap{0x6030'0000'0016'0001};
constexpr virt::RegisterId vendor_hyp_bitmap{0x6030'0000'0016'0002};

std::uint64_t answer(Puppet& guest, std::uint64_t function, std::uint64_t x1 = 0, std::uint64_t x2 = 0,
                     std::uint64_t x3 = 0) {
    return guest.one(hvc(function, x1, x2, x3));
}

/// vCPU 0 runs, the others are stopped: by their features, as a VMM creates them.
class Psci : public testing::Test {
protected:
    void create(const std::vector<std::uint32_t>& ids) {
        for (unsigned n = 0; n < ids.size(); ++n) {
            auto features = Bricks().features;
            if (n > 0)
                features.add(VcpuFeature::power_off);
            must(machine.create_vcpu(ids[n]));
            must(machine.init_vcpu(n, features));
        }
        must(machine.create_gic());
        must(machine.place_distributor());
        must(machine.place_redistributors());
        must(machine.init_gic());
    }
    void SetUp() override { NEEDS_EXECUTION(); }

    Machine machine;
};

TEST_F(Psci, IsOfAVersionThatTheVmmMayLower) {
    create({0});
    auto& vcpu = machine.vcpu(0);
    const auto newest = must(vcpu.get(version_register));
    EXPECT_GE(newest, 0x1'0001U);
    EXPECT_ERRNO(EINVAL, vcpu.set(version_register, 0x1'00FF));
    EXPECT_ERRNO(EINVAL, vcpu.set(version_register, 1)); // PSCI 0.1 is a vCPU without the feature
    EXPECT_EQ(answer(machine.puppet(), PSCI_VERSION), newest);
    EXPECT_EQ(answer(machine.puppet(), PSCI_FEATURES, CPU_ON), SUCCESS);
    EXPECT_OK(vcpu.set(version_register, 2)); // 0.2
    EXPECT_VALUE(2, answer(machine.puppet(), PSCI_VERSION));
    EXPECT_VALUE(NOT_SUPPORTED, answer(machine.puppet(), PSCI_FEATURES, CPU_ON));
}

TEST_F(Psci, WithoutTheFeatureIsVersion01) {
    must(machine.create_vcpu(0));
    must(machine.init_vcpu(0, VcpuFeatures()));
    must(machine.create_vcpu(1));
    must(machine.init_vcpu(1, VcpuFeatures().add(VcpuFeature::power_off)));
    auto& guest = machine.puppet();
    constexpr std::uint32_t CPU_ON_0_1 = 0x95C1'BA60;
    EXPECT_VALUE(1, machine.vcpu(0).get(version_register));
    EXPECT_VALUE(NOT_SUPPORTED, answer(guest, PSCI_VERSION));
    EXPECT_VALUE(NOT_SUPPORTED, answer(guest, CPU_ON, 1, PUPPET_IMAGE, 1));
    EXPECT_VALUE(INVALID_PARAMETERS, answer(guest, CPU_ON_0_1, 0, PUPPET_IMAGE, 0)); // itself, which is on
    auto& second = machine.puppet(1);
    second.start(mrs(MPIDR_EL1));
    EXPECT_VALUE(SUCCESS, answer(guest, CPU_ON_0_1, 1, PUPPET_IMAGE, 1));
    EXPECT_VALUE(0x8000'0001, second.wait().last().value);
}

TEST_F(Psci, CpuOnStartsAStoppedVcpu) {
    create({0, 1});
    auto& second = machine.puppet(1);
    second.start({mrs(MPIDR_EL1), mrs(CurrentEL), mrs(DAIF)});
    EXPECT_TRUE(second.running());
    EXPECT_VALUE(SUCCESS, answer(machine.puppet(), CPU_ON, 1, PUPPET_IMAGE, 1));
    const auto result = second.wait();
    EXPECT_VALUE(0x8000'0001, result[0].value);
    EXPECT_VALUE(1 << 2, result[1].value);
    EXPECT_VALUE(0xF << 6, result[2].value);
}

TEST_F(Psci, CpuOnSetsEntryPointAndContextBeforeTheVcpuRuns) {
    create({0, 1});
    auto& vcpu = machine.vcpu(1);
    EXPECT_OK(vcpu.set(registers::core(2), 0x77)); // x1
    const auto entry = put_report(machine);
    EXPECT_VALUE(SUCCESS, answer(machine.puppet(), CPU_ON, 1, entry, 0x1234'5678'9ABC));
    EXPECT_EQ(must(vcpu.mp_state()), MpState::runnable);
    EXPECT_VALUE(entry, vcpu.get(registers::pc));
    EXPECT_VALUE(0x1234'5678'9ABC, vcpu.get(registers::x0));
    EXPECT_VALUE(0, vcpu.get(registers::core(2))); // it is reset
    auto& second = machine.puppet(1);
    second.adopt();
    const auto stores = second.run({}).stores();
    ASSERT_EQ(stores.size(), 1U);
    EXPECT_VALUE(0x1234'5678'9ABC, stores[0].value);
}

TEST_F(Psci, CpuOnOfSmc32TakesLowHalves) {
    create({0, 1});
    constexpr std::uint64_t high = 0x7777ULL << 32;
    const auto entry = put_report(machine);
    EXPECT_VALUE(SUCCESS, answer(machine.puppet(), CPU_ON_32, high | 1, high | entry, high | 5));
    EXPECT_VALUE(entry, machine.vcpu(1).get(registers::pc));
    EXPECT_VALUE(5, machine.vcpu(1).get(registers::x0));
}

TEST_F(Psci, CpuOnRefusesWhoIsOnAndWhoIsNot) {
    create({0, 16});
    auto& guest = machine.puppet();
    EXPECT_VALUE(ALREADY_ON, answer(guest, CPU_ON, 0, PUPPET_IMAGE));
    EXPECT_VALUE(INVALID_PARAMETERS, answer(guest, CPU_ON, 1, PUPPET_IMAGE));
    EXPECT_VALUE(INVALID_PARAMETERS, answer(guest, CPU_ON, 16, PUPPET_IMAGE)); // an id, not an affinity
    EXPECT_VALUE(INVALID_PARAMETERS, answer(guest, CPU_ON, 1U << 31 | 0x100, PUPPET_IMAGE)); // MPIDR_EL1's RES1
    EXPECT_VALUE(SUCCESS, answer(guest, CPU_ON, 0x100, PUPPET_IMAGE));
    EXPECT_VALUE(ALREADY_ON, answer(guest, CPU_ON, 0x100, PUPPET_IMAGE)); // though it has not entered the guest
}

TEST_F(Psci, CpuOffStopsTheVcpuInItsRun) {
    create({0, 1});
    auto& guest = machine.puppet(0);
    auto& second = machine.puppet(1);
    EXPECT_OK(machine.vcpu(1).set_mp_state(MpState::runnable));
    EXPECT_VALUE(ON, answer(guest, AFFINITY_INFO, 1, 0));
    second.start(hvc(CPU_OFF));
    while (answer(guest, AFFINITY_INFO, 1, 0) != OFF && !HasFailure())
        EXPECT_TRUE(second.running());
    const auto entry = put_report(machine);
    EXPECT_VALUE(SUCCESS, answer(guest, CPU_ON, 1, entry, 0x55)); // in that same run
    const auto result = second.wait();
    EXPECT_FALSE(result[0].done);
    ASSERT_EQ(result.stores().size(), 1U);
    EXPECT_VALUE(0x55, result.stores()[0].value);
}

TEST_F(Psci, CpuSuspendIsAWfi) {
    create({0});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, Trigger::edge));
    EXPECT_OK(machine.set_spi(40, true));
    EXPECT_VALUE(SUCCESS, answer(guest, CPU_SUSPEND)); // something is pending
    EXPECT_EQ(guest.take(), std::vector<std::uint32_t>{40});
    guest.start({msr(TPIDR_EL0, 0x77), hvc(CPU_SUSPEND, 0, PUPPET_IMAGE, 1), mrs(TPIDR_EL0)});
    EXPECT_OK(machine.set_spi(40, true));
    const auto result = guest.wait();
    EXPECT_VALUE(SUCCESS, result[1].value);
    EXPECT_VALUE(0x77, result[2].value); // state is retained, the entry point ignored
    EXPECT_EQ(guest.take(), std::vector<std::uint32_t>{40});
}

TEST_F(Psci, AffinityInfoLooksAtAWholeLevel) {
    create({0, 16, 17});
    auto& guest = machine.puppet();
    EXPECT_VALUE(ON, answer(guest, AFFINITY_INFO, 0, 0));
    EXPECT_VALUE(OFF, answer(guest, AFFINITY_INFO, 0x100, 0));
    EXPECT_VALUE(OFF, answer(guest, AFFINITY_INFO, 0x1FF, 1)); // 0x100 and 0x101
    EXPECT_OK(machine.vcpu(2).set_mp_state(MpState::runnable));
    EXPECT_VALUE(OFF, answer(guest, AFFINITY_INFO, 0x100, 0));
    EXPECT_VALUE(ON, answer(guest, AFFINITY_INFO, 0x100, 1));
    EXPECT_VALUE(ON, answer(guest, AFFINITY_INFO, 0x100, 2));
    EXPECT_VALUE(ON, answer(guest, AFFINITY_INFO, 0x100, 3));
    EXPECT_VALUE(INVALID_PARAMETERS, answer(guest, AFFINITY_INFO, 0x100, 4));
    EXPECT_VALUE(INVALID_PARAMETERS, answer(guest, AFFINITY_INFO, 0x200, 1)); // nobody
}

TEST_F(Psci, FeaturesAreListed) {
    create({0});
    auto& guest = machine.puppet();
    EXPECT_VALUE(2, answer(guest, MIGRATE_INFO_TYPE)); // no migration
    for (const std::uint32_t known :
         {PSCI_VERSION, CPU_SUSPEND, CPU_OFF, CPU_ON_32, CPU_ON, AFFINITY_INFO, MIGRATE_INFO_TYPE, SYSTEM_OFF,
          SYSTEM_RESET, PSCI_FEATURES, SYSTEM_RESET2, SMCCC_VERSION})
        EXPECT_VALUE(SUCCESS, answer(guest, PSCI_FEATURES, known)) << std::hex << known;
    EXPECT_VALUE(NOT_SUPPORTED, answer(guest, PSCI_FEATURES, SYSTEM_SUSPEND));
    EXPECT_VALUE(NOT_SUPPORTED, answer(guest, PSCI_FEATURES, 0x8400'001F));
    EXPECT_VALUE(NOT_SUPPORTED, answer(guest, SYSTEM_SUSPEND, PUPPET_IMAGE, 0));
}

TEST_F(Psci, AnUnknownCallIsNotSupportedAndNobodyElseHearsOfIt) {
    create({0});
    const auto result = machine.puppet().run({hvc(0x8400'001F), hvc(0xC500'0FFF), hvc(0x1234), smc(0x1234)});
    for (std::size_t n = 0; n < result.outcomes.size(); ++n)
        EXPECT_VALUE(NOT_SUPPORTED, result[n].value) << n;
    EXPECT_TRUE(result.exits.empty());
}

TEST_F(Psci, SmcIsAnsweredAsHvcIsOrNotAtAll) {
    create({0});
    const auto result = machine.puppet().run({smc(SMCCC_VERSION), mrs(CurrentEL)});
    EXPECT_VALUE(facts().answers_smc ? 0x1'0001 : NOT_SUPPORTED, result[0].value);
    EXPECT_VALUE(1 << 2, result[1].value); // it goes on behind it
    EXPECT_TRUE(result.exits.empty());
}

struct Ending {
    const char* name;
    std::uint32_t function;
    SystemEvent::Type type;
    std::uint64_t data;
};

TEST_F(Psci, SystemOffAndResetStopEveryVcpuAndExit) {
    for (const auto& ending : {Ending{"SYSTEM_OFF", SYSTEM_OFF, SystemEvent::Type::shutdown, 0},
                               Ending{"SYSTEM_RESET", SYSTEM_RESET, SystemEvent::Type::reset, 0},
                               Ending{"SYSTEM_RESET2", SYSTEM_RESET2, SystemEvent::Type::reset, 1}}) {
        SCOPED_TRACE(ending.name);
        Machine each(Bricks{.vcpus = {0, 1}});
        auto& guest = each.puppet(0);
        const List call_it = hvc(ending.function);
        const auto result = guest.run(call_it);
        EXPECT_FALSE(result.finished);
        const auto events = result.exits_of<SystemEvent>();
        ASSERT_EQ(events.size(), 1U);
        EXPECT_EQ(events[0].type, ending.type);
        EXPECT_EQ(events[0].data, ending.data);
        EXPECT_VALUE(INTERNAL_FAILURE, each.vcpu(0).get(registers::x0)); // should the VMM go on
        for (const unsigned vcpu : {0U, 1U})
            EXPECT_EQ(must(each.vcpu(vcpu).mp_state()), MpState::stopped) << vcpu;
        EXPECT_OK(each.vcpu(0).set_mp_state(MpState::runnable));
        EXPECT_VALUE(INTERNAL_FAILURE, guest.run(call_it).last().value); // it goes on after the HVC
    }
}

TEST_F(Psci, SystemResetLeavesTheGicAsItIs) {
    create({0});
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, Trigger::level));
    guest.run(hvc(SYSTEM_RESET));
    EXPECT_VALUE(bit_of(40), machine.gicd(word_of(GICD_ISENABLER, 40)));
    EXPECT_VALUE(0, must(machine.gicd(icfgr_of(40))) & edge_bit_of(40));
    EXPECT_VALUE(0xFF, must(machine.icc(0, ICC_PMR_EL1)) | 7);
    EXPECT_OK(machine.init_vcpu(0)); // which also turns it on
    EXPECT_VALUE(bit_of(40), machine.gicd(word_of(GICD_ISENABLER, 40)));
    guest.restart();
    EXPECT_VALUE(0x8000'0000, guest.mrs(MPIDR_EL1));
}

TEST_F(Psci, SystemReset2KnowsArchitecturalAndVendorTypes) {
    create({0});
    auto& guest = machine.puppet();
    EXPECT_VALUE(INVALID_PARAMETERS, answer(guest, SYSTEM_RESET2, 1));
    const auto events = guest.run(hvc(SYSTEM_RESET2, 0x8000'0000, 0x77)).exits_of<SystemEvent>();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].data, 1U);
}

TEST_F(Psci, SystemSuspendIsTheVmmsDecision) {
    create({0});
    EXPECT_OK(machine.vm().enable(virt::Capability::arm_system_suspend));
    auto& guest = machine.puppet();
    guest.run(open_gic() + enable_spi(40, Trigger::edge));
    EXPECT_VALUE(SUCCESS, answer(guest, PSCI_FEATURES, SYSTEM_SUSPEND));
    const List suspend = hvc(SYSTEM_SUSPEND, PUPPET_IMAGE, 0x77);
    auto events = guest.run(suspend).exits_of<SystemEvent>();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].type, SystemEvent::Type::suspend);
    auto& vcpu = machine.vcpu(0);
    EXPECT_VALUE(SYSTEM_SUSPEND, vcpu.get(registers::x0)); // registers are untouched
    EXPECT_VALUE(PUPPET_IMAGE, vcpu.get(registers::core(2)));
    EXPECT_VALUE(0x77, vcpu.get(registers::core(4)));
    EXPECT_EQ(must(vcpu.mp_state()), MpState::runnable);

    EXPECT_OK(vcpu.set_mp_state(MpState::suspended));
    EXPECT_EQ(must(vcpu.mp_state()), MpState::suspended);
    for (int n = 0; n < 2; ++n) { // until it is runnable again
        guest.start(suspend);
        if (n == 0) {
            EXPECT_OK(machine.set_spi(40, true));
        }
        events = guest.wait().exits_of<SystemEvent>();
        ASSERT_EQ(events.size(), 1U);
        EXPECT_EQ(events[0].type, SystemEvent::Type::wakeup);
    }
    EXPECT_OK(vcpu.set(registers::x0, SUCCESS));
    EXPECT_OK(vcpu.set_mp_state(MpState::runnable));
    EXPECT_VALUE(SUCCESS, guest.run(suspend).last().value);
    EXPECT_EQ(guest.take(), std::vector<std::uint32_t>{40});
}

TEST_F(Psci, SmcccIsVersion11) {
    create({0});
    auto& guest = machine.puppet();
    EXPECT_VALUE(0x1'0001, answer(guest, SMCCC_VERSION));
    EXPECT_VALUE(NOT_SUPPORTED, answer(guest, SMCCC_ARCH_FEATURES, 0x1234));
    const auto workaround = answer(guest, SMCCC_ARCH_FEATURES, SMCCC_ARCH_WORKAROUND_1); // the host's CPU decides
    EXPECT_TRUE(workaround == 0 || workaround == 1 || workaround == NOT_SUPPORTED) << workaround;
    EXPECT_VALUE(0x1'0000, answer(guest, TRNG_VERSION));
    EXPECT_VALUE(3, answer(guest, vendor_features) & 3);
}

TEST_F(Psci, TheVendorIsKvm) {
    create({0});
    const auto outcome = machine.puppet().run(hvc(vendor_uid)).last();
    EXPECT_VALUE(0xB66F'B428, outcome.value);
    EXPECT_EQ(outcome.more, (std::array<std::uint64_t, 3>{0xE911'C52E, 0x564B'CAA9, 0x743A'004D}));
}

TEST_F(Psci, ServicesAreHiddenByClearingTheirBits) {
    create({0});
    auto& vcpu = machine.vcpu(0);
    for (const auto bitmap : {std_bitmap, std_hyp_bitmap, vendor_hyp_bitmap}) {
        EXPECT_ERRNO(EINVAL, vcpu.set(bitmap, std::uint64_t{1} << 63));
        EXPECT_OK(vcpu.set(bitmap, 0));
    }
    auto& guest = machine.puppet();
    for (const std::uint32_t hidden : {TRNG_VERSION, PV_TIME_ST, vendor_features})
        EXPECT_VALUE(NOT_SUPPORTED, answer(guest, hidden)) << std::hex << hidden;
    EXPECT_VALUE(NOT_SUPPORTED, answer(guest, SMCCC_ARCH_FEATURES, PV_TIME_FEATURES));
    EXPECT_VALUE(SUCCESS, answer(guest, PSCI_FEATURES, CPU_ON));
}

TEST_F(Psci, ServicesAreFixedByTheFirstRun) {
    create({0});
    auto& vcpu = machine.vcpu(0);
    const auto bits = must(vcpu.get(std_bitmap));
    EXPECT_VALUE(1, bits);
    machine.puppet().run(barrier());
    EXPECT_ERRNO(EBUSY, vcpu.set(std_bitmap, 0));
    EXPECT_OK(vcpu.set(std_bitmap, bits));
}

} // namespace
} // namespace conformance

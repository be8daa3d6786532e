// SPDX-License-Identifier: Apache-2.0
// Where redistributors are: KVM_VGIC_V3_ADDR_TYPE_REDIST, _REDIST_REGION, and what GICR_TYPER.Last makes of it.
// Source: Documentation/virt/kvm/devices/arm-vgic-v3.rst.
#include "arch-arm64/vgic_attributes.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/provider.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <span>
#include <vector>

namespace conformance {
namespace {

namespace attr = arm64::attr;
using virt::Gpa;

constexpr std::uint32_t Last = 1U << 4;

/// vCPUs and a vGIC that has no frames yet.
class Unplaced : public Machine {
public:
    explicit Unplaced(const std::vector<std::uint32_t>& ids = {}) {
        for (const auto id : ids)
            add(id);
        must(create_gic());
    }
    void add(std::uint32_t id) {
        must(create_vcpu(id));
        must(init_vcpu(vcpus() - 1));
    }
    /// KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION as one number: count, base, flags, index.
    virt::expected<void> place(std::uint64_t region) {
        return gic().set_number(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_REDIST_REGION, region);
    }
    virt::expected<std::uint64_t> region(std::uint64_t index) {
        std::uint64_t value = index;
        VIRT_TRY(gic().get_attr(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_REDIST_REGION,
                                std::as_writable_bytes(std::span(&value, 1))));
        return value;
    }
};

TEST(RedistributorLayout, OneGrowingRegionExcludesAllOthersButIndex1) {
    Unplaced machine({0});
    EXPECT_OK(machine.place_redistributors());
    EXPECT_ERRNO(EEXIST, machine.place_redistributors());
    EXPECT_ERRNO(EEXIST, machine.place_redistributors(layout::nowhere));
    EXPECT_ERRNO(EINVAL, machine.place_redistributor_region(0, layout::nowhere, 1));
    EXPECT_ERRNO(EINVAL, machine.place_redistributor_region(2, layout::nowhere, 1));
    EXPECT_ERRNO(EINVAL, machine.place_redistributor_region(1, layout::GICR, 1)); // overlaps
    EXPECT_OK(machine.place_redistributor_region(1, layout::nowhere, 1));         // never used
    machine.add(1);
    EXPECT_OK(machine.place_distributor());
    EXPECT_OK(machine.init_gic());
    auto& guest = machine.puppet();
    guest.set_load_value(0x5A);
    EXPECT_VALUE(1 << 8 | Last, static_cast<std::uint32_t>(guest.load64(layout::gicr(1) + GICR_TYPER)));
    EXPECT_VALUE(0x5A, guest.load32(layout::nowhere + GICR_TYPER));
}

TEST(RedistributorLayout, RegionsExcludeTheGrowingOne) {
    Unplaced machine({0});
    EXPECT_OK(machine.place_redistributor_region(0, layout::GICR, 1));
    EXPECT_ERRNO(EINVAL, machine.place_redistributors(layout::nowhere));
}

TEST(RedistributorLayout, RegionsComeInTheOrderOfTheirIndex) {
    Unplaced machine({0});
    EXPECT_ERRNO(EINVAL, machine.place_redistributor_region(1, layout::GICR, 1));
    EXPECT_ERRNO(EINVAL, machine.place_redistributor_region(0, layout::GICR, 0)); // empty
    EXPECT_ERRNO(EINVAL, machine.place(std::uint64_t{1} << 52 | layout::GICR | 1 << 12)); // flags
    EXPECT_OK(machine.place_redistributor_region(0, layout::GICR, 2));
    EXPECT_ERRNO(EINVAL, machine.place_redistributor_region(0, layout::nowhere, 1));
    EXPECT_ERRNO(EINVAL, machine.place_redistributor_region(2, layout::nowhere, 1));
    EXPECT_ERRNO(EINVAL, machine.place_redistributor_region(1, layout::gicr(1), 1)); // overlaps
    EXPECT_ERRNO(EINVAL, machine.place_redistributor_region(1, layout::GICR - 0x1'0000, 1));
    EXPECT_OK(machine.place_redistributor_region(1, layout::gicr(2), 1)); // adjacent
}

TEST(RedistributorLayout, RegionsAreInsideTheAddressSpace) {
    Machine machine(36);
    constexpr Gpa end = Gpa{1} << 36;
    EXPECT_OK(machine.create_gic());
    EXPECT_ERRNO(E2BIG, machine.place_redistributor_region(0, end, 1));
    EXPECT_ERRNO(E2BIG, machine.place_redistributor_region(0, end - layout::GICR_size, 2));
    EXPECT_OK(machine.place_redistributor_region(0, end - layout::GICR_size, 1));
}

TEST(RedistributorLayout, ARegionIsReadByItsIndex) {
    Unplaced machine({0});
    EXPECT_ERRNO(ENOENT, machine.region(0));
    EXPECT_OK(machine.place_redistributor_region(0, layout::GICR, 3));
    EXPECT_OK(machine.place_redistributor_region(1, layout::nowhere, 5));
    EXPECT_VALUE(std::uint64_t{3} << 52 | layout::GICR, machine.region(0));
    EXPECT_VALUE(std::uint64_t{5} << 52 | layout::nowhere | 1, machine.region(1));
    EXPECT_ERRNO(ENOENT, machine.region(2));
    EXPECT_VALUE(std::uint64_t{3} << 52 | layout::GICR, machine.region(0x100)); // 8 bits count
}

TEST(RedistributorLayout, ARegionOverTheDistributorIsTakenBack) {
    Unplaced machine({0});
    EXPECT_OK(machine.place_distributor(layout::gicr(1)));
    EXPECT_ERRNO(EINVAL, machine.place_redistributor_region(0, layout::GICR, 2));
    EXPECT_ERRNO(ENOENT, machine.region(0));
    EXPECT_OK(machine.place_redistributor_region(0, layout::GICR, 1));
}

TEST(RedistributorLayout, AGrowingRegionOverTheDistributorIsTakenBack) {
    Unplaced machine({0});
    EXPECT_OK(machine.place_distributor(layout::GICR + 0x1'0000));
    EXPECT_ERRNO(EINVAL, machine.place_redistributors());
    EXPECT_OK(machine.place_redistributors(layout::nowhere));
}

TEST(RedistributorLayout, TheGrowingRegionStopsAtTheDistributor) {
    Unplaced machine({0});
    EXPECT_OK(machine.place_redistributors());
    EXPECT_OK(machine.place_distributor(layout::gicr(1)));
    EXPECT_OK(machine.create_vcpu(1)); // whose frame lies there, and who does not count yet
    EXPECT_ERRNO(EINVAL, machine.create_vcpu(2));
}

TEST(RedistributorLayout, VcpusFillRegionsInTheOrderOfTheirCreation) {
    Unplaced machine({4, 0, 2});
    EXPECT_OK(machine.place_distributor());
    EXPECT_OK(machine.place_redistributor_region(0, layout::nowhere, 1));
    EXPECT_OK(machine.place_redistributor_region(1, layout::GICR, 2));
    EXPECT_OK(machine.init_gic());
    auto& guest = machine.puppet();
    const auto typer = [&](Gpa frame) { return guest.load64(frame + GICR_TYPER); };
    EXPECT_VALUE(std::uint64_t{4} << 32 | 4 << 8 | Last, typer(layout::nowhere));
    EXPECT_VALUE(0, typer(layout::gicr(0)));
    EXPECT_VALUE(std::uint64_t{2} << 32 | 2 << 8 | Last, typer(layout::gicr(1)));
}

TEST(RedistributorLayout, LastIsTheLastUsedFrameOfARegion) {
    Unplaced machine({0, 3, 5, 4, 1, 2}); // as in the kernel's vgic_init selftest
    EXPECT_OK(machine.place_distributor());
    EXPECT_OK(machine.place_redistributor_region(0, layout::gicr(8), 2));
    EXPECT_OK(machine.place_redistributor_region(1, layout::gicr(2), 2)); // region 2 ends where it begins
    EXPECT_OK(machine.place_redistributor_region(2, layout::gicr(0), 2));
    EXPECT_OK(machine.init_gic());
    const std::vector<std::uint32_t> expected = {0x000, 0x300 | Last, 0x500, 0x400 | Last, 0x100, 0x200};
    for (unsigned n = 0; n < expected.size(); ++n)
        EXPECT_VALUE(expected[n], machine.gicr(n, GICR_TYPER)) << n;
}

TEST(RedistributorLayout, ARegionThatIsNotFullEndsWithItsLastUsedFrame) {
    Unplaced machine({0, 3});
    EXPECT_OK(machine.place_distributor());
    EXPECT_OK(machine.place_redistributor_region(0, layout::GICR, 3));
    EXPECT_OK(machine.place_redistributor_region(1, layout::gicr(3), 1)); // adjacent, but empty
    EXPECT_OK(machine.init_gic());
    EXPECT_VALUE(0, machine.gicr(0, GICR_TYPER));
    EXPECT_VALUE(0x300 | Last, machine.gicr(1, GICR_TYPER));
}

TEST(RedistributorLayout, WithoutAFrameNobodyIsLast) {
    Unplaced machine({0, 3});
    EXPECT_OK(machine.init_gic());
    EXPECT_VALUE(0, machine.gicr(0, GICR_TYPER));
    EXPECT_VALUE(0x300, machine.gicr(1, GICR_TYPER));
    EXPECT_OK(machine.place_redistributor_region(0, layout::GICR, 1));
    EXPECT_VALUE(Last, machine.gicr(0, GICR_TYPER));
    EXPECT_VALUE(0x300, machine.gicr(1, GICR_TYPER));
    EXPECT_OK(machine.place_redistributor_region(1, layout::gicr(1), 1));
    EXPECT_VALUE(0, machine.gicr(0, GICR_TYPER));
    EXPECT_VALUE(0x300 | Last, machine.gicr(1, GICR_TYPER));
}

TEST(RedistributorLayout, AVcpuWithoutAFrameIsTheEndOfTheVm) {
    Unplaced machine({0, 1});
    EXPECT_OK(machine.place_distributor());
    EXPECT_OK(machine.place_redistributor_region(0, layout::GICR, 1));
    EXPECT_OK(machine.init_gic());
    EXPECT_ERRNO(ENXIO, machine.vcpu(0).run());
    EXPECT_ERRNO(EIO, machine.place_redistributor_region(1, layout::nowhere, 1));
}

} // namespace
} // namespace conformance

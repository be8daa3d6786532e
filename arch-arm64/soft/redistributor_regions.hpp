// SPDX-License-Identifier: Apache-2.0
// Where redistributors are: KVM_VGIC_V3_ADDR_TYPE_REDIST and _REDIST_REGION. Source:
// Documentation/virt/kvm/devices/arm-vgic-v3.rst; arch/arm64/kvm/vgic/vgic-mmio-v3.c.
#pragma once

#include "arch-arm64/gic/distributor.hpp"
#include "arch-arm64/gic/redistributor_frame.hpp"
#include "virt/expected.hpp"
#include "virt/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace arm64::soft {

/// Addresses only; who has which frame, and nothing that is on a bus. Not thread-safe.
class RedistributorRegions {
public:
    static constexpr std::uint64_t frame_size = 0x2'0000;      ///< each vCPU's
    static constexpr std::uint64_t distributor_size = 0x1'0000;

    struct Region {
        virt::Gpa base;
        std::uint32_t count; ///< frames; 0: as many as there are vCPUs (KVM_VGIC_V3_ADDR_TYPE_REDIST)
        std::uint32_t index;
        std::uint32_t used = 0; ///< frames that vCPUs have, the first ones

        [[nodiscard]] bool full() const { return count != 0 && used >= count; }
    };
    /// The frame of a vCPU.
    struct Place {
        const Region* region;
        std::uint32_t frame; ///< in it

        [[nodiscard]] virt::Gpa address() const { return region->base + frame * frame_size; }
    };

    /// `end`: of the address space, a power of 2.
    explicit RedistributorRegions(virt::Gpa end) : end_(end) {}

    /// How many vCPUs there are, which is the size of a region that grows; and where the distributor is, if known.
    struct Surroundings {
        std::size_t vcpus;
        std::optional<virt::Gpa> distributor;
    };
    /// Regions come in the order of their index, from 0. EINVAL, EEXIST, E2BIG: vgic_v3_alloc_redist_region.
    virt::expected<void> add(const Region& region, const Surroundings& around);
    /// Takes the last one back; nobody may have a frame in it.
    void remove_last() { regions_.pop_back(); }

    /// The next free frame, for a vCPU without; nothing if no region has one. EINVAL if regions and distributor
    /// overlap, or do not fit.
    virt::expected<std::optional<Place>> take(const Surroundings& around);
    /// A frame that was taken last.
    void give_back(const Place& place);
    /// vgic_v3_check_base: whether all of it fits.
    [[nodiscard]] bool consistent(const Surroundings& around) const;

    /// Null if there is none of that index.
    [[nodiscard]] const Region* find(std::uint32_t index) const;
    [[nodiscard]] const Region* first() const { return regions_.empty() ? nullptr : &regions_.front(); }
    /// GICR_TYPER.Last of that frame.
    [[nodiscard]] bool is_last(const Place& place) const;

private:
    [[nodiscard]] static std::uint64_t size_of(const Region& region, std::size_t vcpus);
    [[nodiscard]] bool overlap(virt::Gpa base, std::uint64_t size, std::size_t vcpus) const;

    const virt::Gpa end_;
    std::deque<Region> regions_; // stable addresses
};

} // namespace arm64::soft

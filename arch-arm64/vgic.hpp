// SPDX-License-Identifier: Apache-2.0
// Creates the interrupt controllers of a VM through the seam: a GICv3, and an ITS if wanted.
#pragma once

#include "arch-arm64/kvm.hpp"
#include "virt/expected.hpp"
#include "virt/ids.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace arm64 {

/// Where the frames of a GICv3 are. All 64 KiB-aligned. Sizes: Arm IHI 0069, 12.8 and 12.10; Documentation/virt/kvm.
struct GicV3Layout {
    static constexpr std::uint64_t distributor_size = 0x10000;
    static constexpr std::uint64_t redistributor_size = 0x20000; ///< each vCPU's
    static constexpr std::uint64_t its_size = 0x20000;

    virt::Gpa distributor;
    virt::Gpa redistributors; ///< one after the other, in creation order of the vCPUs
    std::optional<virt::Gpa> its;
};

/// A vGICv3 with its ITS, owned by the VM; this object keeps the attribute handles.
class VgicV3 {
public:
    /// Any time before a vCPU runs. ENODEV if the host cannot.
    static virt::expected<VgicV3> create(Vm& vm, const GicV3Layout& layout);

    /// Once all vCPUs exist; fixes the number of interrupts, 32 private ones included (64..992, a multiple of 32).
    virt::expected<void> init(std::uint32_t interrupts);

    [[nodiscard]] virt::Device& gic() { return *gic_; }
    [[nodiscard]] virt::Device* its() { return its_.get(); }

private:
    VgicV3(std::unique_ptr<virt::Device> gic, std::unique_ptr<virt::Device> its)
        : gic_(std::move(gic)), its_(std::move(its)) {}

    std::unique_ptr<virt::Device> gic_;
    std::unique_ptr<virt::Device> its_;
};

} // namespace arm64

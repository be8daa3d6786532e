// SPDX-License-Identifier: Apache-2.0
// The guest's description of its machine.
#pragma once

#include "arch-arm64/vgic.hpp"
#include "virt/ids.hpp"
#include "vmm/payload.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vmm {

/// What was built, as the device tree has to tell it. Filled while the machine is built, by whoever builds a part.
struct Description {
    struct Ram {
        virt::Gpa base;
        std::uint64_t size;
    };
    /// Platform devices at their place in vmm/memory_map.hpp.
    struct Platform {
        bool serial = false;
        bool rtc = false;
        bool power_key = false;
        bool exit_device = false;
        bool pvpanic = false;
    };

    Ram ram{};
    std::vector<std::uint64_t> cpus; ///< affinity fields of each MPIDR_EL1
    arm64::GicV3Layout gic{};
    Platform platform;
    std::string command_line;
    std::optional<Blob> initrd;
    std::array<std::uint32_t, 8> rng_seed{};
};

/// Source: Devicetree Specification v0.4; Linux Documentation/devicetree/bindings; booting.rst.
[[nodiscard]] std::vector<std::byte> make_device_tree(const Description& machine);

} // namespace vmm

// SPDX-License-Identifier: Apache-2.0
// The ways between host and guest that `itsy bench irq` measures.
#pragma once

#include "virt/kvm.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vmm::bench {

enum class Path : std::uint8_t {
    spi_irqfd,
    spi_resample_eoi,
    spi_resample_dir,
    lpi_irqfd,
    lpi_signal,
    spi_line,
    doorbell,
};

/// What the vCPU does when the interrupt is sent. For a doorbell: how the guest waits for the time to ring it.
enum class VcpuState : std::uint8_t { running, wfi };

template <class Value>
struct Named {
    Value value;
    std::string_view name;    ///< on the command line and in reports
    std::string_view caption; ///< for the help
};

// clang-format off
inline constexpr std::array path_names{
    Named{Path::spi_irqfd,        "spi-irqfd",        "edge SPI by irqfd"},
    Named{Path::spi_resample_eoi, "spi-resample-eoi", "level SPI by irqfd and resamplefd, EOImode 0"},
    Named{Path::spi_resample_dir, "spi-resample-dir", "the same with EOImode 1"},
    Named{Path::lpi_irqfd,        "lpi-irqfd",        "LPI by irqfd and an MSI route"},
    Named{Path::lpi_signal,       "lpi-signal",       "LPI by KVM_SIGNAL_MSI"},
    Named{Path::spi_line,         "spi-line",         "edge SPI by KVM_IRQ_LINE"},
    Named{Path::doorbell,         "doorbell",         "guest's store, ioeventfd, event loop"},
};
inline constexpr std::array state_names{
    Named{VcpuState::running, "running", "the guest spins"},
    Named{VcpuState::wfi,     "wfi",     "the guest sleeps in WFI"},
};
// clang-format on

[[nodiscard]] std::string_view name_of(Path path);
[[nodiscard]] std::string_view name_of(VcpuState state);

[[nodiscard]] constexpr bool is_resampled(Path path) {
    return path == Path::spi_resample_eoi || path == Path::spi_resample_dir;
}
[[nodiscard]] constexpr bool is_lpi(Path path) { return path == Path::lpi_irqfd || path == Path::lpi_signal; }

/// Why the path cannot be measured, or nothing. `vm` has its ITS already if it gets one: KVM_CAP_MSI_DEVID is 0 before.
[[nodiscard]] std::optional<std::string> missing(const virt::Vm& vm, Path path);

} // namespace vmm::bench

// SPDX-License-Identifier: Apache-2.0
// What an HVC or an SMC calls. Source: Arm DEN 0028 (SMCCC), DEN 0098 (TRNG), DEN 0057 (stolen time);
// Documentation/virt/kvm/arm/hypercalls.rst, ptp_kvm.rst; arch/arm64/kvm/hypercalls.c.
#pragma once

#include "arch-arm64/soft/firmware.hpp"
#include "virt/exit.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace arm64::soft {

class Vm;
struct VcpuContext;

struct Caller {
    Vm& vm;
    VcpuContext& vcpu;
    const Firmware& firmware;
};

/// X0 to X3 as the guest calls.
struct Call {
    std::uint64_t X0, X1, X2, X3;

    [[nodiscard]] std::uint32_t function() const { return static_cast<std::uint32_t>(X0); }
    /// SMC64, whose arguments have 64 bits.
    [[nodiscard]] bool wide() const { return (function() >> 30 & 1) != 0; }
    [[nodiscard]] std::uint64_t argument(unsigned n) const {
        const auto value = n == 1 ? X1 : n == 2 ? X2 : X3;
        return wide() ? value : static_cast<std::uint32_t>(value);
    }
};

struct CallOutcome {
    /// X0 to X3 from now on; nothing: they stay as they are.
    std::optional<std::array<std::uint64_t, 4>> answer = {};
    enum class Then : std::uint8_t {
        go_on, ///< if the vCPU is still on
        wait,  ///< as in a WFI
        exit,  ///< to the VMM, with `event`
    } then = Then::go_on;
    virt::exit::SystemEvent event{};
};

inline constexpr std::uint64_t NOT_SUPPORTED = ~std::uint64_t{0};
[[nodiscard]] constexpr CallOutcome answer(std::uint64_t X0, std::uint64_t X1 = 0, std::uint64_t X2 = 0,
                                           std::uint64_t X3 = 0) {
    return {.answer = std::array{X0, X1, X2, X3}};
}

inline constexpr std::uint32_t SMCCC_VERSION = 0x8000'0000;

/// By the vCPU's thread.
[[nodiscard]] CallOutcome smccc_call(const Caller& caller, const Call& call);

} // namespace arm64::soft

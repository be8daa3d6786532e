// SPDX-License-Identifier: Apache-2.0
// The state of a machine, as it leaves one VM and enters another, of this provider or the next. Source:
// Documentation/virt/kvm/devices/arm-vgic-v3.rst, arm-vgic-its.rst; api.rst 4.31, 4.38, 4.68.
#pragma once

#include "arch-arm64/kvm.hpp"
#include "tests/conformance/machine.hpp"
#include "virt/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace conformance {

/// KVM_REG_ARM_TIMER_*: CVAL has the encoding of CNTVCT_EL0 and CNT that of CNTV_CVAL_EL0. Source: api.rst 4.68.
namespace timer_registers {
inline constexpr virt::RegisterId TIMER_CTL{0x6030'0000'0013'DF19}, TIMER_CVAL{0x6030'0000'0013'DF02},
    TIMER_CNT{0x6030'0000'0013'DF1A}, PTIMER_CTL{0x6030'0000'0013'DF11}, PTIMER_CVAL{0x6030'0000'0013'DF12},
    PTIMER_CNT{0x6030'0000'0013'DF01};
} // namespace timer_registers

/// Plain data. What KVM has no getter for (routes, irqfds, ioeventfds) is the VMM's own, and not here.
struct State {
    /// By offset in the frame (ICC: by encoding), in the order of saving.
    struct Register {
        std::uint64_t at;
        std::uint64_t value;
        friend bool operator==(const Register&, const Register&) = default;
    };
    using Registers = std::vector<Register>;
    struct Cpu {
        std::uint32_t id = 0;
        virt::MpState mp_state{};
        arm64::VcpuEvents events;
        std::map<virt::RegisterId, std::vector<std::byte>> registers; ///< KVM_GET_REG_LIST
        Registers GICR;                                               ///< words
        std::uint32_t PPI_lines = 0;
        Registers ICC;
    };

    std::vector<Cpu> cpus; ///< by creation index
    Registers GICD;        ///< words, of SPIs only
    Registers SPI_lines;   ///< by the first of 32 INTIDs
    std::vector<Registers> GITS;
    std::map<virt::Gpa, std::vector<std::byte>> RAM; ///< pages of 4 KiB that are not zero
};

/// What was saved for `at`; the test ends if nothing was.
[[nodiscard]] std::uint64_t value_of(const State::Registers& registers, std::uint64_t at);
void set_value(State::Registers& registers, std::uint64_t at, std::uint64_t value);

/// Finishes what vCPUs exited for, writes LPI pending tables and ITS tables to guest RAM, and takes everything. Between
/// lists of all puppets. A first run for vCPUs that never ran.
[[nodiscard]] State save(Machine& machine);

/// What can be restored at once, in the order that loses nothing. `control` is GICD_IIDR and GICD_CTLR: while the
/// distributor is disabled, what is made pending is stranded.
enum class Step : std::uint8_t { memory, control, redistributors, distributor, lines, cpu_interfaces, its, vcpus };
inline const std::vector<Step> good_order{Step::memory,      Step::control, Step::redistributors,
                                          Step::distributor, Step::lines,   Step::cpu_interfaces,
                                          Step::its,         Step::vcpus};

/// Into a machine of the same bricks, which need not be a fresh one (but then its ITSs are reset before). After
/// Step::vcpus its puppets go on where those of the saved machine were.
void restore(const State& state, Machine& machine, const std::vector<Step>& order = good_order);

/// What is not equal, for failure messages; time apart (counters, and whether a timer has fired).
[[nodiscard]] std::vector<std::string> differences(const State& one, const State& other);

} // namespace conformance

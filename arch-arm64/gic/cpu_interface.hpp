// SPDX-License-Identifier: Apache-2.0
// The registers of one CPU interface: masks, priorities, what is active. Source: Arm IHI 0069, 4.8, 12.2.
#pragma once

#include "arch-arm64/gic/interrupt.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <optional>

namespace arm64::gic {

/// What differs between implementations, and what a state can only move between if they agree on it.
struct Implementation {
    unsigned PRIbits = 5; ///< priority and preemption bits of a CPU interface, 5..7
    unsigned IDbits = 16; ///< of an INTID: 16 or 24
    bool A3V = true;
    bool SEIS = false;
};

/// Active priorities and the registers that decide which interrupt is signalled. It knows no interrupt. Not
/// thread-safe: guarded by its redistributor's lock.
class CpuInterface {
public:
    static constexpr std::uint8_t idle = 0xFF;

    explicit CpuInterface(const Implementation& implementation)
        : implementation_(implementation), PRIbits_(implementation.PRIbits), IDbits_(implementation.IDbits) {
        BPR_ = {minimum_BPR(Group::group0), minimum_BPR(Group::group1)};
    }

    // ICC_CTLR_EL1
    [[nodiscard]] std::uint64_t CTLR() const;
    void set_CTLR(std::uint64_t value) {
        CBPR_ = (value & 1) != 0;
        EOImode_ = (value & 2) != 0;
    }
    /// From outside: EINVAL if false. Fewer PRIbits and IDbits than there are now are adopted, for good: as in KVM they
    /// say where the state came from, and how many AP<n>R it has; what there is to compare with stays as it is.
    [[nodiscard]] bool restore_CTLR(std::uint64_t value);
    [[nodiscard]] bool splits_eoi() const { return EOImode_; }

    [[nodiscard]] std::uint64_t PMR() const { return PMR_; }
    void set_PMR(std::uint64_t value) { PMR_ = static_cast<std::uint8_t>(value); } // all 8 bits, as in KVM

    /// ICC_BPR1_EL1 shows ICC_BPR0_EL1 + 1 while CBPR is set, and ignores writes.
    [[nodiscard]] std::uint64_t BPR(Group group) const;
    void set_BPR(Group group, std::uint64_t value);

    [[nodiscard]] bool enabled(Group group) const { return IGRPEN_[index_of(group)]; }
    void set_enabled(Group group, bool enabled) { IGRPEN_[index_of(group)] = enabled; }

    /// ICC_AP<group>R<n>_EL1; nothing if there is no such one: 1, 2 or 4 for up to 5, 6 or 7 PRIbits.
    [[nodiscard]] std::optional<std::uint32_t> AP(Group group, unsigned n) const;
    [[nodiscard]] bool set_AP(Group group, unsigned n, std::uint32_t value);

    /// ICC_RPR_EL1: the highest active priority, or `idle`.
    [[nodiscard]] std::uint8_t running_priority() const { return running_; }

    /// Whether one of this priority and group is signalled to the PE.
    [[nodiscard]] bool passes(std::uint8_t priority, Group group) const {
        return enabled(group) && priority < PMR_ && preemption_level(priority, group) < running_priority();
    }
    /// Acknowledge: its preemption level becomes active.
    void activate(std::uint8_t priority, Group group);
    /// Priority drop: the highest active priority is no longer; `idle` if there was none.
    std::uint8_t drop();
    /// The priority without the bits of the subpriority. ICC_BPR1_EL1 counts from one more than ICC_BPR0_EL1:
    /// Arm IHI 0069, 4.8.5.
    [[nodiscard]] std::uint8_t preemption_level(std::uint8_t priority, Group group) const {
        const unsigned point = group == Group::group0 || CBPR_ ? BPR_[0] + 1U : BPR_[1];
        return static_cast<std::uint8_t>(priority & ~((1U << point) - 1));
    }

private:
    static unsigned index_of(Group group) { return static_cast<unsigned>(group); }
    [[nodiscard]] std::uint8_t minimum_BPR(Group group) const {
        return static_cast<std::uint8_t>(7 - implementation_.PRIbits + (group == Group::group1 ? 1U : 0U));
    }
    [[nodiscard]] unsigned bit_of(std::uint8_t level) const { return level >> (8 - implementation_.PRIbits); }
    [[nodiscard]] bool has_AP(unsigned n) const { return n < (PRIbits_ >= 7 ? 4U : PRIbits_ == 6 ? 2U : 1U); }
    [[nodiscard]] std::uint8_t highest_active() const;

    Implementation implementation_;
    unsigned PRIbits_; // what ICC_CTLR_EL1 shows
    unsigned IDbits_;
    std::uint8_t PMR_ = 0;
    std::array<std::uint8_t, 2> BPR_;
    std::array<bool, 2> IGRPEN_{};
    bool CBPR_ = false;
    bool EOImode_ = false;
    std::array<std::array<std::uint32_t, 4>, 2> AP_{}; // one bit for each preemption level
    std::uint8_t running_ = idle; // the first of these bits: every line that changes asks for it
};

} // namespace arm64::gic

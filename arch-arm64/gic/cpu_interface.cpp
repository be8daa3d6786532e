// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/gic/cpu_interface.hpp"

#include <algorithm>

namespace arm64::gic {

std::uint64_t CpuInterface::CTLR() const {
    const std::uint64_t ID = IDbits_ == 24 ? 1 : 0;
    return std::uint64_t{CBPR_} | std::uint64_t{EOImode_} << 1 | std::uint64_t{PRIbits_ - 1} << 8 | ID << 11 |
           std::uint64_t{implementation_.SEIS} << 14 | std::uint64_t{implementation_.A3V} << 15;
}

bool CpuInterface::restore_CTLR(std::uint64_t value) {
    const auto PRIbits = static_cast<unsigned>(value >> 8 & 7) + 1;
    const auto ID = value >> 11 & 7;
    const bool SEIS = (value >> 14 & 1) != 0;
    const bool A3V = (value >> 15 & 1) != 0;
    if (PRIbits > PRIbits_ || ID > (IDbits_ == 24 ? 1U : 0U) || SEIS != implementation_.SEIS ||
        A3V != implementation_.A3V)
        return false;
    PRIbits_ = PRIbits;
    IDbits_ = ID == 1 ? 24 : 16;
    set_CTLR(value);
    return true;
}

std::uint64_t CpuInterface::BPR(Group group) const {
    if (group == Group::group1 && CBPR_)
        return std::min(BPR_[0] + 1U, 7U);
    return BPR_[index_of(group)];
}

void CpuInterface::set_BPR(Group group, std::uint64_t value) {
    if (group == Group::group1 && CBPR_)
        return;
    BPR_[index_of(group)] = std::max(static_cast<std::uint8_t>(value & 7), minimum_BPR(group));
}

std::optional<std::uint32_t> CpuInterface::AP(Group group, unsigned n) const {
    if (!has_AP(n))
        return std::nullopt;
    return AP_[index_of(group)][n];
}

bool CpuInterface::set_AP(Group group, unsigned n, std::uint32_t value) {
    if (!has_AP(n))
        return false;
    AP_[index_of(group)][n] = value;
    running_ = highest_active();
    return true;
}

std::uint8_t CpuInterface::highest_active() const {
    for (unsigned n = 0; n < 4; ++n)
        if (const auto bits = AP_[0][n] | AP_[1][n]; bits != 0)
            return static_cast<std::uint8_t>((n * 32 + static_cast<unsigned>(std::countr_zero(bits)))
                                             << (8 - implementation_.PRIbits));
    return idle;
}

void CpuInterface::activate(std::uint8_t priority, Group group) {
    const unsigned bit = bit_of(preemption_level(priority, group));
    AP_[index_of(group)][bit / 32] |= 1U << (bit % 32);
    running_ = highest_active();
}

std::uint8_t CpuInterface::drop() {
    for (unsigned n = 0; n < 4; ++n) {
        auto& group0 = AP_[0][n];
        auto& group1 = AP_[1][n];
        if ((group0 | group1) == 0)
            continue;
        const auto level = running_;
        // Both groups may have it after a restore; group 0 goes first.
        auto& highest =
            group1 == 0 || (group0 != 0 && std::countr_zero(group0) <= std::countr_zero(group1)) ? group0 : group1;
        highest &= highest - 1;
        running_ = highest_active();
        return level;
    }
    return idle;
}

} // namespace arm64::gic

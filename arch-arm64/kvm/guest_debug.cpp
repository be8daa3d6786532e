// SPDX-License-Identifier: Apache-2.0
// Debug register encodings. Source: Arm DDI 0487, D19.3.2 (DBGBCR<n>_EL1), D19.3.10 (DBGWCR<n>_EL1).
#include "arch-arm64/kvm/guest_debug.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>

namespace arm64::kvm {
namespace {

constexpr std::uint64_t E = 1;             // enabled
constexpr std::uint64_t PMC_EL1 = 1U << 1; // privilege: EL1
constexpr std::uint64_t PMC_EL1_EL0 = 3U << 1;
constexpr std::uint64_t BAS_all_bytes = 0xFU << 5; // the whole instruction

std::uint64_t control_of(const virt::Breakpoint& breakpoint) {
    const bool kernel = breakpoint.privilege == virt::Breakpoint::Privilege::kernel;
    return BAS_all_bytes | (kernel ? PMC_EL1 : PMC_EL1_EL0) | E;
}

std::uint64_t control_of(const virt::Watchpoint& watchpoint) {
    const auto LSC = static_cast<std::uint64_t>(watchpoint.access) << 3;
    std::uint64_t size = 0;
    if (watchpoint.size <= 8) { // BAS: one bit per byte of the doubleword
        const auto bytes = (1U << watchpoint.size) - 1U;
        size = std::uint64_t{bytes << (watchpoint.address & 7) & 0xFF} << 5;
    } else { // MASK: that many low address bits are ignored
        size = static_cast<std::uint64_t>(std::bit_width(watchpoint.size - 1)) << 24 | 0xFFU << 5;
    }
    return size | LSC | PMC_EL1_EL0 | E;
}

bool can_watch(const virt::Watchpoint& watchpoint) {
    constexpr std::uint64_t largest = std::uint64_t{1} << 31;
    if (watchpoint.size <= 8)
        return watchpoint.size != 0 && (watchpoint.address & 7) + watchpoint.size <= 8;
    return std::has_single_bit(watchpoint.size) && watchpoint.size <= largest &&
           watchpoint.address % watchpoint.size == 0;
}

} // namespace

virt::expected<abi::GuestDebug> encode(const virt::GuestDebug& debug) {
    if (debug.breakpoints.size() > abi::debug_registers || debug.watchpoints.size() > abi::debug_registers)
        return virt::failure(ENOSPC, "set that many hardware breakpoints or watchpoints");
    if (!std::ranges::all_of(debug.watchpoints, can_watch))
        return virt::failure(EINVAL, "watch a range that is no power of two, or not aligned");
    if (!std::ranges::all_of(debug.breakpoints, [](const auto& point) { return point.address % 4 == 0; }))
        return virt::failure(EINVAL, "break between two instructions");
    abi::GuestDebug request{};
    if (debug.enabled())
        request.control |= abi::GUESTDBG_ENABLE;
    if (debug.single_step)
        request.control |= abi::GUESTDBG_SINGLESTEP;
    if (debug.software_breakpoints)
        request.control |= abi::GUESTDBG_USE_SW_BP;
    if (!debug.breakpoints.empty() || !debug.watchpoints.empty())
        request.control |= abi::GUESTDBG_USE_HW;
    for (std::size_t n = 0; n < debug.breakpoints.size(); ++n) {
        request.arch.dbg_bcr[n] = control_of(debug.breakpoints[n]);
        request.arch.dbg_bvr[n] = debug.breakpoints[n].address;
    }
    for (std::size_t n = 0; n < debug.watchpoints.size(); ++n) {
        request.arch.dbg_wcr[n] = control_of(debug.watchpoints[n]);
        request.arch.dbg_wvr[n] = debug.watchpoints[n].address & ~std::uint64_t{7};
    }
    return request;
}

} // namespace arm64::kvm

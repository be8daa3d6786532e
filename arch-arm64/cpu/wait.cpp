// SPDX-License-Identifier: Apache-2.0
// WFI and WFE. Source: Arm DDI 0487, D1.6; ESR_EL1's ISS of EC 0x01.
#include "arch-arm64/cpu/cpu.hpp"
#include "arch-arm64/cpu/sysreg_fields.hpp"

#include <thread>

namespace arm64::cpu {
namespace {

std::uint64_t WFx_syndrome(std::uint64_t TI) {
    constexpr std::uint64_t CV = bit(24), COND_AL = 0xEU << 20;
    return syndrome(EC::WFx, CV | COND_AL | TI);
}

} // namespace

bool Cpu::wait_for_interrupt() {
    if (should_wake())
        return true;
    if (EL == 0 && (system.SCTLR_EL1 & SCTLR::nTWI) == 0)
        return raise_exception(WFx_syndrome(0));
    return stop_after(stop::Wait{});
}

// Whoever sends an event may be a store to what LDXR has marked, which nobody sees here. So this does not wait for one:
// it lets others run, and wakes for no reason, as it may.
bool Cpu::wait_for_event() {
    if (event_.exchange(false))
        return true;
    if (EL == 0 && (system.SCTLR_EL1 & SCTLR::nTWE) == 0)
        return raise_exception(WFx_syndrome(1));
    std::this_thread::yield();
    return true;
}

} // namespace arm64::cpu

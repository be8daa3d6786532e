// SPDX-License-Identifier: Apache-2.0
// Event counters: PMUv3. A cycle is an instruction. Source: Arm DDI 0487, D13.
//
// Nothing is counted while instructions execute. The number of instructions is known, so what a counter has is brought
// up to date when somebody looks, or when something changes that decides what counts: the exception level, PMU
// registers. Overflow shows with the next look; if it may interrupt, the run loop looks when it is due, between blocks.
#include "arch-arm64/cpu/cpu.hpp"
#include "arch-arm64/cpu/sysreg_fields.hpp"

#include <algorithm>

namespace arm64::cpu {
namespace {

enum Event : std::uint64_t { SW_INCR = 0x00, INST_RETIRED = 0x08, CPU_CYCLES = 0x11, CHAIN = 0x1E };

constexpr std::uint64_t counter_size = bit(32);

bool counts_instructions(std::uint64_t PMEVTYPER) {
    const auto event = PMEVTYPER & PMEVTYPER::evtCount;
    return event == INST_RETIRED || event == CPU_CYCLES;
}

} // namespace

bool Cpu::counts_event(std::uint64_t filter) const { return (filter & (EL == 0 ? PMEVTYPER::U : PMEVTYPER::P)) == 0; }

void Cpu::increment_event(unsigned counter, std::uint64_t by) {
    auto& PMEVCNTR = system.PMEVCNTR[counter];
    PMEVCNTR += by;
    const std::uint64_t overflows = PMEVCNTR / counter_size;
    PMEVCNTR %= counter_size;
    if (overflows == 0)
        return;
    system.PMOVSSET_EL0 |= bit(counter);
    const unsigned next = counter + 1;
    if (counter % 2 == 0 && next < SystemRegisters::event_counters && (system.PMCNTENSET_EL0 & bit(next)) != 0 &&
        (system.PMEVTYPER[next] & PMEVTYPER::evtCount) == CHAIN && counts_event(system.PMEVTYPER[next]))
        increment_event(next, overflows);
}

void Cpu::count_events_since() {
    const std::uint64_t executed = instructions_ - counted_;
    counted_ = instructions_;
    if (executed == 0)
        return;
    if ((system.PMCNTENSET_EL0 & bit(cycle_counter)) != 0 && counts_event(system.PMCCFILTR_EL0)) {
        const auto before = system.PMCCNTR_EL0;
        system.PMCCNTR_EL0 += executed;
        if (system.PMCCNTR_EL0 < before) // PMCR_EL0.LC: all 64 bits
            system.PMOVSSET_EL0 |= bit(cycle_counter);
    }
    for (unsigned i = 0; i < SystemRegisters::event_counters; ++i)
        if ((system.PMCNTENSET_EL0 & bit(i)) != 0 && counts_instructions(system.PMEVTYPER[i]) &&
            counts_event(system.PMEVTYPER[i]))
            increment_event(i, executed);
    if (instructions_ >= overflow_due_)
        derive_pmu();
}

void Cpu::software_increment(std::uint64_t counters) {
    if ((system.PMCR_EL0 & PMCR::E) == 0)
        return;
    for (unsigned i = 0; i < SystemRegisters::event_counters; ++i)
        if ((counters & system.PMCNTENSET_EL0 & bit(i)) != 0 &&
            (system.PMEVTYPER[i] & PMEVTYPER::evtCount) == SW_INCR && counts_event(system.PMEVTYPER[i]))
            increment_event(i, 1);
}

void Cpu::derive_pmu() {
    const auto& pmu = system;
    const bool enabled = (pmu.PMCR_EL0 & PMCR::E) != 0;
    counting_ = enabled && pmu.PMCNTENSET_EL0 != 0;
    counted_ = instructions_;

    const auto level =
        enabled && (pmu.PMOVSSET_EL0 & pmu.PMINTENSET_EL1) != 0 ? CpuSide::Level::high : CpuSide::Level::low;
    if (level != pmu_level_) {
        pmu_level_ = level;
        surroundings_.set_pmu_interrupt(level);
    }

    // The next overflow that could raise it, if all that executes counts.
    std::uint64_t left = never;
    const auto may_interrupt = counting_ ? pmu.PMCNTENSET_EL0 & ~pmu.PMOVSSET_EL0 : 0;
    if ((may_interrupt & pmu.PMINTENSET_EL1 & bit(cycle_counter)) != 0)
        left = std::min(left, -pmu.PMCCNTR_EL0 - 1);
    for (unsigned i = 0; i < SystemRegisters::event_counters; ++i) {
        // The upper half of a pair overflows with its lower one.
        const bool chained = i % 2 == 0 && i + 1 < SystemRegisters::event_counters &&
                             (pmu.PMEVTYPER[i + 1] & PMEVTYPER::evtCount) == CHAIN;
        const std::uint64_t interrupts = bit(i) | (chained ? bit(i + 1) : 0);
        if ((pmu.PMCNTENSET_EL0 & bit(i)) != 0 && counting_ && (may_interrupt & pmu.PMINTENSET_EL1 & interrupts) != 0 &&
            counts_instructions(pmu.PMEVTYPER[i]))
            left = std::min(left, counter_size - pmu.PMEVCNTR[i]);
    }
    overflow_due_ = left < never - instructions_ ? instructions_ + left : never;
    due_ = std::min(budget_end_, overflow_due_);
}

} // namespace arm64::cpu

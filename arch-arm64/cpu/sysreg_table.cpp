// SPDX-License-Identifier: Apache-2.0
// What is not advertised, or is EL2's and EL3's, is not in the table: UNDEFINED. IMPLEMENTATION DEFINED registers are
// RES0.
#include "arch-arm64/cpu/cpu.hpp"
#include "arch-arm64/cpu/sysreg_fields.hpp"
#include "arch-arm64/cpu/sysregs.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace arm64::cpu {
namespace {

using Access = SysregRow::Access;
using After = SysregRow::After;
using Outside = SysregRow::Outside;
using Verdict = SysregRow::Verdict;
using System = SystemRegisters;

constexpr std::uint64_t everything = ~std::uint64_t{0};
constexpr std::uint64_t word = 0xFFFF'FFFF;

// SCTLR_EL1
constexpr std::uint64_t SCTLR_writable = SCTLR::M | SCTLR::A | SCTLR::C | SCTLR::SA | SCTLR::SA0 | SCTLR::UMA |
                                         SCTLR::I | SCTLR::DZE | SCTLR::UCT | SCTLR::nTWI | SCTLR::nTWE | SCTLR::WXN |
                                         SCTLR::SPAN | SCTLR::UCI;
// LSMAOE, nTLSMD, EIS, TSCXT, EOS, SED, ITD, nAA, CP15BEN: of features that are not there. RES1 and RES0 may keep what
// is written, and so KVM's reset value, which lacks some of what is RES1, is what is read.
constexpr std::uint64_t SCTLR_kept =
    bit(29) | bit(28) | bit(22) | bit(20) | bit(11) | bit(8) | bit(7) | bit(6) | bit(5);
constexpr std::uint64_t SCTLR_reset = 0x00C5'0078;

// TBI1, TBI0, AS, IPS, the halves TG1 .. T1SZ and TG0 .. T0SZ
constexpr std::uint64_t TCR_writable = bits(38, 36) | bits(34, 32) | bits(31, 16) | bits(15, 7) | bits(5, 0);
constexpr std::uint64_t SPSR_writable =
    SPSR::N | SPSR::Z | SPSR::C | SPSR::V | SPSR::PAN | SPSR::SS | SPSR::IL | SPSR::DAIF | SPSR::aarch32 | SPSR::M;
constexpr std::uint64_t FPEN = bits(21, 20);

// MDSCR_EL1: what is the external debugger's, EL1 may only restore, with the OS Lock locked.
constexpr std::uint64_t MDSCR_writable = MDSCR::SS | MDSCR::TDCC | MDSCR::KDE | MDSCR::MDE;
// RXfull, TXfull, RXO, TXU, INTdis, TDA, HDE, ERR
constexpr std::uint64_t MDSCR_external =
    bit(30) | bit(29) | bit(27) | bit(26) | bits(23, 22) | bit(21) | bit(14) | bit(6);
constexpr std::uint64_t OSLM = bit(3);              // an OS Lock there is
constexpr std::uint64_t DBGBCR_RES1 = bits(8, 5);   // BAS: no AArch32
constexpr std::uint64_t DBGBCR_writable = bits(23, 13) | bits(2, 0);
constexpr std::uint64_t DBGWCR_writable = bits(28, 24) | bits(20, 0);
constexpr std::uint64_t DBGCLAIM_tags = bits(7, 0);
constexpr std::uint64_t DBGAUTHSTATUS_not_enabled = 0xA; // NSNID, NSID

constexpr std::uint64_t PMCR_writable = PMCR::E | bit(4) | bit(5); // X, DP
constexpr std::uint64_t PMCR_LC_N = bit(6) | std::uint64_t{System::event_counters} << 11;
constexpr std::uint64_t counters = bit(cycle_counter) | (bit(System::event_counters) - 1);
constexpr std::uint64_t filter = PMEVTYPER::P | PMEVTYPER::U;
constexpr std::uint64_t PMCEID0 = bit(0x00) | bit(0x08) | bit(0x11) | bit(0x1E); // see pmu.cpp

// ---- Who may ----

Verdict EL1(const Cpu& cpu, Access) { return cpu.EL == 1 ? Verdict::allowed : Verdict::undefined; }
Verdict EL1_reads(const Cpu& cpu, Access access) {
    return cpu.EL == 1 && access == Access::read ? Verdict::allowed : Verdict::undefined;
}
Verdict EL1_writes(const Cpu& cpu, Access access) {
    return cpu.EL == 1 && access == Access::write ? Verdict::allowed : Verdict::undefined;
}
Verdict all(const Cpu&, Access) { return Verdict::allowed; }
Verdict all_read(const Cpu&, Access access) { return access == Access::read ? Verdict::allowed : Verdict::undefined; }
Verdict EL0_reads(const Cpu& cpu, Access access) {
    return cpu.EL == 1 || access == Access::read ? Verdict::allowed : Verdict::undefined;
}
Verdict fp(const Cpu& cpu, Access) { return cpu.fp_enabled() ? Verdict::allowed : Verdict::fp_trapped; }
/// SP_EL0 by its name is for who uses SP_EL1.
Verdict with_SP_EL1(const Cpu& cpu, Access) {
    return cpu.EL == 1 && cpu.SPSel == 1 ? Verdict::allowed : Verdict::undefined;
}
/// EL0 where that register has any of the bits set, or all of them clear.
template <auto Register, std::uint64_t Enable>
Verdict EL0_if(const Cpu& cpu, Access) {
    return cpu.EL == 1 || (cpu.system.*Register & Enable) != 0 ? Verdict::allowed : Verdict::trapped;
}
template <auto Register, std::uint64_t Enable>
Verdict EL0_reads_if(const Cpu& cpu, Access access) {
    return access == Access::read ? EL0_if<Register, Enable>(cpu, access) : Verdict::undefined;
}
Verdict debug_channel(const Cpu& cpu, Access) {
    return cpu.EL == 1 || (cpu.system.MDSCR_EL1 & MDSCR::TDCC) == 0 ? Verdict::allowed : Verdict::trapped;
}
Verdict debug_channel_reads(const Cpu& cpu, Access access) {
    return access == Access::read ? debug_channel(cpu, access) : Verdict::undefined;
}
/// EL0 with PMUSERENR_EL0.EN, or with one of those.
template <std::uint64_t Read, std::uint64_t Write>
Verdict PMU(const Cpu& cpu, Access access) {
    const auto enable = PMUSERENR::EN | (access == Access::read ? Read : Write);
    return cpu.EL == 1 || (cpu.system.PMUSERENR_EL0 & enable) != 0 ? Verdict::allowed : Verdict::trapped;
}
Verdict PMU_reads(const Cpu& cpu, Access access) {
    return access == Access::read ? PMU<0, 0>(cpu, access) : Verdict::undefined;
}
Verdict PMU_increments(const Cpu& cpu, Access access) {
    return access == Access::write ? PMU<0, PMUSERENR::SW>(cpu, access) : Verdict::undefined;
}

// ---- What reading and writing does ----

template <auto Register>
std::uint64_t& at(System& system) {
    return system.*Register;
}
template <auto Registers, std::size_t Index>
std::uint64_t& element_at(System& system) {
    return (system.*Registers)[Index];
}
template <std::uint64_t Value>
std::uint64_t constant(Cpu&) {
    return Value;
}
constexpr auto zero = constant<0>;
void ignore(Cpu&, std::uint64_t) {}
template <auto Register>
std::uint64_t of_model(Cpu& cpu) {
    return cpu.model().*Register;
}
template <auto Register, std::uint64_t Bits>
void set_bits(Cpu& cpu, std::uint64_t value) {
    cpu.system.*Register |= value & Bits;
}
template <auto Register>
void clear_bits(Cpu& cpu, std::uint64_t value) {
    cpu.system.*Register &= ~value;
}
template <auto Register>
std::uint64_t read(Cpu& cpu) {
    return cpu.system.*Register;
}

std::uint64_t read_CCSIDR_EL1(Cpu& cpu) {
    const auto& caches = cpu.model().CCSIDR_EL1; // Level and InD, as they are counted: no instruction cache behind L1
    return cpu.system.CSSELR_EL1 < caches.size() ? caches[cpu.system.CSSELR_EL1] : 0;
}
std::uint64_t read_DCZID_EL0(Cpu& cpu) {
    constexpr std::uint64_t DZP = bit(4);
    const bool prohibited = cpu.EL == 0 && (cpu.system.SCTLR_EL1 & SCTLR::DZE) == 0;
    return cpu.model().DCZID_EL0 | (prohibited ? DZP : 0);
}
std::uint64_t read_ISR_EL1(Cpu& cpu) {
    const auto requests = cpu.requests();
    return ((requests & Cpu::request_SError) != 0 ? SPSR::A : 0) | ((requests & Cpu::request_IRQ) != 0 ? SPSR::I : 0) |
           ((requests & Cpu::request_FIQ) != 0 ? SPSR::F : 0);
}
std::uint64_t read_CurrentEL(Cpu& cpu) { return std::uint64_t{cpu.EL} << 2; }
std::uint64_t read_SPSel(Cpu& cpu) { return cpu.SPSel; }
void write_SPSel(Cpu& cpu, std::uint64_t value) { cpu.set_SPSel(value & 1); }
std::uint64_t read_PAN(Cpu& cpu) { return cpu.PAN ? SPSR::PAN : 0; }
void write_PAN(Cpu& cpu, std::uint64_t value) { cpu.set_PAN((value & SPSR::PAN) != 0); }
std::uint64_t read_DAIF(Cpu& cpu) { return cpu.DAIF; }
void write_DAIF(Cpu& cpu, std::uint64_t value) { cpu.set_DAIF(value & SPSR::DAIF); }
std::uint64_t read_NZCV(Cpu& cpu) { return cpu.NZCV(); }
void write_NZCV(Cpu& cpu, std::uint64_t value) { cpu.set_NZCV(static_cast<std::uint32_t>(value)); }
std::uint64_t read_FPCR(Cpu& cpu) { return cpu.fp.FPCR; }
void write_FPCR(Cpu& cpu, std::uint64_t value) { cpu.fp.FPCR = static_cast<std::uint32_t>(value) & fp::FPCR::writable; }
std::uint64_t read_FPSR(Cpu& cpu) { return cpu.fp.FPSR; }
void write_FPSR(Cpu& cpu, std::uint64_t value) { cpu.fp.FPSR = static_cast<std::uint32_t>(value) & fp::FPSR::writable; }

void write_MDSCR_EL1(Cpu& cpu, std::uint64_t value) {
    auto& MDSCR_EL1 = cpu.system.MDSCR_EL1;
    const bool locked = (cpu.system.OSLSR_EL1 & OSLSR::OSLK) != 0;
    const auto writable = MDSCR_writable | (locked ? MDSCR_external : 0);
    MDSCR_EL1 = (MDSCR_EL1 & ~writable) | (value & writable);
}
void write_OSLAR_EL1(Cpu& cpu, std::uint64_t value) {
    cpu.system.OSLSR_EL1 = OSLM | ((value & 1) != 0 ? OSLSR::OSLK : 0);
}
std::uint64_t read_MDCCSR_EL0(Cpu& cpu) { return cpu.system.MDSCR_EL1 & bits(30, 29); } // RXfull, TXfull

void write_PMCR_EL0(Cpu& cpu, std::uint64_t value) {
    if ((value & PMCR::P) != 0)
        cpu.system.PMEVCNTR = {};
    if ((value & PMCR::C) != 0)
        cpu.system.PMCCNTR_EL0 = 0;
    cpu.system.PMCR_EL0 = (value & PMCR_writable) | PMCR_LC_N;
}
/// What PMSELR_EL0 names; null: nothing, and RAZ/WI, which the manual allows.
std::uint64_t* selected_type(System& system) {
    if (system.PMSELR_EL0 == cycle_counter)
        return &system.PMCCFILTR_EL0;
    return system.PMSELR_EL0 < System::event_counters ? &system.PMEVTYPER[system.PMSELR_EL0] : nullptr;
}
std::uint64_t* selected_counter(System& system) {
    return system.PMSELR_EL0 < System::event_counters ? &system.PMEVCNTR[system.PMSELR_EL0] : nullptr;
}
std::uint64_t read_PMXEVTYPER_EL0(Cpu& cpu) {
    const auto* const type = selected_type(cpu.system);
    return type != nullptr ? *type : 0;
}
void write_PMXEVTYPER_EL0(Cpu& cpu, std::uint64_t value) {
    if (auto* const type = selected_type(cpu.system))
        *type = value & (filter | (cpu.system.PMSELR_EL0 == cycle_counter ? 0 : PMEVTYPER::evtCount));
}
std::uint64_t read_PMXEVCNTR_EL0(Cpu& cpu) {
    const auto* const counter = selected_counter(cpu.system);
    return counter != nullptr ? *counter : 0;
}
void write_PMXEVCNTR_EL0(Cpu& cpu, std::uint64_t value) {
    if (auto* const counter = selected_counter(cpu.system))
        *counter = value & word;
}
void write_PMSWINC_EL0(Cpu& cpu, std::uint64_t value) { cpu.software_increment(value & counters); }

// ---- The rows ----

template <auto Register>
consteval SysregRow state(const char* name, SysregId id, std::uint64_t writable, After after = After::nothing,
                          Verdict (*access)(const Cpu&, Access) = EL1) {
    return {.name = name,
            .id = id,
            .access = access,
            .kept = at<Register>,
            .writable = writable,
            .after = after,
            .outside = Outside::state};
}
/// The same, but one of KVM's core registers.
template <auto Register>
consteval SysregRow core(const char* name, SysregId id, std::uint64_t writable,
                         Verdict (*access)(const Cpu&, Access) = EL1) {
    return {.name = name, .id = id, .access = access, .kept = at<Register>, .writable = writable};
}
consteval SysregRow computed(const char* name, SysregId id, Verdict (*access)(const Cpu&, Access),
                             std::uint64_t (*read)(Cpu&), void (*write)(Cpu&, std::uint64_t) = nullptr) {
    return {.name = name, .id = id, .access = access, .read = read, .write = write};
}
consteval SysregRow fixed(const char* name, SysregId id, std::uint64_t (*read)(Cpu&),
                          Verdict (*access)(const Cpu&, Access) = EL1_reads) {
    return {.name = name, .id = id, .access = access, .read = read, .outside = Outside::fixed};
}
template <auto Register>
consteval SysregRow PMU_state(const char* name, SysregId id, std::uint64_t writable,
                              Verdict (*access)(const Cpu&, Access)) {
    return {.name = name,
            .id = id,
            .access = access,
            .kept = at<Register>,
            .writable = writable,
            .outside = Outside::state,
            .of_PMU = true};
}
consteval SysregRow PMU_computed(const char* name, SysregId id, Verdict (*access)(const Cpu&, Access),
                                 std::uint64_t (*read)(Cpu&), void (*write)(Cpu&, std::uint64_t)) {
    return {.name = name, .id = id, .access = access, .read = read, .write = write, .of_PMU = true};
}
consteval SysregRow timer(const char* name, SysregId id, Verdict (*access)(const Cpu&, Access)) {
    return {.name = name, .id = id, .access = access, .elsewhere = true};
}

template <auto Registers, std::size_t Index>
consteval SysregRow element(const char* name, SysregId id, std::uint64_t writable, std::uint64_t RES1 = 0) {
    return {.name = name,
            .id = id,
            .access = EL1,
            .kept = element_at<Registers, Index>,
            .writable = writable,
            .RES1 = RES1,
            .after = After::derive,
            .outside = Outside::state};
}
template <auto Registers, std::size_t Index>
consteval SysregRow PMU_element(const char* name, SysregId id, std::uint64_t writable,
                                Verdict (*access)(const Cpu&, Access)) {
    return {.name = name,
            .id = id,
            .access = access,
            .kept = element_at<Registers, Index>,
            .writable = writable,
            .outside = Outside::state,
            .of_PMU = true};
}

constexpr auto named = std::to_array<SysregRow>({
    // Identification
    fixed("MIDR_EL1", sysreg(3, 0, 0, 0, 0), of_model<&Model::MIDR_EL1>),
    computed("MPIDR_EL1", sysreg(3, 0, 0, 0, 5), EL1_reads, [](Cpu& cpu) { return cpu.MPIDR(); }),
    fixed("REVIDR_EL1", sysreg(3, 0, 0, 0, 6), of_model<&Model::REVIDR_EL1>),
    fixed("ID_AA64PFR0_EL1", sysreg(3, 0, 0, 4, 0), of_model<&Model::ID_AA64PFR0_EL1>),
    fixed("ID_AA64PFR1_EL1", sysreg(3, 0, 0, 4, 1), of_model<&Model::ID_AA64PFR1_EL1>),
    fixed("ID_AA64DFR0_EL1", sysreg(3, 0, 0, 5, 0), of_model<&Model::ID_AA64DFR0_EL1>),
    fixed("ID_AA64ISAR0_EL1", sysreg(3, 0, 0, 6, 0), of_model<&Model::ID_AA64ISAR0_EL1>),
    fixed("ID_AA64ISAR1_EL1", sysreg(3, 0, 0, 6, 1), of_model<&Model::ID_AA64ISAR1_EL1>),
    fixed("ID_AA64MMFR0_EL1", sysreg(3, 0, 0, 7, 0), of_model<&Model::ID_AA64MMFR0_EL1>),
    fixed("ID_AA64MMFR1_EL1", sysreg(3, 0, 0, 7, 1), of_model<&Model::ID_AA64MMFR1_EL1>),
    fixed("ID_AA64MMFR2_EL1", sysreg(3, 0, 0, 7, 2), of_model<&Model::ID_AA64MMFR2_EL1>),
    computed("CCSIDR_EL1", sysreg(3, 1, 0, 0, 0), EL1_reads, read_CCSIDR_EL1),
    fixed("CLIDR_EL1", sysreg(3, 1, 0, 0, 1), of_model<&Model::CLIDR_EL1>),
    fixed("AIDR_EL1", sysreg(3, 1, 0, 0, 7), zero),
    state<&System::CSSELR_EL1>("CSSELR_EL1", sysreg(3, 2, 0, 0, 0), bits(3, 0)),
    fixed("CTR_EL0", sysreg(3, 3, 0, 0, 1), of_model<&Model::CTR_EL0>, EL0_reads_if<&System::SCTLR_EL1, SCTLR::UCT>),
    computed("DCZID_EL0", sysreg(3, 3, 0, 0, 7), all_read, read_DCZID_EL0),
    // Control and translation
    {.name = "SCTLR_EL1",
     .id = sysreg(3, 0, 1, 0, 0),
     .access = EL1,
     .kept = at<&System::SCTLR_EL1>,
     .writable = SCTLR_writable | SCTLR_kept,
     .reset = SCTLR_reset,
     .after = After::translation,
     .outside = Outside::state},
    computed("ACTLR_EL1", sysreg(3, 0, 1, 0, 1), EL1, zero, ignore),
    state<&System::CPACR_EL1>("CPACR_EL1", sysreg(3, 0, 1, 0, 2), FPEN, After::derive),
    state<&System::TTBR0_EL1>("TTBR0_EL1", sysreg(3, 0, 2, 0, 0), ~bit(0), After::contexts),
    state<&System::TTBR1_EL1>("TTBR1_EL1", sysreg(3, 0, 2, 0, 1), ~bit(0), After::contexts),
    state<&System::TCR_EL1>("TCR_EL1", sysreg(3, 0, 2, 0, 2), TCR_writable, After::translation),
    state<&System::MAIR_EL1>("MAIR_EL1", sysreg(3, 0, 10, 2, 0), everything, After::translation),
    computed("AMAIR_EL1", sysreg(3, 0, 10, 3, 0), EL1, zero, ignore),
    state<&System::CONTEXTIDR_EL1>("CONTEXTIDR_EL1", sysreg(3, 0, 13, 0, 1), word),
    state<&System::PAR_EL1>("PAR_EL1", sysreg(3, 0, 7, 4, 0), everything),
    // Exceptions
    computed("AFSR0_EL1", sysreg(3, 0, 5, 1, 0), EL1, zero, ignore),
    computed("AFSR1_EL1", sysreg(3, 0, 5, 1, 1), EL1, zero, ignore),
    state<&System::ESR_EL1>("ESR_EL1", sysreg(3, 0, 5, 2, 0), word),
    state<&System::FAR_EL1>("FAR_EL1", sysreg(3, 0, 6, 0, 0), everything),
    state<&System::VBAR_EL1>("VBAR_EL1", sysreg(3, 0, 12, 0, 0), ~bits(10, 0)),
    computed("ISR_EL1", sysreg(3, 0, 12, 1, 0), EL1_reads, read_ISR_EL1),
    core<&System::SPSR_EL1>("SPSR_EL1", sysreg(3, 0, 4, 0, 0), SPSR_writable),
    core<&System::ELR_EL1>("ELR_EL1", sysreg(3, 0, 4, 0, 1), everything),
    core<&System::SP_EL0>("SP_EL0", sysreg(3, 0, 4, 1, 0), everything, with_SP_EL1),
    // PSTATE and floating point
    computed("SPSel", sysreg(3, 0, 4, 2, 0), EL1, read_SPSel, write_SPSel),
    computed("CurrentEL", sysreg(3, 0, 4, 2, 2), EL1_reads, read_CurrentEL),
    computed("PAN", sysreg(3, 0, 4, 2, 3), EL1, read_PAN, write_PAN),
    computed("NZCV", sysreg(3, 3, 4, 2, 0), all, read_NZCV, write_NZCV),
    computed("DAIF", sysreg(3, 3, 4, 2, 1), EL0_if<&System::SCTLR_EL1, SCTLR::UMA>, read_DAIF, write_DAIF),
    computed("FPCR", sysreg(3, 3, 4, 4, 0), fp, read_FPCR, write_FPCR),
    computed("FPSR", sysreg(3, 3, 4, 4, 1), fp, read_FPSR, write_FPSR),
    // Threads
    state<&System::TPIDR_EL1>("TPIDR_EL1", sysreg(3, 0, 13, 0, 4), everything),
    state<&System::TPIDR_EL0>("TPIDR_EL0", sysreg(3, 3, 13, 0, 2), everything, After::nothing, all),
    state<&System::TPIDRRO_EL0>("TPIDRRO_EL0", sysreg(3, 3, 13, 0, 3), everything, After::nothing, EL0_reads),
    // The timers
    state<&System::CNTKCTL_EL1>("CNTKCTL_EL1", sysreg(3, 0, 14, 1, 0), bits(9, 0)),
    timer("CNTFRQ_EL0", sysreg(3, 3, 14, 0, 0),
          EL0_reads_if<&System::CNTKCTL_EL1, CNTKCTL::EL0PCTEN | CNTKCTL::EL0VCTEN>),
    timer("CNTPCT_EL0", sysreg(3, 3, 14, 0, 1), EL0_reads_if<&System::CNTKCTL_EL1, CNTKCTL::EL0PCTEN>),
    timer("CNTVCT_EL0", sysreg(3, 3, 14, 0, 2), EL0_reads_if<&System::CNTKCTL_EL1, CNTKCTL::EL0VCTEN>),
    timer("CNTP_TVAL_EL0", sysreg(3, 3, 14, 2, 0), EL0_if<&System::CNTKCTL_EL1, CNTKCTL::EL0PTEN>),
    timer("CNTP_CTL_EL0", sysreg(3, 3, 14, 2, 1), EL0_if<&System::CNTKCTL_EL1, CNTKCTL::EL0PTEN>),
    timer("CNTP_CVAL_EL0", sysreg(3, 3, 14, 2, 2), EL0_if<&System::CNTKCTL_EL1, CNTKCTL::EL0PTEN>),
    timer("CNTV_TVAL_EL0", sysreg(3, 3, 14, 3, 0), EL0_if<&System::CNTKCTL_EL1, CNTKCTL::EL0VTEN>),
    timer("CNTV_CTL_EL0", sysreg(3, 3, 14, 3, 1), EL0_if<&System::CNTKCTL_EL1, CNTKCTL::EL0VTEN>),
    timer("CNTV_CVAL_EL0", sysreg(3, 3, 14, 3, 2), EL0_if<&System::CNTKCTL_EL1, CNTKCTL::EL0VTEN>),
    // Debug
    state<&System::OSDTRRX_EL1>("OSDTRRX_EL1", sysreg(2, 0, 0, 0, 2), word),
    state<&System::MDCCINT_EL1>("MDCCINT_EL1", sysreg(2, 0, 0, 2, 0), bits(30, 29)),
    {.name = "MDSCR_EL1",
     .id = sysreg(2, 0, 0, 2, 2),
     .access = EL1,
     .kept = at<&System::MDSCR_EL1>,
     .writable = MDSCR_writable | MDSCR_external,
     .write = write_MDSCR_EL1,
     .after = After::derive,
     .outside = Outside::state},
    state<&System::OSDTRTX_EL1>("OSDTRTX_EL1", sysreg(2, 0, 0, 3, 2), word),
    computed("OSECCR_EL1", sysreg(2, 0, 0, 6, 2), EL1, zero, ignore),
    computed("MDRAR_EL1", sysreg(2, 0, 1, 0, 0), EL1_reads, zero),
    {.name = "OSLAR_EL1",
     .id = sysreg(2, 0, 1, 0, 4),
     .access = EL1_writes,
     .write = write_OSLAR_EL1,
     .after = After::derive},
    {.name = "OSLSR_EL1",
     .id = sysreg(2, 0, 1, 1, 4),
     .access = EL1_reads,
     .kept = at<&System::OSLSR_EL1>,
     .writable = OSLSR::OSLK,
     .RES1 = OSLM,
     .reset = OSLSR::OSLK,
     .outside = Outside::state},
    state<&System::OSDLR_EL1>("OSDLR_EL1", sysreg(2, 0, 1, 3, 4), bit(0), After::derive),
    computed("DBGPRCR_EL1", sysreg(2, 0, 1, 4, 4), EL1, zero, ignore),
    {.name = "DBGCLAIMSET_EL1",
     .id = sysreg(2, 0, 7, 8, 6),
     .access = EL1,
     .read = constant<DBGCLAIM_tags>,
     .write = set_bits<&System::DBGCLAIM, DBGCLAIM_tags>},
    {.name = "DBGCLAIMCLR_EL1",
     .id = sysreg(2, 0, 7, 9, 6),
     .access = EL1,
     .kept = at<&System::DBGCLAIM>,
     .writable = DBGCLAIM_tags,
     .write = clear_bits<&System::DBGCLAIM>,
     .outside = Outside::state},
    computed("DBGAUTHSTATUS_EL1", sysreg(2, 0, 7, 14, 6), EL1_reads, constant<DBGAUTHSTATUS_not_enabled>),
    computed("MDCCSR_EL0", sysreg(2, 3, 0, 1, 0), debug_channel_reads, read_MDCCSR_EL0),
    computed("DBGDTR_EL0", sysreg(2, 3, 0, 4, 0), debug_channel, zero, ignore), // nobody is at the other end
    computed("DBGDTRTX_EL0", sysreg(2, 3, 0, 5, 0), debug_channel, zero, ignore), // DBGDTRRX_EL0 to read
    element<&System::DBGBVR, 0>("DBGBVR0_EL1", sysreg(2, 0, 0, 0, 4), everything),
    element<&System::DBGBCR, 0>("DBGBCR0_EL1", sysreg(2, 0, 0, 0, 5), DBGBCR_writable, DBGBCR_RES1),
    element<&System::DBGBVR, 1>("DBGBVR1_EL1", sysreg(2, 0, 0, 1, 4), everything),
    element<&System::DBGBCR, 1>("DBGBCR1_EL1", sysreg(2, 0, 0, 1, 5), DBGBCR_writable, DBGBCR_RES1),
    element<&System::DBGBVR, 2>("DBGBVR2_EL1", sysreg(2, 0, 0, 2, 4), everything),
    element<&System::DBGBCR, 2>("DBGBCR2_EL1", sysreg(2, 0, 0, 2, 5), DBGBCR_writable, DBGBCR_RES1),
    element<&System::DBGBVR, 3>("DBGBVR3_EL1", sysreg(2, 0, 0, 3, 4), everything),
    element<&System::DBGBCR, 3>("DBGBCR3_EL1", sysreg(2, 0, 0, 3, 5), DBGBCR_writable, DBGBCR_RES1),
    element<&System::DBGBVR, 4>("DBGBVR4_EL1", sysreg(2, 0, 0, 4, 4), everything),
    element<&System::DBGBCR, 4>("DBGBCR4_EL1", sysreg(2, 0, 0, 4, 5), DBGBCR_writable, DBGBCR_RES1),
    element<&System::DBGBVR, 5>("DBGBVR5_EL1", sysreg(2, 0, 0, 5, 4), everything),
    element<&System::DBGBCR, 5>("DBGBCR5_EL1", sysreg(2, 0, 0, 5, 5), DBGBCR_writable, DBGBCR_RES1),
    element<&System::DBGWVR, 0>("DBGWVR0_EL1", sysreg(2, 0, 0, 0, 6), ~bits(1, 0)),
    element<&System::DBGWCR, 0>("DBGWCR0_EL1", sysreg(2, 0, 0, 0, 7), DBGWCR_writable),
    element<&System::DBGWVR, 1>("DBGWVR1_EL1", sysreg(2, 0, 0, 1, 6), ~bits(1, 0)),
    element<&System::DBGWCR, 1>("DBGWCR1_EL1", sysreg(2, 0, 0, 1, 7), DBGWCR_writable),
    element<&System::DBGWVR, 2>("DBGWVR2_EL1", sysreg(2, 0, 0, 2, 6), ~bits(1, 0)),
    element<&System::DBGWCR, 2>("DBGWCR2_EL1", sysreg(2, 0, 0, 2, 7), DBGWCR_writable),
    element<&System::DBGWVR, 3>("DBGWVR3_EL1", sysreg(2, 0, 0, 3, 6), ~bits(1, 0)),
    element<&System::DBGWCR, 3>("DBGWCR3_EL1", sysreg(2, 0, 0, 3, 7), DBGWCR_writable),
    // The performance monitors
    {.name = "PMCR_EL0",
     .id = sysreg(3, 3, 9, 12, 0),
     .access = PMU<0, 0>,
     .kept = at<&System::PMCR_EL0>,
     .writable = PMCR_writable,
     .RES1 = PMCR_LC_N,
     .write = write_PMCR_EL0,
     .outside = Outside::state,
     .of_PMU = true},
    {.name = "PMCNTENSET_EL0",
     .id = sysreg(3, 3, 9, 12, 1),
     .access = PMU<0, 0>,
     .kept = at<&System::PMCNTENSET_EL0>,
     .writable = counters,
     .write = set_bits<&System::PMCNTENSET_EL0, counters>,
     .outside = Outside::state,
     .of_PMU = true},
    PMU_computed("PMCNTENCLR_EL0", sysreg(3, 3, 9, 12, 2), PMU<0, 0>, read<&System::PMCNTENSET_EL0>,
                 clear_bits<&System::PMCNTENSET_EL0>),
    {.name = "PMOVSSET_EL0",
     .id = sysreg(3, 3, 9, 14, 3),
     .access = PMU<0, 0>,
     .kept = at<&System::PMOVSSET_EL0>,
     .writable = counters,
     .write = set_bits<&System::PMOVSSET_EL0, counters>,
     .outside = Outside::state,
     .of_PMU = true},
    PMU_computed("PMOVSCLR_EL0", sysreg(3, 3, 9, 12, 3), PMU<0, 0>, read<&System::PMOVSSET_EL0>,
                 clear_bits<&System::PMOVSSET_EL0>),
    {.name = "PMINTENSET_EL1",
     .id = sysreg(3, 0, 9, 14, 1),
     .access = EL1,
     .kept = at<&System::PMINTENSET_EL1>,
     .writable = counters,
     .write = set_bits<&System::PMINTENSET_EL1, counters>,
     .outside = Outside::state,
     .of_PMU = true},
    PMU_computed("PMINTENCLR_EL1", sysreg(3, 0, 9, 14, 2), EL1, read<&System::PMINTENSET_EL1>,
                 clear_bits<&System::PMINTENSET_EL1>),
    PMU_computed("PMSWINC_EL0", sysreg(3, 3, 9, 12, 4), PMU_increments, nullptr, write_PMSWINC_EL0),
    PMU_state<&System::PMSELR_EL0>("PMSELR_EL0", sysreg(3, 3, 9, 12, 5), bits(4, 0), PMU<PMUSERENR::ER, PMUSERENR::ER>),
    PMU_computed("PMCEID0_EL0", sysreg(3, 3, 9, 12, 6), PMU_reads, constant<PMCEID0>, nullptr),
    PMU_computed("PMCEID1_EL0", sysreg(3, 3, 9, 12, 7), PMU_reads, zero, nullptr),
    PMU_state<&System::PMCCNTR_EL0>("PMCCNTR_EL0", sysreg(3, 3, 9, 13, 0), everything, PMU<PMUSERENR::CR, 0>),
    PMU_computed("PMXEVTYPER_EL0", sysreg(3, 3, 9, 13, 1), PMU<0, 0>, read_PMXEVTYPER_EL0, write_PMXEVTYPER_EL0),
    PMU_computed("PMXEVCNTR_EL0", sysreg(3, 3, 9, 13, 2), PMU<PMUSERENR::ER, 0>, read_PMXEVCNTR_EL0,
                 write_PMXEVCNTR_EL0),
    PMU_state<&System::PMUSERENR_EL0>("PMUSERENR_EL0", sysreg(3, 3, 9, 14, 0), bits(3, 0), EL0_reads),
    PMU_element<&System::PMEVCNTR, 0>("PMEVCNTR0_EL0", sysreg(3, 3, 14, 8, 0), word, PMU<PMUSERENR::ER, 0>),
    PMU_element<&System::PMEVCNTR, 1>("PMEVCNTR1_EL0", sysreg(3, 3, 14, 8, 1), word, PMU<PMUSERENR::ER, 0>),
    PMU_element<&System::PMEVCNTR, 2>("PMEVCNTR2_EL0", sysreg(3, 3, 14, 8, 2), word, PMU<PMUSERENR::ER, 0>),
    PMU_element<&System::PMEVCNTR, 3>("PMEVCNTR3_EL0", sysreg(3, 3, 14, 8, 3), word, PMU<PMUSERENR::ER, 0>),
    PMU_element<&System::PMEVCNTR, 4>("PMEVCNTR4_EL0", sysreg(3, 3, 14, 8, 4), word, PMU<PMUSERENR::ER, 0>),
    PMU_element<&System::PMEVCNTR, 5>("PMEVCNTR5_EL0", sysreg(3, 3, 14, 8, 5), word, PMU<PMUSERENR::ER, 0>),
    PMU_element<&System::PMEVTYPER, 0>("PMEVTYPER0_EL0", sysreg(3, 3, 14, 12, 0), filter | PMEVTYPER::evtCount,
                                       PMU<0, 0>),
    PMU_element<&System::PMEVTYPER, 1>("PMEVTYPER1_EL0", sysreg(3, 3, 14, 12, 1), filter | PMEVTYPER::evtCount,
                                       PMU<0, 0>),
    PMU_element<&System::PMEVTYPER, 2>("PMEVTYPER2_EL0", sysreg(3, 3, 14, 12, 2), filter | PMEVTYPER::evtCount,
                                       PMU<0, 0>),
    PMU_element<&System::PMEVTYPER, 3>("PMEVTYPER3_EL0", sysreg(3, 3, 14, 12, 3), filter | PMEVTYPER::evtCount,
                                       PMU<0, 0>),
    PMU_element<&System::PMEVTYPER, 4>("PMEVTYPER4_EL0", sysreg(3, 3, 14, 12, 4), filter | PMEVTYPER::evtCount,
                                       PMU<0, 0>),
    PMU_element<&System::PMEVTYPER, 5>("PMEVTYPER5_EL0", sysreg(3, 3, 14, 12, 5), filter | PMEVTYPER::evtCount,
                                       PMU<0, 0>),
    PMU_state<&System::PMCCFILTR_EL0>("PMCCFILTR_EL0", sysreg(3, 3, 14, 15, 7), filter, PMU<0, 0>),
});

/// Op0 3, op1 0, CRn 0, CRm 1 to 7: what is not named is RAZ, and AArch32's ID registers with it.
constexpr std::size_t ID_registers = 7 * 8;
consteval SysregRow reserved(std::size_t index) {
    return fixed("", sysreg(3, 0, 0, static_cast<unsigned>(1 + index / 8), index % 8), zero);
}

consteval std::size_t count() {
    std::size_t unnamed = 0;
    for (std::size_t i = 0; i < ID_registers; ++i)
        unnamed += std::ranges::find(named, reserved(i).id, &SysregRow::id) == named.end() ? 1U : 0U;
    return named.size() + unnamed;
}

consteval auto make_table() {
    std::array<SysregRow, count()> rows{};
    auto end = std::ranges::copy(named, rows.begin()).out;
    for (std::size_t i = 0; i < ID_registers; ++i)
        if (std::ranges::find(named, reserved(i).id, &SysregRow::id) == named.end())
            *end++ = reserved(i);
    std::ranges::sort(rows, {}, &SysregRow::id);
    return rows;
}

constexpr auto table = make_table();
static_assert(std::ranges::adjacent_find(table, {}, &SysregRow::id) == table.end(), "one register, one row");

} // namespace

std::span<const SysregRow> system_registers() { return table; }

const SysregRow* find_system_register(SysregId id) {
    const auto* const found = std::ranges::lower_bound(table, id, {}, &SysregRow::id);
    return found != table.end() && found->id == id ? found : nullptr;
}

} // namespace arm64::cpu

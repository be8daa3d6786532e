// SPDX-License-Identifier: Apache-2.0
// A bench with the MMU on: tables that a test edits, and the instructions that it needs.
#pragma once

#include "tests/arch-arm64/cpu/fixture.hpp"
#include "tests/arch-arm64/walk/tables.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <vector>

namespace arm64::cpu::test {

constexpr std::uint64_t bit(unsigned n) { return std::uint64_t{1} << n; }

/// Bits of descriptors, and attributes by their index in MAIR_EL1.
constexpr std::uint64_t AF = bit(10), nG = bit(11), UXN = bit(54), PXN = bit(53), user = bit(6), read_only = bit(7),
                        normal = 0 << 2, device = 1 << 2;
constexpr std::uint64_t MAIR = 0x00'FF;

// Instructions; those of memory are of X1, W1 or V1 at [X0].
constexpr std::uint32_t ldr = 0xF940'0001, str = 0xF900'0001, ldrb = 0x3940'0001, ldrh = 0x7940'0001,
                        ldr_w = 0xB940'0001, str_w = 0xB900'0001, ldtr = 0xF840'0801, sttr = 0xF800'0801,
                        ldar = 0xC8DF'FC01, ldxr = 0xC85F'7C01, stxr = 0xC802'7C01, ldadd = 0xF822'0001,
                        swp = 0xF822'8001, cas = 0xC8A2'7C01, ldr_x3_x2 = 0xF940'0043, nop = 0xD503'201F,
                        isb = 0xD503'3FDF, dsb = 0xD503'3B9F, svc = 0xD400'0001, ret = 0xD65F'03C0, br_x0 = 0xD61F'0000,
                        MSR_TTBR0_EL1 = 0xD518'2000;

/// SYS of op1, CRn, CRm, op2 with X0.
constexpr std::uint32_t sys(unsigned op1, unsigned CRn, unsigned CRm, unsigned op2) {
    return 0xD508'0000 | op1 << 16 | CRn << 12 | CRm << 8 | op2 << 5;
}
constexpr std::uint32_t AT_S1E1R = sys(0, 7, 8, 0), AT_S1E1W = sys(0, 7, 8, 1), AT_S1E0R = sys(0, 7, 8, 2),
                        AT_S1E0W = sys(0, 7, 8, 3), DC_ZVA = sys(3, 7, 4, 1), DC_CVAC = sys(3, 7, 10, 1),
                        DC_CVAU = sys(3, 7, 11, 1), DC_CIVAC = sys(3, 7, 14, 1), DC_IVAC = sys(0, 7, 6, 1),
                        DC_ISW = sys(0, 7, 6, 2), IC_IVAU = sys(3, 7, 5, 1), IC_IALLU = sys(0, 7, 5, 0),
                        IC_IALLUIS = sys(0, 7, 1, 0), TLBI_VMALLE1 = sys(0, 8, 7, 0), TLBI_VAE1 = sys(0, 8, 7, 1),
                        TLBI_ASIDE1 = sys(0, 8, 7, 2), TLBI_VAAE1 = sys(0, 8, 7, 3), TLBI_VALE1 = sys(0, 8, 7, 5),
                        TLBI_VAALE1 = sys(0, 8, 7, 7), TLBI_VMALLE1IS = sys(0, 8, 3, 0), TLBI_VAE1IS = sys(0, 8, 3, 1),
                        TLBI_ASIDE1IS = sys(0, 8, 3, 2), TLBI_VAAE1IS = sys(0, 8, 3, 3), TLBI_VALE1IS = sys(0, 8, 3, 5),
                        TLBI_VAALE1IS = sys(0, 8, 3, 7);

/// What a TLBI by address has in Xt.
constexpr std::uint64_t tlbi_operand(std::uint64_t va, std::uint64_t asid = 0) {
    return asid << 48 | (va >> 12 & (bit(44) - 1));
}

/// RAM of 16 MiB. Its first 2 MiB are mapped to themselves, global, executable at both levels and read-only; they hold
/// the code and the vectors. Tables are in the last 8 MiB, which tests do not map.
class MmuBench : public Bench {
public:
    static constexpr virt::Gpa ram = Board::base + (2 << 20); ///< 6 MiB that nothing else uses
    static constexpr std::uint64_t tables_at = Board::base + (8 << 20), upper_tables_at = Board::base + (12 << 20);

    explicit MmuBench(const walk::Granule& granule = walk::granules[0], unsigned TxSZ = 25)
        : Bench(16 << 20),
          lower(granule, TxSZ, walk::Half::lower, tables_at),
          upper(granule, TxSZ, walk::Half::upper, upper_tables_at) {
        for (std::uint64_t at = 0; at < (2 << 20); at += bit(granule.bits))
            lower.map(Board::base + at, Board::base + at, 3, AF | user | read_only);
        auto& system = cpu.system;
        system.MAIR_EL1 = MAIR;
        system.TCR_EL1 = bit(37) | bit(36) | std::uint64_t{5} << 32 | granule.TG1 << 30 | granule.TG0 << 14 |
                         TxSZ << 16 | TxSZ; // TBI0, AS, IPS
        system.TTBR0_EL1 = lower.root();
        system.TTBR1_EL1 = upper.root();
        system.SCTLR_EL1 |= 5; // M, C
        write_tables();
        cpu.registers_changed();
    }

    /// The tables as they are now, into RAM; TLBs do not hear of it.
    void write_tables() {
        for (const auto* const tables : {&lower, &upper})
            for (const auto& [address, entry] : tables->entries())
                board.put(address, entry);
    }
    void map(std::uint64_t va, std::uint64_t physical, std::uint64_t bits, unsigned level = 3) {
        (va >> 55 != 0 ? upper : lower).map(va, physical, level, AF | bits);
        write_tables();
    }
    void unmap(std::uint64_t va, unsigned level = 3) {
        (va >> 55 != 0 ? upper : lower).entry(va, level) = 0;
        write_tables();
    }
    /// As a kernel does: tables are the same, and the ASID is TTBR0_EL1's.
    void set_asid(std::uint64_t asid) {
        x(0) = asid << 48 | lower.root();
        EXPECT_TRUE(execute(1, {MSR_TTBR0_EL1, isb}));
    }

    /// Executes the words and then SVC, at EL0 or EL1. False: there was another exception, see `ESR`.
    bool execute(unsigned el, std::initializer_list<std::uint32_t> words, std::uint64_t at = code) {
        std::vector<std::uint32_t> program(words);
        program.push_back(svc);
        board.put_code(code, program);
        cpu.post({.kind = Maintenance::Kind::code_all});
        return resume(el, at);
    }
    /// The same without touching what is there.
    bool resume(unsigned el, std::uint64_t at = code) {
        const bool pan = cpu.PAN;
        EXPECT_TRUE(cpu.set_PSTATE(SPSR::DAIF | (pan ? SPSR::PAN : 0) | (el == 0 ? SPSR::EL0t : SPSR::EL1h)));
        cpu.pc = at;
        last_stop = cpu.run();
        vector = 0;
        if (const auto* const call = std::get_if<stop::Call>(&last_stop))
            vector = call->imm;
        cpu.PAN = pan;
        return vector == (el == 0 ? 0x400 : 0x200) && EC() == 0x15;
    }
    [[nodiscard]] std::uint64_t ESR() const { return cpu.system.ESR_EL1; }
    [[nodiscard]] std::uint64_t EC() const { return ESR() >> 26; }
    [[nodiscard]] std::uint64_t FAR() const { return cpu.system.FAR_EL1; }

    /// What LDR of that address reads at EL0 or EL1; nothing: there was an exception.
    std::optional<std::uint64_t> read(std::uint64_t va, unsigned el = 1) {
        x(0) = va;
        x(1) = 0;
        if (!execute(el, {ldr}))
            return std::nullopt;
        return x(1);
    }
    bool write(std::uint64_t va, std::uint64_t value, unsigned el = 1) {
        x(0) = va;
        x(1) = value;
        return execute(el, {str});
    }
    /// At EL1, with that in X0.
    bool system_instruction(std::uint32_t word, std::uint64_t operand = 0) {
        x(0) = operand;
        return execute(1, {word, dsb, isb});
    }

    walk::Tables lower, upper;
    std::uint16_t vector = 0;
};

} // namespace arm64::cpu::test

// SPDX-License-Identifier: Apache-2.0
// GITS registers as guest and VMM see them. Source: Arm IHI 0069, 12.19; arm-vgic-its.rst, GRP_ITS_REGS.
#include "arch-arm64/vgic_attributes.hpp"
#include "tests/conformance/expect.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/its.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/pitfall.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <vector>

namespace conformance {
namespace {

using Intids = std::vector<std::uint32_t>;
constexpr virt::Gpa frame = layout::ITS;
constexpr std::uint64_t Valid_bit = std::uint64_t{1} << 63;

struct Reset {
    std::uint64_t offset;
    std::uint64_t value;
};

TEST(ItsRegisters, ResetValues) {
    Machine machine(Bricks{.its = 1});
    auto& guest = machine.puppet();
    for (const auto [offset, value] : std::to_array<Reset>({
             {GITS_CTLR, GITS_CTLR_Quiescent},
             {GITS_IIDR, 0x4B00'043B},
             // PIDR4..7, PIDR0..3, CIDR0..3
             {0xFFD0, 0x40},
             {0xFFD4, 0},
             {0xFFD8, 0},
             {0xFFDC, 0},
             {0xFFE0, 0x92},
             {0xFFE4, 0xB4},
             {0xFFE8, 0x3B},
             {0xFFEC, 0},
             {0xFFF0, 0x0D},
             {0xFFF4, 0xF0},
             {0xFFF8, 0x05},
             {0xFFFC, 0xB1},
         })) {
        EXPECT_VALUE(value, machine.gits(0, offset)) << std::hex << offset;
        EXPECT_VALUE(value, guest.load32(frame + offset)) << std::hex << offset;
    }
    for (const auto [offset, value] : std::to_array<Reset>({
             // PLPIS; ITT entries of 8 bytes; 16 EventID bits, 16 DeviceID bits; no PTA, HCC, CIL, VLPIS
             {GITS_TYPER, 0x1'EF71},
             {GITS_CBASER, 0},
             {GITS_CWRITER, 0},
             {GITS_CREADR, 0},
             // type, entries of 8 bytes, inner shareable, RaWb, 64 KiB
             {GITS_BASER0, 0x1907'0000'0000'0600},
             {GITS_BASER1, 0x1C07'0000'0000'0600},
             {0x0110, 0},
             {0x0118, 0},
             {0x0120, 0},
             {0x0128, 0},
             {0x0130, 0},
             {0x0138, 0},
         })) {
        EXPECT_VALUE(value, machine.gits(0, offset)) << std::hex << offset;
        EXPECT_VALUE(value, guest.load64(frame + offset)) << std::hex << offset;
        EXPECT_VALUE(value & 0xFFFF'FFFF, guest.load32(frame + offset)) << std::hex << offset;
        EXPECT_VALUE(value >> 32, guest.load32(frame + offset + 4)) << std::hex << offset;
    }
}

TEST(ItsRegisters, ReadOnlyOnesIgnoreStores) {
    Machine machine(Bricks{.its = 1});
    auto& guest = machine.puppet();
    for (const auto offset : {GITS_IIDR, GITS_PIDR2, std::uint64_t{0xFFD0}, std::uint64_t{0xFFFC}})
        guest.store32(frame + offset, 0xFFFF'FFFF);
    for (const auto offset : {GITS_TYPER, GITS_CREADR, std::uint64_t{0x0110}, std::uint64_t{0x0138}})
        guest.store64(frame + offset, ~std::uint64_t{0});
    EXPECT_VALUE(0x4B00'043B, guest.load32(frame + GITS_IIDR));
    EXPECT_VALUE(0x3B, guest.load32(frame + GITS_PIDR2));
    EXPECT_VALUE(0x40, guest.load32(frame + 0xFFD0));
    EXPECT_VALUE(0xB1, guest.load32(frame + 0xFFFC));
    EXPECT_VALUE(0x1'EF71, guest.load64(frame + GITS_TYPER));
    EXPECT_VALUE(0, guest.load64(frame + GITS_CREADR));
    EXPECT_VALUE(0, guest.load64(frame + 0x0110));
    EXPECT_VALUE(0, guest.load64(frame + 0x0138));
    // From outside it is the same where nothing can be restored.
    for (const auto offset : {GITS_TYPER, std::uint64_t{0x0110}, std::uint64_t{0xFFE8}}) {
        const auto before = must(machine.gits(0, offset));
        EXPECT_OK(machine.set_gits(0, offset, ~before));
        EXPECT_VALUE(before, machine.gits(0, offset));
    }
}

TEST(ItsRegisters, AccessesOfAnotherWidthReadZeroAndStoreNothing) {
    Machine machine(Bricks{.its = 1});
    auto& guest = machine.puppet();
    guest.store64(frame + GITS_CBASER, Valid_bit | 0x8080'0000);
    const auto result = guest.run({load8(frame + GITS_TYPER), load16(frame + GITS_TYPER), load64(frame + GITS_CTLR),
                                   load8(frame + GITS_PIDR2), load64(frame + 0xFFE8), load16(frame + GITS_CBASER),
                                   store8(frame + GITS_CBASER, 0xFF), store16(frame + GITS_CBASER, 0xFFFF),
                                   load64(frame + GITS_CBASER)});
    for (std::size_t n = 0; n < 6; ++n)
        EXPECT_VALUE(0, result[n].value) << n;
    EXPECT_VALUE(Valid_bit | 0x8080'0000, result.last().value & ~(std::uint64_t{7} << 59));
    EXPECT_TRUE(result.exits.empty()) << "the VMM sees none of it";
}

TEST(ItsRegisters, TheTranslationFrameIsOfNoUseToTheGuest) {
    pitfalls({27});
    LpiMachine m;
    m.map_device(0);
    m.its.run({MAPTI(0, 0, 8192, 0)});
    const auto result =
        m.guest().run({store32(frame + GITS_TRANSLATER, 0), load32(frame + GITS_TRANSLATER),
                       store64(frame + GITS_TRANSLATER, 0), store16(frame + GITS_TRANSLATER, 0),
                       load64(frame + 0x1'0000), load32(frame + 0x1'FFFC), load32(frame + 0x0200), window()});
    EXPECT_EQ(result.interrupts(), Intids{});
    for (const unsigned n : {1U, 4U, 5U, 6U})
        EXPECT_VALUE(0, result[n].value) << n;
    EXPECT_TRUE(result.exits.empty());
    EXPECT_FALSE(m.latched(0, 8192));
    EXPECT_TRUE(m.delivers(0, 0));
    EXPECT_EQ(m.guest().take(), Intids{8192});
}

TEST(ItsRegisters, EnablingWithAnInvalidTableOrQueueIsIgnored) {
    pitfalls({44});
    for (const auto missing : {GITS_BASER0, GITS_BASER1, GITS_CBASER}) {
        Machine machine(Bricks{.its = 1});
        Its its(machine, 0);
        its.write(GITS_BASER0, its.BASER0());
        its.write(GITS_BASER1, its.BASER1());
        its.write(GITS_CBASER, its.CBASER());
        const auto valid = its.read(missing);
        its.write(missing, valid & ~Valid_bit);
        its.write(GITS_CTLR, GITS_CTLR_Enabled);
        EXPECT_VALUE(GITS_CTLR_Quiescent, its.read(GITS_CTLR)) << std::hex << missing;
        its.write(missing, valid);
        its.write(GITS_CTLR, GITS_CTLR_Enabled);
        EXPECT_VALUE(GITS_CTLR_Quiescent | GITS_CTLR_Enabled, its.read(GITS_CTLR)) << std::hex << missing;
    }
}

TEST(ItsRegisters, CtlrHasOneWritableBit) {
    Machine machine(Bricks{.its = 1});
    auto& guest = machine.puppet();
    Its its(machine, 0, &guest);
    its.enable();
    guest.store32(frame + GITS_CTLR, 0xFFFF'FFFF);
    EXPECT_VALUE(GITS_CTLR_Quiescent | GITS_CTLR_Enabled, guest.load32(frame + GITS_CTLR));
    guest.store32(frame + GITS_CTLR, 0xFFFF'FFFE);
    EXPECT_VALUE(GITS_CTLR_Quiescent, guest.load32(frame + GITS_CTLR));
}

TEST(ItsRegisters, QuiescentIsAnEmptyQueue) {
    LpiMachine m;
    m.its.disable();
    m.its.queue({MAPD(0, 4, m.its.ITT(4)), MAPTI(0, 0, 8192, 0)});
    EXPECT_VALUE(0, m.its.read(GITS_CTLR)) << "and nothing happens while disabled";
    const auto before = m.its.CREADR();
    m.its.write(GITS_CTLR, GITS_CTLR_Enabled);
    EXPECT_VALUE(GITS_CTLR_Quiescent | GITS_CTLR_Enabled, m.its.read(GITS_CTLR));
    EXPECT_VALUE(before + 2 * sizeof(ItsCommand), m.its.CREADR());
    EXPECT_TRUE(m.delivers(0, 0));
}

TEST(ItsRegisters, CbaserStartsTheQueueAnew) {
    pitfalls({43});
    Machine machine(Bricks{.its = 1});
    Its its(machine, 0);
    its.enable();
    its.run({SYNC(0), SYNC(0)});
    its.disable();
    its.queue({SYNC(0)});
    EXPECT_VALUE(0x40, its.CREADR());
    EXPECT_VALUE(0x60, its.read(GITS_CWRITER));
    its.write(GITS_CBASER, its.CBASER());
    EXPECT_VALUE(0, its.CREADR());
    EXPECT_VALUE(0, its.read(GITS_CWRITER));
    // A half of it is enough.
    EXPECT_OK(machine.set_gits(0, GITS_CREADR, 0x80));
    machine.puppet().store32(frame + GITS_CBASER + 4, its.CBASER() >> 32);
    EXPECT_VALUE(0, its.CREADR());
}

TEST(ItsRegisters, CbaserKeepsWhatKvmCanDo) {
    Machine machine(Bricks{.its = 1});
    auto& guest = machine.puppet();
    constexpr std::uint64_t address = 0x8080'0000;
    constexpr std::uint64_t cacheable = std::uint64_t{7} << 59;
    constexpr std::uint64_t RaWb = std::uint64_t{3} << 59;
    for (const auto& [written, read] : std::to_array<std::array<std::uint64_t, 2>>({
             {~std::uint64_t{0}, 0xFF1F'FFFF'FFFF'0FFF}, // outer as inner; 64 KiB aligned
             {0, RaWb},                                  // from Device-nGnRnE
             {std::uint64_t{1} << 59, RaWb},             // from Non-cacheable
             {std::uint64_t{1} << 53 | cacheable, std::uint64_t{1} << 53 | cacheable}, // outer Non-cacheable stays
             {std::uint64_t{2} << 53 | cacheable, cacheable},
             {cacheable | 2 << 10, cacheable | 1 << 10}, // outer shareable becomes inner shareable
             {cacheable | address | 0xF000, cacheable | address},
             {Valid_bit | cacheable | 1 << 10 | address | 0xF, Valid_bit | cacheable | 1 << 10 | address | 0xF},
         })) {
        guest.store64(frame + GITS_CBASER, written);
        EXPECT_VALUE(read, guest.load64(frame + GITS_CBASER)) << std::hex << written;
        EXPECT_OK(machine.set_gits(0, GITS_CBASER, written));
        EXPECT_VALUE(read, machine.gits(0, GITS_CBASER)) << std::hex << written;
    }
}

TEST(ItsRegisters, TablesAndQueueAreReadOnlyWhileEnabled) {
    Machine machine(Bricks{.its = 1});
    auto& guest = machine.puppet();
    Its its(machine, 0);
    its.enable();
    for (const auto offset : {GITS_CBASER, GITS_BASER0, GITS_BASER1}) {
        const auto before = its.read(offset);
        guest.store64(frame + offset, 0);
        EXPECT_VALUE(before, its.read(offset)) << std::hex << offset;
        EXPECT_OK(machine.set_gits(0, offset, 0)) << "from outside it is ignored, too";
        EXPECT_VALUE(before, its.read(offset)) << std::hex << offset;
    }
    its.disable();
    its.write(GITS_BASER1, its.BASER1() & ~Valid_bit);
    EXPECT_VALUE(0, its.read(GITS_BASER1) >> 63);
}

TEST(ItsRegisters, CwriterBeyondTheQueueIsIgnored) {
    Machine machine(Bricks{.its = 1});
    auto& guest = machine.puppet();
    Its its(machine, 0);
    its.write(GITS_CBASER, its.CBASER() & ~std::uint64_t{0xFF}); // 4 KiB
    guest.store64(frame + GITS_CWRITER, 0xFE0);
    EXPECT_VALUE(0xFE0, guest.load64(frame + GITS_CWRITER));
    guest.store64(frame + GITS_CWRITER, 0x1000);
    EXPECT_VALUE(0xFE0, guest.load64(frame + GITS_CWRITER));
    guest.store64(frame + GITS_CWRITER, 0xFFFF'FFFF'FFF0'0FDF); // Retry, RES0: bits 19:5 count
    EXPECT_VALUE(0xFC0, guest.load64(frame + GITS_CWRITER));
    guest.store32(frame + GITS_CWRITER, 0x21); // as Linux does
    EXPECT_VALUE(0x20, guest.load64(frame + GITS_CWRITER));
    guest.store32(frame + GITS_CWRITER + 4, 0xFFFF'FFFF);
    EXPECT_VALUE(0x20, guest.load64(frame + GITS_CWRITER));
}

TEST(ItsRegisters, CreadrIsTheVmmsToRestoreWhileDisabled) {
    Machine machine(Bricks{.its = 1});
    Its its(machine, 0);
    its.write(GITS_CBASER, its.CBASER() & ~std::uint64_t{0xFF}); // 4 KiB
    EXPECT_OK(machine.set_gits(0, GITS_CREADR, 0xFFFF'FFFF'FFF0'0FFF));
    EXPECT_VALUE(0xFE0, its.CREADR()); // no Stalled, no RES0
    EXPECT_ERRNO(EINVAL, machine.set_gits(0, GITS_CREADR, 0x1000));
    EXPECT_VALUE(0xFE0, its.CREADR());
    its.enable();
    EXPECT_ERRNO(EBUSY, machine.set_gits(0, GITS_CREADR, 0));
}

TEST(ItsRegisters, TheQueueIsARing) {
    LpiMachine m;
    m.its.disable();
    m.its.write(GITS_CBASER, m.its.CBASER() & ~std::uint64_t{0xFF}); // 4 KiB
    EXPECT_OK(m.machine.set_gits(0, GITS_CWRITER, 0xFE0));
    EXPECT_OK(m.machine.set_gits(0, GITS_CREADR, 0xFE0));
    m.its.write(GITS_CTLR, GITS_CTLR_Enabled);
    m.machine.set_ram(m.its.queue_base() + 0xFE0, MAPD(0, 1, m.its.ITT(1)));
    m.machine.set_ram(m.its.queue_base(), MAPTI(0, 0, 8192, 0));
    m.its.write(GITS_CWRITER, 0x20);
    EXPECT_VALUE(0x20, m.its.CREADR());
    EXPECT_TRUE(m.delivers(0, 0));
}

TEST(ItsRegisters, AQueueOutsideRamIsSkipped) {
    LpiMachine m;
    m.map_device(0);
    m.its.disable();
    m.its.write(GITS_CBASER, Valid_bit | layout::nowhere | 0xF);
    m.its.write(GITS_CTLR, GITS_CTLR_Enabled);
    m.its.write(GITS_CWRITER, 0x60);
    EXPECT_VALUE(0x60, m.its.CREADR());
    m.its.disable();
    m.its.enable();
    m.its.run({MAPTI(0, 0, 8192, 0)});
    EXPECT_TRUE(m.delivers(0, 0));
}

TEST(ItsRegisters, BaserSanitisesCacheabilityAndPages) {
    pitfalls({46});
    Machine machine(Bricks{.its = 1});
    auto& guest = machine.puppet();
    constexpr std::uint64_t all = ~std::uint64_t{0};
    constexpr std::uint64_t type0 = 0x0107'0000'0000'0200; // type, size of an entry, 64 KiB pages
    constexpr std::uint64_t type1 = 0x0407'0000'0000'0200;
    constexpr std::uint64_t RaWb = std::uint64_t{3} << 59;
    constexpr std::uint64_t cacheable = std::uint64_t{7} << 59;
    constexpr std::uint64_t outer_nC = std::uint64_t{1} << 53;
    struct Row {
        std::uint64_t offset, written, read;
    };
    for (const auto& [offset, written, read] : std::to_array<Row>({
             {GITS_BASER0, all, 0xF907'FFFF'FFFF'FEFF},
             {GITS_BASER1, all, 0xBC07'FFFF'FFFF'FEFF}, // and not Indirect
             {GITS_BASER0, 0, type0 | RaWb},
             {GITS_BASER1, 0, type1 | RaWb},
             {GITS_BASER0, GITS_BASER_Indirect, GITS_BASER_Indirect | type0 | RaWb},
             {GITS_BASER1, GITS_BASER_Indirect, type1 | RaWb},
             {GITS_BASER0, cacheable | 2 << 10, cacheable | 1 << 10 | type0},
             {GITS_BASER0, cacheable | outer_nC, cacheable | outer_nC | type0},
             {GITS_BASER0, cacheable | outer_nC * 3, cacheable | type0},
             {GITS_BASER1, std::uint64_t{1} << 59, type1 | RaWb},
             // What Linux tries: pages of 64 KiB, 16 KiB, 4 KiB; all else must stick.
             {GITS_BASER0, 0xB900'0000'8080'0607, 0xB907'0000'8080'0607},
             {GITS_BASER0, 0xF900'0000'8080'0507, 0xF907'0000'8080'0607},
             {GITS_BASER1, 0xBC00'0000'8080'0400, 0xBC07'0000'8080'0600},
         })) {
        guest.store64(frame + offset, written);
        EXPECT_VALUE(read, guest.load64(frame + offset)) << std::hex << written;
        EXPECT_OK(machine.set_gits(0, offset, written));
        EXPECT_VALUE(read, machine.gits(0, offset)) << std::hex << written;
    }
}

TEST(ItsRegisters, BaserHasHalves) {
    Machine machine(Bricks{.its = 1});
    auto& guest = machine.puppet();
    Its its(machine, 0);
    const auto value = its.BASER0();
    guest.store32(frame + GITS_BASER0, value & 0xFFFF'FFFF);
    guest.store32(frame + GITS_BASER0 + 4, value >> 32);
    const std::uint64_t fixed = 0x0107'0000'0000'0000;
    EXPECT_VALUE(value | fixed, guest.load64(frame + GITS_BASER0));
    EXPECT_VALUE((value | fixed) >> 32, guest.load32(frame + GITS_BASER0 + 4));
}

TEST(ItsRegisters, IidrTakesTheRevisionsThatThereAre) {
    Machine machine(Bricks{.its = 1});
    EXPECT_OK(machine.set_gits(0, GITS_IIDR, 0x4B00'043B));
    EXPECT_OK(machine.set_gits(0, GITS_IIDR, 0xFFFF'0FFF)) << "other fields do not matter";
    for (const std::uint64_t revision : std::to_array<std::uint64_t>({1, 2, 15}))
        EXPECT_ERRNO(EINVAL, machine.set_gits(0, GITS_IIDR, 0x4B00'043B | revision << 12)) << revision;
    EXPECT_VALUE(0x4B00'043B, machine.gits(0, GITS_IIDR));
}

TEST(ItsRegisters, WrongOffsetsFromOutside) {
    Machine machine(Bricks{.its = 1});
    const auto& its = machine.its(0);
    using arm64::attr::GRP_ITS_REGS;
    for (const std::uint64_t offset : std::to_array<std::uint64_t>({0x2, 0x6, 0x84, 0x8C, 0x104, 0xC, 0xFFE2})) {
        EXPECT_ERRNO(EINVAL, machine.gits(0, offset)) << std::hex << offset;
        EXPECT_ERRNO(EINVAL, machine.set_gits(0, offset, 0)) << std::hex << offset;
        EXPECT_FALSE(its.has_attr(GRP_ITS_REGS, offset)) << std::hex << offset;
    }
    for (const std::uint64_t offset :
         std::to_array<std::uint64_t>({0x10, 0x18, 0x98, 0x140, 0xFFC8, 0x1'0000, 0x1'0040, 0x2'0000})) {
        EXPECT_ERRNO(ENXIO, machine.gits(0, offset)) << std::hex << offset;
        EXPECT_ERRNO(ENXIO, machine.set_gits(0, offset, 0)) << std::hex << offset;
        EXPECT_FALSE(its.has_attr(GRP_ITS_REGS, offset)) << std::hex << offset;
    }
    for (const std::uint64_t offset :
         std::to_array<std::uint64_t>({0x0, 0x4, 0x8, 0x80, 0x88, 0x90, 0x100, 0x138, 0xFFD0, 0xFFFC}))
        EXPECT_TRUE(its.has_attr(GRP_ITS_REGS, offset)) << std::hex << offset;
}

} // namespace
} // namespace conformance

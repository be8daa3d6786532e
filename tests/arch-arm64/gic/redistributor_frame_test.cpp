// SPDX-License-Identifier: Apache-2.0
// GICR, by its table and by what its registers do. Source: Arm IHI 0069, 12.10, 12.11.
#include "arch-arm64/gic/redistributor_frame.hpp"

#include "arch-arm64/gic/physical_irq.hpp"
#include "tests/arch-arm64/gic/fixture.hpp"
#include "tests/arch-arm64/gic/rows.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace arm64::gic {
namespace {

constexpr std::uint64_t CTLR = 0x0000, TYPER = 0x0008, PROPBASER = 0x0070, PENDBASER = 0x0078, INVLPIR = 0x00A0,
                        INVALLR = 0x00B0, SYNCR = 0x00C0, IGROUPR0 = 0x1'0080, ISENABLER0 = 0x1'0100,
                        ICENABLER0 = 0x1'0180, ISPENDR0 = 0x1'0200, ICPENDR0 = 0x1'0280, ISACTIVER0 = 0x1'0300,
                        ICACTIVER0 = 0x1'0380, IPRIORITYR = 0x1'0400, ICFGR1 = 0x1'0C04;
constexpr std::uint64_t EnableLPIs = 1, CES_IR = 6, Last = 1 << 4, PTZ = std::uint64_t{1} << 62;
using virt::Width;

/// An ITS that only counts.
struct CountingIts final : Translator {
    bool answers(virt::Gpa) const override { return false; }
    virt::MsiOutcome signal(std::optional<virt::DeviceId>, EventId) override { return virt::MsiOutcome::unmapped; }
    Interrupt* translate(std::optional<virt::DeviceId>, EventId) override { return nullptr; }
    void forget_translations() override { ++forgotten; }
    unsigned forgotten = 0;
};

struct FrameBoard : Board {
    static constexpr virt::Gpa GICR = 0x80A'0000;
    static constexpr virt::Gpa config_table = RAM, pending_table = RAM + 0x1'0000;

    explicit FrameBoard(std::uint32_t vcpus = 1) : Board(vcpus) {
        for (std::uint32_t n = 0; n < vcpus; ++n) {
            frames.push_back(std::make_unique<RedistributorFrame>(gic, gic.redistributor(VcpuIndex{n})));
            frames.back()->place(base(n));
        }
    }
    static virt::Gpa base(std::uint32_t vcpu) { return GICR + vcpu * RedistributorFrame::frame_size; }
    std::uint64_t r(std::uint64_t offset, Width width = Width::b4, std::uint32_t vcpu = 0) {
        std::uint64_t value = 0;
        frames[vcpu]->read(0, base(vcpu) + offset, width, value);
        return value;
    }
    void w(std::uint64_t offset, std::uint64_t value, Width width = Width::b4, std::uint32_t vcpu = 0) {
        frames[vcpu]->write(0, base(vcpu) + offset, width, value);
    }
    /// LPIs can be mapped from now on, tables of each vCPU follow each other.
    void with_its() {
        gic.add(its);
        w(PROPBASER, config_table | 15, Width::b8);
        for (std::uint32_t n = 0; n < gic.vcpus(); ++n)
            w(PENDBASER, pending_table + n * 0x1'0000, Width::b8, n);
    }
    void configure(std::uint32_t lpi, std::uint8_t value) {
        ASSERT_TRUE(memory.write(config_table + lpi - 8192, value));
    }
    Interrupt& map(std::uint32_t lpi, std::uint32_t vcpu = 0) {
        return **gic.lpis().map(Intid{lpi}, &gic.redistributor(VcpuIndex{vcpu}));
    }
    Frame frame() {
        return {.size = RedistributorFrame::frame_size,
                .interrupts = 32,
                .load = [this](std::uint64_t offset, Width width) { return r(offset, width); },
                .store = [this](std::uint64_t offset, Width width, std::uint64_t value) { w(offset, value, width); },
                .read_outside = [this](std::uint64_t offset) { return frames[0]->read_outside(offset); },
                .has = [](std::uint64_t offset) { return RedistributorFrame::has(offset); }};
    }
    std::vector<std::unique_ptr<RedistributorFrame>> frames;
    CountingIts its;
};

TEST(RedistributorFrame, EveryRowResetsAndIsAccessedAsItSays) {
    FrameBoard board;
    board.frames[0]->set_last(true);
    const std::map<std::string_view, std::uint64_t> resets{
        {"GICR_CTLR", CES_IR},       {"GICR_IIDR", 0x4B00'043B},  {"GICR_IGROUPR0", 0xFFFF'FFFF},
        {"GICR_ISENABLER0", 0xFFFF}, {"GICR_ICENABLER0", 0xFFFF},
    };
    expect_rows(RedistributorFrame::rows(), board.frame(), [&](const auto& row, std::uint32_t at) -> std::uint64_t {
        if (row.name == "GICR_PIDR")
            return at == 0x18 ? 0x3B : 0;
        if (at != 0)
            return 0;
        if (row.name == "GICR_TYPER")
            return Last;
        if (row.name == "GICR_PENDBASER")
            return 0x580;
        if (row.name == "GICR_ICFGR")
            return 0xAAAA'AAAA;
        const auto found = resets.find(row.name);
        return found == resets.end() ? 0 : found->second;
    });
}

TEST(RedistributorFrame, WhereNoRowIsNothingIs) {
    FrameBoard board;
    expect_nothing_between(RedistributorFrame::rows(), board.frame());
}

TEST(RedistributorFrame, TyperTellsAffinityIdLastAndLpis) {
    Lines lines;
    const virt::SlotMemory memory;
    Gic gic(lines, memory);
    RedistributorFrame frame(gic, gic.add_vcpu(virt::VcpuId{0x1A3}, 0x0B'1A03));
    gic.init(64);
    std::uint64_t value = 0;
    frame.read(0, TYPER, Width::b8, value);
    EXPECT_EQ(value, std::uint64_t{0x0B'1A03} << 32 | 0x1A3 << 8);
    frame.set_last(true);
    CountingIts its;
    gic.add(its);
    frame.read(0, TYPER, Width::b8, value);
    EXPECT_EQ(value, std::uint64_t{0x0B'1A03} << 32 | 0x1A3 << 8 | Last | 1);
    EXPECT_EQ(frame.read_outside(TYPER + 4), 0x0B'1A03U);
}

TEST(RedistributorFrame, EachVcpuHasItsOwnPrivateInterrupts) {
    FrameBoard board(2);
    board.w(ISENABLER0, 1 << 20, Width::b4, 1);
    board.w(IPRIORITYR + 20, 0x4F, Width::b1, 1);
    board.w(IGROUPR0, 0xFFEF'FFFF, Width::b4, 1);
    EXPECT_EQ(board.r(ISENABLER0), 0xFFFFU);
    EXPECT_EQ(board.r(IGROUPR0), 0xFFFF'FFFFU);
    EXPECT_EQ(board.r(ISENABLER0, Width::b4, 1), 0x10'FFFFU);
    EXPECT_EQ(board.r(IPRIORITYR + 20, Width::b4, 1), 0x48U);
    EXPECT_EQ(board.r(IGROUPR0, Width::b4, 1), 0xFFEF'FFFFU);
}

TEST(RedistributorFrame, SetAndClearRegistersShowOneState) {
    struct Pair {
        std::uint64_t set, clear;
    };
    for (const auto& [set, clear] :
         {Pair{ISENABLER0, ICENABLER0}, Pair{ISPENDR0, ICPENDR0}, Pair{ISACTIVER0, ICACTIVER0}}) {
        FrameBoard board;
        board.w(clear, 0xFFFF'FFFF);
        board.w(set, 0x8000'0013);
        board.w(set, 0);
        EXPECT_EQ(board.r(set), 0x8000'0013U) << set;
        EXPECT_EQ(board.r(clear), 0x8000'0013U) << set;
        board.w(clear, 0x8000'0001);
        EXPECT_EQ(board.r(set), 0x12U) << set;
    }
}

TEST(RedistributorFrame, PpisAreLevelSensitiveForGood) {
    FrameBoard board;
    board.w(ICFGR1, 0xFFFF'FFFF);
    EXPECT_EQ(board.r(ICFGR1), 0U);
    EXPECT_TRUE(board.frames[0]->write_outside(ICFGR1, 0xFFFF'FFFF));
    EXPECT_EQ(board.r(ICFGR1), 0U);
}

TEST(RedistributorFrame, APpiIsTakenThroughItsRegisters) {
    FrameBoard board;
    board.w(ISENABLER0, 1 << 20);
    board.w(IPRIORITYR + 20, 0xF8, Width::b1);
    board.msr(0, ICC_PMR_EL1, 0xF8);
    board.w(ISPENDR0, 1 << 20);
    EXPECT_EQ(board.IAR(), 1023U) << "the lowest priority there is";
    board.w(IPRIORITYR + 20, 0xF0, Width::b1);
    EXPECT_EQ(board.IAR(), 20U);
    EXPECT_EQ(board.r(ISACTIVER0), 1U << 20);
    EXPECT_EQ(board.r(ISPENDR0), 0U);
    board.w(ICACTIVER0, 1 << 20);
    EXPECT_EQ(board.r(ISACTIVER0), 0U);
}

TEST(RedistributorFrame, FromOutsidePendingIsTheLatchAndAssigned) {
    FrameBoard board;
    board.gic.timer_level(VcpuIndex{0}, Intid{20}, CpuSide::Level::high);
    auto& frame = *board.frames[0];
    EXPECT_TRUE(frame.write_outside(ISPENDR0, 0x0020'00F0));
    EXPECT_TRUE(frame.write_outside(ISPENDR0, 0x0020'0010));
    EXPECT_TRUE(frame.write_outside(ICPENDR0, 0xFFFF'FFFF));
    EXPECT_EQ(frame.read_outside(ISPENDR0), 0x0020'0010U);
    EXPECT_EQ(frame.read_outside(ICPENDR0), 0U);
    EXPECT_EQ(board.r(ISPENDR0), 0x0030'0010U);
}

TEST(RedistributorFrame, Revision2HasNeitherCesNorIr) {
    FrameBoard board;
    board.gic.set_revision(2);
    EXPECT_EQ(board.r(CTLR), 0U);
}

TEST(RedistributorFrame, WithoutAnItsLpisCannotBeEnabled) {
    FrameBoard board;
    board.w(CTLR, 0xFFFF'FFFF);
    EXPECT_EQ(board.r(CTLR), CES_IR);
    board.gic.add(board.its);
    board.w(CTLR, 0xFFFF'FFFF);
    EXPECT_EQ(board.r(CTLR), CES_IR | EnableLPIs);
    EXPECT_EQ(board.its.forgotten, 0U);
    board.w(CTLR, 0);
    EXPECT_EQ(board.r(CTLR), CES_IR);
    EXPECT_EQ(board.its.forgotten, 1U) << "a translation may not skip the check of EnableLPIs";
    board.w(CTLR, 0);
    EXPECT_EQ(board.its.forgotten, 1U);
}

TEST(RedistributorFrame, TableRegistersAreFixedWhileLpisAreEnabled) {
    FrameBoard board(2);
    board.with_its();
    const auto propbaser = board.r(PROPBASER, Width::b8);
    const auto pendbaser = board.r(PENDBASER, Width::b8);
    EXPECT_NE(propbaser, 0U);
    board.w(CTLR, EnableLPIs);
    board.w(PROPBASER, 0, Width::b8);
    board.w(PENDBASER, 0, Width::b8);
    EXPECT_TRUE(board.frames[0]->write_outside(PROPBASER, 0));
    EXPECT_EQ(board.r(PROPBASER, Width::b8), propbaser);
    EXPECT_EQ(board.r(PENDBASER, Width::b8), pendbaser);
    board.w(PROPBASER, propbaser - 1, Width::b8, 1);
    EXPECT_EQ(board.r(PROPBASER, Width::b8), propbaser - 1) << "there is one, and vCPU 1 has no LPIs";
}

TEST(RedistributorFrame, TableRegistersCanBeWrittenInHalves) {
    FrameBoard board;
    board.gic.add(board.its);
    for (const auto offset : {PROPBASER, PENDBASER}) {
        board.w(offset, 0x8081'0780);
        board.w(offset + 4, 0x5);
        EXPECT_EQ(board.r(offset, Width::b8), 0x5'8081'0780U);
        board.w(offset, 0x8082'0780);
        EXPECT_EQ(board.r(offset, Width::b8), 0x5'8082'0780U);
        EXPECT_EQ(board.r(offset + 4), 5U);
    }
}

TEST(RedistributorFrame, PtzIsNotReadAndSurvivesTheOtherHalf) {
    FrameBoard board;
    board.with_its();
    board.configure(8192, 0xA1);
    board.map(8192);
    ASSERT_TRUE(board.memory.write(FrameBoard::pending_table + 1024, std::uint8_t{1}));
    board.w(PENDBASER + 4, PTZ >> 32);
    EXPECT_EQ(board.r(PENDBASER + 4), 0U);
    board.w(PENDBASER, FrameBoard::pending_table);
    board.w(CTLR, EnableLPIs);
    EXPECT_FALSE(board.lines.irq(0)) << "the table is zero, whatever is in it";
    board.w(CTLR, 0);
    board.w(PENDBASER + 4, 0);
    board.w(CTLR, EnableLPIs);
    EXPECT_EQ(board.IAR(), 8192U);
}

TEST(RedistributorFrame, InvlpirReloadsAnyLpi) {
    FrameBoard board(2);
    board.with_its();
    board.configure(8192, 0xA0);
    auto& lpi = board.map(8192, 0);
    board.w(CTLR, EnableLPIs, Width::b4, 1);
    Lpis::signal(lpi);
    board.configure(8192, 0xA1);
    for (const std::uint64_t other : {0U, 40U, 8191U, 8193U, 65535U, 0xFFFF'FFFFU})
        board.w(INVLPIR, other, Width::b8, 1);
    board.w(INVLPIR + 4, 8192, Width::b4, 1);
    board.w(INVLPIR, 8192, Width::b8, 0); // whose LPIs are not enabled
    EXPECT_FALSE(board.lines.irq(0));
    board.w(INVLPIR, 8192, Width::b4, 1);
    EXPECT_EQ(board.IAR(), 8192U);
    EXPECT_EQ(board.r(SYNCR), 0U);
}

TEST(RedistributorFrame, InvallrReloadsThoseOfItsVcpu) {
    FrameBoard board(2);
    board.with_its();
    board.configure(8192, 0xA0);
    auto& lpi = board.map(8192, 0);
    Lpis::signal(lpi);
    board.configure(8192, 0xA1);
    board.w(INVALLR, 0);
    EXPECT_FALSE(board.lines.irq(0)) << "LPIs are not enabled there";
    for (const std::uint32_t vcpu : {0U, 1U})
        board.w(CTLR, EnableLPIs, Width::b4, vcpu);
    // Enabling took the latch from the pending table.
    Lpis::signal(lpi);
    board.w(INVALLR, 0, Width::b8, 1);
    board.w(INVALLR + 4, 0);
    EXPECT_FALSE(board.lines.irq(0));
    board.w(INVALLR, 0);
    EXPECT_EQ(board.IAR(), 8192U);
}

/// A host interrupt that the test asserts.
struct Source final : PhysicalIrq {
    bool level() const override { return high; }
    void deactivated() override {
        ++deactivations;
        is_active = false;
        fire();
    }
    void set_active(bool active) override {
        is_active = active;
        fire();
    }
    bool active() const override { return is_active; }
    void fire() {
        if (high && !is_active) {
            is_active = true;
            Gic::sample(*one);
        }
    }
    void set(bool level) {
        high = level;
        fire();
    }
    Interrupt* one = nullptr;
    bool high = false;
    bool is_active = false;
    unsigned deactivations = 0;
};

struct Forwarded : FrameBoard {
    static constexpr std::uint64_t bit = 1U << 27;
    Forwarded() {
        auto& ppi = gic.redistributor(VcpuIndex{0}).private_interrupt(27);
        source.one = &ppi;
        Gic::map(ppi, source);
        w(ISENABLER0, bit);
    }
    ~Forwarded() override { gic.unmap(*source.one); }
    Source source;
};

TEST(RedistributorFrame, AForwardedInterruptIsArmedByItsDeactivation) {
    for (const std::uint64_t mode : {std::uint64_t{0}, Board::EOImode}) {
        Forwarded board;
        board.msr(0, ICC_CTLR_EL1, mode);
        board.source.set(true);
        for (unsigned n = 1; n <= 3; ++n) {
            EXPECT_EQ(board.IAR(), 27U);
            EXPECT_FALSE(board.lines.irq(0));
            board.EOIR(27);
            if (mode != 0) {
                EXPECT_FALSE(board.lines.irq(0));
                board.DIR(27);
            }
            EXPECT_EQ(board.source.deactivations, n);
            EXPECT_TRUE(board.lines.irq(0));
        }
        EXPECT_EQ(board.IAR(), 27U);
        board.source.set(false);
        board.EOIR(27);
        board.DIR(27);
        EXPECT_FALSE(board.lines.irq(0));
        EXPECT_FALSE(board.source.is_active);
    }
}

TEST(RedistributorFrame, PendingOfAForwardedInterruptIsItsSourcesLevel) {
    Forwarded board;
    board.w(ISPENDR0, Forwarded::bit);
    EXPECT_EQ(board.r(ISPENDR0), 0U) << "the line, and no latch";
    EXPECT_TRUE(board.source.is_active) << "so that it does not interfere";
    EXPECT_EQ(board.frames[0]->read_outside(ISPENDR0), Forwarded::bit);
    EXPECT_EQ(board.IAR(), 27U);
    board.EOIR(27);
    EXPECT_FALSE(board.source.is_active);
    board.source.set(true);
    EXPECT_EQ(board.r(ISPENDR0), Forwarded::bit);
    EXPECT_EQ(board.IAR(), 27U);
    EXPECT_EQ(board.r(ISPENDR0), Forwarded::bit) << "while active, too";
}

TEST(RedistributorFrame, ClearPendingTakesTheLatchAndReleasesTheSource) {
    Forwarded board;
    board.w(ISPENDR0, Forwarded::bit);
    EXPECT_TRUE(board.lines.irq(0));
    board.w(ICPENDR0, Forwarded::bit);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_FALSE(board.source.is_active);
    board.source.set(true);
    board.w(ICPENDR0, Forwarded::bit);
    EXPECT_TRUE(board.lines.irq(0)) << "the line stays";
    EXPECT_EQ(board.IAR(), 27U);
    board.w(ICPENDR0, Forwarded::bit);
    EXPECT_TRUE(board.source.is_active) << "as the interrupt is";
}

TEST(RedistributorFrame, ActiveStatesOfBothSidesGoTogether) {
    Forwarded board;
    board.w(ISACTIVER0, Forwarded::bit);
    EXPECT_TRUE(board.source.is_active);
    board.source.set(true);
    EXPECT_FALSE(board.lines.irq(0));
    board.w(ICACTIVER0, Forwarded::bit);
    EXPECT_EQ(board.IAR(), 27U);
    EXPECT_TRUE(board.source.is_active);
}

TEST(RedistributorFrame, FromOutsideActiveStatesOfForwardedOnesAreLeftAlone) {
    Forwarded board;
    auto& frame = *board.frames[0];
    EXPECT_TRUE(frame.write_outside(ISACTIVER0, Forwarded::bit | 1U << 20));
    EXPECT_EQ(frame.read_outside(ISACTIVER0), 1U << 20);
    EXPECT_FALSE(board.source.is_active);
    board.source.set(true);
    EXPECT_EQ(board.IAR(), 27U);
    EXPECT_TRUE(frame.write_outside(ICACTIVER0, Forwarded::bit | 1U << 20));
    EXPECT_EQ(frame.read_outside(ISACTIVER0), Forwarded::bit);
    EXPECT_TRUE(board.source.is_active);
}

TEST(RedistributorFrame, EnablingLooksAtTheLineAgain) {
    Forwarded board;
    board.w(ICENABLER0, Forwarded::bit);
    board.source.set(true);
    EXPECT_FALSE(board.lines.irq(0));
    board.source.set(false);
    board.w(ISENABLER0, Forwarded::bit);
    EXPECT_FALSE(board.lines.irq(0));
    EXPECT_FALSE(board.source.is_active) << "it may fire again";
    board.w(ICENABLER0, Forwarded::bit);
    board.source.set(true);
    board.w(ISENABLER0, Forwarded::bit);
    EXPECT_EQ(board.IAR(), 27U);
}

} // namespace
} // namespace arm64::gic

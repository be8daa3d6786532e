// SPDX-License-Identifier: Apache-2.0
// What connects the parts: SGIs, system registers, who is told of deactivations, forwarded sources.
#include "arch-arm64/gic/gic.hpp"

#include "arch-arm64/gic/level_info.hpp"
#include "tests/arch-arm64/gic/fixture.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace arm64::gic {
namespace {

constexpr auto edge = Trigger::edge, level = Trigger::level;
constexpr std::uint64_t IRM = std::uint64_t{1} << 40;
using Vcpus = std::vector<std::uint32_t>;

constexpr std::uint64_t sgi(std::uint64_t intid, std::uint64_t targets) { return intid << 24 | targets; }

/// Who has that interrupt to take; takes it.
Vcpus takers(Board& board, std::uint32_t intid) {
    Vcpus vcpus;
    for (std::uint32_t n = 0; n < board.gic.vcpus(); ++n)
        if (board.IAR(n) == intid) {
            board.EOIR(intid, n);
            vcpus.push_back(n);
        }
    return vcpus;
}

TEST(Gic, AnSgiGoesToItsList) {
    Board board(4);
    board.msr(0, ICC_SGI1R_EL1, sgi(7, 0b1010));
    EXPECT_EQ(takers(board, 7), (Vcpus{1, 3}));
    board.msr(2, ICC_SGI1R_EL1, sgi(15, 0b0100));
    EXPECT_EQ(takers(board, 15), (Vcpus{2})) << "to oneself";
    board.msr(0, ICC_SGI1R_EL1, sgi(0, 0xFFF0));
    EXPECT_EQ(takers(board, 0), Vcpus{});
}

TEST(Gic, AnSgiOfAnotherClusterGoesToNobody) {
    Board board(2);
    for (const unsigned shift : {16U, 32U, 48U}) // Aff1, Aff2, Aff3
        board.msr(0, ICC_SGI1R_EL1, sgi(7, 0b11) | std::uint64_t{1} << shift);
    EXPECT_EQ(takers(board, 7), Vcpus{});
    board.msr(0, ICC_SGI1R_EL1, sgi(7, 0b11) | std::uint64_t{1} << 44);
    EXPECT_EQ(takers(board, 7), (Vcpus{0, 1})) << "there is no range selector";
}

TEST(Gic, ABroadcastSgiGoesToAllOthers) {
    Board board(4);
    board.msr(2, ICC_SGI1R_EL1, sgi(9, 0b0100) | IRM);
    EXPECT_EQ(takers(board, 9), (Vcpus{0, 1, 3}));
}

TEST(Gic, OnlySgi1rRaisesSgisOfGroup1) {
    Board board(2);
    for (const auto id : {ICC_SGI0R_EL1, ICC_ASGI1R_EL1})
        board.msr(0, id, sgi(3, 0b11));
    EXPECT_EQ(takers(board, 3), Vcpus{});
    for (const auto id : {ICC_SGI0R_EL1, ICC_ASGI1R_EL1, ICC_SGI1R_EL1}) {
        auto& one = board.gic.redistributor(VcpuIndex{1}).private_interrupt(3);
        Redistributor::update(one, [](Interrupt& found) { found.group = Group::group0; });
        board.msr(1, ICC_IGRPEN0_EL1, 1);
        board.msr(0, id, sgi(3, 0b10));
        EXPECT_TRUE(board.lines.fiq(1));
        EXPECT_EQ(board.mrs(1, ICC_IAR0_EL1), 3U);
        board.msr(1, ICC_EOIR0_EL1, 3);
    }
}

TEST(Gic, AnSgiThatItsGroupForbidsQueuesNothing) {
    Board board;
    board.gic.set_forwarding(false);
    board.msr(0, ICC_SGI1R_EL1, sgi(3, 1));
    board.gic.set_forwarding(true);
    board.msr(0, ICC_SGI0R_EL1, sgi(3, 1));
    EXPECT_EQ(board.IAR(), 1023U);
    board.msr(0, ICC_SGI1R_EL1, sgi(3, 1));
    EXPECT_EQ(board.IAR(), 3U);
}

TEST(Gic, EoiOfASpuriousIntidIsNothing) {
    Board board;
    board.enable(40);
    board.raise(40);
    EXPECT_EQ(board.IAR(), 40U);
    for (const std::uint32_t intid : {1020U, 1021U, 1022U, 1023U})
        board.EOIR(intid);
    EXPECT_EQ(board.mrs(0, ICC_RPR_EL1), 0x80U);
    board.EOIR(40);
    EXPECT_EQ(board.mrs(0, ICC_RPR_EL1), 0xFFU);
    EXPECT_EQ(board.IAR(), 1023U);
}

TEST(Gic, AnyIntidCanBeEnded) {
    Board board;
    board.msr(0, ICC_CTLR_EL1, Board::EOImode);
    for (const std::uint64_t intid : {0ULL, 31ULL, 127ULL, 128ULL, 1019ULL, 4096ULL, 8192ULL, 65535ULL, 65536ULL,
                                      0xFF'FFFFULL, 0xFFFF'FFFFULL, ~0ULL}) {
        board.EOIR(intid);
        board.DIR(intid);
    }
    EXPECT_FALSE(board.undefined);
    EXPECT_EQ(board.mrs(0, ICC_RPR_EL1), 0xFFU);
}

TEST(Gic, TheWrongDirectionIsUndefined) {
    Board board;
    for (const auto id : {ICC_EOIR0_EL1, ICC_EOIR1_EL1, ICC_DIR_EL1, ICC_SGI0R_EL1, ICC_SGI1R_EL1, ICC_ASGI1R_EL1,
                          sysreg(3, 0, 1, 0, 0)})
        EXPECT_FALSE(board.gic.read_sysreg(VcpuIndex{0}, id)) << id.value;
    for (const auto id : {ICC_IAR0_EL1, ICC_IAR1_EL1, ICC_HPPIR0_EL1, ICC_HPPIR1_EL1, ICC_RPR_EL1})
        EXPECT_FALSE(board.gic.write_sysreg(VcpuIndex{0}, id, 0)) << id.value;
}

TEST(Gic, SavesWhatHasStateAndNothingElse) {
    Board board;
    const VcpuIndex vcpu{0};
    for (const auto id : {ICC_PMR_EL1, ICC_BPR0_EL1, ICC_BPR1_EL1, ICC_CTLR_EL1, ICC_SRE_EL1, ICC_IGRPEN0_EL1,
                          ICC_IGRPEN1_EL1, ICC_AP0R0_EL1, ICC_AP1R0_EL1}) {
        EXPECT_TRUE(Gic::saves_sysreg(id)) << id.value;
        const auto value = board.gic.save_sysreg(vcpu, id);
        ASSERT_TRUE(value) << id.value;
        EXPECT_TRUE(board.gic.restore_sysreg(vcpu, id, *value)) << id.value;
    }
    for (const auto id : {ICC_IAR1_EL1, ICC_EOIR1_EL1, ICC_RPR_EL1, ICC_DIR_EL1, ICC_SGI1R_EL1})
        EXPECT_FALSE(Gic::saves_sysreg(id)) << id.value;
    for (unsigned n = 1; n < 4; ++n) {
        const SysregId id{static_cast<std::uint16_t>(ICC_AP1R0_EL1.value + n)};
        EXPECT_TRUE(Gic::saves_sysreg(id));
        EXPECT_FALSE(board.gic.save_sysreg(vcpu, id)) << "of 5 bits there is one";
        EXPECT_FALSE(board.gic.restore_sysreg(vcpu, id, 0));
    }
    EXPECT_FALSE(board.gic.restore_sysreg(vcpu, ICC_SRE_EL1, 6));
    EXPECT_TRUE(board.gic.write_sysreg(vcpu, ICC_SRE_EL1, 0)) << "the guest's is ignored";
    EXPECT_EQ(board.mrs(0, ICC_SRE_EL1), 7U);
}

TEST(Gic, FindsWhatThereIs) {
    Board board(2);
    EXPECT_EQ(board.gic.find(VcpuIndex{1}, Intid{31}), &board.gic.redistributor(VcpuIndex{1}).private_interrupt(31));
    EXPECT_EQ(board.gic.find(VcpuIndex{1}, Intid{32}), board.gic.find(VcpuIndex{0}, Intid{32}));
    EXPECT_NE(board.gic.find(VcpuIndex{0}, Intid{127}), nullptr);
    for (const std::uint32_t intid : {128U, 1019U, 1023U, 8191U, 8192U, 65535U, 65536U, 0xFFFF'FFFFU})
        EXPECT_EQ(board.gic.find(VcpuIndex{0}, Intid{intid}), nullptr) << intid;
    EXPECT_EQ(board.gic.by_affinity(2), nullptr);
    EXPECT_EQ(board.gic.by_id(virt::VcpuId{1}), &board.gic.redistributor(VcpuIndex{1}));
}

TEST(Gic, InputsThatAreNotThereAreIgnored) {
    Board board;
    for (const std::uint32_t pin : {96U, 987U, 0xFFFF'FFFFU, 0xFFFF'FFE0U}) {
        board.gic.raise(virt::Pin{pin});
        board.gic.lower(virt::Pin{pin});
    }
    EXPECT_EQ(board.IAR(), 1023U);
}

TEST(Gic, WithoutAnItsThereAreNoMessages) {
    Board board;
    EXPECT_FALSE(board.gic.has_its());
    EXPECT_EQ(board.gic.signal({.address = 0x808'0040, .data = 0}), virt::MsiOutcome::no_msis);
}

TEST(Gic, TimersAndPmusDrivePpis) {
    Board board(2);
    auto& one = board.gic.redistributor(VcpuIndex{1}).private_interrupt(23);
    Redistributor::update(one, [](Interrupt& found) { found.enabled = true; });
    board.gic.timer_level(VcpuIndex{1}, Intid{23}, CpuSide::Level::high);
    EXPECT_EQ(board.IAR(0), 1023U);
    EXPECT_EQ(board.IAR(1), 23U);
    board.gic.timer_level(VcpuIndex{1}, Intid{23}, CpuSide::Level::low);
    board.EOIR(23, 1);
    EXPECT_FALSE(board.lines.irq(1));
}

struct Listener final : virt::DeactivationListener {
    void deactivated(virt::Pin pin) override {
        pins.push_back(pin.value);
        if (then)
            then();
    }
    std::vector<std::uint32_t> pins;
    std::function<void()> then;
};

TEST(Gic, TellsOfTheDeactivationOfLevelSpis) {
    Board board;
    Listener listener;
    board.gic.set_listener(listener);
    board.enable(40, level);
    board.enable(41, edge);
    for (const std::uint32_t spi : {40U, 41U}) {
        board.raise(spi);
        EXPECT_EQ(board.IAR(), spi);
        board.lower(spi);
        EXPECT_EQ(listener.pins, Vcpus{});
        if (spi == 40) {
            board.EOIR(spi);
            EXPECT_EQ(listener.pins, Vcpus{8});
            listener.pins.clear();
        }
    }
    board.EOIR(41);
    EXPECT_EQ(listener.pins, Vcpus{}) << "an edge has no line to lower";
    board.EOIR(40);
    EXPECT_EQ(listener.pins, Vcpus{}) << "it was not active";
}

TEST(Gic, InEOImode1DirTellsAndEoirDoesNot) {
    Board board;
    Listener listener;
    board.gic.set_listener(listener);
    board.msr(0, ICC_CTLR_EL1, Board::EOImode);
    board.enable(40, level);
    board.raise(40);
    EXPECT_EQ(board.IAR(), 40U);
    board.EOIR(40);
    EXPECT_EQ(listener.pins, Vcpus{});
    board.DIR(40);
    EXPECT_EQ(listener.pins, Vcpus{8});
    board.DIR(40);
    EXPECT_EQ(listener.pins, Vcpus{8});
}

TEST(Gic, TheListenerMayRaiseAndLower) {
    Board board;
    Listener listener;
    listener.then = [&] {
        board.lower(40);
        board.raise(40);
    };
    board.gic.set_listener(listener);
    board.enable(40, level);
    board.raise(40);
    EXPECT_EQ(board.IAR(), 40U);
    board.EOIR(40);
    EXPECT_EQ(board.IAR(), 40U);
}

TEST(Gic, LineLevelsAreThoseOfLevelInterrupts) {
    Board board(2);
    board.enable(40, level);
    board.enable(41, edge);
    board.raise(40);
    board.raise(41);
    EXPECT_EQ(line_levels(board.gic, VcpuIndex{0}, Intid{32}), 1U << 8);
    set_line_levels(board.gic, VcpuIndex{0}, Intid{32}, 1U << 9 | 1U << 10);
    EXPECT_EQ(line_levels(board.gic, VcpuIndex{0}, Intid{32}), 0U) << "41 and 42 are edges";
    Redistributor::update(board.enable(42), [](Interrupt& one) { one.trigger = level; });
    EXPECT_EQ(line_levels(board.gic, VcpuIndex{0}, Intid{32}), 1U << 10);
    for (const std::uint32_t beyond : {128U, 992U, 1024U, 8192U}) {
        set_line_levels(board.gic, VcpuIndex{0}, Intid{beyond}, 0xFFFF'FFFF);
        EXPECT_EQ(line_levels(board.gic, VcpuIndex{0}, Intid{beyond}), 0U) << beyond;
    }
    set_line_levels(board.gic, VcpuIndex{1}, Intid{0}, 0xFFFF'FFFF);
    EXPECT_EQ(line_levels(board.gic, VcpuIndex{1}, Intid{0}), 0xFFFF'0000U) << "SGIs have none";
    EXPECT_EQ(line_levels(board.gic, VcpuIndex{0}, Intid{0}), 0U);
    EXPECT_EQ(board.IAR(1), 1023U);
}

TEST(Gic, ALineThatIsSetIsDelivered) {
    Board board;
    board.enable(127, level);
    set_line_levels(board.gic, VcpuIndex{0}, Intid{96}, 1U << 31);
    EXPECT_EQ(board.IAR(), 127U);
    set_line_levels(board.gic, VcpuIndex{0}, Intid{96}, 0);
    board.EOIR(127);
    EXPECT_FALSE(board.lines.irq(0));
}

} // namespace
} // namespace arm64::gic

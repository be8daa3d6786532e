// SPDX-License-Identifier: Apache-2.0
// Maintenance that one CPU asks of another, or the VM of all: once it is said to be done, nothing old is used.
#include "tests/arch-arm64/cpu/mmu_bench.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace arm64::cpu::test {
namespace {

constexpr std::uint64_t VA = 0x10'0000'0000, poison = ~std::uint64_t{0};
constexpr unsigned rounds = 200;

/// What a thread changes while CPUs look.
void put(Board& board, virt::Gpa address, std::uint64_t value) {
    __atomic_store_n(reinterpret_cast<std::uint64_t*>(board.at(address)), value, __ATOMIC_RELEASE);
}

/// Until the other CPU runs, without which there would be nothing to see.
void wait_for_more_than(Board& board, virt::Gpa address, std::uint64_t value) {
    while (__atomic_load_n(reinterpret_cast<std::uint64_t*>(board.at(address)), __ATOMIC_ACQUIRE) <= value)
        std::this_thread::yield();
}

/// A second CPU, like the bench's, on a thread of its own. It stops when its code comes to an SVC.
class Other {
public:
    Other(MmuBench& bench, Surroundings& board) : cpu_(baseline(), board, bench.cluster) {
        static_cast<State&>(cpu_) = bench.cpu;
        cpu_.registers_changed();
    }
    void start(unsigned el, std::uint64_t pc) {
        ASSERT_TRUE(cpu_.set_PSTATE(SPSR::DAIF | (el == 0 ? SPSR::EL0t : SPSR::EL1h)));
        cpu_.pc = pc;
        thread_ = std::jthread([this] {
            while (!std::holds_alternative<stop::Call>(cpu_.run()))
                ;
            ended_.store(true);
        });
    }
    [[nodiscard]] bool ended() const { return ended_.load(); }
    /// After `ended`.
    [[nodiscard]] std::uint64_t ESR() {
        thread_.join();
        return cpu_.system.ESR_EL1;
    }
    [[nodiscard]] std::uint64_t x(unsigned n) const { return cpu_.x.at(n); }
    [[nodiscard]] std::uint64_t& x(unsigned n) { return cpu_.x.at(n); }

private:
    Cpu cpu_;
    std::atomic<bool> ended_ = false;
    std::jthread thread_;
};

// until_poisoned: LDR X1, [X0]; STR X1, [X5]; CMN X1, #1; B.NE until_poisoned; SVC
constexpr std::array until_poisoned{ldr, 0xF900'00A1U, 0xB100'043FU, 0x5400'0001U | (0x7FFFDU << 5), svc};
constexpr std::uint64_t seen_va = VA + 0x7000;
constexpr virt::Gpa seen_at = MmuBench::ram + 0x7000;
constexpr virt::Gpa loop_at = Bench::code + 0x4000;

class Shared : public testing::TestWithParam<std::uint32_t> {};

TEST_P(Shared, AfterTlbiAndDsbNoCpuUsesTheOldPage) {
    MmuBench bench;
    Board other_board(bench.board);
    bench.board.put_code(loop_at, until_poisoned);
    constexpr auto tlbi_at = Bench::code + 0x5000;
    bench.board.put_code(tlbi_at, std::array{GetParam(), dsb, isb, svc});
    bench.map(VA, MmuBench::ram, nG);
    bench.map(seen_va, seen_at, 0);
    Other other(bench, other_board);
    other.x(0) = VA;
    other.x(5) = seen_va;
    put(bench.board, MmuBench::ram, 1);
    other.start(1, loop_at);
    wait_for_more_than(bench.board, seen_at, 0);
    const auto entry = [&] {
        std::uint64_t address = 0;
        for (const auto& [at, value] : bench.lower.entries())
            if (value == bench.lower.entry(VA, 3))
                address = at;
        return address;
    }();
    std::uint64_t old = MmuBench::ram;
    for (unsigned round = 1; round < rounds && !other.ended(); ++round) {
        const auto next = MmuBench::ram + (round % 4) * 0x1000;
        put(bench.board, next, round + 1);
        put(bench.board, entry, next | AF | nG | 0b11);
        bench.x(0) = tlbi_operand(VA);
        ASSERT_TRUE(bench.resume(1, tlbi_at));
        put(bench.board, old, poison);
        old = next;
    }
    wait_for_more_than(bench.board, seen_at, 1);
    EXPECT_FALSE(other.ended()) << "it saw a page that was taken from it";
    put(bench.board, old, poison);
    EXPECT_EQ(other.ESR() >> 26, 0x15U);
}

INSTANTIATE_TEST_SUITE_P(Tlbi, Shared,
                         testing::Values(TLBI_VMALLE1IS, TLBI_VAE1IS, TLBI_ASIDE1IS, TLBI_VAAE1IS, TLBI_VALE1IS,
                                         TLBI_VAALE1IS));

TEST(TlbThread, AfterIcAndDsbNoCpuThatSynchronizesExecutesTheOldCode) {
    for (const auto form : {IC_IVAU, IC_IALLUIS}) {
        MmuBench bench;
        Board other_board(bench.board);
        constexpr auto function_at = MmuBench::ram, published_at = MmuBench::ram + 0x1000;
        bench.map(VA, function_at, user | read_only);
        bench.map(VA + 0x1000, published_at, 0);
        const auto function = [](std::uint64_t n) { // MOV W1, #n; RET
            return std::uint64_t{ret} << 32 | (0x5280'0001 | n << 5);
        };
        put(bench.board, function_at, function(1));
        put(bench.board, published_at, 1);
        // loop: LDR X4, [X3]; ISB; BLR X0; STR X1, [X5]; CMP X1, X4; B.HS loop; SVC
        bench.board.put_code(loop_at, std::array{0xF940'0064U, isb, 0xD63F'0000U, 0xF900'00A1U, 0xEB04'003FU,
                                                 0x5400'0002U | (0x7FFFBU << 5), svc});
        bench.map(seen_va, seen_at, 0);
        constexpr auto ic_at = Bench::code + 0x5000;
        bench.board.put_code(ic_at, std::array{form, dsb, isb, svc});
        Other other(bench, other_board);
        other.x(0) = VA;
        other.x(3) = VA + 0x1000;
        other.x(5) = seen_va;
        other.start(1, loop_at);
        wait_for_more_than(bench.board, seen_at, 0);
        for (unsigned round = 2; round < rounds && !other.ended(); ++round) {
            put(bench.board, function_at, function(round));
            bench.x(0) = VA;
            ASSERT_TRUE(bench.resume(1, ic_at));
            put(bench.board, published_at, round);
        }
        wait_for_more_than(bench.board, seen_at, 1);
        EXPECT_FALSE(other.ended()) << "it executed code older than what was published";
        put(bench.board, published_at, 0xFFFF'FFFF);
        EXPECT_EQ(other.ESR() >> 26, 0x15U);
    }
}

/// One page of its memory is now here, now there.
class Moving final : public Surroundings {
public:
    explicit Moving(Board& board) : board_(board) {}
    [[nodiscard]] std::optional<MemoryPage> memory(virt::Gpa page) override {
        if (page == MmuBench::ram)
            return MemoryPage{host.load(), virt::SlotKind::ram, false};
        return board_.memory(page);
    }
    void mark_dirty(virt::Gpa) override {}
    [[nodiscard]] bool read(virt::Gpa, virt::Width, std::uint64_t&) override { return false; }
    [[nodiscard]] bool write(virt::Gpa, virt::Width, std::uint64_t) override { return false; }
    [[nodiscard]] std::optional<std::uint64_t> read_sysreg(SysregId) override { return std::nullopt; }
    [[nodiscard]] bool write_sysreg(SysregId, std::uint64_t) override { return false; }
    void set_pmu_interrupt(CpuSide::Level) override {}

    std::atomic<std::byte*> host = nullptr;

private:
    Board& board_;
};

TEST(TlbThread, AfterMemoryHasChangedNoCpuUsesTheOld) {
    MmuBench bench;
    bench.board.put_code(loop_at, until_poisoned);
    bench.map(VA, MmuBench::ram, user);
    struct alignas(4096) Page {
        std::array<std::uint64_t, 512> words{};
    };
    std::vector<Page> pages(3);
    Moving moving(bench.board);
    const auto word = [&](unsigned n) { return pages.at(n % 3).words.data(); };
    moving.host = reinterpret_cast<std::byte*>(word(0));
    *word(0) = 1;
    bench.map(seen_va, seen_at, 0);
    Other other(bench, moving);
    other.x(0) = VA;
    other.x(5) = seen_va;
    other.start(1, loop_at);
    wait_for_more_than(bench.board, seen_at, 0);
    for (unsigned round = 1; round < rounds && !other.ended(); ++round) {
        __atomic_store_n(word(round), round + 1, __ATOMIC_RELAXED);
        moving.host = reinterpret_cast<std::byte*>(word(round));
        bench.cluster.forget_memory();
        __atomic_store_n(word(round - 1), poison, __ATOMIC_RELAXED);
    }
    wait_for_more_than(bench.board, seen_at, 1);
    EXPECT_FALSE(other.ended()) << "it saw memory that was taken away";
    __atomic_store_n(word(rounds - 1), poison, __ATOMIC_RELAXED);
    EXPECT_EQ(other.ESR() >> 26, 0x15U);
}

TEST(TlbThread, CpusThatAskEachOtherAtOnceAllGoOn) {
    MmuBench bench;
    Board other_board(bench.board);
    bench.map(VA, MmuBench::ram, nG);
    // loop: LDR X1, [X0]; TLBI; DSB; SUBS X2, X2, #1; B.NE loop; SVC
    bench.board.put_code(loop_at, std::array{ldr, TLBI_VAE1IS, dsb, 0xF100'0442U, 0x5400'0001U | (0x7FFFCU << 5), svc});
    Other other(bench, other_board);
    other.x(0) = bench.x(0) = VA;
    other.x(2) = bench.x(2) = 200;
    other.start(1, loop_at);
    EXPECT_TRUE(bench.resume(1, loop_at));
    EXPECT_EQ(other.ESR() >> 26, 0x15U);
    EXPECT_EQ(other.x(2), 0U);
}

} // namespace
} // namespace arm64::cpu::test

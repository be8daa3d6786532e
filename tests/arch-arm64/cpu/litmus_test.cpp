// SPDX-License-Identifier: Apache-2.0
// Several CPUs and one memory: outcomes that the memory model forbids do not happen, and atomic instructions lose
// nothing. Source: Arm DDI 0487, B2.3. The names are those of the literature on litmus tests.
//
// Each CPU runs its thread's instructions on cells 0, 1, 2, ... of an array. Before each cell it waits for the others,
// but not for long: where they are not executed at once, as on a busy host, less is found, but it takes no longer.
// x, y and z of a cell are in different cache lines.
#include "tests/arch-arm64/cpu/mapped_bench.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace arm64::cpu {
namespace {

using test::Bench;
using test::Board;
using test::MappedBench;

using Code = std::vector<std::uint32_t>;
using Reg = std::uint32_t;

// Registers of a thread: addresses of the cell's x, y and z, what is observed, and what else the loop needs.
constexpr Reg x = 20, y = 21, z = 22, r0 = 10, r1 = 11, results = 23, barrier = 25, left = 27, one = 12, two = 13,
              arrivals = 14, polls = 15, yields = 16;

constexpr std::uint32_t ldr(Reg t, Reg n) { return 0xF940'0000 | n << 5 | t; }
constexpr std::uint32_t str(Reg t, Reg n) { return 0xF900'0000 | n << 5 | t; }
constexpr std::uint32_t ldar(Reg t, Reg n) { return 0xC8DF'FC00 | n << 5 | t; }
constexpr std::uint32_t stlr(Reg t, Reg n) { return 0xC89F'FC00 | n << 5 | t; }
constexpr std::uint32_t ldr_register(Reg t, Reg n, Reg m) { return 0xF860'6800 | m << 16 | n << 5 | t; }
constexpr std::uint32_t ldxr(Reg t, Reg n) { return 0xC85F'7C00 | n << 5 | t; }
constexpr std::uint32_t ldaxr(Reg t, Reg n) { return 0xC85F'FC00 | n << 5 | t; }
constexpr std::uint32_t stxr(Reg s, Reg t, Reg n) { return 0xC800'7C00 | s << 16 | n << 5 | t; }
constexpr std::uint32_t stlxr(Reg s, Reg t, Reg n) { return 0xC800'FC00 | s << 16 | n << 5 | t; }
constexpr std::uint32_t ldxp(Reg t, Reg u, Reg n) { return 0xC87F'0000 | u << 10 | n << 5 | t; }
constexpr std::uint32_t stxp(Reg s, Reg t, Reg u, Reg n) { return 0xC820'0000 | s << 16 | u << 10 | n << 5 | t; }
constexpr std::uint32_t A = 1U << 23, L = 1U << 22, W = 1U << 30; // of atomics; W: 32 bits, by XOR
constexpr std::uint32_t ldadd(Reg s, Reg t, Reg n, std::uint32_t order = 0) {
    return 0xF820'0000 | order | s << 16 | n << 5 | t;
}
constexpr std::uint32_t swp(Reg s, Reg t, Reg n, std::uint32_t order = 0) {
    return 0xF820'8000 | order | s << 16 | n << 5 | t;
}
constexpr std::uint32_t cas(Reg s, Reg t, Reg n) { return 0xC8A0'7C00 | s << 16 | n << 5 | t; }
constexpr std::uint32_t casp(Reg s, Reg t, Reg n) { return 0x4820'7C00 | s << 16 | n << 5 | t; }
constexpr std::uint32_t eor(Reg d, Reg n, Reg m) { return 0xCA00'0000 | m << 16 | n << 5 | d; }
constexpr std::uint32_t mov(Reg d, Reg m) { return 0xAA00'03E0 | m << 16 | d; }
constexpr std::uint32_t add(Reg d, Reg n, std::uint32_t imm) { return 0x9100'0000 | imm << 10 | n << 5 | d; }
constexpr std::uint32_t subs(Reg d, Reg n, std::uint32_t imm) { return 0xF100'0000 | imm << 10 | n << 5 | d; }
constexpr std::uint32_t subs_register(Reg d, Reg n, Reg m) { return 0xEB00'0000 | m << 16 | n << 5 | d; }
constexpr std::uint32_t movz(Reg d, std::uint32_t imm) { return 0xD280'0000 | imm << 5 | d; }
constexpr std::uint32_t b(int words) { return 0x1400'0000 | (static_cast<std::uint32_t>(words) & 0x3FF'FFFF); }
constexpr std::uint32_t imm19(int words) { return (static_cast<std::uint32_t>(words) & 0x7'FFFF) << 5; }
constexpr std::uint32_t cbz(Reg t, int words) { return 0xB400'0000 | imm19(words) | t; }
constexpr std::uint32_t cbnz(Reg t, int words) { return 0xB500'0000 | imm19(words) | t; }
constexpr std::uint32_t bne(int words) { return 0x5400'0001 | imm19(words); }
constexpr std::uint32_t yield = 0xD503'203F, isb = 0xD503'3FDF;
constexpr std::uint32_t dmb_ish = 0xD503'3BBF, dmb_ishld = 0xD503'39BF, dmb_ishst = 0xD503'3ABF;
constexpr std::uint32_t stp_results = 0xA881'0000 | r1 << 10 | results << 5 | r0; // stp r0, r1, [results], #16
constexpr Reg xzr = 31;

constexpr unsigned cells = 1024, cell_bytes = 256;
constexpr virt::Gpa cell_array = Bench::data, result_array = Board::base + 0x9'0000, barrier_word = Bench::stack - 64;
static_assert(cell_array + cells * cell_bytes <= Board::base + 0x8'0000, "the translation tables are there");

/// Some CPUs, a host thread each.
class Machine {
public:
    explicit Machine(std::size_t count) {
        for (std::size_t i = 1; i < count; ++i) {
            boards_.push_back(std::make_unique<Board>(bench_.board));
            others_.push_back(std::make_unique<Cpu>(baseline(), *boards_.back(), bench_.cluster));
            others_.back()->system.CPACR_EL1 = 3U << 20;
            others_.back()->system.VBAR_EL1 = Bench::vectors;
            MappedBench::map(*others_.back());
        }
    }

    /// Runs one program on each CPU, after `prepare`, to their ends. False: they did not come to an end.
    [[nodiscard]] bool run(const std::vector<Code>& programs, const std::function<void(Cpu&, std::size_t)>& prepare) {
        std::mutex mutex;
        std::condition_variable finished;
        std::size_t running = programs.size();
        bool as_expected = true;
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < programs.size(); ++i) {
            const virt::Gpa code = Bench::code + i * 0x1000;
            bench_.board.put_code(code, programs[i]);
            cpu(i).post({.kind = Maintenance::Kind::code_all});
            cpu(i).pc = code;
            prepare(cpu(i), i);
        }
        for (std::size_t i = 0; i < programs.size(); ++i)
            threads.emplace_back([&, i] {
                const Stop stop = cpu(i).run();
                const auto* const call = std::get_if<stop::Call>(&stop);
                const std::scoped_lock lock(mutex);
                as_expected = as_expected && call != nullptr && call->imm == Bench::finished;
                --running;
                finished.notify_all();
            });
        std::unique_lock lock(mutex);
        if (!finished.wait_for(lock, std::chrono::seconds(100), [&] { return running == 0; })) // a hang, not slowness
            for (std::size_t i = 0; i < programs.size(); ++i)
                cpu(i).raise(Cpu::request_kick);
        finished.wait(lock, [&] { return running == 0; });
        return as_expected;
    }

    [[nodiscard]] Board& board() { return bench_.board; }

private:
    [[nodiscard]] Cpu& cpu(std::size_t i) { return i == 0 ? bench_.cpu : *others_[i - 1]; }

    MappedBench bench_;
    std::vector<std::unique_ptr<Board>> boards_;
    std::vector<std::unique_ptr<Cpu>> others_;
};

/// Waits until all CPUs have come here as often as this one, as long as `yields` lasts.
void append_barrier(Code& code, std::size_t cpus) {
    constexpr std::uint32_t bge = 0x5400'000A;
    code.insert(code.end(), {
                                ldadd(one, 0, barrier, A | L),
                                add(arrivals, arrivals, static_cast<std::uint32_t>(cpus)),
                                movz(polls, 500),
                                ldar(0, barrier), // here again
                                subs_register(xzr, 0, arrivals),
                                bge | imm19(8),
                                subs(polls, polls, 1),
                                bne(-4),
                                cbz(yields, 5),
                                subs(yields, yields, 1),
                                movz(polls, 1),
                                yield,
                                b(-9),
                            });
}

// ---- Outcomes

struct Litmus {
    const char* name;
    std::vector<Code> threads;
    /// What is observed at the end: r0 and r1 of threads, in that order and of those that load; or x and y.
    enum class Observed : std::uint8_t { registers, memory } observed;
    std::vector<std::pair<unsigned, Reg>> registers; ///< thread and register
    /// Each observation is one of these two values, and every combination is allowed but one, if any.
    std::vector<std::uint64_t> values;
    std::vector<std::uint64_t> forbidden;
};

void PrintTo(const Litmus& litmus, std::ostream* stream) { *stream << litmus.name; }

using Outcome = std::vector<std::uint64_t>;

std::set<Outcome> allowed_outcomes(const Litmus& litmus) {
    const std::size_t count = litmus.observed == Litmus::Observed::memory ? 2 : litmus.registers.size();
    std::set<Outcome> outcomes;
    for (unsigned choice = 0; choice < 1U << count; ++choice) {
        Outcome outcome;
        for (std::size_t i = 0; i < count; ++i)
            outcome.push_back(litmus.values.at(choice >> i & 1));
        if (outcome != litmus.forbidden)
            outcomes.insert(outcome);
    }
    return outcomes;
}

class Outcomes : public testing::TestWithParam<Litmus> {};

TEST_P(Outcomes, AreAllowedByTheMemoryModel) {
    const Litmus& litmus = GetParam();
#ifdef ITSY_EMULATED_HOST
    if (std::string_view(litmus.name) == "SB_rcsc")
        GTEST_SKIP()
            << "QEMU's user mode lets a load-acquire pass the store-release before it, and that is our host here";
#endif
    const auto allowed = allowed_outcomes(litmus);
    const std::size_t cpus = litmus.threads.size();
    std::vector<Code> programs;
    for (const Code& thread : litmus.threads) {
        Code code;
        append_barrier(code, cpus);
        code.insert(code.end(), thread.begin(), thread.end());
        code.push_back(stp_results);
        for (const Reg cell : {x, y, z})
            code.push_back(add(cell, cell, cell_bytes));
        code.push_back(subs(left, left, 1));
        code.push_back(bne(-static_cast<int>(code.size())));
        code.push_back(Bench::hvc(Bench::finished));
        programs.push_back(code);
    }
    Machine machine(cpus);
    Board& board = machine.board();
    std::map<Outcome, unsigned> seen;
    for (int round = 0; round < 8; ++round) {
        std::fill_n(board.at(cell_array), cells * cell_bytes, std::byte{0});
        board.put(barrier_word, std::uint64_t{0});
        const bool ended = machine.run(programs, [](Cpu& cpu, std::size_t i) {
            cpu.x[x] = cell_array;
            cpu.x[y] = cell_array + 64;
            cpu.x[z] = cell_array + 128;
            cpu.x[one] = 1;
            cpu.x[two] = 2;
            cpu.x[left] = cells;
            cpu.x[arrivals] = 0;
            cpu.x[yields] = 50;
            cpu.x[barrier] = barrier_word;
            cpu.x[results] = result_array + i * cells * 16;
        });
        ASSERT_TRUE(ended);
        for (unsigned cell = 0; cell < cells; ++cell) {
            Outcome outcome;
            if (litmus.observed == Litmus::Observed::memory)
                for (const unsigned offset : {0U, 64U})
                    outcome.push_back(board.get<std::uint64_t>(cell_array + cell * cell_bytes + offset));
            for (const auto& [thread, reg] : litmus.registers)
                outcome.push_back(
                    board.get<std::uint64_t>(result_array + (thread * cells + cell) * 16 + (reg == r0 ? 0 : 8)));
            ++seen[outcome];
        }
    }
    for (const auto& [outcome, count] : seen) {
        std::string text;
        for (const auto value : outcome)
            text += std::to_string(value);
        RecordProperty("outcome_" + text, static_cast<int>(count));
        EXPECT_TRUE(allowed.contains(outcome)) << text << " " << count << " times";
    }
}

constexpr auto registers = Litmus::Observed::registers, memory = Litmus::Observed::memory;
const std::vector<std::uint64_t> zero_one{0, 1}, one_two{1, 2};

// Message passing: who sees the flag sees the message.
const std::vector<std::pair<unsigned, Reg>> reader{{1, r0}, {1, r1}};
const Litmus message_passing[] = {
    {"MP", {{str(one, x), str(one, y)}, {ldr(r0, y), ldr(r1, x)}}, registers, reader, zero_one, {}},
    {"MP_popl_poap", {{str(one, x), stlr(one, y)}, {ldar(r0, y), ldr(r1, x)}}, registers, reader, zero_one, {1, 0}},
    {"MP_dmbs",
     {{str(one, x), dmb_ish, str(one, y)}, {ldr(r0, y), dmb_ish, ldr(r1, x)}},
     registers,
     reader,
     zero_one,
     {1, 0}},
    {"MP_dmbst_dmbld",
     {{str(one, x), dmb_ishst, str(one, y)}, {ldr(r0, y), dmb_ishld, ldr(r1, x)}},
     registers,
     reader,
     zero_one,
     {1, 0}},
    {"MP_popl_addr",
     {{str(one, x), stlr(one, y)}, {ldr(r0, y), eor(0, r0, r0), ldr_register(r1, x, 0)}},
     registers,
     reader,
     zero_one,
     {1, 0}},
    {"MP_popl_ctrlisb",
     {{str(one, x), stlr(one, y)}, {ldr(r0, y), cbnz(r0, 1), isb, ldr(r1, x)}},
     registers,
     reader,
     zero_one,
     {1, 0}},
    {"MP_amo_release_acquire",
     {{str(one, x), ldadd(one, xzr, y, L)}, {ldadd(xzr, r0, y, A), ldr(r1, x)}},
     registers,
     reader,
     zero_one,
     {1, 0}},
    {"MP_exclusive_release_acquire",
     {{str(one, x), ldxr(1, y), stlxr(2, one, y), cbnz(2, -2)}, {ldaxr(r0, y), ldr(r1, x)}},
     registers,
     reader,
     zero_one,
     {1, 0}},
};

// Store buffering: one of them sees the other's store.
const std::vector<std::pair<unsigned, Reg>> both{{0, r0}, {1, r0}};
const Litmus store_buffering[] = {
    {"SB", {{str(one, x), ldr(r0, y)}, {str(one, y), ldr(r0, x)}}, registers, both, zero_one, {}},
    {"SB_amo", {{stlr(one, x), ldr(r0, y)}, {stlr(one, y), ldr(r0, x)}}, registers, both, zero_one, {}},
    {"SB_rcsc", {{stlr(one, x), ldar(r0, y)}, {stlr(one, y), ldar(r0, x)}}, registers, both, zero_one, {0, 0}},
    {"SB_dmbs",
     {{str(one, x), dmb_ish, ldr(r0, y)}, {str(one, y), dmb_ish, ldr(r0, x)}},
     registers,
     both,
     zero_one,
     {0, 0}},
    {"SB_rcsc_amo",
     {{stlr(one, x), ldadd(xzr, r0, y, A)}, {stlr(one, y), ldadd(xzr, r0, x, A)}},
     registers,
     both,
     zero_one,
     {0, 0}},
    {"SB_amo_rcsc",
     {{ldadd(one, 1, x, L), ldar(r0, y)}, {ldadd(one, 1, y, L), ldar(r0, x)}},
     registers,
     both,
     zero_one,
     {0, 0}},
    {"SB_amo_between", // an atomic that acquires and releases orders all before it with all behind it
     {{str(one, x), ldadd(one, 1, z, A | L), ldr(r0, y)}, {str(one, y), swp(one, 1, z, A | L), ldr(r0, x)}},
     registers,
     both,
     zero_one,
     {0, 0}},
};

// Load buffering: nobody reads what depends on that reading.
const Litmus load_buffering[] = {
    {"LB", {{ldr(r0, x), str(one, y)}, {ldr(r0, y), str(one, x)}}, registers, both, zero_one, {}},
    {"LB_dmbs",
     {{ldr(r0, x), dmb_ish, str(one, y)}, {ldr(r0, y), dmb_ish, str(one, x)}},
     registers,
     both,
     zero_one,
     {1, 1}},
    {"LB_acquires", {{ldar(r0, x), str(one, y)}, {ldar(r0, y), str(one, x)}}, registers, both, zero_one, {1, 1}},
    {"LB_releases", {{ldr(r0, x), stlr(one, y)}, {ldr(r0, y), stlr(one, x)}}, registers, both, zero_one, {1, 1}},
    {"LB_datas",
     {{ldr(r0, x), eor(0, r0, r0), add(0, 0, 1), str(0, y)}, {ldr(r0, y), eor(0, r0, r0), add(0, 0, 1), str(0, x)}},
     registers,
     both,
     zero_one,
     {1, 1}},
    {"LB_ctrls",
     {{ldr(r0, x), cbnz(r0, 1), str(one, y)}, {ldr(r0, y), cbnz(r0, 1), str(one, x)}},
     registers,
     both,
     zero_one,
     {1, 1}},
};

// Independent reads of independent writes: the readers agree about the order of the writes.
const std::vector<std::pair<unsigned, Reg>> readers{{2, r0}, {2, r1}, {3, r0}, {3, r1}};
const Litmus independent_reads[] = {
    {"IRIW",
     {{str(one, x)}, {str(one, y)}, {ldr(r0, x), ldr(r1, y)}, {ldr(r0, y), ldr(r1, x)}},
     registers,
     readers,
     zero_one,
     {}},
    {"IRIW_acquires",
     {{str(one, x)}, {str(one, y)}, {ldar(r0, x), ldar(r1, y)}, {ldar(r0, y), ldar(r1, x)}},
     registers,
     readers,
     zero_one,
     {1, 0, 1, 0}},
    {"IRIW_dmbs",
     {{str(one, x)}, {str(one, y)}, {ldr(r0, x), dmb_ish, ldr(r1, y)}, {ldr(r0, y), dmb_ish, ldr(r1, x)}},
     registers,
     readers,
     zero_one,
     {1, 0, 1, 0}},
};

// Two writes each: not both first ones are last.
const Litmus two_writes[] = {
    {"2+2W", {{str(one, x), str(two, y)}, {str(one, y), str(two, x)}}, memory, {}, one_two, {}},
    {"2+2W_releases", {{str(one, x), stlr(two, y)}, {str(one, y), stlr(two, x)}}, memory, {}, one_two, {1, 1}},
    {"2+2W_dmbsts",
     {{str(one, x), dmb_ishst, str(two, y)}, {str(one, y), dmb_ishst, str(two, x)}},
     memory,
     {},
     one_two,
     {1, 1}},
};

// One location: no CPU sees a store and then what was before it. And a message that goes by a third one.
const std::vector<std::pair<unsigned, Reg>> third{{1, r0}, {2, r0}, {2, r1}};
const Litmus coherence[] = {
    {"CoRR", {{str(one, x)}, {ldr(r0, x), ldr(r1, x)}}, registers, reader, zero_one, {1, 0}},
    {"WRC_popl_poap",
     {{str(one, x)}, {ldr(r0, x), stlr(one, y)}, {ldar(r0, y), ldr(r1, x)}},
     registers,
     third,
     zero_one,
     {1, 1, 0}},
    {"WRC_data_addr",
     {{str(one, x)},
      {ldr(r0, x), eor(0, r0, r0), add(0, 0, 1), str(0, y)},
      {ldr(r0, y), eor(0, r0, r0), ldr_register(r1, x, 0)}},
     registers,
     third,
     zero_one,
     {1, 1, 0}},
};

std::string name_of(const testing::TestParamInfo<Litmus>& info) {
    std::string name = info.param.name;
    std::ranges::replace(name, '+', '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(MessagePassing, Outcomes, testing::ValuesIn(message_passing), name_of);
INSTANTIATE_TEST_SUITE_P(StoreBuffering, Outcomes, testing::ValuesIn(store_buffering), name_of);
INSTANTIATE_TEST_SUITE_P(LoadBuffering, Outcomes, testing::ValuesIn(load_buffering), name_of);
INSTANTIATE_TEST_SUITE_P(IndependentReads, Outcomes, testing::ValuesIn(independent_reads), name_of);
INSTANTIATE_TEST_SUITE_P(TwoWrites, Outcomes, testing::ValuesIn(two_writes), name_of);
INSTANTIATE_TEST_SUITE_P(Coherence, Outcomes, testing::ValuesIn(coherence), name_of);

// ---- Increments

struct Increment {
    const char* name;
    Code code; ///< adds 1 to the counter at x, or to both of a pair there; y is a lock
    bool pair = false;
};

void PrintTo(const Increment& increment, std::ostream* stream) { *stream << increment.name; }

class Increments : public testing::TestWithParam<Increment> {};

TEST_P(Increments, OfFourCpusAreAllCounted) {
    constexpr std::uint64_t cpus = 4, each = 50'000;
    Code code;
    append_barrier(code, cpus);
    const auto loop = code.size();
    code.insert(code.end(), GetParam().code.begin(), GetParam().code.end());
    code.push_back(subs(left, left, 1));
    code.push_back(bne(static_cast<int>(loop) - static_cast<int>(code.size())));
    code.push_back(Bench::hvc(Bench::finished));
    Machine machine(cpus);
    const bool ended = machine.run(std::vector<Code>(cpus, code), [](Cpu& cpu, std::size_t) {
        cpu.x[x] = cell_array;
        cpu.x[y] = cell_array + 64;
        cpu.x[one] = 1;
        cpu.x[left] = each;
        cpu.x[arrivals] = 0;
        cpu.x[yields] = 1000;
        cpu.x[barrier] = barrier_word;
    });
    ASSERT_TRUE(ended);
    EXPECT_EQ(machine.board().get<std::uint64_t>(cell_array), cpus * each);
    EXPECT_EQ(machine.board().get<std::uint64_t>(cell_array + 8), GetParam().pair ? cpus * each : 0);
    EXPECT_EQ(machine.board().get<std::uint64_t>(cell_array + 64), 0U);
}

constexpr std::uint32_t to_w(std::uint32_t word) { return word & ~W; }

const Increment increments[] = {
    {"LDXR_STXR", {ldxr(1, x), add(1, 1, 1), stxr(2, 1, x), cbnz(2, -3)}},
    {"LDAXR_STLXR", {ldaxr(1, x), add(1, 1, 1), stlxr(2, 1, x), cbnz(2, -3)}},
    {"LDXR_STXR_32", {to_w(ldxr(1, x)), add(1, 1, 1), to_w(stxr(2, 1, x)), cbnz(2, -3)}},
    {"LDXP_STXP", {ldxp(2, 3, x), add(4, 2, 1), add(5, 3, 1), stxp(1, 4, 5, x), cbnz(1, -4)}, true},
    {"LDADD", {ldadd(one, 1, x)}},
    {"LDADDAL", {ldadd(one, 1, x, A | L)}},
    {"LDADD_32", {to_w(ldadd(one, 1, x, A))}},
    {"CAS", {ldr(1, x), add(2, 1, 1), mov(3, 1), cas(3, 2, x), subs_register(xzr, 3, 1), bne(-5)}},
    {"CASP",
     {ldr(2, x), 0xF940'0000 | 1U << 10 | x << 5 | 3, mov(6, 2), mov(7, 3), add(4, 2, 1), add(5, 3, 1), casp(2, 4, x),
      subs_register(xzr, 2, 6), bne(-8), subs_register(xzr, 3, 7), bne(-10)},
     true},
    // A lock around plain accesses.
    {"SWP_lock", {swp(one, 1, y, A), cbz(1, 3), yield, b(-3), ldr(2, x), add(2, 2, 1), str(2, x), stlr(xzr, y)}},
    {"LDAXR_STXR_lock",
     {ldaxr(1, y), cbz(1, 3), yield, b(-3), stxr(2, one, y), cbnz(2, -5), ldr(2, x), add(2, 2, 1), str(2, x),
      stlr(xzr, y)}},
    {"Plain_store_beside_LDXR", // a store to the doubleword that others increment exclusively, at another byte of it
     {0x3900'0000 | 7U << 10 | x << 5 | xzr, ldxr(1, x), add(1, 1, 1), stxr(2, 1, x), cbnz(2, -3)}},
};

std::string name_of_increment(const testing::TestParamInfo<Increment>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Of, Increments, testing::ValuesIn(increments), name_of_increment);

} // namespace
} // namespace arm64::cpu

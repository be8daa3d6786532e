// SPDX-License-Identifier: Apache-2.0
// See subject.hpp.
#include "tests/arch-arm64/cpu/differential/subject.hpp"
#include "arch-arm64/cpu/exception.hpp"

#include <csignal>
#include <cstring>
#include <sys/time.h>

namespace differential {
namespace {

using arm64::cpu::EC;
namespace stop = arm64::cpu::stop;

/// Stage 1 descriptors, 4 KiB granule. Source: DDI 0487, D8.3.
constexpr std::uint64_t table_descriptor = 3, page_descriptor = 3, AF = 1U << 10, inner_shareable = 3U << 8;
constexpr std::uint64_t PXN = std::uint64_t{1} << 53, UXN = std::uint64_t{1} << 54;
constexpr std::uint64_t AP_EL0 = 1U << 6, AP_read_only = 1U << 7;

/// SCTLR_EL1: M, C, I; EL0 may do what Linux lets it: UCI, UCT, DZE, nTWE, nTWI. Neither A nor SA0: QEMU checks no SP.
constexpr std::uint64_t SCTLR = 1U << 0 | 1U << 2 | 1U << 12 | 1U << 26 | 1U << 15 | 1U << 14 | 1U << 18 | 1U << 16;
/// 39 bits, 4 KiB, Normal write-back tables, top byte ignored below, nothing above, 48 bits of physical address.
constexpr std::uint64_t TCR = 25 | 1U << 8 | 1U << 10 | 3U << 12 | std::uint64_t{25} << 16 | 1U << 23 |
                              std::uint64_t{5} << 32 | std::uint64_t{1} << 37;
constexpr std::uint32_t HVC = 0xD400'0002;

/// What the alarm interrupts. Set while cases run.
arm64::cpu::Cpu* volatile running = nullptr;
volatile bool ran_out = false;

void on_alarm(int) {
    ran_out = true;
    if (running != nullptr)
        running->raise(arm64::cpu::Cpu::request_kick);
}

} // namespace

Board::Board() {
    const std::array<std::pair<std::uint64_t, std::uint64_t>, 4> places{
        {{code_begin, code_size}, {window_begin, window_size}, {tables, 3 * page}, {vectors, page}}};
    for (std::size_t n = 0; n < places.size(); ++n)
        ranges_[n] = {places[n].first, places[n].second, std::make_unique<std::byte[]>(places[n].second)};

    const auto put = [this](std::uint64_t address, auto value) { std::memcpy(at(address), &value, sizeof value); };
    // 0x8000'0000 is entry 2 of level 1 and entry 0 of level 2.
    put(tables + 2 * 8, (tables + page) | table_descriptor);
    put(tables + page, (tables + 2 * page) | table_descriptor);
    const auto map = [&](std::uint64_t begin, std::uint64_t size, std::uint64_t attributes) {
        for (auto address = begin; address < begin + size; address += page)
            put(tables + 2 * page + (address / page % 512) * 8,
                address | page_descriptor | AF | inner_shareable | attributes);
    };
    map(code_begin, code_size, AP_EL0 | AP_read_only | PXN);
    map(window_begin, window_size, AP_EL0 | PXN | UXN);
    map(vectors, page, AP_read_only | UXN);
    for (auto address = code_begin; address < code_begin + code_size; address += sizeof sentinel)
        put(address, sentinel);
    for (auto address = vectors; address < vectors + page; address += sizeof HVC)
        put(address, HVC);
}

std::byte* Board::at(std::uint64_t address) {
    for (auto& range : ranges_)
        if (address >= range.begin && address - range.begin < range.size)
            return range.host.get() + (address - range.begin);
    return nullptr;
}

std::optional<arm64::cpu::MemoryPage> Board::memory(virt::Gpa address) {
    auto* const host = at(address);
    if (host == nullptr)
        return std::nullopt;
    return arm64::cpu::MemoryPage{host, virt::SlotKind::ram, false};
}

Subject::Subject() : cpu_(std::make_unique<arm64::cpu::Cpu>(arm64::cpu::baseline(), board_, cluster_)) {
    start();
    struct sigaction action{};
    action.sa_handler = on_alarm;
    sigaction(SIGVTALRM, &action, nullptr);
}

Subject::~Subject() = default;

void Subject::start() {
    cpu_->reset(0);
    auto& system = cpu_->system;
    system.MAIR_EL1 = 0xFF;
    system.TTBR0_EL1 = Board::tables;
    system.TCR_EL1 = TCR;
    system.SCTLR_EL1 = SCTLR;
    system.CPACR_EL1 = 3U << 20;
    system.VBAR_EL1 = Board::vectors;
    cpu_->registers_changed();
}

void Subject::prepare(const Case& next) {
    if (next.memory_seed != pristine_seed_) {
        pristine_seed_ = next.memory_seed;
        fill(pristine_, pristine_seed_);
        std::memcpy(board_.at(window_begin), pristine_.data(), window_size);
    }
    auto* const code = board_.at(code_begin);
    for (std::uint64_t at = 0; at < code_size; at += sizeof sentinel)
        std::memcpy(code + at, &sentinel, sizeof sentinel);
    std::memcpy(board_.at(next.before.PC), next.words.data(), next.count * sizeof sentinel);
    for (auto page = code_begin; page < code_begin + code_size; page += Board::page)
        cpu_->post({arm64::cpu::Maintenance::Kind::code_page, page});
}

void Subject::load(const State& from) {
    if (!cpu_->set_PSTATE(arm64::cpu::SPSR::EL0t | from.NZCV))
        std::abort();
    std::memcpy(cpu_->x.data(), from.X.data(), sizeof from.X);
    cpu_->set_SP(0, from.SP);
    cpu_->pc = from.PC;
    cpu_->fp.FPCR = from.FPCR;
    cpu_->fp.FPSR = from.FPSR;
    for (unsigned n = 0; n < 32; ++n)
        cpu_->v[n].d = from.V[n];
    cpu_->monitor.address = nullptr;
    cpu_->registers_changed();
}

void Subject::classify(Outcome& outcome) {
    const auto ESR = cpu_->system.ESR_EL1;
    outcome.address = cpu_->system.FAR_EL1;
    switch (static_cast<EC>(ESR >> 26 & 0x3F)) {
    case EC::BRK: {
        std::uint32_t word = 0;
        std::memcpy(&word, board_.at(outcome.after.PC), sizeof word);
        outcome.stop = word == sentinel ? Stop::completed : Stop::breakpoint;
        outcome.detail = word == sentinel ? 0 : static_cast<std::uint32_t>(ESR & 0xFFFF);
        outcome.address = 0;
        break;
    }
    case EC::SVC:
        outcome.stop = Stop::SVC;
        outcome.detail = static_cast<std::uint32_t>(ESR & 0xFFFF);
        outcome.after.PC -= 4;
        break;
    // A trapped access is the same signal for a process.
    case EC::unknown:
    case EC::system_register:
    case EC::WFx: outcome.stop = Stop::UNDEFINED; break;
    case EC::instruction_abort_lower: outcome.stop = Stop::instruction_abort; break;
    case EC::data_abort_lower:
        outcome.stop = (ESR & 0x3F) == arm64::cpu::FSC::alignment ? Stop::alignment : Stop::data_abort;
        break;
    case EC::PC_alignment:
    case EC::SP_alignment: outcome.stop = Stop::alignment; break;
    default: outcome.stop = Stop::died; outcome.detail = static_cast<std::uint32_t>(ESR >> 26);
    }
}

Outcome Subject::run() {
    Outcome outcome{};
    auto& cpu = *cpu_;
    ran_out = false;
    auto why = cpu.run();
    // A WFI that is not trapped, and what is left of an earlier alarm.
    while ((std::holds_alternative<stop::Wait>(why) || std::holds_alternative<virt::exit::Interrupted>(why)) &&
           !ran_out)
        why = cpu.run();
    const bool came_back = std::holds_alternative<stop::Call>(why);
    std::memcpy(outcome.after.X.data(), cpu.x.data(), sizeof outcome.after.X);
    outcome.after.SP = cpu.SP(0);
    outcome.after.PC = came_back ? cpu.system.ELR_EL1 : cpu.pc;
    outcome.after.NZCV = came_back ? cpu.system.SPSR_EL1 & 0xF000'0000 : cpu.NZCV();
    outcome.after.FPCR = cpu.fp.FPCR;
    outcome.after.FPSR = cpu.fp.FPSR;
    for (unsigned n = 0; n < 32; ++n)
        outcome.after.V[n] = cpu.v[n].d;
    if (came_back)
        classify(outcome);
    else
        outcome.stop = ran_out ? Stop::endless : Stop::died;
    return outcome;
}

Outcome Subject::try_once(const State& from) {
    load(from);
    auto outcome = run();
    auto* const window = board_.at(window_begin);
    compare(pristine_, reinterpret_cast<const std::uint64_t*>(window), outcome);
    if (outcome.changed != 0)
        std::memcpy(window, pristine_.data(), window_size);
    return outcome;
}

std::vector<Outcome> Subject::execute(std::span<const Case> cases) {
    std::vector<Outcome> outcomes;
    outcomes.reserve(cases.size());
    running = cpu_.get();
    for (const auto& next : cases) {
        const itimerval patience{{0, 0}, {2, 0}};
        if (outcomes.size() % 256 == 0 || outcomes.back().stop == Stop::endless)
            setitimer(ITIMER_VIRTUAL, &patience, nullptr);
        prepare(next);
        auto outcome = try_once(next.before);
        // Once more, from what is cached of it.
        if (outcome.stop != Stop::endless) {
            const auto again = try_once(next.before);
            if (std::memcmp(&again, &outcome, sizeof outcome) != 0)
                outcome.stop = Stop::unstable;
        }
        outcomes.push_back(outcome);
    }
    const itimerval off{};
    setitimer(ITIMER_VIRTUAL, &off, nullptr);
    running = nullptr;
    return outcomes;
}

} // namespace differential

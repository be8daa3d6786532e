// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/cpu/cpu.hpp"

#include "arch-arm64/cpu/handlers.hpp"

#include <algorithm>
#include <utility>

namespace arm64::cpu {
namespace {

// SCTLR_EL1
constexpr std::uint64_t SCTLR_A = 1U << 1, SA = 1U << 3, SA0 = 1U << 4;

} // namespace

Cpu::Cpu(const Model& model, Surroundings& surroundings, Cluster& cluster)
    : model_(model), surroundings_(surroundings), cluster_(cluster) {
    reset(1U << 31);
    cluster_.add(*this);
}

Cpu::~Cpu() { cluster_.remove(*this); }

void Cpu::answer(std::uint64_t value) { answer_ = value; }

void Cpu::post(const Maintenance& what) {
    mailbox_.post(what);
    raise(request_maintenance);
}

Stop Cpu::run() {
    mailbox_.enter();
    do_maintenance(); // what came while nobody waited for this CPU
    auto stop = execute();
    mailbox_.exit();
    return stop;
}

Stop Cpu::execute() {
    if (answer_) { // the load completes before an interrupt is taken, as in KVM
        auto stop = execute_step(find_step());
        answer_.reset();
        if (stop)
            return *std::move(stop);
    }
    for (;;) {
        if ((requests_.load(std::memory_order_relaxed) & wanted_) != 0) [[unlikely]]
            if (auto stop = attend())
                return *stop;
        if (instructions_ >= due_) [[unlikely]]
            if (auto stop = be_due())
                return *stop;
        if (auto stop = stepping_ ? step() : run_block(find_block())) [[unlikely]]
            return *std::move(stop);
    }
}

void Cpu::finish_answered() {
    if (!answer_)
        return;
    mailbox_.enter();
    do_maintenance();
    static_cast<void>(execute_step(find_step())); // if it stops before it completes, it does so again
    answer_.reset();
    mailbox_.exit();
}

[[gnu::always_inline]] inline std::optional<Stop> Cpu::run_block(const Block* block) {
    if (block != nullptr) [[likely]] {
        block_ = block;
        instructions_ += block->length;
        block->ops->run(*this, block->ops);
    }
    if (departure_ != Departure::none) [[unlikely]]
        return depart();
    return std::nullopt;
}

CodePage* Cpu::find_code_page() {
    pc = canonical(pc); // what BR leaves to do
    if (pc % 4 != 0) {
        raise_exception(syndrome(EC::PC_alignment), pc);
        return nullptr;
    }
    if (code_is_stale_)
        forget_code();
    auto& entry = fetch_[EL][pc / Tlb::page % fetch_entries];
    if (entry.tag == ((pc & Tlb::page_mask) | context(pc)))
        return entry.code;
    const auto physical = translate_fetch(pc);
    if (!physical)
        return nullptr;
    const virt::Gpa page = *physical & Tlb::page_mask;
    const auto memory = find_page(page);
    if (!memory || memory->kind == virt::SlotKind::device) {
        const auto ec = EL == 0 ? EC::instruction_abort_lower : EC::instruction_abort;
        raise_exception(syndrome(ec, FSC::external_abort), pc);
        return nullptr;
    }
    if (code_.full())
        forget_code();
    auto& code = code_.page(page, memory->host);
    entry = {(pc & Tlb::page_mask) | context(pc), &code};
    return &code;
}

const Block* Cpu::find_block() {
    if (const Block* const block = cached_block())
        return block;
    CodePage* const code = find_code_page();
    if (code == nullptr)
        return nullptr;
    if (const Block* const block = code->blocks[pc / 4 % 1024])
        return block;
    return code_.translate(*code, static_cast<std::uint32_t>(pc % Tlb::page));
}

const Block* Cpu::find_step() {
    CodePage* const code = find_code_page();
    if (code == nullptr)
        return nullptr;
    step_ops_.clear();
    step_word_ = guest_load<std::uint32_t>(reinterpret_cast<std::uint64_t>(code->host) + pc % Tlb::page);
    if (!cpu::translate(step_ops_, step_word_, 0))
        end_block(step_ops_, 4);
    step_ = {step_ops_.data(), 1};
    return &step_;
}

void leave(Cpu& cpu, const Op* op) {
    const bool completed =
        cpu.departure_ == Cpu::Departure::exception_after || cpu.departure_ == Cpu::Departure::stop_after;
    const std::uint32_t executed = op->offset / 4U + (completed ? 1 : 0);
    cpu.instructions_ -= cpu.block_->length - executed;
    cpu.pc += op->offset + (completed ? 4U : 0U);
}

std::optional<Stop> Cpu::depart() {
    const auto why = std::exchange(departure_, Departure::none);
    if (why == Departure::stop_before || why == Departure::stop_after)
        return std::exchange(pending_stop_, std::nullopt);
    if (budget_end_ != never) { // a vector that faults must not run for ever
        --budget_end_;
        due_ = std::min(budget_end_, overflow_due_);
    }
    system.ESR_EL1 = pending_ESR_;
    if (pending_FAR_)
        system.FAR_EL1 = *pending_FAR_;
    take_exception(0, pc);
    return std::nullopt;
}

std::optional<Stop> Cpu::attend() {
    const auto requests = requests_.load() & wanted_;
    if ((requests & request_maintenance) != 0)
        do_maintenance();
    if ((requests & request_kick) != 0) {
        lower(request_kick);
        return virt::exit::Interrupted{};
    }
    if ((requests & request_SError) != 0) {
        lower(request_SError);
        system.ESR_EL1 = syndrome(EC::SError);
        take_exception(0x180, pc);
    } else if ((requests & request_FIQ) != 0) {
        take_exception(0x100, pc);
    } else if ((requests & request_IRQ) != 0) {
        take_exception(0x80, pc);
    }
    return std::nullopt;
}

void Cpu::set_budget(std::uint64_t instructions) {
    budget_end_ = instructions_ + instructions;
    due_ = std::min(budget_end_, overflow_due_);
}

std::optional<Stop> Cpu::be_due() {
    const bool spent = instructions_ >= budget_end_;
    if (spent)
        budget_end_ = never;
    count_events();
    due_ = std::min(budget_end_, overflow_due_);
    return spent ? std::optional<Stop>(virt::exit::Interrupted{}) : std::nullopt;
}

void Cpu::do_maintenance() {
    lower(request_maintenance);
    if (mailbox_.settled_inside())
        return;
    const auto mail = mailbox_.take();
    for (std::size_t i = 0; i < mail.count; ++i)
        apply(mail.items.at(i));
    mailbox_.done(mail.number);
}

void Cpu::synchronize() {
    if (std::exchange(others_asked_, false))
        cluster_.wait(*this);
}

void Cpu::send_event() { cluster_.send_event(); }

void Cpu::forget_code() {
    code_.drop_all();
    for (auto& entries : fetch_)
        entries.fill({});
    code_is_stale_ = false;
}

bool Cpu::raise_exception(std::uint64_t ESR) {
    departure_ = Departure::exception;
    pending_ESR_ = ESR;
    pending_FAR_.reset();
    return false;
}

bool Cpu::raise_exception(std::uint64_t ESR, std::uint64_t FAR) {
    departure_ = Departure::exception;
    pending_ESR_ = ESR;
    pending_FAR_ = FAR;
    return false;
}

bool Cpu::raise_exception_after(std::uint64_t ESR) {
    departure_ = Departure::exception_after;
    pending_ESR_ = ESR;
    pending_FAR_.reset();
    return false;
}

bool Cpu::stop_before(const Stop& what) {
    departure_ = Departure::stop_before;
    pending_stop_ = what;
    return false;
}

bool Cpu::stop_after(const Stop& what) {
    departure_ = Departure::stop_after;
    pending_stop_ = what;
    return false;
}

bool Cpu::trap_fp() {
    constexpr std::uint64_t CV = 1U << 24, COND_AL = 0xEU << 20;
    return raise_exception(syndrome(EC::fp_access, CV | COND_AL));
}

void Cpu::derive_wanted() {
    wanted_ = request_kick | request_maintenance | (stepping_ ? request_step : 0U);
    if ((DAIF & SPSR::I) == 0)
        wanted_ |= request_IRQ;
    if ((DAIF & SPSR::F) == 0)
        wanted_ |= request_FIQ;
    if ((DAIF & SPSR::A) == 0)
        wanted_ |= request_SError;
}

void Cpu::derive() {
    derive_debug();
    const auto FPEN = system.CPACR_EL1 >> 20 & 3;
    fp_enabled_ = FPEN == 3 || (FPEN == 1 && EL == 1);
    SP_alignment_checked_ = (system.SCTLR_EL1 & (EL == 0 ? SA0 : SA)) != 0;
    derive_wanted();
    Tlb& privileged = PAN ? tlb_EL1_PAN_ : tlb_EL1_;
    tlb_ = EL == 0 ? &tlb_EL0_ : &privileged;
    unprivileged_tlb_ = &tlb_EL0_;
    // A TLB looks neither at alignment nor at watchpoints.
    if ((system.SCTLR_EL1 & SCTLR_A) != 0 || watching_)
        tlb_ = unprivileged_tlb_ = &no_tlb_;
}

void Cpu::registers_changed() {
    forget_translations();
    derive();
}

} // namespace arm64::cpu

// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/timer/arch_timer.hpp"

#include "arch-arm64/registers.hpp"
#include "arch-arm64/timer/cnt_registers.hpp"
#include "virt/assert.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

namespace arm64::timer {
namespace {

// By what a register is, the timers being alike.
enum class Part : std::uint8_t { CTL, CVAL, TVAL, CNT };

template <class Id>
struct Row {
    Id id;
    Timer timer;
    Part part;
};

constexpr std::array sysregs{
    Row<SysregId>{CNTV_CTL_EL0, Timer::EL1_virtual, Part::CTL},
    Row<SysregId>{CNTV_CVAL_EL0, Timer::EL1_virtual, Part::CVAL},
    Row<SysregId>{CNTV_TVAL_EL0, Timer::EL1_virtual, Part::TVAL},
    Row<SysregId>{CNTVCT_EL0, Timer::EL1_virtual, Part::CNT},
    Row<SysregId>{CNTP_CTL_EL0, Timer::EL1_physical, Part::CTL},
    Row<SysregId>{CNTP_CVAL_EL0, Timer::EL1_physical, Part::CVAL},
    Row<SysregId>{CNTP_TVAL_EL0, Timer::EL1_physical, Part::TVAL},
    Row<SysregId>{CNTPCT_EL0, Timer::EL1_physical, Part::CNT},
};

constexpr std::array one_regs{
    Row<virt::RegisterId>{registers::TIMER_CTL, Timer::EL1_virtual, Part::CTL},
    Row<virt::RegisterId>{registers::TIMER_CNT, Timer::EL1_virtual, Part::CNT},
    Row<virt::RegisterId>{registers::TIMER_CVAL, Timer::EL1_virtual, Part::CVAL},
    Row<virt::RegisterId>{registers::PTIMER_CTL, Timer::EL1_physical, Part::CTL},
    Row<virt::RegisterId>{registers::PTIMER_CNT, Timer::EL1_physical, Part::CNT},
    Row<virt::RegisterId>{registers::PTIMER_CVAL, Timer::EL1_physical, Part::CVAL},
};

template <class Rows, class Id>
auto find(const Rows& rows, Id id) {
    const auto found = std::ranges::find(rows, id, [](const auto& row) { return row.id; });
    return found == rows.end() ? nullptr : &*found;
}

} // namespace

std::uint64_t ArchTimer::Output::CTL() const {
    return CTL_.load(std::memory_order_acquire) | (CVAL() <= count() ? CTL::ISTATUS : 0);
}

void ArchTimer::Output::set_CTL(std::uint64_t value) {
    CTL_.store(static_cast<std::uint32_t>(value) & (CTL::ENABLE | CTL::IMASK), std::memory_order_release);
}

void ArchTimer::Output::set_TVAL(std::uint64_t value) {
    const auto distance = static_cast<std::int64_t>(static_cast<std::int32_t>(value)); // bits 31:0, signed
    set_CVAL(count() + static_cast<std::uint64_t>(distance));
}

bool ArchTimer::Output::level() const {
    return CTL_.load(std::memory_order_acquire) == CTL::ENABLE && CVAL() <= count();
}

std::optional<std::uint64_t> ArchTimer::Output::remaining() const {
    const auto now = count();
    const auto due = CVAL();
    if (CTL_.load(std::memory_order_acquire) != CTL::ENABLE || due <= now)
        return std::nullopt;
    return due - now;
}

void ArchTimer::Output::connect(gic::Interrupt& interrupt) {
    interrupt_ = &interrupt;
    VIRT_ASSERT(gic::Gic::map(interrupt, *this), "nothing else is forwarded by a PPI");
}

// Source: kvm_vgic_reset_mapped_irq.
void ArchTimer::Output::make_idle() {
    gic::Redistributor::update(*interrupt_, [](gic::Interrupt& found) {
        found.active = false;
        found.latch = false;
        found.line = false;
    });
}

// Source: kvm_timer_vcpu_load_gic.
bool ArchTimer::Output::active() const {
    return level() ||
           gic::Redistributor::inspect(*interrupt_, [](const gic::Interrupt& found) { return found.active; });
}

ArchTimer::ArchTimer(VmTimers& vm, Alarm& alarm)
    : vm_(vm), alarm_(alarm), outputs_{Output(vm, Timer::EL1_virtual), Output(vm, Timer::EL1_physical)} {
    vm_.add(*this);
}

ArchTimer::~ArchTimer() {
    vm_.remove(*this);
    alarm_.silence();
    if (gic_ == nullptr)
        return;
    for (auto& one : outputs_)
        one.disconnect(*gic_);
}

virt::expected<void> ArchTimer::enter(gic::Gic& gic, VcpuIndex vcpu) {
    if (connected_.load(std::memory_order_relaxed))
        return {};
    const auto ppis = vm_.fix_ppis();
    VIRT_TRY(ppis);
    for (const auto ppi : *ppis)
        if (!gic::Gic::unclaimed(gic.redistributor(vcpu).private_interrupt(ppi.value)))
            return virt::failure(EINVAL, "connect the timers", "give each of them an interrupt of its own");
    gic_ = &gic;
    for (auto& one : outputs_) {
        const auto ppi = (*ppis)[static_cast<std::size_t>(one.timer())];
        one.connect(gic.redistributor(vcpu).private_interrupt(ppi.value));
    }
    connected_.store(true, std::memory_order_release);
    look();
    return {};
}

void ArchTimer::enter(virt::InlineFunction<void()> changed) {
    if (connected_.load(std::memory_order_relaxed))
        return;
    changed_ = std::move(changed);
    connected_.store(true, std::memory_order_release);
    look();
}

void ArchTimer::look() {
    if (!connected_.load(std::memory_order_acquire))
        return;
    set_alarm(); // before comparing: a level that rises in between is then seen by one of the two
    if (gic_ == nullptr) {
        changed_();
        return;
    }
    for (auto& one : outputs_)
        one.look();
}

void ArchTimer::set_alarm() {
    const virt::Lock lock(alarm_mutex_);
    const auto now = vm_.counter().ticks();
    std::optional<std::uint64_t> deadline;
    for (const auto& one : outputs_) {
        const auto remaining = one.remaining();
        if (!remaining)
            continue;
        const auto most = std::numeric_limits<std::uint64_t>::max() - now;
        const auto due = now + std::min(*remaining, most);
        deadline = deadline ? std::min(*deadline, due) : due;
    }
    if (deadline)
        alarm_.set(*deadline);
    else
        alarm_.cancel();
}

void ArchTimer::reset() {
    for (auto& one : outputs_)
        one.set_CTL(0);
    look();
    if (!connected_.load(std::memory_order_acquire) || gic_ == nullptr)
        return;
    for (auto& one : outputs_)
        one.make_idle();
}

std::optional<std::uint64_t> ArchTimer::read_sysreg(SysregId id) const {
    if (id == CNTFRQ_EL0)
        return vm_.counter().frequency();
    const auto* const row = find(sysregs, id);
    if (row == nullptr)
        return std::nullopt;
    const auto& one = output(row->timer);
    switch (row->part) {
    case Part::CTL: return one.CTL();
    case Part::CVAL: return one.CVAL();
    case Part::TVAL: return one.TVAL();
    case Part::CNT: return one.count();
    }
    return std::nullopt;
}

bool ArchTimer::write_sysreg(SysregId id, std::uint64_t value) {
    const auto* const row = find(sysregs, id);
    if (row == nullptr)
        return false;
    auto& one = output(row->timer);
    switch (row->part) {
    case Part::CTL: one.set_CTL(value); break;
    case Part::CVAL: one.set_CVAL(value); break;
    case Part::TVAL: one.set_TVAL(value); break;
    case Part::CNT: return false; // read-only
    }
    look();
    return true;
}

std::span<const virt::RegisterId> ArchTimer::registers() {
    static constexpr auto ids = [] {
        std::array<virt::RegisterId, one_regs.size()> all;
        std::ranges::transform(one_regs, all.begin(), [](const auto& row) { return row.id; });
        return all;
    }();
    return ids;
}

std::optional<std::uint64_t> ArchTimer::get(virt::RegisterId id) const {
    const auto* const row = find(one_regs, id);
    if (row == nullptr)
        return std::nullopt;
    const auto& one = output(row->timer);
    return row->part == Part::CTL ? one.CTL() : row->part == Part::CVAL ? one.CVAL() : one.count();
}

bool ArchTimer::set(virt::RegisterId id, std::uint64_t value) {
    const auto* const row = find(one_regs, id);
    if (row == nullptr)
        return false;
    if (row->part == Part::CNT) {
        vm_.set_count(row->timer, value);
        return true;
    }
    auto& one = output(row->timer);
    row->part == Part::CTL ? one.set_CTL(value) : one.set_CVAL(value);
    look();
    return true;
}

} // namespace arm64::timer

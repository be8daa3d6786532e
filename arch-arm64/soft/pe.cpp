// SPDX-License-Identifier: Apache-2.0
// Source: arch/arm64/kvm/arm.c, kvm_arch_vcpu_ioctl_run.
#include "arch-arm64/soft/pe.hpp"

#include "arch-arm64/soft/vm.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <variant>

namespace arm64::soft {
namespace {

namespace exits = virt::exit;
using cpu::Cpu;

// KVM_ARM_DEV_*: api.rst 8.9.
constexpr std::uint64_t EL1_VTIMER = 1, EL1_PTIMER = 2, PMU = 4;

} // namespace

std::optional<cpu::MemoryPage> PeSurroundings::memory(virt::Gpa page) {
    const auto found = vm_.memory().page(page);
    if (!found)
        return std::nullopt;
    return cpu::MemoryPage{.host = found->host, .kind = found->kind, .logged = found->log == virt::DirtyLog::on};
}

void PeSurroundings::mark_dirty(virt::Gpa page) { vm_.memory().mark_dirty(page); }

bool PeSurroundings::read(virt::Gpa address, virt::Width width, std::uint64_t& value) {
    return vm_.bus().read(vcpu_.index.value, address, width, value);
}

bool PeSurroundings::write(virt::Gpa address, virt::Width width, std::uint64_t value) {
    return vm_.bus().write(vcpu_.index.value, address, width, value);
}

std::optional<std::uint64_t> PeSurroundings::read_sysreg(SysregId id) {
    if (const auto value = vcpu_.timer.read_sysreg(id))
        return value;
    auto* const irqchip = vm_.irqchip();
    return irqchip != nullptr ? irqchip->read_sysreg(vcpu_.index, id) : std::nullopt;
}

bool PeSurroundings::write_sysreg(SysregId id, std::uint64_t value) {
    if (vcpu_.timer.write_sysreg(id, value))
        return true;
    auto* const irqchip = vm_.irqchip();
    return irqchip != nullptr && irqchip->write_sysreg(vcpu_.index, id, value);
}

void PeSurroundings::set_pmu_interrupt(CpuSide::Level level) {
    if (vcpu_.pmu.level() == (level == CpuSide::Level::high))
        return;
    vcpu_.pmu.set_level(level);
    if (!vm_.has_vgic())
        vm_.what_executes().look(vcpu_.index);
}

template <class Awake>
void Pe::sleep(Awake awake) {
    for (;;) {
        const auto heard = doorbell_.heard();
        if (kicked_.load() || awake())
            return;
        doorbell_.wait(heard);
    }
}

bool Pe::runnable() {
    if ((cpu_.requests() & (Cpu::request_IRQ | Cpu::request_FIQ)) != 0)
        return true;
    auto* const irqchip = vm_.irqchip();
    return irqchip != nullptr && irqchip->wakes(vcpu_.index);
}

void Pe::wait_for_interrupt() {
    sleep([this] { return cpu_.should_wake() || runnable(); });
}

std::uint64_t Pe::levels() const {
    return (vcpu_.timer.level(timer::Timer::EL1_virtual) ? EL1_VTIMER : 0) |
           (vcpu_.timer.level(timer::Timer::EL1_physical) ? EL1_PTIMER : 0) | (vcpu_.pmu.level() ? PMU : 0);
}

bool Pe::levels_are_news() const { return !vm_.has_vgic() && levels() != device_irq_level_; }

virt::Exit Pe::leave(virt::Exit exit) {
    if (!vm_.has_vgic())
        device_irq_level_ = levels();
    return exit;
}

void Pe::complete_store() {
    if (std::exchange(store_pending_, false))
        cpu_.pc += 4;
}

void Pe::finish() {
    catch_up();
    complete_store();
    cpu_.finish_answered();
}

void Pe::reset() {
    cpu_.reset(vcpu_.MPIDR_EL1);
    unused_spsr = {};
}

void Pe::catch_up() {
    const auto entry = vcpu_.power.take_entry();
    if (!entry)
        return;
    reset();
    vcpu_.timer.reset();
    cpu_.pc = entry->PC;
    cpu_.x[0] = entry->X0;
}

void Pe::external_abort() {
    store_pending_ = false;
    cpu_.external_abort(cpu_.outside_va());
}

virt::expected<virt::Exit> Pe::run() {
    catch_up();
    complete_store();
    for (;;) {
        if (kicked_.exchange(false))
            return leave(exits::Interrupted{});
        switch (vcpu_.power.state()) {
        case virt::MpState::stopped: sleep([this] { return vcpu_.power.on(); }); continue;
        case virt::MpState::suspended:
            sleep([this] { return runnable() || vcpu_.power.state() != virt::MpState::suspended; });
            if (vcpu_.power.on() && runnable()) // and it stays suspended until the VMM says otherwise
                return leave(exits::SystemEvent{.type = exits::SystemEvent::Type::wakeup, .data = 0});
            continue;
        default: break;
        }
        catch_up();
        if (levels_are_news())
            return leave(exits::Interrupted{});
        auto exit = serve(cpu_.run());
        VIRT_TRY(exit);
        if (*exit)
            return leave(**std::move(exit));
    }
}

Pe::Served Pe::serve(const cpu::Stop& stop) {
    if (const auto* const read = std::get_if<exits::MmioRead>(&stop))
        return virt::Exit(*read);
    if (const auto* const write = std::get_if<exits::MmioWrite>(&stop)) {
        cpu_.pc -= 4;
        store_pending_ = true;
        return virt::Exit(*write);
    }
    if (std::holds_alternative<cpu::stop::Wait>(stop)) {
        wait_for_interrupt();
        return std::nullopt;
    }
    if (const auto* const call = std::get_if<cpu::stop::Call>(&stop))
        return serve_call(*call);
    if (const auto* const access = std::get_if<exits::NoSyndrome>(&stop)) {
        if (!vm_.enabled(virt::Capability::arm_nisv_to_user))
            return virt::failure(ENOSYS, "go on after an access to a device that its syndrome does not describe");
        return virt::Exit(*access);
    }
    if (const auto* const debug = std::get_if<exits::Debug>(&stop))
        return virt::Exit(*debug);
    return std::nullopt; // Interrupted: `run` looks why
}

Pe::Served Pe::serve_call(const cpu::stop::Call& call) {
    auto& x = cpu_.x;
    const bool SMCCC = call.conduit == cpu::stop::Call::Conduit::HVC || call.imm == 0;
    const auto outcome = SMCCC ? smccc_call({.vm = vm_, .vcpu = vcpu_, .firmware = firmware_}, {x[0], x[1], x[2], x[3]})
                               : CallOutcome{.answer = std::array{NOT_SUPPORTED, x[1], x[2], x[3]}};
    if (outcome.answer)
        std::ranges::copy(*outcome.answer, x.begin());
    switch (outcome.then) {
    case CallOutcome::Then::go_on: return std::nullopt;
    case CallOutcome::Then::wait: wait_for_interrupt(); return std::nullopt;
    case CallOutcome::Then::exit: return virt::Exit(outcome.event);
    }
    return std::nullopt;
}

} // namespace arm64::soft

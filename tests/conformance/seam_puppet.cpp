// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/seam_puppet.hpp"

#include "tests/conformance/sysreg.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <utility>

namespace conformance {
namespace {

constexpr std::chrono::seconds hang_guard{20};
constexpr std::uint32_t first_special = 1020, last_special = 1023;
constexpr std::uint64_t undefined = 1U << 25; // ESR_ELx.IL, EC = 0

arm64::SysregId id_of(const Sysreg& sysreg) { return arm64::SysregId{sysreg.encoding}; }

} // namespace

void SeamCpus::set_line(arm64::VcpuIndex vcpu, Input input, Level level) {
    {
        const std::scoped_lock lock(mutex_);
        lines_.at(vcpu.value).at(static_cast<std::size_t>(input)) = level == Level::high;
    }
    changed_.notify_all();
}

std::optional<SeamCpus::Input> SeamCpus::pending(unsigned vcpu) const {
    const std::scoped_lock lock(mutex_);
    for (const auto input : {Input::fiq, Input::irq})
        if (lines_.at(vcpu).at(static_cast<std::size_t>(input)))
            return input;
    return std::nullopt;
}

std::uint64_t SeamCpus::ISR(unsigned vcpu) const {
    constexpr unsigned I = 7, F = 6;
    const std::scoped_lock lock(mutex_);
    const auto level = [&](Input input) { return std::uint64_t{lines_.at(vcpu).at(static_cast<std::size_t>(input))}; };
    return level(Input::irq) << I | level(Input::fiq) << F;
}

bool SeamCpus::wait(unsigned vcpu) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, hang_guard, [&] { return lines_.at(vcpu)[0] || lines_.at(vcpu)[1]; });
}

void SeamCpus::wake(arm64::VcpuIndex vcpu) {
    {
        const std::scoped_lock lock(mutex_);
        woken_.at(vcpu.value) = true;
    }
    changed_.notify_all();
}

bool SeamCpus::wait_for_interrupt(unsigned vcpu, arm64::IrqchipSide* irqchip) {
    {
        const std::scoped_lock lock(mutex_);
        woken_.at(vcpu) = false;
    }
    if (irqchip != nullptr && irqchip->wakes(arm64::VcpuIndex{vcpu})) // takes its lock, under which it calls us
        return true;
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, hang_guard,
                             [&] { return lines_.at(vcpu)[0] || lines_.at(vcpu)[1] || woken_.at(vcpu); });
}

SeamPuppet::~SeamPuppet() {
    if (thread_.joinable())
        thread_.join();
}

void SeamPuppet::expect_error() { ADD_FAILURE() << "no vCPU runs here: the test needs NEEDS_EXECUTION()"; }

void SeamPuppet::start(const List& list) {
    ASSERT_FALSE(running()) << "one list at a time";
    result_ = {};
    complaint_.clear();
    enter_();
    entered_ = false;
    thread_ = std::thread([this, list] { play(list); });
    entered_.wait(false);
}

Result SeamPuppet::wait() {
    thread_.join();
    thread_ = {};
    if (!complaint_.empty())
        ADD_FAILURE() << "puppet " << vcpu_ << ": " << complaint_;
    return std::exchange(result_, {});
}

void SeamPuppet::play_commands(const List& list) {
    for (std::size_t n = 0; n < list.size(); ++n) {
        execute(list[n], result_.outcomes[n]);
        if (!complaint_.empty()) {
            complaint_ += " in command " + std::to_string(n) + ": " + list[n].text();
            return;
        }
        result_.outcomes[n].done = true;
    }
    result_.finished = true;
}

template <class Function>
void SeamPuppet::outside(Function function) {
    inside_.unlock();
    function();
    inside_.lock();
}

void SeamPuppet::play(const List& list) {
    result_.outcomes.resize(list.size());
    inside_ = std::unique_lock(running_);
    entered_ = true;
    entered_.notify_one();
    try {
        play_commands(list);
    } catch (const std::exception& error) { // `must`, in a CALL
        complaint_ = error.what();
    }
    inside_ = {};
}

void SeamPuppet::load(virt::Gpa address, virt::Width width, Outcome& outcome) {
    std::uint64_t value = 0;
    const std::span bytes(reinterpret_cast<std::byte*>(&value), static_cast<std::size_t>(width));
    if (!memory_.read(address, bytes) && !bus_.read(vcpu_, address, width, value)) {
        result_.exits.emplace_back(virt::exit::MmioRead{address, width});
        value = load_value_;
    }
    outcome.value = value & virt::mask_of(width);
}

void SeamPuppet::store(virt::Gpa address, virt::Width width, std::uint64_t value) {
    value &= virt::mask_of(width);
    const std::span bytes(reinterpret_cast<const std::byte*>(&value), static_cast<std::size_t>(width));
    if (!memory_.write(address, bytes) && !bus_.write(vcpu_, address, width, value))
        result_.exits.emplace_back(virt::exit::MmioWrite{address, width, value});
}

std::optional<std::uint64_t> SeamPuppet::read_sysreg(arm64::SysregId id) {
    if (id == id_of(ISR_EL1))
        return cpus_.ISR(vcpu_);
    const auto timer = timer_.read_sysreg(id);
    if (timer || irqchip_ == nullptr)
        return timer;
    return irqchip_->read_sysreg(arm64::VcpuIndex{vcpu_}, id);
}

bool SeamPuppet::write_sysreg(arm64::SysregId id, std::uint64_t value) {
    return timer_.write_sysreg(id, value) ||
           (irqchip_ != nullptr && irqchip_->write_sysreg(arm64::VcpuIndex{vcpu_}, id, value));
}

// In the mailbox, as that of guest-images/puppet: it moves with the guest's memory.
virt::Gpa SeamPuppet::handler_address() const {
    return PUPPET_MAILBOXES + virt::Gpa{vcpu_} * PUPPET_MAILBOX_SIZE + MAILBOX_HANDLER;
}

void SeamPuppet::set_handler(Handler handler) {
    if (!memory_.write(handler_address(), static_cast<std::uint32_t>(handler)))
        throw std::out_of_range("the mailbox is in no RAM");
}

Handler SeamPuppet::handler() const {
    return static_cast<Handler>(memory_.read<std::uint32_t>(handler_address()).value_or(0));
}

// What the handlers of guest-images/puppet do.
bool SeamPuppet::take_one(SeamCpus::Input input) {
    const bool fiq = input == SeamCpus::Input::fiq;
    const auto IAR = id_of(fiq ? ICC_IAR0_EL1 : ICC_IAR1_EL1);
    const auto intid = static_cast<std::uint32_t>(read_sysreg(IAR).value_or(last_special));
    result_.records.push_back({.value = intid, .kind = fiq ? Record::Kind::fiq : Record::Kind::irq});
    if (intid >= first_special && intid <= last_special)
        return false;
    if (on_interrupt_)
        outside([&] { on_interrupt_(intid); });
    const auto after = handler();
    if (after != Handler::acknowledge)
        static_cast<void>(write_sysreg(id_of(fiq ? ICC_EOIR0_EL1 : ICC_EOIR1_EL1), intid));
    if (after == Handler::eoi_dir)
        static_cast<void>(write_sysreg(id_of(ICC_DIR_EL1), intid));
    return true;
}

void SeamPuppet::take_pending(std::uint64_t most, Outcome& outcome) {
    constexpr unsigned storm = 100'000; // spurious ones in a row
    for (unsigned spurious = 0; outcome.value < most && spurious < storm;) {
        const auto input = cpus_.pending(vcpu_);
        if (!input)
            return;
        if (take_one(*input))
            ++outcome.value;
        else
            ++spurious;
    }
    if (outcome.value < most)
        complaint_ = "a storm of spurious interrupts";
}

void SeamPuppet::execute(const Command& command, Outcome& outcome) {
    const auto [first, second, third, fourth] = command.operands;
    switch (command.operation) {
    case Operation::LOAD8: return load(first, virt::Width::b1, outcome);
    case Operation::LOAD16: return load(first, virt::Width::b2, outcome);
    case Operation::LOAD32: return load(first, virt::Width::b4, outcome);
    case Operation::LOAD64: return load(first, virt::Width::b8, outcome);
    case Operation::STORE8: return store(first, virt::Width::b1, second);
    case Operation::STORE16: return store(first, virt::Width::b2, second);
    case Operation::STORE32: return store(first, virt::Width::b4, second);
    case Operation::STORE64: return store(first, virt::Width::b8, second);
    case Operation::MRS:
        if (const auto value = read_sysreg(id_of(command.sysreg)))
            outcome.value = *value;
        else
            outcome.esr = undefined;
        return;
    case Operation::MSR:
        if (!write_sysreg(id_of(command.sysreg), first))
            outcome.esr = undefined;
        return;
    case Operation::WFI:
        if (!cpus_.wait_for_interrupt(vcpu_, irqchip_))
            complaint_ = "no end in sight";
        return;
    case Operation::TAKE:
    case Operation::TAKE_WFI:
        while (outcome.value < first && complaint_.empty()) {
            if (!cpus_.wait(vcpu_))
                complaint_ = "no end in sight";
            take_pending(first, outcome);
        }
        return;
    case Operation::WINDOW: return take_pending(second, outcome);
    case Operation::RECORD:
        result_.records.push_back({.value = static_cast<std::uint32_t>(first), .kind = Record::Kind::marker});
        return;
    case Operation::CALL: return outside(command.call);
    case Operation::BARRIER:
    case Operation::SPIN: return; // there is nothing that would take time
    default: complaint_ = "only a CPU can do that: the test needs NEEDS_EXECUTION()";
    }
}

} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/seam_puppet.hpp"

#include "tests/conformance/sysreg.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
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

bool SeamCpus::pending(unsigned vcpu) const {
    const std::scoped_lock lock(mutex_);
    return lines_.at(vcpu)[0] || lines_.at(vcpu)[1];
}

bool SeamCpus::wait(unsigned vcpu) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, hang_guard, [&] { return lines_.at(vcpu)[0] || lines_.at(vcpu)[1]; });
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
    thread_ = std::thread([this, list] { play(list); });
}

Result SeamPuppet::wait() {
    thread_.join();
    thread_ = {};
    if (!complaint_.empty())
        ADD_FAILURE() << "puppet " << vcpu_ << ": " << complaint_;
    return std::exchange(result_, {});
}

void SeamPuppet::play(const List& list) {
    result_.outcomes.resize(list.size());
    try {
        for (std::size_t n = 0; n < list.size(); ++n) {
            execute(list[n], result_.outcomes[n]);
            if (!complaint_.empty()) {
                complaint_ += " in command " + std::to_string(n) + ": " + list[n].text();
                return;
            }
            result_.outcomes[n].done = true;
        }
        result_.finished = true;
    } catch (const std::exception& error) { // `must`, in a CALL
        complaint_ = error.what();
    }
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

// What the handler of guest-images/puppet does. False for a special INTID.
bool SeamPuppet::take_one() {
    const arm64::VcpuIndex vcpu{vcpu_};
    const auto intid =
        static_cast<std::uint32_t>(irqchip_.read_sysreg(vcpu, id_of(ICC_IAR1_EL1)).value_or(last_special));
    result_.records.push_back({.value = intid});
    if (intid >= first_special && intid <= last_special)
        return false;
    if (on_interrupt_)
        on_interrupt_(intid);
    if (handler_ != Handler::acknowledge)
        irqchip_.write_sysreg(vcpu, id_of(ICC_EOIR1_EL1), intid);
    if (handler_ == Handler::eoi_dir)
        irqchip_.write_sysreg(vcpu, id_of(ICC_DIR_EL1), intid);
    return true;
}

void SeamPuppet::execute(const Command& command, Outcome& outcome) {
    const arm64::VcpuIndex vcpu{vcpu_};
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
        if (const auto value = irqchip_.read_sysreg(vcpu, id_of(command.sysreg)))
            outcome.value = *value;
        else
            outcome.esr = undefined;
        return;
    case Operation::MSR:
        if (!irqchip_.write_sysreg(vcpu, id_of(command.sysreg), first))
            outcome.esr = undefined;
        return;
    case Operation::WFI:
        if (!cpus_.wait(vcpu_))
            complaint_ = "no end in sight";
        return;
    case Operation::TAKE:
    case Operation::TAKE_WFI:
        while (outcome.value < first) {
            if (!cpus_.wait(vcpu_)) {
                complaint_ = "no end in sight";
                return;
            }
            outcome.value += take_one() ? 1U : 0U;
        }
        return;
    case Operation::WINDOW:
        while (outcome.value < second && cpus_.pending(vcpu_))
            outcome.value += take_one() ? 1U : 0U;
        return;
    case Operation::RECORD:
        result_.records.push_back({.value = static_cast<std::uint32_t>(first), .kind = Record::Kind::marker});
        return;
    case Operation::CALL: return command.call();
    case Operation::BARRIER:
    case Operation::SPIN: return; // there is nothing that would take time
    default: complaint_ = "only a CPU can do that: the test needs NEEDS_EXECUTION()";
    }
}

} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/vcpu_puppet.hpp"

#include "arch-arm64/registers.hpp"
#include "tests/conformance/layout.hpp"
#include "virt/assert.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <sstream>
#include <type_traits>
#include <utility>
#include <variant>

extern "C" {
extern const std::byte itsy_puppet_image[];
extern const std::byte itsy_puppet_image_end[];
}

// ITSY_PUPPET_IMAGE: guest-images/puppet/puppet.bin of this build.
asm(".pushsection .rodata\n"
    ".globl itsy_puppet_image\n"
    ".globl itsy_puppet_image_end\n"
    "itsy_puppet_image: .incbin \"" ITSY_PUPPET_IMAGE "\"\n"
    "itsy_puppet_image_end:\n"
    ".popsection");

namespace conformance {
namespace {

// A list takes milliseconds in the emulated host; only one that waits for what does not come is here so long.
constexpr std::chrono::seconds hang_guard{20};

} // namespace

std::span<const std::byte> puppet_image() {
    return {itsy_puppet_image, static_cast<std::size_t>(itsy_puppet_image_end - itsy_puppet_image)};
}

VcpuPuppet::VcpuPuppet(arm64::Vcpu& vcpu, virt::GuestMemory& memory, unsigned number)
    : vcpu_(vcpu),
      memory_(memory),
      number_(number),
      mailbox_(PUPPET_MAILBOXES + virt::Gpa{number} * PUPPET_MAILBOX_SIZE) {
    VIRT_ASSERT(number < layout::mailboxes, "there is a mailbox for every puppet");
    set_handler(Handler::eoi);
}

VcpuPuppet::~VcpuPuppet() {
    if (!thread_.joinable())
        return;
    {
        const std::scoped_lock lock(mutex_);
        give_up_ = quit_ = true;
    }
    changed_.notify_all();
    vcpu_.kick();
    thread_.join();
}

template <class T>
T VcpuPuppet::peek(virt::Gpa address) const {
    const auto value = memory_.read<T>(address);
    VIRT_ASSERT(value.has_value(), "mailboxes are in RAM");
    return *value;
}

template <class T>
void VcpuPuppet::poke(virt::Gpa address, T value) {
    const bool written = memory_.write(address, value);
    VIRT_ASSERT(written, "mailboxes are in RAM");
}

virt::Gpa VcpuPuppet::command(std::size_t n) const { return mailbox_ + MAILBOX_COMMANDS + n * COMMAND_SIZE; }

void VcpuPuppet::set_handler(Handler handler) { poke(mailbox_ + MAILBOX_HANDLER, static_cast<std::uint32_t>(handler)); }

void VcpuPuppet::on_interrupt(std::function<void(std::uint32_t)> function) {
    poke(mailbox_ + MAILBOX_HOOK, function ? std::uint64_t{PUPPET_INTERRUPT} : 0);
    on_interrupt_ = std::move(function);
}

void VcpuPuppet::restart() {
    // The last list ended with a store, and KVM completes it in whatever state the vCPU is next run with.
    if (auto finished = vcpu_.finish(); !finished)
        ADD_FAILURE() << "puppet " << number_ << ": " << finished.error().sentence();
    entered_ = false;
}

void VcpuPuppet::adopt() {
    entered_ = true;
    records_ = peek<std::uint32_t>(mailbox_ + MAILBOX_RECORDS);
}

bool VcpuPuppet::running() const {
    const std::scoped_lock lock(mutex_);
    return state_ == State::running;
}

void VcpuPuppet::start(const List& list) {
    VIRT_ASSERT(list.size() < MAILBOX_COMMANDS_LIMIT, "a list fits its mailbox");
    VIRT_ASSERT(!running(), "one list at a time");
    list_ = list;
    result_ = {};
    complaint_.clear();
    for (std::size_t n = 0; n <= list.size(); ++n) {
        static const Command end{Operation::END};
        const Command& what = n < list.size() ? list[n] : end;
        const bool calls = what.operation == Operation::CALL;
        poke(command(n) + COMMAND_OP, calls ? Operation::STORE64 : what.operation);
        poke(command(n) + COMMAND_DETAIL, what.sysreg.index);
        poke(command(n) + COMMAND_OPERANDS, calls ? std::array<std::uint64_t, 4>{PUPPET_CALL, n} : what.operands);
        poke(command(n) + COMMAND_VALUE, std::array<std::uint64_t, 3>{}); // ESR and DONE, too
    }
    {
        const std::scoped_lock lock(mutex_);
        state_ = State::running;
    }
    changed_.notify_all();
    if (!thread_.joinable())
        thread_ = std::thread([this] { serve(); });
}

Result VcpuPuppet::wait() {
    std::unique_lock lock(mutex_);
    const auto idle = [this] { return state_ != State::running; };
    if (!changed_.wait_for(lock, hang_guard, idle)) {
        give_up_ = true;
        vcpu_.kick();
        changed_.wait(lock, idle);
        give_up_ = false;
    }
    collect();
    if (!complaint_.empty())
        ADD_FAILURE() << "puppet " << number_ << ": " << complaint_ << whereabouts();
    if (result_.error.has_value() != std::exchange(error_expected_, false))
        ADD_FAILURE() << "puppet " << number_ << ": "
                      << (result_.error ? result_.error->sentence() : "its vCPU ran without an error") << whereabouts();
    return std::exchange(result_, {});
}

void VcpuPuppet::serve() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return quit_ || state_ == State::running; });
        if (quit_)
            return;
        lock.unlock();
        play();
        lock.lock();
        state_ = State::idle;
        changed_.notify_all();
    }
}

void VcpuPuppet::play() {
    if (!entered_) {
        entered_ = true;
        for (const auto& [id, value] : {std::pair{arm64::registers::pc, std::uint64_t{PUPPET_IMAGE}},
                                        std::pair{arm64::registers::x0, std::uint64_t{number_}}})
            if (auto set = vcpu_.set(id, value); !set) {
                complaint_ = set.error().sentence();
                return;
            }
    }
    while (true) {
        const auto exit = vcpu_.run();
        if (!exit) {
            result_.error = exit.error();
            return;
        }
        if (const auto* const write = std::get_if<virt::exit::MmioWrite>(&*exit)) {
            if (!answer(*write))
                return;
            continue;
        }
        if (std::holds_alternative<virt::exit::Interrupted>(*exit)) {
            const std::scoped_lock lock(mutex_);
            if (!give_up_) {
                ++result_.interruptions;
                continue;
            }
            complaint_ = "no end in sight";
            return;
        }
        result_.exits.push_back(*exit);
        if (!std::holds_alternative<virt::exit::MmioRead>(*exit))
            return; // a system event, or nothing that the guest could go on from
        vcpu_.complete(load_value_);
    }
}

// False at the end of the list.
bool VcpuPuppet::answer(const virt::exit::MmioWrite& write) {
    switch (write.address) {
    case PUPPET_DOORBELL: result_.finished = true; return false;
    case PUPPET_CRASH: {
        std::ostringstream text;
        text << std::hex << "an exception that no command expects: ESR_EL1 0x"
             << peek<std::uint64_t>(mailbox_ + MAILBOX_CRASH_ESR) << ", ELR_EL1 0x"
             << peek<std::uint64_t>(mailbox_ + MAILBOX_CRASH_ELR);
        complaint_ = text.str();
        return false;
    }
    case PUPPET_CALL: return call(list_[write.value].call);
    case PUPPET_INTERRUPT: return call([&] { on_interrupt_(static_cast<std::uint32_t>(write.value)); });
    default: result_.exits.emplace_back(write); return true;
    }
}

// `must` throws, and only the test's thread may be left that way.
bool VcpuPuppet::call(const std::function<void()>& function) {
    try {
        function();
        return true;
    } catch (const std::exception& error) {
        complaint_ = error.what();
        return false;
    }
}

void VcpuPuppet::collect() {
    for (std::size_t n = 0; n < list_.size(); ++n) {
        const auto operands = peek<std::array<std::uint64_t, 4>>(command(n) + COMMAND_OPERANDS);
        result_.outcomes.push_back({.value = peek<std::uint64_t>(command(n) + COMMAND_VALUE),
                                    .esr = peek<std::uint64_t>(command(n) + COMMAND_ESR),
                                    .done = peek<std::uint64_t>(command(n) + COMMAND_DONE) != 0,
                                    .more = {operands[1], operands[2], operands[3]}});
    }
    const auto written = peek<std::uint32_t>(mailbox_ + MAILBOX_RECORDS);
    if (written - records_ > MAILBOX_RING_SIZE) {
        complaint_ += " (records were lost: " + std::to_string(written - records_) + " in one list)";
        records_ = written - MAILBOX_RING_SIZE;
    }
    for (; records_ != written; ++records_)
        result_.records.push_back(
            peek<Record>(mailbox_ + MAILBOX_RING + records_ % MAILBOX_RING_SIZE * sizeof(Record)));
}

std::string VcpuPuppet::whereabouts() const {
    std::ostringstream text;
    std::size_t at = 0;
    while (at < result_.outcomes.size() && result_.outcomes[at].done)
        ++at;
    text << "\n  in command " << at << ": " << (at < list_.size() ? list_[at].text() : "END") << "\n  records:";
    for (const auto& record : result_.records)
        text << ' ' << record << ';';
    text << "\n  exits: " << result_.exits.size();
    for (const auto& load : result_.loads())
        text << "; load from 0x" << std::hex << load.address;
    for (const auto& store : result_.stores())
        text << "; store of 0x" << std::hex << store.value << " to 0x" << store.address;
    return text.str();
}

} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
// The puppet on a vCPU: the bare-metal guest of guest-images/puppet, fed through its mailbox.
#pragma once

#include "arch-arm64/kvm.hpp"
#include "tests/conformance/puppet.hpp"
#include "virt/guest_memory.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>

namespace conformance {

/// The guest's code, for the program needs no file. At PUPPET_IMAGE before the first list.
[[nodiscard]] std::span<const std::byte> puppet_image();

/// Owns the thread that runs the vCPU. Between lists that thread sleeps and the vCPU is the test's.
class VcpuPuppet final : public Puppet {
public:
    /// `number`: which mailbox, 0..layout::mailboxes-1; also the context id for PSCI's CPU_ON at PUPPET_IMAGE.
    VcpuPuppet(arm64::Vcpu& vcpu, virt::GuestMemory& memory, unsigned number);
    ~VcpuPuppet() override;

    void start(const List& list) override;
    Result wait() override;
    [[nodiscard]] bool running() const override;
    void set_handler(Handler handler) override;
    void on_interrupt(std::function<void(std::uint32_t)> function) override;
    void set_load_value(std::uint64_t value) override { load_value_ = value; }
    void expect_error() override { error_expected_ = true; }
    void restart() override;
    void adopt() override;

private:
    enum class State : std::uint8_t { idle, running };

    void serve();
    void play();
    [[nodiscard]] bool answer(const virt::exit::MmioWrite& write);
    [[nodiscard]] bool call(const std::function<void()>& function);
    void collect();
    [[nodiscard]] std::string whereabouts() const;
    [[nodiscard]] virt::Gpa command(std::size_t n) const;
    template <class T>
    [[nodiscard]] T peek(virt::Gpa address) const;
    template <class T>
    void poke(virt::Gpa address, T value);

    arm64::Vcpu& vcpu_;
    virt::GuestMemory& memory_;
    const unsigned number_;
    const virt::Gpa mailbox_;

    // Handed over by `state_`: the test's while idle, the thread's while running.
    List list_;
    Result result_;
    std::string complaint_; ///< why the list cannot go on
    std::function<void(std::uint32_t)> on_interrupt_;
    std::uint64_t load_value_ = 0;
    std::uint32_t records_ = 0; ///< seen so far
    bool error_expected_ = false;
    bool entered_ = false;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    State state_ = State::idle;
    bool give_up_ = false; ///< leave the guest, whatever it does
    bool quit_ = false;
    std::thread thread_;
};

} // namespace conformance

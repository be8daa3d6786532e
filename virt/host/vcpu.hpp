// SPDX-License-Identifier: Apache-2.0
// The architecture-neutral half of a vCPU on the kernel's KVM.
#pragma once

#include "virt/host/attributes.hpp"
#include "virt/kvm.hpp"

#include <sys/types.h>

#include <atomic>
#include <cstddef>

struct kvm_run; // <linux/kvm.h>

namespace virt::host {

/// The mapping that KVM shares with us: one kvm_run and what follows it.
class RunArea {
public:
    static expected<RunArea> map(int vcpu, std::size_t size);
    RunArea(RunArea&& other) noexcept;
    RunArea& operator=(RunArea&&) = delete;
    ~RunArea();

    [[nodiscard]] kvm_run* get() const { return run_; }

private:
    RunArea(kvm_run* run, std::size_t size) : run_(run), size_(size) {}
    kvm_run* run_;
    std::size_t size_;
};

/// Arm's half derives from this and from arm64::Vcpu.
///
/// A kick is `kvm_run::immediate_exit`, which stays set until a run has seen it, plus a signal for a vCPU that is in
/// the guest at that moment. The signal's handler does nothing and restarts other system calls.
class Vcpu : public FdAttributes, public virtual virt::Vcpu {
public:
    expected<Exit> run() final;
    void complete(std::uint64_t value) final;
    expected<void> finish() final;
    void kick() final;

    expected<void> get(RegisterId id, std::span<std::byte> data) const override;
    expected<void> set(RegisterId id, std::span<const std::byte> data) override;
    [[nodiscard]] expected<std::vector<RegisterId>> registers() const override;
    [[nodiscard]] expected<MpState> mp_state() const override;
    expected<void> set_mp_state(MpState state) override;

    using virt::Vcpu::get;
    using virt::Vcpu::set;

protected:
    Vcpu(Fd fd, RunArea area);
    [[nodiscard]] kvm_run& area() const { return *area_.get(); }
    /// kvm_run::debug has a layout of the architecture's.
    [[nodiscard]] virtual exit::Debug decode_debug(const kvm_run& run) const = 0;

private:
    [[nodiscard]] Exit decode(const kvm_run& run) const;

    [[gnu::noinline]] expected<Exit> run_as_new_owner();
    [[gnu::noinline]] expected<Exit> leave_guest(long result);

    RunArea area_;
    const void* owner_ = nullptr;   // thread pointer of who runs it: cheaper to compare than its number
    std::atomic<pid_t> thread_ = 0; // the same thread for tgkill, 0 before the first run
};

} // namespace virt::host

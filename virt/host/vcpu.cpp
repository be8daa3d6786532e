// SPDX-License-Identifier: Apache-2.0
// KVM_RUN and the other vCPU ioctls. Source: Documentation/virt/kvm/api.rst, sections 4 and 5.
#include "virt/host/vcpu.hpp"

#include "virt/host/ioctl.hpp"
#include "virt/host/kvm_run.hpp"

#include <linux/kvm.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <mutex>
#include <utility>

namespace virt::host {
namespace {

void ignore_kick(int) {}

void install_kick_handler() {
    static std::once_flag once;
    std::call_once(once, [] {
        struct sigaction action{};
        action.sa_handler = ignore_kick;
        action.sa_flags = SA_RESTART;
        ::sigaction(SIGRTMIN, &action, nullptr);
    });
}

} // namespace

// Every exit but MMIO, which is decoded on its way.
Exit Vcpu::decode(const kvm_run& run) const {
    switch (run.exit_reason) {
    case KVM_EXIT_INTR: return exit::Interrupted{};
    case KVM_EXIT_SYSTEM_EVENT:
        return exit::SystemEvent{static_cast<exit::SystemEvent::Type>(run.system_event.type),
                                 run.system_event.ndata > 0 ? run.system_event.data[0] : 0};
    case KVM_EXIT_DEBUG: return decode_debug(run);
    case KVM_EXIT_ARM_NISV: return exit::NoSyndrome{run.arm_nisv.esr_iss, run.arm_nisv.fault_ipa};
    case KVM_EXIT_HYPERCALL: {
        std::uint64_t flags = 0; // arm64 puts them where x86 has `longmode`
        std::memcpy(&flags, &run.hypercall.longmode, sizeof run.hypercall.longmode);
        return exit::Hypercall{run.hypercall.nr, flags};
    }
    case KVM_EXIT_FAIL_ENTRY: return exit::FailEntry{run.fail_entry.hardware_entry_failure_reason, run.fail_entry.cpu};
    case KVM_EXIT_INTERNAL_ERROR: return exit::InternalError{run.internal.suberror};
    default: return exit::Unknown{run.exit_reason};
    }
}

expected<RunArea> RunArea::map(int vcpu, std::size_t size) {
    void* const area = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    if (area == MAP_FAILED)
        return system_failure("map kvm_run");
    return RunArea(static_cast<kvm_run*>(area), size);
}

RunArea::RunArea(RunArea&& other) noexcept : run_(std::exchange(other.run_, nullptr)), size_(other.size_) {}

RunArea::~RunArea() {
    if (run_ != nullptr)
        ::munmap(run_, size_);
}

Vcpu::Vcpu(Fd fd, RunArea area) : FdAttributes(std::move(fd)), area_(std::move(area)) { install_kick_handler(); }

// The way of every MMIO access of the guest: its instructions are counted (bench/README.md, row 1). Whatever else there
// is to do is a tail call, so that this way needs no stack.
expected<Exit> Vcpu::run() {
    if (owner_ != __builtin_thread_pointer()) [[unlikely]]
        return run_as_new_owner();
    const long result = enter_guest(fd());
    const kvm_run& run = area();
    if (result != 0 || run.exit_reason != KVM_EXIT_MMIO) [[unlikely]]
        return leave_guest(result);
    const auto width = static_cast<Width>(run.mmio.len);
    if (run.mmio.is_write == 0)
        return expected<Exit>(tl::in_place, exit::MmioRead{run.mmio.phys_addr, width});
    std::uint64_t value = 0;
    std::memcpy(&value, run.mmio.data, sizeof value);
    return expected<Exit>(tl::in_place, exit::MmioWrite{run.mmio.phys_addr, width, value & mask_of(width)});
}

expected<Exit> Vcpu::run_as_new_owner() {
    owner_ = __builtin_thread_pointer();
    // Known before the kernel reads `immediate_exit`, so that a kick finds one or the other.
    thread_.store(static_cast<pid_t>(::syscall(SYS_gettid)));
    return run();
}

expected<Exit> Vcpu::leave_guest(long result) {
    kvm_run& run = area();
    if (result == 0)
        return decode(run);
    if (result != -EINTR)
        return failure(static_cast<int>(-result), "run a vCPU");
    std::atomic_ref(run.immediate_exit).store(0);
    // A kick that this store swallowed is the one reported here: its request must be seen by what follows.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    return exit::Interrupted{};
}

void Vcpu::complete(std::uint64_t value) { std::memcpy(area().mmio.data, &value, sizeof value); }

expected<void> Vcpu::finish() {
    // Left set: clearing it could lose a kick of that moment. The next run reports one interruption too many.
    std::atomic_ref(area().immediate_exit).store(1);
    if (::ioctl(fd(), KVM_RUN, 0UL) == 0 || errno == EINTR)
        return {};
    return system_failure("finish the pending exit of a vCPU");
}

void Vcpu::kick() {
    std::atomic_ref(area().immediate_exit).store(1);
    if (const pid_t thread = thread_.load(); thread != 0) {
        const int saved = errno;
        ::syscall(SYS_tgkill, ::getpid(), thread, SIGRTMIN);
        errno = saved;
    }
}

expected<void> Vcpu::get(RegisterId id, std::span<std::byte> data) const {
    if (data.size() != size_of(id))
        return failure(EINVAL, "read a vCPU register of another size");
    kvm_one_reg request{.id = id.value, .addr = reinterpret_cast<std::uintptr_t>(data.data())};
    VIRT_TRY(control(fd(), KVM_GET_ONE_REG, &request, "read a vCPU register"));
    return {};
}

expected<void> Vcpu::set(RegisterId id, std::span<const std::byte> data) {
    if (data.size() != size_of(id))
        return failure(EINVAL, "write a vCPU register of another size");
    kvm_one_reg request{.id = id.value, .addr = reinterpret_cast<std::uintptr_t>(data.data())};
    VIRT_TRY(control(fd(), KVM_SET_ONE_REG, &request, "write a vCPU register"));
    return {};
}

expected<std::vector<RegisterId>> Vcpu::registers() const {
    static_assert(sizeof(kvm_reg_list) == 8, "cmake/uapi comes before the system's headers");
    // kvm_reg_list: a count, then as many identifiers. Asked with room for none it answers E2BIG and the count.
    std::vector<std::uint64_t> list(1, 0);
    if (::ioctl(fd(), KVM_GET_REG_LIST, list.data()) < 0) {
        if (errno != E2BIG)
            return system_failure("list the registers of a vCPU");
        list.resize(1 + list[0]);
        VIRT_TRY(control(fd(), KVM_GET_REG_LIST, list.data(), "list the registers of a vCPU"));
    }
    std::vector<RegisterId> ids;
    ids.reserve(list[0]);
    std::transform(list.begin() + 1, list.end(), std::back_inserter(ids), [](auto id) { return RegisterId{id}; });
    return ids;
}

expected<MpState> Vcpu::mp_state() const {
    kvm_mp_state state{};
    VIRT_TRY(control(fd(), KVM_GET_MP_STATE, &state, "read the state of a vCPU"));
    return static_cast<MpState>(state.mp_state);
}

expected<void> Vcpu::set_mp_state(MpState state) {
    kvm_mp_state request{.mp_state = static_cast<std::uint32_t>(state)};
    VIRT_TRY(control(fd(), KVM_SET_MP_STATE, &request, "set the state of a vCPU"));
    return {};
}

} // namespace virt::host

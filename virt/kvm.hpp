// SPDX-License-Identifier: Apache-2.0
// The outer seam: KVM's API as C++ types, with KVM's semantics and errnos.
//
// The VMM is written once against it. Providers: virt/host (the kernel's /dev/kvm; its Arm half is in
// arch-arm64/kvm) and the userspace ones. Unless a comment says otherwise a call means what
// Documentation/virt/kvm/api.rst says of the ioctl named beside it, and its errors carry that ioctl's errno.
//
// Beyond KVM's calls the seam adds, on purpose: `Exit` and `complete`, a sticky `kick`, `finish`, slot kinds and a
// slot listener, a capability mask (virt/capability.hpp), and guest debug shared by several users
// (virt/guest_debug.hpp).
#pragma once

#include "virt/capability.hpp"
#include "virt/exit.hpp"
#include "virt/expected.hpp"
#include "virt/ids.hpp"
#include "virt/memory_slots.hpp"
#include "virt/msi.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

struct kvm_irq_routing; // <linux/kvm.h>

namespace virt {

class RouteTable;

/// KVM_{HAS,GET,SET}_DEVICE_ATTR, which devices, vCPUs and VMs all answer. Any thread.
class Attributes {
public:
    Attributes() = default;
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    virtual ~Attributes() = default;

    [[nodiscard]] virtual bool has_attr(std::uint32_t group, std::uint64_t attr) const = 0;
    /// `data` is the payload that the attribute defines (4 or 8 bytes, mostly); empty for one that has none.
    /// Some attributes read their key from it first (KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION).
    virtual expected<void> get_attr(std::uint32_t group, std::uint64_t attr, std::span<std::byte> data) const = 0;
    virtual expected<void> set_attr(std::uint32_t group, std::uint64_t attr, std::span<const std::byte> data) = 0;

    /// The payload as one number.
    template <std::unsigned_integral T>
    expected<void> set_number(std::uint32_t group, std::uint64_t attr, T value) {
        return set_attr(group, attr, std::as_bytes(std::span(&value, 1)));
    }
    template <std::unsigned_integral T>
    expected<T> get_number(std::uint32_t group, std::uint64_t attr) const {
        T value{};
        VIRT_TRY(get_attr(group, attr, std::as_writable_bytes(std::span(&value, 1))));
        return value;
    }
};

/// An in-kernel (or in-library) device: a vGIC, an ITS, the VFIO device. Gone with its VM, not with this object.
class Device : public virtual Attributes {};

/// KVM_{GET,SET}_MP_STATE. Source: api.rst 4.38.
enum class MpState : std::uint32_t { runnable = 0, stopped = 5, suspended = 10 };

/// One virtual CPU. All calls belong to the thread that runs it, except `kick`.
class Vcpu : public virtual Attributes {
public:
    /// KVM_RUN: enters the guest until it exits. A `kick` since the last `run` makes it return `Interrupted` without
    /// executing a guest instruction, and what a thread wrote before it kicked is visible then. EIO once the VM is
    /// dead, ENOEXEC before the vCPU is initialised.
    virtual expected<Exit> run() = 0;

    /// Answers the last exit: the loaded value of `MmioRead` (low `width` bytes). The guest sees it at the next `run`.
    virtual void complete(std::uint64_t value) = 0;

    /// Makes registers and PC consistent after an exit that needs completion, without executing further. To be
    /// called before state is saved.
    virtual expected<void> finish() = 0;

    /// Makes the present or the next `run` return `Interrupted`. Sticky, any thread, async-signal-safe.
    virtual void kick() = 0;

    /// KVM_{GET,SET}_ONE_REG; EINVAL unless `data` has the size that the identifier encodes (bits 55:52).
    virtual expected<void> get(RegisterId id, std::span<std::byte> data) const = 0;
    virtual expected<void> set(RegisterId id, std::span<const std::byte> data) = 0;
    /// KVM_GET_REG_LIST.
    [[nodiscard]] virtual expected<std::vector<RegisterId>> registers() const = 0;

    [[nodiscard]] virtual expected<MpState> mp_state() const = 0;
    virtual expected<void> set_mp_state(MpState state) = 0;

    expected<std::uint64_t> get(RegisterId id) const {
        std::uint64_t value = 0;
        VIRT_TRY(get(id, std::as_writable_bytes(std::span(&value, 1))));
        return value;
    }
    expected<void> set(RegisterId id, std::uint64_t value) { return set(id, std::as_bytes(std::span(&value, 1))); }
};

/// KVM_IRQFD. With `resample` the GSI is level-sensitive: lowered, and `resample` signalled, at deactivation.
struct Irqfd {
    int eventfd;
    Gsi gsi;
    std::optional<int> resample = {};
};

/// KVM_IOEVENTFD on the MMIO bus. `length` is 0 (any), 1, 2, 4 or 8 bytes.
struct Ioeventfd {
    int eventfd;
    Gpa address;
    std::uint32_t length;
    std::optional<std::uint64_t> datamatch = {};
};

/// The packed `irq` field of KVM_IRQ_LINE, which each architecture defines (arm64::irq_line makes them). Not a GSI.
using IrqLineField = Id<struct IrqLineFieldMeaning, std::uint32_t>;

/// One virtual machine. Any thread; the provider serialises what KVM serialises.
class Vm : public virtual Attributes {
public:
    /// KVM_CHECK_EXTENSION on the VM; 0 means absent. Some answers change: `msi_devid` is 0 before the first ITS.
    [[nodiscard]] virtual int check_extension(Capability capability) const = 0;
    /// KVM_ENABLE_CAP.
    virtual expected<void> enable(Capability capability, std::uint64_t argument = 0) = 0;

    /// KVM_SET_USER_MEMORY_REGION. EEXIST if guest addresses overlap another slot's, EINVAL if not page-aligned.
    virtual expected<void> add_memory(const MemorySlot& slot) = 0;
    /// ENOENT if there is no such slot. Waits until no vCPU uses the memory.
    virtual expected<void> remove_memory(SlotId id) = 0;
    /// Tells `listener` of every slot there is, then of every change, in the caller's thread.
    virtual expected<void> set_slot_listener(SlotListener* listener) = 0;
    /// Switches the log of a slot in use. ENOENT if there is no such slot.
    virtual expected<void> set_dirty_log(SlotId id, DirtyLog log) = 0;
    /// KVM_GET_DIRTY_LOG: ORs one bit per 4 KiB page of the slot (whatever the host's page size), written since the
    /// last call, into `bitmap`.
    virtual expected<void> collect_dirty(SlotId id, std::span<std::uint64_t> bitmap) = 0;

    /// KVM_CREATE_DEVICE.
    virtual expected<std::unique_ptr<Device>> create_device(DeviceType type) = 0;
    /// KVM_CREATE_DEVICE with KVM_CREATE_DEVICE_TEST: whether the host knows the type.
    [[nodiscard]] virtual bool knows_device(DeviceType type) const = 0;

    /// KVM_SET_GSI_ROUTING: replaces the whole table.
    virtual expected<void> set_gsi_routing(const kvm_irq_routing& table) = 0;
    /// The same for a table of which only the routes of `changed` differ from the last one that this VM was given. The
    /// kernel takes nothing but whole tables; a provider in userspace is as fast as the change is small.
    virtual expected<void> change_gsi_routing(RouteTable& table, std::span<const Gsi> changed);
    /// KVM_IRQFD. EAGAIN before the vGIC is initialised, EBUSY if the eventfd has a binding.
    virtual expected<void> assign(const Irqfd& irqfd) = 0;
    /// Returns when no injection from that eventfd is under way. Succeeds if there was no such binding.
    virtual expected<void> deassign(const Irqfd& irqfd) = 0;
    /// KVM_IOEVENTFD. EEXIST on a collision; deassigning what is not there is ENOENT.
    virtual expected<void> assign(const Ioeventfd& ioeventfd) = 0;
    virtual expected<void> deassign(const Ioeventfd& ioeventfd) = 0;
    /// KVM_SIGNAL_MSI: true if delivered, false if the guest has not mapped it.
    virtual expected<bool> signal(const Msi& msi) = 0;
    /// KVM_IRQ_LINE.
    virtual expected<void> set_irq_line(IrqLineField irq, bool level) = 0;
};

} // namespace virt

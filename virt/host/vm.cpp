// SPDX-License-Identifier: Apache-2.0
// VM ioctls. Source: Documentation/virt/kvm/api.rst, section 4.
#include "virt/host/vm.hpp"

#include "virt/host/ioctl.hpp"

#include <linux/kvm.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <vector>

namespace virt::host {
namespace {

kvm_userspace_memory_region region(const MemorySlot& slot, std::uint64_t size) {
    std::uint32_t flags = 0;
    if (slot.kind == SlotKind::rom)
        flags |= KVM_MEM_READONLY;
    if (slot.log == DirtyLog::on)
        flags |= KVM_MEM_LOG_DIRTY_PAGES;
    return {.slot = slot.id.value,
            .flags = size == 0 ? 0 : flags,
            .guest_phys_addr = slot.base,
            .memory_size = size,
            .userspace_addr = reinterpret_cast<std::uintptr_t>(slot.host)};
}

kvm_irqfd encode(const Irqfd& irqfd, std::uint32_t flags) {
    kvm_irqfd request{};
    request.fd = static_cast<std::uint32_t>(irqfd.eventfd);
    request.gsi = irqfd.gsi.value;
    request.flags = flags;
    if (irqfd.resample) {
        request.flags |= KVM_IRQFD_FLAG_RESAMPLE;
        request.resamplefd = static_cast<std::uint32_t>(*irqfd.resample);
    }
    return request;
}

kvm_ioeventfd encode(const Ioeventfd& ioeventfd, std::uint32_t flags) {
    kvm_ioeventfd request{};
    request.datamatch = ioeventfd.datamatch.value_or(0);
    request.addr = ioeventfd.address;
    request.len = ioeventfd.length;
    request.fd = ioeventfd.eventfd;
    request.flags = flags | (ioeventfd.datamatch ? KVM_IOEVENTFD_FLAG_DATAMATCH : 0U);
    return request;
}

expected<void> done(expected<int> result) {
    VIRT_TRY(result);
    return {};
}

} // namespace

expected<void> Vm::visible(Capability capability, const char* attempted) const {
    if (system_.mask().hides(capability))
        return failure(ENOTTY, attempted, "hidden by request");
    return {};
}

int Vm::check_extension(Capability capability) const {
    if (system_.mask().hides(capability))
        return 0;
    const int answer = ::ioctl(fd(), KVM_CHECK_EXTENSION, static_cast<unsigned long>(capability));
    return answer < 0 ? 0 : answer;
}

expected<void> Vm::enable(Capability capability, std::uint64_t argument) {
    VIRT_TRY(visible(capability, "enable a KVM capability"));
    kvm_enable_cap request{};
    request.cap = static_cast<std::uint32_t>(capability);
    request.args[0] = argument;
    return done(control(fd(), KVM_ENABLE_CAP, &request, "enable a KVM capability"));
}

expected<void> Vm::add_memory(const MemorySlot& slot) {
    if (slot.kind == SlotKind::rom)
        VIRT_TRY(visible(Capability::readonly_mem, "add read-only memory"));
    const auto apply = [&](std::uint64_t size) {
        auto request = region(slot, size);
        return done(control(fd(), KVM_SET_USER_MEMORY_REGION, &request, "give memory to the virtual machine"));
    };
    return slots_.add(slot, [&] { return apply(slot.size); }, [&] { return apply(0); });
}

expected<void> Vm::set_dirty_log(SlotId id, DirtyLog log) {
    return slots_.set_log(id, log, [&](const MemorySlot& slot) {
        auto request = region(slot, slot.size);
        return done(control(fd(), KVM_SET_USER_MEMORY_REGION, &request, "switch the dirty log"));
    });
}

expected<void> Vm::remove_memory(SlotId id) {
    return slots_.remove(id, [&](const MemorySlot& slot) {
        auto request = region(slot, 0);
        return done(control(fd(), KVM_SET_USER_MEMORY_REGION, &request, "take memory from the virtual machine"));
    });
}

expected<void> Vm::collect_dirty(SlotId id, std::span<std::uint64_t> bitmap) {
    const auto slot = slots_.find(id);
    VIRT_TRY(slot);
    const std::uint64_t pages = slot->size / MemorySlots::page;
    if (bitmap.size() * 64 < pages)
        return failure(EINVAL, "collect dirty pages into so short a bitmap");
    // KVM counts pages of the host's size, the seam pages of 4 KiB.
    const auto host_page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const std::uint64_t ratio = host_page / MemorySlots::page;
    std::vector<std::uint64_t> fresh((pages / ratio + 63) / 64 + 1);
    kvm_dirty_log request{};
    request.slot = id.value;
    request.dirty_bitmap = fresh.data();
    VIRT_TRY(control(fd(), KVM_GET_DIRTY_LOG, &request, "read the dirty log"));
    for (std::uint64_t page = 0; page < pages; ++page)
        if ((fresh[page / ratio / 64] >> (page / ratio % 64) & 1) != 0)
            bitmap[page / 64] |= std::uint64_t{1} << (page % 64);
    return {};
}

expected<std::unique_ptr<virt::Device>> Vm::create_device(DeviceType type) {
    if (system_.mask().hides(type))
        return failure(ENODEV, "create a KVM device", "hidden by request");
    kvm_create_device request{.type = static_cast<std::uint32_t>(type), .fd = 0, .flags = 0};
    VIRT_TRY(control(fd(), KVM_CREATE_DEVICE, &request, "create a KVM device"));
    return std::make_unique<Device>(Fd(static_cast<int>(request.fd)));
}

bool Vm::knows_device(DeviceType type) const {
    kvm_create_device request{.type = static_cast<std::uint32_t>(type), .fd = 0, .flags = KVM_CREATE_DEVICE_TEST};
    return !system_.mask().hides(type) && ::ioctl(fd(), KVM_CREATE_DEVICE, &request) == 0;
}

expected<void> Vm::set_gsi_routing(const kvm_irq_routing& table) {
    VIRT_TRY(visible(Capability::irq_routing, "set the GSI routing table"));
    return done(control(fd(), KVM_SET_GSI_ROUTING, &table, "set the GSI routing table"));
}

expected<void> Vm::assign(const Irqfd& irqfd) {
    VIRT_TRY(visible(Capability::irqfd, "assign an irqfd"));
    if (irqfd.resample)
        VIRT_TRY(visible(Capability::irqfd_resample, "assign an irqfd with resampling"));
    auto request = encode(irqfd, 0);
    return done(control(fd(), KVM_IRQFD, &request, "assign an irqfd"));
}

expected<void> Vm::deassign(const Irqfd& irqfd) {
    VIRT_TRY(visible(Capability::irqfd, "deassign an irqfd"));
    auto request = encode(irqfd, KVM_IRQFD_FLAG_DEASSIGN);
    return done(control(fd(), KVM_IRQFD, &request, "deassign an irqfd"));
}

expected<void> Vm::assign(const Ioeventfd& ioeventfd) {
    VIRT_TRY(visible(Capability::ioeventfd, "assign an ioeventfd"));
    auto request = encode(ioeventfd, 0);
    return done(control(fd(), KVM_IOEVENTFD, &request, "assign an ioeventfd"));
}

expected<void> Vm::deassign(const Ioeventfd& ioeventfd) {
    VIRT_TRY(visible(Capability::ioeventfd, "deassign an ioeventfd"));
    auto request = encode(ioeventfd, KVM_IOEVENTFD_FLAG_DEASSIGN);
    return done(control(fd(), KVM_IOEVENTFD, &request, "deassign an ioeventfd"));
}

expected<bool> Vm::signal(const Msi& msi) {
    VIRT_TRY(visible(Capability::signal_msi, "signal an MSI"));
    kvm_msi request{};
    request.address_lo = static_cast<std::uint32_t>(msi.address);
    request.address_hi = static_cast<std::uint32_t>(msi.address >> 32);
    request.data = msi.data;
    if (msi.device) {
        request.flags = KVM_MSI_VALID_DEVID;
        request.devid = msi.device->value;
    }
    const auto delivered = control(fd(), KVM_SIGNAL_MSI, &request, "signal an MSI");
    VIRT_TRY(delivered);
    return *delivered > 0;
}

expected<void> Vm::set_irq_line(IrqLineField irq, bool level) {
    kvm_irq_level request{};
    request.irq = irq.value;
    request.level = level ? 1 : 0;
    return done(control(fd(), KVM_IRQ_LINE, &request, "set an interrupt line"));
}

expected<Fd> Vm::create_vcpu_fd(VcpuId id) const {
    auto vcpu = control(fd(), KVM_CREATE_VCPU, static_cast<unsigned long>(id.value), "create a vCPU");
    VIRT_TRY(vcpu);
    return Fd(*vcpu);
}

} // namespace virt::host

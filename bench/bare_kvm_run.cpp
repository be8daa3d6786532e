// SPDX-License-Identifier: Apache-2.0
// The smallest honest VMM: one vCPU, a vGICv3 with an ITS, 128 MiB, and a UART that can only print. What it costs is
// the kernel's price; what itsy costs above it is itsy's own. So it does nothing that a guest of ours does not need,
// and talks to KVM directly. Addresses are kvmtool's, as itsy's are.
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::uint64_t ram = 0x8000'0000;
constexpr std::size_t ram_size = std::size_t{128} << 20;
constexpr std::uint64_t text_offset = 0x8'0000;
constexpr std::uint64_t distributor = 0x3fff'0000;
constexpr std::uint64_t redistributor = distributor - 0x2'0000;
constexpr std::uint64_t its = redistributor - 0x2'0000;
constexpr std::uint64_t uart = 0x0100'0000;
constexpr std::uint32_t interrupts = 128;
constexpr std::uint64_t register_pc =
    KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(regs.pc);

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(125);
}

int checked(int result, const char* what) {
    if (result < 0)
        fail(what);
    return result;
}

int create_device(int vm, std::uint32_t type) {
    kvm_create_device device{};
    device.type = type;
    checked(ioctl(vm, KVM_CREATE_DEVICE, &device), "KVM_CREATE_DEVICE");
    return static_cast<int>(device.fd);
}

void set_attribute(int device, std::uint32_t group, std::uint64_t attribute, const void* value) {
    kvm_device_attr request{};
    request.group = group;
    request.attr = attribute;
    request.addr = reinterpret_cast<std::uintptr_t>(value);
    checked(ioctl(device, KVM_SET_DEVICE_ATTR, &request), "KVM_SET_DEVICE_ATTR");
}

void create_gic(int vm) {
    const int gic = create_device(vm, KVM_DEV_TYPE_ARM_VGIC_V3);
    set_attribute(gic, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &interrupts);
    set_attribute(gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &distributor);
    set_attribute(gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, &redistributor);
    const int translator = create_device(vm, KVM_DEV_TYPE_ARM_VGIC_ITS);
    set_attribute(translator, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_ITS_ADDR_TYPE, &its);
    set_attribute(translator, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, nullptr);
    set_attribute(gic, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, nullptr);
}

void create_memory(int vm, const char* binary) {
    void* const memory =
        mmap(nullptr, ram_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        fail("mmap");
    const int file = checked(open(binary, O_RDONLY | O_CLOEXEC), binary);
    if (read(file, static_cast<std::byte*>(memory) + text_offset, ram_size - text_offset) <= 0)
        fail(binary);
    kvm_userspace_memory_region region{};
    region.guest_phys_addr = ram;
    region.memory_size = ram_size;
    region.userspace_addr = reinterpret_cast<std::uintptr_t>(memory);
    checked(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "KVM_SET_USER_MEMORY_REGION");
}

int create_vcpu(int vm) {
    const int vcpu = checked(ioctl(vm, KVM_CREATE_VCPU, 0UL), "KVM_CREATE_VCPU");
    kvm_vcpu_init init{};
    checked(ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init), "KVM_ARM_PREFERRED_TARGET");
    init.features[0] = 1U << KVM_ARM_VCPU_PSCI_0_2;
    checked(ioctl(vcpu, KVM_ARM_VCPU_INIT, &init), "KVM_ARM_VCPU_INIT");
    const std::uint64_t entry = ram + text_offset;
    kvm_one_reg pc{};
    pc.id = register_pc;
    pc.addr = reinterpret_cast<std::uintptr_t>(&entry);
    checked(ioctl(vcpu, KVM_SET_ONE_REG, &pc), "KVM_SET_ONE_REG");
    return vcpu;
}

void serve(kvm_run& run) {
    if (run.mmio.is_write == 0)
        std::memset(run.mmio.data, 0, sizeof run.mmio.data);
    else if (run.mmio.phys_addr == uart)
        std::putchar(run.mmio.data[0]);
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: bare_kvm_run FLAT-BINARY\n", stderr);
        return 2;
    }
    const int kvm = checked(open("/dev/kvm", O_RDWR | O_CLOEXEC), "/dev/kvm");
    const int vm = checked(ioctl(kvm, KVM_CREATE_VM, 0UL), "KVM_CREATE_VM");
    create_memory(vm, argv[1]);
    const int vcpu = create_vcpu(vm);
    create_gic(vm);

    const auto size =
        static_cast<std::size_t>(checked(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0UL), "KVM_GET_VCPU_MMAP_SIZE"));
    void* const area = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    if (area == MAP_FAILED)
        fail("mmap");
    kvm_run& run = *static_cast<kvm_run*>(area);

    for (;;) {
        checked(ioctl(vcpu, KVM_RUN, 0UL), "KVM_RUN");
        if (run.exit_reason == KVM_EXIT_MMIO) {
            serve(run);
        } else if (run.exit_reason == KVM_EXIT_SYSTEM_EVENT) {
            return run.system_event.type == KVM_SYSTEM_EVENT_SHUTDOWN ? 0 : 125;
        } else {
            std::fprintf(stderr, "exit reason %u\n", run.exit_reason);
            return 125;
        }
    }
}

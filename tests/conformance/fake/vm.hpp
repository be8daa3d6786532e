// SPDX-License-Identifier: Apache-2.0
// A provider of VMs whose routing, irqfds and ioeventfds are ours, with a small fake where the GIC belongs.
#pragma once

#include "arch-arm64/kvm.hpp"
#include "tests/conformance/fake/gic.hpp"
#include "tests/conformance/seam_puppet.hpp"
#include "virt/event_loop.hpp"
#include "virt/io_bus.hpp"
#include "virt/ioeventfd.hpp"
#include "virt/irq_router.hpp"
#include "virt/irqfd.hpp"
#include "virt/memory_slots.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <thread>

namespace conformance {

/// Anything that is neither routing, irqfd nor ioeventfd and that no test of those needs is ENOSYS.
class FakeVm final : public arm64::Vm {
public:
    static virt::expected<std::unique_ptr<FakeVm>> create();
    ~FakeVm() override;

    [[nodiscard]] FakeGic& gic() { return gic_; }
    [[nodiscard]] SeamCpus& cpus() { return cpus_; }
    [[nodiscard]] virt::IoBus& bus() { return bus_; }
    /// Until what was signalled before this call has been injected.
    void settle();
    /// KVM_DEV_ARM_VGIC_CTRL_INIT of the vGIC: with it comes a route to each SPI.
    virt::expected<void> init_gic(std::uint32_t interrupts);

    int check_extension(virt::Capability capability) const override;
    virt::expected<void> add_memory(const virt::MemorySlot& slot) override;
    virt::expected<void> remove_memory(virt::SlotId id) override;
    virt::expected<void> set_slot_listener(virt::SlotListener* listener) override;
    virt::expected<std::unique_ptr<virt::Device>> create_device(virt::DeviceType type) override;
    bool knows_device(virt::DeviceType type) const override { return type == virt::DeviceType::vgic_v3; }
    virt::expected<std::unique_ptr<arm64::Vcpu>> create_vcpu(virt::VcpuId id) override;

    virt::expected<void> set_gsi_routing(const kvm_irq_routing& table) override { return router_.replace(table); }
    virt::expected<void> change_gsi_routing(virt::RouteTable& table, std::span<const virt::Gsi> changed) override {
        router_.change(table, changed);
        return {};
    }
    virt::expected<void> assign(const virt::Irqfd& irqfd) override { return irqfds_.assign(irqfd); }
    virt::expected<void> deassign(const virt::Irqfd& irqfd) override { return irqfds_.deassign(irqfd); }
    virt::expected<void> assign(const virt::Ioeventfd& wanted) override { return ioeventfds_.assign(wanted); }
    virt::expected<void> deassign(const virt::Ioeventfd& wanted) override { return ioeventfds_.deassign(wanted); }
    virt::expected<bool> signal(const virt::Msi& msi) override;
    /// KVM_IRQ_LINE for SPIs.
    virt::expected<void> set_irq_line(virt::IrqLineField irq, bool level) override;

    bool has_attr(std::uint32_t, std::uint64_t) const override { return false; }
    virt::expected<void> get_attr(std::uint32_t, std::uint64_t, std::span<std::byte>) const override;
    virt::expected<void> set_attr(std::uint32_t, std::uint64_t, std::span<const std::byte>) override;
    virt::expected<void> enable(virt::Capability, std::uint64_t) override;
    virt::expected<void> set_dirty_log(virt::SlotId, virt::DirtyLog) override;
    virt::expected<void> collect_dirty(virt::SlotId, std::span<std::uint64_t>) override;

private:
    explicit FakeVm(std::unique_ptr<virt::EventLoop> loop);

    /// The GIC's frames, on the bus.
    class Frames final : public virt::IoDevice {
    public:
        explicit Frames(FakeGic& gic) : gic_(gic) {}
        bool read(std::uint32_t vcpu, virt::Gpa address, virt::Width width, std::uint64_t& value) override {
            return gic_.read_mmio(arm64::VcpuIndex{vcpu}, address, width, value);
        }
        bool write(std::uint32_t vcpu, virt::Gpa address, virt::Width width, std::uint64_t value) override {
            return gic_.write_mmio(arm64::VcpuIndex{vcpu}, address, width, value);
        }

    private:
        FakeGic& gic_;
    };
    class Vgic;

    SeamCpus cpus_;
    FakeGic gic_{cpus_};
    Frames frames_{gic_};
    virt::IoBus bus_;
    virt::MemorySlots slots_;
    std::set<virt::VcpuId> vcpus_;
    bool has_gic_ = false;
    std::unique_ptr<virt::EventLoop> loop_;
    virt::IrqRouter router_;
    virt::Irqfds irqfds_;
    virt::Ioeventfds ioeventfds_{bus_};
    virt::Fd fence_;
    std::atomic<std::uint64_t> fences_ = 0; // that the loop has seen
    std::thread thread_;
};

class FakeSystem final : public arm64::System {
public:
    int check_extension(virt::Capability capability) const override;
    virt::expected<std::unique_ptr<arm64::Vm>> create_vm(unsigned ipa_bits) override;
    unsigned max_ipa_bits() const override { return 48; }
    std::uint64_t counter() const override;
    std::uint64_t counter_frequency() const override { return 1'000'000'000; }
};

} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/fake/vm.hpp"

#include "arch-arm64/vgic_attributes.hpp"
#include "virt/route_table.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace conformance {
namespace {

using virt::expected;
namespace attr = arm64::attr;

constexpr std::uint32_t pins = 988;
constexpr virt::Gpa frame_size = 0x1'0000;

virt::unexpected absent() { return virt::failure(ENOSYS, "do what the fake provider has no part in"); }

class FakeVcpu final : public arm64::Vcpu {
public:
    expected<void> init(arm64::VcpuFeatures) override { return {}; }
    expected<void> finalize(arm64::VcpuFeature) override { return absent(); }
    std::uint64_t device_irq_level() const override { return 0; }
    expected<void> inject_external_abort() override { return absent(); }
    expected<arm64::VcpuEvents> events() const override { return absent(); }
    expected<void> set_events(const arm64::VcpuEvents&) override { return absent(); }
    expected<virt::DebugResources> set_guest_debug(virt::DebugUser, virt::GuestDebug) override { return absent(); }
    expected<virt::Exit> run() override { return absent(); }
    void complete(std::uint64_t) override {}
    expected<void> finish() override { return absent(); }
    void kick() override {}
    expected<void> get(virt::RegisterId, std::span<std::byte>) const override { return absent(); }
    expected<void> set(virt::RegisterId, std::span<const std::byte>) override { return absent(); }
    expected<std::vector<virt::RegisterId>> registers() const override { return absent(); }
    expected<virt::MpState> mp_state() const override { return absent(); }
    expected<void> set_mp_state(virt::MpState) override { return absent(); }
    bool has_attr(std::uint32_t, std::uint64_t) const override { return false; }
    expected<void> get_attr(std::uint32_t, std::uint64_t, std::span<std::byte>) const override { return absent(); }
    expected<void> set_attr(std::uint32_t, std::uint64_t, std::span<const std::byte>) override { return absent(); }
};

template <class T>
T number(std::span<const std::byte> data) {
    T value{};
    std::memcpy(&value, data.data(), std::min(sizeof value, data.size()));
    return value;
}

} // namespace

class FakeVm::Vgic final : public virt::Device {
public:
    explicit Vgic(FakeVm& vm) : vm_(vm) {}

    bool has_attr(std::uint32_t, std::uint64_t) const override { return false; }
    expected<void> get_attr(std::uint32_t group, std::uint64_t attr, std::span<std::byte> data) const override {
        if (group != attr::GRP_LEVEL_INFO)
            return absent();
        const std::uint32_t lines = vm_.gic().lines(static_cast<std::uint32_t>(attr & 0x3FF));
        std::memcpy(data.data(), &lines, sizeof lines);
        return {};
    }
    expected<void> set_attr(std::uint32_t group, std::uint64_t attr, std::span<const std::byte> data) override {
        if (group == attr::GRP_NR_IRQS)
            return interrupts_ = number<std::uint32_t>(data), expected<void>{};
        if (group == attr::GRP_CTRL && attr == attr::CTRL_INIT)
            return vm_.init_gic(interrupts_);
        if (group != attr::GRP_ADDR)
            return absent();
        const auto base = number<std::uint64_t>(data);
        const bool distributor = attr == attr::VGIC_V3_ADDR_TYPE_DIST;
        distributor ? vm_.gic().place_distributor(base) : vm_.gic().place_redistributors(base);
        return vm_.bus().add(base, distributor ? frame_size : 2 * frame_size, vm_.frames_);
    }

private:
    FakeVm& vm_;
    std::uint32_t interrupts_ = 256;
};

expected<std::unique_ptr<FakeVm>> FakeVm::create() {
    auto loop = virt::EventLoop::create();
    VIRT_TRY(loop);
    std::unique_ptr<FakeVm> vm(new FakeVm(*std::move(loop)));
    VIRT_TRY(vm->loop_->consume(vm->fence_.get(), virt::EventLoop::Pending::deliver,
                                [seen = &vm->fences_](std::uint64_t) { seen->fetch_add(1); }));
    vm->thread_ = std::thread([raw = vm.get()] { EXPECT_TRUE(raw->loop_->run()); });
    return vm;
}

FakeVm::FakeVm(std::unique_ptr<virt::EventLoop> loop)
    : loop_(std::move(loop)),
      router_(gic_, pins),
      irqfds_(router_, *loop_),
      fence_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

FakeVm::~FakeVm() {
    loop_->stop();
    if (thread_.joinable())
        thread_.join();
}

// On epoll a new signal is one turn of the loop, its read the next, and the fence may come first in either.
void FakeVm::settle() {
    for (int turn = 0; turn < 3; ++turn) {
        const auto before = fences_.load();
        const std::uint64_t one = 1;
        if (::write(fence_.get(), &one, sizeof one) != sizeof one)
            ADD_FAILURE() << "the fence is stuck";
        while (fences_.load() == before)
            std::this_thread::yield();
    }
}

expected<void> FakeVm::init_gic(std::uint32_t interrupts) {
    virt::RouteTable identity(pins);
    for (std::uint32_t pin = 0; pin < interrupts - arm64::first_spi; ++pin)
        identity.set(virt::Gsi{pin}, virt::Pin{pin});
    VIRT_TRY(router_.replace(identity.encoded()));
    gic_.init(interrupts);
    return {};
}

int FakeVm::check_extension(virt::Capability capability) const {
    switch (capability) {
    case virt::Capability::irq_routing: return virt::RouteTable::gsis;
    case virt::Capability::irqfd:
    case virt::Capability::irqfd_resample:
    case virt::Capability::ioeventfd:
    case virt::Capability::ioeventfd_any_length:
    case virt::Capability::signal_msi:
    case virt::Capability::arm_irq_line_layout_2: return 1;
    default: return 0;
    }
}

expected<void> FakeVm::add_memory(const virt::MemorySlot& slot) {
    const auto nothing = [] { return expected<void>{}; };
    return slots_.add(slot, nothing, nothing);
}
expected<void> FakeVm::remove_memory(virt::SlotId id) {
    return slots_.remove(id, [](const virt::MemorySlot&) { return expected<void>{}; });
}
expected<void> FakeVm::set_slot_listener(virt::SlotListener* listener) { return slots_.set_listener(listener); }

expected<std::unique_ptr<virt::Device>> FakeVm::create_device(virt::DeviceType type) {
    if (type != virt::DeviceType::vgic_v3)
        return virt::failure(ENODEV, "create a device");
    if (std::exchange(has_gic_, true))
        return virt::failure(EEXIST, "create a second vGIC");
    return std::make_unique<Vgic>(*this);
}

expected<std::unique_ptr<arm64::Vcpu>> FakeVm::create_vcpu(virt::VcpuId id) {
    if (!vcpus_.insert(id).second)
        return virt::failure(EEXIST, "create a vCPU");
    return std::make_unique<FakeVcpu>();
}

expected<bool> FakeVm::signal(const virt::Msi& msi) {
    if (!has_gic_)
        return virt::failure(EINVAL, "signal an MSI");
    return router_.signal(msi);
}

expected<void> FakeVm::set_irq_line(virt::IrqLineField irq, bool level) {
    enum : std::uint32_t { cpu, spi, ppi };
    const std::uint32_t type = irq.value >> 24 & 0xF;
    const std::uint32_t intid = irq.value & 0xFFFF;
    constexpr auto attempted = "set an interrupt line";
    if (!has_gic_ || type == cpu)
        return virt::failure(ENXIO, attempted);
    if (type == ppi)
        return absent();
    if (type != spi || intid < arm64::first_spi)
        return virt::failure(EINVAL, attempted);
    if (!gic_.initialised())
        return virt::failure(EBUSY, attempted);
    if (intid >= gic_.interrupts())
        return virt::failure(EINVAL, attempted);
    const auto pin = arm64::pin_of(arm64::Intid{intid});
    level ? gic_.raise(pin) : gic_.lower(pin);
    return {};
}

expected<void> FakeVm::get_attr(std::uint32_t, std::uint64_t, std::span<std::byte>) const { return absent(); }
expected<void> FakeVm::set_attr(std::uint32_t, std::uint64_t, std::span<const std::byte>) { return absent(); }
expected<void> FakeVm::enable(virt::Capability, std::uint64_t) { return absent(); }
expected<void> FakeVm::set_dirty_log(virt::SlotId, virt::DirtyLog) { return absent(); }
expected<void> FakeVm::collect_dirty(virt::SlotId, std::span<std::uint64_t>) { return absent(); }

int FakeSystem::check_extension(virt::Capability) const { return 0; }

std::uint64_t FakeSystem::counter() const {
    return static_cast<std::uint64_t>(
        std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

expected<std::unique_ptr<arm64::Vm>> FakeSystem::create_vm(unsigned) {
    auto vm = FakeVm::create();
    VIRT_TRY(vm);
    return std::unique_ptr<arm64::Vm>(*std::move(vm));
}

} // namespace conformance

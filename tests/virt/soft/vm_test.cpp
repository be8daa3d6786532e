// SPDX-License-Identifier: Apache-2.0
// The neutral half of a VM in userspace: memory, what is hidden, a VM that died, irqfds to the end.
#include "virt/soft/vm.hpp"

#include "tests/virt/fake_irqchip.hpp"
#include "virt/eventfd.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>

namespace virt::soft {
namespace {

struct Base { // goes last
    FakeIrqchip irqchip;
    Ground ground;
};

class TestVm final : private Base, public Vm {
public:
    explicit TestVm(CapabilityMask mask = {})
        : Vm(*EventLoop::create(), std::move(mask), Gpa{1} << 32, ground, irqchip, 64) {}

    FakeIrqchip& chip() { return irqchip; }
    using Vm::route_pins;

    bool has_attr(std::uint32_t, std::uint64_t) const override { return false; }
    expected<void> get_attr(std::uint32_t, std::uint64_t, std::span<std::byte>) const override { return alive(); }
    expected<void> set_attr(std::uint32_t, std::uint64_t, std::span<const std::byte>) override { return alive(); }
    expected<void> enable(Capability, std::uint64_t) override { return alive(); }
    expected<std::unique_ptr<virt::Device>> create_device(DeviceType) override { return failure(ENODEV, "create"); }
    bool knows_device(DeviceType) const override { return false; }
    expected<void> set_irq_line(IrqLineField, bool) override { return alive(); }

    bool created = true;
    int memory_changes = 0;

private:
    void memory_changed() override { ++memory_changes; }
    bool has_irqchip() const override { return created; }
};

template <class T>
int code(const expected<T>& result) {
    return result ? 0 : result.error().code;
}

constexpr std::uint64_t page = 0x1000;
alignas(page) std::array<std::byte, 2 * page> backing;

MemorySlot slot(Gpa base, DirtyLog log = DirtyLog::off) {
    return {.id = SlotId{1}, .base = base, .size = 2 * page, .host = backing.data(), .log = log};
}

TEST(SoftVm, MemoryEndsWithTheAddressSpace) {
    TestVm vm;
    EXPECT_EQ(code(vm.add_memory(slot(vm.end()))), EFAULT);
    EXPECT_EQ(code(vm.add_memory(slot(vm.end() - page))), EFAULT);
    EXPECT_FALSE(vm.memory().visible(vm.end() - page));
    EXPECT_EQ(code(vm.add_memory(slot(vm.end() - 2 * page))), 0);
    EXPECT_TRUE(vm.memory().visible(vm.end() - page));
    EXPECT_EQ(vm.memory_changes, 0);
    EXPECT_EQ(code(vm.remove_memory(SlotId{1})), 0);
    EXPECT_FALSE(vm.memory().visible(vm.end() - page));
    EXPECT_EQ(vm.memory_changes, 1) << "who executes vCPUs is told";
}

TEST(SoftVm, TheDirtyLogIsOfWhatTheIrqchipWrote) {
    TestVm vm;
    std::uint64_t bitmap = 0;
    const auto collect = [&] { return code(vm.collect_dirty(SlotId{1}, std::span(&bitmap, 1))); };
    EXPECT_EQ(collect(), ENOENT) << "no slot";
    ASSERT_EQ(code(vm.add_memory(slot(0))), 0);
    EXPECT_EQ(collect(), ENOENT) << "no log";
    ASSERT_EQ(code(vm.set_dirty_log(SlotId{1}, DirtyLog::on)), 0);
    EXPECT_EQ(code(vm.collect_dirty(SlotId{1}, {})), EINVAL);
    EXPECT_TRUE(vm.memory().write(page, std::uint32_t{7}));
    EXPECT_EQ(collect(), 0);
    EXPECT_EQ(bitmap, 2U);
}

TEST(SoftVm, WhatIsHiddenIsNotThere) {
    CapabilityMask mask;
    mask.hide(Capability::irqfd);
    mask.hide(Capability::signal_msi);
    TestVm vm(mask);
    EXPECT_EQ(vm.check_extension(Capability::irqfd), 0);
    EXPECT_EQ(vm.check_extension(Capability::ioeventfd), 1);
    EXPECT_EQ(code(vm.assign(Irqfd{-1, Gsi{0}})), ENOTTY);
    EXPECT_EQ(code(vm.signal(Msi{0, 0})), ENOTTY);
}

TEST(SoftVm, MessagesNeedAnIrqchip) {
    TestVm vm;
    vm.created = false;
    EXPECT_EQ(code(vm.signal(Msi{0, 7})), EINVAL);
    vm.created = true;
    EXPECT_EQ(code(vm.signal(Msi{0, 7})), 0);
    EXPECT_EQ(vm.chip().last_data, 7U);
}

TEST(SoftVm, OneThatDiedAnswersEio) {
    TestVm vm;
    ASSERT_EQ(code(vm.add_memory(slot(0))), 0);
    vm.die();
    std::uint64_t bitmap = 0;
    EXPECT_EQ(code(vm.add_memory(slot(0x10'0000))), EIO);
    EXPECT_EQ(code(vm.remove_memory(SlotId{1})), EIO);
    EXPECT_EQ(code(vm.set_dirty_log(SlotId{1}, DirtyLog::on)), EIO);
    EXPECT_EQ(code(vm.collect_dirty(SlotId{1}, std::span(&bitmap, 1))), EIO);
    EXPECT_EQ(code(vm.assign(Irqfd{-1, Gsi{0}})), EIO);
    EXPECT_EQ(code(vm.deassign(Irqfd{-1, Gsi{0}})), EIO);
    EXPECT_EQ(code(vm.assign(Ioeventfd{-1, 0, 0})), EIO);
    EXPECT_EQ(code(vm.deassign(Ioeventfd{-1, 0, 0})), EIO);
    EXPECT_EQ(code(vm.signal(Msi{0, 0})), EIO);
}

TEST(SoftVm, PinsHaveTheGsisOfTheirNumber) {
    TestVm vm;
    ASSERT_EQ(code(vm.route_pins(4)), 0);
    const Fd event(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    ASSERT_EQ(code(vm.assign(Irqfd{event.get(), Gsi{3}})), 0);
    const std::uint64_t one = 1;
    ASSERT_EQ(::write(event.get(), &one, sizeof one), 8);
    const auto guard = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (vm.chip().raised[3] == 0 && std::chrono::steady_clock::now() < guard)
        std::this_thread::yield();
    EXPECT_EQ(vm.chip().raised[3], 1);
}

TEST(SoftVm, GoesWhileIrqfdsAreSignalled) {
    const Fd event(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    const Fd resample(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    std::atomic<bool> stop = false;
    std::thread signaller([&] {
        const std::uint64_t one = 1;
        while (!stop)
            static_cast<void>(::write(event.get(), &one, sizeof one));
    });
    for (int round = 0; round < 50; ++round) {
        auto vm = std::make_unique<TestVm>();
        EXPECT_EQ(code(vm->route_pins(4)), 0);
        EXPECT_EQ(code(vm->assign(Irqfd{event.get(), Gsi{1}, resample.get()})), 0);
        vm.reset(); // lowers the line of an irqchip that is still there
    }
    stop = true;
    signaller.join();
}

} // namespace
} // namespace virt::soft

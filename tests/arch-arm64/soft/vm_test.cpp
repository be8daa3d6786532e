// SPDX-License-Identifier: Apache-2.0
// What the conformance suite cannot see: an engine that refuses, and everything at once from many threads.
#include "arch-arm64/soft/vm.hpp"

#include "arch-arm64/soft/engine.hpp"
#include "arch-arm64/soft/vcpu.hpp"
#include "arch-arm64/vgic_attributes.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace arm64::soft {
namespace {

template <class T>
int code(const virt::expected<T>& result) {
    return result ? 0 : result.error().code;
}

/// Each entry into the guest ends at once.
class IdleVcpu final : public Vcpu {
public:
    IdleVcpu(Vm& vm, VcpuContext& context) : Vcpu(vm, context) {}

    void complete(std::uint64_t) override {}
    virt::expected<void> finish() override { return {}; }
    void kick() override {}
    std::uint64_t device_irq_level() const override { return 0; }
    virt::expected<void> inject_external_abort() override { return {}; }
    virt::expected<VcpuEvents> events() const override { return VcpuEvents{}; }
    virt::expected<void> set_events(const VcpuEvents&) override { return {}; }
    virt::expected<virt::DebugResources> set_guest_debug(virt::DebugUser, virt::GuestDebug) override {
        return virt::failure(EINVAL, "debug");
    }

private:
    virt::expected<virt::Exit> enter() override { return virt::exit::Interrupted{}; }
    virt::expected<void> reset(VcpuFeatures) override { return {}; }
    virt::expected<void> get_cpu_register(virt::RegisterId, std::span<std::byte>) const override {
        return virt::failure(ENOENT, "read");
    }
    virt::expected<void> set_cpu_register(virt::RegisterId, std::span<const std::byte>) override {
        return virt::failure(ENOENT, "write");
    }
    std::vector<virt::RegisterId> cpu_registers() const override { return {}; }
};

class IdleEngine final : public Engine {
public:
    explicit IdleEngine(const bool& refuses) : refuses_(refuses) {}

    void set_line(VcpuIndex, Input, Level) override {}
    VcpuFeatures features() const override { return {}; }
    int check_extension(virt::Capability) const override { return 0; }
    virt::expected<std::unique_ptr<Vcpu>> make_vcpu(Vm& vm, VcpuContext& context) override {
        if (refuses_)
            return virt::failure(ENOMEM, "make a vCPU");
        return std::make_unique<IdleVcpu>(vm, context);
    }

private:
    const bool& refuses_;
};

struct Board {
    Board() {
        auto made = Vm::create(std::make_unique<IdleEngine>(refuses), counter, 40);
        if (made)
            vm = *std::move(made);
        auto device = vm->create_device(virt::DeviceType::vgic_v3);
        if (device)
            gic = *std::move(device);
        EXPECT_EQ(code(gic->set_number(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_DIST, virt::Gpa{0x800'0000})), 0);
        EXPECT_EQ(code(gic->set_number(attr::GRP_ADDR, attr::VGIC_V3_ADDR_TYPE_REDIST, virt::Gpa{0x900'0000})), 0);
    }
    int add_vcpu(std::uint32_t id) {
        auto made = vm->create_vcpu(virt::VcpuId{id});
        if (!made)
            return made.error().code;
        vcpus.push_back(*std::move(made));
        return code(vcpus.back()->init({}));
    }
    int init() { return code(gic->set_attr(attr::GRP_CTRL, attr::CTRL_INIT, {})); }

    timer::MonotonicCounter counter;
    bool refuses = false;
    std::unique_ptr<Vm> vm;
    std::unique_ptr<virt::Device> gic;
    std::vector<std::unique_ptr<arm64::Vcpu>> vcpus;
};

TEST(SoftArmVm, AVcpuThatTheEngineRefusesLeavesNoRedistributor) {
    Board board;
    EXPECT_EQ(board.add_vcpu(0), 0);
    board.refuses = true;
    EXPECT_EQ(board.add_vcpu(1), ENOMEM);
    board.refuses = false;
    EXPECT_EQ(board.add_vcpu(1), 0);
    EXPECT_EQ(board.init(), 0);
    constexpr std::uint64_t TYPER = 8;
    const auto typer = board.gic->get_number<std::uint32_t>(attr::GRP_REDIST_REGS, std::uint64_t{1} << 32 | TYPER);
    ASSERT_TRUE(typer);
    EXPECT_EQ(*typer, 1U << 8 | 1U << 4) << "the second frame, and the last";
    std::uint64_t value = 0;
    EXPECT_TRUE(board.vm->bus().read(1, 0x902'0008, virt::Width::b4, value));
    EXPECT_FALSE(board.vm->bus().read(1, 0x904'0008, virt::Width::b4, value));
}

TEST(SoftArmVm, AVcpuThatRunsKeepsAttributesAway) {
    Board board;
    ASSERT_EQ(board.add_vcpu(0), 0);
    ASSERT_EQ(board.init(), 0);
    auto& vcpu = dynamic_cast<Vcpu&>(*board.vcpus[0]);
    {
        const std::scoped_lock in_the_guest(vcpu.context().running);
        std::thread([&] {
            EXPECT_EQ(code(board.gic->get_number<std::uint32_t>(attr::GRP_DIST_REGS, 0)), EBUSY);
        }).join();
    }
    EXPECT_EQ(code(board.gic->get_number<std::uint32_t>(attr::GRP_DIST_REGS, 0)), 0);
    EXPECT_EQ(code(vcpu.run()), 0);
}

// For the thread sanitizer; what is lost or twice is the business of others.
TEST(SoftArmVm, EverythingAtOnce) {
    Board board;
    for (const std::uint32_t id : {0U, 1U})
        ASSERT_EQ(board.add_vcpu(id), 0);
    auto its = board.vm->create_device(virt::DeviceType::vgic_its);
    ASSERT_TRUE(its);
    ASSERT_EQ(board.init(), 0);
    std::atomic<bool> stop = false;
    std::vector<std::thread> threads;
    for (auto& vcpu : board.vcpus)
        threads.emplace_back([&stop, &vcpu] {
            while (!stop)
                EXPECT_EQ(code(vcpu->run()), 0);
        });
    threads.emplace_back([&] {
        for (bool level = true; !stop; level = !level) {
            EXPECT_EQ(code(board.vm->set_irq_line(irq_line::spi(Intid{40}), level)), 0);
            EXPECT_EQ(code(board.vm->set_irq_line(irq_line::ppi(Intid{20}, 1), level)), 0);
            const int signalled = code(board.vm->signal({.address = 0x1000, .data = 0}));
            EXPECT_EQ(signalled, EINVAL);
        }
    });
    for (int round = 0; round < 300; ++round) {
        const int read = code(board.gic->get_number<std::uint32_t>(attr::GRP_DIST_REGS, 0));
        EXPECT_TRUE(read == 0 || read == EBUSY) << read;
        const int reset = code((*its)->set_attr(attr::GRP_CTRL, attr::CTRL_ITS_RESET, {}));
        EXPECT_TRUE(reset == 0 || reset == EBUSY) << reset;
        EXPECT_EQ(board.vm->check_extension(virt::Capability::msi_devid), 1);
    }
    stop = true;
    for (auto& thread : threads)
        thread.join();
}

} // namespace
} // namespace arm64::soft

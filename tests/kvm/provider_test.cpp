// SPDX-License-Identifier: Apache-2.0
// The seam on the kernel's KVM: runs on an arm64 host that has one (tests/system/cases/provider.sh).
#include "arch-arm64/kvm/provider.hpp"
#include "arch-arm64/registers.hpp"
#include "arch-arm64/spi_line.hpp"
#include "arch-arm64/vgic.hpp"
#include "arch-arm64/vgic_attributes.hpp"
#include "virt/guest_memory.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <initializer_list>
#include <string>
#include <thread>
#include <vector>

namespace arm64::kvm {
namespace {

constexpr virt::Gpa ram = 0x8000'0000;
constexpr std::uint64_t ram_size = std::uint64_t{4} << 20;
constexpr virt::Gpa nowhere = 0x0100'0000;

// A64 instructions.
constexpr std::uint32_t B_self = 0x1400'0000;       // b .
constexpr std::uint32_t NOP = 0xd503'201f;          // nop
constexpr std::uint32_t LDR_w1_x0 = 0xb940'0001;    // ldr w1, [x0]
constexpr std::uint32_t LDRB_w1_x0 = 0x3940'0001;  // ldrb w1, [x0]
constexpr std::uint32_t STR_x1_x0 = 0xf900'0001;    // str x1, [x0]
constexpr std::uint32_t STRH_w1_x0 = 0x7900'0001;   // strh w1, [x0]

constexpr std::uint32_t MSR_DAIFClr_A = 0xd503'44ff; // msr DAIFClr, #4

constexpr auto ESR_EL1 = registers::system(3, 0, 5, 2, 0);
constexpr auto VBAR_EL1 = registers::system(3, 0, 12, 0, 0);

class Provider : public testing::Test {
protected:
    void create(virt::CapabilityMask mask = {}) {
        system_ = *open("/dev/kvm", std::move(mask));
        vm_ = *system_->create_vm(40);
        ASSERT_TRUE(vm_->add_memory({.id = virt::SlotId{0}, .base = ram, .size = ram_size, .host = memory_.host()}));
        vcpu_ = *vm_->create_vcpu(virt::VcpuId{0});
        ASSERT_TRUE(vcpu_->init(VcpuFeatures().add(VcpuFeature::psci_0_2)));
    }

    /// The vCPU is about to execute `code`, with x0 = an address without memory.
    void load(std::initializer_list<std::uint32_t> code) {
        virt::Gpa address = ram;
        for (const auto instruction : code) {
            ASSERT_TRUE(memory_.write(address, instruction));
            address += 4;
        }
        ASSERT_TRUE(vcpu_->set(registers::pc, ram));
        ASSERT_TRUE(vcpu_->set(registers::x0, nowhere));
    }

    template <class Kind>
    Kind run() {
        const auto exit = vcpu_->run();
        if (!exit || !std::holds_alternative<Kind>(*exit)) {
            ADD_FAILURE() << "another exit: " << (exit ? std::to_string(exit->index()) : exit.error().sentence());
            return {};
        }
        return std::get<Kind>(*exit);
    }

    virt::GuestMemory memory_ = *virt::GuestMemory::allocate(ram, ram_size);
    std::unique_ptr<System> system_;
    std::unique_ptr<Vm> vm_;
    std::unique_ptr<Vcpu> vcpu_;
};

TEST_F(Provider, AKickBeforeRunIsNotLost) {
    create();
    load({B_self});
    vcpu_->kick();
    run<virt::exit::Interrupted>(); // would spin for ever
    vcpu_->kick();
    vcpu_->kick();
    run<virt::exit::Interrupted>();
}

TEST_F(Provider, NoRequestBehindAKickIsLost) {
    constexpr int requests = 2000;
    create();
    load({B_self});
    std::atomic<int> asked = 0;
    std::atomic<int> served = 0;
    std::thread producer([&] {
        for (int n = 1; n <= requests; ++n) {
            asked.store(n, std::memory_order_relaxed);
            vcpu_->kick();
            while (served.load() < n)
                std::this_thread::yield();
        }
    });
    while (served.load() < requests) { // hangs in `run` if a kick is lost, or its request is not seen
        run<virt::exit::Interrupted>();
        served.store(asked.load(std::memory_order_relaxed));
    }
    producer.join();
}

TEST_F(Provider, LoadsAreAnsweredAndFinished) {
    create();
    load({LDR_w1_x0, LDRB_w1_x0, B_self});
    auto read = run<virt::exit::MmioRead>();
    EXPECT_EQ(read.address, nowhere);
    EXPECT_EQ(read.width, virt::Width::b4);
    vcpu_->complete(0xFFFF'FFFF'1234'5678);
    read = run<virt::exit::MmioRead>();
    EXPECT_EQ(*vcpu_->get(registers::core(2)), 0x1234'5678U);
    EXPECT_EQ(read.width, virt::Width::b1);
    vcpu_->complete(0xFFFF'FF80);
    ASSERT_TRUE(vcpu_->finish());
    EXPECT_EQ(*vcpu_->get(registers::core(2)), 0x80U);
    EXPECT_EQ(*vcpu_->get(registers::pc), ram + 8);
}

TEST_F(Provider, StoresCarryTheirWidthAndNoMore) {
    create();
    load({STR_x1_x0, STRH_w1_x0, B_self});
    ASSERT_TRUE(vcpu_->set(registers::core(2), 0x1122'3344'5566'7788));
    auto write = run<virt::exit::MmioWrite>();
    EXPECT_EQ(write.width, virt::Width::b8);
    EXPECT_EQ(write.value, 0x1122'3344'5566'7788U);
    write = run<virt::exit::MmioWrite>();
    EXPECT_EQ(write.width, virt::Width::b2);
    EXPECT_EQ(write.value, 0x7788U);
}

TEST_F(Provider, RegistersHaveTheSizeTheySay) {
    create();
    const virt::RegisterId v0{0x6040'0000'0010'0054};
    std::array<std::byte, 16> wide{};
    EXPECT_TRUE(vcpu_->get(v0, wide));
    EXPECT_EQ(vcpu_->get(v0).error().code, EINVAL);
    EXPECT_EQ(vcpu_->set(v0, 0).error().code, EINVAL);
    EXPECT_EQ(vcpu_->get(registers::pc, wide).error().code, EINVAL);
    const auto all = vcpu_->registers();
    ASSERT_TRUE(all);
    EXPECT_NE(std::ranges::find(*all, registers::pc), all->end());
    for (const auto id : *all) {
        std::vector<std::byte> data(size_of(id));
        EXPECT_TRUE(vcpu_->get(id, data)) << std::hex << id.value;
    }
}

TEST_F(Provider, SlotsAndTheirDirtyLog) {
    create();
    const virt::MemorySlot again{.id = virt::SlotId{1}, .base = ram + 4096, .size = 4096, .host = memory_.host()};
    EXPECT_EQ(vm_->add_memory(again).error().code, EEXIST);
    EXPECT_EQ(vm_->remove_memory(virt::SlotId{1}).error().code, ENOENT);
    load({STR_x1_x0, B_self});
    ASSERT_TRUE(vm_->set_dirty_log(virt::SlotId{0}, virt::DirtyLog::on));
    ASSERT_TRUE(vcpu_->set(registers::x0, ram + 70 * 4096));
    ASSERT_TRUE(vcpu_->set(registers::core(2), 1));
    std::thread kicker([&] {
        while (*memory_.read<std::uint64_t>(ram + 70 * 4096) == 0) // until the store is done
            std::this_thread::yield();
        vcpu_->kick();
    });
    run<virt::exit::Interrupted>();
    kicker.join();
    std::array<std::uint64_t, ram_size / 4096 / 64> bitmap{};
    ASSERT_TRUE(vm_->collect_dirty(virt::SlotId{0}, bitmap));
    EXPECT_EQ(bitmap[1], std::uint64_t{1} << (70 - 64));
    EXPECT_EQ(bitmap[0], 0U);
}

TEST_F(Provider, RomWritesExit) {
    create();
    auto rom = *virt::GuestMemory::allocate(0x1000'0000, std::uint64_t{2} << 20);
    ASSERT_TRUE(rom.write<std::uint32_t>(0x1000'0000, 0xCAFE));
    ASSERT_TRUE(vm_->add_memory({.id = virt::SlotId{1},
                                 .kind = virt::SlotKind::rom,
                                 .base = rom.base(),
                                 .size = rom.size(),
                                 .host = rom.host()}));
    load({LDR_w1_x0, STR_x1_x0, B_self});
    ASSERT_TRUE(vcpu_->set(registers::x0, rom.base()));
    const auto write = run<virt::exit::MmioWrite>();
    EXPECT_EQ(write.address, rom.base());
    EXPECT_EQ(write.value, 0xCAFEU);
    ASSERT_TRUE(vm_->remove_memory(virt::SlotId{1}));
}

TEST_F(Provider, ErrnosAreKvms) {
    create();
    EXPECT_EQ(vm_->create_vcpu(virt::VcpuId{0}).error().code, EEXIST);
    EXPECT_EQ(vm_->create_device(static_cast<virt::DeviceType>(0)).error().code, ENODEV);
    const virt::Fd event(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    EXPECT_EQ(vm_->assign(virt::Irqfd{event.get(), virt::Gsi{0}}).error().code, EAGAIN); // before the vGIC
    EXPECT_EQ(vm_->check_extension(virt::Capability::msi_devid), 0);
    auto gic = VgicV3::create(*vm_, {0x3fff'0000, 0x3ffd'0000, 0x3ffb'0000});
    ASSERT_TRUE(gic) << gic.error().sentence();
    ASSERT_TRUE(gic->init(64));
    EXPECT_EQ(vm_->check_extension(virt::Capability::msi_devid), 1); // since there is an ITS
    EXPECT_TRUE(vm_->assign(virt::Irqfd{event.get(), virt::Gsi{0}}));
    EXPECT_EQ(vm_->assign(virt::Irqfd{event.get(), virt::Gsi{1}}).error().code, EBUSY);
    EXPECT_TRUE(vm_->deassign(virt::Irqfd{event.get(), virt::Gsi{0}}));
    const virt::Ioeventfd doorbell{event.get(), nowhere, 4, {}};
    EXPECT_TRUE(vm_->assign(doorbell));
    EXPECT_EQ(vm_->assign(doorbell).error().code, EEXIST);
    EXPECT_TRUE(vm_->deassign(doorbell));
    EXPECT_EQ(vm_->deassign(doorbell).error().code, ENOENT);
    EXPECT_TRUE(vm_->set_irq_line(irq_line::spi(Intid{32}), true));
    EXPECT_EQ(vm_->set_irq_line(irq_line::spi(Intid{500}), true).error().code, EINVAL);
    EXPECT_EQ(gic->gic().get_number<std::uint32_t>(0, 77).error().code, ENXIO);
}

TEST_F(Provider, AWireReachesItsSpi) {
    create();
    auto gic = VgicV3::create(*vm_, {0x3fff'0000, 0x3ffd'0000, {}});
    ASSERT_TRUE(gic) << gic.error().sentence();
    ASSERT_TRUE(gic->init(64));
    EXPECT_EQ(gic->its(), nullptr);
    constexpr std::uint64_t GICD_ICFGR2 = 0xC08;
    ASSERT_TRUE(gic->gic().set_number<std::uint32_t>(attr::GRP_DIST_REGS, GICD_ICFGR2, 0)); // level
    const auto lines = [&] { return *gic->gic().get_number<std::uint32_t>(attr::GRP_LEVEL_INFO, 32); };
    SpiLine wire(*vm_, virt::Pin{3});
    EXPECT_EQ(lines(), 0U);
    wire.raise();
    wire.raise();
    EXPECT_EQ(lines(), 1U << 3);
    wire.lower();
    EXPECT_EQ(lines(), 0U);
}

TEST_F(Provider, WhatIsHiddenIsNotThere) {
    create(*virt::CapabilityMask::parse("its,irqfd"));
    EXPECT_FALSE(vm_->knows_device(virt::DeviceType::vgic_its));
    EXPECT_TRUE(vm_->knows_device(virt::DeviceType::vgic_v3));
    EXPECT_EQ(vm_->create_device(virt::DeviceType::vgic_its).error().code, ENODEV);
    EXPECT_EQ(vm_->check_extension(virt::Capability::irqfd), 0);
    const virt::Fd event(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    EXPECT_EQ(vm_->assign(virt::Irqfd{event.get(), virt::Gsi{0}}).error().code, ENOTTY);
}

TEST_F(Provider, AnSErrorIsPendingUntilItIsTaken) {
    create();
    const VcpuEvents none = *vcpu_->events();
    EXPECT_EQ(none, VcpuEvents{});
    EXPECT_EQ(vcpu_->set_events({true, std::uint64_t{1} << 26}).error().code, EINVAL); // more than an ISS
    VcpuEvents wanted{true, 0x0100'1234};
    if (!vcpu_->set_events(wanted)) { // a CPU without FEAT_RAS
        wanted.SError_ISS.reset();
        ASSERT_TRUE(vcpu_->set_events(wanted));
    }
    EXPECT_EQ(*vcpu_->events(), wanted);
    ASSERT_TRUE(vcpu_->set_events(none));
    EXPECT_EQ(*vcpu_->events(), wanted);
    load({MSR_DAIFClr_A, B_self});
    ASSERT_TRUE(vcpu_->set(VBAR_EL1, ram + 0x1000));
    ASSERT_TRUE(memory_.write(ram + 0x1000 + 0x380, LDR_w1_x0)); // SError from the current EL with SP_ELx
    run<virt::exit::MmioRead>();
    EXPECT_EQ(*vcpu_->events(), none);
    if (wanted.SError_ISS) {
        EXPECT_EQ(*vcpu_->get(ESR_EL1), 0xBE00'0000U | *wanted.SError_ISS);
    }
}

TEST_F(Provider, BreakpointsOfTwoUsers) {
    create();
    load({NOP, NOP, NOP, B_self});
    virt::GuestDebug mine, theirs;
    mine.breakpoints.push_back({ram + 4, virt::Breakpoint::Privilege::kernel});
    theirs.breakpoints.push_back({ram + 8});
    const auto left = vcpu_->set_guest_debug(virt::DebugUser::backend, mine);
    ASSERT_TRUE(left);
    ASSERT_TRUE(vcpu_->set_guest_debug(virt::DebugUser::debugger, theirs));
    auto hit = run<virt::exit::Debug>();
    EXPECT_EQ(hit.syndrome >> 26 & 0x3F, 0x30U); // breakpoint from a lower EL
    EXPECT_EQ(*vcpu_->get(registers::pc), ram + 4);
    ASSERT_TRUE(vcpu_->set_guest_debug(virt::DebugUser::backend, {}));
    run<virt::exit::Debug>();
    EXPECT_EQ(*vcpu_->get(registers::pc), ram + 8);
    virt::GuestDebug many;
    for (virt::Gva n = 0; n < 17; ++n)
        many.breakpoints.push_back({ram + 4 * n});
    EXPECT_EQ(vcpu_->set_guest_debug(virt::DebugUser::backend, many).error().code, ENOSPC);
}

} // namespace
} // namespace arm64::kvm

// SPDX-License-Identifier: Apache-2.0
// What the conformance suite cannot see of a vCPU in software: its registers one by one, and races.
#include "arch-arm64/soft/cpu_vcpu.hpp"

#include "tests/arch-arm64/soft/machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

namespace arm64::soft {
namespace {

using test::code_of;
using test::Machine;
using test::must;
namespace code = test::code;

constexpr virt::RegisterId v(std::uint64_t n) { return virt::RegisterId{0x6040'0000'0010'0054 + 4 * n}; }
constexpr virt::RegisterId FPSR{0x6020'0000'0010'00D4}, FPCR{0x6020'0000'0010'00D5};
constexpr auto PSTATE = registers::core(0x42);

TEST(CpuVcpu, EveryRegisterThatIsListedTakesBackWhatItHas) {
    Machine machine;
    auto& vcpu = *machine.vcpus[0];
    auto ids = must(vcpu.registers());
    EXPECT_GT(ids.size(), 150U);
    for (const auto id : ids) {
        std::vector<std::byte> value(size_of(id));
        EXPECT_EQ(code_of(vcpu.get(id, value)), 0) << std::hex << id.value;
        EXPECT_EQ(code_of(vcpu.set(id, value)), 0) << std::hex << id.value;
        value.push_back({});
        EXPECT_EQ(code_of(vcpu.get(id, value)), EINVAL) << std::hex << id.value;
    }
    std::ranges::sort(ids, {}, &virt::RegisterId::value);
    EXPECT_EQ(std::ranges::adjacent_find(ids), ids.end()) << "each once";
}

TEST(CpuVcpu, VectorsAndTheirStatusAreWhatTheGuestSees) {
    Machine machine;
    auto& vcpu = *machine.vcpus[0];
    must(vcpu.set(registers::system(3, 0, 1, 0, 2), 3U << 20)); // CPACR_EL1
    const std::array<std::uint64_t, 2> value{0x1122'3344'5566'7788, 0x99AA'BBCC'DDEE'FF00};
    must(vcpu.set(v(7), std::as_bytes(std::span(value))));
    const std::uint32_t flags = 0x0300'0000;
    must(vcpu.set(FPCR, std::as_bytes(std::span(&flags, 1))));
    machine.put(Machine::RAM, {0x9E66'00E0, 0x9EAE'00E1, 0xD53B'4402, // FMOV x0, d7; FMOV x1, v7.d[1]; MRS x2, FPCR
                               0x4EA7'1CFF,                           // MOV v31.16b, v7.16b
                               code::MOV_x5_nowhere, code::STR_x0_x5});
    machine.set_pc(Machine::RAM);
    EXPECT_EQ(machine.run().value, value[0]);
    EXPECT_EQ(machine.x(1), value[1]);
    EXPECT_EQ(machine.x(2), flags);
    std::array<std::uint64_t, 2> copy{};
    must(vcpu.get(v(31), std::as_writable_bytes(std::span(copy))));
    EXPECT_EQ(copy, value);
    const std::uint32_t all = ~0U;
    std::uint32_t kept = 0;
    must(vcpu.set(FPSR, std::as_bytes(std::span(&all, 1))));
    must(vcpu.get(FPSR, std::as_writable_bytes(std::span(&kept, 1))));
    EXPECT_EQ(kept, 0x0800'009FU) << "QC and the cumulative flags";
}

TEST(CpuVcpu, StackPointersStayApart) {
    Machine machine;
    auto& vcpu = *machine.vcpus[0];
    const auto SP_EL0 = registers::core(0x3E), SP_EL1 = registers::core(0x44);
    must(vcpu.set(SP_EL0, 0x1000));
    must(vcpu.set(SP_EL1, 0x2000));
    for (const std::uint64_t mode : {0U, 4U, 5U}) {
        must(vcpu.set(PSTATE, 0x3C0 | mode));
        EXPECT_EQ(must(vcpu.virt::Vcpu::get(SP_EL0)), 0x1000U) << mode;
        EXPECT_EQ(must(vcpu.virt::Vcpu::get(SP_EL1)), 0x2000U) << mode;
    }
    for (const std::uint64_t mode : {1U, 8U, 9U, 0xDU, 0x10U, 0x13U})
        EXPECT_EQ(code_of(vcpu.set(PSTATE, 0x3C0 | mode)), EINVAL) << mode;
}

TEST(CpuVcpu, HardwareForDebuggersIsLimited) {
    Machine machine;
    auto& vcpu = *machine.vcpus[0];
    virt::GuestDebug wish;
    for (virt::Gva n = 0; n < 6; ++n)
        wish.breakpoints.push_back({.address = 4 * n});
    const auto left = must(vcpu.set_guest_debug(virt::DebugUser::debugger, wish));
    EXPECT_EQ(left, (virt::DebugResources{.breakpoints = 0, .watchpoints = 4}));
    wish.breakpoints.push_back({.address = 0x100});
    EXPECT_EQ(code_of(vcpu.set_guest_debug(virt::DebugUser::debugger, wish)), ENOSPC);
    wish.breakpoints = {{.address = 2}};
    EXPECT_EQ(code_of(vcpu.set_guest_debug(virt::DebugUser::debugger, wish)), EINVAL);
}

TEST(CpuVcpu, AnSErrorHasNoSyndromeToBeGiven) {
    Machine machine;
    EXPECT_EQ(code_of(machine.vcpus[0]->set_events({.SError_pending = true, .SError_ISS = 1})), EINVAL);
    EXPECT_FALSE(must(machine.vcpus[0]->events()).SError_pending);
}

/// Runs a vCPU in a thread of its own until the end, and counts what it exits for.
class Runner {
public:
    /// `on_store` is called in that thread before a store is counted.
    explicit Runner(arm64::Vcpu& vcpu, std::function<void()> on_store = {})
        : vcpu_(vcpu), on_store_(std::move(on_store)), thread_([this] { serve(); }) {}
    ~Runner() {
        over_ = true;
        vcpu_.kick();
        thread_.join();
    }
    Runner(const Runner&) = delete;
    Runner& operator=(const Runner&) = delete;

    std::atomic<unsigned> interruptions = 0, stores = 0, loads = 0, events = 0;

private:
    void serve() {
        while (!over_) {
            const auto exit = vcpu_.run();
            if (!exit) {
                ADD_FAILURE() << exit.error().sentence();
                return;
            }
            if (std::holds_alternative<virt::exit::Interrupted>(*exit))
                ++interruptions;
            else if (std::holds_alternative<virt::exit::MmioWrite>(*exit)) {
                if (on_store_)
                    on_store_();
                ++stores;
            } else if (std::holds_alternative<virt::exit::MmioRead>(*exit)) {
                vcpu_.complete(0);
                ++loads;
            } else if (std::holds_alternative<virt::exit::SystemEvent>(*exit))
                ++events;
        }
    }

    arm64::Vcpu& vcpu_;
    const std::function<void()> on_store_;
    std::atomic<bool> over_ = false;
    std::thread thread_;
};

void wait_for(const std::atomic<unsigned>& counter, unsigned value) {
    while (counter.load() < value)
        std::this_thread::sleep_for(std::chrono::microseconds(20));
}

TEST(CpuVcpuRace, NoKickIsLostOnItsWayIntoWfi) {
    Machine machine;
    machine.put(Machine::RAM, {code::WFI, code::B_back(1)});
    machine.set_pc(Machine::RAM);
    Runner runner(*machine.vcpus[0]);
    for (unsigned n = 0; n < 500; ++n) {
        const auto before = runner.interruptions.load();
        machine.vcpus[0]->kick();
        wait_for(runner.interruptions, before + 1);
    }
}

TEST(CpuVcpuRace, NoLineIsLostOnItsWayIntoWfi) {
    Machine machine;
    machine.put(Machine::RAM, {code::MOV_x5_nowhere, code::WFI, code::STR_x0_x5, code::B_back(2)});
    machine.set_pc(Machine::RAM);
    const auto line = irq_line::cpu(irq_line::Input::irq, 0);
    Runner runner(*machine.vcpus[0], [&] { must(machine.vm->set_irq_line(line, false)); });
    for (unsigned n = 0; n < 500; ++n) {
        const auto before = runner.stores.load();
        must(machine.vm->set_irq_line(line, true));
        wait_for(runner.stores, before + 1);
    }
}

TEST(CpuVcpuRace, AVcpuThatTurnsItselfOffAgainAndAgainIsTurnedOnEachTime) {
    constexpr virt::Gpa other = Machine::RAM + 0x1000, counter = Machine::RAM + 0x10'0000;
    constexpr unsigned rounds = 500;
    Machine machine(2);
    machine.put(Machine::RAM, {0xAA15'03E0, 0xD280'0021, 0xAA16'03E2, code::HVC, // CPU_ON(1, x22) until it succeeds
                               0xB5FF'FF80, 0xD100'0694, 0xB5FF'FF54,            // x20 times
                               code::MOV_x5_nowhere, code::STR_x0_x5, code::B_self});
    machine.put(other, {0xD2B0'0206, 0xB940'00C1, 0x1100'0421, 0xB900'00C1, // counts
                        0x52B0'8000, 0x7280'0040, code::HVC, code::B_self}); // CPU_OFF
    machine.set_pc(Machine::RAM);
    machine.set_x(20, rounds);
    machine.set_x(21, 0xC400'0003);
    machine.set_x(22, other);
    Runner first(*machine.vcpus[0]);
    Runner second(*machine.vcpus[1]);
    wait_for(first.stores, 1);
    while (must(machine.vcpus[1]->mp_state()) != virt::MpState::stopped)
        std::this_thread::sleep_for(std::chrono::microseconds(20));
    EXPECT_EQ(*machine.memory.read<std::uint32_t>(counter), rounds);
}

TEST(CpuVcpuRace, SystemOffStopsAVcpuThatNeverLooksUp) {
    Machine machine(2);
    constexpr virt::Gpa other = Machine::RAM + 0x1000;
    machine.put(Machine::RAM, {code::HVC, code::B_self});
    machine.put(other, {code::NOP, code::B_back(1)});
    must(machine.vcpus[1]->set_mp_state(virt::MpState::runnable));
    machine.set_pc(other, 1);
    machine.set_pc(Machine::RAM);
    machine.set_x(0, 0x8400'0008);
    Runner spinning(*machine.vcpus[1]);
    const auto exit = must(machine.vcpus[0]->run());
    EXPECT_TRUE(std::holds_alternative<virt::exit::SystemEvent>(exit));
    EXPECT_EQ(must(machine.vcpus[1]->mp_state()), virt::MpState::stopped);
    machine.vcpus[1]->kick();
    wait_for(spinning.interruptions, 1);
}

TEST(CpuVcpuRace, MemoryThatIsRemovedIsUsedByNobodyWhenTheCallReturns) {
    constexpr virt::Gpa base = 0x9000'0000;
    constexpr std::uint64_t size = 0x1'0000;
    Machine machine;
    machine.put(Machine::RAM,
                {0xD2B2'0006, 0xF940'00C1, 0x9100'0421, 0xF900'00C1, code::B_back(3)}); // counts at `base`
    machine.set_pc(Machine::RAM);
    Runner runner(*machine.vcpus[0]);
    for (unsigned round = 0; round < 20; ++round) {
        auto memory = must(virt::GuestMemory::allocate(base, size));
        must(machine.vm->add_memory({.id = virt::SlotId{1}, .base = base, .size = size, .host = memory.host()}));
        while (*memory.read<std::uint64_t>(base) == 0) // by the vCPU
            std::this_thread::sleep_for(std::chrono::microseconds(100));
        must(machine.vm->remove_memory(virt::SlotId{1}));
        const auto last = *memory.read<std::uint64_t>(base);
        const auto before = runner.stores.load();
        wait_for(runner.stores, before + 2); // it goes on, and elsewhere
        EXPECT_EQ(*memory.read<std::uint64_t>(base), last);
    }
}

TEST(CpuVcpu, TheDirtyLogHasWhatItWroteEachTime) {
    Machine machine;
    must(machine.vm->set_dirty_log(virt::SlotId{0}, virt::DirtyLog::on));
    machine.put(Machine::RAM, {0xD2B0'0206, 0xF900'00C0, code::MOV_x5_nowhere, code::STR_x0_x5, code::B_back(3)});
    machine.set_pc(Machine::RAM); // STR x0 to RAM + 1 MiB, again and again
    constexpr std::size_t page = (1 << 20) / 4096;
    std::array<std::uint64_t, Machine::RAM_size / 4096 / 64> dirty{};
    for (int round = 0; round < 3; ++round) {
        machine.run();
        dirty = {};
        must(machine.vm->collect_dirty(virt::SlotId{0}, dirty));
        EXPECT_EQ(dirty[page / 64], std::uint64_t{1} << page % 64) << round;
        dirty[page / 64] = 0;
        EXPECT_EQ(std::ranges::count(dirty, 0U), std::ssize(dirty)) << round;
    }
}

} // namespace
} // namespace arm64::soft

// SPDX-License-Identifier: Apache-2.0
// A VM of our own with RAM and vCPUs that execute a few instructions; no GIC.
#pragma once

#include "arch-arm64/kvm.hpp"
#include "arch-arm64/registers.hpp"
#include "arch-arm64/soft/system.hpp"
#include "virt/guest_memory.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <variant>
#include <vector>

namespace arm64::soft::test {

template <class T>
T must(virt::expected<T> result) {
    if (!result)
        throw std::runtime_error(result.error().sentence());
    return *std::move(result);
}
inline void must(virt::expected<void> result) {
    if (!result)
        throw std::runtime_error(result.error().sentence());
}
template <class T>
int code_of(const virt::expected<T>& result) {
    return result ? 0 : result.error().code;
}

struct Machine {
    static constexpr virt::Gpa RAM = 0x8000'0000, nowhere = 0x0A00'0000;
    static constexpr std::uint64_t RAM_size = 2 << 20;

    explicit Machine(unsigned count = 1) {
        must(vm->add_memory({.id = virt::SlotId{0}, .base = RAM, .size = RAM_size, .host = memory.host()}));
        for (unsigned id = 0; id < count; ++id) {
            vcpus.push_back(must(vm->create_vcpu(virt::VcpuId{id})));
            VcpuFeatures features;
            features.add(VcpuFeature::psci_0_2);
            if (id != 0)
                features.add(VcpuFeature::power_off);
            must(vcpus.back()->init(features));
        }
    }

    void put(virt::Gpa address, std::initializer_list<std::uint32_t> words) {
        for (const auto word : words) {
            EXPECT_TRUE(memory.write(address, word));
            address += 4;
        }
    }
    void set_x(unsigned n, std::uint64_t value, unsigned vcpu = 0) {
        must(vcpus.at(vcpu)->set(registers::core(std::uint64_t{2} * n), value));
    }
    std::uint64_t x(unsigned n, unsigned vcpu = 0) {
        return must(vcpus.at(vcpu)->virt::Vcpu::get(registers::core(std::uint64_t{2} * n)));
    }
    void set_pc(virt::Gpa address, unsigned vcpu = 0) { must(vcpus.at(vcpu)->set(registers::pc, address)); }
    /// Until a store without memory; whatever else comes fails the test.
    virt::exit::MmioWrite run(unsigned vcpu = 0) {
        for (;;) {
            const auto exit = must(vcpus.at(vcpu)->run());
            if (const auto* const write = std::get_if<virt::exit::MmioWrite>(&exit))
                return *write;
            if (!std::holds_alternative<virt::exit::Interrupted>(exit))
                throw std::runtime_error("another exit than a store");
        }
    }

    std::unique_ptr<System> system = open({});
    virt::GuestMemory memory = must(virt::GuestMemory::allocate(RAM, RAM_size));
    std::unique_ptr<arm64::Vm> vm = must(system->create_vm(40));
    std::vector<std::unique_ptr<arm64::Vcpu>> vcpus;
};

namespace code {
inline constexpr std::uint32_t HVC = 0xD400'0002, WFI = 0xD503'207F, MOV_x5_nowhere = 0xD2A1'4005,
                               STR_x0_x5 = 0xF900'00A0, B_self = 0x1400'0000, NOP = 0xD503'201F;
/// B to the instruction that is `back` words before.
constexpr std::uint32_t B_back(std::uint32_t back) { return B_self | (0x0400'0000 - back); }
} // namespace code

} // namespace arm64::soft::test

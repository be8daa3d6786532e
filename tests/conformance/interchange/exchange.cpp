// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/interchange/exchange.hpp"

#include "arch-arm64/registers.hpp"
#include "tests/conformance/layout.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace conformance {
namespace {

constexpr std::uint64_t page = 0x1000;

/// The puppet's code and mailboxes are below.
bool is_the_guests(virt::Gpa address) { return address >= layout::free_RAM; }

/// Of a vCPU's registers those that interrupts come from, and its name. Linux before 6.4 has not all of them.
bool goes_along(virt::RegisterId id) {
    using namespace timer_registers;
    const std::array ids{
        TIMER_CTL, TIMER_CVAL, TIMER_CNT, PTIMER_CTL, PTIMER_CVAL, PTIMER_CNT, arm64::registers::MPIDR_EL1};
    return std::ranges::find(ids, id) != ids.end();
}

/// Registers of `machine`'s vCPU that are to be set.
std::map<virt::RegisterId, std::vector<std::byte>> registers_of(const State::Cpu& cpu, arm64::Vcpu& there) {
    std::map<virt::RegisterId, std::vector<std::byte>> registers;
    for (const auto id : must(there.registers())) {
        const auto found = cpu.registers.find(id);
        if (goes_along(id) && found != cpu.registers.end())
            registers.insert(*found);
        if (id == arm64::registers::pc) { // by which `restore` sees that the puppet has not begun
            auto& value = registers[id];
            value.resize(size_of(id));
            must(there.get(id, value));
        }
    }
    return registers;
}

} // namespace

void load(const State& state, Machine& machine) {
    State merged = state;
    std::erase_if(merged.RAM, [](const auto& entry) { return !is_the_guests(entry.first); });
    for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu) {
        static_cast<void>(machine.puppet(vcpu)); // whose code is then in RAM
        merged.cpus.at(vcpu).registers = registers_of(state.cpus.at(vcpu), machine.vcpu(vcpu));
    }
    std::vector<std::byte> bytes(page);
    for (auto address = layout::RAM; !is_the_guests(address); address += page)
        if (machine.memory().read(address, bytes) &&
            std::ranges::any_of(bytes, [](auto byte) { return byte != std::byte{}; }))
            merged.RAM.emplace(address, bytes);
    restore(merged, machine);
}

std::vector<std::string> exchange_differences(State one, State other) {
    const auto leave_out_the_rest = [](State& state, const State& from) {
        for (std::size_t n = 0; n < state.cpus.size(); ++n)
            std::erase_if(state.cpus[n].registers, [&](const auto& entry) {
                return !goes_along(entry.first) || !from.cpus.at(n).registers.contains(entry.first);
            });
        std::erase_if(state.RAM, [](const auto& entry) { return !is_the_guests(entry.first); });
    };
    leave_out_the_rest(one, other);
    leave_out_the_rest(other, one);
    return differences(one, other);
}

} // namespace conformance

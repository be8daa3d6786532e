// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/state.hpp"

#include "arch-arm64/registers.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/sysreg.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace conformance {
namespace {

using Registers = State::Registers;
using Words = std::vector<std::uint64_t>;
constexpr std::uint64_t page = 0x1000;
constexpr std::uint32_t TIMER_CTRL = 1; // KVM_ARM_VCPU_TIMER_CTRL
constexpr std::uint32_t all = 0xFFFF'FFFF;

/// Offsets of the words of a register array.
void add(Words& offsets, std::uint64_t first, std::uint64_t end) {
    for (; first < end; first += 4)
        offsets.push_back(first);
}

std::uint32_t interrupts_of(Machine& machine) { return 32 * ((must(machine.gicd(GICD_TYPER)) & 0x1F) + 1); }

Words distributor_words(std::uint32_t interrupts) {
    Words words{GICD_IIDR, GICD_CTLR};
    // Where to and of what kind, before what is pending is sent there: neither looks for stranded interrupts.
    add(words, GICD_IROUTER + std::uint64_t{32} * 8, GICD_IROUTER + std::uint64_t{interrupts} * 8);
    add(words, GICD_ICFGR + 8, GICD_ICFGR + interrupts / 4);
    add(words, GICD_IPRIORITYR + 32, GICD_IPRIORITYR + interrupts);
    for (const auto bits : {GICD_IGROUPR, GICD_ISENABLER, GICD_ISPENDR, GICD_ISACTIVER})
        add(words, bits + 4, bits + interrupts / 8);
    return words;
}

Words redistributor_words() {
    Words words{GICR_CTLR,       GICR_PROPBASER, GICR_PROPBASER + 4, GICR_PENDBASER,  GICR_PENDBASER + 4,
                GICR_STATUSR,    GICR_WAKER,     GICR_IGROUPR0,      GICR_ISENABLER0, GICR_ISPENDR0,
                GICR_ISACTIVER0, GICR_ICFGR0,    GICR_ICFGR1};
    add(words, GICR_IPRIORITYR, GICR_IPRIORITYR + 32);
    return words;
}

/// ICC_AP0R<n> and ICC_AP1R<n> that a GIC with so many priority bits has.
std::vector<Sysreg> active_priorities(std::uint64_t ICC_CTLR) {
    const auto PRIbits = (ICC_CTLR >> 8 & 7) + 1;
    std::vector<Sysreg> registers{ICC_AP0R0_EL1, ICC_AP1R0_EL1};
    if (PRIbits > 5)
        registers.insert(registers.end(), {ICC_AP0R1_EL1, ICC_AP1R1_EL1});
    if (PRIbits > 6)
        registers.insert(registers.end(), {ICC_AP0R2_EL1, ICC_AP0R3_EL1, ICC_AP1R2_EL1, ICC_AP1R3_EL1});
    return registers;
}

Registers save_icc(Machine& machine, unsigned vcpu) {
    Registers saved;
    const auto add = [&](const Sysreg& sysreg) { saved.push_back({sysreg.encoding, must(machine.icc(vcpu, sysreg))}); };
    for (const auto& sysreg : {ICC_CTLR_EL1, ICC_SRE_EL1, ICC_PMR_EL1, ICC_BPR0_EL1, ICC_BPR1_EL1})
        add(sysreg);
    for (const auto& sysreg : active_priorities(saved.front().value))
        add(sysreg);
    for (const auto& sysreg : {ICC_IGRPEN0_EL1, ICC_IGRPEN1_EL1})
        add(sysreg);
    return saved;
}

State::Cpu save_cpu(Machine& machine, unsigned vcpu) {
    auto& from = machine.vcpu(vcpu);
    State::Cpu cpu;
    cpu.id = machine.vcpu_id(vcpu);
    cpu.mp_state = must(from.mp_state());
    cpu.events = must(from.events());
    for (const auto id : must(from.registers())) {
        auto& value = cpu.registers[id];
        value.resize(size_of(id));
        must(from.get(id, value));
    }
    for (const auto offset : redistributor_words())
        cpu.GICR.push_back({offset, must(machine.gicr(vcpu, offset))});
    cpu.PPI_lines = must(machine.line_level(0, vcpu));
    cpu.ICC = save_icc(machine, vcpu);
    return cpu;
}

/// Calls `function` with the address of every page that is not zero.
template <class Function>
void for_each_used_page(const virt::GuestMemory& memory, Function&& function) {
    static constexpr std::byte zero[page]{};
    const auto host_page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    std::vector<unsigned char> touched((memory.size() + host_page - 1) / host_page);
    if (::mincore(memory.host(), memory.size(), touched.data()) != 0)
        throw std::system_error(errno, std::generic_category(), "mincore");
    for (std::uint64_t offset = 0; offset < memory.size(); offset += page)
        if ((touched[offset / host_page] & 1) != 0 && std::memcmp(memory.host() + offset, zero, page) != 0)
            function(memory.base() + offset, memory.host() + offset);
}

void restore_memory(const State& state, Machine& machine) {
    for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu)
        static_cast<void>(machine.puppet(vcpu)); // before what is in its mailbox
    for_each_used_page(machine.memory(), [&](virt::Gpa address, std::byte* at) {
        if (!state.RAM.contains(address))
            std::memset(at, 0, page);
    });
    for (const auto& [address, bytes] : state.RAM)
        if (!machine.memory().write(address, bytes))
            throw std::out_of_range("a state of more RAM");
}

void restore_redistributors(const State& state, Machine& machine) {
    const auto for_each = [&](auto&& set) {
        for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu)
            set(vcpu, state.cpus.at(vcpu).GICR);
    };
    // PROPBASER is one for all, and neither it nor PENDBASER takes a write where LPIs are enabled.
    for_each([&](unsigned vcpu, const Registers&) { must(machine.set_gicr(vcpu, GICR_CTLR, 0)); });
    for_each([&](unsigned vcpu, const Registers& saved) {
        must(machine.set_gicr(vcpu, GICR_ICENABLER0, all));
        must(machine.set_gicr(vcpu, GICR_ICACTIVER0, all));
        for (const auto& [offset, value] : saved)
            if (offset != GICR_CTLR)
                must(machine.set_gicr(vcpu, offset, static_cast<std::uint32_t>(value)));
    });
    for_each([&](unsigned vcpu, const Registers& saved) {
        must(machine.set_gicr(vcpu, GICR_CTLR, static_cast<std::uint32_t>(value_of(saved, GICR_CTLR))));
    });
}

void restore_control(const State& state, Machine& machine) {
    for (const auto offset : {GICD_IIDR, GICD_CTLR})
        must(machine.set_gicd(offset, static_cast<std::uint32_t>(value_of(state.GICD, offset))));
}

void restore_distributor(const State& state, Machine& machine) {
    for (const auto clear : {GICD_ICENABLER, GICD_ICACTIVER})
        for (std::uint64_t word = 1; word < interrupts_of(machine) / 32; ++word)
            must(machine.set_gicd(clear + 4 * word, all));
    for (const auto& [offset, value] : state.GICD)
        if (offset != GICD_IIDR && offset != GICD_CTLR)
            must(machine.set_gicd(offset, static_cast<std::uint32_t>(value)));
}

void restore_lines(const State& state, Machine& machine) {
    for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu) {
        // A timer's line comes from its registers. One that is emulated, and whose registers are out of reach
        // (Linux 6.1 without VHE), would never lower what is raised here.
        std::uint32_t timers = 0;
        for (const std::uint64_t which : {0U, 1U}) // KVM_ARM_VCPU_TIMER_IRQ_VTIMER, _PTIMER
            if (const auto PPI = machine.vcpu(vcpu).get_number<std::uint32_t>(TIMER_CTRL, which))
                timers |= bit_of(*PPI);
        must(machine.set_line_level(0, state.cpus.at(vcpu).PPI_lines & ~timers, vcpu));
    }
    for (const auto& [first, lines] : state.SPI_lines)
        must(machine.set_line_level(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(lines)));
}

void restore_cpu_interfaces(const State& state, Machine& machine) {
    for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu) {
        const auto set = [&](std::uint64_t at, std::uint64_t value) {
            must(machine.set_icc(vcpu, Sysreg{"", 0, static_cast<std::uint16_t>(at)}, value));
        };
        const auto& saved = state.cpus.at(vcpu).ICC;
        // CTLR decides which of the others there are, and its CBPR hides BPR1.
        const auto CTLR = value_of(saved, ICC_CTLR_EL1.encoding);
        set(ICC_CTLR_EL1.encoding, CTLR & ~ICC_CTLR_EL1_CBPR);
        for (const auto& [at, value] : saved)
            if (at != ICC_CTLR_EL1.encoding)
                set(at, value);
        set(ICC_CTLR_EL1.encoding, CTLR);
    }
}

void restore_its(const State& state, Machine& machine) {
    for (unsigned its = 0; its < state.GITS.size(); ++its) {
        const auto set = [&](std::uint64_t offset) {
            must(machine.set_gits(its, offset, value_of(state.GITS[its], offset)));
        };
        set(GITS_IIDR);
        set(GITS_CBASER); // which zeroes the next two
        set(GITS_CREADR);
        set(GITS_CWRITER);
        for (unsigned n = 0; n < 8; ++n)
            set(GITS_BASER0 + std::uint64_t{8} * n);
        must(machine.restore_its_tables(its));
        set(GITS_CTLR);
    }
}

bool counts(virt::RegisterId id) { return id == timer_registers::TIMER_CNT || id == timer_registers::PTIMER_CNT; }

void restore_vcpus(const State& state, Machine& machine) {
    for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu) {
        auto& to = machine.vcpu(vcpu);
        const auto& cpu = state.cpus.at(vcpu);
        for (const auto& [id, value] : cpu.registers)
            if (!counts(id))
                must(to.set(id, value));
        must(to.set_events(cpu.events));
        must(to.set_mp_state(cpu.mp_state));
    }
    // One counter for the VM: once, last, and its latest value.
    for (const auto& [id, value] : state.cpus.back().registers)
        if (counts(id))
            must(machine.vcpu(0).set(id, value));
    for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu) {
        const auto& registers = state.cpus.at(vcpu).registers;
        const auto pc = registers.find(arm64::registers::pc);
        if (pc != registers.end() && pc->second == std::vector<std::byte>(8))
            continue; // nobody played on it
        machine.puppet(vcpu).on_interrupt(nullptr);
        machine.puppet(vcpu).adopt();
    }
}

void compare(std::vector<std::string>& found, const std::string& where, const Registers& one, const Registers& other) {
    if (one.size() != other.size())
        found.push_back(where + ": another number of registers");
    for (std::size_t n = 0; n < std::min(one.size(), other.size()); ++n)
        if (one[n] != other[n]) {
            std::ostringstream text;
            text << where << " 0x" << std::hex << one[n].at << ": 0x" << one[n].value << ", 0x" << other[n].value;
            found.push_back(text.str());
        }
}

std::uint64_t number_of(const std::vector<std::byte>& value) {
    std::uint64_t number = 0;
    std::memcpy(&number, value.data(), std::min(value.size(), sizeof number));
    return number;
}

void compare(std::vector<std::string>& found, const std::string& where, const State::Cpu& one,
             const State::Cpu& other) {
    constexpr std::uint64_t ISTATUS = 4;
    for (const auto& [id, value] : one.registers) {
        const auto it = other.registers.find(id);
        const bool control = id == timer_registers::TIMER_CTL || id == timer_registers::PTIMER_CTL;
        if (counts(id) || (it != other.registers.end() &&
                           (value == it->second || (control && (number_of(value) ^ number_of(it->second)) == ISTATUS))))
            continue;
        std::ostringstream text;
        text << where << " register 0x" << std::hex << id.value << ": 0x" << number_of(value) << ", ";
        if (it == other.registers.end())
            text << "none";
        else
            text << "0x" << number_of(it->second);
        found.push_back(text.str());
    }
    if (one.registers.size() != other.registers.size())
        found.push_back(where + ": another number of registers");
    if (one.mp_state != other.mp_state)
        found.push_back(where + ": MP_STATE");
    if (one.events != other.events)
        found.push_back(where + ": events");
    if (one.PPI_lines != other.PPI_lines) {
        std::ostringstream text;
        text << where << ": lines of PPIs: 0x" << std::hex << one.PPI_lines << ", 0x" << other.PPI_lines;
        found.push_back(text.str());
    }
    compare(found, where + " GICR", one.GICR, other.GICR);
    compare(found, where + " ICC", one.ICC, other.ICC);
}

} // namespace

std::uint64_t value_of(const Registers& registers, std::uint64_t at) {
    const auto found = std::ranges::find(registers, at, &State::Register::at);
    if (found == registers.end())
        throw std::out_of_range("no such register was saved");
    return found->value;
}

void set_value(Registers& registers, std::uint64_t at, std::uint64_t value) {
    const auto found = std::ranges::find(registers, at, &State::Register::at);
    if (found == registers.end())
        throw std::out_of_range("no such register was saved");
    found->value = value;
}

State save(Machine& machine) {
    State state;
    for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu)
        must(machine.vcpu(vcpu).finish());
    const std::uint32_t interrupts = interrupts_of(machine);
    must(machine.save_pending_tables());
    for (unsigned its = 0; its < machine.its_count(); ++its) {
        must(machine.save_its_tables(its));
        auto& saved = state.GITS.emplace_back();
        for (const auto offset : {GITS_CTLR, GITS_IIDR, GITS_CBASER, GITS_CREADR, GITS_CWRITER})
            saved.push_back({offset, must(machine.gits(its, offset))});
        for (unsigned n = 0; n < 8; ++n)
            saved.push_back({GITS_BASER0 + std::uint64_t{8} * n, must(machine.gits(its, GITS_BASER0 + 8 * n))});
    }
    for (const auto offset : distributor_words(interrupts))
        state.GICD.push_back({offset, must(machine.gicd(offset))});
    for (std::uint32_t first = 32; first < interrupts; first += 32)
        state.SPI_lines.push_back({first, must(machine.line_level(first))});
    for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu)
        state.cpus.push_back(save_cpu(machine, vcpu));
    for_each_used_page(machine.memory(), [&](virt::Gpa address, const std::byte* at) {
        state.RAM.emplace(address, std::vector<std::byte>(at, at + page));
    });
    return state;
}

void restore(const State& state, Machine& machine, const std::vector<Step>& order) {
    if (state.cpus.size() != machine.vcpus() || state.GITS.size() != machine.its_count())
        throw std::invalid_argument("a state of other bricks");
    for (const auto step : order) {
        switch (step) {
        case Step::memory: restore_memory(state, machine); break;
        case Step::control: restore_control(state, machine); break;
        case Step::redistributors: restore_redistributors(state, machine); break;
        case Step::distributor: restore_distributor(state, machine); break;
        case Step::lines: restore_lines(state, machine); break;
        case Step::cpu_interfaces: restore_cpu_interfaces(state, machine); break;
        case Step::its: restore_its(state, machine); break;
        case Step::vcpus: restore_vcpus(state, machine); break;
        }
    }
}

std::vector<std::string> differences(const State& one, const State& other) {
    std::vector<std::string> found;
    if (one.cpus.size() != other.cpus.size() || one.GITS.size() != other.GITS.size())
        return {"other bricks"};
    for (std::size_t n = 0; n < one.cpus.size(); ++n)
        compare(found, "vCPU " + std::to_string(n), one.cpus[n], other.cpus[n]);
    compare(found, "GICD", one.GICD, other.GICD);
    compare(found, "lines", one.SPI_lines, other.SPI_lines);
    for (std::size_t n = 0; n < one.GITS.size(); ++n)
        compare(found, "ITS " + std::to_string(n), one.GITS[n], other.GITS[n]);
    for (const auto* const state : {&one, &other})
        for (const auto& [address, bytes] : state->RAM) {
            const auto& theirs = (state == &one ? other : one).RAM;
            const auto it = theirs.find(address);
            if (it != theirs.end() && (state == &other || it->second == bytes))
                continue;
            std::ostringstream text;
            text << "RAM at 0x" << std::hex << address;
            found.push_back(text.str());
        }
    return found;
}

} // namespace conformance

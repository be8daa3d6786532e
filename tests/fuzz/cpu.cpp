// SPDX-License-Identifier: Apache-2.0
// Fuzzes what a guest does to its CPU: random code at EL1 and EL0, with random system registers and page tables, on two
// CPUs of one cluster. Memory outside the guest's RAM is out of reach (AddressSanitizer sees to it: the RAM is a heap
// block with nothing around it), and the process survives.
#include "arch-arm64/cpu/cpu.hpp"
#include "arch-arm64/cpu/decoder.hpp"
#include "arch-arm64/cpu/maintenance.hpp"
#include "arch-arm64/cpu/model.hpp"
#include "arch-arm64/cpu/surroundings.hpp"
#include "tests/fuzz/input.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <variant>

namespace {

using namespace arm64::cpu;
using fuzz::Input;

constexpr virt::Gpa base = 0x4000'0000;
constexpr std::size_t pages = 16, page = 4096;

struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
};

/// RAM, a page of ROM behind it, and registers that answer everything.
class Ground final : public Surroundings {
public:
    explicit Ground(std::byte* ram) : ram_(ram) {}

    [[nodiscard]] std::optional<MemoryPage> memory(virt::Gpa address) override {
        fuzz::require(address % page == 0, "memory is asked for by pages");
        if (address < base || address - base >= pages * page)
            return std::nullopt;
        const bool last = address - base == (pages - 1) * page;
        return MemoryPage{ram_ + (address - base), last ? virt::SlotKind::rom : virt::SlotKind::ram,
                          (address / page & 4) != 0};
    }
    void mark_dirty(virt::Gpa address) override {
        fuzz::require(address >= base && address - base < pages * page, "what is dirty is memory");
    }
    [[nodiscard]] bool read(virt::Gpa address, virt::Width, std::uint64_t& value) override {
        value = address;
        return (address & 0x1000) != 0;
    }
    [[nodiscard]] bool write(virt::Gpa address, virt::Width, std::uint64_t) override { return (address & 0x1000) != 0; }
    [[nodiscard]] std::optional<std::uint64_t> read_sysreg(arm64::SysregId id) override { return id.value; }
    [[nodiscard]] bool write_sysreg(arm64::SysregId, std::uint64_t) override { return true; }
    void set_pmu_interrupt(arm64::CpuSide::Level) override {}

private:
    std::byte* ram_;
};

/// An address in RAM mostly, sometimes one beside it.
std::uint64_t address(Input& input) {
    const auto choice = input.byte();
    const std::uint64_t offset = input.raw(2);
    switch (choice & 7) {
    case 0: return input.value();
    case 1: return base + pages * page - (offset & 15);
    case 2: return base + offset / page * page - (choice >> 4);
    case 3: return ~std::uint64_t{0} << 48 | (base + offset);
    default: return base + offset % (pages * page);
    }
}

std::uint32_t instruction(Input& input) {
    const auto all = rows();
    const auto choice = input.raw(2);
    const auto noise = static_cast<std::uint32_t>(input.raw(4));
    if (choice % 16 == 0)
        return noise;
    const auto& encoding = all[choice % all.size()].encoding;
    return encoding.value | (noise & ~encoding.mask);
}

/// A table or page descriptor that often leads somewhere.
std::uint64_t descriptor(Input& input) {
    const std::uint64_t attributes = input.raw(2) << 2 & 0xFFC, high = std::uint64_t{input.byte()} << 52;
    const std::uint64_t type = input.below(8) == 0 ? input.below(4) : 3;
    return base + page * input.below(pages + 2) | attributes | (attributes == 0 ? 0 : 1U << 10) | high | type;
}

class Machine {
public:
    explicit Machine(std::span<const std::uint8_t> bytes)
        : input_(bytes),
          ram_(static_cast<std::byte*>(std::aligned_alloc(page, pages * page))),
          grounds_{Ground(ram_.get()), Ground(ram_.get())},
          cpus_{std::make_unique<Cpu>(baseline(), grounds_[0], cluster_),
                std::make_unique<Cpu>(baseline(), grounds_[1], cluster_)} {
        std::memset(ram_.get(), 0, pages * page);
        while (!input_.empty())
            step();
    }

private:
    void put(std::size_t offset, const void* from, std::size_t bytes) {
        if (offset <= pages * page - bytes)
            std::memcpy(ram_.get() + offset, from, bytes);
    }

    void put_code() {
        const std::size_t offset = input_.raw(2) % (pages * page) & ~std::size_t{3};
        for (std::size_t i = 0, count = 1 + input_.below(16); i < count; ++i) {
            const auto word = instruction(input_);
            put(offset + 4 * i, &word, sizeof word);
        }
        cpus_[0]->pc = cpus_[1]->pc = base + offset;
    }

    void put_descriptors() {
        const std::size_t table = page * input_.below(pages), index = input_.raw(2) % 512;
        for (std::size_t i = 0, count = 1 + input_.below(4); i < count; ++i) {
            const auto entry = descriptor(input_);
            put(table + 8 * ((index + i) % 512), &entry, sizeof entry);
        }
    }

    void set_registers(Cpu& cpu) {
        for (unsigned i = 0, count = 1 + input_.below(8); i < count; ++i)
            cpu.x[input_.below(31)] = input_.below(4) == 0 ? input_.value() : address(input_);
        cpu.set_SP(input_.below(2), address(input_));
        cpu.v[input_.below(32)].d = {input_.value(), input_.value()};
        cpu.fp.FPCR = static_cast<std::uint32_t>(input_.value()) & fp::FPCR::writable;
    }

    void set_translation(Cpu& cpu) {
        auto& system = cpu.system;
        system.SCTLR_EL1 = input_.value() | input_.below(2);
        system.TCR_EL1 = (input_.value() & ~std::uint64_t{0x3F'003F}) | (16 + input_.below(32)) |
                         std::uint64_t{16 + input_.below(32)} << 16;
        system.TTBR0_EL1 = (base + page * input_.below(pages)) | std::uint64_t{input_.byte()} << 48;
        system.TTBR1_EL1 = (base + page * input_.below(pages)) | std::uint64_t{input_.byte()} << 48;
        system.MAIR_EL1 = input_.value();
        cpu.registers_changed();
    }

    void set_system(Cpu& cpu) {
        const auto ids = cpu.outside_registers();
        (void)cpu.outside_write(ids[input_.raw(2) % ids.size()], input_.value());
        cpu.system.VBAR_EL1 = address(input_) & ~std::uint64_t{0x7FF};
        (void)cpu.set_PSTATE(input_.value() & ~SPSR::aarch32);
        cpu.registers_changed();
    }

    void run(Cpu& cpu) {
        constexpr std::uint64_t instructions = 2000;
        constexpr int most_stops = 16;
        cpu.set_budget(instructions);
        for (int stops = 0; stops < most_stops; ++stops) {
            const Stop stop = cpu.run();
            if (std::holds_alternative<virt::exit::Interrupted>(stop))
                return;
            if (std::holds_alternative<virt::exit::MmioRead>(stop)) {
                cpu.answer(input_.value());
                if (input_.below(2) != 0)
                    cpu.finish_answered();
            } else if (std::holds_alternative<virt::exit::NoSyndrome>(stop)) {
                cpu.external_abort(address(input_));
            }
        }
    }

    void step() {
        Cpu& cpu = *cpus_[input_.below(8) == 0 ? 1 : 0];
        switch (input_.below(16)) {
        case 0:
        case 1:
        case 2: put_code(); break;
        case 3: put_descriptors(); break;
        case 4:
        case 5: set_registers(cpu); break;
        case 6: set_translation(cpu); break;
        case 7: set_system(cpu); break;
        case 8: cpu.raise(input_.byte() & (Cpu::request_IRQ | Cpu::request_FIQ | Cpu::request_SError)); break;
        case 9: cpu.lower(Cpu::request_IRQ | Cpu::request_FIQ); break;
        case 10: cpu.post({.kind = Maintenance::Kind::code_all}); break;
        case 11: cluster_.forget_memory(); break;
        case 12: cpu.reset(1U << 31); break;
        default: run(cpu); break;
        }
    }

    Input input_;
    std::unique_ptr<std::byte, Free> ram_;
    Cluster cluster_;
    std::array<Ground, 2> grounds_;
    std::array<std::unique_ptr<Cpu>, 2> cpus_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Machine machine({data, size});
    return 0;
}

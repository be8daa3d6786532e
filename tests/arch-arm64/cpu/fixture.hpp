// SPDX-License-Identifier: Apache-2.0
// A CPU with some RAM around it, MMU off, at EL1.
#pragma once

#include "arch-arm64/cpu/cpu.hpp"
#include "arch-arm64/cpu/maintenance.hpp"
#include "arch-arm64/cpu/model.hpp"
#include "arch-arm64/cpu/surroundings.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <variant>
#include <vector>

namespace arm64::cpu::test {

/// RAM from `base` on; everything else is a recorded MMIO access that the bus declines, unless `devices` has it.
class Board final : public Surroundings {
public:
    static constexpr virt::Gpa base = 0x4000'0000;

    explicit Board(std::size_t bytes = 1 << 20) : ram_(bytes + Tlb::page) {
        const auto start = reinterpret_cast<std::uint64_t>(ram_.data());
        start_ = ram_.data() + (Tlb::page - start % Tlb::page) % Tlb::page;
        size_ = bytes;
    }
    /// The same RAM as `other`'s, for another CPU.
    explicit Board(Board& other) : start_(other.start_), size_(other.size_) {}

    [[nodiscard]] std::byte* at(virt::Gpa address) { return start_ + (address - base); }
    [[nodiscard]] std::size_t size() const { return size_; }
    template <class T>
    [[nodiscard]] T get(virt::Gpa address) {
        T value;
        std::memcpy(&value, at(address), sizeof value);
        return value;
    }
    template <class T>
    void put(virt::Gpa address, T value) {
        std::memcpy(at(address), &value, sizeof value);
    }
    void put_code(virt::Gpa address, std::span<const std::uint32_t> words) {
        std::memcpy(at(address), words.data(), words.size_bytes());
    }

    [[nodiscard]] std::optional<MemoryPage> memory(virt::Gpa page) override {
        if (page < base || page - base >= size_ || missing.contains(page))
            return std::nullopt;
        return MemoryPage{at(page), kind, logged.contains(page)};
    }
    void mark_dirty(virt::Gpa page) override { dirty.insert(page); }
    [[nodiscard]] bool read(virt::Gpa address, virt::Width, std::uint64_t& value) override {
        const auto found = devices.find(address);
        if (found == devices.end())
            return false;
        value = found->second;
        return true;
    }
    [[nodiscard]] bool write(virt::Gpa address, virt::Width, std::uint64_t value) override {
        const auto found = devices.find(address);
        if (found == devices.end())
            return false;
        found->second = value;
        return true;
    }
    [[nodiscard]] std::optional<std::uint64_t> read_sysreg(SysregId id) override {
        const auto found = sysregs.find(id.value);
        return found == sysregs.end() ? std::nullopt : std::optional(found->second);
    }
    [[nodiscard]] bool write_sysreg(SysregId id, std::uint64_t value) override {
        const auto found = sysregs.find(id.value);
        if (found == sysregs.end())
            return false;
        found->second = value;
        return true;
    }
    void set_pmu_interrupt(CpuSide::Level level) override { pmu_interrupt = level; }

    virt::SlotKind kind = virt::SlotKind::ram;
    std::set<virt::Gpa> logged, dirty;
    std::set<virt::Gpa> missing; ///< pages of the RAM that are not there
    std::map<virt::Gpa, std::uint64_t> devices;    ///< on the bus, by address
    std::map<std::uint16_t, std::uint64_t> sysregs; ///< of the interrupt controller and the timers
    CpuSide::Level pmu_interrupt = CpuSide::Level::low;

private:
    std::vector<std::byte> ram_;
    std::byte* start_ = nullptr;
    std::size_t size_ = 0;
};

/// One CPU on one board. Vectors are at `vectors`: each is an HVC whose immediate is its offset, so that `run` comes
/// back when an exception is taken.
class Bench {
public:
    static constexpr virt::Gpa code = Board::base + 0x1'0000, data = Board::base + 0x2'0000,
                               stack = Board::base + 0x3'0000, vectors = Board::base + 0x800;

    explicit Bench(std::size_t bytes = 1 << 20) : board(bytes), cpu(baseline(), board, cluster) {
        for (std::uint32_t vector = 0; vector < 0x800; vector += 0x80)
            board.put(vectors + vector, hvc(vector));
        cpu.system.VBAR_EL1 = vectors;
        cpu.system.CPACR_EL1 = 3U << 20;
        cpu.set_SP(1, stack);
        cpu.registers_changed();
    }

    [[nodiscard]] static constexpr std::uint32_t hvc(std::uint32_t imm) { return 0xD400'0002 | imm << 5; }
    static constexpr std::uint16_t finished = 0xFFFF;

    /// Executes the words at `code` up to the end, or the first exception: the offset of its vector, or `finished`.
    std::uint16_t run(std::initializer_list<std::uint32_t> words) {
        std::vector<std::uint32_t> program(words);
        program.push_back(hvc(finished));
        return run_program(program);
    }
    std::uint16_t run_program(std::span<const std::uint32_t> words) {
        board.put_code(code, words);
        cpu.post({.kind = Maintenance::Kind::code_all});
        cpu.pc = code;
        const Stop stop = cpu.run();
        const auto* const call = std::get_if<stop::Call>(&stop);
        last_stop = stop;
        return call != nullptr ? call->imm : std::uint16_t{0xFFFE};
    }
    [[nodiscard]] std::uint64_t& x(unsigned n) { return cpu.x.at(n); }

    Board board;
    Cluster cluster;
    Cpu cpu;
    Stop last_stop = virt::exit::Interrupted{};
};

} // namespace arm64::cpu::test

// SPDX-License-Identifier: Apache-2.0
// Executes cases on our CPU: at EL0, with stage 1 of the MMU on, so that memory is Normal, as it is for a process.
#pragma once

#include "arch-arm64/cpu/cpu.hpp"
#include "tests/arch-arm64/cpu/differential/executor.hpp"
#include "tests/arch-arm64/cpu/differential/memory.hpp"

#include <array>
#include <cstddef>
#include <memory>

namespace differential {

/// Its memory: what a case has, translation tables, and vectors of HVC, at which the CPU comes back to us.
class Board final : public arm64::cpu::Surroundings {
public:
    static constexpr std::uint64_t page = 4096;
    static constexpr std::uint64_t tables = 0x8010'0000; ///< level 1, 2, 3
    static constexpr std::uint64_t vectors = 0x8012'0000;

    Board();

    [[nodiscard]] std::byte* at(std::uint64_t address);

    [[nodiscard]] std::optional<arm64::cpu::MemoryPage> memory(virt::Gpa address) override;
    void mark_dirty(virt::Gpa) override {}
    [[nodiscard]] bool read(virt::Gpa, virt::Width, std::uint64_t&) override { return false; }
    [[nodiscard]] bool write(virt::Gpa, virt::Width, std::uint64_t) override { return false; }
    [[nodiscard]] std::optional<std::uint64_t> read_sysreg(arm64::SysregId) override { return std::nullopt; }
    [[nodiscard]] bool write_sysreg(arm64::SysregId, std::uint64_t) override { return false; }
    void set_pmu_interrupt(arm64::CpuSide::Level) override {}

private:
    struct Range {
        std::uint64_t begin, size;
        std::unique_ptr<std::byte[]> host;
    };
    std::array<Range, 4> ranges_;
};

class Subject final : public Executor {
public:
    Subject();
    ~Subject() override;

    [[nodiscard]] std::vector<Outcome> execute(std::span<const Case> cases) override;

private:
    void start();
    void prepare(const Case& next);
    void load(const State& from);
    [[nodiscard]] Outcome try_once(const State& from);
    [[nodiscard]] Outcome run();
    void classify(Outcome& outcome);

    Board board_;
    arm64::cpu::Cluster cluster_;
    std::unique_ptr<arm64::cpu::Cpu> cpu_;
    Window pristine_{};
    std::uint64_t pristine_seed_ = 0;
};

} // namespace differential

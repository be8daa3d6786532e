// SPDX-License-Identifier: Apache-2.0
// Each handler's call of the next op is a jump: otherwise the host's stack would grow with the guest's instructions.
#include "arch-arm64/cpu/handlers.hpp"

#include "arch-arm64/cpu/code_cache.hpp"
#include "arch-arm64/cpu/decoder.hpp"
#include "tests/arch-arm64/cpu/fixture.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <vector>

namespace arm64::cpu {
namespace {

using test::Bench;

const char* deepest = nullptr; // the probe gets nothing but the CPU and its op

void probe(Cpu&, const Op*) { deepest = static_cast<const char*>(__builtin_frame_address(0)); }

/// Where the stack is behind `count` times the instruction; nothing if it does not get that far.
std::optional<const char*> stack_behind(Cpu& cpu, std::uint32_t word, unsigned count) {
    std::vector<Op> ops;
    for (unsigned i = 0; i < count; ++i)
        if (translate(ops, word, 0) || ops.size() != i + 1)
            return std::nullopt;
    ops.push_back({.run = probe, .d = 0, .n = 0, .m = 0, .a = 0, .offset = 0, .extra = 0, .imm = 0});
    deepest = nullptr;
    ops.front().run(cpu, ops.data());
    return deepest == nullptr ? std::nullopt : std::optional(deepest);
}

TEST(Handlers, TheStackDoesNotGrowWithTheInstructions) {
    std::mt19937 random(1);
    unsigned reached = 0;
    for (const Row& row : rows()) {
        for (int attempt = 0; attempt < 40; ++attempt) {
            const std::uint32_t word = row.encoding.value | (static_cast<std::uint32_t>(random()) & ~row.encoding.mask);
            std::array<const char*, 2> stacks{};
            bool both = true;
            for (const unsigned count : {1U, 60U}) {
                Bench bench; // an access that faults leaves: what is tried must not depend on what was before
                bench.run({0x9100'0000}); // a block that an instruction could be left from
                bench.cpu.x.fill(Bench::data);
                bench.cpu.x[zero_slot] = 0;
                bench.cpu.pc = Bench::code;
                const auto stack = stack_behind(bench.cpu, word, count);
                both = both && stack.has_value();
                stacks.at(count == 1 ? 0 : 1) = stack.value_or(nullptr);
            }
            if (!both)
                continue;
            ++reached;
            EXPECT_EQ(stacks[0], stacks[1]) << row.name << " " << row.bits << std::hex << " " << word;
            break;
        }
    }
    EXPECT_GT(reached, rows().size() / 3); // the others end their block
}

} // namespace
} // namespace arm64::cpu

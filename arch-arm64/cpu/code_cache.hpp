// SPDX-License-Identifier: Apache-2.0
// Decoded basic blocks, by the physical address of their first instruction.
#pragma once

#include "arch-arm64/cpu/op.hpp"
#include "virt/ids.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace arm64::cpu {

/// Straight-line code within one page. Its ops follow each other; the last one returns to the run loop.
struct Block {
    const Op* ops;
    std::uint32_t length; ///< instructions
};

/// 4 KiB of guest memory from which code was executed.
struct CodePage {
    virt::Gpa address = 0;
    const std::byte* host = nullptr;
    std::array<const Block*, 1024> blocks{}; ///< by instruction; null: not decoded, or dropped
};

/// Belongs to one CPU's thread. What it has cached it executes, whatever has become of memory, until it is dropped: as
/// an instruction cache, CTR_EL0.DIC = 0.
class CodeCache {
public:
    /// Instructions of a block at most.
    static constexpr unsigned longest = 64;

    /// The page at that address, which has no block at first. `host`: where it is.
    [[nodiscard]] CodePage& page(virt::Gpa address, const std::byte* host);
    /// Decodes the block that begins there. `offset`: in the page, bytes, a multiple of 4.
    const Block* translate(CodePage& page, std::uint32_t offset);

    /// Blocks of that page. Their memory stays until `drop_all`, for one of them may be running.
    void drop(virt::Gpa address);
    /// Everything; pages, too. Nothing of it may run, or be referred to, from then on.
    void drop_all();
    /// Whether so much is cached that `drop_all` is due: a guest cannot make it grow for ever.
    [[nodiscard]] bool full() const { return chunks_.size() > most_chunks || pages_.size() > most_pages; }

private:
    static constexpr std::size_t chunk_size = 64 * 1024;
    static constexpr std::size_t most_chunks = 1024, most_pages = 16384;

    std::byte* allocate(std::size_t bytes);

    std::unordered_map<virt::Gpa, std::unique_ptr<CodePage>> pages_;
    std::vector<std::unique_ptr<std::byte[]>> chunks_;
    std::size_t used_ = chunk_size; // of the last chunk
    std::vector<Op> ops_;           // of the block that is being decoded
};

/// Decodes the instruction `word`, which makes the ops of it; UNDEFINED ones too. `offset`: in its block. True: the
/// block ends with it.
bool translate(std::vector<Op>& ops, std::uint32_t word, std::uint16_t offset);
/// The op behind the last instruction of a block that does not end by itself.
void end_block(std::vector<Op>& ops, std::uint16_t offset);

} // namespace arm64::cpu

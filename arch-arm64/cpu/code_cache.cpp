// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/cpu/code_cache.hpp"

#include "arch-arm64/cpu/guest_access.hpp"
#include "arch-arm64/cpu/tlb.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace arm64::cpu {

CodePage& CodeCache::page(virt::Gpa address, const std::byte* host) {
    auto& page = pages_[address];
    if (!page) {
        page = std::make_unique<CodePage>();
        page->address = address;
    }
    page->host = host;
    return *page;
}

const Block* CodeCache::translate(CodePage& page, std::uint32_t offset) {
    const auto room = static_cast<unsigned>((Tlb::page - offset) / 4);
    const unsigned most = std::min(longest, room);
    ops_.clear();
    unsigned length = 0;
    for (bool ended = false; !ended; ++length) {
        if (length == most) {
            end_block(ops_, static_cast<std::uint16_t>(4 * length));
            break;
        }
        const auto at = reinterpret_cast<std::uint64_t>(page.host) + offset + 4 * length;
        ended = cpu::translate(ops_, guest_load<std::uint32_t>(at), static_cast<std::uint16_t>(4 * length));
    }
    const std::size_t bytes = ops_.size() * sizeof(Op);
    auto* const space = allocate(sizeof(Block) + bytes);
    auto* const ops = space + sizeof(Block);
    std::memcpy(ops, ops_.data(), bytes);
    const auto* const block = new (space) Block{reinterpret_cast<const Op*>(ops), length};
    page.blocks.at(offset / 4) = block;
    return block;
}

std::byte* CodeCache::allocate(std::size_t bytes) {
    if (chunk_size - used_ < bytes) {
        chunks_.push_back(std::make_unique_for_overwrite<std::byte[]>(chunk_size));
        used_ = 0;
    }
    auto* const space = chunks_.back().get() + used_;
    used_ += bytes;
    return space;
}

void CodeCache::drop(virt::Gpa address) {
    if (const auto found = pages_.find(address); found != pages_.end())
        found->second->blocks.fill(nullptr);
}

void CodeCache::drop_all() {
    pages_.clear();
    chunks_.clear();
    used_ = chunk_size;
}

} // namespace arm64::cpu

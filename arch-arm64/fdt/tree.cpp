// SPDX-License-Identifier: Apache-2.0
// libfdt's sequential writer, with a buffer that grows.
#include "arch-arm64/fdt/tree.hpp"

#include "virt/assert.hpp"

#include <libfdt.h>

namespace arm64::fdt {
namespace {

constexpr std::size_t first_size = 8192;

void append(std::vector<std::uint32_t>& cells, std::uint64_t value) {
    cells.push_back(cpu_to_fdt32(static_cast<std::uint32_t>(value >> 32)));
    cells.push_back(cpu_to_fdt32(static_cast<std::uint32_t>(value)));
}

} // namespace

template <class Step>
void Tree::attempt(Step step) {
    int result = step(blob_.data());
    while (result == -FDT_ERR_NOSPACE) {
        std::vector<std::byte> larger(blob_.size() * 2);
        const int moved = fdt_resize(blob_.data(), larger.data(), static_cast<int>(larger.size()));
        VIRT_ASSERT(moved == 0, "a device tree could not be moved to a larger buffer");
        blob_ = std::move(larger);
        result = step(blob_.data());
    }
    VIRT_ASSERT(result == 0, "a device tree was written out of order");
}

Tree::Tree() : blob_(first_size) {
    // Looking for a name among those written so far costs more than all the rest of a boot's user code.
    attempt([&](void* blob) {
        return fdt_create_with_flags(blob, static_cast<int>(blob_.size()), FDT_CREATE_FLAG_NO_NAME_DEDUP);
    });
    attempt([](void* blob) { return fdt_finish_reservemap(blob); });
}

Tree::Node Tree::node(const std::string& name) {
    attempt([&](void* blob) { return fdt_begin_node(blob, name.c_str()); });
    child_ended_ = false;
    return Node(*this);
}

void Tree::end_node() {
    attempt([](void* blob) { return fdt_end_node(blob); });
    child_ended_ = true;
}

void Tree::property(const char* name, const void* data, std::size_t bytes) {
    VIRT_ASSERT(!child_ended_, "a device tree was written out of order"); // libfdt would not notice
    attempt([&](void* blob) { return fdt_property(blob, name, data, static_cast<int>(bytes)); });
}

void Tree::flag(const char* name) { property(name, nullptr, 0); }

void Tree::string(const char* name, std::string_view value) { strings(name, {value}); }

void Tree::strings(const char* name, std::initializer_list<std::string_view> values) {
    std::string list;
    for (const auto value : values)
        list.append(value).push_back('\0');
    property(name, list.data(), list.size());
}

void Tree::cells(const char* name, std::span<const std::uint32_t> values) {
    std::vector<std::uint32_t> big_endian;
    big_endian.reserve(values.size());
    for (const auto value : values)
        big_endian.push_back(cpu_to_fdt32(value));
    property(name, big_endian.data(), big_endian.size() * sizeof(std::uint32_t));
}

void Tree::wide(const char* name, std::initializer_list<std::uint64_t> values) {
    std::vector<std::uint32_t> big_endian;
    big_endian.reserve(2 * values.size());
    for (const auto value : values)
        append(big_endian, value);
    property(name, big_endian.data(), big_endian.size() * sizeof(std::uint32_t));
}

std::vector<std::byte> Tree::finish() {
    attempt([](void* blob) { return fdt_finish(blob); });
    blob_.resize(fdt_totalsize(blob_.data()));
    return std::move(blob_);
}

} // namespace arm64::fdt

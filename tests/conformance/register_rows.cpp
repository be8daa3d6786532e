// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/register_rows.hpp"

#include "arch-arm64/vgic_attributes.hpp"
#include "tests/conformance/expect.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <initializer_list>
#include <ios>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace conformance {
namespace {

constexpr std::initializer_list<unsigned> all_widths = {1, 2, 4, 8};

std::uint64_t low_bytes(std::uint64_t value, unsigned bytes) {
    return bytes == 8 ? value : value & ((std::uint64_t{1} << bytes * 8) - 1);
}

Command load(unsigned width, virt::Gpa address) {
    switch (width) {
    case 1: return load8(address);
    case 2: return load16(address);
    case 4: return load32(address);
    default: return load64(address);
    }
}

Command store(unsigned width, virt::Gpa address, std::uint64_t value) {
    switch (width) {
    case 1: return store8(address, value);
    case 2: return store16(address, value);
    case 4: return store32(address, value);
    default: return store64(address, value);
    }
}

/// Loads and stores in few lists, for a list costs more than a command.
class Accesses {
public:
    explicit Accesses(Puppet& guest) : guest_(guest) {}

    void add(const Command& command) {
        flush_if_full();
        list_ += command;
    }
    void expect(const char* name, unsigned width, virt::Gpa address, std::uint64_t wanted) {
        flush_if_full();
        loads_.push_back({name, list_.size(), wanted});
        list_ += load(width, address);
    }
    /// The register as one number, at a width that it accepts.
    void expect(const RegisterRow& row, virt::Gpa address, std::uint64_t wanted) {
        for (unsigned at = 0; at < row.size; at += 4)
            expect(row.name, 4, address + at, low_bytes(wanted >> at * 8, 4));
    }
    void flush() {
        const auto result = guest_.run(list_);
        for (const auto& load : loads_)
            EXPECT_VALUE(load.wanted, result[load.command].value) << load.name << ": " << list_[load.command].text();
        for (std::size_t n = 0; n < list_.size(); ++n)
            EXPECT_VALUE(0, result[n].esr) << list_[n].text();
        EXPECT_TRUE(result.exits.empty());
        list_ = {};
        loads_.clear();
    }

private:
    void flush_if_full() {
        if (list_.size() > 600)
            flush();
    }

    struct Load {
        const char* name;
        std::size_t command;
        std::uint64_t wanted;
    };

    Puppet& guest_;
    List list_;
    std::vector<Load> loads_;
};

/// First and last.
std::set<std::uint64_t> ends_of(const RegisterRow& row) {
    return {row.offset, row.offset + std::uint64_t{row.count - 1} * row.size};
}

std::string where(const RegisterRow& row, std::uint64_t offset) {
    std::ostringstream text;
    text << row.name << " at 0x" << std::hex << offset;
    return text.str();
}

} // namespace

void expect_loads(Machine& machine, virt::Gpa frame, std::span<const RegisterRow> rows) {
    Accesses accesses(machine.puppet());
    for (const auto& row : rows)
        for (const auto offset : ends_of(row))
            for (const unsigned width : all_widths)
                for (unsigned at = 0; at < row.size; at += width)
                    if ((offset + at) % width == 0)
                        accesses.expect(row.name, width, frame + offset + at,
                                        row.accepts(width) ? low_bytes(row.reset >> at * 8, width) : 0);
    accesses.flush();
}

void expect_stores(Machine& machine, virt::Gpa frame, std::span<const RegisterRow> rows) {
    Accesses accesses(machine.puppet());
    for (const auto& row : rows) {
        if (row.guest == Stores::special)
            continue;
        const std::uint64_t zeros = row.reset & ~row.writable;
        const std::uint64_t ones = zeros | row.writable;
        for (const auto offset : ends_of(row)) {
            const virt::Gpa address = frame + offset;
            for (unsigned at = 0; at < row.size; at += 4)
                accesses.add(store32(address + at, 0xFFFF'FFFF));
            accesses.expect(row, address, ones);
            for (const unsigned width : all_widths)
                if (!row.accepts(width) && address % width == 0)
                    accesses.add(store(width, address, 0));
            accesses.expect(row, address, ones);
            if (row.accepts(1)) {
                accesses.add(store8(address + 1, 0));
                accesses.expect(row, address, (ones & ~std::uint64_t{0xFF00}) | (zeros & 0xFF00));
            }
            if (row.accepts(8)) {
                accesses.add(store64(address, 0));
                accesses.expect(row, address, zeros);
                accesses.add(store64(address, ~std::uint64_t{0}));
                accesses.expect(row, address, ones);
            }
            for (unsigned at = 0; at < row.size; at += 4)
                accesses.add(store32(address + at, 0));
            accesses.expect(row, address, zeros);
            for (unsigned at = 0; at < row.size; at += 4)
                accesses.add(store32(address + at, low_bytes(row.reset >> at * 8, 4)));
            accesses.expect(row, address, row.reset);
        }
    }
    accesses.flush();
}

Attributes distributor_attributes(Machine& machine) {
    return {.has = [&](std::uint64_t offset) { return machine.gic().has_attr(arm64::attr::GRP_DIST_REGS, offset); },
            .get = [&](std::uint64_t offset) { return machine.gicd(offset); },
            .set = [&](std::uint64_t offset, std::uint32_t value) { return machine.set_gicd(offset, value); }};
}

Attributes redistributor_attributes(Machine& machine, unsigned vcpu) {
    return {.has =
                [&machine, vcpu](std::uint64_t offset) {
                    return machine.gic().has_attr(arm64::attr::GRP_REDIST_REGS,
                                                  std::uint64_t{machine.affinity(vcpu)} << 32 | offset);
                },
            .get = [&machine, vcpu](std::uint64_t offset) { return machine.gicr(vcpu, offset); },
            .set = [&machine, vcpu](std::uint64_t offset,
                                    std::uint32_t value) { return machine.set_gicr(vcpu, offset, value); }};
}

void expect_attributes(const Attributes& attributes, std::span<const RegisterRow> rows) {
    for (const auto& row : rows)
        for (const auto first : ends_of(row))
            for (unsigned at = 0; at < row.size; at += 4) {
                const auto offset = first + at;
                const auto reset = static_cast<std::uint32_t>(row.reset >> at * 8);
                const auto writable = static_cast<std::uint32_t>(row.writable >> at * 8);
                EXPECT_TRUE(attributes.has(offset)) << where(row, offset);
                EXPECT_VALUE(reset, attributes.get(offset)) << where(row, offset);
                if (row.outside == Stores::special)
                    continue;
                EXPECT_OK(attributes.set(offset, 0xFFFF'FFFF)) << where(row, offset);
                EXPECT_VALUE(reset | writable, attributes.get(offset)) << where(row, offset);
                EXPECT_OK(attributes.set(offset, 0)) << where(row, offset);
                EXPECT_VALUE(reset & ~writable, attributes.get(offset)) << where(row, offset);
            }
}

void expect_nothing_at(Machine& machine, virt::Gpa frame, const Attributes& attributes,
                       std::span<const std::uint64_t> offsets) {
    Accesses accesses(machine.puppet());
    for (const auto offset : offsets)
        for (const unsigned width : all_widths) {
            accesses.add(store(width, frame + offset, ~std::uint64_t{0}));
            accesses.expect("nothing", width, frame + offset, 0);
        }
    accesses.flush();
    for (const auto offset : offsets) {
        EXPECT_FALSE(attributes.has(offset)) << std::hex << offset;
        EXPECT_OK(attributes.set(offset, 0xFFFF'FFFF)) << std::hex << offset;
        EXPECT_VALUE(0, attributes.get(offset)) << std::hex << offset;
    }
}

} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
// A table of the vGIC's registers, and the tests that every row of it gets.
#pragma once

#include "tests/conformance/machine.hpp"
#include "virt/expected.hpp"
#include "virt/ids.hpp"

#include <cstdint>
#include <functional>
#include <span>

namespace conformance {

/// What a store of a word leaves.
enum class Stores : std::uint8_t {
    plain,   ///< its writable bits
    special, ///< something else, which a test of its own states
};

/// A register, or an array of equal ones.
struct RegisterRow {
    const char* name;
    std::uint64_t offset;
    unsigned size; ///< bytes of each: 4 or 8
    unsigned count;
    unsigned widths; ///< accepted widths of access in bytes, summed: 4, 1 + 4, 4 + 8
    std::uint64_t reset;
    std::uint64_t writable = 0;
    Stores guest = Stores::plain;
    Stores outside = Stores::plain;

    [[nodiscard]] bool accepts(unsigned width) const { return (widths & width) != 0; }
};

/// From the guest: the reset value of the first and the last of each row, at every width and place within; 0 at widths
/// that a row does not accept. Nothing exits.
void expect_loads(Machine& machine, virt::Gpa frame, std::span<const RegisterRow> rows);
/// From the guest: what stores leave, at every width; nothing at those that a row does not accept.
void expect_stores(Machine& machine, virt::Gpa frame, std::span<const RegisterRow> rows);

/// One frame from outside, where all is words.
struct Attributes {
    std::function<bool(std::uint64_t offset)> has;
    std::function<virt::expected<std::uint32_t>(std::uint64_t offset)> get;
    std::function<virt::expected<void>(std::uint64_t offset, std::uint32_t value)> set;
};
[[nodiscard]] Attributes distributor_attributes(Machine& machine);
[[nodiscard]] Attributes redistributor_attributes(Machine& machine, unsigned vcpu);

/// The same two from outside.
void expect_attributes(const Attributes& attributes, std::span<const RegisterRow> rows);

/// Places without a register: 0, nothing stored, whatever the width, and no exit. From outside too, though
/// KVM_HAS_DEVICE_ATTR denies them.
void expect_nothing_at(Machine& machine, virt::Gpa frame, const Attributes& attributes,
                       std::span<const std::uint64_t> offsets);

} // namespace conformance

// SPDX-License-Identifier: Apache-2.0
// What a puppet can be told to do, and lists of it.
#pragma once

#include "guest-images/puppet/commands.inc"
#include "tests/conformance/sysreg.hpp"
#include "virt/ids.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace conformance {

enum class Operation : std::uint32_t {
#define ITSY_ROW(name) name,
    PUPPET_OPERATIONS(ITSY_ROW)
#undef ITSY_ROW
        CALL, ///< of a host function; on a vCPU a STORE64 that exits
};

struct Command {
    Operation operation;
    Sysreg sysreg{}; ///< MRS, MSR
    std::array<std::uint64_t, 4> operands{};
    std::function<void()> call{}; ///< CALL

    /// For failure messages, e.g. "MSR ICC_PMR_EL1 0xff".
    [[nodiscard]] std::string text() const;
};

[[nodiscard]] inline Command load8(virt::Gpa address) { return {Operation::LOAD8, {}, {address}}; }
[[nodiscard]] inline Command load16(virt::Gpa address) { return {Operation::LOAD16, {}, {address}}; }
[[nodiscard]] inline Command load32(virt::Gpa address) { return {Operation::LOAD32, {}, {address}}; }
[[nodiscard]] inline Command load64(virt::Gpa address) { return {Operation::LOAD64, {}, {address}}; }
[[nodiscard]] inline Command store8(virt::Gpa address, std::uint64_t value) {
    return {Operation::STORE8, {}, {address, value}};
}
[[nodiscard]] inline Command store16(virt::Gpa address, std::uint64_t value) {
    return {Operation::STORE16, {}, {address, value}};
}
[[nodiscard]] inline Command store32(virt::Gpa address, std::uint64_t value) {
    return {Operation::STORE32, {}, {address, value}};
}
[[nodiscard]] inline Command store64(virt::Gpa address, std::uint64_t value) {
    return {Operation::STORE64, {}, {address, value}};
}
/// LDP and STP of two words: their abort has no valid syndrome.
[[nodiscard]] inline Command load_pair(virt::Gpa address) { return {Operation::LOAD_PAIR, {}, {address}}; }
[[nodiscard]] inline Command store_pair(virt::Gpa address, std::uint64_t value) {
    return {Operation::STORE_PAIR, {}, {address, value}};
}
[[nodiscard]] inline Command mrs(const Sysreg& sysreg) { return {Operation::MRS, sysreg}; }
/// With an ISB behind it.
[[nodiscard]] inline Command msr(const Sysreg& sysreg, std::uint64_t value) {
    return {Operation::MSR, sysreg, {value}};
}
/// Once, with interrupts masked.
[[nodiscard]] inline Command wfi() { return {Operation::WFI}; }
/// Unmasks IRQ and FIQ, spinning, until `n` interrupts were taken (special INTIDs are recorded and do not count); then
/// masks them again. What the handler does: Puppet::set_handler.
[[nodiscard]] inline Command take(std::uint32_t n) { return {Operation::TAKE, {}, {n}}; }
/// The same, waiting in WFI.
[[nodiscard]] inline Command take_wfi(std::uint32_t n) { return {Operation::TAKE_WFI, {}, {n}}; }
/// Takes what arrives during `spins` loops, `limit` at most; the result is how many.
[[nodiscard]] inline Command window(std::uint32_t spins = 1000, std::uint32_t limit = 100) {
    return {Operation::WINDOW, {}, {spins, limit}};
}
/// DSB SY, ISB.
[[nodiscard]] inline Command barrier() { return {Operation::BARRIER}; }
[[nodiscard]] inline Command spin(std::uint32_t loops) { return {Operation::SPIN, {}, {loops}}; }
[[nodiscard]] inline Command hvc(std::uint64_t x0, std::uint64_t x1 = 0, std::uint64_t x2 = 0, std::uint64_t x3 = 0) {
    return {Operation::HVC, {}, {x0, x1, x2, x3}};
}
[[nodiscard]] inline Command smc(std::uint64_t x0, std::uint64_t x1 = 0, std::uint64_t x2 = 0, std::uint64_t x3 = 0) {
    return {Operation::SMC, {}, {x0, x1, x2, x3}};
}
/// Puts a marker between the recorded interrupts.
[[nodiscard]] inline Command record(std::uint32_t marker) { return {Operation::RECORD, {}, {marker}}; }
/// Leaves the guest and calls `function` in the vCPU's thread, then goes on.
[[nodiscard]] inline Command call(std::function<void()> function) {
    return {Operation::CALL, {}, {}, std::move(function)};
}

/// Commands in order. `{a, b} + c` joins.
class List {
public:
    List() = default;
    List(const Command& command) : commands_{command} {} // NOLINT(google-explicit-constructor): a list of one
    List(std::initializer_list<Command> commands) : commands_(commands) {}

    [[nodiscard]] std::size_t size() const { return commands_.size(); }
    [[nodiscard]] const Command& operator[](std::size_t n) const { return commands_[n]; }
    [[nodiscard]] auto begin() const { return commands_.begin(); }
    [[nodiscard]] auto end() const { return commands_.end(); }

    List& operator+=(const List& more) {
        commands_.insert(commands_.end(), more.begin(), more.end());
        return *this;
    }
    friend List operator+(List one, const List& other) {
        one += other;
        return one;
    }

private:
    std::vector<Command> commands_;
};

} // namespace conformance

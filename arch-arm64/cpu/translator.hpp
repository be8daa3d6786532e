// SPDX-License-Identifier: Apache-2.0
// Turns one instruction into an op: what rows of the decode table are given.
#pragma once

#include "arch-arm64/cpu/op.hpp"

#include <cstdint>
#include <vector>

namespace arm64::cpu {

/// For one instruction. A row emits exactly one op, or says that the encoding is UNDEFINED.
class Translator {
public:
    /// `offset` of the instruction in its block, bytes.
    Translator(std::vector<Op>& ops, std::uint16_t offset) : ops_(ops), offset_(offset) {}

    /// An op that goes on with the next one: see handlers.hpp for what makes a Handler of a function.
    void emit(Handler handler, const Operands& operands = {}) {
        ops_.push_back({.run = handler,
                        .d = operands.d,
                        .n = operands.n,
                        .m = operands.m,
                        .a = operands.a,
                        .offset = offset_,
                        .extra = operands.extra,
                        .imm = operands.imm});
    }
    /// The last op of its block: a branch, or what may change how the following instructions execute.
    void emit_last(Handler handler, const Operands& operands = {}) {
        emit(handler, operands);
        ends_ = true;
    }

    /// Of the instruction in its block, bytes.
    [[nodiscard]] std::uint16_t offset() const { return offset_; }
    [[nodiscard]] bool ends() const { return ends_; }

private:
    std::vector<Op>& ops_;
    const std::uint16_t offset_;
    bool ends_ = false;
};

} // namespace arm64::cpu

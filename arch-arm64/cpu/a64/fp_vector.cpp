// SPDX-License-Identifier: Apache-2.0
// Floating point of AdvSIMD with two or three operands, vectors and scalars: three same, by element, pairwise, across
// lanes. Source: Arm DDI 0487, C4.1.96, C7.2.
#include "arch-arm64/cpu/a64/fp_handlers.hpp"
#include "arch-arm64/cpu/a64/fp_operations.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>

namespace arm64::cpu::a64 {
namespace {

using u32 = std::uint32_t;

/// Those that add to the destination have it as their first operand.
Operands registers(u32 m, u32 n, u32 d) {
    return {.d = static_cast<Slot>(d), .n = static_cast<Slot>(n), .m = static_cast<Slot>(m), .a = static_cast<Slot>(d)};
}

template <class Body>
bool vector_same(Translator& t, u32 Q, u32 s, u32 m, u32 n, u32 d) {
    return emit_fp_vector<Body>(t, Q, s, registers(m, n, d));
}
template <class Body>
void scalar_same(Translator& t, u32 s, u32 m, u32 n, u32 d) {
    emit_fp_scalar<Body>(t, s, registers(m, n, d));
}

// ---- By element

/// L and H are the index of a single, H that of a double; M is bit 4 of the register's number.
Operands with_index(u32 s, u32 L, u32 M, u32 m, u32 H, u32 n, u32 d) {
    auto operands = registers(M << 4 | m, n, d);
    operands.extra = static_cast<std::uint16_t>(s != 0 ? H : H << 1 | L);
    return operands;
}
bool reserved_index(u32 s, u32 L) { return s != 0 && L != 0; }

template <class Body>
bool vector_element(Translator& t, u32 Q, u32 s, u32 L, u32 M, u32 m, u32 H, u32 n, u32 d) {
    return !reserved_index(s, L) && emit_fp_vector<Body>(t, Q, s, with_index(s, L, M, m, H, n, d));
}
template <class Body>
bool scalar_element(Translator& t, u32 s, u32 L, u32 M, u32 m, u32 H, u32 n, u32 d) {
    if (reserved_index(s, L))
        return false;
    emit_fp_scalar<Body>(t, s, with_index(s, L, M, m, H, n, d));
    return true;
}

// ---- Reductions

template <auto Operation>
void scalar_pair(Translator& t, u32 s, u32 n, u32 d) {
    emit_fp_scalar<FpPair<Operation>>(t, s, registers(0, n, d));
}

/// Reduce(): halves first, which decides whose NaN is the result.
template <auto Operation>
void reduce(Cpu& cpu, const Op& op) {
    using F = fp::Single;
    const Vector n = cpu.v[op.n];
    const auto low = Operation(F{}, n.get<u32>(0), n.get<u32>(1), cpu.fp);
    const auto high = Operation(F{}, n.get<u32>(2), n.get<u32>(3), cpu.fp);
    cpu.v[op.d].set_scalar(Operation(F{}, low, high, cpu.fp));
}
template <auto Operation>
void across(Translator& t, u32 n, u32 d) {
    t.emit(fp_handler<reduce<Operation>>, registers(0, n, d));
}

using namespace operation;

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
    // Three same
        row<"0Q 0 01110 0s 1 mmmmm 11000 1 nnnnn ddddd", vector_same<FpBinary<fmaxnm>>>("FMAXNM (vector)", Group::fp),
        row<"0Q 0 01110 0s 1 mmmmm 11001 1 nnnnn ddddd", vector_same<FpTernary<fmadd>>>("FMLA (vector)", Group::fp),
        row<"0Q 0 01110 0s 1 mmmmm 11010 1 nnnnn ddddd", vector_same<FpBinary<fadd>>>("FADD (vector)", Group::fp),
        row<"0Q 0 01110 0s 1 mmmmm 11011 1 nnnnn ddddd", vector_same<FpBinary<fmulx>>>("FMULX, vector", Group::fp),
        row<"0Q 0 01110 0s 1 mmmmm 11100 1 nnnnn ddddd", vector_same<FpBinary<fcmeq>>>("FCMEQ (register), vector",
                                                                                       Group::fp),
        row<"0Q 0 01110 0s 1 mmmmm 11110 1 nnnnn ddddd", vector_same<FpBinary<fmax>>>("FMAX (vector)", Group::fp),
        row<"0Q 0 01110 0s 1 mmmmm 11111 1 nnnnn ddddd", vector_same<FpBinary<frecps>>>("FRECPS, vector", Group::fp),
        row<"0Q 0 01110 1s 1 mmmmm 11000 1 nnnnn ddddd", vector_same<FpBinary<fminnm>>>("FMINNM (vector)", Group::fp),
        row<"0Q 0 01110 1s 1 mmmmm 11001 1 nnnnn ddddd", vector_same<FpTernary<fmsub>>>("FMLS (vector)", Group::fp),
        row<"0Q 0 01110 1s 1 mmmmm 11010 1 nnnnn ddddd", vector_same<FpBinary<fsub>>>("FSUB (vector)", Group::fp),
        row<"0Q 0 01110 1s 1 mmmmm 11110 1 nnnnn ddddd", vector_same<FpBinary<fmin>>>("FMIN (vector)", Group::fp),
        row<"0Q 0 01110 1s 1 mmmmm 11111 1 nnnnn ddddd", vector_same<FpBinary<frsqrts>>>("FRSQRTS, vector", Group::fp),
        row<"0Q 1 01110 0s 1 mmmmm 11000 1 nnnnn ddddd", vector_same<FpPairwise<fmaxnm>>>("FMAXNMP (vector)",
                                                                                          Group::fp),
        row<"0Q 1 01110 0s 1 mmmmm 11010 1 nnnnn ddddd", vector_same<FpPairwise<fadd>>>("FADDP (vector)", Group::fp),
        row<"0Q 1 01110 0s 1 mmmmm 11011 1 nnnnn ddddd", vector_same<FpBinary<fmul>>>("FMUL (vector)", Group::fp),
        row<"0Q 1 01110 0s 1 mmmmm 11100 1 nnnnn ddddd", vector_same<FpBinary<fcmge>>>("FCMGE (register), vector",
                                                                                       Group::fp),
        row<"0Q 1 01110 0s 1 mmmmm 11101 1 nnnnn ddddd", vector_same<FpBinary<facge>>>("FACGE, vector", Group::fp),
        row<"0Q 1 01110 0s 1 mmmmm 11110 1 nnnnn ddddd", vector_same<FpPairwise<fmax>>>("FMAXP (vector)", Group::fp),
        row<"0Q 1 01110 0s 1 mmmmm 11111 1 nnnnn ddddd", vector_same<FpBinary<fdiv>>>("FDIV (vector)", Group::fp),
        row<"0Q 1 01110 1s 1 mmmmm 11000 1 nnnnn ddddd", vector_same<FpPairwise<fminnm>>>("FMINNMP (vector)",
                                                                                          Group::fp),
        row<"0Q 1 01110 1s 1 mmmmm 11010 1 nnnnn ddddd", vector_same<FpBinary<fabd>>>("FABD, vector", Group::fp),
        row<"0Q 1 01110 1s 1 mmmmm 11100 1 nnnnn ddddd", vector_same<FpBinary<fcmgt>>>("FCMGT (register), vector",
                                                                                       Group::fp),
        row<"0Q 1 01110 1s 1 mmmmm 11101 1 nnnnn ddddd", vector_same<FpBinary<facgt>>>("FACGT, vector", Group::fp),
        row<"0Q 1 01110 1s 1 mmmmm 11110 1 nnnnn ddddd", vector_same<FpPairwise<fmin>>>("FMINP (vector)", Group::fp),

    // Scalar three same
        row<"01 0 11110 0s 1 mmmmm 11011 1 nnnnn ddddd", scalar_same<FpBinary<fmulx>>>("FMULX, scalar", Group::fp),
        row<"01 0 11110 0s 1 mmmmm 11100 1 nnnnn ddddd", scalar_same<FpBinary<fcmeq>>>("FCMEQ (register), scalar",
                                                                                       Group::fp),
        row<"01 0 11110 0s 1 mmmmm 11111 1 nnnnn ddddd", scalar_same<FpBinary<frecps>>>("FRECPS, scalar", Group::fp),
        row<"01 0 11110 1s 1 mmmmm 11111 1 nnnnn ddddd", scalar_same<FpBinary<frsqrts>>>("FRSQRTS, scalar", Group::fp),
        row<"01 1 11110 0s 1 mmmmm 11100 1 nnnnn ddddd", scalar_same<FpBinary<fcmge>>>("FCMGE (register), scalar",
                                                                                       Group::fp),
        row<"01 1 11110 0s 1 mmmmm 11101 1 nnnnn ddddd", scalar_same<FpBinary<facge>>>("FACGE, scalar", Group::fp),
        row<"01 1 11110 1s 1 mmmmm 11010 1 nnnnn ddddd", scalar_same<FpBinary<fabd>>>("FABD, scalar", Group::fp),
        row<"01 1 11110 1s 1 mmmmm 11100 1 nnnnn ddddd", scalar_same<FpBinary<fcmgt>>>("FCMGT (register), scalar",
                                                                                       Group::fp),
        row<"01 1 11110 1s 1 mmmmm 11101 1 nnnnn ddddd", scalar_same<FpBinary<facgt>>>("FACGT, scalar", Group::fp),

    // By element
        row<"0Q 0 01111 1s LM mmmm 0001 H0 nnnnn ddddd", vector_element<FpTernaryByElement<fmadd>>>(
            "FMLA (by element), vector", Group::fp),
        row<"0Q 0 01111 1s LM mmmm 0101 H0 nnnnn ddddd", vector_element<FpTernaryByElement<fmsub>>>(
            "FMLS (by element), vector", Group::fp),
        row<"0Q 0 01111 1s LM mmmm 1001 H0 nnnnn ddddd", vector_element<FpByElement<fmul>>>("FMUL (by element), vector",
                                                                                            Group::fp),
        row<"0Q 1 01111 1s LM mmmm 1001 H0 nnnnn ddddd", vector_element<FpByElement<fmulx>>>(
            "FMULX (by element), vector", Group::fp),
        row<"01 0 11111 1s LM mmmm 0001 H0 nnnnn ddddd", scalar_element<FpTernaryByElement<fmadd>>>(
            "FMLA (by element), scalar", Group::fp),
        row<"01 0 11111 1s LM mmmm 0101 H0 nnnnn ddddd", scalar_element<FpTernaryByElement<fmsub>>>(
            "FMLS (by element), scalar", Group::fp),
        row<"01 0 11111 1s LM mmmm 1001 H0 nnnnn ddddd", scalar_element<FpByElement<fmul>>>("FMUL (by element), scalar",
                                                                                            Group::fp),
        row<"01 1 11111 1s LM mmmm 1001 H0 nnnnn ddddd", scalar_element<FpByElement<fmulx>>>(
            "FMULX (by element), scalar", Group::fp),

    // Scalar pairwise, across lanes
        row<"01 1 11110 0s 11000 01100 10 nnnnn ddddd", scalar_pair<fmaxnm>>("FMAXNMP (scalar)", Group::fp),
        row<"01 1 11110 0s 11000 01101 10 nnnnn ddddd", scalar_pair<fadd>>("FADDP (scalar)", Group::fp),
        row<"01 1 11110 0s 11000 01111 10 nnnnn ddddd", scalar_pair<fmax>>("FMAXP (scalar)", Group::fp),
        row<"01 1 11110 1s 11000 01100 10 nnnnn ddddd", scalar_pair<fminnm>>("FMINNMP (scalar)", Group::fp),
        row<"01 1 11110 1s 11000 01111 10 nnnnn ddddd", scalar_pair<fmin>>("FMINP (scalar)", Group::fp),
        row<"01 1 01110 00 11000 01100 10 nnnnn ddddd", across<fmaxnm>>("FMAXNMV", Group::fp),
        row<"01 1 01110 00 11000 01111 10 nnnnn ddddd", across<fmax>>("FMAXV", Group::fp),
        row<"01 1 01110 10 11000 01100 10 nnnnn ddddd", across<fminnm>>("FMINNMV", Group::fp),
        row<"01 1 01110 10 11000 01111 10 nnnnn ddddd", across<fmin>>("FMINV", Group::fp),

    // Of features that this CPU has not
        unsupported<"0Q U 01110 a1 0 mmmmm 00 ooo 1 nnnnn ddddd">("half precision, three same", "FEAT_FP16"),
        unsupported<"01 U 11110 a1 0 mmmmm 00 ooo 1 nnnnn ddddd">("half precision, scalar three same", "FEAT_FP16"),
        unsupported<"0Q 0 01111 00 LM mmmm 0o01 H0 nnnnn ddddd">("FMLA, FMLS (by element), half", "FEAT_FP16"),
        unsupported<"0Q U 01111 00 LM mmmm 1001 H0 nnnnn ddddd">("FMUL, FMULX (by element), half", "FEAT_FP16"),
        unsupported<"01 0 11111 00 LM mmmm 0o01 H0 nnnnn ddddd">("FMLA, FMLS (by element), scalar half", "FEAT_FP16"),
        unsupported<"01 U 11111 00 LM mmmm 1001 H0 nnnnn ddddd">("FMUL, FMULX (by element), scalar half", "FEAT_FP16"),
        unsupported<"01 0 11110 o0 11000 011oo 10 nnnnn ddddd">("half precision, scalar pairwise", "FEAT_FP16"),
        unsupported<"0Q 0 01110 o0 11000 011oo 10 nnnnn ddddd">("half precision, across lanes", "FEAT_FP16"),
        unsupported<"0Q 0 01110 o0 1 mmmmm 11101 1 nnnnn ddddd">("FMLAL, FMLSL (vector)", "FEAT_FHM"),
        unsupported<"0Q 1 01110 o0 1 mmmmm 11001 1 nnnnn ddddd">("FMLAL2, FMLSL2 (vector)", "FEAT_FHM"),
        unsupported<"0Q 0 01111 10 LM mmmm 0o00 H0 nnnnn ddddd">("FMLAL, FMLSL (by element)", "FEAT_FHM"),
        unsupported<"0Q 1 01111 10 LM mmmm 1o00 H0 nnnnn ddddd">("FMLAL2, FMLSL2 (by element)", "FEAT_FHM"),
        unsupported<"0Q 1 01110 ss 0 mmmmm 110 rr 1 nnnnn ddddd">("FCMLA", "FEAT_FCMA"),
        unsupported<"0Q 1 01110 ss 0 mmmmm 111 r0 1 nnnnn ddddd">("FCADD", "FEAT_FCMA"),
    };
    return rows;
}

} // namespace

std::span<const Row> fp_vector() { return table(); }

} // namespace arm64::cpu::a64

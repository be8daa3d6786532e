// SPDX-License-Identifier: Apache-2.0
// Floating point of AdvSIMD with one operand, vectors and scalars: two-register miscellaneous, fixed-point conversions,
// immediates. Source: Arm DDI 0487, C4.1.96, C7.2.
#include "arch-arm64/cpu/a64/fp_handlers.hpp"
#include "arch-arm64/cpu/a64/fp_operations.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>

namespace arm64::cpu::a64 {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
using fp::Double;
using fp::Half;
using fp::Rounding;
using fp::Single;

Operands registers(u32 n, u32 d) { return {.d = static_cast<Slot>(d), .n = static_cast<Slot>(n)}; }

template <auto Operation>
bool vector_misc(Translator& t, u32 Q, u32 s, u32 n, u32 d) {
    return emit_fp_vector<FpUnary<Operation>>(t, Q, s, registers(n, d));
}
template <auto Operation>
void scalar_misc(Translator& t, u32 s, u32 n, u32 d) {
    emit_fp_scalar<FpUnary<Operation>>(t, s, registers(n, d));
}
/// Of single words only.
template <auto Operation>
void vector_word(Translator& t, u32 Q, u32 n, u32 d) {
    using Body = FpUnary<Operation>;
    t.emit(Q != 0 ? fp_handler<&Body::template run<FpElements<Single, 4>>>
                  : fp_handler<&Body::template run<FpElements<Single, 2>>>,
           registers(n, d));
}

// ---- Longer and narrower. extra: 1 for the half of the narrow register that is above (the instructions with a 2)

template <class To, class From>
void lengthen(Cpu& cpu, const Op& op) {
    using Narrow = typename From::Bits;
    constexpr unsigned count = 128 / To::width;
    const Vector n = cpu.v[op.n];
    Vector d;
    for (unsigned i = 0; i < count; ++i)
        d.set(i, fp::convert<To, From>(n.get<Narrow>(count * op.extra + i), cpu.fp));
    cpu.v[op.d] = d;
}

enum class Narrowing : std::uint8_t { by_FPCR, to_odd };

template <class To, class From, Narrowing narrowing>
void narrow(Cpu& cpu, const Op& op) {
    constexpr unsigned count = 128 / From::width;
    const Vector n = cpu.v[op.n];
    Vector d;
    for (unsigned i = 0; i < count; ++i) {
        const auto rounding = narrowing == Narrowing::to_odd ? Rounding::ODD : cpu.fp.rounding();
        d.set(i, fp::convert<To, From>(n.get<typename From::Bits>(i), rounding, cpu.fp));
    }
    if (op.extra == 0)
        cpu.v[op.d] = d;
    else
        cpu.v[op.d].d[1] = d.d[0];
}

void narrow_scalar_to_odd(Cpu& cpu, const Op& op) {
    cpu.v[op.d].set_scalar(fp::convert<Single, Double>(cpu.v[op.n].get<u64>(), Rounding::ODD, cpu.fp));
}

Operands of_half(u32 Q, u32 n, u32 d) {
    auto operands = registers(n, d);
    operands.extra = static_cast<std::uint16_t>(Q);
    return operands;
}
void fcvtl(Translator& t, u32 Q, u32 s, u32 n, u32 d) {
    t.emit(s != 0 ? fp_handler<lengthen<Double, Single>> : fp_handler<lengthen<Single, Half>>, of_half(Q, n, d));
}
void fcvtn(Translator& t, u32 Q, u32 s, u32 n, u32 d) {
    constexpr auto by_FPCR = Narrowing::by_FPCR;
    t.emit(s != 0 ? fp_handler<narrow<Single, Double, by_FPCR>> : fp_handler<narrow<Half, Single, by_FPCR>>,
           of_half(Q, n, d));
}
void fcvtxn(Translator& t, u32 Q, u32 n, u32 d) {
    t.emit(fp_handler<narrow<Single, Double, Narrowing::to_odd>>, of_half(Q, n, d));
}
void fcvtxn_scalar(Translator& t, u32 n, u32 d) { t.emit(fp_handler<narrow_scalar_to_odd>, registers(n, d)); }

// ---- Fixed-point numbers: immh:immb is twice the element's width without the fraction bits

Operands with_fbits(u32 fbits, u32 n, u32 d) {
    auto operands = registers(n, d);
    operands.extra = static_cast<std::uint16_t>(fbits);
    return operands;
}
template <auto Operation>
bool vector_fixed_single(Translator& t, u32 Q, u32 i, u32 n, u32 d) {
    return emit_fp_vector<FpFixed<Operation>>(t, Q, 0, with_fbits(32 - i, n, d));
}
template <auto Operation>
bool vector_fixed_double(Translator& t, u32 Q, u32 i, u32 n, u32 d) {
    return emit_fp_vector<FpFixed<Operation>>(t, Q, 1, with_fbits(64 - i, n, d));
}
template <auto Operation>
void scalar_fixed_single(Translator& t, u32 i, u32 n, u32 d) {
    emit_fp_scalar<FpFixed<Operation>>(t, 0, with_fbits(32 - i, n, d));
}
template <auto Operation>
void scalar_fixed_double(Translator& t, u32 i, u32 n, u32 d) {
    emit_fp_scalar<FpFixed<Operation>>(t, 1, with_fbits(64 - i, n, d));
}

// ---- Immediates

void set_lower(Cpu& cpu, const Op& op) { cpu.v[op.d].set_scalar(op.imm); }
void set_both(Cpu& cpu, const Op& op) { cpu.v[op.d].d = {op.imm, op.imm}; }

void fmov_single(Translator& t, u32 Q, u32 abc, u32 defgh, u32 d) {
    const u64 element = expand_fp_immediate<Single>(abc << 5 | defgh);
    t.emit(Q != 0 ? fp_handler<set_both> : fp_handler<set_lower>,
           {.d = static_cast<Slot>(d), .imm = element << 32 | element});
}
void fmov_double(Translator& t, u32 abc, u32 defgh, u32 d) {
    t.emit(fp_handler<set_both>, {.d = static_cast<Slot>(d), .imm = expand_fp_immediate<Double>(abc << 5 | defgh)});
}

using namespace operation;

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
        // Two-register miscellaneous
        row<"0Q 0 01110 1s 10000 01100 10 nnnnn ddddd", vector_misc<fcmgt_zero>>("FCMGT (zero), vector", Group::fp),
        row<"0Q 0 01110 1s 10000 01101 10 nnnnn ddddd", vector_misc<fcmeq_zero>>("FCMEQ (zero), vector", Group::fp),
        row<"0Q 0 01110 1s 10000 01110 10 nnnnn ddddd", vector_misc<fcmlt_zero>>("FCMLT (zero), vector", Group::fp),
        row<"0Q 1 01110 1s 10000 01100 10 nnnnn ddddd", vector_misc<fcmge_zero>>("FCMGE (zero), vector", Group::fp),
        row<"0Q 1 01110 1s 10000 01101 10 nnnnn ddddd", vector_misc<fcmle_zero>>("FCMLE (zero), vector", Group::fp),
        row<"0Q 0 01110 1s 10000 01111 10 nnnnn ddddd", vector_misc<fabs>>("FABS (vector)", Group::fp),
        row<"0Q 1 01110 1s 10000 01111 10 nnnnn ddddd", vector_misc<fneg>>("FNEG (vector)", Group::fp),
        row<"0Q 1 01110 1s 10000 11111 10 nnnnn ddddd", vector_misc<fsqrt>>("FSQRT (vector)", Group::fp),
        row<"0Q 0 01110 1s 10000 11101 10 nnnnn ddddd", vector_misc<frecpe>>("FRECPE, vector", Group::fp),
        row<"0Q 1 01110 1s 10000 11101 10 nnnnn ddddd", vector_misc<frsqrte>>("FRSQRTE, vector", Group::fp),
        row<"0Q 0 01110 10 10000 11100 10 nnnnn ddddd", vector_word<urecpe>>("URECPE", Group::fp),
        row<"0Q 1 01110 10 10000 11100 10 nnnnn ddddd", vector_word<ursqrte>>("URSQRTE", Group::fp),
        row<"0Q 0 01110 0s 10000 11000 10 nnnnn ddddd", vector_misc<frint<Rounding::TIEEVEN>>>("FRINTN (vector)",
                                                                                               Group::fp),
        row<"0Q 0 01110 0s 10000 11001 10 nnnnn ddddd", vector_misc<frint<Rounding::NEGINF>>>("FRINTM (vector)",
                                                                                              Group::fp),
        row<"0Q 0 01110 1s 10000 11000 10 nnnnn ddddd", vector_misc<frint<Rounding::POSINF>>>("FRINTP (vector)",
                                                                                              Group::fp),
        row<"0Q 0 01110 1s 10000 11001 10 nnnnn ddddd", vector_misc<frint<Rounding::ZERO>>>("FRINTZ (vector)",
                                                                                            Group::fp),
        row<"0Q 1 01110 0s 10000 11000 10 nnnnn ddddd", vector_misc<frint<Rounding::TIEAWAY>>>("FRINTA (vector)",
                                                                                               Group::fp),
        row<"0Q 1 01110 0s 10000 11001 10 nnnnn ddddd", vector_misc<frintx>>("FRINTX (vector)", Group::fp),
        row<"0Q 1 01110 1s 10000 11001 10 nnnnn ddddd", vector_misc<frinti>>("FRINTI (vector)", Group::fp),
        row<"0Q 0 01110 0s 10000 11010 10 nnnnn ddddd", vector_misc<fcvt_signed<Rounding::TIEEVEN>>>("FCVTNS (vector)",
                                                                                                     Group::fp),
        row<"0Q 0 01110 0s 10000 11011 10 nnnnn ddddd", vector_misc<fcvt_signed<Rounding::NEGINF>>>("FCVTMS (vector)",
                                                                                                    Group::fp),
        row<"0Q 0 01110 0s 10000 11100 10 nnnnn ddddd", vector_misc<fcvt_signed<Rounding::TIEAWAY>>>("FCVTAS (vector)",
                                                                                                     Group::fp),
        row<"0Q 0 01110 1s 10000 11010 10 nnnnn ddddd", vector_misc<fcvt_signed<Rounding::POSINF>>>("FCVTPS (vector)",
                                                                                                    Group::fp),
        row<"0Q 0 01110 1s 10000 11011 10 nnnnn ddddd", vector_misc<fcvt_signed<Rounding::ZERO>>>(
            "FCVTZS (vector, integer)", Group::fp),
        row<"0Q 1 01110 0s 10000 11010 10 nnnnn ddddd", vector_misc<fcvt_unsigned<Rounding::TIEEVEN>>>(
            "FCVTNU (vector)", Group::fp),
        row<"0Q 1 01110 0s 10000 11011 10 nnnnn ddddd", vector_misc<fcvt_unsigned<Rounding::NEGINF>>>("FCVTMU (vector)",
                                                                                                      Group::fp),
        row<"0Q 1 01110 0s 10000 11100 10 nnnnn ddddd", vector_misc<fcvt_unsigned<Rounding::TIEAWAY>>>(
            "FCVTAU (vector)", Group::fp),
        row<"0Q 1 01110 1s 10000 11010 10 nnnnn ddddd", vector_misc<fcvt_unsigned<Rounding::POSINF>>>("FCVTPU (vector)",
                                                                                                      Group::fp),
        row<"0Q 1 01110 1s 10000 11011 10 nnnnn ddddd", vector_misc<fcvt_unsigned<Rounding::ZERO>>>(
            "FCVTZU (vector, integer)", Group::fp),
        row<"0Q 0 01110 0s 10000 11101 10 nnnnn ddddd", vector_misc<scvtf>>("SCVTF (vector, integer)", Group::fp),
        row<"0Q 1 01110 0s 10000 11101 10 nnnnn ddddd", vector_misc<ucvtf>>("UCVTF (vector, integer)", Group::fp),
        row<"0Q 0 01110 0s 10000 10111 10 nnnnn ddddd", fcvtl>("FCVTL, FCVTL2", Group::fp),
        row<"0Q 0 01110 0s 10000 10110 10 nnnnn ddddd", fcvtn>("FCVTN, FCVTN2", Group::fp),
        row<"0Q 1 01110 01 10000 10110 10 nnnnn ddddd", fcvtxn>("FCVTXN, FCVTXN2, vector", Group::fp),

        // Scalar two-register miscellaneous
        row<"01 0 11110 1s 10000 01100 10 nnnnn ddddd", scalar_misc<fcmgt_zero>>("FCMGT (zero), scalar", Group::fp),
        row<"01 0 11110 1s 10000 01101 10 nnnnn ddddd", scalar_misc<fcmeq_zero>>("FCMEQ (zero), scalar", Group::fp),
        row<"01 0 11110 1s 10000 01110 10 nnnnn ddddd", scalar_misc<fcmlt_zero>>("FCMLT (zero), scalar", Group::fp),
        row<"01 1 11110 1s 10000 01100 10 nnnnn ddddd", scalar_misc<fcmge_zero>>("FCMGE (zero), scalar", Group::fp),
        row<"01 1 11110 1s 10000 01101 10 nnnnn ddddd", scalar_misc<fcmle_zero>>("FCMLE (zero), scalar", Group::fp),
        row<"01 0 11110 1s 10000 11101 10 nnnnn ddddd", scalar_misc<frecpe>>("FRECPE, scalar", Group::fp),
        row<"01 0 11110 1s 10000 11111 10 nnnnn ddddd", scalar_misc<frecpx>>("FRECPX", Group::fp),
        row<"01 1 11110 1s 10000 11101 10 nnnnn ddddd", scalar_misc<frsqrte>>("FRSQRTE, scalar", Group::fp),
        row<"01 0 11110 0s 10000 11010 10 nnnnn ddddd", scalar_misc<fcvt_signed<Rounding::TIEEVEN>>>(
            "FCVTNS (vector), scalar", Group::fp),
        row<"01 0 11110 0s 10000 11011 10 nnnnn ddddd", scalar_misc<fcvt_signed<Rounding::NEGINF>>>(
            "FCVTMS (vector), scalar", Group::fp),
        row<"01 0 11110 0s 10000 11100 10 nnnnn ddddd", scalar_misc<fcvt_signed<Rounding::TIEAWAY>>>(
            "FCVTAS (vector), scalar", Group::fp),
        row<"01 0 11110 1s 10000 11010 10 nnnnn ddddd", scalar_misc<fcvt_signed<Rounding::POSINF>>>(
            "FCVTPS (vector), scalar", Group::fp),
        row<"01 0 11110 1s 10000 11011 10 nnnnn ddddd", scalar_misc<fcvt_signed<Rounding::ZERO>>>(
            "FCVTZS (vector, integer), scalar", Group::fp),
        row<"01 1 11110 0s 10000 11010 10 nnnnn ddddd", scalar_misc<fcvt_unsigned<Rounding::TIEEVEN>>>(
            "FCVTNU (vector), scalar", Group::fp),
        row<"01 1 11110 0s 10000 11011 10 nnnnn ddddd", scalar_misc<fcvt_unsigned<Rounding::NEGINF>>>(
            "FCVTMU (vector), scalar", Group::fp),
        row<"01 1 11110 0s 10000 11100 10 nnnnn ddddd", scalar_misc<fcvt_unsigned<Rounding::TIEAWAY>>>(
            "FCVTAU (vector), scalar", Group::fp),
        row<"01 1 11110 1s 10000 11010 10 nnnnn ddddd", scalar_misc<fcvt_unsigned<Rounding::POSINF>>>(
            "FCVTPU (vector), scalar", Group::fp),
        row<"01 1 11110 1s 10000 11011 10 nnnnn ddddd", scalar_misc<fcvt_unsigned<Rounding::ZERO>>>(
            "FCVTZU (vector, integer), scalar", Group::fp),
        row<"01 0 11110 0s 10000 11101 10 nnnnn ddddd", scalar_misc<scvtf>>("SCVTF (vector, integer), scalar",
                                                                            Group::fp),
        row<"01 1 11110 0s 10000 11101 10 nnnnn ddddd", scalar_misc<ucvtf>>("UCVTF (vector, integer), scalar",
                                                                            Group::fp),
        row<"01 1 11110 01 10000 10110 10 nnnnn ddddd", fcvtxn_scalar>("FCVTXN, scalar", Group::fp),

        // Fixed-point conversions
        row<"0Q 0 011110 01 iiiii 11100 1 nnnnn ddddd", vector_fixed_single<scvtf_fixed>>(
            "SCVTF (vector, fixed-point), single", Group::fp),
        row<"0Q 0 011110 1 iiiiii 11100 1 nnnnn ddddd", vector_fixed_double<scvtf_fixed>>(
            "SCVTF (vector, fixed-point), double", Group::fp),
        row<"0Q 1 011110 01 iiiii 11100 1 nnnnn ddddd", vector_fixed_single<ucvtf_fixed>>(
            "UCVTF (vector, fixed-point), single", Group::fp),
        row<"0Q 1 011110 1 iiiiii 11100 1 nnnnn ddddd", vector_fixed_double<ucvtf_fixed>>(
            "UCVTF (vector, fixed-point), double", Group::fp),
        row<"0Q 0 011110 01 iiiii 11111 1 nnnnn ddddd", vector_fixed_single<fcvtzs_fixed>>(
            "FCVTZS (vector, fixed-point), single", Group::fp),
        row<"0Q 0 011110 1 iiiiii 11111 1 nnnnn ddddd", vector_fixed_double<fcvtzs_fixed>>(
            "FCVTZS (vector, fixed-point), double", Group::fp),
        row<"0Q 1 011110 01 iiiii 11111 1 nnnnn ddddd", vector_fixed_single<fcvtzu_fixed>>(
            "FCVTZU (vector, fixed-point), single", Group::fp),
        row<"0Q 1 011110 1 iiiiii 11111 1 nnnnn ddddd", vector_fixed_double<fcvtzu_fixed>>(
            "FCVTZU (vector, fixed-point), double", Group::fp),
        row<"01 0 111110 01 iiiii 11100 1 nnnnn ddddd", scalar_fixed_single<scvtf_fixed>>(
            "SCVTF (vector, fixed-point), scalar single", Group::fp),
        row<"01 0 111110 1 iiiiii 11100 1 nnnnn ddddd", scalar_fixed_double<scvtf_fixed>>(
            "SCVTF (vector, fixed-point), scalar double", Group::fp),
        row<"01 1 111110 01 iiiii 11100 1 nnnnn ddddd", scalar_fixed_single<ucvtf_fixed>>(
            "UCVTF (vector, fixed-point), scalar single", Group::fp),
        row<"01 1 111110 1 iiiiii 11100 1 nnnnn ddddd", scalar_fixed_double<ucvtf_fixed>>(
            "UCVTF (vector, fixed-point), scalar double", Group::fp),
        row<"01 0 111110 01 iiiii 11111 1 nnnnn ddddd", scalar_fixed_single<fcvtzs_fixed>>(
            "FCVTZS (vector, fixed-point), scalar single", Group::fp),
        row<"01 0 111110 1 iiiiii 11111 1 nnnnn ddddd", scalar_fixed_double<fcvtzs_fixed>>(
            "FCVTZS (vector, fixed-point), scalar double", Group::fp),
        row<"01 1 111110 01 iiiii 11111 1 nnnnn ddddd", scalar_fixed_single<fcvtzu_fixed>>(
            "FCVTZU (vector, fixed-point), scalar single", Group::fp),
        row<"01 1 111110 1 iiiiii 11111 1 nnnnn ddddd", scalar_fixed_double<fcvtzu_fixed>>(
            "FCVTZU (vector, fixed-point), scalar double", Group::fp),

        // Immediates
        row<"0Q 0 0111100000 aaa 1111 01 bbbbb ddddd", fmov_single>("FMOV (vector, immediate), single", Group::fp),
        row<"01 1 0111100000 aaa 1111 01 bbbbb ddddd", fmov_double>("FMOV (vector, immediate), double", Group::fp),

        // Of features that this CPU has not
        unsupported<"0Q U 01110 a1 11100 ooooo 10 nnnnn ddddd">("half precision, two-register miscellaneous",
                                                                "FEAT_FP16"),
        unsupported<"01 U 11110 a1 11100 ooooo 10 nnnnn ddddd">("half precision, scalar two-register miscellaneous",
                                                                "FEAT_FP16"),
        unsupported<"0Q U 011110 001 iiii 111oo 1 nnnnn ddddd">("half precision, fixed-point", "FEAT_FP16"),
        unsupported<"01 U 111110 001 iiii 111oo 1 nnnnn ddddd">("half precision, scalar fixed-point", "FEAT_FP16"),
        unsupported<"0Q 0 0111100000 aaa 1111 11 bbbbb ddddd">("FMOV (vector, immediate), half", "FEAT_FP16"),
        unsupported<"0Q U 01110 0s 10000 1111o 10 nnnnn ddddd">("FRINT32Z, FRINT32X, FRINT64Z, FRINT64X (vector)",
                                                                "FEAT_FRINTTS"),
        unsupported<"0Q 0 01110 10 10000 10110 10 nnnnn ddddd">("BFCVTN, BFCVTN2", "FEAT_BF16"),
    };
    return rows;
}

} // namespace

std::span<const Row> fp_vector_misc() { return table(); }

} // namespace arm64::cpu::a64

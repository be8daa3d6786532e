// SPDX-License-Identifier: Apache-2.0
// Floating point, scalar. Source: Arm DDI 0487, C4.1.96 (Data Processing, Scalar Floating-Point), C7.2.
#include "arch-arm64/cpu/a64/fp_handlers.hpp"
#include "arch-arm64/cpu/a64/fp_operations.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>
#include <type_traits>

namespace arm64::cpu::a64 {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
using fp::Double;
using fp::Half;
using fp::Rounding;
using fp::Single;

constexpr Slot vector_register(u32 number) { return static_cast<Slot>(number); }

template <class F>
typename F::Bits read(const Cpu& cpu, Slot number) {
    return cpu.v[number].get<typename F::Bits>();
}

// ---- Data processing

template <auto Operation>
void one_source(Translator& t, u32 s, u32 n, u32 d) {
    emit_fp_scalar<FpUnary<Operation>>(t, s, {.d = vector_register(d), .n = vector_register(n)});
}
template <auto Operation>
void two_source(Translator& t, u32 s, u32 m, u32 n, u32 d) {
    emit_fp_scalar<FpBinary<Operation>>(t, s,
                                        {.d = vector_register(d), .n = vector_register(n), .m = vector_register(m)});
}
template <auto Operation>
void three_source(Translator& t, u32 s, u32 m, u32 a, u32 n, u32 d) {
    emit_fp_scalar<FpTernary<Operation>>(
        t, s, {.d = vector_register(d), .n = vector_register(n), .m = vector_register(m), .a = vector_register(a)});
}

template <class To, class From>
void convert_format(Cpu& cpu, const Op& op) {
    cpu.v[op.d].set_scalar(fp::convert<To, From>(read<From>(cpu, op.n), cpu.fp));
}
template <class To, class From>
void fcvt(Translator& t, u32 n, u32 d) {
    t.emit(fp_handler<convert_format<To, From>>, {.d = vector_register(d), .n = vector_register(n)});
}

// ---- Comparisons and selection

enum class NaNs : std::uint8_t { quiet, signalling };

template <NaNs nans, class F>
void set_flags(Cpu& cpu, typename F::Bits a, typename F::Bits b) {
    const auto comparison =
        nans == NaNs::quiet ? fp::compare<F>(a, b, cpu.fp) : fp::compare_signalling<F>(a, b, cpu.fp);
    cpu.set_NZCV(static_cast<u32>(comparison) << 28);
}

template <NaNs nans, class F>
void compare(Cpu& cpu, const Op& op) {
    set_flags<nans, F>(cpu, read<F>(cpu, op.n), read<F>(cpu, op.m));
}
template <NaNs nans, class F>
void compare_zero(Cpu& cpu, const Op& op) {
    set_flags<nans, F>(cpu, read<F>(cpu, op.n), 0);
}
template <NaNs nans, class F>
void compare_if(Cpu& cpu, const Op& op) { // a: condition, imm: NZCV if it does not hold
    if (cpu.condition(op.a))
        compare<nans, F>(cpu, op);
    else
        cpu.set_NZCV(static_cast<u32>(op.imm));
}
template <class F>
void select(Cpu& cpu, const Op& op) { // a: condition
    cpu.v[op.d].set_scalar(read<F>(cpu, cpu.condition(op.a) ? op.n : op.m));
}

template <NaNs nans>
void fcmp(Translator& t, u32 s, u32 m, u32 n) {
    t.emit(s != 0 ? fp_handler<compare<nans, Double>> : fp_handler<compare<nans, Single>>,
           {.n = vector_register(n), .m = vector_register(m)});
}
template <NaNs nans>
void fcmp_zero(Translator& t, u32 s, u32 n) {
    t.emit(s != 0 ? fp_handler<compare_zero<nans, Double>> : fp_handler<compare_zero<nans, Single>>,
           {.n = vector_register(n)});
}
template <NaNs nans>
void fccmp(Translator& t, u32 s, u32 m, u32 c, u32 n, u32 f) {
    t.emit(s != 0 ? fp_handler<compare_if<nans, Double>> : fp_handler<compare_if<nans, Single>>,
           {.n = vector_register(n), .m = vector_register(m), .a = static_cast<Slot>(c), .imm = u64{f} << 28});
}
void fcsel(Translator& t, u32 s, u32 m, u32 c, u32 n, u32 d) {
    t.emit(s != 0 ? fp_handler<select<Double>> : fp_handler<select<Single>>,
           {.d = vector_register(d), .n = vector_register(n), .m = vector_register(m), .a = static_cast<Slot>(c)});
}

// ---- Moves

void set_constant(Cpu& cpu, const Op& op) { cpu.v[op.d].set_scalar(op.imm); }

template <class T>
void to_general(Cpu& cpu, const Op& op) { // extra: which element
    cpu.x[op.d] = cpu.v[op.n].get<T>(op.extra);
}
template <class T>
void from_general(Cpu& cpu, const Op& op) {
    cpu.v[op.d].set_scalar(static_cast<T>(cpu.x[op.n]));
}
void upper_from_general(Cpu& cpu, const Op& op) { cpu.v[op.d].set(1, cpu.x[op.n]); }

void fmov_immediate(Translator& t, u32 s, u32 i, u32 d) {
    t.emit(fp_handler<set_constant>,
           {.d = vector_register(d), .imm = s != 0 ? expand_fp_immediate<Double>(i) : expand_fp_immediate<Single>(i)});
}
template <class T, std::uint16_t index>
void fmov_to_general(Translator& t, u32 n, u32 d) {
    t.emit(fp_handler<to_general<T>>, {.d = destination(d), .n = vector_register(n), .extra = index});
}
template <class T>
void fmov_from_general(Translator& t, u32 n, u32 d) {
    t.emit(fp_handler<from_general<T>>, {.d = vector_register(d), .n = source(n)});
}
void fmov_upper_from_general(Translator& t, u32 n, u32 d) {
    t.emit(fp_handler<upper_from_general>, {.d = vector_register(d), .n = source(n)});
}

// ---- Conversions to and from general-purpose registers. extra: fbits, a: Rounding

template <class F, class Integer>
void to_fixed(Cpu& cpu, const Op& op) {
    const auto result = fp::to_fixed<F, Integer>(read<F>(cpu, op.n), op.extra, static_cast<Rounding>(op.a), cpu.fp);
    cpu.x[op.d] = static_cast<std::make_unsigned_t<Integer>>(result);
}
template <class F, class Integer>
void from_fixed(Cpu& cpu, const Op& op) {
    cpu.v[op.d].set_scalar(fp::from_fixed<F>(static_cast<Integer>(cpu.x[op.n]), op.extra, cpu.fp));
}

struct SignedIntegers {
    using W = std::int32_t;
    using X = std::int64_t;
};
struct UnsignedIntegers {
    using W = std::uint32_t;
    using X = std::uint64_t;
};

template <class Integers>
void emit_to_fixed(Translator& t, u32 z, u32 s, const Operands& operands) {
    using X = typename Integers::X;
    using W = typename Integers::W;
    if (z != 0)
        t.emit(s != 0 ? fp_handler<to_fixed<Double, X>> : fp_handler<to_fixed<Single, X>>, operands);
    else
        t.emit(s != 0 ? fp_handler<to_fixed<Double, W>> : fp_handler<to_fixed<Single, W>>, operands);
}
template <class Integers>
void emit_from_fixed(Translator& t, u32 z, u32 s, const Operands& operands) {
    using X = typename Integers::X;
    using W = typename Integers::W;
    if (z != 0)
        t.emit(s != 0 ? fp_handler<from_fixed<Double, X>> : fp_handler<from_fixed<Single, X>>, operands);
    else
        t.emit(s != 0 ? fp_handler<from_fixed<Double, W>> : fp_handler<from_fixed<Single, W>>, operands);
}

template <class Integers, Rounding rounding>
void fcvt_integer(Translator& t, u32 z, u32 s, u32 n, u32 d) {
    emit_to_fixed<Integers>(t, z, s, {.d = destination(d), .n = vector_register(n), .a = static_cast<Slot>(rounding)});
}
template <class Integers>
void cvtf_integer(Translator& t, u32 z, u32 s, u32 n, u32 d) {
    emit_from_fixed<Integers>(t, z, s, {.d = vector_register(d), .n = source(n)});
}

/// More fraction bits than the register has.
bool reserved_scale(u32 z, u32 scale) { return z == 0 && scale < 32; }

template <class Integers>
bool fcvtz_fixed(Translator& t, u32 z, u32 s, u32 scale, u32 n, u32 d) {
    if (reserved_scale(z, scale))
        return false;
    emit_to_fixed<Integers>(t, z, s,
                            {.d = destination(d),
                             .n = vector_register(n),
                             .a = static_cast<Slot>(Rounding::ZERO),
                             .extra = static_cast<std::uint16_t>(64 - scale)});
    return true;
}
template <class Integers>
bool cvtf_fixed(Translator& t, u32 z, u32 s, u32 scale, u32 n, u32 d) {
    if (reserved_scale(z, scale))
        return false;
    emit_from_fixed<Integers>(
        t, z, s, {.d = vector_register(d), .n = source(n), .extra = static_cast<std::uint16_t>(64 - scale)});
    return true;
}

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
    // Data processing
        row<"000 11110 0s 1 000000 10000 nnnnn ddddd", one_source<operation::fmov>>("FMOV (register)", Group::fp),
        row<"000 11110 0s 1 000001 10000 nnnnn ddddd", one_source<operation::fabs>>("FABS (scalar)", Group::fp),
        row<"000 11110 0s 1 000010 10000 nnnnn ddddd", one_source<operation::fneg>>("FNEG (scalar)", Group::fp),
        row<"000 11110 0s 1 000011 10000 nnnnn ddddd", one_source<operation::fsqrt>>("FSQRT (scalar)", Group::fp),
        row<"000 11110 0s 1 001000 10000 nnnnn ddddd", one_source<operation::frint<Rounding::TIEEVEN>>>(
            "FRINTN (scalar)", Group::fp),
        row<"000 11110 0s 1 001001 10000 nnnnn ddddd", one_source<operation::frint<Rounding::POSINF>>>(
            "FRINTP (scalar)", Group::fp),
        row<"000 11110 0s 1 001010 10000 nnnnn ddddd", one_source<operation::frint<Rounding::NEGINF>>>(
            "FRINTM (scalar)", Group::fp),
        row<"000 11110 0s 1 001011 10000 nnnnn ddddd", one_source<operation::frint<Rounding::ZERO>>>("FRINTZ (scalar)",
                                                                                                     Group::fp),
        row<"000 11110 0s 1 001100 10000 nnnnn ddddd", one_source<operation::frint<Rounding::TIEAWAY>>>(
            "FRINTA (scalar)", Group::fp),
        row<"000 11110 0s 1 001110 10000 nnnnn ddddd", one_source<operation::frintx>>("FRINTX (scalar)", Group::fp),
        row<"000 11110 0s 1 001111 10000 nnnnn ddddd", one_source<operation::frinti>>("FRINTI (scalar)", Group::fp),
        row<"000 11110 00 1 000101 10000 nnnnn ddddd", fcvt<Double, Single>>("FCVT (single to double)", Group::fp),
        row<"000 11110 00 1 000111 10000 nnnnn ddddd", fcvt<Half, Single>>("FCVT (single to half)", Group::fp),
        row<"000 11110 01 1 000100 10000 nnnnn ddddd", fcvt<Single, Double>>("FCVT (double to single)", Group::fp),
        row<"000 11110 01 1 000111 10000 nnnnn ddddd", fcvt<Half, Double>>("FCVT (double to half)", Group::fp),
        row<"000 11110 11 1 000100 10000 nnnnn ddddd", fcvt<Single, Half>>("FCVT (half to single)", Group::fp),
        row<"000 11110 11 1 000101 10000 nnnnn ddddd", fcvt<Double, Half>>("FCVT (half to double)", Group::fp),
        row<"000 11110 0s 1 mmmmm 0000 10 nnnnn ddddd", two_source<operation::fmul>>("FMUL (scalar)", Group::fp),
        row<"000 11110 0s 1 mmmmm 0001 10 nnnnn ddddd", two_source<operation::fdiv>>("FDIV (scalar)", Group::fp),
        row<"000 11110 0s 1 mmmmm 0010 10 nnnnn ddddd", two_source<operation::fadd>>("FADD (scalar)", Group::fp),
        row<"000 11110 0s 1 mmmmm 0011 10 nnnnn ddddd", two_source<operation::fsub>>("FSUB (scalar)", Group::fp),
        row<"000 11110 0s 1 mmmmm 0100 10 nnnnn ddddd", two_source<operation::fmax>>("FMAX (scalar)", Group::fp),
        row<"000 11110 0s 1 mmmmm 0101 10 nnnnn ddddd", two_source<operation::fmin>>("FMIN (scalar)", Group::fp),
        row<"000 11110 0s 1 mmmmm 0110 10 nnnnn ddddd", two_source<operation::fmaxnm>>("FMAXNM (scalar)", Group::fp),
        row<"000 11110 0s 1 mmmmm 0111 10 nnnnn ddddd", two_source<operation::fminnm>>("FMINNM (scalar)", Group::fp),
        row<"000 11110 0s 1 mmmmm 1000 10 nnnnn ddddd", two_source<operation::fnmul>>("FNMUL (scalar)", Group::fp),
        row<"000 11111 0s 0 mmmmm 0 aaaaa nnnnn ddddd", three_source<operation::fmadd>>("FMADD", Group::fp),
        row<"000 11111 0s 0 mmmmm 1 aaaaa nnnnn ddddd", three_source<operation::fmsub>>("FMSUB", Group::fp),
        row<"000 11111 0s 1 mmmmm 0 aaaaa nnnnn ddddd", three_source<operation::fnmadd>>("FNMADD", Group::fp),
        row<"000 11111 0s 1 mmmmm 1 aaaaa nnnnn ddddd", three_source<operation::fnmsub>>("FNMSUB", Group::fp),

    // Comparisons and selection
        row<"000 11110 0s 1 mmmmm 00 1000 nnnnn 00 000", fcmp<NaNs::quiet>>("FCMP", Group::fp),
        row<"000 11110 0s 1 ----- 00 1000 nnnnn 01 000", fcmp_zero<NaNs::quiet>>("FCMP (zero)", Group::fp),
        row<"000 11110 0s 1 mmmmm 00 1000 nnnnn 10 000", fcmp<NaNs::signalling>>("FCMPE", Group::fp),
        row<"000 11110 0s 1 ----- 00 1000 nnnnn 11 000", fcmp_zero<NaNs::signalling>>("FCMPE (zero)", Group::fp),
        row<"000 11110 0s 1 mmmmm cccc 01 nnnnn 0 ffff", fccmp<NaNs::quiet>>("FCCMP", Group::fp),
        row<"000 11110 0s 1 mmmmm cccc 01 nnnnn 1 ffff", fccmp<NaNs::signalling>>("FCCMPE", Group::fp),
        row<"000 11110 0s 1 mmmmm cccc 11 nnnnn ddddd", fcsel>("FCSEL", Group::fp),

    // Moves
        row<"000 11110 0s 1 iiiiiiii 100 00000 ddddd", fmov_immediate>("FMOV (scalar, immediate)", Group::fp),
        row<"000 11110 00 1 00 110 000000 nnnnn ddddd", fmov_to_general<u32, 0>>("FMOV (general), to W", Group::fp),
        row<"000 11110 00 1 00 111 000000 nnnnn ddddd", fmov_from_general<u32>>("FMOV (general), from W", Group::fp),
        row<"100 11110 01 1 00 110 000000 nnnnn ddddd", fmov_to_general<u64, 0>>("FMOV (general), to X", Group::fp),
        row<"100 11110 01 1 00 111 000000 nnnnn ddddd", fmov_from_general<u64>>("FMOV (general), from X", Group::fp),
        row<"100 11110 10 1 01 110 000000 nnnnn ddddd", fmov_to_general<u64, 1>>("FMOV (general), from upper half",
                                                                                 Group::fp),
        row<"100 11110 10 1 01 111 000000 nnnnn ddddd", fmov_upper_from_general>("FMOV (general), to upper half",
                                                                                 Group::fp),

    // Conversions
        row<"z00 11110 0s 1 00 000 000000 nnnnn ddddd", fcvt_integer<SignedIntegers, Rounding::TIEEVEN>>(
            "FCVTNS (scalar)", Group::fp),
        row<"z00 11110 0s 1 00 001 000000 nnnnn ddddd", fcvt_integer<UnsignedIntegers, Rounding::TIEEVEN>>(
            "FCVTNU (scalar)", Group::fp),
        row<"z00 11110 0s 1 01 000 000000 nnnnn ddddd", fcvt_integer<SignedIntegers, Rounding::POSINF>>(
            "FCVTPS (scalar)", Group::fp),
        row<"z00 11110 0s 1 01 001 000000 nnnnn ddddd", fcvt_integer<UnsignedIntegers, Rounding::POSINF>>(
            "FCVTPU (scalar)", Group::fp),
        row<"z00 11110 0s 1 10 000 000000 nnnnn ddddd", fcvt_integer<SignedIntegers, Rounding::NEGINF>>(
            "FCVTMS (scalar)", Group::fp),
        row<"z00 11110 0s 1 10 001 000000 nnnnn ddddd", fcvt_integer<UnsignedIntegers, Rounding::NEGINF>>(
            "FCVTMU (scalar)", Group::fp),
        row<"z00 11110 0s 1 11 000 000000 nnnnn ddddd", fcvt_integer<SignedIntegers, Rounding::ZERO>>(
            "FCVTZS (scalar, integer)", Group::fp),
        row<"z00 11110 0s 1 11 001 000000 nnnnn ddddd", fcvt_integer<UnsignedIntegers, Rounding::ZERO>>(
            "FCVTZU (scalar, integer)", Group::fp),
        row<"z00 11110 0s 1 00 100 000000 nnnnn ddddd", fcvt_integer<SignedIntegers, Rounding::TIEAWAY>>(
            "FCVTAS (scalar)", Group::fp),
        row<"z00 11110 0s 1 00 101 000000 nnnnn ddddd", fcvt_integer<UnsignedIntegers, Rounding::TIEAWAY>>(
            "FCVTAU (scalar)", Group::fp),
        row<"z00 11110 0s 1 00 010 000000 nnnnn ddddd", cvtf_integer<SignedIntegers>>("SCVTF (scalar, integer)",
                                                                                      Group::fp),
        row<"z00 11110 0s 1 00 011 000000 nnnnn ddddd", cvtf_integer<UnsignedIntegers>>("UCVTF (scalar, integer)",
                                                                                        Group::fp),
        row<"z00 11110 0s 0 11 000 ffffff nnnnn ddddd", fcvtz_fixed<SignedIntegers>>("FCVTZS (scalar, fixed-point)",
                                                                                     Group::fp),
        row<"z00 11110 0s 0 11 001 ffffff nnnnn ddddd", fcvtz_fixed<UnsignedIntegers>>("FCVTZU (scalar, fixed-point)",
                                                                                       Group::fp),
        row<"z00 11110 0s 0 00 010 ffffff nnnnn ddddd", cvtf_fixed<SignedIntegers>>("SCVTF (scalar, fixed-point)",
                                                                                    Group::fp),
        row<"z00 11110 0s 0 00 011 ffffff nnnnn ddddd", cvtf_fixed<UnsignedIntegers>>("UCVTF (scalar, fixed-point)",
                                                                                      Group::fp),

    // Of features that this CPU has not
        unsupported<"-00 11110 11 - ----------- ----- -----">("half precision (scalar)", "FEAT_FP16"),
        unsupported<"000 11111 11 - ----- - ----- ----- -----">("half precision, three sources", "FEAT_FP16"),
        unsupported<"000 11110 01 1 11 110 000000 nnnnn ddddd">("FJCVTZS", "FEAT_JSCVT"),
        unsupported<"000 11110 01 1 000110 10000 nnnnn ddddd">("BFCVT", "FEAT_BF16"),
        unsupported<"000 11110 0s 1 0100oo 10000 nnnnn ddddd">("FRINT32Z, FRINT32X, FRINT64Z, FRINT64X",
                                                               "FEAT_FRINTTS"),
    };
    return rows;
}

} // namespace

std::span<const Row> fp_scalar() { return table(); }

} // namespace arm64::cpu::a64

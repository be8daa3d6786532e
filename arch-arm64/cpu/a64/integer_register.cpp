// SPDX-License-Identifier: Apache-2.0
// Data processing, register. Source: Arm DDI 0487, C4.1.89.
#include "arch-arm64/cpu/a64/arithmetic.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>
#include <bit>
#include <utility>

namespace arm64::cpu::a64 {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;
__extension__ using u128 = unsigned __int128;
__extension__ using s128 = __int128;

// ---- The second operand

enum class Shift : unsigned { LSL, LSR, ASR, ROR };

template <class T, Shift Kind>
[[gnu::always_inline]] inline T shift(T value, unsigned amount) {
    using S = std::make_signed_t<T>;
    if constexpr (Kind == Shift::LSL)
        return static_cast<T>(value << amount);
    else if constexpr (Kind == Shift::LSR)
        return static_cast<T>(value >> amount);
    else if constexpr (Kind == Shift::ASR)
        return static_cast<T>(static_cast<S>(value) >> amount);
    else
        return std::rotr(value, static_cast<int>(amount));
}

/// Rm shifted by `a`; `Plain` where that is 0.
template <class T, Shift Kind, bool Plain>
[[gnu::always_inline]] inline T shifted(const Cpu& cpu, const Op& op) {
    const T value = static_cast<T>(cpu.x[op.m]);
    return Plain ? value : shift<T, Kind>(value, op.a);
}

enum class Logic : unsigned { AND, BIC, ORR, ORN, EOR, EON, ANDS, BICS };

template <class T, Logic What>
[[gnu::always_inline]] inline T combine(T a, T b) {
    if constexpr (What == Logic::AND || What == Logic::ANDS)
        return a & b;
    else if constexpr (What == Logic::BIC || What == Logic::BICS)
        return static_cast<T>(a & ~b);
    else if constexpr (What == Logic::ORR)
        return a | b;
    else if constexpr (What == Logic::ORN)
        return static_cast<T>(a | ~b);
    else if constexpr (What == Logic::EOR)
        return a ^ b;
    else
        return static_cast<T>(a ^ ~b);
}

template <class T, Logic What, Shift Kind, bool Plain>
void logical(Cpu& cpu, const Op& op) {
    const T result = combine<T, What>(static_cast<T>(cpu.x[op.n]), shifted<T, Kind, Plain>(cpu, op));
    if constexpr (What == Logic::ANDS || What == Logic::BICS)
        set_logical_flags(cpu, result);
    cpu.x[op.d] = result;
}

enum class Sum : unsigned { ADD, ADDS, SUB, SUBS };

template <class T, Sum What>
[[gnu::always_inline]] inline T sum(Cpu& cpu, T a, T b) {
    if constexpr (What == Sum::ADD)
        return static_cast<T>(a + b);
    else if constexpr (What == Sum::ADDS)
        return add_setting_flags(cpu, a, b);
    else if constexpr (What == Sum::SUB)
        return static_cast<T>(a - b);
    else
        return subtract_setting_flags(cpu, a, b);
}

template <class T, Sum What, Shift Kind, bool Plain>
void add_shifted(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = sum<T, What>(cpu, static_cast<T>(cpu.x[op.n]), shifted<T, Kind, Plain>(cpu, op));
}

/// ExtendReg by `option`, then shifted left by `a`.
template <unsigned Option>
[[gnu::always_inline]] inline u64 extended(const Cpu& cpu, const Op& op) {
    constexpr unsigned width = 8U << (Option & 3);
    const u64 value = cpu.x[op.m];
    if constexpr (width == 64)
        return value << op.a;
    else
        return ((Option & 4) != 0 ? sign_extend(value, width) : value & ones(width)) << op.a;
}

template <class T, Sum What, unsigned Option>
void add_extended(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = sum<T, What>(cpu, static_cast<T>(cpu.x[op.n]), static_cast<T>(extended<Option>(cpu, op)));
}

// Tables of handlers, one for each combination of fields.

template <class T, Logic What, unsigned... K>
constexpr auto logical_shifts(std::integer_sequence<unsigned, K...>) {
    return std::array<Handler, 4>{handler<logical<T, What, Shift{K}, false>>...};
}
template <class T, unsigned... W>
constexpr auto logical_table(std::integer_sequence<unsigned, W...>) {
    return std::array{logical_shifts<T, Logic{W}>(std::make_integer_sequence<unsigned, 4>{})...};
}
template <class T, unsigned... W>
constexpr auto logical_plain(std::integer_sequence<unsigned, W...>) {
    return std::array<Handler, 8>{handler<logical<T, Logic{W}, Shift::LSL, true>>...};
}
template <class T, Sum What, unsigned... K>
constexpr auto add_shifts(std::integer_sequence<unsigned, K...>) {
    return std::array<Handler, 3>{handler<add_shifted<T, What, Shift{K}, false>>...};
}
template <class T, unsigned... W>
constexpr auto add_table(std::integer_sequence<unsigned, W...>) {
    return std::array{add_shifts<T, Sum{W}>(std::make_integer_sequence<unsigned, 3>{})...};
}
template <class T, unsigned... W>
constexpr auto add_plain(std::integer_sequence<unsigned, W...>) {
    return std::array<Handler, 4>{handler<add_shifted<T, Sum{W}, Shift::LSL, true>>...};
}
template <class T, Sum What, unsigned... O>
constexpr auto add_options(std::integer_sequence<unsigned, O...>) {
    return std::array<Handler, 8>{handler<add_extended<T, What, O>>...};
}
template <class T, unsigned... W>
constexpr auto extended_table(std::integer_sequence<unsigned, W...>) {
    return std::array{add_options<T, Sum{W}>(std::make_integer_sequence<unsigned, 8>{})...};
}

constexpr auto four = std::make_integer_sequence<unsigned, 4>{};
constexpr auto eight = std::make_integer_sequence<unsigned, 8>{};

void copy(Cpu& cpu, const Op& op) { cpu.x[op.d] = cpu.x[op.m]; }
void copy_narrow(Cpu& cpu, const Op& op) { cpu.x[op.d] = static_cast<u32>(cpu.x[op.m]); }

bool logical_shifted(Translator& t, u32 z, u32 o, u32 k, u32 N, u32 m, u32 i, u32 n, u32 d) {
    static constexpr std::array shifts{logical_table<u32>(eight), logical_table<u64>(eight)};
    static constexpr std::array plain{logical_plain<u32>(eight), logical_plain<u64>(eight)};
    if (z == 0 && i > 31)
        return false;
    const unsigned what = o << 1 | N;
    Handler run = i == 0 ? plain.at(z).at(what) : shifts.at(z).at(what).at(k);
    if (i == 0 && n == 31 && Logic{what} == Logic::ORR) // MOV (register)
        run = z != 0 ? handler<copy> : handler<copy_narrow>;
    t.emit(run, {.d = destination(d), .n = source(n), .m = source(m), .a = static_cast<Slot>(i)});
    return true;
}

bool add_sub_shifted(Translator& t, u32 z, u32 o, u32 k, u32 m, u32 i, u32 n, u32 d) {
    static constexpr std::array shifts{add_table<u32>(four), add_table<u64>(four)};
    static constexpr std::array plain{add_plain<u32>(four), add_plain<u64>(four)};
    if (k == 3 || (z == 0 && i > 31))
        return false;
    t.emit(i == 0 ? plain.at(z).at(o) : shifts.at(z).at(o).at(k),
           {.d = destination(d), .n = source(n), .m = source(m), .a = static_cast<Slot>(i)});
    return true;
}

bool add_sub_extended(Translator& t, u32 z, u32 o, u32 m, u32 option, u32 i, u32 n, u32 d) {
    static constexpr std::array table{extended_table<u32>(four), extended_table<u64>(four)};
    if (i > 4)
        return false;
    t.emit(table.at(z).at(o).at(option),
           {.d = (o & 1) != 0 ? destination(d) : or_sp(d), .n = or_sp(n), .m = source(m), .a = static_cast<Slot>(i)});
    return true;
}

// ---- With carry, conditional

template <class T>
void adc(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = static_cast<T>(cpu.x[op.n] + cpu.x[op.m] + cpu.flag_c);
}
template <class T>
void sbc(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = static_cast<T>(cpu.x[op.n] + ~cpu.x[op.m] + cpu.flag_c);
}
template <class T>
void adcs(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = add_with_carry(cpu, static_cast<T>(cpu.x[op.n]), static_cast<T>(cpu.x[op.m]),
                                 static_cast<unsigned>(cpu.flag_c));
}
template <class T>
void sbcs(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = add_with_carry(cpu, static_cast<T>(cpu.x[op.n]), static_cast<T>(~cpu.x[op.m]),
                                 static_cast<unsigned>(cpu.flag_c));
}

void add_sub_carry(Translator& t, u32 z, u32 o, u32 m, u32 n, u32 d) {
    static constexpr std::array<std::array<Handler, 4>, 2> table{
        {{handler<adc<u32>>, handler<adcs<u32>>, handler<sbc<u32>>, handler<sbcs<u32>>},
         {handler<adc<u64>>, handler<adcs<u64>>, handler<sbc<u64>>, handler<sbcs<u64>>}}};
    t.emit(table.at(z).at(o), {.d = destination(d), .n = source(n), .m = source(m)});
}

/// CCMP and CCMN. a: condition, extra: flags if it fails, imm: the second operand of the immediate forms.
template <class T, bool Subtract, bool Immediate>
void conditional_compare(Cpu& cpu, const Op& op) {
    if (!cpu.condition(op.a)) {
        cpu.set_NZCV(static_cast<u32>(op.extra) << 28);
        return;
    }
    const T a = static_cast<T>(cpu.x[op.n]), b = static_cast<T>(Immediate ? op.imm : cpu.x[op.m]);
    if constexpr (Subtract)
        subtract_setting_flags(cpu, a, b);
    else
        add_setting_flags(cpu, a, b);
}

void compare_register(Translator& t, u32 z, u32 o, u32 m, u32 c, u32 n, u32 f) {
    static constexpr std::array<std::array<Handler, 2>, 2> table{
        {{handler<conditional_compare<u32, false, false>>, handler<conditional_compare<u32, true, false>>},
         {handler<conditional_compare<u64, false, false>>, handler<conditional_compare<u64, true, false>>}}};
    t.emit(table.at(z).at(o),
           {.n = source(n), .m = source(m), .a = static_cast<Slot>(c), .extra = static_cast<std::uint16_t>(f)});
}
void compare_immediate(Translator& t, u32 z, u32 o, u32 i, u32 c, u32 n, u32 f) {
    static constexpr std::array<std::array<Handler, 2>, 2> table{
        {{handler<conditional_compare<u32, false, true>>, handler<conditional_compare<u32, true, true>>},
         {handler<conditional_compare<u64, false, true>>, handler<conditional_compare<u64, true, true>>}}};
    t.emit(table.at(z).at(o),
           {.n = source(n), .a = static_cast<Slot>(c), .extra = static_cast<std::uint16_t>(f), .imm = i});
}

enum class Else : unsigned { select, increment, invert, negate };

template <class T, Else What>
void conditional_select(Cpu& cpu, const Op& op) {
    const T other = static_cast<T>(cpu.x[op.m]);
    T otherwise = other;
    if constexpr (What == Else::increment)
        otherwise = static_cast<T>(other + 1);
    else if constexpr (What == Else::invert)
        otherwise = static_cast<T>(~other);
    else if constexpr (What == Else::negate)
        otherwise = static_cast<T>(-other);
    cpu.x[op.d] = cpu.condition(op.a) ? static_cast<T>(cpu.x[op.n]) : otherwise;
}

void select(Translator& t, u32 z, u32 o, u32 m, u32 c, u32 p, u32 n, u32 d) {
    static constexpr std::array<std::array<Handler, 4>, 2> table{
        {{handler<conditional_select<u32, Else::select>>, handler<conditional_select<u32, Else::increment>>,
          handler<conditional_select<u32, Else::invert>>, handler<conditional_select<u32, Else::negate>>},
         {handler<conditional_select<u64, Else::select>>, handler<conditional_select<u64, Else::increment>>,
          handler<conditional_select<u64, Else::invert>>, handler<conditional_select<u64, Else::negate>>}}};
    t.emit(table.at(z).at(o << 1 | p),
           {.d = destination(d), .n = source(n), .m = source(m), .a = static_cast<Slot>(c)});
}

// ---- One source

template <class T>
T reverse_bits(T value) {
    u64 word = value;
    word = (word >> 1 & 0x5555'5555'5555'5555) | (word & 0x5555'5555'5555'5555) << 1;
    word = (word >> 2 & 0x3333'3333'3333'3333) | (word & 0x3333'3333'3333'3333) << 2;
    word = (word >> 4 & 0x0F0F'0F0F'0F0F'0F0F) | (word & 0x0F0F'0F0F'0F0F'0F0F) << 4;
    return static_cast<T>(__builtin_bswap64(word) >> (64 - std::numeric_limits<T>::digits));
}

template <class T>
void rbit(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = reverse_bits(static_cast<T>(cpu.x[op.n]));
}
template <class T>
void rev16(Cpu& cpu, const Op& op) {
    const u64 value = static_cast<T>(cpu.x[op.n]);
    cpu.x[op.d] = (value >> 8 & 0x00FF'00FF'00FF'00FF) | (value & 0x00FF'00FF'00FF'00FF) << 8;
}
void rev_32(Cpu& cpu, const Op& op) { cpu.x[op.d] = __builtin_bswap32(static_cast<u32>(cpu.x[op.n])); }
void rev32_64(Cpu& cpu, const Op& op) {
    const u64 value = cpu.x[op.n];
    cpu.x[op.d] =
        u64{__builtin_bswap32(static_cast<u32>(value >> 32))} << 32 | __builtin_bswap32(static_cast<u32>(value));
}
void rev_64(Cpu& cpu, const Op& op) { cpu.x[op.d] = __builtin_bswap64(cpu.x[op.n]); }
template <class T>
void clz(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = static_cast<u64>(std::countl_zero(static_cast<T>(cpu.x[op.n])));
}
template <class T>
void cls(Cpu& cpu, const Op& op) {
    using S = std::make_signed_t<T>;
    const T value = static_cast<T>(cpu.x[op.n]);
    const T differs = static_cast<T>(value ^ static_cast<T>(static_cast<S>(value) >> 1));
    cpu.x[op.d] = static_cast<u64>(std::countl_zero(differs) - 1);
}

void one_source(Translator& t, Handler run, u32 n, u32 d) { t.emit(run, {.d = destination(d), .n = source(n)}); }
void rbit_row(Translator& t, u32 z, u32 n, u32 d) {
    one_source(t, z != 0 ? handler<rbit<u64>> : handler<rbit<u32>>, n, d);
}
void rev16_row(Translator& t, u32 z, u32 n, u32 d) {
    one_source(t, z != 0 ? handler<rev16<u64>> : handler<rev16<u32>>, n, d);
}
void rev32_row(Translator& t, u32 z, u32 n, u32 d) {
    one_source(t, z != 0 ? handler<rev32_64> : handler<rev_32>, n, d);
}
void rev64_row(Translator& t, u32 n, u32 d) { one_source(t, handler<rev_64>, n, d); }
void clz_row(Translator& t, u32 z, u32 n, u32 d) {
    one_source(t, z != 0 ? handler<clz<u64>> : handler<clz<u32>>, n, d);
}
void cls_row(Translator& t, u32 z, u32 n, u32 d) {
    one_source(t, z != 0 ? handler<cls<u64>> : handler<cls<u32>>, n, d);
}

// ---- Two sources

template <class T>
void udiv(Cpu& cpu, const Op& op) {
    const T n = static_cast<T>(cpu.x[op.n]), m = static_cast<T>(cpu.x[op.m]);
    cpu.x[op.d] = m == 0 ? 0 : n / m;
}
template <class T>
void sdiv(Cpu& cpu, const Op& op) {
    using S = std::make_signed_t<T>;
    const T n = static_cast<T>(cpu.x[op.n]), m = static_cast<T>(cpu.x[op.m]);
    T result = 0;
    if (m == static_cast<T>(-1))
        result = static_cast<T>(-n); // the least number is its own negative
    else if (m != 0)
        result = static_cast<T>(static_cast<S>(n) / static_cast<S>(m));
    cpu.x[op.d] = result;
}
template <class T, Shift Kind>
void shift_variable(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = shift<T, Kind>(static_cast<T>(cpu.x[op.n]),
                                 static_cast<unsigned>(cpu.x[op.m] & (std::numeric_limits<T>::digits - 1)));
}

void divide(Translator& t, u32 z, u32 m, u32 o, u32 n, u32 d) {
    static constexpr std::array<std::array<Handler, 2>, 2> table{
        {{handler<udiv<u32>>, handler<sdiv<u32>>}, {handler<udiv<u64>>, handler<sdiv<u64>>}}};
    t.emit(table.at(z).at(o), {.d = destination(d), .n = source(n), .m = source(m)});
}
void shift_row(Translator& t, u32 z, u32 m, u32 k, u32 n, u32 d) {
    static constexpr std::array<std::array<Handler, 4>, 2> table{
        {{handler<shift_variable<u32, Shift::LSL>>, handler<shift_variable<u32, Shift::LSR>>,
          handler<shift_variable<u32, Shift::ASR>>, handler<shift_variable<u32, Shift::ROR>>},
         {handler<shift_variable<u64, Shift::LSL>>, handler<shift_variable<u64, Shift::LSR>>,
          handler<shift_variable<u64, Shift::ASR>>, handler<shift_variable<u64, Shift::ROR>>}}};
    t.emit(table.at(z).at(k), {.d = destination(d), .n = source(n), .m = source(m)});
}

/// CRC of reflected bits, a byte at a time. Polynomials: 0x04C11DB7 (CRC32), 0x1EDC6F41 (CRC32C).
template <u32 Reflected>
constexpr std::array<u32, 256> crc_table = [] {
    std::array<u32, 256> table{};
    for (u32 byte = 0; byte < 256; ++byte) {
        u32 remainder = byte;
        for (int bit = 0; bit < 8; ++bit)
            remainder = remainder >> 1 ^ ((remainder & 1) != 0 ? Reflected : 0);
        table.at(byte) = remainder;
    }
    return table;
}();

template <u32 Reflected>
u32 crc(u32 sum, u64 data, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i)
        sum = sum >> 8 ^ crc_table<Reflected>[(sum ^ data >> (8 * i)) & 0xFF];
    return sum;
}

bool crc32(Cpu& cpu, u32 z, u32 m, u32 C, u32 s, u32 n, u32 d) {
    if (z != (s == 3 ? 1U : 0U))
        return cpu.undefined();
    const u32 sum = static_cast<u32>(cpu.x[source(n)]);
    const u64 data = cpu.x[source(m)];
    cpu.x[destination(d)] = C != 0 ? crc<0x82F6'3B78>(sum, data, 1U << s) : crc<0xEDB8'8320>(sum, data, 1U << s);
    return true;
}

// ---- Three sources

template <class T>
void madd(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = static_cast<T>(cpu.x[op.a] + cpu.x[op.n] * cpu.x[op.m]);
}
template <class T>
void msub(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = static_cast<T>(cpu.x[op.a] - cpu.x[op.n] * cpu.x[op.m]);
}
void smaddl(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = cpu.x[op.a] + sign_extend(cpu.x[op.n], 32) * sign_extend(cpu.x[op.m], 32);
}
void smsubl(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = cpu.x[op.a] - sign_extend(cpu.x[op.n], 32) * sign_extend(cpu.x[op.m], 32);
}
void umaddl(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = cpu.x[op.a] + u64{static_cast<u32>(cpu.x[op.n])} * static_cast<u32>(cpu.x[op.m]);
}
void umsubl(Cpu& cpu, const Op& op) {
    cpu.x[op.d] = cpu.x[op.a] - u64{static_cast<u32>(cpu.x[op.n])} * static_cast<u32>(cpu.x[op.m]);
}
void smulh(Cpu& cpu, const Op& op) {
    const s128 product = s128{static_cast<std::int64_t>(cpu.x[op.n])} * static_cast<std::int64_t>(cpu.x[op.m]);
    cpu.x[op.d] = static_cast<u64>(static_cast<u128>(product) >> 64);
}
void umulh(Cpu& cpu, const Op& op) { cpu.x[op.d] = static_cast<u64>((u128{cpu.x[op.n]} * cpu.x[op.m]) >> 64); }

void multiply(Translator& t, u32 z, u32 m, u32 o, u32 a, u32 n, u32 d) {
    static constexpr std::array<std::array<Handler, 2>, 2> table{
        {{handler<madd<u32>>, handler<msub<u32>>}, {handler<madd<u64>>, handler<msub<u64>>}}};
    t.emit(table.at(z).at(o), {.d = destination(d), .n = source(n), .m = source(m), .a = source(a)});
}
void multiply_signed(Translator& t, u32 m, u32 o, u32 a, u32 n, u32 d) {
    t.emit(o != 0 ? handler<smsubl> : handler<smaddl>,
           {.d = destination(d), .n = source(n), .m = source(m), .a = source(a)});
}
void multiply_unsigned(Translator& t, u32 m, u32 o, u32 a, u32 n, u32 d) {
    t.emit(o != 0 ? handler<umsubl> : handler<umaddl>,
           {.d = destination(d), .n = source(n), .m = source(m), .a = source(a)});
}
void multiply_high(Translator& t, u32 U, u32 m, u32 n, u32 d) {
    t.emit(U != 0 ? handler<umulh> : handler<smulh>, {.d = destination(d), .n = source(n), .m = source(m)});
}

constexpr auto no_PAuth = "FEAT_PAuth is not advertised";
constexpr auto no_FlagM = "FEAT_FlagM is not advertised";

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
        row<"z oo 01010 kk N mmmmm iiiiii nnnnn ddddd", logical_shifted>("AND, ORR, EOR, ANDS (shifted register)",
                                                                         Group::integer),
        row<"z oo 01011 kk 0 mmmmm iiiiii nnnnn ddddd", add_sub_shifted>("ADD, SUB (shifted register)", Group::integer),
        row<"z oo 01011 00 1 mmmmm ppp iii nnnnn ddddd", add_sub_extended>("ADD, SUB (extended register)",
                                                                           Group::integer),
        row<"z oo 11010000 mmmmm 000000 nnnnn ddddd", add_sub_carry>("ADC, SBC", Group::integer),
        row<"z o 1 11010010 mmmmm cccc 0 0 nnnnn 0 ffff", compare_register>("CCMN, CCMP (register)", Group::integer),
        row<"z o 1 11010010 iiiii cccc 1 0 nnnnn 0 ffff", compare_immediate>("CCMN, CCMP (immediate)", Group::integer),
        row<"z o 0 11010100 mmmmm cccc 0 p nnnnn ddddd", select>("CSEL, CSINC, CSINV, CSNEG", Group::integer),
        row<"z 1 0 11010110 00000 000000 nnnnn ddddd", rbit_row>("RBIT", Group::integer),
        row<"z 1 0 11010110 00000 000001 nnnnn ddddd", rev16_row>("REV16", Group::integer),
        row<"z 1 0 11010110 00000 000010 nnnnn ddddd", rev32_row>("REV, REV32", Group::integer),
        row<"1 1 0 11010110 00000 000011 nnnnn ddddd", rev64_row>("REV", Group::integer),
        row<"z 1 0 11010110 00000 000100 nnnnn ddddd", clz_row>("CLZ", Group::integer),
        row<"z 1 0 11010110 00000 000101 nnnnn ddddd", cls_row>("CLS", Group::integer),
        row<"z 0 0 11010110 mmmmm 00001 o nnnnn ddddd", divide>("UDIV, SDIV", Group::integer),
        row<"z 0 0 11010110 mmmmm 0010 kk nnnnn ddddd", shift_row>("LSLV, LSRV, ASRV, RORV", Group::integer),
        row<"z 0 0 11010110 mmmmm 010 C ss nnnnn ddddd", crc32>("CRC32, CRC32C", Group::integer),
        row<"z 00 11011 000 mmmmm o aaaaa nnnnn ddddd", multiply>("MADD, MSUB", Group::integer),
        row<"1 00 11011 001 mmmmm o aaaaa nnnnn ddddd", multiply_signed>("SMADDL, SMSUBL", Group::integer),
        row<"1 00 11011 101 mmmmm o aaaaa nnnnn ddddd", multiply_unsigned>("UMADDL, UMSUBL", Group::integer),
        row<"1 00 11011 U10 mmmmm 0 ----- nnnnn ddddd", multiply_high>("SMULH, UMULH", Group::integer),
        unsupported<"1 1 0 11010110 00001 oooooo nnnnn ddddd">("PACIA ... XPACD", no_PAuth),
        unsupported<"1 0 0 11010110 mmmmm 001100 nnnnn ddddd">("PACGA", no_PAuth),
        unsupported<"1 0 0 11010110 mmmmm 00000 o nnnnn ddddd">("SUBP, IRG", "FEAT_MTE is not advertised"),
        unsupported<"1 0 0 11010110 mmmmm 000101 nnnnn ddddd">("GMI", "FEAT_MTE is not advertised"),
        unsupported<"1 0 1 11010000 iiiiii 00001 nnnnn 0 ffff">("RMIF", no_FlagM),
        unsupported<"0 0 1 11010000 000000 z 0010 nnnnn 01101">("SETF8, SETF16", no_FlagM),
    };
    return rows;
}

} // namespace

std::span<const Row> integer_register() { return table(); }

} // namespace arm64::cpu::a64

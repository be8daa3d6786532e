// SPDX-License-Identifier: Apache-2.0
// See generator.hpp.
#include "tests/arch-arm64/cpu/differential/generator.hpp"

namespace differential {
namespace {

constexpr std::uint64_t ones(unsigned bits) { return bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1; }

/// Nothing is mapped there, nor for some 100 MiB around.
constexpr std::uint64_t nowhere = 0x9876'5432;
/// Bit 55: the other half of the address space.
constexpr std::uint64_t kernel = 0xFFFF'0000'0000'0000;

std::uint64_t& general(State& state, unsigned n) { return n == 31 ? state.SP : state.X[n]; }

/// The bits of `value`, low ones first, to where `mask` is.
std::uint32_t deposit(std::uint32_t value, std::uint32_t mask) {
    std::uint32_t result = 0;
    for (unsigned bit = 0; bit < 32; ++bit) {
        if ((mask >> bit & 1) == 0)
            continue;
        result |= (value & 1) << bit;
        value >>= 1;
    }
    return result;
}

} // namespace

std::uint32_t Generator::field(unsigned width) {
    const auto all = static_cast<std::uint32_t>(ones(width));
    const auto random = static_cast<std::uint32_t>(random_.next()) & all;
    if (width < 5)
        return random;
    switch (random_.below(8)) {
    case 0: return 0;
    case 1: return all;
    case 2: return width == 5 ? random : 1U << random_.below(width);
    case 3: return width == 5 ? random & 3 : random & 15; // the same register twice, more often
    default: return random;
    }
}

std::uint32_t Generator::word(const arm64::cpu::Encoding& encoding) {
    for (;;) {
        auto word = encoding.value;
        for (unsigned n = 0; n < encoding.field_count; ++n)
            word |= deposit(field(encoding.fields[n].width), encoding.fields[n].mask);
        if (!constrained_unpredictable(word))
            return word;
    }
}

std::uint32_t Generator::any_word() {
    for (;;)
        if (const auto word = static_cast<std::uint32_t>(random_.next()); !constrained_unpredictable(word))
            return word;
}

std::uint64_t Generator::integer(unsigned bits) {
    const auto all = ones(bits);
    const auto one = std::uint64_t{1} << random_.below(bits);
    switch (random_.below(10)) {
    case 0: return 0;
    case 1: return all;
    case 2: return all >> 1;
    case 3: return all >> 1 ^ all;
    case 4: return one;
    case 5: return (one - 1) & all;
    case 6: return ~one & all;
    case 7: return random_.below(256);
    default: return random_.next() & all;
    }
}

std::uint64_t Generator::floating(unsigned exponent_bits, unsigned fraction_bits) {
    const auto sign = (random_.next() & 1) << (exponent_bits + fraction_bits);
    const auto top = ones(exponent_bits), bias = top >> 1, fractions = ones(fraction_bits);
    const auto quiet = std::uint64_t{1} << (fraction_bits - 1);
    const auto value = [&](std::uint64_t exponent, std::uint64_t fraction) {
        return sign | exponent << fraction_bits | (fraction & fractions);
    };
    // Few bits set: sums and products that are exact, or ties.
    const auto bit = std::uint64_t{1} << random_.below(fraction_bits);
    const auto few = bit | std::uint64_t{1} << random_.below(fraction_bits);
    const auto near = bias + random_.below(7) - 3;
    // One draw a statement: the order is the same in every compiler.
    const auto some = random_.next();
    const auto place = random_.below(2 * fraction_bits);
    switch (random_.below(20)) {
    case 0: return value(0, 0);
    case 1: return value(top, 0);
    case 2: return value(top, quiet | some);
    case 3: return value(top, (some & (quiet - 1)) | 1);
    case 4: return value(0, some);
    case 5: return value(0, one_of<std::uint64_t>({1, fractions, quiet}));
    case 6: return value(1, one_of<std::uint64_t>({0, 1, fractions}));
    case 7: return value(top - 1, one_of<std::uint64_t>({fractions, fractions - 1, some}));
    case 8: return value(bias, 0);
    case 9: return value(near, few);
    case 10: return value(near, 0);
    case 11: return value(near, some);
    case 12: return value(near, fractions - random_.below(3));
    // Around where integers of 32 and 64 bits end; in a half, near its own end.
    case 13: return value((bias + one_of<std::uint64_t>({15, 30, 31, 32, 62, 63, 64})) & top, some);
    case 14:
        return value((bias + one_of<std::uint64_t>({15, 31, 32, 63, 64})) & top, some & 1 ? fractions : some >> 1 & 1);
    case 15: return value((bias + place / 2) & top, some << (fraction_bits - place / 2));
    case 16: return value((1 + place) & top, some);
    default: return value(some >> 52 & top, some);
    }
}

/// 64 bits of lanes that look alike.
std::uint64_t Generator::lanes(unsigned kind) {
    std::uint64_t value = 0;
    const auto repeat = [&](unsigned bits, auto lane) {
        for (unsigned shift = 0; shift < 64; shift += bits)
            value |= lane() << shift;
    };
    switch (kind) {
    case 0: repeat(32, [&] { return floating(8, 23); }); break;
    case 1: value = floating(11, 52); break;
    case 2: repeat(16, [&] { return floating(5, 10); }); break;
    case 3: repeat(8, [&] { return integer(8); }); break;
    case 4: repeat(16, [&] { return integer(16); }); break;
    case 5: repeat(32, [&] { return integer(32); }); break;
    case 6: value = integer(64); break;
    default: value = random_.next(); break;
    }
    return value;
}

State Generator::state() {
    State state{};
    const auto some_32 = random_.once_in(3);
    for (auto& X : state.X) {
        X = integer(64);
        if (some_32 && random_.once_in(2))
            X = (X & ~ones(32)) | integer(32);
    }
    state.SP = integer(64);
    // Across the end of a page, sometimes.
    state.PC = entry - 4ULL * random_.below(max_words);
    if (random_.once_in(2))
        state.PC = code_begin + 4ULL * random_.below(code_size / 4 - max_words);
    state.NZCV = (random_.next() & 15) << 28;
    // Half of the cases with the FPCR that compilers assume: RMode, FZ, DN, AHP.
    if (random_.once_in(2)) {
        state.FPCR = random_.below(16) << 22;
        if (random_.once_in(8))
            state.FPCR |= 1U << 26;
    }
    // QC and the cumulative flags.
    if (random_.once_in(4))
        state.FPSR = static_cast<std::uint32_t>(random_.next()) & 0x0800'009F;
    const auto kind = random_.below(8);
    for (auto& V : state.V) {
        const auto this_one = random_.once_in(8) ? random_.below(8) : kind;
        V[0] = lanes(this_one);
        V[1] = lanes(this_one);
    }
    // What cancels, or almost.
    for (unsigned n = random_.below(16); n != 0; --n) {
        const auto& from = state.V[random_.below(32)];
        auto& to = state.V[random_.below(32)];
        const auto change =
            one_of<std::uint64_t>({0, 1, 2, 0x8000'0000'0000'0000, 0x8000'0000'8000'0000, 0x8000'8000'8000'8000});
        to = {from[0] ^ change, from[1] ^ change};
    }
    return state;
}

/// Where an access shall go: anywhere in the window, across its two pages, just out of it, or to where no executor has
/// anything; not to where one has its own memory.
std::uint64_t Generator::target(const Addressing& how) {
    const auto align = how.must_be_aligned || random_.once_in(2) ? ~std::uint64_t{15} : ~std::uint64_t{0};
    const auto middle = window_begin + window_size / 2;
    switch (random_.below(32)) {
    case 0: return nowhere & align;
    case 1: return (kernel | (random_.next() & ones(40))) & align;
    case 2: return (window_begin - random_.below(80)) & align;
    case 3: return (window_begin + window_size - random_.below(80)) & align;
    case 4:
    case 5: return (middle - random_.below(32)) & align;
    case 6:
    case 7: return (middle + random_.below(256)) & align;
    default: return (window_begin + 64 + random_.below(window_size - 192)) & align;
    }
}

void Generator::steer(Case& to, const Addressing& how) {
    const auto address = how.base_is_general ? window_begin + random_.below(window_size) : target(how);
    if (how.kind == Addressing::Kind::literal) {
        const auto distance = static_cast<std::uint32_t>(address - to.before.PC) >> 2 & 0x7'FFFF;
        to.words[0] = (to.words[0] & ~(0x7'FFFFU << 5)) | distance << 5;
        return;
    }
    // What cache maintenance does where nothing is mapped is its own: the MMU's test has it.
    if (how.base == 31 && how.base_is_general) {
        to.words[0] &= ~31U;
        to.before.X[0] = address;
        return;
    }
    auto& base = general(to.before, how.base);
    base = address - static_cast<std::uint64_t>(how.offset);
    if (how.kind == Addressing::Kind::index) {
        const auto index = how.index == 31 ? 0 : to.before.X[how.index];
        if (how.index == how.base && how.base != 31) {
            base = nowhere; // and whatever is added to it
            return;
        }
        base = address - extended(index, how.option, how.shift);
    }
    // The top byte is ignored.
    if (random_.once_in(8))
        base = (base & ones(56)) | random_.next() << 56;
    if (!how.compared || random_.once_in(2) || address < window_begin || address + 16 > window_begin + window_size)
        return;
    Window window;
    fill(window, to.memory_seed);
    for (unsigned n = 0; n < (how.compared_pair ? 2 : 1); ++n) {
        const auto number = *how.compared + n;
        if (number < 31 && number != how.base) {
            std::uint64_t value = 0;
            std::memcpy(&value,
                        reinterpret_cast<const char*>(window.data()) + (address - window_begin) +
                            n * how.compared_bytes,
                        how.compared_bytes);
            to.before.X[number] = how.compared_bytes == 8 ? value : value | random_.next() << (8 * how.compared_bytes);
        }
    }
}

/// BR, BLR, RET go to the code's pages, or to where nothing is; branches with an immediate not to themselves.
void Generator::steer_branch(Case& to) {
    auto& word = to.words[0];
    if ((word & 0xFE00'0000) == 0xD600'0000) {
        const auto n = word >> 5 & 31;
        if (n == 31)
            return;
        const auto in_code = code_begin + 4 * random_.below(code_size / 4);
        to.before.X[n] = random_.once_in(4) ? random_.next() & ones(46) & ~std::uint64_t{3} : in_code;
        if (to.before.X[n] == to.before.PC)
            to.before.X[n] += 4;
    }
    if ((word & 0x7C00'0000) == 0x1400'0000 && (word & 0x03FF'FFFF) == 0)
        word |= 1;
    if (((word & 0xFF00'0000) == 0x5400'0000 || (word & 0x7E00'0000) == 0x3400'0000) && (word & 0x00FF'FFE0) == 0)
        word |= 1 << 5;
    if ((word & 0x7E00'0000) == 0x3600'0000 && (word & 0x0007'FFE0) == 0)
        word |= 1 << 5;
    // Compare or test and branch: zero more often.
    if ((word & 0x7C00'0000) == 0x3400'0000 && (word & 31) != 31 && random_.once_in(3))
        to.before.X[word & 31] &= random_.once_in(2) ? 0 : ~ones(32);
}

/// MRS and MSR: of the registers that are part of a State, mostly.
void Generator::steer_system(std::uint32_t& word) {
    if ((word & 0xFFD0'0000) != 0xD510'0000 || random_.once_in(8))
        return;
    // op0 3, op1 3, CRn 4: NZCV, FPCR, FPSR
    word = (word & ~0x000F'FFE0U) | one_of<std::uint32_t>({0xB4200, 0xB4400, 0xB4420});
}

Case Generator::one(std::uint32_t word, std::uint64_t memory_seed) {
    Case result{};
    result.before = state();
    result.memory_seed = memory_seed;
    steer_system(word);
    result.words[0] = word;
    result.count = 1;
    if (const auto how = addressing(word))
        steer(result, *how);
    else
        steer_branch(result);
    return result;
}

Case Generator::exclusive_pair(std::uint32_t store, std::uint64_t memory_seed) {
    auto result = one(store, memory_seed);
    result.count = 2;
    result.words[1] = store;
    // The same base and size, or the manual lets it succeed or fail (B2.9.5); Rt and Rt2 where they disturb nothing.
    const auto base = store >> 5 & 31;
    unsigned Rt = 0;
    while (Rt == base || Rt + 1 == base)
        ++Rt;
    result.words[0] = (store & 0xFFA0'03E0) | (store & 1U << 21) | 1U << 22 | 31U << 16 | (Rt + 1) << 10 | Rt;
    if ((store >> 21 & 1) == 0)
        result.words[0] |= 31U << 10;
    return result;
}

} // namespace differential

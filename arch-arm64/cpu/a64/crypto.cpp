// SPDX-License-Identifier: Apache-2.0
// Cryptographic AES, SHA1 and SHA256. DDI 0487, C4.1.96, C7.2 and shared/functions/crypto; FIPS 197, FIPS 180-4.
#include "arch-arm64/cpu/a64/aes.hpp"
#include "arch-arm64/cpu/a64/simd_handlers.hpp"
#include "arch-arm64/cpu/row.hpp"

#include <array>
#include <bit>

namespace arm64::cpu::a64 {
namespace {

using u32 = std::uint32_t;
using Words = Lanes<u32>;

template <auto F>
struct OfTwo {
    static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        cpu.v[op.d] = F(cpu.v[op.d], cpu.v[op.n]);
        return true;
    }
};
template <auto F>
struct OfThree {
    static bool run(Cpu& cpu, const Op& op) {
        if (!cpu.check_fp_enabled())
            return false;
        cpu.v[op.d] = F(cpu.v[op.d], cpu.v[op.n], cpu.v[op.m]);
        return true;
    }
};
template <auto F>
void two(Translator& t, u32 n, u32 d) {
    t.emit(handler<OfTwo<F>::run>, {.d = vector_slot(d), .n = vector_slot(n)});
}
template <auto F>
void three(Translator& t, u32 m, u32 n, u32 d) {
    t.emit(handler<OfThree<F>::run>, {.d = vector_slot(d), .n = vector_slot(n), .m = vector_slot(m)});
}

// ---- AES

Vector AESE(const Vector& d, const Vector& n) {
    return vector<std::uint8_t>(aes::sub_and_shift(lanes<std::uint8_t>({{d.d[0] ^ n.d[0], d.d[1] ^ n.d[1]}})));
}
Vector AESD(const Vector& d, const Vector& n) {
    return vector<std::uint8_t>(aes::inverse_sub_and_shift(lanes<std::uint8_t>({{d.d[0] ^ n.d[0], d.d[1] ^ n.d[1]}})));
}
Vector AESMC(const Vector&, const Vector& n) {
    auto columns = lanes<u32>(n);
    for (auto& column : columns)
        column = aes::mix_column(column);
    return vector<u32>(columns);
}
Vector AESIMC(const Vector&, const Vector& n) {
    auto columns = lanes<u32>(n);
    for (auto& column : columns)
        column = aes::inverse_mix_column(column);
    return vector<u32>(columns);
}

// ---- SHA

constexpr u32 choose(u32 x, u32 y, u32 z) { return ((y ^ z) & x) ^ z; }
constexpr u32 majority(u32 x, u32 y, u32 z) { return (x & y) | ((x | y) & z); }
constexpr u32 parity(u32 x, u32 y, u32 z) { return x ^ y ^ z; }

/// Four rounds. `d`: a, b, c, d; the lowest word of `n`: e.
template <u32 (*f)(u32, u32, u32)>
Vector SHA1hash(const Vector& d, const Vector& n, const Vector& m) {
    auto x = lanes<u32>(d);
    auto y = n.get<u32>();
    for (const auto w : lanes<u32>(m)) {
        y += std::rotl(x[0], 5) + f(x[1], x[2], x[3]) + w;
        x[1] = std::rotl(x[1], 30);
        const auto e = x[3];
        x = {y, x[0], x[1], x[2]};
        y = e;
    }
    return vector<u32>(x);
}

Vector SHA1H(const Vector&, const Vector& n) { return {{std::rotl(n.get<u32>(), 30), 0}}; }

Vector SHA1SU0(const Vector& d, const Vector& n, const Vector& m) {
    return {{d.d[1] ^ d.d[0] ^ m.d[0], n.d[0] ^ d.d[1] ^ m.d[1]}};
}

Vector SHA1SU1(const Vector& vd, const Vector& vn) {
    const auto d = lanes<u32>(vd), n = lanes<u32>(vn);
    const Words t{d[0] ^ n[1], d[1] ^ n[2], d[2] ^ n[3], d[3]};
    return vector<u32>(
        {std::rotl(t[0], 1), std::rotl(t[1], 1), std::rotl(t[2], 1), std::rotl(t[3], 1) ^ std::rotl(t[0], 2)});
}

/// Four rounds. `x`: a, b, c, d; `y`: e, f, g, h.
struct SHA256State {
    Words x, y;

    void hash(const Vector& m) {
        for (const auto w : lanes<u32>(m)) {
            const u32 sigma1 = std::rotr(y[0], 6) ^ std::rotr(y[0], 11) ^ std::rotr(y[0], 25);
            const u32 sigma0 = std::rotr(x[0], 2) ^ std::rotr(x[0], 13) ^ std::rotr(x[0], 22);
            const u32 t = y[3] + sigma1 + choose(y[0], y[1], y[2]) + w;
            const u32 e = x[3] + t;
            const u32 a = t + sigma0 + majority(x[0], x[1], x[2]);
            x = {a, x[0], x[1], x[2]};
            y = {e, y[0], y[1], y[2]};
        }
    }
};

Vector SHA256H(const Vector& d, const Vector& n, const Vector& m) {
    SHA256State state{lanes<u32>(d), lanes<u32>(n)};
    state.hash(m);
    return vector<u32>(state.x);
}
Vector SHA256H2(const Vector& d, const Vector& n, const Vector& m) {
    SHA256State state{lanes<u32>(n), lanes<u32>(d)};
    state.hash(m);
    return vector<u32>(state.y);
}

Vector SHA256SU0(const Vector& vd, const Vector& vn) {
    const auto d = lanes<u32>(vd);
    const Words t{d[1], d[2], d[3], vn.get<u32>()};
    Words result;
    for (unsigned e = 0; e < 4; ++e)
        result[e] = (std::rotr(t[e], 7) ^ std::rotr(t[e], 18) ^ t[e] >> 3) + d[e];
    return vector<u32>(result);
}

Vector SHA256SU1(const Vector& vd, const Vector& vn, const Vector& vm) {
    const auto d = lanes<u32>(vd), n = lanes<u32>(vn), m = lanes<u32>(vm);
    const Words t0{n[1], n[2], n[3], m[0]};
    Words result;
    for (unsigned e = 0; e < 4; ++e) {
        const u32 t1 = e < 2 ? m[e + 2] : result[e - 2];
        result[e] = (std::rotr(t1, 17) ^ std::rotr(t1, 19) ^ t1 >> 10) + d[e] + t0[e];
    }
    return vector<u32>(result);
}

constexpr auto no_SHA512 = "FEAT_SHA512 is not advertised", no_SHA3 = "FEAT_SHA3 is not advertised",
               no_SM3 = "FEAT_SM3 is not advertised", no_SM4 = "FEAT_SM4 is not advertised";

// Made at its first use: addresses in a constant would be written by the dynamic linker at each start.
std::span<const Row> table() {
    static const std::array rows{
        // clang-format off
    row<"01001110 00 10100 00100 10 nnnnn ddddd", two<AESE>>("AESE", Group::crypto),
    row<"01001110 00 10100 00101 10 nnnnn ddddd", two<AESD>>("AESD", Group::crypto),
    row<"01001110 00 10100 00110 10 nnnnn ddddd", two<AESMC>>("AESMC", Group::crypto),
    row<"01001110 00 10100 00111 10 nnnnn ddddd", two<AESIMC>>("AESIMC", Group::crypto),

    row<"01011110 00 0 mmmmm 0 000 00 nnnnn ddddd", three<SHA1hash<choose>>>("SHA1C", Group::crypto),
    row<"01011110 00 0 mmmmm 0 001 00 nnnnn ddddd", three<SHA1hash<parity>>>("SHA1P", Group::crypto),
    row<"01011110 00 0 mmmmm 0 010 00 nnnnn ddddd", three<SHA1hash<majority>>>("SHA1M", Group::crypto),
    row<"01011110 00 0 mmmmm 0 011 00 nnnnn ddddd", three<SHA1SU0>>("SHA1SU0", Group::crypto),
    row<"01011110 00 0 mmmmm 0 100 00 nnnnn ddddd", three<SHA256H>>("SHA256H", Group::crypto),
    row<"01011110 00 0 mmmmm 0 101 00 nnnnn ddddd", three<SHA256H2>>("SHA256H2", Group::crypto),
    row<"01011110 00 0 mmmmm 0 110 00 nnnnn ddddd", three<SHA256SU1>>("SHA256SU1", Group::crypto),
    row<"01011110 00 10100 00000 10 nnnnn ddddd", two<SHA1H>>("SHA1H", Group::crypto),
    row<"01011110 00 10100 00001 10 nnnnn ddddd", two<SHA1SU1>>("SHA1SU1", Group::crypto),
    row<"01011110 00 10100 00010 10 nnnnn ddddd", two<SHA256SU0>>("SHA256SU0", Group::crypto),

    unsupported<"11001110 011 mmmmm 1 0 00 00 nnnnn ddddd">("SHA512H", no_SHA512),
    unsupported<"11001110 011 mmmmm 1 0 00 01 nnnnn ddddd">("SHA512H2", no_SHA512),
    unsupported<"11001110 011 mmmmm 1 0 00 10 nnnnn ddddd">("SHA512SU1", no_SHA512),
    unsupported<"11001110 110 00000 1000 00 nnnnn ddddd">("SHA512SU0", no_SHA512),
    unsupported<"11001110 000 mmmmm 0 aaaaa nnnnn ddddd">("EOR3", no_SHA3),
    unsupported<"11001110 001 mmmmm 0 aaaaa nnnnn ddddd">("BCAX", no_SHA3),
    unsupported<"11001110 011 mmmmm 1 0 00 11 nnnnn ddddd">("RAX1", no_SHA3),
    unsupported<"11001110 100 mmmmm iiiiii nnnnn ddddd">("XAR", no_SHA3),
    unsupported<"11001110 010 mmmmm 0 aaaaa nnnnn ddddd">("SM3SS1", no_SM3),
    unsupported<"11001110 010 mmmmm 1 0 ii oo nnnnn ddddd">("SM3TT1A, SM3TT1B, SM3TT2A, SM3TT2B", no_SM3),
    unsupported<"11001110 011 mmmmm 1 1 00 0o nnnnn ddddd">("SM3PARTW1, SM3PARTW2", no_SM3),
    unsupported<"11001110 011 mmmmm 1 1 00 10 nnnnn ddddd">("SM4EKEY", no_SM4),
    unsupported<"11001110 110 00000 1000 01 nnnnn ddddd">("SM4E", no_SM4),
    // clang-format on
    };
    return rows;
}

} // namespace

std::span<const Row> crypto() { return table(); }

} // namespace arm64::cpu::a64

// SPDX-License-Identifier: Apache-2.0
// The examples of FIPS 197 and FIPS 180-4, with the instructions as programs use them.
#include "tests/arch-arm64/cpu/a64/simd_bench.hpp"

#include <array>
#include <bit>

namespace arm64::cpu {
namespace {

using test::B, test::S, test::D;
using u32 = std::uint32_t;

class Crypto : public test::SimdTest {
protected:
    /// d = op(d, n, m), in V0, V1 and V2.
    Vector operate(u32 word, const Vector& d, const Vector& n, const Vector& m = {}) {
        cpu.v[0] = d;
        cpu.v[1] = n;
        cpu.v[2] = m;
        execute(word);
        return cpu.v[0];
    }
    static Vector words(u32 a, u32 b, u32 c, u32 d) {
        return {{std::uint64_t{b} << 32 | a, std::uint64_t{d} << 32 | c}};
    }
    static Vector bytes(const std::array<std::uint8_t, 16>& from) {
        Vector to;
        for (unsigned i = 0; i < from.size(); ++i)
            to.set(i, from.at(i));
        return to;
    }
    static Vector sum(const Vector& a, const Vector& b) {
        Vector to;
        for (unsigned i = 0; i < 4; ++i)
            to.set(i, a.get<u32>(i) + b.get<u32>(i));
        return to;
    }

    // d, n: V0, V1
    static constexpr u32 AESE = 0x4E28'4820; // aese v0.16b, v1.16b
    static constexpr u32 AESD = 0x4E28'5820; // aesd v0.16b, v1.16b
    static constexpr u32 AESMC = 0x4E28'6820; // aesmc v0.16b, v1.16b
    static constexpr u32 AESIMC = 0x4E28'7820; // aesimc v0.16b, v1.16b
};

TEST_F(Crypto, AESOfFIPS197) {
    // Appendix A.1 and B.
    const std::array<std::uint8_t, 16> key{0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6,
                                           0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF, 0x4F, 0x3C};
    const auto plain =
        bytes({0x32, 0x43, 0xF6, 0xA8, 0x88, 0x5A, 0x30, 0x8D, 0x31, 0x31, 0x98, 0xA2, 0xE0, 0x37, 0x07, 0x34});
    const auto cipher =
        bytes({0x39, 0x25, 0x84, 0x1D, 0x02, 0xDC, 0x09, 0xFB, 0xDC, 0x11, 0x85, 0x97, 0x19, 0x6A, 0x0B, 0x32});

    // KeyExpansion(). SubWord() is AESE of four equal columns, among which ShiftRows() changes nothing.
    std::array<Vector, 11> keys{bytes(key)};
    u32 rcon = 1;
    for (std::size_t round = 1; round < keys.size(); ++round) {
        const auto& before = keys.at(round - 1);
        const u32 last = std::rotr(before.get<u32>(3), 8);
        u32 word = operate(AESE, words(last, last, last, last), {}).get<u32>() ^ rcon;
        for (unsigned i = 0; i < 4; ++i) {
            word ^= before.get<u32>(i);
            keys.at(round).set(i, word);
        }
        rcon = rcon << 1 ^ (rcon >> 7) * 0x11B;
    }
    EXPECT_EQ(keys[10],
              bytes({0xD0, 0x14, 0xF9, 0xA8, 0xC9, 0xEE, 0x25, 0x89, 0xE1, 0x3F, 0x0C, 0xC8, 0xB6, 0x63, 0x0C, 0xA6}));

    Vector state = plain;
    for (std::size_t round = 0; round < 9; ++round)
        state = operate(AESMC, {}, operate(AESE, state, keys.at(round)));
    state = operate(AESE, state, keys[9]);
    state.d = {state.d[0] ^ keys[10].d[0], state.d[1] ^ keys[10].d[1]};
    EXPECT_EQ(state, cipher);

    // 5.3.5, the equivalent inverse cipher: with InvMixColumns() of the keys between.
    state = operate(AESIMC, {}, operate(AESD, cipher, keys[10]));
    for (std::size_t round = 9; round > 1; --round)
        state = operate(AESIMC, {}, operate(AESD, state, operate(AESIMC, {}, keys.at(round))));
    state = operate(AESD, state, operate(AESIMC, {}, keys[1]));
    state.d = {state.d[0] ^ keys[0].d[0], state.d[1] ^ keys[0].d[1]};
    EXPECT_EQ(state, plain);
}

TEST_F(Crypto, AESDUndoesAESEOfEveryByte) {
    for (u32 byte = 0; byte < 256; ++byte) {
        const auto value = static_cast<std::uint8_t>(byte);
        Vector state;
        for (unsigned i = 0; i < 16; ++i)
            state.set(i, static_cast<std::uint8_t>(value + 16 * i));
        ASSERT_EQ(operate(AESD, operate(AESE, state, {}), {}), state);
    }
}

/// floor(2^32 * fraction(root(n))), in which x^power <= n * 2^(32 * power) says what root it is.
u32 fraction_of_root(unsigned n, unsigned power) {
    __extension__ using Int = unsigned __int128;
    const Int target = Int{n} << 32 * power;
    Int root = 0;
    for (unsigned bit = 38; bit-- > 0;) {
        const Int next = root | Int{1} << bit;
        Int product = 1;
        for (unsigned i = 0; i < power; ++i)
            product *= next;
        if (product <= target)
            root = next;
    }
    return static_cast<u32>(root);
}

/// The primes from 2 on: FIPS 180-4, 4.2.2 and 5.3.3.
std::vector<unsigned> primes(std::size_t count) {
    std::vector<unsigned> found;
    for (unsigned n = 2; found.size() < count; ++n) {
        bool prime = true;
        for (const auto divisor : found)
            prime = prime && n % divisor != 0;
        if (prime)
            found.push_back(n);
    }
    return found;
}

/// The one block that "abc" is padded to.
constexpr std::array<u32, 16> abc{0x6162'6380, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24};

TEST_F(Crypto, SHA1OfFIPS180) {
    constexpr u32 SHA1C = 0x5E02'0020; // sha1c q0, s1, v2.4s
    constexpr u32 SHA1P = 0x5E02'1020; // sha1p q0, s1, v2.4s
    constexpr u32 SHA1M = 0x5E02'2020; // sha1m q0, s1, v2.4s
    constexpr u32 SHA1H = 0x5E28'0820; // sha1h s0, s1
    constexpr u32 SHA1SU0 = 0x5E02'3020; // sha1su0 v0.4s, v1.4s, v2.4s
    constexpr u32 SHA1SU1 = 0x5E28'1820; // sha1su1 v0.4s, v1.4s
    constexpr std::array<u32, 4> K{0x5A82'7999, 0x6ED9'EBA1, 0x8F1B'BCDC, 0xCA62'C1D6};
    constexpr std::array functions{SHA1C, SHA1P, SHA1M, SHA1P};

    std::array<Vector, 20> schedule{};
    for (std::size_t i = 0; i < schedule.size(); ++i)
        if (i < 4)
            schedule.at(i) = words(abc.at(4 * i), abc.at(4 * i + 1), abc.at(4 * i + 2), abc.at(4 * i + 3));
        else
            schedule.at(i) =
                operate(SHA1SU1, operate(SHA1SU0, schedule.at(i - 4), schedule.at(i - 3), schedule.at(i - 2)),
                        schedule.at(i - 1));

    const auto first = words(0x6745'2301, 0xEFCD'AB89, 0x98BA'DCFE, 0x1032'5476);
    const auto first_e = words(0xC3D2'E1F0, 0, 0, 0);
    Vector abcd = first, e = first_e;
    for (std::size_t i = 0; i < schedule.size(); ++i) {
        const u32 k = K.at(i / 5);
        const auto next_e = operate(SHA1H, {{1, 1}}, abcd);
        EXPECT_EQ(next_e.d[1], 0U);
        abcd = operate(functions.at(i / 5), abcd, e, sum(schedule.at(i), words(k, k, k, k)));
        e = next_e;
    }
    EXPECT_EQ(sum(abcd, first), words(0xA999'3E36, 0x4706'816A, 0xBA3E'2571, 0x7850'C26C));
    EXPECT_EQ(sum(e, first_e).get<u32>(), 0x9CD0'D89DU);
}

TEST_F(Crypto, SHA256OfFIPS180) {
    constexpr u32 SHA256H = 0x5E02'4020; // sha256h q0, q1, v2.4s
    constexpr u32 SHA256H2 = 0x5E02'5020; // sha256h2 q0, q1, v2.4s
    constexpr u32 SHA256SU0 = 0x5E28'2820; // sha256su0 v0.4s, v1.4s
    constexpr u32 SHA256SU1 = 0x5E02'6020; // sha256su1 v0.4s, v1.4s, v2.4s
    const auto prime = primes(64);
    const auto K = [&](std::size_t i) { return fraction_of_root(prime.at(i), 3); };
    const auto H = [&](std::size_t i) { return fraction_of_root(prime.at(i), 2); };
    ASSERT_EQ(K(63), 0xC671'78F2U);

    const auto first = words(H(0), H(1), H(2), H(3)), second = words(H(4), H(5), H(6), H(7));
    Vector abcd = first, efgh = second;
    std::array<Vector, 16> schedule{};
    for (std::size_t i = 0; i < schedule.size(); ++i) {
        if (i < 4)
            schedule.at(i) = words(abc.at(4 * i), abc.at(4 * i + 1), abc.at(4 * i + 2), abc.at(4 * i + 3));
        else
            schedule.at(i) = operate(SHA256SU1, operate(SHA256SU0, schedule.at(i - 4), schedule.at(i - 3)),
                                     schedule.at(i - 2), schedule.at(i - 1));
        const auto w = sum(schedule.at(i), words(K(4 * i), K(4 * i + 1), K(4 * i + 2), K(4 * i + 3)));
        const auto before = abcd;
        abcd = operate(SHA256H, abcd, efgh, w);
        efgh = operate(SHA256H2, efgh, before, w);
    }
    EXPECT_EQ(sum(abcd, first), words(0xBA78'16BF, 0x8F01'CFEA, 0x4141'40DE, 0x5DAE'2223));
    EXPECT_EQ(sum(efgh, second), words(0xB003'61A3, 0x9617'7A9C, 0xB410'FF61, 0xF200'15AD));
}

TEST_F(Crypto, WhatIsNotAdvertisedIsUNDEFINED) {
    for (const u32 word : {
             0xCE62'8020U,                         // sha512h q0, q1, v2.2d
             0xCE02'0C20U,                         // eor3 v0.16b, v1.16b, v2.16b, v3.16b
             0xCE62'C020U,                         // sm3partw1 v0.4s, v1.4s, v2.4s
             0xCEC0'8420U,                         // sm4e v0.4s, v1.4s
             0x2E42'8420 + 0U, // sqrdmlah v0.4h, v1.4h, v2.4h
             0x0E82'9420U,                         // sdot v0.2s, v1.8b, v2.8b
             0x4E82'A420U,                         // smmla v0.4s, v1.16b, v2.16b
         })
        EXPECT_TRUE(is_undefined(word)) << std::hex << word;
}

} // namespace
} // namespace arm64::cpu

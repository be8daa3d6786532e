// SPDX-License-Identifier: Apache-2.0
// Operands that find what is wrong: every special value, its neighbours, and random ones of all sizes.
#pragma once

#include "arch-arm64/cpu/fp/context.hpp"
#include "arch-arm64/cpu/fp/formats.hpp"

#include <cfenv>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace arm64::cpu::fp {

inline constexpr Rounding rmodes[]{Rounding::TIEEVEN, Rounding::POSINF, Rounding::NEGINF, Rounding::ZERO};

inline std::uint32_t with_rmode(Rounding rounding) { return static_cast<std::uint32_t>(rounding) << FPCR::RMode_shift; }

/// Both signs of the magnitudes where something changes.
template <class F>
std::vector<typename F::Bits> special_operands() {
    using Bits = typename F::Bits;
    std::vector<Bits> all;
    for (const Bits edge : {Bits{0}, F::fraction_mask, F::min_normal, F::one, F::one_point_five, F::two, F::infinity,
                            F::default_NaN, static_cast<Bits>(F::min_normal * 2), F::quiet_mask})
        for (int near = -2; near <= 2; ++near)
            for (const Bits sign : {Bits{0}, F::sign_mask})
                all.push_back(static_cast<Bits>((edge + static_cast<Bits>(near)) ^ sign));
    return all;
}

/// Seeded: the same on every run.
template <class F>
class RandomOperands {
public:
    using Bits = typename F::Bits;

    explicit RandomOperands(std::uint64_t seed) : random_(seed), special_(special_operands<F>()) {}

    Bits any() {
        switch (random_() % 4) {
        case 0: return special_[random_() % special_.size()];
        case 1: return number(0, F::exponent_ones - 1);
        case 2: return number(F::bias - 30, F::bias + 30); // their sums have bits of both
        default: return static_cast<Bits>(random_());
        }
    }

    /// Exponent field from `lowest` to `highest`; fractions of all lengths.
    Bits number(int lowest, int highest) {
        const auto range = static_cast<std::uint64_t>(highest - lowest + 1);
        const auto exponent = static_cast<std::uint64_t>(lowest) + random_() % range;
        const auto cleared = ~std::uint64_t{0} << random_() % (F::fraction_bits + 1);
        const auto fraction = random_() & F::fraction_mask & (random_() % 2 == 0 ? cleared : ~std::uint64_t{0});
        return F::signed_as(random_() % 2 == 0, static_cast<Bits>(exponent << F::fraction_bits | fraction));
    }

    /// FPCR with every field random, half of the time only the rounding mode.
    std::uint32_t fpcr() {
        const auto bits = static_cast<std::uint32_t>(random_()) & FPCR::writable;
        return random_() % 2 == 0 ? bits : bits & FPCR::RMode;
    }

    std::uint64_t bits() { return random_(); }

private:
    std::mt19937_64 random_;
    std::vector<Bits> special_;
};

/// The host's environment: a rounding mode for a while, and the flags that operations raised meanwhile.
class HostEnvironment {
public:
    explicit HostEnvironment(Rounding rounding) : before_(std::fegetround()) {
        static constexpr int modes[]{FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
        std::fesetround(modes[static_cast<std::size_t>(rounding)]);
        std::feclearexcept(FE_ALL_EXCEPT);
    }
    ~HostEnvironment() { std::fesetround(before_); }
    HostEnvironment(const HostEnvironment&) = delete;
    HostEnvironment& operator=(const HostEnvironment&) = delete;

    /// As FPSR has them.
    [[nodiscard]] std::uint32_t flags() const {
        const int raised = std::fetestexcept(FE_ALL_EXCEPT);
        std::uint32_t flags = 0;
        for (const auto& [host, arm] :
             {std::pair{FE_INVALID, FPSR::IOC}, std::pair{FE_DIVBYZERO, FPSR::DZC}, std::pair{FE_OVERFLOW, FPSR::OFC},
              std::pair{FE_UNDERFLOW, FPSR::UFC}, std::pair{FE_INEXACT, FPSR::IXC}})
            if ((raised & host) != 0)
                flags |= arm;
        return flags;
    }

private:
    int before_;
};

} // namespace arm64::cpu::fp

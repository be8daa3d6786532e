// SPDX-License-Identifier: Apache-2.0
// The walk of stage 1, EL1&0 translation regime, VMSAv8-64, by given registers and memory: it knows no CPU, so that a
// software CPU, a debugger and whoever looks into a guest under KVM can use it. Source: Arm DDI 0487, D8.2 to D8.4,
// AArch64.S1Translate and AArch64.S1Walk.
#pragma once

#include "arch-arm64/walk/translation.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <type_traits>

namespace arm64::walk {

/// What a walk depends on. Guest-controlled, all of it but `pa_bits`.
struct Regime {
    SCTLR_EL1 sctlr;
    TCR_EL1 tcr;
    TTBR_EL1 ttbr0;
    TTBR_EL1 ttbr1;
    std::uint64_t mair = 0;
    unsigned pa_bits = 48; ///< that the CPU has: 32, 36, 40, 42, 44 or 48 (ID_AA64MMFR0_EL1.PARange)

    /// Of the translations that are not global, with TCR_EL1.A1 and AS.
    [[nodiscard]] std::uint16_t asid() const;
};

/// The highest bit of an address that counts: 55 if the top byte is ignored, else 63. AddrTop.
[[nodiscard]] unsigned addr_top(TCR_EL1 tcr, std::uint64_t address);

using Result = tl::expected<Translation, Fault>;

/// One walk, by steps: until there is a result, read `descriptor_address` and give what is there to `take`. Whoever
/// reads is where the walk differs between users, so that it stays outside.
class Walk {
public:
    /// `address` is virtual, any. `regime` outlives the walk.
    Walk(const Regime& regime, std::uint64_t address);

    [[nodiscard]] const std::optional<Result>& result() const { return result_; }
    /// Of eight bytes, aligned to them.
    [[nodiscard]] Gpa descriptor_address() const;
    /// The descriptor; nothing if no memory is there.
    void take(std::optional<std::uint64_t> descriptor);

private:
    void translate_flat();
    void start();
    void enter(Descriptor table);
    void finish(Descriptor leaf);
    void fail(Fault::Kind kind) { result_ = tl::unexpected(Fault{kind, level_}); }
    /// Whether a physical address has bits that TCR_EL1.IPS does not allow.
    [[nodiscard]] bool too_large(Gpa address) const { return address >> output_bits_ != 0; }
    /// Bits of the input address that a descriptor at the level leaves to what is below.
    [[nodiscard]] unsigned bits_below(unsigned level) const { return grain_bits_ + (3 - level) * (grain_bits_ - 3); }

    const Regime& regime_;
    std::uint64_t address_;
    std::optional<Result> result_;
    unsigned grain_bits_ = 12; // 12, 14, 16
    unsigned input_bits_ = 48; // 25..48
    unsigned output_bits_ = 48;
    std::uint8_t level_ = 0;
    Gpa table_ = 0;
    std::uint64_t restrictions_ = 0; // APTable, UXNTable, PXNTable of all tables on the way
};

/// What `address` translates to, or the fault of translating it. Whether an access is permitted is asked of the
/// translation. `read` reads the eight bytes of a descriptor, little-endian and in one piece as other CPUs may write
/// it; nothing if there is no memory. It is called at most four times.
template <class Read>
    requires std::is_invocable_r_v<std::optional<std::uint64_t>, Read&, Gpa>
[[nodiscard]] Result walk(const Regime& regime, std::uint64_t address, Read&& read) {
    Walk steps(regime, address);
    while (!steps.result())
        steps.take(read(steps.descriptor_address()));
    return *steps.result();
}

} // namespace arm64::walk

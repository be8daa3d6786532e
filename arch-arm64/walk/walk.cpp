// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/walk/walk.hpp"

#include <algorithm>
#include <array>

namespace arm64::walk {

namespace {

constexpr std::uint64_t ones(unsigned bits) { return ~std::uint64_t{0} >> (64 - bits); }

/// Bit 55 says to which half an address belongs, be its top byte ignored or not.
bool upper(std::uint64_t address) { return (address >> 55 & 1) != 0; }

/// TG0 and TG1 as log2 of the granule. A reserved value is what an implementation likes; here, 4 KiB.
unsigned grain_bits(TCR_EL1 tcr, bool upper) {
    constexpr std::array<std::uint8_t, 4> by_TG0{12, 16, 14, 12}, by_TG1{12, 14, 12, 16};
    return upper ? by_TG1[tcr[TCR_EL1::TG1]] : by_TG0[tcr[TCR_EL1::TG0]];
}

/// More than the CPU has means as many as it has.
unsigned output_bits(const Regime& regime) {
    constexpr std::array<std::uint8_t, 8> by_IPS{32, 36, 40, 42, 44, 48, 48, 48};
    return std::min<unsigned>(by_IPS[regime.tcr[TCR_EL1::IPS]], regime.pa_bits);
}

bool block_allowed(unsigned grain_bits, unsigned level) { return level == 2 || (level == 1 && grain_bits == 12); }

} // namespace

std::uint16_t Regime::asid() const {
    const auto asid = (tcr[TCR_EL1::A1] != 0 ? ttbr1 : ttbr0)[TTBR_EL1::ASID];
    return static_cast<std::uint16_t>(tcr[TCR_EL1::AS] != 0 ? asid : asid & 0xFF);
}

unsigned addr_top(TCR_EL1 tcr, std::uint64_t address) {
    return (upper(address) ? tcr[TCR_EL1::TBI1] : tcr[TCR_EL1::TBI0]) != 0 ? 55 : 63;
}

Walk::Walk(const Regime& regime, std::uint64_t address) : regime_(regime), address_(address) {
    if (regime.sctlr[SCTLR_EL1::M] == 0)
        translate_flat();
    else
        start();
}

void Walk::start() {
    const auto tcr = regime_.tcr;
    const bool high = upper(address_);
    const auto size = static_cast<unsigned>(high ? tcr[TCR_EL1::T1SZ] : tcr[TCR_EL1::T0SZ]);
    // Without FEAT_TTST and FEAT_LVA. What an implementation does beyond the limits is its choice of this and of taking
    // the limit instead (D8.2.8).
    if (size < 16 || size > 39)
        return fail(Fault::Kind::Translation);
    input_bits_ = 64 - size;
    const auto top = addr_top(tcr, address_);
    const auto above = (address_ & ones(top + 1)) >> input_bits_;
    if (above != (high ? ones(top + 1 - input_bits_) : 0))
        return fail(Fault::Kind::Translation);
    if ((high ? tcr[TCR_EL1::EPD1] : tcr[TCR_EL1::EPD0]) != 0)
        return fail(Fault::Kind::Translation);

    grain_bits_ = grain_bits(tcr, high);
    output_bits_ = output_bits(regime_);
    const auto base = (high ? regime_.ttbr1 : regime_.ttbr0)[TTBR_EL1::BADDR];
    if (too_large(base))
        return fail(Fault::Kind::AddressSize);
    const unsigned stride = grain_bits_ - 3;
    level_ = static_cast<std::uint8_t>(4 - (input_bits_ - grain_bits_ + stride - 1) / stride);
    // The first table may be smaller than a granule; it is aligned to its size.
    table_ = base & ~ones(input_bits_ - bits_below(level_) + 3);
}

void Walk::translate_flat() {
    const auto address = address_ & ones(addr_top(regime_.tcr, address_) + 1);
    if (address >> regime_.pa_bits != 0)
        return fail(Fault::Kind::AddressSize);
    // Data is Device-nGnRnE; what a fetch would be (SCTLR_EL1.I) makes no difference to anybody.
    constexpr Rights all{.read = true, .write = true, .execute = true};
    result_ = Translation{.address = address, .el0 = all, .el1 = all};
}

Gpa Walk::descriptor_address() const {
    const auto index = (address_ & ones(input_bits_)) >> bits_below(level_);
    return table_ | (index & ones(grain_bits_ - 3)) << 3;
}

void Walk::take(std::optional<std::uint64_t> read) {
    if (!read)
        return fail(Fault::Kind::ExternalOnWalk);
    const Descriptor descriptor{*read};
    constexpr std::uint64_t block = 0b01, table_or_page = 0b11;
    const auto type = descriptor[Descriptor::type];
    if (type == table_or_page)
        return level_ < 3 ? enter(descriptor) : finish(descriptor);
    if (type == block && block_allowed(grain_bits_, level_))
        return finish(descriptor);
    fail(Fault::Kind::Translation);
}

void Walk::enter(Descriptor table) {
    const auto next = table[Descriptor::address] & ~ones(grain_bits_);
    if (too_large(next))
        return fail(Fault::Kind::AddressSize);
    table_ = next;
    restrictions_ |= table.value;
    ++level_;
}

void Walk::finish(Descriptor leaf) {
    const auto page_bits = bits_below(level_);
    const auto base = leaf[Descriptor::address] & ~ones(page_bits);
    if (too_large(base))
        return fail(Fault::Kind::AddressSize);
    if (leaf[Descriptor::AF] == 0)
        return fail(Fault::Kind::AccessFlag);

    constexpr std::uint64_t for_EL0 = 0b01, read_only = 0b10; // of AP; in APTable they mean: not for EL0, read-only
    const Descriptor tables{restrictions_};
    const auto AP = leaf[Descriptor::AP], APTable = tables[Descriptor::APTable];
    const bool writable = ((AP | APTable) & read_only) == 0;
    const bool unprivileged = (AP & ~APTable & for_EL0) != 0;
    const bool UXN = (leaf[Descriptor::UXN] | tables[Descriptor::UXNTable]) != 0;
    const bool PXN = (leaf[Descriptor::PXN] | tables[Descriptor::PXNTable]) != 0;
    const bool WXN = regime_.sctlr[SCTLR_EL1::WXN] != 0;
    Rights el0{.read = unprivileged, .write = unprivileged && writable, .execute = !UXN};
    Rights el1{.read = true, .write = writable, .execute = !PXN};
    // EL1 never executes what EL0 can write (D8.4.1.2).
    el1.execute = el1.execute && !el0.write && !(WXN && el1.write);
    el0.execute = el0.execute && !(WXN && el0.write);

    result_ = Translation{
        .address = base | (address_ & ones(page_bits)),
        .page_bits = static_cast<std::uint8_t>(page_bits),
        .level = level_,
        .attributes = static_cast<std::uint8_t>(regime_.mair >> (8 * leaf[Descriptor::AttrIndx])),
        .shareability = static_cast<std::uint8_t>(leaf[Descriptor::SH]),
        .global = leaf[Descriptor::nG] == 0,
        .el0 = el0,
        .el1 = el1,
    };
}

} // namespace arm64::walk

// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/gic/redistributor_frame.hpp"

#include "arch-arm64/gic/lpis.hpp"

#include <array>

namespace arm64::gic {
namespace {

constexpr std::uint64_t EnableLPIs = 1U << 0, CES = 1U << 1, IR = 1U << 2; // GICR_CTLR
constexpr std::uint64_t PLPIS = 1U << 0, Last = 1U << 4;                   // GICR_TYPER
constexpr std::uint64_t low_word = 0xFFFF'FFFF;
constexpr std::uint32_t SGI_base = 0x1'0000;

} // namespace

struct RedistributorFrame::Map {
    using R = RedistributorFrame;
    static constexpr auto rows = std::to_array<RegisterRow<R>>({
        // clang-format off
        {"GICR_CTLR",       0x0000, 4, 0, w32,    &R::CTLR,      &R::set_CTLR},
        {"GICR_IIDR",       0x0004, 4, 0, w32,    &R::IIDR},
        {"GICR_TYPER",      0x0008, 8, 0, w32_64, &R::TYPER},
        {"GICR_WAKER",      0x0014, 4, 0, w32},    // awake
        {"GICR_PROPBASER",  0x0070, 8, 0, w32_64, &R::PROPBASER, &R::set_PROPBASER},
        {"GICR_PENDBASER",  0x0078, 8, 0, w32_64, &R::PENDBASER, &R::set_PENDBASER},
        {"GICR_INVLPIR",    0x00A0, 8, 0, w32_64, nullptr,       &R::write_INVLPIR},
        {"GICR_INVALLR",    0x00B0, 8, 0, w32_64, nullptr,       &R::write_INVALLR},
        {"GICR_SYNCR",      0x00C0, 4, 0, w32,    &R::SYNCR},
        {"GICR_PIDR",       identification_offset, identification_size, 0, w32, &R::identification},
        {"GICR_IGROUPR0",   SGI_base + 0x0080, 4,  1, w32,   &R::group,    &R::set_group},
        {"GICR_ISENABLER0", SGI_base + 0x0100, 4,  1, w32,   &R::enabled,  &R::enable},
        {"GICR_ICENABLER0", SGI_base + 0x0180, 4,  1, w32,   &R::enabled,  &R::disable},
        {"GICR_ISPENDR0",   SGI_base + 0x0200, 4,  1, w32,   &R::pending,  &R::set_pending,   &R::latched_outside, &R::assign_latch_outside},
        {"GICR_ICPENDR0",   SGI_base + 0x0280, 4,  1, w32,   &R::pending,  &R::clear_pending, &R::nothing_outside, &R::ignore_outside},
        {"GICR_ISACTIVER0", SGI_base + 0x0300, 4,  1, w32,   &R::active,   &R::set_active,    nullptr, &R::set_active_outside},
        {"GICR_ICACTIVER0", SGI_base + 0x0380, 4,  1, w32,   &R::active,   &R::clear_active,  nullptr, &R::clear_active_outside},
        {"GICR_IPRIORITYR", SGI_base + 0x0400, 32, 8, w8_32, &R::priority, &R::set_priority},
        {"GICR_ICFGR",      SGI_base + 0x0C00, 8,  2, w32,   &R::trigger},  // edge for SGIs, level for PPIs, for good
        {"GICR_IGRPMODR0",  SGI_base + 0x0D00, 4,  1, w32},
        {"GICR_NSACR",      SGI_base + 0x0E00, 4,  0, w32},
        // clang-format on
    });
    static_assert(sorted_and_disjoint<R>(rows));
    static_assert(rows.back().end() <= frame_size);
    static constexpr RegisterMap<R> map{rows};
    static constexpr std::uint32_t interrupts = Redistributor::private_interrupts;
};

std::span<const RegisterRow<RedistributorFrame>> RedistributorFrame::rows() { return Map::rows; }

bool RedistributorFrame::read(std::uint32_t, virt::Gpa address, virt::Width width, std::uint64_t& value) {
    value = Map::map.read(*this, address - base_, width, Map::interrupts);
    return true;
}

bool RedistributorFrame::write(std::uint32_t, virt::Gpa address, virt::Width width, std::uint64_t value) {
    Map::map.write(*this, address - base_, width, value, Map::interrupts);
    return true;
}

bool RedistributorFrame::has(std::uint64_t offset) { return Map::map.has(offset, virt::Width::b4, Map::interrupts); }

std::uint32_t RedistributorFrame::read_outside(std::uint64_t offset) {
    return static_cast<std::uint32_t>(Map::map.read_outside(*this, offset, virt::Width::b4, Map::interrupts));
}

virt::expected<void> RedistributorFrame::write_outside(std::uint64_t offset, std::uint32_t value) {
    return Map::map.write_outside(*this, offset, virt::Width::b4, value, Map::interrupts);
}

// RWP reads as zero: what a write does is done when it returns.
std::uint64_t RedistributorFrame::CTLR(const Access&) {
    return (redistributor_.lpis_enabled() ? EnableLPIs : 0) | (gic().revision() >= 3 ? CES | IR : 0);
}

void RedistributorFrame::set_CTLR(const Access&, std::uint64_t value) {
    if (!gic().has_its())
        return;
    if (gic().lpis().set_enabled(redistributor_, (value & EnableLPIs) != 0))
        gic().forget_translations();
}

// 12.11.36; Processor_Number is the vCPU's id.
std::uint64_t RedistributorFrame::TYPER(const Access&) {
    return std::uint64_t{redistributor_.affinity()} << 32 | std::uint64_t{redistributor_.id().value & 0xFFFF} << 8 |
           (last_.load() ? Last : 0) | (gic().has_its() ? PLPIS : 0);
}

std::uint64_t RedistributorFrame::PROPBASER(const Access&) { return gic().lpis().PROPBASER(); }

void RedistributorFrame::set_PROPBASER(const Access& access, std::uint64_t value) {
    if (!redistributor_.lpis_enabled())
        gic().lpis().set_PROPBASER(access.merge(gic().lpis().PROPBASER(), value));
}

std::uint64_t RedistributorFrame::PENDBASER(const Access&) { return gic().lpis().PENDBASER(redistributor_); }

void RedistributorFrame::set_PENDBASER(const Access& access, std::uint64_t value) {
    if (!redistributor_.lpis_enabled())
        gic().lpis().set_PENDBASER(redistributor_, value, access.mask);
}

// The upper word is about virtual PEs.
void RedistributorFrame::write_INVLPIR(const Access& access, std::uint64_t value) {
    if ((access.mask & low_word) == 0 || !redistributor_.lpis_enabled())
        return;
    ++invalidating_;
    // An unreadable table leaves the LPI as it was; nobody is told.
    if (auto* const lpi = gic().lpis().find(Intid{static_cast<std::uint32_t>(value)}))
        (void)gic().lpis().reload(*lpi);
    --invalidating_;
}

void RedistributorFrame::write_INVALLR(const Access& access, std::uint64_t) {
    if ((access.mask & low_word) == 0 || !redistributor_.lpis_enabled())
        return;
    ++invalidating_;
    gic().lpis().reload_all(redistributor_);
    --invalidating_;
}

} // namespace arm64::gic

// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/gic/distributor.hpp"

#include "arch-arm64/gic/redistributor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace arm64::gic {
namespace {

constexpr std::uint32_t EnableGrp1 = 1U << 1, ARE_NS = 1U << 4, DS = 1U << 6; // GICD_CTLR
constexpr std::uint32_t LPIS = 1U << 17;                                      // GICD_TYPER
constexpr std::uint32_t IIDR_without_revision = 0x4B00'043B, IIDR_Revision = 0xF000;
constexpr std::uint32_t affinity_mask = 0xFF'FFFF; // Aff2.Aff1.Aff0: there is no Aff3, and IRM is not stored

} // namespace

struct Distributor::Map {
    using D = Distributor;
    static constexpr auto rows = std::to_array<RegisterRow<D>>({
        // clang-format off
        {"GICD_CTLR",       0x0000, 4,      0,  w32,    &D::CTLR,     &D::set_CTLR},
        {"GICD_TYPER",      0x0004, 4,      0,  w32,    &D::TYPER},
        {"GICD_IIDR",       0x0008, 4,      0,  w32,    &D::IIDR,     nullptr,          nullptr, &D::restore_IIDR},
        {"GICD_TYPER2",     0x000C, 4,      0,  w32,    nullptr,      nullptr,          nullptr, &D::restore_TYPER2},
        {"GICD_STATUSR",    0x0010, 4,      0,  w32,    &D::STATUSR},
        {"GICD_IGROUPR",    0x0080, 0x80,   1,  w32,    &D::group,    &D::set_group},
        {"GICD_ISENABLER",  0x0100, 0x80,   1,  w32,    &D::enabled,  &D::enable},
        {"GICD_ICENABLER",  0x0180, 0x80,   1,  w32,    &D::enabled,  &D::disable},
        {"GICD_ISPENDR",    0x0200, 0x80,   1,  w32,    &D::pending,  &D::set_pending,   &D::latched_outside, &D::assign_latch_outside},
        {"GICD_ICPENDR",    0x0280, 0x80,   1,  w32,    &D::pending,  &D::clear_pending, &D::nothing_outside, &D::ignore_outside},
        {"GICD_ISACTIVER",  0x0300, 0x80,   1,  w32,    &D::active,   &D::set_active,    nullptr, &D::set_active_outside},
        {"GICD_ICACTIVER",  0x0380, 0x80,   1,  w32,    &D::active,   &D::clear_active,  nullptr, &D::clear_active_outside},
        {"GICD_IPRIORITYR", 0x0400, 0x400,  8,  w8_32,  &D::priority, &D::set_priority},
        {"GICD_ITARGETSR",  0x0800, 0x400,  8,  w8_32}, // affinity routing is on
        {"GICD_ICFGR",      0x0C00, 0x100,  2,  w32,    &D::trigger,  &D::set_trigger},
        {"GICD_IGRPMODR",   0x0D00, 0x80,   1,  w32},   // one security state
        {"GICD_IROUTER",    0x6000, 0x2000, 64, w32_64, &D::IROUTER,  &D::set_IROUTER},
        {"GICD_PIDR",       identification_offset, identification_size, 0, w32, &D::identification},
        // clang-format on
    });
    static_assert(sorted_and_disjoint<D>(rows));
    static_assert(rows.back().end() == frame_size);
    static constexpr RegisterMap<D> map{rows};
};

std::span<const RegisterRow<Distributor>> Distributor::rows() { return Map::rows; }

/// Before initialisation there are the private ones, whose registers are elsewhere.
std::uint32_t Distributor::implemented() { return std::max(gic().interrupts(), first_spi); }

bool Distributor::read(std::uint32_t, virt::Gpa address, virt::Width width, std::uint64_t& value) {
    value = Map::map.read(*this, address - base_, width, implemented());
    return true;
}

bool Distributor::write(std::uint32_t, virt::Gpa address, virt::Width width, std::uint64_t value) {
    Map::map.write(*this, address - base_, width, value, implemented());
    return true;
}

bool Distributor::has(std::uint64_t offset) { return Map::map.has(offset, virt::Width::b4, implemented()); }

std::uint32_t Distributor::read_outside(std::uint64_t offset) {
    return static_cast<std::uint32_t>(Map::map.read_outside(*this, offset, virt::Width::b4, implemented()));
}

virt::expected<void> Distributor::write_outside(std::uint64_t offset, std::uint32_t value) {
    return Map::map.write_outside(*this, offset, virt::Width::b4, value, implemented());
}

std::uint64_t Distributor::CTLR(const Access&) { return ARE_NS | DS | (gic().forwarding() ? EnableGrp1 : 0); }

// KVM has one enable for both groups.
void Distributor::set_CTLR(const Access&, std::uint64_t value) { gic().set_forwarding((value & EnableGrp1) != 0); }

std::uint64_t Distributor::TYPER(const Access&) {
    const std::uint32_t IDbits = gic().has_its() ? 15 : 9;
    const std::uint32_t ITLinesNumber = implemented() / 32 - 1;
    return IDbits << 19 | (gic().has_its() ? LPIS : 0) | ITLinesNumber;
}

std::uint64_t Distributor::IIDR(const Access&) { return IIDR_without_revision | gic().revision() << 12; }

virt::expected<void> Distributor::restore_IIDR(const Access&, std::uint64_t value) {
    const auto revision = static_cast<std::uint32_t>(value & IIDR_Revision) >> 12;
    if ((value & ~std::uint64_t{IIDR_Revision}) != IIDR_without_revision || (revision != 2 && revision != 3))
        return virt::failure(EINVAL, "set GICD_IIDR");
    gic().set_revision(revision);
    return {};
}

virt::expected<void> Distributor::restore_TYPER2(const Access&, std::uint64_t value) {
    if (value != 0)
        return virt::failure(EINVAL, "set GICD_TYPER2");
    return {};
}

std::uint64_t Distributor::IROUTER(const Access& access) {
    auto* const one = interrupt(access.index);
    return one == nullptr ? 0 : Redistributor::inspect(*one, [](const Interrupt& found) { return found.IROUTER; });
}

// What waits goes along; what is stranded stays so until its next event.
void Distributor::set_IROUTER(const Access& access, std::uint64_t value) {
    auto* const one = interrupt(access.index);
    if (one == nullptr || (access.mask & affinity_mask) == 0)
        return;
    const auto affinity = static_cast<std::uint32_t>(value) & affinity_mask;
    auto* const vcpu = gic().by_affinity(affinity);
    Redistributor::update(
        *one,
        [&](Interrupt& found) {
            found.IROUTER = affinity;
            found.target = vcpu != nullptr ? vcpu : &gic().nowhere();
        },
        Redistributor::Queueing::kept);
}

} // namespace arm64::gic

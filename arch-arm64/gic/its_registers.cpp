// SPDX-License-Identifier: Apache-2.0
// The register frame of an ITS. Source: Arm IHI 0069, 12.19; what KVM keeps and refuses: vgic-its.c.
#include "arch-arm64/gic/its.hpp"

#include <cerrno>

namespace arm64::gic {
namespace {

constexpr std::uint32_t IIDR = 0x4B00'043B; // Arm, KVM's product; bits 15:12: revision of the ABI of tables, 0
constexpr std::uint64_t IIDR_revision = 0xF000;
constexpr std::uint64_t id_registers = 0xFFD0;

constexpr auto TYPER = GITS_TYPER{}
                           .with(GITS_TYPER::Devbits, 16 - 1)
                           .with(GITS_TYPER::ID_bits, 16 - 1)
                           .with(GITS_TYPER::ITT_entry_size, table_entry_bytes - 1)
                           .with(GITS_TYPER::Physical, 1);

virt::Width outside_width(std::uint64_t offset) {
    return offset < 8 || offset >= id_registers ? virt::Width::b4 : virt::Width::b8;
}

} // namespace

struct Its::Registers {
    static constexpr auto rows = std::to_array<RegisterRow<Its>>({
        {"GITS_CTLR", 0x0000, 4, 0, w32, &Its::read_CTLR, &Its::write_CTLR},
        {"GITS_IIDR", 0x0004, 4, 0, w32, &Its::read_IIDR, nullptr, nullptr, &Its::set_IIDR},
        {"GITS_TYPER", 0x0008, 8, 0, w32_64, &Its::read_TYPER},
        {"GITS_CBASER", 0x0080, 8, 0, w32_64, &Its::read_CBASER, &Its::write_CBASER},
        {"GITS_CWRITER", 0x0088, 8, 0, w32_64, &Its::read_CWRITER, &Its::write_CWRITER},
        {"GITS_CREADR", 0x0090, 8, 0, w32_64, &Its::read_CREADR, nullptr, nullptr, &Its::set_CREADR},
        {"GITS_BASER<n>", 0x0100, 0x40, 0, w32_64, &Its::read_BASER, &Its::write_BASER},
        {"GITS_PIDR4..GITS_CIDR3", id_registers, 0x30, 0, w32, &Its::read_ids},
    });
    static_assert(sorted_and_disjoint<Its>(rows));
    static constexpr RegisterMap<Its> map{rows};
};

bool Its::read(std::uint32_t, virt::Gpa address, virt::Width width, std::uint64_t& value) {
    value = Registers::map.read(*this, address - base_.load(), width);
    return true;
}

bool Its::write(std::uint32_t, virt::Gpa address, virt::Width width, std::uint64_t value) {
    const virt::Lock lock(mutex_);
    Registers::map.write(*this, address - base_.load(), width, value);
    return true;
}

bool Its::misaligned(std::uint64_t offset) { return offset % static_cast<unsigned>(outside_width(offset)) != 0; }

virt::expected<void> Its::check_register(std::uint64_t offset) {
    if (misaligned(offset))
        return virt::failure(EINVAL, "access an ITS register");
    if (!Registers::map.has(offset, outside_width(offset)))
        return virt::failure(ENXIO, "access an ITS register");
    return {};
}

virt::expected<std::uint64_t> Its::get_register(std::uint64_t offset) {
    VIRT_TRY(check_register(offset));
    return Registers::map.read_outside(*this, offset, outside_width(offset));
}

virt::expected<void> Its::set_register(std::uint64_t offset, std::uint64_t value) {
    VIRT_TRY(check_register(offset));
    const virt::Lock lock(mutex_);
    return Registers::map.write_outside(*this, offset, outside_width(offset), value);
}

std::uint64_t Its::read_CTLR(const Access&) {
    return GITS_CTLR{}
        .with(GITS_CTLR::Quiescent, CREADR_.load() == CWRITER_.load() ? 1 : 0)
        .with(GITS_CTLR::Enabled, enabled_.load() ? 1 : 0)
        .value;
}

// Enabling with a table or the queue missing is UNPREDICTABLE: ignored.
void Its::write_CTLR(const Access&, std::uint64_t value) {
    const bool enable = GITS_CTLR{static_cast<std::uint32_t>(value)}[GITS_CTLR::Enabled] != 0;
    if (enable && (devices_table()[GITS_BASER::Valid] == 0 || collections_table()[GITS_BASER::Valid] == 0 ||
                   CBASER()[GITS_CBASER::Valid] == 0))
        return;
    enabled_.store(enable);
    if (!enable)
        invalidate_translated();
    run_queue();
}

std::uint64_t Its::read_IIDR(const Access&) { return IIDR; }

virt::expected<void> Its::set_IIDR(const Access&, std::uint64_t value) {
    if ((value & IIDR_revision) != 0)
        return virt::failure(EINVAL, "choose that revision of an ITS's tables");
    return {};
}

std::uint64_t Its::read_TYPER(const Access&) { return TYPER.value; }

std::uint64_t Its::read_CBASER(const Access&) { return CBASER_.load(); }

// The queue is empty then, whatever was written.
void Its::write_CBASER(const Access& access, std::uint64_t value) {
    if (enabled_.load())
        return;
    constexpr std::uint64_t below_64K = 0xF000; // of the address
    CBASER_.store(sanitised(GITS_CBASER{access.merge(CBASER_.load(), value)}).value & ~below_64K);
    CREADR_.store(0);
    CWRITER_.store(0);
}

std::uint64_t Its::read_CWRITER(const Access&) { return CWRITER_.load(); }

void Its::write_CWRITER(const Access& access, std::uint64_t value) {
    const auto offset = access.merge(CWRITER_.load(), value) & queue_offset.mask;
    if (offset >= CBASER().bytes())
        return;
    CWRITER_.store(offset);
    run_queue();
}

std::uint64_t Its::read_CREADR(const Access&) { return CREADR_.load(); }

virt::expected<void> Its::set_CREADR(const Access&, std::uint64_t value) {
    if (enabled_.load())
        return virt::failure(EBUSY, "set GITS_CREADR");
    const auto offset = value & queue_offset.mask;
    if (offset >= CBASER().bytes())
        return virt::failure(EINVAL, "set GITS_CREADR");
    CREADR_.store(offset);
    return {};
}

std::uint64_t Its::read_BASER(const Access& access) {
    return access.index < BASER_.size() ? BASER_[access.index].load() : 0;
}

// Another table knows nothing of what the old one was for.
void Its::write_BASER(const Access& access, std::uint64_t value) {
    if (access.index >= BASER_.size() || enabled_.load())
        return;
    auto& present = BASER_[access.index];
    const auto type = access.index == 0 ? GITS_BASER::devices : GITS_BASER::collections;
    const auto old = present.load();
    const auto fresh = GITS_BASER::written(type, access.merge(old, value));
    present.store(fresh.value);
    if (fresh.value != old || fresh[GITS_BASER::Valid] == 0)
        access.index == 0 ? remove_devices() : remove_collections();
}

std::uint64_t Its::read_ids(const Access& access) {
    static constexpr std::array<std::uint8_t, 12> ids{0x40, 0,    0,    0,  // PIDR4..7: a frame of 64 KiB
                                                      0x92, 0xB4, 0x3B, 0,  // PIDR0..3: Arm, an ITS of GICv3
                                                      0x0D, 0xF0, 0x05, 0xB1}; // CIDR0..3
    return ids.at(access.index);
}

} // namespace arm64::gic

// SPDX-License-Identifier: Apache-2.0
// The model's registers, as words. Source: Arm IHI 0069, 12.8 to 12.11, 12.18; arm-vgic-v3.rst.
#include "tests/property/gic_model.hpp"

#include <bit>

namespace property {
namespace {

// Arrays of a bit, a byte or two bits for each interrupt; of a redistributor they are 64 KiB further.
enum Array : std::uint64_t {
    IGROUPR = 0x080,
    ISENABLER = 0x100,
    ICENABLER = 0x180,
    ISPENDR = 0x200,
    ICPENDR = 0x280,
    ISACTIVER = 0x300,
    ICACTIVER = 0x380,
    IPRIORITYR = 0x400,
    ITARGETSR = 0x800,
    ICFGR = 0xC00,
    IGRPMODR = 0xD00,
    IROUTER = 0x6000,
};
constexpr unsigned w32 = 4, w8_32 = 1 | 4, w32_64 = 4 | 8;

struct Place {
    std::uint64_t array;
    std::uint32_t first; ///< interrupt
    unsigned bits; ///< for each
};

/// What a word of the arrays is about.
Place place_of(std::uint64_t offset) {
    if (offset >= IROUTER)
        return {IROUTER, static_cast<std::uint32_t>(offset - IROUTER) / 8, 64};
    if (offset >= IGRPMODR)
        return {IGRPMODR, static_cast<std::uint32_t>(offset - IGRPMODR) * 8, 1};
    if (offset >= ICFGR)
        return {ICFGR, static_cast<std::uint32_t>(offset - ICFGR) * 4, 2};
    if (offset >= IPRIORITYR)
        return {offset >= ITARGETSR ? ITARGETSR : IPRIORITYR, static_cast<std::uint32_t>(offset & 0x3FF), 8};
    return {offset & ~std::uint64_t{0x7F}, static_cast<std::uint32_t>(offset & 0x7F) * 8, 1};
}

unsigned array_widths(std::uint64_t offset, std::uint32_t limit) {
    const auto [array, first, bits] = place_of(offset);
    if (first >= limit)
        return 0;
    return bits == 64 ? w32_64 : bits == 8 ? w8_32 : w32;
}

bool is_id(std::uint64_t offset) { return offset >= 0xFFD0 && offset <= 0xFFFC; }

/// 64-bit registers are written whole or in halves: update_64bit_reg.
std::uint64_t merged(std::uint64_t old, std::uint64_t offset, unsigned width, std::uint64_t value) {
    if (width == 8)
        return value;
    const unsigned shift = (offset & 4) != 0 ? 32 : 0;
    return (old & ~(0xFFFF'FFFFULL << shift)) | (value & 0xFFFF'FFFF) << shift;
}

struct Memory {
    unsigned shareability, inner, outer; ///< positions of the fields
};

/// Outer shareable becomes inner; what is not cached is; outer is as inner or not cached.
std::uint64_t sanitised(std::uint64_t value, Memory at) {
    const auto field = [&](unsigned from, unsigned bits) { return value >> from & ((1U << bits) - 1); };
    const auto set = [&](unsigned from, unsigned bits, std::uint64_t to) {
        value = (value & ~(((std::uint64_t{1} << bits) - 1) << from)) | to << from;
    };
    if (field(at.shareability, 2) == 2)
        set(at.shareability, 2, 1);
    if (field(at.inner, 3) < 2)
        set(at.inner, 3, 3);
    if (field(at.outer, 3) > 1)
        set(at.outer, 3, 0);
    return value;
}

constexpr Memory of_redistributor{10, 7, 56}, of_its{10, 59, 53};

} // namespace

/// Sum of the widths that reach a register there; 0: there is none.
unsigned GicModel::widths(std::uint64_t address) {
    if (address >= GICD && address < GICD + GICD_size) {
        const auto offset = address - GICD;
        if (offset < 0x14 || is_id(offset))
            return w32;
        if ((offset >= IGROUPR && offset < IGRPMODR + 0x80) || (offset >= IROUTER && offset < IROUTER + 0x2000))
            return array_widths(offset, interrupts);
        return 0;
    }
    if (address >= GICR && address < GICR + vcpus * GICR_size) {
        const auto offset = (address - GICR) % GICR_size;
        if (offset >= 0x10000) {
            const auto array = offset - 0x10000;
            if (array == 0xE00) // NSACR
                return w32;
            return (array >= IGROUPR && array < ITARGETSR) || (array >= ICFGR && array < IGRPMODR + 4)
                       ? array_widths(array, 32)
                       : 0;
        }
        switch (offset & ~std::uint64_t{7}) {
        case 0x00: return w32; // CTLR, IIDR
        case 0x10: return offset >= 0x14 ? w32 : 0; // WAKER; KVM does not find STATUSR
        case 0x08:
        case 0x70:
        case 0x78:
        case 0xA0:
        case 0xB0: return w32_64;
        case 0xC0: return offset < 0xC4 ? w32 : 0; // SYNCR
        default: return is_id(offset) ? w32 : 0;
        }
    }
    if (address >= ITS && address < ITS + itss * ITS_size) {
        const auto offset = (address - ITS) % ITS_size;
        if (offset < 8 || is_id(offset))
            return w32;
        return offset < 0x10 || (offset >= 0x80 && offset < 0x98) || (offset >= 0x100 && offset < 0x140) ? w32_64 : 0;
    }
    return 0;
}

std::uint64_t GicModel::load(unsigned /*vcpu*/, std::uint64_t address, unsigned width) const {
    if (address % width != 0 || (widths(address) & width) == 0)
        return 0;
    const auto low = word(address & ~std::uint64_t{3}, false);
    if (width == 8)
        return low | std::uint64_t{word(address + 4, false)} << 32;
    return width == 1 ? low >> (address & 3) * 8 & 0xFF : low;
}

void GicModel::store(unsigned /*vcpu*/, std::uint64_t address, unsigned width, std::uint64_t value) {
    if (address % width == 0 && (widths(address) & width) != 0)
        set_word(address, width == 8 ? value : value & ((std::uint64_t{1} << width * 8) - 1), width, false);
    settle();
}

std::uint32_t GicModel::get_outside(std::uint64_t address) const {
    return address % 4 != 0 || widths(address) == 0 ? 0 : word(address, true);
}

Outcome GicModel::set_outside(std::uint64_t address, std::uint32_t value) {
    if (address % 4 != 0 || widths(address) == 0)
        return Outcome::ok;
    if (address == GICD + 0x8) { // IIDR: revisions 2 and 3
        const auto revision = value >> 12 & 0xF;
        if ((value & ~0xF000U) != 0x4B00'043B || revision < 2 || revision > 3)
            return Outcome::invalid;
        revision_ = revision;
        return Outcome::ok;
    }
    if (address == GICD + 0xC && value != 0) // TYPER2
        return Outcome::invalid;
    set_word(address, value, 4, true);
    settle();
    return Outcome::ok;
}

std::uint32_t GicModel::word(std::uint64_t address, bool outside) const {
    if (address < ITS) {
        switch (const auto offset = address - GICD) {
        case 0x00: return 0x50 | (EnableGrp1_ ? 2U : 0U);
        case 0x04: return 15 << 19 | 1 << 17 | (interrupts / 32 - 1);
        case 0x08: return 0x4B00'043B | revision_ << 12;
        case 0x0C: return 0;
        case 0x10: return 0xFFFF'FFFF;
        case 0xFFE8: return 0x3B;
        default: {
            if (is_id(offset))
                return 0;
            const auto [array, first, bits] = place_of(offset);
            if (first < 32)
                return 0;
            if (array == IROUTER)
                return (offset & 4) != 0 ? 0 : find(0, first)->router;
            return array_word(0, array, first, outside);
        }
        }
    }
    if (address >= GICR) {
        const auto vcpu = static_cast<unsigned>((address - GICR) / GICR_size);
        const auto& cpu = cpus_[vcpu];
        switch (const auto offset = (address - GICR) % GICR_size) {
        case 0x00: return (cpu.EnableLPIs ? 1U : 0U) | (revision_ >= 3 ? 6U : 0U);
        case 0x04: return 0x4B00'043B;
        case 0x08: return vcpu_ids[vcpu] << 8 | (vcpu == vcpus - 1 ? 1U << 4 : 0U) | 1;
        case 0x0C: return affinities[vcpu];
        case 0x70: return static_cast<std::uint32_t>(PROPBASER_);
        case 0x74: return static_cast<std::uint32_t>(PROPBASER_ >> 32);
        case 0x78: return static_cast<std::uint32_t>(cpu.PENDBASER);
        case 0x7C: return static_cast<std::uint32_t>(cpu.PENDBASER >> 32) & ~(1U << 30); // PTZ
        case 0xFFE8: return 0x3B;
        default: {
            if (offset < 0x1'0000 || offset == 0x1'0E00)
                return 0;
            const auto [array, first, bits] = place_of(offset - 0x1'0000);
            return array_word(vcpu, array, first, outside);
        }
        }
    }
    const auto offset = (address - ITS) % ITS_size;
    const auto value = GITS(its_[(address - ITS) / ITS_size], offset & ~std::uint64_t{7});
    return static_cast<std::uint32_t>((offset & 4) != 0 ? value >> 32 : value);
}

std::uint32_t GicModel::array_word(unsigned vcpu, std::uint64_t array, std::uint32_t first, bool outside) const {
    std::uint32_t value = 0;
    const unsigned bits = array == IPRIORITYR || array == ITARGETSR ? 8 : array == ICFGR ? 2 : 1;
    for (unsigned n = 0; n < 32 / bits; ++n) {
        const auto& one = *find(vcpu, first + n);
        const auto seen = [&]() -> std::uint32_t {
            switch (array) {
            case IGROUPR: return one.group1;
            case ISENABLER:
            case ICENABLER: return one.enabled;
            case ISPENDR: return outside ? one.latch : one.pending();
            case ICPENDR: return !outside && one.pending();
            case ISACTIVER:
            case ICACTIVER: return one.active;
            case IPRIORITYR: return one.priority;
            case ICFGR: return one.edge ? 2 : 0;
            default: return 0;
            }
        }();
        value |= seen << n * bits;
    }
    return value;
}

void GicModel::set_word(std::uint64_t address, std::uint64_t value, unsigned width, bool outside) {
    if (address < ITS) {
        const auto offset = address - GICD;
        if (offset == 0) {
            EnableGrp1_ = (value & 2) != 0;
            return;
        }
        if (offset < IGROUPR || is_id(offset))
            return;
        const auto [array, first, bits] = place_of(offset);
        if (first < 32)
            return;
        if (array != IROUTER)
            return set_array(0, array, first, width, value, outside);
        if ((offset & 4) != 0)
            return;
        auto& one = spis_[first - 32];
        one.router = value & 0xFF'FFFF;
        one.target = nobody;
        for (unsigned vcpu = 0; vcpu < vcpus; ++vcpu)
            if (affinities[vcpu] == one.router)
                one.target = static_cast<int>(vcpu);
    } else if (address >= GICR) {
        const auto vcpu = static_cast<unsigned>((address - GICR) / GICR_size);
        const auto offset = (address - GICR) % GICR_size;
        if (offset < 0x1'0000)
            return set_GICR(vcpu, offset, width, value);
        if (offset == 0x1'0E00)
            return;
        const auto [array, first, bits] = place_of(offset - 0x1'0000);
        if (array != ICFGR)
            set_array(vcpu, array, first, width, value, outside);
    } else {
        set_GITS(its_[(address - ITS) / ITS_size], (address - ITS) % ITS_size, width, value);
    }
}

void GicModel::set_array(unsigned vcpu, std::uint64_t array, std::uint32_t first, unsigned width, std::uint64_t value,
                         bool outside) {
    const unsigned bits = array == IPRIORITYR || array == ITARGETSR ? 8 : array == ICFGR ? 2 : 1;
    for (unsigned n = 0; n < width * 8 / bits; ++n) {
        auto& one = *find(vcpu, first + n);
        const auto field = static_cast<unsigned>(value >> n * bits & ((1U << bits) - 1));
        switch (array) {
        case IGROUPR:
            one.group1 = field != 0;
            event(one);
            break;
        case ISENABLER:
        case ICENABLER:
            if (field == 0)
                break;
            one.enabled = array == ISENABLER;
            if (one.enabled)
                event(one);
            break;
        case ISPENDR: // a VMM assigns what a guest sets
            if (outside)
                one.latch = field != 0;
            if (field == 0)
                break;
            one.latch = true;
            event(one);
            break;
        case ICPENDR:
            if (field != 0 && !outside)
                one.latch = false;
            break;
        case ISACTIVER:
        case ICACTIVER:
            if (field == 0)
                break;
            one.active = array == ISACTIVER;
            if (one.active)
                event(one);
            break;
        case IPRIORITYR: one.priority = field & 0xF8; break;
        case ICFGR: one.edge = (field & 2) != 0; break;
        default: break;
        }
    }
}

void GicModel::set_GICR(unsigned vcpu, std::uint64_t offset, unsigned width, std::uint64_t value) {
    auto& cpu = cpus_[vcpu];
    switch (offset & ~std::uint64_t{7}) {
    case 0x00:
        if (offset == 0)
            set_EnableLPIs(vcpu, (value & 1) != 0);
        break;
    case 0x70:
        if (!cpu.EnableLPIs)
            PROPBASER_ = sanitised(merged(PROPBASER_, offset, width, value), of_redistributor) &
                         ~std::uint64_t{0xF8F0'0000'0000'0060};
        break;
    case 0x78:
        if (!cpu.EnableLPIs)
            cpu.PENDBASER = sanitised(merged(cpu.PENDBASER, offset, width, value), of_redistributor) &
                            ~std::uint64_t{0xB8F0'0000'0000'F07F};
        break;
    case 0xA0: // INVLPIR
        if (auto* const lpi = find(vcpu, static_cast<std::uint32_t>(value));
            cpu.EnableLPIs && (offset & 4) == 0 && lpi != nullptr && lpi->intid >= 8192)
            configure(*lpi);
        break;
    case 0xB0: // INVALLR
        if (cpu.EnableLPIs && (offset & 4) == 0)
            for (auto& [intid, lpi] : lpis_)
                if (lpi.target == static_cast<int>(vcpu))
                    configure(lpi);
        break;
    default: break;
    }
}

std::uint64_t GicModel::GITS(const Its& its, std::uint64_t offset) const {
    static constexpr std::array<std::uint32_t, 12> ids{0x40, 0, 0, 0, 0x92, 0xB4, 0x3B, 0, 0x0D, 0xF0, 0x05, 0xB1};
    if (is_id(offset))
        return ids[(offset - 0xFFD0) / 4] | std::uint64_t{ids[(offset - 0xFFD0) / 4 + 1]} << 32;
    switch (offset) {
    case 0x00:
        return (its.enabled ? 1U : 0U) | (its.CREADR == its.CWRITER ? 1U << 31 : 0U) | std::uint64_t{0x4B00'043B} << 32;
    case 0x08: return 0x1'EF71;
    case 0x80: return its.CBASER;
    case 0x88: return its.CWRITER;
    case 0x90: return its.CREADR;
    case 0x100: return its.BASER[0];
    case 0x108: return its.BASER[1];
    default: return 0;
    }
}

void GicModel::set_GITS(Its& its, std::uint64_t offset, unsigned width, std::uint64_t value) {
    constexpr std::uint64_t Valid = std::uint64_t{1} << 63;
    switch (offset & ~std::uint64_t{7}) {
    case 0x00:
        if (offset != 0 ||
            (!its.enabled && (value & 1) != 0 && (its.BASER[0] & its.BASER[1] & its.CBASER & Valid) == 0))
            return;
        its.enabled = (value & 1) != 0;
        if (!its.enabled)
            its.cached.clear();
        process(its);
        break;
    case 0x80:
        if (its.enabled)
            return;
        its.CBASER = sanitised(merged(its.CBASER, offset, width, value), of_its) & ~std::uint64_t{0xF000};
        its.CREADR = its.CWRITER = 0;
        break;
    case 0x88: {
        const auto to = merged(its.CWRITER, offset, width, value) & 0xF'FFE0;
        if (to >= ((its.CBASER & 0xFF) + 1) * 4096)
            return;
        its.CWRITER = to;
        process(its);
        break;
    }
    case 0x100:
    case 0x108: {
        if (its.enabled)
            return;
        const bool devices = (offset & 8) == 0;
        auto& BASER = its.BASER[devices ? 0 : 1];
        const auto old = BASER;
        BASER = merged(old, offset, width, value) & ~std::uint64_t{0x071F'0000'0000'0300};
        BASER |= devices ? 0x0107'0000'0000'0200 : 0x0407'0000'0000'0200;
        if (!devices)
            BASER &= ~(std::uint64_t{1} << 62); // Indirect
        BASER = sanitised(BASER, of_its);
        // Since Linux 6.12 another table begins empty, too.
        if ((BASER & Valid) != 0 && BASER == old)
            return;
        while (devices && !its.devices.empty())
            free_device(its, its.devices.begin()->first);
        while (!devices && !its.collections.empty())
            free_collection(its, its.collections.begin()->first);
        break;
    }
    default: break;
    }
}

} // namespace property

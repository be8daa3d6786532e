// SPDX-License-Identifier: Apache-2.0
#include "tests/property/generator.hpp"

#include "tests/property/sysregs.hpp"

namespace property {
namespace {

using Kind = Operation::Kind;

constexpr std::uint64_t Valid = std::uint64_t{1} << 63;
constexpr std::uint64_t cacheable = std::uint64_t{7} << 59;
constexpr std::uint64_t shareable = 1 << 10;

Operation store(std::uint64_t address, unsigned width, std::uint64_t value, unsigned vcpu = 0) {
    return {Kind::store, vcpu, width, address, value, {}};
}
Operation load(std::uint64_t address, unsigned width, unsigned vcpu) {
    return {Kind::load, vcpu, width, address, 0, {}};
}
Operation msr(unsigned vcpu, Sysreg sysreg, std::uint64_t value) { return {Kind::msr, vcpu, 8, sysreg, value, {}}; }
Operation mrs(unsigned vcpu, Sysreg sysreg) { return {Kind::mrs, vcpu, 8, sysreg, 0, {}}; }
Operation command_of(unsigned its, std::array<std::uint64_t, 4> words) { return {Kind::command, its, 8, 0, 0, words}; }

std::array<std::uint64_t, 4> MAPC(std::uint64_t ICID, std::uint64_t RDbase, std::uint64_t V) {
    return {0x09, 0, V << 63 | RDbase << 16 | ICID, 0};
}
std::array<std::uint64_t, 4> MAPD(std::uint64_t DeviceID, unsigned EventID_bits, std::uint64_t ITT, std::uint64_t V) {
    return {DeviceID << 32 | 0x08, EventID_bits - 1U, V << 63 | ITT, 0};
}
std::array<std::uint64_t, 4> MAPTI(std::uint64_t DeviceID, std::uint64_t EventID, std::uint64_t INTID,
                                   std::uint64_t ICID) {
    return {DeviceID << 32 | 0x0A, INTID << 32 | EventID, ICID, 0};
}

} // namespace

std::uint64_t PROPBASER() { return configuration_table | shareable | 7 << 7 | 15; }
std::uint64_t PENDBASER(unsigned vcpu) { return pending_table(vcpu) | shareable | 7 << 7; }
std::uint64_t CBASER(unsigned its) { return Valid | cacheable | shareable | queue(its); }
std::uint64_t BASER0(unsigned its) { return Valid | cacheable | shareable | device_table(its); }
std::uint64_t BASER1(unsigned its) { return Valid | cacheable | shareable | collection_table(its); }

// splitmix64, by S. Vigna: public domain.
std::uint64_t Generator::random() {
    state_ += 0x9E37'79B9'7F4A'7C15;
    auto z = state_;
    z = (z ^ z >> 30) * 0xBF58'476D'1CE4'E5B9;
    z = (z ^ z >> 27) * 0x94D0'49BB'1331'11EB;
    return z ^ z >> 31;
}

Sequence Generator::beginning() {
    Sequence all;
    append_distributor(all);
    for (unsigned vcpu = 0; vcpu < vcpus; ++vcpu) {
        const auto frame = GICR + vcpu * GICR_size;
        all.push_back(store(frame + 0x1'0100, 4, private_ones()));
        for (std::uint64_t intid = 0; intid < 32; ++intid)
            if (once_in(2))
                all.push_back(store(frame + 0x1'0400 + intid, 1, priority()));
        append_lpis(all, vcpu);
        append_cpu_interface(all, vcpu);
    }
    for (std::uint64_t n = 0; n < 8; ++n)
        all.push_back({Kind::memory, 0, 1, configuration_table + n, priority() | (once_in(8) ? 0U : 1U), {}});
    for (unsigned its = 0; its < itss; ++its)
        append_its(all, its);
    return all;
}

void Generator::append_distributor(Sequence& to) {
    to.push_back(store(GICD, 4, 2));
    for (std::uint64_t at = 4; at < interrupts / 8; at += 4) {
        to.push_back(store(GICD + 0x380 + at, 4, 0xFFFF'FFFF));
        to.push_back(store(GICD + 0x100 + at, 4, bits() | 0xFF));
        if (once_in(2))
            to.push_back(store(GICD + 0x80 + at, 4, bits() | 0xF));
        if (once_in(2))
            to.push_back(store(GICD + 0xC00 + at * 2, 4, bits()));
    }
    for (std::uint64_t spi = 32; spi < interrupts; ++spi) {
        if (once_in(2))
            to.push_back(store(GICD + 0x400 + spi, 1, priority()));
        if (once_in(2))
            to.push_back(store(GICD + 0x6000 + spi * 8, 8, affinities[below(vcpus)]));
    }
}

void Generator::append_cpu_interface(Sequence& to, unsigned vcpu) {
    if (repertoire_ == Repertoire::all) {
        to.push_back(msr(vcpu, ICC_AP0R0, 0));
        to.push_back(msr(vcpu, ICC_AP1R0, 0));
    }
    to.push_back(store(GICR + vcpu * GICR_size + 0x1'0380, 4, private_ones()));
    to.push_back(msr(vcpu, ICC_PMR, whole_mask()));
    to.push_back(msr(vcpu, ICC_CTLR, one_of({0U, 2U})));
    to.push_back(msr(vcpu, ICC_IGRPEN0, 1));
    to.push_back(msr(vcpu, ICC_IGRPEN1, 1));
}

void Generator::append_lpis(Sequence& to, unsigned vcpu) {
    const auto frame = GICR + vcpu * GICR_size;
    if (repertoire_ == Repertoire::all) // what KVM makes of an LPI that is disabled in its handler is its own
        to.push_back(store(frame, 4, 0));
    to.push_back(store(frame + 0x70, 8, PROPBASER()));
    to.push_back(store(frame + 0x78, 8, PENDBASER(vcpu)));
    to.push_back(store(frame, 4, 1));
}

void Generator::append_its(Sequence& to, unsigned its) {
    const auto frame = ITS + its * ITS_size;
    const bool indirect = its == 1; // its first level has one entry
    to.push_back(store(frame, 4, 0));
    to.push_back({Kind::memory, 0, 8, device_table(its), Valid | second_level(its), {}});
    to.push_back(store(frame + 0x100, 8, BASER0(its) | (indirect ? std::uint64_t{1} << 62 : 0)));
    to.push_back(store(frame + 0x108, 8, BASER1(its)));
    to.push_back(store(frame + 0x80, 8, CBASER(its)));
    to.push_back(store(frame, 4, 1));
    for (std::uint32_t vcpu = 0; vcpu < vcpus; ++vcpu)
        to.push_back(command_of(its, MAPC(vcpu, vcpu_ids[vcpu], 1)));
    append_device(to, its, 0);
    append_device(to, its, 1);
}

void Generator::append_device(Sequence& to, unsigned its, std::uint32_t device) {
    to.push_back(command_of(its, MAPD(device, 2, ITTs + (its * 2 + device) * 0x1000, 1)));
    for (std::uint32_t event = 0; event < 4; ++event)
        to.push_back(command_of(its, MAPTI(device, event, 8192 + (device * 4 + event + its) % 8, event % 3)));
}

/// What makes a state interesting again that random operations have worn down.
void Generator::plan() {
    Sequence next;
    switch (below(8)) {
    case 0: append_distributor(next); break;
    case 1: append_lpis(next, below(vcpus)); break;
    case 2: append_its(next, below(itss)); break;
    case 3:
    case 4: append_device(next, below(itss), below(3)); break;
    default: append_cpu_interface(next, below(vcpus)); break;
    }
    planned_.insert(planned_.end(), next.begin(), next.end());
}

std::uint32_t Generator::intid() {
    switch (below(16)) {
    case 0:
    case 1:
    case 2: return below(32);
    case 3:
    case 4: return 8192 + below(8);
    case 5: return one_of<std::uint32_t>({1023, 1020, interrupts, 1019, 8191, 65535, 65536, 0xFF'FFFF});
    default: return 32 + below(interrupts - 32);
    }
}

std::uint32_t Generator::lpi() {
    return once_in(10) ? one_of<std::uint32_t>({0, 40, 8191, 8200, 16384, 65535, 65536, 0xFFFF'FFFF}) : 8192 + below(8);
}

std::uint32_t Generator::DeviceID() {
    return once_in(12) ? one_of<std::uint32_t>({8191, 8192, 65535, 65536, 0xFFFF'FFFF}) : below(3);
}

/// Most devices have four of them.
std::uint32_t Generator::EventID() {
    return once_in(12) ? one_of<std::uint32_t>({7, 8, 8192, 8193, 16384, 31, 32, 65535, 65536, 0x1'0001, 0xFFFF'FFFF})
                       : below(once_in(2) ? 6 : 4);
}

std::uint32_t Generator::ICID() {
    return once_in(12) ? one_of<std::uint32_t>({8191, 8192, 65535}) : below(once_in(4) ? 6 : 3);
}

std::uint32_t Generator::RDbase() {
    return once_in(12) ? one_of<std::uint32_t>({2, 0x10, 0x111, 0xFFFF'FFFF}) : vcpu_ids[below(vcpus)];
}

std::uint64_t Generator::priority() {
    return nonsense(8) ? random() & 0xFF : one_of<std::uint64_t>({0, 0x10, 0x20, 0x48, 0x80, 0x88, 0xA0, 0xE8, 0xF0});
}

/// Few, many, none or all of 32.
std::uint64_t Generator::bits() {
    switch (below(4)) {
    case 0: return 0xFFFF'FFFF;
    case 1: return random() & 0xFFFF'FFFF;
    default: return std::uint64_t{1} << below(32) | std::uint64_t{1} << below(32);
    }
}

/// Whoever makes interrupts active that nobody acknowledged has more than KVM's list registers can hold.
std::uint64_t Generator::array_of_bits() {
    const auto array = one_of<std::uint64_t>({0x80, 0x100, 0x100, 0x180, 0x200, 0x200, 0x280, 0x300, 0x380});
    return array == 0x300 && repertoire_ == Repertoire::defined ? 0x200 : array;
}

Operation Generator::next(const GicModel& model) {
    if (once_in(64) && planned_.empty())
        plan();
    if (!planned_.empty() && !once_in(8)) {
        auto operation = planned_.front();
        planned_.pop_front();
        return operation;
    }
    switch (below(32)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4: return {Kind::spi, 0, 0, 32 + below(interrupts - 32), below(2), {}};
    case 5: return {Kind::ppi, below(vcpus), 0, 16 + below(repertoire_ == Repertoire::all ? 16 : 6), below(2), {}};
    case 6:
    case 7:
    case 8: {
        const auto its = ITS + below(itss) * ITS_size;
        const auto address =
            nonsense(16) ? one_of<std::uint64_t>({nowhere, its, GICD, ITS + itss * ITS_size}) : its + 0x1'0040;
        return {Kind::msi, 0, nonsense(16) ? 0U : 4U, address, EventID(), {DeviceID()}};
    }
    case 9:
    case 10:
    case 11:
    case 12:
    case 13:
    case 14: return acknowledge(model);
    case 15:
    case 16:
    case 17:
    case 18:
    case 19: return finish(model);
    case 20: return sysreg(model);
    case 21: return sgi();
    case 22:
    case 23: return distributor();
    case 24: return redistributor();
    case 25: return once_in(2) ? memory() : its_register();
    case 26:
    case 27:
    case 28:
    case 29: return command();
    case 30: return outside();
    default: return anywhere();
    }
}

/// By a vCPU that is signalled something, mostly.
Operation Generator::acknowledge(const GicModel& model) {
    auto vcpu = below(vcpus);
    for (unsigned n = 0; n < vcpus && !once_in(8) && model.may_drive(vcpu, {}); ++n)
        vcpu = (vcpu + 1) % vcpus;
    if (repertoire_ == Repertoire::defined && model.active_on(vcpu).size() > 2)
        return finish(model);
    if (once_in(8))
        return mrs(vcpu, one_of({ICC_HPPIR0, ICC_HPPIR1, ICC_RPR, ICC_AP0R0, ICC_AP1R0}));
    return mrs(vcpu, model.may_drive(vcpu, {.irq = false, .fiq = true}) != once_in(8) ? ICC_IAR0 : ICC_IAR1);
}

/// EOIR and DIR, of what is active mostly.
Operation Generator::finish(const GicModel& model) {
    const auto vcpu = below(vcpus);
    if (const auto running = model.running_on(vcpu); running && !nonsense(4))
        return msr(vcpu, running->group == 0 ? ICC_EOIR0 : ICC_EOIR1, running->INTID);
    const auto active = model.active_on(nonsense(8) ? below(vcpus) : vcpu);
    if (repertoire_ == Repertoire::defined)
        return active.empty() || active.front() >= 8192 ? mrs(vcpu, ICC_RPR) : msr(vcpu, ICC_DIR, active.front());
    const auto which =
        active.empty() || once_in(8) ? intid() : active[below(static_cast<std::uint32_t>(active.size()))];
    const auto above = nonsense(16) ? random() << 32 : 0;
    return msr(vcpu, one_of({ICC_EOIR0, ICC_EOIR1, ICC_DIR, ICC_DIR, ICC_DIR}), above | which);
}

Operation Generator::sysreg(const GicModel& model) {
    const auto vcpu = below(vcpus);
    // A binary point that changes under a running priority is not defined: is that compared whole, or its group's bits?
    if (repertoire_ == Repertoire::defined && model.running_on(vcpu))
        return mrs(vcpu, one_of({ICC_PMR, ICC_BPR0, ICC_BPR1, ICC_CTLR, ICC_SRE, ICC_IGRPEN0, ICC_IGRPEN1}));
    switch (below(16)) {
    case 0:
        return msr(vcpu, ICC_IGRPEN0, nonsense(2) ? 0 : 1); // a list register may be all that a disabled group leaves
    case 1: return msr(vcpu, ICC_IGRPEN1, nonsense(4) ? 0 : 1);
    case 2:
    case 3: return msr(vcpu, ICC_CTLR, nonsense(4) ? random() : below(4));
    case 4: return msr(vcpu, ICC_BPR0, below(9));
    case 5: return msr(vcpu, ICC_BPR1, below(9));
    case 6: return mrs(vcpu, one_of({ICC_PMR, ICC_BPR0, ICC_BPR1, ICC_CTLR, ICC_SRE, ICC_IGRPEN0, ICC_IGRPEN1}));
    case 7:
        return nonsense(2)
                   ? mrs(vcpu, one_of({ICC_EOIR0, ICC_EOIR1, ICC_DIR, ICC_SGI0R, ICC_SGI1R, ICC_AP0R1, ICC_AP1R3}))
                   : msr(vcpu, ICC_SRE, random());
    case 8:
        return nonsense(2)
                   ? msr(vcpu, one_of({ICC_IAR0, ICC_IAR1, ICC_HPPIR0, ICC_HPPIR1, ICC_RPR, ICC_AP0R1, ICC_AP1R3}),
                         random())
                   : msr(vcpu, ICC_SRE, 0);
    // Bits that both groups have active have no defined order: each has its half of them.
    case 9: return nonsense(1) ? msr(vcpu, ICC_AP0R0, bits() & bits() & 0x5555'5555) : mrs(vcpu, ICC_AP0R0);
    case 10: return nonsense(1) ? msr(vcpu, ICC_AP1R0, bits() & bits() & 0xAAAA'AAAA) : mrs(vcpu, ICC_AP1R0);
    default: return msr(vcpu, ICC_PMR, once_in(4) ? priority() : whole_mask());
    }
}

Operation Generator::sgi() {
    const auto sender = below(vcpus);
    const auto affinity = std::uint64_t{affinities[below(vcpus)]};
    auto value = std::uint64_t{below(16)} << 24 | (affinity >> 8 & 0xFF) << 16 |
                 (once_in(4) ? random() & 0xFFFF : 1U << (affinity & 0xF));
    if (once_in(8))
        value |= std::uint64_t{1} << 40; // IRM
    if (nonsense(16))
        value |= random() & ~(std::uint64_t{0xF} << 44);
    return msr(sender, one_of({ICC_SGI1R, ICC_SGI1R, ICC_SGI1R, ICC_SGI0R, ICC_ASGI1R}), value);
}

Operation Generator::distributor() {
    const auto vcpu = below(vcpus);
    const auto spi = 32 + below(interrupts - 32);
    const std::uint64_t word = GICD + spi / 32 * 4;
    const auto array = array_of_bits();
    switch (below(12)) {
    case 0: return store(GICD, 4, once_in(8) ? 0 : 0x13, vcpu);
    case 1: return store(GICD + 0x400 + spi, 1, priority(), vcpu);
    case 2:
        return store(GICD + 0x400 + (spi & ~3U), 4, priority() << 24 | priority() << 16 | priority() << 8 | priority(),
                     vcpu);
    case 3: return store(GICD + 0xC00 + spi / 16 * 4, 4, bits(), vcpu);
    case 4:
    case 5:
        return store(GICD + 0x6000 + std::uint64_t{spi} * 8, one_of({4U, 8U}),
                     once_in(8) ? one_of<std::uint64_t>({0x55, 0x1'0101, 0x8000'0001, random()})
                                : affinities[below(vcpus)],
                     vcpu);
    case 6: return load(word + array, 4, vcpu);
    case 7: return load(GICD + 0x400 + spi, 1, vcpu);
    default: return store(word + array, 4, bits(), vcpu);
    }
}

Operation Generator::redistributor() {
    const auto vcpu = below(vcpus);
    const auto whose = below(vcpus);
    const auto frame = GICR + whose * GICR_size;
    const auto array = array_of_bits();
    const auto mask = private_ones();
    switch (below(12)) {
    case 0: return store(frame, 4, nonsense(8) ? 0 : 1, vcpu);
    case 1: return store(frame + 0x70, one_of({4U, 8U}), nonsense(4) ? random() : PROPBASER() - below(3), vcpu);
    case 2:
        return store(frame + 0x78, 8,
                     nonsense(4) ? random() : PENDBASER(whose) | (once_in(2) ? std::uint64_t{1} << 62 : 0), vcpu);
    case 3: return store(frame + 0xA0, one_of({4U, 8U}), lpi(), vcpu);
    case 4: return store(frame + one_of({0xB0U, 0xB0U, 0xB4U, 0xA4U}), 4, lpi(), vcpu);
    case 5: return load(frame + one_of({0x0U, 0x8U, 0xCU, 0x70U, 0x78U, 0xC0U}), one_of({4U, 8U}), vcpu);
    case 6: return store(frame + 0x1'0400 + below(repertoire_ == Repertoire::all ? 32 : 22), 1, priority(), vcpu);
    case 7: return load(frame + 0x1'0000 + array, 4, vcpu);
    default:
        return store(frame + 0x1'0000 + array, 4, (bits() & mask) | (array == 0x80 ? ~mask & 0xFFFF'FFFF : 0), vcpu);
    }
}

/// Any offset of any frame at any width. A load or a store of nonsense.
Operation Generator::anywhere() {
    const auto vcpu = below(vcpus);
    const auto whose = below(vcpus);
    const auto frame = one_of<std::uint64_t>(
        {GICD, GICR + whose * GICR_size, GICR + whose * GICR_size + 0x1'0000, ITS, ITS + ITS_size});
    const auto width = one_of({1U, 2U, 4U, 4U, 8U});
    auto offset = once_in(2) ? below(0x1'0000) : below(0x1000);
    if (repertoire_ == Repertoire::defined)
        offset &= ~(width - 1); // the guest's MMU refuses others
    if (!nonsense(2) || repertoire_ == Repertoire::defined)
        return load(frame + offset, width, vcpu);
    return store(frame + offset, width, random(), vcpu);
}

Operation Generator::its_register() {
    const auto its = below(itss);
    const auto frame = ITS + its * ITS_size;
    const auto vcpu = below(vcpus);
    switch (below(12)) {
    case 0: return store(frame, 4, once_in(4) ? 0 : 1, vcpu);
    case 1: return store(frame + 0x80, 8, nonsense(8) ? random() : CBASER(its), vcpu);
    case 2: return store(frame + 0x100, 8, nonsense(8) ? random() : BASER0(its) ^ (once_in(4) ? Valid : 0), vcpu);
    case 3:
        return store(frame + 0x108, one_of({4U, 8U}), nonsense(8) ? random() : BASER1(its) ^ (once_in(4) ? Valid : 0),
                     vcpu);
    case 4: return store(frame + 0x88, one_of({4U, 8U}), nonsense(1) ? below(132) * 32 : ~std::uint64_t{0}, vcpu);
    case 5:
        return load(frame + one_of({0x0U, 0x4U, 0x8U, 0x80U, 0x88U, 0x90U, 0x100U, 0x108U}), one_of({4U, 8U}), vcpu);
    default: return store(frame, 4, 1, vcpu);
    }
}

Operation Generator::command() {
    const auto its = below(itss);
    const std::uint64_t device = DeviceID();
    const std::uint64_t event = EventID();
    const auto about = [&](std::uint64_t opcode) {
        return std::array<std::uint64_t, 4>{device << 32 | opcode, event, ICID(), 0};
    };
    auto words = [&]() -> std::array<std::uint64_t, 4> {
        switch (below(32)) {
        case 0: {
            const auto ITT =
                once_in(12) ? one_of<std::uint64_t>({nowhere, RAM_end - 0x100, RAM_end}) : ITTs + below(8) * 0x1000;
            const auto EventID_bits = once_in(8) ? one_of({16U, 17U, 32U}) : one_of({1U, 2U, 2U, 3U, 14U});
            return MAPD(device, EventID_bits, ITT, once_in(4) ? 0 : 1);
        }
        case 1:
        case 2: return MAPC(ICID(), RDbase(), once_in(10) ? 0 : 1);
        case 3:
        case 4:
        case 5:
        case 6:
        case 7: return MAPTI(device, event, lpi(), ICID());
        case 8: return {device << 32 | 0x0B, lpi(), ICID(), 0}; // MAPI
        case 9:
        case 10:
        case 11: return about(0x01); // MOVI
        case 12: return about(0x0F); // DISCARD
        case 13:
        case 14:
        case 15: return about(0x03); // INT
        case 16: return about(0x04); // CLEAR
        case 17:
        case 18: return about(0x0C); // INV
        case 19: return about(0x0D); // INVALL
        case 20:
        case 21: return {0x0E, 0, std::uint64_t{RDbase()} << 16, std::uint64_t{RDbase()} << 16}; // MOVALL
        case 22: return {0x05, 0, std::uint64_t{RDbase()} << 16, 0}; // SYNC
        case 23:
            if (nonsense(2))
                return {random(), random(), random(), random()};
            return {one_of<std::uint64_t>({0, 0x02, 0x06, 0x07, 0x10, 0x2A, 0xFF}), 0, 0, 0};
        default: return about(0x03);
        }
    }();
    if (nonsense(8))
        words[0] |= random() & 0xFFFF'FF00; // reserved
    auto made = command_of(its, words);
    made.width = one_of({4U, 8U});
    return made;
}

Operation Generator::memory() {
    const auto n = below(8);
    switch (below(8)) {
    case 0: {
        const auto table = pending_table(below(vcpus)) + 8192 / 8;
        return {Kind::memory, 0, 1, table, random() & random() & 0xFF, {}};
    }
    case 1: return {Kind::memory, 0, 8, device_table(1), once_in(2) ? 0 : Valid | second_level(1), {}};
    default: return {Kind::memory, 0, 1, configuration_table + n, priority() | (once_in(3) ? 0U : 1U), {}};
    }
}

Operation Generator::outside() {
    const auto whose = below(vcpus);
    const auto array = array_of_bits();
    const bool spis = once_in(2);
    const auto word = array + (spis ? 4 + below(interrupts / 32 - 1) * 4 : 0);
    auto address = (spis ? GICD : GICR + whose * GICR_size + 0x1'0000) + word;
    auto value = bits();
    if (!spis && repertoire_ == Repertoire::defined)
        value = (value & 0x003F'FFFF) | (array == 0x80 ? 0xFFC0'0000 : 0);
    if (once_in(8)) {
        address = one_of<std::uint64_t>({GICD, GICD + 0x8, GICD + 0xC, GICD + 0x4});
        value = one_of<std::uint64_t>({2, 0, 0x4B00'243B, 0x4B00'343B, 0x4B00'143B});
    }
    if (nonsense(8)) {
        address = one_of({GICD, GICR + whose * GICR_size}) + below(0x1'0000);
        return {Kind::get_outside, 0, 4, address, 0, {}};
    }
    if (once_in(16))
        return {Kind::save, 0, 0, 0, 0, {}};
    return {once_in(3) ? Kind::get_outside : Kind::set_outside, 0, 4, address, value, {}};
}

} // namespace property

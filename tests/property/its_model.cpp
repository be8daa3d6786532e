// SPDX-License-Identifier: Apache-2.0
// The model's LPIs and ITSs. Source: Arm IHI 0069, 5 and 6; arch/arm64/kvm/vgic/vgic-its.c of Linux 6.12.
#include "tests/property/gic_model.hpp"

#include <algorithm>

namespace property {
namespace {

constexpr std::uint64_t address_51_12 = 0x000F'FFFF'FFFF'F000, address_51_16 = 0x000F'FFFF'FFFF'0000;

} // namespace

struct GicModel::Command {
    std::array<std::uint64_t, 4> words;

    [[nodiscard]] unsigned opcode() const { return words[0] & 0xFF; }
    [[nodiscard]] std::uint32_t DeviceID() const { return static_cast<std::uint32_t>(words[0] >> 32); }
    [[nodiscard]] unsigned size() const { return (words[1] & 0x1F) + 1; }
    [[nodiscard]] std::uint32_t EventID() const { return static_cast<std::uint32_t>(words[1]); }
    [[nodiscard]] std::uint32_t INTID() const { return static_cast<std::uint32_t>(words[1] >> 32); }
    [[nodiscard]] std::uint16_t ICID() const { return static_cast<std::uint16_t>(words[2]); }
    [[nodiscard]] std::uint64_t ITT() const { return words[2] & 0x000F'FFFF'FFFF'FF00; }
    [[nodiscard]] std::uint32_t RDbase() const { return static_cast<std::uint32_t>(words[2] >> 16); }
    [[nodiscard]] std::uint32_t RDbase2() const { return static_cast<std::uint32_t>(words[3] >> 16); }
    [[nodiscard]] bool V() const { return words[2] >> 63 != 0; }
};

// Reads the configuration again; that is an event.
bool GicModel::configure(Interrupt& lpi) {
    const auto byte = read((PROPBASER_ & address_51_12) + lpi.intid - 8192, 1);
    if (!byte)
        return false;
    lpi.enabled = (*byte & 1) != 0;
    lpi.priority = *byte & 0xFC;
    event(lpi);
    return true;
}

std::uint64_t GicModel::pending_byte(const Interrupt& lpi) const {
    return (cpus_[static_cast<unsigned>(lpi.target)].PENDBASER & address_51_16) + lpi.intid / 8;
}

GicModel::Interrupt* GicModel::map_lpi(std::uint32_t intid, int target) {
    const auto [at, is_new] = lpis_.try_emplace(intid);
    auto& lpi = at->second;
    ++lpi.references;
    if (!is_new)
        return &lpi;
    lpi.intid = intid;
    lpi.target = target;
    const auto bit = std::uint64_t{1} << intid % 8;
    const auto pending = target == nobody ? std::optional<std::uint64_t>(0) : read(pending_byte(lpi), 1);
    if (!configure(lpi) || !pending) {
        lpis_.erase(at);
        return nullptr;
    }
    if ((*pending & bit) != 0) {
        lpi.latch = true;
        event(lpi);
        write(pending_byte(lpi), 1, *pending & ~bit);
    }
    return &lpi;
}

void GicModel::unmap_lpi(std::uint32_t intid) {
    --lpis_.at(intid).references;
    settle();
}

void GicModel::set_EnableLPIs(unsigned vcpu, bool enable) {
    auto& cpu = cpus_[vcpu];
    if (cpu.EnableLPIs == enable)
        return;
    cpu.EnableLPIs = enable;
    const auto mine = static_cast<int>(vcpu);
    if (!enable) {
        for (auto& [intid, lpi] : lpis_)
            if (lpi.list == mine) {
                lpi.list = nobody;
                lpi.latch = false;
            }
        for (auto& its : its_)
            its.cached.clear();
    } else if ((cpu.PENDBASER >> 62 & 1) == 0) {
        for (auto& [intid, lpi] : lpis_) {
            if (lpi.target != mine)
                continue;
            const auto byte = read(pending_byte(lpi), 1);
            if (!byte)
                break;
            lpi.latch = (*byte >> intid % 8 & 1) != 0;
            event(lpi);
        }
    }
}

bool GicModel::save_pending_tables() {
    for (auto& [intid, lpi] : lpis_) {
        if (lpi.target == nobody)
            continue;
        const auto at = pending_byte(lpi);
        const auto bit = std::uint64_t{1} << intid % 8;
        const auto byte = read(at, 1);
        if (!byte)
            return false;
        write(at, 1, lpi.latch ? *byte | bit : *byte & ~bit);
    }
    return true;
}

/// Where a table has the entry of that device or collection; nothing if it has no place for it in RAM.
std::optional<std::uint64_t> GicModel::entry(std::uint64_t BASER, bool devices, std::uint32_t id) const {
    constexpr std::uint64_t in_page = page / 8;
    const auto base = (BASER & 0x0000'FFFF'FFFF'0000) | (BASER & 0xF000) << 36;
    const auto entries = ((BASER & 0xFF) + 1) * in_page;
    if (id >= 1U << 16)
        return std::nullopt;
    auto at = base + id * 8;
    if (devices && (BASER >> 62 & 1) != 0) {
        const auto level_1 = id / in_page < entries ? read(base + id / in_page * 8, 8) : std::nullopt;
        if (!level_1 || *level_1 >> 63 == 0)
            return std::nullopt;
        at = (*level_1 & address_51_16) + id % in_page * 8;
    } else if (id >= entries) {
        return std::nullopt;
    }
    return read(at, 8) ? std::optional(at) : std::nullopt;
}

/// GITS_TYPER.PTA = 0: a vCPU by its number, which is its id.
int GicModel::vcpu_of(std::uint64_t RDbase) {
    const auto found = std::ranges::find(vcpu_ids, RDbase);
    return found == vcpu_ids.end() ? nobody : static_cast<int>(found - vcpu_ids.begin());
}

int GicModel::collection(const Its& its, std::optional<std::uint16_t> ICID) {
    const auto found = ICID ? its.collections.find(*ICID) : its.collections.end();
    return found == its.collections.end() ? nobody : found->second;
}

GicModel::Event* GicModel::find(Its& its, std::uint32_t DeviceID, std::uint32_t EventID) {
    const auto device = its.devices.find(DeviceID);
    if (device == its.devices.end())
        return nullptr;
    const auto event = device->second.events.find(EventID);
    return event == device->second.events.end() ? nullptr : &event->second;
}

void GicModel::free_device(Its& its, std::uint32_t DeviceID) {
    const auto events = its.devices.at(DeviceID).events;
    its.devices.erase(DeviceID);
    for (const auto& [EventID, event] : events)
        unmap_lpi(event.INTID);
    its.cached.clear();
}

/// Its events keep their LPIs, but no later collection takes them over.
void GicModel::free_collection(Its& its, std::uint16_t ICID) {
    if (its.collections.erase(ICID) == 0)
        return;
    for (auto& [DeviceID, device] : its.devices)
        for (auto& [EventID, event] : device.events)
            if (event.ICID == ICID)
                event.ICID.reset();
}

MsiResult GicModel::trigger(Its& its, std::uint32_t DeviceID, std::uint32_t EventID) {
    if (!its.enabled)
        return MsiResult::busy;
    const auto* const event = find(its, DeviceID, EventID);
    const auto vcpu = event == nullptr ? nobody : collection(its, event->ICID);
    if (vcpu == nobody)
        return MsiResult::unmapped;
    if (!cpus_[static_cast<unsigned>(vcpu)].EnableLPIs)
        return MsiResult::busy;
    its.cached.insert({DeviceID, EventID});
    auto& lpi = lpis_.at(event->INTID);
    lpi.latch = true;
    this->event(lpi);
    return MsiResult::delivered;
}

// A cached translation is not checked again, not even for a DeviceID.
MsiResult GicModel::signal(std::uint64_t address, std::optional<std::uint32_t> DeviceID, std::uint32_t EventID) {
    const auto number = (address - ITS) / ITS_size;
    if (address < ITS || number >= itss)
        return MsiResult::invalid;
    auto& its = its_[number];
    auto result = MsiResult::invalid;
    if (its.cached.contains({DeviceID.value_or(0), EventID})) {
        auto& lpi = lpis_.at(find(its, DeviceID.value_or(0), EventID)->INTID);
        lpi.latch = true;
        event(lpi);
        result = MsiResult::delivered;
    } else if (DeviceID) {
        result = trigger(its, *DeviceID, EventID);
    }
    settle();
    return result;
}

void GicModel::process(Its& its) {
    while (its.enabled && its.CREADR != its.CWRITER) {
        Command command{};
        bool readable = true;
        for (unsigned n = 0; n < 4; ++n) {
            const auto word = read((its.CBASER & address_51_12) + its.CREADR + n * 8, 8);
            readable = readable && word;
            command.words[n] = word.value_or(0);
        }
        if (readable)
            execute(its, command);
        settle();
        its.CREADR = (its.CREADR + 32) % (((its.CBASER & 0xFF) + 1) * 4096);
    }
}

void GicModel::execute(Its& its, const Command& command) {
    auto* const event = find(its, command.DeviceID(), command.EventID());
    const auto to = collection(its, command.ICID());
    const bool mapped = event != nullptr && collection(its, event->ICID) != nobody;
    switch (command.opcode()) {
    case 0x08: return map_device(its, command);
    case 0x09: return map_collection(its, command);
    case 0x0A: return map_event(its, command, command.INTID()); // MAPTI
    case 0x0B: return map_event(its, command, command.EventID()); // MAPI
    case 0x01: // MOVI
        if (!mapped || to == nobody)
            return;
        event->ICID = command.ICID();
        its.cached.clear();
        lpis_.at(event->INTID).target = to;
        return;
    case 0x0F: { // DISCARD
        if (!mapped)
            return;
        its.cached.clear();
        unmap_lpi(event->INTID);
        auto& device = its.devices.at(command.DeviceID());
        device.events.erase(command.EventID());
        write(device.ITT + std::uint64_t{command.EventID()} * 8, 8, 0);
        return;
    }
    case 0x03: trigger(its, command.DeviceID(), command.EventID()); return; // INT
    case 0x04: // CLEAR
        if (event != nullptr)
            lpis_.at(event->INTID).latch = false;
        return;
    case 0x0C: // INV
        if (event != nullptr)
            configure(lpis_.at(event->INTID));
        return;
    case 0x0D: // INVALL
        for (auto& [intid, lpi] : lpis_)
            if (to != nobody && lpi.target == to)
                configure(lpi);
        return;
    case 0x0E: { // MOVALL
        const auto first = vcpu_of(command.RDbase());
        const auto second = vcpu_of(command.RDbase2());
        if (first == nobody || second == nobody || first == second)
            return;
        for (auto& [intid, lpi] : lpis_)
            if (lpi.target == first)
                lpi.target = second;
        its.cached.clear();
        return;
    }
    default: return; // SYNC, and what there is not
    }
}

void GicModel::map_device(Its& its, const Command& command) {
    const auto at = entry(its.BASER[0], true, command.DeviceID());
    if (!at || (command.V() && command.size() > 16))
        return;
    if (its.devices.contains(command.DeviceID()))
        free_device(its, command.DeviceID());
    if (command.V())
        its.devices[command.DeviceID()] = {command.size(), command.ITT(), {}};
    else
        write(*at, 8, 0);
}

void GicModel::map_collection(Its& its, const Command& command) {
    const auto ICID = command.ICID();
    if (!command.V()) {
        free_collection(its, ICID);
        its.cached.clear();
        return;
    }
    const auto vcpu = vcpu_of(command.RDbase());
    if (vcpu == nobody || (!its.collections.contains(ICID) && !entry(its.BASER[1], false, ICID)))
        return;
    its.collections[ICID] = vcpu;
    for (auto& [DeviceID, device] : its.devices)
        for (auto& [EventID, event] : device.events)
            if (event.ICID == ICID)
                lpis_.at(event.INTID).target = vcpu;
}

void GicModel::map_event(Its& its, const Command& command, std::uint32_t INTID) {
    const auto device = its.devices.find(command.DeviceID());
    if (device == its.devices.end() || command.EventID() >= std::uint64_t{1} << device->second.EventID_bits ||
        !read(device->second.ITT + std::uint64_t{command.EventID()} * 8, 8))
        return;
    const auto limit = std::uint64_t{1} << std::min<std::uint64_t>((PROPBASER_ & 0x1F) + 1, 16);
    if (INTID < 8192 || INTID >= limit || device->second.events.contains(command.EventID()))
        return;
    const auto ICID = command.ICID();
    const bool is_new = !its.collections.contains(ICID);
    if (is_new && !entry(its.BASER[1], false, ICID))
        return;
    its.collections.try_emplace(ICID, nobody);
    if (map_lpi(INTID, collection(its, ICID)) != nullptr)
        device->second.events[command.EventID()] = {INTID, ICID};
    else if (is_new)
        its.collections.erase(ICID);
}

} // namespace property

// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/interchange/script.hpp"

#include "tests/conformance/arch_timer.hpp"
#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/guest.hpp"
#include "tests/conformance/layout.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

namespace conformance {
namespace {

constexpr std::array<std::uint32_t, 3> SGIs{1, 2, 9};
constexpr std::array<std::uint32_t, 3> PPIs{16, 20, 22};
constexpr std::array<std::uint32_t, 12> SPIs{40, 41, 42, 43, 44, 45, 62, 63, 64, 65, 96, 127};
/// Never pending: for active bits that nobody acknowledged.
constexpr std::array<std::uint32_t, 2> quiet_SPIs{52, 70};
constexpr std::array<std::uint32_t, 4> ICIDs{0, 1, 2, 3};
constexpr std::uint32_t unmapped_ICID = 9;
/// All but the lowest, 0xF8, which nobody has: with 5 bits of priority 0xFF would let that pass, too, if all its bits
/// are kept, as KVM does where it emulates the register; hardware keeps five.
constexpr std::uint64_t all_priorities = 0xF8;
constexpr unsigned first_timer = 6, first_SPI = 7, first_LPI = 19; // in the order of priorities

std::uint32_t lpi_of(unsigned its, unsigned device, std::uint32_t event) {
    return Lpis::first + 8 + (its * Board::devices + device) * Board::events + event;
}
constexpr std::uint32_t lpis_of_an_its = Board::devices * Board::events;

List store_of_bit(std::uint64_t array, std::uint32_t intid) {
    return store32(layout::GICD + word_of(array, intid), bit_of(intid));
}

/// GICR_I*R0 of a vCPU.
List store_of_private_bit(unsigned vcpu, std::uint64_t reg, std::uint32_t intid) {
    return store32(layout::gicr(vcpu) + reg, bit_of(intid));
}

Cue guest(unsigned vcpu, const List& list) {
    std::ostringstream text;
    text << "vCPU " << vcpu << ':';
    for (const auto& command : list)
        text << ' ' << command.text() << ';';
    return {text.str(), [vcpu, list](Board& board) { return board.run(vcpu, list); }};
}

Cue acknowledge(unsigned vcpu) {
    return {"vCPU " + std::to_string(vcpu) + " acknowledges", [vcpu](Board& board) { return board.take(vcpu); }};
}

Cue finish(unsigned vcpu) {
    return {"vCPU " + std::to_string(vcpu) + " ends one", [vcpu](Board& board) { return board.finish(vcpu); }};
}

Cue serve(unsigned vcpu) {
    return {"vCPU " + std::to_string(vcpu) + " takes all", [vcpu](Board& board) { return board.serve(vcpu); }};
}

Cue set_pending(unsigned vcpu, std::uint32_t intid) {
    return {"vCPU " + std::to_string(vcpu) + " sets " + std::to_string(intid) + " pending",
            [=](Board& board) { return board.set_pending(vcpu, intid); }};
}

Cue spi(std::uint32_t intid, bool level) {
    return {"SPI " + std::to_string(intid) + (level ? " high" : " low"),
            [=](Board& board) { return board.set_spi(intid, level); }};
}

Cue ppi(std::uint32_t intid, unsigned vcpu, bool level) {
    return {"PPI " + std::to_string(intid) + " of vCPU " + std::to_string(vcpu) + (level ? " high" : " low"),
            [=](Board& board) { return board.set_ppi(intid, vcpu, level); }};
}

Cue signal(unsigned its, std::uint32_t DeviceID, std::uint32_t EventID) {
    std::ostringstream text;
    text << "ITS " << its << ", device " << DeviceID << ", event " << EventID;
    return {text.str(), [=](Board& board) { return board.signal(its, DeviceID, EventID); }};
}

Cue configure(std::uint32_t lpi, std::uint8_t byte) {
    std::ostringstream text;
    text << "LPI " << lpi << " is configured 0x" << std::hex << unsigned{byte};
    return {text.str(), [=](Board& board) {
                board.lpis().configure(lpi, byte);
                return std::string();
            }};
}

/// `command` may need the board: addresses of its tables, what it calls a vCPU.
Cue command(unsigned its, std::string text, std::function<ItsCommand(Board&)> command) {
    return {"ITS " + std::to_string(its) + ": " + std::move(text),
            [its, command = std::move(command)](Board& board) { return board.command(its, command(board)); }};
}

Cue enable(unsigned its) {
    return {"ITS " + std::to_string(its) + " is enabled", [its](Board& board) { return board.enable_its_again(its); }};
}

Cue disable(unsigned its) {
    return {"ITS " + std::to_string(its) + " is disabled", [its](Board& board) { return board.disable_its(its); }};
}

/// KVM moves a pending LPI to its new vCPU only when the old one has been in the guest.
Cue everyone_runs() {
    return {"every vCPU runs", [](Board& board) {
                std::string seen;
                for (unsigned vcpu = 0; vcpu < board.shape().vcpus; ++vcpu)
                    seen += board.run(vcpu, barrier());
                return seen;
            }};
}

Cue event_command(unsigned its, const char* name, ItsCommand (*make)(std::uint32_t, std::uint32_t), unsigned device,
                  std::uint32_t event) {
    const auto DeviceID = Board::DeviceIDs.at(device);
    return command(its, std::string(name) + ' ' + std::to_string(DeviceID) + ' ' + std::to_string(event),
                   [=](Board&) { return make(DeviceID, event); });
}

Cue map_device(unsigned its, unsigned device, Valid valid = Valid::yes) {
    return command(its, std::string("MAPD of device ") + std::to_string(device) + (valid == Valid::no ? " V=0" : ""),
                   [=](Board& board) {
                       return MAPD(Board::DeviceIDs.at(device), Board::EventID_bits, board.ITT(its, device), valid);
                   });
}

Cue map_collection(unsigned its, std::uint32_t ICID, unsigned vcpu, Valid valid = Valid::yes) {
    return command(
        its, "MAPC " + std::to_string(ICID) + " to vCPU " + std::to_string(vcpu) + (valid == Valid::no ? " V=0" : ""),
        [=](Board& board) { return MAPC(ICID, board.machine().rdbase(vcpu), valid); });
}

Cue map_event(unsigned its, unsigned device, std::uint32_t event, std::uint32_t ICID) {
    const auto INTID = lpi_of(its, device, event);
    std::ostringstream text;
    text << "MAPTI of device " << device << ' ' << event << ' ' << INTID << ' ' << ICID;
    return command(its, text.str(), [=](Board&) { return MAPTI(Board::DeviceIDs.at(device), event, INTID, ICID); });
}

} // namespace

std::vector<std::string> play(const Script& script, Board& board) {
    std::vector<std::string> log;
    for (const auto& step : script)
        log.push_back(step.text + " -> " + step.play(board));
    return log;
}

Author::Author(std::uint64_t seed, const Shape& shape) : random_(seed), shape_(shape) {
    for (unsigned n = 0; n < 31; ++n)
        priorities_.push_back(static_cast<std::uint8_t>(8 * n));
    for (std::size_t n = priorities_.size(); n > 1; --n)
        std::swap(priorities_[n - 1], priorities_[roll(n)]);
}

std::uint8_t Author::configuration(std::uint32_t lpi) {
    return static_cast<std::uint8_t>(priorities_.at(first_LPI + lpi - lpi_of(0, 0, 0)) | (roll(4) != 0 ? 1U : 0U));
}

Script Author::beginning() {
    Script script;
    List shared = store32(layout::GICD + GICD_CTLR, GICD_CTLR_ARE_NS | GICD_CTLR_EnableGrp1);
    for (std::size_t n = 0; n < 8; ++n) {
        shared += store32(layout::GICD + GICD_ICFGR + 4 * n, static_cast<std::uint32_t>(random_()) & 0xAAAA'AAAA);
        shared += store32(layout::GICD + GICD_IGROUPR + 4 * (n / 2), ~(roll(256) << roll(32)));
    }
    for (std::size_t n = 0; n < SPIs.size(); ++n) {
        shared += store8(layout::GICD + GICD_IPRIORITYR + SPIs[n], priorities_[first_SPI + n]);
        shared += store64(layout::GICD + irouter_of(SPIs[n]), roll(8) == 0 ? 77 : roll(shape_.vcpus));
        if (roll(4) != 0)
            shared += store_of_bit(GICD_ISENABLER, SPIs[n]);
    }
    script.push_back(guest(0, shared));
    for (unsigned vcpu = 0; vcpu < shape_.vcpus; ++vcpu) {
        const auto frame = layout::gicr(vcpu);
        List own = {msr(ICC_CTLR_EL1, shape_.mode == EOImode::drop ? ICC_CTLR_EL1_EOImode : 0),
                    msr(ICC_PMR_EL1, roll(3) == 0 ? 8 * roll(32) : all_priorities),
                    msr(ICC_BPR0_EL1, 2 + roll(3)),
                    msr(ICC_BPR1_EL1, 3 + roll(3)),
                    msr(ICC_IGRPEN0_EL1, roll(2)),
                    msr(ICC_IGRPEN1_EL1, 1),
                    store32(frame + GICR_IGROUPR0, ~(1U << pick(SGIs) | 1U << pick(PPIs))),
                    store32(frame + GICR_ICFGR1, static_cast<std::uint32_t>(random_()) & 0x2A2A),
                    store32(frame + GICR_ISENABLER0, static_cast<std::uint32_t>(random_() | random_()) & 0x0FFF'FFFF)};
        for (std::size_t n = 0; n < 3; ++n) {
            own += store8(frame + GICR_IPRIORITYR + SGIs[n], priorities_[n]);
            own += store8(frame + GICR_IPRIORITYR + PPIs[n], priorities_[3 + n]);
        }
        own += store8(frame + GICR_IPRIORITYR + virtual_timer.PPI, priorities_[first_timer]);
        script.push_back(guest(vcpu, own));
        script.push_back({"LPIs of vCPU " + std::to_string(vcpu),
                          [vcpu](Board& board) { return board.run(vcpu, board.lpis().enable_from_guest(vcpu)); }});
        if (const auto kind = roll(3); kind != 0) // out of time's reach: long ago, or never
            script.push_back(
                guest(vcpu, List{msr(CNTV_CVAL_EL0, kind == 1 ? 0 : never),
                                 msr(CNTV_CTL_EL0, CTL_ENABLE | (roll(4) == 0 ? CTL_IMASK : 0)), leave()}));
    }
    if (shape_.its == 0)
        return script;
    for (auto lpi = lpi_of(0, 0, 0); lpi < lpi_of(0, 0, 0) + lpis_of_an_its * shape_.its; ++lpi)
        script.push_back(configure(lpi, configuration(lpi)));
    script.push_back({"ITSs are enabled", [](Board& board) { return board.enable_its(); }});
    for (unsigned its = 0; its < shape_.its; ++its) {
        for (const auto ICID : ICIDs)
            script.push_back(map_collection(its, ICID, roll(shape_.vcpus)));
        for (unsigned device = 0; device < Board::devices; ++device) {
            script.push_back(map_device(its, device));
            for (std::uint32_t event = 0; event < Board::events; ++event)
                if (const auto kind = roll(8); kind != 0)
                    script.push_back(map_event(its, device, event, kind == 1 ? unmapped_ICID : pick(ICIDs)));
        }
    }
    return script;
}

void Author::one_of_lines(Script& script) {
    if (roll(3) != 0)
        script.push_back(spi(pick(SPIs), roll(3) != 0));
    else
        script.push_back(ppi(pick(PPIs), roll(shape_.vcpus), roll(3) != 0));
}

void Author::one_of_registers(Script& script) {
    const auto vcpu = roll(shape_.vcpus);
    switch (roll(8)) {
    case 0: return script.push_back(set_pending(vcpu, pick(SPIs)));
    case 1: return script.push_back(guest(vcpu, store_of_bit(GICD_ICPENDR, pick(SPIs))));
    case 2: return script.push_back(guest(vcpu, store_of_bit(GICD_ISENABLER, pick(SPIs))));
    case 3: return script.push_back(guest(vcpu, store_of_bit(GICD_ICENABLER, pick(SPIs))));
    case 4: return script.push_back(set_pending(vcpu, pick(PPIs)));
    case 5: return script.push_back(guest(vcpu, store_of_private_bit(vcpu, GICR_ICPENDR0, pick(PPIs))));
    case 6: {
        const auto intid = pick(quiet_SPIs);
        return script.push_back({"SPI " + std::to_string(intid) + " is made active",
                                 [intid](Board& board) { return board.set_active(intid); }});
    }
    default: {
        const auto intid = pick(quiet_SPIs);
        return script.push_back({"SPI " + std::to_string(intid) + " is made inactive",
                                 [intid](Board& board) { return board.clear_active(intid); }});
    }
    }
}

void Author::one_of_vcpus(Script& script) {
    const auto vcpu = roll(shape_.vcpus);
    switch (roll(6)) {
    case 0:
    case 1:
        return script.push_back(
            guest(vcpu, msr(ICC_SGI1R_EL1, std::uint64_t{pick(SGIs)} << 24 | (1 + roll((1U << shape_.vcpus) - 1)))));
    case 2:
    case 3: return script.push_back(acknowledge(vcpu));
    case 4: return script.push_back(finish(vcpu));
    default: return script.push_back(guest(vcpu, {msr(ICC_PMR_EL1, 8 * roll(32)), mrs(ICC_PMR_EL1)}));
    }
}

void Author::one_of_messages(Script& script) {
    if (shape_.its == 0)
        return one_of_lines(script);
    const auto its = roll(shape_.its);
    if (roll(12) == 0)
        return script.push_back(disable(its));
    if (roll(6) == 0)
        return script.push_back(enable(its));
    const auto device = roll(Board::devices);
    const auto event = roll(Board::events);
    switch (roll(8)) {
    case 0:
    case 1:
    case 2: return script.push_back(signal(its, Board::DeviceIDs.at(device), event));
    case 3: return script.push_back(event_command(its, "INT", INT, device, event));
    case 4: return script.push_back(event_command(its, "CLEAR", CLEAR, device, event));
    case 5: {
        const auto lpi = lpi_of(its, device, event);
        script.push_back(configure(lpi, configuration(lpi)));
        return script.push_back(event_command(its, "INV", INV, device, event));
    }
    case 6: {
        const auto ICID = pick(ICIDs);
        const auto DeviceID = Board::DeviceIDs.at(device);
        script.push_back(command(its,
                                 "MOVI of device " + std::to_string(device) + ' ' + std::to_string(event) + " to " +
                                     std::to_string(ICID),
                                 [=](Board&) { return MOVI(DeviceID, event, ICID); }));
        return script.push_back(everyone_runs());
    }
    default:
        script.push_back(map_collection(its, pick(ICIDs), roll(shape_.vcpus)));
        return script.push_back(everyone_runs());
    }
}

void Author::one_of_mappings(Script& script) {
    if (shape_.its == 0)
        return one_of_lines(script);
    const auto its = roll(shape_.its);
    const auto device = roll(Board::devices);
    const auto event = roll(Board::events);
    switch (roll(8)) {
    case 0:
    case 1: return script.push_back(event_command(its, "DISCARD", DISCARD, device, event));
    case 2:
    case 3: return script.push_back(map_event(its, device, event, pick(ICIDs)));
    case 4: return script.push_back(map_device(its, device, roll(2) == 0 ? Valid::no : Valid::yes));
    case 5:
        return script.push_back(
            map_collection(its, unmapped_ICID, roll(shape_.vcpus), roll(2) == 0 ? Valid::no : Valid::yes));
    case 6: {
        const auto ICID = pick(ICIDs);
        return script.push_back(
            command(its, "INVALL " + std::to_string(ICID), [ICID](Board&) { return INVALL(ICID); }));
    }
    default: {
        const auto from = roll(shape_.vcpus);
        const auto to = roll(shape_.vcpus);
        script.push_back(
            command(its, "MOVALL from " + std::to_string(from) + " to " + std::to_string(to),
                    [=](Board& board) { return MOVALL(board.machine().rdbase(from), board.machine().rdbase(to)); }));
        return script.push_back(everyone_runs());
    }
    }
}

Script Author::steps(unsigned number, Phase phase) {
    Script script;
    while (script.size() < number)
        switch (roll(phase == Phase::after ? 6 : 5)) {
        case 0: one_of_lines(script); break;
        case 1: one_of_registers(script); break;
        case 2: one_of_vcpus(script); break;
        case 3:
        case 4: one_of_messages(script); break;
        default: one_of_mappings(script); break;
        }
    return script;
}

Script Author::life(unsigned steps) { return this->steps(steps, Phase::before); }
Script Author::later_life(unsigned steps) { return this->steps(steps, Phase::after); }

void Author::serve_all(Script& script) const {
    for (unsigned vcpu = 0; vcpu < shape_.vcpus; ++vcpu)
        script.push_back(serve(vcpu));
}

Script Author::end() {
    Script script;
    for (unsigned its = 0; its < shape_.its; ++its)
        script.push_back(enable(its));
    script.push_back(everyone_runs());
    for (unsigned vcpu = 0; vcpu < shape_.vcpus; ++vcpu) {
        script.push_back(guest(
            vcpu, {mrs(ICC_CTLR_EL1), mrs(ICC_RPR_EL1), mrs(ICC_BPR0_EL1), mrs(ICC_BPR1_EL1), mrs(CNTV_CVAL_EL0)}));
        for (int n = 0; n < 3; ++n)
            script.push_back(finish(vcpu));
        script.push_back(guest(vcpu, {msr(ICC_PMR_EL1, all_priorities), msr(ICC_IGRPEN0_EL1, 1)}));
    }
    serve_all(script);
    for (unsigned vcpu = 0; vcpu < shape_.vcpus; ++vcpu) {
        List enable = store32(layout::gicr(vcpu) + GICR_ISENABLER0, 0x0FFF'FFFF);
        for (const auto intid : SPIs)
            enable += store_of_bit(GICD_ISENABLER, intid);
        script.push_back(guest(vcpu, enable));
    }
    serve_all(script);
    for (const auto intid : SPIs) {
        script.push_back(spi(intid, false));
        script.push_back(spi(intid, true));
    }
    for (unsigned vcpu = 0; vcpu < shape_.vcpus; ++vcpu)
        for (const auto intid : PPIs)
            script.push_back(ppi(intid, vcpu, true));
    serve_all(script);
    for (unsigned its = 0; its < shape_.its; ++its) {
        for (const auto DeviceID : {0U, Board::DeviceIDs[0], Board::DeviceIDs[1]})
            for (std::uint32_t event = 0; event <= Board::events; ++event)
                script.push_back(signal(its, DeviceID, event));
        serve_all(script);
        for (unsigned device = 0; device < Board::devices; ++device)
            for (std::uint32_t event = 0; event < Board::events; ++event) {
                const auto lpi = lpi_of(its, device, event);
                script.push_back(configure(lpi, configuration(lpi) | 1));
                script.push_back(event_command(its, "INV", INV, device, event));
                script.push_back(map_event(its, device, event, pick(ICIDs)));
                script.push_back(event_command(its, "INT", INT, device, event));
            }
        serve_all(script);
    }
    return script;
}

} // namespace conformance

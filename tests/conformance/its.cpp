// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/its.hpp"

#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/layout.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

namespace conformance {
namespace {

constexpr std::uint64_t Valid_bit = std::uint64_t{1} << 63;
constexpr std::uint64_t inner_write_back = std::uint64_t{7} << 59; // RaWaWb, BASER and CBASER
constexpr std::uint64_t inner_shareable = std::uint64_t{1} << 10;
constexpr std::uint64_t lpi_inner_write_back = std::uint64_t{7} << 7; // PROPBASER and PENDBASER
constexpr std::uint64_t page_64K = std::uint64_t{2} << 8;

constexpr ItsCommand event_command(std::uint64_t opcode, std::uint32_t DeviceID, std::uint32_t EventID,
                                   std::uint32_t INTID = 0, std::uint32_t ICID = 0) {
    return {{opcode | std::uint64_t{DeviceID} << 32, EventID | std::uint64_t{INTID} << 32, ICID, 0}};
}

} // namespace

ItsCommand MAPD(std::uint32_t DeviceID, unsigned EventID_bits, virt::Gpa ITT, Valid valid) {
    return {{0x08 | std::uint64_t{DeviceID} << 32, (EventID_bits - 1) & 0x1F,
             static_cast<std::uint64_t>(valid) << 63 | ITT, 0}};
}
ItsCommand MAPC(std::uint32_t ICID, std::uint64_t RDbase, Valid valid) {
    return {{0x09, 0, static_cast<std::uint64_t>(valid) << 63 | RDbase << 16 | ICID, 0}};
}
ItsCommand MAPTI(std::uint32_t DeviceID, std::uint32_t EventID, std::uint32_t INTID, std::uint32_t ICID) {
    return event_command(0x0A, DeviceID, EventID, INTID, ICID);
}
ItsCommand MAPI(std::uint32_t DeviceID, std::uint32_t EventID, std::uint32_t ICID) {
    return event_command(0x0B, DeviceID, EventID, 0, ICID);
}
ItsCommand MOVI(std::uint32_t DeviceID, std::uint32_t EventID, std::uint32_t ICID) {
    return event_command(0x01, DeviceID, EventID, 0, ICID);
}
ItsCommand DISCARD(std::uint32_t DeviceID, std::uint32_t EventID) { return event_command(0x0F, DeviceID, EventID); }
ItsCommand INT(std::uint32_t DeviceID, std::uint32_t EventID) { return event_command(0x03, DeviceID, EventID); }
ItsCommand CLEAR(std::uint32_t DeviceID, std::uint32_t EventID) { return event_command(0x04, DeviceID, EventID); }
ItsCommand INV(std::uint32_t DeviceID, std::uint32_t EventID) { return event_command(0x0C, DeviceID, EventID); }
ItsCommand INVALL(std::uint32_t ICID) { return {{0x0D, 0, ICID, 0}}; }
ItsCommand MOVALL(std::uint64_t RDbase1, std::uint64_t RDbase2) { return {{0x0E, 0, RDbase1 << 16, RDbase2 << 16}}; }
ItsCommand SYNC(std::uint64_t RDbase) { return {{0x05, 0, RDbase << 16, 0}}; }

Lpis::Lpis(Machine& machine) : machine_(machine), configuration_(machine.allocate(1U << ID_bits, 0x1000)) {
    for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu)
        pending_.push_back(machine.allocate((1U << ID_bits) / 8, 0x1'0000));
}

std::uint64_t Lpis::PROPBASER() const {
    return configuration_ | inner_shareable | lpi_inner_write_back | (ID_bits - 1);
}
std::uint64_t Lpis::PENDBASER(unsigned vcpu) const {
    return pending_table(vcpu) | inner_shareable | lpi_inner_write_back;
}

void Lpis::enable(unsigned vcpu) {
    const auto set = [&](std::uint64_t offset, std::uint64_t value) {
        must(machine_.set_gicr(vcpu, offset, static_cast<std::uint32_t>(value)));
        must(machine_.set_gicr(vcpu, offset + 4, static_cast<std::uint32_t>(value >> 32)));
    };
    set(GICR_PROPBASER, PROPBASER());
    set(GICR_PENDBASER, PENDBASER(vcpu));
    must(machine_.set_gicr(vcpu, GICR_CTLR, GICR_CTLR_EnableLPIs));
}

List Lpis::enable_from_guest(unsigned vcpu) const {
    const virt::Gpa frame = layout::gicr(vcpu);
    return {store64(frame + GICR_PROPBASER, PROPBASER()), store64(frame + GICR_PENDBASER, PENDBASER(vcpu)),
            store32(frame + GICR_CTLR, GICR_CTLR_EnableLPIs)};
}

void Lpis::configure(std::uint32_t intid, std::uint8_t byte) { machine_.set_ram(configuration_ + intid - first, byte); }

std::uint8_t Lpis::configuration(std::uint32_t intid) const {
    return machine_.ram<std::uint8_t>(configuration_ + intid - first);
}

bool Lpis::pending(unsigned vcpu, std::uint32_t intid) const {
    return (machine_.ram<std::uint8_t>(pending_table(vcpu) + intid / 8) >> intid % 8 & 1) != 0;
}

void Lpis::set_pending(unsigned vcpu, std::uint32_t intid, bool pending) {
    const virt::Gpa address = pending_table(vcpu) + intid / 8;
    const auto bit = static_cast<std::uint8_t>(1U << intid % 8);
    const auto others = static_cast<std::uint8_t>(machine_.ram<std::uint8_t>(address) & ~bit);
    machine_.set_ram(address, static_cast<std::uint8_t>(others | (pending ? bit : 0U)));
}

Its::Its(Machine& machine, unsigned number, Puppet* puppet)
    : machine_(machine),
      number_(number),
      puppet_(puppet),
      queue_(machine.allocate(queue_size, 0x1'0000)),
      devices_(machine.allocate(table_size, 0x1'0000)),
      collections_(machine.allocate(table_size, 0x1'0000)),
      BASER0_(baser(devices_, 1)),
      BASER1_(baser(collections_, 1)) {}

std::uint64_t Its::CBASER() const {
    return Valid_bit | inner_write_back | inner_shareable | queue_ | (queue_size / 0x1000 - 1);
}

std::uint64_t Its::read(std::uint64_t offset) {
    if (puppet_ == nullptr)
        return must(machine_.gits(number_, offset));
    const virt::Gpa address = layout::its(number_) + offset;
    return offset < GITS_TYPER ? puppet_->load32(address) : puppet_->load64(address);
}

void Its::write(std::uint64_t offset, std::uint64_t value) {
    const virt::Gpa address = layout::its(number_) + offset;
    if (puppet_ == nullptr)
        must(machine_.set_gits(number_, offset, value));
    else if (offset < GITS_TYPER)
        puppet_->store32(address, value);
    else
        puppet_->store64(address, value);
}

void Its::enable() {
    write(GITS_BASER0, BASER0());
    write(GITS_BASER1, BASER1());
    write(GITS_CBASER, CBASER());
    tail_ = 0;
    write(GITS_CTLR, GITS_CTLR_Enabled);
}

void Its::disable() { write(GITS_CTLR, 0); }

void Its::queue(std::initializer_list<ItsCommand> commands) {
    if (commands.size() >= queue_size / sizeof(ItsCommand))
        throw std::length_error("the command queue is too short for that");
    for (const auto& command : commands) {
        machine_.set_ram(queue_ + tail_, command);
        tail_ = (tail_ + sizeof command) % queue_size;
    }
    write(GITS_CWRITER, tail_);
}

void Its::run(std::initializer_list<ItsCommand> commands) {
    queue(commands);
    EXPECT_VALUE(tail_, CREADR()) << "the ITS has not executed its commands";
}

virt::Gpa Its::ITT(unsigned EventID_bits) { return machine_.allocate(std::uint64_t{8} << EventID_bits, 256); }

virt::Msi Its::msi(std::uint32_t DeviceID, std::uint32_t EventID) const {
    return {.address = layout::its(number_) + GITS_TRANSLATER, .data = EventID, .device = virt::DeviceId{DeviceID}};
}

std::uint64_t baser(virt::Gpa base, unsigned pages) {
    return GITS_BASER_Valid | inner_write_back | inner_shareable | page_64K | base | (pages - 1);
}

std::uint64_t DTE(std::uint32_t next, virt::Gpa ITT, unsigned EventID_bits) {
    return Valid_bit | std::uint64_t{next} << 49 | ITT >> 8 << 5 | (EventID_bits - 1);
}
std::uint64_t ITE(std::uint32_t next, std::uint32_t INTID, std::uint32_t ICID) {
    return std::uint64_t{next} << 48 | std::uint64_t{INTID} << 16 | ICID;
}
std::uint64_t CTE(std::uint64_t RDbase, std::uint32_t ICID) { return Valid_bit | RDbase << 16 | ICID; }
std::uint64_t level_1_entry(virt::Gpa level_2) { return Valid_bit | level_2; }

LpiMachine::LpiMachine(std::vector<std::uint32_t> vcpus)
    : machine(Bricks{.vcpus = std::move(vcpus), .its = 1}), lpis(machine), its(machine, 0) {
    must(machine.set_gicd(GICD_CTLR, GICD_CTLR_EnableGrp1));
    for (std::uint32_t intid = Lpis::first; intid < Lpis::first + 64; ++intid)
        lpis.configure(intid);
    its.enable();
    for (unsigned vcpu = 0; vcpu < machine.vcpus(); ++vcpu) {
        must(machine.set_icc(vcpu, ICC_PMR_EL1, 0xFF));
        must(machine.set_icc(vcpu, ICC_IGRPEN1_EL1, 1));
        lpis.enable(vcpu);
        its.run({MAPC(vcpu, machine.rdbase(vcpu))});
    }
}

virt::Gpa LpiMachine::map_device(std::uint32_t DeviceID, unsigned EventID_bits) {
    const virt::Gpa ITT = its.ITT(EventID_bits);
    its.run({MAPD(DeviceID, EventID_bits, ITT)});
    return ITT;
}

bool LpiMachine::latched(unsigned vcpu, std::uint32_t INTID) {
    lpis.set_pending(vcpu, INTID, false); // of an LPI that does not exist nothing is written
    must(machine.save_pending_tables());
    return lpis.pending(vcpu, INTID);
}

bool LpiMachine::cached(std::uint32_t EventID) {
    auto msi = its.msi(0, EventID);
    msi.device.reset();
    const auto delivered = machine.vm().signal(msi);
    if (!delivered && delivered.error().code != EINVAL)
        ADD_FAILURE() << delivered.error().sentence();
    return delivered.value_or(false);
}

} // namespace conformance

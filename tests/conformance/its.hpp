// SPDX-License-Identifier: Apache-2.0
// The guest's side of an ITS: tables in guest RAM, commands by the manual's names. Source: Arm IHI 0069, 5.3, 12.19.
#pragma once

#include "tests/conformance/machine.hpp"
#include "tests/conformance/puppet.hpp"
#include "virt/ids.hpp"

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace conformance {

/// A command of 32 bytes.
struct ItsCommand {
    std::array<std::uint64_t, 4> words{};
};

enum class Valid : std::uint64_t { no = 0, yes = 1 };

/// `EventID_bits`: 1..32; MAPD's Size field is one less.
[[nodiscard]] ItsCommand MAPD(std::uint32_t DeviceID, unsigned EventID_bits, virt::Gpa ITT, Valid valid = Valid::yes);
/// `RDbase`: Machine::rdbase.
[[nodiscard]] ItsCommand MAPC(std::uint32_t ICID, std::uint64_t RDbase, Valid valid = Valid::yes);
[[nodiscard]] ItsCommand MAPTI(std::uint32_t DeviceID, std::uint32_t EventID, std::uint32_t INTID, std::uint32_t ICID);
[[nodiscard]] ItsCommand MAPI(std::uint32_t DeviceID, std::uint32_t EventID, std::uint32_t ICID);
[[nodiscard]] ItsCommand MOVI(std::uint32_t DeviceID, std::uint32_t EventID, std::uint32_t ICID);
[[nodiscard]] ItsCommand DISCARD(std::uint32_t DeviceID, std::uint32_t EventID);
[[nodiscard]] ItsCommand INT(std::uint32_t DeviceID, std::uint32_t EventID);
[[nodiscard]] ItsCommand CLEAR(std::uint32_t DeviceID, std::uint32_t EventID);
[[nodiscard]] ItsCommand INV(std::uint32_t DeviceID, std::uint32_t EventID);
[[nodiscard]] ItsCommand INVALL(std::uint32_t ICID);
[[nodiscard]] ItsCommand MOVALL(std::uint64_t RDbase1, std::uint64_t RDbase2);
[[nodiscard]] ItsCommand SYNC(std::uint64_t RDbase);
/// Anything else: `RAW({words})`.
[[nodiscard]] inline ItsCommand RAW(std::array<std::uint64_t, 4> words) { return {words}; }

/// LPI tables of a machine: one configuration table, a pending table for each vCPU.
class Lpis {
public:
    static constexpr std::uint32_t first = 8192;
    static constexpr unsigned ID_bits = 16;

    /// Takes the memory; every LPI is disabled. `enable` tells the redistributors.
    explicit Lpis(Machine& machine);

    /// GICR_PROPBASER, GICR_PENDBASER, GICR_CTLR.EnableLPIs from outside (attributes).
    void enable(unsigned vcpu);
    /// The same as commands of that vCPU's guest, at layout's redistributors.
    [[nodiscard]] List enable_from_guest(unsigned vcpu) const;

    /// Configuration byte: priority (bits 7:2), enable (bit 0). KVM looks when told to (MAPTI, INV, ...).
    void configure(std::uint32_t intid, std::uint8_t byte = 0xA1);
    [[nodiscard]] std::uint8_t configuration(std::uint32_t intid) const;
    /// The bit in the pending table of a vCPU.
    [[nodiscard]] bool pending(unsigned vcpu, std::uint32_t intid) const;
    void set_pending(unsigned vcpu, std::uint32_t intid, bool pending);

    [[nodiscard]] virt::Gpa configuration_table() const { return configuration_; }
    [[nodiscard]] virt::Gpa pending_table(unsigned vcpu) const { return pending_.at(vcpu); }
    /// As the guest would write them: addresses, 16 bits, inner write-back, inner shareable.
    [[nodiscard]] std::uint64_t PROPBASER() const;
    [[nodiscard]] std::uint64_t PENDBASER(unsigned vcpu) const;

private:
    Machine& machine_;
    virt::Gpa configuration_;
    std::vector<virt::Gpa> pending_; ///< by creation index
};

/// A driver of one ITS at layout's address. Registers are reached by attributes, or by a puppet if there is one.
class Its {
public:
    static constexpr std::uint64_t queue_size = 0x1'0000;
    static constexpr std::uint64_t table_size = 0x1'0000; ///< device and collection table each: flat, one page

    /// Takes the memory.
    Its(Machine& machine, unsigned number, Puppet* puppet = nullptr);

    /// Other tables than the flat ones of one page, for `enable`.
    void set_BASER0(std::uint64_t value) { BASER0_ = value; }
    void set_BASER1(std::uint64_t value) { BASER1_ = value; }

    /// GITS_BASER0, GITS_BASER1, GITS_CBASER, GITS_CTLR.Enabled.
    void enable();
    void disable();

    /// Queues, writes GITS_CWRITER, and expects GITS_CREADR to have followed.
    void run(std::initializer_list<ItsCommand> commands);
    /// Queues and writes GITS_CWRITER, and that is all.
    void queue(std::initializer_list<ItsCommand> commands);

    /// An interrupt translation table for so many events, zeroed.
    [[nodiscard]] virt::Gpa ITT(unsigned EventID_bits);

    [[nodiscard]] std::uint64_t read(std::uint64_t offset);
    void write(std::uint64_t offset, std::uint64_t value);
    [[nodiscard]] std::uint64_t CREADR() { return read(0x0090); }

    [[nodiscard]] virt::Gpa queue_base() const { return queue_; }
    [[nodiscard]] virt::Gpa device_table() const { return devices_; }
    [[nodiscard]] virt::Gpa collection_table() const { return collections_; }
    /// As `enable` writes them.
    [[nodiscard]] std::uint64_t CBASER() const;
    [[nodiscard]] std::uint64_t BASER0() const { return BASER0_; }
    [[nodiscard]] std::uint64_t BASER1() const { return BASER1_; }

    /// The ITS was restored: its queue goes on where GITS_CWRITER is.
    void adopt() { tail_ = read(0x0088); }

    /// What a device writes, for Vm::signal and MSI routes.
    [[nodiscard]] virt::Msi msi(std::uint32_t DeviceID, std::uint32_t EventID) const;

private:
    Machine& machine_;
    unsigned number_;
    Puppet* puppet_;
    virt::Gpa queue_;
    virt::Gpa devices_;
    virt::Gpa collections_;
    std::uint64_t BASER0_;
    std::uint64_t BASER1_;
    std::uint64_t tail_ = 0; ///< GITS_CWRITER
};

// Fields of GITS_BASER and GITS_CBASER.
inline constexpr std::uint64_t GITS_BASER_Valid = std::uint64_t{1} << 63, GITS_BASER_Indirect = std::uint64_t{1} << 62;
/// Valid, write-back, inner shareable, so many pages of 64 KiB at `base`, which has 48 bits.
[[nodiscard]] std::uint64_t baser(virt::Gpa base, unsigned pages);

// Entries of guest tables as KVM saves them. Source: Documentation/virt/kvm/devices/arm-vgic-its.rst, ABI revision 0.
[[nodiscard]] std::uint64_t DTE(std::uint32_t next, virt::Gpa ITT, unsigned EventID_bits);
[[nodiscard]] std::uint64_t ITE(std::uint32_t next, std::uint32_t INTID, std::uint32_t ICID);
/// `RDbase`: Machine::rdbase, or `unmapped`.
[[nodiscard]] std::uint64_t CTE(std::uint64_t RDbase, std::uint32_t ICID);
inline constexpr std::uint64_t unmapped = 0xFFFF'FFFF;
/// Of a two-level device table: a page of 8192 entries.
[[nodiscard]] std::uint64_t level_1_entry(virt::Gpa level_2);
inline constexpr std::uint32_t entries_per_page = 8192;

/// What most tests of an ITS begin with: every vCPU takes LPIs, LPIs 8192..8255 are enabled, ITS 0 is driven from
/// outside, and collection n is vCPU n. No device is mapped.
class LpiMachine {
public:
    explicit LpiMachine(std::vector<std::uint32_t> vcpus = {0});

    Machine machine;
    Lpis lpis;
    Its its;

    /// A guest that takes interrupts.
    [[nodiscard]] Puppet& guest(unsigned vcpu = 0) { return machine.puppet(vcpu); }
    /// MAPD with a new translation table, whose address it answers.
    virt::Gpa map_device(std::uint32_t DeviceID, unsigned EventID_bits = 4);
    /// KVM_SIGNAL_MSI at ITS 0.
    virt::expected<bool> signal(std::uint32_t DeviceID, std::uint32_t EventID) {
        return machine.vm().signal(its.msi(DeviceID, EventID));
    }
    /// The same, where it may not fail: false is an event that is not mapped.
    bool delivers(std::uint32_t DeviceID, std::uint32_t EventID) { return must(signal(DeviceID, EventID)); }
    /// Whether the LPI exists and is pending, and for that vCPU: as KVM saves it. Clears and sets table bits.
    [[nodiscard]] bool latched(unsigned vcpu, std::uint32_t INTID);
    /// Whether the translation of (0, EventID) is cached: then KVM does not look whether an MSI has a DeviceID. Makes
    /// the LPI pending.
    [[nodiscard]] bool cached(std::uint32_t EventID);
};

} // namespace conformance

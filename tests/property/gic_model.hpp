// SPDX-License-Identifier: Apache-2.0
// What a GICv3 with LPIs and ITSs does, as simply as it can be said. Source: Arm IHI 0069; arch/arm64/kvm/vgic.
//
// It shares no code with what it judges. Everything that could be computed is computed anew for each question, by loops
// over all interrupts; the only state is what the manual or KVM keep. One thread.
#pragma once

#include "tests/property/layout.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace property {

/// Where implementations may differ.
struct Rules {
    /// ICC_DIR_EL1 ends an SPI that another vCPU acknowledged (Arm IHI 0069, 12.2.9); in KVM it does nothing.
    bool DIR_reaches_other_vcpus = true;
    /// The latch of a level-sensitive interrupt goes with its acknowledge; in KVM with its deactivation.
    bool acknowledge_clears_level_latch = true;
    /// An LPI that was acknowledged holds its next one back until it is ended (a list register of KVM's has an active
    /// state for it); else LPIs have none.
    bool LPIs_are_active = false;
    unsigned PRIbits = 5;
    /// ICC_CTLR_EL1 without CBPR and EOImode.
    std::uint64_t ICC_CTLR = 0x8400;
};

/// What a write of a VMM's answers, as errno values have it.
enum class Outcome : std::uint8_t { ok, invalid };

enum class MsiResult : std::uint8_t { delivered, unmapped, busy, invalid };

struct Lines {
    bool irq = false;
    bool fiq = false;
    friend bool operator==(const Lines&, const Lines&) = default;
};

class GicModel {
public:
    static constexpr unsigned none = 1023;

    explicit GicModel(const Rules& rules);

    // The guest. Accesses of 1, 2, 4 or 8 bytes anywhere in the frames.
    [[nodiscard]] std::uint64_t load(unsigned vcpu, std::uint64_t address, unsigned width) const;
    void store(unsigned vcpu, std::uint64_t address, unsigned width, std::uint64_t value);
    /// Registers without a choice; nothing: UNDEFINED. Not ICC_IAR*, ICC_HPPIR*.
    [[nodiscard]] std::optional<std::uint64_t> mrs(unsigned vcpu, std::uint16_t sysreg) const;
    /// False: UNDEFINED.
    bool msr(unsigned vcpu, std::uint16_t sysreg, std::uint64_t value);
    /// Whether an acknowledge of that group may answer `seen`; if so, it does. Of equal priorities any may be first.
    bool acknowledge(unsigned vcpu, unsigned group, std::uint64_t seen);
    [[nodiscard]] bool may_be_highest(unsigned vcpu, unsigned group, std::uint64_t seen) const;
    /// Whether the inputs of the PE may be so.
    [[nodiscard]] bool may_drive(unsigned vcpu, Lines lines) const;

    // Devices.
    void set_spi(std::uint32_t intid, bool level);
    void set_ppi(unsigned vcpu, std::uint32_t intid, bool level);
    MsiResult signal(std::uint64_t address, std::optional<std::uint32_t> DeviceID, std::uint32_t EventID);
    /// SPIs whose deactivation was told since the last call, in order: those of `resampled`, and their line was
    /// lowered.
    [[nodiscard]] std::vector<std::uint32_t> take_deactivated() { return std::exchange(deactivated_, {}); }
    std::set<std::uint32_t> resampled;

    // The VMM: words of GICD and GICR.
    [[nodiscard]] std::uint32_t get_outside(std::uint64_t address) const;
    Outcome set_outside(std::uint64_t address, std::uint32_t value);
    /// KVM_DEV_ARM_VGIC_SAVE_PENDING_TABLES. False: a table is not in RAM.
    bool save_pending_tables();

    // RAM, of which there is nothing beside.
    [[nodiscard]] std::optional<std::uint64_t> read(std::uint64_t address, unsigned width) const;
    bool write(std::uint64_t address, unsigned width, std::uint64_t value);
    [[nodiscard]] const std::vector<std::uint8_t>& ram() const { return ram_; }

    // What a generator may want to know.
    [[nodiscard]] std::vector<std::uint32_t> active_on(unsigned vcpu) const;
    struct Running {
        std::uint32_t INTID;
        unsigned group;
    };
    /// What that vCPU should end next, if anything: what it acknowledged at its running priority.
    [[nodiscard]] std::optional<Running> running_on(unsigned vcpu) const;
    [[nodiscard]] std::uint64_t CWRITER(unsigned its) const { return its_[its].CWRITER; }
    [[nodiscard]] std::uint64_t CREADR(unsigned its) const { return its_[its].CREADR; }
    [[nodiscard]] bool lpis_enabled(unsigned vcpu) const { return cpus_[vcpu].EnableLPIs; }

private:
    static constexpr int nobody = -1;

    /// As in KVM, `list` is the vCPU that knows of it, and only an event puts it there.
    struct Interrupt {
        std::uint32_t intid = 0;
        bool edge = true, group1 = true, enabled = false, latch = false, line = false, active = false;
        std::uint8_t priority = 0;
        std::uint32_t router = 0;
        int target = nobody;
        int list = nobody;
        unsigned references = 0; // of an LPI: the events that are mapped to it

        [[nodiscard]] bool pending() const { return latch || (!edge && line); }
    };
    struct Cpu {
        std::array<Interrupt, 32> interrupts;
        std::uint64_t PMR = 0;
        std::array<unsigned, 2> BPR{2, 3};
        std::array<bool, 2> IGRPEN{};
        std::array<std::uint32_t, 2> AP{};
        std::array<std::uint32_t, 32> acknowledged{}; // at that active priority
        bool CBPR = false, EOImode = false;
        bool EnableLPIs = false;
        std::uint64_t PENDBASER = 0x580;
    };
    struct Event {
        std::uint32_t INTID;
        std::optional<std::uint16_t> ICID; // nothing: its collection was unmapped
    };
    struct Device {
        unsigned EventID_bits;
        std::uint64_t ITT;
        std::map<std::uint32_t, Event> events;
    };
    struct Its {
        bool enabled = false;
        std::uint64_t CBASER = 0, CWRITER = 0, CREADR = 0;
        std::array<std::uint64_t, 2> BASER{0x1907'0000'0000'0600, 0x1C07'0000'0000'0600};
        std::map<std::uint32_t, Device> devices;
        std::map<std::uint16_t, int> collections; // the vCPU, or nobody: known and not mapped
        std::set<std::pair<std::uint32_t, std::uint32_t>> cached;
    };
    struct Command;

    // Interrupts.
    template <class Self, class Visit>
    static void each(Self& self, Visit visit); // all there are, in the order of INTIDs
    [[nodiscard]] const Interrupt* find(unsigned vcpu, std::uint64_t intid) const;
    [[nodiscard]] Interrupt* find(unsigned vcpu, std::uint64_t intid) {
        return const_cast<Interrupt*>(std::as_const(*this).find(vcpu, intid));
    }
    [[nodiscard]] int where(const Interrupt& one) const;
    void event(Interrupt& one) const;
    void settle();
    static void input(GicModel& self, Interrupt& one, bool level);

    // CPU interface.
    struct Best {
        unsigned priority = 256;
        std::vector<const Interrupt*> equals;
    };
    [[nodiscard]] Best best(unsigned vcpu) const;
    [[nodiscard]] unsigned preemption(const Cpu& cpu, unsigned priority, unsigned group) const;
    [[nodiscard]] unsigned running(const Cpu& cpu) const;
    [[nodiscard]] bool passes(const Cpu& cpu, const Interrupt& one) const;
    void end(unsigned vcpu, std::uint64_t intid, unsigned group);
    void deactivate(Interrupt& one);
    void send_sgi(unsigned vcpu, std::uint64_t value, bool group1_too);

    // Registers: words at offsets that are multiples of 4; which widths reach them.
    [[nodiscard]] static unsigned widths(std::uint64_t address);
    [[nodiscard]] std::uint32_t word(std::uint64_t address, bool outside) const;
    [[nodiscard]] std::uint32_t array_word(unsigned vcpu, std::uint64_t array, std::uint32_t first, bool outside) const;
    void set_word(std::uint64_t address, std::uint64_t value, unsigned width, bool outside);
    void set_array(unsigned vcpu, std::uint64_t array, std::uint32_t first, unsigned width, std::uint64_t value,
                   bool outside);
    void set_GICR(unsigned vcpu, std::uint64_t offset, unsigned width, std::uint64_t value);
    [[nodiscard]] std::uint64_t GITS(const Its& its, std::uint64_t offset) const;
    void set_GITS(Its& its, std::uint64_t offset, unsigned width, std::uint64_t value);

    // LPIs.
    bool configure(Interrupt& lpi);
    [[nodiscard]] std::uint64_t pending_byte(const Interrupt& lpi) const;
    Interrupt* map_lpi(std::uint32_t intid, int target);
    void unmap_lpi(std::uint32_t intid);
    void set_EnableLPIs(unsigned vcpu, bool enable);

    // The ITS.
    [[nodiscard]] std::optional<std::uint64_t> entry(std::uint64_t BASER, bool devices, std::uint32_t id) const;
    [[nodiscard]] static int vcpu_of(std::uint64_t RDbase);
    [[nodiscard]] static int collection(const Its& its, std::optional<std::uint16_t> ICID);
    [[nodiscard]] Event* find(Its& its, std::uint32_t DeviceID, std::uint32_t EventID);
    void free_device(Its& its, std::uint32_t DeviceID);
    void free_collection(Its& its, std::uint16_t ICID);
    MsiResult trigger(Its& its, std::uint32_t DeviceID, std::uint32_t EventID);
    void process(Its& its);
    void execute(Its& its, const Command& command);
    void map_device(Its& its, const Command& command);
    void map_collection(Its& its, const Command& command);
    void map_event(Its& its, const Command& command, std::uint32_t INTID);

    Rules rules_;
    std::array<Cpu, vcpus> cpus_;
    std::vector<Interrupt> spis_;
    std::map<std::uint32_t, Interrupt> lpis_;
    std::array<Its, itss> its_;
    bool EnableGrp1_ = false;
    std::uint32_t revision_ = 3;
    std::uint64_t PROPBASER_ = 0x580;
    std::vector<std::uint8_t> ram_;
    std::vector<std::uint32_t> deactivated_;
};

} // namespace property

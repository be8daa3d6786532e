// SPDX-License-Identifier: Apache-2.0
// The guest, as a test plays it: lists of commands go in, results come out.
#pragma once

#include "tests/conformance/command.hpp"
#include "virt/exit.hpp"
#include "virt/expected.hpp"
#include "virt/ids.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace conformance {

struct Outcome {
    std::uint64_t value = 0; ///< what a load, MRS or call read; of TAKE and WINDOW the number of interrupts taken
    std::uint64_t esr = 0;   ///< ESR_EL1 of the exception that the command took instead of being executed, or 0
    bool done = false;
    std::array<std::uint64_t, 3> more{}; ///< x1..x3 after HVC, SMC

    /// ESR_EL1.EC; 0 is what an UNDEFINED instruction has too, so look at `undefined()`.
    [[nodiscard]] unsigned exception_class() const { return static_cast<unsigned>(esr >> 26 & 0x3F); }
    [[nodiscard]] bool undefined() const { return esr != 0 && exception_class() == 0; }
};

/// An interrupt as its handler saw it, or a marker.
struct Record {
    enum class Kind : std::uint32_t { irq = RECORD_IRQ, fiq = RECORD_FIQ, marker = RECORD_MARKER };
    std::uint32_t value; ///< INTID read from ICC_IAR1_EL1 (FIQ: ICC_IAR0_EL1), or the marker
    Kind kind = Kind::irq;

    friend bool operator==(const Record&, const Record&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Record& record);
};

struct Result {
    std::vector<Outcome> outcomes; ///< one for each command
    std::vector<Record> records;   ///< of this list, oldest first
    std::vector<virt::Exit> exits; ///< beside the puppet's own
    unsigned interruptions = 0;    ///< returns of `Vcpu::run` for no exit of the guest's; the puppet went on
    bool finished = false;         ///< false: a system event or an error of `Vcpu::run` ended it
    std::optional<virt::Error> error; ///< of `Vcpu::run`

    [[nodiscard]] const Outcome& operator[](std::size_t command) const { return outcomes.at(command); }
    [[nodiscard]] const Outcome& last() const { return outcomes.back(); }
    /// INTIDs of `records`, markers left out.
    [[nodiscard]] std::vector<std::uint32_t> interrupts() const;
    [[nodiscard]] std::vector<virt::exit::MmioWrite> stores() const { return exits_of<virt::exit::MmioWrite>(); }
    [[nodiscard]] std::vector<virt::exit::MmioRead> loads() const { return exits_of<virt::exit::MmioRead>(); }
    template <class Kind>
    [[nodiscard]] std::vector<Kind> exits_of() const {
        std::vector<Kind> found;
        for (const auto& exit : exits)
            if (const auto* const kind = std::get_if<Kind>(&exit))
                found.push_back(*kind);
        return found;
    }
};

enum class Handler : std::uint32_t {
    acknowledge = HANDLER_ACKNOWLEDGE, ///< the interrupt stays active
    eoi = HANDLER_EOI,                 ///< and EOIR
    eoi_dir = HANDLER_EOI_DIR,         ///< and EOIR, DIR: for EOImode 1
};

/// One player. Between lists its vCPU is outside the guest, so device attributes can be used and state can be saved;
/// calls on the vCPU itself are the test's then, too. All calls from the test's thread.
class Puppet {
public:
    Puppet() = default;
    Puppet(const Puppet&) = delete;
    Puppet& operator=(const Puppet&) = delete;
    virtual ~Puppet() = default;

    /// Begins a list in the background. At most MAILBOX_COMMANDS_LIMIT commands.
    virtual void start(const List& list) = 0;
    /// Its end. A list that hangs fails the test, with the command that it hangs in; so does an error of `Vcpu::run`,
    /// unless `expect_error` came before.
    virtual Result wait() = 0;
    /// Whether a list is under way (it may be waiting for an interrupt).
    [[nodiscard]] virtual bool running() const = 0;

    /// What the interrupt handlers do after the acknowledge; `eoi` at first. While no list runs.
    virtual void set_handler(Handler handler) = 0;
    /// Called between acknowledge and EOI, in the vCPU's thread and outside the guest; null: not.
    virtual void on_interrupt(std::function<void(std::uint32_t intid)> function) = 0;
    /// Answers loads from addresses without memory; 0 at first.
    virtual void set_load_value(std::uint64_t value) = 0;
    /// The next list ends with an error of `Vcpu::run`, which the test looks at.
    virtual void expect_error() = 0;
    /// The next list begins at the image's entry again: after the vCPU was initialised again, or turned off.
    virtual void restart() = 0;
    /// The vCPU's registers and RAM were restored from those of an idle puppet: the next list goes on from there.
    virtual void adopt() = 0;

    Result run(const List& list) {
        start(list);
        return wait();
    }

    // One command. An exception in its place fails the test; use `run` where one is expected.
    std::uint64_t one(const Command& command);
    std::uint64_t load8(virt::Gpa address) { return one(conformance::load8(address)); }
    std::uint64_t load16(virt::Gpa address) { return one(conformance::load16(address)); }
    std::uint64_t load32(virt::Gpa address) { return one(conformance::load32(address)); }
    std::uint64_t load64(virt::Gpa address) { return one(conformance::load64(address)); }
    void store8(virt::Gpa address, std::uint64_t value) { one(conformance::store8(address, value)); }
    void store16(virt::Gpa address, std::uint64_t value) { one(conformance::store16(address, value)); }
    void store32(virt::Gpa address, std::uint64_t value) { one(conformance::store32(address, value)); }
    void store64(virt::Gpa address, std::uint64_t value) { one(conformance::store64(address, value)); }
    std::uint64_t mrs(const Sysreg& sysreg) { return one(conformance::mrs(sysreg)); }
    void msr(const Sysreg& sysreg, std::uint64_t value) { one(conformance::msr(sysreg, value)); }
    /// INTIDs that the handler saw until `n` were taken.
    std::vector<std::uint32_t> take(std::uint32_t n = 1) { return run(conformance::take(n)).interrupts(); }
    /// INTIDs that arrive at once; for "nothing does", mostly.
    std::vector<std::uint32_t> poll() { return run(conformance::window()).interrupts(); }
};

} // namespace conformance

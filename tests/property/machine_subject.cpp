// SPDX-License-Identifier: Apache-2.0
#include "tests/property/machine_subject.hpp"

#include "tests/conformance/event.hpp"
#include "tests/conformance/irqfd.hpp"
#include "tests/conformance/machine.hpp"
#include "tests/conformance/provider.hpp"
#include "tests/conformance/sysreg.hpp"
#include "tests/property/layout.hpp"
#include "tests/property/sysregs.hpp"

#include <array>
#include <cerrno>
#include <map>
#include <span>
#include <stdexcept>
#include <utility>

namespace property {
namespace {

using conformance::must;

static_assert(GICD == conformance::layout::GICD && GICR == conformance::layout::GICR &&
              ITS == conformance::layout::ITS && ITS_size == conformance::layout::ITS_size &&
              nowhere >= conformance::layout::nowhere &&
              RAM_end == conformance::layout::RAM + conformance::layout::RAM_size);

const conformance::Sysreg& sysreg_of(std::uint16_t encoding) {
    static const conformance::Sysreg all[] = {
#define ITSY_ROW(name, ...) conformance::name,
        PUPPET_SYSREGS(ITSY_ROW)
#undef ITSY_ROW
    };
    for (const auto& one : all)
        if (one.encoding == encoding)
            return one;
    throw std::out_of_range("a system register that the puppet does not know");
}

conformance::Command load_of(std::uint64_t address, unsigned width) {
    switch (width) {
    case 1: return conformance::load8(address);
    case 2: return conformance::load16(address);
    case 4: return conformance::load32(address);
    default: return conformance::load64(address);
    }
}

conformance::Command store_of(std::uint64_t address, unsigned width, std::uint64_t value) {
    switch (width) {
    case 1: return conformance::store8(address, value);
    case 2: return conformance::store16(address, value);
    case 4: return conformance::store32(address, value);
    default: return conformance::store64(address, value);
    }
}

class MachineSubject final : public Subject {
public:
    MachineSubject() {
        for (std::uint32_t spi = 32; spi < interrupts; ++spi)
            if (is_resampled(spi)) {
                auto& events = irqfds_[spi];
                must(machine_.vm().assign({events.trigger.fd(), conformance::gsi_of(spi), events.resample.fd()}));
            }
    }

    Rules rules() const override {
        const bool list_registers = conformance::provider().has_list_registers();
        return {.DIR_reaches_other_vcpus = !list_registers,
                .acknowledge_clears_level_latch = !list_registers,
                .LPIs_are_active = list_registers,
                .ICC_CTLR = ICC_CTLR_};
    }
    std::uint64_t load(unsigned vcpu, std::uint64_t address, unsigned width) override {
        return run(vcpu, load_of(address, width));
    }
    void store(unsigned vcpu, std::uint64_t address, unsigned width, std::uint64_t value) override {
        later(vcpu, store_of(address, width, value));
    }
    std::optional<std::uint64_t> mrs(unsigned vcpu, std::uint16_t sysreg) override {
        return run(vcpu, conformance::mrs(sysreg_of(sysreg)));
    }
    bool msr(unsigned vcpu, std::uint16_t sysreg, std::uint64_t value) override {
        later(vcpu, conformance::msr(sysreg_of(sysreg), value));
        return true;
    }
    void set_spi(std::uint32_t intid, bool level) override {
        flush();
        must(machine_.set_spi(intid, level));
    }
    void set_ppi(unsigned vcpu, std::uint32_t intid, bool level) override {
        flush();
        const bool by_id = conformance::facts().irq_line_names_vcpu_id;
        must(machine_.set_ppi(intid, by_id ? vcpu_ids[vcpu] : vcpu, level));
    }
    MsiResult signal(std::uint64_t address, std::optional<std::uint32_t> DeviceID, std::uint32_t EventID) override {
        flush();
        const auto device = DeviceID ? std::optional(virt::DeviceId{*DeviceID}) : std::nullopt;
        const auto done = machine_.vm().signal({.address = address, .data = EventID, .device = device});
        if (done)
            return *done ? MsiResult::delivered : MsiResult::unmapped;
        return done.error().code == EBUSY ? MsiResult::busy : MsiResult::invalid;
    }
    std::uint32_t get_outside(std::uint64_t address) override {
        flush();
        return must(address < ITS ? machine_.gicd(address - GICD) : machine_.gicr(whose(address), offset(address)));
    }
    Outcome set_outside(std::uint64_t address, std::uint32_t value) override {
        flush();
        const auto done = address < ITS ? machine_.set_gicd(address - GICD, value)
                                        : machine_.set_gicr(whose(address), offset(address), value);
        return done ? Outcome::ok : Outcome::invalid;
    }
    bool save_pending_tables() override {
        flush();
        return static_cast<bool>(machine_.save_pending_tables());
    }
    void write(std::uint64_t address, unsigned width, std::uint64_t value) override {
        if (address < queue(0) || address >= queue(itss)) // nobody looks there before he is told to
            flush();
        if (!machine_.memory().write(address, std::as_bytes(std::span(&value, 1)).first(width)))
            throw std::out_of_range("no guest RAM at that address");
    }
    std::span<const std::uint8_t> ram() override {
        flush();
        const auto* const bytes = machine_.memory().host() + (RAM - machine_.memory().base());
        return {reinterpret_cast<const std::uint8_t*>(bytes), RAM_size};
    }
    // What leaves a vCPU's list leaves it when that vCPU exits; only then the next one sees it.
    Lines lines(unsigned vcpu) override {
        if (vcpu == 0)
            for (unsigned n = 0; n < vcpus; ++n)
                static_cast<void>(run(n, conformance::mrs(conformance::ISR_EL1)));
        const auto ISR = run(vcpu, conformance::mrs(conformance::ISR_EL1));
        return {(ISR >> 7 & 1) != 0, (ISR >> 6 & 1) != 0};
    }
    std::vector<std::uint32_t> take_deactivated() override {
        flush();
        std::vector<std::uint32_t> found;
        for (auto& [spi, events] : irqfds_)
            found.insert(found.end(), conformance::count(machine_, events.resample), spi);
        return found;
    }

private:
    struct Irqfd {
        conformance::Event trigger, resample;
    };

    /// What answers nothing waits, for lists take time to begin and to end.
    void later(unsigned vcpu, const conformance::Command& command) {
        if (vcpu != waiting_for_ || waiting_.size() == 128)
            flush();
        waiting_for_ = vcpu;
        waiting_ += command;
    }
    /// The last one's value.
    std::uint64_t flush() {
        if (waiting_.size() == 0)
            return 0;
        const auto result = machine_.puppet(waiting_for_).run(std::exchange(waiting_, {}));
        for (const auto& outcome : result.outcomes)
            if (outcome.esr != 0)
                throw std::runtime_error("a command ends with an exception");
        return result.last().value;
    }
    std::uint64_t run(unsigned vcpu, const conformance::Command& command) {
        later(vcpu, command);
        return flush();
    }

    static unsigned whose(std::uint64_t address) { return static_cast<unsigned>((address - GICR) / GICR_size); }
    static std::uint64_t offset(std::uint64_t address) { return (address - GICR) % GICR_size; }

    std::map<std::uint32_t, Irqfd> irqfds_; // before the machine that holds them
    conformance::Machine machine_{
        conformance::Bricks{.vcpus = {vcpu_ids.begin(), vcpu_ids.end()}, .its = itss, .interrupts = interrupts}};
    conformance::List waiting_;
    unsigned waiting_for_ = 0;
    const std::uint64_t ICC_CTLR_ = machine_.puppet().mrs(conformance::ICC_CTLR_EL1);
};

} // namespace

std::unique_ptr<Subject> make_machine_subject() { return std::make_unique<MachineSubject>(); }

} // namespace property

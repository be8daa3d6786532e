// SPDX-License-Identifier: Apache-2.0
#include "arch-arm64/gic/gic.hpp"

#include "arch-arm64/gic/icc_registers.hpp"
#include "virt/assert.hpp"

#include <algorithm>
#include <utility>

namespace arm64::gic {
namespace {

using Queueing = Redistributor::Queueing;

constexpr std::uint64_t SRE = 7; // ICC_SRE_EL1.{DIB, DFB, SRE}: always on

std::uint64_t intid_in(std::uint64_t value) { return value & 0xFF'FFFF; }

/// n of ICC_AP<group>R<n>_EL1.
std::optional<unsigned> active_priorities(SysregId id, SysregId first) {
    const auto n = static_cast<unsigned>(id.value - first.value);
    return id.value >= first.value && n < 4 ? std::optional(n) : std::nullopt;
}

} // namespace

Gic::Gic(CpuSide& cpus, const virt::SlotMemory& memory, const Implementation& implementation)
    : memory_(memory),
      implementation_(implementation),
      cpus_(cpus),
      nowhere_(implementation),
      lpis_(memory, nowhere_) {}

Gic::~Gic() { delete itss_.load(); }

Redistributor& Gic::prepare_vcpu(virt::VcpuId id, std::uint32_t affinity) {
    const VcpuIndex index{vcpus()};
    VIRT_ASSERT(!initialised() && index.value < most_vcpus, "a GIC's vCPUs are fixed once it is initialised");
    auto& prepared = redistributors_[index.value];
    prepared = std::make_unique<Redistributor>(cpus_, index, id, affinity, implementation_);
    return *prepared;
}

void Gic::reveal_vcpu() { vcpus_.store(vcpus() + 1, std::memory_order_release); }

Redistributor& Gic::add_vcpu(virt::VcpuId id, std::uint32_t affinity) {
    auto& added = prepare_vcpu(id, affinity);
    reveal_vcpu();
    return added;
}

void Gic::init(std::uint32_t interrupts) {
    VIRT_ASSERT(!initialised(), "a GIC is initialised once");
    interrupts_ = interrupts;
    spis_ = std::make_unique<Interrupt[]>(interrupts - first_spi);
    auto* const first = vcpus() == 0 ? &nowhere_ : redistributors_.front().get();
    for (std::uint32_t n = 0; n < interrupts - first_spi; ++n) {
        spis_[n].intid = Intid{first_spi + n};
        spis_[n].target = first;
        spis_[n].holder = first;
    }
    initialised_.store(true, std::memory_order_release);
}

Redistributor* Gic::by_affinity(std::uint32_t affinity) {
    const auto vcpus = all();
    const auto found = std::ranges::find(vcpus, affinity, [](const auto& one) { return one->affinity(); });
    return found == vcpus.end() ? nullptr : found->get();
}

Redistributor* Gic::by_id(virt::VcpuId id) {
    const auto vcpus = all();
    const auto found = std::ranges::find(vcpus, id, [](const auto& one) { return one->id(); });
    return found == vcpus.end() ? nullptr : found->get();
}

Interrupt* Gic::spi(Intid intid) {
    return intid.value >= first_spi && intid.value < interrupts_ ? &spis_[intid.value - first_spi] : nullptr;
}

Interrupt* Gic::find(VcpuIndex vcpu, Intid intid) {
    if (intid.value < first_spi)
        return &redistributor(vcpu).private_interrupt(intid.value);
    return intid.value >= first_lpi ? lpis_.find(intid) : spi(intid);
}

namespace {

Queueing rise(Interrupt& found) {
    if (found.source != nullptr)
        return Queueing::kept;
    if (found.trigger == Trigger::edge) {
        found.latch = true;
        return Queueing::event;
    }
    return std::exchange(found.line, true) ? Queueing::kept : Queueing::event;
}

Queueing fall(Interrupt& found) {
    const bool falls = found.source == nullptr && found.trigger == Trigger::level && std::exchange(found.line, false);
    return falls ? Queueing::event : Queueing::kept;
}

} // namespace

void Gic::raise(Interrupt& one) {
    Redistributor::update(one, [](Interrupt& found) { return found.claimed ? Queueing::kept : rise(found); });
}

void Gic::lower(Interrupt& one) {
    Redistributor::update(one, [](Interrupt& found) { return found.claimed ? Queueing::kept : fall(found); });
}

bool Gic::claim(Interrupt& one) {
    bool free = false;
    Redistributor::update(one, [&](Interrupt& found) {
        free = found.source == nullptr && !found.claimed;
        found.claimed |= free;
        return Queueing::kept;
    });
    return free;
}

bool Gic::unclaimed(Interrupt& one) {
    return Redistributor::inspect(one,
                                  [](const Interrupt& found) { return found.source == nullptr && !found.claimed; });
}

void Gic::drive(Interrupt& one, CpuSide::Level level) {
    Redistributor::update(
        one, [level](Interrupt& found) { return level == CpuSide::Level::high ? rise(found) : fall(found); });
}

void Gic::set_forwarding(bool forwarding) {
    const virt::Lock lock(forwarding_lock_);
    forwarding_.store(forwarding);
    for (const auto& one : all())
        one->set_forwarding(forwarding);
}

namespace {

// While it is active the host's active state stands for the line, so only a fall counts.
void sample_source(Interrupt& found) {
    const bool high = found.source->level();
    found.line = high && (found.line || !found.active);
    if (found.line && found.trigger == Trigger::edge) // as the guest would have it, against the wiring
        found.latch = true;
}

} // namespace

bool Gic::map(Interrupt& one, PhysicalIrq& source) {
    bool free = false;
    Redistributor::update(one, [&](Interrupt& found) {
        free = found.source == nullptr && !found.claimed;
        if (!free)
            return;
        found.source = &source;
        found.line = false;
        sample_source(found);
    });
    return free;
}

void Gic::sample(Interrupt& one) {
    Redistributor::update(one, [](Interrupt& found) {
        if (found.source == nullptr)
            return Queueing::kept;
        const bool was_high = found.line;
        sample_source(found);
        return found.line != was_high || found.latch ? Queueing::event : Queueing::kept;
    });
}

void Gic::unmap(Interrupt& one) {
    PhysicalIrq* source = nullptr;
    Redistributor::update(one, [&](Interrupt& found) {
        source = std::exchange(found.source, nullptr);
        found.line = false;
        found.latch = false;
    });
    sources_.wait();
    if (source != nullptr)
        source->set_active(false);
}

void Gic::set_source_active(Interrupt& one, bool active) {
    with_source(one, [active](PhysicalIrq& source) { source.set_active(active); });
}

void Gic::add(Translator& its) {
    const std::scoped_lock lock(adding_);
    auto grown = std::make_unique<Itss>(*itss_.load());
    grown->push_back(&its);
    old_itss_.emplace_back(itss_.exchange(grown.release()));
}

void Gic::forget_translations() {
    for (auto* const its : *itss_.load())
        its->forget_translations();
}

void Gic::raise(virt::Pin pin) {
    if (auto* const one = spi(intid_of(pin)))
        raise(*one);
}

void Gic::lower(virt::Pin pin) {
    if (auto* const one = spi(intid_of(pin)))
        lower(*one);
}

virt::MsiOutcome Gic::signal(const virt::Msi& msi) {
    if (auto* const its = its_at(msi.address))
        return its->signal(msi.device, EventId{msi.data});
    return has_its() ? virt::MsiOutcome::no_doorbell : virt::MsiOutcome::no_msis;
}

std::optional<virt::TranslatedMsi> Gic::translate(const virt::Msi& msi) {
    auto* const its = its_at(msi.address);
    if (its == nullptr)
        return std::nullopt;
    const auto seen = its->generation().load(std::memory_order_acquire);
    auto* const lpi = its->translate(msi.device, EventId{msi.data});
    if (lpi == nullptr)
        return std::nullopt;
    return virt::TranslatedMsi{.target = lpi, .generation = &its->generation(), .seen = seen};
}

Translator* Gic::its_at(virt::Gpa doorbell) const {
    for (auto* const its : *itss_.load(std::memory_order_acquire))
        if (its->answers(doorbell))
            return its;
    return nullptr;
}

void Gic::timer_level(VcpuIndex vcpu, Intid ppi, CpuSide::Level level) {
    auto& one = redistributor(vcpu).private_interrupt(ppi.value);
    level == CpuSide::Level::high ? raise(one) : lower(one);
}

std::optional<std::uint64_t> Gic::read_sysreg(VcpuIndex vcpu, SysregId id) {
    auto& self = redistributor(vcpu);
    if (id == ICC_IAR1_EL1)
        return self.acknowledge(Group::group1);
    if (id == ICC_IAR0_EL1)
        return self.acknowledge(Group::group0);
    if (id == ICC_HPPIR1_EL1)
        return self.highest_pending(Group::group1);
    if (id == ICC_HPPIR0_EL1)
        return self.highest_pending(Group::group0);
    if (id == ICC_RPR_EL1)
        return self.with_cpu_interface([](const CpuInterface& cpu) { return cpu.running_priority(); });
    return save_sysreg(vcpu, id);
}

bool Gic::write_sysreg(VcpuIndex vcpu, SysregId id, std::uint64_t value) {
    if (id == ICC_EOIR1_EL1)
        end(vcpu, value, Group::group1);
    else if (id == ICC_EOIR0_EL1)
        end(vcpu, value, Group::group0);
    else if (id == ICC_DIR_EL1)
        deactivate(vcpu, value);
    else if (id == ICC_SGI1R_EL1)
        send_sgi(vcpu, value, SgiGroups::any);
    else if (id == ICC_SGI0R_EL1 || id == ICC_ASGI1R_EL1)
        send_sgi(vcpu, value, SgiGroups::group0);
    else if (id == ICC_CTLR_EL1)
        redistributor(vcpu).with_cpu_interface([&](CpuInterface& cpu) { cpu.set_CTLR(value); });
    else if (id == ICC_SRE_EL1)
        return true; // ignored
    else
        return restore_sysreg(vcpu, id, value);
    return true;
}

bool Gic::saves_sysreg(SysregId id) {
    return id == ICC_PMR_EL1 || id == ICC_BPR0_EL1 || id == ICC_BPR1_EL1 || id == ICC_CTLR_EL1 || id == ICC_SRE_EL1 ||
           id == ICC_IGRPEN0_EL1 || id == ICC_IGRPEN1_EL1 || active_priorities(id, ICC_AP0R0_EL1) ||
           active_priorities(id, ICC_AP1R0_EL1);
}

std::optional<std::uint64_t> Gic::save_sysreg(VcpuIndex vcpu, SysregId id) {
    return redistributor(vcpu).with_cpu_interface([&](const CpuInterface& cpu) -> std::optional<std::uint64_t> {
        if (id == ICC_PMR_EL1)
            return cpu.PMR();
        if (id == ICC_BPR0_EL1)
            return cpu.BPR(Group::group0);
        if (id == ICC_BPR1_EL1)
            return cpu.BPR(Group::group1);
        if (id == ICC_CTLR_EL1)
            return cpu.CTLR();
        if (id == ICC_SRE_EL1)
            return SRE;
        if (id == ICC_IGRPEN0_EL1)
            return cpu.enabled(Group::group0) ? 1 : 0;
        if (id == ICC_IGRPEN1_EL1)
            return cpu.enabled(Group::group1) ? 1 : 0;
        if (const auto n = active_priorities(id, ICC_AP0R0_EL1))
            return cpu.AP(Group::group0, *n);
        if (const auto n = active_priorities(id, ICC_AP1R0_EL1))
            return cpu.AP(Group::group1, *n);
        return std::nullopt;
    });
}

bool Gic::restore_sysreg(VcpuIndex vcpu, SysregId id, std::uint64_t value) {
    return redistributor(vcpu).with_cpu_interface([&](CpuInterface& cpu) {
        if (id == ICC_PMR_EL1)
            cpu.set_PMR(value);
        else if (id == ICC_BPR0_EL1)
            cpu.set_BPR(Group::group0, value);
        else if (id == ICC_BPR1_EL1)
            cpu.set_BPR(Group::group1, value);
        else if (id == ICC_CTLR_EL1)
            return cpu.restore_CTLR(value);
        else if (id == ICC_SRE_EL1)
            return (value & 1) != 0;
        else if (id == ICC_IGRPEN0_EL1)
            cpu.set_enabled(Group::group0, (value & 1) != 0);
        else if (id == ICC_IGRPEN1_EL1)
            cpu.set_enabled(Group::group1, (value & 1) != 0);
        else if (const auto in0 = active_priorities(id, ICC_AP0R0_EL1))
            return cpu.set_AP(Group::group0, *in0, static_cast<std::uint32_t>(value));
        else if (const auto in1 = active_priorities(id, ICC_AP1R0_EL1))
            return cpu.set_AP(Group::group1, *in1, static_cast<std::uint32_t>(value));
        else
            return false;
        return true;
    });
}

/// Who waits for the end of this interrupt: the source that it forwards, or whoever holds its line up.
void Gic::tell_deactivated(Interrupt& one) {
    const auto [forwarded, level] = Redistributor::inspect(one, [](const Interrupt& found) {
        return std::pair(found.source != nullptr, found.trigger == Trigger::level);
    });
    if (forwarded)
        with_source(one, [](PhysicalIrq& source) { source.deactivated(); });
    else if (auto* const listener = listener_.load(); listener != nullptr && level && is_spi(one.intid))
        listener->deactivated(pin_of(one.intid));
}

void Gic::end(VcpuIndex vcpu, std::uint64_t value, Group group) {
    const Intid intid{static_cast<std::uint32_t>(intid_in(value))};
    if (intid.value > last_spi && intid.value <= no_interrupt)
        return; // what a spurious acknowledge read: 12.2.10
    // An LPI has no active state: only the priority drops, whether it still exists or not.
    auto* const one = intid.value >= first_lpi ? nullptr : find(vcpu, intid);
    if (redistributor(vcpu).end(one, group))
        tell_deactivated(*one);
}

void Gic::deactivate(VcpuIndex vcpu, std::uint64_t value) {
    auto* const one = find(vcpu, Intid{static_cast<std::uint32_t>(intid_in(value))});
    if (one != nullptr && redistributor(vcpu).deactivate(*one))
        tell_deactivated(*one);
}

// Arm IHI 0069, 12.2.20. The range selector is ignored: GICD_TYPER.RSS = 0.
void Gic::send_sgi(VcpuIndex sender, std::uint64_t value, SgiGroups groups) {
    const auto intid = static_cast<std::uint32_t>(value >> 24 & 0xF);
    const bool all_but_self = (value >> 40 & 1) != 0;
    const auto cluster = static_cast<std::uint32_t>((value >> 32 & 0xFF) << 16 | (value >> 16 & 0xFF) << 8);
    const bool reachable = (value >> 48 & 0xFF) == 0; // Aff3, which no vCPU has
    for (const auto& one : all()) {
        if (all_but_self ? one->index() == sender
                         : !reachable || (one->affinity() & 0xFF'FF00) != cluster || (one->affinity() & 0xFF) > 15 ||
                               (value >> (one->affinity() & 0xF) & 1) == 0)
            continue;
        Redistributor::update(one->private_interrupt(intid), [&](Interrupt& sgi) {
            if (groups == SgiGroups::group0 && sgi.group != Group::group0)
                return Queueing::kept;
            sgi.latch = true;
            return Queueing::event;
        });
    }
}

} // namespace arm64::gic

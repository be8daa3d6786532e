// SPDX-License-Identifier: Apache-2.0
// The model's interrupts, CPU interfaces, and what devices do. Source: Arm IHI 0069, 4.
#include "tests/property/gic_model.hpp"

#include "tests/property/sysregs.hpp"

#include <algorithm>
#include <bit>

namespace property {

GicModel::GicModel(const Rules& rules) : rules_(rules), spis_(interrupts - 32), ram_(RAM_size) {
    for (auto& cpu : cpus_)
        for (std::uint32_t intid = 0; intid < 32; ++intid) {
            auto& one = cpu.interrupts[intid];
            one.intid = intid;
            one.edge = one.enabled = intid < 16;
            one.target = static_cast<int>(&cpu - cpus_.data());
        }
    for (std::uint32_t n = 0; n < spis_.size(); ++n) {
        spis_[n].intid = 32 + n;
        spis_[n].target = 0;
    }
}

template <class Self, class Visit>
void GicModel::each(Self& self, Visit visit) {
    for (auto& cpu : self.cpus_)
        for (auto& one : cpu.interrupts)
            visit(one);
    for (auto& one : self.spis_)
        visit(one);
    for (auto& [intid, one] : self.lpis_)
        visit(one);
}

const GicModel::Interrupt* GicModel::find(unsigned vcpu, std::uint64_t intid) const {
    if (intid < 32)
        return &cpus_[vcpu].interrupts[intid];
    if (intid < interrupts)
        return &spis_[intid - 32];
    const auto found = intid < 8192 || intid > 65535 ? lpis_.end() : lpis_.find(static_cast<std::uint32_t>(intid));
    return found == lpis_.end() ? nullptr : &found->second;
}

// vgic_target_oracle.
int GicModel::where(const Interrupt& one) const {
    if (one.active)
        return one.list != nobody ? one.list : one.target;
    return one.enabled && one.pending() && EnableGrp1_ ? one.target : nobody;
}

// vgic_queue_irq_unlock.
void GicModel::event(Interrupt& one) const {
    if (one.list == nobody)
        one.list = where(one);
}

// What every vCPU does with its list when it exits: vgic_prune_ap_list.
void GicModel::settle() {
    each(*this, [this](Interrupt& one) {
        if (one.list != nobody)
            one.list = where(one);
    });
    std::erase_if(lpis_, [](const auto& lpi) { return lpi.second.references == 0 && lpi.second.list == nobody; });
}

// kvm_vgic_inject_irq.
void GicModel::input(GicModel& self, Interrupt& one, bool level) {
    if (one.edge ? !level : one.line == level)
        return;
    (one.edge ? one.latch : one.line) = level;
    self.event(one);
    self.settle();
}

void GicModel::set_spi(std::uint32_t intid, bool level) {
    if (intid >= 32 && intid < interrupts)
        input(*this, spis_[intid - 32], level);
}

void GicModel::set_ppi(unsigned vcpu, std::uint32_t intid, bool level) {
    input(*this, cpus_[vcpu].interrupts[intid], level);
}

/// Those of the highest priority that wait for this vCPU.
GicModel::Best GicModel::best(unsigned vcpu) const {
    Best best;
    each(*this, [&](const Interrupt& one) {
        if (one.list != static_cast<int>(vcpu) || one.active || !cpus_[vcpu].IGRPEN[one.group1] ||
            one.priority > best.priority)
            return;
        if (one.priority < best.priority)
            best = {one.priority, {}};
        best.equals.push_back(&one);
    });
    return best;
}

// Arm IHI 0069, 4.8.5: of group 1 the binary point counts from one more; with CBPR group 0's is for both.
unsigned GicModel::preemption(const Cpu& cpu, unsigned priority, unsigned group) const {
    const unsigned point = group == 0 || cpu.CBPR ? cpu.BPR[0] + 1 : cpu.BPR[1];
    return priority >> point << point;
}

unsigned GicModel::running(const Cpu& cpu) const {
    const auto active = cpu.AP[0] | cpu.AP[1];
    return active == 0 ? 0xFF : static_cast<unsigned>(std::countr_zero(active)) << (8 - rules_.PRIbits);
}

bool GicModel::passes(const Cpu& cpu, const Interrupt& one) const {
    return one.priority < cpu.PMR && preemption(cpu, one.priority, one.group1) < running(cpu);
}

bool GicModel::acknowledge(unsigned vcpu, unsigned group, std::uint64_t seen) {
    auto& cpu = cpus_[vcpu];
    bool may_be_none = true;
    for (const auto* const one : best(vcpu).equals) {
        const bool taken = one->group1 == (group == 1) && passes(cpu, *one);
        if (taken && one->intid == seen) {
            auto& mine = const_cast<Interrupt&>(*one);
            const auto bit = preemption(cpu, mine.priority, group) >> (8 - rules_.PRIbits);
            cpu.AP[group] |= 1U << bit;
            cpu.acknowledged[bit] = mine.intid;
            if (mine.edge || rules_.acknowledge_clears_level_latch)
                mine.latch = false;
            mine.active = mine.intid < 8192 || rules_.LPIs_are_active;
            settle();
            return true;
        }
        may_be_none = may_be_none && !taken;
    }
    // Of two groups at one priority, the other one may be what is highest.
    const auto equals = best(vcpu).equals;
    may_be_none = may_be_none || std::ranges::any_of(equals, [&](const auto* one) { return one->group1 != group; });
    return may_be_none && seen == none;
}

bool GicModel::may_be_highest(unsigned vcpu, unsigned group, std::uint64_t seen) const {
    const auto equals = best(vcpu).equals;
    if (seen == none)
        return equals.empty() || std::ranges::any_of(equals, [&](const auto* one) { return one->group1 != group; });
    return std::ranges::any_of(equals, [&](const auto* one) { return one->intid == seen && one->group1 == group; });
}

bool GicModel::may_drive(unsigned vcpu, Lines lines) const {
    const auto equals = best(vcpu).equals;
    const auto matches = [&](const Interrupt* one) {
        const bool signalled = passes(cpus_[vcpu], *one);
        return lines == Lines{signalled && one->group1, signalled && !one->group1};
    };
    return equals.empty() ? lines == Lines{} : std::ranges::any_of(equals, matches);
}

void GicModel::deactivate(Interrupt& one) {
    one.active = false;
    if (!one.edge && !rules_.acknowledge_clears_level_latch)
        one.latch = false;
    if (one.edge || !resampled.contains(one.intid))
        return;
    deactivated_.push_back(one.intid);
    one.line = false;
}

// Priority drops whatever INTID is written, but for special ones: 12.2.10.
void GicModel::end(unsigned vcpu, std::uint64_t intid, unsigned group) {
    if (intid >= 1020 && intid <= none)
        return;
    auto& cpu = cpus_[vcpu];
    const auto dropped = running(cpu);
    if (dropped != 0xFF) {
        const auto bit = 1U << (dropped >> (8 - rules_.PRIbits));
        auto& AP = (cpu.AP[0] & bit) != 0 ? cpu.AP[0] : cpu.AP[1];
        AP &= ~bit;
    }
    auto* const one = find(vcpu, intid);
    if (one == nullptr || (cpu.EOImode && one->intid < 8192) || !one->active || one->list != static_cast<int>(vcpu) ||
        one->group1 != (group == 1) || preemption(cpu, one->priority, group) != dropped)
        return;
    deactivate(*one);
}

void GicModel::send_sgi(unsigned vcpu, std::uint64_t value, bool group1_too) {
    const auto bits = [value](unsigned from, unsigned count) {
        return static_cast<std::uint32_t>(value >> from & ((1U << count) - 1));
    };
    for (unsigned n = 0; n < vcpus; ++n) {
        const auto cluster = std::uint64_t{bits(48, 8)} << 24 | bits(32, 8) << 16 | bits(16, 8) << 8;
        const bool listed = cluster == (affinities[n] & ~0xFFU) && bits(affinities[n] & 0xF, 1) != 0;
        auto& sgi = cpus_[n].interrupts[bits(24, 4)];
        if ((bits(40, 1) != 0 ? n == vcpu : !listed) || (sgi.group1 && !group1_too))
            continue;
        sgi.latch = true;
        event(sgi);
    }
}

std::optional<std::uint64_t> GicModel::mrs(unsigned vcpu, std::uint16_t sysreg) const {
    const auto& cpu = cpus_[vcpu];
    switch (sysreg) {
    case ICC_PMR: return cpu.PMR;
    case ICC_BPR0: return cpu.BPR[0];
    case ICC_BPR1: return cpu.CBPR ? std::min(cpu.BPR[0] + 1, 7U) : cpu.BPR[1];
    case ICC_AP0R0: return cpu.AP[0];
    case ICC_AP1R0: return cpu.AP[1];
    case ICC_RPR: return running(cpu);
    case ICC_CTLR: return rules_.ICC_CTLR | (cpu.CBPR ? 1U : 0U) | (cpu.EOImode ? 2U : 0U);
    case ICC_SRE: return 7;
    case ICC_IGRPEN0: return cpu.IGRPEN[0];
    case ICC_IGRPEN1: return cpu.IGRPEN[1];
    default: return std::nullopt;
    }
}

bool GicModel::msr(unsigned vcpu, std::uint16_t sysreg, std::uint64_t value) {
    auto& cpu = cpus_[vcpu];
    const auto bpr = static_cast<unsigned>(value & 7);
    switch (sysreg) {
    case ICC_PMR: cpu.PMR = value & 0xFF; break;
    case ICC_BPR0: cpu.BPR[0] = std::max(bpr, 7 - rules_.PRIbits); break;
    case ICC_BPR1: cpu.BPR[1] = cpu.CBPR ? cpu.BPR[1] : std::max(bpr, 8 - rules_.PRIbits); break;
    case ICC_AP0R0: cpu.AP[0] = static_cast<std::uint32_t>(value); break;
    case ICC_AP1R0: cpu.AP[1] = static_cast<std::uint32_t>(value); break;
    case ICC_CTLR:
        cpu.CBPR = (value & 1) != 0;
        cpu.EOImode = (value & 2) != 0;
        break;
    case ICC_SRE: break;
    case ICC_IGRPEN0: cpu.IGRPEN[0] = (value & 1) != 0; break;
    case ICC_IGRPEN1: cpu.IGRPEN[1] = (value & 1) != 0; break;
    case ICC_EOIR0: end(vcpu, value & 0xFF'FFFF, 0); break;
    case ICC_EOIR1: end(vcpu, value & 0xFF'FFFF, 1); break;
    case ICC_DIR:
        if (auto* const one = find(vcpu, value & 0xFF'FFFF);
            cpu.EOImode && one != nullptr && one->active && one->intid < 8192 &&
            (rules_.DIR_reaches_other_vcpus || one->list == static_cast<int>(vcpu)))
            deactivate(*one);
        break;
    case ICC_SGI1R: send_sgi(vcpu, value, true); break;
    case ICC_SGI0R:
    case ICC_ASGI1R: send_sgi(vcpu, value, false); break;
    default: return false;
    }
    settle();
    return true;
}

std::vector<std::uint32_t> GicModel::active_on(unsigned vcpu) const {
    std::vector<std::uint32_t> found;
    each(*this, [&](const Interrupt& one) {
        if (one.active && one.list == static_cast<int>(vcpu))
            found.push_back(one.intid);
    });
    return found;
}

std::optional<GicModel::Running> GicModel::running_on(unsigned vcpu) const {
    const auto& cpu = cpus_[vcpu];
    if (running(cpu) == 0xFF)
        return std::nullopt;
    const auto bit = running(cpu) >> (8 - rules_.PRIbits);
    return Running{cpu.acknowledged[bit], (cpu.AP[0] >> bit & 1) != 0 ? 0U : 1U};
}

std::optional<std::uint64_t> GicModel::read(std::uint64_t address, unsigned width) const {
    if (address < RAM || address >= RAM_end || RAM_end - address < width)
        return std::nullopt;
    std::uint64_t value = 0;
    for (unsigned n = 0; n < width; ++n)
        value |= std::uint64_t{ram_[address - RAM + n]} << n * 8;
    return value;
}

bool GicModel::write(std::uint64_t address, unsigned width, std::uint64_t value) {
    if (!read(address, width))
        return false;
    for (unsigned n = 0; n < width; ++n)
        ram_[address - RAM + n] = static_cast<std::uint8_t>(value >> n * 8);
    return true;
}

} // namespace property

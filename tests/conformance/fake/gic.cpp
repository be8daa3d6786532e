// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/fake/gic.hpp"

#include "tests/conformance/gic_registers.hpp"
#include "tests/conformance/sysreg.hpp"

#include <utility>

namespace conformance {
namespace {

constexpr std::uint32_t none = 1023;
constexpr std::uint64_t distributor_size = 0x1'0000;
constexpr std::uint64_t redistributor_size = 0x2'0000;

/// Which of an array's bits an access of 32 bits is about.
std::optional<std::uint32_t> first_of(std::uint64_t offset, std::uint64_t array) {
    if (offset < array || offset >= array + 0x80)
        return std::nullopt;
    return static_cast<std::uint32_t>((offset - array) * 8);
}

} // namespace

std::uint32_t FakeGic::best() const {
    std::uint32_t found = none;
    if (!forwards_ || !group1_ || running_ != none)
        return found;
    for (std::uint32_t intid = arm64::first_spi; intid < interrupts_; ++intid) {
        const auto& one = all_[intid];
        if (one.enabled && one.pending() && !one.active && one.priority < mask_ &&
            (found == none || one.priority < all_[found].priority))
            found = intid;
    }
    return found;
}

/// Runs `change`, which answers the INTID whose deactivation is news, or none.
template <class Change>
void FakeGic::change(Change change) {
    std::unique_lock lock(mutex_);
    const std::uint32_t deactivated = change();
    const auto level = best() != none ? arm64::CpuSide::Level::high : arm64::CpuSide::Level::low;
    cpus_.set_line(arm64::VcpuIndex{0}, arm64::CpuSide::Input::irq, level); // takes no lock of ours
    lock.unlock();
    if (deactivated != none && listener_ != nullptr)
        listener_->deactivated(arm64::pin_of(arm64::Intid{deactivated}));
}

void FakeGic::init(std::uint32_t interrupts) {
    const std::scoped_lock lock(mutex_);
    interrupts_ = interrupts;
}

bool FakeGic::initialised() const {
    const std::scoped_lock lock(mutex_);
    return interrupts_ != 0;
}

std::uint32_t FakeGic::lines(std::uint32_t first) {
    const std::scoped_lock lock(mutex_);
    std::uint32_t lines = 0;
    for (std::uint32_t n = 0; n < 32 && first + n < interrupts_; ++n)
        lines |= static_cast<std::uint32_t>(!all_[first + n].edge && all_[first + n].line) << n;
    return lines;
}

void FakeGic::raise(virt::Pin pin) {
    change([&] {
        if (const auto intid = arm64::intid_of(pin).value; intid < interrupts_) {
            auto& one = all_[intid];
            (one.edge ? one.latch : one.line) = true;
        }
        return none;
    });
}

void FakeGic::lower(virt::Pin pin) {
    change([&] {
        if (const auto intid = arm64::intid_of(pin).value; intid < interrupts_ && !all_[intid].edge)
            all_[intid].line = false;
        return none;
    });
}

virt::MsiOutcome FakeGic::signal(const virt::Msi&) { return virt::MsiOutcome::no_msis; }

std::uint32_t FakeGic::acknowledge() {
    const std::uint32_t intid = best();
    if (intid != none) {
        auto& one = all_[intid];
        one.active = true;
        one.latch = false;
        running_ = intid;
    }
    return intid;
}

/// Whether somebody may wait for it: KVM tells of level-sensitive SPIs only.
bool FakeGic::deactivate(std::uint32_t intid) {
    if (intid < arm64::first_spi || intid >= interrupts_ || !all_[intid].active)
        return false;
    all_[intid].active = false;
    return !all_[intid].edge;
}

std::optional<std::uint64_t> FakeGic::read_sysreg(arm64::VcpuIndex, arm64::SysregId id) {
    std::uint64_t value = 0;
    bool known = true;
    change([&] {
        if (id.value == ICC_IAR1_EL1.encoding)
            value = acknowledge();
        else if (id.value == ICC_HPPIR1_EL1.encoding)
            value = best();
        else if (id.value == ICC_CTLR_EL1.encoding)
            value = split_eoi_ ? ICC_CTLR_EL1_EOImode : 0;
        else if (id.value == ICC_PMR_EL1.encoding)
            value = mask_;
        else if (id.value == ICC_IGRPEN1_EL1.encoding)
            value = group1_ ? 1 : 0;
        else
            known = false;
        return none;
    });
    return known ? std::optional(value) : std::nullopt;
}

bool FakeGic::write_sysreg(arm64::VcpuIndex, arm64::SysregId id, std::uint64_t value) {
    bool known = true;
    const auto intid = static_cast<std::uint32_t>(value);
    change([&] {
        if (id.value == ICC_EOIR1_EL1.encoding) {
            running_ = none;
            if (!split_eoi_ && deactivate(intid))
                return intid;
        } else if (id.value == ICC_DIR_EL1.encoding) {
            if (split_eoi_ && deactivate(intid))
                return intid;
        } else if (id.value == ICC_CTLR_EL1.encoding) {
            split_eoi_ = (value & ICC_CTLR_EL1_EOImode) != 0;
        } else if (id.value == ICC_PMR_EL1.encoding) {
            mask_ = static_cast<std::uint8_t>(value);
        } else if (id.value == ICC_IGRPEN1_EL1.encoding) {
            group1_ = (value & 1) != 0;
        } else {
            known = false;
        }
        return none;
    });
    return known;
}

bool FakeGic::read_mmio(arm64::VcpuIndex, virt::Gpa address, virt::Width width, std::uint64_t& value) {
    value = 0;
    if (redistributors_ != 0 && address - redistributors_ < redistributor_size)
        return true;
    const std::uint64_t offset = address - distributor_;
    if (distributor_ == 0 || offset >= distributor_size)
        return false;
    if (width != virt::Width::b4)
        return true;
    const std::scoped_lock lock(mutex_);
    const auto gather = [&](std::uint64_t array, auto bit) {
        if (const auto first = first_of(offset, array))
            for (std::uint32_t n = 0; n < 32 && *first + n < interrupts_; ++n)
                value |= std::uint64_t{bit(all_[*first + n])} << n;
    };
    for (const auto array : {GICD_ISENABLER, GICD_ICENABLER})
        gather(array, [](const Interrupt& one) { return one.enabled; });
    for (const auto array : {GICD_ISPENDR, GICD_ICPENDR})
        gather(array, [](const Interrupt& one) { return one.pending(); });
    for (const auto array : {GICD_ISACTIVER, GICD_ICACTIVER})
        gather(array, [](const Interrupt& one) { return one.active; });
    if (offset == GICD_CTLR)
        value = GICD_CTLR_ARE_NS | GICD_CTLR_DS | (forwards_ ? GICD_CTLR_EnableGrp1 : 0);
    if (offset == GICD_TYPER)
        value = interrupts_ / 32 - 1;
    return true;
}

bool FakeGic::write_mmio(arm64::VcpuIndex, virt::Gpa address, virt::Width width, std::uint64_t value) {
    if (redistributors_ != 0 && address - redistributors_ < redistributor_size)
        return true;
    const std::uint64_t offset = address - distributor_;
    if (distributor_ == 0 || offset >= distributor_size)
        return false;
    change([&] {
        const auto scatter = [&](std::uint64_t array, auto put) {
            if (const auto first = first_of(offset, array); first && width == virt::Width::b4)
                for (std::uint32_t n = 0; n < 32 && *first + n < interrupts_; ++n)
                    if ((value >> n & 1) != 0)
                        put(all_[*first + n]);
        };
        scatter(GICD_ISENABLER, [](Interrupt& one) { one.enabled = true; });
        scatter(GICD_ICENABLER, [](Interrupt& one) { one.enabled = false; });
        scatter(GICD_ISPENDR, [](Interrupt& one) { one.latch = true; });
        scatter(GICD_ICPENDR, [](Interrupt& one) { one.latch = false; });
        // As in KVM, these deactivate without telling the resampler.
        scatter(GICD_ISACTIVER, [](Interrupt& one) { one.active = true; });
        scatter(GICD_ICACTIVER, [](Interrupt& one) { one.active = false; });
        if (offset == GICD_CTLR)
            forwards_ = (value & GICD_CTLR_EnableGrp1) != 0;
        if (const auto intid = offset - GICD_IPRIORITYR; offset >= GICD_IPRIORITYR && intid < interrupts_)
            for (unsigned n = 0; n < static_cast<unsigned>(width) && intid + n < interrupts_; ++n)
                all_[intid + n].priority = static_cast<std::uint8_t>(value >> (8 * n) & 0xF8);
        if (const auto first = (offset - GICD_ICFGR) * 4; offset >= GICD_ICFGR && first < interrupts_)
            for (std::uint32_t n = 0; n < 16; ++n)
                all_[first + n].edge = (value >> (2 * n + 1) & 1) != 0;
        return none;
    });
    return true;
}

} // namespace conformance
